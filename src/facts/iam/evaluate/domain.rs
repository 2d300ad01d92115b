//! Values worth trying for a key that nobody knows: between them they tell every test on the key from every other. Where they
//! cover all there is, a condition that none of them meets cannot be met.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use data_encoding::BASE64;
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use super::context::{Context, ContextValue};
use super::language::{Pattern, Symbol, any_arn, arn_pattern, pattern, texts};
use crate::facts::iam::glob::Token;
use crate::facts::iam::grammar::{Base, Decimal, Operand, Resolved, Test, Text};

/// How much work to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Values that the policy itself suggests.
    Quick,
    /// Enough values to tell every case apart, where that can be had.
    Thorough,
}

/// Values of one key; `None` is an absent key.
#[derive(Debug, Default)]
pub(super) struct Domain {
    pub values: Vec<Option<ContextValue>>,
    /// Whether no other value could behave differently.
    pub complete: bool,
}

/// What a test compares, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Text,
    Arn,
    Number,
    Time,
    Address,
    Flag,
    Binary,
    Presence,
}

impl Family {
    const fn of(base: Base) -> Self {
        match base {
            Base::String | Base::StringIgnoreCase | Base::StringLike => Self::Text,
            Base::Arn => Self::Arn,
            Base::Numeric(_) => Self::Number,
            Base::Date(_) => Self::Time,
            Base::Ip => Self::Address,
            Base::Bool => Self::Flag,
            Base::Binary => Self::Binary,
            Base::Null => Self::Presence,
        }
    }
}

/// Values for the key of `tests`, all of which are on one key; the texts `apart` are told from all others too. Keys are taken to have values of the type that is compared: no
/// service sends a Boolean that is neither true nor false.
pub(super) fn domain(tests: &[&Test], apart: &[String], context: &Context, effort: Effort) -> Domain {
    let mut families: Vec<_> = tests.iter().map(|test| Family::of(test.operator.base)).collect();
    families.extend((!apart.is_empty()).then_some(Family::Text));
    families.retain(|family| *family != Family::Presence);
    families.sort_unstable();
    families.dedup();
    let (mut values, mut complete) = (Vec::new(), effort == Effort::Thorough && families.len() < 2);
    if families.is_empty() {
        values.push("x".to_owned());
    }
    for family in families {
        let of_family: Vec<_> = tests.iter().copied().filter(|it| Family::of(it.operator.base) == family).collect();
        let (more, all) = singles(family, &of_family, apart, context, effort);
        values.extend(more);
        complete &= all;
    }
    let mut seen = std::collections::BTreeSet::new();
    values.retain(|value| seen.insert(value.clone()));
    let mut values: Vec<_> = values.into_iter().map(|value| Some(ContextValue::One(value))).collect();
    values.insert(values.len().min(1), None);
    Domain { values, complete }
}

/// Values of one family, and whether they are all that can be told apart.
fn singles(
    family: Family,
    tests: &[&Test],
    apart: &[String],
    context: &Context,
    effort: Effort,
) -> (Vec<String>, bool) {
    let operands = || tests.iter().flat_map(|test| test.operands.iter().map(|operand| (test.operator.base, operand)));
    match family {
        Family::Text | Family::Arn => {
            let patterns: Vec<_> = operands().map(|(base, operand)| symbols(base, operand, context)).collect();
            let literal = |text: &String| text.chars().map(Symbol::Char).collect();
            let known: Vec<Pattern> = patterns.iter().flatten().cloned().chain(apart.iter().map(literal)).collect();
            let (found, all) = of_patterns(known, family, effort);
            (found, all && patterns.iter().all(Option::is_some))
        }
        Family::Flag => {
            (vec!["true".into(), "false".into()], operands().all(|(_, it)| it.texts().iter().all(is_fixed)))
        }
        Family::Number => (operands().flat_map(|(_, it)| around_number(it)).collect(), true),
        Family::Time => (operands().flat_map(|(_, it)| around_time(it)).collect(), true),
        Family::Address => {
            let edges = [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)].map(|it| it.to_string());
            (operands().flat_map(|(_, it)| around_net(it)).chain(edges).collect(), true)
        }
        Family::Binary => (operands().filter_map(|(_, it)| encoded(it)).chain([other_binary(tests)]).collect(), true),
        Family::Presence => (Vec::new(), true),
    }
}

const fn is_fixed(text: &Text) -> bool {
    text.fixed.is_some()
}

