//! What is created at Autotask: services (M3), lines (U4) and the contract field (C1), each once, also when
//! the reply is lost.

use functions::run::Run;
use it::lines::Sold;
use it::world::{World, even};
use sandbox::{Fault, FaultKind, Seed};
use shared::contract::{PAYG_FIELD, PeriodType};
use shared::ids::{BillingCodeId, ServiceId};
use shared::mapping::{NewService, ServiceTarget};
use shared::run::Outcome;

const CREATION: &str = "autotask.services.create";
const FIELD_CREATION: &str = "autotask.user_defined_field_definitions.create";
const ITEM: &str = "pw_base_mobiles";
const NAME: &str = "Mobiles, protected";

fn lost_replies() -> [FaultKind; 4] {
    [
        FaultKind::ResetAfter,
        FaultKind::StatusAfter { status: 503, body: None },
        FaultKind::CutBody,
        FaultKind::BrokenJson,
    ]
}

fn never_arrived() -> [FaultKind; 2] {
    [FaultKind::ResetBefore, FaultKind::StatusBefore { status: 503, body: None }]
}

fn refusal() -> FaultKind {
    let body = Some("{\"errors\": [\"The billing code is inactive.\"]}".to_owned());
    FaultKind::StatusBefore { status: 500, body }
}

/// A settled world in which an item waits for a service that is to be created.
async fn with_a_service_to_create() -> World {
    let world = World::even(2, 3).await;
    let code = world.sandbox.world(|vendors| vendors.autotask.table("BillingCodes").rows().next().map(|row| row.id()));
    let new = NewService {
        name: NAME.to_owned(),
        period: PeriodType::Monthly,
        billing_code: BillingCodeId(code.expect("there are billing codes")),
        unit_price: "1.10".parse().expect("an amount"),
    };
    let target = Some(ServiceTarget::New(new));
    world
        .change_mapping(|mapping| {
            let row = mapping.products.iter_mut().find(|(key, _)| key.name == ITEM);
            row.expect("the item can be given").1.service = target;
        })
        .await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world
}

/// The services of the new name.
fn created(world: &World) -> Vec<i64> {
    let services = world.sandbox.world(|vendors| vendors.services());
    services.into_iter().filter(|service| service.name == NAME).map(|service| service.id).collect()
}

async fn mapped_to(world: &World) -> Option<ServiceTarget> {
    let mapping = world.host.store.mapping(&world.connection).await.expect("the table is read").expect("there is one");
    mapping.products.into_iter().find(|(key, _)| key.name == ITEM).expect("the item is known").1.service
}

async fn is_there_once_and_mapped(world: &World) {
    let services = created(world);
    assert_eq!(services.len(), 1);
    assert_eq!(mapped_to(world).await, Some(ServiceTarget::Existing(ServiceId(services[0]))));
    world.all_is_right_and_made_once().await;
}

fn tells(run: &Run, text: &str) -> bool {
    run.record.findings.iter().any(|finding| finding.contains(text))
}

#[tokio::test]
async fn m3_a_new_service_is_created_once_and_the_mapping_points_to_it() {
    let world = with_a_service_to_create().await;
    world.apply_complete().await;
    is_there_once_and_mapped(&world).await;
    assert!(world.plan().await.is_empty());
    assert_eq!(world.apply_complete().await.record.counts.made, 0);
    is_there_once_and_mapped(&world).await;
}

#[tokio::test]
async fn m3_a_lost_reply_makes_no_second_service() {
    for kind in lost_replies() {
        let world = with_a_service_to_create().await;
        world.sandbox.fail(Fault::once(CREATION, kind.clone()));
        let run = world.apply().await;
        assert!(matches!(run.record.outcome, Outcome::Failed(_)), "{kind:?}: {}", run.record.outcome);
        world.apply_complete().await;
        is_there_once_and_mapped(&world).await;
    }
}

#[tokio::test]
async fn m3_a_service_that_may_still_arrive_is_not_sent_again_for_settle_minutes() {
    for kind in never_arrived() {
        let world = with_a_service_to_create().await;
        world.change_mapping(|mapping| mapping.settings.settle_minutes = 10).await;
        world.sandbox.fail(Fault::once(CREATION, kind.clone()));
        world.apply().await;
        for seconds in [0, 599] {
            world.pass_seconds(seconds);
            let run = world.apply().await;
            assert_eq!((run.record.counts.open, created(&world).len()), (1, 0), "{kind:?}");
        }
        world.pass_seconds(1);
        world.apply_complete().await;
        is_there_once_and_mapped(&world).await;
    }
}

#[tokio::test]
async fn m3_a_service_that_autotask_did_not_run_is_sent_again() {
    for kind in [FaultKind::Throttle { retry_after: None }, FaultKind::ThreadLimitText { status: 500 }] {
        let world = with_a_service_to_create().await;
        world.change_mapping(|mapping| mapping.settings.settle_minutes = 10).await;
        world.sandbox.fail(Fault::once(CREATION, kind.clone()));
        let run = world.apply().await;
        let done = created(&world).len() == 1;
        assert!(done || run.record.outcome != Outcome::Complete, "{kind:?}: a run that left work is not complete");
        world.apply_complete().await;
        is_there_once_and_mapped(&world).await;
    }
}

