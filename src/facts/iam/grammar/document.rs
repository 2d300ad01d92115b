//! A policy document: a version and statements. IAM hands documents out percent-encoded (RFC 3986), snapshots keep them as JSON,
//! and a document that was none as a JSON string; all of them are read here.

use percent_encoding::percent_decode_str;

use super::statement::Statement;
use crate::facts::iam::json::{self, JsonError, Member, Node, Value};
use crate::model::Untrusted;

/// What a policy is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A user, group or role, a permissions boundary, or a session.
    Identity,
    /// A resource: a secret, a key, a bucket, or a role as its trust policy.
    Resource,
    /// An account or organisational unit: a service control policy.
    ServiceControl,
    /// An account or organisational unit: a resource control policy.
    ResourceControl,
}

impl Kind {
    /// Whether its statements have a `Principal`.
    pub const fn names_principals(self) -> bool {
        matches!(self, Self::Resource | Self::ResourceControl)
    }

    /// Whether its statements may leave `Resource` out, which then is what the policy is attached to.
    pub const fn may_omit_resource(self) -> bool {
        matches!(self, Self::Resource)
    }
}

/// The version of the policy language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// `2008-10-17`, also when a document names none: policy variables are literal text.
    Old,
    /// `2012-10-17`.
    Current,
}

/// Why a document says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Percent-decoded, it is not text.
    #[error("it is not UTF-8 when it is percent-decoded")]
    NotUtf8,
    /// It is not JSON.
    #[error("line {line}, column {column}: {source}")]
    Json {
        /// Line, counted from 1.
        line: usize,
        /// Column in characters, counted from 1.
        column: usize,
        /// What is wrong.
        source: JsonError,
    },
    /// It is not an object.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// It has no statements.
    #[error("it has no Statement")]
    NoStatement,
    /// One of its keys stands twice.
    #[error("`{0}` is given twice")]
    Twice(Untrusted),
    /// Its version is none of IAM's.
    #[error("Version is `{0}`, not 2012-10-17 or 2008-10-17")]
    Version(Untrusted),
}

/// A policy document.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its version.
    pub version: Version,
    /// Whether it names its version.
    pub names_version: bool,
    /// What it is attached to.
    pub kind: Kind,
    /// Its statements.
    pub statements: Vec<Statement>,
    is_list: bool,
    text: Box<str>,
}

impl Document {
    /// Reads a document: JSON, percent-encoded JSON, or either inside a JSON string.
    ///
    /// # Errors
    /// When it is not a document. A statement that cannot be read is no error: it has faults.
    pub fn parse(text: &str, kind: Kind) -> Result<Self, Unreadable> {
        let mut text = text.trim_start_matches('\u{FEFF}').trim().to_owned();
        if let Ok(Node { value: Value::String(inner), .. }) = json::parse(&text) {
            inner.trim().clone_into(&mut text);
        }
        if !text.starts_with('{') && text.contains('%') {
            text = percent_decode_str(&text).decode_utf8().map_err(|_| Unreadable::NotUtf8)?.into_owned();
        }
        let node = json::parse(&text).map_err(|source| {
            let (line, column) = position(&text, source.at());
            Unreadable::Json { line, column, source }
        })?;
        Self::of_node(&node, kind, text.into())
    }

    fn of_node(node: &Node, kind: Kind, text: Box<str>) -> Result<Self, Unreadable> {
        let Value::Object(members) = &node.value else { return Err(Unreadable::NotAnObject) };
        let version = member(members, "Version")?;
        let names_version = version.is_some();
        let version = read_version(version)?;
        let list = member(members, "Statement")?.ok_or(Unreadable::NoStatement)?;
        let statements = list.one_or_many().iter().enumerate();
        let statements = statements.map(|(index, it)| Statement::new(index, it, kind, version == Version::Current));
        let is_list = matches!(list.value, Value::Array(_));
        Ok(Self { version, names_version, kind, statements: statements.collect(), is_list, text })
    }

    /// JSON pointer (RFC 6901) of a statement: `/Statement/2`, or `/Statement` when the document has no list of them.
    pub fn pointer(&self, statement: usize) -> String {
        if self.is_list { format!("/Statement/{statement}") } else { "/Statement".to_owned() }
    }

