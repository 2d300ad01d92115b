//! Text that a target, a file or a library gave us. It may try to steer a terminal, a page or a reader's eye.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Hostile text. [`fmt::Display`] makes every character visible that could hide or reorder others; serialisation keeps
/// the text as it is, because JSON is data.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Untrusted(String);

impl Untrusted {
    /// Marks text as coming from outside.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it came, for comparing and for documents that carry data. Never for showing.
    pub fn raw(&self) -> &str {
        &self.0
    }
}

impl From<String> for Untrusted {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_str();
        while let Some((at, character)) = first_deceiving(rest) {
            let (plain, after) = rest.split_at(at);
            write!(f, "{plain}\\u{{{:X}}}", u32::from(character))?;
            rest = after.strip_prefix(character).unwrap_or_default();
        }
        f.write_str(rest)
    }
}

/// The first character that hides something; most text is plain, and reports have much of it.
fn first_deceiving(text: &str) -> Option<(usize, char)> {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return None;
    }
    text.char_indices().find(|(_, character)| deceives(*character))
}

/// Control characters, bidirectional controls (UAX #9), zero-width and other invisible format characters, line and
/// paragraph separators, variation selectors and tag characters.
fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_shows_what_hides() {
        for (raw, shown) in [
            ("app_user", "app_user"),
            ("größe 数", "größe 数"),
            ("a\nb\tc", "a\\u{A}b\\u{9}c"),
            ("\u{1b}[31mred", "\\u{1B}[31mred"),
            ("abc\u{202e}cba", "abc\\u{202E}cba"),
            ("ad\u{200b}min", "ad\\u{200B}min"),
            ("\u{feff}x\u{2028}", "\\u{FEFF}x\\u{2028}"),
            ("\u{9b}x", "\\u{9B}x"),
        ] {
            assert_eq!(Untrusted::from(raw).to_string(), shown);
        }
    }
}
