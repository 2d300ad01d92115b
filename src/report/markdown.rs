//! A summary in Markdown for the page of a job or a pull request. GitHub refuses a summary over 1 MiB as a whole, so this one
//! ends before that and says what it left out. Names from targets can neither make markup nor mention anyone.

use std::io::Write;

use super::row::{Row, failures, plain, rows, shown};
use super::words::{self, push};
use super::{Options, ReportError};
use crate::check::{Assessment, GapEntry, PathEntry};
use crate::model::{Outcome, Severity, Untrusted};

/// Bytes of the whole; the limit is 1,024 KiB, and other steps write to the same page.
const BUDGET: usize = 900 * 1024;
/// Bytes that one section of rows may take, so that the next ones have room.
const SECTION: usize = 420 * 1024;
/// Access paths that are told, and characters of each of their texts.
const PATHS: usize = 10;
const TEXT: usize = 300;

/// Writes the summary.
pub fn render(assessment: &Assessment, _: &Options, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut text = head(assessment);
    let failures = failures(assessment);
    section(&mut text, "Failures", &["Severity", "Rule", "Subject", "What was found"], failures.iter().map(failure));
    let waived = || rows(assessment).filter(|row| row.verdict.is_waived()).map(|row| waived(&row));
    let paths = || assessment.paths.iter().flat_map(|entry| &entry.paths).take(PATHS).map(path);
    section(&mut text, "Access paths", &["Severity", "Who reaches what", "To cut it"], paths());
    section(&mut text, "Waived", &["Severity", "Rule", "Subject", "By whom, until when, why"], waived());
    let undecided = || {
        rows(assessment)
            .filter(|row| matches!(row.verdict.outcome, Outcome::Unknown | Outcome::Error))
            .map(|row| failure(&row))
    };
    section(&mut text, "Not decided", &["Severity", "Rule", "Subject", "Why"], undecided());
    let gaps = || assessment.gaps.iter().filter(|gap| !gap.reason.is_voluntary()).map(gap);
    section(&mut text, "Not read", &["What", "Reason", "To mend"], gaps());
    text.push_str(&rules(assessment));
    debug_assert!(text.len() < BUDGET + SECTION / 2, "the sections are bounded");
    out.write_all(text.as_bytes()).map_err(ReportError::Write)
}

fn head(assessment: &Assessment) -> String {
    let mut text = format!("### Aurora assessment: {}\n\n", words::gate(assessment.gate.result));
    for sentence in words::headline(assessment) {
        push(&mut text, format_args!("{}\n\n", escape(&sentence)));
    }
    push(&mut text, format_args!("Gate: {}\n\n", escape(&words::sentence(&plain(&assessment.gate.reason)))));
    text.push_str("| Outcome | Verdicts |\n| --- | ---: |\n");
    for outcome in Outcome::ALL {
        let (word, mark) = words::outcome(outcome);
        push(&mut text, format_args!("| {mark} {word} | {} |\n", words::grouped(words::verdicts(assessment, outcome))));
    }
    text.push('\n');
    text
}

/// A heading with a table of as many rows as fit.
fn section<const N: usize>(
    text: &mut String,
    title: &str,
    columns: &[&str; N],
    lines: impl Iterator<Item = [String; N]>,
) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    push(text, format_args!("#### {title}\n\n| {} |\n|{}\n", columns.join(" | "), " --- |".repeat(columns.len())));
    let (from, mut left_out) = (text.len(), 0_usize);
    for cells in lines {
        let line = format!("| {} |\n", cells.join(" | "));
        if left_out > 0 || text.len() - from + line.len() > SECTION || text.len() + line.len() > BUDGET {
            left_out += 1;
        } else {
            text.push_str(&line);
        }
    }
    if left_out > 0 {
        push(
            text,
            format_args!("\n{} left out, because a summary may not be longer.\n", words::count(left_out, "more row")),
        );
    }
    text.push('\n');
}

fn failure(row: &Row<'_>) -> [String; 4] {
    [severity(row.severity()), rule(row), code(&shown(&row.verdict.subject.id)), escape(&row.found())]
}

fn waived(row: &Row<'_>) -> [String; 4] {
    let [severity, rule, subject, _] = failure(row);
    [severity, rule, subject, escape(&row.waiver().unwrap_or_default())]
}

fn path(path: &PathEntry) -> [String; 3] {
    let cut = words::cut(&path.cuts, TEXT).unwrap_or_default();
    [severity(path.severity), escape(&words::path(path, TEXT)), escape(&cut)]
}

