//! An account of a server, with what decides whether and how it can be used.

use std::sync::{Arc, OnceLock};

use super::effective::Effective;
use super::escalation::SUPERUSER_ROLE;
use super::grants::HolderId;
use super::held;
use super::name::{AccountName, quoted};
use super::server::Server;
use super::service::is_service_account;
use super::tables::{Dialect, Family};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::mysql::Account;
use crate::snapshot::schema::rds::DbCluster;

vocabulary! {
    /// How many clients the host part of an account admits.
    enum HostScope = "host_scope" {
        /// All of them: `%` or nothing.
        Any = "any",
        /// A pattern with `%` or `_`.
        Pattern = "pattern",
        /// A range: CIDR or netmask.
        Network = "network",
        /// One address.
        Address = "address",
        /// A host name, which Aurora never looks up.
        Name = "name",
        /// The server itself, where no customer can be.
        Local = "local",
    }
}

/// The server of an account, and what of the account is worked out once.
#[derive(Debug)]
pub struct Within {
    /// The server.
    pub server: Arc<Server>,
    held: OnceLock<Result<(HolderId, Effective), Why>>,
}

/// A list of which the last element is unknown where there may be more: what is there is certain, what is not is not.
pub type Partial = Derived<Vec<Fact<String>>>;

facts! {
    /// An account of a database.
    struct DatabaseAccount = "database_account" on Account, with within: Within {
        /// The cluster; absent of a server that was named by its address.
        cluster: Fact<Arc<Record<DbCluster>>> => cluster, optional;
        /// Name of the cluster, or address of a server that belongs to none.
        database: String => database;
        /// The account as MySQL writes it: `'user'@'host'`.
        account: Fact<String> => account;
        /// Whether it is the cluster's master user.
        is_master: Derived<bool> => is_master;
        /// Whether it is the account that read the database for this audit.
        is_auditor: Derived<bool> => is_auditor;
        /// Whether Amazon RDS made the account and keeps it.
        service_account: Derived<bool> => service_account;
        /// Whether it can log in: it is not locked, and no role of MariaDB. Servers older than 5.7 cannot lock accounts.
        can_log_in: Derived<bool> => can_log_in;
        /// How many clients its host part admits.
        host_scope: Derived<HostScope> => host_scope;
        /// Whether its plugin checks a password that MySQL stores.
        uses_password: Derived<bool> => uses_password;
        /// Whether the server refuses every connection without TLS.
        server_requires_tls: Derived<bool> => server_requires_tls;
        /// Whether the server changes accounts by `ALTER USER … REQUIRE` (MySQL 5.7.6, MariaDB 10.2); older ones by `GRANT USAGE`.
        alters_accounts: Derived<bool> => alters_accounts;
        /// Whether its server is a MySQL before 8.0, whose grant tables can be written by hand and are compared with what is in force.
        grants_compared: Derived<bool> => grants_compared;
        /// Days until its password expires: its own setting, else the server's; `0` means never.
        password_days: Derived<i64> => password_days;
        /// Privileges that it reaches on everything: static and dynamic ones, of its own and through every role.
        global_privileges: Partial => held::global_privileges;
        /// Roles that it can activate, as `'user'@'host'`.
        roles: Partial => held::roles;
        /// Roles that it may give to others.
        delegable_roles: Partial => held::delegable_roles;
        /// What it holds the grant option on, as in `shop.*`.
        grantable: Partial => held::grantable;
        /// What it holds on `mysql`, `sys` (beyond reading and running) and `performance_schema`, as in `SELECT on mysql.user`.
        system_schema_privileges: Partial => held::system_schema_privileges;
        /// Roles and privileges by which it makes the server call AWS services, as in `AWS_LAMBDA_ACCESS` or `LOAD FROM S3`.
        aws_services: Partial => held::aws_services;
        /// By what it can end other sessions, as in `EXECUTE on mysql.*` or `CONNECTION_ADMIN on *.*`.
        kill_privileges: Partial => held::kill_privileges;
        /// Ways in which it becomes an administrator, as in `'app'@'%' > CREATE USER on *.* > 'admin'@'%'`.
        escalations: Partial => held::escalations;
        /// Other accounts whose privileges on schemas and tables its sessions have, because the names or hosts overlap.
        lenders: Partial => held::lenders;
        /// Of the master user: privileges on everything that AWS does not document for the version.
        undocumented_privileges: Partial => held::undocumented_privileges;
        /// The edition of the list of privileges that AWS documents, and whether it was stale when the account was read; absent of
        /// accounts that are not the master user.
        master_privileges_table: Fact<String> => held::master_privileges_table, optional;
    }
}

