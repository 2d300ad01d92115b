//! Untidiness, and what makes it.

use std::collections::BTreeSet;

use super::Notes;
use super::check::Check as C;
use crate::facts::iam::grammar::{ActionPattern, Document, ResourcePattern, Statement, Version};
use crate::model::Untrusted;

/// As many elements of a list are compared with each other: pairs of very long lists are not worth their time.
const LONGEST: usize = 500;

/// Characters that a managed policy may have; white space does not count. IAM User Guide, "IAM and AWS STS quotas".
const QUOTA: usize = 6_144;

/// All checks on the tidiness of a statement.
pub(super) fn check(statement: &Statement, notes: &mut Notes<'_>) {
    if let Some(actions) = &statement.actions {
        for (pattern, other) in repeated(&actions.patterns, action_covers) {
            notes.add(
                C::RedundantAction,
                pattern.at,
                &pattern.text,
                &format!("is covered by `{}`", shown(&other.text)),
            );
        }
    }
    if let Some(resources) = &statement.resources {
        for (pattern, other) in repeated(&resources.patterns, |one, two| resource_covers(one, two)) {
            notes.add(
                C::RedundantResource,
                pattern.at,
                &pattern.text,
                &format!("is covered by `{}`", shown(&other.text)),
            );
        }
        for pattern in resources.patterns.iter().filter(|it| it.short && !it.text.ends_with('*')) {
            notes.add(C::WildcardCrossesSegment, pattern.at, &pattern.text, "has fewer than six parts; write them all");
        }
    }
}

fn shown(text: &str) -> String {
    Untrusted::from(text).to_string()
}

fn action_covers(one: &ActionPattern, two: &ActionPattern) -> bool {
    if one.covers_everything() {
        return !two.is_invalid();
    }
    let names = one.name().zip(two.name());
    one.service() == two.service() && names.is_some_and(|(one, two)| one.covers(two))
}

fn resource_covers(one: &ResourcePattern, two: &ResourcePattern) -> bool {
    one.fixed.as_ref().zip(two.fixed.as_ref()).is_some_and(|(one, two)| one.covers(two))
}

/// Each pattern that another one covers, with that one; of two equal ones the later.
fn repeated<T>(patterns: &[T], covers: impl Fn(&T, &T) -> bool) -> Vec<(&T, &T)> {
    let mut found = Vec::new();
    for (index, pattern) in patterns.iter().enumerate().take(LONGEST) {
        let mut others = patterns.iter().enumerate().take(LONGEST).filter(|(other, _)| *other != index);
        let by = others.find(|(other, it)| covers(it, pattern) && (!covers(pattern, it) || *other < index));
        found.extend(by.map(|(_, it)| (pattern, it)));
    }
    found
}

/// Whether two statements are equal but for their names and the order of what they list.
fn says_the_same(one: &Statement, other: &Statement) -> bool {
    let actions = |it: &Statement| {
        let actions = it.actions.as_ref()?;
        let texts: BTreeSet<_> = actions.patterns.iter().map(|it| it.text.to_ascii_lowercase()).collect();
        Some((actions.negated, texts))
    };
    let resources = |it: &Statement| {
        let resources = it.resources.as_ref()?;
        let texts: BTreeSet<_> = resources.patterns.iter().map(|it| it.text.clone()).collect();
        Some((resources.negated, texts))
    };
    let readable = one.faults.is_empty() && other.faults.is_empty();
    readable
        && one.effect == other.effect
        && one.tests.len() == other.tests.len()
        && one.tests.iter().all(|test| other.tests.contains(test))
        && one.principals.is_none()
        && other.principals.is_none()
        && actions(one) == actions(other)
        && resources(one) == resources(other)
}

/// All checks on the tidiness of a document.
pub(super) fn check_document(document: &Document, notes: &mut Notes<'_>) {
    if document.version == Version::Old {
        let says = if document.names_version {
            "Version is 2008-10-17: write 2012-10-17"
        } else {
            "Version is missing: write 2012-10-17"
        };
        notes.add(C::OldVersion, 0, "", says);
    }
    let mut seen = BTreeSet::new();
    for statement in &document.statements {
        if let Some(sid) = statement.sid.as_deref().filter(|sid| !sid.is_empty() && !seen.insert((*sid).to_owned())) {
            notes.add(C::DuplicateSid, statement.at, sid, "is the Sid of an earlier statement too");
        }
    }
    for (index, statement) in document.statements.iter().enumerate().take(LONGEST) {
        if document.statements.iter().take(index).any(|earlier| says_the_same(earlier, statement)) {
            let says = "the statement says what an earlier one says";
            notes.about(statement).add(C::RedundantStatement, statement.at, "", says);
        }
    }
    let size = document.size();
    if size * 10 > QUOTA * 9 {
        notes.add(
            C::NearQuota,
            0,
            "",
            &format!("the document has {size} characters, and a managed policy may have {QUOTA}"),
        );
    }
}
