//! What the snapshot says about itself: which listings are complete, and which gap explains what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::{Fact, Gap, Why};
use crate::snapshot::schema::collection::Listing;
use crate::snapshot::{Kind, Record, Snapshot};

/// An account and a region.
pub type Scope = (String, String);

/// Values by account and region.
pub struct ByScope<V>(BTreeMap<String, BTreeMap<String, V>>);

impl<V: Default> ByScope<V> {
    /// The value of a scope.
    pub fn get(&self, (account, region): &Scope) -> Option<&V> {
        self.0.get(account)?.get(region)
    }

    /// The value of a scope, a new one if there was none.
    pub fn of(&mut self, account: &str, region: &str) -> &mut V {
        self.0.entry(account.to_owned()).or_default().entry(region.to_owned()).or_default()
    }
}

impl<V> Default for ByScope<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// Values by what was asked for: one resource each, or all of them.
struct ByTarget<V> {
    all: Option<V>,
    each: BTreeMap<String, Option<V>>,
}

impl<V> ByTarget<V> {
    fn get(&self, target: Option<&str>) -> Option<&V> {
        match target {
            None => self.all.as_ref(),
            Some(target) => self.each.get(target)?.as_ref(),
        }
    }

    fn of(&mut self, target: Option<&str>) -> &mut Option<V> {
        match target {
            None => &mut self.all,
            Some(target) => self.each.entry(target.to_owned()).or_default(),
        }
    }
}

impl<V> Default for ByTarget<V> {
    fn default() -> Self {
        Self { all: None, each: BTreeMap::new() }
    }
}

/// The records of a listing that count.
pub struct Current<'r, T> {
    /// One a resource, sorted by id.
    pub records: Vec<&'r Arc<Record<T>>>,
    /// When they were all there, or why they may not be.
    pub complete: Result<Timestamp, Why>,
}

type Listings = Vec<Arc<Record<Listing>>>;

/// A gap and when it was met.
type DatedGap = (Arc<Gap>, Timestamp);

/// Answers "is this set complete, and if not, why?".
#[derive(Default)]
pub struct Index {
    /// Listings by source, then by kind.
    listings: ByScope<BTreeMap<String, BTreeMap<String, ByTarget<Listings>>>>,
    /// The newest gaps by what was asked, each with when that was.
    gaps: ByScope<BTreeMap<String, ByTarget<DatedGap>>>,
}

impl Index {
    /// Indexes listings and gaps.
    pub fn new(snapshot: &Snapshot) -> Self {
        let mut index = Self::default();
        for record in &snapshot.records.listings {
            index.add_listing(record);
        }
        for record in &snapshot.records.gaps {
            let gap = &record.data;
            let of_call = index.gaps.of(&record.account, &record.region).entry(gap.what.clone()).or_default();
            let known = of_call.of(gap.target.as_deref()).get_or_insert_with(|| (Arc::clone(gap), record.observed));
            // What one file did not ask for says nothing of what another one asked for in vain.
            let rank = |gap: &Gap, observed| (!gap.reason.is_voluntary(), observed);
            if rank(&known.0, known.1) < rank(gap, record.observed) {
                *known = (Arc::clone(gap), record.observed);
            }
        }
        index
    }

    fn add_listing(&mut self, record: &Arc<Record<Listing>>) {
        let data = &record.data;
        let (Some(kind), Fact::Known(_) | Fact::Absent) = (data.kind.known(), &data.target) else { return };
        let of_scope = self.listings.of(&record.account, &record.region);
        let of_kind = of_scope.entry(record.source.clone()).or_default().entry(kind.clone()).or_default();
        let target = data.target.known().map(String::as_str);
        of_kind.of(target).get_or_insert_default().push(Arc::clone(record));
    }

    fn listings(&self, scope: &Scope, source: &str, kind: &str, target: Option<&str>) -> Option<&Listings> {
        self.listings.get(scope)?.get(source)?.get(kind)?.get(target)
    }

