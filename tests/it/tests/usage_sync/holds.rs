//! What waits for a person (M5, H1, H2), how it is approved, and that an approval is for exactly what was
//! shown.

use functions::run::Approve;
use it::lines::Sold;
use it::world::{World, even};
use shared::ids::CompanyId;
use shared::mapping::CustomerLink;
use shared::plan::{HoldReason, Plan};
use shared::run::Outcome;

fn held_ids(plan: &Plan) -> Vec<String> {
    plan.held.iter().map(|held| held.change.id.clone()).collect()
}

fn reasons(plan: &Plan) -> Vec<HoldReason> {
    plan.held.iter().flat_map(|held| held.reasons.clone()).collect()
}

async fn one_jump() -> (World, Sold) {
    let world = World::even(3, 3).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let line = world.sold().remove(4);
    world.set_used(&line, world.units(&line) * 2 + 40);
    (world, line)
}

#[tokio::test]
async fn h1_a_jump_is_held_while_the_rest_goes_on_and_is_made_once_it_is_approved() {
    let (world, line) = one_jump().await;
    let run = world.apply_complete().await;
    assert_eq!((run.record.counts.made, run.record.counts.held), (8, 1));
    let plan = run.plan.expect("there is one");
    assert_eq!(reasons(&plan), [HoldReason::Jump], "{plan}");
    assert_eq!(world.wrong().into_iter().map(|(sold, ..)| sold).collect::<Vec<_>>(), [line]);
    world.approve(Approve::Ids(held_ids(&plan))).await.unwrap();
    // It may be made on a later day, by the run that comes next.
    world.pass_days(1);
    let run = world.apply_complete().await;
    assert_eq!(run.record.counts.made, 1);
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn h1_an_approval_is_refused_when_usage_moved_and_does_not_count_when_it_moves_afterwards() {
    let (world, line) = one_jump().await;
    let shown = world.apply_complete().await.plan.expect("there is one");
    world.set_used(&line, world.used(&line) + 1);
    let refused = world.approve(Approve::Ids(held_ids(&shown))).await.unwrap_err().to_string();
    assert!(refused.contains("is not in the plan any more"), "{refused}");
    let refused = world.approve(Approve::Plan(shown.id)).await.unwrap_err().to_string();
    assert!(refused.contains("no longer what would be done"), "{refused}");

    let shown = world.plan().await;
    world.approve(Approve::Ids(held_ids(&shown))).await.unwrap();
    world.set_used(&line, world.used(&line) + 1);
    let run = world.apply_complete().await;
    assert_eq!((run.record.counts.made, run.record.counts.held), (0, 1));
    world.made_once().await;
}

#[tokio::test]
async fn h1_an_approval_moved_by_another_hand_on_the_units_does_not_count() {
    let (world, line) = one_jump().await;
    let shown = world.apply_complete().await.plan.expect("there is one");
    world.approve(Approve::Ids(held_ids(&shown))).await.unwrap();
    let today = world.today();
    world.sandbox.world(|vendors| vendors.human_adjust(line.line, 1, today)).expect("a person may");
    world.pass_days(1);
    let run = world.apply_complete().await;
    assert_eq!((run.record.counts.made, run.record.counts.held), (0, 1));
}

#[tokio::test]
async fn h1_an_approval_is_good_for_one_change() {
    let (world, line) = one_jump().await;
    let before = world.units(&line);
    let shown = world.apply_complete().await.plan.expect("there is one");
    let many = world.used(&line);
    world.approve(Approve::Ids(held_ids(&shown))).await.unwrap();
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
    // Down again, which is held too, and up once more: the first approval is used up.
    world.pass_days(1);
    world.set_used(&line, before);
    let down = world.apply_complete().await.plan.expect("there is one");
    world.approve(Approve::Ids(held_ids(&down))).await.unwrap();
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
    world.pass_days(1);
    world.set_used(&line, many);
    let run = world.apply_complete().await;
    assert_eq!((run.record.counts.made, run.record.counts.held), (0, 1));
}

#[tokio::test]
async fn h1_a_fall_to_nothing_from_five_or_more_is_held() {
    let world = World::even(2, 3).await;
    let line = world.sold().into_iter().find(|sold| (5..=25).contains(&world.units(sold))).expect("a small line");
    world.pass_days(1);
    world.set_used(&line, 0);
    let plan = world.apply_complete().await.plan.expect("there is one");
    assert_eq!(reasons(&plan), [HoldReason::FallToZero], "{plan}");
    world.approve(Approve::Ids(held_ids(&plan))).await.unwrap();
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

/// Ten customers, one change for each line, and four of the customers gone from what we see.
async fn much_vanished(vanish: impl FnOnce(&World, &[Sold])) -> (World, Vec<Sold>) {
    let world = World::even(10, 2).await;
    let sold = world.sold();
    world.pass_days(1);
    world.use_one_more_of_each();
    vanish(&world, &sold[..8]);
    (world, sold)
}

async fn is_held_as_a_whole_then_goes_on(world: &World, sold: &[Sold]) {
    let before: Vec<i64> = sold.iter().map(|sold| world.units(sold)).collect();
    for _ in 0..2 {
        let run = world.apply_complete().await;
        let plan = run.plan.expect("there is one");
        assert!(plan.run_hold.is_some(), "{plan}");
        assert_eq!((run.record.counts.made, run.record.counts.held), (0, 12));
        world.pass_days(1);
    }
    assert_eq!(sold.iter().map(|sold| world.units(sold)).collect::<Vec<_>>(), before);
    let hold = world.plan().await.run_hold.expect("it is held");
    world.approve(Approve::Ids(vec![hold.id])).await.expect("the hold is approved");
    let run = world.apply_complete().await;
    assert_eq!(run.record.counts.made, 12);
    for (sold, before) in sold.iter().zip(before).take(8) {
        assert_eq!(world.units(sold), before, "what vanished is left alone");
    }
    world.made_once().await;
    world.pass_days(1);
    let next = world.plan().await;
    assert!(next.run_hold.is_none(), "what is gone is known now: {next}");
}

#[tokio::test]
async fn h1_the_whole_run_is_held_when_more_than_a_fifth_of_the_tenants_vanished() {
    let vanish = |world: &World, sold: &[Sold]| {
        for line in sold {
            world.sandbox.world(|vendors| vendors.remove_tenant(&line.tenant));
        }
    };
    let (world, sold) = much_vanished(vanish).await;
    is_held_as_a_whole_then_goes_on(&world, &sold).await;
}

#[tokio::test]
async fn h1_the_whole_run_is_held_when_more_than_a_fifth_of_the_contracts_are_hidden_from_us() {
    let vanish = |world: &World, sold: &[Sold]| {
        for line in sold {
            world.sandbox.world(|vendors| vendors.hide_contract(line.contract));
        }
    };
    let (world, sold) = much_vanished(vanish).await;
    is_held_as_a_whole_then_goes_on(&world, &sold).await;
}

#[tokio::test]
async fn h1_a_run_held_as_a_whole_goes_on_by_itself_when_what_vanished_is_back() {
    let vanish = |world: &World, sold: &[Sold]| {
        for line in sold {
            world.sandbox.world(|vendors| vendors.hide_company(line.company));
        }
    };
    let (world, _) = much_vanished(vanish).await;
    assert_eq!(world.apply_complete().await.record.counts.made, 0);
    world.sandbox.world(sandbox::World::hide_nothing);
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn m5_single_changes_of_the_first_plan_cannot_be_approved() {
    let world = World::plain(3).await;
    world.use_one_more_of_each();
    let plan = world.plan().await;
    let refused = world.approve(Approve::Ids(held_ids(&plan))).await.unwrap_err().to_string();
    assert!(refused.contains("the first plan is approved as a whole"), "{refused}");
    assert_eq!(world.apply_complete().await.record.counts.made, 0);
}

#[tokio::test]
async fn m5_a_line_that_moved_after_the_first_plan_was_approved_is_no_new_customers() {
    let world = World::of(even(3, 3)).await;
    world.use_one_more_of_each();
    world.approve_plan().await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let run = world.apply_complete().await;
    assert_eq!((run.record.counts.made, run.record.counts.held), (9, 0));
    world.all_is_right_and_made_once().await;
}

/// A settled world whose first customer was not mapped, the day after; and the link that it will have.
async fn with_one_left_out() -> (World, CompanyId, CustomerLink) {
    let world = World::of(even(3, 3)).await;
    let company = CompanyId(world.sold().remove(0).company);
    let mut was = None;
    let unlink = |mapping: &mut shared::mapping::Mapping| {
        let row = mapping.customers.get_mut(&company).expect("it is known");
        was = Some(std::mem::replace(&mut row.link, CustomerLink::Unmapped { left_alone: true }));
    };
    world.change_mapping(unlink).await;
    world.settle().await;
    world.pass_days(1);
    world.use_one_more_of_each();
    (world, company, was.expect("it was mapped"))
}

#[tokio::test]
async fn m5_a_customer_mapped_later_waits_once() {
    let (world, company, link) = with_one_left_out().await;
    world.change_mapping(|mapping| mapping.customers.get_mut(&company).expect("it is known").link = link).await;
    for _ in 0..2 {
        let plan = world.apply_complete().await.plan.expect("there is one");
        assert_eq!(reasons(&plan), vec![HoldReason::NewCustomer; 3], "{plan}");
    }
    assert_eq!(world.wrong().len(), 3);
    // Approved one by one: it waits until all of it is.
    let plan = world.plan().await;
    world.approve(Approve::Ids(held_ids(&plan)[..1].to_vec())).await.unwrap();
    assert_eq!(world.apply_complete().await.record.counts.held, 2);
    world.approve(Approve::Ids(held_ids(&plan)[1..].to_vec())).await.unwrap();
    assert_eq!(world.apply_complete().await.record.counts.made, 2);
    world.all_is_right_and_made_once().await;
    world.pass_days(1);
    world.use_one_more_of_each();
    assert_eq!(world.apply_complete().await.record.counts.held, 0, "only its first plan waits");
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn m5_a_customer_mapped_later_and_approved_does_not_wait_again_for_what_moved_meanwhile() {
    let (world, company, link) = with_one_left_out().await;
    world.change_mapping(|mapping| mapping.customers.get_mut(&company).expect("it is known").link = link).await;
    let plan = world.plan().await;
    world.approve(Approve::Ids(held_ids(&plan))).await.unwrap();
    world.pass_days(1);
    world.use_one_more_of_each();
    assert_eq!(world.apply_complete().await.record.counts.held, 0);
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn h2_in_review_mode_every_change_waits_for_its_approval() {
    let world = World::even(2, 3).await;
    world.change_mapping(|mapping| mapping.settings.review_mode = true).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let run = world.apply_complete().await;
    assert_eq!((run.record.counts.made, run.record.counts.held), (0, 6));
    let ids = held_ids(&run.plan.expect("there is one"));
    world.approve(Approve::Ids(ids[..2].to_vec())).await.unwrap();
    let run = world.apply().await;
    assert_eq!((run.record.outcome, run.record.counts.made), (Outcome::Complete, 2));
    assert_eq!(world.wrong().len(), 4);
    world.made_once().await;
    world.approve(Approve::Ids(ids[2..].to_vec())).await.unwrap();
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
    world.pass_days(1);
    world.use_one_more_of_each();
    assert_eq!(world.apply_complete().await.record.counts.held, 6, "an approval is for one change");
}

#[tokio::test]
async fn h1_approvals_older_than_a_week_are_void() {
    let (world, _) = one_jump().await;
    let shown = world.apply_complete().await.plan.expect("there is one");
    world.approve(Approve::Ids(held_ids(&shown))).await.unwrap();
    world.pass_days(8);
    let run = world.apply_complete().await;
    assert_eq!((run.record.counts.made, run.record.counts.held), (0, 1));
    world.made_once().await;
}
