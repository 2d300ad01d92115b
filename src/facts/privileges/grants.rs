//! The grant tables of a server, indexed: who holds what by name, which roles lead where, and whose rows reach whom. A role is an
//! account like any other here, and a name in a grant table need not be an account at all.

use std::collections::{BTreeMap, BTreeSet};

use super::name::AccountName;
use super::privilege::{OF_COLUMNS, OF_ROUTINES, OF_SCHEMAS, OF_TABLES, Privileges};
use super::scope::Scope;
use super::tables::{AccountRow, Family, Level, Tables, Unread};
use crate::model::RecordRef;

/// The name of an account, a role, or of neither, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderId(usize);

/// A scope, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(usize);

/// What is granted to one name.
#[derive(Debug, Default)]
pub struct Holder {
    /// The account of that name, by its place in the tables.
    account: Option<usize>,
    /// What is granted, sorted by scope, dynamic privileges among the global ones.
    pub own: Vec<(ScopeId, Privileges)>,
    /// Where each of `own` stands.
    pub places: Vec<(ScopeId, RecordRef)>,
    /// Dynamic privileges that may be granted on.
    pub grantable_dynamic: Privileges,
    /// Roles granted, with whether they may be granted on.
    pub roles: Vec<(HolderId, bool)>,
    /// Roles that are active at login, as far as they are granted.
    default_roles: Vec<HolderId>,
}

/// The grant tables of a server.
#[derive(Debug)]
pub struct Grants {
    pub(super) tables: Tables,
    names: Vec<AccountName>,
    ids: BTreeMap<AccountName, HolderId>,
    holders: Vec<Holder>,
    scopes: Vec<Scope>,
    by_user: BTreeMap<String, Vec<HolderId>>,
    mandatory: Vec<HolderId>,
    /// The role that everybody is, on MariaDB.
    public: Option<HolderId>,
    pub(super) sets: Sets,
}

/// Sets of privileges by the level that they have a meaning at.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Sets {
    pub(super) of_schemas: Privileges,
    pub(super) of_tables: Privileges,
    pub(super) of_columns: Privileges,
    pub(super) of_routines: Privileges,
    pub(super) grant_option: Privileges,
}

/// `*.*`
pub const GLOBAL: ScopeId = ScopeId(0);

impl Grants {
    /// Indexes the tables.
    pub fn new(tables: Tables) -> Self {
        let words = &tables.words;
        let sets = Sets {
            of_schemas: words.set(OF_SCHEMAS),
            of_tables: words.set(OF_TABLES),
            of_columns: words.set(OF_COLUMNS),
            of_routines: words.set(OF_ROUTINES),
            grant_option: words.set(&[super::privilege::GRANT_OPTION]),
        };
        let mut index = Indexer::default();
        index.accounts(&tables);
        index.grants(&tables);
        index.roles(&tables);
        let public = (tables.dialect.family == Family::Mariadb)
            .then(|| index.ids.get(&AccountName::new("PUBLIC", "")).copied())
            .flatten();
        let mandatory = tables.mandatory.iter().filter_map(|(name, _)| index.ids.get(name).copied()).collect();
        index.finish();
        let mut by_user: BTreeMap<String, Vec<HolderId>> = BTreeMap::new();
        for (name, id) in &index.ids {
            by_user.entry(name.user.clone()).or_default().push(*id);
        }
        let Indexer { names, ids, holders, scopes, .. } = index;
        Self { tables, names, ids, holders, scopes, by_user, mandatory, public, sets }
    }

    /// The tables themselves.
    pub const fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The number of a name; none when no table has it.
    pub fn id(&self, name: &AccountName) -> Option<HolderId> {
        self.ids.get(name).copied()
    }

    /// The name of a number.
    pub fn name(&self, id: HolderId) -> &AccountName {
        static NOBODY: AccountName = AccountName { user: String::new(), host: String::new() };
        self.names.get(id.0).unwrap_or(&NOBODY)
    }

