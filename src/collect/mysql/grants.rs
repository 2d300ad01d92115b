//! The other grant tables: privileges on schemas, tables, columns and routines, dynamic privileges, proxies, and roles.

use super::account::Held;
use super::context::Context;
use super::failure::Failure;
use super::protocol::MOST_ROWS;
use super::question::{Listed, Question};
use super::rows::{Row, Table, account, quote};
use super::statement::limited;
use super::{role, words};
use crate::collect::Sink;
use crate::model::GapReason;
use crate::snapshot::schema::mysql::{
    ColumnGrant, ColumnGrantAnswer, DynamicGrant, DynamicGrantAnswer, ProxyGrant, ProxyGrantAnswer, RoutineGrant,
    RoutineGrantAnswer, SchemaGrant, SchemaGrantAnswer, TableGrant, TableGrantAnswer,
};

/// Which of the questions are for the grants on schemas, tables and columns.
pub(super) const COMPARED: [usize; 3] = [0, 1, 2];

/// The questions for all of them.
pub(super) fn questions(context: &Context<'_>) -> Vec<Question> {
    let since_80 = |sql: &str| (!context.is_older_than("8.0") && !context.is_mariadb()).then(|| limited(sql));
    let (role_edges, default_roles) = if context.is_mariadb() {
        (Some(limited(role::EDGES_OF_MARIADB)), Some(limited(role::DEFAULTS_OF_MARIADB)))
    } else {
        let (edges, defaults) = (since_80(role::EDGES), since_80(role::DEFAULTS));
        (edges.map(|it| it.by(role::EDGE_KEY)), defaults.map(|it| it.by(role::DEFAULT_KEY)))
    };
    let listed = |sql: &str, key| Some(limited(sql).by(key));
    vec![
        schema_grants(context),
        TABLES_PRIV.all(listed(
            "SELECT User, Host, Db, Table_name, Table_priv, Column_priv FROM mysql.tables_priv",
            &["User", "Host", "Db", "Table_name"],
        )),
        COLUMNS_PRIV.all(listed(
            "SELECT User, Host, Db, Table_name, Column_name, Column_priv FROM mysql.columns_priv",
            &["User", "Host", "Db", "Table_name", "Column_name"],
        )),
        PROCS_PRIV.all(listed(
            "SELECT User, Host, Db, Routine_name, Routine_type, Proc_priv FROM mysql.procs_priv",
            &["User", "Host", "Db", "Routine_name", "Routine_type"],
        )),
        PROXIES_PRIV.all(listed(
            "SELECT User, Host, Proxied_user, Proxied_host, With_grant FROM mysql.proxies_priv",
            &["User", "Host", "Proxied_user", "Proxied_host"],
        )),
        GLOBAL_GRANTS.all(
            since_80("SELECT USER AS User, HOST AS Host, PRIV, WITH_GRANT_OPTION FROM mysql.global_grants")
                .map(|it| it.by(&["User", "Host", "PRIV"])),
        ),
        role::ROLE_EDGES.all(role_edges),
        role::DEFAULT_ROLES.all(default_roles),
    ]
}

/// `mysql.db`, whose columns are not the same everywhere.
fn schema_grants(context: &Context<'_>) -> Question {
    let complete = context.columns.are_all("db") || context.columns.have_all("db", words::DB);
    let names = context.columns.of("db").iter().filter(|name| is_privilege(name));
    let list = ["User", "Host", "Db"].map(str::to_owned).into_iter().chain(names.map(|name| format!("`{name}`")));
    let sql = limited(&format!("SELECT {} FROM mysql.db", list.collect::<Vec<_>>().join(", ")));
    let sql = sql.by(&["User", "Host", "Db"]);
    let write = move |context: &Context<'_>, answer: Result<Table, Failure>, sink: &mut Sink| {
        let needs = || Some("SELECT on mysql.db".to_owned());
        let table = match answer.and_then(bounded) {
            Ok(table) => table,
            Err(failure) => return context.gap(sink, "mysql.db", &failure, needs()),
        };
        if !complete {
            let message = "the login may not read every `_priv` column".to_owned();
            super::context::gap(sink, context.cluster, "mysql.db.Privileges", GapReason::Denied, needs(), message);
        }
        let held = complete.then(|| Held::new(&table.columns));
        for row in table.iter() {
            let (id, record) = schema_grant(context, &row, held.as_ref());
            sink.record(context.scope(), context.id(&id), "mysql:mysql.db", &record);
        }
        let (source, target) = ("mysql:mysql.db", Some(context.cluster.arn.as_str()));
        sink.listing::<SchemaGrant>(context.scope(), source, target, table.len(), Vec::new());
    };
    Question { sql: Some(sql), write: Box::new(write) }
}

