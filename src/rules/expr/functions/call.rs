//! What each function does with arguments that are there.

use std::borrow::Cow;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;

use super::super::value::{Fault, Items, Undecided, Val};
use super::Function;
use super::literal::duration;
use crate::facts::network::AddressSet;
use crate::model::Arn;

/// Why a call gave nothing.
pub(in crate::rules::expr) enum Failed {
    /// A value that cannot be read: what was expected, and what was found.
    Unreadable(String),
    /// The rule broke.
    Broken(Fault),
}

impl Failed {
    /// As an answer.
    pub(in crate::rules::expr) const fn undecided(&self) -> Undecided {
        match self {
            Self::Unreadable(_) => Undecided::Unknown,
            Self::Broken(fault) => Undecided::Error(*fault),
        }
    }
}

type Answer<'a, At> = Result<Val<'a, At>, Failed>;

/// Steps that looking at these values costs.
pub(in crate::rules::expr) fn price<At: Clone>(values: &[Val<'_, At>]) -> u32 {
    let text = |value: &Val<'_, At>| if let Val::Str(text) = value { text.len() } else { 0 };
    let listed = |value: &Val<'_, At>| if let Val::List(items) = value { items.len() * 64 } else { 0 };
    let bytes: usize = values.iter().map(|value| text(value) + listed(value)).sum();
    let searched = matches!(values, [_, Val::Pattern(_)]);
    u32::try_from(if searched { bytes } else { bytes / 64 }).unwrap_or(u32::MAX)
}

/// Calls a function.
pub(in crate::rules::expr) fn call<'a, At: Clone>(function: Function, arguments: &[Val<'_, At>]) -> Answer<'a, At> {
    match arguments {
        [Val::Str(text)] => of_text(function, text),
        [Val::Str(text), other] => of_text_and(function, text, other),
        [Val::List(items)] if function == Function::Size => count(items.len()),
        [Val::Cidr(net)] => of_cidr(function, *net),
        [Val::Cidr(net), Val::Cidr(other)] => match function {
            Function::CidrContains => Ok(Val::Bool(net.contains(other))),
            Function::CidrOverlaps => Ok(Val::Bool(net.contains(other) || other.contains(net))),
            _ => mistyped(),
        },
        [Val::List(prefixes), Val::List(except)] => {
            let left = addresses(prefixes)?.difference(&addresses(except)?);
            match function {
                Function::Ipv4Addresses => Ok(Val::Int(left.ipv4_addresses())),
                Function::Ipv6Networks => Ok(Val::Int(left.ipv6_networks())),
                _ => mistyped(),
            }
        }
        [Val::Arn(arn)] => of_arn(function, arn),
        [Val::Arn(arn), Val::Pattern(pattern)] => Ok(Val::Bool(pattern.covers(arn))),
        [Val::Version(version)] => match function {
            Function::Major => Ok(Val::Int(version.part(0).into())),
            Function::Minor => Ok(Val::Int(version.part(1).into())),
            Function::Patch => Ok(Val::Int(version.part(2).into())),
            _ => mistyped(),
        },
        [Val::Duration(span)] => match function {
            Function::Hours => Ok(Val::Int(span.as_hours())),
            Function::Days => Ok(Val::Int(span.as_hours() / 24)),
            _ => mistyped(),
        },
        _ => mistyped(),
    }
}

fn of_text<'a, At: Clone>(function: Function, text: &str) -> Answer<'a, At> {
    match function {
        Function::Size => count(text.chars().count()),
        Function::LowerAscii => Ok(Val::Str(Cow::Owned(text.to_ascii_lowercase()))),
        Function::Int => text.parse().map(Val::Int).or_else(|_| unreadable("a whole number", text)),
        Function::Cidr => text.parse().map(Val::Cidr).or_else(|_| unreadable("a CIDR", text)),
        Function::Version => {
            text.parse().map(|version| Val::Version(Cow::Owned(version))).or_else(|()| unreadable("a version", text))
        }
        Function::Timestamp => {
            text.parse::<Timestamp>().map(Val::Timestamp).or_else(|_| unreadable("a timestamp", text))
        }
        Function::Duration => duration(text).map(Val::Duration).map_or_else(|| unreadable("a duration", text), Ok),
        Function::Arn => arn(text).map(|arn| Val::Arn(Cow::Owned(arn))),
        Function::IpFamily | Function::IpIsPrivate | Function::IpIsLoopback | Function::IpIsLinkLocal => {
            of_address(function, address(text)?)
        }
        _ => of_arn(function, &arn(text)?),
    }
}

