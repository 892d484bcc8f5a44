//! Quotas and tickets in the console (G33, M5, H1, H2): what the jobs left is shown, and approved by exactly its ids.

use crate::stage::{Stage, connection, now, run};
use functions::contract_changed;
use functions::events::{Event, SyncDue};
use functions::run::Scope;
use it::world::World;
use jiff::SignedDuration;
use sandbox::Seed;
use shared::alert::Severity;
use shared::finding::{AlertWhat, Finding, What};
use shared::held::{Kept, KeptChange, KeptFinding, KeptHold, LookedAt, kept_plan_id};
use shared::ids::{CompanyId, ConnectionId};
use shared::person::Role;
use shared::plan::{HoldReason, RunHold};
use shared::run::{Approval, Connection, Job, Mode, Outcome, RunRecord};
use std::collections::BTreeSet;

pub(crate) fn change(id: &str, what: &str, held: bool) -> KeptChange {
    KeptChange {
        id: id.to_owned(),
        what: what.to_owned(),
        becomes: "3 → 5".to_owned(),
        because: "Acronis Servers: 5 on contract 7".to_owned(),
        severity: None,
        ticket: None,
        held: held.then_some(HoldReason::ReviewMode).into_iter().collect(),
        approved_by: None,
    }
}

pub(crate) fn of(company: i64, name: &str, changes: Vec<KeptChange>) -> Kept {
    Kept { company: Some(CompanyId(company)), company_name: name.to_owned(), changes, ..Kept::default() }
}

impl Stage {
    pub(crate) async fn leave(&self, connection: &str, job: Job, left: Vec<Kept>) {
        let (store, id) = (&self.machine.host.store, ConnectionId::new(connection));
        store.keep_held(&id, job, left, &LookedAt::Everything).await.expect("it is kept");
        let looked = RunRecord { job, plan: Some("p".to_owned()), ..run(&job.to_string(), now()) };
        self.save_run(connection, &looked).await;
    }

    async fn approvals(&self, connection: &str) -> Vec<Approval> {
        let since = "2000-01-01T00:00:00Z".parse().expect("it is a time");
        let read = self.machine.host.store.approvals(&ConnectionId::new(connection), since).await;
        read.expect("they are read")
    }

    async fn approve_held(&self, cookie: &str, tab: &str, fields: &[(&str, &str)]) -> u16 {
        let own = [("connection", "north"), ("tab", tab), ("view", "")];
        let all: Vec<(&str, &str)> = own.into_iter().chain(fields.to_vec()).collect();
        self.submit(cookie, "/plan/held", &all).await.status
    }
}

fn due(job: Job) -> Event {
    Event::SyncDue(SyncDue { connection: ConnectionId::new("north"), job })
}

async fn with_quotas() -> (Stage, String) {
    let stage = Stage::start().await;
    let operator = stage.session_with(Role::Operator).await;
    let berta = of(2, "Berta KG", vec![change("b1", "Servers", true), change("b2", "Mobiles", false)]);
    let anna = of(1, "<Anna> AG", vec![change("a1", "Servers", true)]);
    stage.leave("north", Job::ContractChanged, vec![berta, anna]).await;
    (stage, operator)
}

#[tokio::test]
async fn quotas_are_shown_by_customer_with_why_and_are_searched_and_narrowed() {
    let (stage, operator) = with_quotas().await;
    let viewer = stage.session_with(Role::Viewer).await;
    let page = stage.get(&operator, "/plan?connection=north&tab=quotas").await.is(200);
    let page = page.shows("&#60;Anna&#62; AG").shows("3 → 5").shows("5 on contract 7").shows("name=\"id-a1\"");
    let page = page.shows("3 shown: 1 to be made, 2 held").shows("all 3 that are filtered");
    let at = |words: &str| page.text.find(words).unwrap_or_else(|| panic!("no {words}"));
    assert!(at("Anna") < at("Berta"));
    let searched = stage.get(&operator, "/plan?connection=north&tab=quotas&search=mobil").await.is(200);
    searched.shows("1 shown: 1 to be made, 0 held").hides("Anna");
    stage.get(&operator, "/plan?connection=north&tab=quotas&customer=2&show=held").await.shows("1 shown").hides("b2");
    let seen = stage.get(&viewer, "/plan?connection=north&tab=quotas").await.is(200);
    seen.shows("Berta KG").hides("/plan/held\"").hides("name=\"id-");
    stage.get(&viewer, "/plan?connection=south&tab=quotas").await.is(200).hides("Berta").shows("Nothing here.");
    stage.get(&viewer, "/plan?connection=north&tab=tickets").await.is(200).hides("Berta");
    stage.get(&viewer, "/plan?connection=north").await.is(200).shows("tab=quotas").hides("Berta");
    for bad in ["/plan?tab=nothing", "/plan?connection=east&tab=quotas", "/plan/held.csv?connection=north&tab=units"] {
        stage.get(&viewer, bad).await.is(404);
    }
}

