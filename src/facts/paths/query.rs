//! Who gets how far, and by what: the questions to the graph of a snapshot.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use ipnet::IpNet;

use super::build::build;
use super::graph::{Certainty, Cuts, EdgeId, Limits, NodeId, Proof, Reached, Slice, cuts, proof_without, proofs};
use super::node::{Class, Node};
use super::step::{Change, Step};
use super::web::{ClusterLabel, Web};
use crate::facts::Facts;
use crate::facts::tls::is_voluntary;
use crate::model::{Severity, Why};

vocabulary! {
    /// Where a path begins.
    enum SourceKind = "path_source" {
        /// Anybody on the internet.
        Internet = "internet",
        /// The addresses that were asked about.
        Addresses = "addresses",
        /// Somebody outside the account whom a role or a snapshot lets in.
        Foreign = "foreign",
        /// Addresses of a network that reaches a cluster.
        Network = "network",
        /// A machine or a function in a VPC.
        Compute = "compute",
        /// A user or a role.
        Principal = "principal",
    }
}

impl SourceKind {
    /// Whether it is nobody of the account.
    pub const fn is_outside(&self) -> bool {
        matches!(self, Self::Internet | Self::Addresses | Self::Foreign)
    }
}

/// Where paths begin.
#[derive(Debug, Clone)]
pub struct Source {
    /// What it is.
    pub kind: SourceKind,
    /// ARN of a principal, id of a machine, or what people call it.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// Whether it is a principal that may do everything.
    pub administrator: bool,
    start: Vec<NodeId>,
}

/// The graph of a snapshot, and who reaches what in it.
#[derive(Debug)]
pub struct Paths {
    web: Web,
    sources: Vec<Source>,
    reached: Reached,
    /// What is reached without permissions that are not the source's own.
    own: OnceLock<Reached>,
    /// Sources that come to permissions that are not their own, by their places, with the cluster where those are good for one only.
    climbers: OnceLock<BTreeSet<(usize, Option<u32>)>>,
    /// Steps that nobody knows because the user left out what would decide.
    left_out: OnceLock<BTreeSet<EdgeId>>,
}

/// A step of a path, as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The step.
    pub step: Step,
    /// The steps that it needs, by their place in the path.
    pub needs: Vec<usize>,
}

/// What would have to change so that a source reaches a goal no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Every minimal set of up to three changes, the smallest first.
    Exact(Vec<Vec<Change>>),
    /// A set that suffices; whether the search for smaller ones was given up.
    Sufficient(Vec<Change>, bool),
    /// Nothing that is read here.
    None,
}

/// A way from a source to a goal.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// How sure it is.
    pub certainty: Certainty,
    /// The steps, each after those that it needs.
    pub steps: Vec<Told>,
    /// Other minimal ways from the same source to the same goal that were found.
    pub others: usize,
    /// Whether there may be still others.
    pub more: bool,
    /// What cuts all of them.
    pub remedy: Remedy,
}

/// A source, a cluster and a class of privileges that it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The source, by its place among [`Paths::sources`].
    pub source: usize,
    /// The cluster, by its place among [`Paths::clusters`].
    pub cluster: u32,
    /// What it has there.
    pub class: Class,
    /// How surely.
    pub certainty: Certainty,
    /// How much that matters.
    pub severity: Severity,
}

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// One cluster.
    pub cluster: Option<u32>,
    /// Sources, by their places.
    pub sources: Option<Vec<usize>>,
    /// One class.
    pub class: Option<Class>,
}

impl Paths {
    /// Builds the graph and works out who reaches what; `from` are addresses to ask about.
    pub fn new(facts: &Facts, from: Option<IpNet>) -> Self {
        let mut web = build(facts, from);
        let sources = sources(&mut web, from);
        let starts: Vec<_> = sources.iter().map(|source| source.start.clone()).collect();
        let reached = Reached::new(&web.graph, &starts, |_| true);
        Self { web, sources, reached, own: OnceLock::new(), climbers: OnceLock::new(), left_out: OnceLock::new() }
    }

    /// How surely the goal is reached without permissions that are not the source's own.
    pub fn without_escalation(&self, reach: &Reach) -> Option<Certainty> {
        let own = self.own.get_or_init(|| {
            let starts: Vec<_> = self.sources.iter().map(|source| source.start.clone()).collect();
            Reached::new(&self.web.graph, &starts, |id| self.web.step(id).is_none_or(|step| !step.escalates))
        });
        own.best(reach.source, self.web.known(&Node::Goal(reach.cluster, reach.class.clone()))?)
    }

