//! The page of products: what there is to sell, what it is sold as, and that all of it is staged first.

use crate::names::{HOSTILE, is_plain};
use crate::provider::{NOT_MAPPED, Provider, button, key, value_of};
use crate::stage::{Answer, Stage};
use shared::contract::PeriodType;
use shared::ids::{BillingCodeId, ConnectionId, ServiceId, StorageId};
use shared::mapping::{Combine, Mapping, NewService, ProductRow, ServiceTarget};
use shared::person::Role;
use shared::quantity::Rounding;
use shared::usage::ItemKind;

const LIST: &str = "/products?connection=north";

async fn stage() -> Stage {
    let stage = Stage::start().await;
    let provider = Provider::new().company(1, "Anna", NOT_MAPPED);
    let provider = provider.storage("eu2", "Frankfurt EU2").storage("own", "Cellar");
    let provider = provider.item("pw_base_servers", None, ItemKind::Count, "Servers");
    let provider = provider.item("pw_base_vms", None, ItemKind::Count, "Virtual Machines");
    let provider = provider.item("pw_pack_adv_backup_servers", None, ItemKind::Count, "Advanced Backup Servers");
    let provider = provider.item("pw_base_storage", Some("eu2"), ItemKind::Storage, "Cloud Storage (Frankfurt EU2)");
    let provider = provider.item("pw_base_storage", Some("own"), ItemKind::Storage, "Cloud Storage (Cellar)");
    let provider = provider.item("pw_base_google_mail", None, ItemKind::Feature, "Google Mail");
    let provider = provider.service(101, "Acronis Servers", true).service(102, "Backup of virtual machines", true);
    let provider = provider.service(103, "Given up", false).billing_code(3, "Managed backup");
    provider.known_to(&stage, "north").await;
    stage
}

fn row(mapping: &Mapping, name: &str) -> ProductRow {
    mapping.products[&key(name, None)].clone()
}

/// Where an item is edited.
#[track_caller]
fn item_path(page: &Answer, label: &str) -> String {
    let begins = format!("<th scope=\"row\"><bdi>{label}</bdi>");
    let (_, after) = page.text.split_once(&begins).unwrap_or_else(|| panic!("no {label} in {}", page.text));
    let link = after.split_once("href=\"").expect("it has a link").1.split('"').next().expect("it ends");
    link.replace("&#38;", "&")
}

/// Sends the form of an item with these fields in place of those that it shows.
async fn send(stage: &Stage, cookie: &str, label: &str, changed: &[(&str, &str)]) -> Answer {
    let path = item_path(&stage.get(cookie, LIST).await.is(200), label);
    let page = stage.get(cookie, &path).await.is(200);
    let mut fields: Vec<(String, String)> = ["form_token", "connection", "item", "was", "back", "name", "price"]
        .into_iter()
        .chain(["unit_size", "included", "minimum", "smallest_change"])
        .map(|name| (name.to_owned(), shown(&page.text, name)))
        .collect();
    for (name, usual) in [("sold", "nothing"), ("service", ""), ("period", "monthly"), ("billing_code", "")] {
        fields.push((name.to_owned(), usual.to_owned()));
    }
    for (name, usual) in [("free", "no"), ("rounding", "up"), ("combine", "sum")] {
        fields.push((name.to_owned(), usual.to_owned()));
    }
    for (name, value) in changed {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    stage.post(cookie, "/products/item", &fields).await
}

/// What a field of the item's form shows.
#[track_caller]
fn shown(page: &str, name: &str) -> String {
    let (_, field) = page.split_once(&format!(" name=\"{name}\"")).unwrap_or_else(|| panic!("no {name} in {page}"));
    field.split_once("value=\"").expect("it has a value").1.split('"').next().expect("it ends").replace("&#38;", "&")
}

#[tokio::test]
async fn a08_a30_a32_g23_every_item_is_listed_by_group_with_what_it_is_sold_as() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, LIST).await.is(200);
    let order = ["Standard <span", ">Servers<", ">Virtual Machines<", "Advanced packs <span"];
    let order = order.into_iter().chain([">Advanced Backup Servers<", "Storages and sites, per location"]);
    let order = order.chain([">Cloud Storage (Cellar)<", ">Cloud Storage (Frankfurt EU2)<", "Features, on or off"]);
    let at: Vec<usize> = order.map(|words| page.text.find(words).unwrap_or_else(|| panic!("no {words}"))).collect();
    assert!(at.is_sorted(), "{at:?}");
    let page = page.shows("Product mapping is off").shows("0 of 6 items sold as 0 services").shows("6 items");
    drop(page.shows("gets a quota of 0"));
    for (query, there, gone) in [
        ("&search=google", ">Google Mail<", ">Servers<"),
        ("&search=pw_base_vms", ">Virtual Machines<", ">Servers<"),
        ("&show=unsold", ">Servers<", "No item is like this"),
        ("&show=sold", "No item is like this", ">Servers<"),
        ("&show=staged", "No item is like this", ">Servers<"),
    ] {
        stage.get(&operator, &format!("{LIST}{query}")).await.is(200).shows(there).hides(gone);
    }
}

