//! One statement, with everything in it compiled.

use std::sync::Arc;

use super::action::{ActionPattern, Actions};
use super::condition::{Test, doubles, tests};
use super::document::Kind;
use super::fault::{Fault, Faulty};
use super::principal::Principals;
use super::resource::{ResourcePattern, Resources};
use crate::facts::iam::json::{Member, Node, Value};

/// What a statement does to what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Grants it.
    Allow,
    /// Forbids it.
    Deny,
}

/// A statement. An element that cannot be read is not there, and a fault says so: what the statement would do is then unknown,
/// except that it does nothing to what its readable elements leave out.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its place in the document, counted from 0.
    pub index: usize,
    /// `Sid`
    pub sid: Option<Arc<str>>,
    /// `Effect`
    pub effect: Option<Effect>,
    /// `Principal` or `NotPrincipal`.
    pub principals: Option<Principals>,
    /// `Action` or `NotAction`.
    pub actions: Option<Actions>,
    /// `Resource` or `NotResource`.
    pub resources: Option<Resources>,
    /// `Condition`, one test for each operator and key.
    pub tests: Vec<Arc<Test>>,
    /// What cannot be read.
    pub faults: Vec<Faulty>,
    /// Byte offset in the document.
    pub at: usize,
}

impl Statement {
    /// Reads a statement. `variables` says whether the document's version takes policy variables.
    pub fn new(index: usize, node: &Node, kind: Kind, variables: bool) -> Self {
        let mut reader = Reader { kind, variables, faults: Vec::new(), members: &[], at: node.at };
        match &node.value {
            Value::Object(members) => reader.members = members,
            _ => reader.fault(Fault::NotAnObject, node.at),
        }
        reader.statement(index)
    }
}

impl Statement {
    /// Keys of variables in its resources, in lower case.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().flat_map(|it| &it.patterns).flat_map(|pattern| pattern.template.variables())
    }
}

const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

struct Reader<'n> {
    kind: Kind,
    variables: bool,
    faults: Vec<Faulty>,
    members: &'n [Member],
    at: usize,
}

impl<'n> Reader<'n> {
    fn statement(mut self, index: usize) -> Statement {
        doubles(self.members, &mut self.faults);
        let strangers = self.members.iter().filter(|member| !ELEMENTS.contains(&member.key.as_str()));
        self.faults
            .extend(strangers.map(|it| Faulty { fault: Fault::UnknownElement(it.key.as_str().into()), at: it.at }));
        let sid = self.member("Sid").and_then(|sid| self.text(sid)).map(Arc::from);
        let effect = self.effect();
        let principals = self.principals();
        let actions = self.actions();
        let resources = self.resources();
        let condition = self.member("Condition").map(|it| tests(&it.node, self.variables, &mut self.faults));
        let tests = condition.unwrap_or_default().into_iter().map(Arc::new).collect();
        Statement { index, sid, effect, principals, actions, resources, tests, faults: self.faults, at: self.at }
    }

    fn fault(&mut self, fault: Fault, at: usize) {
        self.faults.push(Faulty { fault, at });
    }

