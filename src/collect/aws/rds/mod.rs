//! Amazon RDS: clusters and what belongs to them. Of each listing the Aurora engines are kept; Neptune and the other
//! engines of RDS share the API and are only counted.

mod authority;
mod cluster;
mod endpoint;
mod instance;
mod parameter;
mod part;
mod proxy;
mod snapshot;
mod subnet_group;
mod target;

use aws_config::SdkConfig;
use aws_sdk_rds::Client;
use aws_sdk_rds::types::{
    Certificate, DbCluster, DbClusterEndpoint, DbClusterParameterGroup, DbClusterSnapshot, DbInstance, DbProxyEndpoint,
    DbProxyTarget, DbSubnetGroup,
};
use tokio::task::JoinSet;

use super::listing::Listed;
use super::scope::{Gate, Scope};
use super::{actions, error};
use crate::collect::{ClusterTarget, Sink};
use crate::model::Gap;

/// The largest page that RDS grants.
const PAGE: i32 = 100;

/// Lists the clusters of a region.
pub(super) async fn clusters(config: &SdkConfig) -> Listed<DbCluster> {
    let pages = Client::new(config).describe_db_clusters().into_paginator().page_size(PAGE).send();
    Listed::read(actions::DESCRIBE_DB_CLUSTERS, pages, |page| (page.db_clusters, page.marker)).await
}

/// The proxies of a region.
struct Proxies {
    /// What is written down.
    sink: Sink,
    endpoints: Vec<DbProxyEndpoint>,
    targets: Vec<ProxyTargets>,
}

/// What one proxy leads to.
struct ProxyTargets {
    name: String,
    /// `MYSQL` or `POSTGRESQL`.
    family: Option<String>,
    targets: Vec<DbProxyTarget>,
}

/// RDS in one region.
#[derive(Debug, Clone)]
pub(super) struct Rds {
    client: Client,
    scope: Scope,
    gate: Gate,
}

impl Rds {
    /// RDS, with a gate of its own.
    pub fn new(config: &SdkConfig, scope: Scope) -> Self {
        Self { client: Client::new(config), scope, gate: Gate::default() }
    }

    /// Reads what belongs to the clusters, and writes all of it.
    pub async fn collect(self, clusters: Listed<DbCluster>) -> (Sink, Vec<ClusterTarget>) {
        let groups = parameter::groups_in_use(&clusters.items);
        let (
            instances,
            endpoints,
            parameter_groups,
            subnet_groups,
            authorities,
            proxies,
            parameters,
            (snapshots, attributes),
        ) = tokio::join!(
            self.gate.pass(self.instances()),
            self.gate.pass(self.cluster_endpoints()),
            self.gate.pass(self.parameter_groups()),
            self.gate.pass(self.subnet_groups()),
            self.gate.pass(self.authorities()),
            self.proxies(),
            self.each(groups, Self::parameters),
            async {
                let snapshots = self.gate.pass(self.snapshots()).await;
                let attributes = self.each(snapshot::shareable(&snapshots.items), Self::snapshot_attributes).await;
                (snapshots, attributes)
            },
        );
        let mut targets = target::targets(&self.scope, &clusters.items, &instances.items);
        target::add_proxies(&mut targets, &clusters.items, &proxies);
        let mut sink = Sink::default();
        clusters.write(&mut sink, &self.scope, cluster::cluster);
        instances.write(&mut sink, &self.scope, instance::instance);
        endpoints.write(&mut sink, &self.scope, endpoint::endpoint);
        authorities.write(&mut sink, &self.scope, authority::authority);
        sink.absorb(proxies.sink);
        parameter_groups.write(&mut sink, &self.scope, parameter::group);
        subnet_groups.write(&mut sink, &self.scope, subnet_group::subnet_group);
        snapshots.write(&mut sink, &self.scope, snapshot::snapshot);
        sink.absorb(parameters);
        sink.absorb(attributes);
        (sink, targets)
    }

    /// Makes one call for each item, a few at a time.
    async fn each<I, F>(&self, items: impl IntoIterator<Item = I>, call: fn(Self, I) -> F) -> Sink
    where
        I: Send + 'static,
        F: Future<Output = Sink> + Send + 'static,
    {
        let calls = items.into_iter().map(|item| {
            let (gate, call) = (self.gate.clone(), call(self.clone(), item));
            async move { gate.pass(call).await }
        });
        let mut sink = Sink::default();
        for part in calls.collect::<JoinSet<_>>().join_all().await {
            sink.absorb(part);
        }
        sink
    }

    async fn instances(&self) -> Listed<DbInstance> {
        let pages = self.client.describe_db_instances().into_paginator().page_size(PAGE).send();
        Listed::read(actions::DESCRIBE_DB_INSTANCES, pages, |page| (page.db_instances, page.marker)).await
    }

    async fn cluster_endpoints(&self) -> Listed<DbClusterEndpoint> {
        let pages = self.client.describe_db_cluster_endpoints().into_paginator().page_size(PAGE).send();
        Listed::read(actions::DESCRIBE_DB_CLUSTER_ENDPOINTS, pages, |page| (page.db_cluster_endpoints, page.marker))
            .await
    }

    async fn authorities(&self) -> Listed<Certificate> {
        let pages = self.client.describe_certificates().into_paginator().page_size(PAGE).send();
        Listed::read(actions::DESCRIBE_CERTIFICATES, pages, |page| (page.certificates, page.marker)).await
    }

