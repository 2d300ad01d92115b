//! What `mysql.user` becomes, by version and by what the login may read.

use super::super::context::tests::{cluster, context};
use super::*;
use crate::snapshot::schema::rds::Engine;

fn columns(whole: bool, without: &[&str]) -> Columns {
    let values = VALUES.iter().map(|value| value.column);
    let privileges = words::USER_SINCE_56.iter().chain(&words::USER_SINCE_80).copied();
    let names = ["Host", "User"].into_iter().chain(values).chain(privileges);
    Columns { names: names.filter(|name| !without.contains(name)).map(str::to_owned).collect(), whole }
}

fn is_readable(plan: &Plan<'_>, field: &str) -> Access {
    plan.access(VALUES.iter().find(|value| value.field == field).unwrap())
}

#[test]
fn hidden_columns_are_not_missing_ones() {
    let cluster = cluster(Engine::AuroraMysql);
    for (version, whole, without, field, expected) in [
        ("8.0.39", true, "", "authentication_string", Access::Readable),
        ("8.0.39", false, "authentication_string", "authentication_string", Access::Hidden),
        ("8.0.39", false, "User_attributes", "Restrictions", Access::Hidden),
        ("5.7.44", false, "User_attributes", "Restrictions", Access::Missing),
        ("5.7.44", true, "User_attributes", "Restrictions", Access::Missing),
        ("nonsense", false, "User_attributes", "Restrictions", Access::Hidden),
        ("nonsense", true, "User_attributes", "Restrictions", Access::Missing),
        ("5.6.10", false, "account_locked", "account_locked", Access::Missing),
        ("5.7.44", false, "account_locked", "account_locked", Access::Hidden),
        ("5.6.10", false, "", "authentication_string", Access::Hidden),
    ] {
        let columns = columns(whole, &[without]);
        let plan = Plan::new(&context(&cluster, version, None), &columns);
        assert_eq!(is_readable(&plan, field), expected, "{version} without {without}");
    }
}

#[test]
fn privileges_are_known_only_when_no_column_is_hidden() {
    let cluster = cluster(Engine::AuroraMysql);
    for (version, aurora, whole, without, known) in [
        ("8.0.39", Some(true), true, "", true),
        ("8.0.39", Some(true), false, "", true),
        ("8.0.39", Some(true), false, "authentication_string", true),
        ("8.0.39", Some(true), false, "Super_priv", false),
        ("8.0.39", Some(true), false, "Create_role_priv", false),
        ("5.7.44", Some(false), false, "Create_role_priv", true),
        ("5.7.12", Some(true), false, "", false),
        ("5.7.12", None, false, "", false),
        ("5.7.12", Some(true), true, "", true),
    ] {
        let columns = columns(whole, &[without]);
        let plan = Plan::new(&context(&cluster, version, aurora), &columns);
        assert_eq!(plan.privileges, known, "{version} {aurora:?} {whole} without {without}");
    }
}

#[test]
fn the_hash_is_never_asked_for() {
    let cluster = cluster(Engine::AuroraMysql);
    for (version, extra) in [("9.7.4-2", None), ("5.6.10", Some("Password"))] {
        let mut columns = columns(true, &[]);
        columns.names.extend(extra.map(str::to_owned));
        let statement = Plan::new(&context(&cluster, version, None), &columns).statement();
        let rest = statement
            .replace(EMPTY_BEFORE_57, "")
            .replace("(COALESCE(authentication_string, '') = '')", "")
            .replace("AS `authentication_string`", "");
        assert!(!rest.contains("authentication_string") && !rest.contains("Password"), "{rest}");
        assert!(
            !rest.replace("JSON_EXTRACT(User_attributes, '$.Restrictions')", "").contains("User_attributes"),
            "{rest}"
        );
    }
}

#[test]
fn a_column_name_cannot_smuggle_sql() {
    let cluster = cluster(Engine::AuroraMysql);
    let mut columns = columns(true, &[]);
    columns.names.push("x`, authentication_string AS `x_priv".to_owned());
    let statement = Plan::new(&context(&cluster, "8.0.39", None), &columns).statement();
    assert!(!statement.contains("x`,"), "{statement}");
}

