//! The graph of a snapshot: every step that its facts allow, with its words and its evidence.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::graph::{ChangeId, Edge, EdgeId, Graph, NodeId};
use super::node::Node;
use super::step::{Change, Step};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::NetworkInterface;

/// A cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterLabel {
    /// ARN.
    pub arn: String,
    /// Identifier.
    pub name: String,
    /// AWS account.
    pub account: String,
    /// AWS region.
    pub region: String,
}

/// A user or a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalLabel {
    /// ARN.
    pub arn: String,
    /// Whether it may do everything.
    pub administrator: bool,
}

/// A machine or a function with an address in a VPC.
#[derive(Debug, Clone)]
pub struct Machine {
    /// What people call it.
    pub label: String,
    /// AWS account.
    pub account: String,
    /// Its interface.
    pub interface: Arc<Record<NetworkInterface>>,
}

/// Everything that there is to go by.
#[derive(Debug, Default)]
pub struct Web {
    /// The steps, by number.
    pub graph: Graph,
    numbers: HashMap<Node, NodeId>,
    steps: Vec<Step>,
    changes: Vec<Change>,
    change_numbers: BTreeMap<Change, ChangeId>,
    /// Clusters, by number.
    pub clusters: Vec<ClusterLabel>,
    /// Users and roles, by number.
    pub principals: Vec<PrincipalLabel>,
    /// Database accounts of each cluster, as `'user'@'host'`.
    pub logins: Vec<Vec<String>>,
    /// Machines by id.
    pub machines: BTreeMap<Arc<str>, Machine>,
    /// Machines that may be where nobody knows of them, by name, and their accounts.
    pub unread_machines: BTreeMap<Arc<str>, String>,
    /// Places in networks that a source of a cluster names.
    pub places: BTreeSet<Arc<str>>,
    /// Strangers whom roles or snapshots let in.
    pub foreigners: BTreeSet<Arc<str>>,
    /// What was left out, and said.
    pub notes: BTreeSet<String>,
}

impl Web {
    /// The number of a node.
    pub fn number(&mut self, node: &Node) -> NodeId {
        if let Some(known) = self.numbers.get(node) {
            return *known;
        }
        let id = NodeId(u32::try_from(self.numbers.len()).unwrap_or(u32::MAX));
        self.numbers.insert(node.clone(), id);
        id
    }

    /// The number of a node, if a step leads to it or needs it.
    pub fn known(&self, node: &Node) -> Option<NodeId> {
        self.numbers.get(node).copied()
    }

    /// Adds a step: where the premises hold, so does `to`.
    pub fn add(&mut self, premises: &[Node], to: &Node, mut step: Step) {
        let premises = premises.iter().map(|premise| self.number(premise)).collect();
        let to = self.number(to);
        let changes = std::mem::take(&mut step.changes).into_iter().map(|change| self.change(change)).collect();
        self.graph.add(Edge { premises, to, certainty: step.certainty(), changes });
        self.steps.push(step);
    }

    fn change(&mut self, change: Change) -> ChangeId {
        let next = ChangeId(u32::try_from(self.changes.len()).unwrap_or(u32::MAX));
        let id = *self.change_numbers.entry(change.clone()).or_insert(next);
        if id == next {
            self.changes.push(change);
        }
        id
    }

    /// What an edge stands for.
    pub fn step(&self, id: EdgeId) -> Option<&Step> {
        self.steps.get(usize::try_from(id.0).ok()?)
    }

    /// What a number of a change stands for.
    pub fn change_of(&self, id: ChangeId) -> Option<&Change> {
        self.changes.get(usize::try_from(id.0).ok()?)
    }

    /// Name of a cluster.
    pub fn cluster(&self, number: u32) -> Option<&ClusterLabel> {
        self.clusters.get(usize::try_from(number).ok()?)
    }
}
