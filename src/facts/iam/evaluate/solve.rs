//! From a condition to its answer: whether it can be met at all, whether it can fail, what is left of it when contradictions are
//! dropped, and a context for either side.

use std::collections::{BTreeMap, BTreeSet};

use super::class::Class;
use super::condition::{Atom, Condition};
use super::context::{Context, ContextValue, Known};
use super::decide::{Case, Part, implicit};
use super::decision::{Conditional, Decision, Denial, Witness};
use super::domain::{Domain, Effort, domain, instance};
use super::language;
use super::matching::RESOURCE;
use super::request::{Reading, Resource};
use crate::facts::iam::glob::Glob;
use crate::facts::iam::grammar::{Operator, Resolved, ResourcePattern, SetOperator, Test};

/// An atom, and whether it has to be true.
type Literal = (Atom, bool);

/// Literals that all have to hold.
type Term = BTreeSet<Literal>;

/// Alternatives that are kept apart; beyond, a condition stays as it is.
const MAX_TERMS: usize = 64;

/// Combinations of values that are tried for keys that are compared with each other.
const MAX_COMBINATIONS: usize = 4_096;

/// Decides what the layers leave open.
pub(super) fn solve(case: Case<'_>, parts: &[Part]) -> Decision {
    let problem =
        Problem { context: case.request.context, resource: case.request.resource, reading: case.options.reading };
    let denied = case.denies.iter().fold(Condition::Never, |any, (condition, _)| any.or(condition.clone()));
    let not_denied = denied.negated();
    let granted = parts.iter().fold(Condition::Always, |all, part| all.and(part.allows.clone()));
    let allowed = granted.and(not_denied.clone());
    let possible = problem.possible(&allowed);
    let Possible::Yes { terms, witness: allowing } = possible else {
        return denied_by(&problem, &case, parts, &not_denied);
    };
    let Possible::Yes { witness: denying, .. } = problem.possible(&allowed.clone().negated()) else {
        return Decision::Allowed {
            by: case.granting.or_else(|| case.allowing.into_iter().next()),
            assuming_scps: case.assuming_scps,
        };
    };
    let simplified = terms.is_some();
    let condition = terms.map_or_else(|| allowed.clone(), |terms| problem.shortest(terms, &allowed));
    let filled = |witness: Option<Witness>| witness.map(|it| problem.filled(it, &allowed));
    let (allowing, denying) = (filled(allowing), filled(denying));
    Decision::Conditional(Box::new(Conditional {
        classes: condition.atoms().into_iter().flat_map(Class::of_atom).collect(),
        condition,
        simplified,
        allowing,
        denying,
        by: case.allowing,
        against: case.denies.into_iter().map(|(_, statement)| statement).collect(),
        assuming_scps: case.assuming_scps,
    }))
}

/// Explicitly when some deny always holds, else by the first layer with which the ones before it allow nothing.
fn denied_by(problem: &Problem<'_>, case: &Case<'_>, parts: &[Part], not_denied: &Condition) -> Decision {
    if problem.possible(not_denied) == Possible::No
        && let Some((_, statement)) = case.denies.first()
    {
        let statement = statement.clone();
        return Decision::Denied(Denial {
            layer: statement.layer,
            level: None,
            statement: Some(statement),
            explicit: true,
        });
    }
    let mut so_far = not_denied.clone();
    for part in parts {
        so_far = so_far.and(part.allows.clone());
        if problem.possible(&so_far) == Possible::No {
            return implicit(part);
        }
    }
    parts.last().map_or_else(|| Decision::Allowed { by: None, assuming_scps: case.assuming_scps }, implicit)
}

/// Whether a condition can be met.
#[derive(Debug, PartialEq)]
enum Possible {
    No,
    Yes {
        /// The alternatives that do not contradict themselves; none when there are too many.
        terms: Option<Vec<Term>>,
        witness: Option<Witness>,
    },
}