#[tokio::test]
async fn h2_what_is_approved_is_exactly_what_was_chosen_with_who_did_and_its_job_looks_soon() {
    let (mut stage, operator) = with_quotas().await;
    assert_eq!(stage.approve_held(&operator, "quotas", &[("id-b1", "1")]).await, 303);
    let given = stage.approvals("north").await.remove(0);
    assert_eq!((given.ids, given.companies), (vec!["b1".to_owned()], BTreeSet::from([CompanyId(2)])));
    assert_eq!(given.by, "Person operator, operator (https://login.example)");
    // The watch sends the contract job to everybody for whom something was approved.
    assert_eq!(stage.published(), [due(Job::ContractWatch)]);
    let record = stage.machine.host.store.audit(1).await.expect("it is read").remove(0);
    assert_eq!(
        (record.what.as_str(), record.after.as_str()),
        ("1 change of quotas of connection north", "approved: b1")
    );
    let page = stage.get(&operator, "/plan?connection=north&tab=quotas").await;
    page.shows("approved by <bdi>Person operator, operator (https://login.example)</bdi>");
    for (fields, status) in [
        (vec![("id-b1", "1"), ("id-zz", "1")], 409),
        (vec![], 400),
        (vec![("all", "1")], 400),
        (vec![("all", "1"), ("shown", "another")], 409),
        (vec![("plan", "p")], 409),
    ] {
        assert_eq!(stage.approve_held(&operator, "quotas", &fields).await, status, "{fields:?}");
    }
    assert_eq!(stage.approve_held(&operator, "tickets", &[("id-b1", "1")]).await, 409, "of the other part");
    assert_eq!(stage.approve_held(&operator, "units", &[("id-b1", "1")]).await, 400);
    assert_eq!(stage.approve_held(&operator, "nothing", &[("id-b1", "1")]).await, 404);
    let foreign = [("connection", "south"), ("tab", "quotas"), ("id-b1", "1")];
    stage.submit(&operator, "/plan/held", &foreign).await.is(409);
    let nowhere = [("connection", "east"), ("tab", "quotas"), ("id-b1", "1")];
    stage.submit(&operator, "/plan/held", &nowhere).await.is(404);
    let viewer = stage.session_with(Role::Viewer).await;
    assert_eq!(stage.approve_held(&viewer, "quotas", &[("id-b1", "1")]).await, 403);
    let forged = [("form_token", "x"), ("connection", "north"), ("tab", "quotas"), ("id-b1", "1")];
    stage.post(&operator, "/plan/held", &forged).await.is(403);
    assert_eq!((stage.approvals("north").await.len(), stage.approvals("south").await.len()), (1, 0));
}

#[tokio::test]
async fn all_that_is_filtered_is_approved_and_refused_where_the_list_moved() {
    let (stage, operator) = with_quotas().await;
    let path = "/plan?connection=north&tab=quotas&show=held";
    let shown = crate::provider::value_of(&stage.get(&operator, path).await.text, "shown");
    let own = [("connection", "north"), ("tab", "quotas"), ("all", "1"), ("view", "show=held")];
    let form: Vec<(&str, &str)> = own.into_iter().chain([("shown", shown.as_str())]).collect();
    stage.submit(&operator, "/plan/held", &form).await.is(303);
    let given = stage.approvals("north").await.remove(0);
    assert_eq!(given.ids, ["a1", "b1"], "not what the filter left out");
    // What is of another job moves nothing here; another change of a quota does.
    stage.jobs_clock.set(now().checked_add(SignedDuration::from_mins(1)).expect("it is in the calendar"));
    stage.leave("north", Job::AlertSync, vec![of(2, "Berta KG", vec![change("t1", "SRV", true)])]).await;
    stage.submit(&operator, "/plan/held", &form).await.is(303);
    stage.leave("north", Job::ContractChanged, vec![of(2, "Berta KG", vec![change("b9", "Servers", true)])]).await;
    stage.submit(&operator, "/plan/held", &form).await.is(409);
    assert_eq!(stage.approvals("north").await.len(), 2);
}

