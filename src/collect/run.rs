//! One collection, from targets to the bytes of a snapshot. The control plane comes first, because it names the clusters; then
//! each cluster's endpoints are probed and its database is read, a few clusters at a time.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::tls::Anchors;
use super::{ClusterTarget, ConnectTo, Sink, mysql, now, tls};
use crate::model::{Gap, GapReason, Untrusted};
use crate::snapshot::{Header, SCHEMA_VERSION, Scope, WriteError, write};

/// Clusters that are connected to at the same time.
const CLUSTERS_AT_ONCE: usize = 16;

/// How clusters are connected to.
#[derive(Debug, Clone)]
pub struct Connections {
    /// Redirections of endpoint names.
    pub connect_to: ConnectTo,
    /// Whom server certificates must come from.
    pub anchors: Anchors,
    /// The database account, if the user gave one.
    pub login: Option<mysql::Login>,
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
        let limit = Arc::new(Semaphore::new(CLUSTERS_AT_ONCE));
        let tasks = clusters.into_iter().map(|cluster| read_cluster(cluster, Arc::clone(&shared), Arc::clone(&limit)));
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
async fn read_cluster(cluster: ClusterTarget, connections: Arc<Connections>, limit: Arc<Semaphore>) -> Sink {
    // The semaphore is never closed; without a permit the cluster would be read all the same.
    let _permit = limit.acquire().await;
    let mut sink = tls::collect(&cluster, &connections.connect_to).await;
    match &connections.login {
        Some(login) => {
            sink.absorb(mysql::collect(&cluster, login, &connections.anchors, &connections.connect_to).await);
        }
        None => sink.gap((&cluster.account, &cluster.region), &no_login(&cluster)),
    }
    sink
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
