//! Staged edits in words: what is edited, how it was, how it is to be, and what comes of it. The same words are recorded
//! when they are applied.

use super::super::customers::link_in_words;
use super::super::listed::Listed;
use super::super::products::print_of_item;
use super::super::{settings, tickets};
use rust_decimal::Decimal;
use shared::alert::AlertKind;
use shared::contract::{BillingCode, PeriodType, Service};
use shared::draft::{Draft, alert_of};
use shared::fingerprint;
use shared::ids::{BillingCodeId, CompanyId, ConnectionId, ServiceId, StorageId};
use shared::mapping::{Combine, CustomerLink, Mapping, MappingRowName, NewService, ProductRow, ServiceTarget};
use shared::setting_path::SettingPath;
use shared::settings::Settings;
use std::collections::BTreeSet;

/// One edit in words.
pub(super) struct Told {
    pub(super) row: MappingRowName,
    /// "Company 175 Alpenblick Apotheke"
    pub(super) what: String,
    pub(super) before: String,
    pub(super) after: String,
    /// What comes of it.
    pub(super) meaning: Vec<String>,
}

/// Stands for a row in a form.
pub(super) fn name_of(row: &MappingRowName) -> String {
    match row {
        MappingRowName::Customer(company) => format!("customer-{company}"),
        MappingRowName::Product(key) => format!("product-{}", print_of_item(key)),
        MappingRowName::Setting(path) => format!("setting-{path}"),
        // A vendor's own name may hold anything.
        MappingRowName::Alert(kind) => format!("alert-{}", fingerprint::of(&[kind.as_str()])),
    }
}

/// All edits of a draft, customers first; `mapping` is in force. `limit`: the calls an hour that Autotask takes.
pub(super) fn told(draft: &Draft, mapping: &Mapping, listed: &Listed, limit: u64) -> Vec<Told> {
    let (settings, after) = (&mapping.settings, draft.applied_to(mapping).settings);
    let customers = draft.customers.iter().map(|(company, edit)| {
        let (was, to) = (&edit.link.was, &edit.link.to);
        let in_words = |link| link_in_words(link, listed.accounts());
        Told {
            row: MappingRowName::Customer(*company),
            what: what_of_company(*company, &edit.company_name),
            before: in_words(was),
            after: in_words(to),
            meaning: meaning_of_link(was, to, settings),
        }
    });
    let products = draft.products.iter().map(|(key, edit)| {
        let (before, after) = differences(&edit.was, &edit.to, listed);
        let (row, what) = (MappingRowName::Product(key.clone()), what_of_item(&edit.to));
        Told { row, what, before, after, meaning: meaning_of_product(&edit.was, &edit.to, settings) }
    });
    let settings_edits = draft.settings.iter().map(|(path, edit)| Told {
        row: MappingRowName::Setting(path.clone()),
        what: what_of_setting(path),
        before: settings::in_words(path, &edit.was, listed),
        after: settings::in_words(path, &edit.to, listed),
        meaning: meaning_of_setting(path, &after, listed, limit),
    });
    let alerts = draft.alerts.iter().map(|(kind, edit)| {
        let (before, after) = tickets::differences(&edit.was, &edit.to, listed);
        let meaning = "It counts for tickets that are made from then on; those that are there stay as they are.";
        Told {
            row: MappingRowName::Alert(kind.clone()),
            what: what_of_alert(kind, listed),
            before,
            after,
            meaning: vec![meaning.to_owned()],
        }
    });
    customers.chain(products).chain(settings_edits).chain(alerts).collect()
}

fn what_of_company(company: CompanyId, name: &str) -> String {
    format!("Company {company} {name}")
}

fn what_of_item(row: &ProductRow) -> String {
    format!("Item {} {}", row.item.key, row.label)
}

fn what_of_setting(path: &SettingPath) -> String {
    format!("Setting {path} {}", settings::label_of(path))
}

fn what_of_alert(kind: &AlertKind, listed: &Listed) -> String {
    format!("Alert type {kind} {}", tickets::label_of(kind, listed))
}

/// What a row is, for a fault on one that is not edited.
pub(super) fn what_of(row: &MappingRowName, mapping: &Mapping, listed: &Listed) -> String {
    match row {
        MappingRowName::Customer(company) => {
            what_of_company(*company, mapping.customers.get(company).map_or("", |row| &row.company_name))
        }
        MappingRowName::Product(key) => mapping.products.get(key).map_or_else(|| format!("Item {key}"), what_of_item),
        MappingRowName::Setting(path) => what_of_setting(path),
        MappingRowName::Alert(kind) => what_of_alert(kind, listed),
    }
}

