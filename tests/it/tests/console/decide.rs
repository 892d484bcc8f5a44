//! Deciding otherwise than the plan in the console (U8, C2): it is kept with who decided and why, the next run of the
//! real job heeds it, and what moved or is not this connection's is refused.

use crate::approve::{id_of, open, snapshot};
use crate::stage::{Stage, person};
use functions::events::{Cause, CompanyChanged, Event};
use functions::run::Scope;
use functions::usage_sync;
use it::lines::Sold;
use it::world::World;
use sandbox::Seed;
use shared::decision::{Decided, Decision};
use shared::finding::What;
use shared::ids::ServiceId;
use shared::person::Role;
use shared::run::Mode;
use shared::snapshot::ListedLine;

/// Three customers with one line each and one more used of each, which the next run would change.
async fn to_change() -> (World, Stage, String) {
    let world = World::even(3, 1).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    usage_sync::run(&world.host, &world.connection, Scope::Everybody, Mode::Plan).await.expect("it runs");
    let stage = Stage::over(&world).await;
    let operator = stage.session_with(Role::Operator).await;
    (world, stage, operator)
}

async fn line(world: &World, index: usize) -> ListedLine {
    open(&snapshot(world).await)[index].clone()
}

fn sold(world: &World, line: &ListedLine) -> Sold {
    world.sold().into_iter().find(|sold| Some(sold.line) == line.place.line.map(|line| line.0)).expect("it is there")
}

/// What forms of the page carry for what was shown.
pub(crate) async fn stamp(stage: &Stage, cookie: &str) -> String {
    let page = stage.get(cookie, "/plan?connection=msp&show=all").await.is(200);
    let (_, after) = page.text.split_once("name=\"shown\" value=\"").expect("forms say what was shown");
    after.split('"').next().unwrap_or_default().to_owned()
}

/// What the form for all that are filtered carries for them.
async fn list(stage: &Stage, cookie: &str) -> String {
    let page = stage.get(cookie, "/plan?connection=msp").await.is(200);
    let (_, after) = page.text.split_once("name=\"list\" value=\"").expect("the form says what was shown");
    after.split('"').next().unwrap_or_default().to_owned()
}

/// Sends the form of a line.
async fn decide(stage: &Stage, cookie: &str, line: &ListedLine, shown: &str, fields: &[(&str, &str)]) -> u16 {
    let place = &line.place;
    let (company, service) = (place.company.to_string(), place.service.to_string());
    let number = place.line.map(|line| line.to_string()).unwrap_or_default();
    let change = line.change.as_ref().map(|change| change.id.clone()).unwrap_or_default();
    let of_line = [
        ("connection", "msp"),
        ("view", ""),
        ("shown", shown),
        ("company", &company),
        ("service", &service),
        ("line", &number),
        ("change", &change),
    ];
    let given = |name: &str| fields.iter().any(|(given, _)| *given == name);
    let all: Vec<(&str, &str)> =
        of_line.into_iter().filter(|(name, _)| !given(name)).chain(fields.iter().copied()).collect();
    stage.submit(cookie, "/plan/decide", &all).await.status
}

async fn decisions(world: &World, line: &ListedLine) -> Vec<Decision> {
    let mapping = world.host.store.mapping(&world.connection).await.expect("it is read").expect("it is there");
    mapping.customers[&line.place.company].decisions.get(&line.place.service).cloned().unwrap_or_default()
}

