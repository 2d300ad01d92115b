//! What one session may do at this moment, by the server's own rules: which rows it looks up, in which order, and where it stops.
//! MySQL Reference Manual, "Access Control, Stage 2" and "Using Roles"; MariaDB Knowledge Base, "GRANT" and "Roles Overview".
//! The rules that the manuals leave out were tried on MySQL 5.6 and 9.7 and on MariaDB 10.11, and are tried again by the tests.

use std::collections::BTreeMap;

use super::grants::{GLOBAL, Grants, HolderId};
use super::host::{Client, HostRank};
use super::name::AccountName;
use super::pattern::{Kind, has_wildcard, like, mariadb_rank, mysql_rank};
use super::privilege::Privileges;
use super::scope::Scope;
use super::tables::Family;

/// Which roles a session has activated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Active {
    /// None: `SET ROLE NONE`.
    None,
    /// Those of the login.
    Default,
    /// All that it can: `SET ROLE ALL`.
    All,
    /// These.
    Roles(Vec<AccountName>),
}

/// Two rows fit equally well, and the server does not say which one it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("two rows fit equally well, and which one the server takes is not defined")]
pub struct Undecided;

/// A session of an account.
#[derive(Debug)]
pub struct Session<'g> {
    grants: &'g Grants,
    account: HolderId,
    client: Client,
    /// Active roles with all below them; empty for none.
    roles: Vec<HolderId>,
    /// Accounts any of which the server may take the global privileges from.
    as_accounts: Vec<HolderId>,
    /// Whether rows are looked up as with an active role. The anonymous user can activate mandatory roles, which then give it nothing.
    by_account: bool,
}

/// What a session may do on a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OnTable {
    /// On the whole table.
    pub table: Privileges,
    /// On single columns, beyond that.
    pub columns: BTreeMap<String, Privileges>,
}

/// A row that fits: its place in the server's order, the pattern, and what it grants.
type Fit = ((HostRank, u64, bool), Privileges);

/// What the best of the rows grants; nothing when none fits.
fn first(mut fits: Vec<Fit>) -> Result<Privileges, Undecided> {
    fits.sort_by_key(|fit| std::cmp::Reverse(fit.0));
    match &*fits {
        [] => Ok(Privileges::NONE),
        [(one, set), (other, second), ..] if one == other && set != second => Err(Undecided),
        [(_, set), ..] => Ok(*set),
    }
}

impl Grants {
    /// The account that a client is given who logs in under `user`: that of the first host that admits it, named before anonymous.
    ///
    /// # Errors
    /// When two hosts fit equally well.
    pub fn login(&self, user: &str, client: &Client) -> Result<Option<HolderId>, Undecided> {
        let order = self.tables.dialect.hosts();
        let names = self.namesakes(user).iter().chain(self.namesakes("").iter().filter(|_| !user.is_empty()));
        let mut fits: Vec<_> = names
            .filter(|id| self.account(**id).is_some() && !self.is_role_of_mariadb(**id))
            .filter(|id| order.admits(&self.name(**id).host, client))
            .map(|id| ((order.rank(&self.name(*id).host), !self.name(*id).user.is_empty()), *id))
            .collect();
        fits.sort_by(|one, other| other.cmp(one));
        match &*fits {
            [(one, _), (other, _), ..] if one == other => Err(Undecided),
            _ => Ok(fits.first().map(|(_, id)| *id)),
        }
    }

    /// Roles of MariaDB have no host, so that nobody logs in as one.
    pub(super) fn is_role_of_mariadb(&self, id: HolderId) -> bool {
        self.is_mariadb() && self.name(id).host.is_empty()
    }

