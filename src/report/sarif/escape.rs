//! Text that stays text inside a SARIF message: plain messages may hold links, Markdown messages hold all of Markdown.

use crate::model::Untrusted;
use crate::report::words;

/// Characters of one text from outside that a log shows; the assessment has the rest.
const LIMIT: usize = 1_500;

/// Text for `message.text`, where `[words](target)` would be a link (SARIF 2.1.0, 3.11.6).
pub fn plain(text: &Untrusted) -> String {
    escape(&words::shown(text, LIMIT), |character| matches!(character, '\\' | '[' | ']'))
}

/// Text for `message.markdown`.
pub fn markdown(text: &Untrusted) -> String {
    escape(&words::shown(text, LIMIT), |character| {
        character.is_ascii_punctuation() && !matches!(character, ',' | '.' | ';' | '%' | '/')
    })
}

/// Text for a place that no viewer interprets: names and properties.
pub fn name(text: &Untrusted) -> String {
    words::shown(text, LIMIT)
}

fn escape(text: &str, special: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if special(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Code for Markdown, in a fence longer than any run of backticks inside.
pub fn fence(language: &str, code: &str) -> String {
    let longest = code.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}", code.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_do_not_survive() {
        for (raw, text, marked) in [
            ("app_user", "app_user", "app\\_user"),
            ("10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8"),
            ("[a](http://x)", "\\[a\\](http://x)", "\\[a\\]\\(http\\://x\\)"),
            ("<b>&amp;", "<b>&amp;", "\\<b\\>\\&amp;"),
            ("a\\b", "a\\\\b", "a\\\\b"),
            ("a|b`c*", "a|b`c*", "a\\|b\\`c\\*"),
            ("x\n# h", "x\\\\u{A}# h", "x\\\\u\\{A\\}\\# h"),
        ] {
            assert_eq!((plain(&raw.into()), markdown(&raw.into())), (text.to_owned(), marked.to_owned()));
        }
    }

    #[test]
    fn code_cannot_close_its_fence() {
        for (code, fenced) in
            [("a", "```sql\na\n```"), ("a\n```\nb", "````sql\na\n```\nb\n````"), ("`````", "``````sql\n`````\n``````")]
        {
            assert_eq!(fence("sql", code), fenced);
        }
    }
}
