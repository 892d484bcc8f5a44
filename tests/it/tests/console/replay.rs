//! The page of replays: what the alerts of the last days would have become, under the rules in force and under those that
//! one has staged; and how alerts are asked for.

use crate::stage::{Answer, Stage, now};
use acrotask::wake::heed;
use functions::events::{AlertsAsked, Event};
use it::world::World;
use jiff::SignedDuration;
use sandbox::acronis::alerts::{NewAlert, Severity};
use sandbox::{Fault, FaultKind};
use shared::alert::{Alert, AlertAbout, AlertKind};
use shared::alert_reading::{AlertReading, ReadAt};
use shared::alert_settings::TicketSettings;
use shared::ids::{AlertId, CompanyId, ConnectionId, TenantId};
use shared::mapping::{CustomerLink, CustomerRow, Mapping};
use shared::person::Role;
use shared::run::Mode;
use shared::ticket::TicketCompany;
use shared::usage::{Tenant, TenantKind};
use std::collections::BTreeMap;

const PAGE: &str = "/tickets/replay?connection=msp";

/// A provider whose alerts are the story's, with a console over its table.
struct Desk {
    world: World,
    stage: Stage,
    operator: String,
}

impl Desk {
    async fn open() -> Desk {
        let world = World::plain(3).await;
        let mut stage = Stage::over(&world).await;
        stage.machine.host = world.host.clone();
        let operator = stage.session_with(Role::Operator).await;
        Desk { world, stage, operator }
    }

    /// The tenants of the mapped customers.
    async fn tenants(&self) -> Vec<String> {
        let mapping = self.world.host.store.mapping(&self.world.connection).await.expect("it is read");
        mapping.expect("it is there").mapped_customers().map(|(_, tenant)| tenant.to_string()).collect()
    }

    async fn raise(&self, customer: usize, kind: &str, device: &str) -> String {
        let tenant = self.tenants().await[customer].clone();
        let alert = NewAlert::of(&tenant, kind).about(device, "Daily").severity(Severity::Critical);
        self.world.sandbox.world(|world| world.raise(alert))
    }

    /// Asks for the alerts of so many days, and lets the job read them.
    async fn read(&mut self, days: &str) -> String {
        let sent = self.stage.submit(&self.operator, "/tickets/replay", &[("connection", "msp"), ("days", days)]).await;
        let location = sent.is(303).header("location").to_owned();
        self.crank().await;
        location
    }

    async fn crank(&mut self) {
        heed(&mut self.stage.machine, |_| true, None, Mode::Apply).await.expect("runs are recorded");
    }

    async fn get(&self, path: &str) -> Answer {
        self.stage.get(&self.operator, path).await
    }

    /// Stages a change of the mapping that makes the customer another's.
    async fn stage_unmapped(&self, customer: usize) {
        let (store, id) = (&self.world.host.store, &self.world.connection);
        let mapping = store.mapping(id).await.expect("it is read").expect("it is there");
        let (row, _) = mapping.mapped_customers().nth(customer).expect("it is mapped");
        let person = crate::stage::person(&Role::Operator.to_string(), Some(Role::Operator)).id;
        let mut stored = store.draft(id, &person).await.expect("it is read");
        let to = CustomerLink::Unmapped { left_alone: true };
        stored.draft.stage_link(row.company, &row.company_name, row.link.clone(), to);
        assert!(store.save_draft(id, &person, &stored, now()).await.expect("it is written"));
    }
}

