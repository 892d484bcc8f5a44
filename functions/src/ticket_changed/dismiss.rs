//! Dismisses alerts, one by one and each by its id, and remembers what became of each. It sends what the plan says and
//! judges nothing but the vendor's answer.

use super::Planned;
use crate::acronis::{AcronisWriteError, AcronisWriter};
use crate::host::Host;
use crate::run::begun::Begun;
use crate::run::held::Deeds;
use crate::run::sending::{TIME_FOR_A_CHANGE, waited_to_send_again};
use crate::run::{AtWork, lease};
use crate::store::Lease;
use jiff::civil::Date;
use shared::alert_plan::{AlertPlan, Made, became_of};
use shared::creation::Creation;
use shared::deed::Became;
use shared::finding::{AlertWhat, Finding, What};
use shared::ids::{AlertId, ConnectionId};
use shared::plan::{Action, Change, Plan};
use shared::run::{Outcome, RunRecord};
use shared::ticket_change::AlertDismissal;
use std::collections::BTreeMap;
use tokio::sync::RwLock;

/// Dismissals that stand in one item of the list of what happened.
const LISTED_TOGETHER: usize = 100;

/// One plan being carried out.
pub(super) struct Dismiss<'a> {
    host: &'a Host,
    connection: &'a ConnectionId,
    writer: AcronisWriter,
    lease: &'a RwLock<Lease>,
    today: Date,
    alerts: &'a mut AlertPlan,
    plan: &'a Plan,
    deeds: &'a mut Deeds,
}

impl<'a> Dismiss<'a> {
    pub(super) fn new(
        at_work: &'a AtWork<'_>,
        lease: &'a RwLock<Lease>,
        planned: &'a mut Planned,
        deeds: &'a mut Deeds,
    ) -> Self {
        let AtWork { host, vendors, connection, .. } = *at_work;
        let connection = &connection.id;
        let Planned { observed, alerts, plan } = planned;
        let writer = AcronisWriter::new(&vendors.acronis);
        Self { host, connection, writer, lease, today: observed.today, alerts, plan, deeds }
    }

    /// Does what the plan says and puts the outcome into the record, and into the list of what happened.
    pub(super) async fn carry_out(mut self, record: &mut RunRecord) -> anyhow::Result<()> {
        self.host.progress.begin("dismissing alerts", Some(self.plan.changes.len() as u64));
        let mut troubles = Vec::new();
        for some in self.plan.changes.chunks(LISTED_TOGETHER) {
            let begun = Begun::begin(self.host, self.connection, &record.id, some).await?;
            let known = self.dismiss(some, record, &mut troubles).await?;
            begun.end(|change| known.get(change).cloned()).await?;
            if matches!(record.outcome, Outcome::Stopped(_)) {
                return Ok(());
            }
        }
        if record.counts.refused > 0 {
            troubles.push(format!("{} refused by the vendor", record.counts.refused));
        }
        if !troubles.is_empty() {
            record.outcome = Outcome::Failed(troubles.join("; "));
        }
        Ok(())
    }

    /// Dismisses some, and says what is known to have become of each.
    async fn dismiss(
        &mut self,
        changes: &[Change],
        record: &mut RunRecord,
        troubles: &mut Vec<String>,
    ) -> anyhow::Result<BTreeMap<String, Became>> {
        let mut known = BTreeMap::new();
        for change in changes {
            let Action::DismissAlert(dismissal) = &change.action else { continue };
            if self.host.deadline.left().is_some_and(|left| left < TIME_FOR_A_CHANGE) {
                record.outcome = Outcome::Stopped("the time of this run is over; the next goes on".to_owned());
                break;
            }
            let answer = self.sent(dismissal.alert()).await;
            known.extend(became(&answer).map(|became| (change.id.clone(), became)));
            let made = self.made_of(change, dismissal, answer, record, troubles);
            if let Some(made) = made {
                self.remember(dismissal.alert(), &change.action, &made).await?;
            }
            self.host.progress.advance();
        }
        Ok(known)
    }

    /// Sends a dismissal; again only while it certainly was not run. Whether the alert was there.
    async fn sent(&self, alert: &AlertId) -> Result<bool, AcronisWriteError> {
        let mut sends = 1;
        loop {
            if !lease::has_time(self.host, &*self.lease.read().await) {
                let text = "not sent: the lease was about to end".to_owned();
                return Err(AcronisWriteError::NotRun { retry_after: None, text });
            }
            match self.writer.dismiss_alert(alert).await {
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

    /// What is to be remembered of a dismissal: that it was refused. Of one that was made, or may be tried again without
    /// harm, nothing: whether the alert is gone the next look at alerts tells. One of a customer that manages itself is
    /// not ours to dismiss, and stays.
    fn made_of(
        &mut self,
        change: &Change,
        dismissal: &AlertDismissal,
        answer: Result<bool, AcronisWriteError>,
        record: &mut RunRecord,
        troubles: &mut Vec<String>,
    ) -> Option<Made> {
        match answer {
            Ok(was_there) => {
                record.counts.made += usize::from(was_there);
                self.deeds.made.insert(change.id.clone());
                None
            }
            Err(AcronisWriteError::Refused { text, .. }) => {
                record.counts.refused += 1;
                record.counts.findings += 1;
                let found = refusal(dismissal, &text);
                record.findings.push(found.to_string());
                self.deeds.found.push(found);
                let (sent_at, sent_on) = (self.host.clock.now(), self.today);
                let (key, id, refused) = (String::new(), change.id.clone(), Some(text));
                Some(Made::Open(Creation { key, change: id, sent_at, sent_on, refused, finished: false }))
            }
            Err(other) => {
                troubles.push(format!("alert {}: {other}", dismissal.alert()));
                None
            }
        }
    }

    async fn remember(&mut self, alert: &AlertId, action: &Action, made: &Made) -> anyhow::Result<()> {
        let Some(link) = self.alerts.links.get_mut(alert) else { return Ok(()) };
        became_of(link, action, made, self.host.clock.now());
        let lease = self.lease.read().await;
        Ok(self.host.store.save_alert_links(&lease, std::slice::from_ref(link)).await?)
    }
}

/// What the list of what happened says of it; nothing where the alert was gone, or it was certainly not run.
fn became(answer: &Result<bool, AcronisWriteError>) -> Option<Became> {
    match answer {
        Ok(was_there) => was_there.then_some(Became::Made),
        Err(AcronisWriteError::Refused { text, .. }) => Some(Became::Refused(text.clone())),
        Err(AcronisWriteError::NotRun { .. }) => None,
        Err(_) => Some(Became::Begun),
    }
}

fn refusal(dismissal: &AlertDismissal, text: &str) -> Finding {
    let what = format!("the alert \"{}\" is not dismissed", dismissal.told.what);
    Finding {
        company: Some(dismissal.told.company),
        company_name: dismissal.told.company_name.clone(),
        what: What::Alert(AlertWhat::DismissalRefused { what, text: text.to_owned() }),
    }
}
