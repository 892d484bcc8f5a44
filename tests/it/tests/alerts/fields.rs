//! What a ticket is given (T1, T5): values that are gone from Autotask's lists, the machine, the contract.

use crate::stage::{NEW, Stage, assert_told, told};
use jiff::civil::date;
use sandbox::acronis::alerts::Severity;
use sandbox::autotask::{API_RESOURCE, HUMAN_RESOURCE};
use serde_json::json;
use shared::alert::AlertKind;
use shared::alert_settings::AlertRow;
use shared::ticket::Assignee;

/// The queue of what remote monitoring finds, and another.
const MONITORING: i64 = 8;
const BACKUP_DESK: i64 = 29_683_354;
const FIRST_ROLE: i64 = 29_683_401;

async fn with_row(stage: &Stage, row: AlertRow) {
    stage.map(|mapping| _ = mapping.alerts.insert(AlertKind::new("BackupFailed"), row)).await;
}

#[tokio::test]
async fn t1_a_value_that_is_no_longer_offered_is_told_and_the_usual_one_taken() {
    let stage = Stage::open(1).await;
    let chosen = AlertRow { queue: Some(BACKUP_DESK), priority: Some(2), status: Some(10), ..AlertRow::default() };
    with_row(&stage, chosen).await;
    stage.raise(0, "SRV-01");
    assert_eq!(told(&stage.next_look().await), "");
    assert_eq!(stage.ticket().queue, Some(BACKUP_DESK));
    let gone = [("queueID", BACKUP_DESK, "queue"), ("priority", 2, "priority"), ("status", 10, "status")];
    for (field, value, name) in gone {
        assert!(stage.vendors(|world| world.offer_picklist_value("Tickets", field, value, false)));
        stage.raise(0, field);
        let run = stage.next_look().await;
        assert_told(&run, &format!("the {name} {value} is not in Autotask's list, or inactive"));
    }
    let last = stage.tickets().pop().expect("it is there");
    assert_eq!((last.queue, last.priority, last.status), (Some(MONITORING), 4, NEW), "as usual for a critical alert");
    stage.each_active_alert_is_in_one_ticket();
}

#[tokio::test]
async fn t1_an_assignee_who_left_is_told_and_the_queue_gets_the_ticket() {
    let stage = Stage::open(1).await;
    let assignee = Some(Assignee { resource: HUMAN_RESOURCE, role: FIRST_ROLE });
    with_row(&stage, AlertRow { assignee, ..AlertRow::default() }).await;
    stage.raise(0, "SRV-01");
    stage.next_look().await;
    assert_eq!(stage.ticket().assigned_to, Some(HUMAN_RESOURCE));
    stage.vendors(|world| world.deactivate_resource(HUMAN_RESOURCE));
    stage.raise(0, "SRV-02");
    let run = stage.next_look().await;
    assert_told(&run, "cannot be assigned in role");
    let last = stage.tickets().pop().expect("it is there");
    assert_eq!((last.assigned_to, last.queue, last.creator), (None, Some(MONITORING), API_RESOURCE));
}

#[tokio::test]
async fn t1_a_closing_status_that_is_gone_closes_nothing_and_is_told_until_another_is_chosen() {
    let stage = Stage::open(1).await;
    stage.set(|tickets| (tickets.auto_close, tickets.closing_status) = (true, 7)).await;
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    stage.vendors(|world| world.offer_picklist_value("Tickets", "status", 7, false));
    stage.clear(&alert);
    // Something else is to be done, so that the lists are read.
    stage.raise(0, "SRV-02");
    stage.next_look().await;
    assert_told(&stage.next_look().await, "no ticket is closed: status 7 is not to be chosen");
    assert_eq!(stage.ticket_of(&alert).status, NEW);
    stage.set(|tickets| tickets.closing_status = 5).await;
    stage.next_look().await;
    assert_eq!(stage.ticket_of(&alert).status, 5);
}

#[tokio::test]
async fn the_machine_is_on_the_ticket_where_autotask_knows_exactly_one_of_its_name() {
    let stage = Stage::open(2).await;
    let [ours, theirs] = [stage.customers[0].company, stage.customers[1].company];
    let machine = stage.vendors(|world| {
        world.add_configuration_item(ours, "TWICE");
        world.add_configuration_item(ours, "twice");
        world.add_configuration_item(theirs, "SRV-02");
        world.add_configuration_item(ours, "srv-01")
    });
    for device in ["SRV-01", "SRV-02", "TWICE", "SRV-04"] {
        stage.raise(0, device);
    }
    stage.next_look().await;
    let machines: Vec<Option<i64>> = stage.tickets().iter().map(|ticket| ticket.configuration_item_id).collect();
    assert_eq!(machines, [Some(machine), None, None, None]);
}

