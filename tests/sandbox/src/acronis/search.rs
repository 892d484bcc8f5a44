//! Finds tenants and users by a text. (Acronis Account Management API v2, GET /search.)

use super::errors::bad_request;
use super::{Acronis, Tenant};
use crate::exchange::{Ask, Reply};
use serde_json::{Value, json};

const USUAL_LIMIT: usize = 10;

impl Acronis {
    /// `GET /search?tenant=…&text=…`, without regard to case.
    pub(crate) fn search(&self, ask: &Ask) -> Result<Reply, Reply> {
        let (Some(root), Some(text)) = (ask.parameter("tenant"), ask.parameter("text")) else {
            return Err(bad_request("tenant and text are required."));
        };
        let limit = match ask.parameter("limit").map(|limit| limit.parse()) {
            None => USUAL_LIMIT,
            Some(Ok(limit)) if limit >= 1 => limit,
            Some(_) => return Err(bad_request("limit must be a whole number of at least 1.")),
        };
        self.visible(&root)?;
        let text = text.to_lowercase();
        let below = self.subtree(&root, ask.is_true("allow_deleted"));
        let mut found: Vec<Value> = Vec::new();
        for (_, tenant) in below {
            if tenant_texts(tenant).iter().any(|known| known.to_lowercase().contains(&text)) {
                found.push(self.tenant_found(tenant));
            }
            for user in self.users.values().filter(|user| user.tenant_id == tenant.id && user.mentions(&text)) {
                found.push(json!({
                    "obj_type": "user",
                    "id": user.id,
                    "parent_id": tenant.id,
                    "path": self.names_above(tenant),
                    "login": user.login,
                    "first_name": user.contact.get("firstname"),
                    "last_name": user.contact.get("lastname"),
                    "deleted_at": null,
                }));
            }
        }
        found.truncate(limit);
        Ok(Reply::ok(&json!({"items": found})))
    }

    fn tenant_found(&self, tenant: &Tenant) -> Value {
        json!({
            "obj_type": "tenant",
            "id": tenant.id,
            "parent_id": tenant.parent_id,
            "path": self.names_above(tenant),
            "name": tenant.name,
            "kind": tenant.kind,
            "first_name": tenant.contact.get("firstname"),
            "last_name": tenant.contact.get("lastname"),
            "deleted_at": tenant.deleted_at,
        })
    }

    fn names_above(&self, tenant: &Tenant) -> Vec<&str> {
        let mut names = Vec::new();
        let mut above = self.tenants.get(&tenant.parent_id);
        while let Some(tenant) = above {
            names.insert(0, tenant.name.as_str());
            above = self.tenants.get(&tenant.parent_id);
        }
        names
    }
}

fn tenant_texts(tenant: &Tenant) -> Vec<&str> {
    let contact = ["firstname", "lastname", "email"].into_iter().filter_map(|key| tenant.contact.get(key)?.as_str());
    contact.chain([tenant.name.as_str()]).chain(tenant.customer_id.as_deref()).collect()
}
