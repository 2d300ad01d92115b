//! `probe` against TLS servers of OpenSSL behind a front that speaks MySQL or PostgreSQL, and against servers that misbehave.
#![cfg(feature = "collect")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

mod common;
mod front;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use common::{Run, run};
use front::{
    Segments, TlsServer, WITH_TLS, WITHOUT_TLS, asks_for, certificate, error, greet, greeting, listen, mysql_front,
    packet, record, relay,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const ALERT_40: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];
const ALERT_70: [u8; 7] = [21, 3, 3, 0, 2, 2, 70];

fn probe_with(port: u16, args: &[&str], env: &[(&str, &str)]) -> (Run, Value) {
    let target = format!("127.0.0.1:{port}");
    let all = [&["probe", &target, "--format", "json", "--timeout", "1"], args].concat();
    let run = run(all, env);
    let answer = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.transcript()));
    (run, answer)
}

fn probe(port: u16, args: &[&str]) -> (Run, Value) {
    probe_with(port, args, &[])
}

fn versions(answer: &Value) -> [&Value; 4] {
    ["TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"].map(|version| &answer["versions"][version])
}

/// Keys and certificates of two kinds.
fn keys() -> TempDir {
    let folder = TempDir::new().unwrap();
    certificate(folder.path(), "rsa", &["rsa:2048"]);
    certificate(folder.path(), "ec", &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    folder
}

fn denied() -> Vec<u8> {
    error(2, 1045, "#28000Access denied")
}

#[test]
fn sees_what_a_server_really_has() {
    let keys = keys();
    let exact = "-cert rsa.pem -key rsa.key -cipher ECDHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-SHA256:AES128-SHA:@SECLEVEL=0 \
                 -ciphersuites TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256 -groups P-384:P-256";
    for segments in [Segments::Whole, Segments::Single] {
        let server = TlsServer::start(keys.path(), &format!("{exact} -tls1_2 -tls1_3").replace(" -tls1_2 -tls1_3", ""));
        let (run, answer) =
            probe(mysql_front(server.port, segments, denied()), &["--name", "db.example", "--name", "x.example"]);
        assert_eq!(run.code, 0, "{}", run.transcript());
        assert_eq!(answer["tls"], true);
        assert_eq!(versions(&answer)[2..], [&Value::Bool(true); 2], "{answer}");
        let expected = json!(["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"]);
        assert_eq!(answer["ciphers"]["TLSv1.3"], expected);
        let expected = json!([
            "TLS_RSA_WITH_AES_128_CBC_SHA",
            "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
        ]);
        assert_eq!(answer["ciphers"]["TLSv1.2"], expected);
        assert_eq!(answer["groups"], json!(["secp256r1", "secp384r1"]));
        assert_eq!((&answer["groups_complete"], &answer["complete"]), (&json!(true), &json!(true)));
        assert!(answer["dh_bits"].as_i64().unwrap() >= 1024, "{answer}");
        let certificate = &answer["certificates"][0];
        assert_eq!(answer["certificates"].as_array().unwrap().len(), 1);
        assert_eq!((&certificate["chain_len"], &certificate["key"]), (&json!(1), &json!("rsa2048")));
        assert_eq!((&certificate["trust"], &certificate["validity"]), (&json!("self-signed"), &json!("ok")));
        assert_eq!(certificate["names"], json!({"db.example": "san", "x.example": null}));
        assert_eq!(
            (&answer["plaintext"], &answer["error"], &answer["blocked"]),
            (&json!("unknown"), &json!(null), &json!(null))
        );
        assert!(answer["connections"].as_i64().unwrap() <= 20, "{answer}");
    }
}

#[test]
fn sees_both_certificates_of_a_server_that_has_two() {
    let keys = keys();
    let two = "-cert rsa.pem -key rsa.key -dcert ec.pem -dkey ec.key";
    for (options, light) in [("", 1), ("-tls1_2", 1), ("-tls1_3", 1)] {
        let server = TlsServer::start(keys.path(), &format!("{two} {options}"));
        let port = mysql_front(server.port, Segments::Whole, denied());
        let (run, answer) = probe(port, &["--max-connections", "100"]);
        assert_eq!(run.code, 0, "{options}: {}", run.transcript());
        let mut found: Vec<_> =
            answer["certificates"].as_array().unwrap().iter().map(|it| it["key"].as_str().unwrap()).collect();
        found.sort_unstable();
        assert_eq!((found, &answer["certificates_complete"]), (vec!["p256", "rsa2048"], &json!(true)), "{options}");
        // In so few connections an internal error at an old hello is not asked about again.
        let (_, answer) = probe(port, &["--light"]);
        assert_eq!(answer["certificates"].as_array().unwrap().len(), light, "{options}: {answer}");
        assert!(answer["connections"].as_i64().unwrap() <= 4 && answer["ciphers"] == json!({}), "{answer}");
    }
}

#[test]
fn sees_through_retries_and_demands() {
    let keys = keys();
    for (options, group, requested) in [
        ("-tls1_3 -groups P-384", "secp384r1", false),
        ("-tls1_3 -Verify 1", "secp256r1", true),
        ("-tls1_2 -Verify 1", "secp256r1", true),
    ] {
        let server = TlsServer::start(keys.path(), &format!("-cert rsa.pem -key rsa.key {options}"));
        let (run, answer) = probe(mysql_front(server.port, Segments::Whole, denied()), &["--max-connections", "100"]);
        assert_eq!(run.code, 0, "{options}: {}", run.transcript());
        assert!(answer["groups"].as_array().unwrap().contains(&json!(group)), "{options}: {answer}");
        assert_eq!(answer["client_certificate_requested"], requested, "{options}");
        assert_eq!(answer["certificates"][0]["key"], "rsa2048", "{options}");
    }
}

#[test]
fn old_versions_are_seen_one_by_one() {
    let keys = keys();
    for (option, expected) in [
        ("-tls1", [true, false, false, false]),
        ("-tls1_1", [false, true, false, false]),
        ("-no_tls1_3 -no_tls1_1", [true, false, true, false]),
    ] {
        let options = format!("-cert rsa.pem -key rsa.key -cipher AES128-SHA:AES256-SHA:@SECLEVEL=0 {option}");
        let server = TlsServer::start(keys.path(), &options);
        let (run, answer) = probe(mysql_front(server.port, Segments::Whole, denied()), &[]);
        assert_eq!(run.code, 0, "{option}: {}", run.transcript());
        assert_eq!(versions(&answer).map(Value::as_bool), expected.map(Some), "{option}");
        for (_, suites) in answer["ciphers"].as_object().unwrap() {
            assert_eq!(suites, &json!(["TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"]), "{option}");
        }
    }
}

#[test]
fn a_front_that_swallows_the_hello_is_asked_gently() {
    let keys = keys();
    let server = TlsServer::start(keys.path(), "-cert rsa.pem -key rsa.key -tls1_2 -cipher AES128-GCM-SHA256");
    let port = server.port;
    let front = listen(move |_, mut stream| {
        stream.write_all(&greeting("9.7.4", WITH_TLS)).unwrap();
        // Long enough for a hello that comes at once to be taken for a part of the request.
        thread::sleep(Duration::from_millis(60));
        if stream.read(&mut [0; 4096]).is_ok() {
            relay(stream, port, Segments::Whole);
        }
    });
    let (_, answer) = probe(front, &["--max-connections", "100"]);
    assert_eq!(answer["versions"]["TLSv1.2"], true, "{answer}");
    assert_eq!(answer["ciphers"]["TLSv1.2"], json!(["TLS_RSA_WITH_AES_128_GCM_SHA256"]), "{answer}");
}

#[test]
fn postgresql_is_asked_by_the_same_hellos() {
    let keys = keys();
    let server = TlsServer::start(keys.path(), "-cert rsa.pem -key rsa.key -tls1_3");
    let port = server.port;
    let refusal =
        b"SFATAL\0C28000\0Mno pg_hba.conf entry for host \"127.0.0.1\", user \"aurora-audit\", no encryption\0\0";
    let front = listen(move |_, mut stream| {
        let mut request = [0; 8];
        if stream.read_exact(&mut request).is_err() || request != [0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f] {
            return;
        }
        stream.write_all(b"S").unwrap();
        let mut first = [0; 1];
        // A start-up message in place of a handshake.
        if stream.peek(&mut first).is_ok_and(|length| length == 1) && first[0] == 0 {
            let length = u32::try_from(refusal.len() + 4).unwrap().to_be_bytes();
            drop(stream.write_all(&[b"E", &length[..], refusal].concat()));
            drop(stream.read(&mut [0; 512]));
            return;
        }
        relay(stream, port, Segments::Whole);
    });
    let (run, answer) = probe(front, &["--protocol", "postgres"]);
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_eq!(versions(&answer).map(Value::as_bool), [false, false, false, true].map(Some));
    assert_eq!((&answer["plaintext"], &answer["certificates"][0]["key"]), (&json!("refused"), &json!("rsa2048")));
    let none = listen(|_, mut stream| drop(stream.write_all(b"N")));
    let (run, answer) = probe(none, &["--protocol", "postgres"]);
    assert_eq!((run.code, &answer["tls"], &answer["plaintext"]), (0, &json!(false), &json!("allowed")), "{answer}");
    let mysql = listen(|_, mut stream| drop(stream.write_all(&greeting("9.7.4", WITH_TLS))));
    let (run, answer) = probe(mysql, &["--protocol", "postgres"]);
    assert_eq!((run.code, &answer["error"]), (4, &json!("not-postgres")), "{answer}");
}

#[test]
fn what_misbehaves_is_told_apart() {
    let says = |bytes: Vec<u8>| listen(move |_, mut stream| drop(stream.write_all(&bytes)));
    let after_greeting = |answer: &'static [u8]| {
        listen(move |_, mut stream| {
            if greet(&mut stream).is_some() && record(&mut stream).is_some() {
                drop(stream.write_all(answer));
                drop(stream.read(&mut [0; 16]));
            }
        })
    };
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let silent = listen(|_, stream| {
        thread::sleep(Duration::from_secs(20));
        drop(stream);
    });
    let silent_after_greeting = listen(|_, mut stream| {
        assert!(greet(&mut stream).is_some());
        thread::sleep(Duration::from_secs(20));
    });
    let hangs_up = listen(|_, mut stream| drop(stream.write_all(&greeting("9.7.4", WITH_TLS))));
    let (no, unknown) = (json!(false), json!(null));
    let failing = json!("advertised-but-failing");
    for (name, port, code, tls, version, plaintext, error, blocked) in [
        ("nobody listens", nobody, 4, &unknown, &unknown, "unknown", json!("refused"), json!(null)),
        ("silence", silent, 4, &unknown, &unknown, "unknown", json!("timeout"), json!(null)),
        (
            "silence after the greeting",
            silent_after_greeting,
            3,
            &unknown,
            &unknown,
            "unknown",
            json!("timeout"),
            json!(null),
        ),
        (
            "not MySQL",
            says(b"SSH-2.0-x\r\n".to_vec()),
            4,
            &unknown,
            &unknown,
            "unknown",
            json!("not-mysql"),
            json!(null),
        ),
        ("closes", says(Vec::new()), 4, &unknown, &unknown, "unknown", json!("reset"), json!(null)),
        ("1130", says(error(0, 1130, "not allowed")), 4, &unknown, &unknown, "unknown", json!(1130), json!(null)),
        ("1040", says(error(0, 1040, "too many")), 4, &unknown, &unknown, "unknown", json!(1040), json!(null)),
        ("1129", says(error(0, 1129, "blocked")), 4, &unknown, &unknown, "unknown", json!(null), json!(1129)),
        ("no TLS", says(greeting("8.0.39", WITHOUT_TLS)), 0, &no, &no, "allowed", json!(null), json!(null)),
        ("alerts", after_greeting(&ALERT_40), 0, &failing, &no, "unknown", json!(null), json!(null)),
        ("hangs up at hellos", hangs_up, 3, &failing, &no, "unknown", json!("reset"), json!(null)),
    ] {
        let (run, answer) = probe(port, &[]);
        assert_eq!(run.code, code, "{name}: {}", run.transcript());
        assert_eq!((&answer["tls"], &answer["error"], &answer["blocked"]), (tls, &error, &blocked), "{name}: {answer}");
        assert!(versions(&answer).iter().all(|it| *it == version), "{name}: {answer}");
        assert_eq!(answer["plaintext"], plaintext, "{name}");
    }
}

