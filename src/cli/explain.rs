//! `explain`: what a rule wants, why, what it rests on and how to mend a failure.

use super::args::ExplainArgs;
use super::error::CliError;
use super::exit::Exit;
use super::output::{say, width};
use super::rules::{find, load};
use crate::rules::{Control, FactRead, Param, RemediationText, Rule, control};

/// Runs the command.
pub fn run(args: &ExplainArgs) -> Result<Exit, CliError> {
    let rules = load(&args.folders.rules)?;
    say(&explain(find(&rules, &args.rule)?, width()))
}

/// A rule in words.
fn explain(rule: &Rule, width: usize) -> String {
    let mut page = Page { text: String::new(), width: width.clamp(40, 120) };
    page.plain(&format!("{}  {}  {}  {}", rule.id, rule.severity.as_str(), rule.area, rule.status.as_str()));
    page.plain(&rule.title);
    page.part("Why", &rule.rationale);
    if let Some(reason) = &rule.severity_reason {
        page.part("Severity", &format!("{}: {reason}", rule.severity.as_str()));
    }
    page.part("Judges", &judged(rule));
    page.code("When", rule.when_text.as_deref());
    for (name, text) in &rule.lets {
        page.code(&format!("Where `{name}` is"), Some(text));
    }
    page.code("Holds when", Some(&rule.check_text));
    page.list("Parameters", rule.params.iter().map(parameter));
    page.list("Rests on", rule.facts().iter().map(fact));
    page.remedy(&rule.remediation);
    page.list(
        "Frameworks",
        rule.frameworks.iter().flat_map(|(name, controls)| controls.iter().map(|it| framework(name, it))),
    );
    page.part("See", &rule.docs);
    page.part("From", &format!("{} ({})", rule.path, rule.source));
    page.text
}

fn judged(rule: &Rule) -> String {
    match &rule.for_each {
        Some((name, list)) => format!("every {}: each element `{name}` of `{list}`", rule.target),
        None => format!("every {}", rule.target),
    }
}

fn parameter(param: &Param) -> String {
    let bounds = match (param.min, param.max) {
        (Some(min), Some(max)) => format!(", {min} to {max}"),
        (Some(min), None) => format!(", at least {min}"),
        (None, Some(max)) => format!(", at most {max}"),
        (None, None) => String::new(),
    };
    format!("{} ({}{bounds}; default {}): {}", param.name, param.type_name, param.shown(), param.description)
}

fn fact(fact: &FactRead) -> String {
    let source = if fact.key.is_empty() { String::new() } else { format!(" [{}]", fact.key) };
    let optional = if fact.optional { ", may be absent" } else { "" };
    format!("{} ({}{optional}){source}: {}", fact.fact, fact.ty, fact.doc)
}

fn framework(name: &str, mapped: &Control) -> String {
    let known = control(name, &mapped.control);
    let title = known.map_or_else(String::new, |it| format!(", {}: {}", it.basis.as_str(), it.title));
    let untested = known.and_then(|it| it.untested.as_ref());
    let untested = untested.map_or_else(String::new, |it| format!("; not tested: {it}"));
    format!("{name} {} ({}{title}{untested})", mapped.control, mapped.coverage.as_str())
}

/// A page of parts, each under its heading.
struct Page {
    text: String,
    width: usize,
}

impl Page {
    fn plain(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn part(&mut self, heading: &str, words: &str) {
        self.plain(&format!("\n{heading}:"));
        self.wrapped(words, "  ", "  ");
    }

    fn code(&mut self, heading: &str, code: Option<&str>) {
        if let Some(code) = code {
            self.plain(&format!("\n{heading}:"));
            for line in code.trim_end().lines() {
                self.plain(&format!("  {line}"));
            }
        }
    }

    fn list(&mut self, heading: &str, items: impl Iterator<Item = String>) {
        let items: Vec<String> = items.collect();
        if !items.is_empty() {
            self.plain(&format!("\n{heading}:"));
            for item in items {
                self.wrapped(&item, "  ", "      ");
            }
        }
    }

    fn remedy(&mut self, remediation: &RemediationText) {
        self.part("Mend", &remediation.text);
        self.code("AWS CLI", remediation.cli.as_deref());
        self.code("SQL", remediation.sql.as_deref());
        self.code("Terraform", remediation.terraform.as_deref());
        let effort = remediation.effort.map(|effort| format!("effort {}", effort.as_str()));
        let risk = remediation.risk.clone();
        let cost: Vec<String> = effort.into_iter().chain(risk).collect();
        if !cost.is_empty() {
            self.part("Costs", &cost.join(". "));
        }
    }

    fn wrapped(&mut self, words: &str, first: &str, rest: &str) {
        let mut line = first.to_owned();
        let mut empty = true;
        for word in words.split_whitespace() {
            if !empty && line.chars().count() + 1 + word.chars().count() > self.width {
                self.plain(&line);
                rest.clone_into(&mut line);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        self.plain(&line);
    }
}
