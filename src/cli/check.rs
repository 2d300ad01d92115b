//! `check`: snapshots → assessment → reports.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::args::{CheckArgs, JudgeArgs, RuleSelection};
use super::chosen::{self, Choice};
use super::config::working_folder;
use super::error::CliError;
use super::exit::Exit;
use super::output::write_reports;
use super::rules::find;
use super::{output, summary, waiver};
use crate::check::{Assessment, Baseline, GateOptions, Terms, Waivers, assess};
use crate::config::{CheckSettings, ConfigFile, resolve_time};
use crate::facts::iam::evaluate::{Options, UnreadScps};
use crate::report::{Anchors, read_assessment};
use crate::rules::{Detail, RuleSet};
use crate::snapshot::{self, Snapshot, read_text};

/// Runs the command.
pub fn run(args: &CheckArgs, file: Option<&ConfigFile>) -> Result<Exit, CliError> {
    let checked = checked(args, file);
    summary::write(args.judging.summary.as_deref(), clock(), checked)
}

fn checked(args: &CheckArgs, file: Option<&ConfigFile>) -> Result<(Exit, Assessment), CliError> {
    let settings = settings(&args.judging)?;
    let known = Known::load(&settings, &args.judging, file)?.only(&args.selection, &settings.rules)?;
    let snapshot = snapshot::read(&args.snapshots)?;
    judge(&snapshot, &known, &settings, &args.judging)
}

/// What a snapshot is judged by: read before anything else, so that a mistake in it costs no collection.
pub struct Known {
    rules: RuleSet,
    waivers: Waivers,
    baseline: Option<Baseline>,
    decisions: Options,
    /// Where the configuration names targets.
    anchors: Anchors,
}

impl Known {
    /// Reads all of it.
    pub fn load(settings: &CheckSettings, args: &JudgeArgs, file: Option<&ConfigFile>) -> Result<Self, CliError> {
        let rules = chosen::all(&settings.rules)?;
        let waivers = waiver::read(&args.waivers, &rules)?;
        let baseline = settings.baseline.as_deref().map(read_baseline).transpose()?;
        let profile = &args.profile.profile_rules;
        let rules = Choice { profile, corporate: &args.corporate_cidrs, file }.of(rules)?;
        let unread_scps = if settings.scps_unknown { UnreadScps::Unknown } else { UnreadScps::Assume };
        let decisions = Options { unread_scps, ..Options::default() };
        Ok(Self { rules, waivers, baseline, decisions, anchors: anchors(file) })
    }

    /// The same, but for the rules that were not selected.
    pub fn only(mut self, selection: &RuleSelection, folders: &[PathBuf]) -> Result<Self, CliError> {
        for id in &selection.only_rules {
            find(&self.rules, id).map_err(|error| left_out(id, folders).unwrap_or(error))?;
        }
        if !selection.only_rules.is_empty() {
            self.rules = self.rules.only(&selection.only_rules);
        }
        Ok(self)
    }
}

/// What is said of a rule that there is and that does not run.
fn left_out(id: &str, folders: &[PathBuf]) -> Option<CliError> {
    let there = chosen::all(folders).ok().is_some_and(|rules| find(&rules, id).is_ok());
    let help = "the profile or the configuration leaves it out; --profile-rules all has every rule";
    there.then(|| CliError::NoSuchRule { rule: id.to_owned(), help: help.to_owned() })
}

/// Where the configuration names targets.
pub fn anchors(file: Option<&ConfigFile>) -> Anchors {
    file.map(|file| file.anchors(&working_folder())).unwrap_or_default()
}

fn read_baseline(path: &Path) -> Result<Baseline, CliError> {
    Ok(Baseline { path: path.display().to_string(), assessment: assessment(path)? })
}

/// The assessment in a file.
pub fn assessment(path: &Path) -> Result<Assessment, CliError> {
    read_assessment(&read_text(path)?).map_err(|source| CliError::Assessment { path: path.to_owned(), source })
}

/// What the arguments mean.
pub fn settings(args: &JudgeArgs) -> Result<CheckSettings, CliError> {
    let settings = CheckSettings {
        gate: GateOptions {
            fail_on: args.fail_on.severity(),
            fail_on_new: args.fail_on_new,
            min_coverage: args.min_coverage,
            allow_incomplete: args.allow_incomplete,
        },
        baseline: args.baseline.clone(),
        scps_unknown: args.scps_unknown,
        exit_zero: args.exit_zero,
        now: resolve_time(args.now.as_deref(), clock)?,
        rules: args.folders.rules.clone(),
        outputs: args.writing.outputs.clone(),
    };
    // Now, because a mistake in a template is no reason to collect twice.
    output::options(&args.writing)?;
    Ok(settings.validated()?)
}

/// The clock, to the second.
pub fn clock() -> Timestamp {
    let clock = Timestamp::now();
    Timestamp::from_second(clock.as_second()).unwrap_or(clock)
}

/// Judges, writes the reports, and asks the gate.
pub fn judge(
    snapshot: &Snapshot,
    known: &Known,
    settings: &CheckSettings,
    args: &JudgeArgs,
) -> Result<(Exit, Assessment), CliError> {
    let profile = args.writing.sarif_profile;
    let shown = settings.outputs.iter().any(|output| output.format.shows_passes(profile));
    let detail = if shown { Detail::All } else { Detail::Findings };
    let terms = Terms {
        gate: settings.gate,
        decisions: known.decisions,
        waivers: Some(&known.waivers),
        baseline: known.baseline.as_ref(),
    };
    let assessment = assess(snapshot, &known.rules, terms, settings.now, detail);
    write_reports(&assessment, &settings.outputs, &args.writing, &known.anchors, None)?;
    Ok((Exit::of_gate(assessment.gate.result, settings.exit_zero), assessment))
}
