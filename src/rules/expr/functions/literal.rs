//! Values out of text, at load and while a rule runs.

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use super::super::ir::Const;
use super::pattern::Pattern;

/// What a text is not, and what would be right.
type Refused = (String, Option<String>);

/// A value out of text that stands in a rule.
pub(in crate::rules) fn literal(kind: &str, text: &str) -> Result<Const, Refused> {
    let refused = |what: &str, help: &str| (format!("`{text}` is not {what}"), Some(help.to_owned()));
    match kind {
        "cidr" => cidr(text).map(Const::Cidr),
        "version" => text
            .parse()
            .map(Const::Version)
            .map_err(|()| refused("a version", "versions are numbers and dots, as in 3.4.0")),
        "duration" => duration(text)
            .map(Const::Duration)
            .ok_or_else(|| refused("a duration", "durations are numbers with h, m, s or ms, as in 36h or 1h30m")),
        "arn" => text.parse().map(Const::Arn).map_err(|()| {
            refused("an ARN", "ARNs are written as in arn:aws:rds:eu-central-1:123456789012:cluster:orders")
        }),
        "regex" => Pattern::regex(text).map(Const::Pattern),
        "arn pattern" => Pattern::arn(text).map(Const::Pattern),
        _ => text
            .parse::<Timestamp>()
            .map(Const::Timestamp)
            .map_err(|_| refused("a timestamp", "timestamps are written as in 2026-01-31T00:00:00Z")),
    }
}

fn cidr(text: &str) -> Result<IpNet, Refused> {
    let net: IpNet = text.parse().map_err(|_| {
        (format!("`{text}` is not a CIDR"), Some("write address and prefix length, as in 10.0.0.0/8".into()))
    })?;
    if net.trunc() == net {
        Ok(net)
    } else {
        Err((format!("`{text}` has bits behind its prefix"), Some(format!("did you mean `{}`?", net.trunc()))))
    }
}

/// Milliseconds of each unit, as CEL spells them.
const UNITS: [(&str, i64); 4] = [("ms", 1), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];

/// `36h`, `1h30m`, `-15s`.
pub(super) fn duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut milliseconds = 0_i64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let (unit, each) = UNITS.into_iter().find(|(unit, _)| rest.starts_with(unit))?;
        milliseconds = milliseconds.checked_add(number.checked_mul(each)?)?;
        rest = rest.get(unit.len()..)?;
    }
    Some(SignedDuration::from_millis(if negative { -milliseconds } else { milliseconds }))
}

/// A span as rules write it.
pub(in crate::rules::expr) fn show_duration(span: SignedDuration) -> String {
    let total = span.as_millis();
    let rest = total.unsigned_abs();
    let parts = [(rest / 3_600_000, "h"), (rest / 60_000 % 60, "m"), (rest / 1000 % 60, "s"), (rest % 1000, "ms")];
    let shown: Vec<String> =
        parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, unit)| format!("{number}{unit}")).collect();
    let shown = shown.concat();
    match (total < 0, shown.is_empty()) {
        (_, true) => "0s".to_owned(),
        (true, false) => format!("-{shown}"),
        (false, false) => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_show() {
        for (text, seconds, shown) in [
            ("36h", 129_600, "36h"),
            ("1h30m", 5400, "1h30m"),
            ("90m", 5400, "1h30m"),
            ("-15s", -15, "-15s"),
            ("0s", 0, "0s"),
            ("1000ms", 1, "1s"),
        ] {
            let span = duration(text).unwrap();
            assert_eq!((span.as_secs(), show_duration(span).as_str()), (seconds, shown), "{text}");
        }
        for text in ["", "-", "1", "h", "1d", "1.5h", "1 h", "+1h", "9223372036854775807h", "1hh", "1h-1m", "١h"] {
            assert!(duration(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_no_literal_is_refused_with_advice() {
        for (kind, text, message) in [
            ("duration", "2 days", "`2 days` is not a duration"),
            ("arn", "arn:aws:rds", "`arn:aws:rds` is not an ARN"),
            ("regex", "a(", "`a(` is not a regular expression"),
            ("arn pattern", "arn:aws:rds", "`arn:aws:rds` is not a pattern of ARNs"),
            ("version", "latest", "`latest` is not a version"),
            ("timestamp", "today", "`today` is not a timestamp"),
            ("cidr", "10.0.0.0", "`10.0.0.0` is not a CIDR"),
        ] {
            let (found, help) = literal(kind, text).unwrap_err();
            assert!(found.starts_with(message) && help.is_some(), "{found} {help:?}");
        }
    }
}
