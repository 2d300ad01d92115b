//! Assessments for tests: one that a reader would meet, one by an attacker, a large one and an empty one.

mod paths;
mod rules;
mod waived;

use jiff::Timestamp;

use crate::check::{
    Assessment, BaselineState, Comparison, ElementEntry, EvidenceEntry, ExcludedEntry, GapEntry, Gate, GateResult,
    Location, PastFinding, Population, Remediation, Run, SCHEMA_VERSION, SnapshotEntry, SubjectEntry, Summary,
    VerdictEntry,
};
use crate::model::{GapReason, Outcome, Severity, Untrusted};

use self::rules::{framework, rules};
pub use self::waived::waived;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-central-1";
const ORDERS: &str = "arn:aws:rds:eu-central-1:111122223333:cluster:orders-prod";
const SHOP: &str = "arn:aws:rds:eu-central-1:111122223333:cluster:shop-staging";
const ENDPOINT: &str = "orders-prod.cluster-c1a2b3.eu-central-1.rds.amazonaws.com:3306";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Sixty-four hexadecimal digits that depend on the words only.
fn digest(words: &[&str]) -> String {
    use sha2::{Digest, Sha256};
    data_encoding::HEXLOWER.encode(&Sha256::digest(words.join("|")))
}

pub fn empty() -> Assessment {
    Assessment {
        schema_version: SCHEMA_VERSION,
        run: Run {
            tool_version: "0.1.0".to_owned(),
            now: at("2026-11-20T09:30:00Z"),
            rules_profile: Some("strict".to_owned()),
            rules_sha256: digest(&["rules"]),
            snapshots: Vec::new(),
        },
        summary: Summary {
            outcomes: Outcome::ALL.into_iter().map(|outcome| (outcome, 0)).collect(),
            failures: Severity::DESCENDING.into_iter().map(|severity| (severity, 0)).collect(),
            ..Summary::default()
        },
        gate: Gate {
            fail_on: Some(Severity::High),
            fail_on_new: false,
            min_coverage: None,
            allow_incomplete: false,
            result: GateResult::NothingAssessed,
            reason: "No cluster was found.".to_owned(),
        },
        comparison: None,
        waivers: Vec::new(),
        population: Vec::new(),
        gaps: Vec::new(),
        rules: Vec::new(),
        frameworks: Vec::new(),
        verdicts: Vec::new(),
        paths: None,
    }
}

/// What a reader would meet: two clusters, all five outcomes, elements, gaps and exclusions.
pub fn sample() -> Assessment {
    let mut assessment = Assessment {
        gate: Gate {
            fail_on: Some(Severity::High),
            fail_on_new: false,
            min_coverage: None,
            allow_incomplete: false,
            result: GateResult::Failed,
            reason: "4 failures are of severity high or above.".to_owned(),
        },
        population: population(),
        gaps: gaps(),
        rules: rules(),
        frameworks: vec![framework()],
        verdicts: verdicts(),
        paths: Some(paths::paths()),
        ..empty()
    };
    assessment.run.snapshots = snapshots();
    summarise(&mut assessment);
    assessment
}

/// The sample after a baseline: a failure that is new, one that came back, one that is gone, and two that nobody could judge
/// again, one of them by a rule that is no more.
pub fn compared() -> Assessment {
    let mut assessment = sample();
    let past = |verdict: &VerdictEntry, rule: &str, why: &str| PastFinding {
        rule: rule.to_owned(),
        severity: verdict.severity,
        subject: verdict.subject.clone(),
        element: None,
        message: "it failed".into(),
        fingerprint: digest(&[rule, verdict.subject.id.raw()]),
        why: why.into(),
    };
    let verdicts = &assessment.verdicts;
    let not_reassessed = vec![
        past(&verdicts[8], "net-not-public", "its security groups are not known"),
        past(&verdicts[8], "net-old", "the rule is not among those of this run"),
    ];
    assessment.comparison = Some(Comparison {
        path: "baseline.json".to_owned(),
        judged: at("2026-11-13T09:30:00Z"),
        rules_changed: true,
        new: 1,
        regressed: 1,
        unchanged: 4,
        fixed: vec![past(&verdicts[0], "data-encrypted", "it passes now")],
        not_reassessed,
    });
    let states = [BaselineState::New, BaselineState::Regressed];
    let failing = assessment.verdicts.iter_mut().filter(|verdict| verdict.outcome == Outcome::Fail);
    for (verdict, state) in failing.zip(states.into_iter().chain(std::iter::repeat(BaselineState::Unchanged))) {
        verdict.baseline = Some(state);
        for element in verdict.elements.iter_mut().filter(|element| element.outcome == Outcome::Fail) {
            element.baseline = Some(state);
        }
    }
    assessment
}

