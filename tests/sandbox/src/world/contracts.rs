//! What people change on Autotask's contracts by hand, and the notes the vendor writes of it.

use super::World;
use crate::autotask::adjustments::{Author, Wish};
use crate::autotask::callouts::{Callout, Event};
use crate::autotask::periods::{BUNDLE_LINES, SERVICE_LINES};
use crate::autotask::views::{BundleLine, Contact, Note};
use jiff::civil::Date;

impl World {
    /// All notes on contracts, oldest first.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        self.autotask.table("ContractNotes").rows().map(Note::from).collect()
    }

    /// The notes on a contract, oldest first.
    #[must_use]
    pub fn notes_of(&self, contract_id: i64) -> Vec<Note> {
        self.autotask.table("ContractNotes").by("contractID", contract_id).map(Note::from).collect()
    }

    /// The contacts of a company, by id.
    #[must_use]
    pub fn contacts_of(&self, company_id: i64) -> Vec<Contact> {
        self.autotask.table("Contacts").by("companyID", company_id).map(Contact::from).collect()
    }

    /// The bundles on a contract, by id.
    #[must_use]
    pub fn bundle_lines_of(&self, contract_id: i64) -> Vec<BundleLine> {
        self.autotask.table("ContractServiceBundles").by("contractID", contract_id).map(BundleLine::from).collect()
    }

    /// Units of a bundle on a contract in force on a day.
    #[must_use]
    pub fn bundle_units_on(&self, line_id: i64, day: Date) -> Option<i64> {
        self.autotask.row_on(BUNDLE_LINES, line_id, day).and_then(|row| row.int("units"))
    }

    /// A contact of a company.
    pub fn add_contact(&mut self, company_id: i64, name: (&str, &str), email: &str, primary: bool) -> i64 {
        let now = self.now();
        self.autotask.new_contact(company_id, (name.0, name.1, email), primary, now)
    }

    /// A person changes a contact's address, and whether it is the company's primary one.
    pub fn change_contact(&mut self, contact_id: i64, email: &str, primary: bool) -> bool {
        let contacts = self.autotask.table_mut("Contacts");
        contacts.set(contact_id, "primaryContact", primary);
        contacts.set(contact_id, "emailAddress", email)
    }

    /// A person puts a service on a contract with units from a day on; returns the line.
    pub fn human_add_service(
        &mut self,
        contract_id: i64,
        service_id: i64,
        units: i64,
        effective: Date,
    ) -> Result<i64, String> {
        let wish = Wish {
            contract_id: Some(contract_id),
            service_id: Some(service_id),
            unit_change: Some(units),
            effective: Some(effective),
            repeat_service: true,
            ..Wish::default()
        };
        let now = self.now();
        self.autotask.adjust(&wish, Author::Human, now, &self.settings)
    }

    /// A person takes a service off its contract.
    pub fn human_remove_service(&mut self, line_id: i64) -> bool {
        let now = self.now();
        self.autotask.remove_line(SERVICE_LINES, line_id, now, &self.settings)
    }

    /// A person puts a bundle on a contract with units from a day on; returns the bundle's line.
    pub fn human_add_bundle(
        &mut self,
        contract_id: i64,
        bundle_id: i64,
        units: i64,
        effective: Date,
    ) -> Result<i64, String> {
        let now = self.now();
        self.autotask.add_bundle((contract_id, bundle_id), (units, effective), now, &self.settings)
    }

    /// A person changes a bundle's units from a day on.
    pub fn human_adjust_bundle(&mut self, line_id: i64, delta: i64, effective: Date) -> Result<(), String> {
        let now = self.now();
        self.autotask.adjust_bundle(line_id, (delta, effective), now, &self.settings)
    }

    /// A person takes a bundle off its contract.
    pub fn human_remove_bundle(&mut self, line_id: i64) -> bool {
        let now = self.now();
        self.autotask.remove_line(BUNDLE_LINES, line_id, now, &self.settings)
    }

    /// A service becomes part of a bundle's definition. No contract gets a note of it.
    pub fn add_service_to_bundle(&mut self, bundle_id: i64, service_id: i64) -> bool {
        let now = self.now();
        self.autotask.extend_bundle(bundle_id, service_id, now)
    }

    /// Moves a contract's first and last day; no note is written.
    pub fn move_contract(&mut self, contract_id: i64, start: Date, end: Date) -> bool {
        let now = self.now();
        self.autotask.move_days(contract_id, (start, end), now)
    }

    /// Renews a contract: a new one with the same services, bundles and last units; no note is written.
    pub fn renew_contract(&mut self, contract_id: i64, start: Date, end: Date) -> Option<i64> {
        let now = self.now();
        self.autotask.renew(contract_id, (start, end), now)
    }

    /// The callouts Autotask would send about an event, signed and numbered; delivering is left to the test.
    pub fn callouts(&mut self, event: &Event) -> Vec<Callout> {
        let now = self.now();
        self.autotask.callouts(event, now)
    }

    /// Autotask gives up on a web-hook of "Company", "Ticket" or "TicketNote": what it would send.
    pub fn deactivate_webhook(&mut self, entity: &str, webhook_id: i64) -> Option<Callout> {
        let now = self.now();
        self.autotask.deactivate_webhook(entity, webhook_id, now)
    }
}
