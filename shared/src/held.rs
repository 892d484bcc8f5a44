//! What a job's last looks left for people: what it planned and did not make, and what it found, by company. Each look
//! replaces what is of those whom it looked at. Nothing is decided by it but whom a first plan was shown for.

use crate::alert::Severity;
use crate::finding::{AlertWhat, Finding, What};
use crate::ids::{CompanyId, TicketId};
use crate::plan::{Action, Change, HoldReason, Plan, RunHold, company_of, plan_id};
use crate::run::Job;
use crate::text::words_of;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most changes of one company that are kept: as many as one run makes of tickets.
const MOST_CHANGES: usize = 1_000;

/// A change that was planned and is not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptChange {
    /// The id by which it is approved.
    pub id: String,
    /// Which item, or which alert.
    pub what: String,
    /// From what to what, or what becomes of the ticket.
    pub becomes: String,
    /// Why.
    pub because: String,
    /// How bad the alert is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The ticket whose alert is to be dismissed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// Why it waits for a person; empty: the next run makes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<HoldReason>,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

/// A finding, and since when it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFinding {
    /// The day of the look that found it first, in the provider's time zone.
    pub since: Date,
    /// The finding.
    pub finding: Finding,
}

/// Why a whole look was held (H1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptHold {
    /// The hold.
    pub hold: RunHold,
    /// The ids of what vanished, which are approved together with it.
    pub parts: Vec<String>,
    /// Who was looked at.
    pub companies: BTreeSet<CompanyId>,
}

/// What a job left of one company, or of the whole connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The company; none: the connection.
    pub company: Option<CompanyId>,
    /// Its name, for people.
    pub company_name: String,
    /// What was planned and not made, in the plan's order.
    pub changes: Vec<KeptChange>,
    /// How many more there were.
    #[serde(default)]
    pub more: usize,
    /// What was found.
    pub findings: Vec<KeptFinding>,
    /// Why the look was held; of the connection alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<KeptHold>,
}

impl Kept {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.more == 0 && self.findings.is_empty() && self.hold.is_none()
    }
}

/// What a look looked at, and so what it replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookedAt {
    /// All there is.
    Everything,
    /// These companies, and what concerns the whole connection.
    Companies(BTreeSet<CompanyId>),
    /// Of alerts what changed, and what was left over: all changes are planned again, and earlier findings stay.
    Changes {
        /// Whether no plan was approved before (M5).
        is_first: bool,
    },
    /// These tickets: changes of others stay, and so do earlier findings.
    Tickets(BTreeSet<TicketId>),
}

/// What a plan leaves, by company: what is not among `made`, and what it found, with what was `told` while it was made.
/// Units and services are not in it; lists have them from the snapshot.
pub fn left_by(plan: &Plan, made: &BTreeSet<String>, told: &[Finding], looked_at: &LookedAt) -> Vec<Kept> {
    let mut kept: BTreeMap<Option<CompanyId>, Kept> = BTreeMap::new();
    let changes = plan.changes.iter().map(|change| (change, [].as_slice()));
    let held = plan.held.iter().map(|held| (&held.change, held.reasons.as_slice()));
    for (change, reasons) in changes.chain(held).filter(|(change, _)| !made.contains(&change.id)) {
        let Some((company_name, change_kept)) = kept_change(change, reasons) else { continue };
        let company = company_of(change);
        let of = kept.entry(company).or_insert_with(|| Kept { company, company_name, ..Kept::default() });
        if of.changes.len() < MOST_CHANGES { of.changes.push(change_kept) } else { of.more += 1 }
    }
    for finding in plan.findings.iter().chain(told) {
        let (company, company_name) = (finding.company, finding.company_name.clone());
        let of = kept.entry(company).or_insert_with(|| Kept { company, company_name, ..Kept::default() });
        of.findings.push(KeptFinding { since: plan.today, finding: finding.clone() });
    }
    if let Some(hold) = plan.run_hold.as_ref().filter(|_| plan.job != Job::UsageSync) {
        let companies = match looked_at {
            LookedAt::Companies(companies) => companies.clone(),
            _ => plan.held.iter().filter_map(|held| company_of(&held.change)).collect(),
        };
        let hold =
            KeptHold { hold: RunHold { parts: Vec::new(), ..hold.clone() }, parts: hold.parts.clone(), companies };
        kept.entry(None).or_default().hold = Some(hold);
    }
    kept.into_values().collect()
}

