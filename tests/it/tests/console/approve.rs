//! Approving in the console (G33, M5, H1, H2): what a person sees is approved by its ids, the real job makes exactly that
//! and nothing that moved, and whoever looks again is told.

use crate::stage::{Stage, person};
use functions::events::{Cause, CompanyChanged, Event, SyncDue};
use functions::run::Scope;
use functions::usage_sync;
use it::world::{TODAY, World};
use sandbox::Seed;
use shared::ids::{CompanyId, ConnectionId};
use shared::person::Role;
use shared::run::{Approval, Job, Mode, Outcome};
use shared::snapshot::{ListedLine, Snapshot};

pub(crate) async fn snapshot(world: &World) -> Snapshot {
    world.host.store.snapshot(&world.connection).await.expect("it is whole").expect("there is one")
}

/// The lines with a change, by company.
pub(crate) fn open(snapshot: &Snapshot) -> Vec<&ListedLine> {
    snapshot.lines.values().flatten().filter(|line| line.change.is_some()).collect()
}

pub(crate) fn id_of(line: &ListedLine) -> String {
    line.change.as_ref().expect("it has a change").id.clone()
}

async fn approvals(world: &World) -> Vec<Approval> {
    let since = "2000-01-01T00:00:00Z".parse().expect("it is a time");
    world.host.store.approvals(&world.connection, since).await.expect("they are read")
}

async fn is_approved_at_all(world: &World) -> bool {
    world.host.store.connection(&world.connection).await.expect("it is read").expect("it is there").first_plan_approved
}

/// What the form of single changes carries.
async fn approve(stage: &Stage, cookie: &str, connection: &str, ids: &[String]) -> u16 {
    let boxes: Vec<String> = ids.iter().map(|id| format!("id-{id}")).collect();
    let mut fields = vec![("connection", connection), ("view", "")];
    fields.extend(boxes.iter().map(|name| (name.as_str(), "1")));
    stage.submit(cookie, "/plan/approve", &fields).await.status
}

/// A world before its first plan is approved, after a run that looked.
async fn before_the_first() -> (World, Stage, String) {
    let world = World::plain(5).await;
    world.apply_complete().await;
    let stage = Stage::over(&world).await;
    let operator = stage.session_with(Role::Operator).await;
    (world, stage, operator)
}

/// A world in review mode with three lines of one more each.
async fn reviewed() -> (World, Stage, String) {
    let world = World::even(3, 1).await;
    world.change_mapping(|mapping| mapping.settings.review_mode = true).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.apply_complete().await;
    assert_eq!(open(&snapshot(&world).await).len(), 3);
    let stage = Stage::over(&world).await;
    let operator = stage.session_with(Role::Operator).await;
    (world, stage, operator)
}

async fn first_id(world: &World) -> String {
    let plan = snapshot(world).await.plan.expect("a plan was made");
    assert!(plan.first);
    plan.id
}

