//! What a customer's lines held on each day of a month, from our changes and the last reading.

mod common;

use common::{COMPANY, CONTRACT, LINE, WORKSTATION, contract, date};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use shared::contract::{Period, UnitsRow};
use shared::days::{Found, Known, stretches};
use shared::explain::{Chapter, explain};
use shared::ids::TenantId;
use shared::line::{Intent, LinePlace};
use shared::mapping::Combine;
use shared::quantity::{MeasurementUnit, Rounding, UnitSize};
use shared::reckoning::Reckoning;
use shared::run::ChangeRecord;
use shared::statement::{LineMonth, statement};
use std::collections::BTreeMap;

const MAY: &str = "2026-05-01";

fn may() -> Period {
    Period { start: date(MAY), end: date("2026-05-31") }
}

/// The n-th change of ours: from when on, and to what.
fn change(number: usize, sent: &str, before: i64, wanted: i64, effective: &str) -> ChangeRecord {
    let sent_at: Timestamp = format!("{sent}T04:00:00Z").parse().expect("it is a time");
    let reckoning = Reckoning {
        tenant: TenantId::new("tenant-7"),
        used_on: date(sent),
        items: Vec::new(),
        combine: Combine::Sum,
        unit: MeasurementUnit::Quantity,
        total: wanted.into(),
        unit_size: UnitSize::usual(MeasurementUnit::Quantity),
        rounding: Rounding::Up,
        rounded: wanted,
        included: 0,
        minimum: 0,
        in_bundles: 0,
        wanted,
        adjusted: None,
    };
    let intent = Intent {
        id: format!("intent {number:03}"),
        run: "run".to_owned(),
        change: format!("change {number}"),
        sent_at,
        sent_on: date(sent),
        before,
        wanted,
        effective: date(effective),
        settles: None,
        mapped_as: String::new(),
        corrects_others: false,
        approved_by: None,
        reckoning,
    };
    let place = LinePlace { company: COMPANY, contract: CONTRACT, service: WORKSTATION, line: Some(LINE) };
    ChangeRecord { place, intent, settled_at: sent_at }
}

fn read(day: &str, units: i64) -> UnitsRow {
    let (start, end) = (date(day), date(day));
    let price = Default::default();
    UnitsRow { contract: CONTRACT, line: LINE, service: WORKSTATION, start, end, units, price, posted: false }
}

fn of_may(changes: &[ChangeRecord], rows: &[UnitsRow], today: &str) -> LineMonth {
    let contracts = [contract(CONTRACT.0, COMPANY, "2026-01-01", "2026-12-31")];
    let mut lines = statement(COMPANY, changes, rows, &contracts, may(), date(today));
    assert_eq!(lines.len(), 1);
    lines.remove(0)
}

/// "1–9 ?, 10–13 7, …"
fn in_words(line: &LineMonth) -> String {
    let told = stretches(&line.days).into_iter().map(|stretch| {
        let units = stretch.day.units.map_or_else(|| "?".to_owned(), |units| units.to_string());
        let otherwise = stretch.day.otherwise.map(|found| format!(" ({} seen on {})", found.units, found.on.day()));
        let mark = if stretch.day.to_come { " to come" } else { "" };
        format!("{}–{} {units}{}{mark}", stretch.day.date.day(), stretch.last.day(), otherwise.unwrap_or_default())
    });
    told.collect::<Vec<_>>().join(", ")
}

/// Ours from the 10th, somebody else's seen on the 14th and mended, ours dated ahead to the 28th.
fn story() -> Vec<ChangeRecord> {
    vec![
        change(1, "2026-05-10", 5, 7, "2026-05-10"),
        change(2, "2026-05-14", 6, 8, "2026-05-14"),
        change(3, "2026-05-20", 8, 12, "2026-05-28"),
    ]
}

