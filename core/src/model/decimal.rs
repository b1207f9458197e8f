//! A number that travels as a text, because floating point would change it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::schema::{Type, Typed};

/// A decimal number, digit by digit as the platform wrote it, perhaps with an exponent (`1.5e-7`). It prints as hidden: read
/// it with [`as_str`](Self::as_str).
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Decimal(String);

/// The longest exponent that is believed: a longer one is no measure of anything, and decimal types fail at it.
const EXPONENT_DIGITS: usize = 3;

impl Decimal {
    /// The digits, for a decimal type of your choice: `text.parse()`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads any notation that decimal types know: `-12.50`, `1e5`, `1E-7`, `+1.5`, `.5`. The digits stay as they are; only
    /// what JSON does not write in a number is made as JSON writes it: no plus in front, and a digit around each point.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", text.strip_prefix('+').unwrap_or(text)),
        };
        let (number, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, Some(exponent)),
            None => (unsigned, None),
        };
        let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if !are_digits(whole) || !are_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        if let Some(exponent) = exponent {
            let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            if digits.is_empty() || digits.len() > EXPONENT_DIGITS || !are_digits(digits) {
                return None;
            }
        }
        let whole = if whole.is_empty() { "0" } else { whole };
        let point = if fraction.is_empty() { "" } else { "." };
        let exponent = exponent.map(|exponent| format!("e{exponent}")).unwrap_or_default();
        Some(Self(format!("{sign}{whole}{point}{fraction}{exponent}")))
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Decimal: value hidden>")
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        written(deserializer)?
            .and_then(|text| Self::parse(&text))
            .ok_or_else(|| serde::de::Error::custom("not a decimal number"))
    }
}

impl Typed for Decimal {
    const TYPE: Type = Type::Decimal;
}

/// A text, or as a text whatever else is written there: a number with all its digits. None for null.
///
/// For what a service may write in either way. A number must not pass through floating point on its way.
pub(super) fn written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    match raw.get() {
        "null" => Ok(None),
        text if text.starts_with('"') => serde_json::from_str(text).map(Some).map_err(serde::de::Error::custom),
        other => Ok(Some(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MetricPoint, Page};

    #[test]
    fn digits_stay_as_they_were_written_and_nothing_else_is_one() {
        for text in ["0", "131.50", "-0.000000000000000000001", "12345678901234567890.12", "1e5", "1e-7", "-1.50e+21"] {
            let decimal: Decimal = serde_json::from_value(text.into()).unwrap();
            assert_eq!((decimal.as_str(), serde_json::to_value(&decimal).unwrap()), (text, text.into()));
            assert!(!format!("{decimal:?}").contains(text));
        }
        for (other, text) in
            [("1E-7", "1e-7"), ("+1.5", "1.5"), (".5", "0.5"), ("-.5", "-0.5"), ("5.", "5"), ("007", "007")]
        {
            let decimal: Decimal = serde_json::from_value(other.into()).unwrap();
            assert_eq!(decimal.as_str(), text, "{other}");
        }
        for wrong in [
            "",
            "1,5",
            ".",
            "-",
            "+-1",
            "high",
            "1e",
            "e5",
            "1e1.5",
            "1e1000",
            "1e99999999999",
            "NaN",
            "inf",
            "0x1",
            "1 ",
            "١",
        ] {
            assert!(Decimal::parse(wrong).is_none(), "{wrong}");
        }
        for wrong in ["null", "[]", "{}", "true", "\"high\""] {
            assert!(serde_json::from_str::<Decimal>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_number_keeps_every_digit_that_it_was_written_with() {
        for (number, text) in [
            ("1.5", "1.5"),
            ("0.10", "0.10"),
            ("0.0000001", "0.0000001"),
            ("1e21", "1e21"),
            ("1E5", "1e5"),
            ("1234567890123456789012345", "1234567890123456789012345"),
            ("-0.1000000000000000055511151231257827", "-0.1000000000000000055511151231257827"),
        ] {
            assert_eq!(serde_json::from_str::<Decimal>(number).unwrap().as_str(), text);
            // Inside a record inside a list, as it travels.
            let list = format!(r#"{{"results":[{}]}}"#, series_entry(number));
            let page: Page<MetricPoint> = crate::model::decode(list.as_bytes()).unwrap();
            assert_eq!(page[0].value_numeric.as_ref().unwrap().as_str(), text);
        }
    }

    fn series_entry(value: &str) -> String {
        format!(
            r#"{{"id":"i","patient_id":"p","brand_id":"b","metric_key":"m","value_numeric":{value},"value_text":null,
                "unit":null,"source":"s","is_phi":true,"recorded_at":"t","created_at":"t"}}"#
        )
    }
}
