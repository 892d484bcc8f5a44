//! The overview: its numbers are those that the runs recorded, and a click on "Sync now" is one sync.

use crate::findings::found;
use crate::held::{change, of};
use crate::stage::{Stage, connection, now, run};
use functions::events::{Event, SyncDue};
use functions::store::{CallHeard, Pack};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use shared::contract::{PeriodType, Service};
use shared::finding::{Finding, What};
use shared::held::{Kept, KeptFinding, LookedAt};
use shared::ids::{CompanyId, ConnectionId, ContractId, ServiceId};
use shared::person::Role;
use shared::run::{Job, Mode, Outcome, RunCounts, RunRecord};
use shared::snapshot::{Entry, Section};
use std::borrow::Cow;
use std::collections::BTreeMap;

fn minutes_ago(minutes: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_mins(minutes)).expect("it is in the calendar")
}

#[tokio::test]
async fn it_shows_what_the_last_runs_recorded_and_of_no_other_connection() {
    let stage = Stage::start().await;
    let viewer = stage.session_with(Role::Viewer).await;
    stage.get(&viewer, "/").await.is(200).shows("It has not run yet.").shows("Nothing waits for approval.");
    let counts = RunCounts { changes: 31, made: 27, held: 4, findings: 2, ..RunCounts::default() };
    let early = RunRecord { autotask_calls: 1_000, ..run("1", minutes_ago(70)) };
    let late = RunRecord { counts, autotask_calls: 123, ..run("2", minutes_ago(20)) };
    let late = RunRecord { autotask_used: Some((777, 20_000)), ..late };
    let counts = RunCounts { held: 6, ..RunCounts::default() };
    let quotas = RunRecord { job: Job::ContractChanged, everybody: false, counts, ..run("3", minutes_ago(10)) };
    let quotas = RunRecord { autotask_calls: 7, ..quotas };
    for record in [&early, &late, &quotas] {
        stage.save_run("north", record).await;
    }
    let held = (0..6).map(|number| change(&format!("c{number}"), "Servers", number > 0)).collect();
    let left = Kept { findings: found(1, "Anna AG", vec![What::NoActiveContract]).findings, ..of(1, "Anna AG", held) };
    let id = ConnectionId::new("north");
    let kept = stage.machine.host.store.keep_held(&id, Job::ContractChanged, vec![left], &LookedAt::Everything).await;
    assert!(kept.expect("it is kept"));
    let page = stage.get(&viewer, "/?connection=north").await.is(200);
    let page = page.shows("4 changes of units are held").shows("5 changes of quotas and tenants are held");
    let page = page.shows("&amp;tab=quotas").shows("Anna AG (company 1): there is usage and no active");
    let page = page.shows("→ <bdi>make or renew a recurring service contract").shows("The finding</a>");
    let page = page.shows("<td class=\"number\">31</td><td class=\"number\">27</td><td class=\"number\">4</td>");
    let page = page.shows("<strong>130</strong> of 8000, our share of 40 %").shows("777 of 20000");
    let page = page.shows("2026-11-10 09:10").shows("2026-11-11 04:00");
    page.hides("1130").hides("Sync now");
    let south = stage.get(&viewer, "/?connection=south").await.is(200);
    south.hides("Anna AG").hides("are held").hides("777").shows("It has not run yet.");
}

#[tokio::test]
async fn a_first_plan_that_waits_and_a_run_that_failed_are_told() {
    let stage = Stage::start().await;
    let viewer = stage.session_with(Role::Viewer).await;
    let mut first = connection("south");
    first.first_plan_approved = false;
    stage.machine.host.store.save_connection(&first).await.expect("it is stored");
    let counts = RunCounts { held: 1, ..RunCounts::default() };
    stage.save_run("south", &RunRecord { counts, mode: Mode::Plan, ..run("1", minutes_ago(5)) }).await;
    let page = stage.get(&viewer, "/?connection=south").await;
    page.shows("1 change of units is held: the first plan waits for approval");
    let outcome = Outcome::Failed("Acronis answered 403".to_owned());
    stage.save_run("south", &RunRecord { outcome, ..run("2", minutes_ago(2)) }).await;
    let page = stage.get(&viewer, "/?connection=south").await;
    page.shows("It does not work: the last run of usage-sync, 2 minutes ago, failed.").shows("Acronis answered 403");
}

