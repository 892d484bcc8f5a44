//! Carries a plan out: what reading settled is closed first, then each change is recorded, sent once and
//! read back (U6). It sends what the plan says and judges nothing but the vendor's answer.

use super::{Planned, services};
use crate::autotask::{Adjust, AutotaskWriter, WriteError};
use crate::host::{Host, Vendors};
use crate::run::{budget, lease};
use crate::store::{IntentError, Lease};
use anyhow::{Context, bail};
use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use shared::line::{Intent, LinePlace, LineState, Settlement};
use shared::plan::{Action, Adjustment, Change};
use shared::run::{ChangeRecord, Connection, Outcome, RunRecord};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::sync::RwLock;

/// Changes sent before they are read back together: one query takes at most 500 values.
const SENT_TOGETHER: usize = 400;
/// More than the three POSTs that may run at a time, so that none waits for another's table writes.
const AT_WORK: usize = 6;
/// How often a change that was certainly not run is sent again (U6).
const MOST_SENDS: u32 = 5;
/// A change is begun only while this much time is left: to send it, to read it back, to close it.
const TIME_FOR_A_CHANGE: Duration = Duration::from_secs(30);
/// How long after it was recorded an intent may be sent: with one request's time-out and the minutes that
/// Autotask may work on it, less than the `settle_minutes` after which it counts as not made.
const LONGEST_SENDING: SignedDuration = SignedDuration::from_mins(2);
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
    /// Does everything the plan says and puts the outcome into the record.
    pub(super) async fn carry_out(&self, record: &mut RunRecord) -> anyhow::Result<()> {
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
        let mut failures = Vec::new();
        let mut all = adjustments.chunks(SENT_TOGETHER);
        while let Some(together) = all.next() {
            if self.must_stop() {
                break;
            }
            self.change_together(together, &states, record, &mut failures).await?;
            if all.len() > 0 {
                budget::look_again(self.vendors, &self.planned.observed.mapping.settings.budget, record).await?;
            }
        }
        record.outcome = self.outcome(record, &failures);
        Ok(())
    }

    fn outcome(&self, record: &RunRecord, failures: &[String]) -> Outcome {
        let counts = &record.counts;
        let mut troubles = failures.to_vec();
        let told = [(counts.refused, "refused by the vendor"), (counts.open, "without a known outcome yet")];
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
        let observed = &self.planned.observed;
        for (facts, plan) in observed.companies.iter().zip(&self.planned.companies) {
            let settled: BTreeMap<&String, Settlement> = plan.settled.iter().map(|(key, how)| (key, *how)).collect();
            for (key, state) in &facts.states {
                let mut state = state.clone();
                if let (Some(how), Some(intent)) = (settled.get(key), state.open.clone()) {
                    let made = (*how == Settlement::Done).then(|| self.record_of(&state.place, &intent));
                    state.close(*how);
                    let lease = self.lease.read().await;
                    self.host.store.close_intent(&lease, &state, &intent.id, made.as_ref()).await?;
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
        failures: &mut Vec<String>,
    ) -> anyhow::Result<()> {
        let run = record.id.clone();
        let attempts: Vec<anyhow::Result<Attempt>> = stream::iter(changes)
            .map(|(change, adjustment)| self.change(change, adjustment, states, &run))
            .buffer_unordered(AT_WORK)
            .collect()
            .await;
        let mut to_read_back = Vec::new();
        for attempt in attempts {
            match attempt? {
                Attempt::ToReadBack(state, duplicate) => to_read_back.push((*state, duplicate)),
                Attempt::Refused(place, text) => self.told_refused(&place, text, record),
                Attempt::Failed(place, text) => failures.push(format!("line {}: {text}", place.key())),
                Attempt::Left => {}
            }
        }
        self.read_back(to_read_back, record).await
    }

    /// Records the intent, sends it, and says what is known.
    async fn change(
        &self,
        change: &Change,
        adjustment: &Adjustment,
        states: &BTreeMap<String, LineState>,
        run: &str,
    ) -> anyhow::Result<Attempt> {
        if self.must_stop() {
            return Ok(Attempt::Left);
        }
        let place = &adjustment.place;
        let mut state = match self.known_state(place, states).await? {
            Ok(state) => state,
            Err(text) => return Ok(Attempt::Failed(place.clone(), text)),
        };
        let (id, now) = (uuid::Uuid::new_v4().to_string(), self.host.clock.now());
        state.open = Some(adjustment.intent(change, id, run, now, self.planned.observed.today));
        let recorded = {
            let lease = self.lease.read().await;
            self.host.store.record_intent(&lease, &state).await
        };
        match recorded {
            Ok(()) => self.send(state).await,
            Err(IntentError::LeaseLost) => bail!(IntentError::LeaseLost),
            Err(error) => Ok(Attempt::Failed(place.clone(), format!("not sent: {error}"))),
        }
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
            if is_old || !self.lease_has_time().await {
                return self.close_not_run(state, &intent).await;
            }
            match self.writer.adjust(&adjust).await {
                Ok(()) | Err(WriteError::Unknown(_)) => break,
                Err(WriteError::Duplicate(text)) => return Ok(Attempt::ToReadBack(Box::new(state), Some(text))),
                Err(WriteError::Refused(text)) => return self.close_refused(state, &intent, text).await,
                Err(WriteError::NotRun { retry_after, text }) => {
                    if !self.waited_to_send_again(sends, retry_after, &text).await {
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
    pub(super) async fn waited_to_send_again(&self, sends: u32, retry_after: Option<Duration>, text: &str) -> bool {
        let retry = self.host.http.retry;
        let wait = retry_after.unwrap_or(retry.base_delay * sends);
        // A vendor that asks for longer is left alone until the next run.
        let too_long = wait > retry.longest_wait;
        let has_time = || self.host.deadline.left().is_none_or(|left| left > wait + TIME_FOR_A_CHANGE);
        if sends >= MOST_SENDS || too_long || !has_time() {
            _ = self.stop.set(format!("Autotask takes no more for now: {text}"));
            return false;
        }
        tokio::time::sleep(wait).await;
        true
    }

    async fn close_not_run(&self, mut state: LineState, intent: &Intent) -> anyhow::Result<Attempt> {
        state.close_as_not_done();
        self.close(&state, intent, None).await?;
        Ok(Attempt::Left)
    }

    async fn close_refused(&self, mut state: LineState, intent: &Intent, text: String) -> anyhow::Result<Attempt> {
        state.close_as_refused(text.clone());
        self.close(&state, intent, None).await?;
        Ok(Attempt::Refused(state.place, text))
    }

    pub(super) async fn close(
        &self,
        state: &LineState,
        intent: &Intent,
        made: Option<&ChangeRecord>,
    ) -> anyhow::Result<()> {
        let lease = self.lease.read().await;
        Ok(self.host.store.close_intent(&lease, state, &intent.id, made).await?)
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
