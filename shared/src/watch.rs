//! How changed contracts are noticed: cursors that overlap, what was already seen within the overlap, and whose
//! turn it is in the daily sweep. Decides who is looked at; reads nothing.

use crate::ids::{CompanyId, ContractId};
use crate::mapping::Mapping;
use crate::run::Connection;
use jiff::civil::{DateTime, Time, time};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How far each look reaches back before the latest change seen: entries may become visible out of order.
const OVERLAP: SignedDuration = SignedDuration::from_mins(15);
/// How far the vendor's clock may be behind ours when the first look is taken; from then on only its own counts.
const SKEW: SignedDuration = SignedDuration::from_hours(2);
/// Everybody has had a turn within this time, since some changes leave no trace: days that come, new periods,
/// renewals.
const SWEEP: SignedDuration = SignedDuration::from_hours(24);

/// The most notes, and the most headers, that are remembered as seen: the database keeps them in one item of 400 KB.
const MOST_SEEN: usize = 3_000;

/// From when on a day's reading of usage is missed, in the provider's time zone: it is due at 04:00.
const USAGE_IS_MISSED_FROM: Time = time(4, 30, 0, 0);
/// How long is waited before usage that is missed is asked for again.
const ASK_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Whether today's reading of usage is missed, so that it is asked for again: its run gave way to another, or ran out
/// of its share. `here` is now in the provider's time zone, `last_run` when units of everybody were last looked at.
pub fn is_usage_missed(connection: &Connection, here: DateTime, now: Timestamp, last_run: Option<Timestamp>) -> bool {
    let is_due = connection.first_plan_approved && here.time() >= USAGE_IS_MISSED_FROM;
    let was_asked = last_run.is_some_and(|last_run| now.duration_since(last_run) < ASK_AGAIN_AFTER);
    is_due && connection.usage_read_on.is_none_or(|day| day < here.date()) && !was_asked
}

/// How far contracts were watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// The latest note seen, by the vendor's clock.
    pub notes_until: Timestamp,
    /// The latest change of a contract's header seen, by the vendor's clock.
    pub headers_until: Timestamp,
    /// Notes seen within the overlap.
    pub notes: BTreeMap<i64, Timestamp>,
    /// Headers seen within the overlap, with the moment of their change.
    pub headers: BTreeMap<ContractId, Timestamp>,
    /// When the last turn of the sweep was.
    pub swept_at: Timestamp,
    /// The last company of that turn.
    pub swept_to: Option<CompanyId>,
    /// The latest approval seen.
    #[serde(default)]
    pub approved_until: Timestamp,
    /// The version of the mapping whose changes were passed on.
    pub mapping_version: u64,
    /// Companies with contracts that the mapping has no row of.
    pub strangers: BTreeSet<CompanyId>,
}

impl Watched {
    /// Nothing was watched yet: what changed before `now`, and the mapping as it is, are the sweep's.
    pub fn from_now_on(now: Timestamp, mapping_version: u64) -> Self {
        let since = now.checked_sub(SKEW).unwrap_or(now);
        Self {
            notes_until: since,
            headers_until: since,
            notes: BTreeMap::new(),
            headers: BTreeMap::new(),
            swept_at: now.checked_sub(SWEEP).unwrap_or(now),
            swept_to: None,
            approved_until: now,
            mapping_version,
            strangers: BTreeSet::new(),
        }
    }

    /// From which moment on notes are asked for.
    pub fn notes_since(&self) -> Timestamp {
        self.notes_until.checked_sub(OVERLAP).unwrap_or(self.notes_until)
    }

    /// From which moment on changed headers are asked for.
    pub fn headers_since(&self) -> Timestamp {
        self.headers_until.checked_sub(OVERLAP).unwrap_or(self.headers_until)
    }

    /// Takes a note; whether it is new.
    pub fn take_note(&mut self, id: i64, written_at: Timestamp) -> bool {
        self.notes_until = self.notes_until.max(written_at);
        self.notes.insert(id, written_at).is_none()
    }

    /// Takes a changed header; whether this change is new.
    pub fn take_header(&mut self, contract: ContractId, changed_at: Timestamp) -> bool {
        self.headers_until = self.headers_until.max(changed_at);
        self.headers.insert(contract, changed_at) != Some(changed_at)
    }

    /// Forgets what lies before the overlap, and of very much the oldest, which is told once more then and does no harm.
    pub fn forget(&mut self) {
        let (notes, headers) = (self.notes_since(), self.headers_since());
        self.notes.retain(|_, at| *at >= notes);
        self.headers.retain(|_, at| *at >= headers);
        keep_latest(&mut self.notes);
        keep_latest(&mut self.headers);
    }

    /// Remembers companies whose contracts changed and that the mapping has no row of, until it has: once they may
    /// get a tenant, they too are swept.
    pub fn meet(&mut self, companies: &BTreeSet<CompanyId>, mapping: &Mapping) {
        self.strangers.extend(companies);
        self.strangers.retain(|company| !mapping.customers.contains_key(company));
    }

    /// Everybody we know of and look after.
    pub fn everybody(&self, mapping: &Mapping) -> BTreeSet<CompanyId> {
        let known = mapping.customers.keys().chain(&self.strangers);
        known.copied().filter(|company| mapping.is_looked_after(*company)).collect()
    }

