//! Instances.

use std::sync::Arc;

use super::found::{Found, unread};
use super::region::Region;
use crate::model::Fact;
use crate::snapshot::Record;
use crate::snapshot::schema::rds::{DbCluster, DbInstance};

facts! {
    /// An instance of an Aurora cluster.
    struct Instance = "db_instance" on DbInstance, with region: Arc<Region> {
        /// Its cluster.
        cluster: Fact<Arc<Record<DbCluster>>> => cluster, optional;
    }
}

fn cluster(instance: &Instance) -> Fact<Arc<Record<DbCluster>>> {
    instance.record.data.db_cluster_identifier.as_ref().and_then(|name| instance.region.clusters().get(name))
}

/// The instances of a region, and those that clusters name and the listing does not have.
pub(super) fn instances(region: &Arc<Region>) -> Found<Instance> {
    let listed = region.instances();
    let instance = |record: &Arc<Record<_>>| Arc::new(Instance::new(Arc::clone(record), Arc::clone(region)));
    let mut found = Found { present: listed.present().map(instance).collect(), ..Found::default() };
    if let Some(why) = listed.incomplete() {
        found.unread.push(unread("db_instance", &region.scope, &region.every("instances"), why.clone()));
        return found;
    }
    for member in region.clusters().present().filter_map(|cluster| cluster.data.db_cluster_members.known()).flatten() {
        if let Some(name) = member.db_instance_identifier.known()
            && let Fact::Unknown(why) = listed.get(name)
        {
            found.unread.push(unread("db_instance", &region.scope, name, why));
        }
    }
    found
}
