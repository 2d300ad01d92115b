//! `waiver`: findings that are accepted. They are added at the end of their file, listed, and checked for what should not last.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::args::{
    ListFormat, WaiverAddArgs, WaiverArgs, WaiverCheckArgs, WaiverCommand, WaiverFileArgs, WaiverListArgs,
};
use super::check::{assessment, clock};
use super::config::working_folder;
use super::error::CliError;
use super::exit::Exit;
use super::output::say;
use super::rules::load;
use crate::check::{
    Assessment, NewWaiver, VerdictEntry, WaiverEntry, WaiverProblem, WaiverState, Waivers, append_waiver,
    apply_waivers, parse_waivers,
};
use crate::config::{WAIVERS, nearest, resolve_time};
use crate::model::{Outcome, Untrusted};
use crate::report::waiver_problem;
use crate::rules::RuleSet;
use crate::snapshot::{read_text, write_atomically};

/// Findings that an error names.
const NAMED: usize = 12;
/// Days that a waiver is given unless someone says otherwise.
const DAYS: u16 = 90;

/// Runs the command.
pub fn run(args: &WaiverArgs) -> Result<Exit, CliError> {
    match &args.command {
        WaiverCommand::Add(args) => add(args),
        WaiverCommand::List(args) => list(args),
        WaiverCommand::Check(args) => check(args),
    }
}

/// The file of waivers that was named, or the nearest one.
fn path_of(args: &WaiverFileArgs) -> Option<PathBuf> {
    args.waivers.clone().or_else(|| nearest(&working_folder(), WAIVERS))
}

/// The waivers of the file that was named, or of the nearest one; none when there is none.
pub fn read(args: &WaiverFileArgs, rules: &RuleSet) -> Result<Waivers, CliError> {
    let Some(path) = path_of(args) else { return Ok(Waivers::default()) };
    let text = read_text(&path)?;
    Ok(parse_waivers(&shown(&path), &text, &ids(rules), args.waiver_max_days)?)
}

/// A path as reports show it: from where the program runs, when it lies below.
fn shown(path: &Path) -> String {
    path.strip_prefix(working_folder()).unwrap_or(path).display().to_string()
}

fn ids(rules: &RuleSet) -> Vec<&str> {
    rules.rules.iter().map(|rule| rule.id.as_str()).collect()
}

fn add(args: &WaiverAddArgs) -> Result<Exit, CliError> {
    let rules = load(&args.folders.rules)?;
    let now = resolve_time(args.now.as_deref(), clock)?;
    let found = args.assessment.as_deref().map(assessment).transpose()?;
    let resource = match &found {
        Some(assessment) => Finding { assessment, args }.resource()?,
        None => args.resource.clone(),
    };
    let starts = args.starts.unwrap_or_else(|| now.to_zoned(TimeZone::UTC).date());
    let waiver = NewWaiver {
        rule: args.rule.clone(),
        resource,
        element: args.element.clone(),
        reason: args.reason.clone(),
        owner: args.owner.clone(),
        approver: args.approver.clone(),
        ticket: args.ticket.clone(),
        starts,
        expires: args
            .expires
            .unwrap_or_else(|| after(starts, args.days.unwrap_or(DAYS.min(args.file.waiver_max_days)))),
    };
    let path = path_of(&args.file).unwrap_or_else(|| PathBuf::from(WAIVERS));
    let text = if path.exists() { read_text(&path)? } else { String::new() };
    let added = append_waiver(&shown(&path), &text, &waiver, &ids(&rules), args.file.waiver_max_days)?;
    rewrite(&path, &added)?;
    let resource = Untrusted::from(waiver.resource.as_str());
    say(&format!("{}: {} of {resource} is waived through {}\n", shown(&path), waiver.rule, waiver.expires))
}

fn after(starts: Date, days: u16) -> Date {
    starts.checked_add(Span::new().days(days)).unwrap_or(Date::MAX)
}

/// People's file keeps the permissions that it has.
fn rewrite(path: &Path, text: &str) -> Result<(), CliError> {
    let before = std::fs::metadata(path).ok().map(|metadata| metadata.permissions());
    write_atomically(path, text.as_bytes())?;
    if let Some(permissions) = before {
        let failed = |source| crate::snapshot::FileError::Write { path: path.to_owned(), source };
        std::fs::set_permissions(path, permissions).map_err(failed)?;
    }
    Ok(())
}

/// The finding that a waiver is for.
struct Finding<'a> {
    assessment: &'a Assessment,
    args: &'a WaiverAddArgs,
}

