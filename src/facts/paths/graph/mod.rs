//! An AND/OR graph: what holds, what follows from it, and what would have to change for it to hold no more. An edge with several
//! premises needs all of them; several edges to a node are alternatives. It knows numbers only, neither clusters nor principals.

mod closure;
mod cost;
mod cut;
#[cfg(test)]
mod oracle;
mod proof;
mod slice;

pub use self::closure::Reached;
pub use self::cost::{Certainty, Cost};
pub use self::cut::{Cuts, cuts};
pub use self::proof::{Proof, Proofs, proof_without, proofs};
pub use self::slice::Slice;

/// Something that holds or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeId(pub u32);

/// Something that a person can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeId(pub u32);

/// A step: where all premises hold, its end holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// What it needs, each once; nothing for what holds by itself.
    pub premises: Vec<NodeId>,
    /// What follows.
    pub to: NodeId,
    /// How sure the step is.
    pub certainty: Certainty,
    /// Changes any one of which takes the step away.
    pub changes: Vec<ChangeId>,
}

/// The steps, by where they lead and what they need.
#[derive(Debug, Default)]
pub struct Graph {
    edges: Vec<Edge>,
    into: Vec<Vec<EdgeId>>,
    from: Vec<Vec<EdgeId>>,
}

/// How much is searched before a search is given up, and what is missing then is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Proofs of one question.
    pub proofs: usize,
    /// Searches for a shortest proof, for the proofs and for the cuts of one question each.
    pub searches: usize,
    /// Changes in a cut.
    pub changes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { proofs: 16, searches: 400, changes: 3 }
    }
}

impl Graph {
    /// Adds a step. Its numbers make the nodes.
    pub fn add(&mut self, mut edge: Edge) -> EdgeId {
        let id = EdgeId(u32::try_from(self.edges.len()).unwrap_or(u32::MAX));
        edge.premises.sort_unstable();
        edge.premises.dedup();
        edge.changes.sort_unstable();
        edge.changes.dedup();
        list(&mut self.into, edge.to).push(id);
        for premise in &edge.premises {
            list(&mut self.from, *premise).push(id);
        }
        self.edges.push(edge);
        id
    }

    /// The steps, in the order in which they were added.
    pub fn edges(&self) -> impl Iterator<Item = (EdgeId, &Edge)> {
        (0..).map(EdgeId).zip(&self.edges)
    }

    /// A step.
    pub fn edge(&self, id: EdgeId) -> Option<&Edge> {
        self.edges.get(index(id.0))
    }

    /// Steps that lead to a node.
    pub fn into(&self, node: NodeId) -> &[EdgeId] {
        self.into.get(index(node.0)).map_or(&[], Vec::as_slice)
    }

    /// Steps that need a node.
    pub fn from(&self, node: NodeId) -> &[EdgeId] {
        self.from.get(index(node.0)).map_or(&[], Vec::as_slice)
    }

    /// One more than the greatest number of a node.
    pub fn nodes(&self) -> usize {
        self.into.len().max(self.from.len())
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn list(lists: &mut Vec<Vec<EdgeId>>, node: NodeId) -> &mut Vec<EdgeId> {
    let at = index(node.0);
    if lists.len() <= at {
        lists.resize_with(at.saturating_add(1), Vec::new);
    }
    let last = lists.len().saturating_sub(1);
    #[expect(clippy::indexing_slicing, reason = "the list was made long enough two lines above")]
    &mut lists[at.min(last)]
}
