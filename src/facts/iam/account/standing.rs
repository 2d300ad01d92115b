//! How somebody stands to a permission, for facts that rules read: a decision without its details.

use std::collections::BTreeSet;

use crate::facts::iam::evaluate::{Class, Decision, StatementRef};
use crate::model::{Fact, Why};

/// What a standing rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Because {
    /// Statements that allow.
    pub statements: BTreeSet<StatementRef>,
    /// What has to hold besides; one entry a permission.
    pub conditions: BTreeSet<String>,
    /// What the conditions are about.
    pub classes: BTreeSet<Class>,
    /// Whether service control policies that could not be read are assumed to deny nothing.
    pub assuming_scps: bool,
}

impl Because {
    /// Adds another reason.
    pub fn extend(&mut self, other: Self) {
        self.statements.extend(other.statements);
        self.conditions.extend(other.conditions);
        self.classes.extend(other.classes);
        self.assuming_scps |= other.assuming_scps;
    }
}

/// How somebody stands to a permission.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// It is held, under the conditions that are listed, if any.
    Held(Because),
    /// Nobody knows.
    Unknown(Why),
    /// It is not held.
    No,
}

impl Standing {
    /// The standing of a decision. A condition that some request can meet makes it held; one that rests on what could not be
    /// read makes it unknown, for the reason that `unread` finds.
    pub fn new(decision: Decision, unread: impl FnOnce() -> Option<Why>) -> Self {
        match decision {
            Decision::Denied(_) => Self::No,
            Decision::Allowed { by, assuming_scps } => {
                Self::Held(Because { statements: by.into_iter().collect(), assuming_scps, ..Because::default() })
            }
            Decision::Conditional(it) => {
                let open = it.allowing.as_ref().is_none_or(|witness| !witness.assumed.is_empty());
                if open {
                    let detail = || Why::Unreadable { detail: it.condition.to_string().into() };
                    return Self::Unknown(unread().unwrap_or_else(detail));
                }
                Self::Held(Because {
                    statements: it.by.into_iter().collect(),
                    conditions: BTreeSet::from([it.condition.to_string()]),
                    classes: it.classes,
                    assuming_scps: it.assuming_scps,
                })
            }
        }
    }

    /// Both permissions are needed.
    #[must_use]
    pub fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Unknown(why) => match other() {
                Self::No => Self::No,
                _ => Self::Unknown(why),
            },
            Self::Held(mut because) => match other() {
                Self::Held(more) => {
                    because.extend(more);
                    Self::Held(because)
                }
                other => other,
            },
        }
    }

    /// One of the permissions is enough.
    #[must_use]
    pub fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Held(because) => Self::Held(because),
            Self::No => other(),
            Self::Unknown(why) => match other() {
                Self::Held(because) => Self::Held(because),
                _ => Self::Unknown(why),
            },
        }
    }

    /// As a fact.
    pub fn fact(&self) -> Fact<bool> {
        match self {
            Self::Held(_) => Fact::Known(true),
            Self::No => Fact::Known(false),
            Self::Unknown(why) => Fact::Unknown(why.clone()),
        }
    }

    /// Whether it is held only for some names of the resource that was left open.
    pub fn is_for_some_names(&self) -> bool {
        matches!(self, Self::Held(because) if because.classes.contains(&Class::Resource))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_as_kleene_does() {
        let (held, unknown, no) =
            (|| Standing::Held(Because::default()), || Standing::Unknown(Why::NotCollected), || Standing::No);
        for (left, right, and, or) in [
            (held(), held(), held(), held()),
            (held(), unknown(), unknown(), held()),
            (held(), no(), no(), held()),
            (unknown(), held(), unknown(), held()),
            (unknown(), unknown(), unknown(), unknown()),
            (unknown(), no(), no(), unknown()),
            (no(), held(), no(), held()),
            (no(), unknown(), no(), unknown()),
            (no(), no(), no(), no()),
        ] {
            assert_eq!(left.clone().and(|| right.clone()), and, "{left:?} and {right:?}");
            assert_eq!(left.clone().or(|| right.clone()), or, "{left:?} or {right:?}");
        }
    }
}
