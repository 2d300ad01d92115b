//! Amazon RDS: clusters and what belongs to them. Of each listing the Aurora engines are kept; Neptune and the other
//! engines of RDS share the API and are only counted.

mod authority;
mod cluster;
mod endpoint;
mod instance;
mod maintenance;
mod operations;
mod parameter;
mod part;
mod proxies;
mod proxy;
mod snapshot;
mod subnet_group;
mod target;

use std::collections::BTreeSet;

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{
    Certificate, DbCluster, DbClusterEndpoint, DbClusterParameterGroup, DbClusterSnapshot, DbInstance,
    DbMajorEngineVersion, DbParameterGroup, DbSubnetGroup, EventSubscription, GlobalCluster, Parameter,
    ResourcePendingMaintenanceActions,
};

use super::error;
use super::listing::{Listed, write_excluded};
use super::site::{Service, Site, each};
use crate::collect::{ClusterTarget, Sink};
use crate::model::{Gap, actions};
use crate::snapshot::schema::rds;

/// The calls.
pub(super) const ACTIONS: &[&str] = &[
    actions::DESCRIBE_DB_CLUSTERS,
    actions::DESCRIBE_DB_INSTANCES,
    actions::DESCRIBE_DB_CLUSTER_PARAMETER_GROUPS,
    actions::DESCRIBE_DB_CLUSTER_PARAMETERS,
    actions::DESCRIBE_DB_PARAMETER_GROUPS,
    actions::DESCRIBE_DB_PARAMETERS,
    actions::DESCRIBE_ENGINE_DEFAULT_CLUSTER_PARAMETERS,
    actions::DESCRIBE_DB_SUBNET_GROUPS,
    actions::DESCRIBE_DB_CLUSTER_SNAPSHOTS,
    actions::DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES,
    actions::DESCRIBE_DB_CLUSTER_ENDPOINTS,
    actions::DESCRIBE_DB_PROXIES,
    actions::DESCRIBE_DB_PROXY_ENDPOINTS,
    actions::DESCRIBE_DB_PROXY_TARGETS,
    actions::DESCRIBE_CERTIFICATES,
    actions::DESCRIBE_PENDING_MAINTENANCE_ACTIONS,
    actions::DESCRIBE_GLOBAL_CLUSTERS,
    actions::DESCRIBE_DB_MAJOR_ENGINE_VERSIONS,
    actions::DESCRIBE_EVENT_SUBSCRIPTIONS,
];

/// The largest page that RDS grants.
const PAGE: i32 = 100;

/// What the clusters of a region lead to.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What to connect to.
    pub targets: Vec<ClusterTarget>,
    /// KMS keys, by ARN.
    pub keys: BTreeSet<String>,
    /// Secrets of clusters and proxies, by ARN.
    pub secrets: BTreeSet<String>,
}

/// RDS in one region.
#[derive(Debug, Clone)]
pub(super) struct Rds {
    client: Client,
    service: Service,
}

