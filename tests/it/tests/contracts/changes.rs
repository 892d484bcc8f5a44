//! Every kind of change of a contract shows in Acronis after one look and one event of its customer.

use crate::stage::{Customer, SERVERS, Stage, VMS, WORKSTATIONS, run_of, told};
use rust_decimal::Decimal;
use sandbox::World;
use sandbox::seed::PAYG_FIELD;
use shared::run::{Job, Outcome};

type Change = fn(&mut World, &Customer);

/// A kind of change: its steps, each noticed by a look of its own, and what may be used in the end.
struct Kind {
    name: &'static str,
    steps: &'static [Change],
    end: [(&'static str, &'static str); 3],
}

/// What a customer has before: 10 workstations and 2 servers.
const fn kind(name: &'static str, steps: &'static [Change], [workstations, servers, vms]: [&'static str; 3]) -> Kind {
    Kind { name, steps, end: [(WORKSTATIONS, workstations), (SERVERS, servers), (VMS, vms)] }
}

fn service(world: &World, item: &str) -> i64 {
    world.service_by_sku(item).expect("it is sold")
}

fn second_contract(world: &mut World, customer: &Customer, from: i64) {
    let (first, last) = (world.day(from), world.day(300));
    let contract = world.add_contract(customer.company, "More of it", first, last);
    let workstations = service(world, WORKSTATIONS);
    world.add_line(contract, workstations, 5, None);
}

/// The contract of the customer that was made last.
fn last_contract(world: &World, customer: &Customer) -> i64 {
    world.contracts_of(customer.company).pop().expect("it has one").id
}

fn sell_bundle(world: &mut World, customer: &Customer) {
    let services = [service(world, WORKSTATIONS), service(world, VMS)];
    let bundle = world.add_bundle("Workplace", &services, Decimal::new(590, 2));
    let today = world.today();
    world.human_add_bundle(customer.contract, bundle, 4, today).expect("a person may");
}

fn bundle_line(world: &World, customer: &Customer) -> i64 {
    world.bundle_lines_of(customer.contract)[0].id
}

fn adjust(world: &mut World, customer: &Customer, delta: i64) {
    let today = world.today();
    world.human_adjust(customer.line(WORKSTATIONS), delta, today).expect("a person may");
}

const KINDS: [Kind; 13] = [
    kind("more units", &[|world, one| adjust(world, one, 5)], ["15", "2", "off"]),
    kind("fewer units", &[|world, one| adjust(world, one, -4)], ["6", "2", "off"]),
    kind(
        "the field says Yes",
        &[|world, one| _ = world.set_udf(one.contract, PAYG_FIELD, Some("Yes"))],
        ["unlimited", "unlimited", "off"],
    ),
    kind(
        "the field says something else",
        &[|world, one| {
            adjust(world, one, 5);
            world.set_udf(one.contract, PAYG_FIELD, Some("Perhaps"));
        }],
        ["10", "2", "off"],
    ),
    kind(
        "a service more",
        &[|world, one| {
            let (vms, today) = (service(world, VMS), world.today());
            world.human_add_service(one.contract, vms, 3, today).expect("a person may");
        }],
        ["10", "2", "3"],
    ),
    kind("a service less", &[|world, one| _ = world.human_remove_service(one.line(SERVERS))], ["10", "0", "off"]),
    kind("a bundle more", &[sell_bundle], ["14", "2", "4"]),
    kind(
        "a bundle's units",
        &[sell_bundle, |world, one| {
            let (line, today) = (bundle_line(world, one), world.today());
            world.human_adjust_bundle(line, 3, today).expect("a person may");
        }],
        ["17", "2", "7"],
    ),
    kind(
        "a bundle less",
        &[sell_bundle, |world, one| {
            let line = bundle_line(world, one);
            world.human_remove_bundle(line);
        }],
        ["10", "2", "0"],
    ),
    kind("a contract more", &[|world, one| second_contract(world, one, -3)], ["15", "2", "off"]),
    kind(
        "a contract that begins earlier",
        &[
            |world, one| second_contract(world, one, 30),
            |world, one| {
                let (contract, first, last) = (last_contract(world, one), world.day(-1), world.day(300));
                world.move_contract(contract, first, last);
            },
        ],
        ["15", "2", "off"],
    ),
    kind(
        "a contract that ended",
        &[
            |world, one| second_contract(world, one, -3),
            |world, one| {
                let (contract, yesterday) = (last_contract(world, one), world.day(-1));
                world.end_contract(contract, yesterday);
            },
        ],
        ["10", "2", "off"],
    ),
    kind(
        "a contract that is not active",
        &[
            |world, one| second_contract(world, one, -3),
            |world, one| {
                let contract = last_contract(world, one);
                world.set_contract_status(contract, 0);
            },
        ],
        ["10", "2", "off"],
    ),
];

#[tokio::test]
async fn a01_a19_every_change_of_a_contract_shows_in_acronis_after_one_look_and_one_event() {
    let mut stage = Stage::new().await;
    let named = |kind: &Kind| stage.msp.customer(kind.name, &[(WORKSTATIONS, 10), (SERVERS, 2)]);
    let customers: Vec<Customer> = KINDS.iter().map(named).collect();
    let bystander = stage.msp.customer("Nobody touched us", &[(WORKSTATIONS, 7)]);
    stage.settle().await;
    for (kind, customer) in KINDS.iter().zip(&customers) {
        assert_eq!(stage.msp.allowed(customer, WORKSTATIONS), "10", "{}", kind.name);
        for step in kind.steps {
            stage.pass_minutes(1);
            stage.msp.change(|world| step(world, customer));
            let runs = stage.watch().await;
            assert_eq!(run_of(&runs, Job::ContractWatch).record.counts.changes, 1, "{}: one event", kind.name);
            let run = run_of(&runs, Job::ContractChanged);
            assert_eq!(run.record.outcome, Outcome::Complete, "{}: {:?}", kind.name, run.record);
            assert_eq!(told(run).contains("Perhaps"), kind.name == "the field says something else", "{}", told(run));
            assert_eq!(run_of(&runs, Job::UsageSync).record.outcome, Outcome::Complete, "{}", kind.name);
        }
        let end = kind.end.map(|(item, _)| (item, stage.msp.allowed(customer, item)));
        assert_eq!(end, kind.end.map(|(item, allowed)| (item, allowed.to_owned())), "{}", kind.name);
    }
    assert_eq!(stage.msp.allowed(&bystander, WORKSTATIONS), "7");
    assert!(stage.plan().await.is_empty(), "nothing is left to do: {}", stage.plan().await);
}