/// A row of `mysql.user` as the statement asks for it, with some values of its own.
fn table(values: &[(&str, Option<&str>)]) -> Table {
    let mut cells = vec![
        ("User", Some("auditor")),
        ("Host", Some("%")),
        ("plugin", Some("caching_sha2_password")),
        ("authentication_string", Some("0")),
        ("ssl_type", Some("ANY")),
        ("account_locked", Some("N")),
        ("password_expired", Some("N")),
        ("password_last_changed", Some("1795168800")),
        ("password_lifetime", None),
        ("Restrictions", None),
    ];
    let privileges = words::USER_SINCE_56.iter().chain(&words::USER_SINCE_80).copied();
    cells.extend(privileges.map(|name| (name, Some("N"))));
    for (column, value) in values {
        cells.iter_mut().find(|(name, _)| name == column).unwrap().1 = *value;
    }
    Table {
        columns: cells.iter().map(|(name, _)| (*name).to_owned()).collect(),
        rows: vec![cells.iter().map(|(_, value)| value.map(str::to_owned)).collect()],
    }
}

fn written(table: &Table, columns: &Columns, version: &str) -> String {
    let cluster = cluster(Engine::AuroraMysql);
    let context = context(&cluster, version, Some(true));
    let mut sink = Sink::default();
    write(&context, &Plan::new(&context, columns), table, &mut sink);
    format!("{:?}", sink.into_drafts()).replace('\\', "")
}

#[test]
fn a_row_becomes_a_record() {
    let restriction = r#"[{"Database":"mysql","Privileges":["INSERT"]}]"#;
    let whole = columns(true, &[]);
    let hash_blind = columns(false, &["authentication_string"]);
    for (values, columns, contains) in [
        (vec![], &whole, vec![r#""User":"auditor""#, r#""Privileges":[]"#, r#""Restrictions":null"#, "listing"]),
        (vec![("Select_priv", Some("Y")), ("Grant_priv", Some("Y"))], &whole, vec![r#"["GRANT OPTION","SELECT"]"#]),
        (vec![("Restrictions", Some(restriction))], &whole, vec![r#""Restrictions":[{"Database":"mysql""#]),
        (vec![("password_lifetime", Some("90"))], &whole, vec![r#""password_lifetime":90"#, "2026-11-20T"]),
        (vec![], &whole, vec![r#""authentication_string_empty":false"#, r#""ssl_type":"ANY""#]),
        (vec![], &hash_blind, vec!["mysql:mysql.user.authentication_string@arn:c", r#""reason":"denied""#, "listing"]),
        (
            vec![("Restrictions", Some("{"))],
            &whole,
            vec!["mysql:mysql.user.Restrictions@arn:c", "malformed", "listing"],
        ),
        (vec![("Super_priv", Some("?"))], &whole, vec!["mysql:mysql.user.Privileges@arn:c", "malformed"]),
        (vec![("User", Some("other"))], &whole, vec!["mysql:mysql.user@arn:c", "partial"]),
        (vec![("User", None)], &whole, vec!["mysql:mysql.user.User@arn:c", "partial"]),
    ] {
        let text = written(&table(&values), columns, "8.0.39").to_lowercase();
        for part in contains {
            assert!(text.contains(&part.to_lowercase()), "{part} of {values:?} in {text}");
        }
    }
}

#[test]
fn what_is_hidden_is_no_value() {
    let text = written(&table(&[]), &columns(false, &["authentication_string", "account_locked"]), "8.0.39");
    assert!(!text.contains("authentication_string_empty") && !text.contains("\"account_locked\""), "{text}");
    let partial = written(&table(&[("User", Some("other"))]), &columns(true, &[]), "8.0.39");
    assert!(!partial.contains("listing"), "{partial}");
}

#[test]
fn finds_the_own_account() {
    for (current_user, expected) in
        [("auditor@%", true), ("auditor@", false), ("auditor", false), ("Auditor@%", false), ("x@auditor@%", false)]
    {
        assert_eq!(has_account(&table(&[]), current_user), expected, "{current_user}");
    }
}
