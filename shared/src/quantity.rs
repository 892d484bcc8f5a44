//! Amounts: base units as the vendor counts them, the size of one billed unit, and rounding (M4, U1).
//! Whole numbers only; a float never appears.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

/// Bytes in one GiB, the base of Acronis storage amounts
/// (Acronis Account Management API v2, offering items: `measurement_unit` `bytes`).
pub const GIB: u64 = 1 << 30;
/// Seconds in one hour, the base of compute points (`measurement_unit` `seconds`).
pub const HOUR: u64 = 3_600;
/// The greatest number of units an Autotask line holds: `ContractServiceUnits.units` is an int32.
pub const MOST_UNITS: i64 = i32::MAX as i64;

/// What an offering item is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeasurementUnit {
    /// Storage, in bytes.
    Bytes,
    /// Pieces: workloads, seats, devices.
    Quantity,
    /// Time: compute points.
    Seconds,
    /// Not counted: features, and whatever the vendor adds later.
    None,
}

impl fmt::Display for MeasurementUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            MeasurementUnit::Bytes => "bytes",
            MeasurementUnit::Quantity => "pieces",
            MeasurementUnit::Seconds => "seconds",
            MeasurementUnit::None => "nothing",
        })
    }
}

/// How many base units (bytes, pieces, seconds) make one billed unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitSize {
    count: NonZeroU64,
    scale: Scale,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Scale {
    Piece,
    Gib,
    Tib,
    Hour,
}

impl Scale {
    const ALL: [Scale; 4] = [Scale::Piece, Scale::Gib, Scale::Tib, Scale::Hour];

    fn name(self) -> &'static str {
        match self {
            Scale::Piece => "piece",
            Scale::Gib => "GiB",
            Scale::Tib => "TiB",
            Scale::Hour => "hour",
        }
    }

    fn base_units(self) -> u64 {
        match self {
            Scale::Piece => 1,
            Scale::Gib => GIB,
            Scale::Tib => GIB << 10,
            Scale::Hour => HOUR,
        }
    }
}

impl UnitSize {
    /// The usual size for what an item is counted in: 1 piece, 1 GiB, 1 hour (M4).
    pub fn usual(unit: MeasurementUnit) -> Self {
        let scale = match unit {
            MeasurementUnit::Bytes => Scale::Gib,
            MeasurementUnit::Seconds => Scale::Hour,
            MeasurementUnit::Quantity | MeasurementUnit::None => Scale::Piece,
        };
        Self { count: NonZeroU64::MIN, scale }
    }

    /// Base units in one billed unit.
    pub fn base_units(self) -> u128 {
        u128::from(self.count.get()) * u128::from(self.scale.base_units())
    }

    /// Whether this size can measure items counted in `unit`.
    pub fn measures(self, unit: MeasurementUnit) -> bool {
        match unit {
            MeasurementUnit::Bytes => matches!(self.scale, Scale::Gib | Scale::Tib),
            MeasurementUnit::Seconds => self.scale == Scale::Hour,
            MeasurementUnit::Quantity | MeasurementUnit::None => self.scale == Scale::Piece,
        }
    }
}

impl fmt::Display for UnitSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.count, self.scale.name()))
    }
}

impl FromStr for UnitSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "\"{text}\" is not a unit size; write a whole number and piece, GiB, TiB or hour, such as \"1 GiB\""
            )
        };
        let (count, name) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let count = count.parse::<u64>().ok().and_then(NonZeroU64::new).ok_or_else(wrong)?;
        let name = name.trim();
        let scale = Scale::ALL
            .into_iter()
            .find(|scale| {
                name.eq_ignore_ascii_case(scale.name())
                    || name.strip_suffix('s').is_some_and(|one| one.eq_ignore_ascii_case(scale.name()))
            })
            .ok_or_else(wrong)?;
        Ok(Self { count, scale })
    }
}

impl Serialize for UnitSize {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitSize {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What happens to a part of a unit (M4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// A part counts as a whole unit.
    #[default]
    Up,
    /// A half and more goes up, less goes down.
    Nearest,
    /// A part does not count.
    Down,
}

impl Rounding {
    /// Whole billed units in `total` base units.
    pub fn whole_units(self, total: u128, size: UnitSize) -> u128 {
        let size = size.base_units();
        let (whole, rest) = (total / size, total % size);
        let up = match self {
            Rounding::Up => rest > 0,
            Rounding::Nearest => rest * 2 >= size,
            Rounding::Down => false,
        };
        whole + u128::from(up)
    }
}

impl fmt::Display for Rounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Rounding::Up => "up",
            Rounding::Nearest => "to the nearest",
            Rounding::Down => "down",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m4_rounding_up_nearest_and_down_meet_their_corners() {
        let gib: UnitSize = "1 GiB".parse().unwrap();
        let cases = [
            (0, 0, 0, 0),
            (1, 1, 0, 0),
            (u128::from(GIB) / 2 - 1, 1, 0, 0),
            (u128::from(GIB) / 2, 1, 1, 0),
            (u128::from(GIB), 1, 1, 1),
            (u128::from(GIB) + 1, 2, 1, 1),
        ];
        for (total, up, nearest, down) in cases {
            assert_eq!(Rounding::Up.whole_units(total, gib), up, "up {total}");
            assert_eq!(Rounding::Nearest.whole_units(total, gib), nearest, "nearest {total}");
            assert_eq!(Rounding::Down.whole_units(total, gib), down, "down {total}");
        }
    }

    #[test]
    fn m4_unit_sizes_are_read_as_people_write_them_and_nothing_else() {
        for (text, shown) in
            [("1 piece", "1 piece"), ("100 gib", "100 GiB"), (" 2 hours ", "2 hour"), ("1 TiB", "1 TiB")]
        {
            assert_eq!(text.parse::<UnitSize>().unwrap().to_string(), shown);
        }
        for text in ["", "GiB", "0 GiB", "-1 GiB", "1.5 GiB", "1GiB", "1 GB", "99999999999999999999 GiB"] {
            assert!(text.parse::<UnitSize>().unwrap_err().contains("is not a unit size"), "{text}");
        }
    }
}
