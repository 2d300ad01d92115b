//! Condition operators. IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys".

use std::fmt;

/// How one value of a request is compared with one of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Base {
    /// `StringEquals`
    String,
    /// `StringEqualsIgnoreCase`
    StringIgnoreCase,
    /// `StringLike`
    StringLike,
    /// `NumericEquals`, `NumericLessThan`, …
    Numeric(Comparison),
    /// `DateEquals`, `DateLessThan`, …
    Date(Comparison),
    /// `Bool`
    Bool,
    /// `BinaryEquals`
    Binary,
    /// `IpAddress`
    Ip,
    /// `ArnEquals` and `ArnLike`, which are one.
    Arn,
    /// `Null`
    Null,
}

/// How two numbers or times are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// `Equals`
    Equals,
    /// `LessThan`
    LessThan,
    /// `LessThanEquals`
    LessThanEquals,
    /// `GreaterThan`
    GreaterThan,
    /// `GreaterThanEquals`
    GreaterThanEquals,
}

impl Comparison {
    /// Whether `found` compares so with `expected`.
    pub fn holds<T: Ord>(self, found: &T, expected: &T) -> bool {
        match self {
            Self::Equals => found == expected,
            Self::LessThan => found < expected,
            Self::LessThanEquals => found <= expected,
            Self::GreaterThan => found > expected,
            Self::GreaterThanEquals => found >= expected,
        }
    }
}

/// How a key with several values is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SetOperator {
    /// `ForAllValues:`
    ForAllValues,
    /// `ForAnyValue:`
    ForAnyValue,
}

/// A condition operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operator {
    /// Its prefix.
    pub set: Option<SetOperator>,
    /// What it compares.
    pub base: Base,
    /// Whether it is a `Not…` operator: none of the values may compare.
    pub negated: bool,
    /// Whether it has the suffix `IfExists`.
    pub if_exists: bool,
    name: &'static str,
}

const NAMES: [(&str, Base, bool); 27] = [
    ("StringEquals", Base::String, false),
    ("StringNotEquals", Base::String, true),
    ("StringEqualsIgnoreCase", Base::StringIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Base::StringIgnoreCase, true),
    ("StringLike", Base::StringLike, false),
    ("StringNotLike", Base::StringLike, true),
    ("NumericEquals", Base::Numeric(Comparison::Equals), false),
    ("NumericNotEquals", Base::Numeric(Comparison::Equals), true),
    ("NumericLessThan", Base::Numeric(Comparison::LessThan), false),
    ("NumericLessThanEquals", Base::Numeric(Comparison::LessThanEquals), false),
    ("NumericGreaterThan", Base::Numeric(Comparison::GreaterThan), false),
    ("NumericGreaterThanEquals", Base::Numeric(Comparison::GreaterThanEquals), false),
    ("DateEquals", Base::Date(Comparison::Equals), false),
    ("DateNotEquals", Base::Date(Comparison::Equals), true),
    ("DateLessThan", Base::Date(Comparison::LessThan), false),
    ("DateLessThanEquals", Base::Date(Comparison::LessThanEquals), false),
    ("DateGreaterThan", Base::Date(Comparison::GreaterThan), false),
    ("DateGreaterThanEquals", Base::Date(Comparison::GreaterThanEquals), false),
    ("Bool", Base::Bool, false),
    ("BinaryEquals", Base::Binary, false),
    ("IpAddress", Base::Ip, false),
    ("NotIpAddress", Base::Ip, true),
    ("ArnEquals", Base::Arn, false),
    ("ArnLike", Base::Arn, false),
    ("ArnNotEquals", Base::Arn, true),
    ("ArnNotLike", Base::Arn, true),
    ("Null", Base::Null, false),
];

impl Operator {
    /// The operator of this name, in any case; nothing when there is none. `Null` takes neither prefix nor suffix.
    pub fn new(name: &str) -> Option<Self> {
        let (set, rest) = prefix(name);
        let (rest, if_exists) = match rest.len().checked_sub("IfExists".len()).and_then(|at| rest.split_at_checked(at))
        {
            Some((rest, suffix)) if suffix.eq_ignore_ascii_case("IfExists") => (rest, true),
            _ => (rest, false),
        };
        let (name, base, negated) = NAMES.into_iter().find(|(name, ..)| name.eq_ignore_ascii_case(rest))?;
        let fits = base != Base::Null || (set.is_none() && !if_exists);
        fits.then_some(Self { set, base, negated, if_exists, name })
    }

    /// Its name without prefix and suffix, as AWS spells it.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether values of the policy may have wildcards.
    pub const fn has_wildcards(&self) -> bool {
        matches!(self.base, Base::StringLike | Base::Arn)
    }
}

fn prefix(name: &str) -> (Option<SetOperator>, &str) {
    match name.split_once(':') {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAllValues") => (Some(SetOperator::ForAllValues), rest),
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAnyValue") => (Some(SetOperator::ForAnyValue), rest),
        _ => (None, name),
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.set {
            Some(SetOperator::ForAllValues) => "ForAllValues:",
            Some(SetOperator::ForAnyValue) => "ForAnyValue:",
            None => "",
        })?;
        f.write_str(self.name)?;
        f.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_has_its_forms() {
        for (name, ..) in NAMES {
            let plain = Operator::new(name).unwrap();
            assert_eq!(plain.to_string(), name);
            assert_eq!(Operator::new(&name.to_uppercase()), Some(plain));
            for form in
                [format!("{name}IfExists"), format!("ForAllValues:{name}"), format!("foranyvalue:{name}ifexists")]
            {
                assert_eq!(Operator::new(&form).is_some(), name != "Null", "{form}");
            }
        }
        for name in ["", "IfExists", "StringEqual", "ForSomeValues:StringEquals", "ForAllValues:", "Bool ", "é"] {
            assert_eq!(Operator::new(name), None, "{name}");
        }
    }

    #[test]
    fn negation_is_in_the_name() {
        for (name, base, negated) in NAMES {
            assert_eq!(name.contains("Not"), negated, "{name} {base:?}");
        }
    }
}
