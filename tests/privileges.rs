//! Privileges of servers that are put together by hand: what is stored and set, grants that no server would make, and the command.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

mod common;
#[path = "privileges/server.rs"]
mod server;

use aurora_audit::facts::Facts;
use aurora_audit::facts::privileges::grants::Grants;
use aurora_audit::facts::privileges::host::Client;
use aurora_audit::facts::privileges::name::AccountName;
use aurora_audit::facts::privileges::session::Active;
use aurora_audit::model::{Derived, Fact};
use aurora_audit::snapshot::read_texts;
use common::{Run, fixture, run};
use proptest::prelude::*;
use serde_json::Value;
use server::Server;

const SAFE: &[(&str, &str)] = &[("local_infile", "OFF"), ("sql_mode", "STRICT_TRANS_TABLES"), ("mandatory_roles", "")];

fn facts(server: &Server) -> Facts {
    Facts::new(&read_texts(&[("one.jsonl".into(), server.text())]).unwrap())
}

/// The texts, and `?` for what may be beside them.
fn shown(partial: &Derived<Vec<Fact<String>>>) -> Vec<String> {
    let texts = partial.value.known().unwrap().iter();
    texts.map(|text| text.known().cloned().unwrap_or_else(|| "?".to_owned())).collect()
}

#[test]
fn stored_objects_are_judged_by_whom_they_run_as() {
    let server = || {
        let accounts =
            Server::new().variables(SAFE).account("boss", "%", &["SUPER"]).account("app", "10.%", &["SELECT"]);
        accounts.account("mid", "%", &[]).role(("boss", "%"), ("mid", "%"), false)
    };
    for (kind, definer, security, expected) in [
        ("PROCEDURE", "boss@%", "DEFINER", &["shop.x (PROCEDURE) runs as 'boss'@'%', an administrator"][..]),
        ("FUNCTION", "mid@%", "DEFINER", &["shop.x (FUNCTION) runs as 'mid'@'%', an administrator"]),
        ("VIEW", "gone@%", "DEFINER", &["shop.x (VIEW) runs as 'gone'@'%', who is no account"]),
        ("VIEW", "boss@localhost", "DEFINER", &["shop.x (VIEW) runs as 'boss'@'localhost', who is no account"]),
        ("PROCEDURE", "app@10.%", "DEFINER", &[]),
        ("PROCEDURE", "boss@%", "INVOKER", &[]),
        ("PROCEDURE", "nobody", "DEFINER", &["?"]),
    ] {
        let facts = facts(&server().stored(kind, "x", definer, security));
        let found = &facts.database_servers().present;
        assert_eq!(shown(found[0].privileged_code()), expected, "{kind} {definer} {security}");
        assert_eq!(shown(found[0].privileged_triggers()), [""; 0]);
    }
    let facts =
        facts(&server().stored("TRIGGER", "x", "boss@%", "DEFINER").stored("EVENT", "y", "app@10.%", "DEFINER"));
    let found = &facts.database_servers().present[0];
    assert_eq!(shown(found.privileged_triggers()), ["shop.x (TRIGGER) runs as 'boss'@'%', an administrator"]);
    assert_eq!(shown(found.privileged_code()), [""; 0]);
}

#[test]
fn what_was_not_read_leaves_stored_objects_open() {
    for (source, expected) in [
        ("mysql:definers.ROUTINE", &["?"][..]),
        ("mysql:definers.VIEW", &["shop.x (PROCEDURE) runs as 'boss'@'%', an administrator", "?"]),
        ("mysql:definers.TRIGGER", &["shop.x (PROCEDURE) runs as 'boss'@'%', an administrator"]),
        ("mysql:mysql.user", &["?"]),
    ] {
        let server = Server::new().variables(SAFE).account("boss", "%", &["SUPER"]);
        let server = server.stored("PROCEDURE", "x", "boss@%", "DEFINER").without(source);
        assert_eq!(shown(facts(&server).database_servers().present[0].privileged_code()), expected, "{source}");
    }
}

