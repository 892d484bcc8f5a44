//! What holds of what is remembered: unanswered changes and how they are settled, our own steps, the usage
//! kept for later, and the story that is told of a line.

mod common;

use common::any::sometimes;
use common::{COMPANY, CONTRACT, LINE, WORKSTATION, World, adjustment, date, used};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use shared::contract::row_on;
use shared::explain::{Chapter, explain};
use shared::ids::{LineId, TenantId};
use shared::kept::{KeptUsage, Reading};
use shared::line::{Intent, LinePlace, LineState, Refusal, Settlement, Step, settle};
use shared::mapping::Combine;
use shared::quantity::{MeasurementUnit, Rounding, UnitSize};
use shared::reckoning::{Figure, ReckonedItem, Reckoning};
use shared::run::ChangeRecord;
use shared::settings::Holds;
use std::collections::{BTreeMap, BTreeSet};

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn day(number: i32) -> Date {
    date("2026-01-31").checked_add(number.days()).expect("a near day")
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_800_000_000 + seconds)
}

fn reckoning(wanted: i64, amount: u64) -> Reckoning {
    Reckoning {
        tenant: TenantId::new("tenant-7"),
        used_on: day(0),
        items: vec![ReckonedItem {
            key: common::key("workstations"),
            label: "Wörk\n\"stations\" \u{202e}".to_owned(),
            amount,
            figure: Figure::AbsoluteValue,
        }],
        combine: Combine::Sum,
        unit: MeasurementUnit::Quantity,
        total: amount.into(),
        unit_size: UnitSize::usual(MeasurementUnit::Quantity),
        rounding: Rounding::Nearest,
        adjusted: None,
        rounded: wanted,
        included: 0,
        minimum: 0,
        in_bundles: 0,
        wanted,
    }
}

fn any_intent() -> impl Strategy<Value = Intent> {
    let units = (0i64..=i64::from(i32::MAX), 0i64..=i64::from(i32::MAX), any::<u64>());
    let days = (0i32..200, 0i32..200, prop::option::of(0i32..200), 0i64..1_000_000);
    (units, days, any::<bool>(), prop::option::of(".{0,12}")).prop_map(|(units, days, corrects_others, approved_by)| {
        let (before, wanted, amount) = units;
        let (sent_on, effective, settles, seconds) = days;
        Intent {
            id: "intent 1".to_owned(),
            run: "run".to_owned(),
            change: "0123456789ab".to_owned(),
            sent_at: moment(seconds),
            sent_on: day(sent_on),
            before,
            wanted,
            effective: day(effective),
            settles: settles.map(day),
            mapped_as: "mapping".to_owned(),
            corrects_others,
            approved_by,
            reckoning: reckoning(wanted, amount),
        }
    })
}

prop_compose! {
    fn any_state()(
        line in prop::option::of(1i64..9), open in prop::option::of(any_intent()),
        steps in prop::collection::btree_map(0i32..200, 0i64..90, 0..12), writes in any::<u32>(),
        days in prop::array::uniform3(prop::option::of(0i32..200)), mapped_as in prop::option::of(".{0,12}"),
        refusal in prop::option::of((0i32..200, ".{0,40}")),
    ) -> LineState {
        let place = LinePlace { company: COMPANY, contract: CONTRACT, service: WORKSTATION, line: line.map(LineId) };
        let steps = steps.into_iter().map(|(from, units)| Step { from: day(from), units }).collect();
        let [written_on, settled_through, corrected_on] = days.map(|number| number.map(day));
        let refused = refusal.map(|(on, text)| Refusal { change: "c".to_owned(), on: day(on), text });
        LineState { place, open, steps, writes, written_on, settled_through, mapped_as, corrected_on, refused }
    }
}

