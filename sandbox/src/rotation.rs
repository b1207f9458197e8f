//! What the server does with a refresh token that it has already exchanged for a new one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How refresh tokens follow one another. Written `strict`, `grace:SECONDS`, `previous_until_used`, `none`, `none:same`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Rotation {
    /// Loop's rule: each refresh token works once. A second use ends the grant with all its tokens and raises an alert.
    #[default]
    Strict,
    /// For so many seconds after its first use a refresh token works again, and each use gives tokens of their own;
    /// those that it gave before stay valid too. Later, a second use is treated as under `Strict`.
    Grace {
        /// From the first use, on the sandbox's clock.
        seconds: u32,
    },
    /// A refresh token works until a refresh token that it gave is used; from then on, as under `Strict`.
    PreviousUntilUsed,
    /// The refresh token stays the same, and the answer does not repeat it.
    Never,
    /// The refresh token stays the same, and the answer repeats it.
    NeverSame,
}

impl fmt::Display for Rotation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strict => formatter.write_str("strict"),
            Self::Grace { seconds } => write!(formatter, "grace:{seconds}"),
            Self::PreviousUntilUsed => formatter.write_str("previous_until_used"),
            Self::Never => formatter.write_str("none"),
            Self::NeverSame => formatter.write_str("none:same"),
        }
    }
}

/// The text names no rule.
#[derive(Debug, Clone, thiserror::Error)]
#[error("rotation must be strict, grace:SECONDS, previous_until_used, none or none:same.")]
pub struct UnknownRotation;

impl FromStr for Rotation {
    type Err = UnknownRotation;

    fn from_str(text: &str) -> Result<Rotation, UnknownRotation> {
        match text {
            "strict" => Ok(Self::Strict),
            "previous_until_used" => Ok(Self::PreviousUntilUsed),
            "none" => Ok(Self::Never),
            "none:same" => Ok(Self::NeverSame),
            _ => {
                let seconds = text.strip_prefix("grace:").and_then(|seconds| seconds.parse().ok());
                seconds.map(|seconds| Self::Grace { seconds }).ok_or(UnknownRotation)
            }
        }
    }
}

impl TryFrom<String> for Rotation {
    type Error = UnknownRotation;

    fn try_from(text: String) -> Result<Rotation, UnknownRotation> {
        text.parse()
    }
}

impl From<Rotation> for String {
    fn from(rotation: Rotation) -> String {
        rotation.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_reads_back_as_it_is_written() {
        for text in ["strict", "grace:0", "grace:30", "previous_until_used", "none", "none:same"] {
            assert_eq!(text.parse::<Rotation>().unwrap().to_string(), text);
        }
        for text in ["", "Strict", "grace", "grace:", "grace:-1", "grace:1.5", "none:other"] {
            assert!(text.parse::<Rotation>().is_err(), "{text}");
        }
    }
}