    /// Whether a source comes to permissions that are not its own and may lead to the goal.
    pub fn may_escalate(&self, reach: &Reach) -> bool {
        let climbers = self.climbers.get_or_init(|| {
            let clusters = (0..).take(self.web.clusters.len());
            let goals = clusters.flat_map(|cluster| Class::ALL.map(|class| (cluster, Node::Goal(cluster, class))));
            let goals: BTreeMap<NodeId, u32> =
                goals.filter_map(|(cluster, goal)| Some((self.web.known(&goal)?, cluster))).collect();
            let escalates = |id| self.web.step(id).is_some_and(|step| step.escalates);
            let mut found = BTreeSet::new();
            for (_, edge) in self.web.graph.edges().filter(|(id, _)| escalates(*id)) {
                let Some((first, rest)) = edge.premises.split_first() else { continue };
                let all = |source: &usize| rest.iter().all(|node| self.reached.best(*source, *node).is_some());
                let cluster = goals.get(&edge.to).copied();
                let sources = self.reached.sources(*first, Certainty::Possible).filter(all);
                found.extend(sources.map(|source| (source, cluster)));
            }
            found
        });
        [None, Some(reach.cluster)].into_iter().any(|cluster| climbers.contains(&(reach.source, cluster)))
    }

    /// What it means that a source reaches a goal.
    pub fn reach(&self, source: usize, cluster: u32, class: &Class, certainty: Certainty) -> Reach {
        let severity = self.severity(source, class, certainty);
        Reach { source, cluster, class: class.clone(), certainty, severity }
    }

    /// Where paths begin.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Where they lead.
    pub fn clusters(&self) -> &[ClusterLabel] {
        &self.web.clusters
    }

    /// What was left out.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.web.notes.iter().map(String::as_str)
    }

    /// How many steps there are to go by.
    pub fn size(&self) -> (usize, usize) {
        (self.web.graph.nodes(), self.web.graph.edges().count())
    }

    /// How surely a source reaches a goal.
    pub fn certainty(&self, source: usize, cluster: u32, class: &Class) -> Option<Certainty> {
        self.reached.best(source, self.web.known(&Node::Goal(cluster, class.clone()))?)
    }

    /// Sources that reach a goal, each with its certainty.
    pub fn reaching(&self, cluster: u32, class: &Class) -> Vec<(usize, Certainty)> {
        let Some(goal) = self.web.known(&Node::Goal(cluster, class.clone())) else { return Vec::new() };
        let all = self.reached.sources(goal, Certainty::Possible);
        all.filter_map(|source| Some((source, self.reached.best(source, goal)?))).collect()
    }

    /// Everything that the question is about, the gravest first. Of a source that is an administrator of a cluster at least as
    /// surely, reading and writing are not told apart unless they were asked for.
    pub fn answers(&self, question: &Question) -> Vec<Reach> {
        let mut found = Vec::new();
        for cluster in (0..).take(self.web.clusters.len()) {
            if question.cluster.is_some_and(|wanted| wanted != cluster) {
                continue;
            }
            for class in Class::ALL.into_iter().filter(|it| question.class.as_ref().is_none_or(|wanted| wanted == it)) {
                for (source, certainty) in self.reaching(cluster, &class) {
                    if self.is_told(question, (source, cluster), &class, certainty) {
                        found.push(self.reach(source, cluster, &class, certainty));
                    }
                }
            }
        }
        let gravity = |class: &Class| Class::ALL.iter().position(|it| it == class);
        let kind = |reach: &Reach| self.sources.get(reach.source).map(|source| source.kind.clone());
        found.sort_by_cached_key(|it| {
            (Reverse(it.severity), it.certainty, Reverse(gravity(&it.class)), kind(it), it.cluster, it.source)
        });
        found
    }

    fn is_told(
        &self,
        question: &Question,
        (source, cluster): (usize, u32),
        class: &Class,
        certainty: Certainty,
    ) -> bool {
        match &question.sources {
            Some(wanted) if !wanted.contains(&source) => return false,
            None if self.sources.get(source).is_none_or(|source| source.administrator) => return false,
            _ => {}
        }
        let implied = question.class.is_none() && matches!(class, Class::Read | Class::Write);
        !(implied && self.certainty(source, cluster, &Class::Admin).is_some_and(|admin| admin <= certainty))
    }

    /// How much it matters: what is reached, by whom, and how surely every step holds.
    fn severity(&self, source: usize, class: &Class, certainty: Certainty) -> Severity {
        let outside = self.sources.get(source).is_some_and(|source| source.kind.is_outside());
        let grave = matches!(class, Class::Admin | Class::Exfiltrate);
        let rank = 2 + u8::from(outside) + u8::from(grave);
        match rank.saturating_sub(certainty as u8) {
            0 | 1 => Severity::Low,
            2 => Severity::Medium,
            3 => Severity::High,
            _ => Severity::Critical,
        }
    }

    /// The surest and shortest way, and what cuts all ways.
    pub fn path(&self, reach: &Reach, limits: Limits) -> Option<Path> {
        let slice = self.slice(reach)?;
        let found = proofs(&slice, limits);
        let best = found.found.first()?;
        Some(Path {
            certainty: best.cost.certainty(),
            steps: self.told(best),
            others: found.found.len().saturating_sub(1),
            more: found.cut_short,
            remedy: self.remedy(&slice, limits),
        })
    }

    /// The steps of the surest and shortest way.
    pub fn steps(&self, reach: &Reach) -> Vec<Told> {
        let one = Limits { proofs: 1, searches: 1, changes: 0 };
        let found = self.slice(reach).map(|slice| proofs(&slice, one));
        found.as_ref().and_then(|found| found.found.first()).map(|proof| self.told(proof)).unwrap_or_default()
    }

    /// Why nobody knows whether the goal is reached. What the user left out is the reason where there is no way without it.
    pub fn why(&self, reach: &Reach) -> Option<Why> {
        let of = |id: &EdgeId| self.web.step(*id).and_then(|step| step.unknown.clone());
        let left_out = self.left_out.get_or_init(|| {
            let ids = self.web.graph.edges().map(|(id, _)| id);
            ids.filter(|id| of(id).as_ref().is_some_and(is_voluntary)).collect()
        });
        let slice = self.slice(reach)?;
        if let Some(proof) = proof_without(&slice, left_out) {
            return proof.edges.iter().find_map(of);
        }
        let proof = proof_without(&slice, &BTreeSet::new())?;
        proof.edges.iter().filter(|id| left_out.contains(id)).find_map(of)
    }

    fn slice(&self, reach: &Reach) -> Option<Slice> {
        let goal = self.web.known(&Node::Goal(reach.cluster, reach.class.clone()))?;
        Some(Slice::new(&self.web.graph, &self.sources.get(reach.source)?.start, goal))
    }

    fn told(&self, proof: &Proof) -> Vec<Told> {
        let mut told: Vec<Told> = Vec::new();
        // The steps that a node rests on, by their place among those that are told.
        let mut by: BTreeMap<NodeId, Vec<usize>> = BTreeMap::new();
        for id in &proof.edges {
            let (Some(edge), Some(step)) = (self.web.graph.edge(*id), self.web.step(*id)) else { continue };
            let rests = edge.premises.iter().filter_map(|node| by.get(node)).flatten().copied();
            let needs: BTreeSet<usize> = rests.collect();
            let needs: Vec<usize> = needs.into_iter().collect();
            if step.glue {
                by.insert(edge.to, needs);
            } else {
                by.insert(edge.to, vec![told.len()]);
                told.push(Told { step: step.clone(), needs });
            }
        }
        told
    }

    fn remedy(&self, slice: &Slice, limits: Limits) -> Remedy {
        let named = |set: Vec<_>| set.into_iter().filter_map(|id| self.web.change_of(id).cloned()).collect::<Vec<_>>();
        match cuts(slice, limits) {
            Cuts::Exact(sets) => {
                let mut sets: Vec<_> = sets.into_iter().map(named).collect();
                let reluctance = |set: &Vec<Change>| set.iter().map(|change| change.kind.reluctance()).max();
                sets.sort_by_key(|set| (set.len(), reluctance(set)));
                Remedy::Exact(sets)
            }
            Cuts::Sufficient { changes, cut_short } => Remedy::Sufficient(named(changes), cut_short),
            Cuts::Uncuttable | Cuts::Needless => Remedy::None,
        }
    }
}

