//! `report`: an assessment in other formats.

use super::args::ReportArgs;
use super::check::assessment;
use super::error::CliError;
use super::exit::Exit;
use super::output::write_reports;
use crate::config::resolve_time;

/// Runs the command. It judges nothing, so the gate's answer of long ago is in the report and not in the exit code.
pub fn run(args: &ReportArgs) -> Result<Exit, CliError> {
    let assessment = assessment(&args.assessment)?;
    let made = resolve_time(args.now.as_deref(), || assessment.run.now)?;
    write_reports(&assessment, &args.writing.outputs, &args.writing, Some(made))?;
    Ok(Exit::Clean)
}
