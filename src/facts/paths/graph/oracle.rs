//! The same answers by trying everything, for graphs small enough, and the laws that hold for every graph.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn derivable(edges: &[(EdgeId, &Edge)], sources: &[NodeId], target: NodeId) -> bool {
    let mut holds: BTreeSet<NodeId> = sources.iter().copied().collect();
    loop {
        let before = holds.len();
        for (_, edge) in edges {
            if edge.premises.iter().all(|premise| holds.contains(premise)) {
                holds.insert(edge.to);
            }
        }
        if holds.len() == before {
            return holds.contains(&target);
        }
    }
}

/// All sets of edges that prove the target and of which none can be left out.
fn all_minimal_proofs(graph: &Graph, sources: &[NodeId], target: NodeId) -> BTreeSet<BTreeSet<EdgeId>> {
    let edges: Vec<_> = graph.edges().collect();
    let mut sets: Vec<u32> = (0..1_u32 << edges.len()).collect();
    sets.sort_by_key(|set| set.count_ones());
    let mut found: Vec<u32> = Vec::new();
    for set in sets {
        if found.iter().any(|known| known & set == *known) {
            continue;
        }
        let chosen: Vec<_> = edges.iter().filter(|(id, _)| set >> id.0 & 1 == 1).copied().collect();
        if derivable(&chosen, sources, target) {
            found.push(set);
        }
    }
    let edges_of = |set: u32| (0..32).filter(|bit| set >> bit & 1 == 1).map(EdgeId).collect();
    found.into_iter().map(edges_of).collect()
}

/// What a minimal proof costs as a tree: it has one step a node.
fn tree_cost(graph: &Graph, proof: &BTreeSet<EdgeId>, target: NodeId) -> Cost {
    let step = proof.iter().filter_map(|id| graph.edge(*id)).find(|edge| edge.to == target);
    step.map_or_else(Cost::default, |edge| {
        let premises = edge.premises.iter().map(|premise| tree_cost(graph, proof, *premise));
        premises.fold(Cost::of(edge.certainty), Cost::plus)
    })
}

fn all_minimal_cuts(graph: &Graph, sources: &[NodeId], target: NodeId, most: u32) -> BTreeSet<Vec<ChangeId>> {
    let mut sets: Vec<u32> = (0..1_u32 << CHANGES).filter(|set| set.count_ones() <= most).collect();
    sets.sort_by_key(|set| set.count_ones());
    let mut found: Vec<u32> = Vec::new();
    for set in sets {
        if found.iter().all(|known| known & set != *known) && !derivable(&left(graph, set), sources, target) {
            found.push(set);
        }
    }
    found.into_iter().map(|set| (0..CHANGES).filter(|bit| set >> bit & 1 == 1).map(ChangeId).collect()).collect()
}

/// The edges that are left after the changes of a set.
fn left(graph: &Graph, set: u32) -> Vec<(EdgeId, &Edge)> {
    graph.edges().filter(|(_, edge)| edge.changes.iter().all(|change| set >> change.0 & 1 == 0)).collect()
}

fn bits(changes: &[ChangeId]) -> u32 {
    changes.iter().fold(0, |set, change| set | 1 << change.0)
}

const NODES: u32 = 7;
const CHANGES: u32 = 5;
const NO_LIMIT: Limits = Limits { proofs: 10_000, searches: 1_000_000, changes: 3 };

fn certainty() -> impl Strategy<Value = Certainty> {
    prop_oneof![3 => Just(Certainty::Certain), 1 => Just(Certainty::Conditional), 1 => Just(Certainty::Possible)]
}

fn graphs() -> impl Strategy<Value = Graph> {
    let node = || (0..NODES).prop_map(NodeId);
    let edge = (prop::collection::vec(node(), 0..3), node(), certainty(), prop::collection::vec(0..CHANGES, 0..3));
    prop::collection::vec(edge, 1..11).prop_map(|edges| {
        let mut graph = Graph::default();
        for (premises, to, certainty, changes) in edges {
            graph.add(Edge { premises, to, certainty, changes: changes.into_iter().map(ChangeId).collect() });
        }
        graph
    })
}

