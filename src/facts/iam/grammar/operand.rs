//! The values that a condition compares with, read once into what its operator compares. A number, a date or an address that is
//! not one is a fault, never a value that happens not to match.

use std::net::IpAddr;

use data_encoding::BASE64;
use ipnet::IpNet;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::fault::Fault;
use super::operator::{Base, Operator};
use super::template::{Piece, Template};
use crate::facts::iam::glob::{Glob, Token};

/// A number of the Numeric operators: an integer or a decimal fraction, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(pub i128);

/// Digits after the point.
const SCALE: usize = 12;
/// Digits before the point.
const INTEGER_DIGITS: usize = 24;

impl Decimal {
    /// Reads a number; nothing when it is none or needs more than 24 digits before or 12 after the point.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || whole.len() > INTEGER_DIGITS || fraction.len() > SCALE {
            return None;
        }
        let scaled: i128 = format!("{whole}{fraction:0<SCALE$}").parse().ok()?;
        Some(Self(if negative { -scaled } else { scaled }))
    }

    /// One.
    pub const ONE: i128 = 10_i128.pow(12);

    /// The number as it is written.
    pub fn text(self) -> String {
        let (whole, fraction) = (self.0.abs() / Self::ONE, self.0.abs() % Self::ONE);
        let sign = if self.0 < 0 { "-" } else { "" };
        let fraction = format!("{fraction:0>SCALE$}");
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

/// A text, compiled when no variable is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What it is made of.
    pub template: Template,
    /// The pattern when there is no variable.
    pub fixed: Option<Glob>,
}

impl Text {
    fn new(template: Template) -> Self {
        let fixed = template.fixed().map(Glob::of_tokens);
        Self { template, fixed }
    }
}

/// A value of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// Of the String operators and Bool.
    Text(Text),
    /// Of the Arn operators: six parts, or none when it is no ARN.
    Arn(Option<Vec<Text>>),
    /// Of the Numeric operators.
    Number(Decimal),
    /// Of the Date operators.
    Time(Timestamp),
    /// Of the `IpAddress` operators.
    Net(IpNet),
    /// Of `BinaryEquals`.
    Binary(Vec<u8>),
    /// Of `Null`: whether the key has to be absent.
    Absent(bool),
}

impl Operand {
    /// Reads a value for an operator. Variables are taken where IAM takes them: in strings, ARNs and booleans.
    ///
    /// # Errors
    /// When the value does not have the operator's type.
    pub fn new(text: &str, operator: Operator, variables: bool) -> Result<Self, Fault> {
        let template = || Template::new(text, variables.then_some(0), operator.has_wildcards());
        let typed = match operator.base {
            Base::String | Base::StringIgnoreCase | Base::StringLike => return Ok(Self::Text(Text::new(template()?))),
            Base::Arn => return Ok(Self::Arn(arn(&template()?))),
            Base::Bool => return flag(text, template()?),
            Base::Numeric(_) => Decimal::parse(text).map(Self::Number),
            Base::Date(_) => time(text).map(Self::Time),
            Base::Ip => net(text).map(Self::Net),
            Base::Binary => BASE64.decode(text.as_bytes()).ok().map(Self::Binary),
            Base::Null => boolean(text).map(Self::Absent),
        };
        typed.ok_or_else(|| Fault::Operand { value: text.into(), expected: expected(operator.base) })
    }

    /// The text of a value that has one.
    pub fn texts(&self) -> &[Text] {
        match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::Arn(Some(parts)) => parts,
            _ => &[],
        }
    }
}

const fn expected(base: Base) -> &'static str {
    match base {
        Base::Numeric(_) => "a number",
        Base::Date(_) => "a date (ISO 8601, or seconds since 1970)",
        Base::Ip => "an IP address or CIDR range",
        Base::Binary => "base64",
        _ => "true or false",
    }
}

fn flag(text: &str, template: Template) -> Result<Operand, Fault> {
    if template.fixed().is_some() && boolean(text).is_none() {
        return Err(Fault::Operand { value: text.into(), expected: expected(Base::Bool) });
    }
    Ok(Operand::Text(Text::new(template)))
}

/// `true` or `false`, in any case.
pub fn boolean(text: &str) -> Option<bool> {
    [("true", true), ("false", false)]
        .into_iter()
        .find(|(word, _)| text.eq_ignore_ascii_case(word))
        .map(|(_, flag)| flag)
}