    /// What is granted to a name.
    pub fn holder(&self, id: HolderId) -> &Holder {
        static NOTHING: Holder = Holder {
            account: None,
            own: Vec::new(),
            places: Vec::new(),
            grantable_dynamic: Privileges::NONE,
            roles: Vec::new(),
            default_roles: Vec::new(),
        };
        self.holders.get(id.0).unwrap_or(&NOTHING)
    }

    /// The account of a name; none when there are grants to the name only.
    pub fn account(&self, id: HolderId) -> Option<&AccountRow> {
        self.holder(id).account.and_then(|index| self.tables.accounts.get(index))
    }

    /// All names that are accounts, sorted.
    pub fn accounts(&self) -> impl Iterator<Item = HolderId> {
        self.ids.values().copied().filter(|id| self.holder(*id).account.is_some())
    }

    /// All names that are in a table, sorted.
    pub fn everybody(&self) -> impl Iterator<Item = HolderId> {
        self.ids.values().copied()
    }

    /// Names with this user name.
    pub(super) fn namesakes(&self, user: &str) -> &[HolderId] {
        self.by_user.get(user).map_or(&[], Vec::as_slice)
    }

    /// What a scope's number stands for.
    pub fn scope(&self, id: ScopeId) -> &Scope {
        self.scopes.get(id.0).unwrap_or(&Scope::Global)
    }

    /// The words of a set.
    pub fn words(&self, set: Privileges) -> Vec<&str> {
        self.tables.words.names(set)
    }

    /// The words as a set, as far as the server has them.
    pub fn set(&self, words: &[&str]) -> Privileges {
        self.tables.words.set(words)
    }

    /// Roles that the name has without anybody having granted them. Mandatory roles are not for the anonymous user.
    pub fn given_roles(&self, id: HolderId) -> impl Iterator<Item = HolderId> {
        let named = !self.name(id).user.is_empty();
        self.mandatory.iter().copied().filter(move |_| named).chain(self.public)
    }

    /// MariaDB's role that everybody is.
    pub(super) const fn public(&self) -> Option<HolderId> {
        self.public
    }

    /// What was not read and may hold more at this level.
    pub fn unread(&self, level: Level) -> impl Iterator<Item = &Unread> {
        self.tables.unread.iter().filter(move |unread| unread.levels.contains(&level))
    }

    /// The roles below these, themselves among them: all that become active with them. Each once, nearest first, whatever cycles
    /// there are.
    pub fn closure(&self, roots: impl IntoIterator<Item = HolderId>) -> Vec<HolderId> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next: Vec<_> = roots.into_iter().collect();
        while !next.is_empty() {
            let mut below = Vec::new();
            for id in next {
                if seen.insert(id) {
                    found.push(id);
                    below.extend(self.holder(id).roles.iter().map(|(role, _)| *role));
                }
            }
            next = below;
        }
        found
    }

    /// Roles that the name can activate: those granted, those that everybody has, and all below them.
    pub fn reachable_roles(&self, id: HolderId) -> Vec<HolderId> {
        let of_namesakes = self.role_lenders(id).into_iter().flat_map(|lender| self.holder(lender).roles.iter());
        let granted = self.holder(id).roles.iter().chain(of_namesakes).map(|(role, _)| *role);
        let mut roles = self.closure(granted.chain(self.given_roles(id)));
        roles.retain(|role| *role != id);
        roles
    }

    /// Roles that are active at login without those below them.
    pub(super) fn own_default_roles(&self, id: HolderId) -> &[HolderId] {
        &self.holder(id).default_roles
    }

    /// Roles that are active when the account logs in, with those below them.
    pub fn default_roles(&self, id: HolderId) -> Vec<HolderId> {
        let holder = self.holder(id);
        let all = self.tables.activate_all;
        let granted = holder.roles.iter().map(|(role, _)| *role).filter(|_| all);
        let named = !self.name(id).user.is_empty();
        let activated = named && (all || self.tables.activate_mandatory);
        let mandatory = self.mandatory.iter().copied().filter(|_| activated);
        self.closure(holder.default_roles.iter().copied().chain(granted).chain(mandatory))
    }

    /// Whether the server passes over the row of an account that is not there. MySQL loads such rows all the same.
    pub fn is_mariadb(&self) -> bool {
        self.tables.dialect.family == Family::Mariadb
    }
}

