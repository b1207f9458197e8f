//! A number that travels as a text, because floating point would change it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::schema::{Type, Typed};

/// A decimal number, digit by digit as the platform wrote it. It prints as hidden: read it with [`as_str`](Self::as_str).
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Decimal(String);

impl Decimal {
    /// The digits, for a decimal type of your choice: `text.parse()`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn new(text: String) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        (plain(whole) && plain(fraction)).then_some(Self(text))
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<Decimal: value hidden>")
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A service that begins to write it as a number is understood too.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Number(serde_json::Number),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Text(text) => text,
            Written::Number(number) => number.to_string(),
        };
        Self::new(text).ok_or_else(|| serde::de::Error::custom("not a decimal number"))
    }
}

impl Typed for Decimal {
    const TYPE: Type = Type::Decimal;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stay_as_they_were_written_and_nothing_else_is_one() {
        for text in ["0", "131.50", "-0.000000000000000000001", "12345678901234567890.12"] {
            let decimal: Decimal = serde_json::from_value(text.into()).unwrap();
            assert_eq!((decimal.as_str(), serde_json::to_value(&decimal).unwrap()), (text, text.into()));
            assert!(!format!("{decimal:?}").contains(text));
        }
        let number: Decimal = serde_json::from_str("1.5").unwrap();
        assert_eq!(number.as_str(), "1.5");
        for wrong in ["\"\"", "\"1,5\"", "\"1.\"", "\".5\"", "\"1e5\"", "\"high\"", "\"+1\"", "null", "[]"] {
            assert!(serde_json::from_str::<Decimal>(wrong).is_err(), "{wrong}");
        }
    }
}
