//! One collection, from targets to the bytes of a snapshot. The control plane comes first, because it names the clusters; then
//! each cluster's endpoints are probed and its database is read, a few clusters at a time.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use super::tls::Anchors;
use super::{ClusterTarget, ConnectTo, Sink, mysql, now, tls};
use crate::model::{Gap, GapReason, Untrusted};
use crate::snapshot::{Header, SCHEMA_VERSION, Scope, WriteError, write};

/// Clusters whose databases are read at the same time. Each of them may log in and hold whole grant tables in memory, and all answer
/// through one network path; sixteen keep both small, and reading is bound by the servers, not by the waiting.
const READ_AT_ONCE: usize = 16;

/// What keeps a run from doing everything at once. A probe holds next to nothing and mostly waits: as many clusters are probed as
/// `probe` asks servers at once, so that a thousand endpoints 20 ms away take seconds. A cluster's own endpoints come one after the
/// other, for its instances count connections.
struct Limits {
    probing: Semaphore,
    reading: Semaphore,
}

impl Default for Limits {
    fn default() -> Self {
        Self { probing: Semaphore::new(tls::AT_ONCE), reading: Semaphore::new(READ_AT_ONCE) }
    }
}

/// How clusters are connected to.
#[derive(Debug, Clone)]
pub struct Connections {
    /// Redirections of endpoint names.
    pub connect_to: ConnectTo,
    /// Whom server certificates must come from.
    pub anchors: Anchors,
    /// The database account, if the user gave one.
    pub login: Option<mysql::Login>,
    /// How endpoints are probed.
    pub probing: tls::Probing,
}

/// A collection in the making: whatever is in it can be written at any time.
#[derive(Debug)]
pub struct Collection {
    started: Timestamp,
    scope: Scope,
    identity: Vec<Untrusted>,
    sink: Sink,
    complete: bool,
}

impl Collection {
    /// Begins now, for the regions that were asked for.
    pub fn begin(regions: &[String]) -> Self {
        Self {
            started: now(),
            scope: Scope { regions: regions.to_vec(), collectors: Vec::new() },
            identity: Vec::new(),
            sink: Sink::default(),
            complete: true,
        }
    }

    /// Takes over what the control plane said, and who was asking.
    #[cfg(feature = "aws")]
    pub fn add_aws(&mut self, collected: super::aws::AwsCollection) -> Vec<ClusterTarget> {
        self.scope.collectors.push("aws".to_owned());
        self.scope.regions = collected.regions;
        self.identity.extend(collected.identity.map(Untrusted::from));
        self.sink.absorb(collected.sink);
        collected.clusters
    }

    /// Probes and reads the clusters. `done` is called after each one.
    pub async fn add_clusters(&mut self, clusters: Vec<ClusterTarget>, connections: &Connections, done: impl Fn()) {
        self.scope.collectors.push("tls".to_owned());
        if let Some(login) = &connections.login {
            self.scope.collectors.push("mysql".to_owned());
            self.identity.push(Untrusted::new(format!("database user {}", login.user)));
        }
        connections.anchors.record(&mut self.sink);
        let shared = Arc::new(connections.clone());
        let limits = Arc::new(Limits::default());
        let tasks = clusters.into_iter().map(|cluster| read_cluster(cluster, Arc::clone(&shared), Arc::clone(&limits)));
        let mut tasks: JoinSet<Sink> = tasks.collect();
        while let Some(result) = tasks.join_next().await {
            match result {
                Ok(sink) => self.sink.absorb(sink),
                Err(error) => self.broken(&error.to_string()),
            }
            done();
        }
    }

    /// A task that ended without a result: what it would have read is missing, and nobody knows for which cluster.
    fn broken(&mut self, message: &str) {
        tracing::error!(message, "a collector broke off");
        self.complete = false;
    }

    /// Says that the collection ends before its time.
    pub const fn interrupt(&mut self) {
        self.complete = false;
    }

    /// Whether all that was asked for was read.
    pub const fn is_complete(&self) -> bool {
        self.complete && self.sink.involuntary_gaps() == 0
    }

