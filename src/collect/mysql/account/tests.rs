//! What accounts become, by version and by what the login may read.

use super::super::columns::tests::columns;
use super::super::context::tests::{cluster, context};
use super::super::question::tests::one_row;
use super::*;
use crate::snapshot::schema::mysql::Flavour;
use crate::snapshot::schema::rds::Engine;

const VALUES: [&str; 17] = [
    "plugin",
    "authentication_string",
    "ssl_type",
    "ssl_cipher",
    "x509_issuer",
    "x509_subject",
    "max_user_connections",
    "account_locked",
    "password_expired",
    "password_last_changed",
    "password_lifetime",
    "Password_reuse_history",
    "Password_reuse_time",
    "Password_require_current",
    "User_attributes",
    "Host",
    "User",
];

/// A server whose `mysql.user` has all columns but these, as far as they can be read.
fn server<'a>(
    cluster: &'a crate::collect::ClusterTarget,
    version: &str,
    flavour: Option<Flavour>,
    (whole, without): (bool, &[&str]),
) -> Context<'a> {
    let privileges = words::USER_SINCE_56.iter().chain(&words::USER_SINCE_80).copied();
    let names: Vec<_> = VALUES.into_iter().chain(privileges).filter(|name| !without.contains(name)).collect();
    Context { columns: columns("user", &names, whole), ..context(cluster, version, flavour) }
}

#[test]
fn hidden_columns_are_not_missing_ones() {
    let cluster = cluster(Engine::AuroraMysql);
    for (version, whole, without, field, expected) in [
        ("8.0.39", true, "", "authentication_string_empty", Access::Readable),
        ("8.0.39", false, "authentication_string", "authentication_string_empty", Access::Hidden),
        ("8.0.39", false, "authentication_string", "password_is_user_name", Access::Hidden),
        ("8.0.39", false, "User_attributes", "Restrictions", Access::Hidden),
        ("8.0.39", false, "User_attributes", "additional_password", Access::Hidden),
        ("5.7.44", false, "User_attributes", "Restrictions", Access::Missing),
        ("5.7.44", true, "User_attributes", "Restrictions", Access::Missing),
        ("nonsense", false, "User_attributes", "Restrictions", Access::Hidden),
        ("nonsense", true, "User_attributes", "Restrictions", Access::Missing),
        ("5.6.10", false, "account_locked", "account_locked", Access::Missing),
        ("5.7.44", false, "account_locked", "account_locked", Access::Hidden),
        ("5.6.10", false, "", "authentication_string_empty", Access::Hidden),
        ("8.0.39", true, "", "is_role", Access::Missing),
    ] {
        let plan = Plan::new(&server(&cluster, version, Some(Flavour::Mysql), (whole, &[without])));
        assert_eq!(plan.access(field), expected, "{version} without {without}");
    }
}

#[test]
fn privileges_are_known_only_when_no_column_is_hidden() {
    let cluster = cluster(Engine::AuroraMysql);
    for (version, flavour, whole, without, known) in [
        ("8.0.39", Some(Flavour::Aurora), true, "", true),
        ("8.0.39", Some(Flavour::Aurora), false, "", true),
        ("8.0.39", Some(Flavour::Aurora), false, "authentication_string", true),
        ("8.0.39", Some(Flavour::Aurora), false, "Super_priv", false),
        ("8.0.39", Some(Flavour::Aurora), false, "Create_role_priv", false),
        ("5.7.44", Some(Flavour::Mysql), false, "Create_role_priv", true),
        ("5.7.12", Some(Flavour::Aurora), false, "", false),
        ("5.7.12", None, false, "", false),
        ("5.7.12", Some(Flavour::Aurora), true, "", true),
        ("10.11.19", Some(Flavour::Mariadb), true, "", false),
    ] {
        let plan = Plan::new(&server(&cluster, version, flavour.clone(), (whole, &[without])));
        assert_eq!(plan.privileges, known, "{version} {flavour:?} {whole} without {without}");
    }
}