    /// The newest listing of all that `source` returned, complete or not.
    pub fn newest_listing(&self, scope: &Scope, source: &str) -> Option<&Arc<Record<Listing>>> {
        let of_kinds = self.listings.get(scope)?.get(source)?.values();
        of_kinds.filter_map(|of_kind| of_kind.get(None)).flatten().max_by_key(|listing| listing.observed)
    }

    /// When `records` held all that `source` returned in `scope` for `target`: the time of the newest complete listing, and its
    /// file. A line that stands twice counts once, so that it cannot stand in for one that is missing.
    fn complete<T>(
        &self,
        scope: &Scope,
        source: &str,
        target: Option<&str>,
        kind: &str,
        records: &[&Arc<Record<T>>],
    ) -> Result<(Timestamp, u16), Why> {
        let Some(listings) = self.listings(scope, source, kind, target) else {
            return Err(self.why(scope, source, target));
        };
        let holds_all = |listing: &&Arc<Record<Listing>>| {
            let of_file = records.iter().filter(|record| record.at.file == listing.at.file);
            let there = of_file.map(|record| &record.id).collect::<BTreeSet<_>>().len();
            listing.data.kept.known().is_some_and(|kept| usize::try_from(*kept).is_ok_and(|kept| kept == there))
        };
        let complete = listings.iter().filter(holds_all).map(|listing| (listing.observed, listing.at.file)).max();
        let (listed, file) = complete.ok_or_else(|| Why::Truncated { source: source.into() })?;
        // What was all there was is not all there is, when somebody asked again since and got no answer.
        match self.missed(scope, source, target).filter(|(gap, asked)| !gap.reason.is_voluntary() && *asked > listed) {
            Some((gap, _)) => Err(Why::Gap(Arc::clone(gap))),
            None => Ok((listed, file)),
        }
    }

    /// What counts of `records`: of each the newest observation, and none that a newer complete listing no longer has.
    pub fn current<'r, T: Kind>(
        &self,
        scope: &Scope,
        source: &str,
        target: Option<&str>,
        records: Vec<&'r Arc<Record<T>>>,
    ) -> Current<'r, T> {
        let complete = self.complete(scope, source, target, T::KIND, &records);
        let mut newest: BTreeMap<&str, &Arc<Record<T>>> = BTreeMap::new();
        let mut disputed: BTreeMap<&str, Timestamp> = BTreeMap::new();
        for record in records {
            if let Ok((listed, file)) = &complete
                && record.at.file != *file
                && record.observed < *listed
            {
                continue;
            }
            let known = newest.entry(&record.id).or_insert(record);
            if known.observed < record.observed {
                *known = record;
            } else if known.observed == record.observed && !same(&known.data, &record.data) {
                disputed.insert(&record.id, record.observed);
            }
        }
        let mut complete = complete.map(|(listed, _)| listed);
        for (id, observed) in disputed {
            if newest.get(id).is_some_and(|record| record.observed == observed) {
                newest.remove(id);
                complete = Err(Why::Contradiction { detail: format!("two of {id} at {observed}").into() });
            }
        }
        Current { records: newest.into_values().collect(), complete }
    }

    /// Why there is no answer of `what` for `target`: its own gap, the gap of the whole listing, or that nobody asked.
    pub fn why(&self, scope: &Scope, what: &str, target: Option<&str>) -> Why {
        let own = target.and_then(|target| self.gap(scope, what, Some(target)));
        own.or_else(|| self.gap(scope, what, None)).map_or(Why::NotCollected, Why::Gap)
    }

    /// The gap of the question for `target` itself.
    pub fn own_gap(&self, scope: &Scope, what: &str, target: &str) -> Option<Arc<Gap>> {
        self.gap(scope, what, Some(target))
    }

    fn gap(&self, scope: &Scope, what: &str, target: Option<&str>) -> Option<Arc<Gap>> {
        self.missed(scope, what, target).map(|(gap, _)| Arc::clone(gap))
    }

    fn missed(&self, scope: &Scope, what: &str, target: Option<&str>) -> Option<&(Arc<Gap>, Timestamp)> {
        self.gaps.get(scope)?.get(what)?.get(target)
    }
}

