//! `report`: an assessment in other formats.

use super::args::ReportArgs;
use super::check::{anchors, assessment};
use super::error::CliError;
use super::exit::Exit;
use super::output::write_reports;
use crate::config::{ConfigFile, resolve_time};

/// Runs the command. It judges nothing, so the gate's answer of long ago is in the report and not in the exit code.
pub fn run(args: &ReportArgs, file: Option<&ConfigFile>) -> Result<Exit, CliError> {
    let assessment = assessment(&args.assessment)?;
    let made = resolve_time(args.now.as_deref(), || assessment.run.now)?;
    write_reports(&assessment, &args.writing.outputs, &args.writing, &anchors(file), Some(made))?;
    Ok(Exit::Clean)
}
