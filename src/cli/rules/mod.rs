//! `rules`: the rule set, and the tools of those who write rules.

mod list;
mod new;
mod test;

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::args::{PageArgs, RuleFolders, RulesArgs, RulesCommand};
use super::error::CliError;
use super::exit::Exit;
use super::output::say;
use crate::facts::TARGETS;
use crate::rules::{self, Rule, RuleSet, facts_page, rules_page, type_page};

/// Runs the command.
pub fn run(args: &RulesArgs) -> Result<Exit, CliError> {
    match &args.command {
        RulesCommand::List(args) => list::run(args),
        RulesCommand::Profiles(args) => list::profiles(&args.folders.rules),
        RulesCommand::Show(args) => {
            let rules = load(&args.folders.rules)?;
            say(&find(&rules, &args.rule)?.text)
        }
        RulesCommand::Check(args) => check(&args.folders),
        RulesCommand::Test(args) => test::run(args),
        RulesCommand::New(args) => new::run(args),
        RulesCommand::Schema(args) => schema(args.name.as_deref()),
        RulesCommand::Page(args) => page(args),
    }
}

/// The built-in rules and the user's.
pub fn load(folders: &[PathBuf]) -> Result<RuleSet, CliError> {
    let mut sources = rules::embedded();
    for folder in folders {
        sources.extend(rules::from_dir(folder)?);
    }
    Ok(rules::load(&sources, TARGETS)?)
}

fn page(args: &PageArgs) -> Result<Exit, CliError> {
    let rules = load(&args.folders.rules)?;
    let areas: BTreeSet<&str> = rules.rules.iter().map(|rule| rule.area.as_str()).collect();
    if !areas.contains(args.area.as_str()) {
        let known: Vec<&str> = areas.into_iter().collect();
        return Err(CliError::EmptyArea { area: args.area.clone(), known: known.join(", ") });
    }
    say(&rules_page(&rules.rules, &args.area))
}

/// A rule by its id.
pub fn find<'r>(rules: &'r RuleSet, id: &str) -> Result<&'r Rule, CliError> {
    rules.rules.iter().find(|rule| rule.id == id).ok_or_else(|| CliError::NoSuchRule {
        rule: id.to_owned(),
        help: rules.nearest(id).unwrap_or_else(|| "`aurora-audit rules list` names them all".to_owned()),
    })
}

fn check(folders: &RuleFolders) -> Result<Exit, CliError> {
    let rules = load(&folders.rules)?;
    let cases: usize = rules.rules.iter().map(Rule::case_count).sum();
    say(&format!("{} rules load; they have {cases} tests (`aurora-audit rules test` runs them)\n", rules.rules.len()))
}

fn schema(name: Option<&str>) -> Result<Exit, CliError> {
    let page = match name {
        None => facts_page(TARGETS),
        Some(name) => type_page(TARGETS, name).map_err(|help| CliError::NoSuchType {
            name: name.to_owned(),
            help: help.unwrap_or_else(|| "`aurora-audit rules schema` shows them all".to_owned()),
        })?,
    };
    say(&page)
}