#[derive(Default)]
struct Indexer {
    names: Vec<AccountName>,
    ids: BTreeMap<AccountName, HolderId>,
    holders: Vec<Holder>,
    scopes: Vec<Scope>,
    scope_ids: BTreeMap<Scope, ScopeId>,
}

impl Indexer {
    fn id(&mut self, name: &AccountName) -> HolderId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = HolderId(self.names.len());
        self.names.push(name.clone());
        self.ids.insert(name.clone(), id);
        self.holders.push(Holder::default());
        id
    }

    fn scope(&mut self, scope: &Scope) -> ScopeId {
        if let Some(id) = self.scope_ids.get(scope) {
            return *id;
        }
        let id = ScopeId(self.scopes.len());
        self.scopes.push(scope.clone());
        self.scope_ids.insert(scope.clone(), id);
        id
    }

    fn holder(&mut self, name: &AccountName) -> Option<&mut Holder> {
        let id = self.id(name);
        self.holders.get_mut(id.0)
    }

    fn add(&mut self, name: &AccountName, scope: ScopeId, privileges: Privileges, at: RecordRef) {
        if let Some(holder) = self.holder(name) {
            holder.own.push((scope, privileges));
            holder.places.push((scope, at));
        }
    }

    fn accounts(&mut self, tables: &Tables) {
        let global = self.scope(&Scope::Global);
        for (index, row) in tables.accounts.iter().enumerate() {
            self.add(&row.name, global, row.privileges, row.at);
            if let Some(holder) = self.holder(&row.name) {
                holder.account = Some(index);
            }
        }
    }

    fn grants(&mut self, tables: &Tables) {
        for row in &tables.grants {
            let scope = self.scope(&row.scope);
            self.add(&row.name, scope, row.privileges, row.at);
        }
        for row in &tables.dynamic {
            self.add(&row.name, GLOBAL, row.privilege, row.at);
            if let Some(holder) = self.holder(&row.name)
                && row.with_grant_option
            {
                holder.grantable_dynamic = holder.grantable_dynamic.or(row.privilege);
            }
        }
    }

    fn roles(&mut self, tables: &Tables) {
        let mandatory: BTreeSet<_> = tables.mandatory.iter().map(|(name, _)| name.clone()).collect();
        for row in &tables.edges {
            let role = self.id(&row.role);
            if let Some(holder) = self.holder(&row.grantee) {
                holder.roles.push((role, row.admin));
            }
        }
        for name in &mandatory {
            self.id(name);
        }
        for (name, role) in &tables.default_roles {
            let is_mandatory = mandatory.contains(role);
            let role = self.id(role);
            if let Some(holder) = self.holder(name)
                && (is_mandatory || holder.roles.iter().any(|(granted, _)| *granted == role))
            {
                holder.default_roles.push(role);
            }
        }
    }

    fn finish(&mut self) {
        for holder in &mut self.holders {
            holder.own = merged(std::mem::take(&mut holder.own));
            holder.roles.sort_unstable();
            holder.roles.dedup();
        }
    }
}

/// Each scope once, sorted, with all that is granted on it.
pub fn merged(mut entries: Vec<(ScopeId, Privileges)>) -> Vec<(ScopeId, Privileges)> {
    entries.sort_unstable_by_key(|(scope, _)| *scope);
    let mut result: Vec<(ScopeId, Privileges)> = Vec::with_capacity(entries.len());
    for (scope, privileges) in entries {
        match result.last_mut() {
            Some((last, set)) if *last == scope => *set = set.or(privileges),
            _ => result.push((scope, privileges)),
        }
    }
    result
}
