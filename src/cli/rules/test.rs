//! `rules test`: the rules' own tests, and whether they would notice a mistake.

use std::fmt::Write as _;

use super::super::args::RuleTestArgs;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::say;
use crate::facts::TARGETS;
use crate::rules::{Mutation, Rule, mutate, run_cases};

/// Runs the command.
pub fn run(args: &RuleTestArgs) -> Result<Exit, CliError> {
    let mut rules = super::load(&args.folders.rules)?;
    for id in &args.only {
        super::find(&rules, id)?;
    }
    rules.rules.retain(|rule| args.only.is_empty() || args.only.contains(&rule.id));
    let failures = run_cases(&rules);
    if !failures.is_empty() {
        return Err(CliError::RuleCases(failures));
    }
    let cases: usize = rules.rules.iter().map(Rule::case_count).sum();
    let passed = format!("{} rules, {cases} tests passed\n", rules.rules.len());
    if !args.mutate {
        return say(&passed);
    }
    let mutation = mutate(&rules, TARGETS);
    say(&(passed + &report(&mutation)))?;
    Ok(if mutation.survivors.is_empty() { Exit::Clean } else { Exit::GateFailed })
}

fn report(mutation: &Mutation) -> String {
    let Mutation { tried, refused, survivors } = mutation;
    let noticed = tried - refused - survivors.len();
    let mut text = format!("{tried} changes tried: {refused} did not load, {noticed} failed a test");
    if survivors.is_empty() {
        return text + "\n";
    }
    let _infallible = writeln!(text, ", {} survived:", survivors.len());
    for it in survivors {
        let _infallible = writeln!(text, "{}:{}:{}: {} → {}", it.path, it.line, it.column, it.was, it.became);
    }
    text + "help: a change that survives needs a test that it fails, or shows a part that decides nothing\n"
}
