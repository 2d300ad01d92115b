//! YAML as a tree in which every node knows its place, so that shape errors can be collected instead of ending the read at
//! the first one. Anchors, merge keys and tags are refused: a rule reads as it stands.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{MergeKeyPolicy, Spanned};

use super::problem::Problem;

/// A value of the file.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Its bytes in the file.
    pub(crate) at: Range<usize>,
    /// What it is.
    pub(crate) kind: Kind,
}

/// What a [`Node`] is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Nothing, `~` or `null`.
    Null,
    /// Any other scalar.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<(Node, Node)>),
}

/// Text and how it was written: `true` and `"true"` are different things.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    /// The text, without quotes, indentation and escapes.
    pub(crate) text: String,
    /// How it was written.
    pub(crate) style: Style,
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Bare: YAML cuts it at ` #` and reads `!` and `: ` its own way.
    Plain,
    /// In quotes.
    Quoted,
    /// A block after `|`.
    Literal,
    /// A block after `>`.
    Folded,
}

impl Node {
    /// Whether it is nothing.
    pub(crate) const fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// The value of a key, when this is a mapping that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Kind::Map(entries) = &self.kind else { return None };
        let named = |node: &Self| matches!(&node.kind, Kind::Scalar(scalar) if scalar.text == key);
        entries.iter().find(|(name, _)| named(name)).map(|(_, value)| value)
    }
}

/// Reads a file.
pub(crate) fn parse(text: &str) -> Result<Node, Problem> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 24,
            max_nodes: 20_000,
            max_events: 60_000,
            max_anchors: 0,
            max_aliases: 0,
            max_documents: 1,
        },
        merge_keys: MergeKeyPolicy::Error,
        reject_unsupported_tags: true,
        strict_booleans: true,
        with_snippet: false,
    };
    let raw: Raw = serde_saphyr::from_str_with_options(text, options).map_err(|error| refused(text, &error))?;
    raw.into_node(text)
}

/// What the YAML reader said, with our advice.
fn refused(text: &str, error: &serde_saphyr::Error) -> Problem {
    let location = error.location().unwrap_or(serde_saphyr::Location::UNKNOWN);
    let at = line_start(text, location.line()) + column_bytes(text, location.line(), location.column());
    let problem = Problem::new(at..at + 1, complaint(error));
    match key_of_line(text, at) {
        Some(key @ ("check" | "when")) => {
            problem.help(format!("write the expression as a block: `{key}: |` and the expression on the next line"))
        }
        _ => problem,
    }
}

/// The reader's words, or ours where its own speak of settings that a rule's author does not have.
fn complaint(error: &serde_saphyr::Error) -> String {
    match error {
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => format!("duplicate key `{key}`"),
        serde_saphyr::Error::Budget { breach: BudgetBreach::Anchors { .. } | BudgetBreach::Aliases { .. }, .. } => {
            "anchors and aliases are not allowed in this file".to_owned()
        }
        serde_saphyr::Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => {
            "this file holds one document".to_owned()
        }
        serde_saphyr::Error::Budget { .. } => "too many or too deeply nested values for this file".to_owned(),
        serde_saphyr::Error::MergeKeyNotAllowed { .. } => "merge keys are not allowed in this file".to_owned(),
        other => {
            let words = other.to_string();
            let words = words.lines().next().unwrap_or("unreadable");
            format!("not readable as YAML: {}", words.split(" at line ").next().unwrap_or(words))
        }
    }
}

/// The key that the line at this offset starts with.
fn key_of_line(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    text.get(start..)?.lines().next()?.split_once(':').map(|(key, _)| key.trim())
}

/// Offset of the first byte of a line, counted from 1.
fn line_start(text: &str, line: u64) -> usize {
    let before = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    text.split_inclusive('\n').take(before).map(str::len).sum()
}

/// Bytes of a line before a column, counted from 1 in characters.
fn column_bytes(text: &str, line: u64, column: u64) -> usize {
    let rest = text.get(line_start(text, line)..).unwrap_or("");
    let before = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    rest.lines().next().unwrap_or("").chars().take(before).map(char::len_utf8).sum()
}

/// What serde gives, before places are resolved against the text.
struct Raw(Spanned<Content>);

enum Content {
    Null,
    Text(String),
    /// A bare number or boolean: its text is taken from the file, because `3.10` is a version and `007` an id.
    Bare,
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

/// Scalars that YAML gives a type to: each is one line.
macro_rules! bare {
    ($($name:ident: $ty:ty;)*) => {$(
        fn $name<E: serde::de::Error>(self, _: $ty) -> Result<Content, E> {
            Ok(Content::Bare)
        }
    )*};
}

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    bare! {
        visit_bool: bool;
        visit_i64: i64;
        visit_u64: u64;
        visit_i128: i128;
        visit_u128: u128;
        visit_f64: f64;
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Content, E> {
        Ok(Content::Text(text.to_owned()))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry::<Raw, Raw>()? {
            if !matches!(entry.0.0.value, Content::Text(_) | Content::Bare) {
                return Err(A::Error::custom("a key must be plain text"));
            }
            entries.push(entry);
        }
        Ok(Content::Map(entries))
    }
}

impl Raw {
    fn into_node(self, file: &str) -> Result<Node, Problem> {
        let span = self.0.referenced.span();
        let start = usize::try_from(span.byte_offset().unwrap_or(0)).unwrap_or(0);
        let len = usize::try_from(span.byte_len().unwrap_or(0)).unwrap_or(0);
        let at = start..start.saturating_add(len).min(file.len());
        let slice = file.get(at.clone()).unwrap_or("");
        let kind = match self.0.value {
            Content::Null => Kind::Null,
            Content::Text(text) => Kind::Scalar(Scalar { text, style: style_of(file, at.start) }),
            Content::Bare => Kind::Scalar(Scalar { text: slice.trim().to_owned(), style: Style::Plain }),
            Content::List(items) => {
                Kind::List(items.into_iter().map(|item| item.into_node(file)).collect::<Result<_, _>>()?)
            }
            Content::Map(entries) => Kind::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| Ok((key.into_node(file)?, value.into_node(file)?)))
                    .collect::<Result<_, Problem>>()?,
            ),
        };
        Ok(Node { at, kind })
    }
}