fn sources(web: &mut Web, from: Option<IpNet>) -> Vec<Source> {
    let source = |kind, id: &str, name: &str, start| Source {
        kind,
        id: id.to_owned(),
        name: name.to_owned(),
        administrator: false,
        start,
    };
    let (internet, stranger) = (web.number(&Node::Internet), web.number(&Node::Stranger));
    let mut all = vec![source(SourceKind::Internet, "internet", "the internet", vec![internet, stranger])];
    if let Some(net) = from {
        let start = vec![web.number(&Node::Addresses), stranger];
        all.push(source(SourceKind::Addresses, &net.to_string(), &net.to_string(), start));
    }
    for who in web.foreigners.clone() {
        let start = vec![web.number(&Node::Foreign(Arc::clone(&who))), internet];
        all.push(source(SourceKind::Foreign, &who, &who, start));
    }
    for place in web.places.clone() {
        let start = vec![web.number(&Node::Place(Arc::clone(&place))), stranger];
        all.push(source(SourceKind::Network, &place, &place, start));
    }
    for (id, machine) in web.machines.clone() {
        let start = vec![web.number(&Node::Machine(Arc::clone(&id)))];
        all.push(source(SourceKind::Compute, &id, &machine.label, start));
    }
    for who in web.unread_machines.clone().into_keys() {
        let start = vec![web.number(&Node::Machine(Arc::clone(&who)))];
        all.push(source(SourceKind::Compute, &who, &who, start));
    }
    for (number, label) in (0..).zip(web.principals.clone()) {
        let Some(node) = web.known(&Node::Principal(number)) else { continue };
        let name = label.arn.splitn(6, ':').last().unwrap_or(&label.arn).to_owned();
        let start = vec![node, internet];
        all.push(Source {
            administrator: label.administrator,
            ..source(SourceKind::Principal, &label.arn, &name, start)
        });
    }
    all
}