#[tokio::test]
async fn a58_alerts_are_read_when_somebody_asks_and_shown_with_the_tickets_that_they_would_have_made() {
    let mut desk = Desk::open().await;
    let empty = desk.get(PAGE).await.is(200).shows("No alerts were read yet.").shows("works while ticket sync is off");
    empty.hides("Tickets</h2>").hides("Machines in Autotask");
    desk.raise(0, "BackupFailed", "SRV-01").await;
    desk.raise(0, "BackupFailed", "<b>SRV</b>-02").await;
    desk.raise(1, "EDRIncidentDetected", "SRV-03").await;
    let brief = desk.raise(2, "BackupFailed", "SRV-04").await;
    assert!(desk.world.sandbox.world(|world| world.clear_alert(&brief)));
    desk.world.pass_seconds(600);
    let asked = desk.stage.submit(&desk.operator, "/tickets/replay", &[("connection", "msp"), ("days", "14")]).await;
    let location = asked.is(303).header("location").to_owned();
    assert!(location.starts_with("/tickets/replay?connection=msp&since=2026-11-10T"), "{location}");
    desk.get(&location).await.is(200).shows("data-sync=\"under-way\"").shows("The alerts are being read.");
    desk.crank().await;
    let progress = location.replacen("/tickets/replay?", "/tickets/replay/progress?", 1);
    assert_eq!(desk.get(&progress).await.is(200).text, "done");
    let page = desk.get(&location).await.is(200).shows("data-sync=\"done\"");
    let page = page.shows("4 alerts: 3 tickets").shows("of the 14 days before").shows("value=\"14\"");
    let page = page.shows("cleared again before the next look</th><td class=\"number\">1</td>");
    let page = page.shows("Backup failed: SRV-01").shows("&#60;b&#62;SRV&#60;/b&#62;-02").hides("<b>SRV</b>");
    page.shows("If ticket sync were switched on now").shows("3 tickets</span>");
    assert!(desk.world.sandbox.world(|world| world.tickets()).is_empty(), "none is made");
    // The table of types leads to their tickets alone.
    let one = desk.get(&format!("{PAGE}&kind=EDRIncidentDetected")).await.is(200);
    one.shows("SRV-03").hides("SRV-01").shows("1 ticket</span>");
    desk.get(&format!("{PAGE}&search=srv-01")).await.shows("SRV-01").hides("SRV-03");
    desk.get(&format!("{PAGE}&search=%22%3E%3Cscript%3E")).await.shows("No ticket is like this.").hides("<script>\"");
}

#[tokio::test]
async fn a61_what_is_staged_is_compared_with_the_rules_in_force() {
    let mut desk = Desk::open().await;
    for device in ["SRV-01", "SRV-02"] {
        desk.raise(0, "BackupFailed", device).await;
    }
    desk.raise(1, "BackupFailed", "SRV-03").await;
    desk.world.pass_seconds(300);
    desk.read("7").await;
    desk.get(PAGE).await.shows("3 alerts: 3 tickets</strong>").shows("Under the rules in force.");
    desk.stage_unmapped(0).await;
    let page = desk.get(PAGE).await.is(200).shows("3 alerts: 1 ticket; 3 under the rules in force");
    let page = page.shows("Under the changes that you have staged").shows("Staged</th>").hides("SRV-01");
    page.shows("of customers that are not mapped</th><td class=\"number\">2</td><td class=\"number\">0</td>");
    let in_force = desk.get(&format!("{PAGE}&rules=in-force")).await.is(200);
    in_force.shows("3 alerts: 3 tickets</strong>").shows("SRV-01").shows("Show it under your staged changes");
    // What one stages, another does not see.
    let viewer = desk.stage.session_with(Role::Viewer).await;
    let theirs = desk.stage.get(&viewer, PAGE).await.is(200).shows("3 alerts: 3 tickets</strong>");
    theirs.hides("Read alerts").hides("staged and not applied");
    // Applied by somebody, it is in force.
    let (store, id) = (&desk.world.host.store, &desk.world.connection);
    let mut mapping = store.mapping(id).await.expect("it is read").expect("it is there");
    mapping.settings.tickets = TicketSettings { storm_tickets_per_hour: 1, ..TicketSettings::default() };
    store.save_mapping(id, &mapping).await.expect("it is written");
    desk.stage.get(&viewer, PAGE).await.is(200).shows("3 alerts: 3 tickets</strong>").shows("shared</strong>");
}

