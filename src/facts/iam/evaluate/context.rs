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

    /// Keys that are set, in lower case.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(|key| &**key)
    }

    /// This context, and where it says nothing what `other` says. A key that neither sets is unknown when one says so.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        let mut keys = other.keys.clone();
        keys.extend(self.keys.iter().map(|(key, entry)| (key.clone(), entry.clone())));
        let rest = if self.rest == Rest::Absent && other.rest == Rest::Absent { Rest::Absent } else { Rest::Unknown };
        Self { keys, rest }
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
    fn one_context_stands_over_another() {
        let (mut above, mut below) = (Context::complete(), Context::complete());
        above.set("a:b", "above");
        above.set_unknown("a:c");
        below.set("a:b", "below");
        below.set("a:c", "below");
        below.set("a:d", "below");
        let both = above.over(&below);
        assert_eq!(both.keys().collect::<Vec<_>>(), ["a:b", "a:c", "a:d"]);
        assert_eq!((both.variable("a:b"), both.variable("a:c")), (Some(Some("above")), None));
        assert_eq!((both.variable("a:d"), both.get("a:e")), (Some(Some("below")), Known::Absent));
        assert_eq!(above.over(&Context::partial()).get("a:e"), Known::Unknown);
    }

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