#[tokio::test]
async fn a06_a09_a11_a38_g03_g04_what_is_to_be_known_stands_where_it_matters() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let list = stage.get(&operator, LIST).await.shows("Total cloud storage includes Microsoft 365 storage");
    let list = list.shows("An Advanced pack works only on a workload that has a standard item");
    let list =
        list.shows("What is not sold, or sold and not in a customer's contract").shows("Storages are left as they are");
    let list = list.shows("Unsure what to map?");
    let pack = item_path(&list, "Advanced Backup Servers");
    stage.get(&operator, &pack).await.shows("None of what it stands on is sold: Servers.");
    stage.get(&operator, &item_path(&list, "Cloud Storage (Cellar)")).await.shows("includes Microsoft 365 storage");
    stage.get(&operator, &item_path(&list, "Google Mail")).await.shows("A feature has no usage");
    send(&stage, &operator, "Servers", &[("sold", "existing"), ("service", "101")]).await.is(303);
    stage.get(&operator, &pack).await.shows("Sold of what it stands on: Servers.").shows("Units of bundles");
}

#[tokio::test]
async fn a10_a31_a33_a34_a35_m3_an_item_is_sold_as_a_new_service_with_a_generated_or_a_typed_name() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, &item_path(&stage.get(&operator, LIST).await, "Servers")).await;
    let page = page.shows("value=\"Acronis Servers\"").shows(">Managed backup</option>");
    let page = page.shows(">Monthly</option>").shows(">Quarterly</option>");
    drop(page.shows(">Semi-Annual</option>").shows(">Yearly</option>"));
    let new = [("sold", "new"), ("name", ""), ("period", "quarterly"), ("billing_code", "3"), ("price", "4,50")];
    let sent = send(&stage, &operator, "Servers", &new).await.is(303);
    stage.get(&operator, sent.header("location")).await.shows("Staged for Servers").shows("1 change staged");
    let new = [("sold", "new"), ("name", "VMs, yearly"), ("period", "yearly"), ("billing_code", "3"), ("price", "99")];
    send(&stage, &operator, "Virtual Machines", &new).await.is(303);
    assert_eq!(row(&stage.mapping("north").await, "pw_base_servers").service, None, "nothing is in force yet");
    let page = stage.get(&operator, "/changes?connection=north").await.shows("Apply 2 changes");
    let page = page.shows("sold as: nothing").shows("created in Autotask by the next run that writes");
    page.shows("a new service &#34;Acronis Servers&#34;, 4.50 a quarter, billing code Managed backup (3)");
    stage.apply(&operator, "north").await.is(303);
    let mapping = stage.mapping("north").await;
    let service = |name: &str, period: PeriodType, price: &str| {
        let (name, unit_price) = (name.to_owned(), price.parse().expect("it is a price"));
        Some(ServiceTarget::New(NewService { name, period, billing_code: BillingCodeId(3), unit_price }))
    };
    let expected = service("Acronis Servers", PeriodType::Quarterly, "4.50");
    assert_eq!(row(&mapping, "pw_base_servers").service, expected);
    assert_eq!(row(&mapping, "pw_base_vms").service, service("VMs, yearly", PeriodType::Yearly, "99"));
    let records = stage.machine.host.store.audit(10).await.expect("it is read");
    let record = records.iter().find(|record| record.what.contains("pw_base_servers")).expect("it is recorded");
    assert_eq!(
        (record.what.as_str(), record.before.as_str()),
        ("north: Item pw_base_servers Servers", "sold as: nothing")
    );
    stage.get(&operator, LIST).await.shows("Product mapping is on").shows("2 of 6 items sold as 2 services");
}

