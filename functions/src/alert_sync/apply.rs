//! Carries a plan out: what is to be created is recorded first, then sent once, and what is not answered is left to the
//! next run, which looks for it. It remembers what became of each change, and only then moves the cursor.

use super::Planned;
use super::desk;
use super::memory::Observed;
use super::send::{Sender, Tried};
use crate::host::Host;
use crate::run::begun::Begun;
use crate::run::held::Deeds;
use crate::run::sending::LOOK_EVERY;
use crate::run::{AtWork, budget};
use crate::store::{IntentError, Lease};
use shared::alert_link::AlertLink;
use shared::alert_plan::{AlertPlan, MOST_CHANGES, Made, became_of, creation_key, is_unfinished, links_after, told};
use shared::creation::Creation;
use shared::deed::Became;
use shared::finding::{AlertWhat, Finding, What};
use shared::ids::AlertId;
use shared::plan::{Action, Change, Plan};
use shared::run::{Outcome, RunRecord};
use std::collections::BTreeMap;
use tokio::sync::RwLock;

/// Changes recorded together before each is sent.
const RECORDED_TOGETHER: usize = 8;

/// One plan being carried out.
pub(super) struct Apply<'a> {
    host: &'a Host,
    at_work: &'a AtWork<'a>,
    lease: &'a RwLock<Lease>,
    sender: Sender<'a>,
    observed: &'a Observed,
    alerts: &'a mut AlertPlan,
    plan: &'a Plan,
    deeds: &'a mut Deeds,
    /// What the table remembers by now.
    stored: BTreeMap<AlertId, AlertLink>,
}

impl<'a> Apply<'a> {
    pub(super) fn new(
        at_work: &'a AtWork<'a>,
        lease: &'a RwLock<Lease>,
        planned: &'a mut Planned,
        deeds: &'a mut Deeds,
    ) -> Self {
        let Planned { observed, alerts, plan, .. } = planned;
        let stored = observed.facts.links.iter().map(|link| (link.alert.id.clone(), link.clone())).collect();
        let sender = Sender::new(at_work, lease);
        Self { host: at_work.host, at_work, lease, sender, observed, alerts, plan, deeds, stored }
    }

    /// Does what the plan says and puts the outcome into the record.
    pub(super) async fn carry_out(mut self, record: &mut RunRecord) -> anyhow::Result<()> {
        let plan = self.plan;
        let changes = &plan.changes[..plan.changes.len().min(MOST_CHANGES)];
        self.host.progress.begin("changing tickets", Some(changes.len() as u64));
        let mut looked = self.host.clock.now();
        for group in changes.chunks(RECORDED_TOGETHER) {
            if self.sender.must_stop() {
                break;
            }
            self.change_group(group, record).await?;
            let now = self.host.clock.now();
            if now.duration_since(looked) >= LOOK_EVERY {
                looked = now;
                let budget = &self.observed.mapping.settings.budget;
                budget::look_again(self.at_work.vendors, budget, record).await?;
            }
        }
        if changes.len() < plan.changes.len() {
            self.sender.stop(format!("{MOST_CHANGES} changes are enough for one run; the next goes on with the worst"));
        }
        self.remember_all().await?;
        record.outcome = self.outcome(record);
        Ok(())
    }

    fn outcome(&self, record: &RunRecord) -> Outcome {
        let counts = &record.counts;
        let told = [(counts.refused, "refused by the vendor"), (counts.open, "without a known outcome yet")];
        let troubles = told.into_iter().filter(|(number, _)| *number > 0).map(|(n, what)| format!("{n} {what}"));
        let troubles: Vec<String> = troubles.collect();
        match (troubles.is_empty(), self.sender.why_stopped()) {
            (false, _) => Outcome::Failed(troubles.join("; ")),
            (true, Some(why)) => Outcome::Stopped(why.to_owned()),
            (true, None) => Outcome::Complete,
        }
    }

    /// Records what a group is about to create, sends each, and remembers what is known then.
    async fn change_group(&mut self, group: &[Change], record: &mut RunRecord) -> anyhow::Result<()> {
        let before: Vec<Vec<Option<Creation>>> = group.iter().map(|change| self.sent_before(change)).collect();
        let mut intents: Vec<Option<Creation>> = group.iter().map(|change| self.intent_of(change)).collect();
        for (change, intent) in group.iter().zip(&intents) {
            intent.iter().for_each(|intent| self.became(change, &Made::Open(intent.clone())));
        }
        self.remember(group).await?;
        let connection = &self.at_work.connection.id;
        let begun = Begun::begin(self.host, connection, &record.id, group).await?;
        let mut known: BTreeMap<&str, Became> = BTreeMap::new();
        // As late as can be: a person may take a ticket at any time.
        let tickets = desk::tickets_of(self.at_work, self.observed, group).await;
        self.sender.tickets_were_read();
        for ((change, intent), before) in group.iter().zip(&mut intents).zip(before) {
            let tried = match &tickets {
                Ok(tickets) => self.sender.make(change, intent.as_mut(), tickets).await,
                Err(_) => Tried::Left,
            };
            known.extend(became(&tried).map(|became| (change.id.as_str(), became)));
            self.take_down(change, intent.take(), tried, before, record);
            self.host.progress.advance();
        }
        self.remember(group).await?;
        begun.end(|change| known.get(change).cloned()).await?;
        tickets.map(drop)
    }

    /// What is recorded before a change is sent; none for what may be sent again without harm.
    fn intent_of(&self, change: &Change) -> Option<Creation> {
        Some(self.creation(change, creation_key(&change.action)?))
    }

