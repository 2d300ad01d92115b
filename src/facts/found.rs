//! Lists of facts that may not be whole.

use std::sync::Arc;

use super::index::Scope;
use super::subject::Identity;
use crate::model::{Reflect, Type, Untrusted, Value, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::DbCluster;

/// What was found of a kind, and what there may be beyond it. A rule that reads the list sees it only when it is whole.
#[derive(Debug)]
pub struct Found<T> {
    /// Those that could be read.
    pub present: Vec<Arc<T>>,
    /// Those that there may be, and that could not be read.
    pub unread: Vec<Unread>,
    /// Why the list is not whole.
    pub incomplete: Option<Why>,
}

/// Subjects that there may be, and that could not be read.
#[derive(Debug, Clone)]
pub struct Unread {
    /// Who they are, as far as that is known.
    pub identity: Identity,
    /// Why they could not be read.
    pub why: Why,
}

impl<T> Found<T> {
    /// Adds what else was found.
    pub(super) fn extend(&mut self, other: &Self) {
        self.present.extend(other.present.iter().cloned());
        self.unread.extend(other.unread.iter().cloned());
        if self.incomplete.is_none() {
            self.incomplete.clone_from(&other.incomplete);
        }
    }
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self { present: Vec::new(), unread: Vec::new(), incomplete: None }
    }
}

impl<T: Reflect> Reflect for Found<T> {
    const TYPE: Type = Type::List(&T::TYPE);

    fn value(&self) -> Value<'_> {
        self.incomplete.as_ref().map_or(Value::List(&self.present), Value::Unknown)
    }
}

/// Something that could not be read.
pub(super) fn unread(kind: &'static str, (account, region): &Scope, id: &str, why: Why) -> Unread {
    let id = Untrusted::new(id);
    Unread { identity: Identity { kind, name: id.clone(), id, account: account.clone(), region: region.clone() }, why }
}

/// Something of a cluster that could not be read, by the cluster's ARN for machines and by its name for people.
pub(super) fn unread_of(kind: &'static str, what: &str, cluster: &Record<DbCluster>, why: Why) -> Unread {
    let scope = (cluster.account.clone(), cluster.region.clone());
    let mut unread = unread(kind, &scope, &format!("{what} of {}", cluster.id), why);
    if let Some(name) = cluster.data.db_cluster_identifier.known() {
        unread.identity.name = Untrusted::new(format!("{what} of {name}"));
    }
    unread
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(numbers: &[i64], incomplete: Option<Why>) -> Found<i64> {
        Found { present: numbers.iter().map(|number| Arc::new(*number)).collect(), unread: Vec::new(), incomplete }
    }

    #[test]
    fn a_list_that_is_not_whole_is_unknown_whatever_is_there() {
        for (found, known) in [
            (found(&[], None), true),
            (found(&[1, 2], None), true),
            (found(&[], Some(Why::NotCollected)), false),
            (found(&[1], Some(Why::NotCollected)), false),
        ] {
            assert_eq!(matches!(found.value(), Value::List(_)), known, "{found:?}");
            let mut all = self::found(&[3], None);
            all.extend(&found);
            assert_eq!(all.present.len(), found.present.len() + 1);
            assert_eq!(matches!(all.value(), Value::Unknown(_)), !known, "{found:?}");
        }
    }
}
