//! The part of a graph that bears on one question: whatever can stand in a proof of the target. It is found once and searched often.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::cost::Cost;
use super::proof::Proof;
use super::{ChangeId, EdgeId, Graph, NodeId};

/// A step in the slice's own numbers.
#[derive(Debug)]
struct Step {
    id: EdgeId,
    premises: Vec<usize>,
    to: usize,
    cost: Cost,
    changes: Vec<ChangeId>,
}

/// The steps that a proof of the target can have.
#[derive(Debug)]
pub struct Slice {
    steps: Vec<Step>,
    /// Steps that need each node.
    from: Vec<Vec<usize>>,
    sources: Vec<usize>,
    target: Option<usize>,
}

/// What is taken away from a slice.
#[derive(Debug, Clone, Copy)]
pub(super) enum Without<'a> {
    /// These steps.
    Edges(&'a BTreeSet<EdgeId>),
    /// The steps that one of these changes takes away.
    Changes(&'a BTreeSet<ChangeId>),
}

impl Without<'_> {
    fn takes(self, step: &Step) -> bool {
        match self {
            Self::Edges(edges) => edges.contains(&step.id),
            Self::Changes(changes) => step.changes.iter().any(|change| changes.contains(change)),
        }
    }
}

impl Slice {
    /// What bears on the question whether the target follows from the sources. Steps to a source are left out: it holds anyway.
    pub fn new(graph: &Graph, sources: &[NodeId], target: NodeId) -> Self {
        let mut numbers: BTreeMap<NodeId, usize> = BTreeMap::from([(target, 0)]);
        let (mut waiting, mut found) = (vec![target], Vec::new());
        while let Some(node) = waiting.pop() {
            if sources.contains(&node) {
                continue;
            }
            for id in graph.into(node) {
                let Some(edge) = graph.edge(*id) else { continue };
                found.push((*id, edge));
                for premise in &edge.premises {
                    let next = numbers.len();
                    numbers.entry(*premise).or_insert_with(|| {
                        waiting.push(*premise);
                        next
                    });
                }
            }
        }
        found.sort_unstable_by_key(|(id, _)| *id);
        let number = |node: &NodeId| numbers.get(node).copied();
        let steps: Vec<Step> = found
            .into_iter()
            .filter_map(|(id, edge)| {
                let premises = edge.premises.iter().map(number).collect::<Option<Vec<_>>>()?;
                let (to, cost) = (number(&edge.to)?, Cost::of(edge.certainty));
                Some(Step { id, premises, to, cost, changes: edge.changes.clone() })
            })
            .collect();
        let mut from = vec![Vec::new(); numbers.len()];
        for (at, step) in steps.iter().enumerate() {
            for premise in &step.premises {
                from.get_mut(*premise).into_iter().for_each(|list: &mut Vec<usize>| list.push(at));
            }
        }
        Self { steps, from, sources: sources.iter().filter_map(number).collect(), target: number(&target) }
    }

    /// The cheapest proof, found in the order of cost (Knuth's generalisation of Dijkstra's algorithm); of those that cost the same,
    /// the one of the earlier steps.
    pub(super) fn shortest(&self, without: Without<'_>) -> Option<Proof> {
        let mut search = Search::new(self, without);
        let target = self.target?;
        let cost = search.run(target)?;
        Some(search.proof(target, cost))
    }

    /// Changes that take away a step of the proof.
    pub(super) fn changes(&self, proof: &Proof) -> BTreeSet<ChangeId> {
        let of =
            |id: &EdgeId| self.steps.binary_search_by_key(id, |step| step.id).ok().and_then(|at| self.steps.get(at));
        proof.edges.iter().filter_map(of).flat_map(|step| step.changes.iter().copied()).collect()
    }
}

/// One search for the cheapest proof.
struct Search<'a> {
    slice: &'a Slice,
    without: Without<'a>,
    /// What each node costs as far as it is known, and its last step.
    best: Vec<Option<(Cost, Option<usize>)>>,
    settled: Vec<bool>,
    /// Of each step: premises that do not hold yet, and what those cost that do.
    waiting: Vec<(usize, Cost)>,
    queue: BinaryHeap<Reverse<(Cost, usize)>>,
}

impl<'a> Search<'a> {
    fn new(slice: &'a Slice, without: Without<'a>) -> Self {
        let nodes = slice.from.len();
        Self {
            slice,
            without,
            best: vec![None; nodes],
            settled: vec![false; nodes],
            waiting: slice.steps.iter().map(|step| (step.premises.len(), Cost::default())).collect(),
            queue: BinaryHeap::new(),
        }
    }

    fn run(&mut self, target: usize) -> Option<Cost> {
        for source in &self.slice.sources {
            self.offer(*source, Cost::default(), None);
        }
        for (at, step) in self.slice.steps.iter().enumerate().filter(|(_, step)| step.premises.is_empty()) {
            self.take(at, step, Cost::default());
        }
        while let Some(Reverse((cost, node))) = self.queue.pop() {
            if self.settled.get_mut(node).is_none_or(|settled| std::mem::replace(settled, true)) {
                continue;
            }
            if node == target {
                return Some(cost);
            }
            for at in self.slice.from.get(node).into_iter().flatten() {
                self.premise_holds(*at, cost);
            }
        }
        None
    }

    fn premise_holds(&mut self, at: usize, cost: Cost) {
        let (Some((missing, sum)), Some(step)) = (self.waiting.get_mut(at), self.slice.steps.get(at)) else { return };
        *missing = missing.saturating_sub(1);
        *sum = sum.plus(cost);
        let (missing, sum) = (*missing, *sum);
        if missing == 0 {
            self.take(at, step, sum);
        }
    }

    fn take(&mut self, at: usize, step: &Step, premises: Cost) {
        if !self.without.takes(step) {
            self.offer(step.to, premises.plus(step.cost), Some(at));
        }
    }

    fn offer(&mut self, node: usize, cost: Cost, last: Option<usize>) {
        let Some(best) = self.best.get_mut(node) else { return };
        if best.is_none_or(|known| (cost, last) < known) {
            *best = Some((cost, last));
            self.queue.push(Reverse((cost, node)));
        }
    }

    /// The steps behind the target, each after those that it needs.
    fn proof(&self, target: usize, cost: Cost) -> Proof {
        let (mut edges, mut seen, mut stack) = (Vec::new(), BTreeSet::new(), vec![(target, false)]);
        while let Some((node, done)) = stack.pop() {
            let last = self.best.get(node).copied().flatten().and_then(|(_, last)| last);
            let Some(step) = last.and_then(|at| self.slice.steps.get(at)) else { continue };
            if done {
                edges.push(step.id);
            } else if seen.insert(node) {
                stack.push((node, true));
                // The longest way to a premise is told first.
                let mut premises = step.premises.clone();
                premises.sort_by_key(|premise| {
                    (self.best.get(*premise).copied().flatten().map(|(cost, _)| cost.steps), *premise)
                });
                stack.extend(premises.into_iter().map(|premise| (premise, false)));
            }
        }
        Proof { cost, edges }
    }
}
