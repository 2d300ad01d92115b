//! The rules of the sample, and the framework that they answer.

use std::collections::BTreeMap;

use crate::check::{ControlEntry, Remediation, RuleEntry};
use crate::model::{Coverage, Severity};
use crate::rules::{Basis, Framework, FrameworkControl};

fn rule(id: &str, title: &str, severity: Severity, target: &str, check: &str, texts: [&str; 2]) -> RuleEntry {
    let [rationale, remediation] = texts;
    RuleEntry {
        id: id.to_owned(),
        title: title.to_owned(),
        severity,
        area: id.split('-').next().unwrap().to_owned(),
        target: target.to_owned(),
        rationale: rationale.to_owned(),
        check: check.to_owned(),
        remediation: Remediation { text: remediation.into(), ..Remediation::default() },
        frameworks: BTreeMap::new(),
        docs: format!("https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/{id}.html"),
        tags: vec!["aurora".to_owned()],
    }
}

/// What is known of one of the frameworks that the rules name: a control that they answer, one that people decide, and one whose
/// rules did not run.
pub(super) fn framework() -> Framework {
    let control = |title: &str, manual: Option<&str>, untested: Option<&str>| FrameworkControl {
        title: title.to_owned(),
        basis: Basis::Reading,
        manual: manual.map(str::to_owned),
        untested: untested.map(str::to_owned),
    };
    let controls = [
        ("1.3.1", control("Traffic is restricted", None, Some("whether each source is needed"))),
        ("8.3.9", control("Passwords are changed", None, None)),
        ("12.10.1", control("There is a plan for incidents", Some("People's work."), None)),
    ];
    Framework {
        id: "PCI DSS 4.0".to_owned(),
        title: "PCI DSS".to_owned(),
        version: "4.0.1".to_owned(),
        source: "https://www.pcisecuritystandards.org/".to_owned(),
        as_of: "2026-11-20".parse().unwrap(),
        controls: controls.map(|(id, control)| (id.to_owned(), control)).into(),
    }
}

/// Controls that a pass proves whole.
fn controls(ids: &[&str]) -> Vec<ControlEntry> {
    ids.iter().map(|id| ControlEntry { control: (*id).to_owned(), coverage: Coverage::Full }).collect()
}

pub(super) fn rules() -> Vec<RuleEntry> {
    let mut rules = vec![
        rule(
            "data-encrypted",
            "Cluster storage is encrypted",
            Severity::High,
            "db_cluster",
            "r.storage_encrypted",
            [
                "Whoever gets at a disk, a snapshot or a backup of an unencrypted cluster reads the data.",
                "Restore a snapshot into an encrypted cluster and move the clients over.",
            ],
        ),
        rule(
            "db-no-anonymous",
            "No database account without a name",
            Severity::Critical,
            "db_account",
            "r.user != ''",
            ["An account without a name lets anyone in that the host part admits.", "Drop the account."],
        ),
        rule(
            "log-audit-exported",
            "The audit log goes to CloudWatch",
            Severity::Medium,
            "db_cluster",
            "'audit' in r.enabled_cloudwatch_logs_exports",
            ["A log on the instance is gone with the instance.", "Export the audit log."],
        ),
        rule(
            "net-not-public",
            "No address outside the VPC reaches the cluster",
            Severity::Critical,
            "db_cluster",
            "!e.open_to_internet",
            [
                "A database port that the internet reaches is tried by everyone, all day.\n\nSecurity groups are the only \
                 thing between the port and the world when an instance is publicly accessible.",
                "Remove the ingress rule, or name the peers' security groups in it.",
            ],
        ),
        rule(
            "res-deletion-protection",
            "Deletion protection is on",
            Severity::Low,
            "db_cluster",
            "r.deletion_protection",
            ["One wrong call deletes a cluster that is not protected.", "Switch deletion protection on."],
        ),
        rule(
            "tls-certificate-current",
            "The server certificate is not about to expire",
            Severity::High,
            "endpoint",
            "r.leaf.not_after - now > duration('30d')",
            ["Clients that verify the server stop on the day its certificate ends.", "Rotate the certificate."],
        ),
    ];
    rules[0].frameworks = BTreeMap::from([
        ("CIS Aurora 2.0.0".to_owned(), controls(&["3.3"])),
        ("PCI DSS 4.0".to_owned(), controls(&["3.5.1"])),
    ]);
    rules[2].frameworks = BTreeMap::from([("PCI DSS 4.0".to_owned(), controls(&["10.2.1", "10.3.3"]))]);
    rules[3].frameworks = BTreeMap::from([
        ("CIS Aurora 2.0.0".to_owned(), controls(&["2.1"])),
        ("PCI DSS 4.0".to_owned(), controls(&["1.3.1"])),
    ]);
    rules[4].frameworks = BTreeMap::from([("CIS Aurora 2.0.0".to_owned(), controls(&["2.9"]))]);
    rules[3].remediation.cli = Some(
        "aws ec2 revoke-security-group-ingress \\\n  --group-id {group} \\\n  --security-group-rule-ids {rule}".into(),
    );
    rules[4].remediation.cli =
        Some("aws rds modify-db-cluster --db-cluster-identifier {name} --deletion-protection".into());
    rules[4].remediation.terraform =
        Some("resource \"aws_rds_cluster\" \"this\" {\n  deletion_protection = true\n}".into());
    rules[1].remediation.sql = Some("DROP USER {account};".into());
    rules
}
