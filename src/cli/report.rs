//! `report`: an assessment in other formats.

use super::args::ReportArgs;
use super::error::CliError;
use super::exit::Exit;
use super::output::write_reports;
use crate::report::read_assessment;
use crate::snapshot::read_text;

/// Runs the command. It judges nothing, so the gate's answer of long ago is in the report and not in the exit code.
pub fn run(args: &ReportArgs) -> Result<Exit, CliError> {
    let text = read_text(&args.assessment)?;
    let assessment =
        read_assessment(&text).map_err(|source| CliError::Assessment { path: args.assessment.clone(), source })?;
    write_reports(&assessment, &args.writing.outputs, args.writing.sarif_profile)?;
    Ok(Exit::Clean)
}
