//! One setting by its path, as the mapping file names it: `holds.jump_units`, `contract_effective_dates.4711`. Values are
//! as they are stored; whether one may be is decided by the settings themselves.

use crate::ids::ContractId;
use crate::settings::Settings;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// What the paths of contracts with effective dates of their own begin with.
const OF_CONTRACT: &str = "contract_effective_dates.";

/// The path of a setting below `[settings]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SettingPath(String);

impl SettingPath {
    /// The path that is written so, whether there is such a setting or not.
    pub fn new(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// The setting that says when changes on this contract take effect (U5).
    pub fn of_contract(contract: ContractId) -> Self {
        Self(format!("{OF_CONTRACT}{contract}"))
    }

    /// The path that the text of a fault begins with.
    pub fn at_start_of(fault: &str) -> Self {
        Self(fault.split(':').next().unwrap_or_default().to_owned())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The contract whose effective dates it is.
    pub fn contract(&self) -> Option<ContractId> {
        let number = self.0.strip_prefix(OF_CONTRACT)?;
        // Written in one way only, so that a contract has one setting.
        number.parse::<i64>().ok().filter(|id| id.to_string() == number).map(ContractId)
    }

    fn pointer(&self) -> String {
        format!("/{}", self.0.replace('.', "/"))
    }
}

impl fmt::Display for SettingPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Settings {
    /// What a setting says; `null` where it says nothing, and none where there is no such setting.
    pub fn value(&self, path: &SettingPath) -> Option<Value> {
        if let Some(contract) = path.contract() {
            return Some(serde_json::to_value(self.contract_effective_dates.get(&contract)).unwrap_or_default());
        }
        self.as_json().pointer(&path.pointer()).filter(|value| !value.is_object()).cloned()
    }

    /// The same settings with others of these values in place of theirs.
    ///
    /// # Errors
    /// There is no such setting, or it is nothing that this value could be.
    pub fn with<'a>(&self, values: impl IntoIterator<Item = (&'a SettingPath, &'a Value)>) -> Result<Self, String> {
        let mut all = self.as_json();
        for (path, value) in values {
            if self.value(path).is_none() {
                return Err(format!("{path}: there is no such setting"));
            }
            let of_contract = path.contract().map(|contract| contract.to_string());
            match (of_contract, all.pointer_mut("/contract_effective_dates").and_then(Value::as_object_mut)) {
                (Some(contract), Some(contracts)) if value.is_null() => _ = contracts.remove(&contract),
                (Some(contract), Some(contracts)) => _ = contracts.insert(contract, value.clone()),
                _ => *all.pointer_mut(&path.pointer()).expect("it was there to be read") = value.clone(),
            }
            Self::deserialize(&all).map_err(|error| format!("{path}: {error}"))?;
        }
        Self::deserialize(&all).map_err(|error| error.to_string())
    }

    fn as_json(&self) -> Value {
        serde_json::to_value(self).expect("settings are plain values under names")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::EffectiveDates;
    use serde_json::json;

    fn path(text: &str) -> SettingPath {
        SettingPath::new(text)
    }

    fn with(text: &str, value: &Value) -> Result<Settings, String> {
        Settings::default().with([(&path(text), value)])
    }

    #[test]
    fn a_setting_is_read_and_changed_by_its_path_and_nothing_else_is() {
        let after = with("holds.jump_units", &json!(7)).unwrap();
        let mut expected = Settings::default();
        expected.holds.jump_units = 7;
        assert_eq!(after, expected);
        assert_eq!(after.value(&path("holds.jump_units")), Some(json!(7)));
        assert_eq!(Settings::default().value(&path("disable_after_days")), Some(Value::Null));
        let money = with("holds.money_per_period", &json!("250.00")).unwrap();
        assert_eq!(money.holds.money_per_period, Some("250".parse().unwrap()));
        assert!(with("tickets.auto_close", &json!(true)).unwrap().tickets.auto_close);
    }

    #[test]
    fn a_contract_gets_effective_dates_of_its_own_and_loses_them() {
        let own = path("contract_effective_dates.4711");
        assert_eq!(Settings::default().value(&own), Some(Value::Null));
        let after = with(own.as_str(), &json!("next-period")).unwrap();
        assert_eq!(after.effective_dates_of(ContractId(4711)), EffectiveDates::NextPeriod);
        assert_eq!(after.value(&own), Some(json!("next-period")));
        assert_eq!(after.with([(&own, &Value::Null)]).unwrap(), Settings::default());
        assert_eq!(own, SettingPath::of_contract(ContractId(4711)));
    }

    #[test]
    fn a_path_that_is_no_setting_and_a_value_that_is_none_are_refused() {
        for unknown in [
            "",
            "holds",
            "holds.",
            "holds.jump",
            "jumps",
            "contract_effective_dates",
            "contract_effective_dates.+1",
            "contract_effective_dates.x",
            "contract_effective_dates.01",
            "tickets",
            "holds.jump_units.x",
        ] {
            assert_eq!(Settings::default().value(&path(unknown)), None, "{unknown}");
            let refused = with(unknown, &json!(1)).unwrap_err();
            assert!(refused.starts_with(&format!("{unknown}: there is no such setting")), "{refused}");
        }
        for (known, nonsense) in [
            ("holds.jump_units", json!(-1)),
            ("holds.jump_units", Value::Null),
            ("review_mode", json!("yes")),
            ("effective_dates", json!("tomorrow")),
            ("contract_effective_dates.1", json!("tomorrow")),
            ("holds.money_per_period", json!("much")),
        ] {
            let refused = with(known, &nonsense).unwrap_err();
            assert!(refused.starts_with(known), "{refused}");
        }
    }
}
