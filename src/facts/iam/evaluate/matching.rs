//! What one statement says about a request, as far as it is known.

use std::sync::Arc;

use super::condition::{Atom, Condition, Unread, Why};
use super::context::{Context, ContextValue, Known};
use super::request::{Reading, Resource};
use super::test::{self, Outcome};
use crate::facts::iam::glob::Glob;
use crate::facts::iam::grammar::{
    Action, Effect, Resolved, ResourcePattern, Resources, Statement, Test, covers_by_parts,
};

/// The name under which a completed context holds the resource that a request left open. No key of AWS has a space.
pub(super) const RESOURCE: &str = "the resource";

/// A statement in its policy, for a resource and a context.
#[derive(Debug, Clone, Copy)]
pub struct StatementMatcher<'a> {
    /// What a request is about.
    pub resource: &'a Resource,
    /// What is known of it.
    pub context: &'a Context,
    /// How open questions are answered.
    pub reading: Reading,
    /// Id of the policy.
    pub policy: &'a Arc<str>,
    /// The statement.
    pub statement: &'a Statement,
}

impl StatementMatcher<'_> {
    /// When the statement, taken for `effect`, applies to an action; principals are left aside.
    pub(super) fn applies(&self, action: &Action, effect: Effect) -> Condition {
        if self.statement.actions.as_ref().is_some_and(|actions| !actions.covers(action)) {
            return Condition::Never;
        }
        self.beyond_action(effect)
    }

    /// When the statement, taken for `effect`, applies to an action that it covers. An effect that cannot be
    /// read may be either, and is neither to a firm reading.
    pub fn beyond_action(&self, effect: Effect) -> Condition {
        let statement = self.statement;
        if statement.effect.map_or(self.reading == Reading::Firm, |it| it != effect) {
            return Condition::Never;
        }
        let resources = statement.resources.as_ref().map_or(Condition::Always, |it| self.resources(it, effect));
        if resources == Condition::Never {
            return resources;
        }
        let tests = tests_hold(&statement.tests, self.context, |holds| self.unsettled(effect, holds));
        let readable = resources.and(tests);
        if statement.faults.is_empty() { readable } else { readable.and(self.faulty(effect)) }
    }

    /// What a statement adds that cannot be read as a whole.
    fn faulty(&self, effect: Effect) -> Condition {
        match (self.reading, effect) {
            (Reading::Firm, Effect::Allow) => Condition::Never,
            _ => self.unread(effect, Why::Statement),
        }
    }

    fn unsettled(&self, effect: Effect, reading: bool) -> Condition {
        match self.reading {
            Reading::Firm => Condition::of(reading),
            Reading::Cautious => self.unread(effect, Why::Unsettled),
        }
    }

    pub(super) fn unread(&self, effect: Effect, why: Why) -> Condition {
        Condition::Atom(Atom::Unread(Unread {
            policy: Arc::clone(self.policy),
            statement: Some(self.statement.index),
            denies: effect == Effect::Deny,
            why,
        }))
    }

    fn resources(&self, resources: &Resources, effect: Effect) -> Condition {
        let mut any = Condition::Never;
        let mut unsettled = false;
        for pattern in &resources.patterns {
            let covers = covers_resource(pattern, self.resource, self.context);
            unsettled |= match covers {
                Covers::Null => resources.negated,
                Covers::Yes(_) => resources.negated && pattern.short,
                _ => false,
            };
            any = any.or(self.covering(pattern, covers, effect));
            if any == Condition::Always && !unsettled {
                break;
            }
        }
        match (resources.negated, unsettled) {
            (false, _) => any,
            (true, false) => any.negated(),
            // No value for a variable in `NotResource`, or an ARN there that IAM would have to fill up.
            (true, true) => self.unsettled(effect, effect == Effect::Deny && any != Condition::Always),
        }
    }

    fn covering(&self, pattern: &Arc<ResourcePattern>, covers: Covers, effect: Effect) -> Condition {
        match covers {
            Covers::Yes(Crossing::Yes) if effect == Effect::Deny => self.unsettled(effect, true),
            Covers::Yes(_) => Condition::Always,
            Covers::No | Covers::Null => Condition::Never,
            Covers::Depends => Condition::Atom(Atom::Resource(Arc::clone(pattern))),
        }
    }
}

