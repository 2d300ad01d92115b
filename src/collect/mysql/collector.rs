//! One session a cluster reads the accounts: the grant tables lie in the shared storage, so that any of its servers tells them all.
//! Variables are each instance's own, so that each is asked for them.

use super::account::{Answers, Plan};
use super::context::{self, Context};
use super::failure::Failure;
use super::force::Force;
use super::login::Access;
use super::probe::{Probe, probe};
use super::question::Question;
use super::rows::Table;
use super::session::{Session, Way};
use super::statement::Statement;
use super::{account, clients, definer, force, grants, inventory, probe};
use crate::collect::tls::Anchors;
use crate::collect::{ClusterTarget, ConnectTo, EndpointRole, EndpointTarget, Sink};
use crate::model::{Fact, Gap, GapReason};
use crate::snapshot::schema::rds::Engine;

/// Reads the accounts, grants and variables of a cluster. What cannot be read becomes a gap.
pub async fn collect(cluster: &ClusterTarget, access: &Access, anchors: &Anchors, connect_to: &ConnectTo) -> Sink {
    let mut sink = Sink::default();
    match &cluster.engine {
        Engine::AuroraMysql | Engine::Aurora => match access {
            Access::Connection(login) => {
                let way = Way { login, anchors, connect_to, region: &cluster.region };
                by_connections(cluster, way, &mut sink).await;
            }
            #[cfg(feature = "aws")]
            Access::DataApi(api) => by_data_api(cluster, api, &mut sink).await,
        },
        engine => {
            let why = unread(engine).unwrap_or_default().to_owned();
            context::gap(&mut sink, cluster, "login", GapReason::Unsupported, None, why);
        }
    }
    sink
}

/// Why the accounts of an engine are not read; none of those that are.
pub const fn unread(engine: &Engine) -> Option<&'static str> {
    match engine {
        Engine::AuroraMysql | Engine::Aurora => None,
        Engine::AuroraPostgresql => Some("Aurora PostgreSQL accounts are not read yet"),
        Engine::Other(_) => Some("accounts of this engine are not read"),
    }
}

async fn by_connections(cluster: &ClusterTarget, way: Way<'_>, sink: &mut Sink) {
    match open(cluster, way).await {
        Ok((session, endpoint)) => {
            read(session, cluster, endpoint.address(), sink).await;
            read_instances(cluster, endpoint, way, sink).await;
        }
        Err(refusals) => write_refusals(sink, cluster, &refusals),
    }
}

/// The Data API answers for the writer alone, whichever instance that is.
#[cfg(feature = "aws")]
async fn by_data_api(cluster: &ClusterTarget, api: &super::DataApi, sink: &mut Sink) {
    let mut session = match Session::over_data_api(&cluster.arn, api).await {
        Ok(session) => session,
        Err(failure) => return context::failed(sink, cluster, "login", &failure),
    };
    let read_from = writer(cluster, &mut session).await;
    read(session, cluster, read_from.clone(), sink).await;
    for instance in cluster.endpoints.iter().filter(|it| it.role == EndpointRole::Instance) {
        if instance.address() != read_from {
            let gap = Gap {
                what: "mysql:global_variables".to_owned(),
                target: Some(instance.address()),
                reason: GapReason::Unsupported,
                needs: Some("a connection to the instance".to_owned()),
                message: "the RDS Data API answers for the writer alone".into(),
                at: None,
            };
            sink.gap((&cluster.account, &cluster.region), &gap);
        }
    }
}

/// The address of the instance that answers, as far as it says who it is; else that of the cluster's writer.
#[cfg(feature = "aws")]
async fn writer(cluster: &ClusterTarget, session: &mut Session) -> String {
    let asked = session.ask(&["SHOW GLOBAL VARIABLES LIKE 'aurora_server_id'".into()]).await;
    let told = asked.iter().flatten().flat_map(Table::iter).find_map(|row| row.text("Value"));
    let is_it = |it: &&EndpointTarget| {
        let name = it.host.split('.').next();
        it.role == EndpointRole::Instance && told.as_deref().is_some_and(|told| name == Some(told))
    };
    let writer = || cluster.endpoints.iter().find(|it| it.role == EndpointRole::Writer);
    let found = cluster.endpoints.iter().find(is_it).or_else(writer);
    found.map_or_else(|| cluster.arn.clone(), EndpointTarget::address)
}

/// Why an endpoint gave no session.
type Refusal = (String, Failure);

/// The reader takes no load off anyone who writes; after it the writer, then the instances.
fn in_order(cluster: &ClusterTarget) -> Vec<&EndpointTarget> {
    let rank = |role| match role {
        EndpointRole::Reader => Some(0),
        EndpointRole::Writer => Some(1),
        EndpointRole::Instance | EndpointRole::Socket => Some(2),
        // A customer's choice of instances, all of which are in the list themselves.
        // A proxy logs in by itself, and its own users may not be the cluster's.
        EndpointRole::Custom | EndpointRole::Proxy => None,
    };
    let mut ranked: Vec<_> =
        cluster.endpoints.iter().filter_map(|endpoint| Some((rank(endpoint.role)?, endpoint))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, endpoint)| endpoint).collect()
}

