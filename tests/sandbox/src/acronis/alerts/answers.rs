//! What the Alert Manager answers, and its refusals: bare objects, and the web server's own page for a
//! token that is not known. (Acronis Alert Manager API 1.0.)

use super::calls::AlertCall;
use super::filters::{Filters, is_uuid, parameters, values_of};
use super::types::{SYSTEMS, categories};
use super::{Alert, types::AlertType};
use crate::acronis::{Acronis, Tenant, TenantKind};
use crate::exchange::{Ask, Reply};
use crate::settings::Settings;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const NO_TOKEN: &str = "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n\
    <center><h1>401 Authorization Required</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// An error answer of the Alert Manager, without the wrapper other APIs have.
fn refuse(status: u16, code: &str, reason: &str) -> Reply {
    Reply::json(status, &json!({"domain": "AlertManager", "code": code, "reason": reason, "context": {}}))
}

pub(super) fn bad(reason: &str) -> Reply {
    refuse(400, "InvalidRequest", reason)
}

fn not_found() -> Reply {
    refuse(404, "NotFound", "No such alert or type.")
}

/// RFC 3339 with nine digits after the point.
fn spelled(moment: Timestamp) -> String {
    format!("{moment:.9}")
}

impl Acronis {
    /// Answers a call once the token is checked.
    pub(crate) fn answer_alerts(&mut self, call: &AlertCall, ask: &Ask, settings: &Settings, now: Timestamp) -> Reply {
        if self.check_token(ask, now).is_err() {
            return Reply::text(401, "text/html", NO_TOKEN);
        }
        if call.is_write() && settings.read_only_client {
            return refuse(403, "AccessDenied", "The client may only read.");
        }
        let answered = match call {
            AlertCall::List => self.list_alerts(ask, settings, now),
            AlertCall::One(id) => self.one_alert(id, ask, settings, now),
            AlertCall::DismissOne(id) => self.dismiss_one(id, settings, now),
            AlertCall::DismissFiltered => self.dismiss_filtered(ask, settings, now),
            AlertCall::Types => self.alert_types(ask, settings),
            AlertCall::Type(id) => self.alert_type(id, settings),
            AlertCall::Categories => Ok(self.alert_categories(ask, settings)),
            AlertCall::Stats => Ok(self.alert_stats(settings, now)),
            AlertCall::OfCustomers => self.alerts_of_customers(ask, settings, now),
            AlertCall::CountOfCustomers => Ok(self.count_of_customers(settings, now)),
            AlertCall::DismissAll => Err(not_found()),
        };
        answered.unwrap_or_else(|refusal| refusal)
    }

    /// From a tenant up to the partner; `None` outside of it or where one on the way is deleted.
    pub(super) fn way_up(&self, tenant: &str) -> Option<Vec<&Tenant>> {
        let mut way = Vec::new();
        let mut next = tenant.to_ascii_lowercase();
        loop {
            let tenant = self.tenants.get(&next).filter(|tenant| tenant.deleted_at.is_none())?;
            way.push(tenant);
            if tenant.id == self.partner_id {
                return Some(way);
            }
            next = tenant.parent_id.clone();
        }
    }

    /// A customer that manages itself hides its alerts from those above.
    fn is_shielded(way: &[&Tenant]) -> bool {
        way.iter().any(|tenant| !tenant.ancestral_access)
    }

