//! What a server says about itself: its version, the session's account, and the variables that decide security.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::context::{Context, version};
use super::failure::Failure;
use super::rows::{Row, Table};
use super::session::Session;
use crate::collect::{ClusterTarget, Sink};
use crate::snapshot::schema::mysql::{GlobalVariablesAnswer, SessionAnswer};

/// The global variables by name.
pub(super) type Variables = BTreeMap<String, String>;

/// Asks for version, account and variables, and writes them down.
pub(super) async fn collect<'a>(
    session: &mut Session,
    cluster: &'a ClusterTarget,
    server: String,
    sink: &mut Sink,
) -> Result<Context<'a>, Failure> {
    let basics = session.query("SELECT VERSION() AS version, CURRENT_USER() AS account").await?;
    let row = basics.iter().next().ok_or(Failure::Malformed { detail: "the server does not say who it is" })?;
    let (version_text, current_user) = (row.text("version"), row.text("account"));
    let variables = variables(session).await;
    let context = Context {
        cluster,
        server,
        current_user: current_user.clone().unwrap_or_default(),
        version: version_text.as_deref().and_then(version),
        aurora: variables.as_ref().ok().map(|variables| variables.contains_key("aurora_version")),
    };
    let known = variables.as_ref().ok();
    let variable = |name: &str| known.and_then(|variables| variables.get(name)).cloned();
    let answer = SessionAnswer {
        server: Some(context.server.clone()),
        db_cluster_arn: Some(cluster.arn.clone()),
        version: version_text,
        version_comment: variable("version_comment"),
        aurora_version: variable("aurora_version"),
        current_user,
        ssl_version: Some(session.tls_version.clone()),
        ssl_cipher: Some(session.tls_cipher.clone()),
        innodb_read_only: variable("innodb_read_only").map(|text| matches!(text.as_str(), "ON" | "1")),
        ..SessionAnswer::default()
    };
    let mut record = answer.record();
    if known.is_none() {
        // Nobody asked with success, so "none" would be a guess.
        record.aurora_version = crate::model::Fact::default();
    }
    sink.record(context.scope(), context.id(&context.server), "mysql:session", &record);
    write_variables(&context, variables, sink);
    Ok(context)
}

async fn variables(session: &mut Session) -> Result<Variables, Failure> {
    whole(&session.query("SHOW GLOBAL VARIABLES").await?)
}

/// The variables, unless the answer was cut: every server has hundreds, they come sorted, and this one is among the last.
fn whole(answer: &Table) -> Result<Variables, Failure> {
    const NEAR_THE_END: &str = "wait_timeout";
    let pair = |row: Row<'_>| Some((row.text("Variable_name")?, row.text("Value")?));
    let variables: Variables = answer.iter().filter_map(pair).collect();
    if variables.contains_key(NEAR_THE_END) {
        Ok(variables)
    } else {
        Err(Failure::Malformed { detail: "not all variables came" })
    }
}

/// Only what the record has fields for is kept: other variables hold paths and names that are nobody's business.
fn write_variables(context: &Context<'_>, variables: Result<Variables, Failure>, sink: &mut Sink) {
    let answer = variables.and_then(|variables| {
        let all: Map<_, _> = variables.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
        serde_json::from_value(Value::Object(all))
            .map_err(|_| Failure::Malformed { detail: "a variable is not what it should be" })
    });
    match answer {
        Ok(answer) => {
            let answer = GlobalVariablesAnswer {
                server: Some(context.server.clone()),
                db_cluster_arn: Some(context.cluster.arn.clone()),
                ..answer
            };
            sink.record(context.scope(), context.id(&context.server), "mysql:global_variables", &answer.record());
        }
        Err(failure) => context.gap(sink, "global_variables", &failure, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::context::tests::{cluster, context};
    use super::*;
    use crate::snapshot::schema::rds::Engine;

    fn written(variables: Result<Variables, Failure>) -> String {
        let cluster = cluster(Engine::AuroraMysql);
        let mut sink = Sink::default();
        write_variables(&context(&cluster, "8.0.39", None), variables, &mut sink);
        format!("{:?}", sink.into_drafts()).replace('\\', "")
    }

    #[test]
    fn keeps_the_variables_that_decide_security() {
        let variables = [("require_secure_transport", "ON"), ("datadir", "/var/lib/mysql/"), ("Server", "forged")];
        let text = written(Ok(variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()));
        for part in [r#""require_secure_transport":"ON""#, r#""tls_version":null"#, r#""Server":"db.example:3306""#] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("/var/lib") && !text.contains("forged"), "{text}");
    }

    #[test]
    fn an_answer_that_was_cut_tells_nothing() {
        let row = |name: &str| vec![Some(name.to_owned()), Some("x".to_owned())];
        for (names, complete) in [
            (&["autocommit", "tls_version", "wait_timeout"][..], true),
            (&["autocommit", "tls_version"], false),
            (&[], false),
        ] {
            let columns = ["Variable_name", "Value"].map(str::to_owned).to_vec();
            let answer = Table { columns, rows: names.iter().map(|name| row(name)).collect() };
            assert_eq!(whole(&answer).is_ok(), complete, "{names:?}");
        }
    }

    #[test]
    fn variables_that_did_not_come_are_a_gap() {
        let text = written(Err(Failure::Timeout { seconds: 60 }));
        assert!(text.contains("mysql:global_variables@arn:c") && text.contains("timeout"), "{text}");
    }
}
