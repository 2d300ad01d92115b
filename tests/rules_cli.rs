//! `rules`, `explain` and `generate`, run as a user would.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::fs;
use std::path::Path;

use common::{root, run};
use insta::assert_snapshot;
use tempfile::TempDir;

/// A folder of rules with these files in it.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What a run says, with the folder's name taken out.
fn said(args: &[&str], folder: &Path) -> String {
    let path = folder.display().to_string();
    let args = args.iter().map(|arg| if *arg == "DIR" { path.clone() } else { (*arg).to_owned() });
    run(args, &[]).transcript().replace(&path, "DIR")
}

fn model() -> String {
    fs::read_to_string(root().join("rules/resilience/res-deletion-protection.yaml")).unwrap()
}

#[test]
fn a_new_rule_loads_passes_its_tests_and_survives_no_change() {
    let folder = TempDir::new().unwrap();
    assert_snapshot!(said(&["rules", "new", "res-ours", "--rules", "DIR"], folder.path()), @r"
        exit code: 0
        --- stdout
        DIR/resilience/res-ours.yaml: change it, then run `aurora-audit rules test --rules DIR res-ours`
        --- stderr
        ");
    assert_snapshot!(said(&["rules", "test", "res-ours", "--rules", "DIR"], folder.path()), @r"
        exit code: 0
        --- stdout
        1 rules, 3 tests passed
        --- stderr
        ");
    assert_snapshot!(said(&["rules", "test", "--mutate", "res-ours", "--rules", "DIR"], folder.path()), @r"
        exit code: 0
        --- stdout
        1 rules, 3 tests passed
        4 changes tried: 0 did not load, 4 failed a test
        --- stderr
        ");
    assert_snapshot!(said(&["rules", "new", "res-ours", "--rules", "DIR"], folder.path()), @r"
        exit code: 2
        --- stdout
        --- stderr
        error: DIR/resilience/res-ours.yaml is there already
        help: take another id
        ");
    for id in ["ours", "xx-ours", "res-", "res-Ours", "../res-x", "res-a/b"] {
        let result = run(["rules", "new", id, "--rules", &folder.path().display().to_string()], &[]);
        assert_eq!(result.code, 2, "{id}: {}", result.transcript());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Rules that are wrong in every way at once.
fn wrong_rules() -> TempDir {
    let misspelt = model().replace("check: |\n  r.deletion_protection", "check: |\n  r.deletion_protectoin");
    let parameter = fs::read_to_string(root().join("rules/logging/log-audit-enabled.yaml"))
        .unwrap()
        .replace("log-audit-enabled", "log-typo")
        .replacen("server_audit_logging)", "server_audit_loging)", 1);
    folder(&[
        ("resilience/res-deletion-protection.yaml", &misspelt),
        ("logging/log-typo.yaml", &parameter),
        ("odd/res-x.yaml", &model().replace("id: res-deletion-protection", "id: res-x")),
        ("loose.yaml", "a: 1"),
        ("tls/deep/tls-x.yaml", "a: 1"),
        ("tls/tls-y.yml", "a: 1"),
        ("iam/iam-broken.yaml", "a: ["),
        ("iam/iam-tag.yaml", "check: !r.x\n"),
        ("README.md", "not a rule"),
    ])
}

/// Odd folders and duplicate ids stand beside the other mistakes, never in their place.
#[test]
fn check_reports_everything_that_is_wrong_with_any_file() {
    let folder = wrong_rules();
    assert_snapshot!(said(&["rules", "check", "--rules", "DIR"], folder.path()), @r"
        exit code: 2
        --- stdout
        --- stderr
        error: not readable as YAML: unclosed bracket '['
         --> DIR/iam/iam-broken.yaml:1:4
          |
        1 | a: [
          |    ^

        error: not readable as YAML: unsupported tag `!r.x`
         --> DIR/iam/iam-tag.yaml:1:12
          |
        1 | check: !r.x
          |            ^
          help: write the expression as a block: `check: |` and the expression on the next line

        error: type `cluster_parameters` has no field `server_audit_loging`
          --> DIR/logging/log-typo.yaml:10:20
           |
        10 |   has(r.parameters.server_audit_loging) && r.parameters.server_audit_logging in ['1', 'ON'] && r.parameters_in
           |                    ^^^^^^^^^^^^^^^^^^^
           help: did you mean `server_audit_logging`?

        error: `r.parameters.server_audit_logging` may be absent: guard it with has(r.parameters.server_audit_logging)
          --> DIR/logging/log-typo.yaml:10:44
           |
        10 |   has(r.parameters.server_audit_loging) && r.parameters.server_audit_logging in ['1', 'ON'] && r.parameters_in
           |                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           help: as in `has(r.parameters.server_audit_logging) && …`, and decide what its absence means

        error: this file is not in the folder of an area: it is not used
         --> DIR/loose.yaml:1:1
          |
        1 | 
          | ^
          help: put it at AREA/ID.yaml under the folder of rules, or elsewhere if it is no rule

        error: `odd` is no folder for rules
         --> DIR/odd/res-x.yaml:2:5
          |
        2 | id: res-x
          |     ^^^^^
          help: one of iam, network, tls, database, path, data, logging, resilience

        error: rule `res-deletion-protection` is already in rules/resilience/res-deletion-protection.yaml
         --> DIR/resilience/res-deletion-protection.yaml:2:5
          |
        2 | id: res-deletion-protection
          |     ^^^^^^^^^^^^^^^^^^^^^^^

        error: type `db_cluster` has no field `deletion_protectoin`
         --> DIR/resilience/res-deletion-protection.yaml:8:5
          |
        8 |   r.deletion_protectoin
          |     ^^^^^^^^^^^^^^^^^^^
          help: did you mean `deletion_protection`?

        error: this file is not in the folder of an area: it is not used
         --> DIR/tls/deep/tls-x.yaml:1:1
          |
        1 | 
          | ^
          help: put it at AREA/ID.yaml under the folder of rules, or elsewhere if it is no rule

        error: the name of a rule file ends in .yaml
         --> DIR/tls/tls-y.yml:1:1
          |
        1 | 
          | ^
          help: name it ID.yaml

        10 errors in rule files
        ");
    let check = run(["check", "fixtures/acme.jsonl", "--rules", &folder.path().display().to_string()], &[]);
    assert_eq!((check.code, check.stdout.as_str()), (2, ""), "{}", check.stderr);
}

#[test]
fn check_says_that_all_is_well() {
    let result = run(["rules", "check"], &[]);
    assert_eq!((result.code, result.stderr.as_str()), (0, ""), "{}", result.transcript());
    assert!(result.stdout.contains(" rules load; they have "), "{}", result.stdout);
}

#[test]
fn a_rule_is_explained() {
    assert_snapshot!(run(["explain", "res-backup-retention"], &[]).transcript(), @r#"
        exit code: 0
        --- stdout
        res-backup-retention  medium  resilience  stable
        Automatic backups are kept long enough

        Why:
          Damage is often found days after it was done. What the backups no longer hold cannot be brought
          back.

        Severity:
          medium: it matters for a loss that is noticed late

        Judges:
          every db_cluster

        Holds when:
          r.backup_retention_period >= params.min_days

        Parameters:
          min_days (int, 1 to 35; default 7): Days that automatic backups must be kept

        Rests on:
          r.backup_retention_period (int) [BackupRetentionPeriod]: Days that automatic backups are kept.

        Mend:
          Keep automatic backups longer.

        AWS CLI:
          aws rds modify-db-cluster --db-cluster-identifier {{ r.db_cluster_identifier }} --backup-retention-period {{ params.min_days }} --apply-immediately

        Terraform:
          resource "aws_rds_cluster" "this" {
            backup_retention_period = {{ params.min_days }}
          }

        Costs:
          effort low. Backup storage beyond the cluster's size is charged.

        Frameworks:
          aws-security-hub RDS.50 (full, published: Clusters keep backups long enough)
          cis-aws-database-services-2.0.0 2.8 (partial, mapping: Backups are made and kept; not tested:
              whether a backup can be restored)
          hipaa 164.308(a)(7)(ii)(A) (partial, our reading: Data backup plan; not tested: whether an exact
              copy can be restored)
          nist-800-53-r5 CP-9 (partial, mapping: Backups are made; not tested: whether a backup can be
              restored)
          nist-800-53-r5 CP-10 (partial, mapping: Systems are recovered; not tested: whether recovery works
              within the time that is promised)
          pci-dss-4.0.1 10.3.3 (partial, our reading: Audit logs are kept elsewhere; not tested: logs of
              other components)
          soc-2 A1.2 (partial, our reading: Environment, backups and recovery; not tested: the environment,
              capacity, and tests of recovery)

        See:
          https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Managing.Backups.html

        From:
          rules/resilience/res-backup-retention.yaml (original)
        --- stderr
        "#);
    assert_snapshot!(run(["explain", "res-backup-retension"], &[]).transcript(), @r"
        exit code: 2
        --- stdout
        --- stderr
        error: there is no rule `res-backup-retension`
        help: did you mean `res-backup-retention`?
        ");
    for line in run(["rules", "list", "--area", "network"], &[]).stdout.lines() {
        let id = line.split(' ').next().unwrap().to_owned();
        let result = run(["explain", &id], &[]);
        assert!(result.code == 0 && result.stdout.contains("\nRests on:\n"), "{id}: {}", result.transcript());
    }
}

#[test]
fn a_rule_is_shown_as_its_file_stands() {
    let shown = run(["rules", "show", "res-deletion-protection"], &[]);
    assert_eq!((shown.code, shown.stdout), (0, model()));
}

#[test]
fn rules_are_listed_and_chosen() {
    let all = run(["rules", "list"], &[]).stdout;
    let files = fs::read_dir(root().join("rules")).unwrap().map(|entry| entry.unwrap().path());
    let files: usize = files.filter(|path| path.is_dir()).map(|path| yaml_files(&path)).sum();
    assert_eq!(all.lines().count(), files);
    let tls = run(["rules", "list", "--area", "tls"], &[]).stdout;
    assert!(!tls.is_empty() && tls.lines().all(|line| line.starts_with("tls-")), "{tls}");
    assert_eq!(run(["rules", "list", "--tag", "nobody-has-this"], &[]).stdout, "");
}

fn yaml_files(folder: &Path) -> usize {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|it| it == "yaml")).count()
}

#[test]
fn failing_tests_end_with_2_and_say_where() {
    let wrong = model().replace("res-deletion-protection", "res-x");
    let wrong = wrong.replacen("deletion_protection: false", "deletion_protection: true", 1);
    assert_ne!(wrong, model().replace("res-deletion-protection", "res-x"));
    let folder = folder(&[("resilience/res-x.yaml", &wrong)]);
    assert_snapshot!(said(&["rules", "test", "res-x", "--rules", "DIR"], folder.path()), @r"
        exit code: 2
        --- stdout
        --- stderr
        error: rules fail their own tests
        DIR/resilience/res-x.yaml:45: res-x `protection is off`: expected fail, found pass
        help: mend the rule or the test
        ");
}

/// The page that teaches how to write a rule: its example works, and its commands exist.
#[test]
fn the_example_of_the_documentation_loads_and_passes_its_tests() {
    let page = fs::read_to_string(root().join("docs/write-a-rule.md")).unwrap();
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let path = example.lines().next().unwrap().trim_start_matches("# ours/");
    let folder = folder(&[(path, example)]);
    let said = said(&["rules", "test", "net-db-port-from-home", "--rules", "DIR"], folder.path());
    assert!(said.contains("1 rules, 6 tests passed"), "{said}");
    for command in page.split('`').filter(|it| it.starts_with("rules ") || it.starts_with("generate ")) {
        let words: Vec<&str> = command.split([' ', '[']).take(2).collect();
        assert_eq!(run([words[0], words[1], "--help"], &[]).code, 0, "{command}");
    }
}

#[test]
fn types_are_shown() {
    assert_snapshot!(run(["rules", "schema", "cluster_parameter"], &[]).transcript(), @r"
        exit code: 2
        --- stdout
        --- stderr
        error: there is no type or target `cluster_parameter`
        help: did you mean `cluster_parameters`?
        ");
    let one = run(["rules", "schema", "cluster_parameters"], &[]);
    assert!(one.code == 0 && one.stdout.contains("- `tls_version?: string`"), "{}", one.transcript());
}

/// Committed is generated: `INSTA_UPDATE=always` writes these files anew.
#[test]
fn generated_files_are_up_to_date() {
    for (args, file) in [
        (&["generate", "schema", "facts"][..], "docs/schema/facts.json"),
        (&["generate", "schema", "rule"], "docs/schema/rule.json"),
        (&["rules", "schema"], "docs/facts.md"),
        (&["rules", "page", "iam"], "docs/rules/iam.md"),
        (&["rules", "page", "network"], "docs/rules/network.md"),
        (&["rules", "page", "tls"], "docs/rules/tls.md"),
        (&["rules", "page", "database"], "docs/rules/database.md"),
        (&["rules", "page", "path"], "docs/rules/path.md"),
        (&["rules", "page", "data"], "docs/rules/data.md"),
        (&["rules", "page", "logging"], "docs/rules/logging.md"),
        (&["rules", "page", "resilience"], "docs/rules/resilience.md"),
    ] {
        let generated = run(args, &[]).stdout;
        let path = root().join(file);
        if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &generated).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == generated, "{file} is out of date: run the tests with INSTA_UPDATE=always and commit it");
    }
}

/// Editors complete rule files by this schema: it must accept every rule that is shipped.
#[test]
fn the_schema_of_rule_files_fits_the_shipped_rules() {
    let schema: serde_json::Value = serde_json::from_str(&run(["generate", "schema", "rule"], &[]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut seen = 0;
    for area in fs::read_dir(root().join("rules")).unwrap().map(|entry| entry.unwrap().path()) {
        for file in fs::read_dir(area).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            if file.extension().is_some_and(|it| it == "yaml") {
                let rule: serde_json::Value = serde_saphyr::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
                let errors: Vec<String> = validator.iter_errors(&rule).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{}: {errors:?}", file.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 30);
    let facts: serde_json::Value = serde_json::from_str(&run(["generate", "schema", "facts"], &[]).stdout).unwrap();
    jsonschema::validator_for(&facts).unwrap();
}

/// A rule that was renamed is renamed on the page on the guides too.
#[test]
fn the_page_on_the_guides_names_rules_that_there_are() {
    let page = fs::read_to_string(root().join("docs/coverage-of-aurora-security-guide.md")).unwrap();
    let list = run(["rules", "list"], &[]).stdout;
    let known: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let areas = ["iam-", "net-", "tls-", "db-", "data-", "log-", "res-", "path-"];
    let named: Vec<&str> =
        page.split('`').skip(1).step_by(2).filter(|word| areas.iter().any(|area| word.starts_with(area))).collect();
    assert!(named.len() > 50);
    for rule in named {
        assert!(known.contains(&rule), "{rule}");
    }
}

/// The page on frameworks has every framework that rules name, and no other.
#[test]
fn the_page_on_frameworks_names_those_that_there_are() {
    let page = fs::read_to_string(root().join("docs/frameworks.md")).unwrap();
    let known = aurora_audit::rules::frameworks();
    for framework in known {
        assert!(page.contains(&format!("`{}`", framework.id)), "{}", framework.id);
    }
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let named = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
    assert_eq!(named.count(), known.len());
}
