//! The functions of alerts and tickets: one look for the connection that is due, and batches of closed tickets of which
//! only what could not be done comes again.

use crate::batches::{batch, failed};
use crate::cloud::Cloud;
use crate::response;
use functions::alert_sync::{self, Look};
use functions::events::{AlertsAsked, Event, SyncDue, TicketChanged};
use functions::run::Approve;
use sandbox::acronis::alerts::NewAlert;
use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use shared::ids::TicketId;
use shared::run::{Job, Mode};
use std::collections::BTreeSet;
use std::time::Duration;

impl Cloud {
    /// Ticket sync is on for both connections, closing a ticket dismisses its alert, and the first plan, of nothing, is
    /// approved.
    async fn switch_tickets_on(&self) {
        for (connection, sandbox) in &self.connections {
            let store = &self.host.store;
            let mut mapping = store.mapping(connection).await.expect("the table is read").expect("there is one");
            let tickets = &mut mapping.settings.tickets;
            (tickets.enabled, tickets.dismiss_on_close, tickets.days_before_switch_on) = (true, true, 1);
            store.save_mapping(connection, &mapping).await.expect("the mapping is saved");
            let plan = alert_sync::plan(&self.host, connection).await.expect("there is a plan");
            let what = Approve::Plan(plan.id);
            alert_sync::approve(&self.host, connection, &what, "clerk").await.expect("it is approved");
            sandbox.clear_requests();
        }
    }

    /// A backup of a device of a connection's first customer fails; the alert's id.
    fn raise(&self, connection: usize, device: &str) -> String {
        self.sandbox(connection).world(|world| {
            let company = world.contracts()[0].company_id;
            let name = world.companies().into_iter().find(|one| one.id == company).expect("it is there").name;
            let tenant = world.tenant_named(&name).expect("a tenant of the same name");
            world.raise(NewAlert::of(&tenant, "BackupFailed").about(device, "Daily"))
        })
    }

    /// The ids of a connection's tickets.
    fn tickets(&self, connection: usize) -> Vec<i64> {
        self.sandbox(connection).world(|world| world.tickets()).into_iter().map(|ticket| ticket.id).collect()
    }

    fn is_active(&self, connection: usize, alert: &str) -> bool {
        self.sandbox(connection).world(|world| world.alert(alert).is_some_and(|alert| alert.deleted_at.is_none()))
    }

    fn is_due(&self, connection: usize, job: Job) -> Value {
        SyncDue { connection: self.connections[connection].0.clone(), job }.to_invocation()
    }

    /// A ticket changed, as a message says it.
    fn ticket_changed(&self, connection: usize, ticket: i64) -> String {
        let connection = self.connections[connection].0.clone();
        Event::TicketChanged(TicketChanged { connection, ticket: TicketId(ticket) }).to_invocation().to_string()
    }

    /// Every connection has these alerts, and each a ticket that a person closed.
    async fn with_closed_tickets(&self, devices: &[&str]) -> Vec<Vec<String>> {
        let mut alerts = Vec::new();
        for (number, (connection, sandbox)) in self.connections.iter().enumerate() {
            alerts.push(devices.iter().map(|device| self.raise(number, device)).collect());
            let run =
                alert_sync::run(&self.host, connection, Look::Changes, Mode::Apply).await.expect("it is recorded");
            assert_eq!(run.record.counts.made, devices.len(), "{:?}", run.record);
            // The vendor's clock stands; a person closes them later.
            sandbox.set_now(self.host.clock.now());
            for ticket in self.tickets(number) {
                assert!(sandbox.world(|world| world.human_close(ticket)));
            }
            sandbox.clear_requests();
        }
        alerts
    }

    /// What was asked of a connection's vendors that may change something there.
    fn writes(&self, connection: usize) -> Vec<String> {
        let seen = self.sandbox(connection).requests();
        let operations = seen.iter().map(|seen| seen.operation.to_string());
        let is_write = |name: &String| ["create", "update", "dismiss"].iter().any(|word| name.contains(word));
        operations.filter(is_write).collect()
    }
}

