//! Findings as work: one list of what all jobs found, with what it costs, what to do and who does; ignored for a while with
//! a reason. What people say of a finding stays while its counts move.

use crate::held::of;
use crate::stage::{NOW, Stage, now, person, run};
use functions::events::{Cause, CompanyChanged, Event, SyncDue};
use functions::store::Pack;
use jiff::SignedDuration;
use jiff::civil::date;
use rust_decimal::Decimal;
use shared::contract::{PeriodType, Service};
use shared::finding::{AlertWhat, Finding, PrepaidWhat, What};
use shared::held::{Kept, KeptFinding};
use shared::ids::{CompanyId, ConnectionId, ContractId, ServiceId, TenantId};
use shared::mapping::{Mapping, ServiceTarget};
use shared::person::Role;
use shared::run::{Job, RunRecord};
use shared::snapshot::{Entry, Section};
use std::borrow::Cow;
use std::collections::BTreeMap;

fn not_on_contract(service: &str, unbilled: i64) -> What {
    let (contract, contract_name) = (ContractId(7), "Acronis".to_owned());
    What::NotOnContract { contract, contract_name, service_name: service.to_owned(), unbilled, in_bundles: 0 }
}

pub(crate) fn found(company: i64, name: &str, what: Vec<What>) -> Kept {
    let company_id = (company > 0).then_some(CompanyId(company));
    let finding = |what| Finding { company: company_id, company_name: name.to_owned(), what };
    let kept = |what| KeptFinding { since: date(2026, 11, 3), finding: finding(what) };
    Kept { company: company_id, findings: what.into_iter().map(kept).collect(), ..of(company, name, vec![]) }
}

fn id_of(company: i64, what: What) -> String {
    let company = (company > 0).then_some(CompanyId(company));
    Finding { company, company_name: String::new(), what }.id()
}

/// A connection where everything is mapped that jobs need to be at work.
pub(crate) async fn at_work(stage: &Stage, connection: &str) {
    let provider = crate::provider::Provider::new();
    let mut provider = provider.item("pw_base_servers", None, shared::usage::ItemKind::Count, "Servers").company(
        1,
        "Anna AG",
        crate::provider::mapped("t1", "Anna"),
    );
    let mapping: &mut Mapping = &mut provider.mapping;
    mapping.settings.tickets.enabled = true;
    mapping.products.values_mut().for_each(|row| row.service = Some(ServiceTarget::Existing(ServiceId(1))));
    provider.known_to(stage, connection).await;
    let service = Service {
        id: ServiceId(1),
        name: "Servers".to_owned(),
        active: true,
        period: Some(PeriodType::Monthly),
        unit_price: Some(Decimal::from(20)),
        external_id: None,
    };
    let mut catalogue = Pack::default();
    catalogue.add(&Entry::Service(Cow::Owned(service)));
    let (store, id) = (&stage.machine.host.store, ConnectionId::new(connection));
    let sections = BTreeMap::from([(Section::Catalogue, catalogue.finish())]);
    store.save_snapshot(&id, now(), sections).await.expect("it is kept");
}

/// Findings of all jobs: two with a price.
async fn with_findings() -> (Stage, String) {
    let stage = Stage::start().await;
    at_work(&stage, "north").await;
    let units = vec![
        found(1, "Anna AG", vec![not_on_contract("Servers", 2), What::NoActiveContract]),
        found(2, "<Berta> KG", vec![not_on_contract("Servers", 5), not_on_contract("Tape", 900)]),
    ];
    stage.leave("north", Job::UsageSync, units).await;
    let quotas = vec![
        found(1, "Anna AG", vec![What::NoActiveContract]),
        found(3, "Carla OHG", vec![What::Prepaid(PrepaidWhat::NoContact)]),
    ];
    stage.leave("north", Job::ContractChanged, quotas).await;
    stage.leave("north", Job::AlertSync, vec![found(0, "", vec![unmapped(3)])]).await;
    let operator = stage.session_with(Role::Operator).await;
    (stage, operator)
}

fn unmapped(alerts: usize) -> What {
    What::Alert(AlertWhat::UnmappedAlerts { tenant: TenantId::new("t9"), tenant_name: "Nobody's".to_owned(), alerts })
}

impl Stage {
    /// Ticks these findings as the page shows them and says something of them.
    async fn say(&self, cookie: &str, ids: &[&str], fields: &[(&str, &str)]) -> u16 {
        let page = self.get(cookie, "/findings?connection=north&show=all").await.is(200);
        let boxes: Vec<(String, String)> = ids
            .iter()
            .map(|id| (format!("id-{id}"), crate::provider::value_of(&page.text, &format!("id-{id}"))))
            .collect();
        let boxes = boxes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> =
            [("connection", "north"), ("view", "")].into_iter().chain(boxes).chain(fields.to_vec()).collect();
        self.submit(cookie, "/findings", &all).await.status
    }
}

