//! How much of an offering item a tenant may use: as Acronis has it, and as it should be (Q1 to Q7).
//! Values only; which quota a contract asks for is `quota_plan`'s to say.

use crate::quantity::MeasurementUnit;
use crate::reckoning::amount;
use crate::usage::OfferingItem;
use serde::{Deserialize, Serialize};

/// Whether an item is on, and up to which amount (Acronis Account Management API v2, offering item
/// `status` and `quota`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// Switched off: `status` 0.
    Off,
    /// On, up to an amount: `value` with `overage`.
    UpTo {
        /// The amount, in base units.
        limit: u64,
        /// How much more is let through: none of it is a hard quota (0), all of it a soft one (none given).
        overage: Option<u64>,
    },
    /// On without limit, or on and without anything to count: `value` null, or no quota at all.
    Unlimited,
}

impl Grant {
    /// Nothing may be used: hard, and nothing beyond.
    pub const NOTHING: Grant = Grant::UpTo { limit: 0, overage: Some(0) };

    /// Whether it is switched on.
    pub fn is_on(self) -> bool {
        self != Grant::Off
    }

    /// Whether anything may be used.
    pub fn gives_something(self) -> bool {
        !matches!(self, Grant::Off | Grant::UpTo { limit: 0, .. })
    }

    /// Whether less is given than by `other`.
    pub fn is_less_than(self, other: Grant) -> bool {
        let reach = |grant: Grant| match grant {
            Grant::Off => (0, 0),
            Grant::UpTo { limit, overage } => (u128::from(limit), u128::from(overage.unwrap_or(u64::MAX))),
            Grant::Unlimited => (u128::MAX, 0),
        };
        reach(self) < reach(other)
    }

    /// Whether it ends below an amount in use.
    pub fn is_below(self, used: u64) -> bool {
        match self {
            Grant::Off => used > 0,
            Grant::UpTo { limit, .. } => limit < used,
            Grant::Unlimited => false,
        }
    }

    /// Whether it lets nobody go on who uses so much: a soft quota warns and stops nothing.
    pub fn stops_at(self, used: u64) -> bool {
        match self {
            Grant::Off => used > 0,
            Grant::UpTo { limit, overage } => {
                overage.is_some_and(|overage| u128::from(limit) + u128::from(overage) < u128::from(used))
            }
            Grant::Unlimited => false,
        }
    }

    /// As people read it: "off", "unlimited", "17", "250 GiB, soft".
    pub fn words(self, unit: MeasurementUnit) -> String {
        match (self, unit) {
            (Grant::Off, _) => "off".to_owned(),
            (Grant::Unlimited, MeasurementUnit::None) => "on".to_owned(),
            (Grant::Unlimited, _) => "unlimited".to_owned(),
            (Grant::UpTo { limit, overage: Some(0) }, _) => amount(limit, unit),
            (Grant::UpTo { limit, overage: None }, _) => format!("{}, soft", amount(limit, unit)),
            (Grant::UpTo { limit, overage: Some(more) }, _) => {
                format!("{} and {} beyond", amount(limit, unit), amount(more, unit))
            }
        }
    }
}

/// An offering item as one tenant has it, or may have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenItem {
    /// The item.
    pub item: OfferingItem,
    /// What is given of it.
    pub grant: Grant,
    /// The quota's version, to be sent back with a change (Q6); 0 where there is no quota.
    pub version: u64,
    /// Whether the vendor lets nobody switch it on or off.
    pub locked: bool,
}

#[cfg(test)]
mod tests {
    use super::Grant;
    use crate::quantity::{GIB, MeasurementUnit};

    #[test]
    fn q5_less_is_what_reaches_less_far() {
        let up_to = |limit, overage| Grant::UpTo { limit, overage };
        let rising = [
            Grant::Off,
            up_to(0, None),
            up_to(5, Some(0)),
            up_to(5, Some(2)),
            up_to(5, None),
            up_to(6, Some(0)),
            Grant::Unlimited,
        ];
        for (index, less) in rising.iter().enumerate() {
            assert!(rising[index + 1..].iter().all(|more| less.is_less_than(*more)), "{less:?}");
            assert!(rising[..=index].iter().all(|other| !less.is_less_than(*other)), "{less:?}");
        }
        assert!(Grant::Off.is_below(1) && !Grant::Off.is_below(0));
        assert!(up_to(5, None).is_below(6) && !up_to(5, None).is_below(5));
        assert!(!Grant::Unlimited.is_below(u64::MAX));
    }

    #[test]
    fn grants_read_as_people_say_them() {
        let soft = Grant::UpTo { limit: 250 * GIB, overage: None };
        assert_eq!(soft.words(MeasurementUnit::Bytes), "250 GiB, soft");
        assert_eq!(Grant::UpTo { limit: 17, overage: Some(0) }.words(MeasurementUnit::Quantity), "17");
        assert_eq!(Grant::Unlimited.words(MeasurementUnit::Quantity), "unlimited");
        assert_eq!(Grant::Unlimited.words(MeasurementUnit::None), "on");
        assert_eq!(Grant::Off.words(MeasurementUnit::Quantity), "off");
    }
}
