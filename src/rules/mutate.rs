//! Whether a rule's tests would notice a mistake in it: each of many small changes is made, and those that load and fail no
//! test are reported.

use rayon::prelude::*;

use super::cases::run_cases;
use super::load::load_changed;
use super::mutants::{Mutant, mutants, on_one_line};
use super::problem::{LoadError, Problem};
use super::rule::{Equivalent, Rule, RuleSet};
use super::source::RuleSource;
use crate::facts::TargetType;

/// What came of changing rules.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Mutation {
    /// Changes that were tried.
    pub tried: usize,
    /// Of these, changes that did not load.
    pub refused: usize,
    /// Changes that no test noticed.
    pub survivors: Vec<Survivor>,
    /// Changes that no test noticed and that are none, as the rule files explain.
    pub equivalent: Vec<(Survivor, String)>,
    /// What rule files explain although tests notice it: the rule, and the change.
    pub overtaken: Vec<(String, Equivalent)>,
}

impl Mutation {
    /// Whether the tests notice everything that the rule files do not explain, and nothing that they do.
    pub fn is_clean(&self) -> bool {
        self.survivors.is_empty() && self.overtaken.is_empty()
    }
}

/// A change that no test of its rule notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// The rule.
    pub rule: String,
    /// The file.
    pub path: String,
    /// Line of the change, counted from 1.
    pub line: usize,
    /// Column, counted from 1.
    pub column: usize,
    /// What stood there.
    pub was: String,
    /// What stood there instead.
    pub became: String,
}

/// What one change led to.
enum Fate {
    Refused,
    Noticed,
    Survived,
}

/// Changes each rule in every way known, one change at a time.
pub fn mutate(rules: &RuleSet, targets: &[TargetType]) -> Mutation {
    let changes = rules.rules.iter().flat_map(|rule| mutants(&rule.text).into_iter().map(move |mutant| (rule, mutant)));
    let changes: Vec<(&Rule, Mutant)> = changes.collect();
    let fates: Vec<Fate> = changes.par_iter().map(|(rule, mutant)| try_one(rule, mutant, targets)).collect();
    let mut mutation = Mutation { tried: changes.len(), ..Mutation::default() };
    for ((rule, mutant), fate) in changes.into_iter().zip(fates) {
        match fate {
            Fate::Refused => mutation.refused += 1,
            Fate::Noticed => (),
            Fate::Survived => match rule.equivalent_mutants.iter().find(|it| mutant.is(it)) {
                Some(known) => mutation.equivalent.push((survivor(rule, &mutant), known.reason.clone())),
                None => mutation.survivors.push(survivor(rule, &mutant)),
            },
        }
    }
    mutation.overtaken = overtaken(rules, &mutation.equivalent);
    mutation
}

fn try_one(rule: &Rule, mutant: &Mutant, targets: &[TargetType]) -> Fate {
    let mut changed = rule.text.clone();
    changed.replace_range(mutant.at.clone(), &mutant.became);
    match load_changed(&RuleSource::new(rule.path.as_str(), changed), targets) {
        Err(_) => Fate::Refused,
        Ok(set) if run_cases(&set).is_empty() => Fate::Survived,
        Ok(_) => Fate::Noticed,
    }
}

fn survivor(rule: &Rule, mutant: &Mutant) -> Survivor {
    let source = RuleSource::new(rule.path.as_str(), rule.text.as_str());
    let place = LoadError::locate(&source, Problem::new(mutant.at.clone(), ""));
    let (line, column) = (place.line, place.column);
    let (was, became) = (on_one_line(&mutant.was), on_one_line(&mutant.became));
    Survivor { rule: rule.id.clone(), path: rule.path.clone(), line, column, was, became }
}

