//! What follows from a person's results, by plain rules: so that new results change it.

mod contraindications;
mod flags;
mod matching;
mod recommendations;
mod score;

pub(crate) use contraindications::{ContraindicationHit, hits};
pub(crate) use flags::{Flag, flags};
pub(crate) use matching::{Match, Parameter, Phase, fit, matches, parameters, phase};
pub(crate) use recommendations::{Recommendation, recommend};
pub(crate) use score::score;
