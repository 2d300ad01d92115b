//! What an account holds, in the words that rules and reports show.

use std::collections::BTreeSet;

use super::account::{DatabaseAccount, Partial};
use super::effective::{Effective, level};
use super::escalation::Escalations;
use super::grants::{GLOBAL, Grants, HolderId, ScopeId};
use super::master::documented_privileges;
use super::privilege::{GRANT_OPTION, Privileges};
use super::scope::Scope;
use super::server::Server;
use super::tables::Level;
use crate::facts::table::{MASTER_PRIVILEGES, edition};
use crate::model::{Derived, Fact, Place, Version, Why};

/// As many places as a finding shows.
const MOST_PLACES: usize = 20;

/// Roles and privileges by which the server calls AWS services: Aurora MySQL 3 and later, and Aurora MySQL 2.
const AWS_ROLES: &[&str] = &[
    "AWS_BEDROCK_ACCESS",
    "AWS_COMPREHEND_ACCESS",
    "AWS_LAMBDA_ACCESS",
    "AWS_LOAD_S3_ACCESS",
    "AWS_SAGEMAKER_ACCESS",
    "AWS_SELECT_S3_ACCESS",
];
const AWS_PRIVILEGES: &[&str] =
    &["INVOKE COMPREHEND", "INVOKE LAMBDA", "INVOKE SAGEMAKER", "LOAD FROM S3", "SELECT INTO S3"];

/// Procedures that end sessions and statements of others.
const KILL_PROCEDURES: &[&str] = &["rds_kill", "rds_kill_query", "rds_kill_query_id"];
const KILL_PRIVILEGES: &[&str] = &["CONNECTION ADMIN", "CONNECTION_ADMIN", "SUPER"];

/// Schemas of the server itself.
const SYSTEM_SCHEMAS: &[&str] = &["mysql", "performance_schema", "sys"];

/// The texts, and an unknown one after them where there may be more.
fn partial(mut texts: Vec<String>, unread: Option<&Why>, from: Vec<Place>) -> Partial {
    texts.sort();
    texts.dedup();
    let mut facts: Vec<_> = texts.into_iter().map(Fact::Known).collect();
    facts.extend(unread.map(|why| Fact::Unknown(why.clone())));
    Derived::new(Fact::Known(facts), from)
}

/// What an account holds, by what it is worked out from.
struct Holding<'a> {
    grants: &'a Grants,
    id: HolderId,
    held: &'a Effective,
}

impl DatabaseAccount {
    fn partly(&self, tell: impl FnOnce(&Holding<'_>) -> Partial) -> Partial {
        match self.held() {
            Ok((id, held)) => tell(&Holding { grants: self.server().grants(), id: *id, held }),
            Err(why) => Derived::unknown(why.clone()),
        }
    }
}

impl Holding<'_> {
    fn why(&self, levels: &[Level]) -> Option<&Why> {
        levels.iter().find_map(|level| self.held.why(*level))
    }

    fn places(&self, counts: impl Fn(&Scope) -> bool) -> Vec<Place> {
        self.grants.evidence(self.id, counts, MOST_PLACES)
    }

    fn names(&self, ids: impl IntoIterator<Item = HolderId>) -> Vec<String> {
        ids.into_iter().map(|id| self.grants.name(id).to_string()).collect()
    }

    /// `SELECT on mysql.user`, a privilege each.
    fn texts(&self, scope: ScopeId, set: Privileges) -> Vec<String> {
        let scope = self.grants.scope(scope);
        self.grants.words(set).into_iter().map(|word| format!("{word} on {scope}")).collect()
    }

    /// Global privileges that hold in a schema: less those that every source leaves out there.
    fn global_in(&self, db: &str) -> Privileges {
        let restricted = self.grants.restrictions(self.id).remove(db).unwrap_or_default();
        self.held.global().without(restricted)
    }

    /// Why restrictions may be missing, which would take away from what is global.
    fn state(&self) -> Option<&Why> {
        self.grants.tables.unread_restrictions.as_ref()
    }
}

