//! `rules list`: a line a rule; `rules profiles`: a line a profile.

use std::path::PathBuf;

use super::super::args::ListArgs;
use super::super::chosen::profile;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::say;
use crate::rules::{Profile, Rule};

/// Runs the command.
pub fn run(args: &ListArgs) -> Result<Exit, CliError> {
    let rules = super::load(&args.folders.rules)?;
    let chosen = args.profile_rules.as_deref().map(|name| profile(&rules, name)).transpose()?;
    let in_profile = |rule: &&Rule| chosen.as_ref().is_none_or(|it| it.has(rule));
    let wanted: Vec<&Rule> = rules.rules.iter().filter(|rule| fits(rule, args)).filter(in_profile).collect();
    let width = |of: fn(&Rule) -> &str| wanted.iter().map(|rule| of(rule).len()).max().unwrap_or(0);
    let (id, target) = (width(|rule| &rule.id), width(|rule| rule.target));
    let line = |rule: &&Rule| {
        format!("{:id$}  {:8}  {:target$}  {}\n", rule.id, rule.severity.as_str(), rule.target, rule.title)
    };
    say(&wanted.iter().map(line).collect::<Vec<_>>().concat())
}

/// Runs `rules profiles`.
pub fn profiles(folders: &[PathBuf]) -> Result<Exit, CliError> {
    let rules = super::load(folders)?;
    let profiles = rules.profiles();
    let width = profiles.iter().map(|it| it.id.len()).max().unwrap_or(0);
    let line = |profile: &Profile| {
        let count = rules.rules.iter().filter(|rule| profile.has(rule)).count();
        format!("{:width$}  {count:3}  {}\n", profile.id, profile.title)
    };
    say(&profiles.iter().map(line).collect::<Vec<_>>().concat())
}

fn fits(rule: &Rule, args: &ListArgs) -> bool {
    args.area.as_ref().is_none_or(|area| rule.area == *area)
        && args.target.as_ref().is_none_or(|target| rule.target == target)
        && args.tag.as_ref().is_none_or(|tag| rule.tags.contains(tag))
}
