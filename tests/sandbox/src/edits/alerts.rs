//! Edits of alerts, each a call of the world's function.

use super::{Edit, found, made};
use crate::world::World;
use serde_json::{Value, json};

impl Edit {
    /// Carries out an edit of alerts; hands back any other.
    pub(super) fn apply_to_alerts(self, world: &mut World) -> Result<Result<Value, String>, Self> {
        Ok(match self {
            Self::RaiseAlert(alert) => Ok(json!(world.raise(*alert))),
            Self::AlertStorm { tenant, r#type, count } => Ok(json!(world.alert_storm(&tenant, &r#type, count))),
            Self::ClearAlert { alert } => found(world.clear_alert(&alert)),
            Self::DismissAlert { alert } => found(world.dismiss_alert(&alert)),
            Self::RaiseAgain { alert } => found(world.raise_again(&alert)),
            Self::RaiseAnew { alert } => made(world.raise_anew(&alert)),
            Self::SetAlertSeverity { alert, severity } => found(world.set_alert_severity(&alert, severity)),
            Self::EnableAlertType { r#type, on } => found(world.enable_alert_type(&r#type, on)),
            Self::SetSelfService { tenant, on } => found(world.set_self_service(&tenant, on)),
            other => return Err(other),
        })
    }
}