pub(super) fn global_privileges(account: &DatabaseAccount) -> Partial {
    account.partly(|it| {
        let words = it.grants.words(it.held.global()).into_iter().map(str::to_owned).collect();
        partial(words, it.why(&[Level::Global]), it.places(|scope| *scope == Scope::Global))
    })
}

pub(super) fn roles(account: &DatabaseAccount) -> Partial {
    account.partly(|it| {
        let names = it.names(it.grants.reachable_roles(it.id));
        partial(names, it.grants.unread_roles(), it.grants.edge_places(it.id, MOST_PLACES))
    })
}

pub(super) fn delegable_roles(account: &DatabaseAccount) -> Partial {
    account.partly(|it| {
        let names = it.names(it.grants.can_delegate_roles(it.id, it.held));
        partial(names, it.why(&[Level::Global]), it.grants.edge_places(it.id, MOST_PLACES))
    })
}

pub(super) fn grantable(account: &DatabaseAccount) -> Partial {
    account.partly(|it| {
        let option = it.grants.set(&[GRANT_OPTION]);
        let scopes = it.held.entries.iter().filter(|(_, set)| set.meets(option));
        let texts = scopes.map(|(scope, _)| it.grants.scope(*scope).to_string()).collect();
        partial(texts, it.why(Level::ALL), it.places(|_| true))
    })
}

/// What reading and running routines of `sys` needs is given to everybody who monitors.
fn counts_in(db: &str, word: &str) -> bool {
    db != "sys" || !matches!(word, "SELECT" | "EXECUTE" | "SHOW VIEW")
}

pub(super) fn system_schema_privileges(account: &DatabaseAccount) -> Partial {
    account.partly(|it| {
        let mut texts = Vec::new();
        for (scope, set) in &it.held.entries {
            let scope_of = it.grants.scope(*scope);
            for db in SYSTEM_SCHEMAS {
                let set = match scope_of {
                    Scope::Global => it.global_in(db).and(it.grants.sets.of_schemas),
                    Scope::Schema(pattern) if it.grants.covers(pattern, db) => *set,
                    Scope::Table(schema, _) | Scope::Column(schema, ..) | Scope::Routine(_, schema, _)
                        if schema == db =>
                    {
                        *set
                    }
                    _ => Privileges::NONE,
                };
                let words = it.grants.words(set).into_iter().filter(|word| counts_in(db, word));
                texts.extend(words.map(|word| format!("{word} on {scope_of}")));
            }
        }
        // Restrictions that were not read may take the global ones away, which then are not certain.
        let state = it.state().filter(|_| !it.held.global().is_empty());
        let global = |text: &String| text.ends_with(" on *.*");
        let texts = if state.is_some() { texts.into_iter().filter(|text| !global(text)).collect() } else { texts };
        partial(texts, it.why(Level::ALL).or(state), it.places(|scope| scope.schema().is_none_or(|_| true)))
    })
}

pub(super) fn aws_services(account: &DatabaseAccount) -> Partial {
    account.partly(|it| {
        let roles = it.grants.reachable_roles(it.id).into_iter().map(|role| it.grants.name(role));
        let mut texts: Vec<_> =
            roles.filter(|name| AWS_ROLES.contains(&name.user.as_str())).map(|name| name.user.clone()).collect();
        let set = it.held.global().and(it.grants.set(AWS_PRIVILEGES));
        texts.extend(it.grants.words(set).into_iter().map(str::to_owned));
        partial(texts, it.why(&[Level::Global]), it.grants.edge_places(it.id, MOST_PLACES))
    })
}

