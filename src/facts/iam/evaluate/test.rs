//! Whether a condition test holds in a context. IAM User Guide, "IAM JSON policy elements: Condition operators".

use std::net::IpAddr;

use data_encoding::BASE64;

use super::context::{Context, ContextValue, Known};
use crate::facts::iam::arn::Arn;
use crate::facts::iam::glob::{Glob, Token};
use crate::facts::iam::grammar::{Base, Decimal, Operand, Resolved, SetOperator, Test, Text, boolean, time};

/// What a test says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// A key that nobody knows decides.
    Depends,
    /// AWS does not say; the flag is our reading of its documentation.
    Unsettled(bool),
}

impl Outcome {
    const fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }

    const fn negated(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
            Self::Unsettled(holds) => Self::Unsettled(!holds),
            Self::Depends => Self::Depends,
        }
    }

    /// Whether any holds; what nobody knows counts only when none does.
    fn any(outcomes: impl Iterator<Item = Self>) -> Self {
        let mut found = Self::Fails;
        for outcome in outcomes {
            match outcome {
                Self::Holds => return Self::Holds,
                Self::Fails => {}
                open => found = open,
            }
        }
        found
    }
}

/// Whether `test` holds.
pub fn holds(test: &Test, context: &Context) -> Outcome {
    let operator = test.operator;
    match context.get(&test.key.lower) {
        Known::Unknown => Outcome::Depends,
        Known::Absent => absent(test),
        Known::Value(_) if operator.base == Base::Null => presence(test, false),
        Known::Value(ContextValue::One(value)) => one(test, value, context),
        Known::Value(ContextValue::Many(values)) => match operator.set {
            Some(SetOperator::ForAnyValue) => Outcome::any(values.iter().map(|it| one(test, it, context))),
            Some(SetOperator::ForAllValues) => {
                Outcome::any(values.iter().map(|it| one(test, it, context).negated())).negated()
            }
            // Reported to be false, negated or not, and nowhere documented.
            None => Outcome::Unsettled(false),
        },
    }
}

fn absent(test: &Test) -> Outcome {
    let operator = test.operator;
    match operator.set {
        _ if operator.base == Base::Null => presence(test, true),
        Some(SetOperator::ForAllValues) => Outcome::Holds,
        // The words on IfExists say true, those on ForAnyValue false.
        Some(SetOperator::ForAnyValue) if operator.if_exists => Outcome::Unsettled(true),
        Some(SetOperator::ForAnyValue) => Outcome::Fails,
        None => Outcome::of(operator.if_exists || operator.negated),
    }
}

fn presence(test: &Test, is_absent: bool) -> Outcome {
    Outcome::of(test.operands.contains(&Operand::Absent(is_absent)))
}

/// One value of the request against all of the policy: any of them, or none when the operator is negated.
fn one(test: &Test, value: &str, context: &Context) -> Outcome {
    let negated = test.operator.negated;
    if test.operator.base == Base::Arn {
        let foreign = |operand: &Operand| matches!(operand, Operand::Arn(None));
        // What is no ARN compares with nothing, and a negated operator does not turn that around.
        if Arn::parse(value).is_none() || negated && test.operands.iter().any(foreign) {
            return Outcome::Fails;
        }
    }
    let any = Outcome::any(test.operands.iter().map(|operand| compares(test.operator.base, operand, value, context)));
    if negated { any.negated() } else { any }
}

fn compares(base: Base, operand: &Operand, value: &str, context: &Context) -> Outcome {
    let holds = match (operand, base) {
        (Operand::Text(text), Base::Bool) => return with_glob(text, context, |glob| equal_flags(glob, value)),
        (Operand::Text(text), Base::StringIgnoreCase) => {
            return with_glob(text, context, |glob| ignoring_case(glob, value));
        }
        (Operand::Text(text), _) => return with_glob(text, context, |glob| glob.matches(value)),
        (Operand::Arn(parts), _) => return parts.as_ref().map_or(Outcome::Fails, |parts| arn(parts, value, context)),
        (Operand::Number(expected), Base::Numeric(how)) => {
            Decimal::parse(value).is_some_and(|it| how.holds(&it, expected))
        }
        (Operand::Time(expected), Base::Date(how)) => time(value).is_some_and(|it| how.holds(&it, expected)),
        (Operand::Net(net), _) => value.parse::<IpAddr>().is_ok_and(|address| net.contains(&address)),
        (Operand::Binary(expected), _) => BASE64.decode(value.as_bytes()).is_ok_and(|it| it == *expected),
        _ => false,
    };
    Outcome::of(holds)
}