#[tokio::test]
async fn a32_a33_g24_an_existing_service_is_found_by_name_or_number() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let path = item_path(&stage.get(&operator, LIST).await, "Virtual Machines");
    let page = stage.get(&operator, &path).await.is(200);
    let page = page.shows("Acronis Servers (101), 4.50 a month").shows("Backup of virtual machines (102)");
    let page = page.hides("Given up");
    let first = page.text.find("(102)").expect("it is there") < page.text.find("(101)").expect("it is there");
    assert!(first, "the one of its own name comes first");
    for (find, there, gone) in [("VIRTUAL", "(102)", "(101)"), ("101", "(101)", "(102)"), ("zzz", "Choose", "(101)")] {
        stage.get(&operator, &format!("{path}&find={find}")).await.is(200).shows(there).hides(gone);
    }
    send(&stage, &operator, "Virtual Machines", &[("sold", "existing"), ("service", "102")]).await.is(303);
    // What is chosen stays to be seen, whatever is searched for.
    let page = stage.get(&operator, &format!("{path}&find=servers")).await;
    page.shows("<option value=\"102\" selected>").shows("What you see here is staged");
    stage.apply(&operator, "north").await.is(303);
    let service = row(&stage.mapping("north").await, "pw_base_vms").service;
    assert_eq!(service, Some(ServiceTarget::Existing(ServiceId(102))));
    // Not sold any more: M5 has nothing to sync, and the page says so.
    send(&stage, &operator, "Virtual Machines", &[("sold", "nothing")]).await.is(303);
    stage.get(&operator, "/changes?connection=north").await.shows("It is billed no more");
    stage.get(&operator, LIST).await.shows("Product mapping is off").shows("until applied");
}

#[tokio::test]
async fn m4_how_an_item_is_counted_is_set_term_by_term() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let terms = [("free", "yes"), ("unit_size", "100 gib"), ("rounding", "nearest"), ("combine", "max")];
    let terms: Vec<_> =
        terms.into_iter().chain([("included", "5"), ("minimum", "2"), ("smallest_change", "3")]).collect();
    send(&stage, &operator, "Cloud Storage (Cellar)", &terms).await.is(303);
    let page = stage.get(&operator, "/changes?connection=north").await;
    let page = page.shows("free: no; one unit: 1 GiB; rounded: up; items of one service: added up");
    page.shows("one unit: 100 GiB; rounded: to the nearest").shows("may use it without a limit");
    stage.apply(&operator, "north").await.is(303);
    let row = stage.mapping("north").await.products[&key("pw_base_storage", Some("own"))].clone();
    assert_eq!((row.free, row.rounding, row.combine), (true, Rounding::Nearest, Combine::Max));
    assert_eq!((row.included, row.minimum, row.smallest_change), (5, 2, 3));
    assert_eq!((row.unit_size.to_string().as_str(), row.service), ("100 GiB", None));
    stage.get(&operator, LIST).await.shows("included 5, minimum 2, smallest change 3");
}

