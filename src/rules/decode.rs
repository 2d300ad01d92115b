//! From YAML nodes to what they must be: every complaint is collected with its place, and reading goes on.

use std::ops::Range;

use super::expr::{Const, Ty, did_you_mean, literal};
use super::problem::Problem;
use super::rule::Word;
use super::text::Text;
use super::yaml::{Kind, Node, Scalar, Style};

/// Reads one file and collects what is wrong with it.
pub(crate) struct Reader<'f> {
    /// The text of the file.
    pub(crate) file: &'f str,
    /// What is wrong so far.
    pub(crate) problems: Vec<Problem>,
}

/// A mapping whose keys are known.
pub(crate) struct Fields<'n> {
    /// Where it begins.
    pub(crate) at: Range<usize>,
    entries: Vec<(&'n str, &'n Node)>,
}

impl<'n> Fields<'n> {
    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(name, _)| *name == key).map(|(_, node)| *node)
    }
}

impl Reader<'_> {
    /// Line of a mapping, counted from 1.
    pub(crate) fn line_of(&self, fields: &Fields<'_>) -> usize {
        self.file.get(..fields.at.start).unwrap_or(self.file).matches('\n').count() + 1
    }

    /// Notes a problem; gives nothing, so that it can end a chain.
    pub(crate) fn complain<T>(
        &mut self,
        at: &Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Option<T> {
        self.problems.push(Problem::new(at.clone(), message).maybe_help(help));
        None
    }

    /// A mapping with these keys and no others. Its place is that of its first key.
    pub(crate) fn map<'n>(&mut self, node: &'n Node, what: &str, keys: &[&str]) -> Option<Fields<'n>> {
        let entries = self.entries(node, what)?;
        let at = node_place(node);
        let mut known = Vec::with_capacity(entries.len());
        for (name, key, value) in entries {
            if keys.contains(&name) {
                known.push((name, value));
            } else {
                let help = did_you_mean(name, keys.iter().copied());
                let help = help.or_else(|| Some(format!("{what} has {}", keys.join(", "))));
                self.complain::<()>(&key.at, format!("unknown key `{name}`"), help);
            }
        }
        Some(Fields { at, entries: known })
    }

    /// The entries of a mapping: name, key and value.
    pub(super) fn entries<'n>(&mut self, node: &'n Node, what: &str) -> Option<Vec<(&'n str, &'n Node, &'n Node)>> {
        let Kind::Map(entries) = &node.kind else {
            return self.complain(&node_place(node), format!("{what} must be a mapping"), None);
        };
        let named = entries.iter().filter_map(|(key, value)| match &key.kind {
            Kind::Scalar(scalar) => Some((scalar.text.as_str(), key, value)),
            _ => None,
        });
        Some(named.collect())
    }

    /// The value of a key that must be there.
    pub(crate) fn need<'n>(&mut self, fields: &Fields<'n>, key: &str) -> Option<&'n Node> {
        let found = fields.get(key);
        if found.is_none() {
            self.complain::<()>(&fields.at, format!("`{key}` is missing"), None);
        }
        found
    }

    /// The elements of a list.
    pub(crate) fn list<'n>(&mut self, node: &'n Node) -> Option<&'n [Node]> {
        match &node.kind {
            Kind::List(items) => Some(items),
            _ => self.complain(&node_place(node), "expected a list", None),
        }
    }

    /// A scalar that is not empty.
    pub(super) fn scalar<'n>(&mut self, node: &'n Node) -> Option<&'n Scalar> {
        match &node.kind {
            Kind::Scalar(scalar) if !scalar.text.trim().is_empty() => Some(scalar),
            Kind::Scalar(_) | Kind::Null => self.complain(&node.at, "expected text, found nothing", None),
            Kind::List(_) => self.complain(&node_place(node), "expected text, found a list", None),
            Kind::Map(_) => self.complain(&node_place(node), "expected text, found a mapping", None),
        }
    }

    /// Its text, without blanks around it.
    pub(crate) fn string(&mut self, node: &Node) -> Option<String> {
        self.scalar(node).map(|scalar| scalar.text.trim().to_owned())
    }

    /// Its text, with the place of every byte.
    pub(super) fn text(&mut self, node: &Node) -> Option<Text> {
        let scalar = self.scalar(node)?;
        let raw = self.file.get(node.at.clone()).unwrap_or("");
        Some(Text::align(scalar.text.clone(), raw, node.at.start))
    }

    /// The text of an expression, which must be written so that YAML takes nothing of it away.
    pub(super) fn expression(&mut self, node: &Node, key: &str) -> Option<Text> {
        let scalar = self.scalar(node)?;
        if !matches!(scalar.style, Style::Literal | Style::Quoted) {
            let help = format!("write `{key}: |` and the expression on the next line");
            return self.complain(&node.at, "an expression must be a block or in quotes", Some(help));
        }
        self.text(node)
    }

    /// A word out of a set.
    pub(super) fn word<W: Word>(&mut self, node: &Node, what: &str) -> Option<W> {
        let text = self.string(node)?;
        let found = W::WORDS.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        found.or_else(|| {
            let words: Vec<&str> = W::WORDS.iter().map(|(word, _)| *word).collect();
            let help =
                did_you_mean(&text, words.iter().copied()).unwrap_or_else(|| format!("one of {}", words.join(", ")));
            self.complain(&node.at, format!("`{text}` is no {what}"), Some(help))
        })
    }

    /// A whole number.
    pub(super) fn int(&mut self, node: &Node) -> Option<i64> {
        match self.constant(node, &Ty::Int)? {
            Const::Int(number) => Some(number),
            _ => None,
        }
    }

    /// A scalar or a list of scalars of a type.
    pub(super) fn constant(&mut self, node: &Node, ty: &Ty) -> Option<Const> {
        if let Ty::List(of) = ty {
            let items: Vec<Option<Const>> = self.list(node)?.iter().map(|item| self.constant(item, of)).collect();
            return items.into_iter().collect::<Option<Vec<_>>>().map(Const::List);
        }
        let Kind::Scalar(Scalar { text, style }) = &node.kind else {
            return self.complain(&node_place(node), format!("expected {ty}"), None);
        };
        match read(text, *style == Style::Plain, ty) {
            Ok(value) => Some(value),
            Err((message, help)) => self.complain(&node.at, message, help),
        }
    }
}

