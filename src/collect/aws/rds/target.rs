//! What the database and TLS collectors are told to connect to.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types::{DbCluster, DbInstance, DbProxyEndpoint, Tag};

use super::proxies::{Proxies, ProxyTargets};
use super::{cluster, part, proxy};
use crate::collect::aws::scope::Scope;
use crate::collect::{ClusterTarget, EndpointRole, EndpointTarget};
use crate::snapshot::schema::rds::Engine;

/// The Aurora clusters with their endpoints.
pub(super) fn targets(scope: &Scope, clusters: &[DbCluster], instances: &[DbInstance]) -> Vec<ClusterTarget> {
    clusters.iter().filter_map(|cluster| target(scope, cluster, instances)).collect()
}

fn target(scope: &Scope, cluster: &DbCluster, instances: &[DbInstance]) -> Option<ClusterTarget> {
    let engine = part::engine_of(cluster.engine()?);
    if matches!(engine, Engine::Other(_)) {
        return None;
    }
    let mut endpoints = cluster_endpoints(cluster);
    endpoints.extend(instance_endpoints(cluster.db_cluster_identifier()?, instances));
    Some(ClusterTarget {
        account: scope.account.clone(),
        region: scope.region.clone(),
        arn: cluster::id(cluster),
        engine,
        endpoints,
        tags: cluster.tag_list().iter().filter_map(tag).collect(),
        master_secret: cluster.master_user_secret().and_then(|secret| secret.secret_arn.clone()),
    })
}

fn tag(tag: &Tag) -> Option<(String, String)> {
    Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()))
}

/// Writer, reader, custom; each on the cluster's port.
fn cluster_endpoints(cluster: &DbCluster) -> Vec<EndpointTarget> {
    let writer = cluster.endpoint().map(|host| (host, EndpointRole::Writer));
    let reader = cluster.reader_endpoint().map(|host| (host, EndpointRole::Reader));
    let custom = cluster.custom_endpoints().iter().map(|host| (host.as_str(), EndpointRole::Custom));
    let named = writer.into_iter().chain(reader).chain(custom);
    named.filter_map(|(host, role)| endpoint(host, cluster.port(), role)).collect()
}

/// The instances of a cluster by name, each on its own port.
fn instance_endpoints(cluster: &str, instances: &[DbInstance]) -> Vec<EndpointTarget> {
    let mut members: Vec<_> =
        instances.iter().filter(|instance| instance.db_cluster_identifier() == Some(cluster)).collect();
    members.sort_by_key(|instance| instance.db_instance_identifier());
    let endpoints = members.into_iter().filter_map(DbInstance::endpoint);
    endpoints.filter_map(|named| endpoint(named.address()?, named.port(), EndpointRole::Instance)).collect()
}

/// Adds the endpoints of proxies to the clusters that they lead to.
pub(super) fn add_proxies(found: &mut [ClusterTarget], clusters: &[DbCluster], proxies: &Proxies) {
    let arns: BTreeMap<&str, String> =
        clusters.iter().filter_map(|it| Some((it.db_cluster_identifier()?, cluster::id(it)))).collect();
    for proxy in &proxies.targets {
        let endpoints = proxy_endpoints(proxy, &proxies.endpoints);
        for name in proxy::clusters(&proxy.targets) {
            let arn = arns.get(name.as_str());
            for target in found.iter_mut().filter(|target| Some(&target.arn) == arn) {
                target.endpoints.extend(endpoints.iter().cloned());
            }
        }
    }
}

/// The endpoints of a proxy, by host name. RDS Proxy listens on the default port of its protocol, whatever the cluster's is.
fn proxy_endpoints(proxy: &ProxyTargets, all: &[DbProxyEndpoint]) -> Vec<EndpointTarget> {
    let port = match proxy.family.as_deref() {
        Some("MYSQL") => 3306,
        Some("POSTGRESQL") => 5432,
        _ => return Vec::new(),
    };
    let own = all.iter().filter(|it| it.db_proxy_name() == Some(proxy.name.as_str()));
    let hosts: BTreeSet<&str> = own.filter_map(DbProxyEndpoint::endpoint).collect();
    hosts.into_iter().filter_map(|host| endpoint(host, Some(port), EndpointRole::Proxy)).collect()
}

fn endpoint(host: &str, port: Option<i32>, role: EndpointRole) -> Option<EndpointTarget> {
    Some(EndpointTarget { host: host.to_owned(), port: u16::try_from(port?).ok()?, role })
}

#[cfg(test)]
mod tests {
    use EndpointRole::{Custom, Instance, Reader, Writer};
    use aws_sdk_rds::types::builders::DbClusterBuilder;
    use aws_sdk_rds::types::{DbProxyTarget, Endpoint};