#[tokio::test]
async fn m5_the_first_plan_that_is_approved_in_the_console_is_made_by_the_next_run() {
    let (world, mut stage, operator) = before_the_first().await;
    let plan = first_id(&world).await;
    assert_eq!(plan, world.plan().await.id, "what the console shows is the plan as it is");
    stage.get(&operator, "/plan").await.is(200).shows("The first plan").shows(&format!("value=\"{plan}\""));
    let sent = stage.submit(&operator, "/plan/approve", &[("connection", "msp"), ("view", ""), ("plan", &plan)]).await;
    assert!(sent.is(303).header("location").starts_with("/plan?connection=msp&since="));
    let due = SyncDue { connection: world.connection.clone(), job: Job::UsageSync };
    assert_eq!(stage.published(), [Event::SyncDue(due)]);
    assert_eq!((is_approved_at_all(&world).await, world.adjustments()), (false, 0), "the console itself makes nothing");
    let by = "Person operator, operator (https://login.example)";
    let given = approvals(&world).await.remove(0);
    assert_eq!(given.by, by);
    assert!(given.ids.contains(&plan) && !given.companies.is_empty());
    stage.get(&operator, "/plan").await.shows(&format!("Approved by <bdi>{by}</bdi>"));
    let recorded = world.host.store.audit(1).await.expect("it is read").remove(0);
    assert!(recorded.what.contains(&plan) && recorded.after.starts_with("approved: "), "{recorded:?}");
    assert_eq!(recorded.by, person("operator", None).id);

    let run = world.apply_complete().await;
    assert!(run.record.counts.made > 0 && run.record.counts.held == 0, "{:?}", run.record.counts);
    assert!(is_approved_at_all(&world).await);
    world.all_is_right_and_made_once().await;
    // Nobody of the first plan is a new customer afterwards.
    world.pass_days(1);
    world.use_one_more_of_each();
    let next = world.apply_complete().await;
    assert_eq!(next.record.counts.held, 0);
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn m5_nothing_is_made_and_the_page_says_so_where_the_world_moved_after_the_first_plan_was_approved() {
    let (world, stage, operator) = before_the_first().await;
    let plan = first_id(&world).await;
    stage.submit(&operator, "/plan/approve", &[("connection", "msp"), ("plan", &plan)]).await.is(303);
    let moved = world.sold().remove(0);
    world.set_used(&moved, world.used(&moved) + 1);
    let run = world.apply_complete().await;
    assert_eq!((run.record.counts.made, world.adjustments()), (0, 0));
    assert!(!is_approved_at_all(&world).await);
    let page = stage.get(&operator, "/plan").await.is(200);
    page.shows("A first plan was approved by Person operator").shows("look again").hides("Approved by <bdi>");
    // What was shown before is refused by now.
    stage.submit(&operator, "/plan/approve", &[("connection", "msp"), ("plan", &plan)]).await.is(409);
    assert_eq!(approvals(&world).await.len(), 1);
    let plan = first_id(&world).await;
    stage.submit(&operator, "/plan/approve", &[("connection", "msp"), ("plan", &plan)]).await.is(303);
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn m5_in_plan_mode_the_approval_of_the_first_plan_counts_and_nothing_is_made() {
    let (world, stage, operator) = before_the_first().await;
    let plan = first_id(&world).await;
    stage.submit(&operator, "/plan/approve", &[("connection", "msp"), ("plan", &plan)]).await.is(303);
    let run = usage_sync::run(&world.host, &world.connection, Scope::Everybody, Mode::Plan).await.expect("it runs");
    assert_eq!((run.record.outcome.clone(), world.adjustments()), (Outcome::Complete, 0));
    assert!(run.record.counts.changes > 0 && is_approved_at_all(&world).await);
    stage.get(&operator, "/plan").await.is(200).hides("The first plan").shows("changes with the next run");
    // Who was in it is no new customer from then on.
    world.use_one_more_of_each();
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn m5_single_changes_of_the_first_plan_are_not_approved() {
    let (world, stage, operator) = before_the_first().await;
    let ids: Vec<String> = open(&snapshot(&world).await).into_iter().map(id_of).collect();
    assert_eq!(approve(&stage, &operator, "msp", &ids[..1]).await, 409);
    let all = [("connection", "msp"), ("view", ""), ("all", "1"), ("list", "1")];
    stage.submit(&operator, "/plan/approve", &all).await.is(409);
    assert!(approvals(&world).await.is_empty());
}

#[tokio::test]
async fn m5_a_plan_that_cannot_start_is_not_approved_and_an_empty_one_opens_nothing() {
    let seed = Seed { customers: 1, story: false, today: TODAY, ..Seed::default() };
    let (world, _) = World::unconnected(seed, false).await;
    world.connect_again(true).await.expect("it is set up");
    world.apply().await;
    let plan = first_id(&world).await;
    let stage = Stage::over(&world).await;
    let operator = stage.session_with(Role::Operator).await;
    stage.get(&operator, "/plan").await.is(200).shows("There is nothing to approve yet");
    stage.submit(&operator, "/plan/approve", &[("connection", "msp"), ("plan", &plan)]).await.is(409);
    // Even where such an approval is there, by whatever way, no run takes it for one.
    let approval = Approval {
        ids: vec![plan],
        companies: Default::default(),
        lines: Default::default(),
        by: "x".to_owned(),
        at: world.now(),
    };
    world.host.store.save_approval(&world.connection, &approval).await.expect("it is stored");
    world.apply().await;
    assert!(!is_approved_at_all(&world).await);
}

#[tokio::test]
async fn h2_a_change_that_is_approved_in_the_console_is_made_and_no_other() {
    let (world, mut stage, operator) = reviewed().await;
    let before = snapshot(&world).await;
    let line = open(&before)[1].clone();
    assert_eq!(approve(&stage, &operator, "msp", &[id_of(&line)]).await, 303);
    let company = line.place.company;
    let looks = CompanyChanged { connection: world.connection.clone(), company, cause: Cause::Mapping };
    assert_eq!(stage.published(), [Event::CompanyChanged(looks)]);
    stage
        .get(&operator, "/plan")
        .await
        .shows("approved by <bdi>Person operator, operator (https://login.example)</bdi>");
    let run = usage_sync::run(&world.host, &world.connection, Scope::company(company), Mode::Apply).await.unwrap();
    assert_eq!((run.record.outcome, run.record.counts.made), (Outcome::Complete, 1));
    assert_eq!(world.wrong().len(), 2, "the others wait");
    let made = world.host.store.changes(&world.connection, company, line.place.service).await.unwrap().pop().unwrap();
    assert_eq!(made.intent.change, id_of(&line));
    assert_eq!(made.intent.approved_by.as_deref(), Some("Person operator, operator (https://login.example)"));
    // What was made did not move, whatever comes next.
    world.pass_days(1);
    world.use_one_more_of_each();
    world.apply_complete().await;
    stage.get(&operator, "/plan").await.is(200).shows("3 held").hides("moved since");
    world.made_once().await;
}

#[tokio::test]
async fn h2_what_moved_after_it_was_approved_is_not_made_and_is_told_where_its_line_is_shown() {
    let (world, stage, operator) = reviewed().await;
    let before = snapshot(&world).await;
    let (stays, moves) = (open(&before)[0].clone(), open(&before)[1].clone());
    assert_eq!(approve(&stage, &operator, "msp", &[id_of(&stays), id_of(&moves)]).await, 303);
    let company = moves.place.company.0;
    let sold = world.sold().into_iter().find(|sold| sold.company == company).expect("it sells something");
    world.set_used(&sold, world.used(&sold) + 5);
    let run = world.apply_complete().await;
    assert_eq!((run.record.counts.made, run.record.counts.held), (1, 2));
    let page = stage.get(&operator, "/plan").await.is(200);
    let told =
        "approved by Person operator, operator (https://login.example), but usage, units, contract or mapping moved";
    assert_eq!(page.text.matches(told).count(), 1, "{}", page.text);
    let row = page.text.split("<tr>").find(|row| row.contains(told)).expect("it is told in a row");
    assert!(row.contains(&format!("customer={company}")), "{row}");
    world.made_once().await;
}

#[tokio::test]
async fn what_is_not_in_the_plan_any_more_is_refused_and_nothing_of_it_is_approved() {
    let (world, stage, operator) = reviewed().await;
    let before = snapshot(&world).await;
    let ids: Vec<String> = open(&before).into_iter().map(id_of).collect();
    let sold = world.sold().remove(0);
    world.set_used(&sold, world.used(&sold) + 5);
    world.apply_complete().await;
    let page = stage.submit(&operator, "/plan/approve", &[("connection", "msp"), ("view", "")]).await.is(400);
    page.shows("nothing was chosen");
    assert_eq!(approve(&stage, &operator, "msp", &ids).await, 409);
    for nothing in ["", "0", "000000000000", "<script>", "%00"] {
        assert_eq!(approve(&stage, &operator, "msp", &[nothing.to_owned()]).await, 409, "{nothing}");
    }
    assert!(approvals(&world).await.is_empty());
    let recorded = world.host.store.audit(20).await.expect("it is read");
    assert!(recorded.iter().all(|record| record.what == "test"), "{recorded:?}");
}

#[tokio::test]
async fn ids_of_another_connection_are_nothing_here() {
    let (world, stage, operator) = reviewed().await;
    let other =
        world.beside("other", Seed { customers: 2, seed: 9, story: false, today: TODAY, ..Seed::default() }).await;
    other.settle().await;
    let ids: Vec<String> = open(&snapshot(&world).await).into_iter().map(id_of).collect();
    assert_eq!(approve(&stage, &operator, "other", &ids).await, 409);
    assert_eq!(approve(&stage, &operator, "nowhere", &ids).await, 404);
    assert_eq!(approve(&stage, &operator, "msp#approvals", &ids).await, 404);
    assert!(approvals(&world).await.is_empty());
    assert_eq!(approvals(&other).await.iter().filter(|one| one.by != "clerk").count(), 0);
}

#[tokio::test]
async fn all_that_are_filtered_are_those_that_were_shown_or_nothing() {
    let (world, stage, operator) = reviewed().await;
    let before = snapshot(&world).await;
    let company: CompanyId = open(&before)[2].place.company;
    let view = format!("customer={company}");
    let page =
        stage.get(&operator, &format!("/plan?connection=msp&{view}")).await.is(200).shows("all 1 that are filtered");
    let (_, after) = page.text.split_once("name=\"list\" value=\"").expect("the form says what was shown");
    let print = after.split('"').next().expect("it ends").to_owned();
    let fields = |list: &str| {
        [("connection", "msp"), ("view", &view), ("all", "1"), ("list", list)]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
    };
    for stale in ["", "0.0", "1", &format!("{print}0")] {
        let fields = fields(stale);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        stage.submit(&operator, "/plan/approve", &fields).await.is(409);
    }
    assert!(approvals(&world).await.is_empty());
    // What else moves meanwhile is in nobody's way: another customer's line is another one.
    let others =
        open(&before).into_iter().find(|line| line.place.company != company).expect("there is another").place.clone();
    let sold = world.sold().into_iter().find(|sold| Some(sold.line) == others.line.map(|line| line.0));
    world.set_used(&sold.expect("it is sold"), 90);
    world.apply_complete().await;
    let fields = fields(&print);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    stage.submit(&operator, "/plan/approve", &fields).await.is(303);
    let given = approvals(&world).await.remove(0);
    assert_eq!(given.companies.into_iter().collect::<Vec<_>>(), [company]);
    assert_eq!(given.ids, [id_of(open(&before)[2])]);
}

#[tokio::test]
async fn h1_the_hold_of_a_whole_run_is_approved_in_the_console() {
    let (world, _) = World::wired(it::world::even(12, 1)).await;
    world.settle().await;
    world.pass_days(1);
    for sold in world.sold() {
        world.set_used(&sold, 0);
    }
    world.apply_complete().await;
    let held = snapshot(&world).await;
    let hold = held.run_hold.clone().expect("the whole run is held");
    assert!(held.vanished.len() > 3, "{:?}", held.vanished);
    let mut stage = Stage::over(&world).await;
    let operator = stage.session_with(Role::Operator).await;
    stage.get(&operator, "/plan").await.is(200).shows("The whole run is held");
    assert_eq!(approve(&stage, &operator, "msp", std::slice::from_ref(&hold.id)).await, 303);
    let due = SyncDue { connection: ConnectionId::new("msp"), job: Job::UsageSync };
    assert_eq!(stage.published(), [Event::SyncDue(due)]);
    let given = approvals(&world).await.pop().expect("it is there");
    assert!(held.vanished.iter().all(|id| given.ids.contains(id)), "what vanished is approved with it");
    let run = world.apply_complete().await;
    assert!(run.plan.expect("there is one").run_hold.is_none());
    world.made_once().await;
}
