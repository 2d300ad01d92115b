//! `--summary`: how a run ended, in a small file for whoever watches scheduled runs. It is written whatever happens, so that a file
//! that is old means a run that did not come about.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::error::CliError;
use super::exit::Exit;
use crate::check::{Assessment, GateResult};
use crate::model::Untrusted;
use crate::snapshot::write_atomically;

/// What the file holds.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    schema_version: u32,
    tool_version: &'static str,
    finished: Timestamp,
    exit_code: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Untrusted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<GateResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<&'a crate::check::Summary>,
}

/// Writes the file, when one was asked for. When it cannot be written, that is the error of a run that had none.
pub fn write(
    path: Option<&Path>,
    finished: Timestamp,
    result: Result<(Exit, Assessment), CliError>,
) -> Result<Exit, CliError> {
    let Some(path) = path else { return result.map(|(exit, _)| exit) };
    let (exit, error, assessment) = match &result {
        Ok((exit, assessment)) => (*exit, None, Some(assessment)),
        Err(error) => (error.exit(), Some(Untrusted::from(said(error))), None),
    };
    let summary = Summary {
        schema_version: 1,
        tool_version: env!("CARGO_PKG_VERSION"),
        finished,
        exit_code: exit as u8,
        error,
        gate: assessment.map(|it| it.gate.result),
        reason: assessment.map(|it| it.gate.reason.as_str()),
        counts: assessment.map(|it| &it.summary),
    };
    let mut text = serde_json::to_vec_pretty(&summary)?;
    text.push(b'\n');
    let written = write_atomically(path, &text);
    let (exit, _) = result?;
    written?;
    Ok(exit)
}

/// The error with its causes, on one line.
fn said(error: &CliError) -> String {
    let mut parts = vec![error.to_string()];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        parts.push(cause.to_string());
        source = cause.source();
    }
    parts.join(": ").replace('\n', " ")
}
