//! Principals of a small account, with one thing after the other changed in it.

use super::*;
use crate::facts::Facts;
use crate::snapshot::read_texts;

const ORDERS: &str = include_str!("../../../fixtures/iam/orders.jsonl");
const ORGANIZATION: &str = include_str!("../../../fixtures/iam/organization.jsonl");

fn all(texts: &[&str]) -> Vec<Arc<Principal>> {
    let named: Vec<_> = texts.iter().map(|text| ("x.jsonl".into(), (*text).to_owned())).collect();
    let facts = Facts::new(&read_texts(&named).unwrap());
    facts.account_access().iter().flat_map(|access| principals(access).present).collect()
}

fn named(texts: &[&str], name: &str) -> Arc<Principal> {
    let found: Vec<_> = all(texts).into_iter().filter(|it| it.name() == name).collect();
    let [one] = &*found else { panic!("{name}: {found:?}") };
    Arc::clone(one)
}

const SSO: &str = "AWSReservedSSO_DataTeam_0123456789abcdef";

/// A list, or `unknown`.
fn list(fact: &Fact<Vec<String>>) -> Vec<String> {
    fact.known().cloned().unwrap_or_else(|| vec!["unknown".into()])
}

fn logins(principal: &Principal) -> Vec<String> {
    let Fact::Known(connections) = principal.connections() else { return vec!["unknown".into()] };
    let text = |it: &Arc<Connection>| {
        let allowed = it.allowed.value.known().map_or("?", |allowed| if *allowed { "" } else { "!" });
        let proxy = it.proxy.known().map_or_else(String::new, |proxy| format!(" at {proxy}"));
        format!("{}{allowed}{proxy}", it.user)
    };
    connections.iter().map(text).collect()
}

#[test]
fn who_logs_in_as_whom() {
    for (name, as_whom, as_administrator) in [
        ("app", vec!["orders_app"], vec!["unknown"]),
        ("batch", vec!["*"], vec!["unknown"]),
        ("ann", vec!["orders_admin"], vec!["orders as orders_admin"]),
        ("bob", vec![], vec![]),
        ("carol", vec![], vec![]),
        ("dave", vec![], vec![]),
    ] {
        let principal = named(&[ORDERS], name);
        let mut found = logins(&principal);
        found.retain(|it| as_whom.contains(&it.as_str()) || it.contains(['?', '!']) || as_whom.is_empty());
        assert_eq!(found, as_whom, "{name}");
        assert_eq!(list(&principal.admin_logins().value), as_administrator, "{name}");
    }
}

#[test]
fn a_role_of_identity_center_says_that_nobody_looked_behind_it() {
    let role = named(&[ORDERS], SSO);
    assert_eq!(role.permission_set(), &Fact::Known("DataTeam".to_owned()));
    assert!(role.who().ends_with(" (permission set DataTeam: people behind this role not assessed)"), "{}", role.who());
    assert_eq!(named(&[ORDERS], "app").who(), "arn:aws:iam::111122223333:role/app");
}

#[test]
fn control_policies_of_another_file_decide() {
    let both = [ORDERS, ORGANIZATION];
    for (name, alone, with_organization) in [
        ("ann", vec!["orders as orders_admin"], vec!["orders as orders_admin"]),
        (SSO, vec!["orders as orders_admin"], vec!["unknown"]),
    ] {
        assert_eq!(list(&named(&[ORDERS], name).admin_logins().value), alone, "{name}");
        assert_eq!(list(&named(&both, name).admin_logins().value), with_organization, "{name}");
    }
    let members: BTreeSet<_> = all(&both).iter().map(|it| it.of.access.account.id.clone()).collect();
    assert_eq!(members, BTreeSet::from(["111122223333".to_owned()]), "the reader of the organisation is no target");
}