    /// A session of an account.
    pub fn session(&self, account: HolderId, client: Client, active: &Active) -> Session<'_> {
        let roles = match active {
            Active::None => Vec::new(),
            Active::Default => self.default_roles(account),
            Active::All => self.reachable_roles(account),
            Active::Roles(names) => self.closure(names.iter().filter_map(|name| self.id(name))),
        };
        let idle = self.name(account).user.is_empty()
            && match active {
                Active::All => true,
                Active::Default => self.tables.activate_all || self.tables.activate_mandatory,
                Active::None | Active::Roles(_) => false,
            };
        let by_account = !roles.is_empty() || (idle && !self.tables.mandatory.is_empty());
        let as_accounts = self.as_accounts(account, &client, active);
        Session { grants: self, account, client, roles, as_accounts, by_account }
    }

    /// When a role is activated MariaDB takes the global privileges of the first grantee of the role that has the session's user name
    /// and admits its client, which need not be the account that was logged in to.
    fn as_accounts(&self, account: HolderId, client: &Client, active: &Active) -> Vec<HolderId> {
        let roots: Vec<_> = match active {
            Active::Roles(names) if self.is_mariadb() => names.iter().filter_map(|name| self.id(name)).collect(),
            Active::Default if self.is_mariadb() => self.own_default_roles(account).to_vec(),
            _ => Vec::new(),
        };
        let order = self.tables.dialect.hosts();
        let namesakes = self.namesakes(&self.name(account).user).iter().copied();
        let grantees = namesakes.filter(|id| {
            let roles = &self.holder(*id).roles;
            roles.iter().any(|(role, _)| roots.contains(role)) && order.admits(&self.name(*id).host, client)
        });
        let found: Vec<_> = grantees.filter(|id| !self.is_role_of_mariadb(*id)).collect();
        if found.is_empty() { vec![account] } else { found }
    }
}

