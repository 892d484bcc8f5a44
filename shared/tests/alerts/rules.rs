//! The rules by id (M5, T1 to T8, H1, H2), where the guide says nothing.

use crate::desk::{DAY, Desk, alert_id, assert_found};
use jiff::SignedDuration;
use shared::alert::{Alert, Severity};
use shared::alert_cursor::AlertCursor;
use shared::alert_guard::AlertGuard;
use shared::alert_plan::Whose;
use shared::alert_settings::Usual;
use shared::ids::{CompanyId, TenantId, TicketId};
use shared::mapping::CustomerLink;
use shared::plan::{Action, HoldReason, Plan};
use shared::run::Job;
use shared::ticket_changed;
use std::collections::BTreeMap;

#[test]
fn m5_a29_tickets_start_when_sync_is_on_one_customer_is_mapped_and_the_first_plan_is_approved() {
    let mut desk = Desk::open();
    desk.connection.first_tickets_approved = false;
    desk.raise(1);
    let plan = desk.plan();
    assert_eq!((plan.changes.len(), plan.held.len()), (0, 1));
    assert_eq!(plan.held[0].reasons, [HoldReason::FirstPlan]);
    desk.approvals.insert(plan.held[0].change.id.clone(), "Ada".to_owned());
    assert_eq!(desk.plan().held.len(), 1, "one change approved does not open the gate");
    desk.connection.first_tickets_approved = true;
    assert_eq!(desk.plan().changes.len(), 1);

    desk.settings().enabled = false;
    assert_found(&desk.plan(), "ticket sync is off");
    desk.settings().enabled = true;
    desk.mapping.customers.get_mut(&CompanyId(7)).unwrap().remove_link();
    assert_found(&desk.plan(), "0 customers mapped");
    assert!(desk.plan().is_empty());
}

#[test]
fn h2_in_review_mode_each_change_waits_and_an_approval_is_for_exactly_it() {
    let mut desk = Desk::open();
    desk.mapping.settings.review_mode = true;
    desk.raise(1);
    let plan = desk.run();
    assert_eq!((plan.changes.len(), &plan.held[0].reasons), (0, &vec![HoldReason::ReviewMode]));
    desk.approvals.insert(plan.held[0].change.id.clone(), "Ada".to_owned());
    desk.row("BackupFailed").priority = Some(3);
    assert_eq!(desk.plan().changes.len(), 0, "another priority is another change");
    desk.row("BackupFailed").priority = None;
    desk.wait(60);
    assert_eq!(desk.run().changes[0].approved_by.as_deref(), Some("Ada"), "an hour later it is the same change");
    assert_eq!(desk.shows(), "open");
}

#[test]
fn t1_what_is_usual_goes_by_category_and_severity() {
    use Severity::{Critical, Error, Information, Ok, Unknown, Warning};
    #[rustfmt::skip]
    let cases = [
        ("Backup",       Critical,    true,  4,  4),
        ("Backup",       Error,       true,  1,  8),
        ("Backup",       Warning,     true,  2, 24),
        ("Backup",       Information, false, 3, 72),
        ("Backup",       Ok,          false, 3, 72),
        ("Licensing",    Warning,     true,  2, 24),
        ("EDR",          Warning,     true,  1,  8),
        ("System",       Warning,     false, 2, 24),
        ("System",       Error,       true,  1,  8),
        ("Never heard",  Warning,     false, 2, 24),
        ("Never heard",  Unknown,     true,  2, 24),
    ];
    for (category, severity, ticket, priority, hours) in cases {
        let usual = Usual { ticket, priority, status: 1, due_minutes: hours * 60 };
        assert_eq!(Usual::of(category, severity), usual, "{category}, {severity}");
    }
}