#[tokio::test]
async fn tickets_are_shown_with_how_bad_the_alert_is_and_their_jobs_look_soon() {
    let mut stage = Stage::start().await;
    let operator = stage.session_with(Role::Operator).await;
    let severity = Some(Severity::Critical);
    let ticket = KeptChange { severity, ..change("t1", "Backup failed: SRV-01", true) };
    stage.leave("north", Job::AlertSync, vec![of(1, "Anna AG", vec![ticket])]).await;
    stage
        .leave("north", Job::TicketChanged, vec![of(1, "Anna AG", vec![change("d1", "Backup failed: SRV-02", true)])])
        .await;
    let page = stage.get(&operator, "/plan?connection=north&tab=tickets").await.is(200);
    page.shows("Backup failed: SRV-01").shows("critical").shows("Backup failed: SRV-02").shows("2 held");
    assert_eq!(stage.approve_held(&operator, "tickets", &[("id-t1", "1"), ("id-d1", "1")]).await, 303);
    assert_eq!(stage.published(), [due(Job::AlertSync), due(Job::TicketChanged)]);
    let given = stage.approvals("north").await.remove(0);
    assert_eq!((given.ids.len(), given.companies.len()), (2, 0), "no reason to look at contracts");
    let overview = stage.get(&operator, "/?connection=north").await;
    overview.hides("of tickets are held");
}

#[tokio::test]
async fn h1_the_hold_of_a_look_is_approved_with_all_that_vanished() {
    let (stage, operator) = with_quotas().await;
    let hold = RunHold { id: "h1".to_owned(), vanished: vec!["7 of 20 mapped tenants".to_owned()], parts: vec![] };
    let companies = BTreeSet::from([CompanyId(1), CompanyId(2)]);
    let hold = KeptHold { hold, parts: vec!["p1".to_owned(), "p2".to_owned()], companies: companies.clone() };
    let of_all = Kept { hold: Some(hold), ..Kept::default() };
    stage
        .leave("north", Job::ContractChanged, vec![of_all, of(2, "Berta KG", vec![change("b1", "Servers", true)])])
        .await;
    stage.get(&operator, "/plan?connection=north&tab=quotas").await.shows("7 of 20 mapped tenants").shows("id-h1");
    assert_eq!(stage.approve_held(&operator, "quotas", &[("id-h1", "1")]).await, 303);
    let given = stage.approvals("north").await.remove(0);
    assert_eq!((given.ids, given.companies), (["h1", "p1", "p2"].map(str::to_owned).to_vec(), companies));
}

#[tokio::test]
async fn m5_a_first_plan_is_approved_as_a_whole_and_not_where_it_moved_or_cannot_start() {
    let mut stage = Stage::start().await;
    let operator = stage.session_with(Role::Operator).await;
    let first = Connection { first_quotas_approved: false, first_tickets_approved: false, ..connection("north") };
    stage.machine.host.store.save_connection(&first).await.expect("it is stored");
    stage
        .get(&operator, "/plan?connection=north&tab=quotas")
        .await
        .is(200)
        .hides("The first plan")
        .shows("No run has planned");
    let left =
        vec![of(1, "Anna AG", vec![change("a1", "Servers", true)]), of(2, "Berta KG", vec![change("b1", "PCs", true)])];
    stage.leave("north", Job::ContractChanged, left.clone()).await;
    let id = kept_plan_id(Job::ContractChanged, left.iter()).expect("all is kept");
    let page = stage.get(&operator, "/plan?connection=north&tab=quotas").await;
    page.shows("The first plan</strong> has 2 changes").shows(&format!("value=\"{id}\"")).hides("name=\"id-");
    assert_eq!(stage.approve_held(&operator, "quotas", &[("id-a1", "1")]).await, 409, "as a whole or not at all");
    assert_eq!(stage.approve_held(&operator, "quotas", &[("plan", "another")]).await, 409);
    assert_eq!(stage.approve_held(&operator, "quotas", &[("plan", &id)]).await, 303);
    let given = stage.approvals("north").await.remove(0);
    assert!(["a1", "b1", &id].iter().all(|id| given.ids.contains(&(*id).to_owned())), "{:?}", given.ids);
    assert_eq!((given.companies.len(), stage.published()), (2, vec![due(Job::ContractWatch)]));
    stage.get(&operator, "/plan?connection=north&tab=quotas").await.shows("Approved by <bdi>Person operator");
    stage.leave("north", Job::ContractChanged, left[..1].to_vec()).await;
    let page = stage.get(&operator, "/plan?connection=north&tab=quotas").await;
    page.shows("A first plan was approved by Person operator").shows("Approve the first plan");
    let finding = Finding::of_connection(What::Alert(AlertWhat::TicketsNotStarted { enabled: false, customers: 0 }));
    let findings = vec![KeptFinding { since: "2026-11-10".parse().expect("a day"), finding }];
    stage.leave("north", Job::AlertSync, vec![Kept { findings, ..Kept::default() }]).await;
    let page = stage.get(&operator, "/plan?connection=north&tab=tickets").await;
    page.shows("ticket sync is off").hides("Approve the first plan");
    let nothing = kept_plan_id(Job::AlertSync, [].iter()).expect("it has an id");
    assert_eq!(stage.approve_held(&operator, "tickets", &[("plan", &nothing)]).await, 409);
}

