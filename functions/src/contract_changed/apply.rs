//! Carries a plan out, customer by customer: one that fails holds up no other. It sends what the plan says and
//! judges nothing but the vendor's answer.

use super::Planned;
use crate::acronis::{AcronisWriteError, AcronisWriter};
use crate::host::{Host, Vendors};
use crate::run::begun::Begun;
use crate::run::held::Deeds;
use crate::run::lease;
use crate::run::sending::{TIME_FOR_A_CHANGE, waited_to_send_again};
use crate::store::{IntentError, Lease};
use shared::deed::Became;
use shared::finding::{Finding, PrepaidWhat, What};
use shared::ids::CompanyId;
use shared::plan::{Action, Change, company_of};
use shared::quota_change::{DisableTenant, QuotaChange};
use shared::quota_facts::{QuotaFacts, QuotaState};
use shared::quota_guard::quota_states_after;
use shared::quota_plan::QuotaPlan;
use shared::run::{Connection, Outcome, RunRecord};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::RwLock;

/// The vendor's codes by which a whole tenant, and not one item, is refused: access denied, parent disabled,
/// tenant locked (Acronis Account Management API v2, Error codes).
pub(super) const ACCESS_DENIED: i64 = 1002;
pub(super) const OF_THE_TENANT: [i64; 3] = [ACCESS_DENIED, 1003, 1012];

/// One plan being carried out.
pub(super) struct Apply<'a> {
    pub(super) host: &'a Host,
    pub(super) connection: &'a Connection,
    pub(super) vendors: &'a Vendors,
    pub(super) writer: AcronisWriter,
    pub(super) lease: &'a RwLock<Lease>,
    pub(super) planned: &'a Planned,
    /// Why no further change is begun, once there is a reason.
    pub(super) stop: OnceLock<String>,
    /// Whether that reason is a failure.
    pub(super) is_denied: OnceLock<()>,
    /// How often the vendor denied our API client a change.
    pub(super) denials: AtomicU32,
}

/// What became of one customer's changes.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    /// The ids of those that were made.
    pub(super) made: BTreeSet<String>,
    /// What a person should know.
    pub(super) findings: Vec<PrepaidWhat>,
    /// Changes that the vendor refused, by id, with its words.
    pub(super) refused: BTreeMap<String, String>,
    /// Whether our API client may not change this tenant.
    pub(super) is_denied: bool,
    /// Why the customer is to be looked at again.
    pub(super) failure: Option<String>,
    /// What is remembered of a tenant that was completed.
    pub(super) state: Option<QuotaState>,
}

impl Outcomes {
    /// What became of a change; none where it was not done. `stopped`: what was not made was not begun.
    fn became(&self, change: &str, stopped: bool) -> Option<Became> {
        if self.made.contains(change) {
            return Some(Became::Made);
        }
        let refused = self.refused.get(change).cloned().map(Became::Refused);
        refused.or_else(|| self.failure.as_ref().filter(|_| !stopped).map(|_| Became::Begun))
    }
}

impl<'a> Apply<'a> {
    pub(super) fn new(
        host: &'a Host,
        connection: &'a Connection,
        vendors: &'a Vendors,
        writer: AcronisWriter,
        lease: &'a RwLock<Lease>,
        planned: &'a Planned,
    ) -> Self {
        let (stop, is_denied, denials) = Default::default();
        Self { host, connection, vendors, writer, lease, planned, stop, is_denied, denials }
    }

    /// Does everything the plan says and puts the outcome into the record. The companies for which something
    /// could not be done are to be looked at again.
    pub(super) async fn carry_out(
        &self,
        record: &mut RunRecord,
        deeds: &mut Deeds,
    ) -> anyhow::Result<BTreeSet<CompanyId>> {
        let Planned { observed, customers, plan, .. } = self.planned;
        self.host.progress.begin("changing tenants and quotas", Some(plan.changes.len() as u64));
        let (mut failed, mut failures, mut unchanged) = (BTreeSet::new(), Vec::new(), Vec::new());
        let mut denied = BTreeSet::new();
        for (facts, customer) in observed.customers.iter().zip(customers) {
            let of_customer = |change: &&Change| company_of(change) == Some(customer.company);
            let changes: Vec<&Change> = plan.changes.iter().filter(of_customer).collect();
            if changes.is_empty() {
                unchanged.push(customer.clone());
                continue;
            }
            let begun = Begun::begin(self.host, &self.connection.id, &record.id, changes.iter().copied()).await?;
            let outcomes = self.outcomes_of(facts, customer, &changes).await?;
            let stopped = self.stop.get().is_some();
            begun.end(|change| outcomes.became(change, stopped)).await?;
            self.remember(std::slice::from_ref(customer), &outcomes.made, outcomes.state).await?;
            denied.extend(outcomes.is_denied.then_some(customer.company));
            if let (true, Some(why)) = (denied.len() > 1, &outcomes.failure) {
                // A permission lost: asking for every other customer too would change nothing.
                _ = self.stop.set(format!("Acronis lets this API client change nothing: {why}"));
                _ = self.is_denied.set(());
            }
            record.counts.made += outcomes.made.len();
            record.counts.refused += outcomes.refused.len();
            record.counts.findings += outcomes.findings.len();
            let found: Vec<Finding> = outcomes.findings.into_iter().map(|what| finding(customer, what)).collect();
            record.findings.extend(found.iter().map(ToString::to_string));
            deeds.found.extend(found);
            deeds.made.extend(outcomes.made);
            if let Some(why) = outcomes.failure {
                failed.insert(customer.company);
                failures.push(format!("company {}: {why}", customer.company));
            }
        }
        self.remember(&unchanged, &BTreeSet::new(), None).await?;
        record.outcome = self.outcome(record, &failures);
        Ok(failed)
    }

