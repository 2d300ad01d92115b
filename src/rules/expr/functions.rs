//! The functions that expressions may call: one table of signatures, and what each does.

use std::borrow::Cow;

use ipnet::IpNet;
use jiff::Timestamp;

use super::ir::Const;
use super::ty::Ty;
use super::value::{Fault, Undecided, Val};

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) enum Function {
    Size,
    Int,
    PrefixLen,
    CidrContains,
    StartsWith,
    EndsWith,
    Contains,
    LowerAscii,
}

/// What an argument must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Text,
    TextOrList,
    Cidr,
}

impl Takes {
    pub(super) fn accepts(self, ty: &Ty) -> bool {
        match self {
            Self::Text => ty.is_text(),
            Self::TextOrList => ty.is_text() || matches!(ty, Ty::List(_)),
            Self::Cidr => matches!(ty, Ty::Cidr | Ty::Any),
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::TextOrList => "string or list",
            Self::Cidr => "cidr",
        }
    }
}

/// How a function is called.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) name: &'static str,
    /// `a.f(b)` instead of `f(a, b)`.
    pub(super) method: bool,
    pub(super) takes: &'static [Takes],
    pub(super) gives: Ty,
    pub(super) function: Function,
}

macro_rules! signatures {
    ($($kind:ident $name:literal ($($takes:ident),*) $gives:ident = $function:ident;)*) => {
        pub(super) static SIGNATURES: &[Signature] = &[$(Signature {
            name: $name,
            method: signatures!(@$kind),
            takes: &[$(Takes::$takes),*],
            gives: Ty::$gives,
            function: Function::$function,
        },)*];
    };
    (@function) => { false };
    (@method) => { true };
}

signatures! {
    function "size" (TextOrList) Int = Size;
    function "int" (Text) Int = Int;
    function "cidr.prefix_len" (Cidr) Int = PrefixLen;
    function "cidr.contains" (Cidr, Cidr) Bool = CidrContains;
    method "size" (TextOrList) Int = Size;
    method "startsWith" (Text, Text) Bool = StartsWith;
    method "endsWith" (Text, Text) Bool = EndsWith;
    method "contains" (Text, Text) Bool = Contains;
    method "lowerAscii" (Text) String = LowerAscii;
}

/// Functions that make a value out of a literal at load: `cidr('10.0.0.0/8')`.
pub(super) const LITERALS: [&str; 3] = ["cidr", "timestamp", "version"];

/// The namespaces of functions with a dot in their name.
pub(in crate::rules) const NAMESPACES: [&str; 1] = ["cidr"];

/// A value out of text: what the text is not, and what would be right.
pub(in crate::rules) fn literal(kind: &str, text: &str) -> Result<Const, (String, Option<String>)> {
    match kind {
        "cidr" => cidr(text).map(Const::Cidr),
        "version" => text.parse().map(Const::Version).map_err(|()| {
            (format!("`{text}` is not a version"), Some("versions are numbers and dots, as in 3.4.0".into()))
        }),
        _ => text.parse::<Timestamp>().map(Const::Timestamp).map_err(|_| {
            (format!("`{text}` is not a timestamp"), Some("timestamps are written as in 2026-01-31T00:00:00Z".into()))
        }),
    }
}

fn cidr(text: &str) -> Result<IpNet, (String, Option<String>)> {
    let net: IpNet = text.parse().map_err(|_| {
        (format!("`{text}` is not a CIDR"), Some("write address and prefix length, as in 10.0.0.0/8".into()))
    })?;
    if net.trunc() == net {
        Ok(net)
    } else {
        Err((format!("`{text}` has bits behind its prefix"), Some(format!("did you mean `{}`?", net.trunc()))))
    }
}

/// Calls a function with arguments that are there. An `Err(Ok(detail))` is a value that cannot be read.
pub(super) fn call<'a, At: Clone>(
    function: Function,
    arguments: &[Val<'_, At>],
) -> Result<Val<'a, At>, Result<String, Undecided>> {
    match (function, arguments) {
        (Function::Size, [Val::Str(text)]) => count(text.chars().count()),
        (Function::Size, [Val::List(items)]) => count(items.len()),
        (Function::Int, [Val::Str(text)]) => {
            text.parse().map(Val::Int).map_err(|_| Ok(format!("expected a whole number, found `{text}`")))
        }
        (Function::PrefixLen, [Val::Cidr(net)]) => Ok(Val::Int(i64::from(net.prefix_len()))),
        (Function::CidrContains, [Val::Cidr(net), Val::Cidr(part)]) => Ok(Val::Bool(net.contains(part))),
        (Function::StartsWith, [Val::Str(text), Val::Str(part)]) => Ok(Val::Bool(text.starts_with(&**part))),
        (Function::EndsWith, [Val::Str(text), Val::Str(part)]) => Ok(Val::Bool(text.ends_with(&**part))),
        (Function::Contains, [Val::Str(text), Val::Str(part)]) => Ok(Val::Bool(text.contains(&**part))),
        (Function::LowerAscii, [Val::Str(text)]) => Ok(Val::Str(Cow::Owned(text.to_ascii_lowercase()))),
        _ => Err(Err(Undecided::Error(Fault::Mistyped))),
    }
}

fn count<'a, At>(number: usize) -> Result<Val<'a, At>, Result<String, Undecided>> {
    i64::try_from(number).map(Val::Int).map_err(|_| Err(Undecided::Error(Fault::Overflow)))
}
