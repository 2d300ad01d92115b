//! One session a cluster: the grant tables lie in the shared storage, so that any of its servers tells them all.

use super::context::{self, Context};
use super::failure::Failure;
use super::session::{Login, Session};
use super::{account, grants, server};
use crate::collect::tls::Anchors;
use crate::collect::{ClusterTarget, ConnectTo, EndpointRole, EndpointTarget, Sink};
use crate::model::GapReason;
use crate::snapshot::schema::rds::Engine;

/// Reads the accounts, grants and variables of a cluster. What cannot be read becomes a gap.
pub async fn collect(cluster: &ClusterTarget, login: &Login, anchors: &Anchors, connect_to: &ConnectTo) -> Sink {
    let mut sink = Sink::default();
    match &cluster.engine {
        Engine::AuroraMysql | Engine::Aurora => match open(cluster, login, anchors, connect_to).await {
            Ok((session, endpoint)) => read(session, cluster, endpoint, &mut sink).await,
            Err(refusals) => write_refusals(&mut sink, cluster, &refusals),
        },
        Engine::AuroraPostgresql => unsupported(&mut sink, cluster, "Aurora PostgreSQL accounts are not read yet"),
        Engine::Other(_) => unsupported(&mut sink, cluster, "accounts of this engine are not read"),
    }
    sink
}

fn unsupported(sink: &mut Sink, cluster: &ClusterTarget, why: &str) {
    context::gap(sink, cluster, "login", GapReason::Unsupported, None, why.to_owned());
}

/// Why an endpoint gave no session.
type Refusal = (String, Failure);

/// The reader takes no load off anyone who writes; after it the writer, then the instances.
fn in_order(cluster: &ClusterTarget) -> Vec<&EndpointTarget> {
    let rank = |role| match role {
        EndpointRole::Reader => Some(0),
        EndpointRole::Writer => Some(1),
        EndpointRole::Instance => Some(2),
        // A customer's choice of instances, all of which are in the list themselves.
        EndpointRole::Custom => None,
    };
    let mut ranked: Vec<_> =
        cluster.endpoints.iter().filter_map(|endpoint| Some((rank(endpoint.role)?, endpoint))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, endpoint)| endpoint).collect()
}

async fn open<'a>(
    cluster: &'a ClusterTarget,
    login: &Login,
    anchors: &Anchors,
    connect_to: &ConnectTo,
) -> Result<(Session, &'a EndpointTarget), Vec<Refusal>> {
    let mut refusals = Vec::new();
    for endpoint in in_order(cluster) {
        match Session::open(endpoint, login, anchors, connect_to).await {
            Ok(session) => return Ok((session, endpoint)),
            Err(failure) => {
                tracing::info!(endpoint = endpoint.address(), reason = failure.reason().as_str(), "no session");
                let goes_on = failure.may_try_next();
                refusals.push((endpoint.address(), failure));
                if !goes_on {
                    break;
                }
            }
        }
    }
    Err(refusals)
}

/// One gap with everything that was said. The refusal that ended the tries decides the reason, else the one that a user can do
/// something about at the server.
fn write_refusals(sink: &mut Sink, cluster: &ClusterTarget, refusals: &[Refusal]) {
    let unsafe_one = refusals.iter().find(|(_, failure)| failure.reason() == GapReason::Unsafe);
    let decisive = match refusals.last() {
        Some(last) if !last.1.may_try_next() => Some(last),
        _ => unsafe_one.or(refusals.first()),
    };
    let reason = decisive.map_or(GapReason::Unreachable, |(_, failure)| failure.reason());
    let told: Vec<_> = refusals.iter().map(|(address, failure)| format!("{address}: {failure}")).collect();
    let message = if told.is_empty() { "the cluster has no endpoint to log in at".to_owned() } else { told.join("; ") };
    context::gap(sink, cluster, "login", reason, needs(reason).map(str::to_owned), message);
}