fn bounded(table: Table) -> Result<Table, Failure> {
    if table.len() > MOST_ROWS { Err(Failure::TooMany { limit: MOST_ROWS }) } else { Ok(table) }
}

/// The names come from the server; what looks odd is no privilege column.
fn is_privilege(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && words::of_column(name).is_some()
}

fn schema_grant(context: &Context<'_>, row: &Row<'_>, held: Option<&Held>) -> (String, SchemaGrant) {
    let answer = SchemaGrantAnswer {
        server: Some(context.server.clone()),
        db_cluster_arn: context.cluster_arn(),
        user: row.text("User"),
        host: row.text("Host"),
        db: row.text("Db"),
        privileges: held.and_then(|held| held.by(row)),
    };
    (format!("{} on {}", grantee(row), name(row, "Db")), answer.record())
}

const TABLES_PRIV: Listed<TableGrant> = Listed {
    what: "mysql.tables_priv",
    needs: "SELECT on mysql.tables_priv",
    record: |context, row| {
        let answer = TableGrantAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: context.cluster_arn(),
            user: row.text("User"),
            host: row.text("Host"),
            db: row.text("Db"),
            table_name: row.text("Table_name"),
            table_priv: row.get("Table_priv").map(words::of_set),
            column_priv: row.get("Column_priv").map(words::of_set),
        };
        (format!("{} on {}.{}", grantee(row), name(row, "Db"), name(row, "Table_name")), answer.record())
    },
};

const COLUMNS_PRIV: Listed<ColumnGrant> = Listed {
    what: "mysql.columns_priv",
    needs: "SELECT on mysql.columns_priv",
    record: |context, row| {
        let answer = ColumnGrantAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: context.cluster_arn(),
            user: row.text("User"),
            host: row.text("Host"),
            db: row.text("Db"),
            table_name: row.text("Table_name"),
            column_name: row.text("Column_name"),
            column_priv: row.get("Column_priv").map(words::of_set),
        };
        let object = ["Db", "Table_name", "Column_name"].map(|column| name(row, column)).join(".");
        (format!("{} on {object}", grantee(row)), answer.record())
    },
};

const PROCS_PRIV: Listed<RoutineGrant> = Listed {
    what: "mysql.procs_priv",
    needs: "SELECT on mysql.procs_priv",
    record: |context, row| {
        let answer = RoutineGrantAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: context.cluster_arn(),
            user: row.text("User"),
            host: row.text("Host"),
            db: row.text("Db"),
            routine_name: row.text("Routine_name"),
            routine_type: row.text("Routine_type"),
            proc_priv: row.get("Proc_priv").map(words::of_set),
        };
        let routine = format!("{}.{}", name(row, "Db"), name(row, "Routine_name"));
        let kind = row.get("Routine_type").unwrap_or("ROUTINE");
        (format!("{} on {kind} {routine}", grantee(row)), answer.record())
    },
};

const GLOBAL_GRANTS: Listed<DynamicGrant> = Listed {
    what: "mysql.global_grants",
    needs: "SELECT on mysql.global_grants",
    record: |context, row| {
        let answer = DynamicGrantAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: context.cluster_arn(),
            user: row.text("User"),
            host: row.text("Host"),
            privilege: row.text("PRIV"),
            with_grant_option: row.flag("WITH_GRANT_OPTION"),
        };
        (format!("{} {}", grantee(row), row.get("PRIV").unwrap_or_default()), answer.record())
    },
};

const PROXIES_PRIV: Listed<ProxyGrant> = Listed {
    what: "mysql.proxies_priv",
    needs: "SELECT on mysql.proxies_priv",
    record: |context, row| {
        let answer = ProxyGrantAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: context.cluster_arn(),
            user: row.text("User"),
            host: row.text("Host"),
            proxied_user: row.text("Proxied_user"),
            proxied_host: row.text("Proxied_host"),
            with_grant: row.flag("With_grant"),
        };
        let proxied = account(row.get("Proxied_user").unwrap_or_default(), row.get("Proxied_host").unwrap_or_default());
        (format!("{} as {proxied}", grantee(row)), answer.record())
    },
};

fn grantee(row: &Row<'_>) -> String {
    account(row.get("User").unwrap_or_default(), row.get("Host").unwrap_or_default())
}