/// Whether all of a term's literals can hold.
enum Satisfied {
    By(Box<Witness>),
    Never,
    /// No values were found, and not all there are were tried.
    Unsure,
}

struct Problem<'a> {
    context: &'a Context,
    resource: &'a Resource,
    reading: Reading,
}

impl Problem<'_> {
    fn possible(&self, condition: &Condition) -> Possible {
        let Some(terms) = alternatives(condition, true) else {
            return Possible::Yes { terms: None, witness: self.sample(condition) };
        };
        let mut witness = None;
        let mut kept = Vec::new();
        for term in terms {
            match self.satisfy(&term) {
                Satisfied::Never => continue,
                Satisfied::By(found) => drop(witness.get_or_insert(*found)),
                Satisfied::Unsure => {}
            }
            kept.push(term);
        }
        if kept.is_empty() { Possible::No } else { Possible::Yes { terms: Some(kept), witness } }
    }

    /// A witness that names every unknown key: those that do not matter are absent.
    fn filled(&self, mut witness: Witness, condition: &Condition) -> Witness {
        let keys = condition.atoms().into_iter().flat_map(|atom| self.keys(atom));
        for key in keys.filter(|key| key != RESOURCE) {
            witness.context.entry(key).or_default();
        }
        witness
    }

    /// The alternatives without literals that the rest of their alternative already decides.
    fn shortest(&self, terms: Vec<Term>, whole: &Condition) -> Condition {
        const WORTH_IT: usize = 8;
        let fails = whole.clone().negated();
        let few = terms.len() <= WORTH_IT && terms.iter().all(|term| term.len() <= WORTH_IT);
        let mut short = Vec::new();
        for mut term in terms {
            for literal in term.clone() {
                let rest: Term = term.iter().filter(|it| **it != literal).cloned().collect();
                if few && term.len() > 1 && self.possible(&conjunction(&rest).and(fails.clone())) == Possible::No {
                    term = rest;
                }
            }
            short.push(term);
        }
        let short = without_repetition(short);
        short.iter().fold(Condition::Never, |any, term| any.or(conjunction(term)))
    }

    /// Finds values for all keys of a term: each group of keys that are compared with each other on its own.
    fn satisfy(&self, term: &Term) -> Satisfied {
        let mut witness = Witness::default();
        let mut unsure = false;
        for group in self.groups(term) {
            match self.satisfy_group(&group, &mut witness) {
                Satisfied::By(_) => {}
                Satisfied::Never => return Satisfied::Never,
                Satisfied::Unsure => unsure = true,
            }
        }
        for (atom, wanted) in term {
            if let Atom::Unread(unread) = atom {
                witness.assumed.insert(unread.to_string(), *wanted);
            }
        }
        if unsure { Satisfied::Unsure } else { Satisfied::By(Box::new(witness)) }
    }

    /// Unknown keys of an atom, the resource among them when it is open.
    fn keys(&self, atom: &Atom) -> BTreeSet<String> {
        let unknown = |key: &&str| self.context.get(key) == Known::Unknown;
        match atom {
            Atom::Test(test) => test.keys().filter(unknown).map(str::to_owned).collect(),
            Atom::Resource(pattern) => {
                let open = matches!(self.resource, Resource::Matching(..)).then(|| RESOURCE.to_owned());
                pattern.template.variables().filter(unknown).map(str::to_owned).chain(open).collect()
            }
            Atom::Unread(_) => BTreeSet::new(),
        }
    }

    fn groups(&self, term: &Term) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for literal in term {
            let keys = self.keys(&literal.0);
            if keys.is_empty() {
                continue;
            }
            let (joined, mut apart): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| !group.keys.is_disjoint(&keys));
            let mut whole = Group { keys, literals: vec![literal.clone()] };
            for group in joined {
                whole.keys.extend(group.keys);
                whole.literals.extend(group.literals);
            }
            apart.push(whole);
            groups = apart;
        }
        groups
    }

    fn satisfy_group(&self, group: &Group, witness: &mut Witness) -> Satisfied {
        for effort in [Effort::Quick, Effort::Thorough] {
            let domains: Vec<_> = group.keys.iter().map(|key| (key, self.domain(key, group, effort))).collect();
            let complete = domains.iter().all(|(_, domain)| domain.complete);
            let combinations: usize = domains.iter().fold(1, |count, (_, it)| count.saturating_mul(it.values.len()));
            for index in 0..combinations.min(MAX_COMBINATIONS) {
                let choice = choice(&domains, index);
                if self.all_hold(&group.literals, &choice) {
                    record(witness, choice);
                    return Satisfied::By(Box::default());
                }
            }
            if complete && combinations <= MAX_COMBINATIONS {
                return Satisfied::Never;
            }
        }
        Satisfied::Unsure
    }

    fn all_hold(&self, literals: &[Literal], choice: &Choice<'_>) -> bool {
        let context = completed(self.context, choice);
        literals.iter().all(|(atom, wanted)| self.truth(atom, &context) == Some(*wanted))
    }

    /// What an atom is in a completed context.
    fn truth(&self, atom: &Atom, context: &Context) -> Option<bool> {
        atom.truth(self.resource, context, self.reading)
    }

    fn domain(&self, key: &str, group: &Group, effort: Effort) -> Domain {
        if key == RESOURCE {
            return self.resources(group, effort);
        }
        let tests: Vec<&Test> = group.literals.iter().filter_map(|(atom, _)| on_key(atom, key)).collect();
        let (apart, all) = self.substitutes(group);
        let mut found = domain(&tests, &apart, self.context, effort);
        found.complete &= all;
        if group.keys.len() > 1 {
            found.complete = false;
            self.suggest(group, effort, &mut found);
        }
        self.add_lists(group, key, &mut found);
        found
    }

    /// Parts of the resource that variables of the group's patterns could stand for, and whether those are all.
    fn substitutes(&self, group: &Group) -> (Vec<String>, bool) {
        let (mut found, mut all) = (Vec::new(), true);
        for pattern in group.literals.iter().filter_map(|(atom, _)| as_pattern(atom)) {
            let (parts, every) = substitutes(pattern, self.resource.text(), self.context);
            found.extend(parts);
            all &= every;
        }
        (found, all)
    }

    /// Values that other keys of the group are compared with.
    fn suggest(&self, group: &Group, effort: Effort, found: &mut Domain) {
        let tests: Vec<&Test> = group.literals.iter().filter_map(|(atom, _)| as_test(atom)).collect();
        for value in domain(&tests, &[], self.context, effort).values {
            if !found.values.contains(&value) {
                found.values.push(value);
            }
        }
    }

    /// Lists, when a set operator asks for them: each value alone, pairs, and all values that no test forbids.
    fn add_lists(&self, group: &Group, key: &str, found: &mut Domain) {
        let is_set = |atom: &Atom| on_key(atom, key).is_some_and(|test| test.operator.set.is_some());
        if !group.literals.iter().any(|(atom, _)| is_set(atom)) {
            return;
        }
        let singles: Vec<String> = found.values.iter().filter_map(|it| single(it.as_ref())).collect();
        let allowed = singles.iter().filter(|value| {
            let choice: Choice<'_> = vec![(key, Some(ContextValue::One((*value).clone())))];
            let context = completed(self.context, &choice);
            let limits = group
                .literals
                .iter()
                .filter(|(atom, wanted)| on_key(atom, key).is_some_and(|it| for_all(it.operator, *wanted)));
            limits.into_iter().all(|(atom, wanted)| self.truth(atom, &context) == Some(*wanted))
        });
        let mut lists: Vec<Vec<String>> = vec![allowed.cloned().collect()];
        for pair in singles.windows(2) {
            lists.push(pair.to_vec());
        }
        lists.extend(singles.iter().map(|it| vec![it.clone()]));
        lists.retain(|list| !list.is_empty());
        found.values.extend(lists.into_iter().map(|list| Some(ContextValue::Many(list))));
    }

    /// Resources that the request may mean.
    fn resources(&self, group: &Group, effort: Effort) -> Domain {
        let Resource::Matching(_, asked) = self.resource else { return Domain::default() };
        let mut patterns = vec![language::pattern(asked.tokens())];
        for pattern in group.literals.iter().filter_map(|(atom, _)| as_pattern(atom)) {
            if let Resolved::Tokens(tokens) = pattern.template.resolve(|key| self.context.variable(key)) {
                patterns.push(language::pattern(&tokens));
            }
        }
        let (mut texts, all) =
            if effort == Effort::Thorough { language::texts(&patterns) } else { (Vec::new(), false) };
        texts.extend(patterns.iter().flat_map(|pattern| ["x", ""].map(|fill| instance(pattern, fill))));
        texts.retain(|text| asked.matches(text));
        let values = texts.into_iter().map(|text| Some(ContextValue::One(text))).collect();
        Domain { values, complete: all && group.keys.len() == 1 }
    }

    /// Tries values for a condition with too many alternatives, one pseudo-random choice after the other.
    fn sample(&self, condition: &Condition) -> Option<Witness> {
        const TRIES: usize = 512;
        let literals: Vec<Literal> = condition.atoms().into_iter().map(|atom| (atom.clone(), true)).collect();
        let keys: BTreeSet<String> = literals.iter().flat_map(|(atom, _)| self.keys(atom)).collect();
        let group = Group { keys, literals };
        let domains: Vec<_> = group.keys.iter().map(|key| (key, self.domain(key, &group, Effort::Quick))).collect();
        for index in 0..TRIES {
            let choice = choice(&domains, index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let context = completed(self.context, &choice);
            if condition.holds(&|atom| self.truth(atom, &context).unwrap_or(false)) {
                let mut witness = Witness::default();
                record(&mut witness, choice);
                return Some(witness);
            }
        }
        None
    }
}

