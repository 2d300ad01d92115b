//! `mysql.user`: one account a row. The password hash stays on the server: it answers only whether there is one.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::columns::Columns;
use super::context::Context;
use super::failure::Failure;
use super::rows::{Row, Table, account, flag};
use super::session::{MOST_ROWS, Session};
use super::words;
use crate::collect::Sink;
use crate::model::{Fact, GapReason, Why};
use crate::snapshot::schema::mysql::{Account, Restriction, RestrictionAnswer, SslType};

const SOURCE: &str = "mysql:mysql.user";

/// A value of an account: the field of the record, the column that it is made from, the version that brought the column, and
/// how it is asked for.
struct Value {
    field: &'static str,
    column: &'static str,
    since: &'static str,
    sql: &'static str,
}

const fn value(field: &'static str, column: &'static str, since: &'static str, sql: &'static str) -> Value {
    Value { field, column, since, sql }
}

const VALUES: [Value; 8] = [
    value("plugin", "plugin", "5.5.7", "plugin"),
    value("authentication_string", "authentication_string", "5.5.7", "(COALESCE(authentication_string, '') = '')"),
    value("ssl_type", "ssl_type", "4.0", "ssl_type"),
    value("account_locked", "account_locked", "5.7.6", "account_locked"),
    value("password_expired", "password_expired", "5.6.6", "password_expired"),
    value("password_last_changed", "password_last_changed", "5.7.4", "UNIX_TIMESTAMP(password_last_changed)"),
    value("password_lifetime", "password_lifetime", "5.7.4", "password_lifetime"),
    // The document also holds a second password's hash; only this part of it is asked for.
    value("Restrictions", "User_attributes", "8.0.14", "JSON_EXTRACT(User_attributes, '$.Restrictions')"),
];

/// Before 5.7 a password is in one of two columns.
const EMPTY_BEFORE_57: &str = "(Password = '' AND COALESCE(authentication_string, '') = '')";

/// Whether a value can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Readable,
    /// The server has no such column.
    Missing,
    Hidden,
}

/// What is asked of `mysql.user`.
struct Plan<'a> {
    columns: &'a Columns,
    old_password: bool,
    older_than: Vec<&'static str>,
    privileges: bool,
}

impl<'a> Plan<'a> {
    fn new(context: &Context<'_>, columns: &'a Columns) -> Self {
        let older_than = VALUES.iter().map(|value| value.since).filter(|since| context.is_older_than(since)).collect();
        let old_password = context.is_older_than("5.7") || columns.has("Password");
        Self { columns, old_password, older_than, privileges: sees_every_privilege(context, columns) }
    }

    fn access(&self, value: &Value) -> Access {
        let password = !(self.old_password && value.field == "authentication_string") || self.columns.has("Password");
        if self.columns.has(value.column) && password {
            Access::Readable
        } else if self.columns.whole || self.older_than.contains(&value.since) {
            Access::Missing
        } else {
            Access::Hidden
        }
    }

    fn statement(&self) -> String {
        let mut list = vec!["User".to_owned(), "Host".to_owned()];
        for value in VALUES.iter().filter(|value| self.access(value) == Access::Readable) {
            let old = self.old_password && value.field == "authentication_string";
            let sql = if old { EMPTY_BEFORE_57 } else { value.sql };
            list.push(format!("{sql} AS `{}`", value.field));
        }
        // The names come from the server; what looks odd is no privilege column.
        let plain = |name: &&String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let privileges = self.columns.names.iter().filter(plain).filter(|name| words::of_column(name).is_some());
        list.extend(privileges.map(|name| format!("`{name}`")));
        format!("SELECT {} FROM mysql.user LIMIT {}", list.join(", "), MOST_ROWS.saturating_add(1))
    }
}

/// Whether no privilege column is hidden. Aurora before MySQL 8.0 has columns of its own, more with every version: there only
/// the whole table is sure to show all.
fn sees_every_privilege(context: &Context<'_>, columns: &Columns) -> bool {
    let own_columns = context.aurora != Some(false) && context.is_older_than("8.0");
    let since_80 = if context.is_older_than("8.0") { [].as_slice() } else { words::USER_SINCE_80.as_slice() };
    columns.whole || !own_columns && columns.have_all(words::USER_SINCE_56.iter().chain(since_80).copied())
}

/// Reads the accounts.
pub(super) async fn collect(session: &mut Session, context: &Context<'_>, sink: &mut Sink) {
    if let Err(failure) = read(session, context, sink).await {
        context.gap(sink, "mysql.user", &failure, Some("SELECT on mysql.user".to_owned()));
    }
}

async fn read(session: &mut Session, context: &Context<'_>, sink: &mut Sink) -> Result<(), Failure> {
    let columns = Columns::of(session, "user").await?;
    let plan = Plan::new(context, &columns);
    let table = session.query(&plan.statement()).await?;
    write(context, &plan, &table, sink);
    Ok(())
}

