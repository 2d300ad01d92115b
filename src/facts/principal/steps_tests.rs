//! Steps from one identity to another, in accounts made up for them.

use serde_json::{Value, json};

use super::*;
use crate::facts::Facts;
use crate::snapshot::read_texts;

const ACCOUNT: &str = "111122223333";
const SOURCE: &str = "iam:GetAccountAuthorizationDetails";

fn policy(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn allow(action: &Value, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn inline(statements: &Value) -> Value {
    json!([{"PolicyName": "p", "PolicyDocument": policy(statements)}])
}

fn arn(resource: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{resource}")
}

fn user(name: &str, statements: &Value) -> (&'static str, String, Value) {
    let arn = arn(&format!("user/{name}"));
    let data = json!({"UserName": name, "Arn": arn, "Tags": [], "UserPolicyList": inline(statements), "GroupList": [],
        "AttachedManagedPolicies": [], "PermissionsBoundary": null});
    ("iam.user", arn, data)
}

fn role(name: &str, trust: &Value, statements: &Value) -> (&'static str, String, Value) {
    let arn = arn(&format!("role/{name}"));
    let data = json!({"RoleName": name, "Arn": arn, "Path": "/", "Tags": [], "AssumeRolePolicyDocument": policy(trust),
        "RolePolicyList": inline(statements), "AttachedManagedPolicies": [], "PermissionsBoundary": null});
    ("iam.role", arn, data)
}

fn trusts(principal: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
}

fn access(identities: &[(&'static str, String, Value)]) -> Arc<AccountAccess> {
    const TIME: &str = "2026-11-21T09:00:00Z";
    let line = |kind: &str, id: &str, source: &str, region: &str, data: &Value| {
        json!({"kind": kind, "id": id, "account": ACCOUNT, "region": region, "source": source, "at": TIME, "data": data}).to_string()
    };
    let header = json!({"kind": "header", "id": "snapshot", "account": "", "region": "", "source": "aurora-audit", "at": TIME,
        "data": {"SchemaVersion": 1, "ToolVersion": "0", "Started": TIME, "Scope": {"Regions": ["eu-west-1"], "Collectors": ["aws"]}}});
    let mut lines = vec![header.to_string()];
    lines.extend(identities.iter().map(|(kind, id, data)| line(kind, id, SOURCE, "global", data)));
    let mut listed = vec![("rds.db_cluster", "rds:DescribeDBClusters", "eu-west-1", 0)];
    for kind in ["iam.user", "iam.role", "iam.group", "iam.policy"] {
        listed.push((kind, SOURCE, "global", identities.iter().filter(|(of, ..)| *of == kind).count()));
    }
    for (kind, source, region, kept) in listed {
        let data = json!({"Kind": kind, "Target": null, "Returned": kept, "Kept": kept, "Excluded": []});
        lines.push(line("listing", &format!("{source}/{kind}"), source, region, &data));
    }
    let facts = Facts::new(&read_texts(&[("x.jsonl".into(), lines.join("\n") + "\n")]).unwrap());
    Arc::clone(&facts.account_access()[0])
}

/// Steps of the user `u`, as `METHOD of NAME` or with a question mark.
fn steps(identities: &[(&'static str, String, Value)]) -> Vec<String> {
    let access = access(identities);
    let of = principals(&access).present.into_iter().find(|it| it.name() == "u").unwrap();
    let short = |to: &str| to.rsplit('/').next().unwrap().to_owned();
    let text = |step: &Arc<EscalationFact>| {
        let sure = if step.allowed.value == Fact::Known(true) { "" } else { "?" };
        let when = if step.conditions.is_empty() { "" } else { " when" };
        format!("{} of {}{sure}{when}", step.method, short(&step.to))
    };
    of.escalations().iter().map(text).collect()
}

#[test]
fn every_step_to_somebody_elses_permissions() {
    let everything = allow(&json!("*"), "*");
    let strong = |service: &str| role("strong", &trusts(&json!({"Service": service})), &everything);
    let pass = |more: Value| json!([{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": more}, allow(&json!("lambda:*"), "*")]);
    let admin = || user("admin", &everything);
    for (name, identities, expected) in [
        ("nothing", vec![user("u", &allow(&json!("s3:*"), "*")), admin()], vec![]),
        (
            "keys of an administrator",
            vec![user("u", &allow(&json!("iam:CreateAccessKey"), &arn("user/admin"))), admin()],
            vec!["iam:CreateAccessKey of admin"],
        ),
        (
            "keys of somebody who has nothing",
            vec![user("u", &allow(&json!("iam:CreateAccessKey"), "*")), user("poor", &allow(&json!("s3:*"), "*"))],
            vec![],
        ),
        (
            "its own policies",
            vec![user("u", &allow(&json!("iam:PutUserPolicy"), &arn("user/u")))],
            vec!["iam:PutUserPolicy of any permission"],
        ),
        ("the policies of others", vec![user("u", &allow(&json!("iam:PutUserPolicy"), &arn("user/x")))], vec![]),
        (
            "a role for a function",
            vec![user("u", &pass(json!({}))), strong("lambda.amazonaws.com")],
            vec!["iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction of strong"],
        ),
        ("a role that trusts another service", vec![user("u", &pass(json!({}))), strong("rds.amazonaws.com")], vec![]),
        (
            "a role that may be passed to another service alone",
            vec![
                user("u", &pass(json!({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}))),
                strong("lambda.amazonaws.com"),
            ],
            vec![],
        ),
        (
            "a role that trusts it",
            vec![
                user("u", &allow(&json!("s3:*"), "*")),
                role("strong", &trusts(&json!({"AWS": arn("user/u")})), &everything),
            ],
            vec!["sts:AssumeRole of strong"],
        ),
    ] {
        assert_eq!(steps(&identities), expected, "{name}");
    }
}

#[test]
fn roles_are_reached_in_steps() {
    let become_role = |name: &str| allow(&json!("sts:AssumeRole"), &arn(&format!("role/{name}")));
    let account = json!({"AWS": arn("root")});
    let with_id = json!({"Effect": "Allow", "Principal": {"AWS": arn("root")}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "x"}}});
    let identities = [
        user("u", &json!([become_role("a"), become_role("d")])),
        role("a", &trusts(&account), &become_role("b")),
        role("b", &trusts(&json!({"AWS": arn("role/a")})), &become_role("a")),
        role("c", &trusts(&account), &allow(&json!("s3:*"), "*")),
        role("d", &with_id, &allow(&json!("s3:*"), "*")),
    ];
    let access = access(&identities);
    let name = |index: usize| access.account.identities[index].principal.name.clone();
    let from = access.account.identities.iter().position(|it| it.principal.name == "u").unwrap();
    let reached: Vec<_> = access
        .assumptions()
        .reachable(from)
        .into_values()
        .map(|(way, standing)| {
            let Standing::Held(because) = standing else { panic!("{standing:?}") };
            let way: Vec<_> = way.into_iter().map(name).collect();
            format!("{} {}", way.join(">"), because.conditions.len())
        })
        .collect();
    assert_eq!(reached, ["a 0", "a>b 0", "d 1"]);
}