    /// Line and column of a byte offset, both counted from 1. In a snapshot, tabs stand for the document's line breaks.
    pub fn position(&self, at: usize) -> (usize, usize) {
        position(&self.text, at)
    }

    /// Bytes that count against IAM's quotas: all but white space between elements.
    pub fn size(&self) -> usize {
        self.text.chars().filter(|it| !it.is_whitespace()).map(char::len_utf8).sum()
    }
}

fn position(text: &str, at: usize) -> (usize, usize) {
    let line_break = if text.contains('\n') { '\n' } else { '\t' };
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind(line_break).map_or(0, |at| at + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches(line_break).count() + 1, column)
}

/// The one member of this name.
fn member<'n>(members: &'n [Member], key: &str) -> Result<Option<&'n Node>, Unreadable> {
    let mut found = members.iter().filter(|member| member.key == key);
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Err(Unreadable::Twice(key.into())),
        (found, _) => Ok(found.map(|member| &member.node)),
    }
}

fn read_version(node: Option<&Node>) -> Result<Version, Unreadable> {
    match node.map(|node| node.as_str().unwrap_or_default()) {
        None | Some("2008-10-17") => Ok(Version::Old),
        Some("2012-10-17") => Ok(Version::Current),
        Some(other) => Err(Unreadable::Version(other.into())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_a_document_in_every_coat() {
        let plain = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let encoded = percent_encoding::utf8_percent_encode(plain, percent_encoding::NON_ALPHANUMERIC).to_string();
        let quoted = serde_json::to_string(&encoded).unwrap();
        for text in
            [plain.to_owned(), format!("\u{FEFF} {plain}\n"), encoded, quoted, serde_json::to_string(plain).unwrap()]
        {
            let document = Document::parse(&text, Kind::Identity).unwrap();
            assert_eq!(document.version, Version::Current, "{text}");
            assert!(matches!(&*document.statements, [one] if one.faults.is_empty()), "{text}");
        }
    }

    #[test]
    fn says_why_it_is_no_document() {
        for (text, message) in [
            ("", "line 1, column 1: a value is expected"),
            ("{\n \"Statement\": [}", "line 2, column 16: a value is expected"),
            ("%7B%FF%7D", "it is not UTF-8 when it is percent-decoded"),
            ("[]", "it is not a JSON object"),
            ("\"x\"", "line 1, column 1: a value is expected"),
            ("{}", "it has no Statement"),
            (r#"{"Statement":[],"Statement":[]}"#, "`Statement` is given twice"),
            (r#"{"Version":"2013-01-01","Statement":[]}"#, "Version is `2013-01-01`, not 2012-10-17 or 2008-10-17"),
            (r#"{"Version":7,"Statement":[]}"#, "Version is ``, not 2012-10-17 or 2008-10-17"),
        ] {
            assert_eq!(Document::parse(text, Kind::Identity).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn a_bad_statement_leaves_its_neighbours_alone() {
        let text = r#"{"Statement":[7,{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny"}]}"#;
        let document = Document::parse(text, Kind::Identity).unwrap();
        let sound: Vec<_> = document.statements.iter().map(|it| it.faults.is_empty()).collect();
        assert_eq!(sound, [false, true, false]);
    }

    #[test]
    fn tabs_stand_for_line_breaks_in_one_line() {
        for (text, at, position) in
            [("a\nb\tc", 4, (2, 3)), ("a\tb\tc", 4, (3, 1)), ("abc", 2, (1, 3)), ("é\tx", 3, (2, 1))]
        {
            assert_eq!(super::position(text, at), position, "{text}");
        }
    }

    #[test]
    fn many_statements_are_read() {
        let one = r#"{"Effect":"Allow","Action":"rds:*","Resource":"*"}"#;
        let text = format!(r#"{{"Statement":[{}]}}"#, vec![one; 10_000].join(","));
        assert_eq!(Document::parse(&text, Kind::Identity).unwrap().statements.len(), 10_000);
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,40}|[\\[\\]{}:,\"a%2Fé-]{0,40}") {
            drop(Document::parse(&text, Kind::Resource));
        }
    }
}
