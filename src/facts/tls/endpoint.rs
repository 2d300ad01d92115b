//! An endpoint of a cluster or a proxy with what its handshakes showed.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Authorities, Certificate, ChainState, Host, NameMatch, certificate, common_name_covers};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::{DbCluster, DbInstance};
use crate::snapshot::schema::rds_proxy::DbProxy;
use crate::snapshot::schema::tls::{ProbeDepth, TlsEndpoint};

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
        /// A proxy in front of a cluster.
        Proxy = "proxy",
        /// A server that belongs to no cluster.
        Server = "server",
    }
}

facts! {
    /// What a chain of certificates proves for the endpoint that sent it.
    struct ServerCertificate = "server_certificate" {
        /// The server's own certificate.
        certificate: Fact<Arc<Certificate>>;
        /// What in the certificate covers the endpoint's host name.
        name_match: Derived<NameMatch>;
        /// Whether clients accept the name that look at the subject alternative names alone (RFC 9525).
        san_only: Derived<bool>;
        /// Whether clients accept it that look at the common name where there is no dNSName, as libmysqlclient does.
        cn_fallback: Derived<bool>;
        /// Whether clients without support for subject alternative names accept it: the common name covers the host.
        common_name_matches: Derived<bool>;
        /// Whether the certificates sent lead to a trust anchor.
        chain: Derived<ChainState>;
    } key id at at
}

facts! {
    /// An endpoint of a cluster, or of a server that belongs to none, as its handshakes showed it.
    struct Endpoint = "endpoint" on TlsEndpoint {
        /// The cluster; of a proxy, the one that it leads to. Absent for a server that belongs to none.
        cluster: Fact<Arc<Record<DbCluster>>>, optional;
        /// The proxy that it is an endpoint of.
        proxy: Fact<Arc<Record<DbProxy>>>, optional;
        /// The instance that it is the endpoint of.
        instance: Fact<Arc<Record<DbInstance>>>, optional;
        /// What the endpoint stands for.
        role: EndpointRole;
        /// `host:port`.
        address: String;
        /// The server's own certificate.
        certificate: Fact<Arc<Certificate>>;
        /// What in the certificate covers the endpoint's host name.
        name_match: Derived<NameMatch>;
        /// Whether clients accept the name that look at the subject alternative names alone (RFC 9525).
        san_only: Derived<bool>;
        /// Whether clients accept it that look at the common name where there is no dNSName, as libmysqlclient does.
        cn_fallback: Derived<bool>;
        /// Whether clients without support for subject alternative names accept it: the common name covers the host.
        common_name_matches: Derived<bool>;
        /// Whether the certificates sent lead to a trust anchor.
        chain: Derived<ChainState>;
        /// The authorities that the chain was judged by, with their edition, and whether that was stale when the endpoint was probed.
        trusted_authorities: Fact<String>;
        /// What it shows to clients that cannot use that certificate's kind of key; none where only a light probe was made.
        other_certificates: Fact<Vec<Arc<ServerCertificate>>>;
        /// End of the certificate that RDS says it issued to the instance; absent where it says nothing of one.
        announced_not_after: Derived<Timestamp>, optional;
        /// Whether logins without TLS are refused, by what the server or the proxy says of itself; false where it offers no TLS.
        plaintext_refused: Derived<bool>;
    }
}

/// What an endpoint belongs to.
pub struct Owner {
    /// The cluster.
    pub cluster: Fact<Arc<Record<DbCluster>>>,
    /// The proxy, of a proxy's endpoint.
    pub proxy: Fact<Arc<Record<DbProxy>>>,
    /// The instance, of an instance's endpoint.
    pub instance: Fact<Arc<Record<DbInstance>>>,
    /// Whether the owner says that it refuses logins without TLS.
    pub requires_tls: Derived<bool>,
}

/// What was probed of one endpoint, and under which anchors it is judged.
pub struct Probe<'a> {
    /// The record of the probe.
    pub record: &'a Arc<Record<TlsEndpoint>>,
    /// The authorities for such a server, or why there are none.
    pub authorities: Result<&'a Authorities, Why>,
}

impl Endpoint {
    /// Judges a probe.
    pub fn new(probe: &Probe<'_>, owner: Owner, role: EndpointRole, address: String) -> Self {
        let record = probe.record;
        let place = Place::data_of(record.at).member("Certificates");
        let own = probe.judge("certificate", &record.data.certificates, &place);
        Self {
            record: Arc::clone(record),
            announced_not_after: announced(&owner.instance),
            plaintext_refused: plaintext_refused(record, &owner),
            other_certificates: probe.others(),
            trusted_authorities: fact(probe.authorities.clone().map(|it| it.edition(record.observed))),
            cluster: owner.cluster,
            proxy: owner.proxy,
            instance: owner.instance,
            role,
            address,
            certificate: own.certificate,
            name_match: own.name_match,
            san_only: own.san_only,
            cn_fallback: own.cn_fallback,
            common_name_matches: own.common_name_matches,
            chain: own.chain,
        }
    }
}

