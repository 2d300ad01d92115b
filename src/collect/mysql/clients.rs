//! Who is connected, and how: counted by account, encryption and connector. No address, thread or statement of anyone.

use super::context::Context;
use super::failure::Failure;
use super::probe::Probe;
use super::question::Question;
use super::rows::{Row, Table, quote};
use super::statement::{Statement, limited};
use crate::collect::Sink;
use crate::model::{Fact, GapReason};
use crate::snapshot::schema::mysql::ClientConnection;

const WHAT: &str = "performance_schema.threads";
const STATUS: &str = "status_by_thread";
const ATTRIBUTES: &str = "session_connect_attrs";

/// The question for the clients of this server; none where the server could not say.
pub(super) fn question(probe: &Probe<'_>, sink: &mut Sink) -> Option<Question> {
    let context = &probe.context;
    let refusal = match probe.is_on("performance_schema") {
        Some(true) => None,
        // Most servers run without it, on purpose.
        Some(false) => Some((GapReason::NotRequested, Some("performance_schema"), "performance_schema is off")),
        None => Some((GapReason::Unsupported, None, "the server does not say whether performance_schema is on")),
    };
    let refusal = refusal.or_else(|| {
        let columns = &context.columns;
        if !columns.any("threads") {
            Some((GapReason::Denied, Some("SELECT on performance_schema.threads"), "the login may not read the table"))
        } else if !columns.has("threads", "CONNECTION_TYPE") {
            Some((GapReason::Unsupported, None, "the version does not tell how clients are connected"))
        } else {
            None
        }
    });
    if let Some((reason, needs, message)) = refusal {
        context.server_gap(sink, WHAT, reason, needs, message);
        return None;
    }
    let (status, attributes) = (context.columns.any(STATUS), context.columns.any(ATTRIBUTES));
    for (table, readable) in [(STATUS, status), (ATTRIBUTES, attributes)] {
        if !readable {
            let (what, needs) =
                (format!("performance_schema.{table}"), format!("SELECT on performance_schema.{table}"));
            context.server_gap(sink, &what, GapReason::Denied, Some(&needs), "the login may not read the table");
        }
    }
    let write = move |context: &Context<'_>, answer: Result<Table, Failure>, sink: &mut Sink| {
        write(context, answer, (status, attributes), sink);
    };
    Some(Question { sql: Some(statement(status, attributes)), write: Box::new(write) })
}

fn statement(status: bool, attributes: bool) -> Statement {
    let mut list = vec!["t.PROCESSLIST_USER", "t.CONNECTION_TYPE"];
    let mut joins = String::new();
    let mut join = |table: &str, alias: &str, on: &str, named: &str| {
        let tail = format!(" LEFT JOIN performance_schema.{table} {alias} ON {alias}.{on} AND {alias}.{named}");
        joins.push_str(&tail);
    };
    if status {
        join(STATUS, "v", "THREAD_ID = t.THREAD_ID", "VARIABLE_NAME = 'Ssl_version'");
        join(STATUS, "c", "THREAD_ID = t.THREAD_ID", "VARIABLE_NAME = 'Ssl_cipher'");
        list.extend(["v.VARIABLE_VALUE AS Ssl_version", "c.VARIABLE_VALUE AS Ssl_cipher"]);
    }
    if attributes {
        join(ATTRIBUTES, "n", "PROCESSLIST_ID = t.PROCESSLIST_ID", "ATTR_NAME = '_client_name'");
        join(ATTRIBUTES, "w", "PROCESSLIST_ID = t.PROCESSLIST_ID", "ATTR_NAME = '_client_version'");
        list.extend(["n.ATTR_VALUE AS _client_name", "w.ATTR_VALUE AS _client_version"]);
    }
    let groups = (1..=list.len()).map(|position| position.to_string()).collect::<Vec<_>>().join(", ");
    limited(&format!(
        "SELECT {}, COUNT(*) AS Connections FROM performance_schema.threads t{joins} WHERE t.TYPE = 'FOREGROUND' \
         AND t.PROCESSLIST_USER IS NOT NULL AND t.CONNECTION_TYPE IS NOT NULL AND t.PROCESSLIST_ID <> CONNECTION_ID() \
         GROUP BY {groups}",
        list.join(", ")
    ))
}