#[test]
fn a_month_is_told_day_by_day_and_what_nobody_wrote_down_is_not() {
    let line = of_may(&story(), &[read("2026-05-21", 8)], "2026-05-21");
    assert_eq!(in_words(&line), "1–9 ?, 10–13 7 (6 seen on 14), 14–21 8, 22–27 8 to come, 28–31 12 to come");
    assert_eq!(line.days[0].known, Known::NotTold(Found { on: date("2026-05-10"), units: 5 }));
    assert_eq!(line.days[9].known, Known::Ours { intent: "intent 001".to_owned() });
    let kinds: Vec<&str> = line.chapters.iter().map(kind).collect();
    assert_eq!(kinds, ["before", "us", "others", "us", "us"]);
}

fn kind(chapter: &Chapter) -> &'static str {
    match chapter {
        Chapter::Us(_) => "us",
        Chapter::Others { .. } => "others",
        Chapter::Before { .. } => "before",
    }
}

#[test]
fn what_is_read_otherwise_than_we_left_it_is_somebody_elses_from_that_day_on() {
    let line = of_may(&story()[..1], &[read("2026-05-20", 9)], "2026-05-20");
    assert_eq!(in_words(&line), "1–9 ?, 10–19 7 (9 seen on 20), 20–20 9, 21–31 9 to come");
    assert_eq!(line.days[19].known, Known::Read);
    assert_eq!(kind(line.chapters.last().expect("it is told")), "others");
}

#[test]
fn a_line_we_never_wrote_is_told_from_the_day_it_was_read_on() {
    let line = of_may(&[], &[read("2026-05-20", 9)], "2026-05-20");
    assert_eq!(in_words(&line), "1–19 ?, 20–20 9, 21–31 9 to come");
    assert!(line.chapters.is_empty());
}

#[test]
fn a_later_month_begins_with_the_change_that_was_in_force() {
    let changes = [change(1, "2026-03-02", 5, 7, "2026-03-02"), change(2, "2026-06-03", 7, 9, "2026-06-03")];
    let line = of_may(&changes, &[read("2026-06-10", 9)], "2026-06-10");
    assert_eq!(in_words(&line), "1–31 7");
    // What was found before it goes with it; what came later does not bear on May.
    assert_eq!(line.chapters.iter().map(kind).collect::<Vec<_>>(), ["before", "us"]);
}

#[test]
fn more_changes_than_a_line_remembers_tell_the_whole_month() {
    let day = |number: i32| date(MAY).checked_add(number.days()).expect("it is in May").to_string();
    let changes: Vec<ChangeRecord> =
        (0..31).map(|at| change(at, &day(at as i32), at as i64, at as i64 + 1, &day(at as i32))).collect();
    let line = of_may(&changes, &[read("2026-06-01", 31)], "2026-06-01");
    let units: Vec<Option<i64>> = line.days.iter().map(|day| day.units).collect();
    assert_eq!(units, (1..=31).map(Some).collect::<Vec<_>>());
    assert!(line.chapters.iter().all(|chapter| kind(chapter) != "others"));
}

#[test]
fn days_on_which_the_contract_does_not_run_have_no_units() {
    let contracts = [contract(CONTRACT.0, COMPANY, "2026-05-05", "2026-05-20")];
    let changes = [change(1, "2026-05-06", 0, 3, "2026-05-06")];
    let lines = statement(COMPANY, &changes, &[], &contracts, may(), date("2026-06-01"));
    assert_eq!(in_words(&lines[0]), "1–4 ?, 5–5 ?, 6–20 3, 21–31 ?");
    assert_eq!((&lines[0].days[0].known, &lines[0].days[25].known), (&Known::NoContract, &Known::NoContract));
    let june = Period { start: date("2026-06-01"), end: date("2026-06-30") };
    assert!(statement(COMPANY, &changes, &[], &contracts, june, date("2026-07-01")).is_empty());
}

/// Autotask's units by day, and our records of what we did to them.
struct Vendor {
    units: BTreeMap<Date, i64>,
    changes: Vec<ChangeRecord>,
}