async fn open<'a>(cluster: &'a ClusterTarget, way: Way<'_>) -> Result<(Session, &'a EndpointTarget), Vec<Refusal>> {
    let mut refusals = Vec::new();
    for endpoint in in_order(cluster) {
        match Session::open(endpoint, way).await {
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

async fn read(mut session: Session, cluster: &ClusterTarget, server: String, sink: &mut Sink) {
    match probe(&mut session, cluster, server).await {
        Ok(mut probe) => {
            read_tables(&mut session, &mut probe, sink).await;
            probe::write(&probe, sink);
        }
        Err(failure) => context::failed(sink, cluster, "login", &failure),
    }
    session.close().await;
}

/// The second round trip: every table in one go.
async fn read_tables(session: &mut Session, probe: &mut Probe<'_>, sink: &mut Sink) {
    let context = &probe.context;
    let plan = Plan::new(context);
    let mut questions = grants::questions(context);
    questions.extend(definer::questions(context));
    questions.extend(inventory::questions(context));
    questions.extend(clients::question(probe, sink));
    let opening = session.opening(context);
    let mut statements = opening.clone();
    statements.extend(plan.statements());
    let in_force = force::statements(context);
    let asked_first = statements.len();
    statements.extend(questions.iter().filter_map(|question| question.sql.clone()));
    let compared = statements.len();
    statements.extend(in_force.iter().flatten().cloned());
    let mut answers = session.ask(&statements).await;
    let force = in_force.map(|_| compare(&answers, asked_first, compared));
    // What is in force was only to be compared.
    answers.truncate(compared);
    let mut answers = answers.into_iter();
    let opened = is_open(&opening, &mut answers);
    probe.session.consistent_snapshot = Fact::Known(opened && !context.has_old_tables());
    let ended = || Err(Failure::Ended);
    let (accounts, twins) = (answers.next().unwrap_or_else(ended), answers.next().unwrap_or_else(ended));
    account::write(context, &plan, &Answers { accounts, twins, force }, sink);
    write_answers(context, questions, answers, sink);
    probe.session.read_grant_tables = Fact::Known(true);
}

/// Compares the tables, which stand from `first` on behind the accounts, with what is in force.
fn compare(answers: &[Result<Table, Failure>], first: usize, compared: usize) -> Result<Force, Failure> {
    let table = |index: usize| answers.get(index).map_or(Err(Failure::Ended), |it| it.as_ref().map_err(Clone::clone));
    let [schemas, tables, columns] = grants::COMPARED.map(|place| table(first.saturating_add(place)));
    let stored = force::Stored {
        accounts: table(first.saturating_sub(2))?,
        schemas: schemas?,
        tables: tables?,
        columns: columns?,
    };
    force::compare(answers.get(compared..).unwrap_or_default(), &stored)
}

fn write_answers(
    context: &Context<'_>,
    questions: Vec<Question>,
    mut answers: impl Iterator<Item = Result<Table, Failure>>,
    sink: &mut Sink,
) {
    for question in questions {
        let answer = match question.sql {
            Some(_) => answers.next().unwrap_or(Err(Failure::Ended)),
            None => Ok(Table::default()),
        };
        (question.write)(context, answer, sink);
    }
}

/// Whether the statements that go before the reads did what they are for. Without them the reads go on.
fn is_open(opening: &[Statement], answers: &mut impl Iterator<Item = Result<Table, Failure>>) -> bool {
    let mut is_open = true;
    for (statement, answer) in opening.iter().zip(answers) {
        if let Err(failure) = answer {
            tracing::warn!(%failure, statement = statement.sql, "the reads go on without it");
            is_open = false;
        }
    }
    is_open
}

/// Asks every instance but the one that was read for its variables, and who is connected to it.
async fn read_instances(cluster: &ClusterTarget, read: &EndpointTarget, way: Way<'_>, sink: &mut Sink) {
    let instances = cluster.endpoints.iter().filter(|it| it.role == EndpointRole::Instance && *it != read);
    let mut ended: Option<Failure> = None;
    for instance in instances {
        // What no further instance will say differently is not tried again, and is missing of each of them.
        let answer = match &ended {
            Some(failure) => Err(failure.clone()),
            None => read_instance(cluster, instance, way, sink).await,
        };
        if let Err(failure) = answer {
            let gap = Gap {
                what: "mysql:global_variables".to_owned(),
                target: Some(instance.address()),
                reason: failure.reason(),
                needs: needs(failure.reason()).map(str::to_owned),
                message: failure.to_string().into(),
                at: None,
            };
            sink.gap((&cluster.account, &cluster.region), &gap);
            if !failure.may_try_next() {
                ended = Some(failure);
            }
        }
    }
}

async fn read_instance(
    cluster: &ClusterTarget,
    instance: &EndpointTarget,
    way: Way<'_>,
    sink: &mut Sink,
) -> Result<(), Failure> {
    let mut session = Session::open(instance, way).await?;
    let probe = probe(&mut session, cluster, instance.address()).await?;
    if let Some(question) = clients::question(&probe, sink) {
        let answers = session.ask(&question.sql.iter().cloned().collect::<Vec<_>>()).await;
        write_answers(&probe.context, vec![question], answers.into_iter(), sink);
    }
    probe::write(&probe, sink);
    session.close().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::context::tests::cluster;
    use super::super::login::{Login, Method};
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
        let method = Method::Password(crate::model::Secret::new("hunter2".to_owned()));
        let login = Login { user: "auditor".to_owned(), method };
        for (engine, says) in [
            (Engine::AuroraPostgresql, "not read yet"),
            (Engine::Other("neptune".to_owned()), "not read"),
            (Engine::AuroraMysql, "one.invalid:3306"),
        ] {
            let anchors = Anchors::built_in().unwrap();
            let sink =
                collect(&cluster(engine), &Access::Connection(login.clone()), &anchors, &ConnectTo::default()).await;
            let drafts = sink.into_drafts();
            let text = format!("{drafts:?}");
            assert!(drafts.len() == 1 && text.contains(says) && !text.contains("hunter2"), "{text}");
        }
    }
}
