//! Organisations of a few accounts, each with one thing that is different.

use super::*;
use crate::facts::iam::evaluate::{
    Context, Decision, Layer, Options, Principal, PrincipalPolicies, Reading, Request, Resource, ResourcePolicies,
    UnreadScps, decide,
};
use crate::facts::iam::grammar::{Action, Document};
use crate::snapshot::read_texts;

const MANAGEMENT: &str = "999999999999";
const MEMBER: &str = "111122223333";

fn line(account: &str, kind: &str, id: &str, source: &str, data: &str) -> String {
    line_at(account, kind, id, source, "2026-11-21T09:00:00Z", data)
}

fn line_at(account: &str, kind: &str, id: &str, source: &str, at: &str, data: &str) -> String {
    format!(
        r#"{{"kind":"{kind}","id":"{id}","account":"{account}","region":"global","source":"organizations:{source}","at":"{at}","data":{data}}}"#
    )
}

fn parent(child: &str, id: &str, kind: &str) -> String {
    let data = format!(r#"{{"ChildId":"{child}","Id":"{id}","Type":"{kind}"}}"#);
    line(MANAGEMENT, "organizations.parent", child, "ListParents", &data)
}

fn attached(target: &str, filter: &str, policies: &[&str]) -> String {
    let policies: Vec<_> = policies.iter().map(|id| format!(r#"{{"Id":"{id}"}}"#)).collect();
    let data = format!(r#"{{"TargetId":"{target}","Filter":"{filter}","Policies":[{}]}}"#, policies.join(","));
    line(MANAGEMENT, "organizations.target_policies", &format!("{target} {filter}"), "ListPoliciesForTarget", &data)
}

fn policy(id: &str, statement: &str) -> String {
    let data = format!(
        r#"{{"PolicySummary":{{"Id":"{id}","Arn":"arn:aws:organizations::{MANAGEMENT}:policy/o-1/x/{id}"}},"Content":{{"Version":"2012-10-17","Statement":{statement}}}}}"#
    );
    line(MANAGEMENT, "organizations.policy", id, "DescribePolicy", &data)
}

const SCP: &str = "SERVICE_CONTROL_POLICY";
const RCP: &str = "RESOURCE_CONTROL_POLICY";

/// A member in a unit below the root: the unit forbids to delete clusters, and secrets are only for the organisation.
fn lines() -> Vec<String> {
    let organization = format!(r#"{{"Id":"o-1","Arn":"a","FeatureSet":"ALL","MasterAccountId":"{MANAGEMENT}"}}"#);
    let root = format!(
        r#"{{"Id":"r-1","PolicyTypes":[{{"Type":"{SCP}","Status":"ENABLED"}},{{"Type":"{RCP}","Status":"ENABLED"}}]}}"#
    );
    let all = r#"[{"Effect":"Allow","Action":"*","Resource":"*"}]"#;
    vec![
        line(MANAGEMENT, "organizations.organization", "o-1", "DescribeOrganization", &organization),
        line(MANAGEMENT, "organizations.root", "r-1", "ListRoots", &root),
        parent(MEMBER, "ou-1", "ORGANIZATIONAL_UNIT"),
        parent("ou-1", "r-1", "ROOT"),
        parent(MANAGEMENT, "r-1", "ROOT"),
        attached("r-1", SCP, &["p-full"]),
        attached("ou-1", SCP, &["p-full", "p-keep"]),
        attached(MEMBER, SCP, &["p-full"]),
        attached("r-1", RCP, &["p-rcp"]),
        attached("ou-1", RCP, &[]),
        attached(MEMBER, RCP, &[]),
        policy("p-full", all),
        policy("p-keep", r#"[{"Effect":"Deny","Action":"rds:DeleteDBCluster","Resource":"*"}]"#),
        policy(
            "p-rcp",
            r#"[{"Effect":"Deny","Principal":"*","Action":"secretsmanager:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}}]"#,
        ),
    ]
}

fn membership(lines: &[String], account: &str) -> Membership {
    let header = r#"{"kind":"header","id":"snapshot","account":"","region":"","source":"aurora-audit","at":"2026-11-21T09:00:00Z","data":{"SchemaVersion":1,"ToolVersion":"0.1.0","Started":"2026-11-21T09:00:00Z","Scope":{"Regions":[],"Collectors":["aws"]}}}"#;
    let text = [&[header.to_owned()], lines].concat().join("\n") + "\n";
    let snapshot = read_texts(&[("o.jsonl".into(), text)]).unwrap();
    let index = Index::new(&snapshot);
    Organizations::new(&snapshot, &index).membership(&index, account)
}

/// What somebody with every permission may do: `allowed`, `allowed if no unread policy denies`, `denied`, `open`.
fn may(lines: &[String], arn: &str, action: &str, unread_scps: UnreadScps) -> &'static str {
    let principal = Principal::new(arn);
    let found = membership(lines, &principal.account);
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let all = Held { id: "all".into(), document: Ok(Arc::new(Document::parse(all, Kind::Identity).unwrap())) };
    let policies = PrincipalPolicies { identity: vec![all], boundary: None, session: None, scps: found.scps };
    let mut context = Context::partial();
    context.set("aws:PrincipalOrgID", "o-1");
    let (action, resource) = (Action::new(action).unwrap(), Resource::matching("*"));
    let request = Request {
        principal: &principal,
        action: &action,
        resource: &resource,
        resource_account: None,
        context: &context,
    };
    let object = ResourcePolicies { policy: None, rcps: found.rcps };
    match decide(&request, &policies, &object, Options { reading: Reading::Cautious, unread_scps }) {
        Decision::Allowed { assuming_scps: false, .. } => "allowed",
        Decision::Allowed { .. } => "allowed if no unread policy denies",
        Decision::Denied(denial) => {
            assert!(matches!(denial.layer, Layer::ServiceControl | Layer::ResourceControl));
            "denied"
        }
        Decision::Conditional(_) => "open",
    }
}

fn member(name: &str) -> String {
    format!("arn:aws:iam::{MEMBER}:{name}")
}

#[test]
fn control_policies_that_were_read_decide() {
    let lines = lines();
    let linked = "role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS";
    for (arn, action, expected) in [
        (member("role/a"), "rds:DeleteDBCluster", "denied"),
        (member("role/a"), "rds:StopDBCluster", "allowed"),
        (member("role/a"), "secretsmanager:GetSecretValue", "allowed"),
        (member("user/u"), "rds:DeleteDBCluster", "denied"),
        (member("root"), "rds:DeleteDBCluster", "denied"),
        (member("root"), "rds:StopDBCluster", "allowed"),
        (member(linked), "rds:DeleteDBCluster", "allowed"),
        (format!("arn:aws:iam::{MANAGEMENT}:role/a"), "rds:DeleteDBCluster", "allowed"),
        (format!("arn:aws:iam::{MANAGEMENT}:root"), "rds:DeleteDBCluster", "allowed"),
        ("arn:aws:iam::444455556666:role/a".to_owned(), "rds:DeleteDBCluster", "allowed if no unread policy denies"),
    ] {
        assert_eq!(may(&lines, &arn, action, UnreadScps::Assume), expected, "{arn} {action}");
    }
}

/// Without the line that has `what` in it.
fn without(what: &str) -> Vec<String> {
    let kept: Vec<_> = lines().into_iter().filter(|line| !line.contains(what)).collect();
    assert_eq!(kept.len() + 1, lines().len(), "{what}");
    kept
}

/// With `from` replaced.
fn with(from: &str, to: &str) -> Vec<String> {
    let changed: Vec<_> = lines().into_iter().map(|line| line.replace(from, to)).collect();
    assert_ne!(changed, lines(), "{from}");
    changed
}

#[test]
fn what_was_not_read_denies_nothing_and_allows_nothing_new() {
    let (assume, unknown) = (UnreadScps::Assume, UnreadScps::Unknown);
    let (assumed, open) = ("allowed if no unread policy denies", "open");
    for (lines, delete, stop, stop_unknown) in [
        (lines(), "denied", "allowed", "allowed"),
        (without(r#"id":"p-keep"#), assumed, assumed, open),
        (without(r#"id":"p-full"#), "denied", assumed, open),
        (without(r#"id":"ou-1 SERVICE"#), assumed, assumed, open),
        (without(r#"id":"111122223333 SERVICE"#), "denied", assumed, open),
        (without(r#"id":"r-1 SERVICE"#), "denied", assumed, open),
        (without(r#"id":"ou-1","account"#), assumed, assumed, open),
        (without(r#"id":"111122223333","account"#), assumed, assumed, open),
        (without("organizations.root"), "denied", "allowed", "allowed"),
        (without("organizations.organization"), assumed, assumed, open),
        (with(r#","MasterAccountId":"999999999999""#, ""), assumed, assumed, open),
        (with(r#""ORGANIZATIONAL_UNIT""#, r#""SOMETHING""#), assumed, assumed, open),
        (with(r#"{"Id":"p-keep"}"#, "{}"), assumed, assumed, open),
        (
            with(r#"{"Effect":"Deny","Action":"rds:D"#, r#"{"Effect":"deny","Action":"rds:D"#),
            open,
            "allowed",
            "allowed",
        ),
    ] {
        let ask = |action, options| may(&lines, &member("role/a"), action, options);
        let found =
            (ask("rds:DeleteDBCluster", assume), ask("rds:StopDBCluster", assume), ask("rds:StopDBCluster", unknown));
        assert_eq!(found, (delete, stop, stop_unknown), "{lines:#?}");
    }
}

#[test]
fn a_level_to_which_nothing_is_attached_denies_only_where_policies_are_in_use() {
    let bare = |lines: Vec<String>| -> Vec<String> {
        let nothing = attached(MEMBER, SCP, &[]);
        lines
            .into_iter()
            .map(|line| if line.contains(r#"id":"111122223333 SERVICE"#) { nothing.clone() } else { line })
            .collect()
    };
    let status = format!(r#""Type":"{SCP}","Status":"ENABLED""#);
    let assumed = "allowed if no unread policy denies";
    for (lines, expected) in [
        (bare(lines()), "denied"),
        (bare(without("organizations.root")), assumed),
        (bare(with(&status, &status.replace("ENABLED", "PENDING_DISABLE"))), assumed),
        (bare(with(&status, r#""Type":"TAG_POLICY","Status":"ENABLED""#)), "allowed"),
        (bare(with(r#""FeatureSet":"ALL""#, r#""FeatureSet":"CONSOLIDATED_BILLING""#)), "allowed"),
    ] {
        assert_eq!(may(&lines, &member("role/a"), "rds:StopDBCluster", UnreadScps::Assume), expected, "{lines:#?}");
    }
}

#[test]
fn an_account_knows_its_place() {
    let listing = |account: &str, kept| {
        let data = format!(
            r#"{{"Kind":"organizations.organization","Target":null,"Returned":{kept},"Kept":{kept},"Excluded":[]}}"#
        );
        line(
            account,
            "listing",
            "organizations:DescribeOrganization/organizations.organization",
            "DescribeOrganization",
            &data,
        )
    };
    let own = line(
        MEMBER,
        "organizations.organization",
        "o-1",
        "DescribeOrganization",
        r#"{"Id":"o-1","MasterAccountId":"999999999999"}"#,
    );
    let known = |text: &str| Fact::Known(text.to_owned());
    let unknown = || Fact::Unknown(Why::NotCollected);
    for (lines, account, id, path) in [
        (lines(), MEMBER, known("o-1"), known("o-1/r-1/ou-1/")),
        (lines(), MANAGEMENT, known("o-1"), known("o-1/r-1/")),
        (lines(), "444455556666", unknown(), unknown()),
        (vec![listing(MEMBER, 0)], MEMBER, Fact::Absent, Fact::Absent),
        (vec![listing(MEMBER, 1)], MEMBER, unknown(), unknown()),
        (vec![own], MEMBER, known("o-1"), unknown()),
        (with(r#"ou-1","account"#, r#"ou-2","account"#), MEMBER, known("o-1"), known("o-1/r-1/ou-1/")),
    ] {
        let found = membership(&lines, account);
        assert_eq!((&found.id, &found.path), (&id, &path), "{account} {lines:#?}");
        let expected = if id == Fact::Absent || account == MANAGEMENT {
            "none"
        } else if path.is_unknown() {
            "unread"
        } else {
            "levels"
        };
        let scps = match found.scps {
            Organization::None => "none",
            Organization::Unread(_) => "unread",
            Organization::Levels(_) => "levels",
        };
        assert_eq!(scps, expected, "{account} {lines:#?}");
    }
}

#[test]
fn the_last_answer_counts_and_a_circle_is_none() {
    let at = |at: &str, id: &str| {
        let data = format!(r#"{{"ChildId":"{MEMBER}","Id":"{id}","Type":"ROOT"}}"#);
        line_at(MANAGEMENT, "organizations.parent", MEMBER, "ListParents", at, &data)
    };
    let mut circle = with(r#""Id":"r-1","Type":"ROOT""#, r#""Id":"ou-1","Type":"ORGANIZATIONAL_UNIT""#);
    circle.retain(|line| !line.contains(r#"ChildId":"999999999999"#));
    for (lines, readable) in [
        ([lines(), vec![at("2026-11-22T09:00:00Z", "r-1")]].concat(), true),
        ([lines(), vec![at("2026-11-20T09:00:00Z", "r-9")]].concat(), true),
        ([lines(), vec![at("2026-11-21T09:00:00Z", "r-9")]].concat(), false),
        (circle, false),
    ] {
        let found = membership(&lines, MEMBER);
        assert_eq!(matches!(found.scps, Organization::Levels(_)), readable, "{lines:#?}");
        assert_eq!(found.unread_policy().is_none(), readable);
    }
}
