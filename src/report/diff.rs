//! What is different between two runs, for a terminal, for a page of a pull request, or as JSON.

use std::fmt::Write as _;

use serde_json::Value;

use super::{ReportError, words};
use crate::check::{Difference, PastFinding};
use crate::model::Untrusted;
use crate::snapshot::{Change, Edit, What};

/// A form that a difference can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffFormat {
    /// For a terminal.
    Text,
    /// For a comment or a summary.
    Markdown,
    /// The difference itself.
    Json,
}

/// Characters of one value that people are shown.
const VALUE: usize = 300;

/// Writes a difference.
///
/// # Errors
/// When it cannot be serialised, which it always can.
pub fn render_difference(difference: &Difference, format: DiffFormat) -> Result<String, ReportError> {
    match format {
        DiffFormat::Json => Ok(serde_json::to_string_pretty(difference).map_err(ReportError::Json)? + "\n"),
        DiffFormat::Text => Ok(Page { text: String::new(), markdown: false }.whole(difference)),
        DiffFormat::Markdown => Ok(Page { text: String::new(), markdown: true }.whole(difference)),
    }
}

/// Parts under headings, and lines in them.
struct Page {
    text: String,
    markdown: bool,
}

impl Page {
    fn whole(mut self, difference: &Difference) -> String {
        let Difference { old, new, appeared, regressed, unchanged, fixed, not_reassessed, facts, .. } = difference;
        for (what, side) in [("from", old), ("to", new)] {
            let started = side.started.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string());
            let cut = if side.complete { "" } else { ", cut short" };
            self.item(&format!("{what} {}, collected {started}{cut}", side.path));
        }
        if difference.rules_changed {
            self.item("judged by other rules or parameters");
        }
        let parts =
            [("New", appeared), ("Regressed", regressed), ("Fixed", fixed), ("Not re-assessed", not_reassessed)];
        for (title, findings) in parts {
            self.part(title, &findings.iter().map(finding).collect::<Vec<_>>());
        }
        match facts {
            Some(changes) => self.part("Facts", &changes.iter().flat_map(lines).collect::<Vec<_>>()),
            None => self.part("Facts", &["not compared: an assessment does not hold them, snapshots do".to_owned()]),
        }
        let counts =
            parts.map(|(title, findings)| format!("{} {}", words::grouped(findings.len()), title.to_lowercase()));
        let facts =
            facts.as_ref().map_or(String::new(), |it| format!("; {}", words::count(it.len(), "changed record")));
        let _ = write!(self.text, "\n{}, {} unchanged{facts}\n", counts.join(", "), words::grouped(*unchanged));
        self.text
    }

    fn part(&mut self, title: &str, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        let heading = if self.markdown { format!("### {title}\n\n") } else { format!("{}\n", title.to_uppercase()) };
        // A string takes all that is written to it.
        let _ = write!(self.text, "\n{heading}");
        for line in lines {
            self.item(line);
        }
    }

    /// One line, in which nothing hides and nothing is markup.
    fn item(&mut self, line: &str) {
        let shown = Untrusted::from(line).to_string();
        let line = if self.markdown { format!("- {}", escaped(&shown)) } else { format!("  {shown}") };
        self.text.push_str(&line);
        self.text.push('\n');
    }
}

/// Text in which no character is markup, nor a mention of somebody.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '{' | '}' | '#' | '|' | '~' | '!' | '>' | '&' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

fn finding(finding: &PastFinding) -> String {
    let element = finding.element.as_ref().map(|key| format!("{} of ", key.raw())).unwrap_or_default();
    let subject =
        format!("{element}{} ({} {})", finding.subject.name.raw(), finding.subject.account, finding.subject.region);
    let said =
        if ["new", "passed before"].contains(&finding.why.raw()) { finding.message.raw() } else { finding.why.raw() };
    let said: String = said.chars().take(VALUE).collect();
    format!("{} {}: {subject}: {said}", finding.severity.as_str(), finding.rule)
}

fn lines(change: &Change) -> Vec<String> {
    let name = format!("{} {} ({} {})", change.kind, change.id, change.account, change.region);
    match &change.what {
        What::Added => vec![format!("+ {name}")],
        What::Removed => vec![format!("- {name}")],
        What::NotReadAgain => vec![format!("? {name}: not read again")],
        What::NotReadBefore => vec![format!("? {name}: not read before")],
        What::Changed(edits) => edits.iter().map(|edit| format!("~ {name}: {}", edit_line(edit))).collect(),
    }
}

fn edit_line(edit: &Edit) -> String {
    let Edit { path, before, after } = edit;
    match (before, after) {
        (Some(before), Some(after)) => format!("{path}: {} → {}", shown(before), shown(after)),
        (None, Some(after)) => format!("{path}: + {}", shown(after)),
        (Some(before), None) => format!("{path}: - {}", shown(before)),
        (None, None) => path.clone(),
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let cut: String = text.chars().take(VALUE).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_target_is_markup() {
        for (text, expected) in [
            ("a`b`|c", "a\\`b\\`\\|c"),
            ("<img src=x>", "&lt;img src=x\\>"),
            ("@team see [x](y)", "&#64;team see \\[x\\](y)"),
            ("plain-words, 10.0.0.0/8", "plain-words, 10.0.0.0/8"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