/// The pattern of an operand; none when a variable in it has a value that nobody knows, an empty list of symbols never.
fn symbols(base: Base, operand: &Operand, context: &Context) -> Option<Pattern> {
    let resolve = |text: &Text| match text.template.resolve(|key| context.variable(key)) {
        Resolved::Tokens(tokens) => Some(tokens),
        // It compares with nothing: any pattern does for telling values apart.
        Resolved::Null => Some(vec![Token::Many]),
        Resolved::Unknown => None,
    };
    let parts: Option<Vec<Vec<Token>>> = operand.texts().iter().map(resolve).collect();
    let parts = parts?;
    if base == Base::Arn {
        return Some(if parts.is_empty() { any_arn() } else { arn_pattern(&parts) });
    }
    let symbols = parts.first().map(|tokens| pattern(tokens)).unwrap_or_default();
    let folded = |symbol| match symbol {
        Symbol::Char(it) if base == Base::StringIgnoreCase => Symbol::AnyCase(it),
        other => other,
    };
    Some(symbols.into_iter().map(folded).collect())
}

fn of_patterns(mut patterns: Vec<Pattern>, family: Family, effort: Effort) -> (Vec<String>, bool) {
    let mut quick: Vec<_> = patterns.iter().flat_map(|pattern| ["", "x"].map(|fill| instance(pattern, fill))).collect();
    quick.push(if family == Family::Arn { "arn:aws:other:::another".to_owned() } else { "another-value".to_owned() });
    if effort == Effort::Quick {
        return (quick, false);
    }
    if family == Family::Arn {
        patterns.push(any_arn());
    }
    let (found, all) = texts(&patterns);
    quick.extend(found);
    (quick, all)
}

/// A text that the pattern covers, with `fill` for every run.
pub(super) fn instance(pattern: &[Symbol], fill: &str) -> String {
    let mut text = String::new();
    for symbol in pattern {
        match symbol {
            Symbol::Char(it) | Symbol::AnyCase(it) => text.push(*it),
            Symbol::One | Symbol::OneInPart => text.push('x'),
            Symbol::Many | Symbol::ManyInPart => text.push_str(fill),
        }
    }
    text
}

/// The number, its neighbours that people would write, and its closest neighbours.
fn around_number(operand: &Operand) -> Vec<String> {
    let Operand::Number(Decimal(number)) = operand else { return Vec::new() };
    let near = [0, Decimal::ONE, -Decimal::ONE, 1, -1];
    near.into_iter().map(|step| Decimal(number.saturating_add(step)).text()).collect()
}

fn around_time(operand: &Operand) -> Vec<String> {
    let Operand::Time(time) = operand else { return Vec::new() };
    let day = SignedDuration::from_hours(24);
    let near = [SignedDuration::ZERO, day, -day, SignedDuration::from_nanos(1), SignedDuration::from_nanos(-1)];
    near.into_iter().filter_map(|step| time.checked_add(step).ok()).map(|it: Timestamp| it.to_string()).collect()
}

/// The first address of the range, the last, and those next to it.
fn around_net(operand: &Operand) -> Vec<String> {
    let Operand::Net(net) = operand else { return Vec::new() };
    let (first, last) = (net.network(), net.broadcast());
    let inside = match net {
        IpNet::V4(v4) => v4.hosts().next().map(IpAddr::V4),
        IpNet::V6(v6) => v6.hosts().next().map(IpAddr::V6),
    };
    let addresses = [inside, Some(first), Some(last), next(last, true), next(first, false)];
    addresses.into_iter().flatten().map(|it| it.to_string()).collect()
}

/// The next address up or down.
fn next(address: IpAddr, up: bool) -> Option<IpAddr> {
    match address {
        IpAddr::V4(it) => {
            let bits = if up { it.to_bits().checked_add(1) } else { it.to_bits().checked_sub(1) };
            bits.map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)))
        }
        IpAddr::V6(it) => {
            let bits = if up { it.to_bits().checked_add(1) } else { it.to_bits().checked_sub(1) };
            bits.map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)))
        }
    }
}

fn encoded(operand: &Operand) -> Option<String> {
    match operand {
        Operand::Binary(bytes) => Some(BASE64.encode(bytes)),
        _ => None,
    }
}

/// Longer than any that is compared, and so none of them.
fn other_binary(tests: &[&Test]) -> String {
    let length = |operand: &Operand| if let Operand::Binary(bytes) = operand { bytes.len() } else { 0 };
    let longest = tests.iter().flat_map(|test| &test.operands).map(length).max().unwrap_or(0);
    BASE64.encode(&vec![0; longest + 1])
}
