//! The instances of a cluster.

use std::sync::Arc;

use super::Cluster;
use crate::facts::Instance;
use crate::model::{Fact, Why};

pub(super) fn instances(cluster: &Cluster) -> Fact<Vec<Arc<Instance>>> {
    let (region, data) = (&cluster.region, &cluster.record.data);
    let name = match &data.db_cluster_identifier {
        Fact::Known(name) => name,
        Fact::Absent | Fact::Unknown(_) => return Fact::Unknown(Why::NotCollected),
    };
    let members = match region.members() {
        Fact::Known(members) => members.get(name),
        Fact::Absent => None,
        Fact::Unknown(why) => return Fact::Unknown(why.clone()),
    };
    for member in data.db_cluster_members.known().into_iter().flatten() {
        let record = member.db_instance_identifier.as_ref().and_then(|name| region.instances().get(name));
        if let Fact::Unknown(why) = record {
            return Fact::Unknown(why);
        }
    }
    let instance = |record: &Arc<_>| Arc::new(Instance::new(Arc::clone(record), Arc::clone(region)));
    Fact::Known(members.into_iter().flatten().map(instance).collect())
}
