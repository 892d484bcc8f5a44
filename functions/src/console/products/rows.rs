//! The items of a connection: those of the mapping, and those that the partner can give by now and nobody said anything
//! of yet, in the groups in which people look for them.

use super::super::listed::Listed;
use shared::families::{is_pack, stands_on};
use shared::fingerprint;
use shared::ids::StorageId;
use shared::labels::label;
use shared::mapping::ProductRow;
use shared::usage::{ItemKey, ItemKind};
use std::collections::{BTreeMap, BTreeSet};

/// The groups of a list, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Standard,
    Pack,
    Storage,
    Feature,
}

impl Group {
    pub(super) fn of(row: &ProductRow) -> Self {
        match row.item.kind {
            ItemKind::Feature => Self::Feature,
            ItemKind::Storage => Self::Storage,
            ItemKind::Count if is_pack(&row.item.key) => Self::Pack,
            ItemKind::Count => Self::Standard,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Pack => "Advanced packs",
            Self::Storage => "Storages and sites, per location",
            Self::Feature => "Features, on or off",
        }
    }

    /// What is to be known of all items in it.
    pub(super) fn note(self) -> &'static str {
        match self {
            Self::Standard => "",
            Self::Pack => {
                "An Advanced pack works only on a workload that has a standard item, and is charged on top of it. It may \
                 cover several kinds of workloads."
            }
            Self::Storage => {
                "Total cloud storage includes Microsoft 365 storage: Acronis neither reports nor bills that apart, so it \
                 cannot be left out."
            }
            Self::Feature => {
                "A feature has no usage. It is switched on where its service or the item it belongs to is sold; on a \
                 pay-as-you-go contract it cannot be billed."
            }
        }
    }
}

/// The items as they are in force, in the order of the list.
pub(super) fn all(listed: &Listed) -> Vec<ProductRow> {
    let mut rows: BTreeMap<&ItemKey, ProductRow> = BTreeMap::new();
    for item in &listed.snapshot.items {
        let storage = item.key.storage.as_ref().and_then(|storage| listed.snapshot.storages.get(storage));
        rows.insert(&item.key, ProductRow::unmapped(item.clone(), label(item, storage.map(String::as_str))));
    }
    // What is in the mapping stays there, also where the partner cannot give it any more.
    rows.extend(listed.mapping.products.iter().map(|(key, row)| (key, row.clone())));
    let mut rows: Vec<ProductRow> = rows.into_values().collect();
    rows.sort_by_cached_key(|row| (in_order(row), row.label.to_lowercase(), row.item.key.clone()));
    rows
}

fn in_order(row: &ProductRow) -> (String, Option<String>, Group) {
    (row.item.key.application.to_string(), row.item.edition.clone(), Group::of(row))
}

/// The heading of the group that a row is in, and of what it is a part; the application is named only where there are
/// several.
pub(super) fn heading(row: &ProductRow, several: bool) -> (&'static str, String) {
    let edition = row.item.edition.iter().map(|edition| format!("edition {edition}"));
    let application = several.then(|| format!("application {}", row.item.key.application));
    (Group::of(row).name(), edition.chain(application).collect::<Vec<_>>().join(", "))
}

/// Whether items of several applications are among them.
pub(super) fn are_of_several(rows: &[ProductRow]) -> bool {
    rows.iter().map(|row| &row.item.key.application).collect::<BTreeSet<_>>().len() > 1
}

/// The standard items that a pack may stand on (A06).
pub(super) fn bases<'r>(pack: &ProductRow, rows: &'r [ProductRow]) -> Vec<&'r ProductRow> {
    rows.iter().filter(|row| stands_on(&pack.item.key, &row.item)).collect()
}

/// Stands for an item in an address.
pub(in super::super) fn print_of_item(key: &ItemKey) -> String {
    let storage = key.storage.as_ref().map_or("", StorageId::as_str);
    fingerprint::of(&[key.application.as_str(), &key.name, storage])
}

/// Stands for what a page showed of a product.
pub(super) fn print_of(row: &ProductRow) -> String {
    // Taken apart by name, so that a term added there cannot be forgotten here.
    let ProductRow { item, label: _, service, combine, free, unit_size, rounding, included, minimum, smallest_change } =
        row;
    let terms = (service, combine, free, unit_size.to_string(), rounding, included, minimum, smallest_change);
    fingerprint::of(&[print_of_item(&item.key), format!("{terms:?}")])
}
