//! A service desk: both vendors as the sandbox, customers with an alert or two, and our jobs to wake.

use functions::alert_sync::{self, Look};
use functions::run::{Approve, Run};
use functions::ticket_changed::{self, Tickets};
use it::wire::Wire;
use it::world::{TODAY, World};
use sandbox::Seed;
use sandbox::acronis::alerts::NewAlert;
use sandbox::autotask::ticket_views::{Ticket, TicketNote};
use shared::alert_link::AlertLink;
use shared::alert_settings::TicketSettings;
use shared::ids::{CompanyId, TicketId};
use shared::plan::Plan;
use shared::run::{Mode, Outcome};
use std::collections::BTreeSet;

/// A company and its tenant.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) company: i64,
    pub(crate) tenant: String,
}

/// The desk.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) customers: Vec<Customer>,
}

/// A provider with plain customers and nothing else.
fn plain(customers: usize) -> Seed {
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

    async fn of(world: World) -> Stage {
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
        self.world.sandbox.clear_requests();
    }

    /// Saves a change of the ticket settings, as an operator does.
    pub(crate) async fn set(&self, settings: impl FnOnce(&mut TicketSettings)) {
        self.world.change_mapping(|mapping| settings(&mut mapping.settings.tickets)).await;
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
        let run = alert_sync::run(&self.world.host, &self.world.connection, Look::Changes, Mode::Apply);
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

    /// A backup of a customer's device failed; the alert's id.
    pub(crate) fn raise(&self, customer: usize, device: &str) -> String {
        self.raise_of(customer, "BackupFailed", device)
    }

    pub(crate) fn raise_of(&self, customer: usize, kind: &str, device: &str) -> String {
        let tenant = &self.customers[customer].tenant;
        self.world.sandbox.world(|world| world.raise(NewAlert::of(tenant, kind).about(device, "Daily")))
    }

    pub(crate) fn clear(&self, alert: &str) {
        assert!(self.world.sandbox.world(|world| world.clear_alert(alert)), "it was there");
    }

    pub(crate) fn raise_again(&self, alert: &str) {
        assert!(self.world.sandbox.world(|world| world.raise_again(alert)), "it was there");
    }

    /// All tickets there are.
    pub(crate) fn tickets(&self) -> Vec<Ticket> {
        self.world.sandbox.world(|world| world.tickets())
    }

    /// The only ticket there is.
    pub(crate) fn ticket(&self) -> Ticket {
        let tickets = self.tickets();
        let [ticket] = tickets.as_slice() else { panic!("one ticket is expected: {tickets:#?}") };
        ticket.clone()
    }

    pub(crate) fn notes(&self, ticket: i64) -> Vec<TicketNote> {
        self.world.sandbox.world(|world| world.notes_of_ticket(ticket))
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

    /// The company of a customer.
    pub(crate) fn company(&self, customer: usize) -> CompanyId {
        CompanyId(self.customers[customer].company)
    }
}

/// What a run has to say.
pub(crate) fn told(run: &Run) -> String {
    run.record.findings.join("\n")
}
