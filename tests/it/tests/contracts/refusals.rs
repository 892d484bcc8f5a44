//! What Acronis refuses, and what people did there, is a finding with what to do about it; other customers go on.

use crate::stage::{Customer, Provider, SERVERS, STORAGE, Stage, VMS, WORKSTATIONS, run_of, told};
use functions::contract_changed;
use functions::run::Scope;
use it::wire::{Operation, Phase, Strike, Wire};
use sandbox::acronis::catalogue::{ACRONIS_STORAGE, PARTNER_STORAGE};
use sandbox::acronis::{Quota, TenantKind};
use sandbox::{Fault, FaultKind, World};
use shared::ids::StorageId;
use shared::run::{Job, Mode, Outcome};

const FOLDER: &str = "Folder";

/// What stands in the way, how it is taken away, and what is told meanwhile.
struct Trouble {
    name: &'static str,
    comes: fn(&mut World, &Customer),
    goes: fn(&mut World, &Customer),
    told: &'static str,
}

const TROUBLES: [Trouble; 6] = [
    Trouble {
        name: "Not available",
        comes: |world, one| {
            sell_vms(world, one);
            world.withhold_item(None, VMS, None, true);
        },
        goes: |world, _| world.withhold_item(None, VMS, None, false),
        told: "code 1021",
    },
    Trouble {
        name: "Locked item",
        comes: |world, one| {
            sell_vms(world, one);
            world.lock_item(&one.tenant, VMS, None, true);
        },
        goes: |world, one| _ = world.lock_item(&one.tenant, VMS, None, false),
        told: "is locked at Acronis",
    },
    Trouble {
        name: "Locked tenant",
        comes: |world, one| _ = world.lock_tenant(&one.tenant, true),
        goes: |world, one| _ = world.lock_tenant(&one.tenant, false),
        told: "code 1012",
    },
    Trouble {
        name: "Disabled tenant",
        comes: |world, one| _ = world.change_tenant(&one.tenant, |tenant| tenant.enabled = false),
        goes: |world, one| _ = world.change_tenant(&one.tenant, |tenant| tenant.enabled = true),
        told: "is disabled although there is a contract",
    },
    Trouble {
        name: "Disabled parent",
        comes: |world, _| enable_folder(world, false),
        goes: |world, _| enable_folder(world, true),
        told: "code 1003",
    },
    Trouble {
        name: "Another storage",
        comes: |world, one| {
            let (storage, today) = (world.service_by_sku(STORAGE).expect("it is sold"), world.today());
            world.set_storage(&one.tenant, PARTNER_STORAGE);
            world.human_add_service(one.contract, storage, 50, today).expect("a person may");
        },
        goes: |world, one| world.set_storage(&one.tenant, ACRONIS_STORAGE),
        told: "a storage is never switched",
    },
];

fn sell_vms(world: &mut World, customer: &Customer) {
    let (vms, today) = (world.service_by_sku(VMS).expect("it is sold"), world.today());
    world.human_add_service(customer.contract, vms, 3, today).expect("a person may");
}

fn enable_folder(world: &mut World, on: bool) {
    let folder = world.tenant_named(FOLDER).expect("it is there");
    world.change_tenant(&folder, |tenant| tenant.enabled = on);
}

fn customer_of(msp: &Provider, trouble: &Trouble) -> Customer {
    let folder = msp.change(|world| world.tenant_named(FOLDER));
    let parent = folder.filter(|_| trouble.name == "Disabled parent");
    msp.customer_below(parent.as_deref(), trouble.name, &[(WORKSTATIONS, 10)])
}

#[tokio::test]
async fn every_refusal_is_a_finding_with_what_to_do_while_others_go_on() {
    let mut stage = Stage::new().await;
    stage.msp.change(|world| world.add_tenant_of_kind(FOLDER, None, TenantKind::Folder));
    let customers: Vec<Customer> = TROUBLES.iter().map(|trouble| customer_of(&stage.msp, trouble)).collect();
    let bystander = stage.msp.customer("Nothing in its way", &[(WORKSTATIONS, 10)]);
    stage.settle().await;
    let partner_storage = StorageId::new(PARTNER_STORAGE);
    stage
        .change_mapping(|mapping| {
            let rows = mapping.products.iter_mut().filter(|(key, _)| key.storage.as_ref() == Some(&partner_storage));
            rows.for_each(|(_, row)| row.service = None);
        })
        .await;
    stage.watch().await;
    for (trouble, customer) in TROUBLES.iter().zip(&customers) {
        stage.pass_minutes(1);
        let units: i64 = stage.msp.allowed(&bystander, WORKSTATIONS).parse().expect("a number");
        stage.msp.change(|world| (trouble.comes)(world, customer));
        stage.msp.adjust(customer, WORKSTATIONS, 1);
        stage.msp.adjust(&bystander, WORKSTATIONS, 1);
        let runs = stage.watch().await;
        let run = run_of(&runs, Job::ContractChanged);
        let all = told(run);
        let finding = all.lines().find(|line| line.contains(trouble.told));
        let finding = finding.unwrap_or_else(|| panic!("{}: {all}\n{:?}", trouble.name, run.record));
        assert!(finding.contains(trouble.name) && finding.contains(" → "), "{finding}");
        assert_eq!(stage.msp.allowed(&bystander, WORKSTATIONS), (units + 1).to_string(), "{}", trouble.name);
        stage.msp.change(|world| (trouble.goes)(world, customer));
        let run = stage.look_at(customer).await;
        assert_eq!(run.record.outcome, Outcome::Complete, "{}: {:?}", trouble.name, run.record);
        assert_eq!(stage.msp.allowed(customer, WORKSTATIONS), "11", "{}", trouble.name);
    }
    assert!(stage.plan().await.is_empty(), "{}", stage.plan().await);
}

