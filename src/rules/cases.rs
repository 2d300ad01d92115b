//! A rule's own tests: read with the rule, run by `rules test` and by our own build.

use std::fmt;

use super::decode::{Fields, Reader};
use super::expr::{Const, Ty};
use super::given::{Given, GivenValue};
use super::judge::judge;
use super::rule::{Param, Rule, RuleSet};
use super::yaml::Node;
use crate::model::{ObjectType, Outcome};

/// A test of a rule.
#[derive(Debug)]
pub(super) struct Case {
    name: String,
    expect: Outcome,
    subject: Given,
    /// A list of the one element to judge, for a rule over elements.
    element: Option<Vec<GivenValue>>,
    /// Parameters as the test wants them.
    values: Vec<Const>,
    message: Option<String>,
    line: usize,
}

/// A test that did not come out as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFailure {
    /// Id of the rule.
    pub rule: String,
    /// The file.
    pub path: String,
    /// Line of the test.
    pub line: usize,
    /// Name of the test.
    pub case: String,
    /// What differed.
    pub difference: Difference,
}

/// How a test came out otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Another outcome.
    Outcome {
        /// What the test expects.
        expected: Outcome,
        /// What came out.
        found: Outcome,
        /// Why.
        reasons: Vec<String>,
    },
    /// Another message.
    Message {
        /// What the test expects.
        expected: String,
        /// What came out.
        found: String,
    },
}

impl fmt::Display for CaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} `{}`: ", self.path, self.line, self.rule, self.case)?;
        match &self.difference {
            Difference::Outcome { expected, found, reasons } => {
                write!(f, "expected {}, found {}", expected.as_str(), found.as_str())?;
                if reasons.is_empty() { Ok(()) } else { write!(f, " ({})", reasons.join("; ")) }
            }
            Difference::Message { expected, found } => write!(f, "expected message {expected:?}, found {found:?}"),
        }
    }
}

/// Runs every rule's own tests; gives those that fail, in the order of the rules.
pub fn run_cases(rules: &RuleSet) -> Vec<CaseFailure> {
    rules.rules.iter().flat_map(|rule| rule.cases.iter().filter_map(|case| run(rule, case))).collect()
}

fn run(rule: &Rule, case: &Case) -> Option<CaseFailure> {
    let judged = judge(rule, &case.subject, &case.values, case.element.as_ref());
    let found = judged.message.raw().to_owned();
    let difference = if judged.outcome == case.expect {
        let expected = case.message.clone().filter(|expected| *expected != found)?;
        Difference::Message { expected, found }
    } else {
        let reasons = judged.reasons.iter().map(ToString::to_string).collect();
        Difference::Outcome { expected: case.expect, found: judged.outcome, reasons }
    };
    let (rule, path) = (rule.id.clone(), rule.path.clone());
    Some(CaseFailure { rule, path, line: case.line, case: case.name.clone(), difference })
}

/// What the tests of a rule speak of.
pub(super) struct Setting<'s> {
    pub(super) root: &'static ObjectType,
    /// Name and type of the element.
    pub(super) element: Option<(&'s str, Ty)>,
    pub(super) params: &'s [Param],
}

/// Reads the tests, and demands those that no rule can do without.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node, setting: &Setting<'_>) -> Vec<Case> {
    let before = reader.problems.len();
    let Some(items) = reader.list(node) else { return Vec::new() };
    let cases: Vec<Case> = items.iter().filter_map(|item| read_one(reader, item, setting)).collect();
    for needed in [Outcome::Pass, Outcome::Fail, Outcome::Unknown] {
        if reader.problems.len() == before && cases.iter().all(|case| case.expect != needed) {
            let message = format!("no test expects `{}`", needed.as_str());
            let help = "tests need a pass, a fail, and an unknown: leave out a fact that decides";
            reader.complain::<()>(&node.at, message, Some(help.to_owned()));
        }
    }
    cases
}

fn read_one(reader: &mut Reader<'_>, node: &Node, setting: &Setting<'_>) -> Option<Case> {
    let fields = reader.map(node, "a test", &["name", "expect", "given", "params", "message", "at"])?;
    let name = reader.need(&fields, "name").and_then(|node| reader.string(node));
    let expect = reader.need(&fields, "expect").and_then(|node| reader.word(node, "outcome"));
    let given = reader.need(&fields, "given").and_then(|node| read_given(reader, node, setting));
    let values = read_values(reader, &fields, setting.params);
    let message = fields.get("message").and_then(|node| reader.string(node));
    let at = fields.get("at").and_then(|node| reader.constant(node, &Ty::Timestamp));
    let at = if let Some(Const::Timestamp(at)) = at { Some(at) } else { None };
    let line = reader.file.get(..fields.at.start).unwrap_or("").matches('\n').count() + 1;
    let (subject, element) = given?;
    let subject = subject.observed_at(at);
    Some(Case { name: name?, expect: expect?, subject, element, values: values?, message, line })
}

fn read_given(reader: &mut Reader<'_>, node: &Node, setting: &Setting<'_>) -> Option<(Given, Option<Vec<GivenValue>>)> {
    let mut keys = vec!["r"];
    keys.extend(setting.element.as_ref().map(|(name, _)| *name));
    let fields = reader.map(node, "given", &keys)?;
    let subject = match fields.get("r") {
        Some(node) => Given::read(reader, node, setting.root),
        None => Some(Given::unread(setting.root)),
    };
    let element = setting.element.as_ref().and_then(|(name, ty)| Some((fields.get(name)?, ty)));
    let element = match element {
        Some((node, ty)) => Some(vec![GivenValue::read(reader, node, ty)?]),
        None => None,
    };
    Some((subject?, element))
}

/// The rule's parameters, with those that the test sets.
fn read_values(reader: &mut Reader<'_>, fields: &Fields<'_>, params: &[Param]) -> Option<Vec<Const>> {
    let mut values: Vec<Const> = params.iter().map(|param| param.value.clone()).collect();
    let Some(node) = fields.get("params") else { return Some(values) };
    let names: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
    let fields = reader.map(node, "params", &names)?;
    for (param, value) in params.iter().zip(&mut values) {
        if let Some(node) = fields.get(&param.name) {
            *value = reader.constant(node, &param.ty)?;
            if let Some((message, help)) = param.refuses(value) {
                return reader.complain(&node.at, message, help);
            }
        }
    }
    Some(values)
}

#[cfg(test)]
impl Rule {
    /// Subject, element and parameters of each test, and what the closures say: nothing when the rule does not apply.
    #[expect(clippy::type_complexity, reason = "seen by one test")]
    pub(super) fn judged_cases(
        &self,
    ) -> impl Iterator<Item = (&Given, Option<&Vec<GivenValue>>, &[Const], Option<Result<bool, super::expr::Undecided>>)>
    {
        use super::expr::{Frame, Items};
        // A rule over elements whose test speaks of none of them judges the list, which is no single condition.
        let judged = self.cases.iter().filter(|case| self.for_each.is_none() || case.element.is_some());
        judged.map(|case| {
            let mut frame = Frame::new(&case.subject, &case.values);
            let when = self.fast.when.as_ref().map_or(Ok(true), |when| when.decide(&mut frame));
            if let Some(given) = &case.element {
                frame.set_element(&Items::Facts(given, ()), 0);
            }
            let ours = match when {
                Ok(true) => Some(self.fast.check.decide(&mut frame)),
                Ok(false) => None,
                Err(undecided) => Some(Err(undecided)),
            };
            (&case.subject, case.element.as_ref(), case.values.as_slice(), ours)
        })
    }
}