#[tokio::test]
async fn t8_the_switch_on_is_told_in_tickets_until_ticket_sync_is_on() {
    let mut desk = Desk::open().await;
    desk.raise(0, "BackupFailed", "SRV-01").await;
    desk.world.pass_days(3);
    desk.raise(1, "BackupFailed", "SRV-02").await;
    desk.world.pass_seconds(7_200);
    desk.read("1").await;
    let page = desk.get(PAGE).await.is(200).shows("If ticket sync were switched on now");
    let row = |days: &str, number: u32| {
        format!("{days}</th><td class=\"number\">{number}</td><td class=\"number\">{number}</td>")
    };
    let page = page.shows(&row("from then on only <strong class=\"tag\">chosen</strong>", 0));
    let page = page.shows(&row("up to 1 day before", 1)).shows(&row("up to 7 days before", 2));
    page.shows(&row("up to 30 days before", 2));
    desk.world.change_mapping(|mapping| mapping.settings.tickets.enabled = true).await;
    desk.get(PAGE).await.is(200).hides("If ticket sync were switched on now");
}

#[tokio::test]
async fn a62_a63_what_is_closed_and_what_comes_back_stands_at_its_ticket() {
    let mut desk = Desk::open().await;
    desk.world.change_mapping(|mapping| mapping.settings.tickets.auto_close = true).await;
    let alert = desk.raise(0, "BackupFailed", "SRV-01").await;
    desk.world.pass_seconds(600);
    assert!(desk.world.sandbox.world(|world| world.clear_alert(&alert)));
    desk.world.pass_days(2);
    desk.world.sandbox.world(|world| world.raise_anew(&alert)).expect("it comes back");
    desk.world.pass_seconds(600);
    desk.read("7").await;
    let page = desk.get(PAGE).await.is(200).shows("2 alerts: 1 ticket</strong>");
    page.shows("2 alerts, open; reopened 1 time");
    // One that has been closed for a day gets a new ticket, and the first stays closed.
    desk.world.change_mapping(|mapping| mapping.settings.tickets.new_after_days = Some(1)).await;
    let page = desk.get(PAGE).await.is(200).shows("2 alerts: 2 tickets</strong>");
    page.shows("1 alert, closed 2026-11-10 ").shows("1 alert, open").hides("; reopened");
}

#[tokio::test]
async fn a61_the_page_of_rules_says_in_short_what_they_would_have_meant() {
    let mut desk = Desk::open().await;
    let page = desk.get("/tickets?connection=msp").await.is(200).shows("can be replayed under these rules");
    page.shows("href=\"/tickets/replay?connection=msp\">Replay alerts").hides("Tickets at once");
    desk.raise(0, "BackupFailed", "SRV-01").await;
    desk.raise(1, "BackupFailed", "SRV-02").await;
    desk.world.pass_seconds(600);
    desk.read("7").await;
    let page = desk.get("/tickets?connection=msp").await.is(200).shows("2 alerts: 2 tickets</strong> in the 7 days");
    page.shows("up to 1 day before</th><td class=\"number\">2</td><td class=\"number\">2</td>");
    desk.stage_unmapped(0).await;
    desk.get("/tickets?connection=msp").await.shows("2 alerts: 1 ticket; 2 under the rules in force</strong>");
}

#[tokio::test]
async fn the_tickets_of_a_replay_are_a_file_in_which_nothing_is_a_formula() {
    let mut desk = Desk::open().await;
    desk.raise(0, "BackupFailed", "SRV-01").await;
    let title = "=HYPERLINK(1)";
    let tenant = desk.tenants().await[1].clone();
    let alert = NewAlert::of(&tenant, "BackupFailed").details(serde_json::json!({"title": title}));
    desk.world.sandbox.world(|world| world.raise(alert.severity(Severity::Critical)));
    desk.world.pass_seconds(300);
    desk.read("7").await;
    let file = desk.get("/tickets/replay/tickets.csv?connection=msp").await.is(200);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"acrotask-replay.csv\"");
    let text = file.text.strip_prefix('\u{feff}').expect("it says that it is UTF-8");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("it is CSV")).collect();
    assert_eq!(rows.len(), 3);
    let column = |name: &str| rows[0].iter().position(|one| one == name).expect("there is such a column");
    let of = |row: usize, name: &str| rows[row][column(name)].to_owned();
    let plain = (1..3).find(|row| of(*row, "title") == "Backup failed: SRV-01").expect("it is there");
    assert_eq!((of(plain, "priority"), of(plain, "shared")), ("Critical".to_owned(), "no".to_owned()));
    assert!(of(plain, "external id").starts_with("acronis:"));
    assert!(!of(plain, "contract").is_empty() && !of(plain, "due").is_empty());
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with('=')), "{rows:?}");
    let some = desk.get("/tickets/replay/tickets.csv?connection=msp&search=SRV-01").await.is(200);
    assert_eq!(some.text.lines().count(), 2);
}

