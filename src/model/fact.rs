//! Three-valued facts: what a target said, what it left out by design, and what could not be read. Keeping the last two
//! apart is what stops a rule from passing on ignorance.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Gap, Place, Untrusted};

/// A value that a target was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact<T> {
    /// The target answered with this value.
    Known(T),
    /// The target answered, and left the value out by design: there is none.
    Absent,
    /// Nobody knows the value, and why.
    Unknown(Why),
}

/// Why a fact is unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// The key is not in the record: an older snapshot, an import, or a collector that did not ask.
    NotCollected,
    /// A call, query or handshake failed; the gap says which and how.
    Gap(Arc<Gap>),
    /// Another record names this resource, and the snapshot does not hold it.
    Dangling {
        /// The kind of the missing resource, as in `ec2.security_group`.
        kind: &'static str,
        /// Its identifier.
        id: Box<str>,
    },
    /// Fewer records are there than the collector says it wrote: the snapshot was cut off or edited.
    Truncated {
        /// The API call or query whose answer is incomplete.
        source: Box<str>,
    },
    /// The value is there and means nothing to this version.
    Unreadable {
        /// What was expected and what was found.
        detail: Box<str>,
    },
    /// Several observations of one thing disagree.
    Contradiction {
        /// What was observed where.
        detail: Box<str>,
    },
}

impl fmt::Display for Why {
    /// One sentence without its full stop. Text from targets is escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = |text: &str| Untrusted::from(text);
        match self {
            Self::NotCollected => f.write_str("the snapshot does not hold it"),
            Self::Gap(gap) => gap.fmt(f),
            Self::Dangling { kind, id } => {
                write!(f, "{kind} `{}` is named by another record and not in the snapshot", safe(id))
            }
            Self::Truncated { source } => write!(f, "the answer of {} is incomplete in the snapshot", safe(source)),
            Self::Unreadable { detail } => write!(f, "it cannot be read: {}", safe(detail)),
            Self::Contradiction { detail } => write!(f, "observations disagree: {}", safe(detail)),
        }
    }
}

/// A record whose missing keys can be given reasons.
pub trait Explain {
    /// Gives every field whose key is missing the reason that `why` knows for its key.
    fn explain(&mut self, why: impl Fn(&str) -> Why);
}

impl<T> Fact<T> {
    /// The value, when it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// Whether nobody knows the value. Collectors leave such a key out of the record.
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Applies `convert` to a known value.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known(value) => Fact::Known(convert(value)),
            Self::Absent => Fact::Absent,
            Self::Unknown(why) => Fact::Unknown(why),
        }
    }

    /// Applies `convert` to a known value that it may turn absent or unknown.
    pub fn and_then<U>(self, convert: impl FnOnce(T) -> Fact<U>) -> Fact<U> {
        match self {
            Self::Known(value) => convert(value),
            Self::Absent => Fact::Absent,
            Self::Unknown(why) => Fact::Unknown(why),
        }
    }

    /// The same fact over a borrowed value.
    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Self::Known(value) => Fact::Known(value),
            Self::Absent => Fact::Absent,
            Self::Unknown(why) => Fact::Unknown(why.clone()),
        }
    }
}

impl<T> Default for Fact<T> {
    /// A key that a record does not have is unknown: this is what serde fills in.
    fn default() -> Self {
        Self::Unknown(Why::NotCollected)
    }
}

impl<T: Serialize> Serialize for Fact<T> {
    /// `Absent` is written as `null`. An unknown fact has no form of its own: records skip its key.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.known().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fact<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Absent, Self::Known))
    }
}

/// A fact computed from others, with the places that decided it, so that a finding can show its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived<T> {
    /// The computed value.
    pub value: Fact<T>,
    /// Where the values stand that decided it.
    pub from: Vec<Place>,
}

impl<T> Derived<T> {
    /// A fact that these places decided.
    pub fn new(value: Fact<T>, from: Vec<Place>) -> Self {
        Self { value, from }
    }

    /// A fact that nobody knows.
    pub const fn unknown(why: Why) -> Self {
        Self { value: Fact::Unknown(why), from: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GapReason;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sample {
        #[serde(default, skip_serializing_if = "Fact::is_unknown")]
        encrypted: Fact<bool>,
    }

    #[test]
    fn value_null_and_missing_key_are_three_things() {
        for (text, fact) in [
            (r#"{"encrypted":true}"#, Fact::Known(true)),
            (r#"{"encrypted":null}"#, Fact::Absent),
            ("{}", Fact::Unknown(Why::NotCollected)),
        ] {
            let sample: Sample = serde_json::from_str(text).unwrap();
            assert_eq!(sample.encrypted, fact, "{text}");
            assert_eq!(serde_json::to_string(&sample).unwrap(), text);
        }
    }

    #[test]
    fn every_reason_is_a_sentence() {
        let gap = |target: Option<&str>, needs: Option<&str>, message: &str| {
            Why::Gap(Arc::new(Gap {
                what: "rds:DescribeDBClusterParameters".into(),
                target: target.map(Into::into),
                reason: GapReason::Denied,
                needs: needs.map(Into::into),
                message: message.into(),
                at: None,
            }))
        };
        for (why, sentence) in [
            (Why::NotCollected, "the snapshot does not hold it"),
            (
                gap(Some("orders-pg"), Some("rds:DescribeDBClusterParameters"), "User is not authorized\n"),
                "rds:DescribeDBClusterParameters of `orders-pg` was denied: User is not authorized\\u{A}; \
                 needs rds:DescribeDBClusterParameters",
            ),
            (gap(None, None, ""), "rds:DescribeDBClusterParameters was denied"),
            (
                Why::Dangling { kind: "ec2.security_group", id: "sg-1".into() },
                "ec2.security_group `sg-1` is named by another record and not in the snapshot",
            ),
            (
                Why::Truncated { source: "rds:DescribeDBClusters".into() },
                "the answer of rds:DescribeDBClusters is incomplete in the snapshot",
            ),
            (Why::Unreadable { detail: "expected a number".into() }, "it cannot be read: expected a number"),
            (Why::Contradiction { detail: "3306 and 3307".into() }, "observations disagree: 3306 and 3307"),
        ] {
            assert_eq!(why.to_string(), sentence);
        }
    }
}