/// A range, or one address; bits of the host do not count.
pub fn net(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Seconds since 1970, or a date of ISO 8601 with or without a time; without an offset it is UTC.
pub fn time(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    let utc = |time: DateTime| time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let local = || text.parse::<DateTime>().ok().and_then(utc);
    let day = || text.parse::<Date>().ok().and_then(|day| utc(day.at(0, 0, 0, 0)));
    text.parse::<Timestamp>().ok().or_else(day).or_else(local)
}

/// The six parts of an ARN pattern; a colon inside a variable's name divides nothing.
fn arn(template: &Template) -> Option<Vec<Text>> {
    let colon = Piece::Token(Token::Char(':'));
    let parts: Vec<_> = template.pieces().splitn(6, |piece| *piece == colon).map(<[Piece]>::to_vec).collect();
    let texts: Vec<_> = parts.into_iter().map(|pieces| Text::new(Template::of_pieces(pieces))).collect();
    let is_arn = texts.first().and_then(|first| first.fixed.as_ref()).is_some_and(|first| first.matches("arn"));
    (texts.len() == 6 && is_arn).then_some(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        for (text, expected) in [
            ("10", Some("10")),
            ("10.0", Some("10")),
            ("-0.50", Some("-0.5")),
            ("+7", Some("7")),
            ("123456789012345678901234.000000000001", Some("123456789012345678901234.000000000001")),
            ("12abc", None),
            ("1e3", None),
            ("", None),
            (".5", None),
            ("5.", None),
            ("1234567890123456789012345", None),
        ] {
            assert_eq!(Decimal::parse(text).map(Decimal::text).as_deref(), expected, "{text}");
        }
        assert!(Decimal::parse("9007199254740993") > Decimal::parse("9007199254740992"));
    }

    #[test]
    fn times_come_in_two_forms() {
        for (text, seconds) in [
            ("1577836800", Some(1_577_836_800)),
            ("2020-01-01", Some(1_577_836_800)),
            ("2020-01-01T00:00Z", Some(1_577_836_800)),
            ("2020-01-01T00:00:00Z", Some(1_577_836_800)),
            ("2020-01-01T01:00:00+01:00", Some(1_577_836_800)),
            ("2020-01-01T00:00:00", Some(1_577_836_800)),
            ("yesterday", None),
            ("2020-13-01", None),
            ("99999999999999", None),
        ] {
            assert_eq!(time(text).map(Timestamp::as_second), seconds, "{text}");
        }
    }

    #[test]
    fn a_value_has_its_operators_type() {
        for (operator, value, ok) in [
            ("IpAddress", "0.0.0.0/0", true),
            ("IpAddress", "::/0", true),
            ("IpAddress", "10.1.2.3/8", true),
            ("IpAddress", "10.1.2.3", true),
            ("IpAddress", "10.0.0.0/33", false),
            ("IpAddress", "10.0.0", false),
            ("NumericEquals", "12abc", false),
            ("DateLessThan", "soon", false),
            ("Bool", "TRUE", true),
            ("Bool", "yes", false),
            ("Bool", "${aws:PrincipalTag/mfa}", true),
            ("Null", "true", true),
            ("Null", "1", false),
            ("BinaryEquals", "QQ==", true),
            ("BinaryEquals", "Q", false),
            ("StringEquals", "${aws:username", false),
            ("ArnLike", "not an ARN", true),
        ] {
            assert_eq!(Operand::new(value, Operator::new(operator).unwrap(), true).is_ok(), ok, "{operator} {value}");
        }
    }

    #[test]
    fn colons_of_variables_divide_no_arn() {
        let operator = Operator::new("ArnLike").unwrap();
        for (text, is_arn) in [
            ("arn:aws:iam::${aws:PrincipalAccount}:role/${aws:PrincipalTag/a}", true),
            ("arn:aws:iam::1:role/x", true),
            ("arn:*", false),
            ("*", false),
            ("*:aws:iam::1:role/x", true),
            ("urn:aws:iam::1:role/x", false),
        ] {
            let operand = Operand::new(text, operator, true).unwrap();
            assert_eq!(matches!(operand, Operand::Arn(Some(_))), is_arn, "{text}");
        }
    }
}