const fn needs(reason: GapReason) -> Option<&'static str> {
    match reason {
        GapReason::Denied => Some("a database user that may log in from here, with SELECT on mysql.*"),
        GapReason::Unsafe => {
            Some("TLS 1.2 or later and a certificate that verifies for the endpoint's name, or --ca-bundle")
        }
        GapReason::Unreachable | GapReason::Timeout => Some("a network path to the endpoint, or --connect-to"),
        GapReason::Throttled => Some("a free connection"),
        _ => None,
    }
}

async fn read(mut session: Session, cluster: &ClusterTarget, endpoint: &EndpointTarget, sink: &mut Sink) {
    match server::collect(&mut session, cluster, endpoint.address(), sink).await {
        Ok(context) => read_tables(&mut session, &context, sink).await,
        Err(failure) => {
            context::gap(sink, cluster, "login", failure.reason(), None, failure.to_string());
        }
    }
    session.close().await;
}

async fn read_tables(session: &mut Session, context: &Context<'_>, sink: &mut Sink) {
    if !context.is_older_than("8.0") {
        // The right to read may be in a role that is not active by default.
        attempt(session, "SET ROLE ALL").await;
    }
    attempt(session, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await;
    account::collect(session, context, sink).await;
    grants::collect(session, context, sink).await;
    attempt(session, "ROLLBACK").await;
}

/// A statement that helps and whose failure costs no answer: what then cannot be read says so itself.
async fn attempt(session: &mut Session, statement: &str) {
    if let Err(failure) = session.query(statement).await {
        tracing::warn!(%failure, statement, "the reads go on without it");
    }
}

#[cfg(test)]
mod tests {
    use super::super::context::tests::cluster;
    use super::*;

    #[test]
    fn readers_first_and_no_custom_endpoint() {
        let cluster = cluster(Engine::AuroraMysql);
        let hosts: Vec<_> = in_order(&cluster).into_iter().map(|endpoint| endpoint.host.as_str()).collect();
        assert_eq!(hosts, ["reader.invalid", "writer.invalid", "one.invalid"]);
    }

    fn refusal(failure: Failure) -> Refusal {
        ("db:3306".to_owned(), failure)
    }

    #[test]
    fn the_decisive_refusal_gives_the_reason() {
        let unreachable = || refusal(Failure::Unreachable { detail: "refused".to_owned() });
        let unsafe_one = || refusal(Failure::Unsafe { detail: "expired".to_owned() });
        let denied = || refusal(Failure::Server { code: 1045, message: "Access denied".to_owned() });
        for (refusals, reason) in [
            (vec![], GapReason::Unreachable),
            (vec![unreachable()], GapReason::Unreachable),
            (vec![unreachable(), unsafe_one()], GapReason::Unsafe),
            (vec![unsafe_one(), denied()], GapReason::Denied),
            (vec![refusal(Failure::Timeout { seconds: 10 }), unreachable()], GapReason::Timeout),
        ] {
            let mut sink = Sink::default();
            write_refusals(&mut sink, &cluster(Engine::AuroraMysql), &refusals);
            let text = format!("{:?}", sink.into_drafts());
            let word = format!("\\\"{}\\\"", reason.as_str());
            assert!(text.contains(&word) && text.contains("mysql:login@arn:c"), "{word} in {text}");
        }
    }

    #[tokio::test]
    async fn clusters_without_a_session_are_one_gap() {
        let login = Login { user: "auditor".to_owned(), password: crate::model::Secret::new("hunter2".to_owned()) };
        for (engine, says) in [
            (Engine::AuroraPostgresql, "not read yet"),
            (Engine::Other("neptune".to_owned()), "not read"),
            (Engine::AuroraMysql, "one.invalid:3306"),
        ] {
            let anchors = Anchors::built_in().unwrap();
            let sink = collect(&cluster(engine), &login, &anchors, &ConnectTo::default()).await;
            let drafts = sink.into_drafts();
            let text = format!("{drafts:?}");
            assert!(drafts.len() == 1 && text.contains(says) && !text.contains("hunter2"), "{text}");
        }
    }
}
