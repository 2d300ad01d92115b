//! What would have to change so that a target follows no more.

use std::collections::BTreeSet;

use super::slice::{Slice, Without};
use super::{ChangeId, Limits};

/// Sets of changes that leave no proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cuts {
    /// Every minimal set of no more changes than the limit, the smallest first; there is one at least.
    Exact(Vec<Vec<ChangeId>>),
    /// A set that suffices and of which no change can be left out. Smaller ones may exist where the search was cut short, and none
    /// of the limit's size or smaller where it was not.
    Sufficient {
        /// The changes.
        changes: Vec<ChangeId>,
        /// Whether the search for smaller ones was given up.
        cut_short: bool,
    },
    /// Some proof has no step that anything here takes away.
    Uncuttable,
    /// Nothing has to change: there is no proof.
    Needless,
}

/// The cuts of the slice's target. Each one has to hit every proof, so the changes of one proof at a time are tried (Reiter's
/// hitting-set tree, by size).
pub fn cuts(slice: &Slice, limits: Limits) -> Cuts {
    let (mut found, mut level): (Vec<BTreeSet<ChangeId>>, _) = (Vec::new(), BTreeSet::from([BTreeSet::new()]));
    let mut searches = 0;
    for size in 0..=limits.changes {
        let mut next = BTreeSet::new();
        for set in &level {
            if found.iter().any(|cut| cut.is_subset(set)) {
                continue;
            }
            if searches == limits.searches {
                return sufficient(slice, true);
            }
            searches += 1;
            let Some(proof) = slice.shortest(Without::Changes(set)) else {
                found.push(set.clone());
                continue;
            };
            let changes = slice.changes(&proof);
            if changes.is_empty() {
                return Cuts::Uncuttable;
            }
            if size < limits.changes {
                next.extend(changes.into_iter().map(|change| with(set, change)));
            }
        }
        level = next;
    }
    match found.first() {
        None => sufficient(slice, false),
        Some(first) if first.is_empty() => Cuts::Needless,
        Some(_) => Cuts::Exact(found.into_iter().map(|cut| cut.into_iter().collect()).collect()),
    }
}

fn with(set: &BTreeSet<ChangeId>, change: ChangeId) -> BTreeSet<ChangeId> {
    set.iter().copied().chain([change]).collect()
}

/// One change of each proof that is left, then without those that turn out to be needless.
fn sufficient(slice: &Slice, cut_short: bool) -> Cuts {
    let mut set = BTreeSet::new();
    while let Some(proof) = slice.shortest(Without::Changes(&set)) {
        let Some(change) = slice.changes(&proof).into_iter().next_back() else { return Cuts::Uncuttable };
        set.insert(change);
    }
    for change in set.clone() {
        let mut fewer = set.clone();
        fewer.remove(&change);
        if slice.shortest(Without::Changes(&fewer)).is_none() {
            set = fewer;
        }
    }
    Cuts::Sufficient { changes: set.into_iter().collect(), cut_short }
}
