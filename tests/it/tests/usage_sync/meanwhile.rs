//! What a person changes in the mapping while a run creates a service (M3): it counts, and is never lost.

use functions::run::{Run, Scope};
use functions::usage_sync;
use it::wire::{Operation, Phase, Strike, Wire};
use it::world::{World, even};
use shared::contract::PeriodType;
use shared::ids::{BillingCodeId, ServiceId};
use shared::mapping::{Mapping, NewService, ProductRow, ServiceTarget};
use shared::run::{Mode, Outcome};

const ITEM: &str = "pw_base_mobiles";
const OTHER_ITEM: &str = "pw_base_websites";
const NAME: &str = "Mobiles, protected";

fn row<'a>(mapping: &'a mut Mapping, item: &str) -> &'a mut ProductRow {
    let found = mapping.products.iter_mut().find(|(key, _)| key.name == item);
    found.expect("the item can be given").1
}

/// A settled world in which an item waits for a service that is to be created.
async fn with_a_service_to_create() -> (World, Wire) {
    let (world, wire) = World::wired(even(1, 2)).await;
    world.settle().await;
    let code = world.sandbox.world(|vendors| vendors.autotask.table("BillingCodes").rows().next().map(|row| row.id()));
    let new = NewService {
        name: NAME.to_owned(),
        period: PeriodType::Monthly,
        billing_code: BillingCodeId(code.expect("there are billing codes")),
        unit_price: "1.10".parse().expect("an amount"),
    };
    world.change_mapping(|mapping| row(mapping, ITEM).service = Some(ServiceTarget::New(new))).await;
    (world, wire)
}

fn created(world: &World) -> ServiceId {
    let services = world.sandbox.world(|vendors| vendors.services());
    ServiceId(services.into_iter().find(|service| service.name == NAME).expect("it is created").id)
}

/// A run in which a person does something once the service is there: before its reply comes, or only when the
/// mapping is about to be saved.
async fn run_with(world: &World, wire: &Wire, as_it_is_saved: bool, person: impl AsyncFnOnce()) -> Run {
    wire.strike(Operation::ServiceCreation, 0, 1, Strike::Held(Phase::Committed));
    let meanwhile = async {
        wire.cut().await;
        if as_it_is_saved {
            wire.strike(Operation::Batch, 0, 1, Strike::Held(Phase::Unsent));
            wire.cut().await;
        }
        person().await;
        wire.mend();
    };
    let run = usage_sync::run(&world.host, &world.connection, Scope::Everybody, Mode::Apply);
    let (run, ()) = tokio::join!(run, meanwhile);
    run.expect("it is recorded")
}

async fn mapping(world: &World) -> Mapping {
    world.host.store.mapping(&world.connection).await.expect("the table is read").expect("there is one")
}

#[tokio::test]
async fn m3_what_a_person_changes_while_a_service_is_created_stays_beside_the_new_service() {
    let (world, wire) = with_a_service_to_create().await;
    let person = async || world.change_mapping(|mapping| row(mapping, OTHER_ITEM).included = 7).await;
    let run = run_with(&world, &wire, false, person).await;
    assert_eq!(run.record.outcome, Outcome::Complete);
    let mut saved = mapping(&world).await;
    assert_eq!(row(&mut saved, OTHER_ITEM).included, 7);
    assert_eq!(row(&mut saved, ITEM).service, Some(ServiceTarget::Existing(created(&world))));
}

#[tokio::test]
async fn m3_what_a_person_saves_at_the_last_moment_counts_and_the_next_run_finds_the_service() {
    let (world, wire) = with_a_service_to_create().await;
    let person = async || world.change_mapping(|mapping| row(mapping, OTHER_ITEM).included = 7).await;
    let run = run_with(&world, &wire, true, person).await;
    assert_eq!(run.record.outcome, Outcome::Complete);
    let mut saved = mapping(&world).await;
    assert_eq!(row(&mut saved, OTHER_ITEM).included, 7);
    assert!(matches!(row(&mut saved, ITEM).service, Some(ServiceTarget::New(_))), "the person's mapping is whole");
    world.apply_complete().await;
    let mut saved = mapping(&world).await;
    assert_eq!(row(&mut saved, OTHER_ITEM).included, 7);
    assert_eq!(row(&mut saved, ITEM).service, Some(ServiceTarget::Existing(created(&world))));
}

#[tokio::test]
async fn m3_a_person_who_sells_something_else_as_the_new_service_meanwhile_decides() {
    let (world, wire) = with_a_service_to_create().await;
    let person = async || {
        let service = created(&world);
        let otherwise = |mapping: &mut Mapping| {
            let other = row(mapping, OTHER_ITEM);
            other.service = Some(ServiceTarget::Existing(service));
            other.included = 7;
        };
        world.change_mapping(otherwise).await;
    };
    let run = run_with(&world, &wire, false, person).await;
    let Outcome::Failed(why) = &run.record.outcome else { panic!("{:?}", run.record) };
    assert!(why.contains("the products cannot be sold as it"), "{why}");
    let mut saved = mapping(&world).await;
    assert_eq!(saved.faults(), []);
    assert_eq!(row(&mut saved, OTHER_ITEM).service, Some(ServiceTarget::Existing(created(&world))));
    assert!(matches!(row(&mut saved, ITEM).service, Some(ServiceTarget::New(_))), "the person's mapping is whole");
    let services = world.sandbox.world(|vendors| vendors.services());
    assert_eq!(services.iter().filter(|service| service.name == NAME).count(), 1);
}
