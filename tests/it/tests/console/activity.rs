//! What happened, as the page and its file tell it: each thing once, filtered, and to whom it is of his connection.

use crate::csv::cells;
use crate::stage::{Answer, ISSUER, Stage, connection, now, person, run};
use functions::store::Store;
use it::world::World;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use shared::deed::{Became, Deed};
use shared::ids::{CompanyId, ConnectionId, ContractId, ServiceId};
use shared::person::{AuditRecord, PersonId, Role};
use shared::run::{Approval, Job, Mode, Outcome, RunCounts, RunRecord};
use std::collections::BTreeSet;

/// The rows of the page's list.
fn rows(page: &str) -> Vec<&str> {
    let Some((_, list)) = page.split_once("aria-label=\"What happened\">\n<thead>") else { return Vec::new() };
    let (list, _) = list.split_once("</tbody>").expect("it ends");
    list.split("<tr>").skip(2).collect()
}

fn older(page: &str) -> Option<String> {
    let (before, _) = page.split_once("\" rel=\"next\">Older →")?;
    let (_, link) = before.rsplit_once("href=\"").expect("it is a link");
    Some(link.replace("&#38;", "&"))
}

fn ago(minutes: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_mins(minutes)).expect("it is in the calendar")
}

fn deed(at: Timestamp, number: i64) -> Deed {
    Deed {
        at,
        run: "run-1".to_owned(),
        change: format!("change-{number}"),
        company: Some(CompanyId(number)),
        contract: Some(ContractId(1_000 + number)),
        service: Some(ServiceId(7)),
        what: String::new(),
        moved: format!("{number} → {} from 2026-11-10", number + 1),
        why: format!("{} × Workstations", number + 1),
        approved_by: None,
        became: Became::Made,
    }
}

fn north() -> ConnectionId {
    ConnectionId::new("north")
}

async fn note(store: &Store, minutes: i64, by: &PersonId, what: &str) {
    let (before, after) = ("<i>before</i>".to_owned(), "after".to_owned());
    let record = AuditRecord { at: ago(minutes), by: by.clone(), what: what.to_owned(), before, after };
    let people = store.people().await.expect("they are read");
    let somebody = people.get(by).cloned().unwrap_or_else(|| person(&by.subject, None));
    assert!(store.save_person(&people, &somebody, &record).await.expect("it is written"));
}

/// Something of every kind, of the connection `north` and of `south`.
async fn busy() -> (Stage, String) {
    let stage = Stage::start().await;
    let viewer = stage.session_with(Role::Viewer).await;
    let store = &stage.machine.host.store;
    store.save_deeds(&north(), &[deed(ago(50), 5), deed(ago(50), 6)]).await.expect("kept");
    let refused = Became::Refused("Not <b>today</b>.".to_owned());
    store.save_deeds(&north(), &[Deed { became: refused, ..deed(ago(40), 7) }]).await.expect("kept");
    let south = Deed { change: "of-south".to_owned(), why: "of south".to_owned(), ..deed(ago(45), 5) };
    store.save_deeds(&ConnectionId::new("south"), &[south]).await.expect("kept");
    let anna = PersonId { issuer: ISSUER.to_owned(), subject: "anna".to_owned() };
    note(store, 30, &anna, "company 5, service 7 of connection north").await;
    note(store, 29, &anna, "south: Company 5 Elsewhere").await;
    note(store, 28, &anna, &format!("role of {anna}")).await;
    let approval = Approval {
        ids: vec!["change-5".to_owned()],
        companies: BTreeSet::from([CompanyId(5)]),
        lines: Default::default(),
        // As she was called then.
        by: format!("Annie Before, {anna}"),
        at: ago(55),
    };
    store.save_approval(&north(), &approval).await.expect("kept");
    let counts = RunCounts { changes: 2, made: 2, findings: 2, ..RunCounts::default() };
    let findings = vec![
        "Anna AG (company 5): on contract 1005: odd → do <b>this</b>".to_owned(),
        "Berta (company 55): elsewhere → do that".to_owned(),
    ];
    stage.save_run("north", &RunRecord { counts, findings, ..run("run-1", ago(60)) }).await;
    stage.save_run("north", &RunRecord { job: Job::ContractWatch, ..run("idle", ago(20)) }).await;
    stage.save_run("north", &RunRecord { outcome: Outcome::Skipped, ..run("skipped", ago(19)) }).await;
    stage.save_run("south", &RunRecord { mode: Mode::Plan, ..run("of-south", ago(18)) }).await;
    (stage, viewer)
}

