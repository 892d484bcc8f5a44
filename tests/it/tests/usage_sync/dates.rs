//! Effective dates across the ends of months (U5) and what is billed by the month's greatest figure (U7),
//! by the real job from day to day.

use it::lines::Sold;
use it::world::{World, even};
use jiff::civil::{Date, date};
use sandbox::Seed;
use sandbox::acronis::catalogue::RECOVERY_SITE;
use shared::plan::{HoldReason, Until};
use shared::settings::{EffectiveDates, PostedPeriods};

const LAST_OF_NOVEMBER: Date = date(2026, 11, 30);
const FIRST_OF_DECEMBER: Date = date(2026, 12, 1);
const LAST_OF_DECEMBER: Date = date(2026, 12, 31);
const FIRST_OF_JANUARY: Date = date(2027, 1, 1);

/// Lines that we wrote on the first day, and from then on under this policy.
async fn under(policy: EffectiveDates) -> World {
    let world = World::even(2, 3).await;
    world.use_one_more_of_each();
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
    world.change_mapping(|mapping| mapping.settings.effective_dates = policy).await;
    world
}

fn pass_days_until(world: &World, day: Date) {
    world.pass_days(i64::from((day - world.today()).get_days()));
    assert_eq!(world.today(), day);
}

fn all_used(world: &World) -> Vec<(Sold, i64)> {
    world.sold().into_iter().map(|sold| (sold.clone(), world.used(&sold))).collect()
}

fn assert_units(world: &World, expected: &[(Sold, i64)], day: Date) {
    for (sold, units) in expected {
        assert_eq!(world.units_on(sold, day), *units, "on {day}: {sold:?}");
    }
}

