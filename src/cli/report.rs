//! `report`: an assessment in other formats.

use super::args::ReportArgs;
use super::check::assessment;
use super::error::CliError;
use super::exit::Exit;
use super::output::write_reports;

/// Runs the command. It judges nothing, so the gate's answer of long ago is in the report and not in the exit code.
pub fn run(args: &ReportArgs) -> Result<Exit, CliError> {
    let assessment = assessment(&args.assessment)?;
    write_reports(&assessment, &args.writing.outputs, args.writing.sarif_profile)?;
    Ok(Exit::Clean)
}
