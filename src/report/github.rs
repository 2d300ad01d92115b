//! Workflow commands that GitHub turns into annotations. A step may show ten of each level, so the gravest come first, and the
//! last line says what the others are. Names from targets are escaped: a raw line break would begin a command of its own.

use std::io::Write;

use super::row::{Row, failures, plain, shown};
use super::{Options, ReportError, words};
use crate::check::Assessment;
use crate::model::Severity;

/// Annotations of one level that GitHub shows of a step.
const SHOWN: usize = 10;
/// Characters of a message: an annotation is read at a glance.
const LENGTH: usize = 900;

/// Writes the commands.
pub fn render(assessment: &Assessment, _: &Options, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut left = [("error", SHOWN), ("warning", SHOWN), ("notice", SHOWN - 1)];
    let because = words::incomplete_because(assessment);
    if !because.is_empty() {
        take(&mut left, "warning");
        line(out, "warning", "The assessment is incomplete", &format!("Incomplete: {}.", words::listed(&because)))?;
    }
    let mut hidden = 0_usize;
    for row in failures(assessment) {
        let level = level(row.severity());
        if take(&mut left, level) {
            line(out, level, &title(&row), &message(&row))?;
        } else {
            hidden += 1;
        }
    }
    let more =
        if hidden == 0 { String::new() } else { format!(" {} not shown here.", words::count(hidden, "failure")) };
    line(out, "notice", "aurora-audit", &format!("{}.{more}", words::tally(assessment)))
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    }
}

/// Whether there is room for one more of that level.
fn take(left: &mut [(&str, usize)], level: &str) -> bool {
    let Some((_, number)) = left.iter_mut().find(|(name, number)| *name == level && *number > 0) else { return false };
    *number -= 1;
    true
}

fn title(row: &Row<'_>) -> String {
    format!("{}: {}", row.severity().as_str(), row.title())
}

fn message(row: &Row<'_>) -> String {
    let subject = shown(&row.verdict.subject.id);
    let mend = row.mend().map(|mend| format!(" To mend: {}", words::sentence(&mend))).unwrap_or_default();
    format!("{} Subject: {subject}. Rule: {}.{mend}", row.found(), plain(&row.verdict.rule))
}

fn line(out: &mut dyn Write, level: &str, title: &str, message: &str) -> Result<(), ReportError> {
    let message: String = words::shown(&message.into(), LENGTH);
    writeln!(out, "::{level} title={}::{}", property(title), data(&message)).map_err(ReportError::Write)
}

/// What stands after the second pair of colons.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What stands before it, where colons and commas separate.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Format;
    use crate::report::sample::{empty, hostile, many, sample};
    use crate::report::tests::bytes;

    fn commands(assessment: &Assessment) -> String {
        String::from_utf8(bytes(assessment, Format::Github)).unwrap()
    }

    #[test]
    fn every_line_is_one_command_of_ours() {
        for assessment in [empty(), sample(), hostile(), many(200)] {
            for line in commands(&assessment).lines() {
                let (head, rest) = line.split_once(" title=").unwrap_or_else(|| panic!("{line}"));
                assert!(["::error", "::warning", "::notice"].contains(&head), "{line}");
                let (title, _) = rest.split_once("::").unwrap();
                assert!(!title.contains([':', ',']), "{line}");
            }
        }
    }

    #[test]
    fn no_level_has_more_than_github_shows() {
        for assessment in [sample(), many(5_000)] {
            let commands = commands(&assessment);
            for level in ["::error ", "::warning ", "::notice "] {
                assert!(commands.lines().filter(|line| line.starts_with(level)).count() <= SHOWN, "{level}");
            }
        }
        assert!(commands(&many(5_000)).lines().last().unwrap().contains(" failures not shown here."));
    }

    #[test]
    fn separators_are_escaped() {
        assert_eq!(data("100% of\r\n::add-mask::x"), "100%25 of%0D%0A::add-mask::x");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }

    #[test]
    fn the_commands_of_the_sample() {
        insta::assert_snapshot!(commands(&sample()));
    }
}
