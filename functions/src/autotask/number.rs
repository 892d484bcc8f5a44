//! Numbers read from the text of the JSON, so that no binary fraction ever stands between the vendor's
//! price and ours.

use rust_decimal::Decimal;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// An amount of money, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Money(pub(super) Decimal);

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decimal(deserializer).map(Self)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = RawValue::from_string(self.0.to_string()).map_err(serde::ser::Error::custom)?;
        text.serialize(serializer)
    }
}

/// A whole number, also when written `5.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole(pub(super) i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = decimal(deserializer)?;
        let whole = number.is_integer().then(|| i64::try_from(number).ok()).flatten();
        whole.map(Self).ok_or_else(|| D::Error::custom(format!("{number} is no whole number")))
    }
}

fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let text = raw.get();
    let number = if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { Decimal::from_str_exact(text) };
    number.map_err(|_| D::Error::custom("expected a number of at most 28 digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_what_the_text_says() {
        let texts = ["0.0000", "254.10", "-3.5", "0.1", "12345678901234.5678", "79228162514264337593543950335"];
        for text in texts {
            let money = serde_json::from_str::<Money>(text).unwrap();
            assert_eq!(money.0.to_string(), text);
            assert_eq!(serde_json::to_string(&money).unwrap(), text);
        }
        assert_eq!(serde_json::from_str::<Money>("1.5e2").unwrap().0, Decimal::from(150));
        for text in ["\"x\"", "true", "{}", "0.12345678901234567890123456789"] {
            assert!(serde_json::from_str::<Money>(text).is_err(), "{text}");
        }
        assert_eq!(serde_json::from_str::<Option<Money>>("null").unwrap(), None);
    }

    #[test]
    fn units_are_whole_numbers_however_written() {
        for (text, units) in [("5", 5), ("5.0", 5), ("5.000", 5), ("-2", -2), ("0", 0)] {
            assert_eq!(serde_json::from_str::<Whole>(text).unwrap(), Whole(units), "{text}");
        }
        for text in ["5.5", "\"5\"", "1e30", "[]"] {
            assert!(serde_json::from_str::<Whole>(text).is_err(), "{text}");
        }
    }
}
