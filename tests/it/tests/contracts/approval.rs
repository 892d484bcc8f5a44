//! What waits for a person: less than is in use (Q5), all that a customer has, and what follows from another mapping
//! or kind of contract (H1, H2). Once approved it is done, and it waits once.

use crate::stage::{Customer, SERVERS, Stage, WORKSTATIONS, run_of};
use functions::run::Run;
use sandbox::seed::PAYG_FIELD;
use shared::ids::TenantId;
use shared::mapping::{CustomerLink, CustomerRow};
use shared::plan::HoldReason;
use shared::run::{Job, Outcome};

/// Why changes of a run wait.
fn reasons(run: &Run) -> Vec<HoldReason> {
    let plan = run.plan.as_ref().expect("there is a plan");
    plan.held.iter().flat_map(|held| held.reasons.clone()).collect()
}

/// What a look at changed contracts makes of the customers' quotas.
async fn looked_at(stage: &mut Stage) -> Run {
    let runs = stage.watch().await;
    let run = run_of(&runs, Job::ContractChanged).clone();
    assert_eq!(run.record.outcome, Outcome::Complete, "{:?}", run.record);
    run
}

async fn approved(stage: &Stage) {
    let run = stage.approve_and_run().await;
    assert_eq!((&run.record.outcome, run.record.counts.held), (&Outcome::Complete, 0), "{:?}", run.record);
}

async fn with_customer(units: &[(&str, i64)]) -> (Stage, Customer) {
    let mut stage = Stage::new().await;
    let customer = stage.msp.customer("Held", units);
    stage.settle().await;
    stage.pass_minutes(1);
    (stage, customer)
}

#[tokio::test]
async fn q5_less_than_is_in_use_waits_for_a_person_and_more_never_does() {
    let (mut stage, customer) = with_customer(&[(WORKSTATIONS, 10)]).await;
    stage.msp.uses(&customer, WORKSTATIONS, 8);
    stage.msp.adjust(&customer, WORKSTATIONS, -5);
    let run = looked_at(&mut stage).await;
    assert_eq!(reasons(&run), [HoldReason::BelowUsage { used: "8".to_owned() }]);
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "10");
    approved(&stage).await;
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "5");
    // Still below what is in use, and yet more than before.
    stage.msp.adjust(&customer, WORKSTATIONS, 2);
    looked_at(&mut stage).await;
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "7");
}

#[tokio::test]
async fn an_approval_is_for_what_was_shown_and_void_once_usage_moved() {
    let (mut stage, customer) = with_customer(&[(WORKSTATIONS, 10)]).await;
    stage.msp.uses(&customer, WORKSTATIONS, 8);
    stage.msp.adjust(&customer, WORKSTATIONS, -5);
    looked_at(&mut stage).await;
    stage.approve_all().await;
    stage.msp.uses(&customer, WORKSTATIONS, 9);
    let run = stage.look_at(&customer).await;
    assert_eq!(reasons(&run), [HoldReason::BelowUsage { used: "9".to_owned() }]);
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "10");
}

#[tokio::test]
async fn h1_a_customer_that_would_lose_everything_keeps_it_until_a_person_approves() {
    let (mut stage, customer) = with_customer(&[(WORKSTATIONS, 10), (SERVERS, 2)]).await;
    stage.msp.adjust(&customer, WORKSTATIONS, -10);
    stage.msp.change(|world| world.human_remove_service(customer.line(SERVERS)));
    let run = looked_at(&mut stage).await;
    assert_eq!(reasons(&run), [HoldReason::LosesEverything, HoldReason::LosesEverything]);
    let allowed = |stage: &Stage| [WORKSTATIONS, SERVERS].map(|item| stage.msp.allowed(&customer, item));
    // It waits however often it is looked at.
    stage.look_at(&customer).await;
    assert_eq!(allowed(&stage), ["10", "2"]);
    approved(&stage).await;
    assert_eq!(allowed(&stage), ["0", "0"]);
}