/// What rule files explain, and no change that survived is it.
fn overtaken(rules: &RuleSet, survived: &[(Survivor, String)]) -> Vec<(String, Equivalent)> {
    let explained = rules.rules.iter().flat_map(|rule| rule.equivalent_mutants.iter().map(move |it| (rule, it)));
    let is =
        |it: &Survivor, rule: &Rule, of: &Equivalent| it.rule == rule.id && it.was == of.was && it.became == of.became;
    let noticed = explained.filter(|(rule, of)| !survived.iter().any(|(it, _)| is(it, rule, of)));
    noticed.map(|(rule, of)| (rule.id.clone(), of.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{TARGETS, load};

    /// A rule with this check, and these keys and tests at its end.
    fn rule(check: &str, rest: &str) -> String {
        format!(
            "schema: 1\nid: net-x\ntitle: x\nseverity: low\nstatus: stable\ntargets: sample\nparams:\n  limit: {{type: int, default: 7, \
             description: x}}\ncheck: |\n  {check}\nmessage: x\nrationale: x\nremediation: {{text: x}}\nframeworks: {{}}\n\
             docs: https://a.b\nsource: x\ntags: []\n{rest}\n"
        )
    }

    fn mutation(text: &str) -> Mutation {
        let rules = load("rules/network/net-x.yaml", text).unwrap_or_else(|errors| panic!("{errors}"));
        assert!(run_cases(&rules).is_empty(), "{:?}", run_cases(&rules));
        mutate(&rules, &TARGETS)
    }

    fn shown(it: &Survivor) -> String {
        format!("{}:{} {} → {}", it.line, it.column, it.was, it.became)
    }

    const CHECK: &str = "r.port > params.limit && !r.public";
    const WEAK: &str = "tests:\n  - {name: p, expect: pass, given: {r: {port: 100, public: false}}}\n  \
                        - {name: f, expect: fail, given: {r: {port: 1, public: true}}}\n  - {name: u, expect: unknown, given: {r: {}}}";
    const STRONG: &str = "tests:\n  - {name: p, expect: pass, given: {r: {port: 8, public: false}}}\n  \
                          - {name: f, expect: fail, given: {r: {port: 7, public: false}}}\n  \
                          - {name: g, expect: fail, given: {r: {port: 8, public: true}}}\n  - {name: u, expect: unknown, given: {r: {}}}";

    #[test]
    fn weak_tests_let_changes_survive_and_strong_ones_do_not() {
        let found: Vec<String> = mutation(&rule(CHECK, WEAK)).survivors.iter().map(shown).collect();
        assert!(found.contains(&"8:31 7 → 8".to_owned()) && found.contains(&"10:9 > → >=".to_owned()), "{found:?}");
        assert!(found.iter().any(|it| it.ends_with("→ r.port > params.limit")), "{found:?}");
        assert_eq!(mutation(&rule(CHECK, STRONG)).survivors, []);
    }

    #[test]
    fn a_change_that_is_explained_is_no_survivor() {
        let explained = "equivalent_mutants:\n  - {was: '7', became: '8', reason: ports are even}\n";
        let found = mutation(&rule(CHECK, &format!("{explained}{WEAK}")));
        let explained: Vec<_> = found.equivalent.iter().map(|(it, reason)| (shown(it), reason.as_str())).collect();
        assert_eq!(explained, [("8:31 7 → 8".to_owned(), "ports are even")]);
        assert!(!found.survivors.is_empty() && found.survivors.iter().all(|it| it.became != "8"), "{found:?}");
        assert!(!found.is_clean() && found.overtaken.is_empty(), "{found:?}");
    }

    #[test]
    fn an_explanation_that_a_test_refutes_is_told() {
        let explained = "equivalent_mutants:\n  - {was: '7', became: '8', reason: ports are even}\n";
        let found = mutation(&rule(CHECK, &format!("{explained}{STRONG}")));
        assert_eq!((found.survivors.len(), found.equivalent.len(), found.overtaken.len()), (0, 0, 1));
        assert!(!found.is_clean(), "{found:?}");
    }

    #[test]
    fn an_explanation_of_no_change_does_not_load() {
        for (was, became, loads) in [("'7'", "'6'", true), ("'7'", "'9'", false), ("8", "'7'", false)] {
            let explained = format!("equivalent_mutants:\n  - {{was: {was}, became: {became}, reason: x}}\n");
            let loaded = load("rules/network/net-x.yaml", &rule(CHECK, &format!("{explained}{STRONG}")));
            assert_eq!(loaded.is_ok(), loads, "{was} {became}");
            if let Err(errors) = loaded {
                assert!(errors.to_string().contains("nothing changes `"), "{errors}");
            }
        }
    }

    /// What is asked of everybody's rules holds for ours: their tests notice every change that changes a verdict.
    #[test]
    fn the_tests_of_the_shipped_rules_notice_every_change() {
        let targets = crate::facts::TARGETS;
        let rules = crate::rules::load(&crate::rules::embedded(), targets).unwrap_or_else(|errors| panic!("{errors}"));
        let found = mutate(&rules, targets);
        assert!(found.tried > 10 * rules.rules.len(), "{}", found.tried);
        let survivors: Vec<String> = found.survivors.iter().map(|it| format!("{}:{}", it.path, shown(it))).collect();
        assert!(found.is_clean(), "{}\n{:?}", survivors.join("\n"), found.overtaken);
    }
}
