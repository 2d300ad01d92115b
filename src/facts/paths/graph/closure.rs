//! Which sources reach which nodes, and how surely: all sources at once, a bit each.

use std::collections::VecDeque;

use super::cost::Certainty;
use super::{Edge, EdgeId, Graph, NodeId, index};

/// Who reaches what.
#[derive(Debug)]
pub struct Reached {
    words: usize,
    /// For each certainty, the sources of each node one after another.
    levels: Vec<Vec<u64>>,
}

impl Reached {
    /// Works out what follows from each list of nodes by itself, by the steps that count.
    pub fn new(graph: &Graph, sources: &[Vec<NodeId>], counts: impl Fn(EdgeId) -> bool) -> Self {
        let words = sources.len().div_ceil(64).max(1);
        let mut bits = vec![0_u64; words.saturating_mul(graph.nodes())];
        for (source, nodes) in sources.iter().enumerate() {
            for node in nodes {
                let word = index(node.0).saturating_mul(words).saturating_add(source / 64);
                bits.get_mut(word).into_iter().for_each(|word| *word |= 1 << (source % 64));
            }
        }
        let mut levels = Vec::new();
        for certainty in Certainty::ALL {
            close(graph, words, &mut bits, |id, edge| edge.certainty <= certainty && counts(id));
            levels.push(bits.clone());
        }
        Self { words, levels }
    }

    /// The sources that reach a node at least as surely as this, by their place in the list.
    pub fn sources(&self, node: NodeId, certainty: Certainty) -> impl Iterator<Item = usize> {
        let start = index(node.0).saturating_mul(self.words);
        let bits =
            self.levels.get(certainty as usize).and_then(|level| level.get(start..start.saturating_add(self.words)));
        bits.unwrap_or_default().iter().enumerate().flat_map(|(at, word)| {
            let (mut rest, base) = (*word, at.saturating_mul(64));
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                rest &= rest.wrapping_sub(1);
                (bit < 64).then(|| base.saturating_add(index(bit)))
            })
        })
    }

    /// How surely a source reaches a node at best.
    pub fn best(&self, source: usize, node: NodeId) -> Option<Certainty> {
        let word = index(node.0).saturating_mul(self.words).saturating_add(source / 64);
        let set = |level: &Vec<u64>| level.get(word).is_some_and(|word| word >> (source % 64) & 1 == 1);
        Certainty::ALL.into_iter().zip(&self.levels).find(|(_, level)| set(level)).map(|(certainty, _)| certainty)
    }
}

/// Adds what follows by steps that are sure enough, until nothing does.
fn close(graph: &Graph, words: usize, bits: &mut [u64], counts: impl Fn(EdgeId, &Edge) -> bool) {
    let mut queue: VecDeque<EdgeId> = graph.edges().map(|(id, _)| id).collect();
    let mut queued = vec![true; queue.len()];
    let mut all = vec![0_u64; words];
    while let Some(id) = queue.pop_front() {
        queued.get_mut(index(id.0)).into_iter().for_each(|queued| *queued = false);
        let Some(edge) = graph.edge(id).filter(|edge| counts(id, edge)) else { continue };
        all.fill(u64::MAX);
        for premise in &edge.premises {
            let start = index(premise.0).saturating_mul(words);
            let of_premise = bits.get(start..start.saturating_add(words)).unwrap_or_default();
            all.iter_mut().zip(of_premise).for_each(|(all, word)| *all &= word);
        }
        let start = index(edge.to.0).saturating_mul(words);
        let mut grew = false;
        for (word, all) in bits.get_mut(start..start.saturating_add(words)).into_iter().flatten().zip(&all) {
            grew |= *all & !*word != 0;
            *word |= all;
        }
        if grew {
            for next in graph.from(edge.to) {
                if queued.get_mut(index(next.0)).is_some_and(|queued| !std::mem::replace(queued, true)) {
                    queue.push_back(*next);
                }
            }
        }
    }
}
