//! What all formats must keep: the same bytes for the same assessment, the same counts, and nothing that deceives a reader.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::model::Outcome;
use sample::{compared, hostile, many, sample, waived};

/// A report by the default options.
pub fn bytes(assessment: &Assessment, format: Format) -> Vec<u8> {
    bytes_by(assessment, format, &Options::default())
}

fn bytes_by(assessment: &Assessment, format: Format, options: &Options) -> Vec<u8> {
    let mut bytes = Vec::new();
    render(assessment, format, options, &mut bytes).unwrap();
    bytes
}

fn text(assessment: &Assessment, format: Format) -> String {
    String::from_utf8(bytes(assessment, format)).unwrap()
}

#[test]
fn every_format_has_one_line_and_its_name_reads_back() {
    for (format, key, _) in REGISTRY {
        assert_eq!(REGISTRY.iter().filter(|(candidate, ..)| *candidate == format).count(), 1);
        assert_eq!((format.key(), format.key().parse()), (key, Ok(format)));
    }
    assert_eq!(
        "xml".parse::<Format>().unwrap_err().to_string(),
        "no such format; there are text, json, sarif, html, junit, csv, markdown, github, ocsf, asff"
    );
    assert_eq!("full".parse(), Ok(SarifProfile::Full));
    assert_eq!("hub".parse::<SarifProfile>(), Err(UnknownProfile));
}

fn all(assessment: &Assessment) -> Vec<(String, Vec<u8>)> {
    let mut written = Vec::new();
    for sarif_profile in [SarifProfile::Github, SarifProfile::Full] {
        for color in [false, true] {
            let options = Options { color, width: 80, sarif_profile, ..Options::default() };
            for (format, key, _) in REGISTRY {
                written.push((format!("{key} {options:?}"), bytes_by(assessment, format, &options)));
            }
        }
    }
    written
}

#[test]
fn the_same_assessment_gives_the_same_bytes() {
    for assessment in [sample(), hostile(), many(50)] {
        assert_eq!(all(&assessment), all(&assessment));
    }
}

#[test]
fn an_assessment_that_was_kept_gives_the_same_bytes() {
    for assessment in [sample(), hostile(), compared(), waived()] {
        let kept = read_assessment(&text(&assessment, Format::Json)).unwrap();
        assert_eq!(all(&kept), all(&assessment));
    }
}

#[test]
fn nothing_that_hides_or_reorders_text_reaches_a_report() {
    for (what, bytes) in all(&hostile()) {
        if what.starts_with("json") {
            continue;
        }
        let shown = String::from_utf8(bytes).unwrap();
        let line_end = if what.starts_with("csv") { "\r\n" } else { "\n" };
        let deceiving = shown.replace(line_end, "").chars().find(|&c| {
            (c.is_control() && !(c == '\u{1b}' && what.contains("color: true")))
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        });
        assert_eq!(deceiving, None, "{what}");
        // JSON doubles the backslash, Markdown has braces as they are.
        assert!(shown.contains("u{202E}"), "{what}");
    }
}

#[test]
fn long_text_is_cut_everywhere_but_in_json() {
    for (what, bytes) in all(&hostile()) {
        let budget = if what.starts_with("json") { 2_500_000 } else { 600_000 };
        assert!(bytes.len() < budget, "{what}: {}", bytes.len());
    }
}

#[test]
fn an_empty_assessment_is_written_in_every_format() {
    for (what, bytes) in all(&sample::empty()) {
        assert!(!bytes.is_empty() || what.starts_with("ocsf"), "{what}");
    }
}

#[test]
fn a_writer_that_is_full_is_an_error_in_every_format() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for (format, key, _) in REGISTRY {
        let result = render(&sample(), format, &Options::default(), &mut Full);
        assert!(
            matches!(result, Err(ReportError::Write(error)) if error.kind() == io::ErrorKind::StorageFull),
            "{key}"
        );
    }
}

type Counts = BTreeMap<String, usize>;

fn counted<T: ToString>(words: impl IntoIterator<Item = T>) -> Counts {
    let mut counts: Counts = Outcome::ALL.into_iter().map(|outcome| (outcome.as_str().to_owned(), 0)).collect();
    for word in words {
        *counts.get_mut(&word.to_string()).unwrap() += 1;
    }
    counts
}

/// Counts that are written as `5 fail, 1 error, …`.
fn in_words(line: &str) -> Counts {
    let found = Outcome::ALL.map(|outcome| {
        let word = words::outcome(outcome).0;
        let before = line.split(&format!(" {word}")).next().unwrap();
        let number = before.rsplit([' ', ':', '>']).next().unwrap().replace(',', "");
        (outcome.as_str().to_owned(), number.parse().unwrap())
    });
    found.into()
}

fn strings<'a>(values: &'a [Value], pointer: &'a str) -> impl Iterator<Item = &'a str> {
    values.iter().map(move |value| value.pointer(pointer).unwrap().as_str().unwrap())
}

