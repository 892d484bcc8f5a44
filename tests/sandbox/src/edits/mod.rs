//! Human edits as tagged JSON for the control paths. Each one calls the function of the same name
//! on the world; no edit has a rule of its own.

mod acronis;
mod alerts;
mod autotask;
mod tickets;

use crate::acronis::alerts::{NewAlert, Severity};
use crate::acronis::{PricingMode, TenantKind};
use crate::settings::Settings;
use crate::world::World;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One human edit: `{"edit":"set_usage","tenant":"…",…}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are the parameters of the world's functions")]
pub enum Edit {
    /// Sets a usage row.
    SetUsage { tenant: String, item: String, infra: Option<String>, value: u64, absolute: Option<u64> },
    /// Takes a usage row away.
    RemoveUsage { tenant: String, item: String, infra: Option<String> },
    /// Switches an item on or off.
    SetItemStatus { tenant: String, item: String, infra: Option<String>, on: bool },
    /// Sets an item's quota.
    SetQuota { tenant: String, item: String, infra: Option<String>, value: Option<u64>, overage: Option<u64> },
    /// Adds a tenant.
    AddTenant { name: String, parent: Option<String>, kind: Option<TenantKind> },
    /// Deletes a tenant.
    RemoveTenant { tenant: String },
    /// Renames a tenant.
    RenameTenant { tenant: String, name: String },
    /// Enables or disables a tenant.
    EnableTenant { tenant: String, on: bool },
    /// Sets a tenant's pricing mode.
    SetPricing { tenant: String, mode: PricingMode },
    /// Lets a tenant refuse its usage.
    RefuseUsage { tenant: String, refuse: bool },
    /// Locks or unlocks a tenant.
    LockTenant { tenant: String, on: bool },
    /// Locks or unlocks an item's status.
    LockItem { tenant: String, item: String, infra: Option<String>, on: bool },
    /// Gives a customer a storage and switches its others off.
    SetStorage { tenant: String, infra: String },
    /// Adds, switched off, whatever the tenant above can give.
    OfferEverything { tenant: String },
    /// Takes an item away from what a tenant can give, or gives it back.
    WithholdItem { tenant: Option<String>, item: String, infra: Option<String>, on: bool },
    /// Raises an alert.
    RaiseAlert(Box<NewAlert>),
    /// Raises many alerts at once.
    AlertStorm { tenant: String, r#type: String, count: usize },
    /// An alert goes away by itself.
    ClearAlert { alert: String },
    /// An administrator dismisses an alert.
    DismissAlert { alert: String },
    /// An alert comes back under its id.
    RaiseAgain { alert: String },
    /// An alert comes back under a new id.
    RaiseAnew { alert: String },
    /// Changes an alert's severity.
    SetAlertSeverity { alert: String, severity: Severity },
    /// Enables or disables a type of alerts.
    EnableAlertType { r#type: String, on: bool },
    /// Lets a customer manage itself.
    SetSelfService { tenant: String, on: bool },
    /// A person opens a ticket.
    HumanTicket { company: i64, title: String },
    /// A person writes a note on a ticket.
    HumanNote { ticket: i64, title: String, text: String },
    /// A person completes a ticket.
    HumanClose { ticket: i64 },
    /// A person sets a ticket's status.
    HumanChangeStatus { ticket: i64, status: i64 },
    /// A person puts a ticket into a queue.
    HumanMoveTicket { ticket: i64, queue: i64 },
    /// A person takes a ticket.
    HumanTakeTicket { ticket: i64 },
    /// A person merges a ticket into another.
    HumanMergeTicket { ticket: i64, into: i64 },
    /// A person deletes a ticket.
    HumanDeleteTicket { ticket: i64 },
    /// Offers a value of a picklist no longer, or again.
    OfferPicklistValue { entity: String, field: String, value: i64, on: bool },
    /// Deactivates a person.
    DeactivateResource { resource: i64 },
    /// Adds a machine of a company.
    AddConfigurationItem { company: i64, name: String },
    /// Adds a company.
    AddCompany { name: String },
    /// Adds a contract.
    AddContract { company: i64, name: String, start: Date, end: Date },
    /// Adds a service.
    AddService { name: String, sku: String, unit_price: String },
    /// Adds a line.
    AddLine { contract: i64, service: i64, units: i64, unit_price: Option<String> },
    /// Adds a contact.
    AddContact { company: i64, first_name: String, last_name: String, email: String, primary: bool },
    /// Adds a bundle to the catalogue.
    AddBundle { name: String, services: Vec<i64>, unit_price: String },
    /// A person adds a service to a contract.
    HumanAddService { contract: i64, service: i64, units: i64, effective: Date },
    /// A person takes a service off its contract.
    HumanRemoveService { line: i64 },
    /// A person adds a bundle to a contract.
    HumanAddBundle { contract: i64, bundle: i64, units: i64, effective: Date },
    /// A person changes a bundle's units.
    HumanAdjustBundle { line: i64, delta: i64, effective: Date },
    /// A person takes a bundle off its contract.
    HumanRemoveBundle { line: i64 },
    /// A service becomes part of a bundle.
    AddServiceToBundle { bundle: i64, service: i64 },
    /// Moves a contract's first and last day.
    MoveContract { contract: i64, start: Date, end: Date },
    /// Renews a contract.
    RenewContract { contract: i64, start: Date, end: Date },
    /// A person changes units.
    HumanAdjust { line: i64, delta: i64, effective: Date },
    /// Approves and posts a period.
    PostPeriod { line: i64, date: Date },
    /// Sets a contract's user-defined field.
    SetUdf { contract: i64, name: String, value: Option<String> },
    /// Moves a contract's last day.
    EndContract { contract: i64, date: Date },
    /// Sets a contract's status.
    SetContractStatus { contract: i64, status: i64 },
    /// Puts a contract into a line of business.
    SetLineOfBusiness { contract: i64, line_of_business: i64 },
    /// Hides a line of business from the API user.
    HideFromApiUser { line_of_business: i64 },
    /// Hides a company from the API user.
    HideCompany { company: i64 },
    /// Hides a contract from the API user.
    HideContract { contract: i64 },
    /// Shows everything again.
    HideNothing,
    /// Replaces the switches.
    Settings { settings: Box<Settings> },
}

impl Edit {
    /// Carries the edit out; answers the new id where there is one.
    pub fn apply(self, world: &mut World) -> Result<Value, String> {
        let done = self.apply_to_acronis(world).or_else(|other| other.apply_to_alerts(world));
        match done.or_else(|other| other.apply_to_tickets(world)) {
            Ok(done) => done,
            Err(other) => other.apply_to_autotask(world),
        }
    }
}

fn found(known: bool) -> Result<Value, String> {
    known.then_some(Value::Null).ok_or_else(|| "nothing there by that id".to_owned())
}

fn amount(text: &str) -> Result<Decimal, String> {
    text.parse().map_err(|_| format!("{text} is no amount"))
}

/// The new id, or that there was nothing.
fn made(id: Option<impl Serialize>) -> Result<Value, String> {
    id.map(|id| json!(id)).ok_or_else(|| "nothing there by that id".to_owned())
}
