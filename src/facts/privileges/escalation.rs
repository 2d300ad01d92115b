//! Ways from an account to everything: powers that make an administrator of their holder, and whose place it can take.
//! MySQL Reference Manual, "Privileges Provided by MySQL"; tried on MySQL 9.7: `ALTER USER … IDENTIFIED BY` and `GRANT` of an
//! administrator's account as a role.

use std::collections::{BTreeMap, BTreeSet};

use super::effective::{Effective, Origin};
use super::grants::{GLOBAL, Grants, HolderId};
use super::name::AccountName;
use super::privilege::Privileges;
use super::scope::Scope;
use super::tables::{Family, Level};
use crate::model::Why;

/// The role that holds the master user's privileges on Aurora MySQL 3 and later.
pub const SUPERUSER_ROLE: &str = "rds_superuser_role";

/// The schema that the grant tables are in.
const GRANT_TABLES: &str = "mysql";

/// Tables whose rows make privileges.
const TABLES_OF_POWER: &[&str] = &[
    "columns_priv",
    "db",
    "default_roles",
    "event",
    "func",
    "global_grants",
    "global_priv",
    "proc",
    "procs_priv",
    "proxies_priv",
    "role_edges",
    "roles_mapping",
    "tables_priv",
    "user",
];

/// A way to become an administrator.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Escalation {
    /// The account whose place is taken, as `'user'@'host'`; `administrator` where the power alone is enough.
    pub to: String,
    /// From the account over roles, namesakes and the power to the end.
    pub path: Vec<String>,
}

/// How a power makes an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By itself.
    Alone,
    /// By taking the place of any account without `SYSTEM_USER`.
    AnyAccount,
}

/// A power on everything, and what its holder must be able to make for it to count.
struct Power {
    word: &'static str,
    way: Way,
    with: &'static [&'static str],
}

const CODE: &[&str] = &["CREATE ROUTINE", "CREATE VIEW", "EVENT", "TRIGGER"];

const POWERS: &[Power] = &[
    Power { word: "SUPER", way: Way::Alone, with: &[] },
    Power { word: "SYSTEM_VARIABLES_ADMIN", way: Way::Alone, with: &[] },
    Power { word: "CREATE USER", way: Way::AnyAccount, with: &[] },
    Power { word: "ROLE_ADMIN", way: Way::AnyAccount, with: &[] },
    Power { word: "SET_ANY_DEFINER", way: Way::AnyAccount, with: CODE },
    Power { word: "SET_USER_ID", way: Way::AnyAccount, with: CODE },
    Power { word: "SET USER", way: Way::AnyAccount, with: CODE },
];

/// The ways of one account, and why there may be more.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Escalations {
    /// Sorted.
    pub ways: Vec<Escalation>,
    /// Why there may be more.
    pub unread: Option<Why>,
}

/// What all accounts of a server can become.
#[derive(Debug, Default)]
pub struct Graph {
    /// Ways that need no other account.
    own: BTreeMap<HolderId, Vec<Escalation>>,
    /// Who may act as whom.
    proxies: BTreeMap<HolderId, Vec<HolderId>>,
    unread: Option<Why>,
}

impl Graph {
    /// The graph of a server.
    pub fn new(grants: &Grants) -> Self {
        let victims = victims(grants);
        let mut graph = Self { unread: unread(grants), ..Self::default() };
        for id in grants.accounts() {
            let ways = own(grants, id, &victims);
            if !ways.is_empty() {
                graph.own.insert(id, ways);
            }
        }
        for row in &grants.tables.proxies {
            let proxied = grants.id(&row.proxied).into_iter();
            if let Some(actor) = grants.id(&row.name) {
                graph.proxies.entry(actor).or_default().extend(proxied.clone());
            }
        }
        graph
    }

    /// The ways of one account; through leave to act as another those of the other.
    pub fn of(&self, grants: &Grants, id: HolderId) -> Escalations {
        let mut ways = self.own.get(&id).cloned().unwrap_or_default();
        let mut seen = BTreeSet::from([id]);
        let mut next: Vec<_> = self.acts_as(grants, id).into_iter().map(|other| (other, vec![id])).collect();
        while !next.is_empty() {
            let mut further = Vec::new();
            for (other, path) in next.into_iter().filter(|(other, _)| !grants.is_role_of_mariadb(*other)) {
                if !seen.insert(other) {
                    continue;
                }
                let before: Vec<_> =
                    path.iter().flat_map(|id| [grants.name(*id).to_string(), "PROXY".to_owned()]).collect();
                let of_other = self.own.get(&other).into_iter().flatten();
                ways.extend(of_other.map(|way| Escalation {
                    to: grants.name(other).to_string(),
                    path: [before.clone(), way.path.clone()].concat(),
                }));
                let path = [path, vec![other]].concat();
                further.extend(self.acts_as(grants, other).into_iter().map(|next| (next, path.clone())));
            }
            next = further;
        }
        ways.sort();
        ways.dedup();
        Escalations { ways, unread: self.unread.clone() }
    }

    fn acts_as(&self, grants: &Grants, id: HolderId) -> Vec<HolderId> {
        let roles = grants.reachable_roles(id).into_iter().chain([id]);
        roles.filter_map(|holder| self.proxies.get(&holder)).flatten().copied().collect()
    }
}

fn unread(grants: &Grants) -> Option<Why> {
    let rows = [Level::Global, Level::Schema, Level::Table].into_iter().flat_map(|level| grants.unread(level));
    rows.map(|unread| unread.why.clone()).next().or_else(|| grants.tables.unread_proxies.clone())
}

