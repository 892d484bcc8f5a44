//! What an import refuses of tickets and alert types, and in which words.

use crate::faults::assert_refused;
use crate::samples::world;
use acrotask::mapping_file::import;
use shared::alert::AlertKind;

/// A good file, against which the lines of the faults are counted.
const GOOD: &str = r#"[settings]
time_zone = "Europe/Berlin"

[settings.tickets]
enabled = true
source = -2
queue = 8
note_type = 1
note_publish = 1
new_after_days = 30
auto_close = true
closing_status = 5
dismiss_on_close = false
days_before_switch_on = 7
storms = true
storm_tickets_per_hour = 50

[[alert]]
type = "BackupFailed"
ticket = true
priority = 1
status = 1
due_minutes = 90
queue = 8
ticket_type = 5
issue = 10
sub_issue = 101
category = 100
assignee_resource = 29682885
assignee_role = 29683401

[[alert]]
type = "MachineOffline30"
label = "Machine is offline"
"#;

#[test]
fn a_ticket_setting_that_cannot_be_used_is_told_with_its_line() {
    assert_refused(
        GOOD,
        r#"
enabled = true => enabled = 1
  line 5, settings.tickets.enabled: expected true or false, found 1
enabled = true => enable = true
  line 5, settings.tickets.enable: unknown; known are enabled, source, queue, note_type, note_publish, new_after_days, auto_close, closing_status, dismiss_on_close, days_before_switch_on, storms, storm_tickets_per_hour
source = -2 => source = "Insourced"
  line 6, settings.tickets.source: expected a number as Autotask shows it, such as 4711, found "Insourced"
queue = 8 => queue = 8.0
  line 7, settings.tickets.queue: expected a number as Autotask shows it, such as 4711, found 8.0
new_after_days = 30 => new_after_days = 0
  line 10, settings.tickets.new_after_days: expected 1 or more, or leave it out
new_after_days = 30 => new_after_days = -1
  line 10, settings.tickets.new_after_days: expected a whole number from 0 to 4294967295, found -1
closing_status = 5 => closing_status = []
  line 12, settings.tickets.closing_status: expected a number as Autotask shows it, such as 4711, found a list
days_before_switch_on = 7 => days_before_switch_on = 3651
  line 14, settings.tickets.days_before_switch_on: expected 0 to 3650
storm_tickets_per_hour = 50 => storm_tickets_per_hour = 0
  line 16, settings.tickets.storm_tickets_per_hour: expected 1 or more
[settings.tickets] => [settings.ticket]
  line 4, settings.ticket: unknown; known are time_zone, effective_dates, posted_periods, add_missing_services, automatic_provisioning, new_tenants, quotas, disable_after_days, tickets, review_mode, settle_minutes, contract_effective_dates, holds, budget
"#,
    );
}

#[test]
fn t1_an_alert_type_that_cannot_be_as_told_is_told_with_its_line() {
    assert_refused(
        GOOD,
        r#"
"MachineOffline30" => "BackupFailed"
  line 33, alert[2].type: "BackupFailed" is already in alert[1]; a type has one block
"MachineOffline30" => " BackupFailed "
  line 33, alert[2].type: "BackupFailed" is already in alert[1]; a type has one block
type = "MachineOffline30" => ∅
  line 32, alert[2].type: it is missing; expected the type of alert as Acronis spells it, such as "BackupFailed"
"MachineOffline30" => ""
  line 33, alert[2].type: expected the type of alert as Acronis spells it, such as "BackupFailed", found ""
"MachineOffline30" => " "
  line 33, alert[2].type: expected the type of alert as Acronis spells it, such as "BackupFailed", found " "
"MachineOffline30" => 30
  line 33, alert[2].type: expected the type of alert as Acronis spells it, such as "BackupFailed", found 30
"Machine is offline" => true
  line 34, alert[2].label: expected text in quotes, found true
ticket = true => ticket = "no"
  line 20, alert[1].ticket: expected true or false, found "no"
priority = 1 => priority = "High"
  line 21, alert[1].priority: expected a number as Autotask shows it, such as 4711, found "High"
due_minutes = 90 => due_minutes = 0
  line 23, alert[1].due_minutes: expected 1 or more, or leave it out
due_minutes = 90 => due_minutes = "90 minutes"
  line 23, alert[1].due_minutes: expected a whole number from 0 to 4294967295, found "90 minutes"
issue = 10⏎ => ∅
  line 26, alert[1].sub_issue: expected the issue it belongs to as well
assignee_role = 29683401 => ∅
  line 29, alert[1].assignee_resource: it goes with assignee_role, which is not there; write both or none
assignee_resource = 29682885⏎ => ∅
  line 29, alert[1].assignee_role: it goes with assignee_resource, which is not there; write both or none
assignee_role = 29683401 => assignee_role = "Engineer"
  line 30, alert[1].assignee_role: expected a number as Autotask shows it, such as 4711, found "Engineer"
[[alert]]⏎type = "MachineOffline30" => [[alerts]]⏎type = "MachineOffline30"
  line 32, alerts: unknown; known are version, settings, customer, product, alert
ticket_type = 5 => tickettype = 5
  line 25, alert[1].tickettype: unknown; known are type, label, ticket, priority, status, due_minutes, queue, ticket_type, issue, sub_issue, category, assignee_resource, assignee_role
"#,
    );
}

#[test]
fn a_number_that_autotask_does_not_offer_is_no_fault_of_the_file() {
    let text = GOOD.replace("priority = 1", "priority = -99").replace("closing_status = 5", "closing_status = 999");
    let mapping = import(&text, &world().mapping).expect("the file should be taken");
    assert_eq!(mapping.settings.tickets.closing_status, 999);
    assert_eq!(mapping.alerts[&AlertKind::new("BackupFailed")].priority, Some(-99));
}
