//! The five outcomes of a verdict.

use serde::{Deserialize, Serialize};

/// What a rule says of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The rule is broken here.
    Fail,
    /// The rule itself could not be evaluated; never a pass.
    Error,
    /// Something that decides the rule could not be read.
    Unknown,
    /// The rule is kept here.
    Pass,
    /// The rule does not speak of this subject.
    NotApplicable,
}

impl Outcome {
    /// All outcomes, the most urgent first.
    pub const ALL: [Self; 5] = [Self::Fail, Self::Error, Self::Unknown, Self::Pass, Self::NotApplicable];

    /// The word that documents use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Unknown => "unknown",
            Self::Pass => "pass",
            Self::NotApplicable => "not_applicable",
        }
    }
}
