//! Human edits as tagged JSON for the control paths. Each one calls the function of the same name
//! on the world; no edit has a rule of its own.

use crate::acronis::{PricingMode, Quota, TenantKind};
use crate::settings::Settings;
use crate::world::World;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

/// One human edit: `{"edit":"set_usage","tenant":"…",…}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are the parameters of the world's functions")]
pub enum Edit {
    /// Sets a usage row.
    SetUsage { tenant: String, item: String, infra: Option<String>, value: u64, absolute: Option<u64> },
    /// Takes a usage row away.
    RemoveUsage { tenant: String, item: String, infra: Option<String> },
    /// Switches an item on or off.
    SetItemStatus { tenant: String, item: String, infra: Option<String>, on: bool },
    /// Sets an item's quota.
    SetQuota { tenant: String, item: String, infra: Option<String>, value: Option<u64>, overage: Option<u64> },
    /// Adds a tenant.
    AddTenant { name: String, parent: Option<String>, kind: Option<TenantKind> },
    /// Deletes a tenant.
    RemoveTenant { tenant: String },
    /// Renames a tenant.
    RenameTenant { tenant: String, name: String },
    /// Enables or disables a tenant.
    EnableTenant { tenant: String, on: bool },
    /// Sets a tenant's pricing mode.
    SetPricing { tenant: String, mode: PricingMode },
    /// Lets a tenant refuse its usage.
    RefuseUsage { tenant: String, refuse: bool },
    /// Adds a company.
    AddCompany { name: String },
    /// Adds a contract.
    AddContract { company: i64, name: String, start: Date, end: Date },
    /// Adds a service.
    AddService { name: String, sku: String, unit_price: String },
    /// Adds a line.
    AddLine { contract: i64, service: i64, units: i64, unit_price: Option<String> },
    /// A person changes units.
    HumanAdjust { line: i64, delta: i64, effective: Date },
    /// Approves and posts a period.
    PostPeriod { line: i64, date: Date },
    /// Sets a contract's user-defined field.
    SetUdf { contract: i64, name: String, value: Option<String> },
    /// Moves a contract's last day.
    EndContract { contract: i64, date: Date },
    /// Sets a contract's status.
    SetContractStatus { contract: i64, status: i64 },
    /// Puts a contract into a line of business.
    SetLineOfBusiness { contract: i64, line_of_business: i64 },
    /// Hides a line of business from the API user.
    HideFromApiUser { line_of_business: i64 },
    /// Hides a company from the API user.
    HideCompany { company: i64 },
    /// Hides a contract from the API user.
    HideContract { contract: i64 },
    /// Shows everything again.
    HideNothing,
    /// Replaces the switches.
    Settings { settings: Settings },
}

impl Edit {
    /// Carries the edit out; answers the new id where there is one.
    pub fn apply(self, world: &mut World) -> Result<Value, String> {
        if self.is_about_acronis() { self.apply_to_acronis(world) } else { self.apply_to_autotask(world) }
    }

    fn is_about_acronis(&self) -> bool {
        matches!(
            self,
            Self::SetUsage { .. }
                | Self::RemoveUsage { .. }
                | Self::SetItemStatus { .. }
                | Self::SetQuota { .. }
                | Self::AddTenant { .. }
                | Self::RemoveTenant { .. }
                | Self::RenameTenant { .. }
                | Self::EnableTenant { .. }
                | Self::SetPricing { .. }
                | Self::RefuseUsage { .. }
        )
    }

    fn apply_to_acronis(self, world: &mut World) -> Result<Value, String> {
        match self {
            Self::SetUsage { tenant, item, infra, value, absolute } => {
                world.set_usage(&tenant, &item, infra.as_deref(), value, absolute);
                Ok(Value::Null)
            }
            Self::RemoveUsage { tenant, item, infra } => found(world.remove_usage(&tenant, &item, infra.as_deref())),
            Self::SetItemStatus { tenant, item, infra, on } => {
                world.set_item_status(&tenant, &item, infra.as_deref(), on);
                Ok(Value::Null)
            }
            Self::SetQuota { tenant, item, infra, value, overage } => {
                let quota = Quota { value, overage, version: 0 };
                found(world.set_quota(&tenant, &item, infra.as_deref(), quota))
            }
            Self::AddTenant { name, parent, kind } => {
                let kind = kind.unwrap_or(TenantKind::Customer);
                Ok(json!(world.add_tenant_of_kind(&name, parent.as_deref(), kind)))
            }
            Self::RemoveTenant { tenant } => found(world.remove_tenant(&tenant)),
            Self::RenameTenant { tenant, name } => found(world.change_tenant(&tenant, |changed| changed.name = name)),
            Self::EnableTenant { tenant, on } => found(world.change_tenant(&tenant, |changed| changed.enabled = on)),
            Self::SetPricing { tenant, mode } => {
                found(world.change_tenant(&tenant, |changed| changed.pricing_mode = mode))
            }
            Self::RefuseUsage { tenant, refuse } => found(world.refuse_usage(&tenant, refuse)),
            _ => Err("not an edit of Acronis".to_owned()),
        }
    }

    fn apply_to_autotask(self, world: &mut World) -> Result<Value, String> {
        match self {
            Self::AddCompany { name } => Ok(json!(world.add_company(&name))),
            Self::AddContract { company, name, start, end } => {
                Ok(json!(world.add_contract(company, &name, start, end)))
            }
            Self::AddService { name, sku, unit_price } => {
                Ok(json!(world.add_service(&name, &sku, amount(&unit_price)?)))
            }
            Self::AddLine { contract, service, units, unit_price } => {
                let price = unit_price.as_deref().map(amount).transpose()?;
                Ok(json!(world.add_line(contract, service, units, price)))
            }
            Self::HumanAdjust { line, delta, effective } => {
                world.human_adjust(line, delta, effective).map(|()| Value::Null)
            }
            Self::PostPeriod { line, date } => found(world.post_period(line, date)),
            Self::SetUdf { contract, name, value } => found(world.set_udf(contract, &name, value.as_deref())),
            Self::EndContract { contract, date } => found(world.end_contract(contract, date)),
            Self::SetContractStatus { contract, status } => found(world.set_contract_status(contract, status)),
            Self::SetLineOfBusiness { contract, line_of_business } => {
                found(world.set_line_of_business(contract, line_of_business))
            }
            other => {
                other.apply_to_visibility(world);
                Ok(Value::Null)
            }
        }
    }

    fn apply_to_visibility(self, world: &mut World) {
        match self {
            Self::HideFromApiUser { line_of_business } => world.hide_from_api_user(line_of_business),
            Self::HideCompany { company } => world.hide_company(company),
            Self::HideContract { contract } => world.hide_contract(contract),
            Self::Settings { settings } => world.settings = settings,
            _ => world.hide_nothing(),
        }
    }
}

fn found(known: bool) -> Result<Value, String> {
    known.then_some(Value::Null).ok_or_else(|| "nothing there by that id".to_owned())
}

fn amount(text: &str) -> Result<Decimal, String> {
    text.parse().map_err(|_| format!("{text} is no amount"))
}
