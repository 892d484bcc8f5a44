//! What holds of the plan of any provider: customers of every kind, terms of every kind, on any day.

mod common;

use common::any::{Provider, any_customer, any_provider, any_terms, rows_by_line};
use common::{World, adjustment};
use jiff::ToSpan;
use proptest::prelude::*;
use shared::contract::row_on;
use shared::ids::{CompanyId, LineId};
use shared::line::LinePlace;
use shared::plan::{Action, Adjustment, Change, Plan};
use shared::settings::Holds;
use std::collections::{BTreeMap, BTreeSet};

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn changes_of(plan: &Plan) -> impl Iterator<Item = &Change> {
    plan.changes.iter().chain(plan.held.iter().map(|held| &held.change))
}

fn adjustments_of(plan: &Plan) -> impl Iterator<Item = &Adjustment> {
    changes_of(plan).map(|change| adjustment(&change.action))
}

fn held_ids(plan: &Plan) -> BTreeSet<String> {
    plan.held.iter().map(|held| held.change.id.clone()).collect()
}

/// Every number in a piece of JSON that is no whole number.
fn fractions(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Number(number) if number.is_f64() => vec![number.to_string()],
        serde_json::Value::Array(values) => values.iter().flat_map(fractions).collect(),
        serde_json::Value::Object(fields) => fields.values().flat_map(fractions).collect(),
        _ => Vec::new(),
    }
}

