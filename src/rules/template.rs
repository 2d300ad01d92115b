//! Text with facts in it: `{{ r.name }}`. Values come from targets and are hostile, so each is quoted for the language that it
//! lands in, and a template whose author quoted by hand where that is ours to do does not load.

use std::fmt::Write as _;

use super::expr::{Checked, Interpreter, Ir, NoTrace, SyntaxError, Ty, Val, parse};
use super::problem::Problem;
use super::text::Text;
use crate::model::Untrusted;

/// What a template is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// A sentence.
    Prose,
    /// A POSIX shell.
    Shell,
    /// MySQL's SQL.
    Sql,
    /// Terraform's HCL.
    Terraform,
}

/// A checked template.
#[derive(Debug)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Value(Ir, Quoting),
}

/// How a value is written where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// As it is: prose, or a number.
    Bare,
    /// As one word of a shell.
    ShellWord,
    /// Inside `'…'` or `"…"` of SQL, or inside back quotes.
    Sql(char),
    /// Inside `"…"` of HCL.
    Hcl,
}

impl Template {
    /// Reads a template; `check` checks each expression in it.
    pub(super) fn parse(
        text: &Text,
        language: Language,
        mut check: impl FnMut(&Text) -> Result<Checked, Problem>,
    ) -> Result<Self, Problem> {
        let (mut parts, mut at, mut quote) = (Vec::new(), 0, None);
        while let Some(open) = find(&text.value, at, "{{") {
            let literal = text.value.get(at..open).unwrap_or("");
            quote = quote_after(language, quote, literal);
            parts.push(Part::Text(literal.to_owned()));
            let close = closing(&text.value, open + 2).ok_or_else(|| {
                text.problem(&(open..open + 2), "this `{{` is never closed").help("close it with `}}`")
            })?;
            let value = check(&text.slice(open + 2..close))?;
            let authored = quote.is_none() && is_authored(&value.ir);
            let quoting = if authored { Ok(Quoting::Bare) } else { quoting(language, quote, &value.ty) }
                .map_err(|(message, help)| text.problem(&(open..close + 2), message).help(help))?;
            parts.push(Part::Value(value.ir, quoting));
            at = close + 2;
        }
        parts.push(Part::Text(text.value.get(at..).unwrap_or("").trim_end().to_owned()));
        Ok(Self { parts })
    }

    /// Fills the values in.
    pub(super) fn render<'a>(&'a self, interpreter: &mut Interpreter<'a, NoTrace>) -> String {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Value(ir, quoting) => {
                    let value =
                        interpreter.show(ir).map_or_else(|_| "unknown".to_owned(), |value: Val<'_, ()>| value.render());
                    quoting.write(&value, &mut filled);
                }
            }
        }
        filled
    }
}

/// Reads the expression of a part of a template or of any other text.
pub(super) fn parse_expression(text: &Text) -> Result<super::expr::Ast, Problem> {
    parse(&text.value).map_err(|SyntaxError { span, message, help }| text.problem(&span, message).maybe_help(help))
}

/// Whether whatever comes out was written by the rule's author: a choice between texts.
fn is_authored(ir: &Ir) -> bool {
    match ir {
        Ir::Const(_) => true,
        Ir::Choice(parts) => {
            let [_, one, other] = parts.as_ref();
            is_authored(one) && is_authored(other)
        }
        _ => false,
    }
}

fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    text.get(from..)?.find(what).map(|at| from + at)
}

/// The `}}` that closes an expression, over those in its strings.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, character) in text.get(from..)?.char_indices() {
        match (quote, character) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '{') if text.get(from + at..)?.starts_with("{{") => return None,
            (None, '}') if text.get(from + at..)?.starts_with("}}") => return Some(from + at),
            _ => (),
        }
    }
    None
}

/// The quote that is open after some text.
fn quote_after(language: Language, mut quote: Option<char>, text: &str) -> Option<char> {
    let quotes: &[char] = match language {
        Language::Prose => &[],
        Language::Shell => &['\'', '"'],
        Language::Sql => &['\'', '"', '`'],
        Language::Terraform => &['"'],
    };
    let mut escaped = false;
    for character in text.chars() {
        match quote {
            _ if escaped => escaped = false,
            Some('\'') if language == Language::Shell && character != '\'' => (),
            _ if character == '\\' && quote != Some('`') => escaped = true,
            Some(open) if open == character => quote = None,
            None if quotes.contains(&character) => quote = Some(character),
            _ => (),
        }
    }
    quote
}

/// How a value of a type is written at a place, or why it cannot stand there.
fn quoting(language: Language, quote: Option<char>, ty: &Ty) -> Result<Quoting, (String, &'static str)> {
    let number = matches!(ty, Ty::Int | Ty::Bool | Ty::Any);
    match (language, quote) {
        (Language::Prose, _) => Ok(Quoting::Bare),
        (Language::Shell, None) => Ok(Quoting::ShellWord),
        (Language::Shell, Some(_)) => {
            Err(("a value inside quotes of a shell command".into(), "write it bare: it is quoted when it is filled in"))
        }
        (Language::Sql, Some(open)) => Ok(Quoting::Sql(open)),
        (Language::Terraform, Some(_)) => Ok(Quoting::Hcl),
        (Language::Sql | Language::Terraform, None) if number => Ok(Quoting::Bare),
        (Language::Sql | Language::Terraform, None) => {
            Err((format!("a {ty} outside of quotes"), "put quotes around it: it is escaped when it is filled in"))
        }
    }
}