impl Probe<'_> {
    /// What one chain proves, whose certificates stand at `place`.
    fn judge(&self, id: &str, sent: &Fact<Vec<String>>, place: &Place) -> ServerCertificate {
        let record = self.record;
        let sent = match sent {
            Fact::Known(sent) => decode(sent),
            Fact::Absent => Err(Why::NotCollected),
            Fact::Unknown(why) => Err(why.clone()),
        };
        let sent = sent.as_ref().map_err(Clone::clone);
        let host = record.data.host.known().ok_or(Why::NotCollected);
        let names = vec![Place::data_of(record.at).member("Host"), place.item(0)];
        let name_match = fact(sent.clone().and_then(|sent| name(sent, host.clone()?)));
        let region = || host.clone().ok().and_then(|host| Host::new(host).region);
        let chain = sent.clone().and_then(|sent| self.authorities.clone()?.judge(sent, region(), record.observed));
        let covers = |test: fn(&NameMatch) -> bool| Derived::new(name_match.as_ref().map(test), names.clone());
        ServerCertificate {
            id: id.to_owned(),
            certificate: fact(sent.clone().and_then(|sent| leaf(sent, record.observed, place.item(0)).map(Arc::new))),
            san_only: covers(NameMatch::san_only),
            cn_fallback: covers(NameMatch::cn_fallback),
            common_name_matches: Derived::new(
                fact(sent.and_then(|sent| common_name(sent, host.clone()?))),
                names.clone(),
            ),
            name_match: Derived::new(name_match, names),
            chain: Derived::new(fact(chain), vec![place.clone()]),
            at: place.clone(),
        }
    }

    /// The other chains of a server with several certificates. A light probe asks for none.
    fn others(&self) -> Fact<Vec<Arc<ServerCertificate>>> {
        let place = Place::data_of(self.record.at).member("OtherChains");
        match &self.record.data.other_chains {
            Fact::Known(chains) => Fact::Known(
                chains
                    .iter()
                    .enumerate()
                    .map(|(index, chain)| {
                        let place = place.item(index).member("Certificates");
                        Arc::new(self.judge(
                            &format!("certificate {}", index.saturating_add(2)),
                            &chain.certificates,
                            &place,
                        ))
                    })
                    .collect(),
            ),
            Fact::Unknown(why) if self.record.data.depth == Fact::Known(ProbeDepth::Deep) => Fact::Unknown(why.clone()),
            Fact::Unknown(_) | Fact::Absent => Fact::Known(Vec::new()),
        }
    }
}

/// What RDS says of the certificate that it issued (`CertificateDetails`).
fn announced(instance: &Fact<Arc<Record<DbInstance>>>) -> Derived<Timestamp> {
    let value = instance.as_ref().and_then(|instance| match &instance.data.certificate_details {
        Fact::Known(details) => details.valid_till.clone(),
        // Not every answer of RDS has it, and what it leaves out contradicts nothing.
        Fact::Absent | Fact::Unknown(_) => Fact::Absent,
    });
    let said = instance.known().filter(|_| value.known().is_some());
    let place = said.map(|it| Place::data_of(it.at).member("CertificateDetails").member("ValidTill"));
    Derived::new(value, place.into_iter().collect())
}

/// A server without TLS has nothing but plaintext to offer.
fn plaintext_refused(record: &Record<TlsEndpoint>, owner: &Owner) -> Derived<bool> {
    let offered = Place::data_of(record.at).member("TlsOffered");
    match &record.data.tls_offered {
        Fact::Known(false) => Derived::new(Fact::Known(false), vec![offered]),
        Fact::Known(true) => {
            Derived::new(owner.requires_tls.value.clone(), [owner.requires_tls.from.clone(), vec![offered]].concat())
        }
        Fact::Absent => Derived::unknown(Why::NotCollected),
        Fact::Unknown(why) => Derived::unknown(why.clone()),
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

fn name(sent: &[Vec<u8>], host: &str) -> Result<NameMatch, Why> {
    NameMatch::new(&certificate::parse(sent.first().ok_or_else(no_certificate)?)?, host)
}

fn common_name(sent: &[Vec<u8>], host: &str) -> Result<bool, Why> {
    common_name_covers(&certificate::parse(sent.first().ok_or_else(no_certificate)?)?, host)
}

fn no_certificate() -> Why {
    Why::Unreadable { detail: "the server sent no certificate".into() }
}
