//! The subnet groups that clusters use, with the routes of their subnets.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::region::Region;
use super::{place, unread, unread_of};
use crate::facts::network::SubnetRoute;
use crate::facts::world::Facts;
use crate::facts::{Cluster, SubnetGroup};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::DbSubnetGroup;

impl Region<'_> {
    /// Joins the subnet groups of these clusters.
    pub(super) fn join_subnet_groups(&self, clusters: &[Arc<Cluster>], facts: &mut Facts) {
        let mut users: BTreeMap<&String, (Vec<String>, Vec<Place>)> = BTreeMap::new();
        for cluster in clusters {
            let data = &cluster.record.data;
            if let Fact::Unknown(why) = &data.db_subnet_group {
                facts.unread.push(unread_of("db_subnet_group", "subnet group", &cluster.record, why.clone()));
            }
            if let (Some(group), Some(name)) = (data.db_subnet_group.known(), data.db_cluster_identifier.known()) {
                let (names, places) = users.entry(group).or_default();
                names.push(name.clone());
                places.push(place(&cluster.record, "DBSubnetGroup"));
            }
        }
        for (name, (clusters, places)) in users {
            match self.subnet_groups.get(name) {
                Fact::Known(record) => facts.subnet_groups.push(Arc::new(SubnetGroup {
                    subnet_routes: self.subnet_routes(&record),
                    record,
                    clusters: Derived::new(Fact::Known(clusters), places),
                })),
                Fact::Absent => {}
                Fact::Unknown(why) => facts.unread.push(unread("db_subnet_group", self.scope, name, why)),
            }
        }
    }

    fn subnet_routes(&self, group: &Record<DbSubnetGroup>) -> Fact<Vec<Arc<SubnetRoute>>> {
        let tables = self.route_tables.all();
        group.data.subnets.as_ref().and_then(|subnets| {
            let mut routes = Vec::new();
            for subnet in subnets {
                match &subnet.subnet_identifier {
                    Fact::Known(id) => routes.push(Arc::new(SubnetRoute::new(id, &self.subnets.get(id), &tables))),
                    Fact::Absent => return Fact::Unknown(Why::NotCollected),
                    Fact::Unknown(why) => return Fact::Unknown(why.clone()),
                }
            }
            Fact::Known(routes)
        })
    }
}