fn of_text_and<'a, At>(function: Function, text: &str, other: &Val<'_, At>) -> Answer<'a, At> {
    match (function, other) {
        (Function::StartsWith, Val::Str(part)) => Ok(Val::Bool(text.starts_with(&**part))),
        (Function::EndsWith, Val::Str(part)) => Ok(Val::Bool(text.ends_with(&**part))),
        (Function::Contains, Val::Str(part)) => Ok(Val::Bool(text.contains(&**part))),
        (Function::Matches, Val::Pattern(pattern)) => Ok(Val::Bool(pattern.is_in(text))),
        (Function::ArnMatches, Val::Pattern(pattern)) => Ok(Val::Bool(pattern.covers(&arn(text)?))),
        (Function::IpWithin, Val::Cidr(net)) => Ok(Val::Bool(net.contains(&address(text)?))),
        _ => mistyped(),
    }
}

/// The addresses of a list of prefixes.
fn addresses<At: Clone>(prefixes: &Items<'_, At>) -> Result<AddressSet, Failed> {
    let net = |index| match prefixes.get(index, |at, _| at.clone()) {
        Val::Cidr(net) => Ok(net),
        Val::Unknown(..) => Err(Failed::Unreadable("expected prefixes, found one that is unknown".to_owned())),
        _ => Err(Failed::Broken(Fault::Mistyped)),
    };
    let nets: Result<Vec<_>, _> = (0..prefixes.len()).map(net).collect();
    nets.map(AddressSet::of)
}

fn of_cidr<'a, At>(function: Function, net: IpNet) -> Answer<'a, At> {
    match function {
        Function::PrefixLen => Ok(Val::Int(net.prefix_len().into())),
        Function::CidrFamily => Ok(Val::Int(family(net.addr()))),
        Function::CidrIsPrivate => Ok(Val::Bool(is_private(net))),
        _ => mistyped(),
    }
}

fn of_address<'a, At>(function: Function, address: IpAddr) -> Answer<'a, At> {
    match (function, address) {
        (Function::IpFamily, _) => Ok(Val::Int(family(address))),
        (Function::IpIsPrivate, _) => Ok(Val::Bool(is_private(address.into()))),
        (Function::IpIsLoopback, _) => Ok(Val::Bool(address.is_loopback())),
        (Function::IpIsLinkLocal, IpAddr::V4(address)) => Ok(Val::Bool(address.is_link_local())),
        (Function::IpIsLinkLocal, IpAddr::V6(address)) => Ok(Val::Bool(address.is_unicast_link_local())),
        _ => mistyped(),
    }
}

fn of_arn<'a, At>(function: Function, arn: &Arn) -> Answer<'a, At> {
    let part = match function {
        Function::ArnPartition => arn.partition(),
        Function::ArnService => arn.service(),
        Function::ArnRegion => arn.region(),
        Function::ArnAccount => arn.account(),
        Function::ArnResource => arn.resource(),
        _ => return mistyped(),
    };
    Ok(Val::Str(Cow::Owned(part.to_owned())))
}

const fn family(address: IpAddr) -> i64 {
    if address.is_ipv4() { 4 } else { 6 }
}

/// Whether all of a range is private: RFC 1918, RFC 4193.
fn is_private(net: IpNet) -> bool {
    match (net, net.network(), net.broadcast()) {
        (IpNet::V4(_), IpAddr::V4(first), IpAddr::V4(last)) => {
            // 10/8, 172.16/12 and 192.168/16 lie apart: a range that spans two of them has public addresses between.
            let block = |it: std::net::Ipv4Addr| (it.octets()[0], it.is_private());
            block(first) == block(last) && first.is_private()
        }
        (IpNet::V6(_), IpAddr::V6(first), IpAddr::V6(last)) => first.is_unique_local() && last.is_unique_local(),
        _ => false,
    }
}

/// An address; one of IPv4 that is written as IPv6 is one of IPv4.
fn address(text: &str) -> Result<IpAddr, Failed> {
    let address: Result<IpAddr, _> = text.parse();
    address.map(|address| address.to_canonical()).or_else(|_| unreadable("an IP address", text))
}

fn arn(text: &str) -> Result<Arn, Failed> {
    text.parse().or_else(|()| unreadable("an ARN", text))
}

fn count<'a, At>(number: usize) -> Answer<'a, At> {
    i64::try_from(number).map(Val::Int).map_err(|_| Failed::Broken(Fault::Overflow))
}

fn unreadable<T>(wanted: &str, text: &str) -> Result<T, Failed> {
    const SHOWN: usize = 80;
    let shown: String = text.chars().take(SHOWN).collect();
    let more = if shown.len() < text.len() { "…" } else { "" };
    Err(Failed::Unreadable(format!("expected {wanted}, found `{shown}{more}`")))
}

fn mistyped<T>() -> Result<T, Failed> {
    Err(Failed::Broken(Fault::Mistyped))
}