fn summarise(assessment: &mut Assessment) {
    assessment.summary.clusters = 2;
    assessment.summary.subjects = 6;
    assessment.summary.voluntary_gaps = assessment.gaps.iter().filter(|gap| gap.reason.is_voluntary()).count();
    assessment.summary.involuntary_gaps = assessment.gaps.len() - assessment.summary.voluntary_gaps;
    for verdict in &assessment.verdicts {
        *assessment.summary.outcomes.get_mut(&verdict.outcome).unwrap() += 1;
        if verdict.outcome == Outcome::Fail {
            *assessment.summary.failures.get_mut(&verdict.severity).unwrap() += 1;
        }
    }
}

fn snapshots() -> Vec<SnapshotEntry> {
    let identity = vec!["arn:aws:sts::111122223333:assumed-role/audit/nightly".into()];
    let aws = SnapshotEntry {
        path: "snapshots/prod aws.jsonl.zst".to_owned(),
        sha256: digest(&["aws"]),
        records: 412,
        tool_version: "0.1.0".to_owned(),
        started: at("2026-11-20T09:00:00Z"),
        finished: Some(at("2026-11-20T09:02:11Z")),
        complete: true,
        incomplete_because: None,
        regions: vec![REGION.to_owned()],
        collectors: vec!["aws".to_owned(), "tls".to_owned()],
        identity,
    };
    let mysql = SnapshotEntry {
        path: "snapshots/prod-mysql.jsonl".to_owned(),
        sha256: digest(&["mysql"]),
        records: 58,
        started: at("2026-11-20T09:10:00Z"),
        finished: None,
        complete: false,
        incomplete_because: Some("the collection was interrupted".into()),
        collectors: vec!["mysql".to_owned()],
        identity: vec!["audit@10.0.3.7".into()],
        ..aws.clone()
    };
    vec![aws, mysql]
}

fn population() -> Vec<Population> {
    let listing = |source: &str, kind: &str, returned, kept, excluded| Population {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        source: source.to_owned(),
        kind: kind.to_owned(),
        target: None,
        returned,
        kept,
        excluded,
    };
    let docs = ExcludedEntry { id: "catalog-docdb".into(), why: "engine docdb is not Aurora".into() };
    vec![
        listing("rds:DescribeDBClusters", "rds.db_cluster", 3, 2, vec![docs]),
        listing("rds:DescribeDBInstances", "rds.db_instance", 4, 4, Vec::new()),
        listing("ec2:DescribeSecurityGroups", "ec2.security_group", 17, 17, Vec::new()),
    ]
}

fn gaps() -> Vec<GapEntry> {
    let gap = |what: &str, target: Option<&str>, reason, needs: Option<&str>, message: &str, line: u32| GapEntry {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        what: what.to_owned(),
        target: target.map(Untrusted::from),
        reason,
        needs: needs.map(Untrusted::from),
        message: message.into(),
        location: Some(place(0, line, "/data", what)),
    };
    vec![
        gap(
            "rds:DescribeDBClusterSnapshotAttributes",
            Some("rds:orders-prod-2026-11-19"),
            GapReason::Denied,
            Some("rds:DescribeDBClusterSnapshotAttributes"),
            "User: arn:aws:sts::111122223333:assumed-role/audit/nightly is not authorized to perform: \
             rds:DescribeDBClusterSnapshotAttributes",
            398,
        ),
        gap("tls:handshake", Some("shop-staging:3306"), GapReason::Unreachable, None, "connection refused", 401),
        gap(
            "mysql:mysql.user",
            Some(ENDPOINT),
            GapReason::Denied,
            Some("SELECT ON mysql.user"),
            "SELECT command denied to user 'audit'@'10.0.3.7' for table 'user'",
            402,
        ),
        gap("mysql:*", Some("shop-staging"), GapReason::NotRequested, None, "no login was given for it", 403),
    ]
}

