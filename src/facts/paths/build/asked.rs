//! How a permission is held, and by which statements: each that gives it by itself is a way of its own, so that what takes the
//! permission away can be told exactly.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::facts::iam::account::{Account, Because, Identity, Standing, Target};
use crate::facts::iam::evaluate::{Held, StatementRef};
use crate::facts::iam::grammar::Action;
use crate::model::{Fact, Why};

/// Ways that are told apart; a permission that more statements give is taken away as a whole.
const MOST_WAYS: usize = 3;

/// A question to IAM: any of the targets will do.
pub(super) struct Asked<'a> {
    pub account: &'a Account,
    pub identity: &'a Identity,
    pub action: &'a Action,
    pub targets: Fact<Vec<Target>>,
}

/// The answer.
pub(super) enum Answer {
    No,
    Unknown(Why),
    Ways {
        /// What each rests on.
        each: Vec<Because>,
        /// Whether there are others.
        more: bool,
    },
}

impl Asked<'_> {
    pub(super) fn answer(&self) -> Answer {
        let targets = match &self.targets {
            Fact::Known(targets) => targets,
            Fact::Absent => return Answer::No,
            Fact::Unknown(why) => return Answer::Unknown(why.clone()),
        };
        let mut ways = Vec::new();
        let mut removed = BTreeSet::new();
        loop {
            match self.without(targets, &removed) {
                Standing::Held(because) => {
                    let known = removed.len();
                    removed.extend(because.statements.iter().cloned());
                    if removed.len() == known || ways.len() == MOST_WAYS {
                        if ways.is_empty() {
                            ways.push(because);
                        }
                        return Answer::Ways { each: ways, more: true };
                    }
                    ways.push(because);
                }
                Standing::Unknown(why) if ways.is_empty() => return Answer::Unknown(why),
                Standing::Unknown(_) => return Answer::Ways { each: ways, more: true },
                Standing::No if ways.is_empty() => return Answer::No,
                Standing::No => return Answer::Ways { each: ways, more: false },
            }
        }
    }

    fn without(&self, targets: &[Target], removed: &BTreeSet<StatementRef>) -> Standing {
        let (fewer, mut identity) = (removed.is_empty(), self.identity);
        let reduced;
        if !fewer {
            reduced = reduced_identity(self.identity, removed);
            identity = &reduced;
        }
        targets.iter().fold(Standing::No, |any, target| {
            any.or(|| {
                let target = reduced_target(target, removed);
                self.account.standing(identity, self.action, &target)
            })
        })
    }
}

fn reduced_identity(identity: &Identity, removed: &BTreeSet<StatementRef>) -> Identity {
    let mut fewer = identity.clone();
    fewer.policies.identity = fewer.policies.identity.iter().map(|held| reduced(held, removed)).collect();
    fewer
}

fn reduced_target(target: &Target, removed: &BTreeSet<StatementRef>) -> Target {
    let mut fewer = target.clone();
    fewer.policy = fewer.policy.as_ref().map(|held| reduced(held, removed));
    fewer
}

fn reduced(held: &Held, removed: &BTreeSet<StatementRef>) -> Held {
    let gone: BTreeSet<_> = removed.iter().filter(|it| it.policy == held.id).filter_map(|it| it.statement).collect();
    match &held.document {
        Ok(document) if !gone.is_empty() => {
            let mut fewer = (**document).clone();
            fewer.statements.retain(|statement| !gone.contains(&statement.index));
            Held { id: Arc::clone(&held.id), document: Ok(Arc::new(fewer)) }
        }
        _ => held.clone(),
    }
}
