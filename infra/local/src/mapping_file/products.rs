//! The products in the mapping file: what each offering item is sold as and how it is counted (M3, M4).
//! Items are the vendor's facts: the file can neither add nor change one.

use super::MappingView;
use super::reader::{Block, Place};
use super::toml_text::{on_one_line, shown, string};
use super::words::Word;
use shared::contract::Service;
use shared::ids::{ApplicationId, BillingCodeId, ServiceId, StorageId};
use shared::labels::service_name;
use shared::mapping::{Mapping, NewService, ProductRow, ServiceTarget};
use shared::usage::{ItemKey, ItemKind};
use std::collections::BTreeMap;

const HEAD: &str = "
# ---- Products, by application, edition and kind ------------------------------------------------------------
#
# One block for each item that your partner account can give to customers. An item is sold as
#   service = 12                  a service that is in Autotask, or
#   new_service = { name = \"Acronis Workstations\", period = \"monthly\", billing_code = 3, unit_price = \"4.50\" }
#                                 one that is made there; period is monthly, quarterly, semi-annual or yearly,
#                                 and a name left out is made from the label;
#   without either                it is not billed.
# How it is counted; items sold as one service must agree, except on free:
#   combine          several items as one service: \"sum\" adds them up; \"max\" takes the greatest, for packs
#                    on the same workloads.
#   free             whether customers may use it without having bought it.
#   unit_size        what one unit is: \"1 piece\", \"100 GiB\", \"1 TiB\", \"1 hour\".
#   rounding         a part of a unit: \"up\", \"nearest\" (a half goes up) or \"down\".
#   included         units that cost nothing.
#   minimum          the least that is billed.
#   smallest_change  changes of fewer units wait.
";

/// Writes the blocks `[[product]]`, after what there is to choose from.
pub(super) fn write(text: &mut String, view: &MappingView<'_>) {
    text.push_str(HEAD);
    write_offers(text, view);
    let services: BTreeMap<ServiceId, &Service> = view.services.iter().map(|one| (one.id, one)).collect();
    let mut rows: Vec<&ProductRow> = view.mapping.products.values().collect();
    rows.sort_by_key(|row| (group(row), &row.item.key));
    let mut last = None;
    for row in rows {
        if last.replace(group(row)) != Some(group(row)) {
            text.push_str(&format!("\n# -- {}\n", group_name(row)));
        }
        write_row(text, row, view.storage_names, &services);
    }
}

fn group(row: &ProductRow) -> (&ApplicationId, Option<&str>, ItemKind) {
    (&row.item.key.application, row.item.edition.as_deref(), row.item.kind)
}

fn group_name(row: &ProductRow) -> String {
    let edition = row.item.edition.as_ref().map_or("no edition".to_owned(), |name| format!("edition {name}"));
    let kind = match row.item.kind {
        ItemKind::Count => "counted items",
        ItemKind::Storage => "storages",
        ItemKind::Feature => "features, which have no usage to bill",
    };
    on_one_line(&format!("Application {}, {edition}: {kind}", row.item.key.application))
}

/// What an operator may choose from, once.
fn write_offers(text: &mut String, view: &MappingView<'_>) {
    let mut services: Vec<&Service> = view.services.iter().filter(|service| service.active).collect();
    services.sort_by_cached_key(|service| (service.name.to_lowercase(), service.id));
    text.push_str("#\n# Services in Autotask:\n");
    for service in &services {
        text.push_str(&format!("#   service = {} # {}\n", service.id, about(service)));
    }
    if services.is_empty() {
        text.push_str("#   none\n");
    }
    let mut codes: Vec<_> = view.billing_codes.iter().filter(|code| code.active).collect();
    codes.sort_by_cached_key(|code| (code.name.to_lowercase(), code.id));
    text.push_str("# Billing codes in Autotask:\n");
    for code in &codes {
        text.push_str(&format!("#   billing_code = {} # {}\n", code.id, on_one_line(&code.name)));
    }
    if codes.is_empty() {
        text.push_str("#   none\n");
    }
}

/// "Acronis Workstations, monthly, 4.50"
fn about(service: &Service) -> String {
    let mut about = on_one_line(&service.name);
    about.extend(service.period.map(|period| format!(", {period}")));
    about.extend(service.unit_price.map(|price| format!(", {price}")));
    if !service.active {
        about.push_str(", inactive");
    }
    about
}

fn write_row(
    text: &mut String,
    row: &ProductRow,
    storages: &BTreeMap<StorageId, String>,
    services: &BTreeMap<ServiceId, &Service>,
) {
    // Taken apart by name, so that a term added there cannot be forgotten here.
    let ProductRow { item, label, service, combine, free, unit_size, rounding, included, minimum, smallest_change } =
        row;
    text.push_str(&format!("\n[[product]]\nitem = {} # counted in {}\n", string(&item.key.name), item.unit));
    text.push_str(&format!("application = {}\n", string(item.key.application.as_str())));
    if let Some(storage) = &item.key.storage {
        let name = storages.get(storage).map(|name| format!(" # {}", on_one_line(name))).unwrap_or_default();
        text.push_str(&format!("storage = {}{name}\n", string(storage.as_str())));
    }
    text.push_str(&format!("label = {}\n", string(label)));
    match service {
        None => {}
        Some(ServiceTarget::Existing(id)) => {
            let about = services.get(id).map(|service| format!(" # {}", about(service))).unwrap_or_default();
            text.push_str(&format!("service = {id}{about}\n"));
        }
        Some(ServiceTarget::New(NewService { name, period, billing_code, unit_price })) => text.push_str(&format!(
            "new_service = {{ name = {}, period = \"{}\", billing_code = {billing_code}, unit_price = \"{unit_price}\" }}\n",
            string(name),
            period.word(),
        )),
    }
    text.push_str(&format!("combine = \"{}\"\nfree = {free}\nunit_size = \"{unit_size}\"\n", combine.word()));
    text.push_str(&format!("rounding = \"{}\"\nincluded = {included}\n", rounding.word()));
    text.push_str(&format!("minimum = {minimum}\nsmallest_change = {smallest_change}\n"));
}