/// Accounts that are worth their place: those with a power or the superuser role, the strongest first.
fn victims(grants: &Grants) -> Vec<HolderId> {
    let system = grants.set(&["SYSTEM_USER"]);
    let super_privilege = grants.set(&["SUPER"]);
    let powers = POWERS.iter().fold(Privileges::NONE, |set, power| set.or(grants.set(&[power.word])));
    let mut found: Vec<_> = grants
        .accounts()
        .filter_map(|id| {
            let global = grants.reachable(id).global();
            let superuser = is_superuser(grants, id);
            let logs_in = grants.account(id).and_then(|account| account.logs_in) != Some(false);
            let worth = (superuser || global.meets(powers)) && !global.meets(system);
            let rank = (superuser || global.meets(super_privilege), logs_in, grants.words(global).len());
            worth.then_some((rank, id))
        })
        .collect();
    found.sort_by(|(one, a), (other, b)| other.cmp(one).then_with(|| grants.name(*a).cmp(grants.name(*b))));
    found.into_iter().map(|(_, id)| id).collect()
}

fn is_superuser(grants: &Grants, id: HolderId) -> bool {
    let of_role = |id: HolderId| grants.name(id) == &AccountName::new(SUPERUSER_ROLE, "%");
    of_role(id) || grants.reachable_roles(id).into_iter().any(of_role)
}

fn own(grants: &Grants, id: HolderId, victims: &[HolderId]) -> Vec<Escalation> {
    let held = grants.reachable(id);
    let origins = grants.origins(id);
    let mut ways = Vec::new();
    for power in POWERS.iter().filter(|power| counts(grants, power, &held)) {
        let set = grants.set(&[power.word]);
        let Some(origin) = origins.iter().find(|it| it.scope == GLOBAL && it.privileges.meets(set)) else { continue };
        let mut path = names(grants, origin);
        path.push(format!("{} on *.*", power.word));
        let victim = victims.iter().find(|victim| **victim != id).filter(|_| power.way == Way::AnyAccount);
        let to = victim.map_or_else(|| "administrator".to_owned(), |victim| grants.name(*victim).to_string());
        path.extend(victim.map(|_| to.clone()));
        ways.push(Escalation { to, path });
    }
    ways.extend(through_role(grants, id));
    ways.extend(through_tables(grants, id, &held, &origins));
    ways
}

/// Whether a power makes an administrator on this server.
fn counts(grants: &Grants, power: &Power, held: &Effective) -> bool {
    let dialect = &grants.tables.dialect;
    // Before 5.7 nobody sets another's password without writing the table.
    let old = dialect.family == Family::Mysql && dialect.is_before(&[5, 7]);
    let makes = |words: &[&str]| {
        let set = grants.set(words);
        words.is_empty() || held.entries.iter().any(|(_, held)| held.meets(set))
    };
    held.global().meets(grants.set(&[power.word])) && !(old && power.word == "CREATE USER") && makes(power.with)
}

fn names(grants: &Grants, origin: &Origin) -> Vec<String> {
    origin.path.iter().map(|id| grants.name(*id).to_string()).collect()
}

fn through_role(grants: &Grants, id: HolderId) -> Option<Escalation> {
    let superuser = grants.id(&AccountName::new(SUPERUSER_ROLE, "%"))?;
    let path = grants.paths_to_roles(id).into_iter().find(|path| path.last() == Some(&superuser))?;
    let path = path.into_iter().map(|id| grants.name(id).to_string()).collect();
    Some(Escalation { to: grants.name(superuser).to_string(), path })
}

/// Writing the grant tables. Where nobody can write them, as on Aurora from MySQL 8.0 on, the privilege to do so is as good as
/// `CREATE USER` all the same.
fn through_tables(grants: &Grants, id: HolderId, held: &Effective, origins: &[Origin]) -> Option<Escalation> {
    let write = grants.set(&["INSERT", "UPDATE"]);
    let restricted = grants.restrictions(id).remove(GRANT_TABLES).unwrap_or_default();
    let decides = |origin: &&Origin| {
        let scope = grants.scope(origin.scope);
        let set = if origin.scope == GLOBAL { origin.privileges.without(restricted) } else { origin.privileges };
        set.meets(write) && writes_power(grants, scope)
    };
    let origin = origins.iter().find(decides)?;
    debug_assert!(!held.entries.is_empty(), "an origin is an entry");
    let mut path = names(grants, origin);
    let words = grants.words(origin.privileges.and(write)).join(", ");
    path.push(format!("{words} on {}", grants.scope(origin.scope)));
    Some(Escalation { to: "administrator".to_owned(), path })
}

fn writes_power(grants: &Grants, scope: &Scope) -> bool {
    let is_mysql = |db: &str| grants.covers(db, GRANT_TABLES);
    match scope {
        Scope::Global => true,
        Scope::Schema(db) => is_mysql(db),
        Scope::Table(db, table) | Scope::Column(db, table, _) => {
            db == GRANT_TABLES && TABLES_OF_POWER.contains(&table.as_str())
        }
        Scope::Routine(..) => false,
    }
}

impl Grants {
    /// Whether the pattern of a row in `mysql.db` covers the schema.
    pub fn covers(&self, pattern: &str, db: &str) -> bool {
        if self.tables.partial_revokes {
            pattern == db
        } else {
            super::pattern::like(db.as_bytes(), pattern.as_bytes())
        }
    }
}
