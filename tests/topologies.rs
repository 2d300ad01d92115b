//! Clusters of every kind in one listing (`fixtures/topologies/`), as the AWS CLI prints them: what is judged, what is left out and
//! said to be, and the verdicts that scanners are known to get wrong, each with why it is so.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{assessment, root, run};
use serde_json::Value;
use tempfile::TempDir;

/// The listing, imported and judged.
fn judged() -> Value {
    let folder = TempDir::new().unwrap();
    let [snapshot, json] = ["out.jsonl", "out.json"].map(|name| folder.path().join(name).display().to_string());
    let answers = root().join("fixtures/topologies").display().to_string();
    let collected = run(["collect", "--from-cli", &answers, "-o", &snapshot], &[]);
    assert!(collected.code == 0 || collected.code == 3, "{}", collected.transcript());
    let checked = run(["check", &snapshot, "-o", &format!("json={json}")], &[]);
    assert!(checked.code == 1, "{}", checked.transcript());
    assessment(json.as_ref())
}

/// Rule and subject → outcome and message.
fn verdicts(assessment: &Value) -> BTreeMap<(String, String), (String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one =
        |it: &Value| ((text(&it["rule"]), text(&it["subject"]["name"])), (text(&it["outcome"]), text(&it["message"])));
    assessment["verdicts"].as_array().unwrap().iter().map(one).collect()
}

const AURORA: [&str; 8] = [
    "blue",
    "blue-green-4f9d",
    "global-headless",
    "global-second",
    "provisioned",
    "replica",
    "serverless-v1",
    "serverless-v2",
];

/// `DescribeDBClusters` answers for Neptune, Amazon's document database and RDS Multi-AZ clusters as well, and `DescribeDBInstances` for everything.
#[test]
fn what_is_no_aurora_is_left_out_and_said_to_be() {
    let assessment = judged();
    let left_out = |source: &str| {
        let listed = assessment["population"].as_array().unwrap();
        let of = listed.iter().find(|it| it["source"] == source).unwrap();
        let name = |it: &Value| {
            let id = it["id"].as_str().unwrap();
            format!("{} {}", id.rsplit(':').next().unwrap(), it["why"].as_str().unwrap().rsplit(' ').next().unwrap())
        };
        of["excluded"].as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(left_out("rds:DescribeDBClusters"), ["documents docdb", "graph neptune", "three-zones mysql"]);
    assert_eq!(
        left_out("rds:DescribeDBInstances"),
        [
            "alone mysql",
            "documents-1 docdb",
            "graph-1 neptune",
            "three-zones-1 mysql",
            "three-zones-2 mysql",
            "three-zones-3 mysql"
        ]
    );
    assert_eq!(left_out("rds:DescribeDBClusterSnapshots"), ["of-the-graph neptune"]);
    assert_eq!(left_out("backup:ListProtectedResources"), ["graph Neptune"]);
    let clusters: BTreeSet<String> = verdicts(&assessment)
        .into_keys()
        .filter(|(rule, _)| rule == "res-backup-retention")
        .map(|(_, name)| name)
        .collect();
    assert_eq!(clusters, AURORA.map(str::to_owned).into());
    // None of them is named by any verdict: not their open flag, not their clear text, not their missing protection.
    let named: Vec<_> = verdicts(&assessment)
        .into_iter()
        .filter(|((_, name), _)| ["three-zones", "graph", "documents", "alone"].iter().any(|it| name.starts_with(it)))
        .collect();
    assert_eq!(named, []);
}

/// Rule, clusters with their outcome, and why.
type Truth = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const TRUTHS: [Truth; 8] = [
    (
        "res-multi-az",
        &[
            ("provisioned", "pass"),
            ("serverless-v2", "pass"),
            ("global-second", "pass"),
            ("replica", "pass"),
            ("global-headless", "not_applicable"),
            ("serverless-v1", "not_applicable"),
        ],
        "every member of a cluster has MultiAZ false: what counts is where the members stand. A cluster of readers alone has members, one \
         that keeps storage only has none, and serverless v1 has none and needs none",
    ),
    (
        "res-deletion-protection",
        &[("provisioned", "pass"), ("serverless-v2", "pass"), ("replica", "pass")],
        "DeletionProtection of a member is always false: it is the cluster that is protected",
    ),
    (
        "res-backup-retention",
        &[("provisioned", "pass"), ("serverless-v2", "pass"), ("global-second", "pass")],
        "BackupRetentionPeriod of a member says nothing: backups are the cluster's",
    ),
    (
        "res-backup-plan",
        &[("provisioned", "pass"), ("blue", "fail")],
        "AWS Backup keeps copies of clusters, never of members; a copy of a Neptune cluster is no copy of Aurora",
    ),
    (
        "db-iam-auth-enabled",
        &[("provisioned", "pass"), ("serverless-v2", "pass"), ("serverless-v1", "not_applicable")],
        "the flag of a member is false whatever the cluster's is; serverless v1 cannot have it",
    ),
    (
        "data-master-secret-managed",
        &[
            ("provisioned", "pass"),
            ("serverless-v2", "pass"),
            ("blue", "pass"),
            ("blue-green-4f9d", "not_applicable"),
            ("replica", "not_applicable"),
            ("global-second", "not_applicable"),
            ("global-headless", "not_applicable"),
            ("serverless-v1", "not_applicable"),
        ],
        "RDS keeps no password for replicas, green environments, members of a global database, and serverless v1",
    ),
    (
        "log-audit-enabled",
        &[
            ("provisioned", "pass"),
            ("serverless-v2", "pass"),
            ("replica", "pass"),
            ("blue", "pass"),
            ("blue-green-4f9d", "fail"),
        ],
        "the members have the default parameter group, the clusters their own. The green environment has the default cluster parameter \
         group: it will be production, without an audit log",
    ),
    ("log-event-subscriptions", &[("eu-west-1", "pass")], "a subscription to all events covers more than is asked for"),
];

#[test]
fn what_scanners_get_wrong_is_right_here() {
    let verdicts = verdicts(&judged());
    for (rule, outcomes, why) in TRUTHS {
        for (name, expected) in outcomes {
            let found = verdicts.get(&(rule.to_owned(), (*name).to_owned()));
            let (outcome, message) = found.unwrap_or_else(|| panic!("{rule} does not judge {name}"));
            assert_eq!(outcome, expected, "{rule} of {name}: {message}\nit should be so because {why}");
        }
    }
}

/// Instances of serverless v2 have the class `db.serverless`, which stands in no table of instance classes.
#[test]
fn the_class_of_serverless_v2_is_one_that_every_rule_knows() {
    let verdicts = verdicts(&judged());
    for ((rule, name), (outcome, message)) in &verdicts {
        if name.starts_with("serverless-v2-") && rule.starts_with("net-tenancy") {
            assert_eq!(outcome, "pass", "{rule} of {name}: {message}");
        }
    }
    assert!(verdicts.contains_key(&("net-tenancy-class-supported".to_owned(), "serverless-v2-1".to_owned())));
}

/// TLS is required by the cluster parameter group; the parameter group of the members has no say. Without a login the running server
/// was not asked, so that the group alone never fails what it requires, and always what it does not.
#[test]
fn tls_is_judged_by_the_cluster_parameter_group() {
    let verdicts = verdicts(&judged());
    for name in AURORA {
        let (outcome, message) = &verdicts[&("tls-required-by-server".to_owned(), name.to_owned())];
        assert_eq!(outcome == "fail", name == "blue-green-4f9d", "{name}: {outcome} {message}");
    }
}
