//! An endpoint of a cluster with what its handshakes showed.

use std::sync::Arc;

use jiff::Timestamp;

use super::{AnchorSet, Certificate, ChainState, NameMatch, certificate};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::DbCluster;
use crate::snapshot::schema::tls::TlsEndpoint;

vocabulary! {
    /// What an endpoint stands for.
    enum EndpointRole = "endpoint_role" {
        /// The instance that takes writes.
        Writer = "writer",
        /// Any of the readers.
        Reader = "reader",
        /// Instances that the customer chose.
        Custom = "custom",
        /// One instance.
        Instance = "instance",
    }
}

facts! {
    /// An endpoint of a cluster, as its handshakes showed it.
    struct Endpoint = "endpoint" on TlsEndpoint {
        /// The cluster.
        cluster: Arc<Record<DbCluster>>;
        /// What the endpoint stands for.
        role: EndpointRole;
        /// `host:port`.
        address: String;
        /// The server's own certificate.
        certificate: Fact<Arc<Certificate>>;
        /// What in the certificate covers the endpoint's host name.
        name_match: Derived<NameMatch>;
        /// Whether the certificates sent lead to a trust anchor.
        chain: Derived<ChainState>;
    }
}

/// What was probed of one endpoint, and under which anchors it is judged.
pub struct Probe<'a> {
    /// The record of the probe.
    pub record: &'a Arc<Record<TlsEndpoint>>,
    /// The trust anchors, or why there are none for this endpoint.
    pub anchors: Result<&'a AnchorSet, Why>,
}

impl Endpoint {
    /// Judges a probe.
    pub fn new(probe: &Probe<'_>, cluster: &Arc<Record<DbCluster>>, role: EndpointRole, address: String) -> Self {
        let record = probe.record;
        let place = Place::data_of(record.at).member("Certificates");
        let sent = match &record.data.certificates {
            Fact::Known(sent) => decode(sent),
            Fact::Absent => Err(Why::NotCollected),
            Fact::Unknown(why) => Err(why.clone()),
        };
        let observed = record.observed;
        let certificate = sent.as_ref().map_err(Clone::clone).and_then(|sent| leaf(sent, observed, place.item(0)));
        let name_match = sent.as_ref().map_err(Clone::clone).and_then(|sent| name(sent, &record.data.host));
        let chain = sent.as_ref().map_err(Clone::clone).and_then(|sent| {
            let anchors = probe.anchors.clone()?;
            ChainState::new(sent, anchors, observed)
        });
        Self {
            record: Arc::clone(record),
            cluster: Arc::clone(cluster),
            role,
            address,
            certificate: fact(certificate.map(Arc::new)),
            name_match: Derived::new(fact(name_match), vec![Place::data_of(record.at).member("Host"), place.item(0)]),
            chain: Derived::new(fact(chain), vec![place]),
        }
    }
}

fn fact<T>(result: Result<T, Why>) -> Fact<T> {
    result.map_or_else(Fact::Unknown, Fact::Known)
}

fn decode(sent: &[String]) -> Result<Vec<Vec<u8>>, Why> {
    let bytes = |text: &String| {
        data_encoding::BASE64.decode(text.as_bytes()).map_err(|error| certificate::unreadable(&error.to_string()))
    };
    sent.iter().map(bytes).collect()
}

fn leaf(sent: &[Vec<u8>], observed: Timestamp, at: Place) -> Result<Certificate, Why> {
    let der = sent.first().ok_or_else(no_certificate)?;
    Certificate::new(der, observed, at)
}

fn name(sent: &[Vec<u8>], host: &Fact<String>) -> Result<NameMatch, Why> {
    let der = sent.first().ok_or_else(no_certificate)?;
    let host = host.known().ok_or(Why::NotCollected)?;
    NameMatch::new(&certificate::parse(der)?, host)
}

fn no_certificate() -> Why {
    Why::Unreadable { detail: "the server sent no certificate".into() }
}