/// Whether a `*` had to pass one of an ARN's first five colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing {
    /// It had to.
    Yes,
    /// It had not.
    No,
}

/// Whether a pattern covers a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covers {
    /// It does.
    Yes(Crossing),
    /// It does not.
    No,
    /// A variable in it has no value: it covers nothing.
    Null,
    /// A variable in it has a value that nobody knows, or some of the resources that are meant are covered and others not.
    Depends,
}

/// Whether a pattern covers the resource of a request.
pub fn covers_resource(pattern: &ResourcePattern, resource: &Resource, context: &Context) -> Covers {
    if pattern.is_everything() {
        return Covers::Yes(Crossing::No);
    }
    if let Some(glob) = &pattern.fixed {
        return covers(glob, resource, context);
    }
    match pattern.template.resolve(|key| context.variable(key)) {
        Resolved::Tokens(tokens) => covers(&Glob::of_tokens(tokens), resource, context),
        Resolved::Null => Covers::Null,
        Resolved::Unknown => Covers::Depends,
    }
}

fn covers(glob: &Glob, resource: &Resource, context: &Context) -> Covers {
    match resource {
        Resource::None => Covers::No,
        Resource::Arn(arn) => covers_arn(glob, arn),
        Resource::Matching(_, asked) => match context.get(RESOURCE) {
            Known::Value(ContextValue::One(arn)) => covers_arn(glob, arn),
            _ if glob.covers(asked) => Covers::Yes(Crossing::No),
            _ if glob.intersects(asked) => Covers::Depends,
            _ => Covers::No,
        },
    }
}

fn covers_arn(glob: &Glob, arn: &str) -> Covers {
    if !glob.matches(arn) {
        return Covers::No;
    }
    Covers::Yes(if covers_by_parts(glob, arn) { Crossing::No } else { Crossing::Yes })
}

/// When all tests hold. `unsettled` says what a test is whose outcome AWS does not document, given our reading.
pub fn tests_hold(tests: &[Arc<Test>], context: &Context, unsettled: impl Fn(bool) -> Condition) -> Condition {
    let mut all = Condition::Always;
    for test in tests {
        let one = match test::holds(test, context) {
            Outcome::Holds => continue,
            Outcome::Fails => return Condition::Never,
            Outcome::Depends => Condition::Atom(Atom::Test(Arc::clone(test))),
            Outcome::Unsettled(holds) => unsettled(holds),
        };
        all = all.and(one);
    }
    all
}

impl Atom {
    /// Whether it is true in a context that leaves nothing about it open; nothing when it is not to be told.
    pub fn truth(&self, resource: &Resource, context: &Context, reading: Reading) -> Option<bool> {
        match self {
            Self::Test(test) => match test::holds(test, context) {
                Outcome::Holds => Some(true),
                Outcome::Fails => Some(false),
                Outcome::Unsettled(holds) if reading == Reading::Firm => Some(holds),
                Outcome::Depends | Outcome::Unsettled(_) => None,
            },
            Self::Resource(pattern) => match covers_resource(pattern, resource, context) {
                Covers::Yes(_) => Some(true),
                Covers::No | Covers::Null => Some(false),
                Covers::Depends => None,
            },
            Self::Unread(_) => None,
        }
    }
}

impl Condition {
    /// Whether it is true in a context that leaves none of its atoms open; nothing when one is.
    pub fn holds_in(&self, resource: &Resource, context: &Context, reading: Reading) -> Option<bool> {
        let truth = |atom: &Atom| atom.truth(resource, context, reading);
        let known = self.atoms().into_iter().all(|atom| truth(atom).is_some());
        known.then(|| self.holds(&|atom| truth(atom) == Some(true)))
    }
}