fn place(file: u16, line: u32, pointer: &str, source: &str) -> Location {
    Location {
        file,
        line,
        pointer: pointer.to_owned(),
        source: source.to_owned(),
        observed: at("2026-11-20T09:01:07.5Z"),
    }
}

fn subject(kind: &str, id: &str, name: &str) -> SubjectEntry {
    SubjectEntry {
        kind: kind.to_owned(),
        id: id.into(),
        name: name.into(),
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
    }
}

fn verdict(rule: &str, severity: Severity, subject: SubjectEntry, outcome: Outcome, message: &str) -> VerdictEntry {
    let fingerprint = digest(&[rule, subject.id.raw()]);
    VerdictEntry {
        rule: rule.to_owned(),
        subject,
        outcome,
        severity,
        message: message.into(),
        reasons: Vec::new(),
        evidence: Vec::new(),
        elements: Vec::new(),
        remediation: None,
        fingerprint,
        baseline: None,
        waiver: None,
    }
}

fn evidence(fact: &str, value: Option<&str>, line: u32, pointer: &str) -> Vec<EvidenceEntry> {
    vec![EvidenceEntry {
        fact: fact.to_owned(),
        value: value.map(Untrusted::from),
        locations: vec![place(0, line, pointer, "rds:DescribeDBClusters")],
    }]
}

fn ingress(key: &str, cidr: &str, outcome: Outcome) -> ElementEntry {
    let mut found = evidence("e.cidr_ip", Some(cidr), 214, "/data/IpPermissions/0/IpRanges/0/CidrIp");
    found[0].locations[0].source = "ec2:DescribeSecurityGroups".to_owned();
    ElementEntry {
        key: key.into(),
        outcome,
        message: format!("ingress from {cidr} on port 3306").into(),
        reasons: Vec::new(),
        evidence: found,
        remediation: (outcome == Outcome::Fail).then(|| Remediation {
            text: "Remove the ingress rule.".into(),
            cli: Some(format!("aws ec2 revoke-security-group-ingress \\\n  --group-id sg-0a1b \\\n  --security-group-rule-ids {key}").into()),
            ..Remediation::default()
        }),
        fingerprint: digest(&["net-not-public", ORDERS, key]),
        baseline: None,
        waiver: None,
    }
}

fn verdicts() -> Vec<VerdictEntry> {
    let mut list = bare_verdicts();
    explain(&mut list);
    mend(&mut list);
    list
}