#[tokio::test]
async fn what_cannot_be_is_told_in_the_form_and_what_was_typed_is_kept() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    for (field, value, told) in [
        ("sold", "given-away", "Sold as: there is no such choice"),
        ("sold", "existing", "Service: choose one that is there"),
        ("unit_size", "1 GiB", "does not measure what is counted in pieces"),
        ("unit_size", "some", "is not a unit size"),
        ("rounding", "upp", "Rounded: there is no such choice"),
        ("combine", "", "Items of one service: there is no such choice"),
        ("free", "maybe", "Free: there is no such choice"),
        ("included", "-1", "Included: expected a whole number"),
        ("minimum", "1.5", "Minimum: expected a whole number"),
        ("smallest_change", "4294967296", "Smallest change: expected a whole number"),
    ] {
        let answer = send(&stage, &operator, "Servers", &[(field, value), ("price", "17.25")]).await;
        answer.is(400).shows("Nothing was staged").shows(told).shows("value=\"17.25\"");
    }
    for (field, value, told) in [
        ("price", "", "Price: expected"),
        ("price", "-1", "Price: expected"),
        ("price", "1e9", "Price: expected"),
        ("price", "1.000,50", "Price: expected"),
        ("billing_code", "4", "Billing code: choose"),
        ("period", "weekly", "Period: there is no such choice"),
    ] {
        let usual = [("sold", "new"), ("billing_code", "3"), ("price", "4.50"), ("name", "Typed by me")];
        let fields: Vec<_> = usual.into_iter().filter(|(name, _)| *name != field).chain([(field, value)]).collect();
        let answer = send(&stage, &operator, "Servers", &fields).await;
        answer.is(400).shows(told).shows("value=\"Typed by me\"");
    }
    for service in ["103", "999", "", "x"] {
        let fields = [("sold", "existing"), ("service", service)];
        send(&stage, &operator, "Servers", &fields).await.is(400).shows("Service: choose one");
    }
    stage.get(&operator, "/changes?connection=north").await.shows("Nothing is staged");
}

#[tokio::test]
async fn items_of_one_service_that_are_counted_otherwise_are_told_before_they_are_applied() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    send(&stage, &operator, "Servers", &[("sold", "existing"), ("service", "101")]).await.is(303);
    let other = [("sold", "existing"), ("service", "101"), ("minimum", "4")];
    send(&stage, &operator, "Virtual Machines", &other).await.is(303);
    let page = stage.get(&operator, "/changes?connection=north").await;
    page.shows("it shares a service with pw_base_servers, but their minimum differ").hides("Apply 2 changes");
    let same = [("sold", "existing"), ("service", "101"), ("minimum", "0")];
    send(&stage, &operator, "Virtual Machines", &same).await.is(303);
    stage.apply(&operator, "north").await.is(303);
    assert_eq!(stage.mapping("north").await.products_by_service()[&ServiceId(101)].rows.len(), 2);
}

#[tokio::test]
async fn a39_the_default_storage_is_one_of_those_there_are() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, LIST).await.shows(">Frankfurt EU2</option>").shows(">Cellar</option>");
    assert_eq!(value_of(&page.text, "seen"), "");
    for (storage, seen, status) in [("nowhere", "", 404), ("own", "eu2", 409), ("own", "", 303)] {
        let fields = [("connection", "north"), ("seen", seen), ("storage", storage)];
        stage.submit(&operator, "/products/storage", &fields).await.is(status);
    }
    let page = stage.get(&operator, LIST).await.shows("1 change staged").shows("<option value=\"own\" selected>");
    drop(page.shows("until applied: <bdi>none</bdi>"));
    stage.get(&operator, "/changes?connection=north").await.shows("Default storage").shows("<bdi>Cellar</bdi>");
    stage.apply(&operator, "north").await.is(303);
    let default = stage.mapping("north").await.settings.new_tenants.default_storage;
    assert_eq!(default, Some(StorageId::new("own")));
    // Back to none, and that once more: nothing is left to do.
    for storage in ["", "own"] {
        let fields = [("connection", "north"), ("seen", "own"), ("storage", storage)];
        stage.submit(&operator, "/products/storage", &fields).await.is(303);
    }
    stage.get(&operator, "/changes?connection=north").await.shows("Nothing is staged");
}

