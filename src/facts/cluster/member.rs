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
    region.instances().all().and_then(|all| {
        let mut instances = Vec::new();
        for record in all {
            match &record.data.db_cluster_identifier {
                Fact::Known(cluster) if cluster == name => {
                    instances.push(Arc::new(Instance::new(Arc::clone(record), Arc::clone(region))));
                }
                Fact::Known(_) | Fact::Absent => {}
                Fact::Unknown(why) => return Fact::Unknown(why.clone()),
            }
        }
        for member in data.db_cluster_members.known().into_iter().flatten() {
            let record = member.db_instance_identifier.as_ref().and_then(|name| region.instances().get(name));
            if let Fact::Unknown(why) = record {
                return Fact::Unknown(why);
            }
        }
        Fact::Known(instances)
    })
}
