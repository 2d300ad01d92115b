//! One row of the accounts as a record.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::context::Context;
use super::super::rows::{Row, account, flag};
use super::super::words;
use super::access;
use super::{Access, More, Plan};
use crate::model::{Fact, Why};
use crate::snapshot::schema::mysql::{Account, Flavour, PasswordFormat, Restriction, RestrictionAnswer, SslType};

/// Turns one row into a record, and remembers which values it could not read.
pub(super) struct Reader<'a> {
    pub(super) plan: &'a Plan,
    pub(super) held: &'a Held,
    pub(super) row: Row<'a>,
    pub(super) unreadable: &'a mut BTreeSet<&'static str>,
}

impl Reader<'_> {
    /// The record of this account.
    pub(super) fn account(mut self, context: &Context<'_>, (user, host): (&str, &str), more: &More<'_>) -> Account {
        let name = account(user, host);
        Account {
            server: Fact::Known(context.server.clone()),
            db_cluster_arn: context.cluster_arn().map_or(Fact::Absent, Fact::Known),
            user: Fact::Known(user.to_owned()),
            host: Fact::Known(host.to_owned()),
            privileges: self.privileges(context),
            same_password_as: more
                .twins
                .map_or_else(Fact::default, |it| it.of(&name).map_or(Fact::Absent, Fact::Known)),
            unflushed: unflushed(context, more, user, host),
            auth_or: self.alternatives(),
            ..self.passwords().policy(&mut self)
        }
    }

    /// What proves who somebody is.
    fn passwords(&mut self) -> Passwords {
        Passwords(Account {
            plugin: self.fact("plugin", text),
            multi_factor_authentication: self.fact("multi_factor_authentication", list),
            authentication_string_empty: self.fact("authentication_string_empty", flag),
            password_is_user_name: self.fact("password_is_user_name", flag),
            password_format: self.fact("password_format", |text| Some(PasswordFormat::from(text.to_owned()))),
            additional_password: self.fact("additional_password", flag),
            ssl_type: self.fact("ssl_type", |text| Some(SslType::from(text.to_owned()))),
            ssl_cipher: self.fact("ssl_cipher", text),
            x509_issuer: self.fact("x509_issuer", text),
            x509_subject: self.fact("x509_subject", text),
            is_role: self.fact("is_role", flag),
            ..Account::default()
        })
    }

    fn fact<T>(&mut self, field: &'static str, read: impl Fn(&str) -> Option<T>) -> Fact<T> {
        match self.plan.access(field) {
            Access::Readable => match self.row.get(field).map(&read) {
                Some(Some(value)) => Fact::Known(value),
                None => Fact::Absent,
                Some(None) => self.broken(field),
            },
            Access::Missing => Fact::Absent,
            Access::Hidden => Fact::default(),
        }
    }

    fn broken<T>(&mut self, field: &'static str) -> Fact<T> {
        self.unreadable.insert(field);
        Fact::Unknown(Why::Unreadable { detail: field.into() })
    }

    /// All plugins that admit the account, where there is more than one; an alternative without a name is the plugin itself.
    fn alternatives(&mut self) -> Fact<Vec<String>> {
        let plugin = self.row.get("plugin").unwrap_or_default().to_owned();
        self.fact("auth_or", list).map(|others| {
            let all: BTreeSet<_> = others.into_iter().chain([plugin]).filter(|name| !name.is_empty()).collect();
            all.into_iter().collect()
        })
    }

    fn privileges(&mut self, context: &Context<'_>) -> Fact<Vec<String>> {
        if !self.plan.privileges {
            return Fact::default();
        }
        let held = if context.is_mariadb() {
            self.row.get("access").and_then(access::privileges)
        } else {
            self.held.by(&self.row)
        };
        held.map_or_else(|| self.broken("Privileges"), Fact::Known)
    }
}

/// Whether what is in force is not what the rows hold. Where nobody can write to the tables there is no such thing.
fn unflushed(context: &Context<'_>, more: &More<'_>, user: &str, host: &str) -> Fact<bool> {
    match more.force {
        Some(Ok(force)) => Fact::Known(force.differs(user, host)),
        None if context.flavour == Some(Flavour::Aurora) => Fact::Absent,
        Some(Err(_)) | None => Fact::default(),
    }
}

/// An account of which the first half is read.
struct Passwords(Account);

impl Passwords {
    /// What is asked of passwords, and how long they last.
    fn policy(self, reader: &mut Reader<'_>) -> Account {
        Account {
            max_user_connections: reader.fact("max_user_connections", number),
            account_locked: reader.fact("account_locked", flag),
            password_expired: reader.fact("password_expired", flag),
            password_last_changed: reader.fact("password_last_changed", seconds),
            password_lifetime: reader.fact("password_lifetime", number),
            password_reuse_history: reader.fact("Password_reuse_history", number),
            password_reuse_time: reader.fact("Password_reuse_time", number),
            password_require_current: reader.fact("Password_require_current", flag),
            failed_login_attempts: reader.fact("failed_login_attempts", number),
            password_lock_time_days: reader.fact("password_lock_time_days", number),
            restrictions: reader.fact("Restrictions", restrictions),
            ..self.0
        }
    }
}

/// The columns of an answer that hold a privilege each: where they stand and the words of `GRANT` for them, sorted by these.
pub(in crate::collect::mysql) struct Held(Vec<(usize, String)>);

impl Held {
    /// Of these columns.
    pub(in crate::collect::mysql) fn new(columns: &[String]) -> Self {
        let named = columns.iter().enumerate().filter_map(|(index, column)| Some((index, words::of_column(column)?)));
        let mut named: Vec<_> = named.collect();
        named.sort_unstable_by(|(_, one), (_, other)| one.cmp(other));
        Self(named)
    }

    /// The privileges whose columns say `Y`, sorted; none when a column says something else.
    pub(in crate::collect::mysql) fn by(&self, row: &Row<'_>) -> Option<Vec<String>> {
        let mut words = Vec::new();
        for (index, word) in &self.0 {
            if flag(row.at(*index)?)? {
                words.push(word.clone());
            }
        }
        Some(words)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "one of several readers, of which others fail")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn list(json: &str) -> Option<Vec<String>> {
    serde_json::from_str(json).ok()
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