    fn member(&self, key: &str) -> Option<&'n Member> {
        self.members.iter().find(|member| member.key == key)
    }

    fn text(&mut self, member: &Member) -> Option<String> {
        let text = member.node.as_str().map(str::to_owned);
        if text.is_none() {
            let fault = Fault::WrongKind { element: member.key.as_str().into(), expected: "a string" };
            self.fault(fault, member.node.at);
        }
        text
    }

    fn effect(&mut self) -> Option<Effect> {
        let Some(member) = self.member("Effect") else {
            self.fault(Fault::Missing("Effect"), self.at);
            return None;
        };
        match self.text(member)?.as_str() {
            "Allow" => Some(Effect::Allow),
            "Deny" => Some(Effect::Deny),
            other => {
                self.fault(Fault::Effect(other.into()), member.node.at);
                None
            }
        }
    }

    /// An element or its negation. With both nobody knows what is meant.
    fn one_of(&mut self, element: &'static str, negated: &str) -> Option<(&'n Member, bool)> {
        match (self.member(element), self.member(negated)) {
            (Some(_), Some(other)) => {
                self.fault(Fault::Both(element), other.at);
                None
            }
            (Some(found), None) => Some((found, false)),
            (None, Some(found)) => Some((found, true)),
            (None, None) => None,
        }
    }

    fn principals(&mut self) -> Option<Principals> {
        let found = self.one_of("Principal", "NotPrincipal");
        match (found, self.kind.names_principals()) {
            (Some((member, negated)), true) => Some(Principals::new(&member.node, negated, &mut self.faults)),
            (Some((member, _)), false) => {
                self.fault(Fault::Misplaced("Principal"), member.at);
                None
            }
            (None, true) if self.member("Principal").is_none() => {
                self.fault(Fault::Missing("Principal"), self.at);
                None
            }
            (None, _) => None,
        }
    }

    fn actions(&mut self) -> Option<Actions> {
        let (member, negated) = self.required("Action", "NotAction")?;
        let patterns = self.strings(member)?.into_iter().map(|(text, at)| ActionPattern::new(text, at)).collect();
        Some(Actions { negated, patterns })
    }

    fn resources(&mut self) -> Option<Resources> {
        if self.kind.may_omit_resource() && self.member("Resource").is_none() && self.member("NotResource").is_none() {
            return None;
        }
        let (member, negated) = self.required("Resource", "NotResource")?;
        let mut patterns = Vec::new();
        for (text, at) in self.strings(member)? {
            match ResourcePattern::new(text, self.variables, at) {
                Ok(pattern) => patterns.push(Arc::new(pattern)),
                Err(fault) => self.fault(fault, at),
            }
        }
        Some(Resources { negated, patterns })
    }

    fn required(&mut self, element: &'static str, negated: &str) -> Option<(&'n Member, bool)> {
        let found = self.one_of(element, negated);
        if found.is_none() && self.member(element).is_none() {
            self.fault(Fault::Missing(element), self.at);
        }
        found
    }

    /// A string or a list of at least one.
    fn strings(&mut self, member: &'n Member) -> Option<Vec<(&'n str, usize)>> {
        let list = member.node.one_or_many();
        let texts: Option<Vec<_>> = list.iter().map(|node| Some((node.as_str()?, node.at))).collect();
        let texts = texts.filter(|texts| !texts.is_empty());
        if texts.is_none() {
            let fault =
                Fault::WrongKind { element: member.key.as_str().into(), expected: "a string or a list of strings" };
            self.fault(fault, member.node.at);
        }
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::json;
    use super::*;

    fn faults(text: &str, kind: Kind) -> Vec<String> {
        let statement = Statement::new(0, &json::parse(text).unwrap(), kind, true);
        statement.faults.iter().map(|it| it.fault.to_string()).collect()
    }

    #[test]
    fn names_every_fault() {
        for (text, expected) in [
            (r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#, vec![]),
            (r#"{"Sid":"x","Effect":"Deny","NotAction":["*"],"NotResource":["*"],"Condition":{}}"#, vec![]),
            (
                r#""Allow""#,
                vec!["the statement is not an object", "it has no Effect", "it has no Action", "it has no Resource"],
            ),
            (r#"{"Effect":"allow","Action":"*","Resource":"*"}"#, vec!["Effect is `allow`, not Allow or Deny"]),
            (r#"{"Effect":7,"Action":"*","Resource":"*"}"#, vec!["Effect is not a string"]),
            (r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#, vec!["Action is not a string or a list of strings"]),
            (
                r#"{"Effect":"Allow","Action":["a:b",7],"Resource":"*"}"#,
                vec!["Action is not a string or a list of strings"],
            ),
            (
                r#"{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}"#,
                vec!["it has both Action and NotAction"],
            ),
            (r#"{"Effect":"Allow","Action":"*","Resource":"x"}"#, vec!["`x` is neither `*` nor an ARN"]),
            (
                r#"{"Effect":"Allow","Action":"*","Resource":"*","action":1}"#,
                vec!["`action` is not an element of a statement"],
            ),
            (r#"{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}"#, vec!["`Effect` is given twice"]),
            (
                r#"{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}"#,
                vec!["Principal does not belong into a policy of this kind"],
            ),
        ] {
            assert_eq!(faults(text, Kind::Identity), expected, "{text}");
        }
    }

    #[test]
    fn resource_policies_name_principals_and_may_leave_the_resource_out() {
        for (text, expected) in [
            (r#"{"Effect":"Allow","Principal":"*","Action":"*"}"#, vec![]),
            (r#"{"Effect":"Allow","NotPrincipal":{"AWS":"1"},"Action":"*"}"#, vec!["`1` is not a principal"]),
            (r#"{"Effect":"Allow","Action":"*"}"#, vec!["it has no Principal"]),
            (
                r#"{"Effect":"Allow","Action":"*","Principal":"*","NotPrincipal":"*"}"#,
                vec!["it has both Principal and NotPrincipal"],
            ),
        ] {
            assert_eq!(faults(text, Kind::Resource), expected, "{text}");
        }
    }
}
