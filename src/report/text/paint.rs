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

/// What the terminal can do.
#[derive(Debug, Clone, Copy)]
pub struct Brush {
    /// Whether to colour.
    pub color: bool,
    /// Whether to make links (OSC 8).
    pub links: bool,
}

impl Brush {
    /// The text in a style.
    pub fn paint(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("\x1b[{}m{text}\x1b[0m", style.code()) } else { text.to_owned() }
    }

    /// The text as a link, when the address is one that no terminal can be steered by.
    pub fn link(self, address: &str, text: &str) -> String {
        let safe = !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_graphic());
        if self.links && safe { format!("\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_only_there_when_asked_for() {
        let brush = |color| Brush { color, links: false };
        assert_eq!(brush(false).paint(Style::Red, "fail"), "fail");
        assert_eq!(brush(true).paint(Style::Red, "fail"), "\x1b[31mfail\x1b[0m");
        assert_eq!(brush(true).paint(Style::Red, ""), "");
    }

    #[test]
    fn only_plain_addresses_are_links() {
        let brush = Brush { color: false, links: true };
        assert_eq!(brush.link("https://a.example", "a"), "\x1b]8;;https://a.example\x1b\\a\x1b]8;;\x1b\\");
        for address in ["", "https://a.example/\x1b\\", "a b", "https://ä.example"] {
            assert_eq!(brush.link(address, "a"), "a", "{address:?}");
        }
        assert_eq!(Brush { color: true, links: false }.link("https://a.example", "a"), "a");
    }

    #[test]
    fn failing_never_looks_like_passing() {
        for outcome in [Outcome::Fail, Outcome::Error, Outcome::Unknown] {
            assert_ne!(Style::of_outcome(outcome), Style::of_outcome(Outcome::Pass));
        }
        assert_eq!(Style::of_severity(Severity::Critical), Style::Alarm);
    }
}
