//! Waivers: findings that someone has accepted, for a reason and until a day. A waiver sets a failure aside at the gate and
//! nowhere else: the finding stays in every report, with who accepted it. What is unknown cannot be accepted.

mod apply;
mod edit;
mod file;
mod pattern;

use jiff::civil::Date;

pub use self::apply::apply;
pub use self::edit::{EditError, NewWaiver, append};
pub use self::file::{WaiverErrors, parse};
pub use self::pattern::Pattern;

/// Days that a waiver may last, unless configured.
pub const MAX_DAYS: u16 = 365;

/// The waivers of a file.
#[derive(Debug, Clone, Default)]
pub struct Waivers {
    /// The file, as the user gave it.
    pub path: String,
    /// In the order of the file.
    pub list: Vec<Waiver>,
}

/// A waiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Id of the one rule.
    pub rule: String,
    /// The subjects, by the id that reports show.
    pub resource: Pattern,
    /// The elements, for rules that look at each element of a list; none for all of them.
    pub element: Option<Pattern>,
    /// Why the finding is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who agreed.
    pub approver: String,
    /// Where it was agreed.
    pub ticket: Option<String>,
    /// First day, UTC.
    pub starts: Date,
    /// Last day, UTC.
    pub expires: Date,
    /// Line in the file, counted from 1.
    pub line: usize,
}
