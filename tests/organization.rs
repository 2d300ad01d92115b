//! Control policies of an organisation, from a snapshot of their own to the verdicts.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use common::{assessment, outcome, run, verdicts};

const ORDERS: &str = "fixtures/iam/orders.jsonl";
const ORGANIZATION: &str = "fixtures/iam/organization.jsonl";

/// The outcome of the rule on logins as an administrator.
fn judged(snapshots: &[&str], more: &[&str], principal: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assessment.json");
    let output = format!("json={}", path.display());
    let mut arguments = vec!["check"];
    arguments.extend(snapshots);
    arguments.extend(["-o", &output, "--now", "2026-11-21T10:00:00Z"]);
    arguments.extend(more);
    let run = run(arguments, &[]);
    assert!(path.exists(), "{}", run.stderr);
    outcome(&verdicts(&assessment(&path)), "iam-db-connect-not-admin-user", principal).to_owned()
}

#[test]
fn what_is_not_read_is_assumed_away_or_left_open_and_what_is_read_decides() {
    const SSO: &str = "AWSReservedSSO_DataTeam_0123456789abcdef";
    let (alone, both) = ([ORDERS].as_slice(), [ORDERS, ORGANIZATION].as_slice());
    let open = ["--scps-unknown"].as_slice();
    for (snapshots, more, principal, expected) in [
        (alone, [].as_slice(), "ann", "fail"),
        (alone, open, "ann", "unknown"),
        (both, &[], "ann", "fail"),
        (both, open, "ann", "fail"),
        (alone, &[], SSO, "fail"),
        (both, &[], SSO, "unknown"),
        (alone, open, "carol", "pass"),
        (both, open, "dave", "pass"),
    ] {
        assert_eq!(judged(snapshots, more, principal), expected, "{principal} in {snapshots:?} {more:?}");
    }
}

#[test]
fn a_role_of_identity_center_is_named_with_the_people_that_nobody_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assessment.json");
    let output = format!("json={}", path.display());
    run(["check", ORDERS, "-o", &output, "--now", "2026-11-21T10:00:00Z"], &[]);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("(permission set DataTeam: people behind this role not assessed) may log in by IAM"),
        "{text}"
    );
}