impl Vendor {
    fn after(events: &[(bool, i32, i64, i32)]) -> (Vendor, Date) {
        let first = date("2026-04-20");
        let days = (0..90).map(|day| first.checked_add(day.days()).expect("a near day"));
        let mut vendor = Vendor { units: days.map(|day| (day, 5)).collect(), changes: Vec::new() };
        let mut today = first;
        for (number, (is_ours, passes, wanted, ahead)) in events.iter().enumerate() {
            today = today.checked_add(passes.days()).expect("a near day");
            let effective = today.checked_add(if *is_ours { *ahead } else { 0 }.days()).expect("a near day");
            let before = vendor.units[&effective];
            vendor.units.range_mut(effective..).for_each(|(_, units)| *units += wanted - before);
            if *is_ours {
                let (sent, effective) = (today.to_string(), effective.to_string());
                vendor.changes.push(change(number, &sent, before, *wanted, &effective));
            }
        }
        (vendor, today)
    }

    fn rows(&self) -> Vec<UnitsRow> {
        self.units.iter().map(|(day, units)| read(&day.to_string(), *units)).collect()
    }
}

fn any_events(ours_only: bool) -> impl Strategy<Value = Vec<(bool, i32, i64, i32)>> {
    let others = if ours_only { 0 } else { 3 };
    let is_ours = (0..10).prop_map(move |number| number >= others);
    let ahead = prop_oneof![3 => Just(0), 1 => 0i32..8];
    prop::collection::vec((is_ours, 1i32..4, 0i64..30, ahead), 0..18)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_days_of_a_month_add_up_and_their_order_comes_from_nowhere_else(events in any_events(false), turn in 0usize..18) {
        let (vendor, today) = Vendor::after(&events);
        let last_read = [read(&today.to_string(), vendor.units[&today])];
        let line = of_may(&vendor.changes, &last_read, &today.to_string());
        let dates: Vec<Date> = line.days.iter().map(|day| day.date).collect();
        let all: Vec<Date> = (0..31).map(|day| date(MAY).checked_add(day.days()).expect("it is in May")).collect();
        prop_assert_eq!(&dates, &all);
        let together = stretches(&line.days);
        prop_assert_eq!(together[0].day.date, all[0]);
        prop_assert_eq!(together[together.len() - 1].last, all[30]);
        for pair in together.windows(2) {
            prop_assert_eq!(pair[0].last.tomorrow().ok(), Some(pair[1].day.date));
        }
        let mut turned = vendor.changes.clone();
        let count = turned.len().max(1);
        turned.rotate_left(turn % count);
        turned.reverse();
        prop_assert_eq!(of_may(&turned, &last_read, &today.to_string()), line);
    }

    #[test]
    fn without_other_hands_each_day_holds_what_autotask_has(events in any_events(true)) {
        let (vendor, today) = Vendor::after(&events);
        prop_assume!(!vendor.changes.is_empty());
        let line = of_may(&vendor.changes, &[read(&today.to_string(), vendor.units[&today])], &today.to_string());
        for day in &line.days {
            prop_assert!(day.units.is_none_or(|units| units == vendor.units[&day.date]), "{day:?}");
            prop_assert_eq!(day.otherwise, None);
        }
        let first = vendor.changes.iter().map(|change| change.intent.effective).min();
        let told = line.days.iter().filter(|day| Some(day.date) >= first);
        prop_assert!(told.clone().all(|day| day.units.is_some()));
    }

    #[test]
    fn each_day_is_what_explaining_that_day_says(events in any_events(false)) {
        let (vendor, today) = Vendor::after(&events);
        let rows = vendor.rows();
        let line = of_may(&vendor.changes, &[read(&today.to_string(), vendor.units[&today])], &today.to_string());
        for day in line.days.iter().filter(|day| day.date < today) {
            let until_then: Vec<ChangeRecord> =
                vendor.changes.iter().filter(|change| change.intent.sent_on <= day.date).cloned().collect();
            let explained = explain(COMPANY, "Workstation", &until_then, &rows, day.date).remove(0);
            let left = match explained.chapters.last() {
                Some(Chapter::Others { from, seen_for, .. }) if *seen_for == day.date => Some(*from),
                _ => explained.units,
            };
            // What was found only later, explaining an earlier day knows nothing of either.
            if let Some(units) = day.units {
                prop_assert_eq!(Some(units), left, "{}: {:?}", explained, day);
            } else {
                prop_assert!(explained.chapters.iter().all(|chapter| kind(chapter) != "us") || day.date < until_then.iter().map(|change| change.intent.effective).min().expect("there is one"));
            }
        }
    }
}
