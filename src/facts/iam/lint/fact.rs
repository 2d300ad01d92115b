//! Findings about a policy as facts that rules read, each with its place in the snapshot and its line in the document.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::Category;
use super::{Finding, lint};
use crate::facts::iam::grammar::{Document, Effect, Kind};
use crate::model::{Fact, Place, Why};
use crate::snapshot::schema::iam::PolicyDocument;

facts! {
    /// Something that is wrong with a policy that can touch Aurora, whoever holds it.
    struct PolicyFlaw = "iam_policy_flaw" {
        /// What, by its stable name, as in `friendly-name`.
        check: String;
        /// Whether it is dead, too wide or untidy.
        category: Category;
        /// `low`, `medium` or `high`: a dead deny is worst, for somebody relies on it.
        severity: String;
        /// Whether it stands in a statement that denies; false for what is about the whole document.
        in_deny: Fact<bool>;
        /// The statement: its Sid, or its number in the policy, counted from 1; `the document` for what is about all of it.
        statement: String;
        /// Line of the document as it was stored, counted from 1.
        line: i64;
        /// Column in the line, counted from 1.
        column: i64;
        /// What is wrong, in a sentence without its full stop.
        says: String;
    } key key at at
}

/// What is wrong with the document that stands at a place.
pub fn flaws(text: &PolicyDocument, at: &Place) -> Fact<Vec<Arc<PolicyFlaw>>> {
    let document = match Document::parse(text.json(), Kind::Identity) {
        Ok(document) => document,
        Err(error) => {
            return Fact::Unknown(Why::Unreadable { detail: format!("the policy document: {error}").into() });
        }
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let flaw = |finding: Finding| {
        let mut flaw = flaw(&document, finding, at);
        // Several patterns of one statement may have the same flaw.
        let count = seen.entry(flaw.key.clone()).or_default();
        *count += 1;
        if *count > 1 {
            flaw.key = format!("{} {count}", flaw.key);
        }
        Arc::new(flaw)
    };
    Fact::Known(lint(&document).into_iter().map(flaw).collect())
}

fn flaw(document: &Document, finding: Finding, at: &Place) -> PolicyFlaw {
    let statement = finding.statement.and_then(|index| document.statements.get(index));
    let in_deny = match statement.map(|statement| statement.effect) {
        None => Fact::Known(false),
        Some(Some(effect)) => Fact::Known(effect == Effect::Deny),
        Some(None) => Fact::Unknown(Why::Unreadable { detail: "the statement has no Effect".into() }),
    };
    let label = match (finding.sid.as_deref().filter(|sid| !sid.is_empty()), finding.statement) {
        (Some(sid), _) => format!("`{sid}`"),
        (None, Some(index)) => format!("{}", index + 1),
        (None, None) => "the document".to_owned(),
    };
    let pointer = finding.statement.map(|index| document.pointer(index)).unwrap_or_default();
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    PolicyFlaw {
        check: finding.check.id().to_owned(),
        category: finding.check.category(),
        severity: finding.severity.as_str().to_owned(),
        in_deny,
        key: format!("{} {label}", finding.check.id()),
        statement: label,
        line: number(finding.line),
        column: number(finding.column),
        says: finding.message,
        at: Place { record: at.record, pointer: format!("{}{pointer}", at.pointer) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RecordRef;

    fn found(json: &str) -> Vec<String> {
        let at = Place { record: RecordRef { file: 0, line: 3 }, pointer: "/data/Document".into() };
        let Fact::Known(flaws) = flaws(&PolicyDocument::from_text(json), &at) else { return vec!["unknown".into()] };
        let text = |flaw: &Arc<PolicyFlaw>| {
            let deny = flaw.in_deny.known().map_or("?", |deny| if *deny { "deny" } else { "allow" });
            format!("{} {}:{} {deny} {} {}", flaw.key, flaw.line, flaw.column, flaw.severity, flaw.at.pointer)
        };
        flaws.iter().map(text).collect()
    }

    #[test]
    fn a_flaw_says_where_it_is() {
        for (json, expected) in [
            (
                "{\n\"Version\": \"2012-10-17\",\n\"Statement\": [\n{\"Sid\": \"No\", \"Effect\": \"Deny\", \"Action\": [\"rds:Stop\",\n\"rds:Start\"], \"Resource\": \"*\"}]}",
                vec![
                    "unknown-action `No` 4:44 deny high /data/Document/Statement/0",
                    "unknown-action `No` 2 5:1 deny high /data/Document/Statement/0",
                ],
            ),
            (
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"rds:*","Resource":"*"}}"#,
                vec!["every-database 1 1:64 allow high /data/Document/Statement"],
            ),
            (
                r#"{"Statement":{"Effect":"Deny","Action":"rds:DeleteDBCluster","Resource":"*"}}"#,
                vec!["old-version the document 1:1 allow low /data/Document"],
            ),
            (
                r#"{"Version":"2012-10-17","Statement":{"Action":"rds:DeleteDBCluster","Resource":"*"}}"#,
                vec!["unreadable 1 1:37 ? low /data/Document/Statement"],
            ),
            (r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#, vec![]),
            ("none", vec!["unknown"]),
            ("[]", vec!["unknown"]),
        ] {
            assert_eq!(found(json), expected, "{json}");
        }
    }
}