/// A story's chapters as the units after the last of them.
fn units_told(chapters: &[Chapter], day: Date) -> Option<i64> {
    let mut units = None;
    for chapter in chapters {
        match chapter {
            Chapter::Before { units: found } => units = Some(*found),
            Chapter::Others { from, to, .. } => {
                assert_eq!(units, Some(*from), "each chapter begins where the one before ended: {chapters:?}");
                units = Some(*to);
            }
            Chapter::Us(change) => {
                assert_eq!(units, Some(change.intent.before), "as above: {chapters:?}");
                assert!(change.intent.effective <= day);
                units = Some(change.intent.wanted);
            }
        }
    }
    units
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_line_is_remembered_exactly_as_it_was(state in any_state()) {
        let text = serde_json::to_string(&state).expect("a line is JSON");
        let read: LineState = serde_json::from_str(&text).expect("and is read again");
        prop_assert_eq!(&read, &state);
        prop_assert_eq!(serde_json::to_string(&read).expect("a line is JSON"), text);
    }

    #[test]
    fn u6_every_unanswered_change_is_settled_one_way_and_once(
        state in any_state(), intent in any_intent(), read in prop::option::of(0i64..=i64::from(i32::MAX)),
        as_planned in 0usize..3, seconds in -100_000i64..2_000_000, minutes in any::<u32>(),
    ) {
        let units = [read, Some(intent.before), Some(intent.wanted)][as_planned];
        let settlement = settle(&intent, units, moment(seconds), minutes);
        let later = settle(&intent, units, moment(seconds.saturating_add(100_000_000_000)), minutes);
        if settlement != Settlement::StillOpen {
            prop_assert_eq!(later, settlement, "time unsettles nothing");
        }
        prop_assert!(units != Some(intent.wanted) || settlement == Settlement::Done);
        prop_assert!(settlement != Settlement::NotDone || units.unwrap_or(0) == intent.before);
        let before = LineState { open: Some(intent.clone()), ..state };
        let mut closed = before.clone();
        closed.close(settlement);
        prop_assert_eq!(closed.open.is_some(), settlement == Settlement::StillOpen);
        let mut again = closed.clone();
        if settlement != Settlement::StillOpen {
            again.close(settlement);
        }
        prop_assert_eq!(&again, &closed, "settling twice is settling once");
        match settlement {
            Settlement::Done | Settlement::ChangedByOthers { .. } => {
                prop_assert_eq!(closed.expected_on(intent.effective), Some(intent.wanted));
            }
            Settlement::NotDone => prop_assert_eq!(LineState { open: Some(intent), ..closed }, before),
            Settlement::StillOpen => prop_assert_eq!(closed, before),
        }
    }

    #[test]
    fn our_steps_are_in_order_and_each_day_has_one(
        intents in prop::collection::vec((any_intent(), any::<bool>()), 0..30),
    ) {
        let place = LinePlace { company: COMPANY, contract: CONTRACT, service: WORKSTATION, line: Some(LINE) };
        let mut state = LineState::new(place);
        let mut made = 0;
        for (intent, done) in intents {
            let settled_before = state.settled_through;
            state.open = Some(intent);
            state.close(if done { Settlement::Done } else { Settlement::NotDone });
            made += u32::from(done);
            prop_assert!(state.steps.windows(2).all(|pair| pair[0].from < pair[1].from), "{:?}", state.steps);
            prop_assert!(state.settled_through >= settled_before, "what is settled stays so");
            prop_assert!(state.steps.len() <= 12 && state.writes == made);
        }
    }

    #[test]
    fn u5_what_nobody_could_read_is_not_settled_by_what_was_read_before_or_after(
        days in prop::collection::vec(sometimes(7, (any::<bool>(), 0u64..3)), 1..130),
    ) {
        let first = date("2026-01-01");
        let ends: BTreeSet<Date> = (0..5).map(|month| first.checked_add(month.months()).expect("near").last_of_month()).collect();
        let tenant = TenantId::new("tenant-7");
        let (mut kept, mut unread_since): (Option<KeptUsage>, Option<Date>) = (None, None);
        // What was last read up to each day, and none where it was refused since.
        let mut known: BTreeMap<Date, Option<Reading>> = BTreeMap::new();
        let mut today = first;
        for (run, number) in days.into_iter().zip(0i32..) {
            let Some((refused, amount)) = run else { continue };
            today = first.checked_add(number.days()).expect("a near day");
            if refused {
                unread_since = unread_since.or(Some(today));
                known.insert(today, None);
                continue;
            }
            let reading = Reading::of(&[], &[used("workstations", amount)]);
            known.insert(today, Some(reading.clone()));
            kept = Some(KeptUsage::after(kept.as_ref(), &tenant, reading, today, |_| false, &ends, unread_since.take()));
            let newest = kept.as_ref().expect("it was just read");
            for end in ends.iter().filter(|end| **end < today) {
                let expected = known.range(..=*end).next_back().and_then(|(_, reading)| reading.as_ref());
                prop_assert_eq!(newest.reading_on(*end), expected, "{} on {}", end, today);
            }
        }
        prop_assert!(kept.is_none_or(|kept| kept.since <= today && kept.at_period_ends.keys().all(|end| *end < today)));
    }

    #[test]
    fn u7_the_greatest_figure_of_a_month_never_falls(
        hours in prop::collection::vec(sometimes(6, 0u64..400), 62),
    ) {
        let tenant = TenantId::new("tenant-7");
        let (first, mut kept) = (date("2026-03-01"), None::<KeptUsage>);
        let mut greatest: BTreeMap<Date, u64> = BTreeMap::new();
        for (hours, number) in hours.into_iter().zip(0i32..) {
            let today = first.checked_add(number.days()).expect("a near day");
            let Some(hours) = hours else { continue };
            let range_start = Some(today.first_of_month());
            let row = shared::usage::UsageRow { range_start, ..used("compute_points", hours) };
            let reading = Reading::of(&[], &[row]);
            kept = Some(KeptUsage::after(kept.as_ref(), &tenant, reading, today, |_| true, &BTreeSet::new(), None));
            if hours > 0 {
                let seen = greatest.entry(today.first_of_month()).or_default();
                *seen = hours.max(*seen);
            }
            for (month, seen) in &greatest {
                let told = kept.as_ref().and_then(|kept| kept.greatest_in(&common::key("compute_points"), *month, month.last_of_month()));
                prop_assert_eq!(told, Some(*seen));
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn the_story_of_a_line_ends_with_the_units_it_holds(
        events in prop::collection::vec((0usize..3, 0u64..40, 0i64..40), 1..20), order in 1usize..20,
    ) {
        let mut world = World::on("2026-05-01");
        world.settings().holds = Holds { jumps: false, falls_to_zero: false, ..Holds::default() };
        let mut changes: Vec<ChangeRecord> = Vec::new();
        for (kind, amount, units) in events {
            let today = world.today.to_string();
            if kind == 0 {
                world.others_change(LINE.0, &today, units);
            } else {
                let plan = world.uses("workstations", amount).run();
                changes.extend(plan.changes.iter().map(|change| {
                    let adjustment = adjustment(&change.action);
                    let intent = world.intent(change, adjustment);
                    ChangeRecord { place: adjustment.place.clone(), settled_at: intent.sent_at, intent }
                }));
            }
            let count = changes.len();
            changes.rotate_left(order % count.max(1));
            let rows = world.it().rows.clone();
            let told = explain(COMPANY, "Workstation", &changes, &rows, world.today).remove(0);
            let in_force = row_on(rows.iter().filter(|row| row.line == LINE), world.today).map(|row| row.units);
            prop_assert_eq!(told.units, in_force);
            if !changes.is_empty() {
                prop_assert_eq!(units_told(&told.chapters, world.today), in_force, "{}", told);
            }
            let ours = told.chapters.iter().filter(|chapter| matches!(chapter, Chapter::Us(_))).count();
            prop_assert_eq!(ours, changes.len(), "each change is told once");
            let next = world.today.tomorrow().expect("a near day").to_string();
            world.day(&next);
        }
    }
}
