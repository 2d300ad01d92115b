//! Accounts: a row of `mysql.user`, or of `mysql.global_priv` on MariaDB. The password hash stays on the server.

mod access;
mod reader;
mod value;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::reader::Held;
use self::reader::Reader;
use self::value::{Value, twins, values};
use super::context::Context;
use super::failure::Failure;
use super::force::Force;
use super::protocol::MOST_ROWS;
use super::rows::{Table, account};
use super::statement::{Statement, limited};
use super::words;
use crate::collect::Sink;
use crate::model::{Fact, GapReason};
use crate::snapshot::schema::mysql::{Account, Flavour};

/// The name of the source in records and gaps, whatever table it is.
const WHAT: &str = "mysql.user";
const SOURCE: &str = "mysql:mysql.user";

/// The most others that an account with the same password is told.
const MOST_TWINS: usize = 20;

/// Whether a value can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Readable,
    /// The server has no such column.
    Missing,
    Hidden,
}

/// What is asked of the accounts.
pub(super) struct Plan {
    table: &'static str,
    values: Vec<(Value, Access)>,
    /// Columns that hold a privilege each; none on MariaDB.
    columns: Vec<String>,
    /// Whether no privilege is hidden.
    privileges: bool,
    twins: String,
}

impl Plan {
    /// What can be asked of this server by this login.
    pub(super) fn new(context: &Context<'_>) -> Self {
        let table = if context.is_mariadb() { "global_priv" } else { "user" };
        let access = |value: &Value| {
            if context.columns.has(table, value.column) {
                Access::Readable
            } else if context.columns.are_all(table) || context.is_older_than(value.since) {
                Access::Missing
            } else {
                Access::Hidden
            }
        };
        let values = values(context).into_iter().map(|value| {
            let access =
                if value.field == "is_role" && !context.is_mariadb() { Access::Missing } else { access(&value) };
            (value, access)
        });
        // The names come from the server; what looks odd is no privilege column.
        let plain = |name: &&String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let named = context.columns.of(table).iter().filter(plain).filter(|name| words::of_column(name).is_some());
        Self {
            table,
            values: values.collect(),
            columns: named.cloned().collect(),
            privileges: sees_every_privilege(context),
            twins: twins(context),
        }
    }

    /// The statements: the accounts, and which of them have the same password.
    pub(super) fn statements(&self) -> [Statement; 2] {
        let mut list = vec!["User".to_owned(), "Host".to_owned()];
        let readable = self.values.iter().filter(|(_, access)| *access == Access::Readable);
        list.extend(readable.map(|(value, _)| format!("{} AS `{}`", value.sql, value.field)));
        list.extend(self.columns.iter().map(|name| format!("`{name}`")));
        let accounts = limited(&format!("SELECT {} FROM mysql.{}", list.join(", "), self.table));
        [accounts, limited(&self.twins)].map(|statement| statement.by(&["User", "Host"]))
    }

    fn access(&self, field: &str) -> Access {
        self.values.iter().find(|(value, _)| value.field == field).map_or(Access::Missing, |(_, access)| *access)
    }
}

/// Whether no privilege column is hidden. Aurora before MySQL 8.0 has columns of its own, more with every version: there only
/// the whole table is sure to show all.
fn sees_every_privilege(context: &Context<'_>) -> bool {
    if context.is_mariadb() {
        return context.columns.has("global_priv", "Priv");
    }
    let own_columns = context.flavour != Some(Flavour::Mysql) && context.is_older_than("8.0");
    let since_80 = if context.is_older_than("8.0") { [].as_slice() } else { words::USER_SINCE_80.as_slice() };
    let all = words::USER_SINCE_56.iter().chain(since_80).copied();
    context.columns.are_all("user") || !own_columns && context.columns.have_all("user", all)
}

/// What the server answered.
pub(super) struct Answers {
    /// To [`Plan::statements`], the first.
    pub(super) accounts: Result<Table, Failure>,
    /// The second.
    pub(super) twins: Result<Table, Failure>,
    /// How the tables compare with what is in force, where that was asked.
    pub(super) force: Option<Result<Force, Failure>>,
}

/// Writes the answers down.
pub(super) fn write(context: &Context<'_>, plan: &Plan, answers: &Answers, sink: &mut Sink) {
    match &answers.accounts {
        Ok(table) if table.len() > MOST_ROWS => refuse(context, &Failure::TooMany { limit: MOST_ROWS }, sink),
        Ok(table) => write_accounts(context, plan, table, answers, sink),
        Err(failure) => refuse(context, failure, sink),
    }
}

fn refuse(context: &Context<'_>, failure: &Failure, sink: &mut Sink) {
    let needs = "SELECT on mysql.user (on MariaDB, mysql.global_priv)";
    context.gap(sink, WHAT, failure, Some(needs.to_owned()));
}

