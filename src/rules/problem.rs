//! What is wrong with rule files: every problem of every file at once, each with its place, its line, a caret and help.

use std::fmt;
use std::ops::Range;

use super::source::RuleSource;
use crate::model::Untrusted;

/// Something wrong in one file, at a range of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where, in bytes of the file.
    pub(crate) at: (usize, usize),
    /// What is wrong: one lower-case fragment.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
}

impl Problem {
    /// A problem without advice.
    pub(crate) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { at: (at.start, at.end), message: message.into(), help: None }
    }

    /// Adds advice.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds advice, when there is any.
    #[must_use]
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

/// A problem as it is shown: it no longer needs the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// The file, as it was given.
    pub path: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    excerpt: Excerpt,
}

/// The line of the file and the part of it to mark, both as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    text: String,
    indent: usize,
    width: usize,
}

/// Characters of a line shown before the mark, and in all: an expression may be one very long line.
const LEAD: usize = 70;
const WIDTH: usize = 110;

impl LoadError {
    /// Finds line and column of a problem.
    pub(crate) fn locate(source: &RuleSource, problem: Problem) -> Self {
        let text = source.text.as_str();
        let start = floor_boundary(text, problem.at.0);
        let (before, after) = text.split_at_checked(start).unwrap_or((text, ""));
        let line = before.matches('\n').count() + 1;
        let lead = before.rsplit_once('\n').map_or(before, |(_, tail)| tail);
        let marked = problem.at.1.saturating_sub(start);
        Self {
            path: source.path.clone(),
            line,
            column: lead.chars().count() + 1,
            message: problem.message,
            help: problem.help,
            excerpt: Excerpt::cut(lead, after.lines().next().unwrap_or(""), marked),
        }
    }
}

impl Excerpt {
    /// The part of a line around a mark. `lead` precedes the mark; `rest` begins with `marked` bytes of it.
    fn cut(lead: &str, rest: &str, marked: usize) -> Self {
        let skipped = lead.chars().count().saturating_sub(LEAD);
        let lead = shown(&lead.chars().skip(skipped).collect::<String>());
        let lead = if skipped > 0 { format!("…{lead}") } else { lead };
        // More than this is not shown, however long the line is.
        let rest = rest.char_indices().nth(WIDTH).map_or(rest, |(end, _)| rest.get(..end).unwrap_or(rest));
        let mark = rest.get(..floor_boundary(rest, marked)).unwrap_or(rest);
        let indent = lead.chars().count();
        let room = WIDTH.saturating_sub(indent).max(WIDTH - LEAD);
        let width = shown(mark).chars().count().clamp(1, room);
        let tail: String = shown(rest).chars().take(room).collect();
        Self { text: lead + tail.trim_end(), indent, width }
    }
}

/// Text of a file, safe to print; a tab is one blank, so that the caret stands right.
fn shown(text: &str) -> String {
    Untrusted::from(text.replace('\t', " ")).to_string()
}

fn floor_boundary(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let Excerpt { text, indent, width } = &self.excerpt;
        writeln!(f, "error: {}", Untrusted::from(self.message.as_str()))?;
        writeln!(f, "{gutter}--> {}:{}:{}", Untrusted::from(self.path.as_str()), self.line, self.column)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{number} | {text}")?;
        writeln!(f, "{gutter} | {}{}", " ".repeat(*indent), "^".repeat(*width))?;
        match &self.help {
            Some(help) => writeln!(f, "{gutter} help: {}", Untrusted::from(help.as_str())),
            None => Ok(()),
        }
    }
}

/// All that is wrong with a set of rule files, sorted by file and place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoadErrors(pub Vec<LoadError>);

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(f, "{error}")?;
        }
        let count = self.0.len();
        write!(f, "{count} {} in rule files", if count == 1 { "error" } else { "errors" })
    }
}

impl std::error::Error for LoadErrors {}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(text: &str, at: Range<usize>) -> LoadError {
        let source = RuleSource::new("rules/x.yaml", text);
        LoadError::locate(&source, Problem::new(at, "wrong"))
    }

    #[test]
    fn finds_line_column_and_mark() {
        for (text, at, line, column, indent, width) in [
            ("abc\ndef\n", 4..7, 2, 1, 0, 3),
            ("abc\ndef\n", 5..6, 2, 2, 1, 1),
            ("ä = ö", 5..7, 1, 5, 4, 1),
            ("a\tb", 2..3, 1, 3, 2, 1),
            ("a\u{202e}b", 4..5, 1, 3, 9, 1),
            ("abc", 3..3, 1, 4, 3, 1),
            ("abc", 90..99, 1, 4, 3, 1),
            ("", 0..0, 1, 1, 0, 1),
            ("a\nb", 0..3, 1, 1, 0, 1),
        ] {
            let error = locate(text, at);
            let got = (error.line, error.column, error.excerpt.indent, error.excerpt.width);
            assert_eq!(got, (line, column, indent, width), "{text:?}");
        }
    }

    #[test]
    fn cuts_long_lines() {
        let error = locate(&"x".repeat(1_000_000), 500_000..500_001);
        assert_eq!(error.column, 500_001);
        assert!(error.to_string().lines().all(|line| line.chars().count() < 150), "{error}");
    }
}