const FOR_A_MONTH: [(&str, &str); 3] = [("say", "ignore"), ("until", "2026-12-10"), ("reason", "agreed by phone")];

#[tokio::test]
async fn findings_of_all_jobs_stand_in_one_list_by_cost_with_age_advice_and_a_way_to_do_it() {
    let (stage, operator) = with_findings().await;
    let viewer = stage.session_with(Role::Viewer).await;
    let page = stage.get(&operator, "/findings?connection=north").await.is(200);
    let page = page.shows("6 to be done, 0 ignored").shows("+100.00 a month").shows("since 2026-11-03");
    let page = page.shows("&#60;Berta&#62; KG").hides("<Berta>").shows("switch on `add_missing_services`");
    let page =
        page.shows("#add_missing_services").shows("/customers?connection=north&#38;search=1").shows("Look again now");
    let at = |words: &str| page.text.find(words).unwrap_or_else(|| panic!("no {words} in {}", page.text));
    assert!(at("+100.00 a month") < at("+40.00 a month") && at("+40.00 a month") < at("900 Tape"));
    assert_eq!(page.text.matches("<bdi>there is usage and no active").count(), 1, "what two jobs found is there once");
    let seen = stage.get(&viewer, "/findings?connection=north").await.is(200);
    seen.shows("6 to be done").hides("Look again now").hides("Assign to").hides("name=\"id-");
    stage.get(&viewer, "/findings?connection=south").await.is(200).shows("0 to be done").shows("Nothing here.");
    stage.get(&viewer, "/findings?connection=east").await.is(404);
}

#[tokio::test]
async fn findings_are_narrowed_by_customer_kind_cost_and_words_and_sorted_by_age() {
    let (stage, operator) = with_findings().await;
    let of = async |query: &str| {
        let page = stage.get(&operator, &format!("/findings?connection=north&{query}")).await.is(200);
        page.text.matches("since 2026-").count()
    };
    assert_eq!(of("").await, 6);
    assert_eq!(of("customer=2").await, 2);
    assert_eq!(of("kind=not-on-contract").await, 3);
    assert_eq!(of("cost=yes").await, 2);
    assert_eq!(of("search=carla").await, 1);
    assert_eq!(of("search=nowhere").await, 0);
    assert_eq!(of("show=mine").await, 0);
    assert_eq!(of("show=unassigned").await, 6);
    let early = vec![KeptFinding { since: date(2026, 1, 1), ..found(9, "Zeno", vec![unmapped(1)]).findings.remove(0) }];
    stage.leave("north", Job::TicketChanged, vec![Kept { findings: early, ..of_zeno() }]).await;
    let page = stage.get(&operator, "/findings?connection=north&sort=age").await;
    assert!(page.text.find("since 2026-01-01") < page.text.find("since 2026-11-03"));
}

fn of_zeno() -> Kept {
    of(9, "Zeno", vec![])
}

#[tokio::test]
async fn a_finding_is_assigned_to_a_person_with_a_role_and_the_record_says_who_did() {
    let (stage, operator) = with_findings().await;
    stage.know(&person("clerk", Some(Role::Viewer))).await;
    stage.know(&person("stranger", None)).await;
    let id = id_of(1, not_on_contract("Servers", 2));
    let page = stage.get(&operator, "/findings?connection=north").await;
    page.hides("Person stranger").shows("Person clerk");
    let page = stage.get(&operator, "/findings?connection=north").await;
    let key_of = |name: &str| {
        let before = page.text.split_once(&format!("\">{name}</option>")).expect("he is offered").0;
        before.rsplit_once("value=\"").expect("it has a value").1.to_owned()
    };
    let (clerk, me) = (key_of("Person clerk"), key_of("Person operator"));
    assert_eq!(stage.say(&operator, &[&id], &[("say", "assign"), ("person", &clerk)]).await, 303);
    stage.get(&operator, "/findings?connection=north").await.shows("assigned to <bdi>Person clerk</bdi>");
    stage.get(&operator, "/findings?connection=north&show=mine").await.shows("Nothing here.");
    let record = stage.machine.host.store.audit(1).await.expect("it is read").remove(0);
    assert!(record.what.starts_with(&format!("finding {id} of connection north: Anna AG")), "{record:?}");
    assert_eq!((record.before.as_str(), record.after.as_str()), ("assigned to nobody", "assigned to Person clerk"));
    assert_eq!(record.by, person("operator", None).id);
    // It stays said while the count moves, and is another finding's matter only with another id.
    stage.leave("north", Job::UsageSync, vec![found(1, "Anna AG", vec![not_on_contract("Servers", 9)])]).await;
    stage.get(&operator, "/findings?connection=north").await.shows("9 Servers").shows("assigned to <bdi>Person clerk");
    assert_eq!(stage.say(&operator, &[&id], &[("say", "assign"), ("person", &me)]).await, 303);
    stage.get(&operator, "/findings?connection=north&show=mine").await.shows("9 Servers");
    assert_eq!(stage.say(&operator, &[&id], &[("say", "assign"), ("person", "")]).await, 303);
    assert_eq!(stage.say(&operator, &[&id], &[("say", "assign"), ("person", "nobody-known")]).await, 400);
    stage.get(&operator, "/findings?connection=north&show=unassigned").await.shows("9 Servers");
}