/// A block's place begins at its text, after the `|` or `>` of the line before.
fn style_of(file: &str, start: usize) -> Style {
    let before = file.get(..start).unwrap_or("").trim_end_matches([' ', '\t']);
    let header = before.trim_end().trim_end_matches(['+', '-']).trim_end_matches(|digit: char| digit.is_ascii_digit());
    match (before.ends_with('\n'), header.chars().last(), file.get(start..).and_then(|text| text.chars().next())) {
        (true, Some('|'), _) => Style::Literal,
        (true, Some('>'), _) => Style::Folded,
        (_, _, Some('\'' | '"')) => Style::Quoted,
        _ => Style::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::processor_time;

    fn outline(node: &Node) -> String {
        match &node.kind {
            Kind::Null => "~".into(),
            Kind::Scalar(Scalar { text, style }) => format!("{}{text:?}", format!("{style:?}").chars().next().unwrap()),
            Kind::List(items) => format!("[{}]", items.iter().map(outline).collect::<Vec<_>>().join(" ")),
            Kind::Map(entries) => {
                let entries: Vec<_> = entries.iter().map(|(k, v)| format!("{}={}", outline(k), outline(v))).collect();
                format!("{{{}}}", entries.join(" "))
            }
        }
    }

    #[test]
    fn keeps_text_and_style() {
        for (text, tree) in [
            ("a: 1", r#"{P"a"=P"1"}"#),
            ("[1, 3.10, 'q''x', \"d\\n\", ~, true, no, 007]", r#"[P"1" P"3.10" Q"q'x" Q"d\n" ~ P"true" P"no" P"007"]"#),
            ("a: |\n  x == 1\n    && y\n", r#"{P"a"=L"x == 1\n  && y\n"}"#),
            ("a: |-\n  'x'\nb: >-\n  foo\n  bar\n", r#"{P"a"=L"'x'" P"b"=F"foo bar"}"#),
            ("- |2\n   x\n-\n  y\n- >\n\n  z", r#"[L" x\n" P"y" F"\nz\n"]"#),
            ("a:\n- b\n- c:", r#"{P"a"=[P"b" {P"c"=~}]}"#),
            ("{a: {b: [c]}}", r#"{P"a"={P"b"=[P"c"]}}"#),
            ("", "~"),
        ] {
            assert_eq!(outline(&parse(text).unwrap()), tree, "{text:?}");
        }
    }

    #[test]
    fn refuses_what_is_hostile_or_surprising_and_says_where() {
        for (text, at, message) in [
            ("a: 1\na: 2\n", 5, "duplicate key `a`"),
            ("a: &x 1\nb: *x\n", 6, "anchors and aliases are not allowed in this file"),
            ("<<: {a: 1}", 0, "merge keys are not allowed in this file"),
            ("a: 1\n---\nb: 2\n", 5, "this file holds one document"),
            ("a: !r.x\n", 7, "not readable as YAML: unsupported tag `!r.x`"),
            ("a: [", 3, "not readable as YAML: unclosed bracket '['"),
            ("{[a]: 1}", 0, "not readable as YAML: a key must be plain text"),
            ("\u{0}", 0, "not readable as YAML: unexpected character: `\\u{0}'"),
            ("a:\n\t- b: 1\n\t  c: 2", 3, ""),
        ] {
            let problem = parse(text).map(|node| outline(&node)).unwrap_err();
            assert!(problem.message.contains(message), "{text:?}: {problem:?}");
            assert!(problem.at.0 >= at && problem.at.0 <= text.len(), "{text:?}: {problem:?}");
        }
        let expression = parse("check: a ? b : c\n").unwrap_err();
        assert!(expression.help.unwrap().contains("`check: |`"));
    }

    #[test]
    fn refuses_bombs_quickly() {
        let bomb: Vec<String> = (0..30).map(|i| format!("k{}: &a{} [*a{i}, *a{i}]\n", i + 1, i + 1)).collect();
        let bomb = bomb.concat();
        let wide = format!("[{}]", "1,".repeat(200_000));
        for text in [format!("k0: &a0 x\n{bomb}"), "[".repeat(10_000), "{a: ".repeat(10_000), "- ".repeat(10_000), wide]
        {
            let started = processor_time();
            assert!(parse(&text).is_err());
            let took = processor_time().saturating_sub(started);
            assert!(took.as_millis() < 500, "{took:?} {}", text.len());
        }
    }
}