/// How a row is recorded: its number or key comes first, so that earlier records of it are found.
pub(super) fn recorded_as(connection: &ConnectionId, told: &Told) -> String {
    format!("{connection}: {}", told.what)
}

/// With what the records of a row begin, whatever it was called then.
pub(super) fn records_begin(connection: &ConnectionId, row: &MappingRowName) -> String {
    match row {
        MappingRowName::Customer(company) => format!("{connection}: Company {company} "),
        MappingRowName::Product(key) => format!("{connection}: Item {key} "),
        MappingRowName::Setting(path) => format!("{connection}: Setting {path} "),
        MappingRowName::Alert(kind) => format!("{connection}: Alert type {kind} "),
    }
}

/// How an edited row is in force now, in words.
pub(super) fn now_in_words(row: &MappingRowName, draft: &Draft, mapping: &Mapping, listed: &Listed) -> String {
    match row {
        MappingRowName::Customer(company) => {
            link_in_words(&shared::draft::link_of(mapping, *company), listed.accounts())
        }
        MappingRowName::Product(key) => match (mapping.products.get(key), draft.products.get(key)) {
            (Some(now), Some(edit)) => differences(now, &edit.was, listed).0,
            _ => "not sold".to_owned(),
        },
        MappingRowName::Setting(path) => match mapping.settings.value(path) {
            Some(now) => settings::in_words(path, &now, listed),
            None => "no setting any more".to_owned(),
        },
        MappingRowName::Alert(kind) => draft
            .alerts
            .get(kind)
            .map_or_else(String::new, |edit| tickets::differences(&alert_of(mapping, kind), &edit.was, listed).0),
    }
}

pub(in super::super) fn storage_in_words(storage: Option<&StorageId>, listed: &Listed) -> String {
    match storage {
        None => "none".to_owned(),
        Some(id) => listed.snapshot.storages.get(id).cloned().unwrap_or_else(|| format!("storage {id}")),
    }
}

/// What a product is sold as, in words.
pub(in super::super) fn service_in_words(target: Option<&ServiceTarget>, listed: &Listed) -> String {
    match target {
        None => "nothing".to_owned(),
        Some(ServiceTarget::Existing(id)) => {
            let known = listed.snapshot.services.iter().find(|service| service.id == *id);
            known.map_or_else(|| format!("service {id}"), about_service)
        }
        Some(ServiceTarget::New(NewService { name, period, billing_code, unit_price })) => {
            let code = billing_code_in_words(*billing_code, &listed.snapshot.billing_codes);
            format!("a new service \"{name}\", {} a {}, billing code {code}", money(*unit_price), period.per())
        }
    }
}

/// "Acronis Workstations (101), 4.50 a month"
pub(in super::super) fn about_service(service: &Service) -> String {
    let Service { id: ServiceId(id), name, period, unit_price, active, .. } = service;
    let price = match (unit_price.map(money), period.map(PeriodType::per)) {
        (Some(price), Some(per)) => format!(", {price} a {per}"),
        (Some(price), None) => format!(", {price}"),
        (None, Some(per)) => format!(", billed by the {per}"),
        (None, None) => String::new(),
    };
    let inactive = if *active { "" } else { ", inactive" };
    format!("{name} ({id}){price}{inactive}")
}

/// "4.50" also for 4.5 and for 4.5000, and all that there is of 0.0375.
fn money(amount: Decimal) -> Decimal {
    let mut amount = amount.normalize();
    amount.rescale(amount.scale().max(2));
    amount
}

fn billing_code_in_words(id: BillingCodeId, codes: &[BillingCode]) -> String {
    codes.iter().find(|code| code.id == id).map_or_else(|| id.to_string(), |code| format!("{} ({id})", code.name))
}

fn combine_in_words(combine: Combine) -> &'static str {
    match combine {
        Combine::Sum => "added up",
        Combine::Max => "the greatest counts",
    }
}

