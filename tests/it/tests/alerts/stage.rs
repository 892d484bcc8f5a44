//! A service desk: both vendors as the sandbox, customers with an alert or two, and our jobs to wake.

use functions::alert_sync::{self, Look};
use functions::run::{Approve, Run};
use functions::ticket_changed::{self, Tickets};
use it::wire::{Operation, Phase, Strike, Wire};
use it::world::{TODAY, World};
use sandbox::acronis::alerts::{Alert, NewAlert};
use sandbox::autotask::ticket_views::{Ticket, TicketNote};
use sandbox::{Fault, FaultKind, Seed, Vendor};
use serde_json::Value;
use shared::alert_link::AlertLink;
use shared::alert_settings::TicketSettings;
use shared::ids::{CompanyId, TicketId};
use shared::mapping::Mapping;
use shared::plan::Plan;
use shared::run::{Mode, Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// The status of a new ticket, and of a completed one.
pub(crate) const NEW: i64 = 1;
pub(crate) const COMPLETE: i64 = 5;

/// A company and its tenant.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) company: i64,
    pub(crate) tenant: String,
}

/// The desk. When it is closed, nothing unknown was asked of the vendors.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) customers: Vec<Customer>,
}

/// A provider with plain customers and nothing else.
pub(crate) fn plain(customers: usize) -> Seed {
    Seed { customers, story: false, today: TODAY, ..Seed::default() }
}

impl Stage {
    /// Ticket sync is on, and its first plan, of nothing, is approved.
    pub(crate) async fn open(customers: usize) -> Stage {
        let stage = Stage::closed(customers).await;
        stage.switch_on(|_| {}).await;
        stage
    }

    /// Ticket sync is off.
    pub(crate) async fn closed(customers: usize) -> Stage {
        Stage::of(World::of(plain(customers)).await).await
    }

    /// The same as an open one, with a wire before the table and both vendors.
    pub(crate) async fn wired(customers: usize) -> (Stage, Wire) {
        let (world, wire) = World::wired_throughout(plain(customers)).await;
        let stage = Stage::of(world).await;
        stage.switch_on(|_| {}).await;
        (stage, wire)
    }

    pub(crate) async fn of(world: World) -> Stage {
        let mapping = world.host.store.mapping(&world.connection).await.expect("the table is read");
        let mapping = mapping.expect("it was made at setup");
        let customers = mapping.mapped_customers();
        let customers =
            customers.map(|(row, tenant)| Customer { company: row.company.0, tenant: tenant.to_string() }).collect();
        Stage { world, customers }
    }

    /// Switches ticket sync on with these settings, and approves the first plan.
    pub(crate) async fn switch_on(&self, settings: impl FnOnce(&mut TicketSettings)) {
        self.set(|tickets| {
            tickets.enabled = true;
            settings(tickets);
        })
        .await;
        self.approve_all().await;
        self.look().await;
        self.pass_minutes(5);
        self.forget_requests();
    }

    /// Saves a change of the ticket settings, as an operator does.
    pub(crate) async fn set(&self, settings: impl FnOnce(&mut TicketSettings)) {
        self.map(|mapping| settings(&mut mapping.settings.tickets)).await;
    }

    /// Saves any change of the mapping.
    pub(crate) async fn map(&self, change: impl FnOnce(&mut Mapping)) {
        self.world.change_mapping(change).await;
    }

    pub(crate) async fn plan(&self) -> Plan {
        alert_sync::plan(&self.world.host, &self.world.connection).await.expect("a plan is made")
    }

    pub(crate) async fn approve_all(&self) -> Plan {
        let plan = self.plan().await;
        self.approve(Approve::Plan(plan.id)).await.expect("it is approved")
    }

    pub(crate) async fn approve(&self, what: Approve) -> anyhow::Result<Plan> {
        alert_sync::approve(&self.world.host, &self.world.connection, &what, "clerk").await
    }

    /// The schedule comes: one look at what changed.
    pub(crate) async fn look_as_it_is(&self) -> Run {
        self.look_in(Mode::Apply).await
    }

    pub(crate) async fn look_in(&self, mode: Mode) -> Run {
        let run = alert_sync::run(&self.world.host, &self.world.connection, Look::Changes, mode);
        run.await.expect("it is recorded")
    }

    /// The same, and it ends well.
    pub(crate) async fn look(&self) -> Run {
        let run = self.look_as_it_is().await;
        assert_eq!(run.record.outcome, Outcome::Complete, "{:?}", run.record);
        run
    }

