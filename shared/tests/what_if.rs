//! What other settings would make of a plan is what the plan itself makes under them.

mod common;

use common::{WORKSTATION, World};
use shared::plan::Plan;
use shared::quantity::MeasurementUnit;
use shared::settings::{EffectiveDates, Settings};
use shared::snapshot::{Entry, Snapshot, each_of_plan};
use shared::what_if::{Moved, Redated, moved, redated};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// One line that goes to this many units.
fn world(units: u64, change: impl FnOnce(&mut Settings)) -> World {
    let mut world = World::on("2026-05-11");
    world.product("servers", MeasurementUnit::Quantity, WORKSTATION, "Workstation");
    world.uses("workstations", units).uses("servers", 0);
    change(world.settings());
    world
}

fn planned(world: &World) -> (Snapshot, Plan) {
    let (plan, companies) = world.look();
    let mut snapshot = Snapshot::default();
    let lines = companies.iter().flat_map(|company| &company.lines);
    lines.for_each(|line| snapshot.add(Entry::Line(Cow::Owned(line.clone()))));
    each_of_plan(&plan, &BTreeSet::new(), false, |entry| {
        // As it comes back from where it is kept.
        let text = serde_json::to_string(&entry).expect("it has words in JSON");
        snapshot.add(serde_json::from_str(&text).expect("it can be read"));
    });
    (snapshot, plan)
}

type Change = fn(&mut Settings);

#[test]
fn what_would_wait_or_go_on_is_what_a_plan_under_these_settings_says() {
    let settings: [(&str, Change); 7] = [
        ("as usual", |_| {}),
        ("review mode", |settings| settings.review_mode = true),
        ("no jumps", |settings| settings.holds.jumps = false),
        ("small jumps", |settings| (settings.holds.jump_units, settings.holds.jump_percent) = (1, 1)),
        ("large jumps", |settings| settings.holds.jump_units = 90),
        ("money", |settings| settings.holds.money_per_period = "5".parse().ok()),
        ("falls from 2", |settings| settings.holds.zero_from_units = 2),
    ];
    let mut changed = BTreeSet::new();
    for units in [0, 4, 60] {
        for (name, before) in settings {
            let (snapshot, plan) = planned(&world(units, before));
            for (other, after) in settings {
                let other_world = &mut world(units, after);
                let (_, wanted) = planned(other_world);
                let told = moved(&snapshot, other_world.settings(), |_| false);
                let expected = Moved {
                    changes: plan.changes.len() + plan.held.len(),
                    would_go_on: plan.held.len().saturating_sub(wanted.held.len()),
                    would_wait: wanted.held.len().saturating_sub(plan.held.len()),
                };
                assert_eq!(told, expected, "{units} units, from {name} to {other}");
                changed.insert((told.would_go_on, told.would_wait));
            }
        }
    }
    assert_eq!(changed.len(), 3, "some wait, some go on, some stay: {changed:?}");
}

#[test]
fn what_a_person_approved_goes_on_whatever_is_held_but_before_the_first_plan() {
    let (mut snapshot, _) = planned(&world(60, |_| {}));
    let line = snapshot.lines.values_mut().flatten().next().expect("there is one");
    let change = line.change.as_mut().expect("it changes");
    (change.held, change.approved_by) = (Vec::new(), Some("a clerk".to_owned()));
    let review = Settings { review_mode: true, ..Settings::default() };
    assert_eq!(moved(&snapshot, &review, |_| false), Moved { changes: 1, ..Moved::default() });
    let line = snapshot.lines.values_mut().flatten().next().expect("there is one");
    line.change.as_mut().expect("it changes").held = vec![shared::plan::HoldReason::FirstPlan];
    assert_eq!(moved(&snapshot, &Settings::default(), |_| false), Moved { changes: 1, ..Moved::default() });
}

#[test]
fn a_change_gets_another_date_where_its_direction_has_another_rule() {
    let with = |dates| Settings { effective_dates: dates, ..Settings::default() };
    let [today, up_today, next] =
        [EffectiveDates::Today, EffectiveDates::UpTodayDownNext, EffectiveDates::NextPeriod].map(with);
    for (units, wanted) in [(60, [0, 1, 1]), (1, [1, 1, 0])] {
        let (snapshot, _) = planned(&world(units, |_| {}));
        let many = |one: &Settings, other: &Settings| {
            let Redated { changes, waiting } = redated(&snapshot, one, other, |_| false);
            assert_eq!(waiting, 0);
            changes
        };
        assert_eq!([many(&today, &up_today), many(&today, &next), many(&up_today, &next)], wanted, "{units}");
        assert_eq!(redated(&snapshot, &today, &next, |_| true), Redated::default(), "metered lines have one rule");
    }
}