fn name(row: &Row<'_>, column: &str) -> String {
    quote(row.get(column).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::columns::tests::columns;
    use super::super::context::tests::{cluster, context};
    use super::super::question::tests::{one_row, written};
    use super::*;
    use crate::snapshot::schema::mysql::Flavour;
    use crate::snapshot::schema::rds::Engine;

    const WHO: [(&str, Option<&str>); 3] = [("User", Some("app")), ("Host", Some("%")), ("Db", Some("shop"))];

    fn with(more: &[(&'static str, Option<&'static str>)]) -> Table {
        one_row(&[&WHO, more].concat())
    }

    #[test]
    fn rows_become_records() {
        for (question, table, parts) in [
            (
                TABLES_PRIV.all(None),
                with(&[("Table_name", Some("t")), ("Table_priv", Some("Select,Grant")), ("Column_priv", Some(""))]),
                vec!["'app'@'%' on 'shop'.'t'", r#""Table_priv":["GRANT OPTION","SELECT"]"#, r#""Column_priv":[]"#],
            ),
            (
                COLUMNS_PRIV.all(None),
                with(&[("Table_name", Some("t")), ("Column_name", Some("c")), ("Column_priv", Some("Update"))]),
                vec!["'app'@'%' on 'shop'.'t'.'c'", r#""Column_priv":["UPDATE"]"#],
            ),
            (
                PROCS_PRIV.all(None),
                with(&[
                    ("Routine_name", Some("f")),
                    ("Routine_type", Some("FUNCTION")),
                    ("Proc_priv", Some("Execute")),
                ]),
                vec!["'app'@'%' on FUNCTION 'shop'.'f'", r#""Proc_priv":["EXECUTE"]"#],
            ),
            (
                GLOBAL_GRANTS.all(None),
                with(&[("PRIV", Some("ROLE_ADMIN")), ("WITH_GRANT_OPTION", Some("Y"))]),
                vec!["'app'@'%' ROLE_ADMIN", r#""WITH_GRANT_OPTION":true"#],
            ),
            (
                PROXIES_PRIV.all(None),
                with(&[("Proxied_user", Some("boss")), ("Proxied_host", Some("%")), ("With_grant", Some("0"))]),
                vec!["'app'@'%' as 'boss'@'%'", r#""With_grant":false"#],
            ),
        ] {
            let text = written(&question, Ok(table));
            assert!(
                parts.iter().all(|part| text.contains(part)) && text.contains(r#""DBClusterArn":"arn:c""#),
                "{text}"
            );
        }
    }

    #[test]
    fn a_schema_grant_is_known_only_with_all_its_columns() {
        let cluster = cluster(Engine::AuroraMysql);
        let mut context = context(&cluster, "8.0.39", None);
        let row = with(&[("Select_priv", Some("Y")), ("Grant_priv", Some("N"))]);
        for (whole, known) in [(true, true), (false, false)] {
            context.columns = columns("db", &["Host", "Select_priv", "Grant_priv", "x` FROM t; -- _priv"], whole);
            let question = schema_grants(&context);
            assert!(
                question.sql.as_ref().unwrap().sql.contains("`Select_priv`, `Grant_priv` FROM"),
                "{:?}",
                question.sql
            );
            let text = written(&question, Ok(row.clone()));
            assert_eq!(text.contains(r#""Privileges":["SELECT"]"#), known, "{text}");
            assert_eq!(text.contains("mysql:mysql.db.Privileges@arn:c"), !known, "{text}");
        }
    }

    #[test]
    fn each_version_is_asked_for_what_it_has() {
        let cluster = cluster(Engine::AuroraMysql);
        for (version, flavour, asked) in [
            ("8.0.39", Flavour::Aurora, vec!["global_grants", "role_edges", "default_roles"]),
            ("5.7.44", Flavour::Aurora, vec![]),
            ("10.11.19-MariaDB", Flavour::Mariadb, vec!["roles_mapping", "default_role'"]),
        ] {
            let questions = questions(&context(&cluster, version, Some(flavour)));
            let sql: Vec<_> =
                questions.iter().filter_map(|question| Some(question.sql.as_ref()?.sql.as_str())).skip(5).collect();
            assert_eq!(sql.len(), asked.len(), "{sql:?}");
            assert!(asked.iter().zip(&sql).all(|(part, sql)| sql.contains(part)), "{sql:?}");
        }
    }

    #[test]
    fn odd_columns_are_no_privileges() {
        let odd: BTreeSet<_> =
            ["Select_priv", "x` FROM t; -- _priv", "Host"].into_iter().filter(|name| is_privilege(name)).collect();
        assert_eq!(odd, BTreeSet::from(["Select_priv"]));
    }
}