/// What is said and done of a company, without its money or its neighbours.
fn about(plan: &Plan, company: CompanyId) -> String {
    let changes = changes_of(plan).filter(|change| adjustment(&change.action).place.company == company);
    let findings = plan.findings.iter().filter(|finding| finding.company == Some(company));
    let waiting = plan.waiting.iter().filter(|waiting| waiting.place.company == company);
    format!("{:?} {:?} {:?}", changes.collect::<Vec<_>>(), findings.collect::<Vec<_>>(), waiting.collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn no_number_with_a_fraction_is_ever_written_down(provider in any_provider(3)) {
        let mut world = provider.world();
        let plan = world.run();
        prop_assert_eq!(fractions(&serde_json::to_value(&plan).expect("a plan is JSON")), Vec::<String>::new());
        for customer in world.customers.values() {
            for state in customer.states.values() {
                prop_assert_eq!(fractions(&serde_json::to_value(state).expect("it is JSON")), Vec::<String>::new());
            }
            let state = serde_json::to_value(&customer.state).expect("it is JSON");
            prop_assert_eq!(fractions(&state), Vec::<String>::new());
        }
    }

    #[test]
    fn no_line_is_changed_twice_and_none_has_two_plans(provider in any_provider(4), review in any::<bool>()) {
        let mut world = provider.world();
        world.settings().review_mode = review;
        let plan = world.plan();
        let places: Vec<&LinePlace> = adjustments_of(&plan).map(|adjustment| &adjustment.place).collect();
        let distinct: BTreeSet<&LinePlace> = places.iter().copied().collect();
        prop_assert_eq!(places.len(), distinct.len(), "{}", plan);
        let ids: BTreeSet<&str> = plan.approvable().collect();
        prop_assert_eq!(ids.len(), plan.approvable().count(), "{}", plan);
        prop_assert!(plan.waiting.iter().all(|waiting| !distinct.contains(&waiting.place)), "{}", plan);
    }

    #[test]
    fn c1_u5_no_change_is_dated_outside_its_contract_or_within_what_is_posted(provider in any_provider(4)) {
        let mut world = provider.world();
        for _ in 0..2 {
            let plan = world.plan();
            for adjustment in adjustments_of(&plan) {
                let customer = &world.customers[&adjustment.place.company];
                let contract = customer.contracts.iter().find(|one| one.id == adjustment.place.contract);
                let contract = contract.expect("it is the company's");
                let day = adjustment.effective;
                prop_assert!(contract.start <= day && day <= contract.end, "{}", plan);
                let rows = customer.rows.iter().filter(|row| Some(row.line) == adjustment.place.line);
                prop_assert!(!row_on(rows, day).is_some_and(|row| row.posted), "{}", plan);
                prop_assert!(contract.payg.as_deref() == Some("Yes"), "{}", plan);
            }
            world.run();
            world.run_daily_until(&world.today.last_of_month().tomorrow().expect("a near day").to_string());
        }
    }

    #[test]
    fn only_what_is_planned_is_changed_and_by_what_was_planned(provider in any_provider(3), review in any::<bool>()) {
        let mut world = provider.world();
        world.settings().review_mode = review;
        let before = rows_by_line(&world);
        let plan = world.run();
        let after = rows_by_line(&world);
        let mut changes: BTreeMap<LineId, &Adjustment> = BTreeMap::new();
        let made = plan.changes.iter().map(|change| adjustment(&change.action));
        changes.extend(made.filter_map(|made| Some((made.place.line?, made))));
        for (line, rows) in before {
            let Some(change) = changes.get(&line) else {
                prop_assert_eq!(&after[&line], &rows, "line {} was left alone", line);
                continue;
            };
            let units = |rows: &[(_, _, i64)], day| {
                let mut rows = rows.iter().filter(|(start, end, _)| *start <= day && day <= *end);
                rows.next_back().map_or(0, |(_, _, units)| *units)
            };
            let day = change.effective;
            prop_assert_eq!(units(&rows, day), change.before);
            prop_assert_eq!(units(&after[&line], day), change.wanted);
            let day_before = day.yesterday().expect("a near day");
            prop_assert_eq!(units(&after[&line], day_before), units(&rows, day_before));
        }
    }

    #[test]
    fn h2_an_approval_lets_through_exactly_what_it_names_and_once(
        provider in any_provider(3), chosen in prop::collection::vec(any::<bool>(), 16),
    ) {
        let mut world = provider.world();
        world.settings().review_mode = true;
        let shown = world.plan();
        prop_assert!(shown.changes.is_empty());
        let ids: BTreeSet<String> = held_ids(&shown).into_iter().zip(chosen).filter(|(_, is)| *is).map(|(id, _)| id).collect();
        world.approvals.extend(ids.iter().map(|id| (id.clone(), "ada".to_owned())));
        let plan = world.run();
        let made: BTreeSet<String> = plan.changes.iter().map(|change| change.id.clone()).collect();
        prop_assert_eq!(&made, &ids);
        prop_assert!(plan.changes.iter().all(|change| change.approved_by.as_deref() == Some("ada")));
        prop_assert_eq!(held_ids(&plan), held_ids(&shown).difference(&ids).cloned().collect::<BTreeSet<_>>());
        let next = world.minutes_later(30).plan();
        prop_assert!(next.changes.is_empty(), "an approval is good once:\n{}", next);
        prop_assert!(held_ids(&next).is_disjoint(&ids), "what is made is not asked again:\n{}", next);
    }

    #[test]
    fn h1_tighter_limits_hold_more_and_nothing_less(
        provider in any_provider(4), loose in (0u32..40, 0u32..200, 0u32..40, 0u32..300),
        tighter in (0u32..40, 0u32..200, 0u32..40, 0u32..300), switches in (any::<bool>(), any::<bool>()),
    ) {
        let mut world = provider.world();
        let holds = |(jump_units, jump_percent, zero_from_units, money): (u32, u32, u32, u32), switches: (bool, bool)| {
            let money_per_period = Some(money.saturating_add(1).into());
            let (jumps, falls_to_zero) = switches;
            Holds { jumps, jump_units, jump_percent, falls_to_zero, zero_from_units, money_per_period, vanished: false, ..Holds::default() }
        };
        let tight = (loose.0.min(tighter.0), loose.1.min(tighter.1), loose.2.min(tighter.2), loose.3.min(tighter.3));
        world.settings().holds = holds(loose, switches);
        let loosely = world.plan();
        world.settings().holds = holds(tight, (true, true));
        let tightly = world.plan();
        prop_assert!(held_ids(&loosely).is_subset(&held_ids(&tightly)), "{}\n{}", loosely, tightly);
        let all = |plan: &Plan| changes_of(plan).map(|change| change.id.clone()).collect::<BTreeSet<_>>();
        prop_assert_eq!(all(&loosely), all(&tightly), "a hold changes no change");
    }

    #[test]
    fn one_company_never_bears_on_another(provider in any_provider(3), other in any_customer()) {
        let beside = |customer: Option<&common::any::AnyCustomer>| {
            let mut world = provider.world();
            let after_all = i64::try_from(provider.customers.len()).expect("they are few") + 1;
            customer.into_iter().for_each(|customer| customer.put_into(&mut world, after_all));
            world
        };
        let (alone, together) = (beside(None).plan(), beside(Some(&other)).plan());
        for (id, _) in (1..).zip(&provider.customers) {
            prop_assert_eq!(about(&alone, CompanyId(id)), about(&together, CompanyId(id)));
        }
    }

    #[test]
    fn u4_units_in_a_bundle_never_make_a_bill_larger(provider in any_provider(3), units in -3i64..50) {
        let mut with = provider.world();
        with.settings().add_missing_services = true;
        let mut without = with.clone();
        without.customers.values_mut().for_each(|customer| customer.bundles.clear());
        for id in without.customers.keys().copied().collect::<Vec<_>>() {
            without.of = id;
            with.of = id;
            with.bundle(id.0 * 10, 91, common::WORKSTATION, units);
        }
        let wanted = |world: &World| -> BTreeMap<LinePlace, i64> {
            let plan = world.plan();
            adjustments_of(&plan).map(|change| (change.place.clone(), change.wanted)).collect()
        };
        let (with, without) = (wanted(&with), wanted(&without));
        for (place, units) in &with {
            prop_assert!(without.get(place).is_none_or(|more| units <= more), "{:?} {:?}", with, without);
            prop_assert!(*units >= 0);
        }
    }

    #[test]
    fn every_id_that_can_be_approved_is_shown_with_its_company(provider in any_provider(3), review in any::<bool>()) {
        let mut world = provider.world();
        world.settings().review_mode = review;
        let plan = world.plan();
        let text = plan.to_string();
        prop_assert!(plan.approvable().all(|id| text.contains(id)), "{}", text);
        for change in changes_of(&plan) {
            let Action::Adjust(adjustment) = &change.action else { continue };
            prop_assert!(text.contains(&format!("(company {})", adjustment.place.company)), "{}", text);
        }
        prop_assert!(!text.lines().any(|line| line.ends_with(' ')), "{}", text);
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn planning_again_gives_nothing_under_every_policy_on_every_day(
        terms in any_terms(), customer in any_customer(), later in prop::collection::vec(any_customer(), 40),
        missed in prop::collection::vec(any::<bool>(), 40),
    ) {
        let provider = Provider { terms, customers: vec![customer], day: 0 };
        let mut world = provider.world();
        world.settings().holds.mapping_changes = false;
        world.settings().holds.new_customers = false;
        let first = world.today;
        for ((usage, missed), passed) in later.into_iter().zip(missed).zip(1i32..) {
            let day = first.checked_add(passed.days()).expect("a near day");
            world.day(&day.to_string());
            if missed {
                continue;
            }
            usage.use_items(&mut world);
            let made = world.run();
            let again = world.minutes_later(30).run();
            prop_assert!(again.changes.is_empty(), "{} made\n{}\nand then\n{}", day, made, again);
            let rows = rows_by_line(&world);
            prop_assert!(rows.values().flatten().all(|(_, _, units)| *units >= 0));
        }
    }
}
