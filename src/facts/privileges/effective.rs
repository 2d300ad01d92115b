//! What an account may do, put together: at login, and at most. Restrictions and the order of rows are left out of the latter: they
//! go away when a row or a role changes.

use std::collections::BTreeMap;

use super::grants::{GLOBAL, Grants, HolderId, ScopeId, merged};
use super::privilege::Privileges;
use super::scope::Scope;
use super::tables::Level;
use crate::model::{Place, RecordRef, Why};

/// Privileges by what they hold on, with what was not read and may add to them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effective {
    /// Sorted by number of scope, each once.
    pub entries: Vec<(ScopeId, Privileges)>,
    /// Levels at which there may be more, and why.
    pub unread: Vec<(Level, Why)>,
}

/// A row that gives an account privileges, and how it comes to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What it is on.
    pub scope: ScopeId,
    /// What it gives.
    pub privileges: Privileges,
    /// From the account down to the holder of the row: roles, or a namesake.
    pub path: Vec<HolderId>,
    /// Where it stands.
    pub at: Option<RecordRef>,
}

impl Effective {
    /// What holds on exactly this scope.
    pub fn on(&self, scope: ScopeId) -> Privileges {
        let found = self.entries.binary_search_by_key(&scope, |(scope, _)| *scope).ok();
        found.and_then(|at| self.entries.get(at)).map_or(Privileges::NONE, |(_, set)| *set)
    }

    /// What holds on everything.
    pub fn global(&self) -> Privileges {
        self.on(GLOBAL)
    }

    /// Why there may be more at this level.
    pub fn why(&self, level: Level) -> Option<&Why> {
        self.unread.iter().find(|(unread, _)| *unread == level).map(|(_, why)| why)
    }
}

/// The level of a scope.
pub fn level(scope: &Scope) -> Level {
    match scope {
        Scope::Global => Level::Global,
        Scope::Schema(_) => Level::Schema,
        Scope::Table(..) | Scope::Column(..) => Level::Table,
        Scope::Routine(..) => Level::Routine,
    }
}

impl Grants {
    /// Names whose rows on schemas, tables and routines reach sessions of the account, because such rows are found by user name and
    /// client: those with a host that shares clients with its own, and whose account is not asked before it at login. The anonymous
    /// user's rows on schemas reach everybody in the same way.
    pub fn lends(&self, id: HolderId) -> Vec<HolderId> {
        let order = self.tables.dialect.hosts();
        let name = self.name(id);
        if self.is_role_of_mariadb(id) {
            return Vec::new();
        }
        let own = (order.rank(&name.host), !name.user.is_empty());
        let anonymous = self.namesakes("").iter().filter(|_| !name.user.is_empty());
        let others = self.namesakes(&name.user).iter().chain(anonymous).copied();
        let reaches = |other: &HolderId| {
            let its = self.name(*other);
            let asked_before = self.account(*other).is_some() && (order.rank(&its.host), !its.user.is_empty()) > own;
            *other != id
                && !self.is_role_of_mariadb(*other)
                && self.holder(*other).own.iter().any(|(scope, set)| *scope != GLOBAL && !set.is_empty())
                && !asked_before
                && order.meet(&its.host, &name.host)
        };
        others.filter(reaches).collect()
    }

    /// Namesakes whose roles the account can activate, and whose global privileges it then has: MariaDB looks for a grantee of the
    /// role by user name and client, too.
    pub fn role_lenders(&self, id: HolderId) -> Vec<HolderId> {
        let order = self.tables.dialect.hosts();
        let name = self.name(id);
        if !self.is_mariadb() || self.is_role_of_mariadb(id) {
            return Vec::new();
        }
        let lends = |other: &HolderId| {
            let host = &self.name(*other).host;
            *other != id
                && !self.is_role_of_mariadb(*other)
                && self.account(*other).is_some()
                && !self.holder(*other).roles.is_empty()
                && order.rank(host) <= order.rank(&name.host)
                && order.meet(host, &name.host)
        };
        self.namesakes(&name.user).iter().copied().filter(lends).collect()
    }

