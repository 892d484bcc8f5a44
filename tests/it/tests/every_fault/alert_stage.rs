//! Where the stories of alerts and tickets play: a small provider with a service desk, and a wire before both vendors
//! and the table.

use crate::stage::{ENDS_WITHIN, PATIENCE, store_at};
use acrotask::demo::credentials;
use acrotask::machine::{Machine, Storage};
use functions::alert_sync::{self, Look};
use functions::host::Host;
use functions::http::HttpSettings;
use functions::run::{Approve, Run};
use functions::ticket_changed::{self, Tickets};
use it::wire::{Operation, Wire};
use it::world::{World, even};
use sandbox::acronis::alerts::{Alert, NewAlert};
use sandbox::autotask::ticket_views::{Ticket, TicketNote};
use shared::alert_link::AlertLink;
use shared::mapping::Mapping;
use shared::run::{Mode, Outcome};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The time after which what was sent has arrived or never will, and a second.
pub(crate) const SETTLED_SECONDS: i64 = 601;
/// Looks after which nothing may be left to be done.
const MOST_LOOKS: usize = 5;

/// The stage.
pub(crate) struct AlertStage {
    pub(crate) world: World,
    pub(crate) wire: Wire,
    /// Our side, which gives up on a silent vendor or table.
    impatient: Host,
    secrets: Machine,
    acronis_url: String,
    /// Company and tenant of each customer.
    pub(crate) customers: Vec<(i64, String)>,
    devices: AtomicUsize,
}

/// A ticket with its notes.
pub(crate) type Noted = (Ticket, Vec<TicketNote>);

impl AlertStage {
    /// A provider with these customers; ticket sync is off.
    pub(crate) async fn with(customers: usize) -> AlertStage {
        let (mut world, wire) = World::wired(even(customers, 1)).await;
        let secrets = Machine::start(Storage::InMemory, world.clock.clone(), HttpSettings::default(), true);
        let secrets = secrets.await.expect("the machine starts");
        world.host.secrets = secrets.host.secrets.clone();
        world.host.store = store_at(&wire.table_url, Duration::from_secs(20));
        let acronis_url = wire.also_to_acronis(&world.sandbox.acronis_url()).await;
        let mapping = world.mapping().await;
        let customers = mapping.mapped_customers().map(|(row, tenant)| (row.company.0, tenant.to_string())).collect();
        let mut impatient = Host { store: store_at(&wire.table_url, PATIENCE), ..world.host.clone() };
        impatient.http.request_timeout = PATIENCE;
        impatient.http.retry.most_attempts = 2;
        let devices = AtomicUsize::new(0);
        let stage = AlertStage { world, wire, impatient, secrets, acronis_url, customers, devices };
        stage.store_credentials();
        stage
    }

    /// Switches ticket sync on, with these settings, and approves the first plan, of nothing.
    pub(crate) async fn switch_on(&self, settings: impl FnOnce(&mut Mapping)) {
        let world = &self.world;
        let on = |mapping: &mut Mapping| {
            mapping.settings.settle_minutes = 10;
            mapping.settings.tickets.enabled = true;
            settings(mapping);
        };
        world.change_mapping(on).await;
        let plan = alert_sync::plan(&world.host, &world.connection).await.expect("a plan is made");
        let what = Approve::Plan(plan.id);
        alert_sync::approve(&world.host, &world.connection, &what, "clerk").await.expect("the plan is approved");
        self.look(Look::Changes).await.expect("nothing strikes yet");
    }

    /// Gives our side the credentials as both vendors have them now.
    pub(crate) fn store_credentials(&self) {
        let mut login = credentials(&self.world.sandbox);
        login.acronis.datacenter_url.clone_from(&self.acronis_url);
        login.autotask.zone_url.clone_from(&self.wire.autotask_url);
        self.secrets.keep_credentials(&self.world.connection, &login);
    }

    /// A look at alerts; the reason where it did not complete.
    pub(crate) async fn look(&self, look: Look) -> Result<(), String> {
        ended(alert_sync::run(&self.world.host, &self.world.connection, look, Mode::Apply)).await
    }

    /// A look that something strikes.
    pub(crate) async fn struck_look(&self, look: Look) -> Result<(), String> {
        ended(alert_sync::run(&self.impatient, &self.world.connection, look, Mode::Apply)).await
    }

    /// A look that is dropped where the wire is cut. False when it came to its end before.
    pub(crate) async fn look_until_cut(&self) -> bool {
        tokio::select! {
            biased;
            () = self.wire.cut() => true,
            looked = self.look(Look::Changes) => {
                looked.expect("nothing strikes");
                false
            }
        }
    }

    /// The same of a look at closed tickets.
    pub(crate) async fn look_at_tickets_until_cut(&self) -> bool {
        tokio::select! {
            biased;
            () = self.wire.cut() => true,
            looked = self.look_at_tickets(Tickets::All) => {
                looked.expect("nothing strikes");
                false
            }
        }
    }

    /// A look at closed tickets.
    pub(crate) async fn look_at_tickets(&self, tickets: Tickets) -> Result<(), String> {
        ended(ticket_changed::run(&self.world.host, &self.world.connection, tickets, Mode::Apply)).await
    }