#[tokio::test]
async fn alert_sync_makes_the_tickets_of_the_connection_that_is_due_and_of_no_other() {
    let cloud = Cloud::start().await;
    cloud.switch_tickets_on().await;
    let alerts = [cloud.raise(0, "SRV-01"), cloud.raise(1, "SRV-01")];
    let mut function = cloud.function("alert-sync", "apply").await;
    let said = response(function.invoke(cloud.is_due(0, Job::AlertSync)).await);
    assert_eq!((&said["outcome"]["ended"], &said["counts"]["made"]), (&json!("complete"), &json!(1)), "{said}");
    assert_eq!((cloud.tickets(0).len(), cloud.tickets(1).len()), (1, 0));
    assert_eq!(cloud.sandbox(1).requests().len(), 0, "nobody asked south's vendors");
    // The same process serves the next connection, with its own credentials, and a second time finds nothing.
    for (connection, made) in [(1, 1), (0, 0), (1, 0)] {
        let said = response(function.invoke(cloud.is_due(connection, Job::AlertSync)).await);
        assert_eq!(said["counts"]["made"], made, "{said}");
    }
    assert_eq!((cloud.tickets(0).len(), cloud.tickets(1).len()), (1, 1));
    assert!(cloud.is_active(0, &alerts[0]) && cloud.is_active(1, &alerts[1]));
    let text = crate::error(function.invoke(json!({"detail-type": "TicketChanged", "detail": {}})).await);
    assert!(text.contains("expected a SyncDue event, not TicketChanged"), "{text}");
    function.end().await;
}

#[tokio::test]
async fn alert_sync_reads_the_alerts_that_are_asked_for_of_that_connection_though_ticket_sync_is_off() {
    let cloud = Cloud::start().await;
    cloud.raise(0, "SRV-01");
    cloud.raise(1, "SRV-01");
    let mut function = cloud.function("alert-sync", "apply").await;
    let id = |connection: usize| cloud.connections[connection].0.clone();
    let asked = Event::AlertsAsked(AlertsAsked { connection: id(0), days: 7 }).to_invocation();
    let said = response(function.invoke(asked.clone()).await);
    assert_eq!((&said["outcome"]["ended"], &said["mode"]), (&json!("complete"), &json!("plan")), "{said}");
    let read = async |connection| cloud.host.store.alert_reading(&id(connection)).await.expect("the table is read");
    assert_eq!(read(0).await.map(|reading| reading.alerts.len()), Some(1));
    assert_eq!(read(1).await, None);
    assert_eq!(cloud.sandbox(1).requests().len(), 0, "nobody asked south's vendors");
    assert!(cloud.tickets(0).is_empty());
    cloud.sandbox(0).fail(Fault::always("acronis.alerts", FaultKind::StatusBefore { status: 403, body: None }));
    let text = crate::error(function.invoke(asked).await);
    assert!(text.contains("alert-sync of north: reading Acronis alerts"), "{text}");
    assert!(read(0).await.is_some(), "what was read before is still there");
    function.end().await;
}

#[tokio::test]
async fn a_look_that_failed_is_an_invocation_that_failed() {
    let cloud = Cloud::start().await;
    cloud.switch_tickets_on().await;
    cloud.raise(0, "SRV-01");
    cloud.sandbox(0).fail(Fault::always("acronis.alerts", FaultKind::StatusBefore { status: 403, body: None }));
    let mut function = cloud.function("alert-sync", "apply").await;
    let text = crate::error(function.invoke(cloud.is_due(0, Job::AlertSync)).await);
    assert!(text.contains("alert-sync of north: reading Acronis alerts"), "{text}");
    cloud.sandbox(0).clear_faults();
    let said = response(function.invoke(cloud.is_due(0, Job::AlertSync)).await);
    assert_eq!(said["counts"]["made"], 1, "nothing was passed over: {said}");
    function.end().await;
}