impl Session<'_> {
    /// Who the session is, its active roles, and the role that everybody is.
    fn holders(&self) -> impl Iterator<Item = HolderId> {
        let public = self.grants.public().map(|public| self.grants.closure([public]));
        [self.account].into_iter().chain(self.roles.iter().copied()).chain(public.into_iter().flatten())
    }

    fn exact(&self, holder: HolderId, scope: &Scope) -> Privileges {
        let rows = self.grants.holder(holder).own.iter();
        rows.filter(|(id, _)| self.grants.scope(*id) == scope).fold(Privileges::NONE, |set, (_, it)| set.or(*it))
    }

    fn global_of(&self, holder: HolderId) -> Privileges {
        let own = self.grants.holder(holder).own.first();
        own.filter(|(scope, _)| *scope == GLOBAL).map_or(Privileges::NONE, |(_, set)| *set)
    }

    /// Global privileges, restricted ones among them.
    ///
    /// # Errors
    /// When the server may take them from accounts that differ.
    pub fn global(&self) -> Result<Privileges, Undecided> {
        let of_roles = self.holders().skip(1).fold(Privileges::NONE, |set, holder| set.or(self.global_of(holder)));
        let mut accounts = self.as_accounts.iter().map(|account| self.global_of(*account));
        let own = accounts.next().unwrap_or_default();
        if accounts.all(|other| other == own) { Ok(own.or(of_roles)) } else { Err(Undecided) }
    }

    /// Global privileges that do not hold in the schema: those that every source of them leaves out there. What is granted on the
    /// schema by its plain name lifts the restriction while roles are active.
    fn restricted(&self, db: &str) -> Privileges {
        let mut held = Privileges::NONE;
        let mut free = Privileges::NONE;
        for holder in self.holders() {
            let global = self.global_of(holder);
            let rows = self.grants.account(holder).map_or(&[][..], |account| account.restrictions.as_slice());
            let out = rows.iter().filter(|(name, _)| name == db).fold(Privileges::NONE, |set, (_, it)| set.or(*it));
            held = held.or(global);
            free = free.or(global.without(out));
        }
        let lifted = if !self.by_account || has_wildcard(db) { Privileges::NONE } else { self.named(db) };
        held.without(free).without(lifted)
    }

    /// What is granted on the schema by its exact name to the account or an active role.
    fn named(&self, db: &str) -> Privileges {
        let scope = Scope::Schema(db.to_owned());
        self.holders().fold(Privileges::NONE, |set, holder| set.or(self.exact(holder, &scope)))
    }

    /// What the rows of `mysql.db` grant on the schema.
    fn rows_of_schema(&self, db: &str) -> Result<Privileges, Undecided> {
        match self.grants.tables.dialect.family {
            Family::Mysql if !self.by_account => self.first_row(db),
            Family::Mysql => Ok(self.merged_rows(db)),
            Family::Mariadb => {
                let mut set = self.first_row(db)?;
                if !self.roles.is_empty() {
                    set = set.or(self.first_of_roles(&self.roles, db)?);
                }
                if let Some(public) = self.grants.public() {
                    set = set.or(self.first_of_roles(&self.grants.closure([public]), db)?);
                }
                Ok(set)
            }
        }
    }

    /// Without an active role rows are found by user name and client, not by account: those of its namesakes and of the anonymous
    /// user count as well, and the first that fits decides alone.
    fn first_row(&self, db: &str) -> Result<Privileges, Undecided> {
        let order = self.grants.tables.dialect.hosts();
        let user = &self.grants.name(self.account).user;
        let names = self.grants.namesakes(user).iter();
        let anonymous = self.grants.namesakes("").iter().filter(|_| !user.is_empty());
        let mut fits = Vec::new();
        for id in names.chain(anonymous) {
            let name = self.grants.name(*id);
            if self.grants.is_role_of_mariadb(*id) || !order.admits(&name.host, &self.client) {
                continue;
            }
            for (pattern, set) in self.schema_rows(*id).filter(|(pattern, _)| self.fits(db, pattern)) {
                fits.push(((order.rank(&name.host), self.rank(pattern), !name.user.is_empty()), set));
            }
        }
        first(fits)
    }

    fn schema_rows(&self, holder: HolderId) -> impl Iterator<Item = (&str, Privileges)> {
        self.grants.holder(holder).own.iter().filter_map(|(scope, set)| match self.grants.scope(*scope) {
            Scope::Schema(pattern) => Some((pattern.as_str(), *set)),
            _ => None,
        })
    }

    fn fits(&self, db: &str, pattern: &str) -> bool {
        if self.grants.tables.partial_revokes { pattern == db } else { like(db.as_bytes(), pattern.as_bytes()) }
    }

    fn rank(&self, pattern: &str) -> u64 {
        match self.grants.tables.dialect.family {
            Family::Mysql => u64::from(mysql_rank(pattern, self.grants.tables.dialect.ranks_lone_wildcard_last())),
            Family::Mariadb => u64::MAX.saturating_sub(mariadb_rank(pattern, Kind::Schema)),
        }
    }

    /// With an active role the rows of the account and of its roles are put together by pattern. A name without wildcards decides
    /// alone; else the first pattern by its bytes, less what is restricted.
    fn merged_rows(&self, db: &str) -> Privileges {
        if !has_wildcard(db) || self.grants.tables.partial_revokes {
            let named = self.named(db);
            if !has_wildcard(db) && !named.is_empty() {
                return named;
            }
        }
        let literal = self.grants.tables.partial_revokes;
        let mut patterns: BTreeMap<&str, Privileges> = BTreeMap::new();
        for holder in self.holders() {
            for (pattern, set) in
                self.schema_rows(holder).filter(|(pattern, set)| has_wildcard(pattern) && !set.is_empty())
            {
                let entry = patterns.entry(pattern).or_default();
                *entry = entry.or(set);
            }
        }
        let fits = |pattern: &str| {
            if literal { pattern.eq_ignore_ascii_case(db) } else { like(db.as_bytes(), pattern.as_bytes()) }
        };
        let found = patterns.into_iter().find(|(pattern, _)| fits(pattern));
        found.map_or(Privileges::NONE, |(_, set)| set.without(self.restricted(db)))
    }

    /// MariaDB puts the rows of a role and of those below it together by pattern; the first that fits decides. A role has no client,
    /// so that rows of the anonymous user with the host `%` fit, too, after all others.
    fn first_of_roles(&self, roles: &[HolderId], db: &str) -> Result<Privileges, Undecided> {
        let order = self.grants.tables.dialect.hosts();
        let mut patterns: BTreeMap<&str, Privileges> = BTreeMap::new();
        for role in roles {
            for (pattern, set) in self.schema_rows(*role).filter(|(pattern, _)| self.fits(db, pattern)) {
                let entry = patterns.entry(pattern).or_default();
                *entry = entry.or(set);
            }
        }
        let of_roles = patterns.into_iter().map(|(pattern, set)| ((order.rank(""), self.rank(pattern), true), set));
        let mut fits: Vec<Fit> = of_roles.collect();
        for id in self.grants.namesakes("") {
            let host = &self.grants.name(*id).host;
            if !host.is_empty() && like(b"", host.as_bytes()) {
                let rows = self.schema_rows(*id).filter(|(pattern, _)| self.fits(db, pattern));
                fits.extend(rows.map(|(pattern, set)| ((order.rank(host), self.rank(pattern), false), set)));
            }
        }
        first(fits)
    }

    /// What holds on a schema.
    ///
    /// # Errors
    /// When the server's order of rows is not defined.
    pub fn on_schema(&self, db: &str) -> Result<Privileges, Undecided> {
        let global = self.global()?.without(self.restricted(db));
        Ok(global.or(self.rows_of_schema(db)?).and(self.grants.sets.of_schemas))
    }

    /// The holders whose rows on this object count: with active roles of MySQL, the account and the roles; otherwise that one among
    /// the account's namesakes whose host fits best, and the roles. A host fits that admits the client, and for some objects one that
    /// `also` fits.
    fn with_rows_on(
        &self,
        of: impl Fn(&Scope) -> bool,
        also: impl Fn(&str) -> bool,
    ) -> Result<Vec<HolderId>, Undecided> {
        let mariadb = self.grants.is_mariadb();
        if !mariadb && self.by_account {
            return Ok(self.holders().collect());
        }
        let order = self.grants.tables.dialect.hosts();
        let has_row = |id: HolderId| self.grants.holder(id).own.iter().any(|(scope, _)| of(self.grants.scope(*scope)));
        let names = self.grants.namesakes(&self.grants.name(self.account).user).iter().copied();
        let fits = |host: &str| order.admits(host, &self.client) || also(host);
        let mut fits: Vec<_> = names
            .filter(|id| fits(&self.grants.name(*id).host) && has_row(*id))
            .filter(|id| !self.grants.is_role_of_mariadb(*id))
            .map(|id| (order.rank(&self.grants.name(id).host).without_network(), id))
            .collect();
        fits.sort_by(|one, other| other.cmp(one));
        if let [(one, _), (other, _), ..] = &*fits
            && one == other
        {
            return Err(Undecided);
        }
        let best = fits.first().map(|(_, id)| *id);
        Ok(best.into_iter().chain(self.holders().skip(1)).collect())
    }

    /// What holds on a table or view, column by column.
    ///
    /// # Errors
    /// When the server's order of rows is not defined.
    pub fn on_table(&self, db: &str, table: &str) -> Result<OnTable, Undecided> {
        let above = self.on_schema(db)?;
        let here =
            |scope: &Scope| matches!(scope, Scope::Table(d, t) | Scope::Column(d, t, _) if d == db && t == table);
        let mut result = OnTable { table: above, columns: BTreeMap::new() };
        for holder in self.with_rows_on(here, |_| false)? {
            for (scope, set) in &self.grants.holder(holder).own {
                match self.grants.scope(*scope) {
                    Scope::Table(d, t) if d == db && t == table => result.table = result.table.or(*set),
                    Scope::Column(d, t, column) if d == db && t == table => {
                        // Names of columns compare without regard to case.
                        let entry = result.columns.entry(column.to_lowercase()).or_default();
                        *entry = entry.or(*set);
                    }
                    _ => {}
                }
            }
        }
        result.table = result.table.and(self.grants.sets.of_tables);
        result.columns = std::mem::take(&mut result.columns)
            .into_iter()
            .map(|(column, set)| (column, set.and(self.grants.sets.of_columns).without(result.table)))
            .filter(|(_, set)| !set.is_empty())
            .collect();
        Ok(result)
    }

    /// What holds on a routine; `kind` is `PROCEDURE` or `FUNCTION`.
    ///
    /// # Errors
    /// When the server's order of rows is not defined.
    pub fn on_routine(&self, kind: &str, db: &str, name: &str) -> Result<Privileges, Undecided> {
        let scope = Scope::routine(kind, db, name);
        let mut set = self.on_schema(db)?;
        // Rows on routines are looked up by the host of the account besides, as if it were the client's: `127.0.0.%` fits
        // `127.0.0.0/8` as a text.
        let own = &self.grants.name(self.account).host;
        let also = |host: &str| like(own.as_bytes(), host.as_bytes());
        for holder in self.with_rows_on(|it| *it == scope, also)? {
            set = set.or(self.exact(holder, &scope));
        }
        Ok(set.and(self.grants.sets.of_routines))
    }
}
