//! What the command says, as one document: names and privileges in MySQL's own form, sorted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Object;
use crate::cli::exit::Exit;
use crate::facts::privileges::effective::Effective;
use crate::facts::privileges::grants::{Grants, HolderId, ScopeId};
use crate::facts::privileges::host::Client;
use crate::facts::privileges::name::AccountName;
use crate::facts::privileges::privilege::Privileges;
use crate::facts::privileges::session::{Active, OnTable};
use crate::facts::privileges::{DatabaseAccount, HostScope};
use crate::facts::{Facts, Unread};
use crate::model::{Fact, Untrusted, Why};

/// Scope → privileges.
type ByScope = BTreeMap<String, Vec<String>>;

/// The whole answer.
#[derive(Debug, Serialize)]
pub struct Document {
    /// Accounts by server and name.
    pub accounts: Vec<AccountEntry>,
    /// What could not be read at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<UnreadEntry>,
}

/// Something that could not be read.
#[derive(Debug, Serialize)]
pub struct UnreadEntry {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
    #[serde(skip)]
    voluntary: bool,
}

/// One account.
#[derive(Debug, Default, Serialize)]
pub struct AccountEntry {
    /// `'user'@'host'`.
    pub account: String,
    /// Name of the cluster, or address of the server.
    pub database: String,
    /// What holds at login.
    pub default_active: ByScope,
    /// What holds at most.
    pub reachable: ByScope,
    /// Schemas in which global privileges do not hold, with these.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub restrictions: ByScope,
    /// Roles that it can activate.
    pub roles: Vec<String>,
    /// What it may give on.
    pub can_grant: ByScope,
    /// Roles that it may give to others.
    pub can_delegate_roles: Vec<String>,
    /// Ways to become an administrator.
    pub escalations: Vec<EscalationEntry>,
    /// What is odd about it.
    pub flags: Vec<String>,
    /// Where each privilege comes from: what it is on, and the way to the row.
    pub origins: Vec<OriginEntry>,
    /// Why it may hold more, or why what holds at this moment is not certain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// What it may do on the table that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<OnEntry>,
}

/// A way to become an administrator.
#[derive(Debug, Serialize)]
pub struct EscalationEntry {
    /// Whose place is taken.
    pub to: String,
    /// From the account to it.
    pub path: Vec<String>,
}

/// Where privileges come from.
#[derive(Debug, Serialize)]
pub struct OriginEntry {
    /// What they hold on.
    pub scope: String,
    /// The privileges.
    pub privileges: Vec<String>,
    /// From the account over roles or a namesake to the holder of the row.
    pub path: Vec<String>,
}

/// What an account may do on one table.
#[derive(Debug, Serialize)]
pub struct OnEntry {
    /// The table.
    pub object: String,
    /// What a session without an active role may do at this moment; none when that is not known.
    pub now: Option<Vec<String>>,
    /// What it may do at most.
    pub upper: Vec<String>,
    /// Where it depends on the client: a client, and what a session from there may do.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub now_from: ByScope,
}

impl Document {
    /// The accounts of all servers of a snapshot, or those of one name.
    pub fn new(facts: &Facts, only: Option<&AccountName>, object: Option<&Object>) -> Self {
        let found = facts.database_accounts();
        let wanted = |account: &&DatabaseAccount| only.is_none_or(|only| account.name().known() == Some(only));
        let mut accounts: Vec<_> =
            found.present.iter().map(AsRef::as_ref).filter(wanted).map(|it| entry(it, object)).collect();
        accounts.sort_by(|one, other| (&one.database, &one.account).cmp(&(&other.database, &other.account)));
        Self { accounts, unread: found.unread.iter().map(unread).collect() }
    }

    /// One JSON document.
    pub fn json(&self) -> String {
        // Maps with text for keys and lists of text always have a form.
        serde_json::to_string_pretty(self).map_or_else(|_| String::new(), |text| text + "\n")
    }