#[test]
fn variables_are_judged_on_every_instance() {
    for (values, expected) in [
        (SAFE, &[][..]),
        (&[("local_infile", "ON"), ("sql_mode", "STRICT_ALL_TABLES")], &["local_infile is ON on db.example:3306"]),
        (&[("local_infile", "1"), ("sql_mode", "STRICT_ALL_TABLES")], &["local_infile is 1 on db.example:3306"]),
        (&[("sql_mode", "NO_ZERO_DATE")], &["sql_mode is not strict on db.example:3306"]),
        (&[("sql_mode", "NOT_STRICT_ALL_TABLES_AT_ALL")], &["sql_mode is not strict on db.example:3306"]),
        (
            &[("log_bin_trust_function_creators", "ON"), ("sql_mode", "STRICT_ALL_TABLES")],
            &["log_bin_trust_function_creators is ON on db.example:3306"],
        ),
        (&[("mandatory_roles", "`plain`@`%`,gone"), ("sql_mode", "STRICT_ALL_TABLES")], &[]),
        (
            &[("mandatory_roles", "plain, upper"), ("sql_mode", "STRICT_ALL_TABLES")],
            &["mandatory_roles makes an administrator of everybody, by 'upper'@'%' on db.example:3306"],
        ),
    ] {
        let server =
            Server::new().variables(values).account("boss", "%", &["SUPER"]).account("plain", "%", &["SELECT"]);
        let server = server.account("upper", "%", &[]).role(("boss", "%"), ("upper", "%"), false);
        assert_eq!(shown(facts(&server).database_servers().present[0].unsafe_variables()), expected, "{values:?}");
    }
    let silent = facts(&Server::new().account("boss", "%", &[]));
    let found = &silent.database_servers().present[0];
    assert_eq!(shown(found.unsafe_variables()), ["?"], "a session that told no variables");
    assert!(matches!(found.server().requires_tls().value, Fact::Unknown(_)));
}

#[test]
fn a_server_of_its_own_is_one_subject_of_each_kind() {
    let facts = facts(&Server::new().variables(SAFE).account("app", "%", &[]));
    assert_eq!((facts.cluster_count(), facts.lone_server_count()), (0, 1));
    let identity = facts.database_servers().present[0].identity();
    assert_eq!((identity.id.raw(), identity.account.as_str(), identity.region.as_str()), (server::SERVER, "", ""));
    assert_eq!(facts.database_accounts().present.len(), 1);
    assert_eq!(facts.endpoints().unread.len(), 1, "nobody probed it");
    assert!(facts.clusters().unread.is_empty() && facts.instances().unread.is_empty(), "nobody asked AWS");
}

/// Names that no careful administrator would give.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]",
        Just("o'b\\`\"".to_owned()),
        Just("x".repeat(80)),
        Just("a\nb\u{202e}".to_owned()),
        Just(String::new())
    ]
}

fn host() -> impl Strategy<Value = String> {
    let hosts = ["%", "10.%", "10.0.0.0/8", "10.0.0.1", "", "LOCALHOST", "10.0.0.0/255.0.0.0", "%%_"];
    proptest::sample::select(hosts.to_vec()).prop_map(str::to_owned)
}

fn account() -> impl Strategy<Value = (String, String)> {
    (name(), host())
}

fn with_grants<T>(server: &Server, tell: impl FnOnce(&Grants) -> T) -> T {
    let facts = facts(server);
    tell(facts.database_servers().present[0].server().grants())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(64)
    ) })]

    /// Cycles, orphans and accounts that are roles of themselves: direct writes to the tables make all of them.
    #[test]
    fn any_tables_are_worked_out(
        accounts in proptest::collection::vec(account(), 1..6),
        edges in proptest::collection::vec((account(), account(), any::<bool>()), 0..10),
        schemas in proptest::collection::vec((account(), "[a%_\\\\]{0,4}", proptest::sample::subsequence(vec!["SELECT", "INSERT", "GRANT OPTION"], 0..3)), 0..8),
        literal in any::<bool>(),
    ) {
        let mut server = Server::new().variables(&[("partial_revokes", if literal { "ON" } else { "OFF" })]);
        for (number, (user, host)) in accounts.iter().enumerate() {
            server = server.account(user, host, if number == 0 { &["SUPER", "SELECT"] } else { &["PROCESS"] });
        }
        for (role, grantee, admin) in &edges {
            server = server.role((&role.0, &role.1), (&grantee.0, &grantee.1), *admin);
        }
        for ((user, host), db, privileges) in &schemas {
            server = server.schema(user, host, db, privileges);
        }
        with_grants(&server, |grants| {
            for id in grants.accounts() {
                let (active, held) = (grants.default_active(id), grants.reachable(id));
                for (scope, set) in &active.entries {
                    assert!(set.without(held.on(*scope)).is_empty(), "at login more than at most");
                }
                let roles = grants.reachable_roles(id);
                let once: std::collections::BTreeSet<_> = roles.iter().collect();
                assert!(once.len() == roles.len() && !once.contains(&id), "a role twice, or itself");
                assert_eq!(grants.paths_to_roles(id).len(), roles.len(), "each role by one way");
                let client = Client { name: None, address: Some("10.0.0.1".to_owned()) };
                if grants.login(&grants.name(id).user, &client) != Ok(Some(id)) {
                    continue;
                }
                let upper = grants.upper(&held, "a", Some("t"));
                for active in [Active::None, Active::Default, Active::All] {
                    let session = grants.session(id, client.clone(), &active);
                    if let Ok(now) = session.on_table("a", "t") {
                        assert!(now.table.without(upper).is_empty(), "{active:?}: now more than at most");
                    }
                }
            }
        });
    }

    #[test]
    fn names_survive_quoting((user, host) in account()) {
        let name = AccountName::new(&user, &host);
        prop_assert_eq!(AccountName::parse(&name.to_string()), Some(name));
    }

    #[test]
    fn any_list_of_names_is_read(list in ".{0,60}") {
        prop_assert!(AccountName::parse_list(&list).len() <= list.len());
    }
}

