//! Each check on a policy that it is about, and none on policies that are in order.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::facts::iam::grammar::Kind;

fn found(statements: &Value) -> Vec<&'static str> {
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    ids(&text)
}

fn ids(text: &str) -> Vec<&'static str> {
    lint(&Document::parse(text, Kind::Identity).unwrap()).iter().map(|it| it.check.id()).collect()
}

const CLUSTER: &str = "arn:aws:rds:eu-west-1:123456789012:cluster:orders";

#[test]
fn actions_and_resources() {
    for (action, resource, expected) in [
        (json!("rds:StopDBCluster"), json!(CLUSTER), vec![]),
        (json!("rds"), json!(CLUSTER), vec!["invalid-action"]),
        (json!("rds*:Stop*"), json!(CLUSTER), vec!["invalid-action"]),
        (json!("rds:StopCluster"), json!(CLUSTER), vec!["unknown-action"]),
        (json!("rds-db:Login"), json!("*"), vec!["unknown-action"]),
        (json!("rds:DescribeDBEngineVersions"), json!(CLUSTER), vec!["action-resource-mismatch"]),
        (
            json!(["rds:DescribeDBEngineVersions", "rds:StopDBCluster"]),
            json!(CLUSTER),
            vec!["action-resource-mismatch"],
        ),
        (json!("rds:Describe*"), json!(CLUSTER), vec![]),
        (
            json!("rds:StopDBCluster"),
            json!("arn:aws:rds:eu-west-1:1:cluster/orders"),
            vec!["action-resource-mismatch", "unknown-resource-type"],
        ),
        (
            json!("rds:StopDBCluster"),
            json!("arn:aws:rds:eu-west-1:1:dbuser:x/y"),
            vec!["action-resource-mismatch", "unknown-resource-type"],
        ),
        (json!("rds:StopDBCluster"), json!("arn:aws:rds:eu-west-1:1:cluster:Orders"), vec!["uppercase-name"]),
        (
            json!("rds:DeleteGlobalCluster"),
            json!("arn:aws:rds:eu-west-1:1:global-cluster:g"),
            vec!["action-resource-mismatch", "region-of-global-cluster"],
        ),
        (json!("rds:DeleteGlobalCluster"), json!("arn:aws:rds::1:global-cluster:g"), vec![]),
        (json!("rds-db:connect"), json!("arn:aws:rds-db:eu-west-1:1:dbuser:cluster-ABC/app"), vec![]),
        (json!("rds-db:connect"), json!("arn:aws:rds-db:eu-west-1:1:dbuser:orders/app"), vec!["friendly-name"]),
        (
            json!("rds-db:connect"),
            json!("arn:aws:rds-db:eu-west-1:1:db-user:cluster-ABC/app"),
            vec!["action-resource-mismatch", "unknown-resource-type"],
        ),
        (
            json!("rds-db:connect"),
            json!("arn:aws:rds-db:eu-west-1:1:dbuser:cluster-ABC/*"),
            vec!["every-database-user"],
        ),
        (json!("rds-db:connect"), json!("arn:aws:rds-db:eu-west-1:1:dbuser:*/app"), vec!["every-database-user"]),
        (
            json!("rds-db:connect"),
            json!("arn:aws:rds-db:eu-west-1:1:dbuser:cluster-ABC/admin"),
            vec!["admin-database-user"],
        ),
        (json!("rds:StopDBCluster"), json!("arn:aws:rds:*:1:cluster:x"), vec![]),
        (json!("rds:StopDBCluster"), json!("arn:aws:rds::1:cluster:x"), vec!["region-missing"]),
        (json!("rds:*"), json!("*"), vec!["every-database"]),
        (json!("rds:Modify*"), json!("arn:aws:rds:*:*:*"), vec!["every-database"]),
        (json!("*"), json!("*"), vec!["every-action"]),
        (json!("*:*"), json!("*"), vec!["every-action"]),
        (json!("iam:PassRole"), json!("*"), vec!["pass-any-role"]),
        (json!("iam:PassRole"), json!("arn:aws:iam::1:role/monitoring"), vec![]),
        (json!("s3:*"), json!("*"), vec![]),
        (json!(["rds:Stop*", "rds:StopDBCluster"]), json!(CLUSTER), vec!["redundant-action"]),
        (json!("rds:StopDBCluster"), json!([CLUSTER, "arn:aws:rds:*:*:cluster:*"]), vec!["redundant-resource"]),
        (json!("rds:${aws:username}"), json!(CLUSTER), vec!["misplaced-variable"]),
        (
            json!("rds:StopDBCluster"),
            json!("arn:aws:rds:${aws:RequestedRegion}:1:cluster:x"),
            vec!["misplaced-variable"],
        ),
    ] {
        let mut ids = found(&json!({"Effect": "Allow", "Action": action, "Resource": resource}));
        ids.sort_unstable();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(ids, expected, "{action} on {resource}");
    }
}

