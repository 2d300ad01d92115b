//! Ways in which something could go unread and unsaid: doubled lines, several files that know different things, words that mean
//! nothing. Each must leave an unknown behind, whatever the order of the files.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

mod common;

use aurora_audit::check::{Terms, assess};
use aurora_audit::facts::TARGETS;
use aurora_audit::model::Outcome::{self, Fail, Pass, Unknown};
use aurora_audit::rules::{self, Detail};
use aurora_audit::snapshot::read_texts;
use jiff::Timestamp;
use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";

/// The lines of the snapshot that comes with the program.
fn fixture() -> Vec<Value> {
    let text = std::fs::read_to_string(common::fixture()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Subject, name and outcome of one rule over several files.
fn verdicts(rule: &str, files: &[&[Value]]) -> Vec<(String, Outcome)> {
    let text = |lines: &[Value]| lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n") + "\n";
    let files: Vec<_> = files.iter().map(|lines| ("x.jsonl".into(), text(lines))).collect();
    let rules = rules::load(&rules::embedded(), TARGETS).unwrap_or_else(|errors| panic!("{errors}"));
    let terms = Terms::default();
    let assessment = assess(&read_texts(&files).unwrap(), &rules, terms, Timestamp::UNIX_EPOCH, Detail::Findings);
    let of_rule = assessment.verdicts.iter().filter(|verdict| verdict.rule == rule);
    of_rule.map(|verdict| (verdict.subject.id.raw().to_owned(), verdict.outcome)).collect()
}

fn outcome(verdicts: &[(String, Outcome)], id: &str) -> Vec<Outcome> {
    verdicts.iter().filter(|(subject, _)| subject.contains(id)).map(|(_, outcome)| *outcome).collect()
}

fn positions(lines: &[Value], kind: &str) -> Vec<usize> {
    (0..lines.len()).filter(|index| lines[*index]["kind"] == kind).collect()
}

/// A change to every record of a kind.
fn each(mut lines: Vec<Value>, kind: &str, change: impl Fn(&mut Value)) -> Vec<Value> {
    lines.iter_mut().filter(|line| line["kind"] == kind).for_each(|line| change(&mut line["data"]));
    lines
}

/// The listing of a kind counts one less.
fn one_less(lines: &mut [Value], kind: &str) {
    let listing = lines.iter_mut().find(|line| line["kind"] == "listing" && line["data"]["Kind"] == kind).unwrap();
    listing["data"]["Kept"] = json!(listing["data"]["Kept"].as_u64().unwrap() - 1);
}

#[test]
fn a_doubled_line_does_not_stand_in_for_another() {
    let mut lines = fixture();
    let instances = positions(&lines, "rds.db_instance");
    lines[instances[0]] = lines[instances[1]].clone();
    assert_eq!(outcome(&verdicts("net-instance-not-public", &[&lines]), "all instances"), [Unknown]);
}

#[test]
fn two_answers_at_once_are_no_answer() {
    let mut lines = fixture();
    let cluster = positions(&lines, "rds.db_cluster")[0];
    let mut other = lines[cluster].clone();
    other["data"]["DeletionProtection"] = json!(!other["data"]["DeletionProtection"].as_bool().unwrap());
    let id = other["id"].as_str().unwrap().to_owned();
    for place in [1, lines.len() - 1] {
        lines.insert(place, other.clone());
        let verdicts = verdicts("res-deletion-protection", &[&lines]);
        assert_eq!((outcome(&verdicts, &id), outcome(&verdicts, "all clusters")), (vec![], vec![Unknown]));
        lines.remove(place);
    }
}

#[test]
fn an_instance_that_only_its_cluster_knows_is_unknown() {
    let mut lines = fixture();
    let gone = lines.remove(positions(&lines, "rds.db_instance")[1]);
    one_less(&mut lines, "rds.db_instance");
    let name = gone["data"]["DBInstanceIdentifier"].as_str().unwrap();
    assert_eq!(outcome(&verdicts("net-instance-not-public", &[&lines]), name), [Unknown]);
}

#[test]
fn a_database_whose_cluster_is_in_no_file_is_unknown() {
    let mut lines = fixture();
    lines.retain(|line| line["kind"] != "rds.db_cluster" || line["data"]["DBClusterIdentifier"] != "orders");
    one_less(&mut lines, "rds.db_cluster");
    assert_eq!(outcome(&verdicts("db-no-empty-password", &[&lines]), "cluster:orders"), [Unknown]);
    assert_eq!(outcome(&verdicts("tls-cert-chain-trusted", &[&lines]), "cluster:orders"), [Unknown]);
}

#[test]
fn a_file_without_answers_is_not_covered_by_another_account() {
    let lines = fixture();
    let silent = [lines[0].clone()];
    for files in [[&lines[..], &silent], [&silent, &lines]] {
        assert_eq!(outcome(&verdicts("res-deletion-protection", &files), "all clusters"), [Unknown]);
    }
}

#[test]
fn an_account_of_which_there_is_only_iam_is_judged() {
    let lines = fixture();
    let text = |line: &Value| line.to_string().replace(ACCOUNT, "999999999999");
    let global = lines.iter().filter(|line| line["kind"] == "header" || line["region"] == "global");
    let global: Vec<Value> = global.map(|line| serde_json::from_str(&text(line)).unwrap()).collect();
    let verdicts = verdicts("iam-no-admin-star", &[&lines, &global]);
    let count = |account: &str| verdicts.iter().filter(|(id, _)| id.contains(account)).count();
    assert!(count("999999999999") > 0);
    assert_eq!(count("999999999999"), count(ACCOUNT));
}

#[test]
fn a_login_that_was_refused_is_not_excused_by_a_file_that_did_not_try() {
    let gap = |reason: &str| {
        json!({"kind": "gap", "id": "mysql:login", "account": ACCOUNT, "region": "us-east-1", "source": "mysql:login",
            "at": "2026-11-21T11:41:22Z", "data": {"What": "mysql:login",
            "Target": "arn:aws:rds:us-east-1:123456789012:cluster:orders", "Reason": reason, "Message": ""}})
    };
    let mut lines = fixture();
    lines.retain(|line| !line["source"].as_str().unwrap().starts_with("mysql:"));
    let not_tried = [lines[0].clone(), gap("not_requested")];
    lines.insert(1, gap("denied"));
    for files in [[&lines[..], &not_tried], [&not_tried, &lines]] {
        assert_eq!(outcome(&verdicts("tls-required-by-server", &files), "cluster:orders"), [Unknown]);
    }
}

#[test]
fn a_parameter_group_that_waits_for_a_reboot_proves_nothing() {
    let mut lines = fixture();
    lines.retain(|line| !line["source"].as_str().unwrap().starts_with("mysql:"));
    let gap = json!({"kind": "gap", "id": "mysql:login", "account": ACCOUNT, "region": "us-east-1", "source": "mysql:login",
        "at": "2026-11-21T11:41:22Z", "data": {"What": "mysql:login",
        "Target": "arn:aws:rds:us-east-1:123456789012:cluster:orders", "Reason": "not_requested", "Message": ""}});
    lines.insert(1, gap);
    for (status, expected) in [(json!("in-sync"), Pass), (json!("pending-reboot"), Unknown), (json!(null), Unknown)] {
        let lines = each(lines.clone(), "rds.db_cluster", |data| {
            for member in data["DBClusterMembers"].as_array_mut().unwrap() {
                member["DBClusterParameterGroupStatus"] = status.clone();
            }
        });
        assert_eq!(outcome(&verdicts("tls-required-by-server", &[&lines]), "cluster:orders"), [expected], "{status}");
    }
}

#[test]
fn of_two_files_the_newer_one_counts() {
    let old = fixture();
    let mut new = each(fixture(), "mysql.account", |data| data["authentication_string_empty"] = json!(false));
    for line in &mut new {
        line["at"] = json!("2026-11-22T00:00:00Z");
    }
    let dropped = new.iter().position(|line| line["kind"] == "mysql.account" && line["data"]["User"] == "rdsadmin");
    let dropped = new.remove(dropped.unwrap());
    let listing = new.iter_mut().find(|line| {
        line["data"]["Kind"] == "mysql.account" && line["data"]["Target"] == dropped["data"]["DBClusterArn"]
    });
    let listing = listing.unwrap();
    listing["data"]["Kept"] = json!(listing["data"]["Kept"].as_u64().unwrap() - 1);
    let alone = verdicts("db-no-empty-password", &[&new]);
    assert!(outcome(&verdicts("db-no-empty-password", &[&old]), "").contains(&Fail));
    for files in [[&old[..], &new], [&new, &old]] {
        assert_eq!(verdicts("db-no-empty-password", &files), alone);
    }
}

#[test]
fn null_is_no_answer_where_one_is_always_given() {
    for (rule, kind, changes) in [
        ("data-storage-encrypted", "rds.db_cluster", json!({"StorageEncrypted": false, "StorageEncryptionType": null})),
        ("data-snapshot-not-public", "rds.db_cluster_snapshot", json!({"SnapshotType": null})),
        ("net-sg-not-default", "ec2.security_group", json!({"GroupName": null})),
        ("db-no-anonymous", "mysql.account", json!({"User": null})),
    ] {
        let lines = each(fixture(), kind, |data| {
            for (key, value) in changes.as_object().unwrap() {
                data[key] = value.clone();
            }
        });
        let verdicts = verdicts(rule, &[&lines]);
        assert!(
            !verdicts.is_empty() && verdicts.iter().all(|(_, outcome)| *outcome == Unknown),
            "{rule}: {verdicts:?}"
        );
    }
}

#[test]
fn a_word_that_means_nothing_is_no_pass() {
    let lines =
        fixture().into_iter().map(|line| line.to_string().replace(r#""Effect":"Allow""#, r#""Effect":"allow""#));
    let lines: Vec<Value> = lines.map(|line| serde_json::from_str(&line).unwrap()).collect();
    for (id, outcome) in verdicts("iam-no-admin-star", &[&lines]) {
        let before = verdicts("iam-no-admin-star", &[&fixture()]).into_iter().find(|(known, _)| *known == id);
        assert!(outcome == Unknown || before == Some((id, Pass)));
    }
}