    fn is_there(&self, alert: &Alert, settings: &Settings, now: Timestamp) -> bool {
        let enabled = self.alerts.kind(&alert.kind).is_none_or(|kind| kind.enabled);
        let days = settings.alert_retention_days;
        let oldest = days.and_then(|days| now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).ok());
        let forgotten = alert.deleted_at.is_some_and(|at| oldest.is_some_and(|oldest| at < oldest));
        enabled && !forgotten
    }

    /// Alerts a call may show, by id; those of self-service customers only where it is said.
    pub(super) fn seen_alerts(&self, shielded: bool, settings: &Settings, now: Timestamp) -> Vec<&Alert> {
        let in_scope = |alert: &&Alert| {
            let way = self.way_up(&alert.tenant_id);
            way.is_some_and(|way| shielded || !Self::is_shielded(&way)) && self.is_there(alert, settings, now)
        };
        self.alerts.all.values().filter(in_scope).collect()
    }

    pub(super) fn alert_json(&self, alert: &Alert, settings: &Settings) -> Value {
        let mut numbers = String::from("/1/");
        for tenant in self.way_up(&alert.tenant_id).unwrap_or_default().iter().rev() {
            numbers.push_str(&format!("{}/", Self::tenant_number(&tenant.id)));
        }
        let number = Self::tenant_number(&alert.tenant_id).to_string();
        let mut tenant = json!({"id": number, "locator": numbers});
        if !settings.alerts_without_tenant_uuid {
            tenant["uuid"] = json!(alert.tenant_id);
        }
        let mut body = json!({
            "id": alert.id,
            "type": alert.kind,
            "category": alert.category,
            "severity": alert.severity,
            "createdAt": spelled(alert.created_at),
            "receivedAt": spelled(alert.created_at),
            "updatedAt": spelled(alert.updated_at),
            "details": alert.details,
            "tenant": tenant,
        });
        if let Some(at) = alert.deleted_at {
            body["deletedAt"] = json!(spelled(at));
        }
        body
    }

    fn find_alert(&self, id: &str, settings: &Settings, now: Timestamp) -> Result<&Alert, Reply> {
        if !is_uuid(id) {
            return Err(bad("The id must be a UUID."));
        }
        let seen = self.seen_alerts(false, settings, now).into_iter();
        seen.into_iter().find(|alert| alert.id.eq_ignore_ascii_case(id)).ok_or_else(not_found)
    }

    fn one_alert(&self, id: &str, ask: &Ask, settings: &Settings, now: Timestamp) -> Result<Reply, Reply> {
        let alert = self.find_alert(id, settings, now)?;
        if alert.deleted_at.is_some() && !ask.is_true("show_deleted") {
            return Err(not_found());
        }
        Ok(Reply::ok(&self.alert_json(alert, settings)))
    }

    fn dismiss_one(&mut self, id: &str, settings: &Settings, now: Timestamp) -> Result<Reply, Reply> {
        self.find_alert(id, settings, now)?;
        let dismissed = self.alerts.delete(id, now, settings.alerts_share_moments);
        if dismissed { Ok(Reply::empty()) } else { Err(not_found()) }
    }

    fn dismiss_filtered(&mut self, ask: &Ask, settings: &Settings, now: Timestamp) -> Result<Reply, Reply> {
        let filters = Filters::read(ask, &[], settings.strict)?;
        let seen = self.seen_alerts(false, settings, now).into_iter();
        let wanted = seen.filter(|alert| filters.accepts(alert, Self::tenant_number(&alert.tenant_id)));
        for id in wanted.map(|alert| alert.id.clone()).collect::<Vec<_>>() {
            self.alerts.delete(&id, now, settings.alerts_share_moments);
        }
        Ok(Reply::empty())
    }

    fn listed_types(&self, settings: &Settings) -> impl Iterator<Item = &AlertType> {
        self.alerts.types.iter().filter(|kind| !settings.unlisted_alert_types.contains(&kind.id))
    }

    fn alert_types(&self, ask: &Ask, settings: &Settings) -> Result<Reply, Reply> {
        let given = parameters(ask);
        let systems = values_of(&given, "os_type");
        if systems.is_empty() || !systems.iter().all(|system| SYSTEMS.contains(system)) {
            return Err(bad("os_type is required: ios, linux, macos, windows."));
        }
        let wanted = values_of(&given, "category");
        let fits = |kind: &&AlertType| {
            kind.systems.iter().any(|system| systems.contains(&system.as_str()))
                && (wanted.is_empty() || wanted.contains(&kind.category.as_str()))
        };
        let items: Vec<Value> = self.listed_types(settings).filter(fits).map(AlertType::json).collect();
        Ok(Reply::ok(&json!({"items": items})))
    }

    fn alert_type(&self, id: &str, settings: &Settings) -> Result<Reply, Reply> {
        let mut types = self.listed_types(settings);
        let kind = types.find(|kind| kind.id.eq_ignore_ascii_case(id)).ok_or_else(not_found)?;
        Ok(Reply::ok(&kind.json()))
    }

    fn alert_categories(&self, ask: &Ask, settings: &Settings) -> Reply {
        let types: Vec<AlertType> = self.listed_types(settings).cloned().collect();
        Reply::ok(&json!({"items": categories(&types, ask.is_true("include_disabled"))}))
    }

    /// Of active alerts alone: a cleared one shows in the count.
    fn alert_stats(&self, settings: &Settings, now: Timestamp) -> Reply {
        let seen = self.seen_alerts(false, settings, now).into_iter();
        let active: Vec<&Alert> = seen.filter(|alert| alert.deleted_at.is_none()).collect();
        let mut body = json!({"count": active.len()});
        if let Some(latest) = active.iter().map(|alert| alert.updated_at).max() {
            body["modifiedAt"] = json!(spelled(latest));
        }
        Reply::ok(&body)
    }

    /// The customer that a tenant is or belongs to, with those above it.
    fn customer_of(&self, tenant: &str) -> Option<Vec<&Tenant>> {
        let way = self.way_up(tenant)?;
        let start = way.iter().position(|tenant| tenant.kind == TenantKind::Customer)?;
        Some(way[start..].to_vec())
    }

    fn alerts_of_customers(&self, ask: &Ask, settings: &Settings, now: Timestamp) -> Result<Reply, Reply> {
        let filters = Filters::read(ask, &["customer_id"], settings.strict)?;
        let given = parameters(ask);
        let wanted = values_of(&given, "customer_id");
        if wanted.is_empty() || wanted.iter().any(|id| id.parse::<u64>().is_err()) {
            return Err(bad("customer_id is required and is a number."));
        }
        let number = |tenant: &Tenant| Self::tenant_number(&tenant.id).to_string();
        let alerts = self.seen_alerts(true, settings, now);
        let mut items = Vec::new();
        for id in wanted {
            let known = self.tenants.values().find(|tenant| number(tenant) == id);
            let known = known.filter(|tenant| tenant.kind == TenantKind::Customer && self.way_up(&tenant.id).is_some());
            known.ok_or_else(|| refuse(403, "AccessDenied", "The customer is not known."))?;
            let belongs = |alert: &&&Alert| self.customer_of(&alert.tenant_id).is_some_and(|way| number(way[0]) == id);
            let own = alerts.iter().filter(belongs);
            let own = own.filter(|alert| filters.accepts(alert, Self::tenant_number(&alert.tenant_id)));
            let shown: Vec<Value> = own.map(|alert| self.alert_json(alert, settings)).collect();
            items.push(json!({"customer_id": id, "alerts": shown}));
        }
        Ok(Reply::ok(&json!({"items": items})))
    }

    /// Customers without alerts are left out.
    fn count_of_customers(&self, settings: &Settings, now: Timestamp) -> Reply {
        let mut items: Vec<Value> = Vec::new();
        let number = |tenant: &Tenant| Self::tenant_number(&tenant.id).to_string();
        let alerts = self.seen_alerts(true, settings, now).into_iter();
        let active: Vec<&Alert> = alerts.filter(|alert| alert.deleted_at.is_none()).collect();
        for customer in self.tenants.values().filter(|tenant| tenant.kind == TenantKind::Customer) {
            let belongs =
                |alert: &&&Alert| self.customer_of(&alert.tenant_id).is_some_and(|way| way[0].id == customer.id);
            let count = active.iter().filter(belongs).count();
            let above = self.way_up(&customer.parent_id).unwrap_or_default();
            if count > 0 {
                let parents: Vec<String> = above.into_iter().rev().map(number).collect();
                items.push(json!({"customer_id": number(customer), "customer_name": customer.name,
                    "parents": parents, "alerts_count": count}));
            }
        }
        Reply::ok(&json!({"items": items}))
    }
}