#[test]
fn silence_at_one_hello_leaves_one_version_unknown() {
    let port = listen(|_, mut stream| {
        if greet(&mut stream) != Some(true) {
            return;
        }
        let Some(hello) = record(&mut stream) else { return };
        if asks_for(&hello) == (false, 0x0301) {
            thread::sleep(Duration::from_secs(5));
        }
        drop(stream.write_all(&ALERT_70));
        drop(stream.read(&mut [0; 16]));
    });
    for args in [&["--light"][..], &[]] {
        let (run, answer) = probe(port, args);
        assert_eq!(run.code, 3, "{}", run.transcript());
        assert_eq!(versions(&answer).map(Value::as_bool), [None, Some(false), Some(false), Some(false)], "{args:?}");
    }
}

#[test]
fn a_server_that_shuts_the_door_leaves_what_was_learnt() {
    let port = listen(|number, mut stream| {
        if number == 3 {
            drop(stream.write_all(&error(0, 1129, "Host is blocked")));
        } else if greet(&mut stream).is_some() && record(&mut stream).is_some() {
            drop(stream.write_all(&ALERT_70));
            drop(stream.read(&mut [0; 16]));
        }
    });
    let (run, answer) = probe(port, &[]);
    assert_eq!((run.code, &answer["connections"], &answer["blocked"]), (3, &json!(4), &json!(1129)), "{answer}");
    assert_eq!(answer["versions"]["TLSv1.3"], false);
}

