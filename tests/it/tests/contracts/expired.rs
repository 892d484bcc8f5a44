//! Customers whose contract ended (C4): told, left as they are, and disabled only where a setting says so. Nothing is
//! ever deleted.

use crate::stage::{Customer, Stage, WORKSTATIONS, run_of, told};
use shared::plan::HoldReason;
use shared::run::Job;

/// A customer whose contract ended yesterday, and one whose goes on.
async fn expired(disable_after_days: Option<u32>, used: u64) -> (Stage, Customer) {
    let mut stage = Stage::new().await;
    let customer = stage.msp.customer("Expired", &[(WORKSTATIONS, 10)]);
    stage.msp.customer("Goes on", &[(WORKSTATIONS, 10)]);
    stage.settle().await;
    stage.change_mapping(|mapping| mapping.settings.disable_after_days = disable_after_days).await;
    stage.msp.uses(&customer, WORKSTATIONS, used);
    stage.pass_minutes(1);
    stage.msp.change(|world| {
        let yesterday = world.day(-1);
        world.end_contract(customer.contract, yesterday)
    });
    let runs = stage.watch().await;
    let all = told(run_of(&runs, Job::ContractChanged));
    assert!(all.contains("Expired") && all.contains("no active recurring contract since"), "{all}");
    (stage, customer)
}

async fn pass_days(stage: &mut Stage, days: i64) {
    let connection = stage.msp.connection.clone();
    for _ in 0..days {
        stage.pass_minutes(24 * 60);
        stage.wake_for(&connection, Job::ContractWatch).await;
    }
}

fn is_enabled(stage: &Stage, customer: &Customer) -> bool {
    let tenant = stage.msp.change(|world| world.tenant(&customer.tenant).cloned()).expect("it is there");
    assert_eq!(tenant.deleted_at, None, "nothing is ever deleted");
    assert!(stage.msp.change(|world| world.destructions().is_empty()));
    tenant.enabled
}

#[tokio::test]
async fn c4_without_the_setting_a_customer_whose_contract_ended_is_left_as_it_is() {
    let (mut stage, customer) = expired(None, 0).await;
    pass_days(&mut stage, 60).await;
    assert!(is_enabled(&stage, &customer));
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "10");
}

#[tokio::test]
async fn c4_a_tenant_not_in_use_is_disabled_after_the_days_that_were_set_and_keeps_its_data() {
    let (mut stage, customer) = expired(Some(10), 0).await;
    pass_days(&mut stage, 9).await;
    assert!(is_enabled(&stage, &customer));
    pass_days(&mut stage, 2).await;
    assert!(!is_enabled(&stage, &customer));
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "10");
    // Who comes back is not switched on behind a person's back.
    stage.msp.change(|world| {
        let far = world.day(300);
        world.end_contract(customer.contract, far)
    });
    let runs = stage.watch().await;
    let all = told(run_of(&runs, Job::ContractChanged));
    assert!(all.contains("is disabled although there is a contract"), "{all}");
    assert!(!is_enabled(&stage, &customer));
}

#[tokio::test]
async fn c4_a_tenant_in_use_is_not_disabled_before_a_person_approves() {
    let (mut stage, customer) = expired(Some(10), 4).await;
    pass_days(&mut stage, 30).await;
    assert!(is_enabled(&stage, &customer));
    let plan = stage.plan().await;
    let reasons: Vec<&HoldReason> = plan.held.iter().flat_map(|held| &held.reasons).collect();
    assert_eq!(reasons, [&HoldReason::StillInUse { items: 1 }], "{plan}");
    stage.approve_and_run().await;
    assert!(!is_enabled(&stage, &customer));
}

#[tokio::test]
async fn c4_a_contract_renewed_in_time_starts_the_days_anew() {
    let (mut stage, customer) = expired(Some(10), 0).await;
    pass_days(&mut stage, 8).await;
    stage.msp.change(|world| {
        let last_day = world.day(3);
        world.end_contract(customer.contract, last_day)
    });
    pass_days(&mut stage, 12).await;
    assert!(is_enabled(&stage, &customer), "8 days without a contract, then one, then 8 again");
    pass_days(&mut stage, 4).await;
    assert!(!is_enabled(&stage, &customer));
}