#[tokio::test]
async fn what_is_ignored_is_not_counted_and_comes_back_on_its_day_or_when_there_is_more_of_it() {
    let (stage, operator) = with_findings().await;
    let id = id_of(2, not_on_contract("Servers", 5));
    assert_eq!(stage.say(&operator, &[&id], &FOR_A_MONTH).await, 303);
    let page = stage.get(&operator, "/findings?connection=north").await;
    page.shows("5 to be done, 1 ignored").hides("+100.00 a month");
    let page = stage.get(&operator, "/findings?connection=north&show=ignored").await;
    page.shows("+100.00 a month").shows("until 2026-12-10, said by Person operator").shows("agreed by phone");
    stage.get(&operator, "/?connection=north").await.hides("+100.00 a month</strong><br>").shows("All 5 findings");
    let more = found(2, "Berta KG", vec![not_on_contract("Servers", 6)]);
    stage.leave("north", Job::UsageSync, vec![more]).await;
    stage.get(&operator, "/findings?connection=north").await.shows("+120.00 a month").shows("was ignored");
    stage.leave("north", Job::UsageSync, vec![found(2, "Berta KG", vec![not_on_contract("Servers", 4)])]).await;
    stage.get(&operator, "/findings?connection=north").await.hides("+80.00 a month");
    stage.jobs_clock.set(now().checked_add(SignedDuration::from_hours(24 * 30)).expect("it is in the calendar"));
    stage.get(&operator, "/findings?connection=north").await.shows("+80.00 a month");
    stage.jobs_clock.set(NOW.parse().expect("it is a time"));
    assert_eq!(stage.say(&operator, &[&id], &[("say", "take-back")]).await, 303);
    stage.get(&operator, "/findings?connection=north").await.shows("+80.00 a month").hides("was ignored");
    let records = stage.machine.host.store.audit(10).await.expect("they are read");
    let taken_back = records.iter().find(|record| record.before.contains("ignored until 2026-12-10: agreed by phone"));
    assert_eq!(taken_back.expect("it is recorded").after, "assigned to nobody");
}

#[tokio::test]
async fn nothing_is_said_without_a_day_and_a_reason_nor_of_what_others_said_something_of_meanwhile() {
    let (stage, operator) = with_findings().await;
    let viewer = stage.session_with(Role::Viewer).await;
    let id = id_of(1, not_on_contract("Servers", 2));
    let long = "x".repeat(201);
    for (until, reason) in
        [("", "why"), ("2026-12-10", " "), ("soon", "why"), ("2026-11-10", "why"), ("2026-12-10", long.as_str())]
    {
        let fields = [("say", "ignore"), ("until", until), ("reason", reason)];
        assert_eq!(stage.say(&operator, &[&id], &fields).await, 400, "{until} {reason}");
    }
    assert_eq!(stage.say(&operator, &[], &FOR_A_MONTH).await, 400);
    assert_eq!(stage.say(&operator, &[&id], &[("say", "forget")]).await, 400);
    let boxed = format!("id-{id}");
    let page = stage.get(&operator, "/findings?connection=north").await;
    let said = crate::provider::value_of(&page.text, &boxed);
    let form = |connection: &'static str, token: &str| {
        let own = [("form_token", token.to_owned()), ("connection", connection.to_owned()), (&boxed, said.clone())];
        let rest = FOR_A_MONTH.map(|(name, value)| (name, value.to_owned()));
        own.into_iter().chain(rest).map(|(name, value)| (name.to_owned(), value)).collect::<Vec<_>>()
    };
    let send = async |cookie: &str, connection: &'static str, token: &str| {
        let fields = form(connection, token);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        stage.post(cookie, "/findings", &fields).await.status
    };
    let token = page.token();
    assert_eq!(send(&operator, "east", &token).await, 404);
    assert_eq!(send(&operator, "south", &token).await, 409, "it is not found there");
    assert_eq!(send(&operator, "north", "forged").await, 403);
    let token_of_viewer = stage.get(&viewer, "/").await.token();
    assert_eq!(send(&viewer, "north", &token_of_viewer).await, 403);
    assert!(stage.machine.host.store.finding_marks(&ConnectionId::new("north")).await.expect("read").is_empty());
    assert_eq!(send(&operator, "north", &token).await, 303);
    assert_eq!(send(&operator, "north", &token).await, 409, "something else is said of it by now");
}