fn bare_verdicts() -> Vec<VerdictEntry> {
    let orders = || subject("db_cluster", ORDERS, "orders-prod");
    let shop = || subject("db_cluster", SHOP, "shop-staging");
    let account = |name: &str| subject("db_account", &format!("{ORDERS}/{name}"), name);
    let endpoint = |id: &str| subject("endpoint", id, id.split('.').next().unwrap());
    vec![
        verdict("data-encrypted", Severity::High, orders(), Outcome::Pass, "storage is encrypted"),
        verdict("data-encrypted", Severity::High, shop(), Outcome::Fail, "storage is not encrypted"),
        verdict(
            "db-no-anonymous",
            Severity::Critical,
            account("''@'%'"),
            Outcome::Fail,
            "anyone may log in from anywhere.",
        ),
        verdict(
            "db-no-anonymous",
            Severity::Critical,
            account("'app'@'10.0.%'"),
            Outcome::Pass,
            "the account has a name",
        ),
        verdict("db-no-anonymous", Severity::Critical, shop(), Outcome::Unknown, "its accounts are not known"),
        verdict("log-audit-exported", Severity::Medium, orders(), Outcome::Pass, "the audit log is exported"),
        verdict("log-audit-exported", Severity::Medium, shop(), Outcome::Error, "the rule could not be evaluated"),
        verdict(
            "net-not-public",
            Severity::Critical,
            orders(),
            Outcome::Fail,
            "2 of 5 ingress rules admit the internet",
        ),
        verdict("net-not-public", Severity::Critical, shop(), Outcome::Unknown, "its security groups are not known"),
        verdict("res-deletion-protection", Severity::Low, orders(), Outcome::Pass, "deletion protection is on"),
        verdict("res-deletion-protection", Severity::Low, shop(), Outcome::Fail, "deletion protection is off"),
        verdict(
            "tls-certificate-current",
            Severity::High,
            endpoint(ENDPOINT),
            Outcome::Fail,
            "the certificate ends in 12 days",
        ),
        verdict(
            "tls-certificate-current",
            Severity::High,
            endpoint("reports.cluster-c1:3306"),
            Outcome::Pass,
            "it ends in 331 days",
        ),
        verdict(
            "tls-certificate-current",
            Severity::High,
            endpoint("shop-staging:3306"),
            Outcome::Unknown,
            "no handshake",
        ),
        verdict(
            "tls-certificate-current",
            Severity::High,
            endpoint("shop-staging-ro:3306"),
            Outcome::Unknown,
            "no handshake",
        ),
        verdict(
            "tls-certificate-current",
            Severity::High,
            endpoint("v1-pool:3306"),
            Outcome::NotApplicable,
            "not a server",
        ),
    ]
}

/// Evidence, reasons and elements.
fn explain(list: &mut [VerdictEntry]) {
    for (index, (fact, value, pointer)) in [
        ("r.storage_encrypted", Some("true"), "/data/StorageEncrypted"),
        ("r.storage_encrypted", Some("false"), "/data/StorageEncrypted"),
        ("r.user", Some("''"), "/data/User"),
        ("r.user", Some("'app'"), "/data/User"),
        ("r.user", None, "/data"),
        ("r.enabled_cloudwatch_logs_exports", Some("['audit', 'error']"), "/data/EnabledCloudwatchLogsExports"),
        ("r.enabled_cloudwatch_logs_exports", None, "/data"),
    ]
    .into_iter()
    .enumerate()
    {
        list[index].evidence = evidence(fact, value, 10 + u32::try_from(index).unwrap(), pointer);
    }
    list[10].evidence = evidence("r.deletion_protection", Some("false"), 11, "/data/DeletionProtection");
    list[4].reasons = vec!["mysql:mysql.user was not requested for shop-staging".into()];
    list[6].reasons = vec!["the expression divides by zero".into()];
    list[8].reasons = vec!["ec2:DescribeSecurityGroups did not return sg-0dead".into()];
    list[13].reasons = vec!["tls:handshake: connection refused".into()];
    list[14].reasons = vec!["tls:handshake: connection refused".into()];
    list[15].reasons = vec!["the proxy answers for it".into()];
    list[7].elements = vec![
        ingress("sgr-0001", "0.0.0.0/0", Outcome::Fail),
        ingress("sgr-0002", "::/0", Outcome::Fail),
        ElementEntry {
            message: "the prefix list could not be read".into(),
            reasons: vec!["ec2:GetManagedPrefixListEntries was denied".into()],
            ..ingress("sgr-0003", "pl-1", Outcome::Unknown)
        },
    ];
}

fn mend(list: &mut [VerdictEntry]) {
    list[10].remediation = Some(Remediation {
        text: "Switch deletion protection on.".into(),
        cli: Some("aws rds modify-db-cluster --db-cluster-identifier shop-staging --deletion-protection".into()),
        terraform: Some("resource \"aws_rds_cluster\" \"this\" {\n  deletion_protection = true\n}".into()),
        ..Remediation::default()
    });
    list[2].remediation = Some(Remediation {
        text: "Drop the account.".into(),
        sql: Some("DROP USER ''@'%';".into()),
        ..Remediation::default()
    });
}