#[test]
fn t2_an_alert_has_one_ticket_however_often_it_is_read() {
    let mut desk = Desk::open();
    desk.raise(1);
    desk.run();
    let (mut facts, _) = desk.look(false);
    facts.alerts = vec![facts.alerts[0].clone(); 3];
    for _ in 0..3 {
        assert!(shared::alert_plan::plan(&desk.terms(), &facts).proposed.is_empty());
    }
    assert_eq!(desk.ticket(1).1.external_id, format!("acronis:{}", alert_id(1)));
}

#[test]
fn t2_a_ticket_with_the_alerts_external_id_is_its_ticket_though_nothing_is_remembered() {
    let mut desk = Desk::open();
    desk.raise(1);
    desk.run();
    desk.links.clear();
    desk.wait(5);
    assert!(desk.run().is_empty());
    assert_eq!(desk.shows(), "open");
    // Completed by a person after the alert was raised: theirs to decide, and found so again.
    desk.wait(5).person_closes(1);
    desk.links.clear();
    assert!(desk.run().is_empty());
    // A copy that a person made is told, and not used.
    let copied = desk.tickets[&TicketId(1_000)].1.clone();
    desk.add_ticket(copied);
    desk.links.clear();
    let plan = desk.run();
    assert!(plan.is_empty());
    assert_found(&plan, "tickets 1000 and 1001 have the external id");
}

#[test]
fn t2_two_alerts_that_are_active_together_have_a_ticket_each_though_they_look_alike() {
    let mut desk = Desk::open();
    desk.raise_of(7, 1, "BackupFailed", "SRV-01");
    desk.run();
    desk.wait(5).raise_of(7, 2, "BackupFailed", "SRV-01");
    desk.run();
    assert_eq!(desk.shows(), "open, open");
}

#[test]
fn t2_a_ticket_that_a_person_deleted_or_merged_is_told_once_and_left_alone() {
    for merged_into in [None, Some(TicketId(77))] {
        let mut desk = Desk::open();
        desk.raise(1);
        desk.run();
        match merged_into {
            Some(_) => desk.ticket_mut(1).merged_into = merged_into,
            None => desk.tickets.clear(),
        }
        desk.wait(5).raise_again(1);
        let plan = desk.run();
        assert_found(&plan, if merged_into.is_some() { "merged into ticket 77" } else { "not in Autotask any more" });
        assert!(plan.is_empty());
        desk.wait(5);
        assert!(desk.run().findings.is_empty(), "told once");
        desk.wait(5).clear(1).run();
        let before = desk.tickets.len();
        desk.wait(5).raise_again(1).run();
        assert_eq!(desk.tickets.len(), before + 1, "coming back it gets a new one");
        desk.wait(5);
        assert!(desk.run().is_empty());
    }
}

#[test]
fn t2_alerts_of_customers_that_are_not_mapped_are_told_and_make_tickets_once_they_are() {
    let mut desk = Desk::open();
    desk.raise_of(8, 1, "BackupFailed", "SRV-01");
    desk.raise_of(8, 2, "BackupFailed", "SRV-02");
    let (mut facts, _) = desk.look(false);
    let whose = Whose::Unmapped { tenant: TenantId::new("tenant-8"), tenant_name: "Bergmann".to_owned() };
    facts.whose.insert(TenantId::new("tenant-8"), whose);
    let plan = desk.guarded(&mut shared::alert_plan::plan(&desk.terms(), &facts));
    assert_found(&plan, "2 alerts in tenant tenant-8 \"Bergmann\", which is not mapped");
    facts.whose.insert(TenantId::new("tenant-8"), Whose::NotOurs);
    assert!(shared::alert_plan::plan(&desk.terms(), &facts).findings.is_empty(), "A61: customers' alerts only");
    desk.customer(8, "Bergmann").run();
    assert_eq!(desk.shows(), "open, open");
}

#[test]
fn m6_a_customer_that_is_no_longer_mapped_keeps_its_tickets_as_they_are() {
    let mut desk = Desk::open();
    desk.customer(8, "Bergmann").settings().auto_close = true;
    desk.raise(1);
    desk.run();
    desk.mapping.customers.get_mut(&CompanyId(7)).unwrap().remove_link();
    desk.wait(5).clear(1);
    assert!(desk.run().is_empty());
}

