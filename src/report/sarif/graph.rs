//! Access paths as SARIF graphs: what somebody can do is a node, and an edge leads to it from each thing that it takes.

use std::collections::BTreeSet;

use serde_sarif::sarif;

use super::{escape, place, property_bag};
use crate::check::{Assessment, PathEntry, StepEntry};
use crate::model::Untrusted;
use crate::report::{Anchors, words};

const SOURCE: &str = "source";
const CLUSTER: &str = "cluster";

/// The paths of an assessment, the gravest first.
pub fn all(assessment: &Assessment, anchors: &Anchors) -> Vec<sarif::Graph> {
    let paths = assessment.paths.iter().flat_map(|paths| &paths.paths);
    paths.map(|path| graph(path, assessment, anchors)).collect()
}

fn graph(path: &PathEntry, assessment: &Assessment, anchors: &Anchors) -> sarif::Graph {
    let from = escape::plain(&path.from.name);
    let clusters: Vec<_> = path.clusters().map(|cluster| escape::plain(&cluster.name)).collect();
    let cluster = words::listed(&clusters);
    let to = escape::name(&Untrusted::from(path.to.as_str()));
    let mut nodes = vec![node(SOURCE.to_owned(), from.clone(), None)];
    for step in &path.steps {
        let location = step.evidence.first().map(|it| &it.location);
        let physical = place::in_snapshot(assessment, location, anchors.of_run());
        let location = place::location(physical, Vec::new());
        nodes.push(node(step_id(step.number), escape::plain(&step.words), Some(location)));
    }
    nodes.push(node(CLUSTER.to_owned(), cluster.clone(), None));
    sarif::Graph {
        description: Some(message(format!("From '{from}' to '{to}' in '{cluster}'."))),
        edges: Some(edges(&path.steps)),
        nodes: Some(nodes),
        properties: Some(property_bag(
            None,
            vec![
                ("certainty", path.certainty.clone().into()),
                ("clusters", path.clusters().map(|it| escape::name(&it.id)).collect::<Vec<_>>().into()),
                ("from", escape::name(&path.from.id).into()),
                ("severity", path.severity.as_str().into()),
                ("to", to.into()),
            ],
        )),
    }
}

/// From each step to those that need it; from the source to those that need nothing, and to the cluster from those that nothing
/// needs.
fn edges(steps: &[StepEntry]) -> Vec<sarif::Edge> {
    let needed: BTreeSet<usize> = steps.iter().flat_map(|step| step.needs.iter().copied()).collect();
    let mut pairs: Vec<(String, String)> = Vec::new();
    for step in steps {
        let id = step_id(step.number);
        if step.needs.is_empty() {
            pairs.push((SOURCE.to_owned(), id.clone()));
        }
        pairs.extend(step.needs.iter().map(|need| (step_id(*need), id.clone())));
        if !needed.contains(&step.number) {
            pairs.push((id, CLUSTER.to_owned()));
        }
    }
    let edge = |((from, to), number): ((String, String), usize)| {
        sarif::Edge::builder().id(format!("e{number}")).source_node_id(from).target_node_id(to).build()
    };
    pairs.into_iter().zip(1..).map(edge).collect()
}

fn step_id(number: usize) -> String {
    format!("step{number}")
}

fn node(id: String, label: String, location: Option<sarif::Location>) -> sarif::Node {
    sarif::Node { label: Some(message(label)), location, ..sarif::Node::builder().id(id).build() }
}

fn message(text: String) -> sarif::Message {
    sarif::Message { text: Some(text), ..sarif::Message::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(number: usize, needs: &[usize]) -> StepEntry {
        StepEntry {
            number,
            words: "can".into(),
            certainty: "certain".into(),
            conditions: Vec::new(),
            unknown: None,
            needs: needs.to_vec(),
            evidence: Vec::new(),
        }
    }

    #[test]
    fn every_step_is_joined_to_both_ends() {
        let edges = edges(&[step(1, &[]), step(2, &[]), step(3, &[1, 2])]);
        let pairs: Vec<_> =
            edges.iter().map(|edge| format!("{}>{}", edge.source_node_id, edge.target_node_id)).collect();
        assert_eq!(pairs, ["source>step1", "source>step2", "step1>step3", "step2>step3", "step3>cluster"]);
    }
}