    /// Proxies with their endpoints and targets.
    async fn proxies(&self) -> Proxies {
        let pages = self.client.describe_db_proxies().into_paginator().page_size(PAGE).send();
        let proxies = Listed::read(actions::DESCRIBE_DB_PROXIES, pages, |page| (page.db_proxies, page.marker));
        let pages = self.client.describe_db_proxy_endpoints().into_paginator().page_size(PAGE).send();
        let endpoints =
            Listed::read(actions::DESCRIBE_DB_PROXY_ENDPOINTS, pages, |page| (page.db_proxy_endpoints, page.marker));
        let (proxies, endpoints) = tokio::join!(self.gate.pass(proxies), self.gate.pass(endpoints));
        let mut found = Proxies { sink: Sink::default(), endpoints: endpoints.items.clone(), targets: Vec::new() };
        for name in proxy::names(&proxies.items) {
            let targets = self.gate.pass(self.proxy_targets(&name)).await;
            match targets.failure {
                None => {
                    let data = proxy::targets(&name, &targets.items);
                    found.sink.record(self.scope.pair(), &name, targets.action, &data);
                    let family = proxy::family(&proxies.items, &name);
                    found.targets.push(ProxyTargets { name, family, targets: targets.items });
                }
                Some(gap) => found.sink.gap(self.scope.pair(), &Gap { target: Some(name), ..gap }),
            }
        }
        proxies.write(&mut found.sink, &self.scope, proxy::proxy);
        endpoints.write(&mut found.sink, &self.scope, proxy::endpoint);
        found
    }

    async fn proxy_targets(&self, name: &str) -> Listed<DbProxyTarget> {
        let pages = self.client.describe_db_proxy_targets().db_proxy_name(name).into_paginator().page_size(PAGE).send();
        Listed::read(actions::DESCRIBE_DB_PROXY_TARGETS, pages, |page| (page.targets, page.marker)).await
    }

    async fn parameter_groups(&self) -> Listed<DbClusterParameterGroup> {
        let pages = self.client.describe_db_cluster_parameter_groups().into_paginator().page_size(PAGE).send();
        Listed::read(actions::DESCRIBE_DB_CLUSTER_PARAMETER_GROUPS, pages, |page| {
            (page.db_cluster_parameter_groups, page.marker)
        })
        .await
    }

    async fn subnet_groups(&self) -> Listed<DbSubnetGroup> {
        let pages = self.client.describe_db_subnet_groups().into_paginator().page_size(PAGE).send();
        Listed::read(actions::DESCRIBE_DB_SUBNET_GROUPS, pages, |page| (page.db_subnet_groups, page.marker)).await
    }

    /// The account's own snapshots, manual and automated.
    async fn snapshots(&self) -> Listed<DbClusterSnapshot> {
        let pages = self.client.describe_db_cluster_snapshots().into_paginator().page_size(PAGE).send();
        Listed::read(actions::DESCRIBE_DB_CLUSTER_SNAPSHOTS, pages, |page| (page.db_cluster_snapshots, page.marker))
            .await
    }

    /// The parameters of one group. Half a list would read as a whole one, so that a failed page leaves the gap alone.
    async fn parameters(self, group: String) -> Sink {
        let call = self.client.describe_db_cluster_parameters().db_cluster_parameter_group_name(&group);
        let pages = call.into_paginator().page_size(PAGE).send();
        let action = actions::DESCRIBE_DB_CLUSTER_PARAMETERS;
        let listed = Listed::read(action, pages, |page| (page.parameters, page.marker)).await;
        let mut sink = Sink::default();
        match listed.failure {
            None => sink.record(self.scope.pair(), &group, action, &parameter::parameters(&group, listed.items)),
            Some(gap) => sink.gap(self.scope.pair(), &Gap { target: Some(group), ..gap }),
        }
        sink
    }

    /// Who may restore one snapshot.
    async fn snapshot_attributes(self, (arn, name): (String, String)) -> Sink {
        let call = self.client.describe_db_cluster_snapshot_attributes().db_cluster_snapshot_identifier(name);
        let action = actions::DESCRIBE_DB_CLUSTER_SNAPSHOT_ATTRIBUTES;
        let mut sink = Sink::default();
        match call.send().await {
            Ok(answer) => match answer.db_cluster_snapshot_attributes_result {
                Some(result) => sink.record(self.scope.pair(), arn, action, &snapshot::attributes(result)),
                None => sink.gap(self.scope.pair(), &error::malformed(action, Some(&arn), "the answer is empty")),
            },
            Err(failed) => sink.gap(self.scope.pair(), &error::gap(action, Some(&arn), &failed)),
        }
        sink
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::aws::testing::{Answer, Request, lines, serve, towards};
    use crate::model::GapReason;

    async fn rds(answers: impl Fn(Request) -> Answer + Send + Sync + 'static) -> Rds {
        Rds::new(&serve(answers).await, Scope::new("123456789012", "eu-west-1"))
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
        let found = rds(answers).await.each(names, Rds::snapshot_attributes).await;
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
        let listed = clusters(&towards("http://127.0.0.1:1")).await;
        let gap = listed.failure.unwrap();
        assert_eq!(
            (gap.reason, gap.what.as_str(), gap.target),
            (GapReason::Unreachable, "rds:DescribeDBClusters", None)
        );
    }
}