fn write(context: &Context<'_>, plan: &Plan<'_>, table: &Table, sink: &mut Sink) {
    let mut unreadable = BTreeSet::new();
    for row in table.iter() {
        let (Some(user), Some(host)) = (row.get("User"), row.get("Host")) else {
            unreadable.insert("User");
            continue;
        };
        let record = Reader { plan, row, unreadable: &mut unreadable }.account(context);
        sink.record(context.scope(), context.id(&account(user, host)), SOURCE, &record);
    }
    let partial = unreadable.contains("User");
    write_gaps(context, plan, unreadable, sink);
    write_listing(context, table, partial, sink);
}

fn write_gaps(context: &Context<'_>, plan: &Plan<'_>, unreadable: BTreeSet<&'static str>, sink: &mut Sink) {
    let mut hidden: Vec<_> = VALUES
        .iter()
        .filter(|value| plan.access(value) == Access::Hidden)
        .map(|value| (value.field, value.column))
        .collect();
    if !plan.privileges {
        hidden.push(("Privileges", "every `_priv` column"));
    }
    for (field, column) in hidden {
        let needs = Some(format!("SELECT ({column}) on mysql.user"));
        let message = "the login may not read the column".to_owned();
        super::context::gap(sink, context.cluster, &format!("mysql.user.{field}"), GapReason::Denied, needs, message);
    }
    for field in unreadable {
        let failure = Failure::Malformed { detail: "a value is not what the column holds" };
        context.gap(sink, &format!("mysql.user.{field}"), &failure, None);
    }
}

/// The account that asks is one of them. If it is not among the rows, others may be missing, too.
fn write_listing(context: &Context<'_>, table: &Table, partial: bool, sink: &mut Sink) {
    if !partial && has_account(table, &context.current_user) {
        sink.listing::<Account>(context.scope(), SOURCE, Some(&context.cluster.arn), table.rows.len(), Vec::new());
    } else {
        let failure = Failure::Malformed { detail: "the table read is partial: the login's own account is not in it" };
        context.gap(sink, "mysql.user", &failure, None);
    }
}

/// Whether `user@host` is a row. A user name may hold an `@`, a host may not.
fn has_account(table: &Table, current_user: &str) -> bool {
    let Some((user, host)) = current_user.rsplit_once('@') else { return false };
    table.iter().any(|row| {
        row.get("User") == Some(user) && row.get("Host").is_some_and(|known| known.eq_ignore_ascii_case(host))
    })
}

/// Turns one row into a record, and remembers which values it could not read.
struct Reader<'a> {
    plan: &'a Plan<'a>,
    row: Row<'a>,
    unreadable: &'a mut BTreeSet<&'static str>,
}

impl Reader<'_> {
    fn account(mut self, context: &Context<'_>) -> Account {
        Account {
            server: Fact::Known(context.server.clone()),
            db_cluster_arn: Fact::Known(context.cluster.arn.clone()),
            user: self.row.text("User").map_or_else(Fact::default, Fact::Known),
            host: self.row.text("Host").map_or_else(Fact::default, Fact::Known),
            plugin: self.fact("plugin", |text| Some(text.to_owned())),
            authentication_string_empty: self.fact("authentication_string", flag),
            ssl_type: self.fact("ssl_type", |text| Some(SslType::from(text.to_owned()))),
            account_locked: self.fact("account_locked", flag),
            password_expired: self.fact("password_expired", flag),
            password_last_changed: self.fact("password_last_changed", seconds),
            password_lifetime: self.fact("password_lifetime", |text| text.parse().ok()),
            privileges: self.privileges(),
            restrictions: self.fact("Restrictions", restrictions),
            ..Account::default()
        }
    }

    fn fact<T>(&mut self, field: &'static str, read: impl Fn(&str) -> Option<T>) -> Fact<T> {
        match VALUES.iter().find(|value| value.field == field).map(|value| self.plan.access(value)) {
            Some(Access::Readable) => match self.row.get(field).map(&read) {
                Some(Some(value)) => Fact::Known(value),
                None => Fact::Absent,
                Some(None) => self.broken(field),
            },
            Some(Access::Missing) => Fact::Absent,
            Some(Access::Hidden) | None => Fact::default(),
        }
    }

    fn broken<T>(&mut self, field: &'static str) -> Fact<T> {
        self.unreadable.insert(field);
        Fact::Unknown(Why::Unreadable { detail: field.into() })
    }

    fn privileges(&mut self) -> Fact<Vec<String>> {
        if !self.plan.privileges {
            return Fact::default();
        }
        match held(&self.plan.columns.names, &self.row) {
            Some(words) => Fact::Known(words),
            None => self.broken("Privileges"),
        }
    }
}

/// The privileges whose columns say `Y`, in the words of `GRANT`, sorted; none when a column says something else.
pub(super) fn held(columns: &[String], row: &Row<'_>) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for (column, word) in columns.iter().filter_map(|column| Some((column, words::of_column(column)?))) {
        if row.flag(column)? {
            words.push(word);
        }
    }
    words.sort_unstable();
    Some(words)
}

/// Seconds of the epoch, with or without a fraction; `0` is what a zero date becomes.
fn seconds(text: &str) -> Option<Timestamp> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    Timestamp::from_second(whole.parse().ok()?).ok()
}

fn restrictions(json: &str) -> Option<Vec<Restriction>> {
    let answers: Vec<RestrictionAnswer> = serde_json::from_str(json).ok()?;
    Some(answers.into_iter().map(RestrictionAnswer::record).collect())
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