/// A listing, page by page: what it is called, and how its pages are opened.
macro_rules! listing {
    ($(#[doc = $doc:literal])* $name:ident: $item:ty = $call:ident, $action:expr, $field:ident) => {
        $(#[doc = $doc])*
        pub async fn $name(&self) -> Listed<$item> {
            let pages = self.client.$call().into_paginator().page_size(PAGE).send();
            Box::pin(self.service.list($action, pages, |page| (page.$field, page.marker))).await
        }
    };
}

impl Rds {
    /// RDS at a site.
    pub fn new(site: &Site) -> Self {
        Self { client: Client::new(&site.config), service: site.service() }
    }

    listing!(clusters: DbCluster = describe_db_clusters, actions::DESCRIBE_DB_CLUSTERS, db_clusters);
    listing!(instances: DbInstance = describe_db_instances, actions::DESCRIBE_DB_INSTANCES, db_instances);
    listing!(
        cluster_endpoints: DbClusterEndpoint =
            describe_db_cluster_endpoints, actions::DESCRIBE_DB_CLUSTER_ENDPOINTS, db_cluster_endpoints
    );
    listing!(authorities: Certificate = describe_certificates, actions::DESCRIBE_CERTIFICATES, certificates);
    listing!(
        cluster_groups: DbClusterParameterGroup = describe_db_cluster_parameter_groups,
            actions::DESCRIBE_DB_CLUSTER_PARAMETER_GROUPS, db_cluster_parameter_groups
    );
    listing!(
        instance_groups: DbParameterGroup =
            describe_db_parameter_groups, actions::DESCRIBE_DB_PARAMETER_GROUPS, db_parameter_groups
    );
    listing!(
        subnet_groups: DbSubnetGroup = describe_db_subnet_groups, actions::DESCRIBE_DB_SUBNET_GROUPS, db_subnet_groups
    );
    listing!(
        #[doc = "The account's own snapshots, manual and automated."]
        snapshots: DbClusterSnapshot =
            describe_db_cluster_snapshots, actions::DESCRIBE_DB_CLUSTER_SNAPSHOTS, db_cluster_snapshots
    );
    listing!(
        maintenance: ResourcePendingMaintenanceActions = describe_pending_maintenance_actions,
            actions::DESCRIBE_PENDING_MAINTENANCE_ACTIONS, pending_maintenance_actions
    );

    listing!(
        global_clusters: GlobalCluster = describe_global_clusters, actions::DESCRIBE_GLOBAL_CLUSTERS, global_clusters
    );
    listing!(
        major_versions: DbMajorEngineVersion = describe_db_major_engine_versions,
            actions::DESCRIBE_DB_MAJOR_ENGINE_VERSIONS, db_major_engine_versions
    );
    listing!(
        subscriptions: EventSubscription =
            describe_event_subscriptions, actions::DESCRIBE_EVENT_SUBSCRIPTIONS, event_subscriptions_list
    );

    /// Reads what belongs to the clusters, and writes all of it.
    pub async fn collect(self, clusters: Listed<DbCluster>) -> (Sink, Found) {
        let (instances, endpoints, authorities, subnet_groups, proxies, around, groups, snapshots) = tokio::join!(
            self.instances(),
            self.cluster_endpoints(),
            self.authorities(),
            self.subnet_groups(),
            Box::pin(self.proxies()),
            Box::pin(self.around()),
            Box::pin(self.cluster_parameters(&clusters.items)),
            Box::pin(self.shared_snapshots()),
        );
        let instance_parameters = Box::pin(self.instance_parameters(&instances.items)).await;
        let mut targets = target::targets(&self.service.scope, &clusters.items, &instances.items);
        target::add_proxies(&mut targets, &clusters.items, &proxies);
        let mut found = Found { targets, keys: keys_of(&clusters.items), secrets: secrets_of(&clusters.items) };
        found.secrets.extend(proxies.secrets);
        let (scope, mut sink) = (&self.service.scope, Sink::default());
        clusters.write(&mut sink, scope, cluster::cluster);
        instances.write(&mut sink, scope, instance::instance);
        endpoints.write(&mut sink, scope, endpoint::endpoint);
        authorities.write(&mut sink, scope, authority::authority);
        subnet_groups.write(&mut sink, scope, subnet_group::subnet_group);
        for part in [proxies.sink, around, groups, instance_parameters, snapshots] {
            sink.absorb(part);
        }
        (sink, found)
    }

    /// What surrounds the clusters.
    async fn around(&self) -> Sink {
        let (global, versions, subscriptions, maintenance) =
            tokio::join!(self.global_clusters(), self.major_versions(), self.subscriptions(), self.maintenance());
        let (scope, mut sink) = (&self.service.scope, Sink::default());
        global.write(&mut sink, scope, operations::global_cluster);
        versions.write(&mut sink, scope, operations::major_version);
        subscriptions.write(&mut sink, scope, operations::subscription);
        maintenance.write(&mut sink, scope, maintenance::pending);
        sink
    }

    /// The cluster parameter groups, the parameters of those in use, and what their engines set where they say nothing.
    async fn cluster_parameters(&self, clusters: &[DbCluster]) -> Sink {
        let in_use = parameter::groups_in_use(clusters);
        let (groups, mut sink) =
            tokio::join!(self.cluster_groups(), each(in_use.clone(), |group| self.clone().parameters(group)));
        let families = parameter::families(&groups.items, &in_use);
        sink.absorb(each(families, |family| self.clone().defaults(family)).await);
        groups.write(&mut sink, &self.service.scope, parameter::group);
        sink
    }

    /// The parameter groups of instances, and the parameters of those that instances of Aurora use.
    async fn instance_parameters(&self, instances: &[DbInstance]) -> Sink {
        let in_use = parameter::instance_groups_in_use(instances);
        let (groups, mut sink) =
            tokio::join!(self.instance_groups(), each(in_use, |group| self.clone().own_parameters(group)));
        groups.write(&mut sink, &self.service.scope, parameter::instance_group);
        sink
    }

    /// The snapshots, and who may restore those that can be shared.
    async fn shared_snapshots(&self) -> Sink {
        let snapshots = self.snapshots().await;
        let shareable = snapshot::shareable(&snapshots.items);
        let mut sink = each(shareable, |named| self.clone().snapshot_attributes(named)).await;
        snapshots.write(&mut sink, &self.service.scope, snapshot::snapshot);
        sink
    }

    /// The parameters of one cluster group.
    async fn parameters(self, group: String) -> Sink {
        let call = self.client.describe_db_cluster_parameters().db_cluster_parameter_group_name(&group);
        let pages = call.into_paginator().page_size(PAGE).send();
        let action = actions::DESCRIBE_DB_CLUSTER_PARAMETERS;
        let listed = self.service.list(action, pages, |page| (page.parameters, page.marker)).await;
        self.write_whole(group, listed, parameter::parameters)
    }

    /// The parameters of one group of instances.
    async fn own_parameters(self, group: String) -> Sink {
        let call = self.client.describe_db_parameters().db_parameter_group_name(&group);
        let pages = call.into_paginator().page_size(PAGE).send();
        let action = actions::DESCRIBE_DB_PARAMETERS;
        let listed = self.service.list(action, pages, |page| (page.parameters, page.marker)).await;
        self.write_whole(group, listed, parameter::instance_parameters)
    }

    /// What the engine sets in one family of groups.
    async fn defaults(self, family: String) -> Sink {
        let call = self.client.describe_engine_default_cluster_parameters().db_parameter_group_family(&family);
        let pages = call.into_paginator().page_size(PAGE).send();
        let action = actions::DESCRIBE_ENGINE_DEFAULT_CLUSTER_PARAMETERS;
        let open = |page: Option<aws_sdk_rds::types::EngineDefaults>| {
            page.map_or((None, None), |defaults| (defaults.parameters, defaults.marker))
        };
        let listed = self.service.list(action, pages, |page| open(page.engine_defaults)).await;
        self.write_whole(family, listed, parameter::defaults)
    }

    /// Half a list would read as a whole one, so that a failed page leaves the gap alone.
    fn write_whole<K: crate::snapshot::Kind>(
        &self,
        name: String,
        listed: Listed<Parameter>,
        record: impl Fn(&str, Vec<Parameter>) -> K,
    ) -> Sink {
        let (action, mut sink) = (listed.action, Sink::default());
        match listed.whole() {
            Ok(parameters) => sink.record(self.service.scope.pair(), &name, action, &record(&name, parameters)),
            Err(gap) => sink.gap(self.service.scope.pair(), &Gap { target: Some(name), ..gap }),
        }
        sink
    }

    /// Who may restore one snapshot.
    async fn snapshot_attributes(self, (arn, name): (String, String)) -> Sink {
        let call = self.client.describe_db_cluster_snapshot_attributes().db_cluster_snapshot_identifier(name);
        let action = actions::DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES;
        let answer = self.service.call(action, Some(&arn), call.send()).await.and_then(|answer| {
            let result = answer.db_cluster_snapshot_attributes_result;
            result.ok_or_else(|| error::malformed(action, Some(&arn), "the answer is empty"))
        });
        let mut sink = Sink::default();
        self.service.note(&mut sink, &arn, action, answer.map(snapshot::attributes));
        sink
    }
}

/// Whether there is a cluster of Aurora, or nobody knows.
pub(super) fn may_have_clusters(clusters: &Listed<DbCluster>) -> bool {
    clusters.failure.is_some() || clusters.items.iter().any(|cluster| part::is_aurora(cluster.engine()))
}

/// Whether there is a snapshot of Aurora, or nobody knows.
pub(super) fn may_have_snapshots(snapshots: &Listed<DbClusterSnapshot>) -> bool {
    snapshots.failure.is_some() || snapshots.items.iter().any(|snapshot| part::is_aurora(snapshot.engine()))
}

/// What there is to say of a region without Aurora: that it was looked at. It is said of the account, because the region is no part
/// of the collection.
pub(super) fn unused(clusters: &Listed<DbCluster>, site: &Site) -> Sink {
    let excluded =
        clusters.items.iter().map(|it| (cluster::id(it), format!("engine {}", it.engine().unwrap_or_default())));
    let (mut sink, region) = (Sink::default(), Some(site.scope.region.as_str()));
    write_excluded::<rds::DbCluster>(&mut sink, &site.global().scope, clusters.action, region, excluded.collect());
    sink
}

/// The keys of Aurora clusters and of their master users' secrets.
fn keys_of(clusters: &[DbCluster]) -> BTreeSet<String> {
    let aurora = clusters.iter().filter(|cluster| part::is_aurora(cluster.engine()));
    let secret = |cluster: &DbCluster| cluster.master_user_secret()?.kms_key_id().map(str::to_owned);
    let keys = aurora.flat_map(|cluster| [cluster.kms_key_id().map(str::to_owned), secret(cluster)]);
    keys.flatten().filter(|key| key.starts_with("arn:")).collect()
}

/// The secrets that RDS keeps for the master users of Aurora clusters.
fn secrets_of(clusters: &[DbCluster]) -> BTreeSet<String> {
    let aurora = clusters.iter().filter(|cluster| part::is_aurora(cluster.engine()));
    let secrets = aurora.filter_map(|cluster| cluster.master_user_secret()?.secret_arn());
    secrets.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::MasterUserSecret;

    use super::*;
    use crate::collect::aws::testing::{Answer, Request, lines, serve, site, towards};
    use crate::model::GapReason;

    async fn rds(answers: impl Fn(Request) -> Answer + Send + Sync + 'static) -> Rds {
        Rds::new(&site(serve(answers).await))
    }

    /// A page of one item that promises another until the marker `last`.
    fn page(request: &Request, item: &str, last: &str) -> Answer {
        let asked = request.form.split('&').find_map(|pair| pair.strip_prefix("Marker=")).unwrap_or("0").to_owned();
        let next: u32 = asked.parse::<u32>().unwrap() + 1;
        let marker = if asked == last { String::new() } else { format!("<Marker>{next}</Marker>") };
        let action = &request.action;
        (200, format!("<{action}Response><{action}Result>{item}{marker}</{action}Result></{action}Response>"))
    }

    const INSTANCE: &str = "<DBInstances><DBInstance><Engine>aurora-mysql</Engine></DBInstance></DBInstances>";
    const PARAMETER: &str = "<Parameters><Parameter><ParameterName>p</ParameterName></Parameter></Parameters>";

    #[tokio::test]
    async fn lists_are_read_to_the_last_page() {
        let listed = rds(|request| page(&request, INSTANCE, "2")).await.instances().await;
        assert_eq!((listed.items.len(), listed.failure), (3, None));
    }

    #[tokio::test]
    async fn a_repeated_marker_is_no_last_page() {
        let repeating = |request: Request| {
            let action = request.action;
            (
                200,
                format!(
                    "<{action}Response><{action}Result>{INSTANCE}<Marker>x</Marker></{action}Result></{action}Response>"
                ),
            )
        };
        let listed = rds(repeating).await.instances().await;
        assert_eq!(listed.failure.unwrap().reason, GapReason::Malformed);
    }

    #[tokio::test]
    async fn half_a_parameter_group_is_only_a_gap() {
        let whole = rds(|request| page(&request, PARAMETER, "1")).await.parameters("acme".to_owned()).await;
        let whole = lines(whole);
        assert_eq!((whole.len(), &whole[0]["id"]), (1, &"acme".into()));
        assert_eq!(whole[0]["data"]["Parameters"].as_array().unwrap().len(), 2);

        let half = rds(|request| {
            if request.form.contains("Marker") {
                (400, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>".to_owned())
            } else {
                page(&request, PARAMETER, "1")
            }
        });
        let half = lines(half.await.parameters("acme".to_owned()).await);
        assert_eq!((half.len(), &half[0]["kind"], &half[0]["data"]["Target"]), (1, &"gap".into(), &"acme".into()));
        assert_eq!(half[0]["data"]["Reason"], "throttled");
    }

    #[tokio::test]
    async fn snapshot_attributes_come_one_by_one() {
        let result = "<DBClusterSnapshotAttributesResult><DBClusterSnapshotAttributes><DBClusterSnapshotAttribute>\
            <AttributeName>restore</AttributeName><AttributeValues><AttributeValue>all</AttributeValue></AttributeValues>\
            </DBClusterSnapshotAttribute></DBClusterSnapshotAttributes></DBClusterSnapshotAttributesResult>";
        let answers =
            move |request: Request| page(&request, if request.form.contains("good") { result } else { "" }, "0");
        let names = ["good", "bad"].map(|name| (format!("arn:{name}"), name.to_owned()));
        let rds = rds(answers).await;
        let found = each(names, |named| rds.clone().snapshot_attributes(named)).await;
        let found: Vec<_> = lines(found).iter().map(|line| (line["kind"].clone(), line["id"].clone())).collect();
        let gap = "rds:DescribeDBClusterSnapshotAttributes@arn:bad";
        let record = ("rds.db_cluster_snapshot_attributes".into(), "arn:good".into());
        assert_eq!(found, [("gap".into(), gap.into()), record]);
    }

    #[tokio::test]
    async fn proxies_come_with_endpoints_and_targets() {
        let answers = |request: Request| match request.action.as_str() {
            "DescribeDBProxies" => {
                let proxy = |name: &str| {
                    format!("<member><DBProxyName>{name}</DBProxyName><EngineFamily>MYSQL</EngineFamily></member>")
                };
                page(&request, &format!("<DBProxies>{}{}</DBProxies>", proxy("good"), proxy("bad")), "0")
            }
            "DescribeDBProxyEndpoints" => {
                let endpoint = "<member><DBProxyEndpointName>e</DBProxyEndpointName><DBProxyName>good</DBProxyName>\
                    <Endpoint>e.example</Endpoint></member>";
                page(&request, &format!("<DBProxyEndpoints>{endpoint}</DBProxyEndpoints>"), "0")
            }
            _ if request.form.contains("bad") => {
                (403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>".to_owned())
            }
            _ => {
                let target = "<member><Type>TRACKED_CLUSTER</Type><RdsResourceId>shop</RdsResourceId></member>";
                page(&request, &format!("<Targets>{target}</Targets>"), "0")
            }
        };
        let found = rds(answers).await.proxies().await;
        let names: Vec<_> = found.targets.iter().map(|it| (it.name.as_str(), it.family.as_deref())).collect();
        assert_eq!((names, found.endpoints.len()), (vec![("good", Some("MYSQL"))], 1));
        let found: Vec<_> = lines(found.sink).iter().map(|line| (line["kind"].clone(), line["id"].clone())).collect();
        let expected = [
            ("gap", "rds:DescribeDBProxyTargets@bad"),
            ("listing", "rds:DescribeDBProxies/rds.db_proxy"),
            ("listing", "rds:DescribeDBProxyEndpoints/rds.db_proxy_endpoint"),
            ("rds.db_proxy", "bad"),
            ("rds.db_proxy", "good"),
            ("rds.db_proxy_endpoint", "e"),
            ("rds.db_proxy_targets", "good"),
        ];
        assert_eq!(found, expected.map(|(kind, id)| (kind.into(), id.into())));
    }

    #[tokio::test]
    async fn nobody_listens() {
        let listed = Rds::new(&site(towards("http://127.0.0.1:1"))).clusters().await;
        let gap = listed.failure.unwrap();
        assert_eq!(
            (gap.reason, gap.what.as_str(), gap.target),
            (GapReason::Unreachable, "rds:DescribeDBClusters", None)
        );
    }

    #[test]
    fn secrets_are_those_of_aurora_each_once() {
        let cluster = |(engine, secret): (&str, Option<&str>)| {
            let secret = secret.map(|arn| MasterUserSecret::builder().secret_arn(arn).build());
            DbCluster::builder().engine(engine).set_master_user_secret(secret).build()
        };
        let clusters = [
            ("aurora-mysql", Some("b")),
            ("aurora-mysql", Some("b")),
            ("aurora-postgresql", Some("a")),
            ("aurora-mysql", None),
            ("neptune", Some("n")),
        ];
        assert_eq!(secrets_of(&clusters.map(cluster)).into_iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_region_is_in_use_when_anything_of_aurora_is_there_or_nobody_knows() {
        let clusters = |engines: &[&str], failure| Listed {
            action: actions::DESCRIBE_DB_CLUSTERS,
            items: engines.iter().map(|engine| DbCluster::builder().engine(*engine).build()).collect(),
            failure,
        };
        let snapshots = |engines: &[&str], failure| Listed {
            action: actions::DESCRIBE_DB_CLUSTER_SNAPSHOTS,
            items: engines.iter().map(|engine| DbClusterSnapshot::builder().engine(*engine).build()).collect(),
            failure,
        };
        for (engines, fails, expected) in [
            (&[][..], false, false),
            (&["neptune", "docdb"], false, false),
            (&["neptune", "aurora-mysql"], false, true),
            (&["aurora-postgresql"], false, true),
            (&[], true, true),
        ] {
            let failure = || fails.then(|| error::malformed("x", None, "x"));
            assert_eq!(may_have_clusters(&clusters(engines, failure())), expected, "{engines:?}");
            assert_eq!(may_have_snapshots(&snapshots(engines, failure())), expected, "{engines:?}");
        }
    }
}