#[tokio::test]
async fn a_click_is_one_sync_which_is_under_way_until_its_record_is_there() {
    let mut stage = Stage::start().await;
    let operator = stage.session_with(Role::Operator).await;
    stage.save_run("north", &run("before", minutes_ago(1))).await;
    let sent = stage.submit(&operator, "/sync", &[("connection", "north")]).await.is(303);
    let due = SyncDue { connection: ConnectionId::new("north"), job: Job::UsageSync };
    assert_eq!(stage.published(), [Event::SyncDue(due)]);
    let shown = sent.header("location").to_owned();
    assert!(shown.starts_with("/?connection=north&since="), "{shown}");
    let polled = shown.replacen("/?", "/sync?", 1);
    let is = async |state: &str| {
        assert_eq!(stage.get(&operator, &polled).await.is(200).text, state);
        stage.get(&operator, &shown).await.is(200).shows(&format!("data-sync=\"{state}\""));
    };
    is("under-way").await;
    let south = polled.replace("north", "south");
    let started = now().checked_add(SignedDuration::from_secs(2)).expect("it is in the calendar");
    stage.save_run("north", &RunRecord { job: Job::AlertSync, ..run("alerts", started) }).await;
    is("under-way").await;
    stage.save_run("north", &RunRecord { everybody: false, ..run("a few", started) }).await;
    is("under-way").await;
    stage.save_run("north", &RunRecord { outcome: Outcome::Running, ..run("sync", started) }).await;
    is("under-way").await;
    stage.save_run("north", &run("sync", started)).await;
    is("done").await;
    assert_eq!(stage.get(&operator, &south).await.text, "under-way", "another connection's run says nothing");
    assert!(stage.published().is_empty(), "looking asks for nothing");
}

#[tokio::test]
async fn a_sync_that_nobody_heard_of_is_not_waited_for_and_one_of_no_connection_is_none() {
    let mut stage = Stage::start().await;
    let operator = stage.session_with(Role::Operator).await;
    for nowhere in ["east", "", "north#runs", "north\u{0}"] {
        stage.submit(&operator, "/sync", &[("connection", nowhere)]).await.is(404);
    }
    assert!(stage.published().is_empty());
    let polled = format!("/sync?connection=north&since={}", crate::stage::NOW);
    stage.jobs_clock.set(now().checked_add(SignedDuration::from_mins(14)).expect("it is in the calendar"));
    assert_eq!(stage.get(&operator, &polled).await.text, "under-way");
    stage.jobs_clock.set(now().checked_add(SignedDuration::from_mins(15)).expect("it is in the calendar"));
    assert_eq!(stage.get(&operator, &polled).await.text, "silent");
}

/// Findings as a run finds them, the cheapest first, and two services with prices.
async fn with_findings(stage: &Stage) {
    let finding = |company: i64, service: &str, unbilled: i64| Finding {
        company: Some(CompanyId(company)),
        company_name: format!("Customer {company}"),
        what: What::ContractToChoose { service_name: service.to_owned(), unbilled, contracts: vec![ContractId(1)] },
    };
    let service = |id: i64, name: &str, price: i64, period: PeriodType| Service {
        id: ServiceId(id),
        name: name.to_owned(),
        active: true,
        period: Some(period),
        unit_price: Some(Decimal::from(price)),
        external_id: None,
    };
    let services = [service(1, "Servers", 20, PeriodType::Monthly), service(2, "Archive", 600, PeriodType::Yearly)];
    let mut findings = vec![finding(1, "Tape", 900), finding(2, "Servers", 2), finding(3, "Archive", 1)];
    let without = Finding { what: What::NoActiveContract, ..findings[0].clone() };
    findings.push(without);
    findings.extend((10..150).map(|company| finding(company, "Tape", 1)));
    let (mut catalogue, mut plan) = (Pack::default(), Pack::default());
    services.iter().for_each(|one| catalogue.add(&Entry::Service(Cow::Borrowed(one))));
    findings.iter().for_each(|one| plan.add(&Entry::Finding(Cow::Borrowed(one))));
    let sections = BTreeMap::from([(Section::Catalogue, catalogue.finish()), (Section::Plan, plan.finish())]);
    let (store, north) = (&stage.machine.host.store, ConnectionId::new("north"));
    assert!(store.save_snapshot(&north, now(), sections).await.expect("it is kept"));
    let by_company: BTreeMap<_, Vec<KeptFinding>> = findings.into_iter().fold(BTreeMap::new(), |mut all, finding| {
        let kept = KeptFinding { since: date(2026, 11, 10), finding };
        all.entry(kept.finding.company).or_insert_with(Vec::new).push(kept);
        all
    });
    let left = by_company.into_iter().map(|(company, findings)| Kept { company, findings, ..Kept::default() });
    let kept = store.keep_held(&north, Job::UsageSync, left.collect(), &LookedAt::Everything).await;
    assert!(kept.expect("it is kept"));
    stage.save_run("north", &run("1", minutes_ago(5))).await;
}

