//! From rule files to a rule set, or to everything that is wrong with them.

#[cfg(test)]
mod corruption;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use super::cases::{self, Setting};
use super::compile::{Compiled, compile};
use super::decode::{Fields, Reader};
use super::expr::did_you_mean;
use super::file::{self, Description, KEYS};
use super::mutants::mutants;
use super::problem::{LoadError, LoadErrors, Problem};
use super::rule::{Fast, Rule, RuleSet};
use super::source::{MAX_BYTES, RuleSource, digest};
use super::yaml;
use crate::facts::TargetType;

/// Loads rules for these kinds of subjects.
///
/// # Errors
/// Everything that is wrong with any of the files, sorted by file and place.
pub fn load(sources: &[RuleSource], targets: &[TargetType]) -> Result<RuleSet, LoadErrors> {
    load_with(sources, targets, equivalents)
}

/// Loads one rule that was changed, and may have lost what it explains.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn load_changed(source: &RuleSource, targets: &[TargetType]) -> Result<RuleSet, LoadErrors> {
    load_with(std::slice::from_ref(source), targets, |_, _| ())
}

fn load_with(
    sources: &[RuleSource],
    targets: &[TargetType],
    review: impl Fn(&mut Reader<'_>, &Rule),
) -> Result<RuleSet, LoadErrors> {
    let mut sources: Vec<&RuleSource> = sources.iter().collect();
    // Built-in ones first: of two rules with one id, the user's is the one to rename.
    sources.sort_by(|one, other| (!one.built_in, &one.path).cmp(&(!other.built_in, &other.path)));
    let (mut rules, mut errors) = (Vec::new(), Vec::new());
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for source in &sources {
        let mut reader = Reader { file: &source.text, problems: Vec::new() };
        let loaded = load_one(&mut reader, source, targets);
        if let Some((id, at)) = id_of(&loaded, source)
            && let Some(first) = taken.insert(id.clone(), source.path.clone())
        {
            reader.complain::<()>(&at, format!("rule `{id}` is already in {first}"), None);
        }
        if let Some(rule) = &loaded.rule {
            review(&mut reader, rule);
        }
        rules.extend(loaded.rule);
        let mut problems = reader.problems;
        problems.sort();
        problems.dedup();
        errors.extend(problems.into_iter().map(|problem| LoadError::locate(source, problem)));
    }
    if !errors.is_empty() {
        return Err(LoadErrors(errors));
    }
    rules.sort_by(|one: &Rule, other| one.id.cmp(&other.id));
    let digest = digest(&sources.into_iter().cloned().collect::<Vec<_>>());
    Ok(RuleSet { rules, digest, profile: None })
}

/// Refuses explanations of changes that nobody makes of the rule.
fn equivalents(reader: &mut Reader<'_>, rule: &Rule) {
    if rule.equivalent_mutants.is_empty() {
        return;
    }
    let mutants = mutants(&rule.text);
    for explained in &rule.equivalent_mutants {
        if !mutants.iter().any(|mutant| mutant.is(explained)) {
            let message = format!("nothing changes `{}` to `{}` here", explained.was, explained.became);
            let help = "`rules test --mutate` prints the changes that survive";
            reader.complain::<()>(&explained.at, message, Some(help.to_owned()));
        }
    }
}

/// What came of one file. The place of its id is there even when the rest is wrong.
#[derive(Default)]
struct Loaded {
    rule: Option<Rule>,
    id_at: Option<Range<usize>>,
}

fn id_of(loaded: &Loaded, source: &RuleSource) -> Option<(String, Range<usize>)> {
    Some((source.stem().to_owned(), loaded.id_at.clone()?))
}

fn load_one(reader: &mut Reader<'_>, source: &RuleSource, targets: &[TargetType]) -> Loaded {
    if let Some(unusable) = &source.unusable {
        let help = unusable.help.map(str::to_owned);
        reader.problems.push(Problem::new(0..1, unusable.message.as_str()).maybe_help(help));
        return Loaded::default();
    }
    if u64::try_from(source.text.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        reader.problems.push(Problem::new(0..1, format!("this file has more than {MAX_BYTES} bytes: it is no rule")));
        return Loaded::default();
    }
    if source.text.starts_with('\u{feff}') {
        reader
            .problems
            .push(Problem::new(0..1, "this file begins with a byte order mark").help("save it as plain UTF-8"));
        return Loaded::default();
    }
    let root = match yaml::parse(&source.text) {
        Ok(root) => root,
        Err(problem) => {
            reader.problems.push(problem);
            return Loaded::default();
        }
    };
    let Some(fields) = reader.map(&root, "a rule", &KEYS) else { return Loaded::default() };
    let description = file::read(reader, &fields, source);
    let target = target(reader, &fields, targets);
    let compiled = target.and_then(|target| compile(reader, &fields, target.object_type));
    let cases = read_cases(reader, &fields, target, compiled.as_ref());
    let id_at = fields.get("id").map(|node| node.at.clone());
    let rule = match (description, target, compiled) {
        (Some(description), Some(target), Some(compiled)) if reader.problems.is_empty() => {
            Some(assemble(description, target, compiled, cases, source))
        }
        _ => None,
    };
    Loaded { rule, id_at }
}

fn target(reader: &mut Reader<'_>, fields: &Fields<'_>, targets: &[TargetType]) -> Option<TargetType> {
    let node = reader.need(fields, "targets")?;
    let name = reader.string(node)?;
    let found = targets.iter().find(|target| target.name == name).copied();
    found.or_else(|| {
        let names: Vec<&str> = targets.iter().map(|target| target.name).collect();
        let help = did_you_mean(&name, names.iter().copied()).unwrap_or_else(|| format!("one of {}", names.join(", ")));
        reader.complain(&node.at, format!("unknown target `{name}`"), Some(help))
    })
}

/// Tests are read when it is known what they speak of.
fn read_cases(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    target: Option<TargetType>,
    compiled: Option<&Compiled>,
) -> Vec<cases::Case> {
    let node = reader.need(fields, "tests");
    let (Some(node), Some(target), Some(compiled)) = (node, target, compiled) else { return Vec::new() };
    let element = compiled.element.as_ref().map(|(name, ty)| (name.as_str(), ty.clone()));
    let setting = Setting { root: target.object_type, element, params: &compiled.params };
    cases::read(reader, node, &setting)
}

fn assemble(
    description: Description,
    target: TargetType,
    compiled: Compiled,
    cases: Vec<cases::Case>,
    source: &RuleSource,
) -> Rule {
    let Description {
        id,
        title,
        severity,
        severity_reason,
        status,
        rationale,
        remediation,
        frameworks,
        docs,
        source: origin,
        tags,
        equivalent_mutants,
    } = description;
    let Compiled { logic, params, when_text, check_text, let_texts, element } = compiled;
    let list = logic.for_each.as_ref().map(|for_each| for_each.text.clone());
    Rule {
        id,
        title,
        severity,
        severity_reason,
        status,
        area: source.folder().to_owned(),
        target: target.name,
        rationale,
        for_each: element.map(|(name, _)| name).zip(list),
        lets: let_texts,
        when_text,
        check_text,
        remediation,
        frameworks,
        docs,
        source: origin,
        tags,
        equivalent_mutants,
        params,
        path: source.path.clone(),
        text: source.text.clone(),
        fast: Fast::new(&logic),
        logic,
        cases,
    }
}
