//! The first round trip: what the server is, whether the session is encrypted, the variables that decide security, and what the
//! login may read.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::columns::{self, Columns};
use super::context::{Context, version};
use super::failure::Failure;
use super::own::{self, Own};
use super::rows::{Row, Table};
use super::session::Session;
use super::statement::Statement;
use crate::collect::{ClusterTarget, Sink};
use crate::snapshot::schema::mysql::{Flavour, GlobalVariables, GlobalVariablesAnswer, Session as SessionRecord};

/// The global variables by name.
pub(super) type Variables = BTreeMap<String, String>;

/// A server may be set to cut every answer that has no `LIMIT`, those of `SHOW` too, or to fill names up with spaces.
const SETTINGS: &str = "SET SESSION sql_select_limit = 18446744073709551615, SESSION sql_mode = ''";

/// The right to read may be in a role that is not active by default.
const ROLES: &str = "SET ROLE ALL";

const BASICS: &str = "SELECT VERSION() AS version, CURRENT_USER() AS account";

/// The account's own word for its encryption: a way that is not what it seems must not go unnoticed.
const TLS: &str = "SHOW SESSION STATUS LIKE 'Ssl\\_%'";

const VARIABLES: &str = "SHOW GLOBAL VARIABLES";

/// A server as its first answers show it.
pub(super) struct Probe<'a> {
    /// What every later read needs.
    pub(super) context: Context<'a>,
    /// The session, as far as it is known yet.
    pub(super) session: SessionRecord,
    variables: Result<Variables, Failure>,
}

impl Probe<'_> {
    /// Whether a variable says so.
    pub(super) fn is_on(&self, variable: &str) -> Option<bool> {
        let variables = self.variables.as_ref().ok()?;
        Some(variables.get(variable).is_some_and(|value| value.eq_ignore_ascii_case("ON") || value == "1"))
    }
}

/// Asks.
pub(super) async fn probe<'a>(
    session: &mut Session,
    cluster: &'a ClusterTarget,
    server: String,
) -> Result<Probe<'a>, Failure> {
    let mariadb = session.greeted.contains("MariaDB");
    let modern = |since: &str| version(&session.greeted).zip(since.parse().ok()).is_some_and(|(is, since)| is >= since);
    let accounts = if mariadb { "global_priv" } else { "user" };
    let own = if !mariadb && modern("5.7") { own::SHOW_GRANTS } else { own::OF_ACCOUNT };
    let roles = if !mariadb && modern("8.0") { ROLES } else { "DO 0" };
    let statements: Vec<Statement> = [SETTINGS, roles, BASICS, TLS, VARIABLES, columns::STATEMENT, own]
        .map(Statement::from)
        .into_iter()
        .chain([columns::is_whole(accounts), columns::is_whole("db")].map(Statement::from))
        .collect();
    let answers = session.ask(&statements).await;
    let [settings, roles, basics, tls, variables, listed, own, whole_accounts, whole_db] = answers.as_slice() else {
        return Err(Failure::Malformed { detail: "the server answers what was not asked" });
    };
    for (answer, statement) in [(settings, SETTINGS), (roles, ROLES)] {
        if let Err(failure) = answer {
            // Answers that were cut are told by what they lack, tables that cannot be read by their gaps.
            tracing::warn!(%failure, statement, "the reads go on without it");
        }
    }
    let encryption = encryption(session, tls)?;
    let basics = basics.as_ref().map_err(Clone::clone)?;
    let row = basics.iter().next().ok_or(Failure::Malformed { detail: "the server does not say who it is" })?;
    let variables = variables.as_ref().map_err(Clone::clone).and_then(whole);
    let text = row.text("version").unwrap_or_default();
    let context = Context {
        cluster,
        server,
        current_user: row.text("account").unwrap_or_default(),
        version: version(&text),
        flavour: flavour(&text, variables.as_ref().ok()),
        columns: Columns::new(listed, [(accounts, whole_accounts.is_ok()), ("db", whole_db.is_ok())])?,
        own: Own::new(own),
    };
    Ok(Probe { session: record(&context, text, encryption, variables.as_ref().ok()), context, variables })
}

/// Version and cipher of the session's TLS; none over a socket of this machine.
type Encryption = Option<(String, String)>;

fn encryption(session: &mut Session, answer: &Result<Table, Failure>) -> Result<Encryption, Failure> {
    if !session.tls {
        return Ok(None);
    }
    let status: Vec<_> = answer.as_ref().map_err(Clone::clone)?.iter().collect();
    let value = |name: &str| {
        let row = status.iter().find(|row| row.get("Variable_name") == Some(name));
        row.and_then(|row| row.text("Value")).unwrap_or_default()
    };
    let version = value("Ssl_version");
    if matches!(version.as_str(), "TLSv1.2" | "TLSv1.3") {
        return Ok(Some((version, value("Ssl_cipher"))));
    }
    session.abandon();
    Err(Failure::Unsafe { detail: "the server says that the session is not on TLS 1.2 or 1.3".to_owned() })
}

fn flavour(version: &str, variables: Option<&Variables>) -> Option<Flavour> {
    if version.contains("MariaDB") {
        return Some(Flavour::Mariadb);
    }
    let aurora = variables?.contains_key("aurora_version");
    Some(if aurora { Flavour::Aurora } else { Flavour::Mysql })
}