#[test]
fn a_column_name_cannot_smuggle_sql() {
    let cluster = cluster(Engine::AuroraMysql);
    let odd = Context {
        columns: columns("user", &["x`, authentication_string AS `x_priv", "Select_priv"], true),
        ..context(&cluster, "8.0.39", None)
    };
    let [Statement { sql: accounts, .. }, _] = Plan::new(&odd).statements();
    assert!(!accounts.contains("x`,") && accounts.contains("`Select_priv`"), "{accounts}");
}

/// A row of the accounts as the statement asks for it, with some values of its own.
fn table(values: &[(&str, Option<&str>)]) -> Table {
    let mut cells = vec![
        ("User", Some("auditor")),
        ("Host", Some("%")),
        ("plugin", Some("caching_sha2_password")),
        ("authentication_string_empty", Some("0")),
        ("password_is_user_name", None),
        ("password_format", Some("plugin")),
        ("ssl_type", Some("ANY")),
        ("max_user_connections", Some("0")),
        ("account_locked", Some("N")),
        ("password_expired", Some("N")),
        ("password_last_changed", Some("1795168800")),
        ("password_lifetime", None),
        ("Restrictions", None),
        ("additional_password", Some("0")),
        ("multi_factor_authentication", None),
    ];
    cells.extend(words::USER_SINCE_56.iter().chain(&words::USER_SINCE_80).map(|name| (*name, Some("N"))));
    for (column, value) in values {
        cells.iter_mut().find(|(name, _)| name == column).unwrap().1 = *value;
    }
    one_row(&cells)
}

fn written(context: &Context<'_>, accounts: Result<Table, Failure>, twins: Result<Table, Failure>) -> String {
    with_force(context, &Answers { accounts, twins, force: None })
}

fn with_force(context: &Context<'_>, answers: &Answers) -> String {
    let mut sink = Sink::default();
    write(context, &Plan::new(context), answers, &mut sink);
    format!("{:?}", sink.into_drafts()).replace('\\', "")
}

