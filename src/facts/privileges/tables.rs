//! What the grant tables of one server hold, as plain data: the input of every analysis here.

use super::host::Order;
use super::name::AccountName;
use super::privilege::{Privileges, Words};
use super::scope::Scope;
use crate::model::{RecordRef, Version, Why};

/// Whose server it is, as far as the meaning of its tables goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Family {
    /// MySQL, Aurora MySQL among it.
    Mysql,
    /// MariaDB.
    Mariadb,
}

/// How a server reads its tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// Whose server it is.
    pub family: Family,
    /// Its version.
    pub version: Version,
    /// Whether it is Amazon's: its grant tables cannot be written from 8.0 on.
    pub aurora: bool,
}

impl Dialect {
    /// How it orders hosts.
    pub fn hosts(&self) -> Order {
        match self.family {
            Family::Mariadb => Order::Magic,
            Family::Mysql if !self.ranks_lone_wildcard_last() => Order::Prefix,
            Family::Mysql if self.is_before(&[8, 0, 23]) => Order::Wildcard,
            Family::Mysql => Order::Network,
        }
    }

    /// Whether `%` alone is the least specific of all patterns: MySQL from 5.7 on.
    pub fn ranks_lone_wildcard_last(&self) -> bool {
        !self.is_before(&[5, 7])
    }

    /// Whether the server is older than this version.
    pub fn is_before(&self, version: &[u64]) -> bool {
        let text: Vec<_> = version.iter().map(ToString::to_string).collect();
        text.join(".").parse::<Version>().is_ok_and(|version| self.version < version)
    }
}

/// A level of grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `mysql.user` and `mysql.global_grants`.
    Global,
    /// `mysql.db`.
    Schema,
    /// `mysql.tables_priv` and `mysql.columns_priv`.
    Table,
    /// `mysql.procs_priv`.
    Routine,
}

impl Level {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Global, Self::Schema, Self::Table, Self::Routine];
}

/// Something that was not read, and the levels at which an account may hold more because of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Unread {
    /// The levels.
    pub levels: &'static [Level],
    /// Why.
    pub why: Why,
}

/// An account: a row of `mysql.user`.
#[derive(Debug, Clone)]
pub struct AccountRow {
    /// Its name.
    pub name: AccountName,
    /// Static global privileges.
    pub privileges: Privileges,
    /// Global privileges that it does not have in a schema.
    pub restrictions: Vec<(String, Privileges)>,
    /// Whether it may log in: it is not locked. None when that is not known.
    pub logs_in: Option<bool>,
    /// Where it stands.
    pub at: RecordRef,
}

/// A grant below the global level: a row of `mysql.db`, `tables_priv`, `columns_priv` or `procs_priv`.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// Account that the row names.
    pub name: AccountName,
    /// What it is on.
    pub scope: Scope,
    /// What is granted.
    pub privileges: Privileges,
    /// Where it stands.
    pub at: RecordRef,
}

/// A dynamic privilege: a row of `mysql.global_grants`.
#[derive(Debug, Clone)]
pub struct DynamicRow {
    /// Account that the row names.
    pub name: AccountName,
    /// The privilege.
    pub privilege: Privileges,
    /// Whether the account may grant it on.
    pub with_grant_option: bool,
    /// Where it stands.
    pub at: RecordRef,
}

/// A role granted: a row of `mysql.role_edges`.
#[derive(Debug, Clone)]
pub struct EdgeRow {
    /// The role.
    pub role: AccountName,
    /// Who has it.
    pub grantee: AccountName,
    /// Whether the grantee may grant it on.
    pub admin: bool,
    /// Where it stands.
    pub at: RecordRef,
}

/// Leave to act as another account: a row of `mysql.proxies_priv`.
#[derive(Debug, Clone)]
pub struct ProxyRow {
    /// Who may.
    pub name: AccountName,
    /// As whom.
    pub proxied: AccountName,
    /// Where it stands.
    pub at: RecordRef,
}

/// What the tables of one server hold.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are the server's own switches")]
pub struct Tables {
    /// How the server reads them.
    pub dialect: Dialect,
    /// The privileges that they name.
    pub words: Words,
    /// Accounts.
    pub accounts: Vec<AccountRow>,
    /// Grants on schemas, tables, columns and routines.
    pub grants: Vec<GrantRow>,
    /// Dynamic privileges.
    pub dynamic: Vec<DynamicRow>,
    /// Roles granted.
    pub edges: Vec<EdgeRow>,
    /// Account and role that is active when it logs in.
    pub default_roles: Vec<(AccountName, AccountName)>,
    /// Roles that every account has.
    pub mandatory: Vec<(AccountName, RecordRef)>,
    /// Whether all granted roles are active at login.
    pub activate_all: bool,
    /// Whether mandatory roles are active at login.
    pub activate_mandatory: bool,
    /// Whether names of schemas are taken literally.
    pub partial_revokes: bool,
    /// Leave to act as others.
    pub proxies: Vec<ProxyRow>,
    /// Why there may be more of them.
    pub unread_proxies: Option<Why>,
    /// Whether the server lets accounts act as others whose plugin does not say so itself.
    pub checks_proxies: bool,
    /// What was not read, and what an account may hold because of it.
    pub unread: Vec<Unread>,
    /// What was not read, and matters to what a session may do at this moment only: default roles, switches, restrictions.
    pub unread_state: Vec<Why>,
    /// Why restrictions of global privileges may be missing.
    pub unread_restrictions: Option<Why>,
}

impl Tables {
    /// Empty tables of a server.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            words: Words::default(),
            accounts: Vec::new(),
            grants: Vec::new(),
            dynamic: Vec::new(),
            edges: Vec::new(),
            default_roles: Vec::new(),
            mandatory: Vec::new(),
            activate_all: false,
            activate_mandatory: false,
            partial_revokes: false,
            proxies: Vec::new(),
            unread_proxies: None,
            checks_proxies: false,
            unread: Vec::new(),
            unread_state: Vec::new(),
            unread_restrictions: None,
        }
    }
}