async fn of(stage: &Stage, cookie: &str, query: &str) -> Answer {
    stage.get(cookie, &format!("/activity?connection=north{query}")).await.is(200)
}

#[tokio::test]
async fn everything_that_happened_is_told_newest_first_and_looks_that_found_nothing_are_not() {
    let (stage, viewer) = busy().await;
    let page = of(&stage, &viewer, "").await;
    let told = rows(&page.text);
    let holds = ["<i>before</i>", "Not <b>", "6 → 7 from", "5 → 6 from", "change-5", "usage-sync (apply)"];
    let escaped = holds.map(|text| text.replace('<', "&#60;").replace('>', "&#62;"));
    assert_eq!(told.len(), 6, "{}", page.text);
    for words in escaped {
        assert_eq!(told.iter().filter(|row| row.contains(&words)).count(), 1, "{words} in {told:#?}");
    }
    let place = |words: &str| told.iter().position(|row| row.contains(words)).expect("it is told");
    let order = ["company 5, service 7", "refused: Not", "6 → 7 from", "change-5", "usage-sync"].map(place);
    assert!(order.is_sorted(), "{order:?} in {told:#?}");
    let page = page.hides("of south").hides("<b>").hides("<i>").hides("idle").hides("skipped").hides("role of");
    page.shows("run run-1").shows("contract 1006").shows("6 × Workstations").shows("That is all.");
}

#[tokio::test]
async fn a_viewer_sees_what_is_of_the_connection_and_who_may_do_what_only_an_admin() {
    let (stage, viewer) = busy().await;
    let admin = stage.session_with(Role::Admin).await;
    of(&stage, &viewer, "&kind=people").await.hides("role of").hides("south: Company");
    of(&stage, &admin, "&kind=people").await.shows("role of anna").hides("south: Company");
    let page = stage.get(&viewer, "/activity?connection=south").await.is(200);
    page.shows("south: Company 5").shows("of south").hides("connection north").hides("change-5");
    stage.get(&viewer, "/activity?connection=nowhere").await.is(404);
    stage.get(&viewer, "/activity/events.csv?connection=nowhere").await.is(404);
    stage.get(&viewer, "/activity/events.csv").await.is(404);
}

#[tokio::test]
async fn one_sees_what_one_asks_for() {
    let (stage, viewer) = busy().await;
    for (query, wanted) in [
        ("&kind=all", 6),
        ("&kind=runs", 1),
        ("&kind=changes", 3),
        ("&kind=approvals", 1),
        ("&kind=people", 1),
        ("&kind=findings", 1),
        ("&customer=5", 4),
        ("&customer=5&kind=changes", 1),
        ("&customer=55", 1),
        ("&customer=6", 1),
        ("&customer=nobody", 0),
        ("&contract=1005", 2),
        ("&contract=100", 0),
        ("&contract=1007", 1),
        ("&from=2026-11-10", 6),
        ("&from=2026-11-11", 0),
        ("&to=2026-11-09", 0),
        ("&from=2026-11-01&to=2026-11-10", 6),
        // The approval that she gave under another name, and what she decided.
        ("&person=Person%20anna", 2),
        ("&person=anna%20(https", 2),
        ("&person=Annie", 1),
        ("&person=berta", 0),
    ] {
        assert_eq!(rows(&of(&stage, &viewer, query).await.text).len(), wanted, "{query}");
    }
    let page = of(&stage, &viewer, "&customer=5&kind=findings").await;
    page.shows("on contract 1005: odd").hides("elsewhere").hides("<b>this");
    for query in [
        "&kind=secrets",
        "&from=yesterday",
        "&to=2026-13-01",
        "&contract=x",
        "&contract=%3Cscript%3E",
        "&from=2026-11-10&from=2026-11-11",
    ] {
        stage.get(&viewer, &format!("/activity?connection=north{query}")).await.is(400).hides("<script>");
        stage.get(&viewer, &format!("/activity/events.csv?connection=north{query}")).await.is(400);
    }
    for before in ["x", "2026-11-10T00:00:00Z", "2026-11-10T00:00:00Z~-1", "~1"] {
        stage.get(&viewer, &format!("/activity?connection=north&before={before}")).await.is(404);
    }
    of(&stage, &viewer, "&person=%22%3E%3Cscript%3E").await.shows("&#34;&#62;&#60;script&#62;").hides("<script>\"");
}

