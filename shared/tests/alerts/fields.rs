//! Chosen values that Autotask no longer offers (T1): told, replaced by what is usual, and never a reason for no ticket.

use crate::desk::{Desk, assert_found};
use shared::alert::AlertType;
use shared::alert::{AlertKind, Severity};
use shared::alert_settings::{AlertRow, TicketSettings};
use shared::ids::{CompanyId, ConfigurationItemId};
use shared::mapping::MappingRowName;
use shared::ticket::{Assignee, PickField};
use std::collections::BTreeSet;

#[test]
fn t1_a_value_that_is_gone_is_told_and_the_usual_one_is_taken() {
    let mut desk = Desk::open();
    let row = desk.row("BackupFailed");
    (row.priority, row.status, row.queue) = (Some(99), Some(98), Some(97));
    (row.category, row.ticket_type) = (Some(96), Some(95));
    desk.offers(PickField::Category, &[1]).offers(PickField::Source, &[1]).settings().source = Some(94);
    desk.raise(1);
    let plan = desk.run();
    let (_, sent) = desk.ticket(1);
    assert_eq!((sent.priority, sent.status, sent.queue), (4, 1, Some(20)));
    assert_eq!((sent.category, sent.source, sent.ticket_type), (None, None, Some(95)), "a list not read hides nothing");
    for (field, value) in [("priority", 99), ("status", 98), ("queue", 97), ("ticket category", 96)] {
        assert_found(&plan, &format!("alerts of type BackupFailed: the {field} {value} is not in Autotask's list"));
    }
    assert_found(&plan, "tickets: the source 94 is not in Autotask's list");
}

#[test]
fn t1_an_inactive_value_is_gone_too_and_the_picklists_own_default_is_usual() {
    let mut desk = Desk::open();
    desk.row("BackupFailed").queue = Some(21);
    desk.picklists.values.get_mut(&PickField::Queue).unwrap().get_mut(&21).unwrap().active = false;
    desk.raise(1);
    assert_found(&desk.run(), "the queue 21");
    assert_eq!(desk.ticket(1).1.queue, Some(20));
    desk.mapping.alerts.clear();
    desk.offers(PickField::Queue, &[20, 29, 30]);
    desk.picklists.values.get_mut(&PickField::Queue).unwrap().get_mut(&30).unwrap().label =
        "Monitoring Alert".to_owned();
    desk.raise(2);
    desk.run();
    assert_eq!(desk.ticket(2).1.queue, Some(30), "where monitoring puts its tickets");
    desk.picklists.values.get_mut(&PickField::Queue).unwrap().get_mut(&29).unwrap().usual = true;
    desk.raise(3);
    desk.run();
    assert_eq!(desk.ticket(3).1.queue, Some(29), "what Autotask takes by itself");
}

#[test]
fn t1_no_status_that_we_know_is_no_reason_for_no_ticket() {
    let mut desk = Desk::open();
    desk.offers(PickField::Status, &[12, 13]).offers(PickField::Priority, &[14]).offers(PickField::Queue, &[]);
    desk.raise(1);
    assert_found(&desk.run(), "neither a queue nor an assignee");
    let (_, sent) = desk.ticket(1);
    assert_eq!((sent.status, sent.priority, sent.queue), (12, 14, None));
}

#[test]
fn t1_a_sub_issue_goes_with_its_issue_only() {
    for (issue, parent, expected) in [(Some(10), 10, Some(100)), (Some(11), 10, None), (None, 10, None)] {
        let mut desk = Desk::open();
        desk.offers(PickField::Issue, &[10, 11]).offers(PickField::SubIssue, &[100]);
        desk.picklists.values.get_mut(&PickField::SubIssue).unwrap().get_mut(&100).unwrap().parent = Some(parent);
        let row = desk.row("BackupFailed");
        (row.issue, row.sub_issue) = (issue, Some(100));
        desk.raise(1);
        let plan = desk.run();
        assert_eq!(desk.ticket(1).1.sub_issue, expected);
        if expected.is_none() {
            assert_found(&plan, "sub-issue type 100 is not one of");
        }
    }
}