#[tokio::test]
async fn t3_the_machine_is_also_on_the_ticket_of_an_alert_that_came_back() {
    let stage = Stage::open(1).await;
    stage.set(|tickets| tickets.new_after_days = Some(1)).await;
    let machine = stage.vendors(|world| world.add_configuration_item(stage.customers[0].company, "SRV-01"));
    let alert = stage.raise(0, "SRV-01");
    stage.next_look().await;
    stage.person_closes(stage.ticket().id);
    stage.clear(&alert);
    stage.next_look().await;
    stage.world.pass_days(2);
    stage.raise_again(&alert);
    // Another one of the same company needs no more to be read than itself.
    stage.raise(0, "SRV-02");
    stage.next_look().await;
    let machines: Vec<Option<i64>> = stage.tickets().iter().map(|ticket| ticket.configuration_item_id).collect();
    assert_eq!(machines, [Some(machine), Some(machine), None]);
}

#[tokio::test]
async fn t5_of_several_contracts_the_companys_default_one_is_on_the_ticket_or_else_the_oldest() {
    let stage = Stage::open(1).await;
    let company = stage.customers[0].company;
    let contract = |name: &str, year: i16| {
        stage.vendors(|world| world.add_contract(company, name, date(year, 1, 1), date(2030, 1, 1)))
    };
    let (newer, oldest) = (contract("Newer", 2024), contract("Oldest", 2019));
    let on_next = async |device: &str| {
        stage.raise(0, device);
        stage.next_look().await;
        stage.tickets().pop().expect("it is there").contract_id
    };
    assert_eq!(on_next("SRV-01").await, Some(oldest));
    stage.patch("Contracts", &json!({"id": newer, "isDefaultContract": true})).await;
    assert_eq!(on_next("SRV-02").await, Some(newer));
    stage.vendors(|world| world.end_contract(newer, date(2026, 11, 9)));
    assert_eq!(on_next("SRV-03").await, Some(oldest), "one that ended does not count");
}

#[tokio::test]
async fn an_alert_that_becomes_worse_before_its_ticket_is_made_makes_it_as_it_is_by_then() {
    let stage = Stage::open(1).await;
    let alert = stage.raise_of(0, "BackupCanceled", "SRV-01");
    let quiet = stage.raise_as(0, "AgentUpdated", |alert| alert.severity(Severity::Information));
    stage.fail_once("autotask.companies.query", sandbox::FaultKind::StatusBefore { status: 400, body: None });
    stage.next_look_fails().await;
    stage.vendors(|world| world.set_alert_severity(&alert, Severity::Critical));
    stage.next_look().await;
    assert_eq!(stage.ticket().priority, 4);
    // What makes no ticket makes one when it becomes worse, and the other way round nothing is taken back.
    stage.vendors(|world| world.set_alert_severity(&quiet, Severity::Critical));
    stage.vendors(|world| world.set_alert_severity(&alert, Severity::Information));
    stage.next_look().await;
    assert_eq!(stage.tickets().len(), 2);
    assert_eq!(stage.tickets()[0].status, NEW);
}

#[tokio::test]
async fn t2_two_alerts_alike_that_are_active_together_have_a_ticket_each() {
    let stage = Stage::open(1).await;
    let first = stage.raise(0, "SRV-01");
    stage.next_look().await;
    let second = stage.vendors(|world| world.raise_anew(&first)).expect("it is there");
    stage.next_look().await;
    assert_eq!(stage.tickets().len(), 2);
    stage.each_active_alert_is_in_one_ticket();
    // Both clear, and one trouble comes back under a third id: one of the two is reopened.
    stage.tickets().iter().for_each(|ticket| stage.person_closes(ticket.id));
    stage.clear(&first);
    stage.clear(&second);
    stage.next_look().await;
    let third = stage.vendors(|world| world.raise_anew(&first)).expect("it is there");
    stage.next_look().await;
    assert_eq!(stage.shows(stage.customers[0].company), "closed, open with a note");
    assert_eq!(stage.open_tickets_by_alert()[&third].len(), 1);
}
