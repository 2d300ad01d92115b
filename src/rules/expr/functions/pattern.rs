//! Patterns that stand in a rule: compiled when it loads, within limits, and run in time linear in the text.

use std::sync::Arc;

use regex_lite::{Regex, RegexBuilder};

use crate::facts::iam::wildcard_matches;
use crate::model::Arn;

/// Bytes of a regular expression.
const MAX_BYTES: usize = 512;
/// Bytes of its compiled form: repetitions multiply.
const MAX_COMPILED: usize = 16 * 1024;
/// Brackets inside brackets.
const MAX_NEST: u32 = 16;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(in crate::rules) enum Pattern {
    /// A regular expression.
    Regex(Arc<Regex>),
    /// The parts of an ARN, each with `*` and `?`.
    Arn(Arc<str>),
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Pattern {
    /// A regular expression.
    pub(super) fn regex(text: &str) -> Result<Self, (String, Option<String>)> {
        if text.len() > MAX_BYTES {
            let message = format!("this regular expression is longer than {MAX_BYTES} bytes");
            return Err((message, Some("ask with startsWith(), endsWith(), contains() or `in`".to_owned())));
        }
        let compiled = RegexBuilder::new(text).size_limit(MAX_COMPILED).nest_limit(MAX_NEST).build();
        compiled.map(|regex| Self::Regex(Arc::new(regex))).map_err(|error| {
            let help = "patterns are as in RE2; a backslash of the pattern is written twice";
            (format!("`{text}` is not a regular expression: {error}"), Some(help.to_owned()))
        })
    }

    /// A pattern of ARNs. Each part stands for itself: no `*` reaches over a colon, save in the resource.
    pub(super) fn arn(text: &str) -> Result<Self, (String, Option<String>)> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let fits = |part: &str, plain: fn(char) -> bool| part.chars().all(|c| plain(c) || c == '*' || c == '?');
        let word = |part: &str| fits(part, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let digits = |part: &str| fits(part, |c| c.is_ascii_digit()) && (part.len() == 12 || wild(part));
        let whole = match parts.as_slice() {
            ["arn", partition, service, region, account, resource] => {
                word(partition)
                    && (partition.starts_with("aws") || wild(partition))
                    && word(service)
                    && !service.is_empty()
                    && word(region)
                    && (account.is_empty() || *account == "aws" || digits(account))
                    && !resource.is_empty()
            }
            _ => false,
        };
        if whole {
            return Ok(Self::Arn(text.into()));
        }
        let help = "write all six parts, as in arn:aws:rds:*:*:cluster:prod-*";
        Err((format!("`{text}` is not a pattern of ARNs"), Some(help.to_owned())))
    }

    /// As it was written.
    fn text(&self) -> &str {
        match self {
            Self::Regex(regex) => regex.as_str(),
            Self::Arn(text) => text,
        }
    }

    /// Whether a text has it somewhere.
    pub(super) fn is_in(&self, text: &str) -> bool {
        matches!(self, Self::Regex(regex) if regex.is_match(text))
    }

    /// Whether it covers an ARN.
    pub(super) fn covers(&self, arn: &Arn) -> bool {
        let Self::Arn(pattern) = self else { return false };
        let (pattern, parts) = (pattern.splitn(6, ':'), arn.as_str().splitn(6, ':'));
        pattern.zip(parts).all(|(pattern, part)| wildcard_matches(pattern, part))
    }
}

fn wild(part: &str) -> bool {
    part.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::processor_time;

    #[test]
    fn patterns_cover_arns_part_by_part() {
        let orders = "arn:aws:rds:eu-central-1:123456789012:cluster:orders:x";
        for (pattern, covers) in [
            ("arn:aws:rds:*:*:cluster:*", true),
            ("arn:*:rds:eu-*:123456789012:cluster:ord?rs:x", true),
            ("arn:aws:rds:eu-central-1:123456789012:*", true),
            ("arn:aws:rds:*:*:cluster:order", false),
            ("arn:aws:r*:cluster:*:*:x", false),
            ("arn:aws:rds:*:*:snapshot:*", false),
        ] {
            let covered = Pattern::arn(pattern).map(|pattern| pattern.covers(&orders.parse().unwrap()));
            assert_eq!(covered.unwrap_or(false), covers, "{pattern}");
        }
        for text in
            ["", "*", "arn:*", "arn:aws:rds:*:cluster:x", "arn:aws::*:*:x", "arn:gcp:rds:*:*:x", "arn:aws:rds:*:12:x"]
        {
            assert!(Pattern::arn(text).is_err(), "{text}");
        }
    }

    #[test]
    fn regexes_stay_small_and_fast() {
        for text in
            ["(a{100}){100}", "((((((((((((((((((((a))))))))))))))))))))", "\\w{2000}", "a{,", "(?P<x", "\\p{L}"]
        {
            assert!(Pattern::regex(text).is_err(), "{text}");
        }
        assert!(Pattern::regex(&"a".repeat(600)).is_err());
        let hostile = Pattern::regex("(a*)*(a*)*(a*)*b$").unwrap();
        let started = processor_time();
        assert!(!hostile.is_in(&"a".repeat(20_000)));
        assert!(processor_time().saturating_sub(started).as_secs() < 5);
    }
}
