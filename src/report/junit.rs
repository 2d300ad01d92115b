//! `JUnit` XML, for build servers: a suite a rule, a case a subject. What could not be read is an error there, because build
//! servers take a skipped case for a harmless one.

use std::collections::BTreeMap;
use std::io::Write;

use super::row::{Row, plain, rows, shown};
use super::words::{self, push};
use super::{Options, ReportError};
use crate::check::Assessment;
use crate::model::Outcome;

/// Writes the document.
pub fn render(assessment: &Assessment, _: &Options, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut suites: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    for row in rows(assessment) {
        suites.entry(&row.verdict.rule).or_default().push(row);
    }
    let all = rows(assessment).fold(Counts::default(), Counts::with);
    let mut write = |text: String| out.write_all(text.as_bytes()).map_err(ReportError::Write);
    write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned())?;
    write(format!("<testsuites name=\"aurora-audit\" {all}>\n"))?;
    for (rule, rows) in suites {
        write(suite(rule, &rows, assessment))?;
    }
    write("</testsuites>\n".to_owned())
}

/// What the reader's summary counts.
#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn with(mut self, row: Row<'_>) -> Self {
        self.tests += 1;
        match row.verdict.outcome {
            Outcome::Fail if !words::counts_as_failure(row.verdict) => self.skipped += 1,
            Outcome::Fail => self.failures += 1,
            Outcome::Error | Outcome::Unknown => self.errors += 1,
            Outcome::NotApplicable => self.skipped += 1,
            Outcome::Pass => (),
        }
        self
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { tests, failures, errors, skipped } = self;
        write!(f, "tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"0\"")
    }
}

fn suite(rule: &str, rows: &[Row<'_>], assessment: &Assessment) -> String {
    let counts = rows.iter().copied().fold(Counts::default(), Counts::with);
    let mut text = format!(
        "<testsuite name=\"{}\" {counts} timestamp=\"{}\">\n",
        xml(&plain(rule)),
        assessment.run.now.strftime("%Y-%m-%dT%H:%M:%S")
    );
    if let Some(row) = rows.first() {
        text.push_str("<properties>\n");
        for (name, value) in [("severity", row.severity().as_str().to_owned()), ("title", row.title())] {
            push(&mut text, format_args!("<property name=\"{name}\" value=\"{}\"/>\n", xml(&value)));
        }
        text.push_str("</properties>\n");
    }
    for row in rows {
        case(&mut text, row);
    }
    text.push_str("</testsuite>\n");
    text
}

fn case(text: &mut String, row: &Row<'_>) {
    let verdict = row.verdict;
    let (id, rule) = (xml(&shown(&verdict.subject.id)), xml(&plain(&verdict.rule)));
    push(text, format_args!("<testcase name=\"{id}\" classname=\"{rule}\" time=\"0\">"));
    let message = xml(&row.found());
    let severity = verdict.severity.as_str();
    match verdict.outcome {
        Outcome::Fail if !words::counts_as_failure(verdict) => {
            let waiver = xml(&row.waiver().unwrap_or_default());
            push(text, format_args!("<skipped type=\"waived\" message=\"{waiver}. {message}\"/>"));
        }
        Outcome::Fail => {
            push(text, format_args!("<failure type=\"{severity}\" message=\"{message}\">{}</failure>", details(row)));
        }
        Outcome::Error | Outcome::Unknown => {
            let kind = verdict.outcome.as_str();
            push(text, format_args!("<error type=\"{kind}\" message=\"{message}\">{}</error>", details(row)));
        }
        Outcome::NotApplicable => {
            push(text, format_args!("<skipped type=\"not_applicable\" message=\"not applicable: {message}\"/>"));
        }
        Outcome::Pass => (),
    }
    if verdict.outcome == Outcome::Pass {
        push(text, format_args!("<system-out>{}</system-out>", details(row)));
    }
    text.push_str("</testcase>\n");
}

/// What the outcome rests on, a line each.
fn details(row: &Row<'_>) -> String {
    let mut lines: Vec<String> = row.evidence();
    lines.extend(row.mend().map(|mend| format!("To mend: {mend}")));
    xml(&lines.join("\n"))
}

/// Text for an element or an attribute. What XML 1.0 cannot hold at all is spelt out, as other text that hides is before.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => push(&mut escaped, format_args!("\\u{{{:X}}}", u32::from(character))),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Format;
    use crate::report::sample::{empty, hostile, sample};
    use crate::report::tests::bytes;

    fn document(assessment: &Assessment) -> String {
        String::from_utf8(bytes(assessment, Format::Junit)).unwrap()
    }

    #[test]
    fn the_document_is_well_formed_whatever_it_holds() {
        for assessment in [empty(), sample(), hostile()] {
            let text = document(&assessment);
            let document = roxmltree::Document::parse(&text).unwrap();
            let cases = document.descendants().filter(|node| node.has_tag_name("testcase")).count();
            assert_eq!(cases, assessment.verdicts.len());
        }
    }

    #[test]
    fn the_numbers_of_a_suite_are_those_of_its_cases() {
        let text = document(&sample());
        let document = roxmltree::Document::parse(&text).unwrap();
        for suite in document.descendants().filter(|node| node.attribute("tests").is_some()) {
            let number = |tag: &str| suite.descendants().filter(|node| node.has_tag_name(tag)).count().to_string();
            for (attribute, tag) in
                [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
            {
                assert_eq!(suite.attribute(attribute), Some(&*number(tag)), "{attribute}");
            }
        }
    }

    #[test]
    fn nothing_unreadable_is_skipped() {
        let text = document(&sample());
        let document = roxmltree::Document::parse(&text).unwrap();
        let skipped: Vec<_> = document
            .descendants()
            .filter(|node| node.has_tag_name("skipped"))
            .filter_map(|it| it.attribute("message"))
            .collect();
        assert_eq!(skipped, ["not applicable: not a server. the proxy answers for it."]);
    }

    #[test]
    fn markup_and_illegal_characters_are_text() {
        for (raw, escaped) in
            [("<a b=\"c\">&", "&lt;a b=&quot;c&quot;&gt;&amp;"), ("\u{ffff}", "\\u{FFFF}"), ("ü'", "ü'")]
        {
            assert_eq!(xml(raw), escaped);
        }
    }

    #[test]
    fn the_document_of_the_sample() {
        insta::assert_snapshot!(document(&sample()));
    }
}
