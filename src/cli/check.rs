//! `check`: snapshots → assessment → reports.

use jiff::Timestamp;

use super::args::{CheckArgs, JudgeArgs};
use super::error::CliError;
use super::exit::Exit;
use super::output::write_reports;
use super::rules::load;
use crate::check::{GateOptions, assess};
use crate::config::{CheckSettings, resolve_time};
use crate::rules::{Detail, RuleSet, run_cases};
use crate::snapshot::{self, Snapshot};

/// Runs the command.
pub fn run(args: &CheckArgs) -> Result<Exit, CliError> {
    let settings = settings(&args.judging)?;
    let rules = load_rules(&settings)?;
    let snapshot = snapshot::read(&args.snapshots)?;
    judge(&snapshot, &rules, &settings, &args.judging)
}

/// What the arguments mean.
pub fn settings(args: &JudgeArgs) -> Result<CheckSettings, CliError> {
    let settings = CheckSettings {
        gate: GateOptions { fail_on: args.fail_on.severity(), allow_incomplete: args.allow_incomplete },
        exit_zero: args.exit_zero,
        now: resolve_time(args.now.as_deref(), clock)?,
        rules: args.folders.rules.clone(),
        outputs: args.writing.outputs.clone(),
    };
    Ok(settings.validated()?)
}

/// The clock, to the second.
pub fn clock() -> Timestamp {
    let clock = Timestamp::now();
    Timestamp::from_second(clock.as_second()).unwrap_or(clock)
}

/// The built-in rules and the user's.
pub fn load_rules(settings: &CheckSettings) -> Result<RuleSet, CliError> {
    let rules = load(&settings.rules)?;
    // A rule that fails its own tests does not do what its author thinks; the built-in ones were tested when they were built.
    let failures = if settings.rules.is_empty() { Vec::new() } else { run_cases(&rules) };
    if failures.is_empty() { Ok(rules) } else { Err(CliError::RuleCases(failures)) }
}

/// Judges, writes the reports, and asks the gate.
pub fn judge(
    snapshot: &Snapshot,
    rules: &RuleSet,
    settings: &CheckSettings,
    args: &JudgeArgs,
) -> Result<Exit, CliError> {
    let profile = args.writing.sarif_profile;
    let shown = settings.outputs.iter().any(|output| output.format.shows_passes(profile));
    let detail = if shown { Detail::All } else { Detail::Findings };
    let assessment = assess(snapshot, rules, settings.gate, settings.now, detail);
    write_reports(&assessment, &settings.outputs, args.writing.sarif_profile)?;
    Ok(Exit::of_gate(assessment.gate.result, settings.exit_zero))
}