fn write_accounts(context: &Context<'_>, plan: &Plan, table: &Table, answers: &Answers, sink: &mut Sink) {
    let mut unreadable = BTreeSet::new();
    let twins = answers.twins.as_ref().map(groups);
    let needs = || Some("SELECT on mysql.*".to_owned());
    if let Err(failure) = twins {
        context.gap(sink, "mysql.user.same_password_as", failure, needs());
    }
    if let Some(Err(failure)) = &answers.force {
        context.gap(sink, "mysql.user.Unflushed", failure, needs());
    }
    let more = More { twins: twins.as_ref().ok(), force: answers.force.as_ref().map(Result::as_ref) };
    let held = Held::new(&table.columns);
    for row in table.iter() {
        let (Some(user), Some(host)) = (row.get("User"), row.get("Host")) else {
            unreadable.insert("User");
            continue;
        };
        let record =
            Reader { plan, held: &held, row, unreadable: &mut unreadable }.account(context, (user, host), &more);
        sink.record(context.scope(), context.id(&account(user, host)), SOURCE, &record);
    }
    let ghosts = write_ghosts(context, &more, sink);
    let partial = unreadable.contains("User");
    write_gaps(context, plan, unreadable, sink);
    write_listing(context, table, (partial, ghosts), sink);
}

/// Accounts that are in force and have no row any more: of them only that is known. Their number.
fn write_ghosts(context: &Context<'_>, more: &More<'_>, sink: &mut Sink) -> usize {
    let ghosts = more.force.and_then(Result::ok).map_or(&[][..], |force| force.without_row.as_slice());
    for (user, host) in ghosts {
        let record = Account {
            server: Fact::Known(context.server.clone()),
            db_cluster_arn: context.cluster_arn().map_or(Fact::Absent, Fact::Known),
            user: Fact::Known(user.clone()),
            host: Fact::Known(host.clone()),
            unflushed: Fact::Known(true),
            ..Account::default()
        };
        sink.record(context.scope(), context.id(&account(user, host)), SOURCE, &record);
    }
    ghosts.len()
}

/// What is known of accounts beside their rows.
pub(super) struct More<'a> {
    twins: Option<&'a Twins>,
    /// None where it was not asked.
    force: Option<Result<&'a Force, &'a Failure>>,
}

/// The accounts with the same password as another, by name; each with the first of its group, and the groups by theirs.
pub(super) struct Twins {
    first: BTreeMap<String, String>,
    groups: BTreeMap<String, BTreeSet<String>>,
}

impl Twins {
    /// The others of the account's group, sorted; at most so many that a group of thousands stays a line.
    fn of(&self, name: &str) -> Option<Vec<String>> {
        let group = self.groups.get(self.first.get(name)?)?;
        Some(group.iter().filter(|other| *other != name).take(MOST_TWINS).cloned().collect())
    }
}

fn groups(table: &Table) -> Twins {
    let mut twins = Twins { first: BTreeMap::new(), groups: BTreeMap::new() };
    for row in table.iter() {
        if let (Some(user), Some(host), Some(first)) = (row.get("User"), row.get("Host"), row.get("first")) {
            let name = account(user, host);
            twins.groups.entry(first.to_owned()).or_default().insert(name.clone());
            twins.first.insert(name, first.to_owned());
        }
    }
    twins
}

fn write_gaps(context: &Context<'_>, plan: &Plan, unreadable: BTreeSet<&'static str>, sink: &mut Sink) {
    let hidden = plan.values.iter().filter(|(_, access)| *access == Access::Hidden);
    let mut hidden: Vec<_> = hidden.map(|(value, _)| (value.field, value.column)).collect();
    if !plan.privileges {
        hidden.push(("Privileges", "every `_priv` column"));
    }
    for (field, column) in hidden {
        let needs = Some(format!("SELECT ({column}) on mysql.{}", plan.table));
        let message = "the login may not read the column".to_owned();
        super::context::gap(sink, context.cluster, &format!("{WHAT}.{field}"), GapReason::Denied, needs, message);
    }
    for field in unreadable {
        let failure = Failure::Malformed { detail: "a value is not what the column holds" };
        context.gap(sink, &format!("{WHAT}.{field}"), &failure, None);
    }
}

/// The account that asks is one of them. If it is not among the rows, others may be missing, too.
fn write_listing(context: &Context<'_>, table: &Table, (partial, ghosts): (bool, usize), sink: &mut Sink) {
    if !partial && has_account(table, &context.current_user) {
        let count = table.len().saturating_add(ghosts);
        sink.listing::<Account>(context.scope(), SOURCE, Some(&context.cluster.arn), count, Vec::new());
    } else {
        let failure = Failure::Malformed { detail: "the table read is partial: the login's own account is not in it" };
        context.gap(sink, WHAT, &failure, None);
    }
}

/// Whether `user@host` is a row. A user name may hold an `@`, a host may not.
fn has_account(table: &Table, current_user: &str) -> bool {
    let Some((user, host)) = current_user.rsplit_once('@') else { return false };
    table.iter().any(|row| {
        row.get("User") == Some(user) && row.get("Host").is_some_and(|known| known.eq_ignore_ascii_case(host))
    })
}

#[cfg(test)]
mod tests;
