//! Copies of the data that others may have already: shared and public snapshots.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::node::{Class, Node};
use super::super::step::{Change, ChangeKind, Step};
use super::super::web::{ClusterLabel, Web};
use crate::facts::{ClusterSnapshot, Facts};
use crate::model::{Fact, Why};

/// Somebody on the internet who is looked at for nothing else.
const ANYBODY: [Node; 2] = [Node::Internet, Node::Stranger];

/// Stands for the accounts that a snapshot may be shared with.
const SOME_ACCOUNT: &str = "some other account";

pub(super) fn add(web: &mut Web, facts: &Facts) {
    let key = |it: &ClusterLabel| (it.account.clone(), it.region.clone(), it.name.clone());
    let by_name: BTreeMap<_, u32> = web.clusters.iter().map(key).zip(0..).collect();
    let found = facts.cluster_snapshots();
    for snapshot in &found.present {
        let data = &snapshot.record.data;
        let (account, region) = (&snapshot.record.account, &snapshot.record.region);
        match &data.db_cluster_identifier {
            Fact::Known(name) => {
                if let Some(cluster) = by_name.get(&(account.clone(), region.clone(), name.clone())) {
                    shared(web, *cluster, snapshot, None);
                }
            }
            Fact::Absent => {}
            Fact::Unknown(why) => {
                for cluster in clusters_of(web, account, region) {
                    shared(web, cluster, snapshot, Some(why));
                }
            }
        }
    }
    for unread in &found.unread {
        for cluster in clusters_of(web, &unread.identity.account, &unread.identity.region) {
            may_be_shared(web, cluster, "a snapshot of it", &unread.why);
        }
    }
}

fn clusters_of(web: &Web, account: &str, region: &str) -> Vec<u32> {
    let here = |label: &ClusterLabel| label.account == account && label.region == region;
    (0..).zip(&web.clusters).filter(|(_, label)| here(label)).map(|(number, _)| number).collect()
}

/// Nobody knows with whom; everybody and somebody are two different beginnings.
fn may_be_shared(web: &mut Web, cluster: u32, what: &str, why: &Why) {
    let somebody: Arc<str> = SOME_ACCOUNT.into();
    web.foreigners.insert(Arc::clone(&somebody));
    for (premises, words) in [(ANYBODY.to_vec(), "public"), (vec![Node::Foreign(somebody)], "shared")] {
        let step = Step::new(format!("{what} may be {words}")).unknown(why.clone());
        web.add(&premises, &Node::Goal(cluster, Class::Exfiltrate), step);
    }
}

/// Who may restore a snapshot; `unsure` is why it may be one of another cluster.
fn shared(web: &mut Web, cluster: u32, snapshot: &ClusterSnapshot, unsure: Option<&Why>) {
    let by = snapshot.restorable_by();
    let id = snapshot.record.data.db_cluster_snapshot_identifier.known().unwrap_or(&snapshot.record.id);
    let goal = Node::Goal(cluster, Class::Exfiltrate);
    let accounts = match &by.value {
        Fact::Known(accounts) => accounts,
        Fact::Absent => return,
        Fact::Unknown(why) => {
            let manual = snapshot.record.data.snapshot_type.known().is_none_or(|kind| kind == "manual");
            if manual {
                may_be_shared(web, cluster, &format!("snapshot {id}"), why);
            }
            return;
        }
    };
    for account in accounts {
        let (premises, who) = if account == "all" {
            (ANYBODY.to_vec(), "everybody".to_owned())
        } else {
            let who: Arc<str> = format!("account {account}").into();
            web.foreigners.insert(who.clone());
            (vec![Node::Foreign(who)], format!("account {account}"))
        };
        let change =
            Change::new(ChangeKind::Setting, format!("stop sharing snapshot {id} with {who}"), by.from.clone());
        let mut step =
            Step::new(format!("{who} may restore snapshot {id}")).seen_at(by.from.clone(), account).cut(change);
        if let Some(why) = unsure {
            step = step.unknown(why.clone());
        }
        web.add(&premises, &goal, step);
    }
}