    /// The next look: five minutes later.
    pub(crate) async fn next_look(&self) -> Run {
        self.pass_minutes(5);
        self.look().await
    }

    /// The next look, which fails.
    pub(crate) async fn next_look_fails(&self) -> Run {
        self.pass_minutes(5);
        let run = self.look_as_it_is().await;
        assert!(matches!(run.record.outcome, Outcome::Failed(_)), "{:?}", run.record);
        run
    }

    /// A look during whose first request of an operation, held until then, something happens at a vendor.
    pub(crate) async fn look_during(
        &self,
        wire: &Wire,
        operation: Operation,
        happens: impl FnOnce(&mut sandbox::World),
    ) -> Run {
        wire.strike(operation, 0, 1, Strike::Held(Phase::Unsent));
        let meanwhile = async {
            wire.cut().await;
            self.vendors(happens);
            wire.mend();
        };
        tokio::join!(self.look_as_it_is(), meanwhile).0
    }

    /// Closed tickets are looked at: those that webhooks named.
    pub(crate) async fn tickets_changed(&self, tickets: &[i64]) -> Run {
        let tickets: BTreeSet<TicketId> = tickets.iter().map(|id| TicketId(*id)).collect();
        let run = ticket_changed::run(&self.world.host, &self.world.connection, Tickets::Only(tickets), Mode::Apply);
        run.await.expect("it is recorded")
    }

    /// Closed tickets are looked at: all of them.
    pub(crate) async fn all_tickets(&self) -> Run {
        let run = ticket_changed::run(&self.world.host, &self.world.connection, Tickets::All, Mode::Apply);
        run.await.expect("it is recorded")
    }

    /// Lets minutes pass for everybody.
    pub(crate) fn pass_minutes(&self, minutes: i64) {
        self.world.pass_seconds(minutes * 60);
    }

    /// What a person, a machine or an administrator does at a vendor.
    pub(crate) fn vendors<R>(&self, happens: impl FnOnce(&mut sandbox::World) -> R) -> R {
        self.world.sandbox.world(happens)
    }

    /// What strikes the next request of an operation.
    pub(crate) fn fail_once(&self, operation: &str, kind: FaultKind) {
        self.world.sandbox.fail(Fault::once(operation, kind));
    }

    /// A backup of a customer's device failed; the alert's id.
    pub(crate) fn raise(&self, customer: usize, device: &str) -> String {
        self.raise_of(customer, "BackupFailed", device)
    }

    pub(crate) fn raise_of(&self, customer: usize, kind: &str, device: &str) -> String {
        self.raise_as(customer, kind, |alert| alert.about(device, "Daily"))
    }

    /// An alert of a type, told as the story has it.
    pub(crate) fn raise_as(&self, customer: usize, kind: &str, told: impl FnOnce(NewAlert) -> NewAlert) -> String {
        let alert = told(NewAlert::of(&self.customers[customer].tenant, kind));
        self.vendors(|world| world.raise(alert))
    }

    pub(crate) fn clear(&self, alert: &str) {
        assert!(self.vendors(|world| world.clear_alert(alert)), "it was there");
    }

    pub(crate) fn raise_again(&self, alert: &str) {
        assert!(self.vendors(|world| world.raise_again(alert)), "it was there");
    }

    /// A person completes a ticket.
    pub(crate) fn person_closes(&self, ticket: i64) {
        assert!(self.vendors(|world| world.human_close(ticket)), "it was there");
    }

    /// The alert as Acronis has it.
    pub(crate) fn alert(&self, alert: &str) -> Alert {
        self.vendors(|world| world.alert(alert).cloned()).expect("it is there")
    }

    /// All tickets there are.
    pub(crate) fn tickets(&self) -> Vec<Ticket> {
        self.vendors(|world| world.tickets())
    }

    /// The only ticket there is.
    pub(crate) fn ticket(&self) -> Ticket {
        let tickets = self.tickets();
        let [ticket] = tickets.as_slice() else { panic!("one ticket is expected: {tickets:#?}") };
        ticket.clone()
    }

    /// The first ticket of an alert.
    pub(crate) fn ticket_of(&self, alert: &str) -> Ticket {
        let key = format!("acronis:{}", alert.to_lowercase());
        let tickets = self.tickets();
        tickets.into_iter().find(|ticket| ticket.external_id == key).expect("it has a ticket of its own")
    }

    pub(crate) fn notes(&self, ticket: i64) -> Vec<TicketNote> {
        self.vendors(|world| world.notes_of_ticket(ticket))
    }