/// Literals on keys that are compared with each other.
struct Group {
    keys: BTreeSet<String>,
    literals: Vec<Literal>,
}

/// A value for each key; none is an absent key.
type Choice<'k> = Vec<(&'k str, Option<ContextValue>)>;

fn completed(context: &Context, choice: &Choice<'_>) -> Context {
    let mut context = context.clone();
    for (key, value) in choice {
        match value {
            Some(value) => context.set_value(key, value.clone()),
            None => context.set_absent(key),
        }
    }
    context
}

fn record(witness: &mut Witness, choice: Choice<'_>) {
    for (key, value) in choice {
        match value {
            Some(ContextValue::One(arn)) if key == RESOURCE => witness.resource = Some(arn),
            value => drop(witness.context.insert(key.to_owned(), value)),
        }
    }
}

/// The combination of this number.
fn choice<'k>(domains: &'k [(&String, Domain)], mut index: usize) -> Choice<'k> {
    let mut chosen = Vec::with_capacity(domains.len());
    for (key, domain) in domains {
        let count = domain.values.len().max(1);
        chosen.push((key.as_str(), domain.values.get(index % count).cloned().flatten()));
        index /= count;
    }
    chosen
}

fn as_test(atom: &Atom) -> Option<&Test> {
    match atom {
        Atom::Test(test) => Some(test),
        _ => None,
    }
}