#[test]
fn a_connection_without_tls_has_four_ends() {
    let keys = keys();
    let server = TlsServer::start(keys.path(), "-cert rsa.pem -key rsa.key -tls1_2");
    let ok = packet(2, &[0, 0, 0, 2, 0, 0, 0]);
    let switch = packet(2, b"\xfemysql_clear_password\0");
    for (name, reply, expected) in [
        ("3159", error(2, 3159, "#HY000Connections using insecure transport are prohibited"), "refused"),
        ("1045", denied(), "unknown"),
        ("OK", ok, "allowed"),
        ("clear text wanted", switch, "unknown"),
        ("nonsense", vec![7, 0, 0, 2, 9, 9, 9, 9, 9, 9, 9], "unknown"),
    ] {
        let (_, answer) = probe(mysql_front(server.port, Segments::Whole, reply), &["--max-connections", "100"]);
        assert_eq!(answer["plaintext"], expected, "{name}: {answer}");
        assert!(answer.get("plaintext_with_login").is_none() && answer.get("require_secure_transport").is_none());
    }
}

#[test]
fn no_password_leaves_without_verified_tls() {
    let keys = keys();
    let server = TlsServer::start(keys.path(), "-cert rsa.pem -key rsa.key");
    let (seen, told) = (std::sync::Arc::new(std::sync::Mutex::new(Vec::new())), "hunter2-is-the-password");
    let (port, record) = (server.port, std::sync::Arc::clone(&seen));
    let front = listen(move |_, mut stream| match greet(&mut stream) {
        Some(true) => relay(stream, port, Segments::Whole),
        Some(false) => {
            // A front that wants the password in clear gets nothing of it.
            drop(stream.write_all(&packet(2, b"\xfemysql_clear_password\0")));
            let mut bytes = Vec::new();
            drop(stream.read_to_end(&mut bytes));
            record.lock().unwrap().extend(bytes);
        }
        None => {}
    });
    let env = [("AURORA_AUDIT_DB_PASSWORD", told)];
    let (run, answer) = probe_with(front, &["--login", "auditor", "--allow-plaintext-login"], &env);
    assert_eq!(run.code, 3, "{}", run.transcript());
    assert!(answer["login_error"].as_str().unwrap().contains("login failed"), "{answer}");
    assert_eq!(answer["plaintext_with_login"], "unknown", "{answer}");
    let bytes = seen.lock().unwrap().clone();
    assert!(!bytes.windows(told.len()).any(|window| window == told.as_bytes()), "{bytes:?}");
    assert!(!run.transcript().contains(told));
}

