//! Configuration as users meet it: flag before variable before file before default, and where each value comes from.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{Run, assessment, fixture, root, run, run_in};
use tempfile::TempDir;

const NOW: &str = "2026-11-20T12:00:00Z";

/// A repository with a snapshot and a folder in it.
struct Repository(TempDir);

impl Repository {
    fn new(config: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir_all(folder.path().join(".git")).unwrap();
        fs::create_dir_all(folder.path().join("deep/er")).unwrap();
        fs::write(folder.path().join("aurora-audit.toml"), config).unwrap();
        Self(folder)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Run {
        run_in(&self.at("deep/er"), args, env)
    }

    fn check(&self, args: &[&str], env: &[(&str, &str)]) -> Run {
        let snapshot = fixture().display().to_string();
        self.run(&[&["check", &snapshot, "--now", NOW], args].concat(), env)
    }
}

#[test]
fn a_flag_goes_before_its_variable_and_that_before_the_file() {
    let repository = Repository::new("[gate]\nfail-on = \"never\"\nallow-incomplete = true\n");
    for (args, env, code) in [
        (&[][..], &[][..], 0),
        (&["--no-config"], &[], 1),
        (&["--fail-on", "high"], &[], 1),
        (&[], &[("AURORA_AUDIT_FAIL_ON", "high")], 1),
        (&["--fail-on", "never"], &[("AURORA_AUDIT_FAIL_ON", "high")], 0),
        (&[], &[("AURORA_AUDIT_ALLOW_INCOMPLETE", "false")], 3),
        (&[], &[("AURORA_AUDIT_ALLOW_INCOMPLETE", "")], 0),
        (&[], &[("AURORA_AUDIT_NO_CONFIG", "1")], 1),
        (&[], &[("AURORA_AUDIT_CONFIG", "/nonexistent.toml")], 2),
        (&["--config", "/nonexistent.toml"], &[], 2),
        (&["--config-profile", "nightly"], &[], 2),
    ] {
        let result = repository.check(args, env);
        assert_eq!(result.code, code, "{args:?} {env:?}: {}", result.transcript());
    }
}

#[test]
fn paths_begin_at_the_file_and_rules_are_changed() {
    let repository = Repository::new(
        "[report]\noutput = [\"json=out/a.json\"]\nsummary = \"out/summary.json\"\n[waivers]\nfile = \"accepted.yaml\"\n\
         [rule.net-instance-not-public]\nseverity = \"low\"\n[rule.res-backup-retention]\nenabled = false\n\
         [network]\ncorporate-cidr = [\"198.51.100.0/24\"]\n",
    );
    assert_eq!(repository.check(&[], &[]).code, 2, "the file of waivers is not there");
    fs::write(repository.at("accepted.yaml"), "waivers: []\n").unwrap();
    let result = repository.check(&[], &[]);
    assert_eq!(result.code, 1, "{}", result.transcript());
    let found = assessment(&repository.at("out/a.json"));
    let rules = found["rules"].as_array().unwrap();
    let severity =
        |id: &str| rules.iter().find(|it| it["id"] == id).map(|it| it["severity"].as_str().unwrap().to_owned());
    assert_eq!(severity("net-instance-not-public").as_deref(), Some("low"));
    assert_eq!(severity("res-backup-retention"), None);
    let summary = assessment(&repository.at("out/summary.json"));
    assert_eq!((&summary["exit_code"], &summary["gate"]), (&1.into(), &"failed".into()));
    assert_eq!(summary["reason"], found["gate"]["reason"]);
}

#[test]
fn a_run_that_breaks_leaves_a_summary_too() {
    let repository = Repository::new("[report]\nsummary = \"summary.json\"\n");
    let result = repository.run(&["check", "/nonexistent.jsonl"], &[]);
    assert_eq!(result.code, 2);
    let summary = assessment(&repository.at("summary.json"));
    assert_eq!(summary["exit_code"], 2);
    assert!(summary["error"].as_str().unwrap().contains("/nonexistent.jsonl"), "{summary}");
}

#[test]
fn mistakes_are_shown_where_they_stand() {
    let repository = Repository::new("[gate]\nfail-no = \"high\"\n[rule.net-instance-not-publik]\nenabled = false\n");
    let result = repository.check(&[], &[]);
    assert_eq!(result.code, 2);
    for part in ["aurora-audit.toml:2:1", "^^^^^^^", "did you mean `fail-on`?"] {
        assert!(result.stderr.contains(part), "{part}: {}", result.stderr);
    }
    fs::write(repository.at("aurora-audit.toml"), "[rule.net-instance-not-publik]\nenabled = false\n").unwrap();
    let result = repository.check(&[], &[]);
    assert_eq!(result.code, 2);
    for part in ["aurora-audit.toml:1:7", "there is no rule", "did you mean `net-instance-not-public`?"] {
        assert!(result.stderr.contains(part), "{part}: {}", result.stderr);
    }
    assert_eq!(
        repository.run(&["generate", "schema", "config"], &[]).code,
        0,
        "a wrong file keeps nobody from the rest"
    );
}

#[test]
fn what_holds_is_shown_with_its_origin() {
    let repository = Repository::new(
        "[gate]\nfail-on = \"low\"\nmin-coverage = 90\n[report]\noutput = [\"html=x.html\"]\n[rule.res-backup-retention]\nparams = { min_days = 30 }\n",
    );
    let result = repository.run(&["config", "show", "--origin"], &[("AURORA_AUDIT_MIN_COVERAGE", "80")]);
    assert_eq!(result.code, 0, "{}", result.transcript());
    let shown = result.stdout.replace(&repository.0.path().display().to_string(), "/repository");
    let shown = shown.replace(&fs::canonicalize(repository.0.path()).unwrap().display().to_string(), "/repository");
    for part in [
        "fail-on = \"low\"  # /repository/aurora-audit.toml:2",
        "min-coverage = 80  # environment, AURORA_AUDIT_MIN_COVERAGE",
        "exit-zero = false  # default",
        "# baseline = \"baseline.json\"  # not set; --baseline or AURORA_AUDIT_BASELINE",
        "output = [\"html=/repository/x.html\"]  # /repository/aurora-audit.toml:5",
        "[rule.res-backup-retention]\nparams.min_days = 30",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    // What is shown is a configuration itself.
    let plain = repository.run(&["config", "show"], &[]);
    fs::write(repository.at("shown.toml"), &plain.stdout).unwrap();
    let again =
        repository.run(&["config", "show", "--config", &repository.at("shown.toml").display().to_string()], &[]);
    let body = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&again.stdout), body(&plain.stdout), "{}", again.stderr);
}