#[tokio::test]
async fn one_item_that_is_refused_holds_up_no_other_of_the_tenant() {
    let mut stage = Stage::new().await;
    let units = [(WORKSTATIONS, 10), (SERVERS, 2)];
    let [first, second] = ["First", "Second"].map(|name| stage.msp.customer(name, &units));
    stage.settle().await;
    stage.pass_minutes(1);
    for customer in [&first, &second] {
        stage.msp.adjust(customer, WORKSTATIONS, 1);
        stage.msp.adjust(customer, SERVERS, 1);
    }
    let body = r#"{"error":{"code":1023,"message":"Offering items dependency error","details":{"info":"x"}}}"#;
    let refused = FaultKind::StatusBefore { status: 400, body: Some(body.to_owned()) };
    // All of the first customer's, and then one of them alone.
    stage.msp.sandbox.fail(Fault { times: Some(2), ..Fault::once("acronis.set_offering_items", refused) });
    let runs = stage.watch().await;
    let run = run_of(&runs, Job::ContractChanged);
    assert_eq!((run.record.counts.made, run.record.counts.refused), (3, 1), "{:?}", run.record);
    assert!(told(run).contains("code 1023"), "{}", told(run));
    let allowed = |customer| [WORKSTATIONS, SERVERS].map(|item| stage.msp.allowed(customer, item));
    let of_first = allowed(&first);
    assert!(of_first == ["10", "3"] || of_first == ["11", "2"], "{of_first:?}");
    assert_eq!(allowed(&second), ["11", "3"]);
    stage.look_at(&first).await;
    assert_eq!([WORKSTATIONS, SERVERS].map(|item| stage.msp.allowed(&first, item)), ["11", "3"]);
}

/// A look at everybody during which somebody sets a quota after we read it and before we send ours.
async fn somebody_sets(stage: &Stage, wire: &Wire, customer: &Customer, value: Option<u64>) -> Outcome {
    wire.strike(Operation::SetItems, 0, 1, Strike::Held(Phase::Unsent));
    let meanwhile = async {
        wire.cut().await;
        stage.msp.change(|world| {
            world.set_quota(&customer.tenant, WORKSTATIONS, None, Quota { value, overage: Some(0), version: 0 })
        });
        wire.mend();
    };
    let run = contract_changed::run(&stage.machine.host, &stage.msp.connection, Scope::Everybody, Mode::Apply);
    let (run, ()) = tokio::join!(run, meanwhile);
    run.expect("it is recorded").record.outcome
}

#[tokio::test]
async fn q6_a_quota_changed_between_our_reading_and_our_writing_is_read_and_decided_again() {
    let (mut stage, wire) = Stage::wired().await;
    let units = [(WORKSTATIONS, 10), (SERVERS, 2)];
    let customer = stage.msp.customer("Changed meanwhile", &units);
    stage.settle().await;
    for (sold, set_by_somebody) in [(11, Some(500)), (12, Some(12)), (13, Some(3)), (14, None)] {
        stage.pass_minutes(1);
        stage.msp.adjust(&customer, WORKSTATIONS, 1);
        stage.msp.adjust(&customer, SERVERS, 1);
        let outcome = somebody_sets(&stage, &wire, &customer, set_by_somebody).await;
        assert_eq!(outcome, Outcome::Complete, "{set_by_somebody:?}");
        let allowed = [WORKSTATIONS, SERVERS].map(|item| stage.msp.allowed(&customer, item));
        // Where the change is another one by now, the next look makes it.
        stage.look_at(&customer).await;
        let in_the_end = [WORKSTATIONS, SERVERS].map(|item| stage.msp.allowed(&customer, item));
        assert_eq!(in_the_end, [sold.to_string(), (sold - 8).to_string()], "{set_by_somebody:?}");
        assert_eq!(allowed, in_the_end, "right at the end of the run itself: {set_by_somebody:?}");
    }
}
