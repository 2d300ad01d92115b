//! Policy documents as they are held: parsed, named as answers name them, and with the place where each stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::facts::iam::evaluate::{Held, StatementRef};
use crate::facts::iam::grammar::{self, Kind};
use crate::model::{Fact, Place, Why};
use crate::snapshot::schema::iam::PolicyDocument;

/// Where the documents stand that somebody holds, by the id that answers name them by.
#[derive(Debug, Clone, Default)]
pub struct Documents(BTreeMap<Arc<str>, Placed>);

#[derive(Debug, Clone)]
struct Placed {
    place: Place,
    /// JSON pointers of its statements, below the document.
    statements: Vec<String>,
}

impl Documents {
    /// Reads a document and keeps its place.
    pub fn hold(&mut self, id: &str, text: &Fact<PolicyDocument>, place: &Place, kind: Kind) -> Held {
        let text = match text {
            Fact::Known(text) => text,
            Fact::Absent => return unread(id, Why::NotCollected),
            Fact::Unknown(why) => return unread(id, why.clone()),
        };
        let document = match grammar::Document::parse(text.json(), kind) {
            Ok(document) => document,
            Err(error) => {
                return unread(id, Why::Unreadable { detail: format!("the policy document: {error}").into() });
            }
        };
        let id: Arc<str> = id.into();
        let statements = document.statements.iter().map(|it| document.pointer(it.index)).collect();
        self.0.insert(Arc::clone(&id), Placed { place: place.clone(), statements });
        Held { id, document: Ok(Arc::new(document)) }
    }

    /// Where a statement stands, when its document is one of these.
    pub fn place(&self, statement: &StatementRef) -> Option<Place> {
        let document = self.0.get(&statement.policy)?;
        let pointer = statement.statement.and_then(|index| document.statements.get(index));
        let below = pointer.map_or("", String::as_str);
        Some(Place { record: document.place.record, pointer: format!("{}{below}", document.place.pointer) })
    }
}

/// A policy of which there is no document.
pub fn unread(id: &str, why: Why) -> Held {
    Held { id: id.into(), document: Err(why) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::iam::evaluate::Layer;
    use crate::model::RecordRef;

    #[test]
    fn a_statement_is_found_in_the_document_that_holds_it() {
        let place = Place { record: RecordRef { file: 0, line: 7 }, pointer: "/data/Document".into() };
        let mut documents = Documents::default();
        let text = |json: &str| Fact::Known(PolicyDocument::from_text(json));
        let two = r#"{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let one = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
        for (id, json, readable) in
            [("two", two, true), ("one", one, true), ("none", "nothing", false), ("list", "[]", false)]
        {
            let held = documents.hold(id, &text(json), &place, Kind::Identity);
            assert_eq!((&*held.id, held.document.is_ok()), (id, readable));
        }
        for fact in [Fact::Absent, Fact::Unknown(Why::NotCollected)] {
            assert_eq!(documents.hold("x", &fact, &place, Kind::Identity).document.err(), Some(Why::NotCollected));
        }
        let pointer = |policy: &str, statement| {
            let of = StatementRef { layer: Layer::Identity, policy: policy.into(), statement, sid: None };
            documents.place(&of).map(|place| place.pointer)
        };
        for (policy, statement, expected) in [
            ("two", Some(1), Some("/data/Document/Statement/1")),
            ("one", Some(0), Some("/data/Document/Statement")),
            ("two", None, Some("/data/Document")),
            ("two", Some(9), Some("/data/Document")),
            ("none", Some(0), None),
            ("x", None, None),
        ] {
            assert_eq!(pointer(policy, statement).as_deref(), expected, "{policy} {statement:?}");
        }
    }
}
