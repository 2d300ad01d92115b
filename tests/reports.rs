//! Reports from the command line: every format, the same from a kept assessment as from the run, and nothing half written when
//! something goes wrong.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{Run, assessment, fixture, root, run, run_in};
use tempfile::TempDir;

const NOW: &str = "2026-11-20T12:00:00Z";
const FORMATS: [&str; 9] = ["json", "sarif", "html", "junit", "csv", "markdown", "github", "ocsf", "asff"];

fn check(folder: &Path, args: &[&str]) -> Run {
    let snapshot = fixture().display().to_string();
    let json = format!("json={}", folder.join("kept.json").display());
    run(["check", &snapshot, "--now", NOW, "--exit-zero", "-o", &json].iter().chain(args), &[])
}

fn kept(folder: &TempDir) -> String {
    assert_eq!(check(folder.path(), &[]).code, 0);
    folder.path().join("kept.json").display().to_string()
}

/// Names in a folder, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_kept_assessment_gives_the_bytes_of_the_run() {
    let folder = TempDir::new().unwrap();
    let (now, later) = (folder.path().join("now"), folder.path().join("later"));
    let outputs = |folder: &Path| -> Vec<String> {
        FORMATS.iter().map(|format| format!("-o{format}={}", folder.join(format).display())).collect()
    };
    let args = outputs(&now);
    let first = check(folder.path(), &args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(first.code, 0, "{}", first.transcript());
    let kept = folder.path().join("kept.json").display().to_string();
    let mut args = vec!["report".to_owned(), kept];
    args.extend(outputs(&later));
    let second = run(&args, &[]);
    assert_eq!(second.code, 0, "{}", second.transcript());
    for format in FORMATS {
        let (first, second) = (fs::read(now.join(format)).unwrap(), fs::read(later.join(format)).unwrap());
        assert!(!first.is_empty() && first == second, "{format}");
    }
    let last = second.stdout.lines().last().unwrap();
    assert!(last.contains(" fail, ") && last.contains("coverage ") && last.contains("html="), "{last}");
}

#[test]
fn a_report_of_later_says_when_it_was_made() {
    let folder = TempDir::new().unwrap();
    let kept = kept(&folder);
    let page = folder.path().join("page.html");
    let output = format!("html={}", page.display());
    let result = run(["report", &kept, "--now", "2027-01-01T00:00:00Z", "-o", &output], &[]);
    assert_eq!(result.code, 0, "{}", result.transcript());
    assert!(fs::read_to_string(&page).unwrap().contains("reported at <time datetime=\"2027-01-01T00:00:00Z\""));
    assert_eq!(run(["report", &kept, "--now", "soon"], &[]).code, 2);
}

#[test]
fn the_assessment_fits_its_schema() {
    let folder = TempDir::new().unwrap();
    let document = assessment(Path::new(&kept(&folder)));
    let schema = run(["generate", "schema", "assessment"], &[]).stdout;
    assert_eq!(schema, fs::read_to_string(root().join("docs/schema/assessment.json")).unwrap());
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn a_report_that_cannot_be_written_leaves_none_of_them() {
    let folder = TempDir::new().unwrap();
    let kept = kept(&folder);
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(folder.path().join("file"), "x").unwrap();
    for (path, said) in [("file/page.html", "write `"), ("out", "write `")] {
        let (first, second) = (format!("csv={}", out.join("a.csv").display()), folder.path().join(path));
        let result = run(["report", &kept, "-o", &first, "-o", &format!("html={}", second.display())], &[]);
        assert_eq!(result.code, 2, "{}", result.transcript());
        assert!(result.stderr.contains(said) && result.stdout.is_empty(), "{}", result.transcript());
        assert_eq!(names(&out), Vec::<String>::new(), "{path}");
    }
}

/// A limit on the size of files, as a shell sets it, stands for a disk that fills up while a report is written.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let kept = kept(&folder);
    let out = folder.path().join("out");
    let script = format!(
        "trap '' XFSZ; ulimit -f 40; exec '{}' report '{kept}' -o csv='{out}/a.csv' -o html='{out}/a.html'",
        env!("CARGO_BIN_EXE_aurora-audit"),
        out = out.display()
    );
    let result = Command::new("bash").args(["-c", &script]).output().unwrap();
    let stderr = String::from_utf8_lossy(&result.stderr);
    assert_eq!(result.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("error: write `") && stderr.contains("File too large"), "{stderr}");
    assert_eq!(names(&out), Vec::<String>::new());

    let result = run(["report", &kept, "-o", "html=/dev/full"], &[]);
    assert_eq!(result.code, 2, "{}", result.transcript());
    assert!(result.stderr.contains("write `/dev/full`: No space left on device"), "{}", result.stderr);
    let script = format!("exec '{}' report '{kept}' -o json=- > /dev/full", env!("CARGO_BIN_EXE_aurora-audit"));
    let result = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(result.status.code(), Some(70));
    assert!(String::from_utf8_lossy(&result.stderr).contains("write to standard output"));
}