    /// The rows of a lender that reach its namesakes: none that are global, and of the anonymous user those on schemas only.
    fn lent(&self, lender: HolderId, borrower: HolderId) -> impl Iterator<Item = (ScopeId, Privileges)> {
        let namesake = self.name(lender).user == self.name(borrower).user;
        let counts = move |scope: &Scope| match scope {
            Scope::Global => false,
            Scope::Schema(_) => true,
            _ => namesake,
        };
        self.holder(lender).own.iter().copied().filter(move |(scope, _)| counts(self.scope(*scope)))
    }

    /// At most: of its own, of its namesakes, and through every role that it can activate.
    pub fn reachable(&self, id: HolderId) -> Effective {
        let mut entries = self.holder(id).own.clone();
        for lender in self.lends(id) {
            entries.extend(self.lent(lender, id));
        }
        let globals = self.role_lenders(id).into_iter().filter_map(|lender| self.holder(lender).own.first());
        entries.extend(globals.filter(|(scope, _)| *scope == GLOBAL));
        for role in self.reachable_roles(id) {
            entries.extend_from_slice(&self.holder(role).own);
        }
        Effective { entries: merged(entries), unread: self.unread_of() }
    }

    /// At login. With a role active namesakes lend nothing on MySQL.
    pub fn default_active(&self, id: HolderId) -> Effective {
        let roles = self.default_roles(id);
        let mut entries = self.holder(id).own.clone();
        if roles.is_empty() || self.is_mariadb() {
            for lender in self.lends(id) {
                entries.extend(self.lent(lender, id));
            }
        }
        for role in roles.into_iter().chain(self.public().into_iter().flat_map(|public| self.closure([public]))) {
            entries.extend_from_slice(&self.holder(role).own);
        }
        let mut unread = self.unread_of();
        for why in &self.tables.unread_state {
            unread.extend(Level::ALL.iter().map(|level| (*level, why.clone())));
        }
        Effective { entries: merged(entries), unread }
    }

    fn unread_of(&self) -> Vec<(Level, Why)> {
        let unread = Level::ALL.iter().flat_map(|level| self.unread(*level).map(|unread| (*level, unread.why.clone())));
        unread.collect()
    }

    /// The rows behind [`Grants::reachable`], in the order in which they are reached.
    pub fn origins(&self, id: HolderId) -> Vec<Origin> {
        let mut found = Vec::new();
        self.rows(&[id], &mut found, |_| true);
        for lender in self.lends(id) {
            let namesake = self.name(lender).user == self.name(id).user;
            self.rows(&[id, lender], &mut found, |scope| match scope {
                Scope::Global => false,
                Scope::Schema(_) => true,
                _ => namesake,
            });
        }
        for path in self.paths_to_roles(id) {
            self.rows(&path, &mut found, |_| true);
        }
        found
    }

    fn rows(&self, path: &[HolderId], found: &mut Vec<Origin>, counts: impl Fn(&Scope) -> bool) {
        let Some(last) = path.last() else { return };
        let holder = self.holder(*last);
        for (scope, privileges) in
            holder.own.iter().filter(|(scope, set)| counts(self.scope(*scope)) && !set.is_empty())
        {
            let at = holder.places.iter().find(|(of, _)| of == scope).map(|(_, at)| *at);
            found.push(Origin { scope: *scope, privileges: *privileges, path: path.to_vec(), at });
        }
    }

