//! The other grant tables: privileges on schemas, tables, columns and routines, dynamic privileges, and roles.

use super::account::held;
use super::columns::Columns;
use super::context::Context;
use super::failure::Failure;
use super::rows::{Row, account, quote};
use super::session::{MOST_ROWS, Session};
use super::words;
use crate::collect::Sink;
use crate::model::GapReason;
use crate::snapshot::Kind;
use crate::snapshot::schema::mysql::{
    ColumnGrant, ColumnGrantAnswer, DynamicGrant, DynamicGrantAnswer, RoleEdge, RoleEdgeAnswer, RoutineGrant,
    RoutineGrantAnswer, SchemaGrant, SchemaGrantAnswer, TableGrant, TableGrantAnswer,
};

/// A grant table whose columns are the same in every version that has it.
struct Source<T> {
    /// Its name in the schema `mysql`.
    table: &'static str,
    /// The version that brought it.
    since: &'static str,
    /// Its columns.
    columns: &'static str,
    /// A row as a record, under its name below the cluster.
    record: fn(&Context<'_>, &Row<'_>) -> (String, T),
}

/// Reads all of them.
pub(super) async fn collect(session: &mut Session, context: &Context<'_>, sink: &mut Sink) {
    schema_grants(session, context, sink).await;
    read(session, context, sink, TABLES_PRIV).await;
    read(session, context, sink, COLUMNS_PRIV).await;
    read(session, context, sink, PROCS_PRIV).await;
    read(session, context, sink, GLOBAL_GRANTS).await;
    read(session, context, sink, ROLE_EDGES).await;
}

async fn read<T: Kind>(session: &mut Session, context: &Context<'_>, sink: &mut Sink, source: Source<T>) {
    let name = format!("mysql.{}", source.table);
    let listed = if context.is_older_than(source.since) {
        // The version has no such table, and so nobody has such a grant.
        Ok(0)
    } else {
        let statement = statement(source.columns, source.table);
        session.query(&statement).await.map(|table| {
            for row in table.iter() {
                let (id, record) = (source.record)(context, &row);
                sink.record(context.scope(), context.id(&id), &format!("mysql:{name}"), &record);
            }
            table.rows.len()
        })
    };
    write_end::<T>(context, sink, &name, listed);
}

/// A complete answer is a listing, everything else a gap.
fn write_end<T: Kind>(context: &Context<'_>, sink: &mut Sink, name: &str, listed: Result<usize, Failure>) {
    match listed {
        Ok(count) => {
            let source = format!("mysql:{name}");
            sink.listing::<T>(context.scope(), &source, Some(&context.cluster.arn), count, Vec::new());
        }
        Err(failure) => context.gap(sink, name, &failure, Some(format!("SELECT on {name}"))),
    }
}

fn statement(columns: &str, table: &str) -> String {
    format!("SELECT {columns} FROM mysql.{table} LIMIT {}", MOST_ROWS.saturating_add(1))
}

async fn schema_grants(session: &mut Session, context: &Context<'_>, sink: &mut Sink) {
    let listed = read_schema_grants(session, context, sink).await;
    write_end::<SchemaGrant>(context, sink, "mysql.db", listed);
}

async fn read_schema_grants(session: &mut Session, context: &Context<'_>, sink: &mut Sink) -> Result<usize, Failure> {
    let columns = Columns::of(session, "db").await?;
    let complete = columns.whole || columns.have_all(words::DB);
    if !complete {
        let needs = Some("SELECT on mysql.db".to_owned());
        let message = "the login may not read every `_priv` column".to_owned();
        super::context::gap(sink, context.cluster, "mysql.db.Privileges", GapReason::Denied, needs, message);
    }
    let names: Vec<_> = columns.names.into_iter().filter(|name| is_privilege(name)).collect();
    let list =
        ["User", "Host", "Db"].map(str::to_owned).into_iter().chain(names.iter().map(|name| format!("`{name}`")));
    let table = session.query(&statement(&list.collect::<Vec<_>>().join(", "), "db")).await?;
    for row in table.iter() {
        let (id, record) = schema_grant(context, &row, complete.then_some(&names));
        sink.record(context.scope(), context.id(&id), "mysql:mysql.db", &record);
    }
    Ok(table.rows.len())
}