#[test]
fn conditions() {
    for (effect, action, condition, expected) in [
        ("Allow", "rds:StopDBCluster", json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), vec![]),
        (
            "Deny",
            "rds:StopDBCluster",
            json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
            vec!["mfa-deny-escaped"],
        ),
        ("Deny", "rds:StopDBCluster", json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}), vec![]),
        (
            "Allow",
            "rds:StopDBCluster",
            json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}),
            vec!["if-exists-allows"],
        ),
        ("Allow", "rds:StopDBCluster", json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), vec!["private-source-ip"]),
        ("Allow", "rds:StopDBCluster", json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), vec![]),
        ("Allow", "rds:StopDBCluster", json!({"StringEquals": {"aws:SourceIp": "203.0.113.7"}}), vec!["operator-type"]),
        (
            "Allow",
            "rds:StopDBCluster",
            json!({"StringEquals": {"aws:ResourceTag/team": "a*"}}),
            vec!["wildcard-without-like"],
        ),
        ("Allow", "rds:StopDBCluster", json!({"StringEquals": {"aws:ResourceTag/team": "${*}"}}), vec![]),
        (
            "Allow",
            "rds:StopDBCluster",
            json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/x*"}}),
            vec!["arn-as-string"],
        ),
        ("Allow", "rds:AddTagsToResource", json!({"StringEquals": {"aws:TagKeys": "a"}}), vec!["missing-set-operator"]),
        (
            "Allow",
            "rds:AddTagsToResource",
            json!({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}),
            vec!["for-all-values-unguarded"],
        ),
        (
            "Allow",
            "rds:AddTagsToResource",
            json!({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "Null": {"aws:TagKeys": "false"}}),
            vec![],
        ),
        (
            "Deny",
            "rds:ModifyDBInstance",
            json!({"Bool": {"rds:PubliclyAccessible": "true"}}),
            vec!["unknown-condition-key"],
        ),
        ("Deny", "rds:CreateDBInstance", json!({"Bool": {"rds:PubliclyAccessible": "true"}}), vec![]),
        ("Allow", "rds:StopDBCluster", json!({"StringEquals": {"rds:cluster-tag/team": "a"}}), vec![]),
        (
            "Allow",
            "rds-db:connect",
            json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
            vec!["login-without-key"],
        ),
        ("Allow", "rds:StopDBCluster", json!({"StringEquals": {"aws:ResourceTag/team": []}}), vec!["empty-condition"]),
        ("Allow", "rds:StopDBCluster", json!({"StringEqual": {"aws:ResourceTag/team": "a"}}), vec!["unreadable"]),
    ] {
        let resource = if action == "rds-db:connect" {
            "arn:aws:rds-db:eu-west-1:1:dbuser:cluster-A/app"
        } else {
            "arn:aws:rds:*:*:*:orders"
        };
        let ids = found(&json!({"Effect": effect, "Action": action, "Resource": resource, "Condition": condition}));
        assert_eq!(ids, expected, "{effect} {action} {condition}");
    }
}