#[tokio::test]
async fn the_file_has_what_is_filtered_and_no_cell_of_it_is_a_formula() {
    let (stage, operator) = with_quotas().await;
    stage.leave("north", Job::AlertSync, vec![of(3, "=Calc()", vec![change("t1", "@x", true)])]).await;
    let file = stage.get(&operator, "/plan/held.csv?connection=north&tab=quotas&show=held").await.is(200);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"acrotask-quotas.csv\"");
    assert_eq!(file.text.lines().count(), 3);
    file.shows("<Anna> AG,Servers,,3 → 5").hides("Mobiles");
    stage.get(&operator, "/plan/held.csv?connection=north&tab=tickets").await.shows("3,'=Calc(),'@x,");
    stage.get(&operator, "/plan/held.csv?connection=east&tab=tickets").await.is(404);
}

#[tokio::test]
async fn ten_thousand_customers_have_pages_and_are_approved_at_once() {
    let stage = Stage::start().await;
    let operator = stage.session_with(Role::Operator).await;
    let many =
        (1..=10_000).map(|n| of(n, &format!("Customer {n:05}"), vec![change(&format!("{n:012x}"), "Servers", true)]));
    stage.leave("north", Job::ContractChanged, many.collect()).await;
    let page = stage.get(&operator, "/plan?connection=north&tab=quotas&page=100").await.is(200);
    let page = page.shows("10000 changes, page 100 of 100").shows("Customer 10000").hides("Customer 09900<");
    let shown = crate::provider::value_of(&page.text, "shown");
    assert_eq!(stage.approve_held(&operator, "quotas", &[("all", "1"), ("shown", &shown)]).await, 303);
    assert_eq!(stage.approvals("north").await.remove(0).ids.len(), 10_000);
}

/// The real job over simulated vendors: what it leaves is approved here, and it makes exactly that.
#[tokio::test]
async fn m5_g33_the_real_job_makes_the_first_plan_of_quotas_that_was_approved_here() {
    let world = World::of(Seed { customers: 4, today: it::world::TODAY, ..Seed::default() }).await;
    world.map_products_by_sku().await;
    let everybody = async |mode| {
        let run = contract_changed::run(&world.host, &world.connection, Scope::Everybody, mode).await;
        run.expect("it is recorded").record
    };
    let looked = everybody(Mode::Apply).await;
    assert!(looked.counts.held > 0 && looked.counts.made == 0, "{looked:?}");
    let mut stage = Stage::over(&world).await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, "/plan?connection=msp&tab=quotas").await.is(200);
    let plan = contract_changed::plan(&world.host, &world.connection).await.expect("a plan is made");
    let page = page.shows(&format!("value=\"{}\"", plan.id));
    assert_eq!(crate::provider::value_of(&page.text, "plan"), plan.id);
    let fields = [("connection", "msp"), ("tab", "quotas"), ("view", ""), ("plan", plan.id.as_str())];
    let sent = stage.submit(&operator, "/plan/held", &fields).await.is(303);
    assert!(sent.header("location").contains("tab=quotas") && sent.header("location").contains("job=contract-changed"));
    assert_eq!(stage.published().len(), 1);
    let store = &world.host.store;
    let is_approved = async || {
        store.connection(&world.connection).await.expect("it is read").expect("it is there").first_quotas_approved
    };
    assert!(!is_approved().await, "the console itself makes nothing");
    let company = plan.held.iter().find_map(|held| shared::plan::company_of(&held.change)).expect("it is somebody's");
    let run = contract_changed::run(&world.host, &world.connection, Scope::company(company), Mode::Apply).await;
    let run = run.expect("it is recorded").record;
    assert_eq!(run.outcome, Outcome::Complete, "{run:?}");
    assert_eq!((run.counts.made, run.counts.held, is_approved().await), (plan.held.len(), 0, true));
    stage.get(&operator, "/plan?connection=msp&tab=quotas").await.shows("Nothing here.").hides("The first plan");
}
