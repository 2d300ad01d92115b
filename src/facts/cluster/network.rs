//! Where a cluster stands in the network, and what its security groups admit.

use std::sync::Arc;

use super::Cluster;
use crate::facts::network::{Ingress, IngressRule};
use crate::model::{Derived, Fact, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::{SecurityGroup, Vpc};
use crate::snapshot::schema::rds::VpcSecurityGroupMembership;

pub(super) fn vpc(cluster: &Cluster) -> Fact<Arc<Record<Vpc>>> {
    let region = &cluster.region;
    let group = cluster.record.data.db_subnet_group.as_ref().and_then(|name| region.subnet_groups().get(name));
    group.and_then(|group| group.data.vpc_id.clone()).and_then(|id| region.network().vpc(&id))
}

pub(super) fn flow_logs(cluster: &Cluster) -> Derived<bool> {
    match cluster.vpc().as_ref().and_then(|vpc| vpc.data.vpc_id.clone()) {
        Fact::Known(vpc_id) => cluster.region.network().keeps_flow_logs(&vpc_id),
        Fact::Absent => Derived::unknown(Why::NotCollected),
        Fact::Unknown(why) => Derived::unknown(why),
    }
}

pub(super) fn security_groups(cluster: &Cluster) -> Fact<Vec<Arc<Record<SecurityGroup>>>> {
    let network = cluster.region.network();
    cluster.record.data.vpc_security_groups.as_ref().and_then(|memberships| {
        let mut groups = Vec::new();
        for membership in memberships {
            match membership.vpc_security_group_id.as_ref().and_then(|id| network.security_group(id)) {
                Fact::Known(group) => groups.push(group),
                Fact::Absent => return Fact::Unknown(Why::NotCollected),
                Fact::Unknown(why) => return Fact::Unknown(why),
            }
        }
        Fact::Known(groups)
    })
}

pub(super) fn ingress(cluster: &Cluster) -> Ingress {
    let data = &cluster.record.data;
    Ingress::new(&group_ids(&data.vpc_security_groups), &data.port, cluster.region.network())
}

/// Ids of the security groups of a cluster or instance, sorted.
pub(in crate::facts) fn group_ids(memberships: &Fact<Vec<VpcSecurityGroupMembership>>) -> Fact<Vec<String>> {
    memberships.as_ref().and_then(|memberships| {
        let mut ids = Vec::new();
        for membership in memberships {
            match &membership.vpc_security_group_id {
                Fact::Known(id) => ids.push(id.clone()),
                Fact::Absent => return Fact::Unknown(Why::NotCollected),
                Fact::Unknown(why) => return Fact::Unknown(why.clone()),
            }
        }
        ids.sort_unstable();
        Fact::Known(ids)
    })
}

pub(super) fn admits_all_ipv4(cluster: &Cluster) -> Derived<bool> {
    cluster.ingress().world_ipv4.clone()
}

pub(super) fn admits_all_ipv6(cluster: &Cluster) -> Derived<bool> {
    cluster.ingress().world_ipv6.clone()
}

pub(super) fn world_ingress(cluster: &Cluster) -> Fact<Vec<Arc<IngressRule>>> {
    cluster.ingress().of_the_world()
}