    /// Whose turn it is at `now`: as many of `companies` as the time since the last turn asks for, on from where
    /// that ended and round. After a day without a turn it is everybody's.
    pub fn sweep(&mut self, companies: &BTreeSet<CompanyId>, now: Timestamp) -> Vec<CompanyId> {
        let day = SWEEP.as_millis();
        let passed = i128::from(now.as_millisecond()) - i128::from(self.swept_at.as_millisecond());
        let all = companies.len() as i128;
        let due = all * passed.clamp(0, day) / day;
        // What is left of the time counts for the next turn. A clock set back starts anew.
        self.swept_at = match due {
            0 => self.swept_at.min(now),
            due if passed < day => later_by(self.swept_at, due * day / all),
            _ => now,
        };
        let after = |company: &&CompanyId| self.swept_to.is_none_or(|last| **company > last);
        let rest = companies.iter().filter(after);
        let due = usize::try_from(due).unwrap_or_default();
        let turn: Vec<CompanyId> = rest.chain(companies.iter().filter(|one| !after(one))).take(due).copied().collect();
        self.swept_to = turn.last().copied().or(self.swept_to);
        turn
    }
}

fn keep_latest<K: Ord + Copy>(seen: &mut BTreeMap<K, Timestamp>) {
    let Some(too_many) = seen.len().checked_sub(MOST_SEEN).filter(|more| *more > 0) else { return };
    let mut by_time: Vec<(Timestamp, K)> = seen.iter().map(|(key, at)| (*at, *key)).collect();
    by_time.sort_unstable();
    for (_, key) in &by_time[..too_many] {
        seen.remove(key);
    }
}

fn later_by(moment: Timestamp, milliseconds: i128) -> Timestamp {
    let later = SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or_default());
    moment.checked_add(later).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::Watched;
    use crate::ids::{CompanyId, ContractId};
    use crate::mapping::{CustomerLink, CustomerRow, Mapping};
    use jiff::{SignedDuration, Timestamp};
    use std::collections::BTreeSet;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn a_change_is_new_once_however_often_the_overlap_shows_it() {
        let mut watched = Watched::from_now_on(at(1_000), 1);
        assert!(watched.take_note(7, at(1_001)) && !watched.take_note(7, at(1_001)));
        assert!(watched.take_header(ContractId(5), at(1_002)) && !watched.take_header(ContractId(5), at(1_002)));
        assert!(watched.take_header(ContractId(5), at(1_003)), "changed again");
        watched.forget();
        assert!(!watched.take_note(7, at(1_001)), "still within the overlap");
        watched.take_note(8, at(1_100));
        watched.forget();
        assert!(!watched.notes.contains_key(&7), "before the overlap, and never asked for again");
        assert_eq!(watched.notes_since(), at(1_085));
    }

    #[test]
    fn of_very_many_changes_at_once_the_latest_are_remembered_and_the_others_told_again() {
        let mut watched = Watched::from_now_on(at(1_000), 1);
        for number in 0..10_000 {
            assert!(watched.take_note(number, at(1_001)) && watched.take_header(ContractId(number), at(1_001)));
        }
        assert!(watched.take_note(-1, at(1_002)));
        watched.forget();
        assert_eq!((watched.notes.len(), watched.headers.len()), (super::MOST_SEEN, super::MOST_SEEN));
        let bytes = serde_json::to_vec(&watched).expect("it can be written").len();
        assert!(bytes < 400_000, "{bytes} bytes do not fit into one item");
        assert!(!watched.take_note(-1, at(1_002)) && !watched.take_note(9_999, at(1_001)), "the latest");
        assert!(watched.take_note(0, at(1_001)), "told again");
    }

    #[test]
    fn who_has_no_row_in_the_mapping_is_remembered_and_looked_after_once_tenants_are_made_by_themselves() {
        let (mut watched, mut mapping) = (Watched::from_now_on(at(0), 1), Mapping::default());
        watched.meet(&BTreeSet::from([CompanyId(0), CompanyId(5)]), &mapping);
        watched.meet(&BTreeSet::new(), &mapping);
        assert_eq!(watched.everybody(&mapping), BTreeSet::new());
        mapping.settings.automatic_provisioning = true;
        assert_eq!(watched.everybody(&mapping), BTreeSet::from([CompanyId(0), CompanyId(5)]));
        let (company, company_name) = (CompanyId(5), String::new());
        let link = CustomerLink::Ignored { reason: "ours".to_owned() };
        mapping.customers.insert(
            company,
            CustomerRow { company, company_name, link, pins: Default::default(), decisions: Default::default() },
        );
        watched.meet(&BTreeSet::new(), &mapping);
        assert_eq!(watched.everybody(&mapping), BTreeSet::from([CompanyId(0)]));
        assert_eq!(watched.strangers, BTreeSet::from([CompanyId(0)]));
    }

    #[test]
    fn everybody_has_a_turn_each_day_and_nobody_two() {
        let companies: BTreeSet<CompanyId> = (0..1_000).map(CompanyId).collect();
        let mut watched = Watched::from_now_on(at(10_000), 1);
        assert_eq!(watched.sweep(&companies, at(10_000)).len(), 1_000, "the first look is at everybody");
        let mut turns = Vec::new();
        for minute in (10_005..=10_000 + 24 * 60).step_by(5) {
            turns.extend(watched.sweep(&companies, at(minute)));
        }
        let different: BTreeSet<CompanyId> = turns.iter().copied().collect();
        assert_eq!(different.len(), turns.len(), "nobody twice");
        assert!(turns.len() >= 999, "{} of 1000 within a day", turns.len());
        assert_eq!(watched.sweep(&companies, at(20_000)).len(), 1_000, "after a day of silence it is everybody's");
        assert_eq!(watched.sweep(&companies, at(15_000)), [], "a clock set back is nobody's turn");
    }
}