    /// The shortest way from the account to each role that it can activate, both ends included.
    pub fn paths_to_roles(&self, id: HolderId) -> Vec<Vec<HolderId>> {
        let mut from: BTreeMap<HolderId, HolderId> = BTreeMap::new();
        let mut order = Vec::new();
        let first = self.holder(id).roles.iter().map(|(role, _)| *role).chain(self.given_roles(id));
        let mut next: Vec<_> = first.map(|role| (role, id)).collect();
        while !next.is_empty() {
            let mut below = Vec::new();
            for (role, parent) in next {
                if role != id && !from.contains_key(&role) {
                    from.insert(role, parent);
                    order.push(role);
                    below.extend(self.holder(role).roles.iter().map(|(lower, _)| (*lower, role)));
                }
            }
            next = below;
        }
        let path = |role: HolderId| {
            let mut path = vec![role];
            let mut at = role;
            while let Some(parent) = from.get(&at) {
                path.push(*parent);
                at = *parent;
            }
            path.reverse();
            path
        };
        order.into_iter().map(path).collect()
    }

    /// Where the rows stand that decide about an account, at most so many.
    pub fn evidence(&self, id: HolderId, scopes: impl Fn(&Scope) -> bool, most: usize) -> Vec<Place> {
        let origins = self.origins(id).into_iter().filter(|origin| scopes(self.scope(origin.scope)));
        origins.filter_map(|origin| origin.at).take(most).map(Place::data_of).collect()
    }

    /// What the account may give on: on each scope, with the grant option held there or above, all that is held there or above.
    pub fn can_grant(&self, id: HolderId, held: &Effective) -> Vec<(ScopeId, Privileges)> {
        let option = self.sets.grant_option;
        let global = held.global();
        let dynamic = self.grantable_dynamic(id);
        let statics = global.without(self.dynamic());
        let mut result = Vec::new();
        if statics.meets(option) || !dynamic.is_empty() {
            let own = if statics.meets(option) { statics } else { Privileges::NONE };
            result.push((GLOBAL, own.or(dynamic)));
        }
        for (scope, set) in held.entries.iter().filter(|(scope, _)| *scope != GLOBAL) {
            let above = self.above(held, *scope);
            if set.or(above).meets(option) {
                result.push((*scope, set.or(above).and(self.meaning(*scope))));
            }
        }
        result
    }

    fn grantable_dynamic(&self, id: HolderId) -> Privileges {
        let roles = self.reachable_roles(id);
        let all = roles.into_iter().chain([id]);
        all.fold(Privileges::NONE, |set, holder| set.or(self.holder(holder).grantable_dynamic))
    }

    /// All dynamic privileges that the server names in a grant.
    fn dynamic(&self) -> Privileges {
        self.tables.dynamic.iter().fold(Privileges::NONE, |set, row| set.or(row.privilege))
    }

    /// What is held above a scope and holds there, too.
    fn above(&self, held: &Effective, scope: ScopeId) -> Privileges {
        let global = held.global().and(self.sets.of_schemas);
        let (db, table) = match self.scope(scope) {
            Scope::Global | Scope::Schema(_) => return global,
            Scope::Table(db, _) | Scope::Routine(_, db, _) => (db, None),
            Scope::Column(db, table, _) => (db, Some(table)),
        };
        let covers = |other: &Scope| match other {
            Scope::Schema(pattern) => self.covers(pattern, db),
            Scope::Table(d, t) => d == db && Some(t) == table,
            _ => false,
        };
        let covering = held.entries.iter().filter(|(other, _)| covers(self.scope(*other)));
        covering.fold(global, |set, (_, it)| set.or(*it))
    }

    /// The privileges that mean something on a scope.
    fn meaning(&self, scope: ScopeId) -> Privileges {
        match level(self.scope(scope)) {
            Level::Global | Level::Schema => self.sets.of_schemas,
            Level::Table => self.sets.of_tables,
            Level::Routine => self.sets.of_routines,
        }
    }