impl DatabaseAccount {
    /// All accounts of a server that could be read.
    pub fn all(server: &Arc<Server>) -> Vec<Arc<Self>> {
        let within = || Within { server: Arc::clone(server), held: OnceLock::new() };
        server.accounts.records.iter().map(|record| Arc::new(Self::new(Arc::clone(record), within()))).collect()
    }

    /// The server.
    pub fn server(&self) -> &Server {
        &self.within.server
    }

    /// Name of the account.
    pub fn name(&self) -> Fact<AccountName> {
        let data = &self.record.data;
        both(&data.user, &data.host).map(|(user, host)| AccountName::new(&user, &host))
    }

    /// What it holds at most, and its number in the tables.
    ///
    /// # Errors
    /// When its name is not known.
    pub fn held(&self) -> Result<&(HolderId, Effective), &Why> {
        let held = || match self.name() {
            Fact::Known(name) => {
                let grants = self.server().grants();
                let id = grants.id(&name).ok_or(Why::NotCollected)?;
                Ok((id, grants.reachable(id)))
            }
            Fact::Absent => Err(Why::NotCollected),
            Fact::Unknown(why) => Err(why),
        };
        self.within.held.get_or_init(held).as_ref()
    }

    /// Whether it is an administrator by a power that it holds, by a role of the master user's privileges, or because it can become
    /// one. What is there is certain; what may be missing leaves it unknown.
    pub fn is_administrator(&self) -> Fact<bool> {
        let powers =
            |word: &str| word == "SUPER" || word == "GRANT OPTION" || word == "CREATE USER" || word.ends_with("_ADMIN");
        let superuser = |role: &str| role.starts_with(&format!("'{SUPERUSER_ROLE}'"));
        let found = [
            some(self.global_privileges(), powers),
            some(self.roles(), superuser),
            some(self.escalations(), |_| true),
            self.is_master().value.clone(),
        ];
        if found.contains(&Fact::Known(true)) {
            return Fact::Known(true);
        }
        found.into_iter().find(Fact::is_unknown).unwrap_or(Fact::Known(false))
    }

    fn place(&self, key: &str) -> Vec<Place> {
        vec![Place::data_of(self.record.at).member(key)]
    }
}

/// Whether one of the texts is of the kind.
fn some(texts: &Partial, counts: impl Fn(&str) -> bool) -> Fact<bool> {
    texts.value.as_ref().and_then(|texts| {
        let known = texts.iter().filter_map(Fact::known).any(|text| counts(text));
        let unread = texts.iter().find_map(|text| if let Fact::Unknown(why) = text { Some(why) } else { None });
        match unread {
            Some(why) if !known => Fact::Unknown(why.clone()),
            _ => Fact::Known(known),
        }
    })
}

fn both(user: &Fact<String>, host: &Fact<String>) -> Fact<(String, String)> {
    user.clone().and_then(|user| host.clone().map(|host| (user, host)))
}

fn cluster(account: &DatabaseAccount) -> Fact<Arc<Record<DbCluster>>> {
    account.server().cluster.clone().map_or(Fact::Absent, Fact::Known)
}

fn database(account: &DatabaseAccount) -> String {
    account.server().name.clone()
}

fn account(account: &DatabaseAccount) -> Fact<String> {
    let data = &account.record.data;
    both(&data.user, &data.host).map(|(user, host)| quoted(&user, &host))
}

fn is_master(account: &DatabaseAccount) -> Derived<bool> {
    let Some(cluster) = &account.server().cluster else { return Derived::new(Fact::Known(false), Vec::new()) };
    let place = Place::data_of(cluster.at).member("MasterUsername");
    let value = match &cluster.data.master_username {
        Fact::Known(master) => account.record.data.user.as_ref().map(|user| user == master),
        Fact::Absent => Fact::Unknown(Why::NotCollected),
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
    };
    Derived::new(value, [vec![place], account.place("User")].concat())
}

