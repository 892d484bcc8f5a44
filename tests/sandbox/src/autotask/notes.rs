//! Automatic notes: each change to the services and bundles of a contract leaves one on it, when it is
//! made and not when it comes into force. (Autotask help, adjusting service units and prices.)

use super::adjustments::{Adjustment, Author};
use super::periods::{LineKind, SERVICE_LINES};
use super::{API_RESOURCE, Autotask, HUMAN_RESOURCE, Row};
use crate::settings::Settings;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// What happened to a service or bundle on a contract.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Happened {
    Units { delta: i64, effective: Date },
    UnitPrice(Decimal),
    Added,
    Removed,
}

impl LineKind {
    /// What the vendor calls it in titles.
    fn title(self) -> &'static str {
        if self.lines == SERVICE_LINES.lines { "Service" } else { "Service bundle" }
    }
}

impl Author {
    /// The person a change is booked under.
    pub(crate) fn resource(self) -> i64 {
        match self {
            Self::Api => API_RESOURCE,
            Self::Human => HUMAN_RESOURCE,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Api => "API User",
            Self::Human => "Person, Sandbox",
        }
    }
}

impl Autotask {
    /// Writes the note of one change to one product of a contract.
    pub(crate) fn note(
        &mut self,
        (contract_id, kind, product_id): (i64, LineKind, i64),
        happened: Happened,
        by: Author,
        now: Timestamp,
        settings: &Settings,
    ) {
        if !settings.write_notes {
            return;
        }
        let product = self.row(kind.products, product_id).map(|row| row.text("name").to_owned());
        let (product, user) = (product.unwrap_or_default(), by.name());
        let (event, text) = match happened {
            Happened::Units { delta, effective } => {
                let verb = if delta < 0 { "decreased" } else { "increased" };
                let count = delta.unsigned_abs();
                let text = format!("User [{user}] {verb} [{product}] units by [{count}] effective [{effective}].");
                ("units were changed", text)
            }
            Happened::UnitPrice(price) => {
                ("unit price was changed", format!("User [{user}] changed [{product}] Unit Price to [{price}]."))
            }
            Happened::Added => ("was added", format!("User [{user}] added [{product}] to the contract.")),
            Happened::Removed => ("was removed", format!("User [{user}] removed [{product}] from the contract.")),
        };
        let notes = self.table_mut("ContractNotes");
        let note = Row::new(notes.entity())
            .with("contractID", contract_id)
            .with("title", format!("{} {event}", kind.title()).as_str())
            .with("description", text.as_str())
            .with("createDateTime", now)
            .with("lastActivityDate", now)
            .with("creatorResourceID", by.resource());
        notes.add(note);
    }

    /// The notes of an adjustment: a line made by it, its units, its price.
    pub(crate) fn note_adjustment(&mut self, adjustment: &Adjustment, price: Option<Decimal>, settings: &Settings) {
        let Adjustment { contract_id, service_id, delta, effective, at, by, created_line, .. } = *adjustment;
        let what = (contract_id, SERVICE_LINES, service_id);
        if created_line {
            self.note(what, Happened::Added, by, at, settings);
        }
        if delta != 0 {
            self.note(what, Happened::Units { delta, effective }, by, at, settings);
        }
        if let Some(price) = price {
            self.note(what, Happened::UnitPrice(price), by, at, settings);
        }
    }

    /// Moves the contract's change stamp by an adjustment, where the settings say that it does.
    pub(crate) fn touch_adjusted(&mut self, contract_id: i64, now: Timestamp, settings: &Settings) {
        if settings.adjustments_touch_contracts {
            self.table_mut("Contracts").set(contract_id, "lastModifiedDateTime", now);
        }
    }
}
