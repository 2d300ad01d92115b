//! The one door through which text reaches the page.

use serde::Serialize;

use crate::model::{Outcome, Severity, Untrusted};
use crate::report::words;

/// Characters of one text that the page shows; the assessment has the rest.
const LIMIT: usize = 2_000;

/// Text in which nothing hides: control, bidirectional and invisible characters are spelt out. The templates escape markup.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Shown(String);

impl Shown {
    /// Text from outside.
    pub fn of(text: &Untrusted) -> Self {
        Self(words::shown(text, LIMIT))
    }

    /// Text of our own or of a rule file, which is treated no better.
    pub fn words(text: &str) -> Self {
        Self::of(&Untrusted::from(text))
    }

    /// Several texts from outside.
    pub fn all(texts: &[Untrusted]) -> Vec<Self> {
        texts.iter().map(Self::of).collect()
    }

    /// A text of our own whose line breaks are wanted, a line each.
    pub fn lines(text: &str) -> Vec<Self> {
        text.trim().lines().map(Self::words).collect()
    }

    /// A text of our own, a paragraph each.
    pub fn paragraphs(text: &str) -> Vec<Self> {
        let paragraphs = text.trim().split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
        paragraphs.filter(|part| !part.is_empty()).map(|part| Self::words(&part)).collect()
    }

    /// A filled-in template: it may have the line breaks of its template and no others, or a name could add a command.
    pub fn filled(text: &Untrusted, template: Option<&Untrusted>) -> Vec<Self> {
        let breaks = |text: &Untrusted| text.raw().trim().matches('\n').count();
        if template.is_some_and(|template| breaks(template) == breaks(text)) {
            Self::lines(text.raw())
        } else {
            vec![Self::of(text)]
        }
    }
}

/// A part of an `id` attribute: letters, digits and hyphens of an id that the rule files or we made.
pub fn anchor(prefix: &str, id: &str) -> String {
    let kept = id.chars().filter(|character| character.is_ascii_alphanumeric() || *character == '-').take(64);
    format!("{prefix}{}", kept.collect::<String>())
}

/// A word with a mark, so that it does not depend on colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Badge {
    pub word: &'static str,
    pub mark: &'static str,
    pub class: &'static str,
}

impl Badge {
    pub fn outcome(outcome: Outcome) -> Self {
        let (word, mark) = words::outcome(outcome);
        Self { word, mark, class: outcome.as_str() }
    }

    pub fn severity(severity: Severity) -> Self {
        let (word, mark) = words::severity(severity);
        Self { word, mark, class: severity.as_str() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(texts: &[&str]) -> Vec<Shown> {
        texts.iter().map(|text| Shown((*text).to_owned())).collect()
    }

    #[test]
    fn ids_hold_nothing_that_a_selector_or_an_attribute_minds() {
        for (id, made) in [
            ("net-not-public", "rule-net-not-public"),
            ("\" onclick=\"x", "rule-onclickx"),
            ("a b\n#c", "rule-abc"),
            ("ünï", "rule-n"),
        ] {
            assert_eq!(anchor("rule-", id), made);
        }
    }

    #[test]
    fn rule_texts_keep_their_lines_and_paragraphs() {
        assert_eq!(Shown::lines("a\n  b\n"), shown(&["a", "  b"]));
        assert_eq!(Shown::paragraphs("a\nb\n\nc\n"), shown(&["a b", "c"]));
        assert_eq!(Shown::paragraphs(" "), shown(&[]));
    }

    #[test]
    fn a_name_cannot_add_a_line_to_a_command() {
        let template = Untrusted::from("drop {name}\n  now");
        for (filled, lines) in [
            ("drop x\n  now", &["drop x", "  now"][..]),
            ("drop x\nrm -rf /\n  now", &["drop x\\u{A}rm -rf /\\u{A}  now"]),
        ] {
            assert_eq!(Shown::filled(&filled.into(), Some(&template)), shown(lines));
        }
        assert_eq!(Shown::filled(&"a\nb".into(), None), shown(&["a\\u{A}b"]));
    }
}