#[tokio::test]
async fn u5_next_period_changes_are_sent_on_the_periods_last_day_for_the_next() {
    let world = under(EffectiveDates::NextPeriod).await;
    let november = all_used(&world);
    pass_days_until(&world, date(2026, 11, 20));
    world.use_one_more_of_each();
    let december = all_used(&world);
    let early = world.apply_complete().await;
    let plan = early.plan.expect("there is one");
    assert_eq!((early.record.counts.made, plan.waiting.len()), (0, 6), "{plan}");
    assert!(plan.waiting.iter().all(|line| line.until == Until::PeriodEnds { day: LAST_OF_NOVEMBER }));
    pass_days_until(&world, LAST_OF_NOVEMBER);
    assert_eq!(world.apply_complete().await.record.counts.made, 6);
    assert_units(&world, &november, LAST_OF_NOVEMBER);
    assert_units(&world, &december, FIRST_OF_DECEMBER);
    assert_eq!(world.apply_complete().await.record.counts.made, 0, "sent once");
    pass_days_until(&world, FIRST_OF_DECEMBER);
    assert_eq!(world.apply_complete().await.record.counts.made, 0);
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u5_a_missed_last_day_is_made_up_with_the_usage_of_then_and_the_same_date() {
    let world = under(EffectiveDates::NextPeriod).await;
    pass_days_until(&world, date(2026, 11, 28));
    world.use_one_more_of_each();
    let december = all_used(&world);
    world.apply_complete().await;
    pass_days_until(&world, date(2026, 12, 2));
    world.use_one_more_of_each();
    let january = all_used(&world);
    assert_eq!(world.apply_complete().await.record.counts.made, 6);
    assert_units(&world, &december, FIRST_OF_DECEMBER);
    assert_units(&world, &december, LAST_OF_DECEMBER);
    assert_eq!(world.apply_complete().await.record.counts.made, 0);
    pass_days_until(&world, LAST_OF_DECEMBER);
    assert_eq!(world.apply_complete().await.record.counts.made, 6);
    assert_units(&world, &january, FIRST_OF_JANUARY);
    pass_days_until(&world, FIRST_OF_JANUARY);
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u5_period_end_changes_bill_the_whole_period_by_the_usage_at_its_end() {
    let world = under(EffectiveDates::PeriodEnd).await;
    pass_days_until(&world, LAST_OF_NOVEMBER);
    world.apply_complete().await;
    pass_days_until(&world, date(2026, 12, 15));
    world.use_one_more_of_each();
    assert_eq!(world.apply_complete().await.record.counts.made, 0);
    pass_days_until(&world, LAST_OF_DECEMBER);
    world.use_one_more_of_each();
    let december = all_used(&world);
    assert_eq!(world.apply_complete().await.record.counts.made, 6);
    assert_units(&world, &december, FIRST_OF_DECEMBER);
    assert_units(&world, &december, LAST_OF_DECEMBER);
    let written = world.ours();
    let last: Vec<Date> = written[written.len() - 6..].iter().map(|adjustment| adjustment.effective).collect();
    assert_eq!(last, [FIRST_OF_DECEMBER; 6], "dated the period's first day, so that nothing is prorated");
    assert_eq!(world.apply_complete().await.record.counts.made, 0);
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u5_period_end_is_dated_the_first_free_day_where_we_wrote_within_the_period() {
    let world = under(EffectiveDates::PeriodEnd).await;
    pass_days_until(&world, date(2026, 11, 25));
    world.use_one_more_of_each();
    assert_eq!(world.apply_complete().await.record.counts.made, 0);
    pass_days_until(&world, LAST_OF_NOVEMBER);
    assert_eq!(world.apply_complete().await.record.counts.made, 6);
    let days: Vec<Date> = world.ours()[6..].iter().map(|adjustment| adjustment.effective).collect();
    assert_eq!(days, [date(2026, 11, 11); 6], "the tenth, when we wrote before, is taken");
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u5_period_end_made_up_after_a_missed_last_day_bills_the_period_that_ended() {
    let world = under(EffectiveDates::PeriodEnd).await;
    pass_days_until(&world, LAST_OF_NOVEMBER);
    world.apply_complete().await;
    pass_days_until(&world, date(2026, 12, 29));
    world.use_one_more_of_each();
    let december = all_used(&world);
    world.apply_complete().await;
    pass_days_until(&world, date(2027, 1, 3));
    world.use_one_more_of_each();
    assert_eq!(world.apply_complete().await.record.counts.made, 6);
    assert_units(&world, &december, LAST_OF_DECEMBER);
    assert_eq!(world.apply_complete().await.record.counts.made, 0);
    pass_days_until(&world, date(2027, 1, 31));
    assert_eq!(world.apply_complete().await.record.counts.made, 6);
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u5_up_today_down_next_raises_today_and_lowers_with_the_next_period() {
    let world = under(EffectiveDates::UpTodayDownNext).await;
    pass_days_until(&world, date(2026, 11, 20));
    let (up, down) = (world.sold().remove(0), world.sold().remove(1));
    let before = world.used(&down);
    assert!(before > 1, "the line can fall: {down:?}");
    world.set_used(&up, world.used(&up) + 1);
    world.set_used(&down, before - 1);
    assert_eq!(world.apply_complete().await.record.counts.made, 1);
    assert_eq!((world.units(&up), world.units(&down)), (world.used(&up), before));
    pass_days_until(&world, LAST_OF_NOVEMBER);
    assert_eq!(world.apply_complete().await.record.counts.made, 1);
    assert_eq!((world.units(&down), world.units_on(&down, FIRST_OF_DECEMBER)), (before, before - 1));
    pass_days_until(&world, FIRST_OF_DECEMBER);
    world.apply_complete().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn u5_a_posted_period_is_left_as_it_is_and_what_was_missed_is_told() {
    for posted_periods in [PostedPeriods::NextFree, PostedPeriods::Hold] {
        let world = World::even(2, 2).await;
        world.change_mapping(|mapping| mapping.settings.posted_periods = posted_periods).await;
        pass_days_until(&world, date(2026, 11, 20));
        let line = world.sold().remove(0);
        let (units, today) = (world.units(&line), world.today());
        assert!(world.sandbox.world(|vendors| vendors.post_period(line.line, today)));
        world.set_used(&line, units + 2);
        let run = world.apply_complete().await;
        assert!(run.record.findings.iter().any(|text| text.contains("already invoiced")), "{:?}", run.record.findings);
        assert_eq!(world.units(&line), units);
        if posted_periods == PostedPeriods::Hold {
            let plan = run.plan.expect("there is one");
            assert_eq!(plan.held[0].reasons, [HoldReason::PostedPeriod], "{plan}");
            world.approve_plan().await;
            world.apply_complete().await;
        }
        assert_eq!(world.units_on(&line, FIRST_OF_DECEMBER), units + 2);
        assert_eq!(world.apply_complete().await.record.counts.made, 0);
        pass_days_until(&world, FIRST_OF_DECEMBER);
        world.apply_complete().await;
        world.all_is_right_and_made_once().await;
    }
}

/// A month's compute points so far, in hours.
fn set_hours(world: &World, tenant: &str, hours: i64) {
    let seconds = u64::try_from(hours).expect("it is counted up") * 3_600;
    world.sandbox.world(|vendors| {
        vendors.set_usage(tenant, POINTS, Some(RECOVERY_SITE), seconds, Some(seconds));
    });
}

const POINTS: &str = "pw_base_adv_dr_compute_points";

#[tokio::test]
async fn u7_compute_points_bill_the_greatest_figure_of_each_calendar_month() {
    let world = World::of(Seed { lines_per_customer: 15, ..even(1, 15) }).await;
    world.settle().await;
    let tenant = world.sold().remove(0).tenant;
    let line = world.sandbox.world(|vendors| {
        let service = vendors.service_by_sku(POINTS).expect("it is sold");
        vendors.lines().into_iter().find(|line| line.service_id == service).expect("it is on the contract").id
    });
    let units_on = |day: Date| world.sandbox.world(|vendors| vendors.line_units_on(line, day)).expect("a row");
    let sold = units_on(world.today());
    for (day, hours) in [(12, 2), (20, sold - 1), (29, sold + 7)] {
        pass_days_until(&world, date(2026, 11, day));
        set_hours(&world, &tenant, hours);
        assert_eq!(world.apply_complete().await.record.counts.made, 0, "not before the month ends");
    }
    // The last day is missed; meanwhile the count began anew.
    pass_days_until(&world, date(2026, 12, 2));
    set_hours(&world, &tenant, 1);
    assert_eq!(world.apply_complete().await.record.counts.made, 1);
    assert_eq!((units_on(date(2026, 11, 1)), units_on(LAST_OF_NOVEMBER)), (sold + 7, sold + 7));
    pass_days_until(&world, date(2026, 12, 20));
    set_hours(&world, &tenant, 3);
    assert_eq!(world.apply_complete().await.record.counts.made, 0);
    pass_days_until(&world, LAST_OF_DECEMBER);
    set_hours(&world, &tenant, sold + 1);
    assert_eq!(world.apply_complete().await.record.counts.made, 1);
    assert_eq!((units_on(FIRST_OF_DECEMBER), units_on(LAST_OF_DECEMBER)), (sold + 1, sold + 1));
    assert_eq!(units_on(LAST_OF_NOVEMBER), sold + 7);
    assert_eq!(world.apply_complete().await.record.counts.made, 0);
    // A month without any is no fall that somebody has to approve.
    pass_days_until(&world, date(2027, 1, 31));
    set_hours(&world, &tenant, 0);
    assert_eq!(world.apply_complete().await.record.counts.made, 1);
    assert_eq!((units_on(FIRST_OF_JANUARY), units_on(LAST_OF_DECEMBER)), (0, sold + 1));
    world.all_is_right_and_made_once().await;
}
