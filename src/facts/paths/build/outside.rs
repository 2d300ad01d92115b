//! Copies of the data that others may have already: shared and public snapshots.

use std::collections::BTreeMap;

use super::super::node::{Class, Node};
use super::super::step::{Change, ChangeKind, Step};
use super::super::web::{ClusterLabel, Web};
use crate::facts::{ClusterSnapshot, Facts};
use crate::model::Fact;

/// Somebody on the internet who is looked at for nothing else.
const ANYBODY: [Node; 2] = [Node::Internet, Node::Stranger];

pub(super) fn add(web: &mut Web, facts: &Facts) {
    let key = |it: &ClusterLabel| (it.account.clone(), it.region.clone(), it.name.clone());
    let by_name: BTreeMap<_, u32> = web.clusters.iter().map(key).zip(0..).collect();
    let found = facts.cluster_snapshots();
    for snapshot in &found.present {
        let data = &snapshot.record.data;
        let (account, region) = (snapshot.record.account.clone(), snapshot.record.region.clone());
        let name = data.db_cluster_identifier.known().cloned().unwrap_or_default();
        if let Some(cluster) = by_name.get(&(account, region, name)) {
            shared(web, *cluster, snapshot);
        }
    }
    for unread in &found.unread {
        let here = |label: &ClusterLabel| {
            (&label.account, &label.region) == (&unread.identity.account, &unread.identity.region)
        };
        let clusters: Vec<u32> = (0..).zip(&web.clusters).filter(|(_, label)| here(label)).map(|(it, _)| it).collect();
        for cluster in clusters {
            let step = Step::new("a snapshot of it may be public").unknown(unread.why.clone());
            web.add(&ANYBODY, &Node::Goal(cluster, Class::Exfiltrate), step);
        }
    }
}

fn shared(web: &mut Web, cluster: u32, snapshot: &ClusterSnapshot) {
    let by = snapshot.restorable_by();
    let id = snapshot.record.data.db_cluster_snapshot_identifier.known().unwrap_or(&snapshot.record.id);
    let goal = Node::Goal(cluster, Class::Exfiltrate);
    let accounts = match &by.value {
        Fact::Known(accounts) => accounts,
        Fact::Absent => return,
        Fact::Unknown(why) => {
            let manual = snapshot.record.data.snapshot_type.known().is_none_or(|kind| kind == "manual");
            if manual {
                let step = Step::new(format!("snapshot {id} may be public")).unknown(why.clone());
                web.add(&ANYBODY, &goal, step);
            }
            return;
        }
    };
    for account in accounts {
        let (premises, who) = if account == "all" {
            (ANYBODY.to_vec(), "everybody".to_owned())
        } else {
            let who: std::sync::Arc<str> = format!("account {account}").into();
            web.foreigners.insert(who.clone());
            (vec![Node::Foreign(who)], format!("account {account}"))
        };
        let change =
            Change::new(ChangeKind::Setting, format!("stop sharing snapshot {id} with {who}"), by.from.clone());
        let step = Step::new(format!("{who} may restore snapshot {id}")).seen_at(by.from.clone(), account).cut(change);
        web.add(&premises, &goal, step);
    }
}
