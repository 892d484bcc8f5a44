//! Seeds: the same numbers plant the same world, and each story customer is there.

use crate::client::Desk;
use crate::client::send;
use sandbox::Seed;
use sandbox::acronis::alerts::Severity;
use sandbox::seed::{PAYG_FIELD, alerts, prepaid, story};
use serde_json::Value;
use std::collections::BTreeSet;

async fn planted(seed: Seed) -> Value {
    let desk = Desk::open(seed).await;
    let url = format!("{}/_sandbox/state", desk.sandbox.acronis_url());
    send(desk.http.get(url)).await.expect("answered").body
}

#[tokio::test]
async fn the_same_seed_plants_the_same_world_and_another_does_not() {
    let one = planted(Seed::default()).await;
    assert_eq!(one, planted(Seed::default()).await);
    assert_ne!(one, planted(Seed { seed: 2, ..Seed::default() }).await);
}

#[tokio::test]
async fn plain_customers_stand_on_both_sides_with_lines_that_follow_usage() {
    let desk = Desk::open(Seed { customers: 40, story: false, changed_percent: 0, ..Seed::default() }).await;
    desk.world(|world| {
        let names: BTreeSet<String> = world.companies().into_iter().map(|company| company.name).collect();
        assert_eq!(names.len(), 41, "names do not repeat");
        for name in names.iter().filter(|name| *name != "Sandbox Partner") {
            let tenant = world.tenant_named(name).expect("a tenant of the same name");
            let company = world.company_named(name).expect("a company");
            let contract = world.contracts_of(company).remove(0);
            assert_eq!(contract.udfs.get(PAYG_FIELD).map(String::as_str), Some("Yes"));
            let lines = world.lines_of(contract.id);
            assert!((3..=8).contains(&lines.len()), "{name} has {} lines", lines.len());
            let service = world.service_by_sku("pw_base_workstations").expect("a service");
            let used = world.acronis.usage(&tenant, "pw_base_workstations", None).expect("usage").value;
            let sold = world.units_on(contract.id, service, world.today()).expect("units");
            assert_eq!(u64::try_from(sold), Ok(used));
        }
    });
}

#[tokio::test]
async fn changed_lines_differ_a_little() {
    let desk = Desk::open(Seed { customers: 5, story: false, changed_percent: 100, ..Seed::default() }).await;
    desk.world(|world| {
        let service = world.service_by_sku("pw_base_workstations").expect("a service");
        for contract in world.contracts() {
            let company = world.companies().into_iter().find(|it| it.id == contract.company_id);
            let tenant = world.tenant_named(&company.expect("a company").name).expect("a tenant");
            let used = world.acronis.usage(&tenant, "pw_base_workstations", None).expect("usage").value;
            let sold = world.units_on(contract.id, service, world.today()).expect("units");
            let sold = u64::try_from(sold).expect("not negative");
            assert!((1..=3).contains(&sold.abs_diff(used)), "{sold} sold, {used} used");
        }
    });
}

#[tokio::test]
async fn an_empty_seed_has_a_catalogue_and_no_customers() {
    let desk = Desk::open(Seed::empty(jiff::civil::date(2026, 11, 10))).await;
    desk.world(|world| {
        assert_eq!((world.companies().len(), world.acronis.tenants.len()), (1, 1));
        assert!(world.services().is_empty() && world.contracts().is_empty());
        assert!(!world.autotask.table("BillingCodes").is_empty());
        assert!(world.autotask.table("UserDefinedFieldDefinitions").is_empty());
        assert_eq!(world.acronis.infras.len(), 3);
    });
}

