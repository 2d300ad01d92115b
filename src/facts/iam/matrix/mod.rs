//! Many answers at once: every principal × action × resource, by sets of actions. A statement is matched with all actions and all
//! resources once, conditions are evaluated once a principal and resource, and what conditions leave open is decided once for
//! every combination of them. The answers are those of [`decide`](super::evaluate::decide), which fills in the details of a cell.

mod actions;
mod cell;
mod compile;

use self::actions::ActionSet;
use self::cell::Evaluator;
use super::evaluate::{Context, Decision, Options, Principal, PrincipalPolicies, Resource, ResourcePolicies};
use super::grammar::Action;

/// Actions that are answered together.
const BLOCK: usize = actions::MAX;

/// A principal and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct PrincipalCell<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// Policies on its side.
    pub policies: &'a PrincipalPolicies,
    /// Keys that depend on the principal.
    pub context: &'a Context,
}

/// An action and what is known of requests for it.
#[derive(Debug, Clone, Copy)]
pub struct ActionCell<'a> {
    /// What is asked for.
    pub action: &'a Action,
    /// Keys that depend on the action; they stand before those of resource and principal.
    pub context: &'a Context,
}

/// A resource and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct ResourceCell<'a> {
    /// What is asked about.
    pub resource: &'a Resource,
    /// Its account, when its ARN does not say.
    pub account: Option<&'a str>,
    /// Policies on its side.
    pub policies: &'a ResourcePolicies,
    /// Keys that depend on the resource; they stand before those of the principal.
    pub context: &'a Context,
}

/// The answer of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Denied, whatever is not known.
    Denied,
    /// It depends on what is not known.
    Conditional,
    /// Allowed, whatever is not known.
    Allowed,
}

impl From<&Decision> for Answer {
    fn from(decision: &Decision) -> Self {
        match decision {
            Decision::Allowed { .. } => Self::Allowed,
            Decision::Denied(_) => Self::Denied,
            Decision::Conditional(_) => Self::Conditional,
        }
    }
}

/// Sets of actions of one principal and resource.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Answers {
    allowed: ActionSet,
    conditional: ActionSet,
}

/// The answers to every combination.
#[derive(Debug)]
pub struct Matrix {
    actions: usize,
    resources: usize,
    /// For each block of actions, the answers of each principal and resource.
    blocks: Vec<Vec<Answers>>,
}

impl Matrix {
    /// Answers every combination.
    pub fn new(
        principals: &[PrincipalCell<'_>],
        actions: &[ActionCell<'_>],
        resources: &[ResourceCell<'_>],
        options: Options,
    ) -> Self {
        let blocks = actions.chunks(BLOCK).map(|block| Evaluator::new(principals, block, resources, options).run());
        Self { actions: actions.len(), resources: resources.len(), blocks: blocks.collect() }
    }

    /// The answer for the principal, action and resource of these places in the lists; nothing when a list is shorter.
    pub fn answer(&self, principal: usize, action: usize, resource: usize) -> Option<Answer> {
        if action >= self.actions || resource >= self.resources {
            return None;
        }
        let answers = self.blocks.get(action / BLOCK)?.get(principal * self.resources + resource)?;
        Some(answers.of(action % BLOCK))
    }

    /// Places of the actions that a principal may do to a resource, with or without a condition, in order.
    pub fn actions_of(&self, principal: usize, resource: usize) -> Vec<(usize, Answer)> {
        let answers = (0..self.actions).filter_map(|it| Some((it, self.answer(principal, it, resource)?)));
        answers.filter(|(_, answer)| *answer != Answer::Denied).collect()
    }
}

impl Answers {
    const fn of(&self, action: usize) -> Answer {
        if self.allowed.contains(action) {
            Answer::Allowed
        } else if self.conditional.contains(action) {
            Answer::Conditional
        } else {
            Answer::Denied
        }
    }
}

#[cfg(test)]
mod tests;