#[tokio::test]
async fn who_may_not_ask_and_what_cannot_be_asked_publishes_nothing() {
    let mut desk = Desk::open().await;
    let south = crate::stage::connection("south");
    desk.world.host.store.save_connection(&south).await.expect("it is stored");
    for days in ["0", "91", "-1", "a month", "", "1.5", "99999999999999999999"] {
        let fields = [("connection", "msp"), ("days", days)];
        let sent = desk.stage.submit(&desk.operator, "/tickets/replay", &fields).await;
        sent.is(400).shows("1 to 90 days can be read");
    }
    desk.stage.submit(&desk.operator, "/tickets/replay", &[("connection", "msp")]).await.is(400);
    desk.stage.submit(&desk.operator, "/tickets/replay", &[("connection", "other"), ("days", "7")]).await.is(404);
    desk.stage.post(&desk.operator, "/tickets/replay", &[("connection", "msp"), ("days", "7")]).await.is(403);
    let viewer = desk.stage.session_with(Role::Viewer).await;
    desk.stage.submit(&viewer, "/tickets/replay", &[("connection", "msp"), ("days", "7")]).await.is(403);
    assert_eq!(desk.stage.published(), []);
    for path in
        ["/tickets/replay?connection=other", "/tickets/replay/progress?connection=other&since=2026-11-10T00:00:00Z"]
    {
        desk.get(path).await.is(404);
    }
    desk.get(&format!("{PAGE}&since=yesterday")).await.is(400);
    desk.get("/tickets/replay/progress?connection=msp").await.is(400);
    desk.get("/tickets/replay/tickets.csv?connection=msp").await.is(404);
    // Each form is of the connection that it names.
    desk.stage.submit(&desk.operator, "/tickets/replay", &[("connection", "south"), ("days", " 90 ")]).await.is(303);
    let connection = ConnectionId::new("south");
    assert_eq!(desk.stage.published(), [Event::AlertsAsked(AlertsAsked { connection, days: 90 })]);
    desk.get("/tickets/replay?connection=south").await.is(200).shows("No customer is mapped yet");
}

#[tokio::test]
async fn a_reading_that_came_to_nothing_is_told_beside_what_was_read_before() {
    let mut desk = Desk::open().await;
    desk.raise(0, "BackupFailed", "SRV-01").await;
    desk.world.pass_seconds(300);
    desk.read("7").await;
    desk.world.pass_seconds(60);
    let refused = FaultKind::StatusBefore { status: 403, body: None };
    desk.world.sandbox.fail(Fault::always("acronis.alerts", refused));
    let location = desk.read("7").await;
    let page = desk.get(&location).await.is(200).shows("The last reading came to nothing").shows("data-sync=\"done\"");
    page.shows("reading Acronis alerts").shows("What was read before is shown still.").shows("1 alert: 1 ticket");
    // Of how ticket sync stands it says nothing.
    desk.world.change_mapping(|mapping| mapping.settings.tickets.enabled = true).await;
    desk.get("/?connection=msp").await.is(200).hides("It does not work");
    desk.world.sandbox.clear_faults();
    desk.world.pass_seconds(60);
    desk.read("7").await;
    desk.get(PAGE).await.is(200).hides("came to nothing").shows("1 alert: 1 ticket");
    // Nobody hears of one that was asked for.
    desk.stage.submit(&desk.operator, "/tickets/replay", &[("connection", "msp"), ("days", "7")]).await.is(303);
    let since = desk.stage.jobs_clock.now();
    desk.stage.published();
    desk.world.pass_seconds(16 * 60);
    desk.get(&format!("{PAGE}&since={since}")).await.is(200).shows("Nothing was heard of the reading.");
}