    use super::*;
    use crate::collect::Sink;

    fn orders() -> DbClusterBuilder {
        DbCluster::builder().db_cluster_identifier("orders").db_cluster_arn("arn:orders").engine("aurora-mysql")
    }

    fn instance(name: &str, cluster: &str, port: i32) -> DbInstance {
        DbInstance::builder()
            .db_instance_identifier(name)
            .db_cluster_identifier(cluster)
            .endpoint(Endpoint::builder().address(format!("{name}.example")).port(port).build())
            .build()
    }

    fn of(cluster: DbCluster, instances: &[DbInstance]) -> Vec<ClusterTarget> {
        targets(&Scope::new("123456789012", "eu-west-1"), &[cluster], instances)
    }

    #[test]
    fn endpoints_have_their_order_and_ports() {
        let cluster =
            orders().port(13306).endpoint("w").reader_endpoint("r").custom_endpoints("c1").custom_endpoints("c2");
        let instances =
            [instance("orders-2", "orders", 3306), instance("shop-1", "shop", 1), instance("orders-1", "orders", 3307)];
        let found = of(cluster.build(), &instances);
        assert_eq!((found.len(), found[0].arn.as_str(), &found[0].engine), (1, "arn:orders", &Engine::AuroraMysql));
        let endpoints: Vec<_> = found[0].endpoints.iter().map(|at| (at.address(), at.role)).collect();
        let expected = [
            ("w:13306", Writer),
            ("r:13306", Reader),
            ("c1:13306", Custom),
            ("c2:13306", Custom),
            ("orders-1.example:3307", Instance),
            ("orders-2.example:3306", Instance),
        ];
        assert_eq!(endpoints, expected.map(|(address, role)| (address.to_owned(), role)));
    }

    #[test]
    fn what_chooses_a_login_comes_with_the_cluster() {
        use aws_sdk_rds::types::MasterUserSecret;
        let secret = MasterUserSecret::builder().secret_arn("arn:s").build();
        let tag = |key: &str, value: Option<&str>| Tag::builder().key(key).set_value(value.map(str::to_owned)).build();
        let cluster =
            orders().master_user_secret(secret).tag_list(tag("team", Some("shop"))).tag_list(tag("audit", None));
        let found = &of(cluster.build(), &[])[0];
        assert_eq!(found.master_secret.as_deref(), Some("arn:s"));
        let tags: Vec<_> = found.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(tags, [("audit", ""), ("team", "shop")]);
        assert_eq!(of(orders().build(), &[])[0].master_secret, None);
    }

    #[test]
    fn what_has_no_address_is_no_endpoint() {
        for (cluster, instance) in [
            (orders().endpoint("w").build(), instance("orders-1", "shop", 3306)),
            (orders().endpoint("w").port(70_000).build(), instance("orders-1", "orders", -1)),
            (orders().port(3306).build(), DbInstance::builder().db_cluster_identifier("orders").build()),
        ] {
            assert_eq!(of(cluster, &[instance])[0].endpoints, []);
        }
    }

    #[test]
    fn proxies_are_probed_where_their_cluster_is_known() {
        let clusters = [orders().port(13306).build()];
        let endpoint = |proxy: &str, host: &str| DbProxyEndpoint::builder().db_proxy_name(proxy).endpoint(host).build();
        let to = |cluster: &str| DbProxyTarget::builder().tracked_cluster_id(cluster).build();
        let of = |name: &str, family: &str, cluster: &str| ProxyTargets {
            name: name.to_owned(),
            family: Some(family.to_owned()),
            targets: vec![to(cluster), to(cluster)],
        };
        let proxies = Proxies {
            sink: Sink::default(),
            endpoints: vec![endpoint("a", "a2.example"), endpoint("a", "a1.example"), endpoint("b", "b.example")],
            secrets: BTreeSet::new(),
            targets: vec![of("a", "MYSQL", "orders"), of("b", "MYSQL", "gone"), of("c", "SQLSERVER", "orders")],
        };
        let mut found = targets(&Scope::new("123456789012", "eu-west-1"), &clusters, &[]);
        add_proxies(&mut found, &clusters, &proxies);
        let endpoints: Vec<_> = found[0].endpoints.iter().map(|at| (at.address(), at.role)).collect();
        let expected = ["a1.example:3306", "a2.example:3306"].map(|at| (at.to_owned(), EndpointRole::Proxy));
        assert_eq!(endpoints, expected);
    }

    #[test]
    fn other_engines_are_no_targets() {
        assert_eq!(of(orders().engine("neptune").build(), &[]), []);
    }
}
