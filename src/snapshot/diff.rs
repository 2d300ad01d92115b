//! What has changed between two snapshots, record by record and value by value. Only what both read is compared: a value that is
//! missing on one side was not read there, and a record that is missing is gone only where one looked for it again.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::Line;

/// A record that is not what it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// AWS account.
    pub account: String,
    /// AWS region.
    pub region: String,
    /// Kind of record, as in `ec2.security_group`.
    pub kind: String,
    /// Identifier.
    pub id: String,
    /// What happened to it.
    pub what: What,
}

/// What happened to a record.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It came.
    Added,
    /// It is gone.
    Removed,
    /// It was not looked for as it was then.
    NotReadAgain,
    /// It was not looked for then.
    NotReadBefore,
    /// Values of it are others.
    Changed(Vec<Edit>),
}

/// A value that is another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Edit {
    /// Where: names joined by `/`; an element of a list is named by its identifier.
    pub path: String,
    /// What it was; none for what came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it is; none for what is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// Kinds that tell of the collection, or of a moment.
const PASSING: [&str; 7] =
    ["header", "trailer", "listing", "gap", "mysql.session", "mysql.client_connection", "sts.caller_identity"];

/// Records by account, region, kind and identifier.
type Records = BTreeMap<(String, String, String, String), Value>;
/// Account, region, kind and target of listings.
type Listings = BTreeSet<(String, String, String, String)>;

/// One side of the comparison.
#[derive(Default)]
struct Side {
    records: Records,
    listings: Listings,
}

/// Compares the texts of two snapshots. Lines that are no records are left out: whoever reads the snapshots says so.
pub fn diff(old: &str, new: &str) -> Vec<Change> {
    let (old, new) = (Side::of(old), Side::of(new));
    let keys: BTreeSet<_> = old.records.keys().chain(new.records.keys()).collect();
    let mut changes = Vec::new();
    for key in keys {
        let what = match (old.records.get(key), new.records.get(key)) {
            (Some(_), None) if new.looked_again(&old, key) => Some(What::Removed),
            (Some(_), None) => Some(What::NotReadAgain),
            (None, Some(_)) if old.looked_again(&new, key) => Some(What::Added),
            (None, Some(_)) => Some(What::NotReadBefore),
            (Some(before), Some(after)) => edits(before, after).map(What::Changed),
            (None, None) => None,
        };
        let (account, region, kind, id) = key.clone();
        changes.extend(what.map(|what| Change { account, region, kind, id, what }));
    }
    changes
}

impl Side {
    fn of(text: &str) -> Self {
        let mut side = Self::default();
        for line in text.lines() {
            let Ok(line) = serde_json::from_str::<Line<Value>>(line) else { continue };
            if line.kind == "listing" {
                let word = |name: &str| line.data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                side.listings.insert((line.account, line.region, word("Kind"), word("Target")));
            } else if !PASSING.contains(&line.kind.as_str()) {
                side.records.insert((line.account, line.region, line.kind, line.id), line.data);
            }
        }
        side
    }

    /// Whether all listings of the record's kind that the other side has are there too: then a record that is not, is none.
    fn looked_again(&self, other: &Self, (account, region, kind, _): &(String, String, String, String)) -> bool {
        let of_kind = |listing: &&(String, String, String, String)| {
            (&listing.0, &listing.1, &listing.2) == (account, region, kind)
        };
        // What was listed for one resource that is itself gone need not be listed again.
        let gone = |target: &str| !target.is_empty() && !self.records.keys().any(|key| key.3 == target);
        let mut listings = other.listings.iter().filter(of_kind).peekable();
        listings.peek().is_some() && listings.all(|listing| self.listings.contains(listing) || gone(&listing.3))
    }
}

fn edits(before: &Value, after: &Value) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    compare("", before, after, &mut edits);
    (!edits.is_empty()).then_some(edits)
}

fn compare(path: &str, before: &Value, after: &Value, edits: &mut Vec<Edit>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => compare_objects(path, before, after, edits),
        (Value::Array(before), Value::Array(after)) => compare_lists(path, before, after, edits),
        _ if before == after => (),
        _ => edits.push(Edit { path: path.to_owned(), before: Some(before.clone()), after: Some(after.clone()) }),
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

/// Values that move without anybody having changed anything.
fn passes(key: &str) -> bool {
    key.contains("LastUsed") || key == "LatestRestorableTime"
}

fn compare_objects(path: &str, before: &Map<String, Value>, after: &Map<String, Value>, edits: &mut Vec<Edit>) {
    for (key, value) in before.iter().filter(|(key, _)| !passes(key)) {
        // A key that is missing was not read on that side.
        if let Some(other) = after.get(key) {
            compare(&below(path, key), value, other, edits);
        }
    }
}

/// Elements by their identifiers where they have any, else by what they are: a list's order means nothing in a snapshot.
fn compare_lists(path: &str, before: &[Value], after: &[Value], edits: &mut Vec<Edit>) {
    if let Some((before, after)) = identifier(before, after).and_then(|key| Some((by(&key, before)?, by(&key, after)?)))
    {
        for (name, value) in &before {
            match after.get(name) {
                Some(other) => compare(&below(path, name), value, other, edits),
                None => edits.push(Edit { path: path.to_owned(), before: Some((*value).clone()), after: None }),
            }
        }
        let came = after.iter().filter(|(name, _)| !before.contains_key(*name));
        edits.extend(came.map(|(_, value)| Edit {
            path: path.to_owned(),
            before: None,
            after: Some((*value).clone()),
        }));
        return;
    }
    let mut left: Vec<(String, &Value)> = after.iter().map(|value| (canonical(value), value)).collect();
    for value in before {
        let text = canonical(value);
        match left.iter().position(|(other, _)| *other == text) {
            Some(at) => drop(left.swap_remove(at)),
            None => edits.push(Edit { path: path.to_owned(), before: Some(value.clone()), after: None }),
        }
    }
    left.sort_by(|one, other| one.0.cmp(&other.0));
    edits.extend(left.into_iter().map(|(_, value)| Edit {
        path: path.to_owned(),
        before: None,
        after: Some(value.clone()),
    }));
}

/// A key whose values tell the elements of both lists apart.
fn identifier(before: &[Value], after: &[Value]) -> Option<String> {
    let first = before.first().or(after.first())?.as_object()?;
    let names = first
        .keys()
        .filter(|key| ["Id", "Arn", "Identifier", "Name", "User", "Key"].iter().any(|suffix| key.ends_with(suffix)));
    names.into_iter().find(|key| by(key, before).is_some() && by(key, after).is_some()).cloned()
}

fn by<'v>(key: &str, list: &'v [Value]) -> Option<BTreeMap<&'v str, &'v Value>> {
    let mut found = BTreeMap::new();
    for value in list {
        if found.insert(value.get(key)?.as_str()?, value).is_some() {
            return None;
        }
    }
    Some(found)
}

