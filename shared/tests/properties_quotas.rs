//! What holds of quotas whatever customers bought, have and use (rules Q1 to Q7, C1, C2, C4, H1, H2).

mod common;

use common::any_prepaid::any_prepaid;
use common::prepaid::Prepaid;
use common::prepaid_job::quotas;
use proptest::prelude::*;
use shared::ids::CompanyId;
use shared::plan::Action;
use shared::quota::Grant;
use shared::usage::{ItemKey, ItemKind};
use std::collections::{BTreeMap, BTreeSet};

type Grants = BTreeMap<(CompanyId, ItemKey), Grant>;

fn grants(world: &Prepaid) -> Grants {
    let of = |(id, buyer): (&CompanyId, &common::prepaid::Buyer)| {
        let id = *id;
        buyer.items.iter().map(move |given| ((id, given.item.key.clone()), given.grant)).collect::<Vec<_>>()
    };
    world.buyers.iter().flat_map(of).collect()
}

/// How much a grant lets use in the end, and how much before anybody is warned.
fn reach(grant: Grant) -> (u128, u128) {
    match grant {
        Grant::Off => (0, 0),
        Grant::UpTo { limit, overage: None } => (u128::MAX, limit.into()),
        Grant::UpTo { limit, overage: Some(more) } => (u128::from(limit) + u128::from(more), limit.into()),
        Grant::Unlimited => (u128::MAX, u128::MAX),
    }
}

