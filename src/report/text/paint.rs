//! Terminal colours, or none of them. Words and marks carry the meaning; colour only helps the eye.

use crate::model::{Outcome, Severity};

/// A look that a terminal can give to text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Headings.
    Bold,
    /// What may be skipped.
    Dim,
    /// The gravest.
    Alarm,
    /// Broken.
    Red,
    /// Doubtful.
    Yellow,
    /// Fine.
    Green,
    /// Names of rules.
    Cyan,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Alarm => "1;31",
            Self::Red => "31",
            Self::Yellow => "33",
            Self::Green => "32",
            Self::Cyan => "36",
        }
    }

    /// The look of an outcome.
    pub const fn of_outcome(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Fail | Outcome::Error => Self::Red,
            Outcome::Unknown => Self::Yellow,
            Outcome::Pass => Self::Green,
            Outcome::NotApplicable => Self::Dim,
        }
    }

    /// The look of a severity.
    pub const fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::Alarm,
            Severity::High => Self::Red,
            Severity::Medium => Self::Yellow,
            Severity::Low | Severity::Info => Self::Bold,
        }
    }
}

/// Whether to colour.
#[derive(Debug, Clone, Copy)]
pub struct Brush(pub bool);

impl Brush {
    /// The text in a style.
    pub fn paint(self, style: Style, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("\x1b[{}m{text}\x1b[0m", style.code()) } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_only_there_when_asked_for() {
        assert_eq!(Brush(false).paint(Style::Red, "fail"), "fail");
        assert_eq!(Brush(true).paint(Style::Red, "fail"), "\x1b[31mfail\x1b[0m");
        assert_eq!(Brush(true).paint(Style::Red, ""), "");
    }

    #[test]
    fn failing_never_looks_like_passing() {
        for outcome in [Outcome::Fail, Outcome::Error, Outcome::Unknown] {
            assert_ne!(Style::of_outcome(outcome), Style::of_outcome(Outcome::Pass));
        }
        assert_eq!(Style::of_severity(Severity::Critical), Style::Alarm);
    }
}