/// The names come from the server; what looks odd is no privilege column.
fn is_privilege(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && words::of_column(name).is_some()
}

fn schema_grant(context: &Context<'_>, row: &Row<'_>, columns: Option<&Vec<String>>) -> (String, SchemaGrant) {
    let answer = SchemaGrantAnswer {
        server: Some(context.server.clone()),
        db_cluster_arn: Some(context.cluster.arn.clone()),
        user: row.text("User"),
        host: row.text("Host"),
        db: row.text("Db"),
        privileges: columns.and_then(|columns| held(columns, row)),
    };
    (format!("{} on {}", grantee(row), name(row, "Db")), answer.record())
}

const TABLES_PRIV: Source<TableGrant> = Source {
    table: "tables_priv",
    since: "3.22",
    columns: "User, Host, Db, Table_name, Table_priv, Column_priv",
    record: |context, row| {
        let answer = TableGrantAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: Some(context.cluster.arn.clone()),
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

const COLUMNS_PRIV: Source<ColumnGrant> = Source {
    table: "columns_priv",
    since: "3.22",
    columns: "User, Host, Db, Table_name, Column_name, Column_priv",
    record: |context, row| {
        let answer = ColumnGrantAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: Some(context.cluster.arn.clone()),
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

const PROCS_PRIV: Source<RoutineGrant> = Source {
    table: "procs_priv",
    since: "5.0",
    columns: "User, Host, Db, Routine_name, Routine_type, Proc_priv",
    record: |context, row| {
        let answer = RoutineGrantAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: Some(context.cluster.arn.clone()),
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

const GLOBAL_GRANTS: Source<DynamicGrant> = Source {
    table: "global_grants",
    since: "8.0",
    columns: "USER AS User, HOST AS Host, PRIV, WITH_GRANT_OPTION",
    record: |context, row| {
        let answer = DynamicGrantAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: Some(context.cluster.arn.clone()),
            user: row.text("User"),
            host: row.text("Host"),
            privilege: row.text("PRIV"),
            with_grant_option: row.flag("WITH_GRANT_OPTION"),
        };
        (format!("{} {}", grantee(row), row.get("PRIV").unwrap_or_default()), answer.record())
    },
};

const ROLE_EDGES: Source<RoleEdge> = Source {
    table: "role_edges",
    since: "8.0",
    columns: "FROM_USER, FROM_HOST, TO_USER, TO_HOST, WITH_ADMIN_OPTION",
    record: |context, row| {
        let answer = RoleEdgeAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: Some(context.cluster.arn.clone()),
            from_user: row.text("FROM_USER"),
            from_host: row.text("FROM_HOST"),
            to_user: row.text("TO_USER"),
            to_host: row.text("TO_HOST"),
            with_admin_option: row.flag("WITH_ADMIN_OPTION"),
        };
        let end = |user, host| account(row.get(user).unwrap_or_default(), row.get(host).unwrap_or_default());
        (format!("{} to {}", end("FROM_USER", "FROM_HOST"), end("TO_USER", "TO_HOST")), answer.record())
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

    use super::super::context::tests::{cluster, context};
    use super::super::rows::Table;
    use super::*;
    use crate::snapshot::schema::rds::Engine;

    /// The record of one row as JSON, behind its id.
    fn record<T: Kind>(source: &Source<T>, cells: &[(&str, &str)]) -> String {
        let table = Table {
            columns: cells.iter().map(|(column, _)| (*column).to_owned()).collect(),
            rows: vec![cells.iter().map(|(_, cell)| Some((*cell).to_owned())).collect()],
        };
        let cluster = cluster(Engine::AuroraMysql);
        let context = context(&cluster, "8.0.39", None);
        let (id, record) = (source.record)(&context, &table.iter().next().unwrap());
        format!("{id} {}", serde_json::to_string(&record).unwrap())
    }

    const WHO: [(&str, &str); 3] = [("User", "app"), ("Host", "%"), ("Db", "shop")];

    #[test]
    fn rows_become_records() {
        let with = |more: &[(&'static str, &'static str)]| [&WHO, more].concat();
        for (text, parts) in [
            (
                record(
                    &TABLES_PRIV,
                    &with(&[("Table_name", "t"), ("Table_priv", "Select,Grant"), ("Column_priv", "")]),
                ),
                vec!["'app'@'%' on 'shop'.'t' {", r#""Table_priv":["GRANT OPTION","SELECT"]"#, r#""Column_priv":[]"#],
            ),
            (
                record(&COLUMNS_PRIV, &with(&[("Table_name", "t"), ("Column_name", "c"), ("Column_priv", "Update")])),
                vec!["'app'@'%' on 'shop'.'t'.'c' {", r#""Column_priv":["UPDATE"]"#],
            ),
            (
                record(
                    &PROCS_PRIV,
                    &with(&[("Routine_name", "f"), ("Routine_type", "FUNCTION"), ("Proc_priv", "Execute")]),
                ),
                vec!["'app'@'%' on FUNCTION 'shop'.'f' {", r#""Proc_priv":["EXECUTE"]"#],
            ),
            (
                record(&GLOBAL_GRANTS, &with(&[("PRIV", "ROLE_ADMIN"), ("WITH_GRANT_OPTION", "Y")])),
                vec!["'app'@'%' ROLE_ADMIN {", r#""WITH_GRANT_OPTION":true"#],
            ),
            (
                record(
                    &ROLE_EDGES,
                    &[
                        ("FROM_USER", "r"),
                        ("FROM_HOST", "%"),
                        ("TO_USER", "u"),
                        ("TO_HOST", "h"),
                        ("WITH_ADMIN_OPTION", "N"),
                    ],
                ),
                vec!["'r'@'%' to 'u'@'h' {", r#""WITH_ADMIN_OPTION":false"#],
            ),
        ] {
            assert!(
                parts.iter().all(|part| text.contains(part)) && text.contains(r#""DBClusterArn":"arn:c""#),
                "{text}"
            );
        }
    }

    #[test]
    fn a_schema_grant_is_known_only_with_all_its_columns() {
        let table = Table {
            columns: ["User", "Host", "Db", "Select_priv", "Grant_priv"].map(str::to_owned).to_vec(),
            rows: vec![["app", "%", "shop\\_%", "Y", "N"].map(|cell| Some(cell.to_owned())).to_vec()],
        };
        let names = ["Select_priv", "Grant_priv"].map(str::to_owned).to_vec();
        let cluster = cluster(Engine::AuroraMysql);
        let context = context(&cluster, "8.0.39", None);
        let row = table.iter().next().unwrap();
        for (columns, expected) in [(Some(&names), Some(vec!["SELECT".to_owned()])), (None, None)] {
            let (id, record) = schema_grant(&context, &row, columns);
            assert_eq!((id.as_str(), record.privileges.known().cloned()), ("'app'@'%' on 'shop\\\\_%'", expected));
        }
    }

    #[test]
    fn failures_and_empty_tables_are_two_things() {
        let cluster = cluster(Engine::AuroraMysql);
        let context = context(&cluster, "8.0.39", None);
        let denied = Failure::Server { code: 1142, message: "SELECT command denied".to_owned() };
        for (listed, contains) in [
            (Ok(0), vec!["listing", "returned"]),
            (Err(denied), vec!["gap", "denied", "SELECT on mysql.role_edges", "1142"]),
        ] {
            let mut sink = Sink::default();
            write_end::<RoleEdge>(&context, &mut sink, "mysql.role_edges", listed);
            let text = format!("{:?}", sink.into_drafts()).to_lowercase();
            assert!(contains.iter().all(|part| text.contains(&part.to_lowercase())), "{text}");
        }
    }

    #[test]
    fn odd_columns_are_no_privileges() {
        let odd: BTreeSet<_> =
            ["Select_priv", "x` FROM t; -- _priv", "Host"].into_iter().filter(|name| is_privilege(name)).collect();
        assert_eq!(odd, BTreeSet::from(["Select_priv"]));
    }
}
