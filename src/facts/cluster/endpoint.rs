//! The endpoints of a cluster: those that it says it has, each with its probe or the reason why there is none.

use std::sync::Arc;

use super::Cluster;
use crate::facts::Instance;
use crate::facts::found::{Found, unread, unread_of};
use crate::facts::tls::{Endpoint, EndpointRole, Probe};
use crate::model::{Explain, Fact, Why};
use crate::snapshot::schema::rds::DbCluster;
use crate::snapshot::schema::tls::TlsEndpoint;
use crate::snapshot::{Record, explained};

pub(super) fn endpoints(cluster: &Cluster) -> Found<Endpoint> {
    let (expected, incomplete) = expected_endpoints(&cluster.record, cluster.instances());
    let further = incomplete.iter().map(|why| unread_of("endpoint", "further endpoints", &cluster.record, why.clone()));
    let mut found = Found { unread: further.collect(), incomplete, ..Found::default() };
    for (address, role) in expected {
        match probed(cluster, role, &address) {
            Ok(endpoint) => found.present.push(Arc::new(endpoint)),
            Err(why) => {
                found.incomplete.get_or_insert(why.clone());
                found.unread.push(unread("endpoint", &cluster.region.scope, &address, why));
            }
        }
    }
    found
}

fn probed(cluster: &Cluster, role: EndpointRole, address: &str) -> Result<Endpoint, Why> {
    let region = &cluster.region;
    let why = || region.why("tls:handshake", Some(address));
    let record = region.estate.lookups.endpoints.newest(&region.scope, address).ok_or_else(why)?;
    let record = &explained(record, |data: &mut TlsEndpoint| data.explain(|_| why()));
    let probe = Probe { record, anchors: region.estate.anchors().for_endpoint(record.at.file, address) };
    Ok(Endpoint::new(&probe, &cluster.record, role, address.to_owned()))
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
