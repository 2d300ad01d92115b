//! What a waiver covers: an identifier as it stands, or one with `*` for any run of characters.

use std::fmt;

/// An identifier or a pattern of identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Takes any text: `*` stands for any run of characters, and every other character for itself.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it may stand for more than one identifier.
    pub fn is_wild(&self) -> bool {
        self.0.contains('*')
    }

    /// Whether an identifier is covered. One that holds a `*` itself is covered by its own text too.
    pub fn covers(&self, identifier: &str) -> bool {
        self.0 == identifier || matches(&self.0, identifier)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Each part between stars is looked for as early as possible, which finds a match whenever there is one.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        let Some((_, after)) =
            text.split_once(part).filter(|_| !part.is_empty()).or(part.is_empty().then_some(("", text)))
        else {
            return false;
        };
        text = after;
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_stand_for_any_run() {
        for (pattern, text, covered) in [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "arn:aws:rds:eu-west-1:1:db:shop", true),
            ("arn:*:db:shop-*", "arn:aws:rds:eu-west-1:1:db:shop-2", true),
            ("arn:*:db:shop-*", "arn:aws:rds:eu-west-1:1:cluster:shop-2", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a**b", "axb", true),
            ("*b*", "abc", true),
            ("*bb*", "abc", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("shop.*", "shopX", false),
            ("x/'app'@'%'", "x/'app'@'%'", true),
            ("x/'app'@'%'", "x/'app'@'10'", false),
            ("a?c", "abc", false),
            ("é*ß", "éüß", true),
            ("A", "a", false),
        ] {
            assert_eq!(Pattern::new(pattern).covers(text), covered, "{pattern} {text}");
        }
    }

    /// The plain definition, by trying every split.
    fn slow(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|skipped| slow(rest, &text[skipped..])),
            Some((letter, rest)) => text.first() == Some(letter) && slow(rest, &text[1..]),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_the_definition(pattern in "[ab*]{0,7}", text in "[ab]{0,8}") {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Pattern::new(pattern.as_str()).covers(&text), slow(&letters(&pattern), &letters(&text)));
        }

        #[test]
        fn every_text_covers_itself(text in ".{0,20}") {
            prop_assert!(Pattern::new(text.as_str()).covers(&text));
        }
    }
}
