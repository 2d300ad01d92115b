//! A table for spreadsheets (RFC 4180): a line a verdict, passes included. A cell that a spreadsheet would take for a formula
//! begins with an apostrophe.

use std::io::Write;

use super::row::{Row, plain, rows, shown};
use super::{Options, ReportError, words};
use crate::check::Assessment;

const COLUMNS: [&str; 18] = [
    "rule",
    "title",
    "severity",
    "outcome",
    "waiver",
    "change",
    "account",
    "region",
    "kind",
    "subject",
    "name",
    "found",
    "evidence",
    "source",
    "observed",
    "frameworks",
    "to mend",
    "fingerprint",
];

/// Writes the table.
pub fn render(assessment: &Assessment, _: &Options, out: &mut dyn Write) -> Result<(), ReportError> {
    line(out, &COLUMNS.map(str::to_owned))?;
    rows(assessment).try_for_each(|row| line(out, &cells(&row)))
}

fn cells(row: &Row<'_>) -> [String; 18] {
    let verdict = row.verdict;
    let subject = &verdict.subject;
    let locations = row.locations();
    let sources = locations.iter().map(|it| plain(&it.source)).collect::<std::collections::BTreeSet<_>>();
    let observed = locations.iter().map(|it| it.observed).max();
    let controls = row.controls().map(|(framework, control, coverage)| format!("{framework} {control} ({coverage})"));
    [
        plain(&verdict.rule),
        row.title(),
        verdict.severity.as_str().to_owned(),
        verdict.outcome.as_str().to_owned(),
        row.waiver().unwrap_or_default(),
        verdict.baseline.map_or("", words::change).to_owned(),
        plain(&subject.account),
        plain(&subject.region),
        plain(&subject.kind),
        shown(&subject.id),
        shown(&subject.name),
        row.found(),
        row.evidence().join("; "),
        sources.into_iter().collect::<Vec<_>>().join("; "),
        observed.map(|time| time.to_string()).unwrap_or_default(),
        plain(&controls.collect::<Vec<_>>().join("; ")),
        row.mend().unwrap_or_default(),
        plain(&verdict.fingerprint),
    ]
}

fn line(out: &mut dyn Write, cells: &[String]) -> Result<(), ReportError> {
    let quoted: Vec<String> = cells.iter().map(|text| quote(text)).collect();
    write!(out, "{}\r\n", quoted.join(",")).map_err(ReportError::Write)
}

fn quote(text: &str) -> String {
    let guard = if is_formula(text) { "'" } else { "" };
    if guard.is_empty() && !text.contains(['"', ',', '\r', '\n', ' ']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// What spreadsheets begin a formula with; some look past white space, some take the wide forms as well.
fn is_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r'])
        || text.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{hostile, sample};
    use crate::report::tests::bytes;

    fn table(assessment: &Assessment) -> Vec<Vec<String>> {
        let bytes = bytes(assessment, crate::report::Format::Csv);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(false).from_reader(&*bytes);
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn every_line_has_every_column() {
        for assessment in [sample(), hostile()] {
            let table = table(&assessment);
            assert_eq!(table.len(), assessment.verdicts.len() + 1);
            assert!(table.iter().all(|line| line.len() == COLUMNS.len()));
        }
    }

    #[test]
    fn no_cell_begins_a_formula() {
        for line in table(&hostile()).into_iter().skip(1) {
            for cell in line {
                assert!(!is_formula(&cell) && !cell.contains(['\n', '\t']), "{cell}");
            }
        }
    }

    #[test]
    fn formulas_become_text_and_text_stays() {
        for (raw, cell) in [
            ("=1+1", "\"'=1+1\""),
            ("-1", "\"'-1\""),
            ("@x", "\"'@x\""),
            ("+x", "\"'+x\""),
            ("  =x", "\"'  =x\""),
            ("\tx", "\"'\tx\""),
            ("\u{ff1d}1", "\"'\u{ff1d}1\""),
            ("a=b", "a=b"),
            ("a,b", "\"a,b\""),
            ("a \"b\"", "\"a \"\"b\"\"\""),
            ("", ""),
        ] {
            assert_eq!(quote(raw), cell);
        }
    }

    #[test]
    fn the_table_of_the_sample() {
        insta::assert_snapshot!(String::from_utf8(bytes(&sample(), crate::report::Format::Csv)).unwrap());
    }
}
