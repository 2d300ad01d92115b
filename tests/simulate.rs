//! `simulate`: every case of the fixture, lines that are no cases, and policies that are made to break something.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::time::{Duration, Instant};

use common::{Run, run};
use serde_json::{Value, json};

/// Runs the command on these lines.
fn simulate(lines: &[u8], more: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cases.jsonl");
    std::fs::write(&path, lines).unwrap();
    let path = path.display().to_string();
    let arguments: Vec<&str> = ["simulate", &path].into_iter().chain(more.iter().copied()).collect();
    let mut run = run(arguments, &[]);
    run.stderr = run.stderr.replace(&path, "cases.jsonl");
    run
}

fn statement(effect: &str, action: &str, resource: &str) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": resource})
}

fn policy(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

const CLUSTER: &str = "arn:aws:rds:eu-west-1:123456789012:cluster:orders";

fn case(id: &str, policy: &Value, context: &Value) -> Value {
    json!({
        "id": id,
        "request": {
            "principal": "arn:aws:iam::123456789012:user/ann",
            "action": "rds:StopDBCluster",
            "resource": CLUSTER,
            "context": context,
        },
        "identityPolicies": [policy],
    })
}

#[test]
fn every_case_of_the_fixture_is_decided_as_its_author_expects() {
    let run = run(["simulate", "fixtures/iam/cases.jsonl", "--expect"], &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let cases = std::fs::read_to_string(common::root().join("fixtures/iam/cases.jsonl")).unwrap();
    assert_eq!(run.stdout.lines().count(), cases.lines().count());
    for line in run.stdout.lines() {
        let answer: Value = serde_json::from_str(line).unwrap();
        let keys: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["id", "decision", "layer", "statement"], "{line}");
        let words = ["Allowed", "ImplicitlyDenied", "ExplicitlyDenied", "Conditional"];
        assert!(words.contains(&answer["decision"].as_str().unwrap()), "{line}");
    }
}

#[test]
fn what_is_no_case_is_reported_and_skipped() {
    let good = case("good", &policy(&statement("Allow", "rds:*", "*")), &json!({}));
    let mut unknown_keys = good.clone();
    unknown_keys["id"] = json!(7);
    unknown_keys["comment"] = json!("ignored");
    unknown_keys["request"]["color"] = json!(["ignored"]);
    let mut lines = format!("{good}\n{{\n\n").into_bytes();
    lines.extend(b"\xff\xfe\n");
    lines.extend(format!("[]\n{{\"id\":1}}\n{unknown_keys}").bytes());
    let run = simulate(&lines, &[]);
    let answer = |id: &str| {
        format!(
            "{{\"id\":{id},\"decision\":\"Allowed\",\"layer\":\"identity\",\"statement\":\"/identityPolicies/0/Statement\"}}\n"
        )
    };
    assert_eq!(run.stdout, answer("\"good\"") + &answer("7"));
    let skipped: Vec<_> = run.stderr.lines().filter(|line| line.contains("the line is skipped")).collect();
    let numbers: Vec<_> = skipped.iter().filter_map(|line| line.split(':').nth(2)).map(str::trim).collect();
    assert_eq!((run.code, numbers), (2, vec!["2", "4", "5", "6"]), "{}", run.stderr);
}

#[test]
fn a_key_that_is_not_in_the_context_is_absent_unless_the_case_leaves_it_open() {
    let with_mfa = json!({"Effect": "Allow", "Action": "rds:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}});
    let case = |id: &str, context: Value, open: Value| {
        let mut case = case(id, &policy(&with_mfa), &context);
        case["unknownContextKeys"] = open;
        case.to_string()
    };
    let lines = [
        case("absent", json!({}), json!([])),
        case("true", json!({"aws:MultiFactorAuthPresent": "true"}), json!([])),
        case("open", json!({}), json!(["aws:multifactorauthpresent"])),
        case("another is open", json!({}), json!(["aws:SourceIp"])),
    ];
    let run = simulate(lines.join("\n").as_bytes(), &[]);
    let decisions: Vec<_> = run.stdout.lines().map(|line| line.split('"').nth(7).unwrap().to_owned()).collect();
    assert_eq!(
        (run.code, decisions),
        (0, ["ImplicitlyDenied", "Allowed", "Conditional", "ImplicitlyDenied"].map(str::to_owned).to_vec())
    );
}

/// What a policy that is made to break something comes to, in what time.
fn decided(policy: &Value, context: &Value) -> (String, i32) {
    let began = Instant::now();
    let run = simulate(case("x", policy, context).to_string().as_bytes(), &[]);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    let decision = run.stdout.split('"').nth(7).unwrap_or("skipped").to_owned();
    (decision, run.code)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a case a line")]
fn bad_input_is_decided_rightly_or_reported() {
    let allowed_with = |operator: &str, key: &str, value: Value| {
        policy(&json!({"Effect": "Allow", "Action": "rds:*", "Resource": "*", "Condition": {operator: {key: value}}}))
    };
    let many: Vec<_> =
        (0..10_000).map(|number| statement("Allow", "rds:Stop*", &format!("{CLUSTER}-{number}"))).collect();
    let mut and_ours = many.clone();
    and_ours.push(statement("Allow", "rds:Stop*", CLUSTER));
    let stars = "*a".repeat(400) + "*";
    let deep = |depth: usize| -> Value { Value::String("[".repeat(depth) + &"]".repeat(depth)) };
    let (ip, time) = (|ip: &str| json!({"aws:SourceIp": ip}), |time: &str| json!({"aws:CurrentTime": time}));
    let none = json!({});
    for (name, policy, context, decision, code) in [
        ("10,000 statements", policy(&json!(many)), none.clone(), "ImplicitlyDenied", 0),
        ("10,001 statements", policy(&json!(and_ours)), none.clone(), "Allowed", 0),
        (
            "stars in an action",
            policy(&statement("Allow", &format!("rds:{stars}"), "*")),
            none.clone(),
            "ImplicitlyDenied",
            0,
        ),
        (
            "stars in a resource",
            policy(&statement("Allow", "rds:*", &format!("arn:aws:rds:{stars}"))),
            none.clone(),
            "ImplicitlyDenied",
            0,
        ),
        (
            "stars in a value",
            allowed_with("StringLike", "aws:UserAgent", json!(stars)),
            json!({"aws:UserAgent": "a".repeat(20_000)}),
            "Allowed",
            0,
        ),
        ("depth 100,000", deep(100_000), none.clone(), "skipped", 2),
        ("a percent-encoded document that is not UTF-8", json!("%7B%FF%7D"), none.clone(), "skipped", 2),
        (
            "an unknown operator allows nothing",
            allowed_with("StringEqualz", "aws:UserAgent", json!("a")),
            none.clone(),
            "ImplicitlyDenied",
            0,
        ),
        (
            "0.0.0.0/0 is every IPv4 address",
            allowed_with("IpAddress", "aws:SourceIp", json!("0.0.0.0/0")),
            ip("203.0.113.7"),
            "Allowed",
            0,
        ),
        (
            "0.0.0.0/0 is no IPv6 address",
            allowed_with("IpAddress", "aws:SourceIp", json!("0.0.0.0/0")),
            ip("2001:db8::1"),
            "ImplicitlyDenied",
            0,
        ),
        (
            "::/0 is every IPv6 address",
            allowed_with("IpAddress", "aws:SourceIp", json!("::/0")),
            ip("2001:db8::1"),
            "Allowed",
            0,
        ),
        (
            "not 0.0.0.0/0 is no IPv4 address",
            allowed_with("NotIpAddress", "aws:SourceIp", json!("0.0.0.0/0")),
            ip("203.0.113.7"),
            "ImplicitlyDenied",
            0,
        ),
        (
            "an epoch before an ISO date",
            allowed_with("DateLessThan", "aws:CurrentTime", json!("2024-01-02T00:00:00Z")),
            time("1704067200"),
            "Allowed",
            0,
        ),
        (
            "an ISO date after an epoch",
            allowed_with("DateGreaterThan", "aws:CurrentTime", json!("1704067200")),
            time("2024-01-01T00:00:01Z"),
            "Allowed",
            0,
        ),
        (
            "the same second in both forms",
            allowed_with("DateEquals", "aws:CurrentTime", json!("2024-01-01")),
            time("1704067200"),
            "Allowed",
            0,
        ),
    ] {
        assert_eq!(decided(&policy, &context), (decision.to_owned(), code), "{name}");
    }
}

#[test]
fn a_deny_that_cannot_be_read_leaves_the_case_open_and_its_neighbours_alone() {
    let statements = json!([
        statement("Allow", "rds:*", "*"),
        {"Effect": "Deny", "Action": "rds:Stop*", "Resource": "*", "Condition": {"StringEqualz": {"aws:UserAgent": "a"}}},
    ]);
    let run = simulate(case("x", &policy(&statements), &json!({})).to_string().as_bytes(), &[]);
    assert_eq!(run.stdout.split('"').nth(7), Some("Conditional"), "{}", run.stdout);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("cases.jsonl:1: case \"x\" stays open") && run.stderr.contains("StringEqualz"),
        "{}",
        run.stderr
    );
    let mut start = case("y", &policy(&statements), &json!({}));
    start["request"]["action"] = json!("rds:StartDBCluster");
    assert_eq!(simulate(start.to_string().as_bytes(), &[]).stdout.split('"').nth(7), Some("Allowed"));
}