#[test]
fn t3_a_tenant_mapped_to_another_company_gets_a_new_ticket_there_when_its_alert_comes_back() {
    let mut desk = Desk::open();
    desk.raise(1);
    desk.run();
    desk.wait(5).clear(1).person_closes(1).run();
    desk.customer(8, "Bergmann");
    let link = desk.mapping.customers[&CompanyId(7)].link.clone();
    desk.mapping.customers.get_mut(&CompanyId(7)).unwrap().remove_link();
    desk.mapping.customers.get_mut(&CompanyId(8)).unwrap().link = link;
    desk.wait(5).raise_again(1).run();
    assert_eq!((desk.shows().as_str(), desk.ticket(1).1.company), ("closed, open", CompanyId(8)));
}

#[test]
fn t4_a_ticket_whose_alerts_are_shared_is_closed_with_the_last_of_them() {
    let mut desk = Desk::open();
    (desk.settings().auto_close, desk.settings().storm_tickets_per_hour) = (true, 1);
    (1..=4).for_each(|number| _ = desk.raise(number));
    desk.run();
    assert_eq!(desk.shows(), "open, open");
    desk.wait(5).clear(2).clear(3).run();
    assert_eq!(desk.shows(), "open, open");
    desk.wait(5).clear(4).run();
    assert_eq!(desk.shows(), "open, closed");
    desk.wait(5).raise_again(3).run();
    assert_eq!(desk.shows(), "open, open with 1 notes");
}

fn dismissals(desk: &mut Desk) -> Plan {
    let links: Vec<_> = desk.links.values().cloned().collect();
    let tickets = desk.tickets.iter().map(|(id, (ticket, _))| (*id, Some(ticket.clone()))).collect();
    let mut plan = ticket_changed::plan(&desk.terms(), &links, &tickets);
    assert!(plan.needs.is_empty() && ticket_changed::plan(&desk.terms(), &links, &BTreeMap::new()).proposed.is_empty());
    AlertGuard { terms: &desk.terms(), job: Job::TicketChanged, approvals: desk.approvals.clone() }.plan(&mut plan)
}

#[test]
fn t6_closing_a_ticket_dismisses_its_alert_where_that_is_switched_on() {
    let mut desk = Desk::open();
    desk.raise(1);
    desk.raise(2);
    desk.run();
    desk.wait(5).person_closes(1);
    assert!(dismissals(&mut desk).is_empty(), "off by default");
    desk.settings().dismiss_on_close = true;
    let plan = dismissals(&mut desk);
    let [change] = plan.changes.as_slice() else { panic!("{plan}") };
    let Action::DismissAlert(dismissal) = &change.action else { panic!("{plan}") };
    assert_eq!(dismissal.alert(), &alert_id(1));
    let mapped = desk.mapping.customers[&CompanyId(7)].clone();
    desk.mapping.customers.get_mut(&CompanyId(7)).unwrap().remove_link();
    desk.customer(8, "Bergmann");
    assert!(dismissals(&mut desk).is_empty(), "M6: whom nobody maps any more is left alone");
    desk.mapping.customers.insert(CompanyId(7), mapped);
    desk.wait(5).clear(1).run();
    assert!(dismissals(&mut desk).is_empty(), "once");
    assert_eq!(desk.shows(), "closed, open", "what a person closed stays closed");
    desk.wait(5).raise_again(1).run();
    assert_eq!(desk.shows(), "open with 1 notes, open", "until the alert comes back");
    // Raised again after the ticket was closed: it stays, and its ticket is reopened.
    desk.wait(5).person_closes(2).wait(5).raise_again(2);
    let alert = desk.alerts[&alert_id(2)].clone();
    desk.links.get_mut(&alert_id(2)).unwrap().take(&alert);
    assert!(dismissals(&mut desk).is_empty());
}

