//! `rules test`: the rules' own tests, and whether they would notice a mistake.

use std::fmt::Write as _;

use super::super::args::RuleTestArgs;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::say;
use crate::facts::TARGETS;
use crate::rules::{Mutation, Rule, Survivor, mutate, run_cases};

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
    Ok(if mutation.is_clean() { Exit::Clean } else { Exit::GateFailed })
}

fn report(mutation: &Mutation) -> String {
    let Mutation { tried, refused, survivors, equivalent, overtaken } = mutation;
    let noticed = tried - refused - survivors.len() - equivalent.len();
    let mut text = format!("{tried} changes tried: {refused} did not load, {noticed} failed a test");
    if !equivalent.is_empty() {
        let _infallible = write!(text, ", {} change no verdict", equivalent.len());
    }
    if !survivors.is_empty() {
        let _infallible = write!(text, ", {} survived", survivors.len());
    }
    text.push('\n');
    for (it, reason) in equivalent {
        let _infallible = writeln!(text, "{}: equivalent: {reason}", change(it));
    }
    for it in survivors {
        let _infallible = writeln!(text, "{}: survived", change(it));
    }
    for (rule, it) in overtaken {
        let _infallible = writeln!(text, "{rule}: {} → {}: called equivalent, and a test fails it", it.was, it.became);
    }
    text + help(mutation)
}

fn change(it: &Survivor) -> String {
    format!("{}:{}:{}: {} → {}", it.path, it.line, it.column, it.was, it.became)
}

/// What to do next, of what is not in order.
fn help(mutation: &Mutation) -> &'static str {
    match (mutation.survivors.is_empty(), mutation.overtaken.is_empty()) {
        (false, _) => {
            "help: a change that survives needs a test that it fails, or shows a part that decides nothing; where it changes no \
             verdict, `equivalent_mutants` says why\n"
        }
        (true, false) => "help: take what a test fails out of `equivalent_mutants`\n",
        (true, true) => "",
    }
}