#[test]
fn t1_who_cannot_be_assigned_is_told_and_the_queue_gets_the_ticket() {
    let mut desk = Desk::open();
    let assignee = Assignee { resource: 5, role: 6 };
    desk.row("BackupFailed").assignee = Some(assignee);
    desk.picklists.assignees = Some(BTreeSet::from([assignee]));
    desk.raise(1);
    desk.run();
    assert_eq!((desk.ticket(1).1.assignee, desk.ticket(1).1.queue), (Some(assignee), None));
    desk.picklists.assignees = Some(BTreeSet::new());
    desk.raise(2);
    assert_found(&desk.run(), "resource 5 cannot be assigned in role 6");
    assert_eq!((desk.ticket(2).1.assignee, desk.ticket(2).1.queue), (None, Some(20)));
}

#[test]
fn t4_a_closing_status_that_is_gone_closes_nothing_and_is_told() {
    let mut desk = Desk::open();
    (desk.settings().auto_close, desk.settings().closing_status) = (true, 77);
    desk.raise(1);
    desk.run();
    let plan = desk.wait(5).clear(1).run();
    assert_found(&plan, "no ticket is closed: status 77");
    assert_eq!(desk.shows(), "open");
    desk.settings().closing_status = 5;
    desk.wait(5).run();
    assert_eq!(desk.shows(), "closed", "it is made up for");
}

#[test]
fn t1_types_never_seen_have_usual_tickets_and_are_told_once() {
    let mut desk = Desk::open();
    let id = AlertKind::new("MachineOffline30");
    let kind = AlertType {
        id: id.clone(),
        label: Some("Machine is offline for more than 30 days".to_owned()),
        category: "System".to_owned(),
        severity: Severity::Warning,
        enabled: true,
    };
    desk.types.insert(id, kind);
    desk.raise_of(7, 1, "MachineOffline30", "PC-1");
    desk.raise_of(7, 2, "NeverSeen", "PC-2");
    desk.raise_of(7, 3, "NeverSeen", "PC-3");
    let plan = desk.run();
    assert_eq!(plan.findings.len(), 1);
    assert_found(&plan, "alerts of type NeverSeen, which Acronis does not list");
    assert_eq!(desk.ticket(1).1.title, "Machine is offline for more than 30 days: PC-1");
    assert_eq!(desk.ticket(2).1.title, "Never seen: PC-2");
}

#[test]
fn t1_settings_and_rows_that_contradict_themselves_are_faults_of_the_mapping() {
    let mut desk = Desk::open();
    desk.settings().storm_tickets_per_hour = 0;
    desk.mapping.alerts.insert(AlertKind::new("A"), AlertRow { sub_issue: Some(1), ..AlertRow::default() });
    desk.mapping.alerts.insert(AlertKind::new("B"), AlertRow { due_minutes: Some(0), ..AlertRow::default() });
    let faults = desk.mapping.faults();
    assert_eq!(faults.len(), 3, "{faults:#?}");
    assert_eq!(faults[0].row, MappingRowName::Alert(AlertKind::new("A")));
    let other = [
        TicketSettings { new_after_days: Some(0), ..TicketSettings::default() },
        TicketSettings { days_before_switch_on: 4_000, ..TicketSettings::default() },
    ];
    assert!(other.iter().all(|settings| settings.fault().is_some()));
    assert_eq!(TicketSettings::default().fault(), None);
    desk.mapping.settings.budget.tickets_percent = 50;
    assert!(desk.mapping.settings.fault().unwrap().starts_with("budget.tickets_percent"));
}

#[test]
fn a_ticket_setting_touches_no_company() {
    let mut desk = Desk::open();
    let before = desk.mapping.clone();
    desk.settings().auto_close = true;
    assert!(desk.mapping.touched_since(&before).is_empty());
}

#[test]
fn t1_the_machine_is_on_the_ticket_where_exactly_one_has_its_name() {
    let mut desk = Desk::open();
    let machines = [("srv-01", Some(ConfigurationItemId(11))), ("srv-02", None)];
    let company = desk.companies.get_mut(&CompanyId(7)).and_then(Option::as_mut).expect("it is there");
    company.machines = machines.map(|(name, item)| (name.to_owned(), item)).into();
    for (number, device) in [(1, " SRV-01 "), (2, "SRV-02"), (3, "SRV-03")] {
        desk.raise_of(7, number, "BackupFailed", device);
    }
    desk.run();
    let on_ticket = |number| desk.ticket(number).1.configuration_item;
    assert_eq!([1, 2, 3].map(on_ticket), [Some(ConfigurationItemId(11)), None, None]);
}
