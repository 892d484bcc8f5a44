//! A permission lost at either vendor looks like customers who bought nothing: it changes nothing, and is told.

use crate::stage::{Customer, MOBILES, SERVERS, Stage, WORKSTATIONS};
use functions::contract_changed;
use functions::run::{Run, Scope};
use sandbox::World;
use shared::run::{Mode, Outcome};

/// What is lost, and a word by which a person learns of it.
type Loss = (&'static str, fn(&mut World, &Customer), &'static str);

const LOSSES: [Loss; 8] = [
    ("the company", |world, one| world.hide_company(one.company), "not visible in Autotask"),
    ("the contract", |world, one| world.hide_contract(one.contract), "no active recurring contract"),
    ("all companies", |world, _| cannot_read(world, &["Companies"]), "not visible in Autotask"),
    ("all contracts", |world, _| cannot_read(world, &["Contracts"]), "no active recurring contract"),
    ("all units", |world, _| cannot_read(world, &["ContractServiceUnits"]), "nothing would be left"),
    (
        "all lines and units",
        |world, _| cannot_read(world, &["ContractServices", "ContractServiceUnits"]),
        "nothing would be left",
    ),
    (
        "the tenant",
        |world, one| {
            let now = world.now();
            world.change_tenant(&one.tenant, |tenant| tenant.deleted_at = Some(now));
        },
        "is not in our tree",
    ),
    ("usage", |world, one| _ = world.refuse_usage(&one.tenant, true), "usage"),
];

fn cannot_read(world: &mut World, entities: &[&str]) {
    world.settings.unreadable = entities.iter().map(|entity| (*entity).to_owned()).collect();
}

fn regain(world: &mut World, customer: &Customer) {
    world.hide_nothing();
    world.settings.unreadable.clear();
    world.refuse_usage(&customer.tenant, false);
    if world.tenant(&customer.tenant).is_some_and(|tenant| tenant.deleted_at.is_some()) {
        world.change_tenant(&customer.tenant, |tenant| tenant.deleted_at = None);
    }
}

/// All that a run says to a person.
fn said(run: &Run) -> String {
    format!("{:?}\n{}", run.record.outcome, run.plan.as_ref().map(ToString::to_string).unwrap_or_default())
}

#[tokio::test]
async fn h1_a_permission_lost_at_a_vendor_changes_nothing_and_is_told() {
    let mut stage = Stage::new().await;
    let units = [(WORKSTATIONS, 10), (SERVERS, 2)];
    let customers: Vec<Customer> =
        (0..6).map(|number| stage.msp.customer(&format!("Customer {number}"), &units)).collect();
    // One item is everybody's, so that nobody loses really everything.
    stage.msp.change(|world| {
        customers.iter().for_each(|one| world.set_item_status(&one.tenant, MOBILES, None, true));
    });
    stage.settle_with_free(MOBILES).await;
    let allowed = |stage: &Stage| -> Vec<[String; 3]> {
        let of = |one: &Customer| [WORKSTATIONS, SERVERS, MOBILES].map(|item| stage.msp.allowed(one, item));
        customers.iter().map(of).collect()
    };
    let before = allowed(&stage);
    assert_eq!(before[5], ["10", "2", "unlimited"]);
    for (what, lose, words) in LOSSES {
        stage.pass_minutes(60);
        stage.msp.change(|world| lose(world, &customers[0]));
        // One customer by itself, all of them, and each time once more.
        for scope in [Scope::company(customers[0].id()), Scope::Everybody] {
            for _ in 0..2 {
                let run = contract_changed::run(&stage.machine.host, &stage.msp.connection, scope.clone(), Mode::Apply);
                let run = run.await.expect("it is recorded");
                assert_eq!(allowed(&stage), before, "{what} is lost");
                let is_whole = run.plan.as_ref().is_some_and(|plan| plan.run_hold.is_some());
                assert!(said(&run).contains(words) || is_whole, "{what} is lost: {}", said(&run));
                assert_eq!(run.record.counts.made, 0, "{what}");
            }
        }
        stage.msp.change(|world| regain(world, &customers[0]));
        let run = stage.look_at(&customers[0]).await;
        assert_eq!((&run.record.outcome, run.record.counts.made), (&Outcome::Complete, 0), "{what} is regained");
        assert!(stage.plan().await.is_empty(), "{what} is regained: {}", stage.plan().await);
    }
    assert_eq!(allowed(&stage), before);
}

#[tokio::test]
async fn a_client_that_may_only_read_changes_nothing_stops_and_says_so() {
    let mut stage = Stage::new().await;
    let customers: Vec<Customer> =
        (0..5).map(|number| stage.msp.customer(&format!("Customer {number}"), &[(WORKSTATIONS, 10)])).collect();
    stage.settle().await;
    stage.pass_minutes(1);
    customers.iter().for_each(|one| stage.msp.adjust(one, WORKSTATIONS, 1));
    stage.msp.change(|world| world.settings.read_only_client = true);
    let runs = stage.watch().await;
    let run = crate::stage::run_of(&runs, shared::run::Job::ContractChanged);
    assert!(matches!(&run.record.outcome, Outcome::Failed(why) if why.contains("change nothing")), "{:?}", run.record);
    assert_eq!(stage.msp.asked("acronis.set_offering_items"), 2, "two are enough to know");
    assert!(customers.iter().all(|one| stage.msp.allowed(one, WORKSTATIONS) == "10"));
    stage.msp.change(|world| world.settings.read_only_client = false);
    // The events are still there.
    stage.watch().await;
    assert!(customers.iter().all(|one| stage.msp.allowed(one, WORKSTATIONS) == "11"));
}