#[test]
fn two_runs_say_the_same_and_many_targets_a_line_each() {
    let keys = keys();
    let server = TlsServer::start(keys.path(), "-cert rsa.pem -key rsa.key -dcert ec.pem -dkey ec.key");
    let port = mysql_front(server.port, Segments::Whole, denied());
    // What is left of a certificate's days is the clock's to say, and a second may pass between two runs.
    let args = ["--max-connections", "100", "--now", "2026-11-21T12:00:00Z"];
    let (first, second) = (probe(port, &args).0, probe(port, &args).0);
    assert_eq!(first.stdout, second.stdout);
    let target = format!("127.0.0.1:{port}");
    let several = run(["probe", &target, "127.0.0.1:1", &target, "--format", "json"], &[]);
    assert_eq!((several.code, several.stdout.lines().count()), (3, 3), "{}", several.transcript());
    let errors: Vec<_> =
        several.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["error"].clone()).collect();
    assert_eq!(errors, [json!(null), json!("refused"), json!(null)]);
}

#[test]
fn mistakes_end_with_2() {
    for (args, says) in [
        (&["probe"][..], "HOST:PORT"),
        (&["probe", "db.example"], "HOST:PORT"),
        (&["probe", "db.example:1", "--max-connections", "0"], "max-connections"),
        (&["probe", "db.example:1", "--allow-plaintext-login"], "--login"),
        (&["probe", "db.example:1", "--login", "auditor"], "AURORA_AUDIT_DB_PASSWORD"),
        (&["probe", "db.example:1", "--ca-bundle", "/nonexistent.pem"], "/nonexistent.pem"),
        (&["probe", "db.example:1", "--protocol", "oracle"], "postgres"),
    ] {
        let run = run(args, &[]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}");
        assert!(run.stderr.contains(says), "{args:?}: {}", run.stderr);
    }
    let env = [("AURORA_AUDIT_DB_PASSWORD", "")];
    let postgres = run(["probe", "db.example:1", "--protocol", "postgres", "--login", "auditor"], &env);
    assert!(postgres.code == 2 && postgres.stderr.contains("MySQL"), "{}", postgres.transcript());
}

#[test]
fn text_escapes_what_servers_say() {
    let port = listen(|_, mut stream| drop(stream.write_all(&greeting("9\u{1b}[31m\u{202e}", WITHOUT_TLS))));
    let run = run(["probe", &format!("127.0.0.1:{port}")], &[]);
    assert!(
        run.code == 0 && !run.stdout.contains('\u{1b}') && !run.stdout.contains('\u{202e}'),
        "{}",
        run.transcript()
    );
    assert!(run.stdout.contains("the server offers none"), "{}", run.transcript());
}