/// The terms in which two rows differ, as they are in the one and in the other.
fn differences(one: &ProductRow, other: &ProductRow, listed: &Listed) -> (String, String) {
    let terms = |row: &ProductRow| {
        [
            ("sold as", service_in_words(row.service.as_ref(), listed)),
            ("free", if row.free { "yes" } else { "no" }.to_owned()),
            ("one unit", row.unit_size.to_string()),
            ("rounded", row.rounding.to_string()),
            ("items of one service", combine_in_words(row.combine).to_owned()),
            ("included", row.included.to_string()),
            ("minimum", row.minimum.to_string()),
            ("smallest change", row.smallest_change.to_string()),
        ]
    };
    let (one, other) = (terms(one), terms(other));
    let differ: Vec<usize> = (0..one.len()).filter(|at| one[*at] != other[*at]).collect();
    let told = |terms: &[(&str, String)]| {
        differ.iter().map(|at| format!("{}: {}", terms[*at].0, terms[*at].1)).collect::<Vec<_>>().join("; ")
    };
    (told(&one), told(&other))
}

fn meaning_of_setting(path: &SettingPath, after: &Settings, listed: &Listed, limit: u64) -> Vec<String> {
    let about = settings::setting_at(path).map(|setting| setting.about.to_owned());
    about.into_iter().chain(settings::effect(path, after, listed, limit)).collect()
}

fn meaning_of_link(was: &CustomerLink, to: &CustomerLink, settings: &Settings) -> Vec<String> {
    let was_mapped = matches!(was, CustomerLink::Mapped { .. });
    let mut meaning = Vec::new();
    let mut say = |text: &str| meaning.push(text.to_owned());
    match to {
        CustomerLink::Mapped { .. } => {
            say(
                "From the next run on, this tenant's usage is billed on the company's pay-as-you-go contracts, and its \
                 prepaid contracts set the tenant's quotas.",
            );
            match was_mapped {
                true => {
                    say("What its tenant until now uses is billed to nobody from then on.");
                    if settings.holds.mapping_changes {
                        say("Lines and quotas that change by this wait once for approval.");
                    }
                }
                false if settings.holds.new_customers => say("The first plan for this customer waits for approval."),
                false => {}
            }
        }
        CustomerLink::ToCreate => {
            say("A tenant is created in Acronis once the company has an active contract that sells a mapped service.");
        }
        CustomerLink::Unmapped { .. } | CustomerLink::Ignored { .. } if was_mapped => {
            say("Only the link is removed: nothing is changed or deleted in Acronis or in Autotask.");
            say(
                "From then on nothing is billed and no quota is set for this company; units and quotas stay as they are.",
            );
        }
        CustomerLink::Ignored { .. } => say("It is asked about no more, and gets no tenant."),
        CustomerLink::Unmapped { .. } => {}
    }
    match to {
        CustomerLink::Unmapped { left_alone: true } => say("Automatic provisioning makes no tenant for it."),
        CustomerLink::Unmapped { left_alone: false } if settings.automatic_provisioning => {
            say("Automatic provisioning makes a tenant for it once it has a contract that sells a mapped service.");
        }
        CustomerLink::Unmapped { left_alone: false } => say("Nothing happens to it: automatic provisioning is off."),
        _ => {}
    }
    meaning
}

fn meaning_of_product(was: &ProductRow, to: &ProductRow, settings: &Settings) -> Vec<String> {
    let mut meaning = Vec::new();
    let mut say = |text: &str| meaning.push(text.to_owned());
    if was.service != to.service {
        match &to.service {
            None => say(
                "It is billed no more. Units on contracts stay as they are, unless another item is sold as that service.",
            ),
            Some(ServiceTarget::Existing(_)) => {
                say(
                    "Its usage becomes units of this service on pay-as-you-go contracts, and units on prepaid contracts \
                     become its quota.",
                );
            }
            Some(ServiceTarget::New(_)) => {
                say(
                    "The service is created in Autotask by the next run that writes; then it has to be put on contracts.",
                );
            }
        }
    }
    if was.free != to.free || (was.service.is_some() != to.service.is_some()) {
        say(match (to.free, settings.quotas.switch_off) {
            (true, _) => "Prepaid customers who did not buy it may use it without a limit.",
            (false, true) => "For prepaid customers who did not buy it, it is switched off.",
            (false, false) => "Prepaid customers who did not buy it get a quota of 0.",
        });
    }
    if settings.holds.mapping_changes {
        say("Lines and quotas that change by this wait once for approval.");
    }
    meaning
}

/// The rows that are edited and were changed by somebody else meanwhile.
pub(super) fn moved_rows(draft: &Draft, mapping: &Mapping) -> BTreeSet<String> {
    draft.moved(mapping).iter().map(name_of).collect()
}