fn three_alerts() -> Vec<Alert> {
    let mut desk = Desk::open();
    for number in 1..=3 {
        desk.wait(1).raise(number);
    }
    desk.alerts.into_values().collect()
}

#[test]
fn t7_the_cursor_moves_only_past_what_is_durable() {
    let alerts = three_alerts();
    let cursor = AlertCursor::switched_on(alerts[0].updated_at);
    let now = alerts[2].updated_at + SignedDuration::from_mins(1);
    assert_eq!(cursor.after(&alerts, now, |_| true).until, alerts[2].updated_at);
    assert_eq!(cursor.after(&alerts, now, |_| false), cursor, "nothing durable, nothing moves");
    let without_second = cursor.after(&alerts, now, |alert| alert.id != alerts[1].id);
    assert!(without_second.until <= alerts[1].updated_at && without_second.since() < alerts[1].updated_at);
    assert!(without_second.is_new(&alerts[1]), "what is left is new at the next look");
    assert!(!without_second.is_new(&alerts[0]) && !without_second.is_new(&alerts[2]));
}

#[test]
fn t7_the_cursor_overlaps_and_what_was_seen_is_passed_over() {
    let alerts = three_alerts();
    let now = alerts[2].updated_at;
    let cursor = AlertCursor::switched_on(alerts[0].updated_at).after(&alerts, now, |_| true);
    assert!(cursor.since() < alerts[0].updated_at, "it reaches back");
    assert!(alerts.iter().all(|alert| !cursor.is_new(alert)));
    let again = Alert { updated_at: now + SignedDuration::from_secs(1), ..alerts[0].clone() };
    assert!(cursor.is_new(&again), "changed since");
    assert_eq!(cursor.after(&[], now, |_| true), cursor, "B3: a look at nothing changes nothing");
    let later = Alert { updated_at: now + SignedDuration::from_hours(5), ..alerts[2].clone() };
    let later = cursor.after(&[later], now + SignedDuration::from_hours(5), |_| true);
    assert_eq!(later.seen.len(), 1, "what lies before the overlap is not kept");
    // An alert from the year 9999 does not take the cursor there.
    let far = Alert { updated_at: "9999-01-01T00:00:00Z".parse().unwrap(), ..alerts[0].clone() };
    assert_eq!(cursor.after(&[far], now, |_| true).until, now);
}

#[test]
fn t7_b3_the_cursor_goes_on_with_the_time_until_what_was_seen_lies_behind_it_and_then_rests() {
    let alerts = three_alerts();
    let minutes = |minutes: i64| alerts[2].updated_at + SignedDuration::from_mins(minutes);
    let cursor = AlertCursor::switched_on(alerts[0].updated_at).after(&alerts, minutes(0), |_| true);
    let later = cursor.after(&[], minutes(10), |_| true);
    assert_eq!((later.until, later.seen.len()), (minutes(10), 3), "the vendor's clock goes as fast as ours");
    let behind = later.after(&[], minutes(20), |_| true);
    assert!(behind.since() > alerts[2].updated_at && behind.seen.is_empty());
    assert_eq!(behind.after(&[], minutes(300), |_| true), behind, "it rests");
    // The vendor's clock is an hour behind ours: what happens there next is not passed over.
    let slow = AlertCursor::switched_on(minutes(60)).after(&alerts, minutes(60), |_| true);
    let slow = slow.after(&[], minutes(70), |_| true).after(&[], minutes(90), |_| true);
    assert_eq!(slow.until, minutes(30));
}

#[test]
fn t7_an_alert_missing_from_all_active_ones_was_cleared_but_not_many_at_once() {
    let mut desk = Desk::open();
    desk.settings().auto_close = true;
    (1..=10).for_each(|number| _ = desk.raise(number));
    desk.run();
    desk.wait(5).alerts.remove(&alert_id(1));
    desk.reconcile();
    assert!(desk.shows().starts_with("closed, open"), "{}", desk.shows());
    (2..=6).for_each(|number| _ = desk.alerts.remove(&alert_id(number)));
    let plan = desk.wait(5).reconcile();
    assert_found(&plan, "5 of 9 alerts with tickets are no longer listed");
    assert!(plan.is_empty(), "H1: a permission lost at Acronis looks like that");
}