    /// A company's tickets in a few words: whether each is open, and how many notes it has.
    pub(crate) fn shows(&self, company: i64) -> String {
        let tickets = self.vendors(|world| world.tickets_of(company));
        let one = |ticket: &Ticket| {
            let state = if ticket.status == COMPLETE { "closed" } else { "open" };
            match self.notes(ticket.id).len() {
                0 => state.to_owned(),
                1 => format!("{state} with a note"),
                notes => format!("{state} with {notes} notes"),
            }
        };
        tickets.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// The open tickets in which each alert is named, in the description or in a note.
    pub(crate) fn open_tickets_by_alert(&self) -> BTreeMap<String, BTreeSet<i64>> {
        let mut naming: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for ticket in self.tickets().into_iter().filter(|ticket| ticket.status != COMPLETE) {
            let notes = self.notes(ticket.id);
            let texts = std::iter::once(ticket.description.as_str()).chain(notes.iter().map(|note| &*note.description));
            for word in texts.flat_map(|text| text.split(|c: char| !c.is_ascii_hexdigit() && c != '-')) {
                if word.len() == 36 {
                    naming.entry(word.to_uppercase()).or_default().insert(ticket.id);
                }
            }
        }
        naming
    }

    /// Every active alert is in one open ticket, and in no other.
    #[track_caller]
    pub(crate) fn each_active_alert_is_in_one_ticket(&self) {
        let naming = self.open_tickets_by_alert();
        let active = self.vendors(|world| world.alerts()).into_iter().filter(|alert| alert.deleted_at.is_none());
        let astray: Vec<_> = active
            .map(|alert| (naming.get(&alert.id).cloned().unwrap_or_default(), alert.id))
            .filter(|(tickets, _)| tickets.len() != 1)
            .collect();
        assert!(astray.is_empty(), "{} alerts are lost or twice, such as {:?}", astray.len(), astray.first());
        let tickets = self.tickets();
        let keys: BTreeSet<&str> = tickets.iter().map(|ticket| ticket.external_id.as_str()).collect();
        assert_eq!(keys.len(), tickets.len(), "two tickets have one external id");
    }

    /// What is remembered of alerts.
    pub(crate) async fn links(&self) -> Vec<AlertLink> {
        let mut links = Vec::new();
        let store = &self.world.host.store;
        store.alert_links(&self.world.connection, |link| links.push(link)).await.expect("the table is read");
        links
    }

    /// How often an operation was asked for.
    pub(crate) fn asked(&self, operation: &str) -> usize {
        self.world.sandbox.requests().iter().filter(|seen| seen.operation == operation).count()
    }

    /// How often a vendor was called.
    pub(crate) fn calls(&self, vendor: Vendor) -> usize {
        self.world.sandbox.requests().iter().filter(|seen| seen.vendor == vendor).count()
    }

    /// Forgets what was asked, all of which the vendors knew.
    #[track_caller]
    pub(crate) fn forget_requests(&self) {
        self.nothing_unknown();
        self.world.sandbox.clear_requests();
    }

    #[track_caller]
    fn nothing_unknown(&self) {
        let unknown = self.world.sandbox.unknown_requests();
        assert!(unknown.is_empty(), "requests that no vendor knows: {unknown:?}");
    }

    /// Somebody at the desk changes a row over the API, as its screens do.
    pub(crate) async fn patch(&self, entity: &str, body: &Value) {
        let credentials = self.world.sandbox.credentials();
        let sent = reqwest::Client::new()
            .patch(format!("{}/ATServicesRest/V1.0/{entity}", self.world.sandbox.autotask_url()))
            .header("UserName", credentials.autotask_user_name)
            .header("Secret", credentials.autotask_secret)
            .header("ApiIntegrationCode", credentials.autotask_integration_code)
            .header("content-type", "application/json")
            .body(body.to_string());
        assert_eq!(sent.send().await.expect("it is answered").status(), 200);
    }

    /// The company of a customer.
    pub(crate) fn company(&self, customer: usize) -> CompanyId {
        CompanyId(self.customers[customer].company)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Destruction the sandbox itself does not let pass.
        if !std::thread::panicking() {
            self.nothing_unknown();
        }
    }
}

/// What a run has to say.
pub(crate) fn told(run: &Run) -> String {
    run.record.findings.join("\n")
}

/// Asserts that a run says this.
#[track_caller]
pub(crate) fn assert_told(run: &Run, text: &str) {
    assert!(told(run).contains(text), "\"{text}\" is expected in:\n{}\n{}", told(run), run.record.outcome);
}