/// Ten thousand alerts of a hundred customers in thirty days, as if they had been read.
async fn ten_thousand(stage: &Stage, id: &ConnectionId) {
    let at = now();
    let from = at - SignedDuration::from_hours(24 * 30);
    let mut reading = AlertReading::new(ReadAt { at, days: 30, from, unread_customers: 3 });
    let mut mapping = Mapping::default();
    for number in 0..100 {
        let (company, tenant) = (CompanyId(number), TenantId::new(format!("tenant-{number}")));
        let (company_name, name) = (format!("Customer {number}"), format!("Tenant {number}"));
        let link = CustomerLink::Mapped { tenant: tenant.clone(), tenant_name: name.clone() };
        let (pins, decisions) = (BTreeMap::new(), BTreeMap::new());
        mapping.customers.insert(company, CustomerRow { company, company_name, link, pins, decisions });
        let kind = TenantKind::Customer;
        reading.tenants.push(Tenant {
            id: tenant,
            parent: None,
            name: name.clone(),
            kind,
            enabled: true,
            in_trial: false,
            tag: None,
        });
        let (contracts, machines) = (Vec::new(), BTreeMap::new());
        reading.companies.insert(company, Some(TicketCompany { name, active: true, contracts, machines }));
    }
    for number in 0..10_000_i64 {
        let raised_at = from + SignedDuration::from_mins(number * 4);
        reading.alerts.push(Alert {
            id: AlertId::new(format!("{number:08}-0000-4000-8000-000000000000")),
            kind: AlertKind::new("BackupFailed"),
            category: "Backup".to_owned(),
            severity: shared::alert::Severity::Error,
            tenant: TenantId::new(format!("tenant-{}", number % 100)),
            raised_at,
            updated_at: raised_at,
            cleared_at: None,
            about: AlertAbout { device: Some(format!("SRV-{number}")), ..AlertAbout::default() },
        });
    }
    let store = &stage.machine.host.store;
    store.save_mapping(id, &mapping).await.expect("it is written");
    store.save_alert_reading(id, &reading).await.expect("it is written");
}

#[tokio::test]
async fn ten_thousand_alerts_are_replayed_and_their_tickets_come_page_by_page() {
    let stage = Stage::start().await;
    ten_thousand(&stage, &ConnectionId::new("north")).await;
    let viewer = stage.session_with(Role::Viewer).await;
    let page = "/tickets/replay?connection=north";
    let first = stage.get(&viewer, page).await.is(200).shows("10000 alerts: 10000 tickets");
    let first = first.shows("10000 tickets, page 1 of 100").shows("SRV-9999<").hides("SRV-9899<");
    let first = first.shows("3 customers that manage themselves did not show their alerts");
    assert!(first.text.len() < 150_000, "a page is a page: {} bytes", first.text.len());
    stage.get(&viewer, &format!("{page}&page=2")).await.is(200).shows("SRV-9899<").hides("SRV-9999<");
    for odd in ["0", "-1", "x", "99999999999999999999"] {
        stage.get(&viewer, &format!("{page}&page={odd}")).await.is(200);
    }
    stage.get(&viewer, &format!("{page}&search=srv-77")).await.shows("111 tickets, page 1 of 2");
    let file = stage.get(&viewer, "/tickets/replay/tickets.csv?connection=north&search=srv-77").await.is(200);
    assert_eq!(file.text.lines().count(), 112);
    // Of the other connection there is nothing.
    stage.get(&viewer, "/tickets/replay?connection=south").await.is(200).shows("No alerts were read yet.");
    let untouched = stage.machine.host.store.snapshot_version(&ConnectionId::new("north")).await.expect("it is read");
    assert_eq!(untouched, 0, "no list is another one because alerts were read");
}
