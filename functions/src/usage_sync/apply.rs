//! Carries a plan out: what reading settled is closed first, then each change is recorded, sent once and
//! read back (U6). It sends what the plan says and judges nothing but the vendor's answer.

use super::unanswered::Unanswered;
use super::{Planned, services};
use crate::autotask::{Adjust, AutotaskWriter, WriteError};
use crate::host::{Host, Vendors};
use crate::run::held::Deeds;
use crate::run::sending::{LONGEST_SENDING, LOOK_EVERY, TIME_FOR_A_CHANGE, waited_to_send_again};
use crate::run::{budget, lease};
use crate::store::{IntentError, Lease, RECORDED_TOGETHER};
use anyhow::{Context, bail};
use futures_util::{StreamExt, stream};
use shared::finding::Finding;
use shared::ids::CompanyId;
use shared::line::{Intent, LinePlace, LineState, Settlement};
use shared::plan::{Action, Adjustment, Change};
use shared::run::{ChangeRecord, Connection, Outcome, RunRecord};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::RwLock;

/// Changes sent before they are read back together: one query takes at most 500 values.
const SENT_TOGETHER: usize = 400;
/// Groups of changes at work: while one is sent, the next is recorded.
const GROUPS_AT_WORK: usize = 2;
/// Changes of a group that are sent at a time; across groups, the vendor's endpoint lets in no more either.
const SENT_AT_A_TIME: usize = 3;
/// Requests kept back for reading back what was sent.
const KEPT_FOR_READING_BACK: u64 = 10;

/// One plan being carried out.
pub(super) struct Apply<'a> {
    pub(super) host: &'a Host,
    pub(super) connection: &'a Connection,
    pub(super) vendors: &'a Vendors,
    pub(super) writer: AutotaskWriter,
    pub(super) lease: &'a RwLock<Lease>,
    pub(super) planned: &'a Planned,
    /// Why no further change is begun, once there is a reason.
    pub(super) stop: OnceLock<String>,
    pub(super) unanswered: Unanswered,
    pub(super) made: Made,
}

/// What this run did.
#[derive(Default)]
pub(super) struct Made(Mutex<Deeds>);

impl Made {
    pub(super) fn add(&self, change: &str) {
        self.lock().made.insert(change.to_owned());
    }

    pub(super) fn found(&self, finding: Finding) {
        self.lock().found.push(finding);
    }