/// A change in words, and the name of its company; none for changes of units.
fn kept_change(change: &Change, reasons: &[HoldReason]) -> Option<(String, KeptChange)> {
    let words = words_of(change);
    let [first, .., last] = words.as_slice() else { return None };
    let (company_name, what, becomes) = match &change.action {
        Action::Adjust(_) | Action::CreateService(_) => return None,
        Action::SetQuota(quota) => (&quota.company_name, first.clone(), words[1].clone()),
        Action::CreateTenant(new) => (&new.name, "new tenant".to_owned(), format!("{first}, {}", words[1])),
        Action::DisableTenant(disable) => (&disable.company_name, first.clone(), words[1].clone()),
        // After the alert comes how bad it is.
        action => (&crate::alert_plan::told(action)?.company_name, first.clone(), words[2].clone()),
    };
    let ticket = match &change.action {
        Action::DismissAlert(dismissal) => Some(dismissal.ticket),
        _ => None,
    };
    let kept = KeptChange {
        id: change.id.clone(),
        what,
        becomes,
        because: last.clone(),
        severity: crate::alert_plan::told(&change.action).map(|told| told.severity),
        ticket,
        held: reasons.to_vec(),
        approved_by: change.approved_by.clone(),
    };
    Some((company_name.clone(), kept))
}

/// What is kept after a look that left `now`, where `before` was kept. A finding that was there is there since then.
pub fn after(before: &[Kept], now: Vec<Kept>, looked_at: &LookedAt) -> Vec<Kept> {
    let mut after: BTreeMap<Option<CompanyId>, Kept> = now.into_iter().map(|kept| (kept.company, kept)).collect();
    for earlier in before {
        let company = earlier.company;
        let is_others =
            matches!(looked_at, LookedAt::Companies(companies) if company.is_some_and(|one| !companies.contains(&one)));
        if is_others {
            after.insert(company, earlier.clone());
            continue;
        }
        let nothing = Kept { company, company_name: earlier.company_name.clone(), ..Kept::default() };
        let of = after.entry(company).or_insert(nothing);
        match looked_at {
            LookedAt::Everything => {}
            LookedAt::Companies(companies) => keep_hold(of, earlier, companies),
            LookedAt::Changes { is_first } => keep_findings(of, earlier, *is_first),
            LookedAt::Tickets(tickets) => {
                let of_others = |change: &&KeptChange| change.ticket.is_none_or(|ticket| !tickets.contains(&ticket));
                of.changes.extend(earlier.changes.iter().filter(of_others).cloned());
                keep_findings(of, earlier, false);
            }
        }
        since_before(of, earlier);
    }
    let mut after: Vec<Kept> = after.into_values().collect();
    after.iter_mut().for_each(|kept| each_once(&mut kept.findings));
    after.retain(|kept| !kept.is_empty());
    after
}

/// A hold stays until somebody is looked at again whom it is of.
fn keep_hold(of: &mut Kept, earlier: &Kept, looked_at: &BTreeSet<CompanyId>) {
    if of.hold.is_none() {
        of.hold = earlier.hold.clone().filter(|hold| hold.companies.is_disjoint(looked_at));
    }
}

/// What was found stays, but for what holds only until tickets start.
fn keep_findings(of: &mut Kept, earlier: &Kept, is_first: bool) {
    let stays = |kept: &&KeptFinding| match &kept.finding.what {
        What::Alert(AlertWhat::AtSwitchOn { .. }) => is_first,
        What::Alert(AlertWhat::TicketsNotStarted { .. }) => false,
        _ => true,
    };
    of.findings.extend(earlier.findings.iter().filter(stays).cloned());
}

fn since_before(of: &mut Kept, earlier: &Kept) {
    let since: BTreeMap<String, Date> = earlier.findings.iter().map(|kept| (kept.finding.id(), kept.since)).collect();
    for kept in &mut of.findings {
        kept.since = since.get(&kept.finding.id()).copied().unwrap_or(kept.since).min(kept.since);
    }
}

/// Of findings with one id the first stays, which is the latest.
fn each_once(findings: &mut Vec<KeptFinding>) {
    let mut known = BTreeSet::new();
    findings.retain(|kept| known.insert(kept.finding.id()));
    findings.sort_by(|one, other| one.finding.cmp(&other.finding));
}

/// The id of the plan that is kept, which is that of the whole plan where everybody was looked at; none where not all of
/// it is kept.
pub fn kept_plan_id<'a>(job: Job, kept: impl Iterator<Item = &'a Kept>) -> Option<String> {
    let mut ids = vec![of_what(job)];
    for one in kept {
        if one.more > 0 {
            return None;
        }
        ids.extend(one.changes.iter().map(|change| change.id.as_str()));
        ids.extend(one.hold.iter().map(|hold| hold.hold.id.as_str()));
    }
    Some(plan_id(ids.into_iter()))
}

/// By what plans of nothing differ from job to job.
pub(crate) fn of_what(job: Job) -> &'static str {
    match job {
        Job::UsageSync => "units",
        Job::ContractWatch | Job::ContractChanged => "quotas",
        Job::AlertSync => "tickets",
        Job::TicketChanged => "dismissals",
    }
}