/// Compares with a text, its variables put in. A variable without a value compares with nothing.
fn with_glob(text: &Text, context: &Context, compare: impl Fn(&Glob) -> bool) -> Outcome {
    if let Some(glob) = &text.fixed {
        return Outcome::of(compare(glob));
    }
    match text.template.resolve(|key| context.variable(key)) {
        Resolved::Tokens(tokens) => Outcome::of(compare(&Glob::of_tokens(tokens))),
        Resolved::Null => Outcome::Fails,
        Resolved::Unknown => Outcome::Depends,
    }
}

fn literal(glob: &Glob) -> String {
    glob.tokens().iter().filter_map(|token| if let Token::Char(it) = token { Some(*it) } else { None }).collect()
}

fn equal_flags(glob: &Glob, value: &str) -> bool {
    boolean(value).is_some_and(|flag| boolean(&literal(glob)) == Some(flag))
}

fn ignoring_case(glob: &Glob, value: &str) -> bool {
    literal(glob).to_lowercase() == value.to_lowercase()
}

/// Part by part: no wildcard passes one of the first five colons.
fn arn(parts: &[Text], value: &str, context: &Context) -> Outcome {
    let each = parts.iter().zip(value.splitn(6, ':'));
    Outcome::any(each.map(|(part, found)| with_glob(part, context, |glob| glob.matches(found)).negated())).negated()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::iam::grammar::Operator;

    fn outcome(operator: &str, values: &[&str], context: &Context) -> Outcome {
        let values = values.iter().map(|it| (*it).to_owned()).collect();
        let test = Test::new(Operator::new(operator).unwrap(), "t:k", values, true, 0).unwrap();
        holds(&test, context)
    }

    fn with(value: Option<&[&str]>) -> Context {
        let mut context = Context::complete();
        match value {
            Some([one]) => context.set("t:k", *one),
            Some(many) => {
                context.set_value("t:k", ContextValue::Many(many.iter().map(|it| (*it).to_owned()).collect()));
            }
            None => {}
        }
        context
    }

    #[test]
    fn one_value_against_many() {
        for (operator, values, value, expected) in [
            ("StringEquals", &["Bob"][..], "Bob", true),
            ("StringEquals", &["Bob"], "bob", false),
            ("StringEquals", &["B*"], "Bob", false),
            ("StringEquals", &["B*"], "B*", true),
            ("StringNotEquals", &["a", "b"], "b", false),
            ("StringNotEquals", &["a", "b"], "c", true),
            ("StringEqualsIgnoreCase", &["GRÖSSE"], "größe", false),
            ("StringEqualsIgnoreCase", &["ÄB"], "äb", true),
            ("StringNotEqualsIgnoreCase", &["BOB"], "bob", false),
            ("StringLike", &["a:*:c"], "a:b:b:c", true),
            ("StringNotLike", &["a*"], "b", true),
            ("NumericEquals", &["10"], "10.0", true),
            ("NumericEquals", &["12"], "12abc", false),
            ("NumericNotEquals", &["5"], "6", true),
            ("NumericLessThanEquals", &["5"], "5", true),
            ("NumericGreaterThan", &["5"], "5", false),
            ("DateGreaterThan", &["2020-01-01T00:00:00Z"], "1700000000", true),
            ("DateEquals", &["2020-01-01"], "1577836800", true),
            ("Bool", &["TRUE"], "true", true),
            ("Bool", &["true"], "yes", false),
            ("BinaryEquals", &["QQ=="], "QQ==", true),
            ("IpAddress", &["10.1.2.3/8"], "10.9.9.9", true),
            ("IpAddress", &["0.0.0.0/0"], "203.0.113.7", true),
            ("NotIpAddress", &["0.0.0.0/0"], "203.0.113.7", false),
            ("IpAddress", &["0.0.0.0/0"], "2001:db8::1", false),
            ("IpAddress", &["::/0"], "2001:db8::1", true),
            ("IpAddress", &["::/0"], "203.0.113.7", false),
            ("IpAddress", &["2001:db8::1"], "2001:0db8:0:0:0:0:0:1", true),
            ("NotIpAddress", &["10.0.0.0/8", "192.168.0.0/16"], "192.168.1.1", false),
            ("ArnEquals", &["arn:aws:iam::*:role/x*"], "arn:aws:iam::1:role/xyz", true),
            ("ArnLike", &["arn:aws:x:*:1:finance/*"], "arn:aws:x:r:9:a:1:finance/d", false),
            ("ArnLike", &["arn:aws:iam::1:role/X"], "arn:aws:iam::1:role/x", false),
            ("ArnNotLike", &["arn:aws:iam::1:role/x"], "arn:aws:iam::1:role/y", true),
            ("ArnNotLike", &["arn:aws:iam::1:role/x"], "no arn", false),
            ("ArnNotLike", &["*"], "arn:aws:iam::1:role/y", false),
            ("Null", &["false"], "x", true),
            ("Null", &["true"], "x", false),
            ("ForAnyValue:StringEquals", &["a", "b"], "b", true),
        ] {
            assert_eq!(
                outcome(operator, values, &with(Some(&[value]))),
                Outcome::of(expected),
                "{operator} {values:?} {value}"
            );
        }
    }

    #[test]
    fn absent_keys() {
        for (operator, values, expected) in [
            ("StringEquals", &["x"][..], Outcome::Fails),
            ("StringNotEquals", &["x"], Outcome::Holds),
            ("StringEqualsIfExists", &["x"], Outcome::Holds),
            ("StringNotEqualsIfExists", &["x"], Outcome::Holds),
            ("NumericNotEquals", &["1"], Outcome::Holds),
            ("NotIpAddress", &["10.0.0.0/8"], Outcome::Holds),
            ("ArnNotLike", &["arn:aws:iam::1:role/x"], Outcome::Holds),
            ("Bool", &["false"], Outcome::Fails),
            ("Null", &["true"], Outcome::Holds),
            ("Null", &["false"], Outcome::Fails),
            ("ForAllValues:StringEquals", &["x"], Outcome::Holds),
            ("ForAllValues:StringNotEquals", &["x"], Outcome::Holds),
            ("ForAnyValue:StringEquals", &["x"], Outcome::Fails),
            ("ForAnyValue:StringNotEquals", &["x"], Outcome::Fails),
            ("ForAnyValue:StringEqualsIfExists", &["x"], Outcome::Unsettled(true)),
        ] {
            assert_eq!(outcome(operator, values, &with(None)), expected, "{operator}");
            assert_eq!(outcome(operator, values, &Context::partial()), Outcome::Depends, "{operator}");
        }
    }

    #[test]
    fn several_values() {
        for (operator, values, found, expected) in [
            ("ForAllValues:StringEquals", &["a", "b"][..], &["a", "b"][..], Outcome::Holds),
            ("ForAllValues:StringEquals", &["a", "b"], &["a", "c"], Outcome::Fails),
            ("ForAllValues:StringNotEquals", &["x"], &["a", "x"], Outcome::Fails),
            ("ForAnyValue:StringEquals", &["a"], &["a", "c"], Outcome::Holds),
            ("ForAnyValue:StringNotEquals", &["a"], &["a", "c"], Outcome::Holds),
            ("ForAnyValue:StringLike", &["x*"], &["a", "c"], Outcome::Fails),
            ("ForAllValues:StringEquals", &["a"], &[], Outcome::Holds),
            ("ForAnyValue:StringEquals", &["a"], &[], Outcome::Fails),
            ("Null", &["true"], &[], Outcome::Holds),
            ("Null", &["false"], &["a", "c"], Outcome::Holds),
            ("StringEquals", &["a"], &["a", "c"], Outcome::Unsettled(false)),
            ("StringNotEquals", &["x"], &["a", "c"], Outcome::Unsettled(false)),
        ] {
            assert_eq!(outcome(operator, values, &with(Some(found))), expected, "{operator} {values:?} {found:?}");
        }
    }

    #[test]
    fn variables_in_values() {
        for (operator, value, tag, expected) in [
            ("StringEquals", "${aws:PrincipalTag/team}", Some("a"), Outcome::Holds),
            ("StringEquals", "${aws:PrincipalTag/team}", None, Outcome::Fails),
            ("StringNotEquals", "${aws:PrincipalTag/team}", None, Outcome::Holds),
            ("StringNotEquals", "${aws:PrincipalTag/team}", Some("b"), Outcome::Holds),
            ("StringLike", "${aws:PrincipalTag/team, 'a'}", None, Outcome::Holds),
            ("StringLike", "${aws:PrincipalTag/team}*", Some("*"), Outcome::Fails),
        ] {
            let mut context = with(Some(&["a"]));
            if let Some(tag) = tag {
                context.set("aws:PrincipalTag/team", tag);
            }
            assert_eq!(outcome(operator, &[value], &context), expected, "{operator} {value} {tag:?}");
            context.set_unknown("aws:PrincipalTag/team");
            assert_eq!(outcome(operator, &[value], &context), Outcome::Depends, "{operator} {value}");
        }
    }
}