fn is_auditor(account: &DatabaseAccount) -> Derived<bool> {
    let sessions = &account.server().sessions;
    let readers: Vec<_> = sessions.records.iter().map(|session| (session, &session.data.current_user)).collect();
    let from: Vec<_> = readers.iter().map(|(session, _)| Place::data_of(session.at).member("CurrentUser")).collect();
    let unknown = readers.iter().find_map(|(_, user)| match user {
        Fact::Unknown(why) => Some(why.clone()),
        Fact::Known(_) | Fact::Absent => None,
    });
    let value = account.name().and_then(|name| {
        let is = readers
            .iter()
            .any(|(_, user)| user.known().and_then(|user| AccountName::of_definer(user)) == Some(name.clone()));
        match (is, unknown.or_else(|| sessions.incomplete.clone())) {
            (false, Some(why)) => Fact::Unknown(why),
            (is, _) => Fact::Known(is),
        }
    });
    Derived::new(value, from)
}

fn service_account(account: &DatabaseAccount) -> Derived<bool> {
    let data = &account.record.data;
    let bare = data.privileges.known().is_some_and(Vec::is_empty);
    let names = both(&data.user, &data.host);
    // Outside of Amazon RDS there are the three of MySQL only.
    let of_rds = account.server().cluster.is_some();
    let value =
        names.map(|(user, host)| is_service_account(&user, &host, bare) && (of_rds || user.starts_with("mysql.")));
    Derived::new(value, account.place("User"))
}

fn can_log_in(account: &DatabaseAccount) -> Derived<bool> {
    let data = &account.record.data;
    let value = match (&data.account_locked, &data.is_role) {
        (_, Fact::Known(true)) | (Fact::Known(true), _) => Fact::Known(false),
        (Fact::Unknown(why), _) => Fact::Unknown(why.clone()),
        (Fact::Known(false) | Fact::Absent, _) => Fact::Known(true),
    };
    Derived::new(value, account.place("account_locked"))
}

fn host_scope(account: &DatabaseAccount) -> Derived<HostScope> {
    Derived::new(account.record.data.host.as_ref().map(|host| HostScope::of(host)), account.place("Host"))
}

fn uses_password(account: &DatabaseAccount) -> Derived<bool> {
    let data = &account.record.data;
    let any = |plugins: &Vec<String>| plugins.iter().any(|plugin| is_password_plugin(plugin));
    let value = match &data.auth_or {
        Fact::Known(plugins) => Fact::Known(any(plugins)),
        Fact::Absent | Fact::Unknown(_) => data.plugin.as_ref().map(|plugin| is_password_plugin(plugin)),
    };
    Derived::new(value, account.place("plugin"))
}

/// MySQL Reference Manual, "Authentication Plugins": those that check against `authentication_string` as a password. A
/// plugin that is not known to do without one counts as one that needs it.
fn is_password_plugin(plugin: &str) -> bool {
    !matches!(
        plugin,
        "AWSAuthenticationPlugin"
            | "auth_socket"
            | "unix_socket"
            | "mysql_no_login"
            | "authentication_ldap_simple"
            | "authentication_ldap_sasl"
            | "authentication_kerberos"
            | "authentication_windows"
            | "authentication_pam"
            | "auth_pam"
            | "auth_pam_compat"
            | "authentication_openid_connect"
    )
}

fn server_requires_tls(account: &DatabaseAccount) -> Derived<bool> {
    account.server().requires_tls()
}

/// How servers and parameter groups spell a switch that is on.
pub fn is_on(value: &str) -> bool {
    value.eq_ignore_ascii_case("ON") || value == "1"
}

fn alters_accounts(account: &DatabaseAccount) -> Derived<bool> {
    of_dialect(account.server(), |dialect| {
        let first: &[u64] = if dialect.family == Family::Mariadb { &[10, 2] } else { &[5, 7, 6] };
        !dialect.is_before(first)
    })
}

fn grants_compared(account: &DatabaseAccount) -> Derived<bool> {
    of_dialect(account.server(), |dialect| dialect.family == Family::Mysql && dialect.is_before(&[8]))
}