#[tokio::test]
async fn u8_units_that_are_adjusted_are_made_and_kept_until_the_period_ends() {
    let (world, mut stage, operator) = to_change().await;
    let line = line(&world, 1).await;
    let sold = sold(&world, &line);
    let shown = stamp(&stage, &operator).await;
    let wanted = line.units - 2;
    let units = wanted.to_string();
    let fields = [("decision", "adjust"), ("units", units.as_str()), ("reason", "agreed <by> phone")];
    assert_eq!(decide(&stage, &operator, &line, &shown, &fields).await, 303);
    let company = line.place.company;
    let looks = CompanyChanged { connection: world.connection.clone(), company, cause: Cause::Mapping };
    assert_eq!(stage.published(), [Event::CompanyChanged(looks)]);
    let kept = decisions(&world, &line).await;
    let until = "2026-11-30".parse().expect("a day");
    assert_eq!(kept[0].what, Decided::Adjust { units: u32::try_from(wanted).expect("a sane number"), until });
    assert_eq!(kept[0].by, "Person operator, operator (https://login.example)");
    let told = format!(
        "adjusted to {wanted} until 2026-11-30 by Person operator, operator (https://login.example): agreed &#60;by&#62; phone"
    );
    stage.get(&operator, "/plan?show=excluded").await.is(200).shows(&told);
    let recorded = world.host.store.audit(1).await.expect("it is read").remove(0);
    assert_eq!((recorded.by, recorded.before.as_str()), (person("operator", None).id, "by usage"));
    assert!(
        recorded.what.contains(&format!("company {company}"))
            && recorded.after.contains(&format!("adjusted to {wanted}"))
    );
    let run = usage_sync::run(&world.host, &world.connection, Scope::company(company), Mode::Apply).await.unwrap();
    assert_eq!((run.record.counts.made, world.units(&sold)), (1, wanted));
    world.pass_days(5);
    world.apply_complete().await;
    assert_eq!(world.units(&sold), wanted, "until the period ends");
    world.pass_days(20);
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u8_what_is_dismissed_waits_and_is_not_made_in_this_period() {
    let (world, stage, operator) = to_change().await;
    let line = line(&world, 0).await;
    let shown = stamp(&stage, &operator).await;
    assert_eq!(
        decide(&stage, &operator, &line, &shown, &[("decision", "dismiss"), ("reason", "next month")]).await,
        303
    );
    // It counts at once, whatever the last run saw.
    let page = stage.get(&operator, "/plan?show=waiting").await.is(200);
    page.shows("dismissed until 2026-11-30 by Person operator").shows("next month");
    stage.get(&operator, "/plan").await.is(200).hides(&format!("name=\"id-{}\"", id_of(&line)));
    let run = world.apply_complete().await;
    assert_eq!(run.record.counts.made, 2);
    let plan = run.plan.expect("there is one");
    assert!(plan.waiting.iter().any(|waiting| waiting.place == line.place), "{plan}");
    assert_eq!(world.wrong().len(), 1);
    // It is taken back.
    let now = snapshot(&world).await.lines[&line.place.company][0].clone();
    let shown = stamp(&stage, &operator).await;
    assert_eq!(decide(&stage, &operator, &now, &shown, &[("decision", "take-back")]).await, 303);
    assert!(decisions(&world, &line).await.is_empty());
    let stamp = stamp(&stage, &operator).await;
    assert_eq!(
        decide(&stage, &operator, &now, &stamp, &[("decision", "take-back")]).await,
        409,
        "it is taken back already"
    );
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u8_an_excluded_line_is_left_alone_and_listed_with_what_is_not_billed() {
    let (world, stage, operator) = to_change().await;
    let line = line(&world, 2).await;
    let shown = stamp(&stage, &operator).await;
    assert_eq!(decide(&stage, &operator, &line, &shown, &[("decision", "exclude"), ("reason", "by hand")]).await, 303);
    let run = world.apply_complete().await;
    assert_eq!(run.record.counts.made, 2);
    let found = run.plan.expect("there is one").findings;
    assert!(matches!(found.as_slice(), [one] if matches!(one.what, What::Excluded { .. })), "{found:?}");
    world.pass_days(40);
    world.apply_complete().await;
    assert_eq!(world.wrong().len(), 1);
    let page = stage.get(&operator, "/plan?show=excluded").await.is(200);
    page.shows("excluded since 2026-11-11 by Person operator").shows("is left alone with").shows("by hand");
}

#[tokio::test]
async fn u8_many_are_dismissed_at_once_those_that_are_ticked_or_all_that_are_filtered() {
    let (world, mut stage, operator) = to_change().await;
    let (first, second) = (line(&world, 0).await, line(&world, 1).await);
    let (shown, listed) = (stamp(&stage, &operator).await, list(&stage, &operator).await);
    let boxes = [id_of(&first), id_of(&second)].map(|id| format!("id-{id}"));
    let common = [("connection", "msp"), ("view", ""), ("shown", &shown), ("decision", "dismiss"), ("reason", "all")];
    let mut ticked = common.to_vec();
    ticked.extend(boxes.iter().map(|name| (name.as_str(), "1")));
    stage.submit(&operator, "/plan/decide", &ticked).await.is(303);
    assert_eq!(stage.published().len(), 2);
    assert_eq!((decisions(&world, &first).await.len(), decisions(&world, &second).await.len()), (1, 1));
    // The page they were ticked on is another by now.
    stage.submit(&operator, "/plan/decide", &ticked).await.is(409);
    let now = stamp(&stage, &operator).await;
    let all = |list| {
        let all = [("connection", "msp"), ("view", ""), ("shown", &now), ("decision", "exclude"), ("reason", "x")];
        all.into_iter().chain([("all", "1"), ("list", list)]).collect::<Vec<_>>()
    };
    stage.submit(&operator, "/plan/decide", &all(&listed)).await.is(409);
    let listed = list(&stage, &operator).await;
    stage.submit(&operator, "/plan/decide", &all(&listed)).await.is(303);
    let third = line(&world, 2).await;
    assert!(matches!(decisions(&world, &third).await[0].what, Decided::Exclude));
    assert!(matches!(decisions(&world, &first).await[0].what, Decided::Dismiss { .. }), "it was not among them");
    let run = world.apply_complete().await;
    assert_eq!(run.record.counts.made, 0);
}

#[tokio::test]
async fn c2_one_of_several_lines_is_pinned_and_billed() {
    let world = World::even(1, 1).await;
    world.pass_days(1);
    let sold = world.sold().remove(0);
    let units = world.units(&sold);
    let second = world.sandbox.world(|vendors| vendors.add_line(sold.contract, sold.service, units, None));
    world.use_one_more_of_each();
    world.apply_complete().await;
    let stage = Stage::over(&world).await;
    let operator = stage.session_with(Role::Operator).await;
    let lines = snapshot(&world).await.lines.into_values().next().expect("it has lines");
    assert_eq!(lines.len(), 2, "{lines:?}");
    stage.get(&operator, "/plan?show=all").await.is(200).shows("is on several lines").shows("Bill on this line");
    let shown = stamp(&stage, &operator).await;
    let chosen = lines.iter().find(|line| line.place.line.is_some_and(|line| line.0 == second)).expect("it is listed");
    assert_eq!(decide(&stage, &operator, chosen, &shown, &[("decision", "pin")]).await, 303);
    let run = world.apply_complete().await;
    assert_eq!(run.record.counts.made, 1);
    stage.get(&operator, "/plan?show=all").await.is(200).shows("Unpin this line");
    let shown = stamp(&stage, &operator).await;
    let now = snapshot(&world).await.lines.into_values().next().expect("it has lines");
    assert_eq!(decide(&stage, &operator, &now[0], &shown, &[("decision", "unpin")]).await, 303);
    let shown = stamp(&stage, &operator).await;
    assert_eq!(decide(&stage, &operator, &now[0], &shown, &[("decision", "unpin")]).await, 409);
}

#[tokio::test]
async fn two_who_decide_on_one_page_the_second_is_told_and_nothing_is_lost() {
    let (world, stage, operator) = to_change().await;
    let (first, second) = (line(&world, 0).await, line(&world, 1).await);
    let other = stage.session_of(&person("other", Some(Role::Operator))).await;
    let shown = stamp(&stage, &operator).await;
    let fields = [("decision", "dismiss"), ("reason", "mine")];
    assert_eq!(decide(&stage, &operator, &first, &shown, &fields).await, 303);
    assert_eq!(decide(&stage, &other, &second, &shown, &fields).await, 409);
    assert_eq!((decisions(&world, &first).await.len(), decisions(&world, &second).await.len()), (1, 0));
    let shown = stamp(&stage, &other).await;
    assert_eq!(decide(&stage, &other, &second, &shown, &fields).await, 303);
    assert_eq!((decisions(&world, &first).await.len(), decisions(&world, &second).await.len()), (1, 1));
}

#[tokio::test]
async fn what_moved_is_not_there_or_says_nothing_is_refused_and_nothing_is_recorded() {
    let (world, stage, operator) = to_change().await;
    let line = line(&world, 0).await;
    let shown = stamp(&stage, &operator).await;
    let long = "x".repeat(201);
    let dismiss = [("decision", "dismiss"), ("reason", "why")];
    for (status, fields) in [
        (409, vec![("change", "000000000000")]),
        (409, vec![("change", "")]),
        (409, vec![("shown", "0.0")]),
        (409, vec![("shown", "")]),
        (404, vec![("company", "999999")]),
        (404, vec![("company", "x")]),
        (404, vec![("service", "999999")]),
        (404, vec![("line", "999999")]),
        (404, vec![("connection", "other")]),
        (400, vec![("decision", "delete")]),
        (400, vec![("decision", "")]),
        (400, vec![("reason", "")]),
        (400, vec![("reason", "  ")]),
        (400, vec![("reason", &long)]),
        (400, vec![("decision", "adjust"), ("units", "-1")]),
        (400, vec![("decision", "adjust"), ("units", "1.5")]),
        (400, vec![("decision", "adjust"), ("units", "")]),
        (400, vec![("decision", "adjust"), ("units", "4294967295")]),
        (400, vec![("decision", "adjust"), ("units", "4294967296")]),
        (400, vec![("decision", "pin"), ("line", "nonsense")]),
        (404, vec![("decision", "pin"), ("line", "999999")]),
        (409, vec![("decision", "unpin")]),
        (409, vec![("decision", "take-back")]),
    ] {
        let mut all = fields.clone();
        all.extend(dismiss.into_iter().filter(|(name, _)| !fields.iter().any(|(given, _)| given == name)));
        assert_eq!(decide(&stage, &operator, &line, &shown, &all).await, status, "{fields:?}");
    }
    assert!(decisions(&world, &line).await.is_empty());
    let recorded = world.host.store.audit(50).await.expect("it is read");
    assert!(recorded.iter().all(|record| record.what == "test"), "{recorded:?}");
    let nothing = [("connection", "msp"), ("shown", &shown), ("decision", "dismiss"), ("reason", "why")];
    stage.submit(&operator, "/plan/decide", &nothing).await.is(400);
    let by_line = [("connection", "msp"), ("shown", &shown), ("decision", "adjust"), ("units", "1"), ("reason", "why")];
    stage.submit(&operator, "/plan/decide", &by_line).await.is(400);
}

#[tokio::test]
async fn lines_of_another_connection_are_nothing_here() {
    let (world, stage, operator) = to_change().await;
    let other = world.beside("other", Seed { seed: 9, ..it::world::even(9, 1) }).await;
    other.settle().await;
    let shown = stamp(&stage, &operator).await;
    let ours = snapshot(&world).await;
    let theirs = snapshot(&other).await;
    let foreign = theirs.lines.values().flatten().find(|line| !ours.lines.contains_key(&line.place.company));
    let foreign = foreign.expect("it has more customers").clone();
    let fields = [("decision", "exclude"), ("reason", "why")];
    assert_eq!(decide(&stage, &operator, &foreign, &shown, &fields).await, 404);
    let service = ServiceId(foreign.place.service.0);
    let mapping = other.host.store.mapping(&other.connection).await.unwrap().unwrap();
    assert!(mapping.customers.values().all(|row| !row.decisions.contains_key(&service)));
}
