//! How much of a framework's control a rule proves.

use serde::{Deserialize, Serialize};

/// What a pass is worth to a control, ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// It helps.
    Supporting,
    /// A pass is a part of what the control asks.
    Partial,
    /// A pass is what the control asks.
    Full,
}

impl Coverage {
    /// The word that documents use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Supporting => "supporting",
            Self::Partial => "partial",
            Self::Full => "full",
        }
    }
}