#[test]
fn a_row_becomes_a_record() {
    let cluster = cluster(Engine::AuroraMysql);
    let restriction = r#"[{"Database":"mysql","Privileges":["INSERT"]}]"#;
    let whole = (true, &[][..]);
    let blind = (false, &["authentication_string"][..]);
    for (values, columns, contains) in [
        (vec![], whole, vec![r#""User":"auditor""#, r#""Privileges":[]"#, r#""Restrictions":null"#, "listing"]),
        (vec![("Select_priv", Some("Y")), ("Grant_priv", Some("Y"))], whole, vec![r#"["GRANT OPTION","SELECT"]"#]),
        (vec![("Restrictions", Some(restriction))], whole, vec![r#""Restrictions":[{"Database":"mysql""#]),
        (vec![("password_lifetime", Some("90"))], whole, vec![r#""password_lifetime":90"#, "2026-11-20T"]),
        (vec![("additional_password", Some("1"))], whole, vec![r#""additional_password":true"#]),
        (
            vec![("multi_factor_authentication", Some(r#"["x"]"#))],
            whole,
            vec![r#""multi_factor_authentication":["x"]"#],
        ),
        (vec![("password_is_user_name", Some("1"))], whole, vec![r#""password_is_user_name":true"#]),
        (vec![], whole, vec![r#""authentication_string_empty":false"#, r#""ssl_type":"ANY""#, r#""is_role":null"#]),
        (vec![], blind, vec!["mysql:mysql.user.authentication_string_empty@arn:c", r#""reason":"denied""#, "listing"]),
        (vec![("Restrictions", Some("{"))], whole, vec!["mysql:mysql.user.Restrictions@arn:c", "malformed", "listing"]),
        (vec![("Super_priv", Some("?"))], whole, vec!["mysql:mysql.user.Privileges@arn:c", "malformed"]),
        (vec![("User", Some("other"))], whole, vec!["mysql:mysql.user@arn:c", "partial"]),
        (vec![("User", None)], whole, vec!["mysql:mysql.user.User@arn:c", "partial"]),
    ] {
        let context = server(&cluster, "8.0.39", Some(Flavour::Aurora), columns);
        let text = written(&context, Ok(table(&values)), Ok(Table::default())).to_lowercase();
        for part in contains {
            assert!(text.contains(&part.to_lowercase()), "{part} of {values:?} in {text}");
        }
    }
}

#[test]
fn what_is_hidden_is_no_value() {
    let cluster = cluster(Engine::AuroraMysql);
    let without = (false, &["authentication_string", "account_locked"][..]);
    let context = server(&cluster, "8.0.39", Some(Flavour::Aurora), without);
    let text = written(&context, Ok(table(&[])), Err(Failure::Ended));
    for key in ["authentication_string_empty", "account_locked", "password_is_user_name", "same_password_as"] {
        assert!(!text.contains(&format!("\"{key}\"")), "{key} in {text}");
    }
    assert!(text.contains("mysql:mysql.user.same_password_as@arn:c"), "{text}");
    let refused = written(&context, Err(Failure::Server { code: 1142, message: "no".to_owned() }), Err(Failure::Ended));
    assert!(refused.contains("mysql:mysql.user@arn:c") && !refused.contains("listing"), "{refused}");
}

#[test]
fn accounts_with_one_password_name_each_other() {
    let row = |user, first| [Some(user), Some("%"), Some(first)];
    let rows = [row("a", "'a'@'%'"), row("b", "'a'@'%'"), row("c", "'a'@'%'"), row("x", "'x'@'%'")];
    let rows: Vec<&[Option<&str>]> = rows.iter().map(<[_; 3]>::as_slice).collect();
    let twins = groups(&super::super::rows::tests::table(&["User", "Host", "first"], &rows));
    assert_eq!(twins.of("'b'@'%'"), Some(vec!["'a'@'%'".to_owned(), "'c'@'%'".to_owned()]));
    assert_eq!(twins.of("'alone'@'%'"), None);
}

#[test]
fn a_mariadb_account_is_read_from_its_document() {
    let cluster = cluster(Engine::AuroraMysql);
    let context = Context {
        columns: columns("global_priv", &["Host", "User", "Priv"], true),
        ..context(&cluster, "10.11.19", Some(Flavour::Mariadb))
    };
    let row = one_row(&[
        ("User", Some("auditor")),
        ("Host", Some("%")),
        ("plugin", Some("mysql_native_password")),
        ("auth_or", Some(r#"["unix_socket"]"#)),
        ("access", Some("1 101119")),
        ("is_role", Some("0")),
        ("account_locked", Some("1")),
        ("password_last_changed", Some("1795168800")),
    ]);
    let text = written(&context, Ok(row), Ok(Table::default()));
    for part in [
        r#""Privileges":["SELECT"]"#,
        r#""is_role":false"#,
        r#""auth_or":["mysql_native_password","unix_socket"]"#,
        r#""account_locked":true"#,
        r#""Restrictions":null"#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn finds_the_own_account() {
    for (current_user, expected) in
        [("auditor@%", true), ("auditor@", false), ("auditor", false), ("Auditor@%", false), ("x@auditor@%", false)]
    {
        assert_eq!(has_account(&table(&[]), current_user), expected, "{current_user}");
    }
}

#[test]
fn what_is_in_force_is_compared_or_unknown() {
    let cluster = cluster(Engine::AuroraMysql);
    let ghost = || Force { without_row: vec![("ghost".to_owned(), "%".to_owned())], ..Force::default() };
    for (flavour, force, contains) in [
        (Flavour::Mysql, Some(Ok(ghost())), &[r#""Unflushed":false"#, "'ghost'@'%'", r#""returned":2"#][..]),
        (Flavour::Mysql, Some(Err(Failure::Partial)), &["mysql:mysql.user.Unflushed@arn:c"]),
        (Flavour::Aurora, None, &[r#""Unflushed":null"#]),
        (Flavour::Mariadb, None, &[]),
    ] {
        let context = server(&cluster, "8.0.39", Some(flavour), (true, &[]));
        let text = with_force(&context, &Answers { accounts: Ok(table(&[])), twins: Ok(Table::default()), force });
        assert!(contains.iter().all(|part| text.to_lowercase().contains(&part.to_lowercase())), "{text}");
        assert_eq!(
            text.contains("\"Unflushed\""),
            contains.first().is_some_and(|part| part.contains("Unflushed\"")),
            "{text}"
        );
    }
}