#[tokio::test]
async fn page_by_page_each_thing_is_told_once_whatever_happened_at_the_same_moment() {
    let stage = Stage::start().await;
    let viewer = stage.session_with(Role::Viewer).await;
    let store = &stage.machine.host.store;
    let anna = PersonId { issuer: ISSUER.to_owned(), subject: "anna".to_owned() };
    // 30 items of 20 changes each, every five of them at the same moment; records between them; and more runs that say
    // nothing than one page looks at.
    for item in 0..30 {
        let at = ago(10 + (item / 5) * 7);
        let deeds: Vec<Deed> = (0..20).map(|number| deed(at, item * 20 + number)).collect();
        store.save_deeds(&north(), &deeds).await.expect("kept");
    }
    for number in 0..40 {
        note(store, number * 3, &anna, &format!("north: Company {number} So")).await;
    }
    for number in 0..1_100 {
        let idle = RunRecord { job: Job::AlertSync, ..run(&format!("idle-{number}"), ago(number)) };
        stage.save_run("north", &idle).await;
    }
    stage.save_run("north", &run("old", ago(3_000))).await;
    let (mut path, mut seen, mut pages) = ("/activity?connection=north".to_owned(), Vec::new(), 0);
    loop {
        let page = stage.get(&viewer, &path).await.is(200);
        let told = rows(&page.text);
        assert!(told.len() <= 100, "{} on one page", told.len());
        seen.extend(told.iter().map(|row| (*row).to_owned()));
        pages += 1;
        assert!(pages < 20, "it comes to no end");
        match older(&page.text) {
            Some(next) => path = next,
            None => break,
        }
    }
    assert_eq!(seen.len(), 600 + 40 + 1);
    let once: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(once.len(), seen.len(), "nothing is told twice");
    assert!(seen.last().expect("there is one").contains("run old"), "the oldest comes last");
    // The file holds all of it.
    let file = stage.get(&viewer, "/activity/events.csv?connection=north").await.is(200);
    let of_file = cells(&file);
    assert_eq!(of_file.len(), 1 + 641);
    assert!(of_file[1..].is_sorted_by(|one, other| one[0] >= other[0]), "newest first");
    let some = stage.get(&viewer, "/activity/events.csv?connection=north&customer=7&kind=changes").await.is(200);
    assert_eq!(cells(&some).len(), 2);
}

#[tokio::test]
async fn no_cell_of_the_file_is_a_formula() {
    let (stage, viewer) = busy().await;
    let store = &stage.machine.host.store;
    let anna = PersonId { issuer: ISSUER.to_owned(), subject: "=cmd".to_owned() };
    note(store, 5, &anna, "north: =HYPERLINK(1)").await;
    let hostile = Deed { moved: "=1+1".to_owned(), why: "@SUM(1)".to_owned(), ..deed(ago(4), 9) };
    store.save_deeds(&north(), &[hostile]).await.expect("kept");
    let file = stage.get(&viewer, "/activity/events.csv?connection=north").await.is(200);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"acrotask-activity.csv\"");
    let all = cells(&file);
    assert_eq!(all.len(), 1 + 8);
    for cell in all.iter().flatten() {
        assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell:?}");
    }
}

