//! A condition: what has to be true, beyond what is known, for a request to be allowed.

use std::fmt;
use std::sync::Arc;

use crate::facts::iam::grammar::{ResourcePattern, Test};
use crate::model::Untrusted;

/// Why something that would decide is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The statement cannot be read.
    Statement,
    /// The policy cannot be read.
    Policy,
    /// The organisation's policies cannot be read.
    Organization,
    /// AWS's documentation gives no answer.
    Unsettled,
    /// A session of this name is meant, and the name is the caller's choice.
    SessionName,
}

/// Something that would decide and cannot be told from keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// Id of the policy.
    pub policy: Arc<str>,
    /// Index of the statement, when it is one.
    pub statement: Option<usize>,
    /// Whether it would deny; else it would allow.
    pub denies: bool,
    /// Why it is not known.
    pub why: Why,
}

/// The smallest part of a condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Atom {
    /// A test of a policy.
    Test(Arc<Test>),
    /// A pattern covers the resource: a variable in it has no known value, or the resource is one of many.
    Resource(Arc<ResourcePattern>),
    /// Something that nobody could read, or that AWS does not say.
    Unread(Unread),
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Always true.
    Always,
    /// Never true.
    Never,
    /// True when the atom is.
    Atom(Atom),
    /// True when it is not.
    Not(Box<Self>),
    /// True when all are.
    All(Vec<Self>),
    /// True when one is.
    Any(Vec<Self>),
}

impl Condition {
    /// Always or never.
    pub const fn of(holds: bool) -> Self {
        if holds { Self::Always } else { Self::Never }
    }

    /// True when both are.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Always, other) | (other, Self::Always) => other,
            (Self::All(mut list), Self::All(more)) => {
                list.extend(more);
                Self::All(list)
            }
            (Self::All(mut list), other) | (other, Self::All(mut list)) => {
                list.push(other);
                Self::All(list)
            }
            (one, other) => Self::All(vec![one, other]),
        }
    }

    /// True when one is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always, _) | (_, Self::Always) => Self::Always,
            (Self::Never, other) | (other, Self::Never) => other,
            (Self::Any(mut list), Self::Any(more)) => {
                list.extend(more);
                Self::Any(list)
            }
            (Self::Any(mut list), other) | (other, Self::Any(mut list)) => {
                list.push(other);
                Self::Any(list)
            }
            (one, other) => Self::Any(vec![one, other]),
        }
    }

    /// True when it is not.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Its atoms.
    pub fn atoms(&self) -> Vec<&Atom> {
        match self {
            Self::Always | Self::Never => Vec::new(),
            Self::Atom(atom) => vec![atom],
            Self::Not(inner) => inner.atoms(),
            Self::All(list) | Self::Any(list) => list.iter().flat_map(Self::atoms).collect(),
        }
    }

    /// Whether it is true when each atom is what `truth` says of it.
    pub fn holds(&self, truth: &impl Fn(&Atom) -> bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Atom(atom) => truth(atom),
            Self::Not(inner) => !inner.holds(truth),
            Self::All(list) => list.iter().all(|part| part.holds(truth)),
            Self::Any(list) => list.iter().any(|part| part.holds(truth)),
        }
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Test(test) => test.fmt(f),
            Self::Resource(pattern) => write!(f, "the resource is {}", Untrusted::from(pattern.text.as_str())),
            Self::Unread(unread) => unread.fmt(f),
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policy = Untrusted::from(&*self.policy);
        let does = if self.denies { "denies" } else { "allows" };
        let why = match self.why {
            Why::Statement => "which cannot be read",
            Why::Policy | Why::Organization => "which could not be read",
            Why::Unsettled => "on which AWS documents no answer",
            Why::SessionName => "which names a session",
        };
        match self.statement {
            Some(index) => write!(f, "statement {} of {policy}, {why}, {does}", index + 1),
            None => write!(f, "{policy}, {why}, {does}"),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (index, part) in parts.iter().enumerate() {
                let nested = matches!(part, Self::All(_) | Self::Any(_));
                f.write_str(if index == 0 { "" } else { word })?;
                if nested { write!(f, "({part})")? } else { part.fmt(f)? }
            }
            Ok(())
        };
        match self {
            Self::Always => f.write_str("always"),
            Self::Never => f.write_str("never"),
            Self::Atom(atom) => atom.fmt(f),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::All(parts) => list(f, parts, " and "),
            Self::Any(parts) => list(f, parts, " or "),
        }
    }
}