/// A mapping or list is marked at its beginning.
fn node_place(node: &Node) -> Range<usize> {
    match &node.kind {
        Kind::Map(entries) => entries.first().map_or_else(|| node.at.clone(), |(key, _)| key.at.clone()),
        Kind::List(items) => items.first().map_or_else(|| node.at.clone(), node_place),
        _ => node.at.clone(),
    }
}

/// A scalar as a value of a type. `plain` says that it was written bare.
pub(super) fn read(text: &str, plain: bool, ty: &Ty) -> Result<Const, (String, Option<String>)> {
    let expected = || (format!("expected {ty}, found `{text}`"), None);
    match ty {
        Ty::Bool if plain => match text {
            "true" => Ok(Const::Bool(true)),
            "false" => Ok(Const::Bool(false)),
            _ => Err(expected()),
        },
        Ty::Int if plain => text.parse().map(Const::Int).map_err(|_| expected()),
        Ty::String => Ok(Const::Str(text.to_owned())),
        Ty::Enum(words) if words.values.contains(&text) => Ok(Const::Str(text.to_owned())),
        Ty::Enum(words) => {
            let help = did_you_mean(text, words.values.iter().copied());
            let help = help.unwrap_or_else(|| format!("its words are {}", words.values.join(", ")));
            Err((format!("`{text}` is no word of `{}`", words.name), Some(help)))
        }
        Ty::Timestamp => literal("timestamp", text),
        Ty::Duration => literal("duration", text),
        Ty::Arn => literal("arn", text),
        Ty::Cidr => literal("cidr", text),
        Ty::Version => literal("version", text),
        _ => Err(expected()),
    }
}
