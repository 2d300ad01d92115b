//! What of a statement does not depend on who asks: the actions that it covers and the resources, found once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::actions::ActionSet;
use super::{ActionCell, ResourceCell};
use crate::facts::iam::evaluate::{Condition, Context, Options, StatementMatcher};
use crate::facts::iam::grammar::{Document, Effect, Statement};

/// What a statement does to a resource, whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// It does not apply.
    Never,
    /// It applies without a condition.
    Always,
    /// It depends on the principal, on a condition, or on what nobody knows.
    Depends,
}

/// A statement, matched with all actions and all resources.
#[derive(Debug)]
pub(super) struct Compiled {
    /// Place in the document.
    pub index: usize,
    pub actions: ActionSet,
    /// For each resource, as an `Allow` and as a `Deny`.
    pub reach: Vec<[Reach; 2]>,
    /// Whether it looks at keys that differ between actions.
    pub by_action: bool,
}

/// Every document that somebody holds, statement by statement; documents are told apart by where they are.
pub(super) struct Compiler<'a> {
    pub actions: &'a [ActionCell<'a>],
    pub resources: &'a [ResourceCell<'a>],
    pub options: Options,
    /// Keys that some action sets, in lower case.
    pub action_keys: BTreeSet<String>,
    done: BTreeMap<usize, Arc<[Compiled]>>,
}

impl<'a> Compiler<'a> {
    pub fn new(actions: &'a [ActionCell<'a>], resources: &'a [ResourceCell<'a>], options: Options) -> Self {
        let action_keys = actions.iter().flat_map(|cell| cell.context.keys().map(str::to_owned)).collect();
        Self { actions, resources, options, action_keys, done: BTreeMap::new() }
    }

    /// The document's statements that cover some of the actions.
    pub fn document(&mut self, document: &Arc<Document>) -> Arc<[Compiled]> {
        let place = Arc::as_ptr(document).addr();
        if let Some(done) = self.done.get(&place) {
            return Arc::clone(done);
        }
        let compiled: Arc<[Compiled]> = document.statements.iter().filter_map(|it| self.statement(it)).collect();
        self.done.insert(place, Arc::clone(&compiled));
        compiled
    }

    fn statement(&self, statement: &Statement) -> Option<Compiled> {
        let covers =
            |cell: &ActionCell<'_>| statement.actions.as_ref().is_none_or(|actions| actions.covers(cell.action));
        let covered = self.actions.iter().enumerate().filter(|(_, cell)| covers(cell));
        let actions: ActionSet = covered.map(|(index, _)| index).collect();
        if actions.is_empty() {
            return None;
        }
        let mut keys = statement.tests.iter().flat_map(|test| test.keys()).chain(statement.variables());
        let by_action = keys.any(|key| self.action_keys.contains(key));
        let reach =
            self.resources.iter().map(|cell| [Effect::Allow, Effect::Deny].map(|it| self.reach(statement, cell, it)));
        Some(Compiled { index: statement.index, actions, reach: reach.collect(), by_action })
    }

    /// Without a context only what needs none is decided.
    fn reach(&self, statement: &Statement, cell: &ResourceCell<'_>, effect: Effect) -> Reach {
        let nothing_known = Context::partial();
        let matcher = StatementMatcher {
            resource: cell.resource,
            context: &nothing_known,
            reading: self.options.reading,
            policy: &Arc::from(""),
            statement,
        };
        match matcher.beyond_action(effect) {
            Condition::Never if statement.variables().next().is_none() => Reach::Never,
            Condition::Always => Reach::Always,
            _ => Reach::Depends,
        }
    }
}
