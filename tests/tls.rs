//! The rules over TLS on clusters that the fixture does not have: what differs from it is written in each test.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::sync::LazyLock;

use aurora_audit::check::{Terms, VerdictEntry, assess};
use aurora_audit::facts::TARGETS;
use aurora_audit::model::Outcome::{self, Fail, NotApplicable, Pass, Unknown};
use aurora_audit::rules::{self, Detail, RuleSet, RuleSource};
use aurora_audit::snapshot::read_texts;
use data_encoding::BASE64;
use jiff::Timestamp;
use serde_json::{Value, json};

const WRITER: &str = "orders.cluster-nahl48jmetfm.us-east-1.rds.amazonaws.com:3306";

static RULES: LazyLock<RuleSet> = LazyLock::new(|| {
    let sources: Vec<_> = rules::embedded().into_iter().filter(|it| it.path.contains("tls/")).collect();
    rules::load(&sources, TARGETS).unwrap_or_else(|errors| panic!("{errors}"))
});

fn fixture() -> Vec<Value> {
    let text = std::fs::read_to_string(common::fixture()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The verdicts of one rule.
fn verdicts(rule: &str, lines: &[Value]) -> Vec<VerdictEntry> {
    verdicts_of(&RULES, lines).into_iter().filter(|verdict| verdict.rule == rule).collect()
}

fn verdicts_of(rules: &RuleSet, lines: &[Value]) -> Vec<VerdictEntry> {
    let text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n") + "\n";
    let terms = Terms::default();
    let assessment = assess(
        &read_texts(&[("x.jsonl".into(), text)]).unwrap(),
        rules,
        terms,
        Timestamp::UNIX_EPOCH,
        Detail::Findings,
    );
    assessment.verdicts
}

/// The one verdict of a rule on the subject of this name.
fn verdict(rule: &str, lines: &[Value], name: &str) -> VerdictEntry {
    let mut found = verdicts(rule, lines).into_iter().filter(|it| it.subject.name.raw() == name);
    let verdict = found.next().unwrap_or_else(|| panic!("{rule} does not judge {name}"));
    assert!(found.next().is_none(), "{rule} judges {name} twice");
    verdict
}

fn outcome(rule: &str, lines: &[Value], name: &str) -> Outcome {
    verdict(rule, lines, name).outcome
}

/// A change to every record of a kind whose id contains a text.
fn change(lines: &mut [Value], kind: &str, id: &str, change: impl Fn(&mut Value)) {
    let mut changed = 0;
    for line in lines.iter_mut().filter(|line| line["kind"] == kind && line["id"].as_str().unwrap().contains(id)) {
        change(&mut line["data"]);
        changed += 1;
    }
    assert!(changed > 0, "no {kind} {id}");
}

/// The parameters of the orders' group, whole, as RDS lists them.
fn parameters(lines: &mut [Value], set: &[(&str, Option<&str>)]) {
    change(lines, "rds.db_cluster_parameters", "acme-orders", |data| {
        let unset = ["require_secure_transport", "tls_version", "ssl_cipher", "tls_ciphersuites"];
        let value = |name: &str| set.iter().find(|(known, _)| *known == name).and_then(|(_, value)| *value);
        data["Parameters"] =
            unset.iter().map(|name| json!({"ParameterName": name, "ParameterValue": value(name)})).collect();
    });
}

/// What a server of `fixtures/tls` sends, as a record holds it.
fn chain(name: &str) -> Value {
    let path = common::root().join("fixtures/tls").join(format!("{name}.pem"));
    let der = aurora_audit::model::anchors::certificates(&std::fs::read_to_string(path).unwrap()).unwrap();
    der.iter().map(|der| BASE64.encode(der)).collect()
}

/// The fixture with the orders' endpoints showing these certificates, under the authority that signs them.
fn showing(certificates: &Value) -> Vec<Value> {
    let mut lines = fixture();
    change(&mut lines, "tls.trust_anchors", "", |data| data["Certificates"] = chain("root"));
    change(&mut lines, "tls.endpoint", "orders", |data| data["Certificates"] = certificates.clone());
    lines
}

#[test]
fn defaults_hold_where_no_parameter_is_set() {
    for (version, versions, required) in [
        ("5.7.mysql_aurora.2.11.2", Fail, Fail),
        ("8.0.mysql_aurora.3.03.1", Fail, Fail),
        ("8.0.mysql_aurora.3.04.0", Pass, Fail),
        ("8.4.mysql_aurora.8.4.7", Pass, Pass),
        ("8.4.7", Pass, Pass),
        ("newest", Unknown, Unknown),
    ] {
        let mut lines = fixture();
        parameters(&mut lines, &[]);
        change(&mut lines, "rds.db_cluster", ":orders", |data| data["EngineVersion"] = json!(version));
        // Nobody logged in, by choice: then the group decides.
        lines.retain(|line| !line["source"].as_str().unwrap().starts_with("mysql:"));
        let gap = json!({"What": "mysql:login", "Target": "arn:aws:rds:us-east-1:123456789012:cluster:orders",
            "Reason": "not_requested", "Message": ""});
        lines.insert(
            1,
            json!({"kind": "gap", "id": "g", "account": "123456789012", "region": "us-east-1",
            "source": "mysql:login", "at": "2026-11-21T11:41:22Z", "data": gap}),
        );
        assert_eq!(outcome("tls-parameter-min-version", &lines, "orders"), versions, "{version}");
        assert_eq!(outcome("tls-required-by-server", &lines, "orders"), required, "{version}");
        assert_eq!(outcome("tls-probe-plaintext-refused", &lines, WRITER), required, "{version}");
    }
}

#[test]
fn suites_are_judged_where_they_are_named() {
    for (ssl_cipher, tls_ciphersuites, expected) in [
        (None, None, NotApplicable),
        (Some("ECDHE-RSA-AES128-GCM-SHA256,ECDHE-ECDSA-CHACHA20-POLY1305"), None, Pass),
        (None, Some("TLS_AES_256_GCM_SHA384"), Pass),
        (Some("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA"), None, Fail),
        (Some("HIGH"), None, Unknown),
    ] {
        let mut lines = fixture();
        parameters(&mut lines, &[("ssl_cipher", ssl_cipher), ("tls_ciphersuites", tls_ciphersuites)]);
        assert_eq!(outcome("tls-parameter-ciphers", &lines, "orders"), expected, "{ssl_cipher:?} {tls_ciphersuites:?}");
    }
}

#[test]
fn parameters_running_servers_and_the_wire_are_compared() {
    let set = |versions| [("require_secure_transport", Some("1")), ("tls_version", Some(versions))];
    let mut agreed = fixture();
    parameters(&mut agreed, &set("TLSv1.2,TLSv1.3"));
    assert_eq!(outcome("tls-settings-agree", &agreed, "orders"), Pass);

    let mut waiting = agreed.clone();
    parameters(&mut waiting, &set("TLSv1.3"));
    let found = verdict("tls-settings-agree", &waiting, "orders");
    // The variable, and six endpoints: writer, reader, custom, two instances. A proxy has settings of its own.
    assert_eq!((found.outcome, found.elements.len()), (Fail, 6), "{found:?}");
    let message = found.elements[0].message.to_string();
    assert!(message.contains("tls_version of orders should be TLSv1.3 and is TLSv1.2,TLSv1.3 at"), "{message}");

    let mut switched = agreed.clone();
    change(&mut switched, "mysql.global_variables", "orders", |data| data["require_secure_transport"] = json!("OFF"));
    assert_eq!(outcome("tls-settings-agree", &switched, "orders"), Fail);

    let mut suites = agreed.clone();
    let named = [&set("TLSv1.2,TLSv1.3")[..], &[("ssl_cipher", Some("ECDHE-RSA-AES128-GCM-SHA256"))]].concat();
    parameters(&mut suites, &named);
    assert_eq!(outcome("tls-settings-agree", &suites, "orders"), Fail);
    change(&mut suites, "mysql.global_variables", "orders", |data| {
        data["ssl_cipher"] = json!("ECDHE-RSA-AES128-GCM-SHA256");
    });
    assert_eq!(outcome("tls-settings-agree", &suites, "orders"), Pass);

    for (kind, key) in [("mysql.global_variables", "tls_version"), ("tls.endpoint", "TLSv1.1")] {
        let mut silent = agreed.clone();
        change(&mut silent, kind, "orders", |data| drop(data.as_object_mut().unwrap().remove(key)));
        assert_eq!(outcome("tls-settings-agree", &silent, "orders"), Unknown, "{key}");
    }
}

#[test]
fn the_certificate_is_the_one_that_rds_issued() {
    let mut lines = fixture();
    parameters(&mut lines, &[("require_secure_transport", Some("ON")), ("tls_version", Some("TLSv1.2,TLSv1.3"))]);
    for (told, expected) in [("2027-10-22T00:00:00Z", Pass), ("2027-10-23T00:00:00Z", Fail)] {
        change(&mut lines, "rds.db_instance", "orders-1", |data| {
            data["CertificateDetails"] = json!({"CAIdentifier": "rds-ca-rsa2048-g1", "ValidTill": told});
        });
        let found = verdict("tls-settings-agree", &lines, "orders");
        assert_eq!(found.outcome, expected, "{found:?}");
    }
}

#[test]
fn authorities_are_current_and_the_same_in_a_cluster() {
    let with = |one: &str, two: &str| {
        let mut lines = fixture();
        for (instance, authority) in [("orders-1", one), ("orders-2", two)] {
            change(&mut lines, "rds.db_instance", instance, |data| data["CACertificateIdentifier"] = json!(authority));
        }
        lines
    };
    for (one, two, expected) in [
        ("rds-ca-rsa2048-g1", "rds-ca-rsa2048-g1", Pass),
        ("rds-ca-rsa2048-g1", "rds-ca-ecc384-g1", Fail),
        ("rds-ca-2019", "rds-ca-2019", Fail),
        ("rds-ca-rsa2048-g2", "rds-ca-rsa2048-g2", Unknown),
    ] {
        assert_eq!(outcome("tls-ca-current", &with(one, two), "orders-1"), expected, "{one} {two}");
    }
    let mut ending = with("rds-ca-rsa2048-g1", "rds-ca-rsa2048-g1");
    change(&mut ending, "rds.certificate", "rsa2048", |data| data["ValidTill"] = json!("2027-05-01T00:00:00Z"));
    assert_eq!(outcome("tls-ca-current", &ending, "orders-1"), Fail);
    ending.retain(|line| line["source"] != "rds:DescribeCertificates");
    assert_eq!(outcome("tls-ca-current", &ending, "orders-1"), Unknown);
}

#[test]
fn every_certificate_of_a_server_counts() {
    const RULES: [&str; 4] =
        ["tls-cert-name-matches-endpoint", "tls-cert-chain-trusted", "tls-cert-not-expiring", "tls-cert-key-strength"];
    let host = "lab-1.c0ffee.us-east-1.rds.amazonaws.com";
    let judged = |lines: &mut Vec<Value>| {
        change(lines, "tls.endpoint", WRITER, |data| data["Host"] = json!(host));
        RULES.map(|rule| outcome(rule, lines, WRITER))
    };
    for (name, expected) in [
        ("aurora", [Pass, Pass, Pass, Pass]),
        ("expired", [Pass, Pass, Fail, Pass]),
        ("rsa1024", [Pass, Pass, Pass, Fail]),
        ("client-usage", [Pass, Fail, Pass, Pass]),
        ("dns-looks-like-ip", [Fail, Pass, Pass, Pass]),
    ] {
        assert_eq!(judged(&mut showing(&chain(name))), expected, "{name} alone");
        let mut second = showing(&chain("aurora"));
        change(&mut second, "tls.endpoint", "orders", |data| {
            data["Depth"] = json!("deep");
            data["OtherChains"] = json!([{"Certificates": chain(name)}]);
        });
        assert_eq!(judged(&mut second), expected, "{name} beside another");
    }
    let mut unseen = showing(&chain("aurora"));
    change(&mut unseen, "tls.endpoint", "orders", |data| data["Depth"] = json!("deep"));
    assert_eq!(judged(&mut unseen), [Unknown; 4], "a second one was asked for and not seen");
}

#[test]
fn serverless_v1_has_other_authorities_than_instances() {
    // The built-in bundles judge where no file brings its own.
    let mut lines = fixture();
    lines.retain(|line| line["kind"] != "tls.trust_anchors");
    let amazon: Value = aurora_audit::model::anchors::certificates(aurora_audit::model::anchors::AMAZON_TRUST_ROOTS)
        .unwrap()
        .iter()
        .take(1)
        .map(|der| BASE64.encode(der))
        .collect();
    change(&mut lines, "tls.endpoint", "orders", |data| data["Certificates"] = amazon.clone());
    for (mode, expected) in [("serverless", Pass), ("provisioned", Fail)] {
        change(&mut lines, "rds.db_cluster", ":orders", |data| data["EngineMode"] = json!(mode));
        assert_eq!(outcome("tls-cert-chain-trusted", &lines, WRITER), expected, "{mode}");
    }
    change(&mut lines, "rds.db_cluster", ":orders", |data| drop(data.as_object_mut().unwrap().remove("EngineMode")));
    assert_eq!(outcome("tls-cert-chain-trusted", &lines, WRITER), Unknown);
    let gate = "orders-gate.proxy-nahl48jmetfm.us-east-1.rds.amazonaws.com:3306";
    assert_eq!(outcome("tls-cert-chain-trusted", &lines, gate), Pass);
}

#[test]
fn proxies_are_judged_by_what_they_lead_to() {
    let lines = fixture();
    let rule = "tls-proxy-require";
    assert_eq!((outcome(rule, &lines, "orders-gate"), outcome(rule, &lines, "shop-front")), (Pass, Fail));
    let mut elsewhere = lines.clone();
    change(&mut elsewhere, "rds.db_proxy_targets", "shop-front", |data| {
        data["Targets"] = json!([{"Type": "RDS_INSTANCE", "TrackedClusterId": null, "RdsResourceId": "single"}]);
    });
    assert_eq!(outcome(rule, &elsewhere, "shop-front"), NotApplicable);
    for kind in ["rds.db_proxy_targets", "rds.db_cluster"] {
        let fewer: Vec<_> = lines.iter().filter(|line| line["kind"] != kind).cloned().collect();
        assert_eq!(outcome(rule, &fewer, "shop-front"), Unknown, "{kind}");
    }
    let none: Vec<_> = lines.iter().filter(|line| line["source"] != "rds:DescribeDBProxies").cloned().collect();
    let found = verdicts(rule, &none);
    assert_eq!((found.len(), found[0].outcome), (1, Unknown));
}

#[test]
fn endpoints_of_proxies_and_custom_ones_are_not_forgotten() {
    let lines = fixture();
    let rule = "tls-cert-name-matches-endpoint";
    let known = verdicts(rule, &lines).len();
    for source in ["rds:DescribeDBProxyEndpoints", "rds:DescribeDBProxies"] {
        let fewer: Vec<_> = lines.iter().filter(|line| line["source"] != source).cloned().collect();
        let found = verdicts(rule, &fewer);
        let unread = found.iter().filter(|it| it.outcome == Unknown && it.subject.name.raw().contains("prox"));
        assert!(unread.count() >= 1 && found.len() + 3 > known, "{source}");
    }
    let custom = "analytics.cluster-custom-nahl48jmetfm.us-east-1.rds.amazonaws.com:3306";
    assert_eq!(outcome(rule, &lines, custom), Fail);
}

/// The words of a fact in the evidence for a verdict, or for any of its elements.
fn evidence(verdict: &VerdictEntry, fact: &str) -> String {
    let own = verdict.evidence.iter();
    let mut all = own.chain(verdict.elements.iter().flat_map(|element| &element.evidence));
    let found = all.find(|it| it.fact == fact).unwrap_or_else(|| panic!("no {fact}: {verdict:?}"));
    found.value.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// Each verdict that rests on a table of AWS's words, or on built-in authorities, names the edition and says when it is old.
#[test]
fn verdicts_say_that_the_table_they_rest_on_is_stale() {
    let mut lines = fixture();
    parameters(&mut lines, &[]);
    lines.retain(|line| line["kind"] != "tls.trust_anchors");
    change(&mut lines, "rds.db_cluster", ":orders", |data| data["EngineVersion"] = json!("5.7.mysql_aurora.2.11.2"));
    change(&mut lines, "mysql.global_variables", "orders", |data| data["require_secure_transport"] = json!("OFF"));
    change(&mut lines, "tls.endpoint", "orders", |data| data["Certificates"] = chain("rogue"));
    change(&mut lines, "rds.db_instance", "orders-1", |data| data["CACertificateIdentifier"] = json!("rds-ca-2019"));
    change(&mut lines, "mysql.client_connection", "orders", |data| {
        data["_client_name"] = json!("libmysql");
        data["_client_version"] = json!("5.6.51");
        data["Ssl_version"] = json!("TLSv1");
    });
    let mut late = lines.clone();
    for line in &mut late {
        line["at"] = json!(line["at"].as_str().unwrap().replace("2026-", "2031-"));
    }
    for (rule, subject, fact) in [
        ("tls-cert-chain-trusted", WRITER, "r.trusted_authorities"),
        ("tls-ca-current", "orders-1", "r.certificate_authority_table"),
        ("tls-parameter-min-version", "orders", "r.tls_settings.defaults"),
        ("tls-required-by-server", "orders", "r.tls_settings.defaults"),
        ("tls-settings-agree", "orders", "r.tls_settings.defaults"),
        ("tls-clients-current", "orders", "c.connector_table"),
    ] {
        for (lines, stale) in [(&lines, false), (&late, true)] {
            let found = verdict(rule, lines, subject);
            assert_eq!(found.outcome, Fail, "{rule}: {found:?}");
            let words = evidence(&found, fact);
            assert!(words.contains("of 2026-11-2"), "{rule}: {words}");
            assert_eq!(words.contains("stale: it was to be renewed by 2027-"), stale, "{rule}: {words}");
        }
    }
}

/// What nobody asked is told apart from what the server did not say.
#[test]
fn a_light_probe_explains_what_it_did_not_ask() {
    let mut lines = fixture();
    let gap = |what: &str, reason: &str| {
        json!({"kind": "gap", "id": format!("{what}@{WRITER}"), "account": "123456789012", "region": "us-east-1", "source": what,
            "at": "2026-11-21T11:41:22Z", "data": {"What": what, "Target": WRITER, "Reason": reason, "Message": "so it is"}})
    };
    lines.insert(1, gap("tls:cipher_suites", "not_requested"));
    lines.insert(1, gap("tls:handshake", "timeout"));
    change(&mut lines, "tls.endpoint", WRITER, |data| {
        let object = data.as_object_mut().unwrap();
        object.retain(|key, _| !key.ends_with("CipherSuites") && key != "TLSv1.1" && key != "KeyExchangeGroups");
        object.insert("Depth".to_owned(), json!("light"));
    });
    for (check, depth, says) in [
        ("size(r.tls_1_2_cipher_suites) > 0", "light", "tls:cipher_suites"),
        ("size(r.key_exchange_groups) > 0", "light", "tls:cipher_suites"),
        ("r.tls_1_1", "light", "tls:handshake"),
        ("size(r.tls_1_2_cipher_suites) > 0", "deep", "tls:handshake"),
    ] {
        change(&mut lines, "tls.endpoint", WRITER, |data| data["Depth"] = json!(depth));
        let (given, _) = check.split_once("r.").map(|(_, field)| field.split_once(')').unwrap_or((field, ""))).unwrap();
        let (good, bad) = if given == "tls_1_1" { ("true", "false") } else { ("[x]", "[]") };
        let rule = RULE
            .replace("CHECK", check)
            .replace("GOOD", &format!("{{r: {{{given}: {good}}}}}"))
            .replace("BAD", &format!("{{r: {{{given}: {bad}}}}}"));
        let rules = rules::load(&[RuleSource::new("rules/tls/tls-asked.yaml", rule)], TARGETS);
        let rules = rules.unwrap_or_else(|errors| panic!("{errors}"));
        let found = verdicts_of(&rules, &lines).into_iter().find(|it| it.subject.name.raw() == WRITER).unwrap();
        assert_eq!(found.outcome, Unknown, "{check}");
        let reasons = format!("{:?}", found.reasons);
        assert!(reasons.contains(says), "{check} after a {depth} probe: {reasons}");
    }
}

/// A rule over one field.
const RULE: &str = "\
schema: 1
id: tls-asked
title: It is known
severity: low
status: stable
targets: endpoint
check: |
  CHECK
message: It is not so
rationale: It is asked.
remediation: {text: Ask.}
frameworks: {}
docs: https://docs.aws.amazon.com/
source: original
tags: []
tests:
  - {name: good, expect: pass, given: GOOD}
  - {name: bad, expect: fail, given: BAD}
  - {name: unread, expect: unknown, given: {r: {}}}
";
