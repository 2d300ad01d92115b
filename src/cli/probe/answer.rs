//! What `probe` prints of one server, for programs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::collect::tls::{Fault, HOST_IS_BLOCKED, Observation, TlsVersion};
use crate::facts::tls::{Host, Presented, TrustStore};
use crate::model::Fact;
use crate::snapshot::schema::tls::{TlsEndpoint, WireProtocol};

/// What became of the login at the end.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Closing {
    /// What came of the login without TLS, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plaintext_with_login: Option<&'static str>,
    /// What the running server says of itself.
    pub require_secure_transport: Option<bool>,
    /// Why there was no login.
    pub login_error: Option<String>,
}

/// Whether a server speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// At least one version.
    Yes,
    /// It offers none.
    No,
    /// It offers TLS, and every handshake fails.
    Failing,
}

/// Everything that is printed of a server.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// `host:port`, as given.
    pub target: String,
    #[serde(serialize_with = "tls")]
    pub tls: Option<Tls>,
    pub server_version: Option<String>,
    /// Version → whether it is accepted.
    pub versions: BTreeMap<&'static str, Option<bool>>,
    /// Accepted version → suites.
    pub ciphers: BTreeMap<&'static str, Vec<String>>,
    /// Accepted version → whether these are all its suites.
    pub ciphers_complete: BTreeMap<&'static str, bool>,
    /// Groups of the newest version, or as many as were seen.
    pub groups: Vec<String>,
    pub groups_complete: bool,
    pub dh_bits: Option<i64>,
    pub client_certificate_requested: Option<bool>,
    pub downgrade_sentinel: Option<bool>,
    pub certificates: Vec<Presented>,
    /// Whether the server has no further certificates for other clients; none when that is not known.
    pub certificates_complete: bool,
    pub plaintext: &'static str,
    /// Only where there was to be a login.
    #[serde(flatten)]
    pub closing: Option<Closing>,
    pub blocked: Option<i64>,
    #[serde(serialize_with = "error")]
    pub error: Option<(Fault, &'static str)>,
    pub connections: Option<i64>,
    /// Whether all was learnt that was asked.
    pub complete: bool,
    /// What was not learnt, and why, in order.
    pub troubles: Vec<String>,
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn tls<S: Serializer>(tls: &Option<Tls>, serializer: S) -> Result<S::Ok, S::Error> {
    match tls {
        Some(Tls::Failing) => serializer.serialize_str("advertised-but-failing"),
        other => other.map(|tls| tls == Tls::Yes).serialize(serializer),
    }
}

#[expect(clippy::ref_option, reason = "the form that serde calls")]
fn error<S: Serializer>(error: &Option<(Fault, &'static str)>, serializer: S) -> Result<S::Ok, S::Error> {
    match error {
        Some((Fault::Server(number), _)) => serializer.serialize_u16(*number),
        other => other.map(|(_, word)| word).serialize(serializer),
    }
}

/// The word for what kept a server from answering; none where it answered.
const fn word(fault: Fault, protocol: &WireProtocol) -> Option<&'static str> {
    Some(match fault {
        Fault::Timeout => "timeout",
        Fault::Refused => "refused",
        Fault::Reset | Fault::Closed => "reset",
        Fault::Unreachable => "unreachable",
        Fault::Foreign => match protocol {
            WireProtocol::Postgres => "not-postgres",
            WireProtocol::Mysql | WireProtocol::Other(_) => "not-mysql",
        },
        Fault::Turned => "turned-away",
        Fault::Alert => "alert",
        Fault::Odd => "not-tls",
        // Shown as its number.
        Fault::Server(_) => "server",
        Fault::NoTls | Fault::Budget | Fault::NotRequested => return None,
    })
}

impl Answer {
    /// Puts together what was observed and what the certificates prove at this moment.
    pub fn new(
        target: String,
        observation: &Observation,
        closing: Option<Closing>,
        names: &[String],
        store: &TrustStore,
        now: Timestamp,
    ) -> Self {
        let endpoint = &observation.endpoint;
        let protocol = endpoint.protocol.known().cloned().unwrap_or(WireProtocol::Mysql);
        let mut troubles: Vec<String> = observation.troubles.iter().map(|trouble| trouble.message.clone()).collect();
        let certificates = certificates(observation, names, store, now, &mut troubles);
        let login_error = closing.as_ref().and_then(|closing| closing.login_error.clone());
        let complete = observation.complete && observation.fault.is_none() && login_error.is_none();
        troubles.extend(login_error);
        let suites = || observation.suites.iter();
        let groups = endpoint.key_exchange_groups.known();
        Self {
            target,
            tls: offered(endpoint),
            server_version: endpoint.server_version.known().cloned(),
            versions: versions(endpoint),
            ciphers: suites().map(|(version, suites)| (version.as_str(), suites.names.clone())).collect(),
            ciphers_complete: suites().map(|(version, suites)| (version.as_str(), suites.complete)).collect(),
            groups: groups.or(endpoint.key_exchange_groups_seen.known()).cloned().unwrap_or_default(),
            groups_complete: groups.is_some(),
            dh_bits: observation.dh_bits_seen,
            client_certificate_requested: endpoint.client_certificate_requested.known().copied(),
            downgrade_sentinel: endpoint.downgrade_sentinel.known().copied(),
            certificates,
            certificates_complete: endpoint.other_chains.known().is_some(),
            plaintext: observation.plaintext.as_str(),
            blocked: endpoint.blocked.known().copied().filter(|code| *code == i64::from(HOST_IS_BLOCKED)),
            error: observation.fault.and_then(|fault| Some((fault, word(fault, &protocol)?))),
            connections: endpoint.connections.known().copied(),
            closing,
            complete,
            troubles,
        }
    }

    /// Whether the server did not get as far as to say whether it has TLS.
    pub fn is_empty(&self) -> bool {
        self.tls.is_none() && self.server_version.is_none()
    }

    /// Whether all was learnt that was asked.
    pub const fn is_complete(&self) -> bool {
        self.complete
    }
}

fn facts(endpoint: &TlsEndpoint) -> [(TlsVersion, &Fact<bool>); 4] {
    [
        (TlsVersion::V10, &endpoint.tls_1_0),
        (TlsVersion::V11, &endpoint.tls_1_1),
        (TlsVersion::V12, &endpoint.tls_1_2),
        (TlsVersion::V13, &endpoint.tls_1_3),
    ]
}

fn versions(endpoint: &TlsEndpoint) -> BTreeMap<&'static str, Option<bool>> {
    facts(endpoint).into_iter().map(|(version, fact)| (version.as_str(), fact.known().copied())).collect()
}

fn offered(endpoint: &TlsEndpoint) -> Option<Tls> {
    let accepted = |wanted: bool| facts(endpoint).into_iter().any(|(_, fact)| fact.known() == Some(&wanted));
    let unknown = facts(endpoint).into_iter().any(|(_, fact)| fact.is_unknown());
    match endpoint.tls_offered.known() {
        Some(false) => Some(Tls::No),
        Some(true) if accepted(true) => Some(Tls::Yes),
        Some(true) if !unknown => Some(Tls::Failing),
        Some(true) | None => None,
    }
}

/// Every chain that was seen, the one that any client is shown first.
fn certificates(
    observation: &Observation,
    names: &[String],
    store: &TrustStore,
    now: Timestamp,
    troubles: &mut Vec<String>,
) -> Vec<Presented> {
    let host = Host::new(observation.endpoint.host.known().map_or("", String::as_str));
    let mut presented = Vec::new();
    for chain in &observation.chains {
        match Presented::new(chain, names, store.of_host(&host), host.region, now) {
            Ok(found) => presented.push(found),
            Err(why) => troubles.push(why.to_string()),
        }
    }
    presented
}