    fn creation(&self, change: &Change, key: String) -> Creation {
        let (sent_at, sent_on) = (self.host.clock.now(), self.observed.today);
        Creation { key, change: change.id.clone(), sent_at, sent_on, refused: None, finished: false }
    }

    fn alerts_of(change: &Change) -> &[AlertId] {
        told(&change.action).map_or(&[], |told| &told.alerts)
    }

    fn sent_before(&self, change: &Change) -> Vec<Option<Creation>> {
        let links = Self::alerts_of(change).iter().map(|alert| self.alerts.links.get(alert));
        links.map(|link| link.and_then(|link| link.sent.clone())).collect()
    }

    fn became(&mut self, change: &Change, made: &Made) {
        let now = self.host.clock.now();
        for alert in Self::alerts_of(change) {
            if let Some(link) = self.alerts.links.get_mut(alert) {
                became_of(link, &change.action, made, now);
            }
        }
    }

    /// Takes down what became of a change; one that was certainly not run is as if it had never been recorded.
    fn take_down(
        &mut self,
        change: &Change,
        intent: Option<Creation>,
        tried: Tried,
        before: Vec<Option<Creation>>,
        record: &mut RunRecord,
    ) {
        match (tried, intent) {
            (Tried::Made(made), _) => {
                record.counts.made += 1;
                self.deeds.made.insert(change.id.clone());
                self.became(change, &made);
            }
            (Tried::Refused(text), intent) => {
                record.counts.refused += 1;
                let intent = intent.unwrap_or_else(|| self.creation(change, String::new()));
                record.counts.findings += 1;
                let found = refusal(change, &text);
                record.findings.push(found.to_string());
                self.deeds.found.push(found);
                self.became(change, &Made::Open(Creation { refused: Some(text), ..intent }));
            }
            (Tried::Unknown, intent) => {
                record.counts.open += 1;
                intent.iter().for_each(|intent| self.became(change, &Made::Open(intent.clone())));
            }
            // The note of a reopening is written; what is left is its status.
            (Tried::Left, Some(intent)) if intent.finished => self.became(change, &Made::Open(intent)),
            (Tried::Left, _) => {
                for (alert, sent) in Self::alerts_of(change).iter().zip(before) {
                    self.alerts.links.entry(alert.clone()).and_modify(|link| link.sent = sent);
                }
            }
        }
    }

    /// Stores what is known of the alerts of a group, as far as the table does not know it.
    async fn remember(&mut self, group: &[Change]) -> anyhow::Result<()> {
        let alerts = group.iter().flat_map(Self::alerts_of);
        let links = alerts.filter_map(|alert| self.alerts.links.get(alert));
        let news = links.filter(|link| self.stored.get(&link.alert.id) != Some(link)).cloned();
        let news: Vec<AlertLink> = news.collect();
        self.save(&news).await?;
        self.stored.extend(news.into_iter().map(|link| (link.alert.id.clone(), link)));
        Ok(())
    }

    async fn save(&self, links: &[AlertLink]) -> Result<(), IntentError> {
        let lease = self.lease.read().await;
        self.host.store.save_alert_links(&lease, links).await
    }

    /// Stores all that is left, and then how far alerts were read: what the cursor has passed is durable (T7).
    async fn remember_all(&self) -> anyhow::Result<()> {
        let (observed, store) = (self.observed, &self.host.store);
        if !observed.mapping.settings.tickets.enabled {
            return if observed.before.is_some() {
                Ok(store.forget_alert_cursor(&*self.lease.read().await).await?)
            } else {
                Ok(())
            };
        }
        let stored: Vec<AlertLink> = self.stored.values().cloned().collect();
        let changes = links_after(self.alerts, &[], &BTreeMap::new(), &stored, observed.now);
        self.save(&changes.save).await?;
        let lease = self.lease.read().await;
        store.forget_alerts(&lease, &changes.forget).await?;
        let mut cursor = observed.cursor.after(&observed.facts.alerts, observed.now, |_| true);
        if observed.facts.all_active {
            cursor = cursor.reconciled(observed.now, observed.mapping.version);
        }
        if !self.alerts.links.is_empty() || !stored.is_empty() {
            cursor.unfinished = is_unfinished(&observed.facts, self.alerts.links.values());
        }
        if observed.before.as_ref() != Some(&cursor) {
            store.save_alert_cursor(&lease, &cursor).await?;
        }
        Ok(())
    }
}

/// What the list of what happened says of it; nothing where it was certainly not run.
fn became(tried: &Tried) -> Option<Became> {
    match tried {
        Tried::Made(_) => Some(Became::Made),
        Tried::Refused(text) => Some(Became::Refused(text.clone())),
        Tried::Unknown => Some(Became::Begun),
        Tried::Left => None,
    }
}

fn refusal(change: &Change, text: &str) -> Finding {
    let told = told(&change.action);
    let what = match &change.action {
        Action::CreateTicket(creation) => format!("a ticket for \"{}\"", creation.told.what),
        Action::NoteTicket(note) => format!("a note on ticket {}", note.number),
        Action::CloseTicket(status) | Action::ReopenTicket(status) => format!("ticket {}", status.number),
        _ => String::new(),
    };
    Finding {
        company: told.map(|told| told.company),
        company_name: told.map(|told| told.company_name.clone()).unwrap_or_default(),
        what: What::Alert(AlertWhat::TicketRefused { what, text: text.to_owned() }),
    }
}
