//! Many contracts changed at once: read in pages, one event for each company and run.

use crate::stage::{SERVERS, Stage, WORKSTATIONS, run_of};
use functions::events::Event;
use shared::run::{Job, Outcome};
use std::collections::{BTreeMap, BTreeSet};

const CUSTOMERS: usize = 500;

#[tokio::test]
async fn b1_five_hundred_changed_contracts_are_read_in_pages_and_all_quotas_are_right() {
    let mut stage = Stage::new().await;
    let sold = [(WORKSTATIONS, 10), (SERVERS, 2)];
    let customers: Vec<_> =
        (0..CUSTOMERS).map(|number| stage.msp.customer(&format!("Customer {number:03}"), &sold)).collect();
    stage.settle().await;
    stage.pass_minutes(1);
    for customer in &customers {
        stage.msp.adjust(customer, WORKSTATIONS, 3);
        stage.msp.adjust(customer, SERVERS, 1);
    }
    let runs = stage.watch().await;
    assert_eq!(run_of(&runs, Job::ContractWatch).record.counts.changes, CUSTOMERS, "one event for each");
    let run = run_of(&runs, Job::ContractChanged);
    assert_eq!((&run.record.outcome, run.record.counts.made), (&Outcome::Complete, 2 * CUSTOMERS));
    for customer in &customers {
        let allowed = [WORKSTATIONS, SERVERS].map(|item| stage.msp.allowed(customer, item));
        assert_eq!(allowed, ["13", "3"]);
    }
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for seen in stage.msp.sandbox.requests() {
        *asked.entry(seen.operation).or_default() += 1;
    }
    assert_eq!(asked.remove("acronis.set_offering_items"), Some(CUSTOMERS), "one request for each tenant");
    // Three runs, and none of them asks once for each customer.
    let most = asked.iter().max_by_key(|(_, times)| **times).expect("something was asked");
    assert!(*most.1 <= 40, "{asked:?}");
    assert!(asked.values().sum::<usize>() <= 150, "{asked:?}");
}

#[tokio::test]
async fn a_company_with_many_changes_is_one_event() {
    let mut stage = Stage::new().await;
    let customer = stage.msp.customer("Busy", &[(WORKSTATIONS, 10), (SERVERS, 2)]);
    stage.settle().await;
    stage.pass_minutes(1);
    stage.msp.adjust(&customer, WORKSTATIONS, 3);
    stage.msp.adjust(&customer, SERVERS, 3);
    stage.msp.change(|world| {
        let (contract, first, last) = (customer.contract, world.day(-41), world.day(500));
        world.move_contract(contract, first, last);
        world.add_contract(customer.company, "Another", first, last);
    });
    stage.change_mapping(|mapping| mapping.settings.quotas.soft = true).await;
    stage.pass_minutes(24 * 60);
    let events = stage.publish().await;
    let of_it = events.iter().filter(|event: &&Event| !matches!(event, Event::SyncDue(_)));
    let about: BTreeSet<String> = of_it.map(|event| format!("{event:?}")).collect();
    assert_eq!(about.len(), 1, "{about:?}");
    assert!(about.iter().all(|event| event.contains("ContractChanged")), "{about:?}");
}
