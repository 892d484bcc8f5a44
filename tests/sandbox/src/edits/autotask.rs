//! Edits of Autotask and of the switches, each a call of the world's function.

use super::{Edit, amount, found};
use crate::world::World;
use serde_json::{Value, json};

impl Edit {
    /// Carries out an edit of Autotask or of the switches.
    pub(super) fn apply_to_autotask(self, world: &mut World) -> Result<Value, String> {
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
            other => other.apply_to_lines(world),
        }
    }

    fn apply_to_lines(self, world: &mut World) -> Result<Value, String> {
        match self {
            Self::AddContact { company, first_name, last_name, email, primary } => {
                Ok(json!(world.add_contact(company, (&first_name, &last_name), &email, primary)))
            }
            Self::AddBundle { name, services, unit_price } => {
                Ok(json!(world.add_bundle(&name, &services, amount(&unit_price)?)))
            }
            Self::HumanAddService { contract, service, units, effective } => {
                world.human_add_service(contract, service, units, effective).map(|line| json!(line))
            }
            Self::HumanRemoveService { line } => found(world.human_remove_service(line)),
            Self::HumanAddBundle { contract, bundle, units, effective } => {
                world.human_add_bundle(contract, bundle, units, effective).map(|line| json!(line))
            }
            Self::HumanAdjustBundle { line, delta, effective } => {
                world.human_adjust_bundle(line, delta, effective).map(|()| Value::Null)
            }
            Self::HumanRemoveBundle { line } => found(world.human_remove_bundle(line)),
            Self::AddServiceToBundle { bundle, service } => found(world.add_service_to_bundle(bundle, service)),
            Self::MoveContract { contract, start, end } => found(world.move_contract(contract, start, end)),
            Self::RenewContract { contract, start, end } => {
                let renewed = world.renew_contract(contract, start, end);
                renewed.map(|id| json!(id)).ok_or_else(|| "nothing there by that id".to_owned())
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
            Self::Settings { settings } => world.settings = *settings,
            _ => world.hide_nothing(),
        }
    }
}
