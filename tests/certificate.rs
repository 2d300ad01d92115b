//! `certificate` as users meet it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::fs;

use common::{Run, root, run};
use serde_json::{Value, json};
use tempfile::TempDir;

const I1: &str = "lab-1.c0ffee.us-east-1.rds.amazonaws.com";

fn certificate(args: &[&str]) -> Run {
    let mut all = vec!["certificate", "--now", "2026-11-20T12:00:00Z"];
    all.extend(args);
    run(all, &[])
}

fn fixture(name: &str) -> String {
    root().join("fixtures/tls").join(name).display().to_string()
}

fn answer(args: &[&str]) -> Value {
    let result = certificate(&[args, &["--format", "json"]].concat());
    assert_eq!((result.code, result.stderr.as_str()), (0, ""), "{}", result.transcript());
    serde_json::from_str(&result.stdout).unwrap()
}

#[test]
fn tells_every_fact_apart() {
    let root = fixture("root.pem");
    for (file, trust, validity, key, signature, chain_len) in [
        ("aurora.pem", "ok", "ok", "p256", "ecdsa-with-SHA256", 2),
        ("expired.pem", "ok", "expired", "p256", "ecdsa-with-SHA256", 2),
        ("no-intermediate.pem", "incomplete", "ok", "p256", "ecdsa-with-SHA256", 1),
        ("rogue.pem", "untrusted", "ok", "p256", "ecdsa-with-SHA256", 2),
        ("self-signed.pem", "self-signed", "ok", "p256", "ecdsa-with-SHA256", 1),
        ("sub-expired.pem", "ca-expired", "ok", "p256", "ecdsa-with-SHA256", 2),
        ("rsa1024.pem", "ok", "ok", "rsa1024", "ecdsa-with-SHA256", 2),
        ("ed25519.pem", "ok", "ok", "ed25519", "ecdsa-with-SHA256", 2),
    ] {
        let answer = answer(&[&fixture(file), "--ca-bundle", &root]);
        let expected = json!([trust, validity, key, signature, chain_len]);
        let found = ["trust", "validity", "key", "signature", "chain_len"].map(|field| answer[field].clone());
        assert_eq!(json!(found), expected, "{file}");
    }
}

#[test]
fn any_string_is_a_name_and_keys_its_own_answer() {
    let odd = "--name \u{202e}\"\n";
    let answer =
        answer(&[&fixture("cn-only.pem"), "--name", I1, "--name", odd, "--name=-x", "--name", "", "--name", I1]);
    let no = json!({"san_only": false, "cn_fallback": false});
    let expected = json!({I1: {"san_only": false, "cn_fallback": true}, odd: no, "-x": no, "": no});
    assert_eq!(answer["matches"], expected);
    assert_eq!(answer["names"][I1], "cn");
    assert_eq!(answer["names"]["-x"], Value::Null);
}

#[test]
fn without_a_bundle_the_built_in_authorities_judge() {
    assert_eq!(answer(&[&fixture("rogue.pem")])["trust"], "untrusted");
    let gov = answer(&[&fixture("gov.pem")]);
    assert_eq!(gov["trust"], Value::Null);
    assert!(gov["unknown"]["trust"].as_str().unwrap().contains("the bundle lacks region us-gov-west-1"), "{gov}");
    for (now, stale) in [("2026-11-21T00:00:00Z", false), ("2999-01-01T00:00:00Z", true)] {
        let judged = run(["certificate", &fixture("aurora.pem"), "--now", now], &[]);
        assert!(
            judged.code == 0 && judged.stdout.contains("stale: it was to be renewed") == stale,
            "{}",
            judged.transcript()
        );
    }
}

#[test]
fn text_shows_what_would_deceive() {
    let result = certificate(&[&fixture("aurora.pem"), "--name", "\u{1b}[2J", "--ca-bundle", &fixture("root.pem")]);
    assert_eq!(result.code, 0);
    assert!(
        result.stdout.contains(r"\u{1B}[2J: not covered") && !result.stdout.contains('\u{1b}'),
        "{}",
        result.stdout
    );
}

#[test]
fn bad_files_are_refused_with_file_line_and_mend() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("given.pem");
    let good = fs::read_to_string(fixture("root.pem")).unwrap();
    let lines = good.lines().count();
    let at = |offset: usize| format!("line {}: ", lines + offset);
    let begin = "-----BEGIN CERTIFICATE-----\n";
    for (content, expected) in [
        (String::new(), "no PEM certificate in it".to_owned()),
        ("\u{0}\u{1}0\u{82}".to_owned(), "openssl x509 -inform der".to_owned()),
        (format!("{good}{begin}AAAA\n"), at(1) + "the certificate that begins here has no END line"),
        (format!("{good}{begin}AAAA\n%%%%\n-----END CERTIFICATE-----\n"), at(3) + "the certificate is not base64"),
        (format!("{begin}AAAA\n-----END CERTIFICATE-----\n"), "line 1: ".to_owned()),
    ] {
        fs::write(&path, &content).unwrap();
        for args in [&[path.to_str().unwrap()][..], &[&fixture("root.pem"), "--ca-bundle", path.to_str().unwrap()]] {
            let result = certificate(args);
            assert_eq!((result.code, result.stdout.as_str()), (2, ""), "{}", result.transcript());
            assert!(result.stderr.contains("given.pem"), "{}", result.transcript());
            assert!(result.stderr.contains(&expected), "{expected}: {}", result.transcript());
        }
    }
    for args in [&["/nonexistent.pem"][..], &["/dev/zero"], &[], &[&fixture("root.pem"), "--format", "yaml"]] {
        let result = certificate(args);
        assert_eq!((result.code, result.stdout.as_str()), (2, ""), "{}", result.transcript());
    }
}