/// JSON with its keys sorted.
fn canonical(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let entries: BTreeMap<&String, Value> = map.iter().map(|(key, value)| (key, sorted(value))).collect();
                entries.into_iter().map(|(key, value)| (key.clone(), value)).collect::<Map<_, _>>().into()
            }
            Value::Array(items) => items.iter().map(sorted).collect(),
            other => other.clone(),
        }
    }
    sorted(value).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn line(kind: &str, id: &str, data: &Value) -> String {
        json!({"kind": kind, "id": id, "account": "1", "region": "r", "source": "s", "at": "2026-11-20T00:00:00Z", "data": data})
            .to_string()
            + "\n"
    }

    fn listing(kind: &str) -> String {
        line("listing", kind, &json!({"Kind": kind, "Target": null, "Returned": 1, "Kept": 1, "Excluded": []}))
    }

    fn edits_of(before: &Value, after: &Value) -> Vec<String> {
        let shown = |value: Option<Value>| value.map_or("-".to_owned(), |value| value.to_string());
        let edits = edits(before, after).unwrap_or_default();
        edits.into_iter().map(|edit| format!("{} {} {}", edit.path, shown(edit.before), shown(edit.after))).collect()
    }

    #[test]
    fn values_are_compared_by_what_they_are() {
        for (before, after, expected) in [
            (json!({"A": 1}), json!({"A": 1}), &[][..]),
            (json!({"A": 1}), json!({"A": 2}), &["A 1 2"]),
            (json!({"A": null}), json!({"A": 2}), &["A null 2"]),
            // A key that is missing was not read.
            (json!({"A": 1}), json!({}), &[]),
            (json!({}), json!({"A": 1}), &[]),
            (json!({"A": {"B": [1, 2]}}), json!({"A": {"B": [2, 1]}}), &[]),
            (json!({"A": [1, 1]}), json!({"A": [1]}), &["A 1 -"]),
            (
                json!({"R": [{"GroupId": "x", "P": 1}]}),
                json!({"R": [{"GroupId": "y", "P": 1}, {"GroupId": "x", "P": 2}]}),
                &["R/x/P 1 2", "R - {\"GroupId\":\"y\",\"P\":1}"],
            ),
            (json!({"R": [{"P": 1, "Q": 2}]}), json!({"R": [{"Q": 2, "P": 1}, {"P": 3}]}), &["R - {\"P\":3}"]),
            (json!({"R": [{"Name": "a"}, {"Name": "a"}]}), json!({"R": [{"Name": "a"}]}), &["R {\"Name\":\"a\"} -"]),
            (
                json!({"PasswordLastUsed": 1, "LatestRestorableTime": 1}),
                json!({"PasswordLastUsed": 2, "LatestRestorableTime": 2}),
                &[],
            ),
            (json!({"A": [1]}), json!({"A": "1"}), &["A [1] \"1\""]),
        ] {
            assert_eq!(edits_of(&before, &after), expected, "{before} {after}");
        }
    }

    #[test]
    fn records_come_and_go_only_where_one_looked() {
        let record = |id: &str| line("ec2.vpc", id, &json!({}));
        let listed = listing("ec2.vpc");
        for (old, new, expected) in [
            (listed.clone() + &record("a"), listed.clone(), Some(What::Removed)),
            (listed.clone() + &record("a"), String::new(), Some(What::NotReadAgain)),
            (record("a"), listed.clone(), Some(What::NotReadAgain)),
            (listed.clone(), listed.clone() + &record("a"), Some(What::Added)),
            (String::new(), listed.clone() + &record("a"), Some(What::NotReadBefore)),
            (listed.clone() + &record("a"), listed.clone() + &record("a"), None),
            ("not a line\n".to_owned(), line("mysql.session", "x", &json!({})), None),
        ] {
            assert_eq!(diff(&old, &new).into_iter().next().map(|change| change.what), expected, "{old} → {new}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0i64..4).prop_map(Value::from),
            "[ab]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("Id|Name|[A-C]", inner, 0..4)
                    .prop_map(|map| map.into_iter().collect::<Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_changed_means_no_edit_and_turning_round_turns_edits_round(one in value(), other in value()) {
            prop_assert_eq!(edits(&one, &one.clone()), None);
            let there = edits(&one, &other).unwrap_or_default();
            let back = edits(&other, &one).unwrap_or_default();
            prop_assert_eq!(there.len(), back.len());
        }
    }
}