#[tokio::test]
async fn of_two_people_who_edit_one_product_the_second_is_told() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    send(&stage, &operator, "Servers", &[("minimum", "4")]).await.is(303);
    let mut mapping = stage.mapping("north").await;
    mapping.products.get_mut(&key("pw_base_servers", None)).expect("it has a row").included = 9;
    let save = |mapping: Mapping| {
        let store = stage.machine.host.store.clone();
        async move { store.save_mapping(&ConnectionId::new("north"), &mapping).await.expect("it is saved") }
    };
    save(mapping).await;
    let page = stage.get(&operator, "/changes?connection=north").await.shows("<bdi>included: 9</bdi>");
    let page = page.shows("<bdi>minimum: 0</bdi>").shows("<bdi>minimum: 4</bdi>").hides("Apply 1 change");
    stage.press(&operator, "/changes?connection=north", "keep product-").await.is(303);
    drop(page);
    stage.apply(&operator, "north").await.is(303);
    let row = row(&stage.mapping("north").await, "pw_base_servers");
    assert_eq!((row.minimum, row.included), (4, 0), "what was shown as after");
}

#[tokio::test]
async fn items_of_another_connection_or_as_nobody_saw_them_are_refused() {
    let stage = stage().await;
    let provider = Provider::new().item("pw_base_nas", None, ItemKind::Count, "NAS");
    provider.known_to(&stage, "south").await;
    let operator = stage.session_with(Role::Operator).await;
    let of_south = item_path(&stage.get(&operator, "/products?connection=south").await, "NAS");
    let print = of_south.split("item=").nth(1).expect("it is named").split('&').next().expect("it ends").to_owned();
    stage.get(&operator, &of_south).await.is(200);
    stage.get(&operator, &of_south.replace("south", "north")).await.is(404);
    for path in ["/products/item", "/products/item?connection=north", "/products/item?connection=north&item=x"] {
        stage.get(&operator, path).await.is(404);
    }
    send(&stage, &operator, "Servers", &[("item", &print)]).await.is(404);
    send(&stage, &operator, "Servers", &[("connection", "south")]).await.is(404);
    send(&stage, &operator, "Servers", &[("connection", "east")]).await.is(404);
    send(&stage, &operator, "Servers", &[("was", "000000000000")]).await.is(409);
    stage.get(&operator, LIST).await.hides(">NAS<").hides("staged</strong>");
    let viewer = stage.session_with(Role::Viewer).await;
    let page = stage.get(&viewer, LIST).await.is(200).hides("Stage it");
    stage.get(&viewer, &item_path(&page, "Servers")).await.is(200).hides("Stage it").shows("<fieldset disabled>");
}

#[tokio::test]
async fn names_of_products_are_text_and_nothing_else() {
    let stage = Stage::start().await;
    let provider = Provider::new().storage("s\">1", HOSTILE).item("pw_base_servers", None, ItemKind::Count, HOSTILE);
    let provider = provider.item(HOSTILE, Some("s\">1"), ItemKind::Storage, HOSTILE).service(1, HOSTILE, true);
    provider.billing_code(1, HOSTILE).known_to(&stage, "north").await;
    let operator = stage.session_with(Role::Operator).await;
    let list = stage.get(&operator, LIST).await.is(200);
    is_plain(&list.text);
    let links = list.text.split("href=\"").filter(|link| link.starts_with("/products/item?"));
    let links: Vec<String> =
        links.map(|link| link.split('"').next().unwrap_or_default().replace("&#38;", "&")).collect();
    assert_eq!(links.len(), 2);
    for link in &links {
        is_plain(&stage.get(&operator, link).await.is(200).text);
    }
    let fields = [("connection", "north"), ("seen", ""), ("storage", "s\">1")];
    stage.submit(&operator, "/products/storage", &fields).await.is(303);
    is_plain(&stage.get(&operator, "/changes?connection=north").await.is(200).text);
    is_plain(&stage.get(&operator, &format!("{LIST}&staged=storage")).await.is(200).text);
    let discard = button(&stage.get(&operator, "/changes?connection=north").await.text, "discard setting-");
    assert_eq!(discard, "discard setting-new_tenants.default_storage");
}