fn as_pattern(atom: &Atom) -> Option<&ResourcePattern> {
    match atom {
        Atom::Resource(pattern) => Some(pattern),
        _ => None,
    }
}

fn on_key<'t>(atom: &'t Atom, key: &str) -> Option<&'t Test> {
    as_test(atom).filter(|test| *test.key.lower == *key)
}

fn single(value: Option<&ContextValue>) -> Option<String> {
    match value {
        Some(ContextValue::One(text)) => Some(text.clone()),
        _ => None,
    }
}

/// Whether the literal says something of every value of a list.
fn for_all(operator: Operator, wanted: bool) -> bool {
    matches!((operator.set, wanted), (Some(SetOperator::ForAllValues), true) | (Some(SetOperator::ForAnyValue), false))
}

/// Parts of `resource` that would make the pattern cover it when they stand for its unknown variables, and whether those are all.
fn substitutes(pattern: &ResourcePattern, resource: &str, context: &Context) -> (Vec<String>, bool) {
    const ENOUGH: usize = 8;
    const LONGEST: usize = 200;
    let mut found = Vec::new();
    let ends: Vec<usize> = resource.char_indices().map(|(at, _)| at).chain([resource.len()]).collect();
    if ends.len() > LONGEST {
        return (found, false);
    }
    // A variable may stand for nothing, and in two places for one text.
    for (index, from) in ends.iter().enumerate() {
        for to in ends.iter().skip(index) {
            let part = resource.get(*from..*to).unwrap_or_default();
            let resolved = pattern.template.resolve(|key| context.variable(key).or(Some(Some(part))));
            let covers = match resolved {
                Resolved::Tokens(tokens) => Glob::of_tokens(tokens).matches(resource),
                Resolved::Null | Resolved::Unknown => false,
            };
            if covers && !found.iter().any(|it| it == part) {
                if found.len() == ENOUGH {
                    return (found, false);
                }
                found.push(part.to_owned());
            }
        }
    }
    (found, true)
}