fn gap(gap: &GapEntry) -> [String; 3] {
    let target = gap.target.as_ref().map(|target| format!(" for {}", code(&shown(target)))).unwrap_or_default();
    [
        format!("{}{target}", code(&plain(&gap.what))),
        gap.reason.as_str().to_owned(),
        escape(&shown(&Untrusted::from(words::mend(gap)))),
    ]
}

fn severity(severity: Severity) -> String {
    let (word, shape) = words::severity(severity);
    format!("{shape} {word}")
}

fn rule(row: &Row<'_>) -> String {
    let id = code(&plain(&row.verdict.rule));
    row.docs()
        .filter(|docs| !docs.contains(['|', '(', ')', ' ', '<', '>']))
        .map_or(id.clone(), |docs| format!("[{id}]({docs})"))
}

/// How often each outcome came under each rule, folded away.
fn rules(assessment: &Assessment) -> String {
    let mut counts: std::collections::BTreeMap<&str, [usize; 5]> = std::collections::BTreeMap::new();
    for verdict in &assessment.verdicts {
        let line = counts.entry(&verdict.rule).or_default();
        for (number, outcome) in line.iter_mut().zip(Outcome::ALL) {
            *number += usize::from(verdict.outcome == outcome);
        }
    }
    let mut text = String::from("<details><summary>All rules</summary>\n\n| Rule |");
    text.extend(Outcome::ALL.map(|outcome| format!(" {} |", words::outcome(outcome).0)));
    text.push_str("\n| --- | ---: | ---: | ---: | ---: | ---: |\n");
    for (rule, numbers) in counts {
        push(&mut text, format_args!("| {} |", code(&plain(rule))));
        text.extend(numbers.map(|number| format!(" {} |", words::grouped(number))));
        text.push('\n');
    }
    text.push_str("\n</details>\n");
    text
}

/// Words: everything that could be markup, a link or a mention is an entity.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '@' | '#' | '~' | '\\' | '!' | '$' => {
                push(&mut escaped, format_args!("&#{};", u32::from(character)));
            }
            _ => escaped.push(character),
        }
    }
    escaped.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// A name, as code in which nothing is interpreted. In a table a bar ends the cell even there.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    if text.is_empty() { "–".to_owned() } else { format!("{fence}{pad}{text}{pad}{fence}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Format;
    use crate::report::sample::{empty, hostile, many, sample};
    use crate::report::tests::bytes;

    fn summary(assessment: &Assessment) -> String {
        String::from_utf8(bytes(assessment, Format::Markdown)).unwrap()
    }

    /// Cells of a line: bars that no backslash stands before.
    fn columns(line: &str) -> usize {
        line.replace("\\|", "").matches('|').count() - 1
    }

    #[test]
    fn names_cannot_add_a_column_or_leave_their_line() {
        for assessment in [sample(), hostile()] {
            let mut wanted = 0;
            for line in summary(&assessment).lines() {
                if line.starts_with('|') {
                    wanted = if wanted == 0 { columns(line) } else { wanted };
                    assert_eq!(columns(line), wanted, "{line}");
                } else {
                    wanted = 0;
                    let ours = ["", "#", "Incomplete", "Gate: ", "<details>", "</details>", "Nothing"];
                    let numbers = line.starts_with(|first: char| first.is_ascii_digit());
                    assert!(numbers || ours.iter().any(|start| line.starts_with(start)), "{line}");
                }
            }
        }
    }

    #[test]
    fn it_fits_what_github_takes() {
        for assessment in [empty(), hostile(), many(20_000)] {
            let summary = summary(&assessment);
            assert!(summary.len() < 1_024 * 1_024 - 64 * 1_024, "{}", summary.len());
        }
        assert!(summary(&many(20_000)).contains(" more rows left out, because a summary may not be longer."));
    }

    #[test]
    fn words_are_no_markup() {
        for (raw, escaped) in [
            ("<img src=x>", "&lt;img src=x&gt;"),
            ("@owner", "&#64;owner"),
            ("a|b", "a&#124;b"),
            ("[x](https://evil.example)", "&#91;x&#93;(https&#58;//evil.example)"),
            ("www.evil.example", "www&#46;evil.example"),
        ] {
            assert_eq!(escape(raw), escaped);
        }
    }

    #[test]
    fn code_cannot_close_its_fence() {
        for (raw, fenced) in [("a", "`a`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("a|b", "`a\\|b`"), ("", "–")] {
            assert_eq!(code(raw), fenced);
        }
    }

    #[test]
    fn the_summary_of_the_sample() {
        insta::assert_snapshot!(summary(&sample()));
    }
}
