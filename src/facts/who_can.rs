//! Who may do an action: every principal of the accounts of a snapshot that is allowed, or may be, by itself or as a role that
//! it can become.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::iam::account::{Account, Because, Identity, Standing, Target};
use super::iam::database::{Cluster, other_users, statement};
use super::iam::evaluate::{Decision, Resource, StatementRef};
use super::iam::grammar::Action;
use super::principal::AccountAccess;
use crate::model::Place;

/// What is asked.
#[derive(Debug)]
pub struct Question {
    /// The action as it was written.
    pub spelt: String,
    /// The action.
    pub action: Action,
    /// What it is done to: an ARN, an ARN with `*` and `?`, the name of a cluster, or `CLUSTER/USER`; anything without one.
    pub resource: Option<String>,
}

/// Why a question cannot be asked.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum QuestionError {
    /// The resource is nothing that the snapshot or IAM knows.
    #[error("`{0}` is neither an ARN nor a cluster of the snapshot")]
    Resource(String),
}

/// How somebody is allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Allowed.
    Allowed,
    /// Allowed when conditions hold.
    Conditional,
    /// Something that would decide could not be read.
    Unknown,
}

impl Verdict {
    /// The word that outputs show.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Conditional => "conditional",
            Self::Unknown => "unknown",
        }
    }
}

/// Somebody who may do it.
#[derive(Debug)]
pub struct Answer {
    /// ARN of the principal.
    pub principal: String,
    /// The permission set of IAM Identity Center, when the principal is a role of one: the people behind it were not assessed.
    pub permission_set: Option<String>,
    /// What it may do it to.
    pub resource: String,
    /// The database user that it logs in as.
    pub login: Option<Login>,
    /// How it is allowed.
    pub verdict: Verdict,
    /// What has to hold.
    pub conditions: Vec<String>,
    /// What the conditions are about.
    pub classes: Vec<&'static str>,
    /// The statements that allow.
    pub statements: Vec<(String, Option<Place>)>,
    /// The statements that may deny.
    pub against: Vec<(String, Option<Place>)>,
    /// The roles that it becomes on the way, the last of which is allowed; empty when it is allowed itself.
    pub through: Vec<String>,
    /// Whether it is assumed that no unread service control policy denies it.
    pub assumes_no_scp_denies: bool,
}

/// A login to a database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Login {
    /// Name of the cluster.
    pub cluster: String,
    /// The proxy at which it is done; none at the cluster itself.
    pub proxy: Option<String>,
    /// The user; `*` is every user without a line of its own.
    pub user: String,
}

/// All answers, and what is missing.
#[derive(Debug, Default)]
pub struct Answers {
    /// Sorted by principal, resource and way.
    pub answers: Vec<Answer>,
    /// What could not be read and may hide somebody.
    pub incomplete: Vec<String>,
    /// Principals that were asked about.
    pub asked: usize,
}

/// Asks the question of every principal.
///
/// # Errors
/// When the resource is not one.
pub fn who_can(accounts: &[Arc<AccountAccess>], question: &Question) -> Result<Answers, QuestionError> {
    let mut answers = Answers::default();
    for access in accounts {
        let Some(objects) = objects(access, question) else { continue };
        let account = &access.account;
        answers.asked += account.identities.len();
        if question.action.service() == "rds-db" {
            let unread = access.clusters.iter().filter_map(|it| Some((it.name(), it.unread_proxies.as_ref()?)));
            answers.incomplete.extend(unread.map(|(name, why)| format!("proxies that lead to {name}: {why}")));
        }
        if let Some(why) = &account.incomplete {
            answers.incomplete.push(format!("users and roles of {}: {why}", account.id));
        }
        if let (Some(why), None) = (&access.unread_clusters, &question.resource) {
            answers.incomplete.push(format!("clusters of {}: {why}", account.id));
        }
        for object in &objects {
            of_object(access, question, object, &mut answers.answers);
        }
    }
    if answers.asked == 0
        && let Some(resource) = &question.resource
    {
        return Err(QuestionError::Resource(resource.clone()));
    }
    let key = |it: &Answer| (it.principal.clone(), it.resource.clone(), it.through.clone());
    answers.answers.sort_by_key(key);
    Ok(answers)
}

/// What is asked about.
struct Object {
    target: Target,
    login: Option<Login>,
    /// The cluster, when it stands for the database users that no statement names in full.
    rest_of: Option<(Cluster, String)>,
}

/// The objects of a question in an account; none when the resource is another account's.
fn objects(access: &AccountAccess, question: &Question) -> Option<Vec<Object>> {
    let plain = |target| Object { target, login: None, rest_of: None };
    let connects = question.action.service() == "rds-db";
    match question.resource.as_deref() {
        None if connects => Some(access.clusters.iter().flat_map(|cluster| logins(access, cluster, None)).collect()),
        None | Some("*") => Some(vec![plain(Target::new(Resource::matching("*")))]),
        Some(arn) if arn.starts_with("arn:") => {
            let account = arn.split(':').nth(4).unwrap_or_default();
            let is_own = account.is_empty() || account.contains(['*', '?']) || account == access.account.id;
            let resource = if arn.contains(['*', '?']) { Resource::matching(arn) } else { Resource::arn(arn) };
            let tags = access.clusters.iter().find(|cluster| cluster.arn() == arn).and_then(Cluster::tags);
            is_own.then(|| vec![plain(Target::new(resource).tagged(tags))])
        }
        Some(name) => {
            let (cluster, user) = name.split_once('/').map_or((name, None), |(name, user)| (name, Some(user)));
            let clusters: Vec<_> = access.clusters.iter().filter(|it| it.name() == cluster).collect();
            let objects = clusters.into_iter().flat_map(|cluster| {
                if connects {
                    logins(access, cluster, user)
                } else {
                    vec![plain(Target::new(Resource::arn(cluster.arn())).tagged(cluster.tags()))]
                }
            });
            let objects: Vec<_> = objects.collect();
            (!objects.is_empty()).then_some(objects)
        }
    }
}

