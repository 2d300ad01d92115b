//! Whom the members of an admitted group let in themselves: the steps by which somebody who is not admitted may come closer.

use std::collections::BTreeSet;

use super::ingress::Ports;
use super::view::View;
use crate::model::Fact;

/// Longer chains are cut: each step is somebody's machine to be taken over first.
const MOST_STEPS: usize = 5;

/// Chains of groups that end in `group_id`, as in `sg-bastion → sg-app`: each admits the one before it to some TCP port. A group
/// that comes again is not followed again.
pub(super) fn chains(group_id: &str, view: View<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::from([group_id.to_owned()]);
    let mut ends = vec![vec![group_id.to_owned()]];
    for _ in 0..MOST_STEPS {
        let mut further = Vec::new();
        for chain in ends {
            let Some(last) = chain.last() else { continue };
            for admitted in admits(last, view) {
                if seen.insert(admitted.clone()) {
                    let longer: Vec<String> = chain.iter().cloned().chain([admitted]).collect();
                    found.push(longer.iter().rev().map(String::as_str).collect::<Vec<_>>().join(" → "));
                    further.push(longer);
                }
            }
        }
        ends = further;
    }
    found
}

/// Ids of the groups that a group admits to some TCP port, as far as they were read.
fn admits(group_id: &str, view: View<'_>) -> Vec<String> {
    let Fact::Known(group) = view.security_group(group_id) else { return Vec::new() };
    let permissions = group.data.ip_permissions.known().into_iter().flatten();
    let tcp = permissions.filter(|it| Ports::of(it).is_ok_and(|ports| ports.range.is_some()));
    let pairs = tcp.filter_map(|it| it.user_id_group_pairs.known()).flatten();
    pairs.filter_map(|pair| pair.group_id.known().cloned()).collect()
}
