//! Who may log in by IAM as which database user: `rds-db:connect`. Aurora User Guide, "Creating and using an IAM policy for IAM
//! database access".

use std::collections::{BTreeMap, BTreeSet};

use super::cluster::Cluster;
use super::power::statement;
use crate::facts::iam::Token;
use crate::facts::iam::account::{Account, Because, Identity, Standing};
use crate::facts::iam::grammar::Action;
use crate::model::{Derived, Fact, Why};

facts! {
    /// A database user that an identity may log in as by IAM.
    struct Connection = "iam_connection" {
        /// Name of the cluster.
        cluster: String;
        /// Name of the proxy at which it logs in; absent at the cluster itself.
        proxy: Fact<String>, optional;
        /// The database user; `*` stands for every user that is not listed by name.
        user: String;
        /// Whether the login is allowed; unknown where what would decide could not be read.
        allowed: Derived<bool>;
        /// Whether the user is the master user, who always has an entry of its own; unknown when its name was not read.
        is_master: Fact<bool>;
        /// Whether the user is the master user, or an administrator of the database by what it holds or can take; unknown where the
        /// database was not read.
        administers: Fact<bool>;
        /// Whether the user exists and authenticates by IAM; absent when the database was not read.
        exists: Fact<bool>, optional;
        /// The statements that allow it.
        statements: Vec<String>;
        /// What has to hold besides; empty when nothing does.
        conditions: Vec<String>;
    } key key
}

/// A user of a database.
#[derive(Debug, Clone, PartialEq)]
pub struct DatabaseUser {
    /// Whether it authenticates by IAM; behind a proxy it need not.
    pub by_iam: bool,
    /// Whether it is an administrator of the database.
    pub administers: Fact<bool>,
}

/// Users of one database by name.
pub type Users = BTreeMap<String, DatabaseUser>;

/// Database users by cluster. A cluster that is not in it was not read.
#[derive(Debug, Clone, Default)]
pub struct DatabaseUsers(BTreeMap<String, Result<Users, Why>>);

impl DatabaseUsers {
    /// Notes the users of a cluster, or why they were not read.
    pub fn note(&mut self, cluster: &str, users: Result<Users, Why>) {
        self.0.insert(cluster.to_owned(), users);
    }

    /// The users of a cluster.
    ///
    /// # Errors
    /// When they were not read.
    pub fn of(&self, cluster: &Cluster) -> Result<&Users, Why> {
        self.0.get(cluster.arn()).map_or(Err(Why::NotCollected), |users| users.as_ref().map_err(Clone::clone))
    }
}

/// Where somebody logs in to a cluster: at itself, or at a proxy that leads to it.
struct Door<'a> {
    cluster: &'a Cluster,
    proxy: Option<&'a str>,
    resource_id: &'a str,
    users: Result<&'a Users, Why>,
}

/// The logins that an identity may do on a cluster, at itself and at its proxies.
pub fn connections(
    account: &Account,
    identity: &Identity,
    cluster: &Cluster,
    users: &DatabaseUsers,
) -> Vec<Connection> {
    let Some(action) = Action::new("rds-db:connect") else { return Vec::new() };
    if !identity.may_touch(&action) {
        return Vec::new();
    }
    let users = users.of(cluster);
    let door = |proxy, resource_id| Door { cluster, proxy, resource_id, users: users.clone() };
    let mut found = match &cluster.record.data.db_cluster_resource_id {
        Fact::Known(id) => door(None, id).connections(account, identity, &action),
        Fact::Absent => vec![unknown(cluster, "", Why::NotCollected)],
        Fact::Unknown(why) => vec![unknown(cluster, "", why.clone())],
    };
    for proxy in &cluster.proxies {
        found.extend(door(Some(&proxy.name), &proxy.resource_id).connections(account, identity, &action));
    }
    if let Some(why) = &cluster.unread_proxies
        && account.standing(identity, &action, &cluster.database_user("prx-*", None)) != Standing::No
    {
        found.push(unknown(cluster, " through proxies", why.clone()));
    }
    found
}

