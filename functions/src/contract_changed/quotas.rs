//! Sets the quotas of one tenant: in one request, with the versions as read; decided again where somebody
//! changed them meanwhile (Q6), and one by one where the vendor refuses some of them.

use super::apply::{Apply, OF_THE_TENANT, Outcomes};
use crate::acronis::{self, AcronisWriteError};
use shared::families::{is_pack, parent_of};
use shared::finding::PrepaidWhat;
use shared::ids::TenantId;
use shared::new_tenant::plan_customer;
use shared::plan::{Action, Change};
use shared::quota_change::{ItemSetting, QuotaChange};
use shared::quota_facts::QuotaFacts;
use shared::quota_guard::QuotaGuard;
use shared::usage::{ItemKey, ItemKind};
use std::collections::BTreeMap;

/// How often quotas are decided again because somebody changes them at the same time.
const MOST_DECISIONS: u32 = 3;

/// Settings to be made, by the id of the change they are.
type Settings = BTreeMap<String, ItemSetting>;

impl Apply<'_> {
    /// Sets quotas that were planned, and nothing else.
    pub(super) async fn set_quotas(
        &self,
        facts: &QuotaFacts,
        changes: &[(&Change, &QuotaChange)],
        outcomes: &mut Outcomes,
    ) {
        let Some((_, first)) = changes.first() else { return };
        let tenant = &first.tenant;
        let mut settings: Settings =
            changes.iter().map(|(change, quota)| (change.id.clone(), quota.setting.clone())).collect();
        for _ in 0..MOST_DECISIONS {
            match self.sent(async || self.writer.set_items(tenant, &in_order(&settings)).await).await {
                Ok(()) => return self.were_made(settings, outcomes),
                Err(AcronisWriteError::Stale(_)) => match self.decided_again(facts, tenant, &settings).await {
                    Ok(again) if again.is_empty() => return,
                    Ok(again) => settings = again,
                    Err(why) => return outcomes.failure = Some(why),
                },
                Err(AcronisWriteError::Unknown(text)) => {
                    return self.look_what_was_made(facts, tenant, settings, text, outcomes).await;
                }
                Err(AcronisWriteError::Refused { code, .. })
                    if settings.len() > 1 && !code.is_some_and(|code| OF_THE_TENANT.contains(&code)) =>
                {
                    return self.one_by_one(tenant, settings, outcomes).await;
                }
                Err(error) => return self.were_refused(settings, error, outcomes),
            }
        }
        outcomes.failure = Some("its quotas keep changing in Acronis".to_owned());
    }

    fn were_made(&self, settings: Settings, outcomes: &mut Outcomes) {
        settings.iter().for_each(|_| self.host.progress.advance());
        outcomes.made.extend(settings.into_keys());
    }

    fn were_refused(&self, settings: Settings, error: AcronisWriteError, outcomes: &mut Outcomes) {
        match self.refusal(error) {
            Ok(text) => {
                outcomes.refused.extend(settings.keys().map(|id| (id.clone(), text.clone())));
                let items: Vec<String> = settings.into_values().map(|setting| setting.label).collect();
                outcomes.findings.push(PrepaidWhat::QuotaRefused { item: items.join(", "), text });
            }
            Err(why) => outcomes.failure = Some(why),
        }
    }

    /// What is still to be set of the items that were to be, by what Acronis has now (Q6). What a person would have
    /// to approve by now is left.
    async fn decided_again(
        &self,
        facts: &QuotaFacts,
        tenant: &TenantId,
        settings: &Settings,
    ) -> Result<Settings, String> {
        let items = self.vendors.acronis.given_items_of(tenant).await.map_err(|error| error.to_string())?;
        let facts = QuotaFacts { items, ..facts.clone() };
        let terms = self.planned.observed.terms();
        let approvals = self.planned.observed.approvals.clone();
        // What vanished was judged when this was planned.
        let guard = QuotaGuard { terms: &terms, states: &BTreeMap::new(), approvals };
        let plan = guard.plan(&mut [plan_customer(&facts, &terms)]);
        let as_planned = |key: &ItemKey| settings.iter().find(|(_, setting)| setting.key == *key).map(|(id, _)| id);
        let again = plan.changes.into_iter().filter_map(|change| match change.action {
            Action::SetQuota(quota) => Some((as_planned(&quota.setting.key)?.clone(), quota.setting)),
            _ => None,
        });
        Ok(again.collect())
    }

    /// Nobody knows whether they were set: reading tells, and a quota set twice is the same quota.
    async fn look_what_was_made(
        &self,
        facts: &QuotaFacts,
        tenant: &TenantId,
        settings: Settings,
        text: String,
        outcomes: &mut Outcomes,
    ) {
        match self.decided_again(facts, tenant, &settings).await {
            Ok(open) if open.is_empty() => self.were_made(settings, outcomes),
            Ok(open) => {
                outcomes.made.extend(settings.into_keys().filter(|id| !open.contains_key(id)));
                outcomes.failure = Some(text);
            }
            Err(why) => outcomes.failure = Some(format!("{text}; {why}")),
        }
    }

    /// One item that is refused holds up no other.
    async fn one_by_one(&self, tenant: &TenantId, settings: Settings, outcomes: &mut Outcomes) {
        let mut ordered: Vec<(String, ItemSetting)> = settings.into_iter().collect();
        ordered.sort_by_key(|(_, setting)| rank(setting));
        for (id, setting) in ordered {
            if self.must_stop() {
                outcomes.failure = self.stop.get().cloned();
                return;
            }
            let item = [wire(&setting)];
            let alone = Settings::from([(id, setting)]);
            match self.sent(async || self.writer.set_items(tenant, &item).await).await {
                Ok(()) => self.were_made(alone, outcomes),
                Err(error) => self.were_refused(alone, error, outcomes),
            }
        }
    }
}

/// What is switched on goes before what stands on it; what is switched off, after.
fn rank(setting: &ItemSetting) -> u8 {
    let stands_on_others =
        setting.kind == ItemKind::Feature || is_pack(&setting.key) || parent_of(&setting.key).is_some();
    match (setting.after.is_on(), stands_on_others) {
        (true, false) => 0,
        (true, true) => 1,
        (false, true) => 2,
        (false, false) => 3,
    }
}

/// Settings as they are sent, in an order that every dependency allows.
pub(super) fn in_order(settings: &Settings) -> Vec<acronis::ItemSetting> {
    let mut settings: Vec<&ItemSetting> = settings.values().collect();
    settings.sort_by_key(|setting| rank(setting));
    settings.into_iter().map(wire).collect()
}

fn wire(setting: &ItemSetting) -> acronis::ItemSetting {
    acronis::ItemSetting {
        key: setting.key.clone(),
        grant: setting.after,
        version: setting.version,
        is_feature: setting.kind == ItemKind::Feature,
    }
}