#[test]
fn documents_and_negations() {
    let tags = json!([
        {"Effect": "Allow", "Action": "rds:StopDBCluster", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}}},
        {"Effect": "Allow", "Action": "rds:AddTagsToResource", "Resource": "*"},
    ]);
    let twice = json!([
        {"Sid": "A", "Effect": "Allow", "Action": "rds:StopDBCluster", "Resource": CLUSTER},
        {"Sid": "A", "Effect": "Allow", "Action": "rds:StartDBCluster", "Resource": CLUSTER},
    ]);
    let copies = |allow: &str, deny: Value, of: &str| {
        json!([
            {"Effect": "Allow", "Action": ["rds:ModifyDBCluster", allow], "Resource": "arn:aws:rds:*:*:*"},
            {"Effect": "Deny", "Action": deny, "Resource": of},
        ])
    };
    let (modify, both) = (json!("rds:ModifyDBCluster"), json!(["rds:ModifyDBCluster", "rds:Restore*"]));
    let (prod, all) = ("arn:aws:rds:*:*:cluster:prod-*", "arn:aws:rds:*:*:cluster:*");
    let same = json!([
        {"Sid": "A", "Effect": "Allow", "Action": ["rds:StopDBCluster", "rds:StartDBCluster"], "Resource": CLUSTER},
        {"Sid": "B", "Effect": "Allow", "Action": ["rds:startdbcluster", "rds:StopDBCluster"], "Resource": CLUSTER},
    ]);
    for (statements, expected) in [
        (copies("rds:RestoreDBClusterFromSnapshot", modify.clone(), prod), vec!["deny-escaped-by-copy"]),
        (copies("rds:RestoreDBClusterFromSnapshot", modify.clone(), all), vec![]),
        (copies("rds:RestoreDBClusterFromSnapshot", both, prod), vec![]),
        (copies("rds:StopDBCluster", modify, prod), vec![]),
        (same, vec!["redundant-statement"]),
        (json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), vec!["allow-not-action"]),
        (json!({"Effect": "Allow", "Action": "rds:StopDBCluster", "NotResource": CLUSTER}), vec!["allow-not-resource"]),
        (json!({"Effect": "Deny", "NotAction": "iam:*", "NotResource": CLUSTER}), vec![]),
        (tags, vec!["tags-set-by-holder"]),
        (twice, vec!["duplicate-sid"]),
    ] {
        assert_eq!(found(&statements), expected, "{statements}");
    }
    let statement = json!({"Effect": "Allow", "Action": "rds:StopDBCluster", "Resource": "arn:aws:rds:*:*:cluster:${aws:username}"});
    for (document, expected) in [
        (json!({"Statement": statement}), vec!["old-version", "variable-without-version"]),
        (json!({"Version": "2008-10-17", "Statement": statement}), vec!["old-version", "variable-without-version"]),
        (json!({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}), vec![]),
    ] {
        assert_eq!(ids(&document.to_string()), expected, "{document}");
    }
    let many: Vec<_> = (0..600).map(|index| format!("arn:aws:rds:*:*:cluster:c{index}")).collect();
    assert_eq!(found(&json!({"Effect": "Allow", "Action": "rds:StopDBCluster", "Resource": many})), ["near-quota"]);
}

#[test]
fn findings_have_lines() {
    let text = "{\n \"Version\": \"2012-10-17\",\n \"Statement\": [{\n  \"Sid\": \"Stop\",\n  \"Effect\": \"Deny\",\n  \"Action\": \"rds:StopCluster\",\n  \"Resource\": \"*\"\n }]\n}";
    let findings = lint(&Document::parse(text, Kind::Identity).unwrap());
    let [finding] = &*findings else { panic!("{findings:?}") };
    assert_eq!(
        (finding.line, finding.column, finding.statement, finding.sid.as_deref()),
        (6, 13, Some(0), Some("Stop"))
    );
    assert_eq!(
        (finding.severity, finding.message.as_str()),
        (Severity::High, "`rds:StopCluster` covers no action that the service has")
    );
}

proptest! {
    #[test]
    fn never_panics(action in "(rds|rds-db|\\*|iam)?:?[A-Za-z*?$ {}]{0,12}", resource in "(arn:aws:rds:)?[a-z:*?/${}A-Z-]{0,20}", key in "(aws:SourceIp|rds:Vpc|[a-z:$]{0,8})", value in "\\PC{0,8}") {
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource, "Condition": {"StringLike": {key: value}}});
        drop(found(&json!([statement, {"Effect": "Deny", "Action": "rds:*", "Resource": "*"}])));
    }
}