impl Door<'_> {
    fn connections(&self, account: &Account, identity: &Identity, action: &Action) -> Vec<Connection> {
        let mut found = Vec::new();
        for name in self.names(identity) {
            let target = self.cluster.database_user(self.resource_id, Some(&name));
            found.extend(self.connection(account, &name, &account.standing(identity, action, &target)));
        }
        let rest = other_users(account, identity, self.cluster, self.resource_id, action);
        found.extend(self.connection(account, "*", &rest));
        found
    }

    fn connection(&self, account: &Account, user: &str, standing: &Standing) -> Option<Connection> {
        let because = match standing {
            Standing::No => return None,
            Standing::Held(because) => because.clone(),
            Standing::Unknown(_) => Because::default(),
        };
        let master = &self.cluster.record.data.master_username;
        let is_master = master.as_ref().map(|master| user == master);
        let through = self.proxy.map_or_else(String::new, |proxy| format!(" through {proxy}"));
        Some(Connection {
            cluster: self.cluster.name().to_owned(),
            proxy: self.proxy.map_or(Fact::Absent, |proxy| Fact::Known(proxy.to_owned())),
            user: user.to_owned(),
            allowed: Derived::new(standing.fact(), account.places(&because)),
            administers: self.administers(user, &is_master),
            is_master,
            exists: match &self.users {
                Ok(users) if user != "*" => Fact::Known(users.get(user).is_some_and(|it| self.takes(it))),
                _ => Fact::Absent,
            },
            statements: because.statements.iter().map(statement).collect(),
            conditions: because.conditions.into_iter().collect(),
            key: format!("{user}@{}{through}", self.cluster.arn()),
        })
    }

    /// A proxy authenticates its clients by IAM and logs in to the database on its own account.
    const fn takes(&self, user: &DatabaseUser) -> bool {
        user.by_iam || self.proxy.is_some()
    }

    /// Whether somebody who logs in as the user is an administrator: the master user is one, and who else is only the database
    /// knows. Nobody is one who does not exist.
    fn administers(&self, user: &str, is_master: &Fact<bool>) -> Fact<bool> {
        match (is_master, &self.users) {
            (Fact::Known(true), _) => Fact::Known(true),
            (Fact::Unknown(why), _) | (_, Err(why)) => Fact::Unknown(why.clone()),
            (_, Ok(users)) => {
                let found = users.get(user).filter(|it| self.takes(it));
                found.map_or(Fact::Known(false), |it| it.administers.clone())
            }
        }
    }

    /// Names to ask about: those that statements spell out, the master user, and the database's own.
    fn names(&self, identity: &Identity) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        names.extend(self.cluster.record.data.master_username.known().cloned());
        let own = self.users.iter().flat_map(|users| users.iter()).filter(|(_, user)| self.takes(user));
        names.extend(own.map(|(name, _)| name.clone()));
        for document in identity.policies.identity.iter().filter_map(|held| held.document.as_ref().ok()) {
            let resources = document.statements.iter().filter_map(|statement| statement.resources.as_ref());
            for pattern in resources.flat_map(|resources| &resources.patterns) {
                names.extend(pattern.fixed.as_ref().and_then(|glob| literal_user(glob.tokens())));
            }
        }
        names
    }
}

/// A name that nobody gives a database user: MySQL's names have 32 characters at most.
const NOBODY: &str = "a-user-without-a-statement-of-its-own";

/// How an identity stands to users that no statement names in full. Where statements cover a part of the names by a pattern,
/// the condition says which.
pub fn other_users(
    account: &Account,
    identity: &Identity,
    cluster: &Cluster,
    resource_id: &str,
    action: &Action,
) -> Standing {
    let nobody = account.standing(identity, action, &cluster.database_user(resource_id, Some(NOBODY)));
    nobody.or(|| {
        if !covers_users_by_pattern(identity) {
            return Standing::No;
        }
        account.standing(identity, action, &cluster.database_user(resource_id, None))
    })
}

/// Whether a statement has a user name with a wildcard or a variable in it.
fn covers_users_by_pattern(identity: &Identity) -> bool {
    identity.policies.identity.iter().any(|held| {
        held.document.as_ref().map_or(true, |document| {
            let resources = document.statements.iter().filter_map(|statement| statement.resources.as_ref());
            resources.flat_map(|resources| &resources.patterns).any(|pattern| {
                let user = pattern.text.rsplit_once('/').map_or("", |(_, user)| user);
                pattern.text.contains(":dbuser:") && user != "*" && user.contains(['*', '?', '$'])
            })
        })
    })
}

/// Logins of which nothing is known; `which` tells them from others in the key.
fn unknown(cluster: &Cluster, which: &str, why: Why) -> Connection {
    Connection {
        cluster: cluster.name().to_owned(),
        proxy: if which.is_empty() { Fact::Absent } else { Fact::Unknown(why.clone()) },
        user: "*".to_owned(),
        allowed: Derived::unknown(why.clone()),
        is_master: Fact::Unknown(why.clone()),
        administers: Fact::Unknown(why),
        exists: Fact::Absent,
        statements: Vec::new(),
        conditions: Vec::new(),
        key: format!("*@{}{which}", cluster.arn()),
    }
}

/// The user name that an ARN pattern of `rds-db` ends with, when there is no wildcard in it.
fn literal_user(tokens: &[Token]) -> Option<String> {
    let text: String = tokens
        .iter()
        .map(|token| match token {
            Token::Char(character) => *character,
            Token::One => '?',
            Token::Many => '*',
        })
        .collect();
    let (front, user) = text.rsplit_once('/')?;
    (front.contains(":dbuser:") && !user.is_empty() && !user.contains(['*', '?'])).then(|| user.to_owned())
}