/// Few cases by default; `PROPTEST_CASES` sets another number.
fn cases() -> ProptestConfig {
    let set = std::env::var_os("PROPTEST_CASES").is_some();
    if set { ProptestConfig::default() } else { ProptestConfig::with_cases(200) }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn proofs_are_those_that_trying_everything_finds(graph in graphs(), source in 0..NODES, target in 0..NODES) {
        let (sources, target) = ([NodeId(source)], NodeId(target));
        let found = proofs(&Slice::new(&graph, &sources, target), NO_LIMIT);
        prop_assert!(!found.cut_short);
        let sets: BTreeSet<BTreeSet<EdgeId>> = found.found.iter().map(|it| it.edges.iter().copied().collect()).collect();
        prop_assert_eq!(sets.len(), found.found.len());
        prop_assert_eq!(&sets, &all_minimal_proofs(&graph, &sources, target));
        prop_assert!(found.found.windows(2).all(|pair| pair[0].cost <= pair[1].cost));
        for proof in &found.found {
            prop_assert_eq!(proof.cost, tree_cost(&graph, &proof.edges.iter().copied().collect(), target));
            let mut holds = BTreeSet::from(sources);
            for edge in proof.edges.iter().filter_map(|id| graph.edge(*id)) {
                prop_assert!(edge.premises.iter().all(|premise| holds.contains(premise)), "{:?}", proof);
                holds.insert(edge.to);
            }
            prop_assert!(holds.contains(&target));
        }
    }

    #[test]
    fn cuts_are_those_that_trying_everything_finds(graph in graphs(), source in 0..NODES, target in 0..NODES) {
        let (sources, target) = ([NodeId(source)], NodeId(target));
        let slice = Slice::new(&graph, &sources, target);
        let expected = all_minimal_cuts(&graph, &sources, target, 3);
        let all = (1_u32 << CHANGES) - 1;
        match cuts(&slice, NO_LIMIT) {
            Cuts::Needless => prop_assert!(!derivable(&left(&graph, 0), &sources, target)),
            Cuts::Uncuttable => prop_assert!(derivable(&left(&graph, all), &sources, target)),
            Cuts::Exact(found) => prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected),
            Cuts::Sufficient { changes, cut_short } => {
                prop_assert!(expected.is_empty() && !cut_short && changes.len() > 3);
                prop_assert!(!derivable(&left(&graph, bits(&changes)), &sources, target));
            }
        }
        let narrow = Limits { searches: 1, ..NO_LIMIT };
        if let Cuts::Sufficient { changes, .. } = cuts(&slice, narrow) {
            prop_assert!(!derivable(&left(&graph, bits(&changes)), &sources, target));
            for change in &changes {
                let fewer: Vec<_> = changes.iter().copied().filter(|it| it != change).collect();
                prop_assert!(derivable(&left(&graph, bits(&fewer)), &sources, target));
            }
        }
    }

    #[test]
    fn all_sources_at_once_are_each_by_itself(graph in graphs(), starts in prop::collection::vec((0..NODES, 0..NODES), 1..70)) {
        let sources: Vec<Vec<NodeId>> = starts.iter().map(|(one, other)| vec![NodeId(*one), NodeId(*other)]).collect();
        let reached = Reached::new(&graph, &sources, |_| true);
        for (index, source) in sources.iter().enumerate() {
            for node in (0..NODES).map(NodeId).filter(|node| node.0 < u32::try_from(graph.nodes()).unwrap()) {
                let best = proofs(&Slice::new(&graph, source, node), NO_LIMIT).found.first().map(|it| it.cost.certainty());
                prop_assert_eq!(reached.best(index, node), best, "{:?}", node);
                for certainty in Certainty::ALL {
                    let listed = reached.sources(node, certainty).any(|it| it == index);
                    prop_assert_eq!(listed, best.is_some_and(|best| best <= certainty));
                }
            }
        }
    }

    /// Where a fact becomes unknown, what was certain becomes possible and nothing disappears.
    #[test]
    fn an_unknown_takes_no_proof_away(graph in graphs(), source in 0..NODES, target in 0..NODES, which in 0..10_usize) {
        let (sources, target) = ([NodeId(source)], NodeId(target));
        let of = |graph: &Graph| proofs(&Slice::new(graph, &sources, target), NO_LIMIT).found;
        let mut doubtful = Graph::default();
        for (id, edge) in graph.edges() {
            let certainty = if id.0 as usize == which { Certainty::Possible } else { edge.certainty };
            doubtful.add(Edge { certainty, ..edge.clone() });
        }
        let sets = |proofs: &[Proof]| {
            proofs.iter().map(|it| it.edges.iter().copied().collect()).collect::<BTreeSet<BTreeSet<EdgeId>>>()
        };
        let (before, after) = (of(&graph), of(&doubtful));
        prop_assert_eq!(sets(&before), sets(&after));
        for proof in after.iter().filter(|it| it.edges.iter().any(|id| id.0 as usize == which)) {
            prop_assert_eq!(proof.cost.certainty(), Certainty::Possible);
        }
    }
}

#[test]
fn limits_are_kept_and_said() {
    // Twenty alternatives for each of twenty premises: 20^20 proofs.
    let mut graph = Graph::default();
    let premises: Vec<_> = (1..=20).map(NodeId).collect();
    for premise in &premises {
        for alternative in 0..20 {
            let change = ChangeId(premise.0 * 20 + alternative);
            graph.add(Edge {
                premises: vec![NodeId(21)],
                to: *premise,
                certainty: Certainty::Certain,
                changes: vec![change],
            });
        }
    }
    graph.add(Edge { premises, to: NodeId(0), certainty: Certainty::Certain, changes: Vec::new() });
    let slice = Slice::new(&graph, &[NodeId(21)], NodeId(0));
    let found = proofs(&slice, Limits::default());
    assert!(found.cut_short && found.found.len() == Limits::default().proofs);
    assert!(found.found.iter().all(|proof| proof.edges.len() == 21));
    let Cuts::Sufficient { changes, cut_short: true } = cuts(&slice, Limits::default()) else {
        panic!("it is cut short")
    };
    assert_eq!(changes.len(), 20);
}

#[test]
fn cycles_prove_nothing() {
    let mut graph = Graph::default();
    let edge = |premises: &[u32], to: u32| Edge {
        premises: premises.iter().copied().map(NodeId).collect(),
        to: NodeId(to),
        certainty: Certainty::Certain,
        changes: vec![ChangeId(to)],
    };
    for ends in [(1, 2), (2, 3), (3, 1)] {
        graph.add(edge(&[ends.0], ends.1));
    }
    assert!(proofs(&Slice::new(&graph, &[NodeId(9)], NodeId(3)), NO_LIMIT).found.is_empty());
    graph.add(edge(&[9], 1));
    let found = proofs(&Slice::new(&graph, &[NodeId(9)], NodeId(3)), NO_LIMIT).found;
    assert_eq!(found.iter().map(|it| it.edges.len()).collect::<Vec<_>>(), [3]);
    assert_eq!(cuts(&Slice::new(&graph, &[NodeId(9)], NodeId(8)), NO_LIMIT), Cuts::Needless);
}
