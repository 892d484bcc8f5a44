//! What looks leave for people: each replaces what is of those whom it looked at, and of nobody else; a first plan is
//! known by the id that its job would give it, and goes on only as a whole (M5).

mod common;

use common::prepaid::{PC, Prepaid, SERVER, hard};
use jiff::civil::{Date, date};
use shared::finding::{AlertWhat, Finding, What};
use shared::held::{Kept, KeptChange, KeptFinding, KeptHold, LookedAt, after, kept_plan_id, left_by};
use shared::ids::{CompanyId, TicketId};
use shared::plan::{Plan, RunHold};
use shared::run::Job;
use std::collections::BTreeSet;

const YESTERDAY: Date = date(2026, 5, 9);
const TODAY: Date = date(2026, 5, 10);

/// A customer that bought 5 servers and 2 PCs and has other quotas; nothing was approved yet.
fn first() -> (Prepaid, Plan) {
    let mut world = Prepaid::on("2026-05-10");
    world.buys(SERVER, 5).buys(PC, 2).has("pw_base_servers", hard(3)).has("pw_base_workstations", hard(1));
    world.connection.first_quotas_approved = false;
    let plan = world.plan();
    (world, plan)
}

fn left(plan: &Plan) -> Vec<Kept> {
    left_by(plan, &BTreeSet::new(), &[], &LookedAt::Everything)
}

fn change(id: &str, ticket: Option<i64>) -> KeptChange {
    let text = || "words".to_owned();
    let (what, becomes, because, ticket) = (text(), text(), text(), ticket.map(TicketId));
    KeptChange { id: id.to_owned(), what, becomes, because, severity: None, ticket, held: vec![], approved_by: None }
}

fn finding(company: Option<i64>, what: What) -> Finding {
    Finding { company: company.map(CompanyId), company_name: String::new(), what }
}

fn kept(company: Option<i64>, ids: &[&str], since: Date, found: &[What]) -> Kept {
    let found = found.iter().map(|what| KeptFinding { since, finding: finding(company, what.clone()) });
    Kept {
        company: company.map(CompanyId),
        changes: ids.iter().map(|id| change(id, None)).collect(),
        findings: found.collect(),
        ..Kept::default()
    }
}

fn companies(ids: &[i64]) -> LookedAt {
    LookedAt::Companies(ids.iter().copied().map(CompanyId).collect())
}

fn takes_none(alerts: usize) -> What {
    What::Alert(AlertWhat::CompanyTakesNoTickets { alerts })
}

#[test]
fn what_is_left_of_a_plan_is_all_that_can_be_approved_and_was_not_made() {
    let (_, plan) = first();
    let left_over = left(&plan);
    let ids: BTreeSet<&str> =
        left_over.iter().flat_map(|kept| &kept.changes).map(|change| change.id.as_str()).collect();
    assert_eq!(ids, plan.approvable().collect());
    let one = &left_over[0].changes[0];
    assert_eq!((one.becomes.as_str(), one.held.len()), ("3 → 5", 1), "{one:?}");
    assert!(one.because.contains("5 on contract"), "{one:?}");
    let made = BTreeSet::from([one.id.clone()]);
    let found = finding(Some(1), What::NoActiveContract);
    let rest = left_by(&plan, &made, std::slice::from_ref(&found), &LookedAt::Everything);
    assert_eq!(rest.iter().map(|kept| kept.changes.len()).sum::<usize>(), ids.len() - 1);
    assert!(rest.iter().flat_map(|kept| &kept.findings).any(|kept| kept.finding == found && kept.since == plan.today));
}

#[test]
fn m5_what_is_left_of_a_first_plan_has_the_id_that_the_plan_has() {
    let (_, plan) = first();
    assert_eq!(kept_plan_id(Job::ContractChanged, left(&plan).iter()), Some(plan.id));
    let nothing = Prepaid::on("2026-05-10").plan();
    assert!(nothing.is_empty());
    assert_eq!(kept_plan_id(Job::ContractChanged, left(&nothing).iter()), Some(nothing.id));
    let cut = Kept { more: 1, ..kept(Some(1), &["a"], TODAY, &[]) };
    assert_eq!(kept_plan_id(Job::AlertSync, [cut].iter()), None, "who has not seen all of it cannot approve it");
}

#[test]
fn m5_a_first_plan_of_quotas_goes_on_where_everybody_is_as_it_was_approved_and_nowhere_else() {
    let (mut world, plan) = first();
    assert_eq!((plan.changes.len(), plan.held.len() > 1), (0, true));
    world.approvals.insert(plan.id.clone(), "ada".to_owned());
    assert!(!world.opens(false).1, "a look at a few says nothing of the whole");
    let (opened, opens) = world.opens(true);
    assert!(opens && opened.held.is_empty());
    assert_eq!((opened.changes.len(), &opened.id), (plan.held.len(), &plan.id));
    world.buys(PC, 3);
    let (moved, opens) = world.opens(true);
    assert!(!opens && moved.changes.is_empty(), "it is another plan");
}