pub(super) fn kill_privileges(account: &DatabaseAccount) -> Partial {
    account.partly(|it| {
        let grants = it.grants;
        let execute = grants.set(&["EXECUTE"]);
        let mut texts = it.texts(GLOBAL, it.held.global().and(grants.set(KILL_PRIVILEGES)));
        let state = it.state().filter(|_| it.held.global().meets(execute));
        for (scope, set) in &it.held.entries {
            let calls = match grants.scope(*scope) {
                Scope::Global => state.is_none() && it.global_in("mysql").meets(execute),
                Scope::Schema(pattern) => grants.covers(pattern, "mysql"),
                Scope::Routine(kind, db, name) => {
                    kind == "PROCEDURE" && db == "mysql" && KILL_PROCEDURES.contains(&name.as_str())
                }
                Scope::Table(..) | Scope::Column(..) => false,
            };
            if calls && set.meets(execute) {
                texts.extend(it.texts(*scope, execute));
            }
        }
        let why = it.why(&[Level::Global, Level::Schema, Level::Routine]).or(state);
        partial(texts, why, it.places(|scope| level(scope) != Level::Table))
    })
}

pub(super) fn escalations(account: &DatabaseAccount) -> Partial {
    account.partly(|it| {
        let Escalations { ways, unread } = account.server().escalations().of(it.grants, it.id);
        let texts = ways.into_iter().map(|way| way.path.join(" > ")).collect();
        partial(texts, unread.as_ref(), it.places(|_| true))
    })
}

pub(super) fn lenders(account: &DatabaseAccount) -> Partial {
    account.partly(|it| {
        let names = it.names(it.grants.lends(it.id));
        partial(names, it.why(&[Level::Schema, Level::Table, Level::Routine]), it.places(|_| true))
    })
}

/// The edition of AWS's list, and whether it was stale when the account was read; absent of other accounts.
pub(super) fn master_privileges_table(account: &DatabaseAccount) -> Fact<String> {
    match &account.is_master().value {
        Fact::Known(true) => edition(MASTER_PRIVILEGES, account.record.observed)
            .map_or_else(Fact::Unknown, |edition| Fact::Known(format!("privileges of the master user {edition}"))),
        Fact::Known(false) | Fact::Absent => Fact::Absent,
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
    }
}

pub(super) fn undocumented_privileges(account: &DatabaseAccount) -> Partial {
    let server = account.server();
    let Some(cluster) = &server.cluster else { return partial(Vec::new(), None, Vec::new()) };
    let place = Place::data_of(cluster.at).member("EngineVersion");
    let text = match &cluster.data.engine_version {
        Fact::Known(text) => text,
        Fact::Absent => return Derived::unknown(Why::NotCollected),
        Fact::Unknown(why) => return Derived::new(Fact::Unknown(why.clone()), vec![place]),
    };
    let (engine, aurora) = text.split_once(".mysql_aurora.").map_or((text.as_str(), None), |(a, b)| (a, Some(b)));
    let aurora: Option<Version> = aurora.and_then(|text| text.parse().ok());
    let documented = engine.parse::<Version>().ok().and_then(|engine| documented_privileges(&engine, aurora.as_ref()));
    let Some(documented) = documented else {
        let detail = format!("AWS's list of the master user's privileges is not known for `{text}`");
        return Derived::new(Fact::Unknown(Why::Unreadable { detail: detail.into() }), vec![place]);
    };
    if let Some(running) = other_version(server, engine) {
        let detail = format!("the cluster is {text} and its server says {running}");
        return Derived::new(Fact::Unknown(Why::Contradiction { detail: detail.into() }), vec![place]);
    }
    let documented: BTreeSet<_> = documented.into_iter().collect();
    account.partly(|it| {
        let held = it.grants.words(it.held.global()).into_iter().filter(|word| !documented.contains(word));
        let from = [vec![place.clone()], it.places(|scope| *scope == Scope::Global)].concat();
        partial(held.map(str::to_owned).collect(), it.why(&[Level::Global]), from)
    })
}

/// The version of a server that runs another line of MySQL than its cluster says.
fn other_version<'s>(server: &'s Server, engine: &str) -> Option<&'s str> {
    let line = |text: &str| text.split('.').take(2).map(str::to_owned).collect::<Vec<_>>();
    let versions = server.sessions.records.iter().filter_map(|session| session.data.version.known());
    versions.map(String::as_str).find(|version| line(version) != line(engine))
}