/// Every text that a target, a file name or a library could set is an attack.
pub fn hostile() -> Assessment {
    const MARKUP: &str = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`&amp;{{7*7}}{% raw %}";
    const BIDI: &str = "abc\u{202e}fdp.exe\u{2066}\u{200b}\u{feff}";
    const STEER: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{8}\u{0}line\nbreak\r\n::error::x";
    const CELL: &str = "=HYPERLINK(\"http://evil.example/\";\"click\")";
    const LINK: &str = "[click](javascript:alert(1)) ![x](http://evil.example/x.png) | **b** `c` \\";
    let all = format!("{MARKUP}{BIDI}{STEER}{CELL}{LINK}");
    let long = format!("{BIDI}{}", "<b>".repeat(33_334));
    let text = |index: usize| Untrusted::from([&*all, MARKUP, BIDI, STEER, CELL, LINK, &long][index % 7]);

    let mut assessment = sample();
    for (index, gap) in assessment.gaps.iter_mut().enumerate() {
        gap.what = format!("{BIDI}{MARKUP}");
        (gap.target, gap.needs, gap.message) = (Some(text(index)), Some(text(index + 1)), text(index + 2));
    }
    for listing in &mut assessment.population {
        listing.target = Some(text(2));
        listing.excluded = (0..7).map(|index| ExcludedEntry { id: text(index), why: text(index + 3) }).collect();
    }
    for (index, snapshot) in assessment.run.snapshots.iter_mut().enumerate() {
        snapshot.path = ["../a b/<s>\u{202e}?#%.jsonl", "/javascript:alert(1)\\x\n.jsonl"][index].to_owned();
        snapshot.identity = vec![text(0)];
        snapshot.incomplete_because = Some(text(6));
        snapshot.regions = vec![all.clone()];
    }
    for (index, verdict) in assessment.verdicts.iter_mut().enumerate() {
        verdict.subject.id = format!("{index}{}", text(index).raw()).into();
        verdict.subject.name = text(index + 1);
        verdict.subject.account = MARKUP.to_owned();
        verdict.message = text(index + 2);
        verdict.reasons = vec![text(index + 3)];
        if let Some(remediation) = &mut verdict.remediation {
            (remediation.text, remediation.cli) = (text(0), Some(text(3)));
        }
        for found in &mut verdict.evidence {
            found.value = Some(text(index + 4));
            found.locations[0].pointer = format!("/data/{all}");
            found.locations[0].file = u16::try_from(index * 40).unwrap();
        }
        for (index, element) in verdict.elements.iter_mut().enumerate() {
            (element.key, element.message, element.reasons) = (text(index), text(index + 1), vec![text(index + 2)]);
        }
    }
    for path in assessment.paths.iter_mut().flat_map(|entry| &mut entry.paths) {
        (path.from.id, path.from.name, path.cluster.name) = (text(0), text(1), text(2));
        for (index, step) in path.steps.iter_mut().enumerate() {
            (step.words, step.conditions) = (text(index), vec![text(index + 1)]);
            for evidence in &mut step.evidence {
                evidence.value = text(index + 2);
                evidence.location.pointer = format!("/data/{all}");
            }
        }
        for change in path.cuts.sets.iter_mut().flatten() {
            change.words = text(3);
        }
    }
    assessment.gate.reason = all;
    assessment
}

/// The sample's verdicts over and over, each time of other clusters.
pub fn many(number: usize) -> Assessment {
    let mut assessment = sample();
    let patterns = std::mem::take(&mut assessment.verdicts);
    for index in 0..number {
        let mut verdict = patterns[index % patterns.len()].clone();
        let estate = index / patterns.len();
        verdict.subject.name = format!("cluster-{estate:05}").into();
        verdict.subject.id = format!("{}-{estate:05}", verdict.subject.id.raw()).into();
        verdict.fingerprint = digest(&[&verdict.rule, verdict.subject.id.raw()]);
        for element in &mut verdict.elements {
            element.fingerprint = digest(&[&verdict.rule, verdict.subject.id.raw(), element.key.raw()]);
        }
        assessment.verdicts.push(verdict);
    }
    assessment.verdicts.sort_by(|a, b| (&a.rule, &a.subject.id).cmp(&(&b.rule, &b.subject.id)));
    assessment.summary = empty().summary;
    summarise(&mut assessment);
    assessment
}
