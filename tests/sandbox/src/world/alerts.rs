//! Looks at alerts, and what machines and administrators do to them.

use super::World;
use crate::acronis::alerts::details::SHAPES;
use crate::acronis::alerts::{Alert, NewAlert, Severity};

impl World {
    /// All alerts, cleared and dismissed ones included, oldest first.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        let mut alerts: Vec<Alert> = self.acronis.alerts.all.values().cloned().collect();
        alerts.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        alerts
    }

    /// An alert by id.
    #[must_use]
    pub fn alert(&self, id: &str) -> Option<&Alert> {
        self.acronis.alerts.all.get(id)
    }

    /// A new alert of a type on a tenant; its id.
    pub fn raise_alert(&mut self, tenant: &str, kind: &str) -> String {
        self.raise(NewAlert::of(tenant, kind))
    }

    /// A new alert, told in full; its id.
    pub fn raise(&mut self, alert: NewAlert) -> String {
        let now = self.now();
        self.acronis.alerts.raise(alert, now, self.settings.alerts_share_moments)
    }

    /// So many alerts of a type on a tenant, each about another machine and with details of another shape.
    pub fn alert_storm(&mut self, tenant: &str, kind: &str, count: usize) -> Vec<String> {
        let shapes = SHAPES.into_iter().cycle().take(count).enumerate();
        let alerts: Vec<NewAlert> = shapes
            .map(|(number, shape)| {
                let machine = format!("STORM-{number:05}");
                NewAlert::of(tenant, kind).about(&machine, "Company-wide protection").shape(shape)
            })
            .collect();
        alerts.into_iter().map(|alert| self.raise(alert)).collect()
    }

    /// An alert goes away by itself.
    pub fn clear_alert(&mut self, id: &str) -> bool {
        let now = self.now();
        self.acronis.alerts.delete(id, now, self.settings.alerts_share_moments)
    }

    /// An administrator dismisses an alert; nothing tells it from one that cleared.
    pub fn dismiss_alert(&mut self, id: &str) -> bool {
        self.clear_alert(id)
    }

    /// The same alert comes back under its id with newer details, or is raised once more while it is active.
    pub fn raise_again(&mut self, id: &str) -> bool {
        let now = self.now();
        self.change_alert(id, |alert| {
            alert.deleted_at = None;
            if let Some(finish) = alert.details.get_mut("finishTime") {
                *finish = now.as_second().into();
            }
        })
    }

    /// The same trouble comes back under a new id: tenant, type, machine and plan are the same.
    pub fn raise_anew(&mut self, id: &str) -> Option<String> {
        let old = self.alert(id)?.clone();
        let new = NewAlert { category: Some(old.category), ..NewAlert::of(&old.tenant_id, &old.kind) };
        Some(self.raise(new.severity(old.severity).details(old.details)))
    }

    /// An alert becomes better or worse.
    pub fn set_alert_severity(&mut self, id: &str, severity: Severity) -> bool {
        self.change_alert(id, |alert| alert.severity = severity)
    }

    /// Changes an alert and moves its `updated_at`.
    pub fn change_alert(&mut self, id: &str, change: impl FnOnce(&mut Alert)) -> bool {
        let now = self.now();
        let shared = self.settings.alerts_share_moments;
        self.acronis.alerts.change(id, now, shared, |alert, _| change(alert))
    }

    /// Enables or disables a type of alerts; those of a disabled one are as if they were not there.
    pub fn enable_alert_type(&mut self, kind: &str, on: bool) -> bool {
        let known = self.acronis.alerts.types.iter_mut().find(|known| known.id == kind);
        known.map(|known| known.enabled = on).is_some()
    }

    /// Lets a customer manage itself: its alerts are hidden from the partner.
    pub fn set_self_service(&mut self, tenant: &str, on: bool) -> bool {
        self.change_tenant(tenant, |tenant| tenant.ancestral_access = !on)
    }
}
