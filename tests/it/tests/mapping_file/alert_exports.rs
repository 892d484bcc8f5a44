//! What an export says of tickets and alert types to the person who is to edit it.

use crate::exports::part_of;
use crate::samples::{alert_type, pick, world};
use shared::alert::{AlertKind, Severity};
use shared::alert_settings::{AlertRow, TicketSettings};
use shared::ticket::{PickField, PickValue, Picklists};
use std::collections::BTreeMap;

#[test]
fn ticket_settings_are_exported_with_what_they_mean() {
    let text = world().exported();
    insta::assert_snapshot!(part_of(&text, "# How alerts", "# ---- Customers"), @r#"
    # How alerts become tickets. The numbers are Autotask's; they are listed before the alert types, below.
    [settings.tickets]
    # Whether alerts make tickets at all. Default: false.
    enabled = false
    # Where tickets say that they come from. Default: what Autotask takes by itself.
    # source = 8 # Monitoring Alert
    # The queue of alert types that name none. Default: Autotask's own, else the one named "Monitoring Alert".
    # queue = 8 # Monitoring Alert
    # The type of the notes on tickets. Default: 1.
    note_type = 1 # Task Summary
    # Who may read these notes. Default: 1.
    note_publish = 1 # All Autotask Users
    # When an alert comes back, its last ticket is reopened; once that has been closed for this many days, it gets
    # a new one. Default: never.
    # new_after_days = 30
    # Whether a ticket is closed when its alert is cleared; one that a person worked on gets a note instead. Default: false.
    auto_close = false
    # The status it is given then. Default: 5.
    closing_status = 5 # Complete
    # Whether closing a ticket dismisses its alert in Acronis. Default: false.
    dismiss_on_close = false
    # How many days before tickets are switched on an alert may have been raised and still make one. Default: 0.
    days_before_switch_on = 0
    # Whether alerts share tickets, one for each type, where a customer has very many. Default: true.
    storms = true
    # Very many are more than this number of new tickets within an hour. Default: 50.
    storm_tickets_per_hour = 50
    "#);
}

#[test]
fn t1_alert_types_are_exported_with_what_there_is_to_choose_from() {
    let text = world().exported();
    insta::assert_snapshot!(part_of(&text, "# ---- Alert types", "# -- Backup"), @"
    # ---- Alert types, by category and name ---------------------------------------------------------------------
    #
    # One block for each type of alert that Acronis lists. Beside [[alert]] stand its name, its category and how bad
    # it usually is. Lines behind a # say what is usual for its tickets: take the # away and change what is to be
    # different, or add a line:
    #   ticket             whether its alerts make tickets.
    #   priority, status, queue, ticket_type, issue, sub_issue, category
    #                      numbers of Autotask's, listed below; a sub_issue needs its issue.
    #   due_minutes        minutes until the ticket is due.
    #   assignee_resource, assignee_role
    #                      who gets it: the number of a resource in Autotask and of a role it has; both or none.
    # A queue that is not said is that of [settings.tickets], and whatever else is not said is left to Autotask. What
    # is usual follows each alert, which may be worse or milder than its type usually is; without the # it is the same
    # for all alerts of the type. A number that Autotask does not offer any more is told by each run, which takes the
    # usual one. Nothing here makes a ticket before [settings.tickets] says `enabled = true`.
    #
    # Statuses, also for closing_status in [settings.tickets]:
    #   status = 5 # Complete
    #   status = 8 # In Progress
    #   status = 1 # New
    #   status = 7 # Waiting Customer
    # Priorities:
    #   priority = 4 # Critical
    #   priority = 1 # High
    #   priority = 3 # Low
    #   priority = 2 # Medium
    # Queues, also for queue in [settings.tickets]:
    #   queue = 29683354 # Backup Desk
    #   queue = 5 # Client Portal
    #   queue = 8 # Monitoring Alert
    # Ticket types:
    #   ticket_type = 5 # Alert
    #   ticket_type = 2 # Incident
    #   ticket_type = 1 # Service Request
    # Issue types, each with its sub-issue types:
    #   issue = 10 # Backup
    #     sub_issue = 102 # Canceled
    #     sub_issue = 101 # Failed
    #   issue = 12 # Computer
    #   issue = 11 # Security
    #     sub_issue = 111 # Malware
    # Ticket categories:
    #   category = 100 # Acronis Alert
    #   category = 1 # Standard
    # Sources, for [settings.tickets]:
    #   source = -2 # Insourced
    #   source = 8 # Monitoring Alert
    #   source = 2 # Phone
    # Types of notes, for [settings.tickets]:
    #   note_type = 3 # Task Notes
    #   note_type = 1 # Task Summary
    # Who may read notes, for [settings.tickets]:
    #   note_publish = 1 # All Autotask Users
    #   note_publish = 2 # Internal Project Team
    ");
}

#[test]
fn t1_each_alert_type_is_exported_with_what_is_usual_and_what_was_said() {
    let text = world().exported();
    insta::assert_snapshot!(part_of(&text, "# -- Backup", "# no such line"), @r#"
    # -- Backup

    [[alert]] # Backup canceled · Backup · warning
    type = "BackupCanceled"
    # ticket = true
    # priority = 2 # Medium
    # status = 1 # New
    # due_minutes = 1440 # 24 hours

    [[alert]] # Backup failed · Backup · critical
    type = "BackupFailed"
    # ticket = true
    priority = 1 # High
    # status = 1 # New
    due_minutes = 90
    queue = 29683354 # Backup Desk
    issue = 10 # Backup
    sub_issue = 101 # Failed

    # -- System

    [[alert]] # Agent outdated · System · warning
    type = "AgentOutdated"
    # ticket = false
    # priority = 2 # Medium
    # status = 1 # New
    # due_minutes = 1440 # 24 hours

    [[alert]] # Machine offline 30 · System · warning
    type = "MachineOffline30"
    label = "Machine is offline for more than 30 days"
    ticket = true
    # priority = 2 # Medium
    # status = 1 # New
    # due_minutes = 1440 # 24 hours
    ticket_type = 5 # Alert
    category = 100 # Acronis Alert
    assignee_resource = 29682885
    assignee_role = 29683401

    # -- Notarization

    [[alert]] # Notarization failed · Notarization · error · switched off in Acronis
    type = "NotarizationFailed"
    # ticket = true
    # priority = 1 # High
    # status = 1 # New
    # due_minutes = 480 # 8 hours

    # -- SaaS security

    [[alert]] # Account takeover suspected · SaaS security · critical
    type = "cti.a.p.am.alert.v1.0~sandbox.saas_security.account_takeover.v1.0"
    label = "Account takeover suspected"
    # ticket = true
    # priority = 4 # Critical
    # status = 1 # New
    # due_minutes = 240 # 4 hours

    # -- Types that Acronis does not list any more

    [[alert]] # Tape worn out · not in Acronis' list any more
    type = "TapeWornOut"
    ticket = false
    "#);
}

#[test]
fn what_autotask_does_not_offer_any_more_is_marked_where_it_was_chosen() {
    let mut world = world();
    let tickets = TicketSettings { source: Some(77), queue: Some(6), closing_status: 9, ..TicketSettings::default() };
    world.mapping.settings.tickets = TicketSettings { new_after_days: Some(14), ..tickets };
    let row = AlertRow { priority: Some(9), queue: Some(6), category: Some(9), ..AlertRow::default() };
    let row = AlertRow { issue: Some(10), sub_issue: Some(111), ..row };
    world.mapping.alerts = [(AlertKind::new("BackupFailed"), row)].into();
    let text = world.exported();
    let marks = ["not in Autotask's list", "inactive in Autotask", "not of this issue"];
    let is_marked = |line: &&str| !line.starts_with('#') && marks.iter().any(|mark| line.contains(mark));
    let marked: Vec<&str> = text.lines().filter(is_marked).collect();
    insta::assert_snapshot!(marked.join("\n"), @"
    source = 77 # not in Autotask's list any more
    queue = 6 # Tape Desk: inactive in Autotask
    closing_status = 9 # not in Autotask's list any more
    priority = 9 # not in Autotask's list any more
    queue = 6 # Tape Desk: inactive in Autotask
    sub_issue = 111 # Malware: not of this issue type in Autotask
    category = 9 # not in Autotask's list any more
    ");
    assert!(text.contains("\nnew_after_days = 14\n"), "{text}");
}

#[test]
fn lists_that_were_not_read_or_are_empty_are_told_and_hide_no_row() {
    let mut world = world();
    world.picklists = Picklists::default();
    world.alert_types = BTreeMap::new();
    let text = world.exported();
    insta::assert_snapshot!(part_of(&text, "#\n# Autotask's numbers", "no such line"), @r#"
    #
    # Autotask's numbers were not read; connect and export again to see them here.
    #
    # Acronis' list of types was not read: only those have a block of which something is said.

    # -- Types of which something is said

    [[alert]] # Backup failed
    type = "BackupFailed"
    priority = 1
    due_minutes = 90
    queue = 29683354
    issue = 10
    sub_issue = 101

    [[alert]] # Machine offline 30
    type = "MachineOffline30"
    label = "Machine is offline for more than 30 days"
    ticket = true
    ticket_type = 5
    category = 100
    assignee_resource = 29682885
    assignee_role = 29683401

    [[alert]] # Tape worn out
    type = "TapeWornOut"
    ticket = false
    "#);
    world.picklists.values = [PickField::Queue, PickField::Source].map(|field| (field, BTreeMap::new())).into();
    assert!(world.exported().contains("\n# queue = 8\n"), "an example");
    insta::assert_snapshot!(part_of(&world.exported(), "#\n# Queues", "#\n# Acronis"), @"
    #
    # Queues, also for queue in [settings.tickets]:
    #   none
    # Sources, for [settings.tickets]:
    #   none
    ");
}

#[test]
fn what_stands_in_for_the_usual_number_is_shown_where_a_provider_has_other_lists() {
    let mut world = world();
    world.mapping.alerts.clear();
    world.alert_types =
        [alert_type("BackupFailed", "Backup", Severity::Critical)].map(|one| (one.id.clone(), one)).into();
    let (urgent, blank) = (PickValue { usual: true, ..pick("Urgent") }, pick(" "));
    world.picklists.values.insert(PickField::Priority, [(11, pick("Later")), (12, urgent)].into());
    world.picklists.values.insert(PickField::Status, [(21, blank)].into());
    insta::assert_snapshot!(part_of(&world.exported(), "# -- Backup", "no such line"), @r#"
    # -- Backup

    [[alert]] # Backup failed · Backup · critical
    type = "BackupFailed"
    # ticket = true
    # priority = 12 # Urgent
    # status = 21
    # due_minutes = 240 # 4 hours
    "#);
}