#[test]
fn init_writes_a_file_that_works_and_asks_nothing() {
    let folder = TempDir::new().unwrap();
    let first = run_in(folder.path(), &["init"], &[]);
    assert_eq!(first.code, 0, "{}", first.transcript());
    let again = run_in(folder.path(), &["init"], &[]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("is there already") && again.stderr.contains("--force"), "{}", again.stderr);
    assert_eq!(run_in(folder.path(), &["init", "--force"], &[]).code, 0);
    let snapshot = fixture().display().to_string();
    let checked = run_in(folder.path(), &["check", &snapshot, "--now", NOW], &[]);
    assert_eq!(checked.code, 1, "{}", checked.transcript());
    assert!(folder.path().join("aurora-audit.html").is_file());
    let text = fs::read_to_string(folder.path().join("aurora-audit.toml")).unwrap();
    insta::assert_snapshot!(text);
}

/// What `init` writes about rules is true: every rule and parameter that it names is there, and takes the value.
#[test]
fn what_init_says_of_rules_holds() {
    let folder = TempDir::new().unwrap();
    assert_eq!(run_in(folder.path(), &["init"], &[]).code, 0);
    let file = folder.path().join("aurora-audit.toml");
    let text = fs::read_to_string(&file).unwrap();
    let rules = text.split_once("\n# [parameters]").map(|(_, rest)| format!("# [parameters]{rest}")).unwrap();
    let on = |line: &str| line.trim_start_matches("# ").to_owned();
    let on = rules.lines().map(on).filter(|line| line.starts_with('[') || line.contains(" = "));
    fs::write(&file, on.map(|line| line + "\n").collect::<String>()).unwrap();
    let json = folder.path().join("out.json");
    let snapshot = fixture().display().to_string();
    let checked =
        run_in(folder.path(), &["check", &snapshot, "--now", NOW, "-o", &format!("json={}", json.display())], &[]);
    assert_eq!(checked.code, 1, "{}", checked.transcript());
    let text = fs::read_to_string(&json).unwrap();
    assert!(
        text.contains("res-backup-retention") && !text.contains("net-non-default-port"),
        "{}",
        checked.transcript()
    );
    let shared = run_in(folder.path(), &["config", "show"], &[]).stdout;
    assert!(shared.contains("[parameters]\nadministrators = [\"dba\"]"), "{shared}");
}

/// Outcomes by rule and subject.
fn outcomes(repository: &Repository, args: &[&str]) -> std::collections::BTreeMap<String, String> {
    let json = repository.at("out.json");
    let result = repository.check(&[&["-o", &format!("json={}", json.display())], args].concat(), &[]);
    assert_eq!(result.code, 1, "{}", result.transcript());
    let assessment = assessment(&json);
    let verdict = |it: &serde_json::Value| {
        (format!("{} {}", it["rule"], it["subject"]["id"]), it["outcome"].as_str().unwrap().to_owned())
    };
    assessment["verdicts"].as_array().unwrap().iter().map(verdict).collect()
}

