//! The routes of the Alert Manager. (Acronis Alert Manager API 1.0, base path /api/alert_manager/v1.)

use super::filters::narrows;
use crate::exchange::Ask;

/// A call of the Alert Manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AlertCall {
    List,
    One(String),
    DismissOne(String),
    DismissFiltered,
    /// Without a filter it would dismiss every alert of every customer.
    DismissAll,
    Types,
    Type(String),
    Categories,
    Stats,
    OfCustomers,
    CountOfCustomers,
}

impl AlertCall {
    /// The call of a method on a path below the base, in small letters.
    pub(crate) fn route(method: &str, path: &[&str], ask: &Ask) -> Option<Self> {
        Some(match (method, path) {
            ("GET", ["alerts"]) => Self::List,
            ("GET", ["alerts", id]) => Self::One((*id).to_owned()),
            ("DELETE", ["alerts", id]) => Self::DismissOne((*id).to_owned()),
            ("DELETE", ["alerts"]) if narrows(ask) => Self::DismissFiltered,
            ("DELETE", ["alerts"]) => Self::DismissAll,
            ("GET", ["types"]) => Self::Types,
            ("GET", ["types", id]) => Self::Type((*id).to_owned()),
            ("GET", ["categories"]) => Self::Categories,
            ("GET", ["stats"]) => Self::Stats,
            ("GET", ["customer_alerts"]) => Self::OfCustomers,
            ("GET", ["customer_alerts_count"]) => Self::CountOfCustomers,
            _ => return None,
        })
    }

    pub(crate) fn is_write(&self) -> bool {
        matches!(self, Self::DismissOne(_) | Self::DismissFiltered)
    }

    /// Name in [`crate::operations`].
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::List => "acronis.alerts",
            Self::One(_) => "acronis.alert",
            Self::DismissOne(_) => "acronis.dismiss_alert",
            Self::DismissFiltered => "acronis.dismiss_alerts",
            Self::DismissAll => "acronis.dismiss_all_alerts",
            Self::Types => "acronis.alert_types",
            Self::Type(_) => "acronis.alert_type",
            Self::Categories => "acronis.alert_categories",
            Self::Stats => "acronis.alert_stats",
            Self::OfCustomers => "acronis.customer_alerts",
            Self::CountOfCustomers => "acronis.customer_alerts_count",
        }
    }
}