/// The products that the file asks for, and where each stands.
pub(super) fn read(
    root: &mut Block<'_>,
    current: &Mapping,
) -> (BTreeMap<ItemKey, ProductRow>, BTreeMap<ItemKey, Place>) {
    let mut rows = BTreeMap::new();
    let mut places: BTreeMap<ItemKey, Place> = BTreeMap::new();
    let mut generated: BTreeMap<String, String> = BTreeMap::new();
    root.each_block("product", |mut block| {
        let known = read_item(&mut block, current);
        let row = read_row(&mut block, known, &mut generated);
        if let Some(row) = row {
            let key = row.item.key.clone();
            if let Some(first) = places.get(&key) {
                block.fault("item", format!("{key} is already in {}; an item has one block", first.path));
            } else {
                places.insert(key.clone(), block.place());
                if block.is_sound() {
                    rows.insert(key, row);
                }
            }
        }
        block.finish();
    });
    for (key, row) in &current.products {
        rows.entry(key.clone()).or_insert_with(|| ProductRow { service: None, ..row.clone() });
    }
    (rows, places)
}

/// The row in force of the item that a block is about.
fn read_item<'c>(block: &mut Block<'_>, current: &'c Mapping) -> Option<&'c ProductRow> {
    let name = block.text("item");
    let application = block.uuid("application");
    let storage = block.uuid("storage");
    block.needs("item", "the item's name at Acronis");
    block.needs("application", "the id of the item's application at Acronis");
    if !block.is_sound() {
        return None;
    }
    let storage = storage.map(StorageId::new);
    let key = ItemKey { application: ApplicationId::new(application?), name: name?.to_owned(), storage };
    let row = current.products.get(&key);
    if row.is_none() {
        block.fault("item", unknown_item(&key, current));
    }
    row
}

fn unknown_item(key: &ItemKey, current: &Mapping) -> String {
    let shown_name = shown(&key.name);
    if current.products.keys().any(|known| known.name == key.name) {
        return format!("your partner account has {shown_name} under another application or storage than here");
    }
    format!("your partner account has no item {shown_name}; items cannot be added here")
}

/// The row that a block asks for; none where the item is not known, so that nothing more can be said of it.
fn read_row(
    block: &mut Block<'_>,
    known: Option<&ProductRow>,
    generated: &mut BTreeMap<String, String>,
) -> Option<ProductRow> {
    let label = block.text("label").map(str::to_owned).or_else(|| known.map(|row| row.label.clone()));
    let label = label.unwrap_or_default();
    let service = read_service(block, &label, generated);
    // Every term is read, so that all of its faults are told, even where the item is not known.
    let combine = block.word("combine");
    let free = block.flag("free");
    let unit_size = block.parsed("unit_size");
    let rounding = block.word("rounding");
    let (included, minimum) = (block.count("included"), block.count("minimum"));
    let smallest_change = block.count("smallest_change");
    let usual = ProductRow::unmapped(known?.item.clone(), label);
    Some(ProductRow {
        service,
        combine: combine.unwrap_or(usual.combine),
        free: free.unwrap_or(usual.free),
        unit_size: unit_size.unwrap_or(usual.unit_size),
        rounding: rounding.unwrap_or(usual.rounding),
        included: included.unwrap_or(usual.included),
        minimum: minimum.unwrap_or(usual.minimum),
        smallest_change: smallest_change.unwrap_or(usual.smallest_change),
        ..usual
    })
}

fn read_service(block: &mut Block<'_>, label: &str, generated: &mut BTreeMap<String, String>) -> Option<ServiceTarget> {
    let existing = block.id("service").map(|id| ServiceTarget::Existing(ServiceId(id)));
    let new = block.block("new_service").and_then(|new| read_new_service(new, label, generated));
    if block.has("service") && block.has("new_service") {
        block.fault("new_service", "it contradicts service; keep one of them");
    }
    existing.or(new.map(ServiceTarget::New))
}

fn read_new_service(mut block: Block<'_>, label: &str, generated: &mut BTreeMap<String, String>) -> Option<NewService> {
    let typed = block.text("name").map(str::to_owned);
    let period = block.word("period");
    let billing_code = block.id("billing_code").map(BillingCodeId);
    let unit_price = block.money("unit_price");
    block.needs("period", &shared::contract::PeriodType::offered());
    block.needs("billing_code", "one of Autotask's billing codes");
    block.needs("unit_price", "the price of one unit for one period, such as \"4.50\"");
    let name = typed.unwrap_or_else(|| {
        let name = service_name(label);
        // Two items of one label are two services, unless somebody says that they are one.
        if !block.has("name")
            && let Some(first) = generated.insert(name.clone(), block.path().to_owned())
        {
            let text = format!("the label gives {}, which {first} has already; write a name", shown(&name));
            block.fault("name", text);
        }
        name
    });
    block.finish();
    Some(NewService { name, period: period?, billing_code: billing_code?, unit_price: unit_price? })
}
