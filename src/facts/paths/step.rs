//! A step in words, with what it rests on and what takes it away.

use super::graph::Certainty;
use crate::model::{Fact, Place, Why};

/// A value that a step rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// Where it stands.
    pub place: Place,
    /// What stands there, in a line.
    pub value: String,
}

/// What kind of thing a person changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Takes a rule out of a security group.
    Rule,
    /// Takes a statement out of a policy.
    Statement,
    /// Takes a permission away, however many statements give it.
    Permission,
    /// Revokes a privilege or a role.
    Grant,
    /// Locks or drops a database account.
    Account,
    /// Sets a setting to another value.
    Setting,
}

impl ChangeKind {
    /// The word that outputs show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Statement => "statement",
            Self::Permission => "permission",
            Self::Grant => "grant",
            Self::Account => "account",
            Self::Setting => "setting",
        }
    }

    /// How soon somebody would make it: a permission that is too wide is taken away before an account that others use is locked.
    pub(super) const fn reluctance(self) -> u8 {
        match self {
            Self::Statement | Self::Permission | Self::Rule => 0,
            Self::Setting | Self::Grant => 1,
            Self::Account => 2,
        }
    }
}

/// Something that a person can change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What kind of thing.
    pub kind: ChangeKind,
    /// What to do, as in `revoke sgr-1 of sg-1`.
    pub words: String,
    /// Where what is changed stands.
    pub places: Vec<Place>,
}

impl Change {
    /// A change of what stands at some places.
    pub fn new(kind: ChangeKind, words: impl Into<String>, places: Vec<Place>) -> Self {
        Self { kind, words: words.into(), places }
    }
}

/// A step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What becomes possible, and by what.
    pub words: String,
    /// What has to hold besides.
    pub conditions: Vec<String>,
    /// Why nobody knows whether it holds.
    pub unknown: Option<Why>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// Whether it makes use of permissions that are not its holder's own.
    pub escalates: bool,
    /// Whether it rests on no unread service control policy denying it.
    pub assumes_scps: bool,
    /// Whether it says nothing that the steps around it do not say.
    pub(super) glue: bool,
    /// Changes any of which takes it away.
    pub(super) changes: Vec<Change>,
}

impl Step {
    /// A step that holds.
    pub fn new(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            conditions: Vec::new(),
            unknown: None,
            evidence: Vec::new(),
            escalates: false,
            assumes_scps: false,
            glue: false,
            changes: Vec::new(),
        }
    }

    /// A step that is not told.
    pub(super) fn glue(words: impl Into<String>) -> Self {
        Self { glue: true, ..Self::new(words) }
    }

    /// It holds only under a condition.
    #[must_use]
    pub fn when(mut self, condition: impl Into<String>) -> Self {
        self.conditions.push(condition.into());
        self
    }

    /// Nobody knows whether it holds.
    #[must_use]
    pub fn unknown(mut self, why: Why) -> Self {
        self.unknown.get_or_insert(why);
        self
    }

    /// It rests on this value.
    #[must_use]
    pub fn seen(mut self, place: Place, value: impl Into<String>) -> Self {
        self.evidence.push(Evidence { place, value: value.into() });
        self
    }

    /// It rests on a value at each of these places.
    #[must_use]
    pub fn seen_at(mut self, places: impl IntoIterator<Item = Place>, value: &str) -> Self {
        self.evidence.extend(places.into_iter().map(|place| Evidence { place, value: value.to_owned() }));
        self
    }

    /// This change takes it away.
    #[must_use]
    pub fn cut(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// How sure it is.
    pub const fn certainty(&self) -> Certainty {
        match (&self.unknown, self.conditions.is_empty()) {
            (Some(_), _) => Certainty::Possible,
            (None, false) => Certainty::Conditional,
            (None, true) => Certainty::Certain,
        }
    }
}

/// Why a fact that is not known is not.
pub fn why<T>(fact: &Fact<T>) -> Why {
    match fact {
        Fact::Unknown(why) => why.clone(),
        Fact::Known(_) | Fact::Absent => Why::NotCollected,
    }
}