#[tokio::test]
async fn h1_a_contract_that_went_from_pay_as_you_go_to_prepaid_waits_once() {
    let mut stage = Stage::new().await;
    let customer = stage.msp.payg_customer("Held", &[(WORKSTATIONS, 10)]);
    stage.settle().await;
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "unlimited");
    stage.pass_minutes(1);
    stage.msp.change(|world| world.set_udf(customer.contract, PAYG_FIELD, Some("No")));
    let run = looked_at(&mut stage).await;
    assert_eq!(reasons(&run), [HoldReason::NoLongerPayAsYouGo]);
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "unlimited");
    approved(&stage).await;
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "10");
    stage.msp.adjust(&customer, WORKSTATIONS, 2);
    assert_eq!(reasons(&looked_at(&mut stage).await), []);
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "12");
}

#[tokio::test]
async fn h1_a_changed_product_row_waits_once() {
    let (mut stage, customer) = with_customer(&[(WORKSTATIONS, 10), (SERVERS, 2)]).await;
    stage
        .change_mapping(|mapping| {
            let rows = mapping.products.iter_mut().filter(|(key, _)| key.name == WORKSTATIONS);
            rows.for_each(|(_, row)| row.included = 3);
        })
        .await;
    let run = looked_at(&mut stage).await;
    assert_eq!(reasons(&run), [HoldReason::MappingChanged]);
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "10");
    approved(&stage).await;
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "13");
    stage.msp.adjust(&customer, WORKSTATIONS, 1);
    assert_eq!(reasons(&looked_at(&mut stage).await), []);
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "14");
}

#[tokio::test]
async fn h1_a_customer_mapped_later_waits_once() {
    let (mut stage, _) = with_customer(&[(WORKSTATIONS, 10)]).await;
    let later = stage.msp.customer("Later", &[(WORKSTATIONS, 4)]);
    looked_at_by_nobody(&mut stage).await;
    stage
        .change_mapping(|mapping| {
            let tenant = TenantId::new(&later.tenant);
            let link = CustomerLink::Mapped { tenant, tenant_name: "Later".to_owned() };
            let (company, company_name) = (later.id(), "Later".to_owned());
            mapping.customers.insert(
                company,
                CustomerRow { company, company_name, link, pins: Default::default(), decisions: Default::default() },
            );
        })
        .await;
    let run = looked_at(&mut stage).await;
    assert!(reasons(&run).iter().all(|reason| *reason == HoldReason::NewCustomer), "{:?}", run.plan);
    assert_eq!((run.record.counts.held, stage.msp.allowed(&later, WORKSTATIONS).as_str()), (1, "off"));
    approved(&stage).await;
    assert_eq!(stage.msp.allowed(&later, WORKSTATIONS), "4");
    stage.msp.adjust(&later, WORKSTATIONS, 1);
    assert_eq!(reasons(&looked_at(&mut stage).await), []);
    assert_eq!(stage.msp.allowed(&later, WORKSTATIONS), "5");
}

/// A company that is not mapped is nobody's to look at.
async fn looked_at_by_nobody(stage: &mut Stage) {
    let runs = stage.watch().await;
    assert!(runs.iter().all(|run| run.record.job == Job::ContractWatch), "{runs:#?}");
}

#[tokio::test]
async fn h2_in_review_mode_every_change_waits() {
    let (mut stage, customer) = with_customer(&[(WORKSTATIONS, 10), (SERVERS, 2)]).await;
    stage.change_mapping(|mapping| mapping.settings.review_mode = true).await;
    for (units, ours) in [(12, "12"), (13, "13")] {
        let before = stage.msp.allowed(&customer, WORKSTATIONS);
        let delta = units - before.parse::<i64>().expect("a number");
        stage.msp.adjust(&customer, WORKSTATIONS, delta);
        assert_eq!(reasons(&looked_at(&mut stage).await), [HoldReason::ReviewMode]);
        assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), before);
        approved(&stage).await;
        assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), ours);
    }
}

#[tokio::test]
async fn what_is_approved_is_made_at_the_next_look_and_not_when_it_is_its_turn() {
    let (mut stage, customer) = with_customer(&[(WORKSTATIONS, 10)]).await;
    stage.msp.uses(&customer, WORKSTATIONS, 8);
    stage.msp.adjust(&customer, WORKSTATIONS, -5);
    looked_at(&mut stage).await;
    stage.approve_all().await;
    looked_at(&mut stage).await;
    assert_eq!(stage.msp.allowed(&customer, WORKSTATIONS), "5");
}
