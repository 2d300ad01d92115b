//! Proofs of a target, the cheapest first. A proof is minimal: without any one of its steps it proves nothing.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::cost::Cost;
use super::slice::{Slice, Without};
use super::{EdgeId, Limits};

/// A minimal proof.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proof {
    /// What it costs.
    pub cost: Cost,
    /// Its steps, each after those that it needs, the target last. Empty when the target is a source.
    pub edges: Vec<EdgeId>,
}

/// The proofs of a question.
#[derive(Debug, Default)]
pub struct Proofs {
    /// The cheapest first.
    pub found: Vec<Proof>,
    /// Whether there may be others: a limit was reached.
    pub cut_short: bool,
}

/// The cheapest proof that does without some steps.
pub fn proof_without(slice: &Slice, steps: &BTreeSet<EdgeId>) -> Option<Proof> {
    slice.shortest(Without::Edges(steps))
}

/// The proofs of the slice's target up to the limits. Every other minimal proof lacks a step of one that is known, so taking the
/// steps of each away, one at a time, leads to all of them (Reiter's hitting-set tree), and what is left is never cheaper.
pub fn proofs(slice: &Slice, limits: Limits) -> Proofs {
    let mut all = Proofs::default();
    let (mut queue, mut tried, mut known) = (BinaryHeap::new(), BTreeSet::new(), BTreeSet::new());
    let mut searches = 1;
    queue.extend(slice.shortest(Without::Edges(&BTreeSet::new())).map(|proof| Reverse((proof, BTreeSet::new()))));
    while let Some(Reverse((proof, removed))) = queue.pop() {
        let steps: BTreeSet<EdgeId> = proof.edges.iter().copied().collect();
        if known.insert(steps.clone()) {
            if all.found.len() == limits.proofs {
                all.cut_short = true;
                return all;
            }
            all.found.push(proof);
        }
        for step in steps {
            let mut fewer = removed.clone();
            fewer.insert(step);
            if !tried.insert(fewer.clone()) {
                continue;
            }
            if searches == limits.searches {
                all.cut_short = true;
                continue;
            }
            searches += 1;
            queue.extend(slice.shortest(Without::Edges(&fewer)).map(|proof| Reverse((proof, fewer))));
        }
    }
    all
}