#[test]
fn a_look_at_some_leaves_what_is_of_others_and_replaces_what_is_of_them_and_of_all() {
    let others = kept(Some(1), &["a"], YESTERDAY, &[What::NoActiveContract]);
    let theirs = kept(Some(2), &["b"], YESTERDAY, &[What::NoActiveContract]);
    let of_all = kept(None, &[], YESTERDAY, &[What::PaygFieldMissing]);
    let now = kept(Some(2), &["c"], TODAY, &[]);
    let before = [of_all, others.clone(), theirs.clone()];
    assert_eq!(after(&before, vec![now.clone()], &companies(&[2])), [others.clone(), now.clone()]);
    assert_eq!(after(&before, vec![], &companies(&[2, 3])), [others], "there is nothing of them any more");
    assert_eq!(after(&before, vec![now.clone()], &LookedAt::Everything), [now]);
}

#[test]
fn a_finding_that_stays_is_there_since_it_was_found_first_however_much_of_it_there_is() {
    let before = [kept(Some(2), &[], YESTERDAY, &[takes_none(1), What::NoActiveContract])];
    let now = || vec![kept(Some(2), &[], TODAY, &[takes_none(7), What::PaygFieldMissing])];
    let since = |kept: &[Kept]| -> Vec<(&'static str, Date)> {
        kept[0].findings.iter().map(|kept| (kept.finding.what.kind(), kept.since)).collect()
    };
    let all = after(&before, now(), &companies(&[2]));
    assert_eq!(since(&all), [("payg-field-missing", TODAY), ("company-takes-no-tickets", YESTERDAY)]);
    let all = after(&before, now(), &LookedAt::Changes { is_first: false });
    assert_eq!(since(&all).len(), 3, "a look at what changed knows nothing of the rest");
    assert_eq!(since(&all)[2], ("company-takes-no-tickets", YESTERDAY));
    assert_eq!(all[0].findings[2].finding.size(), Some(7), "as it was found last");
}

#[test]
fn a_look_at_what_changed_of_alerts_plans_every_change_again_and_tells_of_the_first_plan_until_there_was_one() {
    let at_switch_on =
        What::Alert(AlertWhat::AtSwitchOn { since: jiff::Timestamp::UNIX_EPOCH, tickets: 1, passed_over: 2 });
    let not_started = What::Alert(AlertWhat::TicketsNotStarted { enabled: false, customers: 0 });
    let before = [kept(None, &[], YESTERDAY, &[at_switch_on, not_started]), kept(Some(1), &["a"], YESTERDAY, &[])];
    let now = || vec![kept(Some(2), &["b"], TODAY, &[])];
    let all = after(&before, now(), &LookedAt::Changes { is_first: true });
    assert_eq!(all.iter().map(|kept| kept.company).collect::<Vec<_>>(), [None, Some(CompanyId(2))]);
    assert_eq!(all[0].findings.len(), 1, "tickets have started");
    assert_eq!(after(&before, now(), &LookedAt::Changes { is_first: false }), now());
}

#[test]
fn a_look_at_some_tickets_leaves_the_dismissals_of_others() {
    let of = |ids: &[(&str, i64)]| Kept {
        changes: ids.iter().map(|(id, ticket)| change(id, Some(*ticket))).collect(),
        ..kept(Some(1), &[], TODAY, &[])
    };
    let before = [of(&[("a", 1), ("b", 2)])];
    let looked_at = LookedAt::Tickets(BTreeSet::from([TicketId(2), TicketId(3)]));
    assert_eq!(after(&before, vec![of(&[("c", 3)])], &looked_at), [of(&[("c", 3), ("a", 1)])]);
    assert_eq!(after(&before, vec![], &LookedAt::Everything), []);
}

#[test]
fn h1_the_hold_of_a_look_stays_until_somebody_of_it_is_looked_at_again() {
    let hold = RunHold { id: "h".to_owned(), vanished: vec!["7 of 20".to_owned()], parts: vec![] };
    let hold = KeptHold { hold, parts: vec!["p".to_owned()], companies: BTreeSet::from([CompanyId(1), CompanyId(2)]) };
    let held = || Kept { hold: Some(hold.clone()), ..Kept::default() };
    assert_eq!(after(&[held()], vec![], &companies(&[3])), [held()]);
    assert_eq!(after(&[held()], vec![], &companies(&[2, 3])), []);
    assert_eq!(after(&[held()], vec![], &LookedAt::Everything), []);
    let another = || Kept { hold: Some(KeptHold { companies: BTreeSet::new(), ..hold.clone() }), ..Kept::default() };
    assert_eq!(
        after(&[held()], vec![another()], &companies(&[3])),
        [another()],
        "the latest tells of earlier ones too"
    );
}
