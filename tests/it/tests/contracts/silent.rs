//! Changes that leave no trace: days that come, renewals, and what a person switches silently. The sweep finds them
//! within a day, and everybody has a turn.

use crate::stage::{Stage, WORKSTATIONS, automatic_provisioning};
use functions::events::{Cause, CompanyChanged, Event};
use shared::ids::CompanyId;
use shared::run::Job;
use std::collections::BTreeSet;

/// Lets a day pass, with a look every so many minutes.
async fn a_day_of_looks(stage: &mut Stage, every: i64) {
    let connection = stage.msp.connection.clone();
    for _ in 0..24 * 60 / every {
        stage.pass_minutes(every);
        stage.wake_for(&connection, Job::ContractWatch).await;
    }
}

#[tokio::test]
async fn a_change_that_leaves_no_trace_shows_within_a_day() {
    let mut stage = Stage::new().await;
    let [dated, renewed, switched] =
        ["Dated", "Renewed", "Switched"].map(|name| stage.msp.customer(name, &[(WORKSTATIONS, 10)]));
    stage.settle().await;
    stage.pass_minutes(1);
    stage.msp.change(|world| {
        let (today, tomorrow, far) = (world.today(), world.day(1), world.day(900));
        world.human_adjust(dated.line(WORKSTATIONS), 5, tomorrow).expect("a person may");
        world.end_contract(renewed.contract, today);
        let contract = world.renew_contract(renewed.contract, tomorrow, far).expect("it is renewed");
        let line = world.lines_of(contract)[0].id;
        world.human_adjust(line, 7, tomorrow).expect("a person may");
        world.settings.write_notes = false;
        world.human_adjust(switched.line(WORKSTATIONS), 9, today).expect("a person may");
    });
    stage.watch().await;
    let allowed = |stage: &Stage| [&dated, &renewed, &switched].map(|one| stage.msp.allowed(one, WORKSTATIONS));
    assert_eq!(allowed(&stage), ["10", "10", "10"], "nothing of it shows, or is in force, today");
    stage.msp.change(|world| world.settings.write_notes = true);
    // The rest of today, and the day on which two of them come into force.
    a_day_of_looks(&mut stage, 60).await;
    assert_eq!(stage.msp.allowed(&switched, WORKSTATIONS), "19");
    a_day_of_looks(&mut stage, 60).await;
    assert_eq!(allowed(&stage), ["15", "17", "19"]);
}

#[tokio::test]
async fn a_company_that_nobody_mapped_gets_its_tenant_once_its_contract_begins() {
    let mut stage = Stage::new().await;
    stage.msp.customer("One", &[(WORKSTATIONS, 10)]);
    stage.settle().await;
    stage.change_mapping(automatic_provisioning).await;
    stage.watch().await;
    let company = stage.msp.company("New", 2, &[(WORKSTATIONS, 4)]);
    stage.watch().await;
    a_day_of_looks(&mut stage, 120).await;
    assert_eq!(stage.msp.tenant_of(company), None, "its contract begins tomorrow");
    a_day_of_looks(&mut stage, 120).await;
    a_day_of_looks(&mut stage, 120).await;
    let tenant = stage.msp.tenant_of(company).expect("it has one");
    assert_eq!(stage.msp.allowed_to(&tenant, WORKSTATIONS), "4");
}

#[tokio::test]
async fn everybody_has_one_turn_a_day_and_who_is_left_alone_has_none() {
    let mut stage = Stage::new().await;
    let names: Vec<String> = (0..30).map(|number| format!("Customer {number:02}")).collect();
    let customers: Vec<_> = names.iter().map(|name| stage.msp.customer(name, &[(WORKSTATIONS, 1)])).collect();
    stage.settle().await;
    let left_alone = customers[3].id();
    stage.change_mapping(|mapping| mapping.customers.get_mut(&left_alone).expect("it is mapped").remove_link()).await;
    let mut turns: Vec<CompanyId> = Vec::new();
    for _ in 0..24 * 6 {
        stage.pass_minutes(10);
        // Nobody reads usage here, which is asked for too.
        for event in stage.publish().await.into_iter().filter(|event| !matches!(event, Event::SyncDue(_))) {
            let Event::CompanyChanged(CompanyChanged { company, cause: Cause::Sweep, .. }) = event else {
                panic!("nothing changed: {event:?}");
            };
            turns.push(company);
        }
    }
    let different: BTreeSet<CompanyId> = turns.iter().copied().collect();
    let expected: BTreeSet<CompanyId> = customers.iter().map(|one| one.id()).filter(|one| *one != left_alone).collect();
    assert_eq!(different, expected);
    assert_eq!(turns.len(), expected.len(), "nobody twice");
}