    /// 3 when something that was asked for could not be read, 4 when there is no account at all.
    pub fn exit(&self) -> Exit {
        if self.unread.iter().any(|it| !it.voluntary) || self.accounts.iter().any(|it| !it.unknown.is_empty()) {
            Exit::Incomplete
        } else if self.accounts.is_empty() {
            Exit::NothingAssessed
        } else {
            Exit::Clean
        }
    }
}

fn unread(unread: &Unread) -> UnreadEntry {
    UnreadEntry {
        what: Untrusted::to_string(&unread.identity.name),
        why: unread.why.to_string(),
        voluntary: matches!(&unread.why, Why::Gap(gap) if gap.reason.is_voluntary()),
    }
}

fn entry(account: &DatabaseAccount, object: Option<&Object>) -> AccountEntry {
    let named = account.account().known().cloned().unwrap_or_else(|| "?".to_owned());
    let blank = AccountEntry { account: named, database: account.database().clone(), ..AccountEntry::default() };
    match account.held() {
        Ok((id, held)) => Teller { grants: account.server().grants(), id: *id, held }.entry(account, blank, object),
        Err(why) => AccountEntry { unknown: vec![why.to_string()], ..blank },
    }
}

/// Puts the facts of one account into words.
struct Teller<'a> {
    grants: &'a Grants,
    id: HolderId,
    held: &'a Effective,
}