#[tokio::test]
async fn looking_again_asks_the_job_that_found_it() {
    let (mut stage, operator) = with_findings().await;
    let (north, again) = (|| ConnectionId::new("north"), ("connection", "north"));
    let id = id_of(1, not_on_contract("Servers", 2));
    stage.jobs_clock.set(now().checked_add(SignedDuration::from_secs(1)).expect("it is in the calendar"));
    let sent =
        stage.submit(&operator, "/findings/sync", &[again, ("view", "customer=1"), ("finding", &id)]).await.is(303);
    assert!(sent.header("location").starts_with("/findings?connection=north&since="), "{sent:?}");
    assert!(sent.header("location").ends_with("customer=1"), "{sent:?}");
    let (company, cause) = (CompanyId(1), Cause::Mapping);
    assert_eq!(stage.published(), [Event::CompanyChanged(CompanyChanged { connection: north(), company, cause })]);
    let shown = sent.header("location").to_owned();
    stage.get(&operator, &shown).await.is(200).shows("data-sync=\"under-way\"");
    let later = now().checked_add(SignedDuration::from_secs(5)).expect("it is in the calendar");
    stage.save_run("north", &RunRecord { everybody: false, ..run("of one", later) }).await;
    stage.get(&operator, &shown).await.is(200).shows("data-sync=\"done\"");
    let alerts = id_of(0, unmapped(1));
    stage.submit(&operator, "/findings/sync", &[again, ("finding", &alerts)]).await.is(303);
    assert_eq!(stage.published(), [Event::SyncDue(SyncDue { connection: north(), job: Job::AlertSync })]);
    stage.submit(&operator, "/findings/sync", &[again, ("finding", "gone")]).await.is(409);
    let viewer = stage.session_with(Role::Viewer).await;
    stage.submit(&viewer, "/findings/sync", &[again, ("finding", &id)]).await.is(403);
    assert!(stage.published().is_empty());
}

#[tokio::test]
async fn the_file_of_findings_has_what_is_filtered_and_no_cell_of_it_is_a_formula() {
    let (stage, operator) = with_findings().await;
    stage.leave("north", Job::TicketChanged, vec![found(4, "=Calc()", vec![What::NoActiveContract])]).await;
    let file = stage.get(&operator, "/findings.csv?connection=north&kind=not-on-contract").await.is(200);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"acrotask-findings.csv\"");
    assert_eq!(file.text.lines().count(), 4);
    file.shows("2,<Berta> KG,Not on contract,").shows(",100.00,monthly,100.00,2026-11-03,");
    stage.get(&operator, "/findings.csv?connection=north&customer=4").await.shows("4,'=Calc(),No active contract,");
    stage.get(&operator, "/findings.csv?connection=east").await.is(404);
}

#[tokio::test]
async fn ten_thousand_findings_have_pages_and_fifty_are_marked_at_a_time() {
    let stage = Stage::start().await;
    at_work(&stage, "north").await;
    let operator = stage.session_with(Role::Operator).await;
    let many = (1..=10_000).map(|n| found(n, &format!("Customer {n:05}"), vec![not_on_contract("Servers", 1)]));
    stage.leave("north", Job::UsageSync, many.collect()).await;
    let page = stage.get(&operator, "/findings?connection=north&page=100").await.is(200);
    page.shows("10000 to be done").shows("10000 findings, page 100 of 100").shows("Customer 10000");
    let ids: Vec<String> = (1..=51).map(|n| id_of(n, not_on_contract("Servers", 1))).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(stage.say(&operator, &ids, &FOR_A_MONTH).await, 400);
    assert_eq!(stage.say(&operator, &ids[..50], &FOR_A_MONTH).await, 303);
    stage.get(&operator, "/findings?connection=north").await.shows("9950 to be done, 50 ignored");
}
