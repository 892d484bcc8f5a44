//! From a change to its effect at most fifteen minutes, under the schedule as it is: of a contract (A45), of the
//! settings (A49) and of the mapping (A57), whoever saved it.

use crate::stage::{Customer, Stage, WORKSTATIONS, automatic_provisioning};
use acrotask::schedule::Schedule;
use jiff::SignedDuration;
use shared::ids::TenantId;
use shared::mapping::{CustomerLink, CustomerRow, Mapping};
use shared::run::Job;

/// Lets minutes pass as `serve` does: whatever is due is woken.
async fn pass(stage: &mut Stage, schedule: &mut Schedule, minutes: i64) {
    let end = stage.clock.now() + SignedDuration::from_mins(minutes);
    let connection = stage.msp.connection.clone();
    loop {
        let (job, at) = schedule.next();
        if at > end {
            break;
        }
        let now = at.max(stage.clock.now());
        stage.clock.set(now);
        stage.msp.sandbox.set_now(now);
        stage.wake_for(&connection, job).await;
        let store = &stage.machine.host.store;
        schedule.done(job, store, &connection, now).await.expect("the schedule is read");
    }
    stage.clock.set(end);
    stage.msp.sandbox.set_now(end);
}

async fn on_schedule(customers: &[(&str, i64)]) -> (Stage, Schedule, Vec<Customer>) {
    let mut stage = Stage::new().await;
    let customers = customers.iter().map(|(name, units)| stage.msp.customer(name, &[(WORKSTATIONS, *units)])).collect();
    stage.settle().await;
    stage.pass_minutes(1);
    let mut schedule = Schedule::new(stage.clock.now());
    pass(&mut stage, &mut schedule, 1).await;
    (stage, schedule, customers)
}

#[tokio::test]
async fn a45_a_changed_contract_shows_within_fifteen_minutes_at_any_time_of_the_day() {
    let (mut stage, mut schedule, customers) = on_schedule(&[("One", 10), ("Other", 10)]).await;
    // Past midnight, and past the daily run.
    for (units, minutes) in (11..).zip([0, 1, 2, 3, 4, 59, 239, 500]) {
        pass(&mut stage, &mut schedule, minutes).await;
        stage.msp.adjust(&customers[0], WORKSTATIONS, 1);
        pass(&mut stage, &mut schedule, 15).await;
        assert_eq!(stage.msp.allowed(&customers[0], WORKSTATIONS), units.to_string(), "at {}", stage.clock.now());
    }
    assert_eq!(stage.msp.allowed(&customers[1], WORKSTATIONS), "10");
}

#[tokio::test]
async fn a49_a_saved_setting_shows_within_fifteen_minutes_at_every_customer() {
    let (mut stage, mut schedule, customers) = on_schedule(&[("One", 10), ("Other", 20)]).await;
    for (soft, minutes) in [(true, 2), (false, 14), (true, 63)] {
        pass(&mut stage, &mut schedule, minutes).await;
        stage.change_mapping(|mapping| mapping.settings.quotas.soft = soft).await;
        pass(&mut stage, &mut schedule, 15).await;
        for customer in &customers {
            let item = stage.msp.change(|world| world.acronis.item(&customer.tenant, WORKSTATIONS, None).cloned());
            let overage = item.expect("it is there").quota.overage;
            assert_eq!(overage, if soft { None } else { Some(0) }, "{minutes} minutes later");
        }
    }
}

#[tokio::test]
async fn a49_automatic_provisioning_that_was_switched_on_gives_a_tenant_within_fifteen_minutes() {
    let (mut stage, mut schedule, _) = on_schedule(&[("One", 10)]).await;
    // Nobody connected since, so that the mapping has no row of it.
    let company = stage.msp.company("New", -3, &[(WORKSTATIONS, 4)]);
    pass(&mut stage, &mut schedule, 33).await;
    assert_eq!(stage.msp.tenant_of(company), None, "nobody asked for it");
    stage.change_mapping(automatic_provisioning).await;
    pass(&mut stage, &mut schedule, 15).await;
    let tenant = stage.msp.tenant_of(company).expect("it has one");
    assert_eq!(stage.msp.allowed_to(&tenant, WORKSTATIONS), "4");
}

fn map(mapping: &mut Mapping, customer: &Customer) {
    let link = CustomerLink::Mapped { tenant: TenantId::new(&customer.tenant), tenant_name: String::new() };
    let (company, company_name) = (customer.id(), String::new());
    mapping.customers.insert(
        company,
        CustomerRow { company, company_name, link, pins: Default::default(), decisions: Default::default() },
    );
}

#[tokio::test]
async fn a57_a_customer_mapped_in_another_process_is_looked_at_within_fifteen_minutes_and_nobody_else_is() {
    let (mut stage, mut schedule, _) = on_schedule(&[("One", 10), ("Other", 10)]).await;
    stage.change_mapping(|mapping| mapping.settings.holds.new_customers = false).await;
    pass(&mut stage, &mut schedule, 15).await;
    for minutes in [1, 4, 27] {
        let later = stage.msp.customer(&format!("Later {minutes}"), &[(WORKSTATIONS, 7)]);
        pass(&mut stage, &mut schedule, 15 + minutes).await;
        assert_eq!(stage.msp.allowed(&later, WORKSTATIONS), "off", "nobody mapped it");
        stage.change_mapping(|mapping| map(mapping, &later)).await;
        let runs_from = stage.clock.now();
        pass(&mut stage, &mut schedule, 15).await;
        assert_eq!(stage.msp.allowed(&later, WORKSTATIONS), "7", "mapped {minutes} minutes later");
        let store = &stage.machine.host.store;
        let runs = store.runs_since(&stage.msp.connection, runs_from).await.expect("the table is read");
        let synced = runs.iter().filter(|run| run.job == Job::UsageSync).count();
        assert_eq!(synced, 1, "what it uses is looked at too, once: {runs:#?}");
    }
}

#[tokio::test]
async fn a_saved_mapping_is_passed_on_once_and_to_those_whom_it_touches() {
    let (mut stage, _, customers) = on_schedule(&[("One", 10), ("Other", 10), ("Third", 10)]).await;
    let company = customers[1].id();
    let repinned = |mapping: &mut Mapping, line: i64| {
        let row = mapping.customers.get_mut(&company).expect("it is mapped");
        row.pins.insert(shared::ids::ServiceId(1), shared::ids::LineId(line));
    };
    stage.change_mapping(|mapping| repinned(mapping, 1)).await;
    // Saved twice between two looks.
    stage.change_mapping(|mapping| repinned(mapping, 2)).await;
    let events: Vec<String> = stage.publish().await.iter().map(|event| format!("{event:?}")).collect();
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(events[0].contains("Mapping") && events[0].contains(&company.to_string()), "{events:?}");
    assert_eq!(stage.publish().await, [], "once");
    stage.change_mapping(|mapping| mapping.settings.quotas.soft = true).await;
    assert_eq!(stage.publish().await.len(), 3, "a setting is everybody's");
}