#[tokio::test]
async fn in_plan_mode_neither_function_writes_anything() {
    let cloud = Cloud::start().await;
    cloud.switch_tickets_on().await;
    let alerts = cloud.with_closed_tickets(&["SRV-01"]).await;
    cloud.raise(0, "SRV-02");
    let connection = &cloud.connections[0].0;
    let cursor = cloud.host.store.alert_cursor(connection).await.expect("the table is read");
    let mut alert_sync = cloud.function("alert-sync", "plan").await;
    let mut ticket_changed = cloud.function("ticket-changed", "plan").await;
    let ticket = cloud.tickets(0)[0];
    let looks = [
        response(alert_sync.invoke(cloud.is_due(0, Job::AlertSync)).await),
        response(ticket_changed.invoke(cloud.is_due(0, Job::TicketChanged)).await),
    ];
    for said in looks {
        assert_eq!(
            (&said["mode"], &said["counts"]["changes"], &said["counts"]["made"]),
            (&json!("plan"), &json!(1), &json!(0)),
            "{said}"
        );
    }
    let answer = response(ticket_changed.invoke(batch(&[("one", cloud.ticket_changed(0, ticket))])).await);
    assert_eq!(failed(&answer), BTreeSet::new(), "{answer}");
    assert_eq!((cloud.writes(0), cloud.tickets(0).len()), (Vec::new(), 1));
    assert!(cloud.is_active(0, &alerts[0][0]));
    let mut links = 0;
    cloud.host.store.alert_links(connection, |_| links += 1).await.expect("the table is read");
    assert_eq!(links, 1, "nothing is remembered of an alert without a ticket");
    assert_eq!(cloud.host.store.alert_cursor(connection).await.expect("the table is read"), cursor);
    alert_sync.end().await;
    ticket_changed.end().await;
}

#[tokio::test]
async fn ticket_changed_gives_back_the_messages_that_it_could_not_work_off_and_no_others() {
    let cloud = Cloud::start().await;
    cloud.switch_tickets_on().await;
    let alerts = cloud.with_closed_tickets(&["SRV-01", "SRV-02"]).await;
    let (north, south) = (cloud.tickets(0), cloud.tickets(1));
    let (connection, now) = (cloud.connections[1].0.clone(), cloud.host.clock.now());
    // Both functions write what is remembered of alerts, one at a time.
    let lease = cloud.host.store.acquire_lease(&connection, Job::AlertSync, "another", now).await;
    let lease = lease.expect("it is written").expect("it is free");
    let messages = [
        ("north", cloud.ticket_changed(0, north[0])),
        ("unreadable", "{\"detail-type\":".to_owned()),
        ("unknown", json!({"detail-type": "Coffee", "detail": {}}).to_string()),
        ("nobody's", cloud.ticket_changed(0, 1)),
    ];
    let mut function = cloud.function("ticket-changed", "apply").await;
    // Little time, so that there is little to wait.
    let held = batch(&[("south", cloud.ticket_changed(1, south[0]))]);
    let answer = response(function.invoke_for(held, Duration::from_secs(7)).await);
    assert_eq!(failed(&answer), BTreeSet::from(["south"]), "another run is at work there: {answer}");
    let answer = response(function.invoke(batch(&messages)).await);
    assert_eq!(failed(&answer), BTreeSet::from(["unreadable", "unknown"]), "{answer}");
    let active = |connection: usize| [0, 1].map(|one| cloud.is_active(connection, &alerts[connection][one]));
    assert_eq!((active(0), active(1)), ([false, true], [true, true]), "only the alert of the ticket that is named");
    cloud.host.store.release_lease(lease).await.expect("it is given back");

    // A dismissal that failed gives the messages of its connection back; what is done is not done again.
    cloud.sandbox(1).fail(Fault::once("acronis.dismiss_alert", FaultKind::StatusBefore { status: 500, body: None }));
    let both = [("first", cloud.ticket_changed(1, south[0])), ("second", cloud.ticket_changed(1, south[1]))];
    let answer = response(function.invoke(batch(&both)).await);
    assert_eq!(failed(&answer), BTreeSet::from(["first", "second"]), "{answer}");
    let answer = response(function.invoke(batch(&both)).await);
    assert_eq!((failed(&answer), active(1)), (BTreeSet::new(), [false, false]), "{answer}");
    // Once a day all tickets are looked at, for what no call told.
    let said = response(function.invoke(cloud.is_due(0, Job::TicketChanged)).await);
    assert_eq!((&said["counts"]["made"], active(0)), (&json!(1), [false, false]), "{said}");
    let text = crate::error(function.invoke(json!({})).await);
    assert!(text.contains("expected an EventBridge event"), "{text}");
    function.end().await;
}