/// No quota ended below usage that did not before, and nobody was left without any workload.
fn nobody_was_hurt(world: &Prepaid, before: &Grants) -> Result<(), TestCaseError> {
    for ((company, key), after) in grants(world) {
        let (was, is) = (reach(before[&(company, key.clone())]), reach(after));
        let used = u128::from(world.buyers[&company].usage.get(&key).copied().unwrap_or_default());
        prop_assert!(is.0 >= used || is.0 >= was.0, "{} of {} is stopped at {:?}", key, company, after);
        prop_assert!(is.1 >= used || is.1 >= was.1 || is.0 > was.0, "{} of {} is {:?}", key, company, after);
    }
    for (company, buyer) in &world.buyers {
        let counted = || buyer.items.iter().filter(|given| given.item.kind == ItemKind::Count);
        let had = counted().any(|given| before[&(*company, given.item.key.clone())].gives_something());
        prop_assert!(!had || counted().any(|given| given.grant.gives_something()), "{} lost everything", company);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn planning_again_after_applying_gives_nothing_to_do(provider in any_prepaid()) {
        let mut world = provider.world();
        let plan = world.plan();
        world.approve(&plan).run();
        let after = grants(&world);
        for day in ["2026-05-10", "2026-05-11"] {
            let plan = world.day(day).run();
            prop_assert!(plan.is_empty(), "{}", plan);
        }
        prop_assert_eq!(grants(&world), after);
    }

    #[test]
    fn the_order_of_what_is_read_never_matters(provider in any_prepaid(), order in 1u64..10_007) {
        let mut world = provider.world();
        let plan = world.plan();
        world.order = order;
        let shuffled = world.plan();
        prop_assert_eq!(&plan, &shuffled);
        prop_assert_eq!(plan.to_string(), shuffled.to_string());
    }

    #[test]
    fn h1_what_is_held_never_changes_by_itself_and_approving_it_makes_exactly_it(
        provider in any_prepaid(), which in any::<prop::sample::Index>(),
    ) {
        let mut world = provider.world();
        world.run();
        let held = grants(&world);
        let plan = world.day("2026-05-20").run();
        prop_assert!(plan.changes.is_empty(), "what is held stays held: {}", plan);
        prop_assert_eq!(grants(&world), held.clone());
        if plan.held.is_empty() {
            return Ok(());
        }
        let chosen = &plan.held[which.index(plan.held.len())].change;
        world.approvals.insert(chosen.id.clone(), "ada".to_owned());
        let made = world.run();
        prop_assert_eq!(made.changes.iter().map(|change| &change.id).collect::<Vec<_>>(), vec![&chosen.id]);
        let Action::SetQuota(quota) = &chosen.action else { return Ok(()) };
        let mut expected = held;
        expected.insert((quota.company, quota.setting.key.clone()), quota.setting.after);
        prop_assert_eq!(grants(&world), expected);
    }

    #[test]
    fn h1_q5_nobody_is_stopped_below_usage_or_loses_everything_without_approval(provider in any_prepaid()) {
        let mut world = provider.world();
        let before = grants(&world);
        world.run();
        nobody_was_hurt(&world, &before)?;
    }

    #[test]
    fn h2_what_a_person_set_back_is_proposed_under_another_id(provider in any_prepaid()) {
        let mut world = provider.world();
        let before = grants(&world);
        let plan = world.plan();
        world.approve(&plan).run();
        for ((company, key), grant) in &before {
            world.of = *company;
            let given = world.it().items.iter_mut().find(|given| given.item.key == *key).expect("it is there");
            (given.grant, given.version) = (*grant, given.version + 1);
        }
        let again = world.plan();
        let ids: BTreeSet<&str> = plan.approvable().collect();
        prop_assert!(again.approvable().all(|id| !ids.contains(id)), "{}\n{}", plan, again);
        prop_assert!(again.changes.iter().all(|change| change.approved_by.is_none()), "{}", again);
    }

    #[test]
    fn c4_a_customer_whose_contracts_vanished_keeps_everything(provider in any_prepaid()) {
        let mut world = provider.world();
        world.buyers.values_mut().for_each(|buyer| buyer.contracts.clear());
        let before = grants(&world);
        for day in ["2026-05-10", "2026-06-10", "2027-06-10"] {
            prop_assert!(world.day(day).run().is_empty());
        }
        prop_assert_eq!(grants(&world), before);
    }

    #[test]
    fn h1_a_lost_permission_never_lowers_a_quota_below_what_is_in_use(
        provider in any_prepaid(), hidden in prop::collection::vec(any::<bool>(), 64), what in 1u8..16,
    ) {
        let mut world = provider.world();
        let plan = world.plan();
        world.approve(&plan).run();
        world.approvals.clear();
        let before = grants(&world);
        let mut hidden = hidden.into_iter().cycle();
        for buyer in world.buyers.values_mut() {
            let mut stays = |bit: u8| what & bit == 0 || !hidden.next().unwrap_or_default();
            buyer.contracts.retain(|_| stays(1));
            buyer.rows.retain(|_| stays(2));
            buyer.lines.retain(|_| stays(4));
            buyer.bundles.retain(|_| stays(8));
        }
        for day in ["2026-05-11", "2026-05-12"] {
            world.day(day).run();
            nobody_was_hurt(&world, &before)?;
        }
    }

    #[test]
    fn q6_each_item_is_set_once_with_the_version_that_was_read_and_never_without_need(provider in any_prepaid()) {
        let world = provider.world();
        let plan = world.plan();
        let mut seen = BTreeSet::new();
        for quota in quotas(&plan) {
            let given = world.buyers[&quota.company].items.iter().find(|given| given.item.key == quota.setting.key);
            let given = given.expect("only what is there is set");
            prop_assert_eq!((given.grant, given.version), (quota.setting.before, quota.setting.version));
            prop_assert_ne!(quota.setting.before, quota.setting.after);
            prop_assert!(!given.locked || given.grant.is_on() == quota.setting.after.is_on());
            prop_assert!(seen.insert((quota.company, quota.setting.key.clone())));
        }
    }

    #[test]
    fn c2_q3_no_storage_is_switched_on_beside_another_nor_switched_off(provider in any_prepaid()) {
        let mut world = provider.world();
        let before = grants(&world);
        let plan = world.plan();
        world.approve(&plan).run();
        for (company, buyer) in &world.buyers {
            let storages = || buyer.items.iter().filter(|given| given.item.kind == ItemKind::Storage);
            let was_on = |key: &ItemKey| before[&(*company, key.clone())].is_on();
            let on_before: Vec<&ItemKey> = storages().map(|given| &given.item.key).filter(|key| was_on(key)).collect();
            let on: Vec<&ItemKey> = storages().filter(|given| given.grant.is_on()).map(|given| &given.item.key).collect();
            let is_kept = if on_before.is_empty() { on.len() <= 1 } else { on == on_before };
            prop_assert!(is_kept, "{:?} became {:?}", on_before, on);
        }
    }
}