/// Whether two answers say the same.
pub fn same<T: Kind>(one: &T, other: &T) -> bool {
    matches!((serde_json::to_value(one), serde_json::to_value(other)), (Ok(one), Ok(other)) if one == other)
}

/// The scope of a record.
pub fn scope_of<T>(record: &Record<T>) -> Scope {
    (record.account.clone(), record.region.clone())
}

/// The records of one scope, in the order of the files. Tables of a snapshot are sorted by scope.
pub fn in_scope<'a, T>(records: &'a [Arc<Record<T>>], (account, region): &Scope) -> Vec<&'a Arc<Record<T>>> {
    let scope = (account.as_str(), region.as_str());
    let before = |record: &Arc<Record<T>>| (record.account.as_str(), record.region.as_str()) < scope;
    let within = |record: &&Arc<Record<T>>| (record.account.as_str(), record.region.as_str()) == scope;
    records.iter().skip(records.partition_point(before)).take_while(within).collect()
}

/// A table of one scope by a key; several files may hold the same record, and the latest observation counts.
pub struct Table<T> {
    by_key: BTreeMap<String, Arc<Record<T>>>,
    incomplete: Option<Why>,
    listed: Option<Timestamp>,
}

impl<T: Kind> Table<T> {
    /// The records of `scope`, with what `source` says of their completeness.
    pub fn new(
        index: &Index,
        scope: &Scope,
        source: &str,
        records: &[Arc<Record<T>>],
        key: impl Fn(&T) -> &Fact<String>,
    ) -> Self {
        let Current { records, complete } = index.current(scope, source, None, in_scope(records, scope));
        let listed = complete.as_ref().ok().copied();
        let mut incomplete = complete.err();
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
        Self { by_key, incomplete, listed }
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

    /// When a listing last returned them all.
    pub const fn listed(&self) -> Option<Timestamp> {
        self.listed
    }

    /// Why records may be missing.
    pub const fn incomplete(&self) -> Option<&Why> {
        self.incomplete.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::read_texts;

    /// A file of lines, each a kind, an id, a time and data.
    fn file(lines: &[(&str, &str, &str, &str)]) -> String {
        let line = |(kind, id, at, data): &(&str, &str, &str, &str)| {
            let at = format!("2026-01-01T0{at}:00:00Z");
            format!(
                r#"{{"kind":"{kind}","id":"{id}","account":"1","region":"r","source":"ec2:DescribeVpcs","at":"{at}","data":{data}}}"#
            )
        };
        let scope = r#""Scope":{"Regions":[],"Collectors":[]}"#;
        let header = format!(r#"{{"SchemaVersion":1,"ToolVersion":"0","Started":"2026-01-01T00:00:00Z",{scope}}}"#);
        let all = [("header", "snapshot", "0", header.as_str())];
        all.iter().chain(lines).map(line).collect::<Vec<_>>().join("\n") + "\n"
    }

    #[test]
    fn a_later_question_without_an_answer_outdates_a_whole_listing() {
        let listing = r#"{"Kind":"ec2.vpc","Target":null,"Returned":1,"Kept":1,"Excluded":[]}"#;
        let whole = file(&[("ec2.vpc", "v", "2", r#"{"VpcId":"v"}"#), ("listing", "l", "2", listing)]);
        for (at, reason, complete) in
            [("1", "denied", true), ("3", "denied", false), ("3", "throttled", false), ("3", "not_requested", true)]
        {
            let gap = format!(r#"{{"What":"ec2:DescribeVpcs","Reason":"{reason}","Message":""}}"#);
            let later = file(&[("gap", "g", at, &gap)]);
            for files in [[whole.clone(), later.clone()], [later, whole.clone()]] {
                let files: Vec<_> = (0..).zip(files).map(|(number, text)| (format!("{number}").into(), text)).collect();
                let snapshot = read_texts(&files).unwrap();
                let (index, scope) = (Index::new(&snapshot), ("1".to_owned(), "r".to_owned()));
                let found = index.current(&scope, "ec2:DescribeVpcs", None, in_scope(&snapshot.records.vpcs, &scope));
                assert_eq!((found.records.len(), found.complete.is_ok()), (1, complete), "{at} {reason}");
            }
        }
    }
}
