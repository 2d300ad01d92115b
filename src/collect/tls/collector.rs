//! Every endpoint of a cluster, probed one after the other, so that its instances see one connection at a time.

use super::probe::{Observation, probe};
use super::wire::Trouble;
use crate::collect::{ClusterTarget, ConnectTo, EndpointRole, EndpointTarget, Sink};
use crate::model::{Fact, Gap, GapReason};
use crate::snapshot::schema::rds::Engine;

/// The name of the probe in records and gaps.
pub(super) const SOURCE: &str = "tls:handshake";

/// Probes the endpoints of a cluster: a `tls.endpoint` record each, and a gap for what it did not show.
pub async fn collect(cluster: &ClusterTarget, connect_to: &ConnectTo) -> Sink {
    let mut sink = Sink::default();
    // A socket of this machine has no TLS to speak of.
    for endpoint in cluster.endpoints.iter().filter(|endpoint| endpoint.role != EndpointRole::Socket) {
        match &cluster.engine {
            Engine::AuroraMysql | Engine::Aurora => {
                let observation = probe(&endpoint.host, endpoint.port, connect_to).await;
                write(&mut sink, cluster, endpoint, observation);
            }
            Engine::AuroraPostgresql => skip(&mut sink, cluster, endpoint, "the PostgreSQL protocol is not probed yet"),
            Engine::Other(_) => skip(&mut sink, cluster, endpoint, "the protocol of this engine is not probed"),
        }
    }
    sink
}

fn write(sink: &mut Sink, cluster: &ClusterTarget, endpoint: &EndpointTarget, observation: Observation) {
    let Observation { mut answer, troubles } = observation;
    answer.db_cluster_arn = cluster.cluster_arn();
    let scope = (cluster.account.as_str(), cluster.region.as_str());
    let mut record = answer.record();
    // A light probe offers no Diffie-Hellman suite by itself, so that none chosen is not none there.
    record.dh_bits = Fact::default();
    sink.record(scope, endpoint.address(), SOURCE, &record);
    if let Some(first) = troubles.first() {
        let message = troubles.iter().map(|trouble| trouble.message.as_str()).collect::<Vec<_>>().join("; ");
        put_gap(sink, cluster, endpoint, Trouble { reason: first.reason, message });
    }
}

fn skip(sink: &mut Sink, cluster: &ClusterTarget, endpoint: &EndpointTarget, why: &str) {
    put_gap(sink, cluster, endpoint, Trouble::new(GapReason::Unsupported, why));
}

fn put_gap(sink: &mut Sink, cluster: &ClusterTarget, endpoint: &EndpointTarget, trouble: Trouble) {
    let gap = Gap {
        what: SOURCE.to_owned(),
        target: Some(endpoint.address()),
        reason: trouble.reason,
        needs: needs(trouble.reason).map(str::to_owned),
        message: trouble.message.into(),
        at: None,
    };
    sink.gap((&cluster.account, &cluster.region), &gap);
}

const fn needs(reason: GapReason) -> Option<&'static str> {
    match reason {
        GapReason::Unreachable | GapReason::Timeout => Some("a network path to the endpoint, or --connect-to"),
        GapReason::Denied => Some("a server that takes connections from this address"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(engine: Engine) -> ClusterTarget {
        let endpoint = EndpointTarget { host: "nowhere.invalid".to_owned(), port: 3306, role: EndpointRole::Writer };
        ClusterTarget {
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            arn: "arn:aws:rds:us-east-1:123456789012:cluster:shop".to_owned(),
            engine,
            endpoints: vec![endpoint],
        }
    }

    #[tokio::test]
    async fn only_mysql_is_probed_and_what_fails_is_a_gap() {
        for (engine, drafts) in
            [(Engine::AuroraPostgresql, 1), (Engine::Other("neptune".to_owned()), 1), (Engine::AuroraMysql, 2)]
        {
            let sink = collect(&target(engine.clone()), &ConnectTo::default()).await;
            assert_eq!(sink.into_drafts().len(), drafts, "{engine:?}");
        }
    }
}
