//! What each function that writes or publishes has to do, as often as a story asks for it, and whether it was done once. It reckons
//! by itself and asks nothing of the rules under test.

use crate::batches::batch;
use crate::stand::Stand;
use functions::alert_sync::{self, Look};
use functions::events::{About, ContractChanged, Event, TicketChanged};
use functions::run::Approve;
use it::lines::Sold;
use it::prepaid::Buyer;
use it::wire::Operation;
use sandbox::acronis::alerts::NewAlert;
use sandbox::acronis::catalogue::ACRONIS_STORAGE;
use serde_json::{Value, json};
use shared::ids::{CompanyId, StorageId, TicketId};
use shared::mapping::Mapping;
use shared::run::{Job, Mode, Outcome};
use std::collections::BTreeSet;

/// Lines whose units one event changes.
const LINES: usize = 2;
/// More work than any story begins.
const MOST: usize = 60;

/// A function that writes or publishes.
pub(crate) trait Work: Sized {
    /// The function, and the job whose lease it takes.
    const FUNCTION: (&'static str, Job);

    /// A provider with nothing to do.
    /// A read of a vendor that each run makes, and the first write that one with something to do makes.
    const ASKS: (Operation, Option<Operation>);

    async fn stand() -> Self;

    fn at(&mut self) -> &mut Stand;

    /// Makes something to do, and gives the event that says so.
    async fn begin(&mut self) -> Value;

    /// All that was ever begun is done, and nothing of it twice.
    async fn is_done_once(&mut self);
}

/// `dispatch`, woken by a schedule: the connection is due.
pub(crate) struct Due(Stand);

impl Work for Due {
    const FUNCTION: (&'static str, Job) = ("dispatch", Job::UsageSync);
    const ASKS: (Operation, Option<Operation>) = (Operation::Query, None);

    async fn stand() -> Due {
        Due(Stand::with(1, 1).await)
    }

    fn at(&mut self) -> &mut Stand {
        &mut self.0
    }

    async fn begin(&mut self) -> Value {
        self.0.published();
        json!({"job": "usage-sync"})
    }

    async fn is_done_once(&mut self) {
        let (published, due) = (self.0.published(), self.0.due(Job::UsageSync));
        // Told again it does no harm, but untold it is lost.
        assert!(!published.is_empty() && published.iter().all(|event| *event == due), "{published:?}");
    }
}

/// `usage-sync`, on its schedule: two lines of a customer are used by one more.
pub(crate) struct Units {
    stand: Stand,
    sold: Vec<Sold>,
    begun: usize,
}

impl Work for Units {
    const FUNCTION: (&'static str, Job) = ("usage-sync", Job::UsageSync);
    const ASKS: (Operation, Option<Operation>) = (Operation::Usages, Some(Operation::Adjustments));

    async fn stand() -> Units {
        let stand = Stand::with(MOST, LINES).await;
        Units { sold: stand.world.sold(), stand, begun: 0 }
    }

    fn at(&mut self) -> &mut Stand {
        &mut self.stand
    }

    async fn begin(&mut self) -> Value {
        let lines = self.sold.chunks(LINES).nth(self.begun).expect("each line is changed once a day");
        lines.iter().for_each(|sold| self.stand.world.set_used(sold, self.stand.world.used(sold) + 1));
        self.begun += 1;
        self.stand.due(Job::UsageSync)
    }

    async fn is_done_once(&mut self) {
        let world = &self.stand.world;
        assert_eq!(world.wrong(), []);
        assert_eq!((world.adjustments(), world.open_intents().await), (self.begun * LINES, 0));
        assert!(world.adjustment_posts().iter().all(|status| *status < 400), "Autotask refused what was sent again");
        world.nothing_unknown();
    }
}

/// `contract-changed`, by its queue: one company has a contract and no tenant, and another one buys one more.
pub(crate) struct Quotas {
    stand: Stand,
    buyers: Vec<Buyer>,
}

impl Quotas {
    /// Those of whom the latest event told.
    pub(crate) fn companies(&self) -> [i64; 2] {
        let [.., known, new] = &self.buyers[..] else { panic!("nothing was begun") };
        [known.company, new.company]
    }
}

impl Work for Quotas {
    const FUNCTION: (&'static str, Job) = ("contract-changed", Job::ContractChanged);
    const ASKS: (Operation, Option<Operation>) = (Operation::Contracts, Some(Operation::CreateTenant));

    async fn stand() -> Quotas {
        let stand = Stand::with(1, 1).await;
        let set = |mapping: &mut Mapping| {
            mapping.settings.automatic_provisioning = true;
            mapping.settings.new_tenants.administrator = true;
            mapping.settings.new_tenants.default_storage = Some(StorageId::new(ACRONIS_STORAGE));
        };
        stand.world.change_mapping(set).await;
        let first = stand.world.buyer("Erste GmbH", &[("pw_base_workstations", 3)]);
        stand.world.approve_quotas().await;
        stand.world.quotas_complete().await;
        Quotas { stand, buyers: vec![first] }
    }

    fn at(&mut self) -> &mut Stand {
        &mut self.stand
    }

    async fn begin(&mut self) -> Value {
        let world = &self.stand.world;
        let known = self.buyers.last().expect("there is one").clone();
        let line = known.lines["pw_base_workstations"];
        world.sandbox.world(|vendors| vendors.human_adjust(line, 1, vendors.today())).expect("a person may");
        let new = world.buyer(&format!("Neue {} GmbH", self.buyers.len()), &[("pw_base_workstations", 3)]);
        let messages = [("known", &known), ("new", &new)].map(|(id, buyer)| {
            let (connection, about) = (world.connection.clone(), About::Company(CompanyId(buyer.company)));
            (id, Event::ContractChanged(ContractChanged { connection, about }).to_invocation().to_string())
        });
        self.buyers.push(new);
        batch(&messages)
    }

    async fn is_done_once(&mut self) {
        for buyer in &self.buyers[self.buyers.len() - 2..] {
            let tenant = self.stand.world.has_one_tenant(buyer).await;
            assert!(self.stand.world.mails(&tenant.id) <= 2);
        }
        self.stand.world.nothing_unknown();
    }
}

/// `contract-watch`, on its schedule: a person changes a contract.
pub(crate) struct Watching {
    stand: Stand,
    sold: Vec<Sold>,
    changed: Vec<i64>,
    named: BTreeSet<i64>,
}

impl Watching {
    fn listen(&mut self) {
        let events = self.stand.published();
        let changed = events.iter().filter(|event| event["detail-type"] == "ContractChanged");
        self.named.extend(changed.filter_map(|event| event["detail"]["company"].as_i64()));
    }
}

impl Work for Watching {
    const FUNCTION: (&'static str, Job) = ("contract-watch", Job::ContractWatch);
    const ASKS: (Operation, Option<Operation>) = (Operation::ContractNotes, None);

    async fn stand() -> Watching {
        let mut stand = Stand::with(MOST, 1).await;
        let mut function = stand.function("contract-watch").await;
        // Everybody has a turn on the first day; and in its first hours, what was signed at its midnight is new.
        crate::response(function.invoke(stand.due(Job::ContractWatch)).await);
        function.end().await;
        stand.published();
        Watching { sold: stand.world.sold(), stand, changed: Vec::new(), named: BTreeSet::new() }
    }

    fn at(&mut self) -> &mut Stand {
        &mut self.stand
    }

    async fn begin(&mut self) -> Value {
        self.listen();
        let sold = &self.sold[self.changed.len()];
        assert!(!self.named.contains(&sold.company), "nobody looks at whom nothing happened to");
        let adjust = |vendors: &mut sandbox::World| vendors.human_adjust(sold.line, 1, vendors.today());
        self.stand.world.sandbox.world(adjust).expect("a person may");
        self.changed.push(sold.company);
        self.stand.due(Job::ContractWatch)
    }

    async fn is_done_once(&mut self) {
        self.listen();
        // As with `dispatch`: once more does no harm.
        assert_eq!(self.named, self.changed.iter().copied().collect());
        self.stand.world.nothing_unknown();
    }
}

/// `alert-sync`, on its schedule: one alert is raised, and another one clears.
pub(crate) struct Alerts {
    stand: Stand,
    raised: Vec<String>,
}

/// Ticket sync is on, its first plan, of nothing, is approved; gives the tenant of the only customer.
async fn switch_tickets_on(stand: &Stand) {
    let world = &stand.world;
    let set = |mapping: &mut Mapping| {
        let tickets = &mut mapping.settings.tickets;
        (tickets.enabled, tickets.auto_close, tickets.dismiss_on_close, tickets.storms) = (true, true, true, false);
        // Acronis tells no parts of a second: what is raised at once would be from before.
        tickets.days_before_switch_on = 1;
    };
    world.change_mapping(set).await;
    let plan = alert_sync::plan(&world.host, &world.connection).await.expect("a plan is made");
    let what = Approve::Plan(plan.id);
    alert_sync::approve(&world.host, &world.connection, &what, "clerk").await.expect("the plan is approved");
    look(stand).await;
}

async fn look(stand: &Stand) {
    let run = alert_sync::run(&stand.world.host, &stand.world.connection, Look::Changes, Mode::Apply).await;
    let run = run.expect("it is recorded");
    assert_eq!(run.record.outcome, Outcome::Complete, "{:?}", run.record);
}

fn raise(stand: &Stand, number: usize) -> String {
    let tenant = stand.world.sold()[0].tenant.clone();
    let alert = NewAlert::of(&tenant, "BackupFailed").about(&format!("SRV-{number:03}"), "Daily");
    stand.world.sandbox.world(|vendors| vendors.raise(alert))
}

/// The tickets of an alert, and whether each is open.
fn tickets_of(stand: &Stand, alert: &str) -> Vec<(i64, bool)> {
    let key = format!("acronis:{}", alert.to_lowercase());
    let tickets = stand.world.sandbox.world(|vendors| vendors.tickets()).into_iter();
    tickets.filter(|ticket| ticket.external_id == key).map(|ticket| (ticket.id, ticket.completed.is_none())).collect()
}

impl Work for Alerts {
    const FUNCTION: (&'static str, Job) = ("alert-sync", Job::AlertSync);
    const ASKS: (Operation, Option<Operation>) = (Operation::Alerts, Some(Operation::CreateTicket));

    async fn stand() -> Alerts {
        let stand = Stand::with(1, 1).await;
        switch_tickets_on(&stand).await;
        let first = raise(&stand, 0);
        look(&stand).await;
        Alerts { stand, raised: vec![first] }
    }

    fn at(&mut self) -> &mut Stand {
        &mut self.stand
    }

    async fn begin(&mut self) -> Value {
        let before = self.raised.last().expect("there is one").clone();
        self.stand.world.sandbox.world(|vendors| vendors.clear_alert(&before));
        self.raised.push(raise(&self.stand, self.raised.len()));
        self.stand.due(Job::AlertSync)
    }

    async fn is_done_once(&mut self) {
        for (number, alert) in self.raised.iter().enumerate() {
            let tickets = tickets_of(&self.stand, alert);
            let is_last = number + 1 == self.raised.len();
            assert!(
                matches!(tickets[..], [(_, open)] if open == is_last),
                "{number} of {}: {tickets:?}",
                self.raised.len()
            );
        }
        self.stand.world.nothing_unknown();
    }
}

/// `ticket-changed`, by its queue: a person closes the tickets of two alerts.
pub(crate) struct Tickets {
    stand: Stand,
    closed: Vec<String>,
    /// Its ticket is open.
    other: String,
}

impl Work for Tickets {
    const FUNCTION: (&'static str, Job) = ("ticket-changed", Job::AlertSync);
    const ASKS: (Operation, Option<Operation>) = (Operation::Tickets, Some(Operation::DismissAlert));

    async fn stand() -> Tickets {
        let stand = Stand::with(1, 1).await;
        switch_tickets_on(&stand).await;
        let other = raise(&stand, 0);
        Tickets { stand, closed: Vec::new(), other }
    }

    fn at(&mut self) -> &mut Stand {
        &mut self.stand
    }

    async fn begin(&mut self) -> Value {
        let stand = &self.stand;
        let alerts = [1, 2].map(|more| raise(stand, self.closed.len() + more));
        look(stand).await;
        let messages = alerts.each_ref().map(|alert| {
            let tickets = tickets_of(stand, alert);
            let [(ticket, true)] = tickets[..] else { panic!("{alert} has no open ticket: {tickets:?}") };
            assert!(stand.world.sandbox.world(|vendors| vendors.human_close(ticket)));
            let (connection, ticket) = (stand.world.connection.clone(), TicketId(ticket));
            (alert.as_str(), Event::TicketChanged(TicketChanged { connection, ticket }).to_invocation().to_string())
        });
        let event = batch(&messages);
        self.closed.extend(alerts);
        event
    }

    async fn is_done_once(&mut self) {
        let world = &self.stand.world;
        let is_active = |alert: &str| {
            world.sandbox.world(|vendors| vendors.alert(alert).is_some_and(|alert| alert.deleted_at.is_none()))
        };
        assert!(self.closed.iter().all(|alert| !is_active(alert)) && is_active(&self.other));
        let seen = world.sandbox.requests().into_iter();
        let dismissed = seen.filter(|seen| seen.operation == "acronis.dismiss_alert" && seen.status == 204).count();
        assert_eq!(dismissed, self.closed.len());
        world.nothing_unknown();
    }
}
