//! The functions that expressions may call: one table of signatures, from which checker, evaluation and documentation take
//! what they need.

mod call;
mod literal;
mod pattern;

use super::ty::Ty;

pub(super) use call::{Failed, call, price};
pub(in crate::rules) use literal::literal;
pub(super) use literal::show_duration;
pub(in crate::rules) use pattern::Pattern;

/// What an argument must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Text,
    TextOrList,
    TextOrArn,
    Cidr,
    Cidrs,
    Version,
    Timestamp,
    Duration,
    /// A regular expression that stands in the rule.
    Regex,
    /// A pattern of ARNs that stands in the rule.
    ArnPattern,
}

impl Takes {
    pub(super) fn accepts(self, ty: &Ty) -> bool {
        match self {
            Self::Text => ty.is_text(),
            Self::TextOrList => ty.is_text() || matches!(ty, Ty::List(_)),
            Self::TextOrArn => ty.is_text() || matches!(ty, Ty::Arn),
            Self::Cidr => matches!(ty, Ty::Cidr | Ty::Any),
            Self::Cidrs => match ty {
                Ty::List(of) => matches!(**of, Ty::Cidr | Ty::Any),
                ty => matches!(ty, Ty::Any),
            },
            Self::Version => matches!(ty, Ty::Version | Ty::Any),
            Self::Timestamp => matches!(ty, Ty::Timestamp | Ty::Any),
            Self::Duration => matches!(ty, Ty::Duration | Ty::Any),
            Self::Regex | Self::ArnPattern => matches!(ty, Ty::String),
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::TextOrList => "string or list",
            Self::TextOrArn => "arn or string",
            Self::Cidr => "cidr",
            Self::Cidrs => "list<cidr>",
            Self::Version => "version",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::Regex => "regex literal",
            Self::ArnPattern => "arn pattern literal",
        }
    }

    /// The kind of the literal that it is, when it must be one.
    pub(super) const fn literal(self) -> Option<&'static str> {
        match self {
            Self::Regex => Some("regex"),
            Self::ArnPattern => Some("arn pattern"),
            _ => None,
        }
    }
}

/// How a function is called.
#[derive(Debug)]
pub(in crate::rules) struct Signature {
    pub(in crate::rules) name: &'static str,
    /// `a.f(b)` instead of `f(a, b)`.
    pub(in crate::rules) method: bool,
    pub(super) takes: &'static [Takes],
    pub(super) gives: Ty,
    pub(super) function: Function,
    /// What it does, in a line.
    pub(in crate::rules) doc: &'static str,
}

impl Signature {
    /// As documentation shows it: `string.startsWith(string) → bool`.
    pub(in crate::rules) fn shown(&self) -> String {
        let mut takes: Vec<&str> = self.takes.iter().map(|takes| takes.as_str()).collect();
        let of = if self.method && !takes.is_empty() { format!("({}).", takes.remove(0)) } else { String::new() };
        format!("{of}{}({}) → {}", self.name, takes.join(", "), self.gives)
    }
}

