//! What the AWS CLI cannot ask: handshakes with the endpoints of the clusters that it names, and logins to their databases. They are
//! left out by choice, as `--collectors aws` leaves them out.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::table::{beside, text};
use crate::collect::Sink;
use crate::model::{Gap, GapReason};

/// Writes a gap for each handshake and each login of a region.
pub(super) fn write(folder: &Path, scope: (&str, &str), sink: &mut Sink) {
    let all = beside(folder, "rds.DescribeDBClusters.json", "DBClusters");
    let clusters: Vec<&Value> = all.iter().filter(|cluster| text(cluster, "Engine").starts_with("aurora")).collect();
    for address in addresses(folder, &clusters) {
        sink.gap(scope, &unasked("tls:handshake", address));
    }
    for cluster in clusters {
        sink.gap(scope, &unasked("mysql:login", text(cluster, "DBClusterArn").to_owned()));
    }
}

/// The endpoints of clusters, of their instances, and of proxies.
fn addresses(folder: &Path, clusters: &[&Value]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |host: &str, port: &Value| {
        if let (false, Some(port)) = (host.is_empty(), port.as_u64()) {
            found.insert(format!("{host}:{port}"));
        }
    };
    for cluster in clusters {
        let custom = cluster.get("CustomEndpoints").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let named = [text(cluster, "Endpoint"), text(cluster, "ReaderEndpoint")];
        for host in named.into_iter().chain(custom.iter().filter_map(Value::as_str)) {
            add(host, cluster.get("Port").unwrap_or(&Value::Null));
        }
    }
    let names: BTreeSet<_> = clusters.iter().map(|cluster| text(cluster, "DBClusterIdentifier")).collect();
    for instance in beside(folder, "rds.DescribeDBInstances.json", "DBInstances") {
        if let Some(endpoint) =
            instance.get("Endpoint").filter(|_| names.contains(text(&instance, "DBClusterIdentifier")))
        {
            add(text(endpoint, "Address"), endpoint.get("Port").unwrap_or(&Value::Null));
        }
    }
    let endpoints = beside(folder, "rds.DescribeDBProxyEndpoints.json", "DBProxyEndpoints");
    for proxy in beside(folder, "rds.DescribeDBProxies.json", "DBProxies") {
        let port = match text(&proxy, "EngineFamily") {
            "MYSQL" => 3306,
            "POSTGRESQL" => 5432,
            _ => continue,
        };
        let own = endpoints.iter().filter(|it| text(it, "DBProxyName") == text(&proxy, "DBProxyName"));
        own.for_each(|it| add(text(it, "Endpoint"), &Value::from(port)));
    }
    found
}

fn unasked(what: &str, target: String) -> Gap {
    Gap {
        what: what.to_owned(),
        target: Some(target),
        reason: GapReason::NotRequested,
        needs: None,
        message: "the AWS CLI does not ask it".into(),
        at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{drafts, folder};

    #[test]
    fn what_nobody_could_ask_is_left_out_by_choice() {
        let clusters = r#"{"DBClusters": [
            {"DBClusterIdentifier": "a", "DBClusterArn": "arn:a", "Engine": "aurora-mysql", "Endpoint": "w", "ReaderEndpoint": "r",
             "CustomEndpoints": ["c"], "Port": 3307},
            {"DBClusterIdentifier": "n", "DBClusterArn": "arn:n", "Engine": "neptune", "Endpoint": "x", "Port": 8182}]}"#;
        let instances = r#"{"DBInstances": [
            {"DBInstanceIdentifier": "a-1", "DBClusterIdentifier": "a", "Engine": "aurora-mysql", "Endpoint": {"Address": "i", "Port": 3306}},
            {"DBInstanceIdentifier": "a-2", "DBClusterIdentifier": "a", "Engine": "aurora-mysql"},
            {"DBInstanceIdentifier": "m", "Engine": "mysql", "Endpoint": {"Address": "m", "Port": 3306}}]}"#;
        let proxies = r#"{"DBProxies": [{"DBProxyName": "p", "EngineFamily": "MYSQL"}, {"DBProxyName": "q", "EngineFamily": "SQLSERVER"}]}"#;
        let endpoints =
            r#"{"DBProxyEndpoints": [{"DBProxyName": "p", "Endpoint": "pe"}, {"DBProxyName": "q", "Endpoint": "qe"}]}"#;
        let found = drafts(&folder(&[
            ("123456789012/eu-west-1/rds.DescribeDBClusters.json", clusters),
            ("123456789012/eu-west-1/rds.DescribeDBInstances.json", instances),
            ("123456789012/eu-west-1/rds.DescribeDBProxies.json", proxies),
            ("123456789012/eu-west-1/rds.DescribeDBProxyEndpoints.json", endpoints),
        ]));
        let has = |what: &str, target: &str| {
            let words = format!(r#""What":"{what}","Target":"{target}","Reason":"not_requested""#);
            found.iter().any(|draft| draft.contains(&words))
        };
        for (what, target, there) in [
            ("tls:handshake", "w:3307", true),
            ("tls:handshake", "r:3307", true),
            ("tls:handshake", "c:3307", true),
            ("tls:handshake", "i:3306", true),
            ("tls:handshake", "pe:3306", true),
            ("mysql:login", "arn:a", true),
            ("tls:handshake", "x:8182", false),
            ("tls:handshake", "m:3306", false),
            ("tls:handshake", "qe:3306", false),
            ("mysql:login", "arn:n", false),
        ] {
            assert_eq!(has(what, target), there, "{what} {target}: {found:?}");
        }
    }
}
