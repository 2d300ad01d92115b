//! One collection, from targets to the bytes of a snapshot. The control plane comes first, because it names the clusters; then
//! each cluster's endpoints are probed and its database is read, a few clusters at a time.

use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use super::intake::alone;
use super::mysql::Access;
use super::tls::Anchors;
use super::{ClusterTarget, ConnectTo, Intake, Logins, Piece, Sink, mysql, now, tls};
use crate::model::{Gap, GapReason, Untrusted};
use crate::snapshot::schema::tls::ProbeDepth;
use crate::snapshot::{Header, SCHEMA_VERSION, Scope, WriteError, write_to};

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

/// A layer of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The control plane.
    Aws,
    /// Handshakes with endpoints.
    Tls,
    /// Logins to databases.
    Mysql,
}

/// The layers that are collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layers {
    aws: bool,
    tls: bool,
    mysql: bool,
}

impl Layers {
    /// These; all of them where none are named.
    pub fn new(named: &[Layer]) -> Self {
        let has = |layer| named.is_empty() || named.contains(&layer);
        Self { aws: has(Layer::Aws), tls: has(Layer::Tls), mysql: has(Layer::Mysql) }
    }

    /// Whether a layer is collected.
    pub const fn has(self, layer: Layer) -> bool {
        match layer {
            Layer::Aws => self.aws,
            Layer::Tls => self.tls,
            Layer::Mysql => self.mysql,
        }
    }
}

/// How clusters are connected to.
#[derive(Debug, Clone)]
pub struct Connections {
    /// What is collected.
    pub layers: Layers,
    /// Redirections of endpoint names.
    pub connect_to: ConnectTo,
    /// Whom server certificates must come from.
    pub anchors: Anchors,
    /// The database accounts that the user gave.
    pub logins: Logins,
    /// How endpoints are probed.
    pub probing: tls::Probing,
}

/// A collection in the making: whatever is in it can be written at any time.
#[derive(Debug)]
pub struct Collection {
    started: Timestamp,
    scope: Scope,
    identity: Vec<Untrusted>,
    intake: Intake,
    complete: bool,
    #[cfg(feature = "aws")]
    keyring: super::aws::Keyring,
}

impl Collection {
    /// Begins now, for the regions that were asked for.
    pub fn begin(regions: &[String], intake: Intake) -> Self {
        Self {
            started: now(),
            scope: Scope { regions: regions.to_vec(), collectors: Vec::new() },
            identity: Vec::new(),
            intake,
            complete: true,
            #[cfg(feature = "aws")]
            keyring: super::aws::Keyring::default(),
        }
    }

    /// Gives it credentials of AWS to log in to databases with.
    #[cfg(feature = "aws")]
    pub fn lend(&mut self, keyring: super::aws::Keyring) {
        self.keyring.absorb(keyring);
    }

    /// Reads the control plane, and gives the clusters that it names.
    ///
    /// # Errors
    /// When the collection cannot begin.
    #[cfg(feature = "aws")]
    pub async fn add_aws(
        &mut self,
        request: &super::aws::AwsRequest,
    ) -> Result<Vec<ClusterTarget>, super::aws::AwsError> {
        self.scope.collectors.push("aws".to_owned());
        let collected = super::aws::collect(request, &self.intake).await?;
        self.scope.regions = collected.regions.into_iter().collect();
        self.identity.extend(collected.identity.into_iter().map(Untrusted::from));
        self.keyring.absorb(collected.keyring);
        Ok(collected.clusters)
    }

    /// Takes over what was imported.
    pub fn add_imported(&mut self, imported: super::Imported) {
        self.scope.collectors.push("aws".to_owned());
        self.scope.regions = imported.regions.into_iter().collect();
        self.intake.hand_in(imported.sink);
    }

    /// Probes and reads the clusters.
    pub async fn add_clusters(&mut self, clusters: Vec<ClusterTarget>, connections: &Connections) {
        if connections.layers.has(Layer::Tls) {
            self.scope.collectors.push("tls".to_owned());
        }
        if connections.layers.has(Layer::Mysql) && !connections.logins.is_empty() {
            self.scope.collectors.push("mysql".to_owned());
            self.identity.extend(connections.logins.identities().into_iter().map(Untrusted::new));
        }
        let mut anchors = Sink::default();
        connections.anchors.record(&mut anchors);
        self.intake.hand_in(anchors);
        let shared = Arc::new(Shared {
            connections: connections.clone(),
            #[cfg(feature = "aws")]
            keyring: self.keyring.clone(),
        });
        let limits = Arc::new(Limits::default());
        // All are owed before the first is read, so that an interruption misses none.
        let owed: Vec<_> = clusters.into_iter().map(|cluster| (self.intake.owe(piece(&cluster)), cluster)).collect();
        let tasks = owed.into_iter().map(|(debt, cluster)| {
            let (intake, work) = (self.intake.clone(), read_cluster(cluster, Arc::clone(&shared), Arc::clone(&limits)));
            async move { intake.work(debt, work).await }
        });
        tasks.collect::<JoinSet<()>>().join_all().await;
    }

    /// Says that the collection ends before its time.
    pub const fn interrupt(&mut self) {
        self.complete = false;
    }