fn conjunction(term: &Term) -> Condition {
    let literal = |(atom, wanted): &Literal| {
        let atom = Condition::Atom(atom.clone());
        if *wanted { atom } else { atom.negated() }
    };
    term.iter().map(literal).fold(Condition::Always, Condition::and)
}

/// The disjunctive normal form of a condition, or of its negation; nothing when it has more than [`MAX_TERMS`] alternatives.
fn alternatives(condition: &Condition, wanted: bool) -> Option<Vec<Term>> {
    let terms = match (condition, wanted) {
        (Condition::Always, true) | (Condition::Never, false) => vec![Term::new()],
        (Condition::Always, false) | (Condition::Never, true) => Vec::new(),
        (Condition::Atom(atom), wanted) => vec![Term::from([(atom.clone(), wanted)])],
        (Condition::Not(inner), wanted) => return alternatives(inner, !wanted),
        (Condition::Any(list), true) | (Condition::All(list), false) => {
            let mut all = Vec::new();
            for part in list {
                all.extend(alternatives(part, wanted)?);
                all = bounded(all)?;
            }
            all
        }
        (Condition::All(list), true) | (Condition::Any(list), false) => {
            let mut all = vec![Term::new()];
            for part in list {
                all = bounded(product(&all, &alternatives(part, wanted)?))?;
            }
            all
        }
    };
    Some(terms)
}

fn bounded(terms: Vec<Term>) -> Option<Vec<Term>> {
    let terms = without_repetition(terms);
    (terms.len() <= MAX_TERMS).then_some(terms)
}

/// Every term of one list with every term of the other, except those that say an atom is and is not true.
fn product(left: &[Term], right: &[Term]) -> Vec<Term> {
    let pairs = left.iter().flat_map(|one| right.iter().map(move |two| one.union(two).cloned().collect::<Term>()));
    pairs.filter(|term| !term.iter().any(|(atom, wanted)| term.contains(&(atom.clone(), !wanted)))).collect()
}

/// Drops every term that another one contains already.
fn without_repetition(terms: Vec<Term>) -> Vec<Term> {
    let mut by_size: BTreeMap<usize, BTreeSet<Term>> = BTreeMap::new();
    for term in terms {
        by_size.entry(term.len()).or_default().insert(term);
    }
    let mut kept: Vec<Term> = Vec::new();
    for term in by_size.into_values().flatten() {
        if !kept.iter().any(|shorter| shorter.is_subset(&term)) {
            kept.push(term);
        }
    }
    kept
}