fn privileges(args: &[&str]) -> Run {
    let fixture = fixture().display().to_string();
    run([&["privileges", &fixture], args].concat(), &[])
}

#[test]
fn the_command_tells_one_account() {
    let run = privileges(&["--account", "'shop_ops'@'%'"]);
    assert!(run.stdout.contains("'shop_ops'@'%'"), "{}", run.transcript());
    assert!(!run.stdout.contains("shop_batch"), "{}", run.transcript());
    let all = privileges(&[]);
    assert!(all.stdout.contains("'shop_batch'@'%'") && all.stdout.len() > run.stdout.len(), "{}", all.transcript());
    assert_eq!(privileges(&[]).stdout, all.stdout, "the same again");
}

#[test]
fn the_document_has_what_machines_look_for() {
    let run = privileges(&["--format", "json", "--on", "orders.purchase"]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let accounts = document["accounts"].as_array().unwrap();
    assert!(accounts.len() > 20, "{}", run.transcript());
    for account in accounts {
        for key in ["default_active", "reachable", "can_grant"] {
            assert!(account[key].is_object(), "{key} of {account}");
        }
        for key in ["roles", "can_delegate_roles", "escalations", "flags"] {
            assert!(account[key].is_array(), "{key} of {account}");
        }
        assert_eq!(account["on"]["object"], "orders.purchase", "{account}");
        assert!(account["account"].as_str().unwrap().contains("'@'"), "{account}");
    }
    let app = accounts.iter().find(|it| it["account"] == "'orders_app'@'10.20.%'").unwrap();
    for word in ["SELECT", "INSERT", "UPDATE", "DELETE"] {
        assert!(app["reachable"]["orders.*"].as_array().unwrap().contains(&word.into()), "{app}");
        assert!(app["on"]["now"].as_array().unwrap().contains(&word.into()), "{app}");
        assert!(app["on"]["upper"].as_array().unwrap().contains(&word.into()), "{app}");
    }
    assert!(app["escalations"].as_array().unwrap().is_empty() && app["roles"].as_array().unwrap().is_empty(), "{app}");
}

#[test]
fn an_account_that_is_not_there_may_be_among_what_was_not_read() {
    let run = privileges(&["--account", "'nobody'@'%'"]);
    assert_eq!(run.code, 3, "{}", run.transcript());
    assert!(run.stdout.contains("all accounts of ledger"), "{}", run.transcript());
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("one.jsonl").display().to_string();
    std::fs::write(&path, Server::new().variables(SAFE).account("app", "%", &[]).text()).unwrap();
    let run = common::run(["privileges", &path, "--account", "'nobody'@'%'"], &[]);
    assert!(run.code == 2 && run.stderr.contains("nobody"), "{}", run.transcript());
    assert!(!common::run(["privileges", &path, "--account", "app@%"], &[]).stderr.contains("nobody"));
}

#[test]
fn bad_input_is_named() {
    for (args, says) in [
        (&["--account", "a,b"][..], "a,b"),
        (&["--on", "shop"], "shop"),
        (&["--on", "a.b.c"], "a.b.c"),
        (&["--on", "`open.b"], "open"),
        (&["--format", "xml"], "xml"),
        (&["/nonexistent.jsonl"], "/nonexistent.jsonl"),
    ] {
        let run = privileges(args);
        assert_eq!(run.code, 2, "{args:?}: {}", run.transcript());
        assert!(run.stdout.is_empty() && run.stderr.contains(says), "{args:?}: {}", run.transcript());
        assert!(!run.stderr.contains("panicked"), "{args:?}: {}", run.transcript());
    }
}