fn write(context: &Context<'_>, answer: Result<Table, Failure>, known: (bool, bool), sink: &mut Sink) {
    let source = format!("mysql:{WHAT}");
    match answer {
        Ok(table) => {
            for row in table.iter() {
                let (id, record) = record(context, &row, known);
                sink.record(context.scope(), context.id(&id), &source, &record);
            }
            let target = Some(context.server.as_str());
            sink.listing::<ClientConnection>(context.scope(), &source, target, table.len(), Vec::new());
        }
        Err(failure) => context.server_gap(sink, WHAT, failure.reason(), None, &failure.to_string()),
    }
}

fn record(context: &Context<'_>, row: &Row<'_>, (status, attributes): (bool, bool)) -> (String, ClientConnection) {
    let known = |text: Option<String>| text.map_or_else(Fact::default, Fact::Known);
    // Without TLS the status is empty.
    let some = |readable: bool, column: &str| match (readable, row.text(column).filter(|text| !text.is_empty())) {
        (false, _) => Fact::default(),
        (true, None) => Fact::Absent,
        (true, Some(text)) => Fact::Known(text),
    };
    let record = ClientConnection {
        server: Fact::Known(context.server.clone()),
        db_cluster_arn: context.cluster_arn().map_or(Fact::Absent, Fact::Known),
        user: known(row.text("PROCESSLIST_USER")),
        connection_type: known(row.text("CONNECTION_TYPE")),
        ssl_version: some(status, "Ssl_version"),
        ssl_cipher: some(status, "Ssl_cipher"),
        client_name: some(attributes, "_client_name"),
        client_version: some(attributes, "_client_version"),
        connections: row.get("Connections").and_then(|text| text.parse().ok()).map_or_else(Fact::default, Fact::Known),
    };
    let part = |column| quote(row.get(column).unwrap_or_default());
    let parts = ["PROCESSLIST_USER", "CONNECTION_TYPE", "Ssl_version", "Ssl_cipher", "_client_name", "_client_version"]
        .map(part);
    (format!("{} clients {}", context.server, parts.join(" ")), record)
}

#[cfg(test)]
mod tests {
    use super::super::context::tests::{cluster, context};
    use super::super::question::tests::one_row;
    use super::*;
    use crate::snapshot::schema::rds::Engine;

    #[test]
    fn asks_for_what_can_be_read() {
        let all = statement(true, true).sql;
        assert!(all.contains("GROUP BY 1, 2, 3, 4, 5, 6 LIMIT") && all.contains("_client_version"), "{all}");
        let some = statement(false, false).sql;
        assert!(some.contains("GROUP BY 1, 2 LIMIT") && !some.contains("JOIN"), "{some}");
    }

    #[test]
    fn what_cannot_be_read_is_no_plain_text_connection() {
        let cluster = cluster(Engine::AuroraMysql);
        let context = context(&cluster, "8.0.39", None);
        let table = one_row(&[
            ("PROCESSLIST_USER", Some("app")),
            ("CONNECTION_TYPE", Some("TCP/IP")),
            ("Ssl_version", Some("")),
            ("Ssl_cipher", None),
            ("Connections", Some("12")),
        ]);
        for (known, expected) in [((true, false), r#""Ssl_version":null"#), ((false, false), r#""Connections":12"#)] {
            let mut sink = Sink::default();
            write(&context, Ok(table.clone()), known, &mut sink);
            let text = format!("{:?}", sink.into_drafts()).replace('\\', "");
            assert!(
                text.contains(expected)
                    && text.contains("mysql:performance_schema.threads/mysql.client_connection@db.example:3306"),
                "{text}"
            );
            assert_eq!(text.contains("Ssl_version\":"), known.0, "{text}");
            assert!(!text.contains("_client_name\":"), "{text}");
        }
    }
}