    /// Writes the snapshot, and tells whether all that was asked for was read.
    ///
    /// # Errors
    /// When the header has no JSON form, or `out` takes no more.
    pub fn finish(self, out: &mut dyn Write) -> Result<bool, WriteError> {
        let header = Header {
            schema_version: SCHEMA_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            started: self.started,
            scope: self.scope,
            identity: self.identity,
        };
        let sink = self.intake.take();
        let complete = self.complete && sink.involuntary_gaps() == 0;
        write_to(out, &header, sink.into_parts(), now(), self.complete)?;
        Ok(complete)
    }
}

/// What is asked of a cluster.
fn piece(cluster: &ClusterTarget) -> Piece {
    let probes = cluster.endpoints.iter().map(|endpoint| ("tls:handshake".to_owned(), Some(endpoint.address())));
    let login = (LOGIN.to_owned(), Some(cluster.arn.clone()));
    Piece {
        account: cluster.account.clone(),
        region: cluster.region.clone(),
        name: cluster.arn.rsplit(':').next().unwrap_or_default().to_owned(),
        asks: probes.chain([login]).collect(),
    }
}

/// What all clusters of a run share.
struct Shared {
    connections: Connections,
    #[cfg(feature = "aws")]
    keyring: super::aws::Keyring,
}

impl Shared {
    /// Whether anything that is to be done needs a login: nothing is fetched for one that does not come about.
    fn logs_in(&self) -> bool {
        let Connections { layers, probing, .. } = &self.connections;
        layers.has(Layer::Mysql) || layers.has(Layer::Tls) && probing.depth != Some(ProbeDepth::Light)
    }

    async fn access(&self, cluster: &ClusterTarget) -> Result<Option<Access>, Gap> {
        // No secret is read of a database that nobody would log in to.
        if let Some(why) = mysql::unread(&cluster.engine).filter(|_| self.connections.logins.serve(cluster)) {
            let gap = left_out(LOGIN, cluster.arn.clone());
            return Err(Gap { reason: GapReason::Unsupported, message: why.into(), ..gap });
        }
        #[cfg(feature = "aws")]
        let access = self.connections.logins.access(cluster, &self.keyring).await;
        #[cfg(not(feature = "aws"))]
        let access = self.connections.logins.access(cluster).await;
        access.map_err(|gap| Gap {
            what: LOGIN.to_owned(),
            target: Some(cluster.arn.clone()),
            message: gap.to_string().into(),
            ..gap
        })
    }
}

/// What a login is called in gaps.
const LOGIN: &str = "mysql:login";

/// The probe comes before the login: broken handshakes count against the scanner's address until a good login clears them.
async fn read_cluster(cluster: ClusterTarget, shared: Arc<Shared>, limits: Arc<Limits>) -> Sink {
    // The semaphores are never closed; without a permit the cluster would be read all the same.
    let permit = limits.probing.acquire().await;
    let cluster = Arc::new(cluster);
    let access = if shared.logs_in() { shared.access(&cluster).await } else { Ok(None) };
    let login = access.as_ref().ok().and_then(|access| access.as_ref()?.login().cloned());
    let mut sink = probed(&cluster, login, &shared).await;
    drop(permit);
    let layers = shared.connections.layers;
    let no_login = || no_login(&cluster, layers);
    let access =
        if layers.has(Layer::Mysql) { access.and_then(|access| access.ok_or_else(no_login)) } else { Err(no_login()) };
    let access = match access {
        Ok(access) => access,
        Err(gap) => {
            sink.gap((&cluster.account, &cluster.region), &gap);
            return sink;
        }
    };
    let _permit = limits.reading.acquire().await;
    let (target, with) = (Arc::clone(&cluster), Arc::clone(&shared));
    let read = async move {
        let Connections { anchors, connect_to, .. } = &with.connections;
        mysql::collect(&target, &access, anchors, connect_to).await
    };
    sink.absorb(alone(read).await.unwrap_or_else(|error| unread(&cluster, &error)));
    sink
}

async fn probed(cluster: &Arc<ClusterTarget>, login: Option<mysql::Login>, shared: &Arc<Shared>) -> Sink {
    if !shared.connections.layers.has(Layer::Tls) {
        let mut sink = Sink::default();
        for endpoint in &cluster.endpoints {
            let gap = left_out("tls:handshake", endpoint.address());
            sink.gap((&cluster.account, &cluster.region), &gap);
        }
        return sink;
    }
    let (target, with) = (Arc::clone(cluster), Arc::clone(shared));
    let probe = async move { tls::collect(&target, login.as_ref(), &with.connections).await };
    alone(probe).await.unwrap_or_else(|error| unprobed(cluster, &error))
}

fn left_out(what: &str, target: String) -> Gap {
    Gap {
        what: what.to_owned(),
        target: Some(target),
        reason: GapReason::NotRequested,
        needs: None,
        message: "the layer was left out".into(),
        at: None,
    }
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
    broken_off(&mut sink, cluster, LOGIN, cluster.arn.clone(), error);
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

fn no_login(cluster: &ClusterTarget, layers: Layers) -> Gap {
    let gap = left_out(LOGIN, cluster.arn.clone());
    if !layers.has(Layer::Mysql) {
        return gap;
    }
    let needs = Some("a database account, given by --login, --secret or [[credentials]]".to_owned());
    Gap { needs, message: "no database account was given for it".into(), ..gap }
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
            ..ClusterTarget::default()
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