    pub(super) fn all(self) -> Deeds {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Deeds> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What could not be done.
#[derive(Default)]
struct Failures {
    texts: Vec<String>,
    companies: BTreeSet<CompanyId>,
}

/// What became of one change.
enum Attempt {
    /// Answered, or nobody knows: to be read back. The text is the vendor's, where it spoke of a duplicate.
    ToReadBack(Box<LineState>, Option<String>),
    /// The vendor refused it.
    Refused(LinePlace, String),
    /// It could not be recorded or closed; what was not recorded was not sent.
    Failed(LinePlace, String),
    /// It was not begun, or certainly not run: the next run plans it afresh.
    Left,
}

impl Apply<'_> {
    /// Does everything the plan says and puts the outcome into the record. Gives the companies for which something
    /// could not be done, or of which nobody knows yet.
    pub(super) async fn carry_out(&self, record: &mut RunRecord) -> anyhow::Result<BTreeSet<CompanyId>> {
        let changed = self.change_all(record).await;
        // Also of a run that came to an end in the midst of it.
        let unanswered = self.unanswered.all();
        record.counts.open = unanswered.len();
        record.unanswered_since = unanswered.iter().map(|sent| sent.at).min();
        let failures = changed?;
        record.outcome = self.outcome(record, &failures.texts);
        Ok(failures.companies)
    }

    async fn change_all(&self, record: &mut RunRecord) -> anyhow::Result<Failures> {
        let states = self.close_settled().await?;
        self.adopt().await?;
        services::create(self, record).await?;
        let adjustments: Vec<(&Change, &Adjustment)> = self
            .planned
            .plan
            .changes
            .iter()
            .filter_map(|change| match &change.action {
                Action::Adjust(adjustment) => Some((change, adjustment.as_ref())),
                _ => None,
            })
            .collect();
        self.host.progress.begin("changing units", Some(adjustments.len() as u64));
        let (mut failures, mut looked) = (Failures::default(), self.host.clock.now());
        let mut all = adjustments.chunks(SENT_TOGETHER);
        while let Some(together) = all.next() {
            if self.must_stop() {
                break;
            }
            self.change_together(together, &states, record, &mut failures).await?;
            let now = self.host.clock.now();
            if all.len() > 0 && now.duration_since(looked) >= LOOK_EVERY {
                looked = now;
                budget::look_again(self.vendors, &self.planned.observed.mapping.settings.budget, record).await?;
            }
        }
        Ok(failures)
    }

    fn outcome(&self, record: &RunRecord, failures: &[String]) -> Outcome {
        let counts = &record.counts;
        let mut troubles = failures.to_vec();
        // What an earlier run sent is told by its finding.
        let open = self.unanswered.all().iter().filter(|sent| sent.by_this_run).count();
        let told = [(counts.refused, "refused by the vendor"), (open, "without a known outcome yet")];
        troubles.extend(told.into_iter().filter(|(number, _)| *number > 0).map(|(n, what)| format!("{n} {what}")));
        match (troubles.is_empty(), self.stop.get()) {
            (false, _) => Outcome::Failed(troubles.join("; ")),
            (true, Some(why)) => Outcome::Stopped(why.clone()),
            (true, None) => Outcome::Complete,
        }
    }

    /// Closes what was open and has been settled by reading, and gives all states as they are now.
    async fn close_settled(&self) -> anyhow::Result<BTreeMap<String, LineState>> {
        let mut states = BTreeMap::new();
        for plan in &self.planned.companies {
            let settled: BTreeMap<&String, Settlement> = plan.settled.iter().map(|(key, how)| (key, *how)).collect();
            for (key, state) in self.planned.observed.lines.get(&plan.company).into_iter().flatten() {
                let mut state = state.clone();
                if let (Some(how), Some(intent)) = (settled.get(key), state.open.clone()) {
                    let made = (*how == Settlement::Done).then(|| self.record_of(&state.place, &intent));
                    state.close(*how);
                    let lease = self.lease.read().await;
                    self.host.store.close_intent(&lease, &state, &intent.id, made.as_ref()).await?;
                }
                if let Some(intent) = &state.open {
                    self.unanswered.waits(&intent.id, intent.sent_at);
                }
                states.insert(key.clone(), state);
            }
        }
        Ok(states)
    }

    /// Takes over units that somebody else brought to where they should be (U3).
    async fn adopt(&self) -> anyhow::Result<()> {
        for (state, units) in self.planned.companies.iter().flat_map(|plan| &plan.adopted) {
            let mut state = state.clone();
            state.adopt(self.planned.observed.today, *units);
            let lease = self.lease.read().await;
            self.host.store.save_line_state(&lease, &state).await?;
        }
        Ok(())
    }

    async fn change_together(
        &self,
        changes: &[(&Change, &Adjustment)],
        states: &BTreeMap<String, LineState>,
        record: &mut RunRecord,
        failures: &mut Failures,
    ) -> anyhow::Result<()> {
        let run = record.id.clone();
        let attempts: Vec<anyhow::Result<Attempt>> = stream::iter(changes.chunks(RECORDED_TOGETHER))
            .map(|group| self.change_group(group, states, &run))
            .buffer_unordered(GROUPS_AT_WORK)
            .flat_map(stream::iter)
            .collect()
            .await;
        let mut to_read_back = Vec::new();
        for attempt in attempts {
            match attempt? {
                Attempt::ToReadBack(state, duplicate) => to_read_back.push((*state, duplicate)),
                Attempt::Refused(place, text) => self.told_refused(&place, text, record),
                Attempt::Failed(place, text) => {
                    failures.companies.insert(place.company);
                    failures.texts.push(format!("line {}: {text}", place.key()));
                }
                Attempt::Left => {}
            }
        }
        self.read_back(to_read_back, record, &mut failures.companies).await
    }

    /// Records the intents of a group, sends each, and says what is known.
    async fn change_group(
        &self,
        group: &[(&Change, &Adjustment)],
        states: &BTreeMap<String, LineState>,
        run: &str,
    ) -> Vec<anyhow::Result<Attempt>> {
        if self.must_stop() {
            return group.iter().map(|_| Ok(Attempt::Left)).collect();
        }
        let (mut attempts, mut intended) = (Vec::new(), Vec::new());
        for (change, adjustment) in group {
            let mut state = match self.known_state(&adjustment.place, states).await {
                Ok(Ok(state)) => state,
                Ok(Err(text)) => {
                    attempts.push(Ok(Attempt::Failed(adjustment.place.clone(), text)));
                    continue;
                }
                Err(error) => return vec![Err(error)],
            };
            let (id, now) = (uuid::Uuid::new_v4().to_string(), self.host.clock.now());
            state.open = Some(adjustment.intent(change, id, run, now, self.planned.observed.today));
            intended.push(state);
        }
        let recorded = {
            let lease = self.lease.read().await;
            self.host.store.record_intents(&lease, &intended).await
        };
        let mut to_send = Vec::new();
        for (state, recorded) in intended.into_iter().zip(recorded) {
            match recorded {
                Ok(()) => {
                    // Whatever ends the run from here on, it is unanswered until it is closed.
                    state.open.iter().for_each(|intent| self.unanswered.sent(&intent.id, intent.sent_at));
                    to_send.push(state);
                }
                Err(IntentError::LeaseLost) => attempts.push(Err(IntentError::LeaseLost.into())),
                Err(error) => attempts.push(Ok(Attempt::Failed(state.place, format!("not sent: {error}")))),
            }
        }
        let sent = stream::iter(to_send).map(|state| self.send(state)).buffer_unordered(SENT_AT_A_TIME);
        attempts.extend(sent.collect::<Vec<_>>().await);
        attempts
    }

    /// The line as stored. One that we had the vendor create inherits what was known of its place.
    async fn known_state(
        &self,
        place: &LinePlace,
        states: &BTreeMap<String, LineState>,
    ) -> anyhow::Result<Result<LineState, String>> {
        if let Some(state) = states.get(&place.key()) {
            return Ok(Ok(state.clone()));
        }
        let without_line = LinePlace { line: None, ..place.clone() };
        let Some(inherited) = states.get(&without_line.key()) else {
            return Ok(Ok(LineState::new(place.clone())));
        };
        let state = LineState { place: place.clone(), ..inherited.clone() };
        let lease = self.lease.read().await;
        match self.host.store.save_line_state(&lease, &state).await {
            Ok(()) => Ok(Ok(state)),
            Err(IntentError::LeaseLost) => bail!(IntentError::LeaseLost),
            Err(error) => Ok(Err(format!("not sent: {error}"))),
        }
    }

    /// Sends a recorded intent: again only while it certainly was not run (U6).
    async fn send(&self, state: LineState) -> anyhow::Result<Attempt> {
        let intent = state.open.clone().context("an intent is sent only after it was recorded")?;
        let place = &state.place;
        let adjust = Adjust {
            contract: place.contract,
            service: place.service,
            line: place.line,
            unit_change: intent.unit_change(),
            effective: intent.effective,
        };
        for sends in 1.. {
            // An old intent may be settled as not made; one that might still be under way then must not be.
            let is_old = self.host.clock.now().duration_since(intent.sent_at) > LONGEST_SENDING;
            if is_old {
                _ = self.stop.set("Autotask kept turning a change away; the next run goes on".to_owned());
            }
            // Others of its group were sent since it was recorded.
            let must_stop = sends == 1 && self.must_stop();
            if is_old || must_stop || !self.lease_has_time().await {
                return self.close_not_run(state, &intent).await;
            }
            match self.writer.adjust(&adjust).await {
                Ok(()) | Err(WriteError::Unknown(_)) => break,
                Err(WriteError::Duplicate(text)) => return Ok(Attempt::ToReadBack(Box::new(state), Some(text))),
                Err(WriteError::Refused(text)) => return self.close_refused(state, &intent, text).await,
                Err(WriteError::NotRun { retry_after, text }) => {
                    if !self.waits_to_send_again(sends, retry_after, &text).await {
                        return self.close_not_run(state, &intent).await;
                    }
                }
                Err(WriteError::BudgetSpent) => {
                    _ = self.stop.set(WriteError::BudgetSpent.to_string());
                    return self.close_not_run(state, &intent).await;
                }
            }
        }
        self.host.progress.advance();
        Ok(Attempt::ToReadBack(Box::new(state), None))
    }

    /// Waits as the vendor asks before something that was not run is sent again (U6). False, and the run
    /// stops, when it was sent often enough or the wait is too long.
    pub(super) async fn waits_to_send_again(&self, sends: u32, retry_after: Option<Duration>, text: &str) -> bool {
        let waited = waited_to_send_again(self.host, sends, retry_after).await;
        if !waited {
            _ = self.stop.set(format!("Autotask takes no more for now: {text}"));
        }
        waited
    }

    async fn close_not_run(&self, mut state: LineState, intent: &Intent) -> anyhow::Result<Attempt> {
        state.close_as_not_done();
        self.close(&state, intent, None).await?;
        Ok(Attempt::Left)
    }

    async fn close_refused(&self, mut state: LineState, intent: &Intent, text: String) -> anyhow::Result<Attempt> {
        state.close_as_refused(text.clone());
        self.close(&state, intent, None).await?;
        self.list_refused(&state.place, intent, &text).await?;
        Ok(Attempt::Refused(state.place, text))
    }

    pub(super) async fn close(
        &self,
        state: &LineState,
        intent: &Intent,
        made: Option<&ChangeRecord>,
    ) -> anyhow::Result<()> {
        let lease = self.lease.read().await;
        self.host.store.close_intent(&lease, state, &intent.id, made).await?;
        self.unanswered.known(&intent.id);
        Ok(())
    }

    /// Whether the lease holds long enough for one more POST; the run stops when it does not.
    pub(super) async fn lease_has_time(&self) -> bool {
        let has_time = lease::has_time(self.host, &*self.lease.read().await);
        if !has_time {
            _ = self.stop.set("the lease was about to end".to_owned());
        }
        has_time
    }

    /// Whether no further change may be begun: time, share or lease are nearly used up.
    pub(super) fn must_stop(&self) -> bool {
        if self.host.deadline.left().is_some_and(|left| left < TIME_FOR_A_CHANGE) {
            _ = self.stop.set("the time of this run is over; the next goes on".to_owned());
        }
        if self.vendors.allowance.left() <= KEPT_FOR_READING_BACK {
            _ = self.stop.set(WriteError::BudgetSpent.to_string());
        }
        self.stop.get().is_some()
    }
}
