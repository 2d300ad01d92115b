//! `Condition`: operators, each with keys, each with values. All tests have to hold.
//! IAM User Guide, "IAM JSON policy elements: Condition".

use std::cmp::Ordering;
use std::fmt;

use super::fault::{Fault, Faulty};
use super::operand::Operand;
use super::operator::Operator;
use crate::facts::iam::json::{Member, Node, Value};
use crate::model::Untrusted;

/// A context key. IAM compares names without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// As it was written.
    pub name: String,
    /// In lower case.
    pub lower: Box<str>,
}

impl Key {
    /// The key of this name.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), lower: name.to_ascii_lowercase().into() }
    }
}

/// One operator on one key. Two tests are equal when they say the same, wherever they stand.
#[derive(Debug, Clone)]
pub struct Test {
    /// How it compares.
    pub operator: Operator,
    /// What it compares.
    pub key: Key,
    /// The values as they were written.
    pub values: Vec<String>,
    /// The values as they are compared.
    pub operands: Vec<Operand>,
    /// Whether policy variables are taken.
    pub variables: bool,
    /// Byte offset in the document.
    pub at: usize,
}

impl Test {
    /// Compiles a test.
    ///
    /// # Errors
    /// When a value does not have the operator's type.
    pub fn new(operator: Operator, key: &str, values: Vec<String>, variables: bool, at: usize) -> Result<Self, Fault> {
        let operands = values.iter().map(|value| Operand::new(value, operator, variables)).collect::<Result<_, _>>()?;
        Ok(Self { operator, key: Key::new(key), values, operands, variables, at })
    }

    /// Keys that decide it, in lower case: its own, and those of variables in its values.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let variables = self.operands.iter().flat_map(Operand::texts).flat_map(|text| text.template.variables());
        std::iter::once(&*self.key.lower).chain(variables)
    }

    fn identity(&self) -> (&str, Operator, &[String], bool) {
        (&self.key.lower, self.operator, &self.values, self.variables)
    }
}

impl PartialEq for Test {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Test {}

impl PartialOrd for Test {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Test {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

impl fmt::Display for Test {
    /// As in `StringEquals aws:ResourceTag/team a | b`. Text from policies is escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.join(" | ");
        write!(f, "{} {} {}", self.operator, Untrusted::from(self.key.name.as_str()), Untrusted::from(values.as_str()))
    }
}

/// Reads a condition. Faults go to `faults`, and the tests that can be read are kept.
pub fn tests(node: &Node, variables: bool, faults: &mut Vec<Faulty>) -> Vec<Test> {
    let mut found = Vec::new();
    for operator in members(node, "Condition", faults) {
        for key in members(&operator.node, &operator.key, faults) {
            match test(operator, key, variables) {
                Ok(test) => found.push(test),
                Err(fault) => faults.push(Faulty { fault, at: key.at }),
            }
        }
    }
    found
}

fn test(operator: &Member, key: &Member, variables: bool) -> Result<Test, Fault> {
    let known = Operator::new(&operator.key).ok_or_else(|| Fault::Operator(operator.key.as_str().into()))?;
    let values: Option<Vec<_>> = key.node.one_or_many().iter().map(Node::scalar).collect();
    let wrong = || Fault::WrongKind { element: key.key.as_str().into(), expected: "a value or a list of values" };
    Test::new(known, &key.key, values.ok_or_else(wrong)?, variables, key.at)
}

/// The members of an object; the second of two equal keys is a fault.
fn members<'n>(node: &'n Node, name: &str, faults: &mut Vec<Faulty>) -> &'n [Member] {
    let Value::Object(members) = &node.value else {
        faults.push(Faulty { fault: Fault::WrongKind { element: name.into(), expected: "an object" }, at: node.at });
        return &[];
    };
    doubles(members, faults);
    members
}

/// Notes every key that stands twice.
pub fn doubles(members: &[Member], faults: &mut Vec<Faulty>) {
    let mut seen = std::collections::BTreeSet::new();
    for member in members {
        if !seen.insert(member.key.as_str()) {
            faults.push(Faulty { fault: Fault::Twice(member.key.as_str().into()), at: member.at });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::json;
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let mut faults = Vec::new();
        let found = tests(&json::parse(text).unwrap(), true, &mut faults);
        (found.iter().map(Test::to_string).collect(), faults.iter().map(|it| it.fault.to_string()).collect())
    }

    #[test]
    fn reads_every_test_and_names_every_fault() {
        for (text, tests, faults) in [
            (
                r#"{"StringEquals":{"a:b":"x","a:c":["y","z"]}}"#,
                vec!["StringEquals a:b x", "StringEquals a:c y | z"],
                vec![],
            ),
            (
                r#"{"Bool":{"a:b":true},"NumericEquals":{"a:c":10.0}}"#,
                vec!["Bool a:b true", "NumericEquals a:c 10.0"],
                vec![],
            ),
            (r#"{"StringEqual":{"a:b":"x"}}"#, vec![], vec!["`StringEqual` is not a condition operator"]),
            (r#"{"NullIfExists":{"a:b":"true"}}"#, vec![], vec!["`NullIfExists` is not a condition operator"]),
            (r#"{"StringEquals":{"a:b":{"x":1}}}"#, vec![], vec!["a:b is not a value or a list of values"]),
            (r#"{"StringEquals":{"a:b":null}}"#, vec![], vec!["a:b is not a value or a list of values"]),
            (r#"{"StringEquals":[]}"#, vec![], vec!["StringEquals is not an object"]),
            ("[]", vec![], vec!["Condition is not an object"]),
            (r#"{"Bool":{"a:b":"x","a:c":"true"}}"#, vec!["Bool a:c true"], vec!["`x` is not true or false"]),
            (
                r#"{"Bool":{"a:b":"true"},"Bool":{"a:c":"true"}}"#,
                vec!["Bool a:b true", "Bool a:c true"],
                vec!["`Bool` is given twice"],
            ),
        ] {
            let (found, wrong) = read(text);
            assert_eq!(found, tests, "{text}");
            assert_eq!(wrong, faults, "{text}");
        }
    }

    #[test]
    fn knows_the_keys_of_its_variables() {
        let operator = Operator::new("StringEquals").unwrap();
        let test =
            Test::new(operator, "aws:ResourceTag/Team", vec!["${aws:PrincipalTag/Team}".into()], true, 0).unwrap();
        assert_eq!(test.keys().collect::<Vec<_>>(), ["aws:resourcetag/team", "aws:principaltag/team"]);
    }
}
