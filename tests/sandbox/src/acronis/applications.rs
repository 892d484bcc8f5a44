//! Applications, which the vendor also calls services, and the tenants they are bound to. (Acronis
//! Account Management API v2, GET /applications, POST /applications/{id}/bindings/tenants/{id}.)

use super::catalogue::APPLICATIONS;
use super::errors::refuse;
use super::{Acronis, Destruction};
use crate::exchange::{Ask, Reply};
use jiff::Timestamp;
use serde_json::{Value, json};

impl Acronis {
    /// `GET /applications`.
    pub(crate) fn applications(&self) -> Reply {
        let items: Vec<Value> = APPLICATIONS
            .iter()
            .map(|(id, kind, name)| {
                let own = self.products.iter().filter(|product| product.application_id == *id);
                let usages: Vec<&str> = own.map(|product| product.usage_name.as_str()).collect();
                json!({"id": id, "name": name, "type": kind, "usages": usages, "api_base_url": "/api/2"})
            })
            .collect();
        Reply::ok(&json!({"items": items}))
    }

    /// `GET /tenants/{id}/applications`: what is bound, or has an item that is on.
    pub(crate) fn applications_of(&self, id: &str) -> Result<Reply, Reply> {
        self.visible(id)?;
        let ids = APPLICATIONS.iter().map(|(application, _, _)| *application);
        let bound: Vec<&str> = ids.filter(|application| self.is_bound(id, application)).collect();
        Ok(Reply::ok(&json!({"items": bound})))
    }

    /// Whether an application is enabled for a tenant.
    #[must_use]
    pub fn is_bound(&self, tenant: &str, application: &str) -> bool {
        let mut items = self.items.get(tenant).into_iter().flatten();
        tenant == self.partner_id
            || self.bindings.contains(&(tenant.to_owned(), application.to_owned()))
            || items.any(|item| item.on && item.product.application_id == application)
    }

    /// `POST /applications/{id}/bindings/tenants/{id}`; doing it again changes nothing.
    pub(crate) fn bind(&mut self, application: &str, tenant: &str) -> Result<Reply, Reply> {
        if !APPLICATIONS.iter().any(|(id, _, _)| *id == application) {
            return Err(refuse(404, 404, "Not found", "The application was not found."));
        }
        self.writable(tenant)?;
        self.check_enabled(tenant)?;
        self.bindings.insert((tenant.to_owned(), application.to_owned()));
        Ok(Reply::empty())
    }

    /// A deletion: never carried out, always kept, so that a test can be sure there was none.
    pub(crate) fn refuse_destruction(&mut self, ask: &Ask, now: Timestamp) -> Reply {
        let request = format!("{} {}", ask.method, ask.path);
        self.destructions.push(Destruction { request, at: now });
        refuse(
            403,
            403,
            "Forbidden destruction",
            "The sandbox deletes nothing; this would have lost a customer's data.",
        )
    }
}
