//! The assessment itself, written and read back. The only format that nothing is shortened or escaped in: it is data.

use std::io::Write;

use serde::Deserialize;

use super::{Options, ReportError, lines};
use crate::check::{Assessment, SCHEMA_VERSION};
use crate::model::Untrusted;

/// Lines are broken down to the items of each part of the document.
const BROKEN: usize = 2;

/// Writes the assessment, a verdict a line, with a newline at the end.
pub fn render(assessment: &Assessment, _: &Options, out: &mut dyn Write) -> Result<(), ReportError> {
    lines::write(assessment, BROKEN, out)
}

/// Why a text is no assessment that this version reads. Parser errors quote the text, hence [`Untrusted`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not JSON, or not an object with a version.
    #[error("not an assessment: {0}")]
    NotAnAssessment(Untrusted),
    /// Written by a newer version.
    #[error(
        "schema version {found} is newer than {SCHEMA_VERSION}, the one this version reads; use a newer aurora-audit"
    )]
    Newer {
        /// Version of the form.
        found: u32,
    },
    /// Written by an older version.
    #[error(
        "schema version {found} is older than {SCHEMA_VERSION}, the one this version reads; check the snapshot again"
    )]
    Older {
        /// Version of the form.
        found: u32,
    },
    /// Of this version, and yet something is missing or wrong.
    #[error("damaged assessment: {0}")]
    Damaged(Untrusted),
}

/// All that is certain about an assessment of any version.
#[derive(Deserialize)]
struct Versioned {
    schema_version: u32,
}

/// Reads what [`render`] wrote.
///
/// # Errors
/// [`ReadError`] when the text is no assessment, one of another version, or a damaged one.
pub fn read_assessment(text: &str) -> Result<Assessment, ReadError> {
    let Versioned { schema_version: found } =
        serde_json::from_str(text).map_err(|e| ReadError::NotAnAssessment(quote(&e)))?;
    match found {
        SCHEMA_VERSION => serde_json::from_str(text).map_err(|e| ReadError::Damaged(quote(&e))),
        _ if found > SCHEMA_VERSION => Err(ReadError::Newer { found }),
        _ => Err(ReadError::Older { found }),
    }
}

fn quote(error: &serde_json::Error) -> Untrusted {
    Untrusted::from(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{empty, hostile, sample, waived};

    fn written(assessment: &Assessment) -> String {
        String::from_utf8(crate::report::tests::bytes(assessment, crate::report::Format::Json)).unwrap()
    }

    #[test]
    fn what_is_written_reads_back() {
        for assessment in [empty(), sample(), hostile(), waived()] {
            let text = written(&assessment);
            assert!(text.ends_with("}\n"));
            assert_eq!(read_assessment(&text), Ok(assessment));
        }
    }

    #[test]
    fn a_verdict_is_a_line() {
        let assessment = sample();
        let text = written(&assessment);
        let lines = text.lines().filter(|line| line.starts_with("    {\"rule\":")).count();
        assert_eq!(lines, assessment.verdicts.len());
        assert!(
            text.starts_with("{\n  \"schema_version\": 1,\n  \"run\": {\n    \"tool_version\": \"0.1.0\",\n"),
            "{text}"
        );
        assert!(written(&empty()).contains("\n  \"verdicts\": []\n}"));
    }

    #[test]
    fn what_is_written_fits_the_schema() {
        let schema = serde_json::from_str(crate::check::ASSESSMENT_SCHEMA).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for assessment in [empty(), sample(), hostile()] {
            let document = serde_json::from_str(&written(&assessment)).unwrap();
            let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new());
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        let current = written(&sample());
        for (text, message) in [
            ("", "not an assessment: EOF while parsing a value at line 1 column 0".to_owned()),
            ("{}", "not an assessment: missing field `schema_version` at line 1 column 2".to_owned()),
            (
                &*current.replacen("\"schema_version\": 1", "\"schema_version\": 7", 1),
                "schema version 7 is newer than 1, the one this version reads; use a newer aurora-audit".to_owned(),
            ),
            (
                &*current.replacen("\"schema_version\": 1", "\"schema_version\": 0", 1),
                "schema version 0 is older than 1, the one this version reads; check the snapshot again".to_owned(),
            ),
            ("{\"schema_version\": 1}", "damaged assessment: missing field `run` at line 1 column 21".to_owned()),
        ] {
            assert_eq!(read_assessment(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn an_error_cannot_steer_the_terminal() {
        let text = written(&sample()).replacen("\"severity\":\"critical\"", "\"severity\":\"\\u001b[31m\"", 1);
        let message = read_assessment(&text).unwrap_err().to_string();
        assert!(message.contains("\\u{1B}[31m") && !message.contains('\u{1b}'), "{message}");
    }
}