/// What follows from whose server it is and its version, once a session told them.
fn of_dialect(server: &Server, tell: impl Fn(&Dialect) -> bool) -> Derived<bool> {
    let sessions = &server.sessions;
    let from = sessions.records.iter().map(|session| Place::data_of(session.at).member("Version")).collect();
    let known = sessions.records.iter().any(|session| session.data.version.known().is_some());
    let why = || sessions.incomplete.clone().unwrap_or(Why::NotCollected);
    Derived::new(if known { Fact::Known(tell(&server.grants().tables.dialect)) } else { Fact::Unknown(why()) }, from)
}

fn password_days(account: &DatabaseAccount) -> Derived<i64> {
    let own = account.place("password_lifetime");
    match &account.record.data.password_lifetime {
        Fact::Known(days) => Derived::new(Fact::Known(*days), own),
        Fact::Unknown(why) => Derived::new(Fact::Unknown(why.clone()), own),
        Fact::Absent => {
            let variables = &account.server().variables;
            let mut longest = variables.incomplete.clone().map_or(Fact::Known(1), Fact::Unknown);
            let mut from = own;
            for record in &variables.records {
                from.push(Place::data_of(record.at).member("default_password_lifetime"));
                let days = match &record.data.default_password_lifetime {
                    Fact::Known(text) => text.parse::<i64>().map_or_else(
                        |_| Fact::Unknown(Why::Unreadable { detail: format!("`{text}` is no number of days").into() }),
                        Fact::Known,
                    ),
                    // A server without the variable (before 5.7.4) expires nothing by itself.
                    Fact::Absent => Fact::Known(0),
                    Fact::Unknown(why) => Fact::Unknown(why.clone()),
                };
                longest = match (longest, days) {
                    (Fact::Known(0), _) | (_, Fact::Known(0)) => Fact::Known(0),
                    (Fact::Known(one), Fact::Known(other)) => Fact::Known(one.max(other)),
                    (Fact::Unknown(why), _) | (_, Fact::Unknown(why)) => Fact::Unknown(why),
                    (other, Fact::Absent) | (Fact::Absent, other) => other,
                };
            }
            Derived::new(longest, from)
        }
    }
}

impl HostScope {
    /// MySQL Reference Manual, "Specifying Account Names".
    pub fn of(host: &str) -> Self {
        if host.is_empty() || is_everywhere(host) {
            Self::Any
        } else if host.contains(['%', '_']) {
            Self::Pattern
        } else if host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1" || host == "::1" {
            Self::Local
        } else if host.contains('/') {
            Self::Network
        } else if host.parse::<std::net::IpAddr>().is_ok() {
            Self::Address
        } else {
            Self::Name
        }
    }
}

/// Patterns and ranges that every IPv4 client matches: `%`, `%.%.%.%`, `0.0.0.0/0`, … The shortest address has seven characters.
fn is_everywhere(host: &str) -> bool {
    if let Some((address, mask)) = host.split_once('/') {
        return matches!(mask, "0" | "0.0.0.0") && address.parse::<std::net::IpAddr>().is_ok();
    }
    let is_wild = |label: &str, characters: usize| {
        label.contains('%')
            && label.bytes().all(|byte| matches!(byte, b'%' | b'_'))
            && label.bytes().filter(|byte| *byte == b'_').count() <= characters
    };
    is_wild(host, 7) || (host.split('.').count() <= 4 && host.split('.').all(|label| is_wild(label, 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_host_parts() {
        for (host, scope) in [
            ("%", HostScope::Any),
            ("", HostScope::Any),
            ("%%", HostScope::Any),
            ("_%", HostScope::Any),
            ("%.%", HostScope::Any),
            ("%.%.%.%", HostScope::Any),
            ("0.0.0.0/0", HostScope::Any),
            ("0.0.0.0/0.0.0.0", HostScope::Any),
            ("::/0", HostScope::Any),
            ("%.%.%.%.%", HostScope::Pattern),
            ("%.7", HostScope::Pattern),
            ("________%", HostScope::Pattern),
            ("10.20.%", HostScope::Pattern),
            ("10.0.0._", HostScope::Pattern),
            ("10.0.0.0/255.0.0.0", HostScope::Network),
            ("10.0.0.0/8", HostScope::Network),
            ("10.0.0.7", HostScope::Address),
            ("2001:db8::1", HostScope::Address),
            ("LocalHost", HostScope::Local),
            ("::1", HostScope::Local),
            ("app-1", HostScope::Name),
        ] {
            assert_eq!(HostScope::of(host), scope, "{host}");
        }
    }
}
