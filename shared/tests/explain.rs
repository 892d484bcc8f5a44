//! From the units in force on a day back to what led there: our changes with their usage, those of others
//! as such.

mod common;

use common::{COMPANY, WORKSTATION, World, adjustment, date};
use insta::assert_snapshot;
use shared::explain::{Chapter, Explanation, explain};
use shared::plan::{Change, Plan};
use shared::run::ChangeRecord;

/// Runs, and gives the records that the job keeps of its changes.
fn run(world: &mut World) -> Vec<ChangeRecord> {
    let plan: Plan = world.run();
    let record = |change: &Change| {
        let adjustment = adjustment(&change.action);
        let intent = world.intent(change, adjustment);
        ChangeRecord { place: adjustment.place.clone(), settled_at: intent.sent_at, intent }
    };
    plan.changes.iter().map(record).collect()
}

fn told(world: &mut World, changes: &[ChangeRecord], day: &str) -> Explanation {
    let rows = world.it().rows.clone();
    explain(COMPANY, "Workstation", changes, &rows, date(day)).remove(0)
}

/// Ours on 10 May, somebody else's on the 12th, corrected on the 14th, somebody else's again on the 20th.
fn story() -> (World, Vec<ChangeRecord>) {
    let mut world = World::on("2026-05-10");
    world.row("workstations", |row| row.included = 1);
    let mut changes = run(world.uses("workstations", 8));
    world.day("2026-05-12").others_change(700, "2026-05-12", 6);
    changes.extend(run(world.day("2026-05-14").uses("workstations", 9)));
    world.day("2026-05-20").others_change(700, "2026-05-20", 11);
    (world, changes)
}

#[test]
fn every_unit_is_told_from_the_first_day_to_the_last() {
    let (mut world, changes) = story();
    assert_eq!(changes[0].place.service, WORKSTATION);
    assert_snapshot!(told(&mut world, &changes, "2026-05-21"), @"
    Workstation on contract 70 (line 700): 11 units on 2026-05-21
      5 units found before our first change
      5 → 7  from 2026-05-10
          sent 2026-05-10T04:00:00Z by run run
          usage of tenant tenant-7 for 2026-05-10:
                       8  workstations (workstations; absolute_value)
          together 8 base units ÷ 1 piece = 8 rounded up; − 1 included; wanted 7
      7 → 6  changed by somebody else, seen for 2026-05-14
      6 → 8  from 2026-05-14
          sent 2026-05-14T04:00:00Z by run run
          usage of tenant tenant-7 for 2026-05-14:
                       9  workstations (workstations; absolute_value)
          together 9 base units ÷ 1 piece = 9 rounded up; − 1 included; wanted 8
      8 → 11  changed by somebody else, seen for 2026-05-21
    ");
}

#[test]
fn a_day_in_the_past_is_told_by_what_had_happened_until_then() {
    let (mut world, changes) = story();
    let early = told(&mut world, &changes, "2026-05-11");
    assert_eq!((early.units, early.chapters.len()), (Some(7), 2));
    let (first, later) = (told(&mut world, &changes, "2026-05-13"), told(&mut world, &changes, "2026-05-14"));
    assert!(matches!(first.chapters.last(), Some(Chapter::Others { from: 7, to: 6, .. })), "{first}");
    assert!(matches!(later.chapters.last(), Some(Chapter::Us(_))), "{later}");
}

#[test]
fn changes_in_any_order_tell_the_same_story() {
    let (mut world, mut changes) = story();
    let told_once = told(&mut world, &changes, "2026-05-21");
    changes.reverse();
    assert_eq!(told(&mut world, &changes, "2026-05-21"), told_once);
}

#[test]
fn a_line_we_never_wrote_is_somebody_elses() {
    let mut world = World::on("2026-05-10");
    let untouched = told(&mut world, &[], "2026-05-10");
    assert_eq!((untouched.units, untouched.chapters.len()), (Some(5), 0));
    assert!(untouched.to_string().contains("never written by us"));
}