#[tokio::test]
async fn findings_stand_by_what_they_cost_and_what_nobody_is_billed_for_is_summed() {
    let stage = Stage::start().await;
    let viewer = stage.session_with(Role::Viewer).await;
    with_findings(&stage).await;
    let page = stage.get(&viewer, "/?connection=north").await.is(200);
    let page = page.shows("At list prices: <strong>+40.00 a month</strong>, <strong>+600.00 a year</strong>.");
    let page = page.shows("Of 141 more no price is known.").shows("<strong>+600.00 a year</strong><br>");
    let listed = page.text.split_once("id=\"findings\"").expect("there is a list").1;
    let at = |words: &str| listed.find(words).unwrap_or_else(|| panic!("no {words} in {listed}"));
    assert!(at("Customer 3 (company 3)") < at("Customer 2 (company 2)"), "50 a month is more than 40");
    assert!(at("Customer 2 (company 2)") < at("Customer 1 (company 1)"), "what has no price comes last");
    let page = page.shows("1 customer with usage and no active contract");
    page.shows("All 144 findings</a>").shows("<p>118 more.</p>").hides("Customer 60 (");
    let south = stage.get(&viewer, "/?connection=south").await.is(200);
    south.hides("a month").hides("Customer 3").shows("found nothing that is used and on no contract");
}

/// G29 and G30.
#[tokio::test]
async fn a_run_that_ended_since_the_page_was_made_lights_the_refresh_control() {
    let stage = Stage::start().await;
    let viewer = stage.session_with(Role::Viewer).await;
    stage.save_run("north", &run("before", minutes_ago(1))).await;
    let page = stage.get(&viewer, "/?connection=north").await.shows("data-sync=\"quiet\"").shows(">Refresh</a>");
    let poll = page.text.split_once("data-poll=\"").expect("it looks").1.split('"').next().expect("it ends");
    let poll = poll.replace("&amp;", "&").replace("&#38;", "&");
    let is = async |state: &str| assert_eq!(stage.get(&viewer, &poll).await.is(200).text, state);
    is("quiet").await;
    let later = now().checked_add(SignedDuration::from_mins(1)).expect("it is in the calendar");
    let looked = |id: &str, job: Job| RunRecord { job, ..run(id, later) };
    stage.save_run("north", &looked("1", Job::AlertSync)).await;
    stage.save_run("north", &RunRecord { outcome: Outcome::Running, ..looked("2", Job::UsageSync) }).await;
    stage.save_run("north", &RunRecord { outcome: Outcome::Skipped, ..looked("3", Job::UsageSync) }).await;
    stage.save_run("south", &looked("4", Job::UsageSync)).await;
    is("quiet").await;
    let counts = RunCounts { changes: 1, made: 1, ..RunCounts::default() };
    stage.save_run("north", &RunRecord { counts, ..looked("5", Job::AlertSync) }).await;
    is("new").await;
    for query in ["", "?connection=north", "?connection=east&since=2026-11-10T09:30:00Z", "?connection=north&since=x"] {
        let answer = stage.get(&viewer, &format!("/news{query}")).await;
        assert!([400, 404].contains(&answer.status), "{query}: {}", answer.status);
    }
}

#[tokio::test]
async fn quotas_and_tickets_are_synced_on_demand_where_they_have_something_to_do() {
    let mut stage = Stage::start().await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, "/?connection=north").await;
    page.shows("Sync now").shows("Sync quotas").hides("Sync tickets");
    let fields = [("connection", "north"), ("job", "contract-watch")];
    let sent = stage.submit(&operator, "/sync", &fields).await.is(303);
    let due = SyncDue { connection: ConnectionId::new("north"), job: Job::ContractWatch };
    assert_eq!(stage.published(), [Event::SyncDue(due)]);
    let shown = sent.header("location").to_owned();
    let polled = shown.replacen("/?", "/sync?", 1);
    let started = now().checked_add(SignedDuration::from_secs(2)).expect("it is in the calendar");
    stage.save_run("north", &run("units", started)).await;
    assert_eq!(stage.get(&operator, &polled).await.text, "under-way", "another job's run says nothing");
    stage.save_run("north", &RunRecord { job: Job::ContractWatch, ..run("watch", started) }).await;
    assert_eq!(stage.get(&operator, &polled).await.text, "done");
    for job in ["dispatch", "contract-changed", ""] {
        stage.submit(&operator, "/sync", &[("connection", "north"), ("job", job)]).await.is(400);
    }
    assert!(stage.published().is_empty());
}

#[tokio::test]
async fn whether_webhooks_work_is_told_of_each_connection() {
    let stage = Stage::start().await;
    let viewer = stage.session_with(Role::Viewer).await;
    stage.get(&viewer, "/?connection=north").await.shows("No call was taken yet.").hides("A call was refused");
    let (store, north) = (&stage.machine.host.store, ConnectionId::new("north"));
    store.note_webhook_call(&north, CallHeard::Taken, minutes_ago(20)).await.expect("it is kept");
    store.note_webhook_call(&north, CallHeard::Refused, minutes_ago(40)).await.expect("it is kept");
    let page = stage.get(&viewer, "/?connection=north").await;
    page.shows("The last call was taken 2026-11-10 09:10.")
        .shows("A call was refused 2026-11-10 08:50.")
        .hides("None was taken");
    store.note_webhook_call(&north, CallHeard::Refused, minutes_ago(5)).await.expect("it is kept");
    stage.get(&viewer, "/?connection=north").await.shows("None was taken since: if it was Autotask");
    stage.get(&viewer, "/?connection=south").await.shows("No call was taken yet.");
}