/// `strict` sees all that `default` sees: what fails there fails here, and more does.
#[test]
fn strict_is_narrower_than_default() {
    let repository = Repository::new("");
    let (default, strict) = (outcomes(&repository, &[]), outcomes(&repository, &["--profile-rules", "strict"]));
    let fails = |of: &std::collections::BTreeMap<String, String>| of.values().filter(|it| *it == "fail").count();
    for (verdict, outcome) in &default {
        let narrower = &strict[verdict];
        assert!(outcome != "fail" || narrower == "fail", "{verdict}: {outcome} and {narrower}");
        assert!(
            outcome != "unknown" || narrower == "unknown" || narrower == "fail",
            "{verdict}: {outcome} and {narrower}"
        );
    }
    assert!(fails(&strict) > fails(&default) && strict.len() > default.len());
}

#[test]
fn a_profile_of_rules_is_chosen_by_flag_variable_or_file() {
    let repository = Repository::new("[rules]\nprofile = \"cis-mysql-8.0\"\n");
    let count = |args: &[&str], env: &[(&str, &str)]| {
        let shown = repository.check(args, env).stdout;
        let rules = shown.split_once(" rules").unwrap().0.rsplit(' ').next().unwrap().to_owned();
        rules.parse::<usize>().unwrap()
    };
    let all = count(&["--profile-rules", "all"], &[]);
    assert_eq!(count(&["--profile-rules", "default"], &[]), all - 1);
    assert_eq!(count(&[], &[("AURORA_AUDIT_PROFILE_RULES", "strict")]), all);
    let mysql = count(&[], &[]);
    assert!(mysql > 10 && mysql < 30, "{mysql}");
    let wrong = repository.check(&["--profile-rules", "stict"], &[]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.stderr.contains("there is no profile of rules `stict`\nhelp: did you mean `strict`?"),
        "{}",
        wrong.stderr
    );
    let listed = run(["rules", "list", "--profile-rules", "cis-mysql-8.0"], &[]).stdout;
    assert_eq!(listed.lines().count(), mysql);
    let profiles = run(["rules", "profiles"], &[]).stdout;
    assert!(profiles.starts_with("default") && profiles.contains("pci-dss-4.0.1"), "{profiles}");
}

#[test]
fn what_is_typed_goes_before_settings_that_contradict_it() {
    let repository = Repository::new("[targets]\nendpoint = [\"mysql://127.0.0.1:1\"]\nlogin = \"auditor\"\n");
    let shown = repository.run(&["config", "show"], &[]);
    if cfg!(feature = "collect") {
        assert!(shown.stdout.contains("endpoint = [\"mysql://127.0.0.1:1\"]"), "{}", shown.transcript());
        let typed = repository.run(&["config", "show"], &[("AURORA_AUDIT_REGION", "eu-west-1")]);
        assert!(typed.stdout.contains("region = [\"eu-west-1\"]"), "{}", typed.transcript());
        // To probe a server is to do nothing else to it, whatever login the file has for scans.
        let probed = repository.run(&["probe", "127.0.0.1:1", "--timeout", "1"], &[]);
        assert!(!probed.stderr.contains("password"), "{}", probed.transcript());
    }
}

/// Committed schemas are those that the program generates, and both files of people fit them.
#[test]
fn schemas_are_committed_and_fit() {
    for name in ["config", "waivers"] {
        let generated = run(["generate", "schema", name], &[]).stdout;
        let path = root().join(format!("docs/schema/{name}.json"));
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            fs::write(&path, &generated).unwrap();
        }
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            generated,
            "aurora-audit generate schema {name} >docs/schema/{name}.json"
        );
        let schema: serde_json::Value = serde_json::from_str(&generated).unwrap();
        assert!(jsonschema::validator_for(&schema).is_ok());
    }
    let schema: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(root().join("docs/schema/config.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (instance, fits) in [
        (serde_json::json!({"gate": {"fail-on": "high", "min-coverage": 95}}), true),
        (serde_json::json!({"gate": {"fail-on": "hgih"}}), false),
        (serde_json::json!({"gates": {}}), false),
        (serde_json::json!({"rule": {"a-b": {"params": {"x": [1, 2]}}}, "profile": {"n": {"gate": {}}}}), true),
        (serde_json::json!({"profile": {"n": {"gat": {}}}}), false),
    ] {
        assert_eq!(validator.is_valid(&instance), fits, "{instance}");
    }
}

#[test]
fn completions_and_man_pages_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(["generate", "completions", shell], &[]);
        assert_eq!(script.code, 0, "{shell}");
        for word in ["waiver", "min-coverage", "fail-on-new"] {
            assert!(script.stdout.contains(word), "{shell} {word}");
        }
    }
    let folder = TempDir::new().unwrap();
    let pages = run(["generate", "man", &folder.path().display().to_string()], &[]);
    assert_eq!(pages.code, 0, "{}", pages.transcript());
    for page in ["aurora-audit.1", "aurora-audit-check.1", "aurora-audit-waiver-add.1", "aurora-audit-config-show.1"] {
        let text = fs::read_to_string(folder.path().join(page)).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
    assert!(
        run(["generate", "man"], &[]).stdout.contains("EXIT") || run(["generate", "man"], &[]).stdout.contains("Exit")
    );
}