/// The outcomes that a report tells, read back by someone else's parser where there is one.
fn told(assessment: &Assessment, format: Format) -> Counts {
    let options = Options { sarif_profile: SarifProfile::Full, ..Options::default() };
    let text = String::from_utf8(bytes_by(assessment, format, &options)).unwrap();
    let json = || serde_json::from_str::<Value>(&text).unwrap();
    match format {
        Format::Text | Format::Github => in_words(text.lines().last().unwrap()),
        Format::Json => counted(strings(json()["verdicts"].as_array().unwrap(), "/outcome")),
        Format::Sarif => counted(strings(json()["runs"][0]["results"].as_array().unwrap(), "/properties/outcome")),
        Format::Html => {
            let rows = text.split("<tr id=f-").skip(1).map(|part| part.split('>').next().unwrap());
            let class = |row: &str| row.split("class=").nth(1).unwrap().replace("na", "not_applicable");
            counted(rows.filter(|row| !row.contains("data-element")).map(class))
        }
        Format::Junit => {
            let document = roxmltree::Document::parse(&text).unwrap();
            let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
            counted(cases.map(|case| {
                match case.first_element_child().unwrap().tag_name().name() {
                    "failure" => "fail",
                    "error" => case
                        .first_element_child()
                        .unwrap()
                        .attribute("type")
                        .map_or("", |it| if it == "error" { "error" } else { "unknown" }),
                    "skipped" if case.first_element_child().unwrap().attribute("type") == Some("waived") => "fail",
                    "skipped" => "not_applicable",
                    _ => "pass",
                }
            }))
        }
        Format::Csv => {
            let mut reader = ::csv::Reader::from_reader(text.as_bytes());
            counted(reader.records().map(|record| record.unwrap()[3].to_owned()).collect::<Vec<_>>())
        }
        Format::Markdown => {
            let numbers = Outcome::ALL.map(|outcome| {
                let (word, mark) = words::outcome(outcome);
                let row = text.split_once(&format!("| {mark} {word} | ")).unwrap().1;
                (outcome.as_str().to_owned(), row.split(' ').next().unwrap().replace(',', "").parse().unwrap())
            });
            numbers.into()
        }
        Format::Ocsf => {
            let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            counted(strings(&events, "/unmapped/outcome"))
        }
        Format::Asff => counted(strings(json().as_array().unwrap(), "/ProductFields/aurora-audit~1Outcome")),
    }
}

#[test]
fn the_counts_of_every_format_agree() {
    for assessment in [sample(), many(3_000), hostile(), compared(), waived()] {
        let counts = assessment.verdicts.iter().map(|verdict| verdict.outcome.as_str());
        let counts = counted(counts);
        for (format, key, _) in REGISTRY {
            assert_eq!(told(&assessment, format), counts, "{key}");
        }
    }
}

#[test]
fn a_waived_failure_is_told_as_such_and_no_alert() {
    let assessment = waived();
    for (format, part) in [
        (Format::Html, "waived through 2026-12-10"),
        (Format::Csv, "waived through 2026-12-10"),
        (Format::Junit, "<skipped type=\"waived\" message=\"waived through 2026-12-10"),
        (Format::Markdown, "#### Waived"),
        (Format::Ocsf, "\"status\":\"Suppressed\""),
        (Format::Asff, "\"aurora-audit/Waiver\":\"waived through 2026-12-10"),
        (Format::Text, "WAIVED"),
    ] {
        assert!(text(&assessment, format).contains(part), "{format}");
    }
    let errors = |assessment: &Assessment| text(assessment, Format::Github).matches("::error ").count();
    assert_eq!(errors(&assessment) + 1, errors(&sample()));
}

#[test]
fn the_parts_of_an_assessment_add_up() {
    let mut assessment = sample();
    for verdict in assessment.verdicts.iter_mut().step_by(3) {
        verdict.subject.account = "444455556666".to_owned();
    }
    let parts = ["111122223333", "444455556666", "nobody"].map(|account| (account, assessment.of_account(account)));
    for outcome in Outcome::ALL {
        let sum: usize = parts.iter().map(|(_, part)| words::verdicts(part, outcome)).sum();
        assert_eq!(sum, words::verdicts(&assessment, outcome));
    }
    for (account, part) in &parts {
        let counted = Outcome::ALL.map(|outcome| words::verdicts(part, outcome));
        assert_eq!(counted, assessment.outcomes_of(account));
        assert_eq!(part.summary.failures.values().sum::<usize>(), words::verdicts(part, Outcome::Fail));
    }
    assert_eq!(parts[0].1.summary.involuntary_gaps, assessment.summary.involuntary_gaps);
    assert_eq!(parts[2].1.summary.subjects, 0);
}

#[test]
fn ten_thousand_verdicts_stay_within_budget() {
    let assessment = many(10_000);
    for (format, budget) in [(Format::Html, 6_000_000), (Format::Sarif, 12_000_000), (Format::Text, 4_000_000)] {
        let bytes = bytes(&assessment, format);
        assert!(bytes.len() < budget, "{format}: {}", bytes.len());
    }
}