#[test]
fn t7_all_active_alerts_are_compared_once_a_day_and_after_each_change_of_the_mapping() {
    let mut desk = Desk::open();
    let cursor = AlertCursor::switched_on(desk.now);
    assert!(cursor.reconciles_at(desk.now, 3), "at the switch-on");
    let cursor = cursor.reconciled(desk.now, 3);
    assert!(!cursor.reconciles_at(desk.now, 3));
    assert!(cursor.reconciles_at(desk.now, 4), "a customer was mapped, or a type switched on");
    assert!(!cursor.reconciles_at(desk.wait(DAY - 1).now, 3) && cursor.reconciles_at(desk.wait(1).now, 3));
}

#[test]
fn t8_at_switch_on_only_alerts_raised_from_then_on_make_tickets_or_those_of_the_last_days() {
    for (days, expected, found) in [
        (0, 1, "1 ticket from alerts raised since 2026-05-10 08:00 UTC; 2 active alerts raised before make none"),
        (3, 2, "2 tickets from alerts raised since 2026-05-07 08:00 UTC; 1 active alert raised before make none"),
    ] {
        let mut desk = Desk::open();
        let cursor = AlertCursor::switched_on(desk.now);
        desk.tickets_since = cursor.tickets_since(days);
        desk.connection.first_tickets_approved = false;
        desk.wait(-5 * DAY).raise(1);
        desk.wait(3 * DAY).raise(2);
        desk.wait(2 * DAY + 5).raise(3);
        assert_found(&desk.plan(), found);
        desk.connection.first_tickets_approved = true;
        desk.run();
        assert_eq!(desk.tickets.len(), expected);
        // What was passed over counts once it is raised anew, though its first moment lies before.
        desk.wait(5).clear(1).run();
        desk.wait(5).raise_again(1).run();
        assert_eq!(desk.tickets.len(), expected + 1);
    }
}

#[test]
fn ignored_customers_make_no_tickets_and_inactive_companies_are_told() {
    let mut desk = Desk::open();
    desk.customer(8, "Bergmann");
    desk.companies.get_mut(&CompanyId(8)).unwrap().as_mut().unwrap().active = false;
    desk.raise_of(8, 1, "BackupFailed", "SRV-01");
    let plan = desk.run();
    assert_found(&plan, "Bergmann (company 8): 1 alert and no ticket: the company is not active");
    assert!(plan.is_empty());
    desk.companies.insert(CompanyId(8), None);
    assert_found(&desk.run(), "not active or not visible");
    desk.customer(8, "Bergmann").run();
    assert_eq!(desk.shows(), "open", "nothing was lost");
    desk.mapping.customers.get_mut(&CompanyId(8)).unwrap().link = CustomerLink::Ignored { reason: "ours".to_owned() };
    desk.raise_of(8, 2, "BackupFailed", "SRV-02");
    assert!(desk.run().is_empty());
}

#[test]
fn t7_after_a_storm_the_cursor_stays_small_and_remembers_the_latest() {
    let mut desk = Desk::open();
    let storm: Vec<Alert> = (0..5_000).map(|number| desk.raise(number).clone()).collect();
    let cursor = AlertCursor::switched_on(desk.now).after(&storm, desk.now, |_| true);
    assert_eq!(cursor.seen.len(), 2_000, "all of one moment");
    desk.wait(1);
    let later = desk.raise(9_999).clone();
    let cursor = cursor.after(std::slice::from_ref(&later), desk.now, |_| true);
    assert_eq!(cursor.seen.len(), 2_000);
    assert!(!cursor.is_new(&later));
    assert!(serde_json::to_vec(&cursor).expect("it has a JSON form").len() < 200_000);
}