#[tokio::test]
async fn m3_a_refused_creation_is_a_finding_and_is_tried_again_the_day_after_or_when_it_changed() {
    for changes in [false, true] {
        let world = with_a_service_to_create().await;
        world.sandbox.fail(Fault::once(CREATION, refusal()));
        let run = world.apply().await;
        assert!(tells(&run, "The billing code is inactive"), "{:?}", run.record);
        assert_eq!(world.wrong(), [], "the units went on");
        let again = world.apply_complete().await;
        assert!(tells(&again, "The billing code is inactive"), "{:?}", again.record);
        assert_eq!(created(&world).len(), 0);
        if changes {
            let dearer = |mapping: &mut shared::mapping::Mapping| {
                let row = mapping.products.values_mut().find(|row| row.item.key.name == ITEM);
                if let Some(ServiceTarget::New(new)) = row.and_then(|row| row.service.as_mut()) {
                    new.unit_price = "1.20".parse().unwrap();
                }
            };
            world.change_mapping(dearer).await;
        } else {
            world.pass_days(1);
        }
        world.apply_complete().await;
        is_there_once_and_mapped(&world).await;
    }
}

/// A tenant uses an item whose service is sold, but not on its contract.
async fn with_a_missing_line(add: bool) -> (World, Sold) {
    let world = World::even(2, 3).await;
    world.change_mapping(|mapping| mapping.settings.add_missing_services = add).await;
    let customer = world.sold().remove(0);
    world.pass_days(1);
    world.sandbox.world(|vendors| {
        vendors.set_item_status(&customer.tenant, ITEM, None, true);
        vendors.set_usage(&customer.tenant, ITEM, None, 4, Some(4));
    });
    (world, customer)
}

fn lines_of_the_item(world: &World, customer: &Sold) -> Vec<i64> {
    world.sandbox.world(|vendors| {
        let service = vendors.service_by_sku(ITEM).expect("it is sold");
        let lines = vendors.lines_of(customer.contract).into_iter();
        lines.filter(|line| line.service_id == service).map(|line| line.id).collect()
    })
}

#[tokio::test]
async fn u4_a_service_that_is_not_on_the_contract_is_a_finding_and_no_adjustment() {
    let (world, customer) = with_a_missing_line(false).await;
    let run = world.apply_complete().await;
    assert!(tells(&run, "4 Acronis Mobile Devices not billed"), "{:?}", run.record.findings);
    assert_eq!((lines_of_the_item(&world, &customer).len(), world.adjustments()), (0, 0));
    world.made_once().await;
}

#[tokio::test]
async fn u4_a_missing_line_is_added_once_also_when_the_reply_is_lost() {
    let kinds = lost_replies().into_iter().chain(never_arrived()).map(Some).chain([None]);
    for kind in kinds {
        let (world, customer) = with_a_missing_line(true).await;
        if let Some(kind) = &kind {
            world.sandbox.fail(Fault::once("autotask.adjustments.create", kind.clone()));
        }
        world.apply().await;
        world.apply_complete().await;
        assert_eq!(lines_of_the_item(&world, &customer).len(), 1, "{kind:?}");
        world.all_is_right_and_made_once().await;
        world.pass_days(1);
        world.use_one_more_of_each();
        world.apply_complete().await;
        assert_eq!(lines_of_the_item(&world, &customer).len(), 1, "{kind:?}");
        world.all_is_right_and_made_once().await;
    }
}

fn fields(world: &World) -> usize {
    let is_ours = |name: &str| name == PAYG_FIELD;
    world.sandbox.world(|vendors| {
        let definitions = vendors.autotask.table("UserDefinedFieldDefinitions");
        definitions.rows().filter(|row| is_ours(row.text("name"))).count()
    })
}

async fn without_the_field() -> World {
    let (world, _) = World::unconnected(Seed { payg_field: false, ..even(2, 2) }, false).await;
    world.connect_again(false).await.expect("it is connected");
    world.map_products_by_sku().await;
    world
}

#[tokio::test]
async fn c1_a22_a23_while_the_contract_field_is_missing_nothing_is_planned_and_connect_creates_it_once() {
    let world = without_the_field().await;
    world.use_one_more_of_each();
    let plan = world.plan().await;
    assert!(plan.is_empty() && plan.findings.len() == 1, "{plan}");
    assert!(plan.findings[0].to_string().contains("does not exist"), "{plan}");
    assert_eq!(world.apply_complete().await.record.counts.made, 0);
    for _ in 0..2 {
        world.connect_again(true).await.unwrap();
        assert_eq!(fields(&world), 1);
    }
    for contract in world.sandbox.world(|vendors| vendors.contracts()) {
        world.sandbox.world(|vendors| vendors.set_udf(contract.id, PAYG_FIELD, Some("Yes")));
    }
    world.settle().await;
    world.all_is_right_and_made_once().await;
}

#[tokio::test]
async fn c1_a_lost_reply_makes_no_second_field() {
    for kind in lost_replies() {
        let world = without_the_field().await;
        world.sandbox.fail(Fault::once(FIELD_CREATION, kind.clone()));
        drop(world.connect_again(true).await);
        world.connect_again(true).await.unwrap();
        let posts = world.sandbox.requests().into_iter().filter(|seen| seen.operation == FIELD_CREATION).count();
        assert_eq!((fields(&world), posts), (1, 1), "{kind:?}");
        world.nothing_unknown();
    }
}

#[tokio::test]
async fn m5_connecting_again_keeps_the_approval_of_the_first_plan() {
    let world = World::even(2, 3).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.connect_again(false).await.unwrap();
    let run = world.apply_complete().await;
    assert_eq!((run.record.counts.made, run.record.counts.held), (6, 0));
    world.all_is_right_and_made_once().await;
}