/// The database users of a cluster that somebody could log in as, at itself and at its proxies: those that policies and the
/// database name, and any other.
fn logins(access: &AccountAccess, cluster: &Cluster, user: Option<&str>) -> Vec<Object> {
    let own = cluster.record.data.db_cluster_resource_id.known().map(|id| (None, id.as_str()));
    let proxies = cluster.proxies.iter().map(|it| (Some(it.name.clone()), it.resource_id.as_str()));
    let doors: Vec<_> = own.into_iter().chain(proxies).collect();
    let names: BTreeSet<String> = if let Some(user) = user {
        BTreeSet::from([user.to_owned()])
    } else {
        let all = access.account.identities.iter().flat_map(|identity| access.connections(identity, cluster));
        all.map(|connection| connection.user).chain(["*".to_owned()]).collect()
    };
    let object = |proxy: &Option<String>, id: &str, user: &String| Object {
        target: cluster.database_user(id, Some(user.as_str()).filter(|user| *user != "*")),
        login: Some(Login { cluster: cluster.name().to_owned(), proxy: proxy.clone(), user: user.clone() }),
        rest_of: (user == "*").then(|| (cluster.clone(), id.to_owned())),
    };
    let of_door = |(proxy, id): &(Option<String>, &str)| -> Vec<Object> {
        names.iter().map(|user| object(proxy, id, user)).collect()
    };
    doors.iter().flat_map(of_door).collect()
}

fn of_object(access: &AccountAccess, question: &Question, object: &Object, answers: &mut Vec<Answer>) {
    let account = &access.account;
    let mut direct: BTreeMap<usize, Answer> = BTreeMap::new();
    for (index, identity) in account.identities.iter().enumerate() {
        if let Some(answer) = ask(account, question, identity, object) {
            direct.insert(index, answer);
        }
    }
    for (index, identity) in account.identities.iter().enumerate() {
        if direct.contains_key(&index) {
            continue;
        }
        for (role, (way, standing)) in access.assumptions().reachable(index) {
            let Some(answer) = direct.get(&role) else { continue };
            answers.push(through(account, identity, answer, &way, &standing));
        }
    }
    answers.extend(direct.into_values());
}

fn ask(account: &Account, question: &Question, identity: &Identity, object: &Object) -> Option<Answer> {
    if !identity.may_touch(&question.action) {
        return None;
    }
    let decision = account.decide(identity, &question.action, &object.target, account.options());
    let against = match &decision {
        Decision::Conditional(it) if object.rest_of.is_none() => it.against.clone(),
        _ => Vec::new(),
    };
    let standing = match &object.rest_of {
        Some((cluster, id)) => other_users(account, identity, cluster, id, &question.action),
        None => Standing::new(decision, || identity.unread().or_else(|| account.unread_scp())),
    };
    let (verdict, because) = match standing {
        Standing::No => return None,
        Standing::Held(because) if because.conditions.is_empty() => (Verdict::Allowed, because),
        Standing::Held(because) => (Verdict::Conditional, because),
        Standing::Unknown(why) => {
            let mut because = Because::default();
            because.conditions.insert(why.to_string());
            (Verdict::Unknown, because)
        }
    };
    let named = |list: &mut dyn Iterator<Item = &StatementRef>| {
        list.map(|it| (statement(it), account.place(it))).collect::<Vec<_>>()
    };
    Some(Answer {
        principal: identity.principal.arn.clone(),
        permission_set: identity.permission_set().map(str::to_owned),
        resource: object.target.resource.text().to_owned(),
        login: object.login.clone(),
        verdict,
        conditions: because.conditions.iter().cloned().collect(),
        classes: because.classes.iter().map(|class| class.as_str()).collect(),
        statements: named(&mut because.statements.iter()),
        against: named(&mut against.iter()),
        through: Vec::new(),
        assumes_no_scp_denies: because.assuming_scps,
    })
}

/// The same answer for somebody who can become the one that is allowed.
fn through(account: &Account, identity: &Identity, answer: &Answer, way: &[usize], standing: &Standing) -> Answer {
    let mut conditions = answer.conditions.clone();
    let mut verdict = answer.verdict.clone();
    let mut assumes = answer.assumes_no_scp_denies;
    match standing {
        Standing::Held(because) => {
            conditions.extend(because.conditions.iter().map(|it| format!("to assume the role: {it}")));
            assumes |= because.assuming_scps;
            if !because.conditions.is_empty() {
                verdict = verdict.max(Verdict::Conditional);
            }
        }
        Standing::Unknown(why) => {
            conditions.push(format!("to assume the role: {why}"));
            verdict = Verdict::Unknown;
        }
        Standing::No => {}
    }
    let roles = way.iter().filter_map(|role| account.identities.get(*role));
    Answer {
        principal: identity.principal.arn.clone(),
        permission_set: identity.permission_set().map(str::to_owned),
        resource: answer.resource.clone(),
        login: answer.login.clone(),
        verdict,
        conditions,
        classes: answer.classes.clone(),
        statements: answer.statements.clone(),
        against: answer.against.clone(),
        through: roles.map(|role| role.principal.arn.clone()).collect(),
        assumes_no_scp_denies: assumes,
    }
}
