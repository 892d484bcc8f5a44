//! Autotask PSA as state: entity tables, billing periods, adjustments and the REST answers over
//! them. Rules come from the Autotask developer help; nothing here knows of Acronis.

pub mod adjustments;
pub mod callouts;
mod calls;
pub mod cell;
mod contracts;
mod fields;
mod filter;
mod limits;
mod notes;
mod pages;
mod people;
pub(crate) mod periods;
pub mod schema;
pub mod table;
pub mod ticket_views;
mod tickets;
pub mod views;
mod watching;
mod webhooks;
mod writes;

pub(crate) use calls::Call;
pub use cell::{Cell, Row};
pub(crate) use limits::latency;
pub use table::Table;

use crate::settings::Settings;
use adjustments::Adjustment;
use callouts::Callout;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

/// The person the API user's changes are booked under.
pub const API_RESOURCE: i64 = 29_682_885;
/// The person the sandbox's human edits are booked under.
pub const HUMAN_RESOURCE: i64 = 29_682_890;
/// Text of every refusal for want of rights (Autotask developer help, REST error handling).
pub(crate) const NO_PERMISSION: &str =
    "The logged in Resource does not have the adequate permissions to perform this action.";

/// The whole Autotask database.
#[derive(Debug)]
pub struct Autotask {
    tables: BTreeMap<&'static str, Table>,
    pub(crate) adjustments: Vec<Adjustment>,
    pub(crate) adjusted_on: HashSet<(i64, Date)>,
    pub(crate) hidden_companies: BTreeSet<i64>,
    pub(crate) hidden_contracts: BTreeSet<i64>,
    pub(crate) hidden_lines_of_business: BTreeSet<i64>,
    pub(crate) recent_requests: VecDeque<Timestamp>,
    pub(crate) rows_made_on: Date,
    /// The number of the database, which zoneInformation tells as `ci`.
    pub database: u64,
    /// API user name.
    pub user_name: String,
    /// API user's secret.
    pub secret: String,
    /// Tracking identifier of the integration.
    pub integration_code: String,
    /// Where this server is reached, "http://127.0.0.1:NNN".
    pub(crate) base_url: String,
    pub(crate) callouts_made: BTreeMap<(&'static str, i64), u64>,
    pub(crate) callouts_waiting: Vec<Callout>,
    pub(crate) retired_values: BTreeSet<(&'static str, &'static str, i64)>,
    pub(crate) ticket_numbers: BTreeMap<Date, u64>,
    /// Properties sent in bodies that the entity does not have, with how often.
    pub unknown_properties: BTreeMap<String, usize>,
}

impl Autotask {
    pub(crate) fn new(today: Date) -> Self {
        let tables = schema::entities().iter();
        Self {
            tables: tables.map(|entity| (entity.name, Table::new(entity))).collect(),
            adjustments: Vec::new(),
            adjusted_on: HashSet::new(),
            hidden_companies: BTreeSet::new(),
            hidden_contracts: BTreeSet::new(),
            hidden_lines_of_business: BTreeSet::new(),
            recent_requests: VecDeque::new(),
            rows_made_on: today,
            database: 30_595,
            user_name: "api-user@sandbox.example".to_owned(),
            secret: "sandbox-autotask-canary".to_owned(),
            integration_code: "SANDBOXCANARYCODE0000000001".to_owned(),
            base_url: String::new(),
            callouts_made: BTreeMap::new(),
            callouts_waiting: Vec::new(),
            retired_values: tickets::RETIRED.into_iter().collect(),
            ticket_numbers: BTreeMap::new(),
            unknown_properties: BTreeMap::new(),
        }
    }

    /// The rows of an entity by its path name, e.g. "Contracts".
    #[must_use]
    pub fn table(&self, name: &str) -> &Table {
        let table = self.tables.get(name);
        table.expect("tables exist for every entity of the schema")
    }

    pub(crate) fn table_mut(&mut self, name: &str) -> &mut Table {
        let table = self.tables.get_mut(name);
        table.expect("tables exist for every entity of the schema")
    }

    /// A row by entity and id.
    #[must_use]
    pub fn row(&self, entity: &str, id: i64) -> Option<&Row> {
        self.table(entity).get(id)
    }

    /// Whether the API user is let to see a row.
    pub(crate) fn is_visible(&self, row: &Row) -> bool {
        let nothing_hidden = self.hidden_companies.is_empty()
            && self.hidden_contracts.is_empty()
            && self.hidden_lines_of_business.is_empty();
        if nothing_hidden {
            return true;
        }
        match row.entity().name {
            "Companies" => !self.hidden_companies.contains(&row.id()),
            "Contacts" | "Tickets" | "ConfigurationItems" => {
                row.int("companyID").is_none_or(|id| !self.hidden_companies.contains(&id))
            }
            "Contracts" => self.is_contract_visible(row),
            "TicketNotes" | "TicketHistory" => {
                let ticket = row.int("ticketID").and_then(|id| self.row("Tickets", id));
                ticket.is_none_or(|ticket| self.is_visible(ticket))
            }
            name if name.starts_with("Contract") => row
                .int("contractID")
                .and_then(|id| self.row("Contracts", id))
                .is_none_or(|contract| self.is_contract_visible(contract)),
            _ => true,
        }
    }

    fn is_contract_visible(&self, contract: &Row) -> bool {
        let company = contract.int("companyID").unwrap_or_default();
        let line_of_business = contract.int("organizationalLevelAssociationID");
        !self.hidden_contracts.contains(&contract.id())
            && !self.hidden_companies.contains(&company)
            && !line_of_business.is_some_and(|id| self.hidden_lines_of_business.contains(&id))
    }

    pub(crate) fn may_read(&self, settings: &Settings, entity: &str) -> bool {
        !settings.unreadable.contains(entity)
    }
}
