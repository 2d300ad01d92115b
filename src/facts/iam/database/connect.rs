//! Who may log in by IAM as which database user: `rds-db:connect`. Aurora User Guide, "Creating and using an IAM policy for IAM
//! database access".

use std::collections::BTreeSet;

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
        /// The database user; `*` stands for every user that is not listed by name.
        user: String;
        /// Whether the login is allowed; unknown where what would decide could not be read.
        allowed: Derived<bool>;
        /// Whether the user is the master user; unknown when its name was not read.
        is_master: Fact<bool>;
        /// Whether the user exists and authenticates by IAM; absent when the database was not read.
        exists: Fact<bool>, optional;
        /// The statements that allow it.
        statements: Vec<String>;
        /// What has to hold besides; empty when nothing does.
        conditions: Vec<String>;
    } key key
}

/// A user of a cluster's database that authenticates by IAM.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatabaseUser {
    /// ARN of the cluster.
    pub cluster: String,
    /// User name.
    pub user: String,
}

/// The logins that an identity may do on a cluster. `users` are the database users that authenticate by IAM, none when the
/// database was not read.
pub fn connections(
    account: &Account,
    identity: &Identity,
    cluster: &Cluster,
    users: Option<&BTreeSet<DatabaseUser>>,
) -> Vec<Connection> {
    let Some(action) = Action::new("rds-db:connect") else { return Vec::new() };
    if !identity.may_touch(&action) {
        return Vec::new();
    }
    let resource_id = match &cluster.record.data.db_cluster_resource_id {
        Fact::Known(id) => id,
        Fact::Absent => return vec![unknown(cluster, Why::NotCollected)],
        Fact::Unknown(why) => return vec![unknown(cluster, why.clone())],
    };
    let exists = |name: &str| match users {
        None => Fact::Absent,
        Some(users) => Fact::Known(users.iter().any(|it| it.cluster == cluster.arn() && it.user == name)),
    };
    let mut found = Vec::new();
    for name in names(identity, cluster, users) {
        let target = cluster.database_user(resource_id, Some(&name));
        found.extend(connection(account, cluster, &name, &account.standing(identity, &action, &target), exists(&name)));
    }
    let rest = other_users(account, identity, cluster, resource_id, &action);
    found.extend(connection(account, cluster, "*", &rest, Fact::Absent));
    found
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

fn connection(
    account: &Account,
    cluster: &Cluster,
    user: &str,
    standing: &Standing,
    exists: Fact<bool>,
) -> Option<Connection> {
    let because = match standing {
        Standing::No => return None,
        Standing::Held(because) => because.clone(),
        Standing::Unknown(_) => Because::default(),
    };
    let master = &cluster.record.data.master_username;
    Some(Connection {
        cluster: cluster.name().to_owned(),
        user: user.to_owned(),
        allowed: Derived::new(standing.fact(), account.places(&because)),
        is_master: master.as_ref().map(|master| user == "*" || user == master),
        exists,
        statements: because.statements.iter().map(statement).collect(),
        conditions: because.conditions.into_iter().collect(),
        key: format!("{user}@{}", cluster.arn()),
    })
}

fn unknown(cluster: &Cluster, why: Why) -> Connection {
    Connection {
        cluster: cluster.name().to_owned(),
        user: "*".to_owned(),
        allowed: Derived::unknown(why.clone()),
        is_master: Fact::Unknown(why),
        exists: Fact::Absent,
        statements: Vec::new(),
        conditions: Vec::new(),
        key: format!("*@{}", cluster.arn()),
    }
}

/// Names to ask about: those that statements spell out, the master user, and the database's own.
fn names(identity: &Identity, cluster: &Cluster, users: Option<&BTreeSet<DatabaseUser>>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    names.extend(cluster.record.data.master_username.known().cloned());
    let own = users.into_iter().flatten().filter(|user| user.cluster == cluster.arn());
    names.extend(own.map(|user| user.user.clone()));
    for document in identity.policies.identity.iter().filter_map(|held| held.document.as_ref().ok()) {
        let resources = document.statements.iter().filter_map(|statement| statement.resources.as_ref());
        for pattern in resources.flat_map(|resources| &resources.patterns) {
            names.extend(pattern.fixed.as_ref().and_then(|glob| literal_user(glob.tokens())));
        }
    }
    names
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