#[test]
fn a_template_of_the_user_with_an_error_is_named() {
    let folder = TempDir::new().unwrap();
    let templates = folder.path().join("templates");
    fs::create_dir_all(templates.join("parts")).unwrap();
    let page = folder.path().join("page.html");
    let (snapshot, output) = (fixture().display().to_string(), format!("html={}", page.display()));
    let with = |name: &str, text: &str| {
        fs::write(templates.join(name), text).unwrap();
        let templates = templates.display().to_string();
        let result =
            run(["check", &snapshot, "--exit-zero", "--now", NOW, "--html-templates", &templates, "-o", &output], &[]);
        fs::remove_file(folder.path().join("templates").join(name)).unwrap();
        result
    };
    for (name, text, said) in [
        ("parts/limits.html", "a\n{{ tool_version", "parts/limits.html"),
        ("parts/limits.html", "{{ nothing_of_the_kind }}", "nothing_of_the_kind"),
        ("parts/limit.html", "x", "there is no template `parts/limit.html`"),
        ("report.css", "</style>", "`report.css` cannot stand in the page"),
    ] {
        let result = with(name, text);
        assert_eq!(result.code, 2, "{}", result.transcript());
        assert!(result.stderr.contains(said), "{text}: {}", result.stderr);
        assert!(!page.exists(), "{text}");
    }
    let result = with("parts/limits.html", "<p id=\"limits\">Ours</p>");
    assert_eq!(result.code, 0, "{}", result.transcript());
    assert!(fs::read_to_string(&page).unwrap().contains("<p id=\"limits\">Ours</p>"));
    assert_eq!(run(["check", &snapshot, "--html-templates", "/nonexistent"], &[]).code, 2);
}

#[test]
fn an_assessment_of_another_version_is_refused_with_the_mend() {
    let folder = TempDir::new().unwrap();
    let text = fs::read_to_string(kept(&folder)).unwrap();
    let path = folder.path().join("other.json");
    for (version, said) in [(0, "is older than"), (7, "is newer than")] {
        let other = text.replacen("\"schema_version\": 1,", &format!("\"schema_version\": {version},"), 1);
        assert_ne!(other, text);
        fs::write(&path, other).unwrap();
        let page = folder.path().join("page.html");
        let result = run(["report", &path.display().to_string(), "-o", &format!("html={}", page.display())], &[]);
        assert_eq!(result.code, 2, "{}", result.transcript());
        assert!(result.stderr.contains(said) && !page.exists(), "{}", result.stderr);
    }
    for damaged in ["", "{}", "[1]", "{\"schema_version\": 1}", &text[..text.len() / 2]] {
        fs::write(&path, damaged).unwrap();
        let result = run(["report", &path.display().to_string()], &[]);
        assert_eq!((result.code, result.stdout.is_empty()), (2, true), "{}", result.transcript());
    }
}

/// What nobody placed stands at the line of the configuration that names its region; what is in none, at its first line.
#[test]
fn findings_stand_at_their_targets_in_the_configuration() {
    let folder = TempDir::new().unwrap();
    let kept = kept(&folder);
    let (repository, deep) = (folder.path().join("repository"), folder.path().join("repository/audit"));
    fs::create_dir_all(repository.join(".git")).unwrap();
    fs::create_dir(&deep).unwrap();
    fs::write(deep.join("aurora-audit.toml"), "[targets]\nregion = [\n  \"eu-west-1\",\n  \"us-east-1\",\n]\n")
        .unwrap();
    let log = folder.path().join("log.sarif");
    let output = format!("sarif={}", log.display());
    let result = run_in(&deep, &["report", &kept, "-o", &output], &[]);
    assert_eq!(result.code, 0, "{}", result.transcript());
    let log = assessment(&log);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let lines: std::collections::BTreeSet<_> = results
        .iter()
        .map(|result| {
            let physical = &result["locations"][0]["physicalLocation"];
            format!("{}:{}", physical["artifactLocation"]["uri"].as_str().unwrap(), physical["region"]["startLine"])
        })
        .collect();
    assert_eq!(lines, ["audit/aurora-audit.toml:1", "audit/aurora-audit.toml:4"].map(str::to_owned).into());
}

#[test]
fn findings_stand_where_the_user_says() {
    let folder = TempDir::new().unwrap();
    let kept = kept(&folder);
    let log = folder.path().join("log.sarif");
    let output = format!("sarif={}", log.display());
    let args = ["report", &kept, "--sarif-location", "shop=infra/shop.tf:12", "-o", &output];
    assert_eq!(run(args, &[]).code, 0);
    let log = assessment(&log);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let at = |result: &serde_json::Value| {
        let physical = &result["locations"][0]["physicalLocation"];
        format!("{}:{}", physical["artifactLocation"]["uri"].as_str().unwrap(), physical["region"]["startLine"])
    };
    assert!(results.iter().any(|result| at(result) == "infra/shop.tf:12"));
    assert!(results.iter().all(|result| ["infra/shop.tf:12", "aurora-audit.toml:1"].contains(&&*at(result))));
    for bad in ["shop", "shop=/etc/passwd:1", "shop=a.tf:0", "shop=../a.tf:1"] {
        let result = run(["report", &kept, "--sarif-location", bad], &[]);
        assert_eq!(result.code, 2, "{}", result.transcript());
    }
}