#[tokio::test]
async fn what_real_runs_make_and_people_approve_stands_there_and_each_day_is_drawn() {
    let world = World::even(3, 1).await;
    world.change_mapping(|mapping| mapping.settings.review_mode = true).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.apply_complete().await;
    let stage = Stage::over(&world).await;
    let operator = stage.session_with(Role::Operator).await;
    let line = crate::approve::open(&crate::approve::snapshot(&world).await)[0].clone();
    let id = format!("id-{}", crate::approve::id_of(&line));
    let fields = [("connection", "msp"), ("view", ""), (id.as_str(), "1")];
    stage.submit(&operator, "/plan/approve", &fields).await.is(303);
    let made = world.apply_complete().await;
    assert_eq!(made.record.counts.made, 1);
    let page = stage.get(&operator, "/activity?connection=msp").await.is(200);
    let told = rows(&page.text);
    let moved = format!("{} → {} from 2026-11-11", line.units, line.wanted.expect("it is known"));
    let change =
        told.iter().find(|row| row.contains(&moved)).unwrap_or_else(|| panic!("{moved} is not told: {told:#?}"));
    assert!(change.contains(&format!("run {}, approved by Person operator", &made.record.id[..33])), "{change}");
    assert!(change.contains(&format!("(company {})", line.place.company)), "{change}");
    // What he approved and what he had changed meet, and the approval is told once.
    let his = stage.get(&operator, "/activity?connection=msp&person=Person%20operator").await.is(200);
    assert_eq!(rows(&his.text).iter().filter(|row| row.contains("1 id approved")).count(), 1, "{}", his.text);
    assert!(rows(&his.text).iter().any(|row| row.contains(&moved)));
    assert!(!his.text.contains("not approved"), "the record of the approval says the same");
    // The days, as numbers and as a drawing.
    let page = page.shows("The last 90 days").shows("<svg class=\"chart\" viewBox=\"0 0 720 120\" role=\"img\"");
    let held = made.record.counts.held;
    let day = format!(
        "<th scope=\"row\">2026-11-11</th><td class=\"number\">{}</td><td class=\"number\">{held}</td><td class=\"number\">1</td>",
        made.record.counts.findings
    );
    assert_eq!(held, 2);
    let page = page.shows(&day).shows("<rect class=\"made\" x=\"713\"").hides("style=");
    assert_eq!(page.text.matches("<th scope=\"row\">2026-").count(), 90);
    // An idle run of the next day writes nothing there, and what was found holds.
    world.pass_days(1);
    world.apply_complete().await;
    let counts = world.host.store.day_counts(&world.connection, date(2026, 1, 1), date(2026, 12, 31), 100).await;
    assert!(counts.expect("they are read").iter().all(|count| count.day != world.today()));
    let page = stage.get(&operator, "/activity?connection=msp").await.is(200);
    page.shows(&day.replace("-11<", "-12<").replace(">1</td>", ">0</td>"));
}

#[tokio::test]
async fn where_nothing_happened_the_page_says_so() {
    let stage = Stage::start().await;
    let viewer = stage.session_with(Role::Viewer).await;
    let page = of(&stage, &viewer, "").await.shows("Nothing of this.").shows("That is all.");
    page.shows("<td class=\"number\">not known</td>").hides("polyline");
    let empty = Stage::empty(true).await;
    let viewer = empty.session_with(Role::Viewer).await;
    empty.get(&viewer, "/activity").await.is(200).shows("No connection is set up yet.");
    empty.machine.host.store.save_connection(&connection("one")).await.expect("it is stored");
    empty.get(&viewer, "/activity").await.is(200).shows("What happened");
}