    /// Roles that the account may give to others: with the admin option on the way of its own, or all of them.
    pub fn can_delegate_roles(&self, id: HolderId, held: &Effective) -> Vec<HolderId> {
        let mut roles = Vec::new();
        if held.global().meets(self.set(&["ROLE_ADMIN", "SUPER"])) && !self.is_mariadb() {
            let system = self.set(&["SYSTEM_USER"]);
            let is_role = |id: &HolderId| {
                self.everybody().any(|grantee| self.holder(grantee).roles.iter().any(|(role, _)| role == id))
            };
            roles.extend(self.accounts().filter(is_role).filter(|role| !self.reachable(*role).global().meets(system)));
        }
        for holder in self.reachable_roles(id).into_iter().chain([id]) {
            roles.extend(self.holder(holder).roles.iter().filter(|(_, admin)| *admin).map(|(role, _)| *role));
        }
        roles.sort_by_key(|role| self.name(*role));
        roles.dedup();
        roles
    }

    /// Restrictions that stay when all roles are active: schema and the global privileges that do not hold there.
    pub fn restrictions(&self, id: HolderId) -> BTreeMap<String, Privileges> {
        let sources: Vec<_> = [id].into_iter().chain(self.reachable_roles(id)).collect();
        let rows = |holder: HolderId| self.account(holder).map_or(&[][..], |account| account.restrictions.as_slice());
        let global = |holder: HolderId| {
            let own = self.holder(holder).own.first().filter(|(scope, _)| *scope == GLOBAL);
            own.map_or(Privileges::NONE, |(_, set)| *set)
        };
        let mut result = BTreeMap::new();
        for (db, _) in sources.iter().flat_map(|holder| rows(*holder)) {
            let (mut held, mut free) = (Privileges::NONE, Privileges::NONE);
            for holder in &sources {
                let out = rows(*holder).iter().filter(|(name, _)| name == db);
                let out = out.fold(Privileges::NONE, |set, (_, it)| set.or(*it));
                held = held.or(global(*holder));
                free = free.or(global(*holder).without(out));
            }
            let restricted = held.without(free);
            if !restricted.is_empty() {
                result.insert(db.clone(), restricted);
            }
        }
        result
    }
}

impl Grants {
    /// Why an account may have more roles.
    pub fn unread_roles(&self) -> Option<&Why> {
        let of_all = |unread: &&super::tables::Unread| unread.levels == Level::ALL;
        self.tables.unread.iter().find(of_all).map(|unread| &unread.why)
    }

    /// Where the grants of roles stand that lead to an account's roles, at most so many.
    pub fn edge_places(&self, id: HolderId, most: usize) -> Vec<Place> {
        let mut grantees: Vec<_> = self.reachable_roles(id);
        grantees.push(id);
        let edges = self
            .tables
            .edges
            .iter()
            .filter(|edge| self.id(&edge.grantee).is_some_and(|grantee| grantees.contains(&grantee)));
        let mandatory = self.tables.mandatory.iter().map(|(_, at)| Place::data_of(*at).member("mandatory_roles"));
        edges.map(|edge| Place::data_of(edge.at)).chain(mandatory).take(most).collect()
    }
}

impl Grants {
    /// Those of the privileges that say something about a table.
    pub fn of_tables(&self, set: Privileges) -> Privileges {
        set.and(self.sets.of_tables)
    }

    /// The upper bound on an object of a schema: all that is held on everything, on the schema, and on objects of that name.
    pub fn upper(&self, held: &Effective, db: &str, object: Option<&str>) -> Privileges {
        let counts = |scope: &Scope| match scope {
            Scope::Global => true,
            Scope::Schema(pattern) => self.covers(pattern, db) || pattern.eq_ignore_ascii_case(db),
            Scope::Table(d, name) | Scope::Column(d, name, _) | Scope::Routine(_, d, name) => {
                d == db && Some(name.as_str()) == object
            }
        };
        let entries = held.entries.iter().filter(|(scope, _)| counts(self.scope(*scope)));
        entries.fold(Privileges::NONE, |set, (_, it)| set.or(*it))
    }
}
