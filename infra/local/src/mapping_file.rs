//! The mapping file: settings, customers, products and alert types of one connection as one TOML text that
//! a person edits (M1 to M4, M6, T1). It turns a mapping into text and text into a mapping; it reads no file,
//! asks no vendor and saves nothing.

mod alerts;
mod customers;
mod decisions;
mod picklists;
mod products;
mod reader;
mod settings;
mod tickets;
mod toml_text;
mod words;

use reader::{Block, Faults, Place};
use shared::alert::{AlertKind, AlertType};
use shared::contract::{BillingCode, Service};
use shared::ids::{CompanyId, StorageId};
use shared::mapping::{Mapping, MappingRowName};
use shared::matching::Standing;
use shared::ticket::Picklists;
use shared::usage::{ItemKey, Tenant};
use std::collections::BTreeMap;
use std::fmt;

/// What an export shows: the mapping, and what helps a person to edit it.
#[derive(Debug, Clone, Copy)]
pub struct MappingView<'a> {
    /// The mapping in force.
    pub mapping: &'a Mapping,
    /// Where each company stands (M1).
    pub standings: &'a BTreeMap<CompanyId, Standing>,
    /// The tenants of the partner.
    pub tenants: &'a [Tenant],
    /// The services in Autotask.
    pub services: &'a [Service],
    /// The billing codes in Autotask.
    pub billing_codes: &'a [BillingCode],
    /// What the storages are called.
    pub storage_names: &'a BTreeMap<StorageId, String>,
    /// The types of alert that Acronis lists; none where they were not read.
    pub alert_types: &'a BTreeMap<AlertKind, AlertType>,
    /// What there is to choose from for tickets in Autotask.
    pub picklists: &'a Picklists,
}

/// Something in a mapping file that cannot be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// The line it stands on, from 1.
    pub line: usize,
    /// The key, such as `product[3].rounding` for the third product block; empty where the text is no TOML.
    pub key: String,
    /// What is wrong and what was expected.
    pub text: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, key, text } = self;
        match key.as_str() {
            "" => write!(f, "line {line}: {text}"),
            key => write!(f, "line {line}, {key}: {text}"),
        }
    }
}

const HEAD: &str = "\
# The mapping of one connection: its settings, which customer is which, what is sold as what, and what becomes
# of alerts.
#
# Edit this file, then hand it in with `acrotask mapping import FILE`. Nothing is changed when anything in
# it is wrong: every fault is told with its line. Text after a # is for you and is not read.
#
# What is left out:
#   a setting                 has its default.
#   a [[customer]] block      that was mapped loses its link, and automatic provisioning leaves the company
#                             alone; all others stay as they are. Nothing is deleted in Acronis or Autotask.
#   a [[product]] block       is billed no more until it is mapped again.
#   a line of a product       has its usual value: one piece, GiB or hour, rounded up, nothing included.
#   an [[alert]] block        leaves the tickets of its type as usual, whatever was said before. A file that has
#                             none, such as an older acrotask's, does so for all types.
# Amounts of money are written in quotes, \"4.50\".
";

/// The mapping as a text to edit, which `import` turns back into the same mapping.
pub fn export(view: &MappingView<'_>) -> String {
    let mut text = HEAD.to_owned();
    text.push_str(&format!("version = \"{}\" # what this file was exported from\n", view.mapping.version));
    settings::write(&mut text, &view.mapping.settings, view.picklists);
    customers::write(&mut text, view);
    products::write(&mut text, view);
    alerts::write(&mut text, view);
    text
}

/// The mapping that `text` asks for, made from `current`; or everything that is wrong with the text, in
/// the order of its lines. Where the text is no TOML, only that is told.
///
/// Customers and alert types keep the names `current` has for them, and products the facts: the file's are for
/// people.
pub fn import(text: &str, current: &Mapping) -> Result<Mapping, Vec<FileFault>> {
    let (table, broken) = toml::de::DeTable::parse_recoverable(text);
    let faults = Faults::of(text);
    if !broken.is_empty() {
        broken.iter().for_each(|error| faults.add(error.span().map_or(0, |span| span.start), "", error.message()));
        return Err(faults.in_order());
    }
    let mut root = Block::root(&faults, &table);
    let version =
        root.text_where("version", "the number in quotes that an export has", |text| text.parse::<u64>().is_ok());
    let version = version.and_then(|text| text.parse::<u64>().ok());
    let (settings, settings_place) = settings::read(&mut root);
    let (customers, customer_places) = customers::read(&mut root, current);
    let (products, product_places) = products::read(&mut root, current);
    let (alerts, alert_places) = alerts::read(&mut root, current);
    root.finish();
    let mapping = Mapping { version: current.version, settings, customers, products, alerts };
    for fault in mapping.faults() {
        let place = match &fault.row {
            MappingRowName::Setting(_) => Some(&settings_place),
            MappingRowName::Alert(kind) => alert_places.get(kind),
            MappingRowName::Customer(company) => customer_places.get(company),
            MappingRowName::Product(item) => product_places.get(item),
        };
        add_mapping_fault(&faults, place, &fault.row, &fault.text);
    }
    let is_older = version.is_some_and(|version| version != current.version);
    if is_older && mapping != *current {
        faults.add(0, "version", format!(
            "the mapping was changed since this file was exported; it is version {} now: export it again and make your \
             edits there, or take this line out to have the file's word count all the same",
            current.version
        ));
    }
    let found = faults.in_order();
    if found.is_empty() { Ok(mapping) } else { Err(found) }
}

/// A fault of the mapping, on the line of the key that its text begins with, else on its block.
fn add_mapping_fault(faults: &Faults<'_>, place: Option<&Place>, row: &MappingRowName, text: &str) {
    let Some(place) = place else {
        // A row that the file leaves out and the mapping in force already has wrong.
        let row = match row {
            MappingRowName::Setting(_) => "settings".to_owned(),
            MappingRowName::Alert(kind) => format!("alert {kind}"),
            MappingRowName::Customer(company) => format!("company {company}"),
            MappingRowName::Product(ItemKey { name, .. }) => format!("product {name}"),
        };
        return faults.add(0, &row, text);
    };
    match place.key_at_start_of(text) {
        Some((path, at, rest)) => faults.add(at, &path, rest),
        None => faults.add(place.at, &place.path, text),
    }
}
