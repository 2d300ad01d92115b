//! Every endpoint of a cluster, probed one after the other, so that its instances see one connection at a time.

use super::probe::{self, MAX_CONNECTIONS, Observation, Probe};
use super::trouble::{Fault, Trouble};
use crate::collect::mysql::{Login, visit};
use crate::collect::{ClusterTarget, Connections, EndpointRole, EndpointTarget, Sink};
use crate::model::{Fact, Gap, GapReason};
use crate::snapshot::schema::rds::Engine;
use crate::snapshot::schema::tls::{ProbeDepth, WireProtocol};

/// The name of the probe in records and gaps.
pub(super) const SOURCE: &str = "tls:handshake";

/// The part of a probe that only a deep one asks.
const SUITES: &str = "tls:cipher_suites";

/// How the endpoints of a run are probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probing {
    /// How deep; if nobody said, deep where a good login takes the broken handshakes back, and light elsewhere.
    pub depth: Option<ProbeDepth>,
    /// The most connections of a deep probe to an endpoint.
    pub max_connections: u16,
}

impl Default for Probing {
    fn default() -> Self {
        Self { depth: None, max_connections: MAX_CONNECTIONS }
    }
}

/// Probes the endpoints of a cluster, with good logins around deep probes where there is one: a `tls.endpoint` record each, and a gap for what it did not show.
pub async fn collect(cluster: &ClusterTarget, login: Option<&Login>, connections: &Connections) -> Sink {
    let mut sink = Sink::default();
    let protocol = match &cluster.engine {
        Engine::AuroraMysql | Engine::Aurora => WireProtocol::Mysql,
        Engine::AuroraPostgresql => WireProtocol::Postgres,
        Engine::Other(_) => {
            for endpoint in &cluster.endpoints {
                skip(&mut sink, cluster, endpoint, "the protocol of this engine is not probed");
            }
            return sink;
        }
    };
    let mut visits = Visits::new(connections, login, &cluster.region, &protocol);
    // A socket of this machine has no TLS to speak of.
    for endpoint in cluster.endpoints.iter().filter(|endpoint| endpoint.role != EndpointRole::Socket) {
        let logged_in = visits.before(endpoint).await;
        let depth = connections.probing.depth.clone().unwrap_or_else(|| depth_after(logged_in));
        let probe = Probe {
            protocol: protocol.clone(),
            depth,
            max_connections: connections.probing.max_connections,
            ..Probe::light(&endpoint.host, endpoint.port)
        };
        let observation = probe::probe(&probe, &connections.connect_to).await;
        visits.after(endpoint, &probe.depth, logged_in).await;
        write(&mut sink, cluster, endpoint, observation);
    }
    sink
}

const fn depth_after(logged_in: bool) -> ProbeDepth {
    if logged_in { ProbeDepth::Deep } else { ProbeDepth::Light }
}

/// Logins around deep probes. Every server counts for itself, so each is visited; an account that one of them refuses is not tried
/// again, because refusals add up to a locked account.
struct Visits<'a> {
    connections: &'a Connections,
    region: &'a str,
    login: Option<&'a Login>,
}

impl<'a> Visits<'a> {
    fn new(connections: &'a Connections, login: Option<&'a Login>, region: &'a str, protocol: &WireProtocol) -> Self {
        let wanted = connections.probing.depth != Some(ProbeDepth::Light) && *protocol == WireProtocol::Mysql;
        Self { connections, region, login: login.filter(|_| wanted) }
    }

    async fn before(&mut self, endpoint: &EndpointTarget) -> bool {
        let Some(login) = self.login else { return false };
        match visit(endpoint, login, self.region, &self.connections.anchors, &self.connections.connect_to).await {
            Ok(_) => true,
            Err(failed) => {
                tracing::info!(endpoint = endpoint.address(), %failed, "no login around the probe");
                self.login = Some(login).filter(|_| failed.reason != GapReason::Denied);
                false
            }
        }
    }

    async fn after(&self, endpoint: &EndpointTarget, depth: &ProbeDepth, logged_in: bool) {
        if let Some(login) = self.login
            && logged_in
            && *depth == ProbeDepth::Deep
            && let Err(failed) =
                visit(endpoint, login, self.region, &self.connections.anchors, &self.connections.connect_to).await
        {
            tracing::warn!(endpoint = endpoint.address(), %failed, "the server still counts the broken handshakes");
        }
    }
}

