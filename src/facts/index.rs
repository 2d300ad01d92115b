//! What the snapshot says about itself: which listings are complete, and which gap explains what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Fact, Gap, Why};
use crate::snapshot::schema::collection::Listing;
use crate::snapshot::{Kind, Record, Snapshot};

/// An account and a region.
pub type Scope = (String, String);

/// Source, kind and target of a listing.
type ListingKey = (Scope, String, String, Option<String>);

/// Answers "is this set complete, and if not, why?".
pub struct Index<'a> {
    listings: BTreeMap<ListingKey, Vec<&'a Record<Listing>>>,
    gaps: BTreeMap<(Scope, &'a str, Option<&'a str>), Arc<Gap>>,
}

impl<'a> Index<'a> {
    /// Indexes listings and gaps.
    pub fn new(snapshot: &'a Snapshot) -> Self {
        let mut listings: BTreeMap<ListingKey, Vec<_>> = BTreeMap::new();
        for record in &snapshot.records.listings {
            if let Some(key) = listing_key(record) {
                listings.entry(key).or_default().push(record.as_ref());
            }
        }
        let gaps = snapshot.records.gaps.iter().map(|record| {
            let gap = &record.data;
            ((scope_of(record), gap.what.as_str(), gap.target.as_deref()), Arc::clone(gap))
        });
        Self { listings, gaps: gaps.collect() }
    }

    /// The account and region pairs that `source` was asked in, whether it answered or not.
    pub fn scopes_of(&self, source: &str) -> BTreeSet<Scope> {
        let answered = self.listings.keys().filter(|(_, listed, ..)| listed == source).map(|(scope, ..)| scope);
        let failed = self.gaps.keys().filter(|(_, what, _)| *what == source).map(|(scope, ..)| scope);
        answered.chain(failed).cloned().collect()
    }

    /// Whether `records` hold all that `source` returned in `scope` for `target`.
    pub fn complete<T: Kind>(
        &self,
        scope: &Scope,
        source: &str,
        target: Option<&str>,
        records: &[&Arc<Record<T>>],
    ) -> Result<(), Why> {
        let key = (scope.clone(), source.to_owned(), T::KIND.to_owned(), target.map(str::to_owned));
        let Some(listings) = self.listings.get(&key) else { return Err(self.why(scope, source, target)) };
        let holds_all = |listing: &&Record<Listing>| {
            let there = records.iter().filter(|record| record.at.file == listing.at.file).count();
            listing.data.kept.known().is_some_and(|kept| usize::try_from(*kept).is_ok_and(|kept| kept == there))
        };
        if listings.iter().any(holds_all) { Ok(()) } else { Err(Why::Truncated { source: source.into() }) }
    }

    /// Why there is no answer of `what` for `target`: its own gap, the gap of the whole listing, or that nobody asked.
    pub fn why(&self, scope: &Scope, what: &str, target: Option<&str>) -> Why {
        let own = target.and_then(|target| self.gap(scope, what, Some(target)));
        own.or_else(|| self.gap(scope, what, None)).map_or(Why::NotCollected, Why::Gap)
    }

    fn gap(&self, scope: &Scope, what: &str, target: Option<&str>) -> Option<Arc<Gap>> {
        self.gaps.get(&(scope.clone(), what, target)).cloned()
    }
}

fn listing_key(record: &Record<Listing>) -> Option<ListingKey> {
    let kind = record.data.kind.known()?.clone();
    let target = match &record.data.target {
        Fact::Known(target) => Some(target.clone()),
        Fact::Absent => None,
        Fact::Unknown(_) => return None,
    };
    Some((scope_of(record), record.source.clone(), kind, target))
}

/// The scope of a record.
pub fn scope_of<T>(record: &Record<T>) -> Scope {
    (record.account.clone(), record.region.clone())
}

/// The records of one scope.
pub fn in_scope<'a, T>(records: &'a [Arc<Record<T>>], scope: &Scope) -> Vec<&'a Arc<Record<T>>> {
    records.iter().filter(|record| record.account == scope.0 && record.region == scope.1).collect()
}

/// A table of one scope by a key; several files may hold the same record, and the latest observation counts.
pub struct Table<T> {
    by_key: BTreeMap<String, Arc<Record<T>>>,
    incomplete: Option<Why>,
}

impl<T: Kind> Table<T> {
    /// The records of `scope`, with what `source` says of their completeness.
    pub fn new(
        index: &Index<'_>,
        scope: &Scope,
        source: &str,
        records: &[Arc<Record<T>>],
        key: impl Fn(&T) -> &Fact<String>,
    ) -> Self {
        let records = in_scope(records, scope);
        let mut incomplete = index.complete(scope, source, None, &records).err();
        let mut by_key: BTreeMap<String, Arc<Record<T>>> = BTreeMap::new();
        for record in records {
            let Some(key) = key(&record.data).known() else {
                incomplete.get_or_insert(Why::Unreadable { detail: format!("{} has no name", record.id).into() });
                continue;
            };
            let newer = by_key.get(key).is_none_or(|known| known.observed < record.observed);
            if newer {
                by_key.insert(key.clone(), Arc::clone(record));
            }
        }
        Self { by_key, incomplete }
    }

    /// The record with this key; unknown when it is not there.
    pub fn get(&self, key: &str) -> Fact<Arc<Record<T>>> {
        match (self.by_key.get(key), &self.incomplete) {
            (Some(record), _) => Fact::Known(Arc::clone(record)),
            (None, Some(why)) => Fact::Unknown(why.clone()),
            (None, None) => Fact::Unknown(Why::Dangling { kind: T::KIND, id: key.into() }),
        }
    }

    /// All records, or why they are not all.
    pub fn all(&self) -> Fact<Vec<&Arc<Record<T>>>> {
        match &self.incomplete {
            None => Fact::Known(self.by_key.values().collect()),
            Some(why) => Fact::Unknown(why.clone()),
        }
    }

    /// The records that are there, complete or not.
    pub fn present(&self) -> impl Iterator<Item = &Arc<Record<T>>> {
        self.by_key.values()
    }

    /// Why records may be missing.
    pub const fn incomplete(&self) -> Option<&Why> {
        self.incomplete.as_ref()
    }
}