    /// A look at closed tickets that something strikes.
    pub(crate) async fn struck_look_at_tickets(&self, tickets: Tickets) -> Result<(), String> {
        ended(ticket_changed::run(&self.impatient, &self.world.connection, tickets, Mode::Apply)).await
    }

    /// A new alert of a type about a machine of its own, which Autotask knows too.
    pub(crate) fn raise(&self, customer: usize, kind: &str) -> String {
        let device = format!("SRV-{:03}", self.devices.fetch_add(1, Ordering::SeqCst));
        let (company, tenant) = &self.customers[customer];
        self.world.sandbox.world(|vendors| {
            vendors.add_configuration_item(*company, &device);
            vendors.raise(NewAlert::of(tenant, kind).about(&device, "Daily"))
        })
    }

    /// All alerts there ever were, and all tickets.
    pub(crate) fn alerts_and_tickets(&self) -> (Vec<Alert>, Vec<Noted>) {
        self.world.sandbox.world(|vendors| {
            let tickets = vendors.tickets().into_iter();
            let noted = tickets.map(|ticket| {
                let notes = vendors.notes_of_ticket(ticket.id);
                (ticket, notes)
            });
            (vendors.alerts(), noted.collect())
        })
    }

    /// No ticket was made twice, and none was told anything twice.
    pub(crate) fn nothing_is_made_twice(&self) {
        let (_, tickets) = self.alerts_and_tickets();
        let mut keys = BTreeSet::new();
        for (ticket, notes) in &tickets {
            assert!(keys.insert(ticket.external_id.as_str()), "two tickets have a key: {ticket:?}");
            let titles: BTreeSet<&str> = notes.iter().map(|note| note.title.as_str()).collect();
            assert_eq!(titles.len(), notes.len(), "two notes have a title: {notes:#?}");
        }
    }

    /// Looks, which ends well, until nothing is remembered as left to be done.
    pub(crate) async fn nothing_is_left(&self, first: Look, struck: &Result<(), String>) {
        let (mut look, world) = (first, &self.world);
        for _ in 0..MOST_LOOKS {
            self.look(look).await.unwrap_or_else(|why| panic!("the next look: {why}; the struck one: {struck:?}"));
            let cursor = world.host.store.alert_cursor(&world.connection).await.expect("the table is read");
            if cursor.is_some_and(|cursor| !cursor.unfinished) {
                return;
            }
            look = Look::Changes;
        }
        panic!("there is always something left; the struck one: {struck:?}");
    }

    /// The next look asks only whether any alert changed (B3).
    pub(crate) async fn the_next_look_is_idle(&self) {
        self.count_anew();
        self.look(Look::Changes).await.expect("nothing strikes any more");
        let idle = [Operation::Token, Operation::Alerts, Operation::CustomerAlerts].map(Operation::operation);
        let asked = self.world.sandbox.requests();
        let is_idle = asked.iter().all(|seen| idle.contains(&Some(seen.operation.as_str())));
        assert!(is_idle, "there is always something left: {asked:#?}");
    }

    /// What is remembered of alerts: all of it as it is, and nothing as open.
    pub(crate) async fn settled_links(&self) -> Vec<AlertLink> {
        let (mut links, world) = (Vec::new(), &self.world);
        world.host.store.alert_links(&world.connection, |link| links.push(link)).await.expect("the table is read");
        for link in &links {
            assert!(link.settled && link.sent.is_none(), "it is left open: {link:?}");
        }
        links
    }

    /// How many requests may have changed something at a vendor.
    pub(crate) fn writes(&self) -> usize {
        let is_write = |name: &str| {
            let mut all = Operation::OF_ALERTS.into_iter().chain(Operation::OF_TICKETS);
            all.any(|one| one.operation() == Some(name) && (one.is_write_to_acronis() || one.is_write_to_autotask()))
        };
        self.world.sandbox.requests().into_iter().filter(|seen| is_write(&seen.operation) && seen.status < 400).count()
    }

    /// Counts requests from now on; those so far were all known.
    pub(crate) fn count_anew(&self) {
        self.world.nothing_unknown();
        self.wire.mend();
        self.world.sandbox.clear_requests();
    }

    /// Nothing strikes any more, nobody holds the lease, and what was sent has arrived. Whether the struck look changed
    /// nothing, neither at a vendor nor in what we remember of alerts: then it is as if it had not been.
    pub(crate) async fn all_is_well(&self) -> bool {
        let remembers = self.wire.passed().contains(&Some(Operation::Transact));
        self.wire.mend();
        self.world.sandbox.clear_faults();
        self.world.pass_seconds(SETTLED_SECONDS);
        self.wire.quiet().await;
        !remembers && self.writes() == 0
    }
}

/// The external id of an alert's own ticket. Ids are the same in capitals, and are written small.
pub(crate) fn own_key(alert: &str) -> String {
    format!("acronis:{}", alert.to_lowercase())
}

/// How a run ended; the reason where it did not complete.
async fn ended(run: impl Future<Output = anyhow::Result<Run>>) -> Result<(), String> {
    match tokio::time::timeout(ENDS_WITHIN, run).await.expect("the run ends") {
        Ok(run) if run.record.outcome == Outcome::Complete => Ok(()),
        Ok(run) => Err(format!("{}: {:?}", run.record.outcome, run.record.findings)),
        Err(error) => Err(format!("{error:#}")),
    }
}
