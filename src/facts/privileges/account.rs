//! An account of a server, with what decides whether and how it can be used.

use std::sync::Arc;

use super::role::Roles;
use super::service::is_service_account;
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::mysql::{Account, GlobalVariables};
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

facts! {
    /// An account of a cluster's database.
    struct DatabaseAccount = "database_account" on Account {
        /// The cluster.
        cluster: Arc<Record<DbCluster>>;
        /// The account as MySQL writes it: `'user'@'host'`.
        account: Fact<String>;
        /// Whether Amazon RDS made the account and keeps it.
        service_account: Derived<bool>;
        /// Whether it can log in: it is not locked. Servers older than 5.7 cannot lock accounts.
        can_log_in: Derived<bool>;
        /// How many clients its host part admits.
        host_scope: Derived<HostScope>;
        /// Whether its plugin checks a password that MySQL stores.
        uses_password: Derived<bool>;
        /// Whether the server refuses every connection without TLS.
        server_requires_tls: Derived<bool>;
        /// Global privileges that it reaches through granted and mandatory roles, beside its own.
        role_privileges: Derived<Vec<String>>;
    }
}

impl DatabaseAccount {
    /// Joins an account with its server.
    pub fn new(
        record: &Arc<Record<Account>>,
        cluster: &Arc<Record<DbCluster>>,
        roles: &Result<Roles, Why>,
        variables: &Fact<Arc<Record<GlobalVariables>>>,
    ) -> Self {
        let data = &record.data;
        let place = |key: &str| vec![Place::data_of(record.at).member(key)];
        let names = both(&data.user, &data.host);
        Self {
            record: Arc::clone(record),
            cluster: Arc::clone(cluster),
            account: names.clone().map(|(user, host)| quoted(&user, &host)),
            service_account: Derived::new(service(&names, &data.privileges), place("User")),
            can_log_in: Derived::new(can_log_in(&data.account_locked), place("account_locked")),
            host_scope: Derived::new(data.host.as_ref().map(|host| HostScope::of(host)), place("Host")),
            uses_password: Derived::new(data.plugin.as_ref().map(|plugin| is_password_plugin(plugin)), place("plugin")),
            server_requires_tls: requires_tls(variables),
            role_privileges: role_privileges(&names, roles),
        }
    }
}

fn both(user: &Fact<String>, host: &Fact<String>) -> Fact<(String, String)> {
    user.clone().and_then(|user| host.clone().map(|host| (user, host)))
}

/// `'user'@'host'`, with quotes and backslashes escaped as `QUOTE()` does.
pub fn quoted(user: &str, host: &str) -> String {
    let quote = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    format!("'{}'@'{}'", quote(user), quote(host))
}

fn service(names: &Fact<(String, String)>, privileges: &Fact<Vec<String>>) -> Fact<bool> {
    let bare = privileges.known().is_some_and(Vec::is_empty);
    names.as_ref().map(|(user, host)| is_service_account(user, host, bare))
}

fn can_log_in(locked: &Fact<bool>) -> Fact<bool> {
    match locked {
        Fact::Known(locked) => Fact::Known(!locked),
        Fact::Absent => Fact::Known(true),
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
    }
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

fn requires_tls(variables: &Fact<Arc<Record<GlobalVariables>>>) -> Derived<bool> {
    match variables {
        Fact::Known(variables) => {
            let place = Place::data_of(variables.at).member("require_secure_transport");
            // A server without the variable (before 5.7.8) cannot demand TLS of all.
            let value = match &variables.data.require_secure_transport {
                Fact::Known(value) => Fact::Known(is_on(value)),
                Fact::Absent => Fact::Known(false),
                Fact::Unknown(why) => Fact::Unknown(why.clone()),
            };
            Derived::new(value, vec![place])
        }
        Fact::Absent => Derived::unknown(Why::NotCollected),
        Fact::Unknown(why) => Derived::unknown(why.clone()),
    }
}

/// How servers and parameter groups spell a switch that is on.
pub fn is_on(value: &str) -> bool {
    value.eq_ignore_ascii_case("ON") || value == "1"
}

fn role_privileges(names: &Fact<(String, String)>, roles: &Result<Roles, Why>) -> Derived<Vec<String>> {
    match (names, roles) {
        (Fact::Known((user, host)), Ok(roles)) => roles.global_privileges(user, host),
        (_, Err(why)) | (Fact::Unknown(why), _) => Derived::unknown(why.clone()),
        (Fact::Absent, _) => Derived::unknown(Why::NotCollected),
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

    #[test]
    fn quotes_names_as_the_server_does() {
        for (user, host, expected) in
            [("app", "%", "'app'@'%'"), ("", "%", "''@'%'"), ("o'neil\\x", "10.%", r"'o\'neil\\x'@'10.%'")]
        {
            assert_eq!(quoted(user, host), expected);
        }
    }
}