impl Teller<'_> {
    fn entry(&self, account: &DatabaseAccount, blank: AccountEntry, object: Option<&Object>) -> AccountEntry {
        let (grants, id) = (self.grants, self.id);
        let active = grants.default_active(id);
        let escalations = account.server().escalations().of(grants, id);
        let restrictions = grants.restrictions(id);
        AccountEntry {
            default_active: self.by_scope(&active.entries),
            reachable: self.by_scope(&self.held.entries),
            restrictions: restrictions.into_iter().map(|(db, set)| (db, self.words(set))).collect(),
            roles: self.names(grants.reachable_roles(id)),
            can_grant: self.by_scope(&grants.can_grant(id, self.held)),
            can_delegate_roles: self.names(grants.can_delegate_roles(id, self.held)),
            flags: self.flags(account, !escalations.ways.is_empty()),
            escalations: escalations.ways.into_iter().map(|it| EscalationEntry { to: it.to, path: it.path }).collect(),
            origins: self.origins(),
            unknown: self.unknown(&active),
            on: object.map(|object| self.on(object)),
            ..blank
        }
    }

    fn words(&self, set: Privileges) -> Vec<String> {
        self.grants.words(set).into_iter().map(str::to_owned).collect()
    }

    fn names(&self, ids: Vec<HolderId>) -> Vec<String> {
        let mut names: Vec<_> = ids.into_iter().map(|id| self.grants.name(id).to_string()).collect();
        names.sort();
        names
    }

    fn by_scope(&self, entries: &[(ScopeId, Privileges)]) -> ByScope {
        let held = entries.iter().filter(|(_, set)| !set.is_empty());
        held.map(|(scope, set)| (self.grants.scope(*scope).to_string(), self.words(*set))).collect()
    }

    fn origins(&self) -> Vec<OriginEntry> {
        let origin = |it: &crate::facts::privileges::effective::Origin| OriginEntry {
            scope: self.grants.scope(it.scope).to_string(),
            privileges: self.words(it.privileges),
            path: it.path.iter().map(|id| self.grants.name(*id).to_string()).collect(),
        };
        self.grants.origins(self.id).iter().map(origin).collect()
    }

    fn unknown(&self, active: &Effective) -> Vec<String> {
        let held = self.held.unread.iter().map(|(_, why)| format!("what it holds at most: {why}"));
        let at_login = active.unread.iter().filter(|unread| !self.held.unread.contains(unread));
        let mut reasons: Vec<_> =
            held.chain(at_login.map(|(_, why)| format!("what it holds at login: {why}"))).collect();
        reasons.sort();
        reasons.dedup();
        reasons
    }

    fn flags(&self, account: &DatabaseAccount, escalates: bool) -> Vec<String> {
        let is = |fact: &Fact<bool>| fact.known() == Some(&true);
        let data = &account.record.data;
        let never = account.host_scope().value.known() == Some(&HostScope::Name) && account.cluster().known().is_some();
        let mut flags = Vec::new();
        for (flag, holds) in [
            ("administrator", escalates),
            ("anonymous", self.grants.name(self.id).user.is_empty()),
            (
                "can-kill",
                account.kill_privileges().value.known().is_some_and(|it| it.iter().any(|it| !it.is_unknown())),
            ),
            ("host-never-matches", never),
            ("locked", is(&data.account_locked)),
            ("master", is(&account.is_master().value)),
            ("role", is(&data.is_role) || (self.is_granted() && !is(&account.can_log_in().value))),
            ("service", is(&account.service_account().value)),
            ("shadowed", self.is_shadowed()),
            ("unflushed", is(&data.unflushed)),
        ] {
            flags.extend(holds.then(|| flag.to_owned()));
        }
        flags.extend(self.names(self.grants.lends(self.id)).into_iter().map(|name| format!("inherits-from {name}")));
        flags
    }

    fn is_granted(&self) -> bool {
        self.grants.tables().edges.iter().any(|edge| &edge.role == self.grants.name(self.id))
    }

    fn usual_client(&self) -> Option<Client> {
        self.grants.tables().dialect.hosts().client_of(&self.grants.name(self.id).host)
    }

    /// Whether another account is asked before it at login for the clients of its host.
    fn is_shadowed(&self) -> bool {
        let user = &self.grants.name(self.id).user;
        let given = self.usual_client().map(|client| self.grants.login(user, &client));
        !self.grants.name(self.id).host.is_empty() && matches!(given, Some(Ok(Some(other))) if other != self.id)
    }

    fn on(&self, object: &Object) -> OnEntry {
        let (db, table) = object;
        let upper = self.grants.upper(self.held, db, Some(table));
        let tables = self.grants.tables();
        let certain = tables.unread.is_empty() && tables.unread_restrictions.is_none();
        let now = |client: &Client| {
            let session = self.grants.session(self.id, client.clone(), &Active::None);
            session.on_table(db, table).ok().map(|held| self.on_table(&held))
        };
        let usual = self.usual_client().filter(|_| certain);
        let at_large = usual.as_ref().and_then(now);
        let others = if certain { self.other_clients() } else { Vec::new() };
        let differ = others.iter().filter_map(|client| Some((client.address.clone()?, now(client)?)));
        OnEntry {
            object: format!("{db}.{table}"),
            now_from: differ.filter(|(_, held)| Some(held) != at_large.as_ref()).collect(),
            now: at_large,
            upper: self.words(self.grants.of_tables(upper)),
        }
    }

    /// Clients of the account to which rows of other hosts apply, too.
    fn other_clients(&self) -> Vec<Client> {
        let order = self.grants.tables().dialect.hosts();
        let name = self.grants.name(self.id);
        let lenders = self.grants.lends(self.id).into_iter().map(|id| &self.grants.name(id).host);
        let clients = lenders.filter_map(|host| order.client_of(host));
        clients
            .filter(|client| {
                order.admits(&name.host, client) && self.grants.login(&name.user, client) == Ok(Some(self.id))
            })
            .collect()
    }

    /// Privileges on the table, and as `GRANT` writes them those on columns.
    fn on_table(&self, held: &OnTable) -> Vec<String> {
        let mut words = self.words(held.table);
        let mut columns: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (column, set) in &held.columns {
            for word in self.grants.words(*set) {
                columns.entry(word).or_default().push(column);
            }
        }
        words.extend(columns.into_iter().map(|(word, columns)| format!("{word} ({})", columns.join(", "))));
        words
    }
}
