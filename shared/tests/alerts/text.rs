//! What people read: the plan of tickets, and the tickets and notes themselves.

use crate::desk::{DAY, Desk, alert_id};
use insta::assert_snapshot;
use shared::alert::Severity;
use shared::alert_guard::AlertGuard;
use shared::ids::CompanyId;
use shared::run::Job;
use shared::ticket_changed;

#[test]
fn the_first_plan_of_tickets_as_it_waits_for_approval() {
    let mut desk = Desk::open();
    desk.connection.first_tickets_approved = false;
    desk.customer(8, "Bergmann & Söhne GmbH").settings().storm_tickets_per_hour = 2;
    desk.wait(-DAY).raise_of(7, 9, "BackupFailed", "SRV-09");
    desk.wait(DAY + 5);
    desk.raise(1).severity = Severity::Warning;
    desk.raise_of(8, 2, "EDRIncidentDetected", "PC-02");
    for number in 3..=6 {
        desk.raise_of(8, number, "BackupFailed", &format!("PC-0{number}")).severity = Severity::Error;
    }
    assert_snapshot!(desk.plan(), @"
    Plan 48c35d9b4831 of tickets · connection main · 2026-05-10
    0 changes, 4 held, 0 waiting, 1 finding, 0 alerts right

    Held until approved: the first plan waits for approval
        id            alert                         severity  ticket                     because
      Bergmann & Söhne GmbH (company 8)
        a1e95735582f  EDR incident detected: PC-02  critical  new: priority 4, queue 20  raised
        b51352ab93f4  Backup failed: PC-03          error     new: priority 1, queue 20  raised
        3963121a9465  Backup failed: 3 alerts       error     new: priority 1, queue 20  more than 2 new tickets in an hour
      Alpenblick (company 7)
        ca8befc6b98d  Backup failed: SRV-01         warning   new: priority 2, queue 20  raised

    Findings
      - 4 tickets from alerts raised since 2026-05-10 08:00 UTC; 1 active alert raised before make none
        → approve the plan, or change days_before_switch_on in [settings.tickets] first
    ");
}

#[test]
fn a_plan_that_closes_reopens_and_notes() {
    let mut desk = Desk::open();
    desk.settings().auto_close = true;
    (1..=4).for_each(|number| _ = desk.raise(number));
    desk.run();
    desk.ticket_mut(2).worked_on_by_person = true;
    desk.wait(5).person_closes(3).wait(5);
    desk.clear(1).clear(2).raise_again(3);
    assert_snapshot!(desk.plan(), @"
    Plan 083810124fed of tickets · connection main · 2026-05-10
    3 changes, 0 held, 0 waiting, 0 findings, 1 alert right

    Changes
        id            alert                  severity  ticket                                  because
      Alpenblick (company 7)
        ad39dc7ce15e  Backup failed: SRV-01  critical  T20260510.0001: closed, status 1 → 5    cleared in Acronis
        7f57f0b443db  Backup failed: SRV-02  critical  T20260510.0002: a note                  cleared in Acronis; a person works on the ticket
        6f1621702762  Backup failed: SRV-03  critical  T20260510.0003: reopened, status 5 → 1  came back
    ");
}

#[test]
fn a_plan_of_dismissals() {
    let mut desk = Desk::open();
    desk.settings().dismiss_on_close = true;
    desk.raise(1);
    desk.run();
    desk.wait(5).person_closes(1);
    let links: Vec<_> = desk.links.values().cloned().collect();
    let tickets = desk.tickets.iter().map(|(id, (ticket, _))| (*id, Some(ticket.clone()))).collect();
    let mut plan = ticket_changed::plan(&desk.terms(), &links, &tickets);
    let guard = AlertGuard { terms: &desk.terms(), job: Job::TicketChanged, approvals: desk.approvals.clone() };
    assert_snapshot!(guard.plan(&mut plan), @"
    Plan a19277ce8086 of dismissals · connection main · 2026-05-10
    1 change, 0 held, 0 waiting, 0 findings, 0 alerts right

    Changes
        id            alert                  severity  ticket          because
      Alpenblick (company 7)
        abc5cf6cd28c  Backup failed: SRV-01  critical  T20260510.0001  its ticket is closed: dismissed in Acronis
    ");
}

#[test]
fn a_ticket_an_engineer_can_work_from() {
    let mut desk = Desk::open();
    desk.raise(1);
    desk.run();
    let (_, sent) = desk.ticket(1);
    assert_snapshot!(format!("{}\n\n{}", sent.title, sent.description), @"
    Backup failed: SRV-01

    Backup failed: SRV-01 (critical)

    Customer: Alpenblick
    Device: SRV-01
    Plan: Whole machine
    Since: 2026-05-10 08:00 UTC
    Reason: The network path was not found.
    More: https://kb.acronis.com/content/1
    Category: Backup
    Alert: 00000001-0000-4000-8000-000000000000 in tenant tenant-7
    ");
    assert_eq!((sent.company, &sent.external_id), (CompanyId(7), &format!("acronis:{}", alert_id(1))));
}

#[test]
fn a_shared_ticket_and_the_note_that_goes_on_with_it() {
    let mut desk = Desk::open();
    desk.settings().storm_tickets_per_hour = 1;
    (1..=3).for_each(|number| _ = desk.raise(number));
    desk.run();
    desk.wait(5).raise(4).about.device = None;
    desk.run();
    let (_, sent) = desk.ticket(2);
    let note = &desk.notes[0];
    assert_snapshot!(format!("{}\n\n{}\n\n{}\n\n{}", sent.title, sent.description, note.title, note.description), @"
    Backup failed: 2 alerts

    Alpenblick has more than 1 new ticket within an hour. Alerts of this type are listed here instead of in tickets of their own.

    - SRV-02 (critical) since 2026-05-10 08:00 UTC; The network path was not found. [00000002-0000-4000-8000-000000000000]
    - SRV-03 (critical) since 2026-05-10 08:00 UTC; The network path was not found. [00000003-0000-4000-8000-000000000000]

    More alerts, up to 00000004-0000-4000-8000-000000000000 at 2026-05-10T08:05:00Z

    More alerts of this type, listed here instead of in tickets of their own:

    - no device named (critical) since 2026-05-10 08:05 UTC [00000004-0000-4000-8000-000000000000]

    Reason: The network path was not found.
    More: https://kb.acronis.com/content/1
    ");
}
