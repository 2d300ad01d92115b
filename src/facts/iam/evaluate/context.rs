//! What is known about the context of a request: each key has a value, has none, or nobody knows.
//! IAM User Guide, "AWS global condition context keys".

use std::collections::BTreeMap;

/// The value of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContextValue {
    /// Of a single-valued key.
    One(String),
    /// Of a multivalued key, as `aws:TagKeys`; a list without elements is as no value.
    Many(Vec<String>),
}

/// What is known about one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<'c> {
    /// It has this value.
    Value(&'c ContextValue),
    /// The request does not have the key.
    Absent,
    /// Nobody knows.
    Unknown,
}

/// What holds for keys that nobody set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Absent,
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Value(ContextValue),
    Absent,
    Unknown,
}

/// Keys of a request and what is known of them. Names are compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<Box<str>, Entry>,
    rest: Rest,
}

impl Context {
    /// A context in which a key that is not set is absent.
    pub const fn complete() -> Self {
        Self { keys: BTreeMap::new(), rest: Rest::Absent }
    }

    /// A context in which nobody knows a key that is not set.
    pub const fn partial() -> Self {
        Self { keys: BTreeMap::new(), rest: Rest::Unknown }
    }

    /// Sets a key to one value.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.set_value(key, ContextValue::One(value.into()));
    }

    /// Sets a key to a value; a list without elements is no value.
    pub fn set_value(&mut self, key: &str, value: ContextValue) {
        let entry = if value == ContextValue::Many(Vec::new()) { Entry::Absent } else { Entry::Value(value) };
        self.keys.insert(key.to_ascii_lowercase().into(), entry);
    }

    /// Says that the request does not have a key.
    pub fn set_absent(&mut self, key: &str) {
        self.keys.insert(key.to_ascii_lowercase().into(), Entry::Absent);
    }

    /// Says that nobody knows a key.
    pub fn set_unknown(&mut self, key: &str) {
        self.keys.insert(key.to_ascii_lowercase().into(), Entry::Unknown);
    }

    /// What is known of a key, given in lower case.
    pub fn get(&self, lower: &str) -> Known<'_> {
        match (self.keys.get(lower), self.rest) {
            (Some(Entry::Value(value)), _) => Known::Value(value),
            (Some(Entry::Absent), _) | (None, Rest::Absent) => Known::Absent,
            (Some(Entry::Unknown), _) | (None, Rest::Unknown) => Known::Unknown,
        }
    }

    /// The value that a policy variable takes: `None` when nobody knows, `Some(None)` when there is none. A multivalued key
    /// cannot be a variable.
    pub fn variable(&self, lower: &str) -> Option<Option<&str>> {
        match self.get(lower) {
            Known::Value(ContextValue::One(text)) => Some(Some(text)),
            Known::Value(ContextValue::Many(_)) | Known::Absent => Some(None),
            Known::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_absent_or_unknown() {
        for mut context in [Context::complete(), Context::partial()] {
            let rest = context.get("aws:other") == Known::Unknown;
            assert_eq!(rest, context == Context::partial());
            context.set("aws:Username", "ann");
            context.set_value("aws:TagKeys", ContextValue::Many(vec!["a".into()]));
            context.set_value("aws:CalledVia", ContextValue::Many(Vec::new()));
            context.set_unknown("aws:SourceIp");
            context.set_absent("aws:UserId");
            assert_eq!(context.variable("aws:username"), Some(Some("ann")));
            assert_eq!(context.variable("aws:tagkeys"), Some(None));
            assert_eq!(context.variable("aws:sourceip"), None);
            assert_eq!(context.get("aws:calledvia"), Known::Absent);
            assert_eq!(context.get("aws:userid"), Known::Absent);
        }
    }
}
