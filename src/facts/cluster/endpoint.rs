//! The endpoints of a cluster: those that it says it has, each with its probe or the reason why there is none.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Cluster;
use crate::facts::found::{Found, unread, unread_of};
use crate::facts::tls::{Endpoint, EndpointRole, Issuer, Owner};
use crate::model::{Fact, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::{DbCluster, DbInstance};
use crate::snapshot::schema::rds_proxy::DbClusterEndpoint;

pub(super) fn endpoints(cluster: &Cluster) -> Found<Endpoint> {
    let Expected { in_order, unknown: incomplete, .. } = expected_endpoints(cluster);
    let further = incomplete.iter().map(|why| unread_of("endpoint", "further endpoints", &cluster.record, why.clone()));
    let mut found = Found { unread: further.collect(), incomplete, ..Found::default() };
    for (address, role, instance) in in_order {
        let owner = Owner {
            cluster: Fact::Known(Arc::clone(&cluster.record)),
            proxy: Fact::Absent,
            instance,
            requires_tls: cluster.requires_tls().clone(),
        };
        match cluster.region.endpoint(owner, issuer_of(&cluster.record), role, &address) {
            Ok(endpoint) => found.present.push(Arc::new(endpoint)),
            Err(why) => {
                found.incomplete.get_or_insert(why.clone());
                found.unread.push(unread("endpoint", &cluster.region.scope, &address, why));
            }
        }
    }
    found
}

/// `host:port`, what it stands for, and its instance.
type Named = (String, EndpointRole, Fact<Arc<Record<DbInstance>>>);

/// The endpoints that a cluster says it has.
#[derive(Default)]
struct Expected {
    in_order: Vec<Named>,
    known: BTreeSet<String>,
    /// Why there may be more.
    unknown: Option<Why>,
}

impl Expected {
    /// Adds an endpoint once; one that is being made has no name yet.
    fn add(
        &mut self,
        host: &Fact<String>,
        port: &Fact<i64>,
        role: EndpointRole,
        instance: Fact<Arc<Record<DbInstance>>>,
    ) {
        match (host, port) {
            (Fact::Known(host), Fact::Known(port)) => {
                let address = format!("{host}:{port}");
                if self.known.insert(address.clone()) {
                    self.in_order.push((address, role, instance));
                }
            }
            (Fact::Unknown(why), _) | (Fact::Known(_), Fact::Unknown(why)) => self.doubt(why),
            (Fact::Absent, _) | (_, Fact::Absent) => {}
        }
    }

    fn doubt(&mut self, why: &Why) {
        self.unknown.get_or_insert_with(|| why.clone());
    }
}

fn expected_endpoints(cluster: &Cluster) -> Expected {
    let (data, instances) = (&cluster.record.data, cluster.instances());
    let mut expected = Expected::default();
    expected.add(&data.endpoint, &data.port, EndpointRole::Writer, Fact::Absent);
    expected.add(&data.reader_endpoint, &data.port, EndpointRole::Reader, Fact::Absent);
    add_custom(cluster, &mut expected);
    for instance in instances.known().into_iter().flatten() {
        let endpoint = &instance.record.data.endpoint;
        let address = endpoint.as_ref().and_then(|endpoint| endpoint.address.clone());
        let port = endpoint.as_ref().and_then(|endpoint| endpoint.port.clone());
        expected.add(&address, &port, EndpointRole::Instance, Fact::Known(Arc::clone(&instance.record)));
    }
    if let Fact::Unknown(why) = instances {
        expected.doubt(why);
    }
    expected
}

/// The cluster names its custom endpoints itself; a listing of them may have more, and is not missed where nobody made it.
fn add_custom(cluster: &Cluster, expected: &mut Expected) {
    let data = &cluster.record.data;
    match &data.custom_endpoints {
        Fact::Known(hosts) => {
            for host in hosts {
                expected.add(&Fact::Known(host.clone()), &data.port, EndpointRole::Custom, Fact::Absent);
            }
        }
        Fact::Unknown(why) => expected.doubt(why),
        Fact::Absent => {}
    }
    let listed = cluster.region.cluster_endpoints();
    let custom = |endpoint: &DbClusterEndpoint| endpoint.endpoint_type.known().is_some_and(|kind| kind == "CUSTOM");
    for endpoint in listed.present().filter(|endpoint| custom(&endpoint.data)) {
        if endpoint.data.db_cluster_identifier.known() == data.db_cluster_identifier.known() {
            expected.add(&endpoint.data.endpoint, &data.port, EndpointRole::Custom, Fact::Absent);
        }
    }
    if let Some(why @ Why::Truncated { .. }) = listed.incomplete() {
        expected.doubt(why);
    }
}

/// Who issues the certificates of a cluster's endpoints. Serverless v1 stands behind a fleet of AWS's own, every other engine mode
/// on instances. Aurora User Guide, "Using TLS/SSL with Aurora Serverless v1".
fn issuer_of(cluster: &Record<DbCluster>) -> Result<Issuer, Why> {
    match &cluster.data.engine_mode {
        Fact::Known(mode) if mode == "serverless" => Ok(Issuer::AmazonTrust),
        Fact::Known(_) => Ok(Issuer::Rds),
        Fact::Absent => Err(Why::NotCollected),
        Fact::Unknown(why) => Err(why.clone()),
    }
}
