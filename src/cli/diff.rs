//! `diff`: what changed between two runs, in findings and in facts.

use std::path::Path;

use super::args::DiffArgs;
use super::check::clock;
use super::chosen::{self, Choice};
use super::error::CliError;
use super::exit::Exit;
use super::output::to_stdout;
use crate::check::{Assessment, Baseline, Terms, assess, difference};
use crate::config::{ConfigFile, resolve_time};
use crate::report::{read_assessment, render_difference};
use crate::rules::{Detail, RuleSet};
use crate::snapshot::{self, read_text};

/// Runs the command.
pub fn run(args: &DiffArgs, file: Option<&ConfigFile>) -> Result<Exit, CliError> {
    let profile = &args.profile.profile_rules;
    let rules = Choice { profile, corporate: &args.corporate_cidrs, file }.of(chosen::all(&args.folders.rules)?)?;
    let sides = [&args.old, &args.new].map(|path| Side::read(path));
    let [old, new] = sides;
    let (old, new) = (old?, new?);
    let facts = old.snapshot.as_ref().zip(new.snapshot.as_ref()).map(|(old, new)| snapshot::diff(old, new));
    let now = resolve_time(args.now.as_deref(), clock)?;
    let judged = |side: Side| side.judged(&rules, now);
    let (old, new) = (judged(old)?, judged(new)?);
    let (path, assessment) = old;
    let difference = difference(&Baseline { path, assessment }, new, facts);
    to_stdout(render_difference(&difference, args.format.into())?.as_bytes())?;
    Ok(Exit::Clean)
}

/// A file: a snapshot, or an assessment.
struct Side {
    path: String,
    snapshot: Option<String>,
    assessment: Option<Assessment>,
}

impl Side {
    /// A snapshot begins with its header, on one line; an assessment is one document.
    fn read(path: &Path) -> Result<Self, CliError> {
        let text = read_text(path)?;
        let (shown, path) = (path.display().to_string(), path.to_owned());
        let first = text.lines().next().unwrap_or_default();
        if serde_json::from_str::<serde_json::Value>(first).is_ok() {
            return Ok(Self { path: shown, snapshot: Some(text), assessment: None });
        }
        let assessment = read_assessment(&text).map_err(|source| CliError::Assessment { path, source })?;
        Ok(Self { path: shown, snapshot: None, assessment: Some(assessment) })
    }

    fn judged(self, rules: &RuleSet, now: jiff::Timestamp) -> Result<(String, Assessment), CliError> {
        let assessment = match (self.assessment, self.snapshot) {
            (Some(assessment), _) => assessment,
            (None, text) => {
                let snapshot = snapshot::read_texts(&[(self.path.clone().into(), text.unwrap_or_default())])?;
                assess(&snapshot, rules, Terms::default(), now, Detail::Findings)
            }
        };
        Ok((self.path, assessment))
    }
}