impl<'a> Finding<'a> {
    /// The identifier of the subject, which may have been given by its name.
    fn resource(&self) -> Result<String, CliError> {
        let failing: Vec<_> = self.failing().collect();
        let named = |verdict: &&&VerdictEntry| {
            [&verdict.subject.id, &verdict.subject.name].iter().any(|it| it.raw() == self.args.resource)
        };
        let found: Vec<_> = failing.iter().filter(named).copied().collect();
        match found[..] {
            [verdict] => self.with_element(verdict),
            [] if self.args.resource.contains('*') => Ok(self.args.resource.clone()),
            [] => Err(self.no_such(&failing)),
            _ => Err(self.no_such(&found)),
        }
    }

    fn failing(&self) -> impl Iterator<Item = &'a VerdictEntry> {
        let rule = &self.args.rule;
        self.assessment.verdicts.iter().filter(move |it| it.rule == *rule && it.outcome == Outcome::Fail)
    }

    /// A waiver of all elements would hide those that come later: whoever wants that says so.
    fn with_element(&self, verdict: &VerdictEntry) -> Result<String, CliError> {
        let failing = verdict.elements.iter().filter(|element| element.outcome == Outcome::Fail);
        let keys: Vec<_> = failing.map(|element| element.key.to_string()).collect();
        if keys.is_empty() || self.args.element.is_some() {
            return Ok(verdict.subject.id.raw().to_owned());
        }
        Err(CliError::WhichElement { keys: listed(keys) })
    }

    fn no_such(&self, candidates: &[&VerdictEntry]) -> CliError {
        let ids = candidates.iter().map(|verdict| verdict.subject.id.to_string()).collect();
        let resource = Untrusted::from(self.args.resource.as_str());
        CliError::NoSuchFinding { rule: self.args.rule.clone(), resource, candidates: listed(ids) }
    }
}

fn listed(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    if names.is_empty() { "nothing".to_owned() } else { names.join("\n  ") }
}

fn list(args: &WaiverListArgs) -> Result<Exit, CliError> {
    let rules = load(&args.folders.rules)?;
    let waivers = read(&args.file, &rules)?;
    let entries = apply_waivers(&waivers, &mut [], resolve_time(args.now.as_deref(), clock)?);
    match args.format {
        ListFormat::Json => say(&format!("{}\n", serde_json::to_string_pretty(&entries)?)),
        ListFormat::Text => say(&entries.iter().map(line).collect::<String>()),
    }
}

fn line(entry: &WaiverEntry) -> String {
    let until = match entry.state {
        WaiverState::Active => format!("active through {} ({} days)", entry.expires, entry.days_left),
        WaiverState::Pending => format!("begins {}", entry.starts),
        WaiverState::Expired => format!("expired {}", entry.expires),
    };
    let element = entry.element.as_ref().map(|element| format!(" {element}")).unwrap_or_default();
    format!(
        "{}:{}: {} {}{element}: {until}, owner {}\n",
        entry.file, entry.line, entry.rule, entry.resource, entry.owner
    )
}

/// What is wrong ends with 1, so that it fails a pipeline; what cannot be read ends with 2 before it comes to that.
fn check(args: &WaiverCheckArgs) -> Result<Exit, CliError> {
    let rules = load(&args.folders.rules)?;
    let waivers = read(&args.file, &rules)?;
    let now = resolve_time(args.now.as_deref(), clock)?;
    let entries = match &args.assessment {
        Some(path) => against(&waivers, assessment(path)?, now),
        None => alone(&waivers, now),
    };
    let mut text = String::new();
    let mut wrong = 0;
    for entry in &entries {
        for problem in &entry.problems {
            wrong += 1;
            // A string takes all that is written to it.
            let _ = writeln!(
                text,
                "{}:{}: {} {}: {}",
                entry.file,
                entry.line,
                entry.rule,
                entry.resource,
                waiver_problem(*problem, entry)
            );
        }
    }
    let count = entries.len();
    let _ = writeln!(text, "{count} {}, {wrong} to look at", if count == 1 { "waiver" } else { "waivers" });
    say(&text)?;
    Ok(if wrong == 0 { Exit::Clean } else { Exit::GateFailed })
}

/// With an assessment it is known what each waiver covers.
fn against(waivers: &Waivers, mut assessment: Assessment, now: Timestamp) -> Vec<WaiverEntry> {
    for verdict in &mut assessment.verdicts {
        verdict.waiver = None;
        verdict.elements.iter_mut().for_each(|element| element.waiver = None);
    }
    apply_waivers(waivers, &mut assessment.verdicts, now)
}

/// Without one, only the dates and the patterns say something.
fn alone(waivers: &Waivers, now: Timestamp) -> Vec<WaiverEntry> {
    let mut entries = apply_waivers(waivers, &mut [], now);
    for entry in &mut entries {
        entry.problems.retain(|problem| *problem == WaiverProblem::Expired);
        if entry.resource.raw().chars().all(|letter| letter == '*') {
            entry.problems.push(WaiverProblem::EverySubject);
        }
    }
    entries
}