    /// The bytes of the snapshot.
    ///
    /// # Errors
    /// When the header has no JSON form.
    pub fn finish(self) -> Result<Vec<u8>, WriteError> {
        let header = Header {
            schema_version: SCHEMA_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            started: self.started,
            scope: self.scope,
            identity: self.identity,
        };
        write(&header, self.sink.into_drafts(), now(), self.complete)
    }
}

/// The probe comes before the login: broken handshakes count against the scanner's address until a good login clears them.
async fn read_cluster(cluster: ClusterTarget, connections: Arc<Connections>, limits: Arc<Limits>) -> Sink {
    // The semaphores are never closed; without a permit the cluster would be read all the same.
    let permit = limits.probing.acquire().await;
    let cluster = Arc::new(cluster);
    let (target, routes) = (Arc::clone(&cluster), Arc::clone(&connections));
    let probe = async move { tls::collect(&target, &routes).await };
    let mut sink = alone(probe).await.unwrap_or_else(|error| unprobed(&cluster, &error));
    drop(permit);
    let Some(login) = connections.login.clone() else {
        sink.gap((&cluster.account, &cluster.region), &no_login(&cluster));
        return sink;
    };
    let _permit = limits.reading.acquire().await;
    let (target, with) = (Arc::clone(&cluster), Arc::clone(&connections));
    let read = async move { mysql::collect(&target, &login, &with.anchors, &with.connect_to).await };
    sink.absorb(alone(read).await.unwrap_or_else(|error| unread(&cluster, &error)));
    sink
}

/// Runs a collector in a task of its own, which ends with this one: an answer that breaks the driver costs no other collector's.
async fn alone(work: impl Future<Output = Sink> + Send + 'static) -> Result<Sink, JoinError> {
    let mut task = JoinSet::new();
    task.spawn(work);
    task.join_next().await.unwrap_or_else(|| Ok(Sink::default()))
}

fn unprobed(cluster: &ClusterTarget, error: &JoinError) -> Sink {
    let mut sink = Sink::default();
    for endpoint in &cluster.endpoints {
        broken_off(&mut sink, cluster, "tls:handshake", endpoint.address(), error);
    }
    sink
}

fn unread(cluster: &ClusterTarget, error: &JoinError) -> Sink {
    let mut sink = Sink::default();
    broken_off(&mut sink, cluster, "mysql:login", cluster.arn.clone(), error);
    sink
}

fn broken_off(sink: &mut Sink, cluster: &ClusterTarget, what: &str, target: String, error: &JoinError) {
    tracing::error!(what, target, %error, "a collector broke off");
    let message = "an answer broke the collector".into();
    let gap = Gap {
        what: what.to_owned(),
        target: Some(target),
        reason: GapReason::Malformed,
        needs: None,
        message,
        at: None,
    };
    sink.gap((&cluster.account, &cluster.region), &gap);
}

fn no_login(cluster: &ClusterTarget) -> Gap {
    Gap {
        what: "mysql:login".to_owned(),
        target: Some(cluster.arn.clone()),
        reason: GapReason::NotRequested,
        needs: Some("a database account, given by --login".to_owned()),
        message: "no database account was given".into(),
        at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::{EndpointRole, EndpointTarget};
    use crate::snapshot::schema::rds::Engine;

    fn cluster() -> ClusterTarget {
        let endpoint = |host: &str| EndpointTarget { host: host.to_owned(), port: 3306, role: EndpointRole::Writer };
        ClusterTarget {
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            arn: "arn:c".to_owned(),
            engine: Engine::AuroraMysql,
            endpoints: vec![endpoint("a"), endpoint("b")],
        }
    }

    #[tokio::test]
    async fn a_collector_that_breaks_leaves_gaps_that_name_what_is_missing() {
        let error = alone(async { panic!("as a driver may") }).await.unwrap_err();
        for (sink, targets) in [
            (unprobed(&cluster(), &error), &["tls:handshake@a:3306", "tls:handshake@b:3306"][..]),
            (unread(&cluster(), &error), &["mysql:login@arn:c"]),
        ] {
            assert_eq!(sink.involuntary_gaps(), targets.len());
            let text = format!("{:?}", sink.into_drafts());
            assert!(targets.iter().all(|target| text.contains(target)), "{text}");
        }
    }
}
