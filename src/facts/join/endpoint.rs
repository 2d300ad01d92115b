//! The endpoints of a cluster: those that it says it has, each with its probe or the reason why there is none.

use std::sync::Arc;

use super::region::Region;
use super::{explained, unread, unread_of};
use crate::facts::Instance;
use crate::facts::tls::{Endpoint, EndpointRole, Probe};
use crate::facts::world::Facts;
use crate::model::{Explain, Fact, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::DbCluster;
use crate::snapshot::schema::tls::TlsEndpoint;

impl Region<'_> {
    /// Joins the endpoints of a cluster.
    pub(super) fn endpoints_of(
        &self,
        cluster: &Arc<Record<DbCluster>>,
        instances: &Fact<Vec<Arc<Instance>>>,
        facts: &mut Facts,
    ) -> Fact<Vec<Arc<Endpoint>>> {
        let (expected, mut incomplete) = expected_endpoints(cluster, instances);
        if let Some(why) = &incomplete {
            facts.unread.push(unread_of("endpoint", "further endpoints", cluster, why.clone()));
        }
        let mut probed = Vec::new();
        for (address, role) in expected {
            let Some(record) = self.lookups.endpoints.newest(self.scope, &address) else {
                let why = self.index.why(self.scope, "tls:handshake", Some(&address));
                incomplete.get_or_insert(why.clone());
                facts.unread.push(unread("endpoint", self.scope, &address, why));
                continue;
            };
            let record = &explained(record, |data: &mut TlsEndpoint| {
                data.explain(|_| self.index.why(self.scope, "tls:handshake", Some(&address)));
            });
            let probe = Probe { record, anchors: self.anchors.for_endpoint(record.at.file, &address) };
            probed.push(Arc::new(Endpoint::new(&probe, cluster, role, address)));
        }
        facts.endpoints.extend(probed.iter().cloned());
        incomplete.map_or(Fact::Known(probed), Fact::Unknown)
    }
}

/// The endpoints that the cluster says it has, as `host:port`, and what is not known about them.
fn expected_endpoints(
    cluster: &Record<DbCluster>,
    instances: &Fact<Vec<Arc<Instance>>>,
) -> (Vec<(String, EndpointRole)>, Option<Why>) {
    let data = &cluster.data;
    let mut expected = Vec::new();
    let mut unknown = None;
    let mut add = |host: &Fact<String>, port: &Fact<i64>, role: EndpointRole| match (host, port) {
        (Fact::Known(host), Fact::Known(port)) => expected.push((format!("{host}:{port}"), role)),
        (Fact::Unknown(why), _) | (Fact::Known(_), Fact::Unknown(why)) => drop(unknown.get_or_insert(why.clone())),
        (Fact::Absent, _) | (_, Fact::Absent) => {}
    };
    add(&data.endpoint, &data.port, EndpointRole::Writer);
    add(&data.reader_endpoint, &data.port, EndpointRole::Reader);
    match &data.custom_endpoints {
        Fact::Known(hosts) => {
            for host in hosts {
                add(&Fact::Known(host.clone()), &data.port, EndpointRole::Custom);
            }
        }
        Fact::Unknown(why) => add(&Fact::Unknown(why.clone()), &data.port, EndpointRole::Custom),
        Fact::Absent => {}
    }
    for instance in instances.known().into_iter().flatten() {
        let endpoint = &instance.record.data.endpoint;
        let address = endpoint.as_ref().and_then(|endpoint| endpoint.address.clone());
        let port = endpoint.as_ref().and_then(|endpoint| endpoint.port.clone());
        add(&address, &port, EndpointRole::Instance);
    }
    if let Fact::Unknown(why) = instances {
        unknown.get_or_insert(why.clone());
    }
    (expected, unknown)
}