    /// What became of a customer's changes: what went wrong for one holds up no other, but for a lease that is lost.
    async fn outcomes_of(
        &self,
        facts: &QuotaFacts,
        customer: &QuotaPlan,
        changes: &[&Change],
    ) -> anyhow::Result<Outcomes> {
        match self.change_customer(facts, customer, changes).await {
            Err(error) if !error.is::<IntentError>() => {
                Ok(Outcomes { failure: Some(format!("{error:#}")), ..Outcomes::default() })
            }
            outcomes => outcomes,
        }
    }

    async fn change_customer(
        &self,
        facts: &QuotaFacts,
        customer: &QuotaPlan,
        changes: &[&Change],
    ) -> anyhow::Result<Outcomes> {
        let denials = self.denials.load(Ordering::Relaxed);
        let mut outcomes = Outcomes::default();
        let mut quotas: Vec<(&Change, &QuotaChange)> = Vec::new();
        for change in changes {
            if self.must_stop() {
                outcomes.failure = self.stop.get().cloned();
                return Ok(outcomes);
            }
            match &change.action {
                Action::SetQuota(quota) => quotas.push((change, quota)),
                Action::CreateTenant(new) => self.create_tenant(facts, customer, change, new, &mut outcomes).await?,
                Action::DisableTenant(disable) => self.disable_tenant(change, disable, &mut outcomes).await,
                _ => {} // Other jobs' changes.
            }
            if !matches!(change.action, Action::SetQuota(_)) {
                self.host.progress.advance();
            }
        }
        self.set_quotas(facts, &quotas, &mut outcomes).await;
        outcomes.is_denied = self.denials.load(Ordering::Relaxed) > denials;
        Ok(outcomes)
    }

    async fn disable_tenant(&self, change: &Change, disable: &DisableTenant, outcomes: &mut Outcomes) {
        match self.sent(async || self.writer.disable(&disable.tenant).await).await {
            Ok(()) => _ = outcomes.made.insert(change.id.clone()),
            Err(error) => match self.refusal(error) {
                Ok(text) => {
                    outcomes.refused.insert(change.id.clone(), text.clone());
                    outcomes.findings.push(PrepaidWhat::NotDisabled { text });
                }
                // Whether it was disabled, the next look at the tenant tells.
                Err(why) => outcomes.failure = Some(why),
            },
        }
    }

    /// Sends something that may be sent again: again only while it certainly was not run.
    pub(super) async fn sent<T>(
        &self,
        send: impl AsyncFn() -> Result<T, AcronisWriteError>,
    ) -> Result<T, AcronisWriteError> {
        let mut sends = 1;
        loop {
            if !lease::has_time(self.host, &*self.lease.read().await) {
                _ = self.stop.set("the lease was about to end".to_owned());
                let text = "not sent: the lease was about to end".to_owned();
                return Err(AcronisWriteError::NotRun { retry_after: None, text });
            }
            match send().await {
                Err(AcronisWriteError::NotRun { retry_after, text }) => {
                    if !waited_to_send_again(self.host, sends, retry_after).await {
                        return Err(AcronisWriteError::NotRun { retry_after, text });
                    }
                    sends += 1;
                }
                answer => return answer,
            }
        }
    }

    /// The text of a definite no; otherwise why the customer is to be looked at again.
    pub(super) fn refusal(&self, error: AcronisWriteError) -> Result<String, String> {
        match error {
            AcronisWriteError::Refused { code: Some(ACCESS_DENIED), text } => {
                self.denials.fetch_add(1, Ordering::Relaxed);
                Err(text)
            }
            AcronisWriteError::Refused { text, .. } | AcronisWriteError::NameTaken(text) => Ok(text),
            other => Err(other.to_string()),
        }
    }

    /// Whether no further change may be begun.
    pub(super) fn must_stop(&self) -> bool {
        if self.host.deadline.left().is_some_and(|left| left < TIME_FOR_A_CHANGE) {
            _ = self.stop.set("the time of this run is over; the next goes on".to_owned());
        }
        self.stop.get().is_some()
    }

    async fn remember(
        &self,
        customers: &[QuotaPlan],
        made: &BTreeSet<String>,
        new: Option<QuotaState>,
    ) -> anyhow::Result<()> {
        let Planned { observed, plan, .. } = self.planned;
        let counts = observed.connection.first_quotas_approved;
        let mut states = quota_states_after(customers, plan, counts, made, &observed.states);
        if let Some(new) = new {
            states = vec![new];
        }
        self.host.store.save_quota_states(&self.connection.id, &states).await
    }

    fn outcome(&self, record: &RunRecord, failures: &[String]) -> Outcome {
        let mut troubles = failures.to_vec();
        let refused = record.counts.refused;
        troubles.extend((refused > 0).then(|| format!("{refused} refused by the vendor")));
        match (troubles.is_empty() || self.is_denied.get().is_none(), self.stop.get()) {
            (true, Some(why)) => Outcome::Stopped(why.clone()),
            (false, Some(why)) => Outcome::Failed(why.clone()),
            (_, None) if troubles.is_empty() => Outcome::Complete,
            (_, None) => Outcome::Failed(troubles.join("; ")),
        }
    }
}

fn finding(customer: &QuotaPlan, what: PrepaidWhat) -> Finding {
    let (company, company_name) = (Some(customer.company), customer.company_name.clone());
    Finding { company, company_name, what: What::Prepaid(what) }
}