fn write(sink: &mut Sink, cluster: &ClusterTarget, endpoint: &EndpointTarget, observation: Observation) {
    let Observation { endpoint: mut record, troubles, .. } = observation;
    record.db_cluster_arn = cluster.cluster_arn().map_or(Fact::Absent, Fact::Known);
    let scope = (cluster.account.as_str(), cluster.region.as_str());
    sink.record(scope, endpoint.address(), SOURCE, &record);
    if record.depth == Fact::Known(ProbeDepth::Light) && record.tls_offered != Fact::Known(false) {
        let trouble = Trouble::new(Fault::NotRequested, "a light probe does not ask for cipher suites");
        put_gap(sink, cluster, endpoint, SUITES, trouble);
    }
    if let Some(first) = troubles.first() {
        let message = troubles.iter().map(|trouble| trouble.message.as_str()).collect::<Vec<_>>().join("; ");
        put_gap(sink, cluster, endpoint, SOURCE, Trouble { fault: first.fault, message });
    }
}

fn skip(sink: &mut Sink, cluster: &ClusterTarget, endpoint: &EndpointTarget, why: &str) {
    put_gap(sink, cluster, endpoint, SOURCE, Trouble::new(Fault::NoTls, why));
}

fn put_gap(sink: &mut Sink, cluster: &ClusterTarget, endpoint: &EndpointTarget, what: &str, trouble: Trouble) {
    let gap = Gap {
        what: what.to_owned(),
        target: Some(endpoint.address()),
        reason: trouble.fault.reason(),
        needs: needs(trouble.fault.reason()).map(str::to_owned),
        message: trouble.message.into(),
        at: None,
    };
    sink.gap((&cluster.account, &cluster.region), &gap);
}

const fn needs(reason: GapReason) -> Option<&'static str> {
    match reason {
        GapReason::Unreachable | GapReason::Timeout => Some("a network path to the endpoint, or --connect-to"),
        GapReason::NotRequested => Some("--probe deep, or --login"),
        GapReason::Denied => Some("a server that takes connections from this address"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::Layers;

    fn target(engine: Engine) -> ClusterTarget {
        let endpoint = EndpointTarget { host: "nowhere.invalid".to_owned(), port: 3306, role: EndpointRole::Writer };
        ClusterTarget {
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            arn: "arn:aws:rds:us-east-1:123456789012:cluster:shop".to_owned(),
            engine,
            endpoints: vec![endpoint],
            ..ClusterTarget::default()
        }
    }

    fn connections() -> Connections {
        Connections {
            layers: Layers::new(&[]),
            connect_to: crate::collect::ConnectTo::default(),
            anchors: crate::collect::tls::Anchors::built_in().unwrap(),
            logins: crate::collect::Logins::default(),
            probing: Probing::default(),
        }
    }

    #[tokio::test]
    async fn what_fails_is_a_gap() {
        for (engine, drafts) in
            [(Engine::AuroraPostgresql, 3), (Engine::Other("neptune".to_owned()), 1), (Engine::AuroraMysql, 3)]
        {
            let sink = collect(&target(engine.clone()), None, &connections()).await;
            assert_eq!(sink.involuntary_gaps(), 1, "{engine:?}");
            assert_eq!(sink.into_drafts().len(), drafts, "{engine:?}");
        }
    }

    #[tokio::test]
    async fn a_login_that_fails_leaves_the_probe_light() {
        let login = Login {
            user: "auditor".to_owned(),
            method: crate::collect::mysql::Method::Password(crate::model::Secret::new("hunter2".to_owned())),
        };
        for (depth, expected) in [(None, "light"), (Some(ProbeDepth::Deep), "deep"), (Some(ProbeDepth::Light), "light")]
        {
            let probing = Probing { depth, ..Probing::default() };
            let sink =
                collect(&target(Engine::AuroraMysql), Some(&login), &Connections { probing, ..connections() }).await;
            let text = format!("{:?}", sink.into_drafts());
            assert!(text.contains(&format!("\\\"Depth\\\":\\\"{expected}\\\"")) && !text.contains("hunter2"), "{text}");
        }
    }
}