/// The account with a proxy before its cluster.
fn behind_a_proxy(listed: bool) -> String {
    let record = |kind: &str, id: &str, source: &str, data: &str| {
        format!(
            r#"{{"kind":"{kind}","id":"{id}","account":"111122223333","region":"eu-west-1","source":"rds:{source}","at":"2026-11-21T09:00:00Z","data":{data}}}"#
        )
    };
    let listing = ORDERS.lines().find(|line| line.contains("rds:DescribeDBProxies/")).unwrap();
    let mut lines: Vec<String> = ORDERS.lines().filter(|line| *line != listing).map(str::to_owned).collect();
    if listed {
        let proxy = r#"{"DBProxyName":"front","DBProxyArn":"arn:aws:rds:eu-west-1:111122223333:db-proxy:prx-0123","EngineFamily":"MYSQL"}"#;
        let targets = r#"{"DBProxyName":"front","Targets":[{"Type":"TRACKED_CLUSTER","TrackedClusterId":null,"RdsResourceId":"orders"}]}"#;
        lines.push(listing.replace(r#""Returned":0,"Kept":0"#, r#""Returned":1,"Kept":1"#));
        lines.push(record("rds.db_proxy", "front", "DescribeDBProxies", proxy));
        lines.push(record("rds.db_proxy_targets", "front", "DescribeDBProxyTargets", targets));
    }
    // The trailer is the last line, and a file with other lines before it is read as far as it goes.
    let trailer = lines.iter().position(|line| line.contains(r#""kind":"trailer""#)).unwrap();
    lines.remove(trailer);
    lines.join("\n") + "\n"
}

#[test]
fn a_proxy_is_a_door_of_its_own() {
    let id = ORDERS.split(r#""DbClusterResourceId":""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let to_proxy = |text: &str| text.replace(&format!("dbuser:{id}/orders_app"), "dbuser:prx-0123/orders_app");
    for (text, expected) in [
        (behind_a_proxy(true), vec!["orders_app"]),
        (to_proxy(&behind_a_proxy(true)), vec!["orders_app at front"]),
        (to_proxy(&behind_a_proxy(false)), vec!["*?"]),
        (behind_a_proxy(false), vec!["orders_app"]),
    ] {
        assert_eq!(logins(&named(&[&text], "app")), expected);
    }
    let dead = |text: &str| list(&named(&[text], "app").dead_connects().value);
    assert_eq!(dead(&to_proxy(&behind_a_proxy(true))), [""; 0]);
    assert_eq!(dead(&to_proxy(&behind_a_proxy(false))), ["unknown"]);
}

/// The account with another policy in the role `app`, as far as its file goes.
fn with_policy(document: &serde_json::Value) -> String {
    let change = |line: &str| {
        let mut record: serde_json::Value = serde_json::from_str(line).unwrap();
        if record["data"]["RoleName"] == "app" {
            record["data"]["RolePolicyList"][0]["PolicyDocument"] = document.clone();
        }
        record.to_string()
    };
    let lines: Vec<_> = ORDERS.lines().filter(|line| !line.contains(r#""kind":"trailer""#)).map(change).collect();
    lines.join("\n") + "\n"
}

#[test]
fn what_cannot_be_read_of_a_policy_leaves_logins_open() {
    use serde_json::json;
    let ours = "arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ/orders_app";
    let statement = |condition: serde_json::Value| json!({"Effect": "Allow", "Action": "rds-db:connect", "Resource": ours, "Condition": condition});
    let good = statement(json!({}));
    let document = |statements: serde_json::Value| json!({"Version": "2012-10-17", "Statement": statements});
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    for (document, expected) in [
        (document(good.clone()), vec!["orders_app"]),
        (json!("%7B%FF%7D"), vec!["orders_admin?", "*?"]),
        (json!(deep), vec!["orders_admin?", "*?"]),
        (document(json!([good, statement(json!({"StringEqualz": {"aws:username": "x"}}))])), vec!["orders_app"]),
        (document(statement(json!({"StringEqualz": {"aws:username": "x"}}))), vec!["orders_app?"]),
        (document(statement(json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}))), vec![]),
        (document(statement(json!({"DateLessThan": {"aws:CurrentTime": "never"}}))), vec!["orders_app?"]),
    ] {
        assert_eq!(logins(&named(&[&with_policy(&document)], "app")), expected, "{document}");
    }
}