#[tokio::test]
async fn every_story_customer_is_there() {
    let desk = Desk::open(Seed::default()).await;
    desk.world(|world| {
        let contracts = |world: &sandbox::World, name: &str| {
            let company = world.company_named(name).expect("a company");
            world.contracts_of(company)
        };
        assert!(world.company_named(story::NEAR_MATCH_COMPANY).is_some());
        assert!(world.company_named(story::NEAR_MATCH_TENANT).is_none());
        assert!(world.tenant_named(story::COMPANY_ONLY).is_none());
        assert!(world.company_named(story::TENANT_ONLY).is_none());
        assert!(world.tenant_named(story::DISABLED).and_then(|id| world.tenant(&id)).is_some_and(|it| !it.enabled));
        assert_eq!(world.lines_of(contracts(world, story::MISSING_LINE)[0].id).len(), 1);
        assert!(contracts(world, story::EXPIRED)[0].end < world.today());
        assert_eq!(contracts(world, story::TWO_CONTRACTS).len(), 2);
        let field = |name: &str| contracts(world, name)[0].udfs.get(PAYG_FIELD).cloned();
        assert_eq!(field(story::PERHAPS).as_deref(), Some("Perhaps"));
        assert_eq!(field(story::PREPAID).as_deref(), Some("No"));
        let bundled = contracts(world, story::BUNDLED)[0].id;
        assert_eq!(world.autotask.table("ContractServiceBundles").by("contractID", bundled).count(), 1);
        let parent = |name: &str| world.tenant_named(name).and_then(|id| world.tenant(&id)).map(|it| &it.parent_id);
        assert_eq!(parent(story::IN_FOLDER), world.tenant_named(story::FOLDER).as_ref());
        assert_eq!(parent(story::UNDER_SUB_PARTNER), world.tenant_named(story::SUB_PARTNER).as_ref());
    });
}

#[tokio::test]
async fn prepaid_customers_are_there_only_when_asked_for() {
    let desk = Desk::open(Seed::default()).await;
    assert!(desk.world(|world| world.company_named(prepaid::SETTLED)).is_none());
    let desk = Desk::open(Seed { customers: 0, story: false, prepaid: true, ..Seed::default() }).await;
    desk.world(|world| {
        let contract = |world: &sandbox::World, name: &str| {
            let company = world.company_named(name).expect("a company");
            world.contracts_of(company).pop().expect("a contract")
        };
        let tenant = world.tenant_named(prepaid::SETTLED).expect("a tenant");
        let quota = world.acronis.item(&tenant, "pw_base_workstations", None).map(|item| item.quota);
        assert_eq!(quota.map(|quota| (quota.value, quota.overage)), Some((Some(20), Some(0))));
        assert!(world.tenant_named(prepaid::NEW_COMPANY).is_none());
        let new = contract(world, prepaid::NEW_COMPANY);
        assert_eq!(new.udfs.get(PAYG_FIELD).map(String::as_str), Some("No"));
        assert!(world.contacts_of(new.company_id)[0].primary);
        assert!(contract(world, prepaid::EXPIRED).end < world.today());
        let both = world.company_named(prepaid::BOTH_KINDS).expect("a company");
        assert_eq!(world.contracts_of(both).len(), 2);
        let bundled = contract(world, prepaid::BUNDLED).id;
        let line = world.bundle_lines_of(bundled)[0].id;
        assert_eq!(world.bundle_units_on(line, world.today()), Some(6));
        assert!(world.tenant_named(prepaid::BEHIND).is_some());
    });
}

#[tokio::test]
async fn alerts_are_there_only_when_asked_for() {
    let desk = Desk::open(Seed::default()).await;
    assert!(desk.world(|world| world.alerts()).is_empty());
    let desk = Desk::open(Seed { customers: 0, story: false, alerts: true, ..Seed::default() }).await;
    desk.world(|world| {
        let of = |name: &str| {
            let tenant = world.tenant_named(name).expect("a tenant");
            world.alerts().into_iter().filter(|alert| alert.tenant_id == tenant).collect::<Vec<_>>()
        };
        let noisy = of(alerts::NOISY);
        let severities: BTreeSet<Severity> = noisy.iter().map(|alert| alert.severity).collect();
        assert_eq!(severities.len(), 5);
        assert!(noisy.iter().any(|alert| alert.kind == alerts::NEWER_NAMING));
        assert!(world.company_named(alerts::NOISY).is_some() && world.company_named(alerts::UNMAPPED).is_none());
        assert_eq!((of(alerts::UNMAPPED).len(), of(alerts::SELF_SERVICE).len()), (1, 1));
        let moving = of(alerts::COMING_AND_GOING);
        let state = |kind: &str| {
            let found = moving.iter().filter(|alert| alert.kind == kind);
            found.map(|alert| alert.deleted_at.is_some()).collect::<Vec<_>>()
        };
        assert_eq!((state(alerts::CLEARED), state(alerts::RETURNED)), (vec![true], vec![false]));
        assert_eq!(state(alerts::RETURNED_ANEW), [true, false]);
    });
    let seen = desk.alerts("/alerts?show_deleted=true").await;
    assert_eq!(seen.rows().len() + 1, desk.world(|world| world.alerts().len()), "one is hidden");
}