fn record(context: &Context<'_>, version: String, encryption: Encryption, known: Option<&Variables>) -> SessionRecord {
    use crate::model::Fact;
    let known_text = |text: String| if text.is_empty() { Fact::default() } else { Fact::Known(text) };
    // Nobody asked with success, so "none" would be a guess.
    let variable = |name: &str, absent: Fact<String>| match known {
        Some(variables) => variables.get(name).cloned().map_or(absent, Fact::Known),
        None => Fact::default(),
    };
    let (ssl_version, ssl_cipher) = encryption
        .map_or((Fact::Absent, Fact::Absent), |(version, cipher)| (Fact::Known(version), Fact::Known(cipher)));
    SessionRecord {
        server: Fact::Known(context.server.clone()),
        db_cluster_arn: context.cluster_arn().map_or(Fact::Absent, Fact::Known),
        flavour: context.flavour.clone().map_or_else(Fact::default, Fact::Known),
        version: known_text(version),
        version_comment: variable("version_comment", Fact::default()),
        aurora_version: variable("aurora_version", Fact::Absent),
        aurora_server_id: variable("aurora_server_id", Fact::Absent),
        current_user: known_text(context.current_user.clone()),
        ssl_version,
        ssl_cipher,
        innodb_read_only: variable("innodb_read_only", Fact::default()).map(|text| matches!(text.as_str(), "ON" | "1")),
        read_grant_tables: Fact::Known(false),
        consistent_snapshot: Fact::Known(false),
    }
}

/// Writes down what the server says of itself.
pub(super) fn write(probe: &Probe<'_>, sink: &mut Sink) {
    let context = &probe.context;
    sink.record(context.scope(), context.id(&context.server), "mysql:session", &probe.session);
    write_variables(context, &probe.variables, sink);
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
fn write_variables(context: &Context<'_>, variables: &Result<Variables, Failure>, sink: &mut Sink) {
    let answer = variables.as_ref().map_err(Clone::clone).and_then(|variables| {
        let text = |(name, value): (&String, &String)| (name.clone(), Value::String(value.clone()));
        let all: Map<_, _> = variables.iter().map(text).collect();
        serde_json::from_value(Value::Object(all))
            .map_err(|_| Failure::Malformed { detail: "a variable is not what it should be" })
    });
    match answer {
        Ok(answer) => {
            let answer = GlobalVariablesAnswer {
                server: Some(context.server.clone()),
                db_cluster_arn: context.cluster_arn(),
                ..answer
            };
            let record: GlobalVariables = answer.record();
            sink.record(context.scope(), context.id(&context.server), "mysql:global_variables", &record);
        }
        Err(failure) => context.gap(sink, "global_variables", &failure, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::context::tests::{cluster, context};
    use super::*;
    use crate::snapshot::schema::rds::Engine;

    fn written(variables: &Result<Variables, Failure>) -> String {
        let cluster = cluster(Engine::AuroraMysql);
        let mut sink = Sink::default();
        write_variables(&context(&cluster, "8.0.39", None), variables, &mut sink);
        format!("{:?}", sink.into_drafts()).replace('\\', "")
    }

    #[test]
    fn keeps_the_variables_that_decide_security() {
        let variables = [("require_secure_transport", "ON"), ("datadir", "/var/lib/mysql/"), ("Server", "forged")];
        let text = written(&Ok(variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()));
        for part in [r#""require_secure_transport":"ON""#, r#""tls_version":null"#, r#""Server":"db.example:3306""#] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("/var/lib") && !text.contains("forged"), "{text}");
    }

    #[test]
    fn an_answer_that_was_cut_tells_nothing() {
        for (names, complete) in [
            (&["autocommit", "tls_version", "wait_timeout"][..], true),
            (&["autocommit", "tls_version"], false),
            (&[], false),
        ] {
            let mut answer = Table::new(["Variable_name", "Value"].map(str::to_owned).to_vec());
            for name in names {
                answer.push([Some(*name), Some("x")].into_iter().collect());
            }
            assert_eq!(whole(&answer).is_ok(), complete, "{names:?}");
        }
    }

    #[test]
    fn variables_that_did_not_come_are_a_gap() {
        let text = written(&Err(Failure::Timeout { seconds: 60 }));
        assert!(text.contains("mysql:global_variables@arn:c") && text.contains("timeout"), "{text}");
    }

    #[test]
    fn tells_whose_server_it_is() {
        let variables = |name: &str| Variables::from([(name.to_owned(), "3.08.2".to_owned())]);
        for (version, variables, expected) in [
            ("8.0.39", Some(variables("aurora_version")), Some(Flavour::Aurora)),
            ("9.7.4", Some(variables("version")), Some(Flavour::Mysql)),
            ("9.7.4", None, None),
            ("10.11.19-MariaDB-0+deb12u1", None, Some(Flavour::Mariadb)),
        ] {
            assert_eq!(flavour(version, variables.as_ref()), expected, "{version}");
        }
    }

    #[test]
    fn what_a_socket_lacks_is_absent_and_what_was_not_said_unknown() {
        let cluster = cluster(Engine::AuroraMysql);
        let context = context(&cluster, "8.0.39", None);
        let text = |encryption, known: Option<&Variables>| {
            serde_json::to_string(&record(&context, "8.0.39".to_owned(), encryption, known)).unwrap()
        };
        let socket = text(None, None);
        assert!(socket.contains(r#""Ssl_version":null"#) && !socket.contains("aurora_version"), "{socket}");
        let tls = text(Some(("TLSv1.3".to_owned(), "X".to_owned())), Some(&Variables::new()));
        assert!(tls.contains(r#""Ssl_version":"TLSv1.3""#) && tls.contains(r#""aurora_version":null"#), "{tls}");
        assert!(!tls.contains("Flavour"), "{tls}");
    }
}