macro_rules! signatures {
    ($($(#[doc = $doc:literal])* $kind:ident $name:literal ($($takes:ident),*) $gives:ident = $function:ident;)*) => {
        pub(in crate::rules) static SIGNATURES: &[Signature] = &[$(Signature {
            name: $name,
            method: signatures!(@$kind),
            takes: &[$(Takes::$takes),*],
            gives: Ty::$gives,
            function: Function::$function,
            doc: concat!($($doc),*),
        },)*];
    };
    (@function) => { false };
    (@method) => { true };
}

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) enum Function {
    Size,
    Int,
    Cidr,
    Version,
    Timestamp,
    Duration,
    Arn,
    StartsWith,
    EndsWith,
    Contains,
    LowerAscii,
    Matches,
    PrefixLen,
    CidrFamily,
    CidrContains,
    CidrOverlaps,
    CidrIsPrivate,
    Ipv4Addresses,
    Ipv6Networks,
    IpFamily,
    IpWithin,
    IpIsPrivate,
    IpIsLoopback,
    IpIsLinkLocal,
    ArnPartition,
    ArnService,
    ArnRegion,
    ArnAccount,
    ArnResource,
    ArnMatches,
    Major,
    Minor,
    Patch,
    Observed,
    Since,
    Hours,
    Days,
}

signatures! {
    /// Characters of a text, elements of a list.
    function "size" (TextOrList) Int = Size;
    /// Characters of a text, elements of a list.
    method "size" (TextOrList) Int = Size;
    /// The number that a text spells; unknown when it spells none.
    function "int" (Text) Int = Int;
    /// The prefix that a text spells; a literal is read when the rule loads.
    function "cidr" (Text) Cidr = Cidr;
    /// The version that a text spells; a literal is read when the rule loads.
    function "version" (Text) Version = Version;
    /// The moment that a text spells (RFC 3339); a literal is read when the rule loads.
    function "timestamp" (Text) Timestamp = Timestamp;
    /// The span that a text spells, as in `36h` or `1h30m`; a literal is read when the rule loads.
    function "duration" (Text) Duration = Duration;
    /// The ARN that a text spells; a literal is read when the rule loads.
    function "arn" (Text) Arn = Arn;
    /// Whether a text begins so.
    method "startsWith" (Text, Text) Bool = StartsWith;
    /// Whether a text ends so.
    method "endsWith" (Text, Text) Bool = EndsWith;
    /// Whether a text holds another.
    method "contains" (Text, Text) Bool = Contains;
    /// The text with A–Z in lower case.
    method "lowerAscii" (Text) String = LowerAscii;
    /// Whether a part of a text matches a regular expression (RE2 syntax, ASCII classes); `^…$` for all of it.
    method "matches" (Text, Regex) Bool = Matches;
    /// Length of a prefix.
    function "cidr.prefix_len" (Cidr) Int = PrefixLen;
    /// 4 or 6.
    function "cidr.family" (Cidr) Int = CidrFamily;
    /// Whether the first holds all of the second.
    function "cidr.contains" (Cidr, Cidr) Bool = CidrContains;
    /// Whether two prefixes share an address.
    function "cidr.overlaps" (Cidr, Cidr) Bool = CidrOverlaps;
    /// Whether all of it is private (RFC 1918, RFC 4193).
    function "cidr.is_private" (Cidr) Bool = CidrIsPrivate;
    /// Number of IPv4 addresses that are in the first prefixes together and in none of the second.
    function "cidr.ipv4_addresses" (Cidrs, Cidrs) Int = Ipv4Addresses;
    /// Number of IPv6 networks of 64 bits that are, in whole or in part, in the first prefixes and in none of the second.
    function "cidr.ipv6_networks" (Cidrs, Cidrs) Int = Ipv6Networks;
    /// 4 or 6.
    function "ip.family" (Text) Int = IpFamily;
    /// Whether an address is in a prefix.
    function "ip.within" (Text, Cidr) Bool = IpWithin;
    /// Whether an address is private (RFC 1918, RFC 4193).
    function "ip.is_private" (Text) Bool = IpIsPrivate;
    /// Whether an address is the machine itself (127.0.0.0/8, ::1).
    function "ip.is_loopback" (Text) Bool = IpIsLoopback;
    /// Whether an address is link-local (169.254.0.0/16, fe80::/10).
    function "ip.is_link_local" (Text) Bool = IpIsLinkLocal;
    /// As in `aws`.
    function "arn.partition" (TextOrArn) String = ArnPartition;
    /// As in `rds`.
    function "arn.service" (TextOrArn) String = ArnService;
    /// As in `eu-central-1`; empty for global services.
    function "arn.region" (TextOrArn) String = ArnRegion;
    /// The account id; empty where the service leaves it out.
    function "arn.account" (TextOrArn) String = ArnAccount;
    /// The rest, as in `cluster:orders`.
    function "arn.resource" (TextOrArn) String = ArnResource;
    /// Whether an ARN fits a pattern, part by part, with `*` and `?`: `arn.matches(x, 'arn:aws:rds:*:*:cluster:prod-*')`.
    function "arn.matches" (TextOrArn, ArnPattern) Bool = ArnMatches;
    /// First part of a version.
    function "version.major" (Version) Int = Major;
    /// Second part of a version; 0 when there is none.
    function "version.minor" (Version) Int = Minor;
    /// Third part of a version; 0 when there is none.
    function "version.patch" (Version) Int = Patch;
    /// When the subject was observed: the time of its record, never the clock.
    function "time.observed" () Timestamp = Observed;
    /// What had passed since then when the subject was observed; negative for the future.
    function "time.since" (Timestamp) Duration = Since;
    /// Whole hours of a span.
    function "time.hours" (Duration) Int = Hours;
    /// Whole days of a span.
    function "time.days" (Duration) Int = Days;
}

/// Functions that make a value out of text; a text that stands in the rule is read at load.
pub(super) const LITERALS: [&str; 5] = ["arn", "cidr", "duration", "timestamp", "version"];

/// The namespaces of functions with a dot in their name.
pub(in crate::rules) const NAMESPACES: [&str; 5] = ["arn", "cidr", "ip", "time", "version"];