impl Quoting {
    fn write(self, value: &str, out: &mut String) {
        match self {
            Self::Bare => out.push_str(value),
            Self::ShellWord => shell_word(value, out),
            Self::Sql('`') => out.push_str(&value.replace('`', "``")),
            Self::Sql(quote) => value.chars().for_each(|character| sql_character(character, quote, out)),
            Self::Hcl => hcl_string(value, out),
        }
    }
}

/// Whether a character hides or reorders others.
fn deceives(character: char) -> bool {
    let alone = character.to_string();
    Untrusted::from(alone.as_str()).to_string() != alone
}

/// One word, in quotes only where it needs them, and without characters that deceive the reader in any case.
fn shell_word(value: &str, out: &mut String) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        out.push_str(value);
    } else if value.chars().any(deceives) {
        out.push_str("$'");
        value.chars().for_each(|character| match character {
            '\\' | '\'' => out.extend(['\\', character]),
            hidden if deceives(hidden) => escape_unicode(hidden, out),
            other => out.push(other),
        });
        out.push('\'');
    } else {
        escape(out, format_args!("'{}'", value.replace('\'', "'\\''")));
    }
}

fn sql_character(character: char, quote: char, out: &mut String) {
    match character {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\0' => out.push_str("\\0"),
        '\u{1a}' => out.push_str("\\Z"),
        same if same == quote => out.extend([quote, quote]),
        other => out.push(other),
    }
}

fn hcl_string(value: &str, out: &mut String) {
    let value = value.replace("${", "$${").replace("%{", "%%{");
    value.chars().for_each(|character| match character {
        '\\' | '"' => out.extend(['\\', character]),
        hidden if deceives(hidden) => escape_unicode(hidden, out),
        other => out.push(other),
    });
}

/// As bash and HCL both write it.
fn escape_unicode(character: char, out: &mut String) {
    match u32::from(character) {
        code @ ..=0xffff => escape(out, format_args!("\\u{code:04x}")),
        code => escape(out, format_args!("\\U{code:08x}")),
    }
}

fn escape(out: &mut String, escaped: std::fmt::Arguments<'_>) {
    let _infallible = out.write_fmt(escaped);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_break_out() {
        for (quoting, value, written) in [
            (Quoting::Bare, "a'b\"c", "a'b\"c"),
            (Quoting::ShellWord, "orders-prod", "orders-prod"),
            (Quoting::ShellWord, "arn:aws:rds:eu-central-1:1:cluster:x", "arn:aws:rds:eu-central-1:1:cluster:x"),
            (Quoting::ShellWord, "", "''"),
            (Quoting::ShellWord, "$(rm -rf /)", "'$(rm -rf /)'"),
            (Quoting::ShellWord, "a'; b", "'a'\\''; b'"),
            (Quoting::ShellWord, "a\nb'c\\", "$'a\\u000ab\\'c\\\\'"),
            (Quoting::ShellWord, "\u{e0041}\u{202e}", "$'\\U000e0041\\u202e'"),
            (Quoting::Sql('\''), "a'b\\c\n", "a''b\\\\c\\n"),
            (Quoting::Sql('"'), "a'b\"c", "a'b\"\"c"),
            (Quoting::Sql('`'), "a`b", "a``b"),
            (Quoting::Hcl, "a\"${b}%{c}\\\n", "a\\\"$${b}%%{c}\\\\\\u000a"),
        ] {
            let mut out = String::new();
            quoting.write(value, &mut out);
            assert_eq!(out, written, "{quoting:?} {value:?}");
        }
    }

    #[test]
    fn open_quotes_are_seen() {
        for (language, text, quote) in [
            (Language::Shell, "a --b ", None),
            (Language::Shell, "a --b '", Some('\'')),
            (Language::Shell, "a 'b\\' ", None),
            (Language::Shell, "a \"b\\\" ", Some('"')),
            (Language::Sql, "DROP USER '", Some('\'')),
            (Language::Sql, "a `", Some('`')),
            (Language::Sql, "'it\\'s' ", None),
            (Language::Terraform, "x = \"", Some('"')),
            (Language::Terraform, "x = \"a\" ", None),
            (Language::Prose, "don't \"", None),
        ] {
            assert_eq!(quote_after(language, None, text), quote, "{text}");
        }
    }

    #[test]
    fn expressions_end_at_their_brackets() {
        for (text, close) in
            [(" r.x }}", Some(5)), (" '}}' }}", Some(6)), (" '\\'}}' }}", Some(8)), (" r.x }", None), ("", None)]
        {
            assert_eq!(closing(text, 0), close, "{text}");
        }
    }
}
