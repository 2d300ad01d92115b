//! What users and roles may do to clusters, and whom they can become.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use super::super::node::{Node, Over};
use super::super::step::{Change, ChangeKind, Step};
use super::super::web::{PrincipalLabel, Web};
use super::asked::{Answer, Asked};
use super::database::{ANY_USER, Database, Numbers};
use super::proxy;
use crate::facts::iam::account::{Because, Identity, IdentityKind, Standing, Target};
use crate::facts::iam::database::{Category, Chain, Cluster, DANGERS, Need, On, statement};
use crate::facts::iam::evaluate::Resource;
use crate::facts::iam::grammar::{Action, Effect};
use crate::facts::{AccountAccess, administers};
use crate::model::{Fact, Why};

/// Chains by which somebody gets a place in the network: the need is put to the account and not to a cluster.
static POSITIONS: LazyLock<Vec<Chain>> = LazyLock::new(|| {
    let of = |id: &str, title: &str, needs: &[(&str, On)]| {
        let needs = needs.iter().filter_map(|(action, on)| {
            Some(Need { action: Action::new(action)?, spelt: (*action).to_owned(), on: on.clone() })
        });
        Chain { id: id.to_owned(), category: Category::Exposure, title: title.to_owned(), needs: needs.collect() }
    };
    let passed = |service: &str| On::RoleFor(service.to_owned());
    vec![
        of(START_MACHINE, "start a machine in a VPC", &[("ec2:RunInstances", On::Anything)]),
        of(
            START_FUNCTION,
            "make and call a function in a VPC with a role that it passes",
            &[
                ("lambda:CreateFunction", On::Anything),
                ("lambda:InvokeFunction", On::Anything),
                ("iam:PassRole", passed("lambda.amazonaws.com")),
            ],
        ),
        of(
            START_TASK,
            "start a task in a VPC with a role that it passes",
            &[
                ("ecs:RegisterTaskDefinition", On::Anything),
                ("ecs:RunTask", On::Anything),
                ("iam:PassRole", passed("ecs-tasks.amazonaws.com")),
            ],
        ),
        of(OPEN_SESSION, "open a session of Session Manager on machines", &[("ssm:StartSession", On::Anything)]),
        of(
            OPEN_TUNNEL,
            "open a tunnel of EC2 Instance Connect to machines",
            &[("ec2-instance-connect:OpenTunnel", On::Anything)],
        ),
    ]
});

pub(super) const START_MACHINE: &str = "START-MACHINE";
pub(super) const START_FUNCTION: &str = "START-FUNCTION";
pub(super) const START_TASK: &str = "START-TASK";
pub(super) const OPEN_SESSION: &str = "OPEN-SESSION";
pub(super) const OPEN_TUNNEL: &str = "OPEN-TUNNEL";

/// Tokens for every database user.
const CONNECT: &str = "CONNECT";

/// Chains that give a login.
const LOGINS: [&str; 4] = ["CRD-01", "CRD-02", "CRD-05", "NET-05"];

/// Chains that take the data away; statements and log files that are sent somewhere are not the data.
pub(super) fn exfiltrations() -> impl Iterator<Item = &'static Chain> {
    DANGERS
        .iter()
        .filter(|chain| chain.category == Category::Exfiltration && !matches!(&*chain.id, "EXF-07" | "EXF-08"))
}

fn of_clusters() -> impl Iterator<Item = &'static Chain> {
    DANGERS.iter().filter(|chain| LOGINS.contains(&&*chain.id)).chain(exfiltrations())
}

pub(super) fn add(web: &mut Web, number: u32, access: &AccountAccess, clusters: &Numbers, databases: &[Database]) {
    let first = u32::try_from(web.principals.len()).unwrap_or(u32::MAX);
    for identity in &access.account.identities {
        let standing = administers(&access.account, identity);
        let administrator = matches!(standing, Standing::Held(because) if because.conditions.is_empty());
        web.principals.push(PrincipalLabel { arn: identity.principal.arn.clone(), administrator });
    }
    let numbered = |cluster: &Cluster| clusters.get(&cluster.record.id).copied();
    let own: Vec<(u32, &Cluster)> = access.clusters.iter().filter_map(|it| Some((numbered(it)?, it))).collect();
    let mut people = People { web, number, access, first, clusters: own, databases };
    for (index, identity) in (0..).zip(&access.account.identities) {
        if identity.kind != IdentityKind::Root && !identity.is_service_linked() {
            people.of(index, identity);
        }
    }
    people.escalations();
    people.unlisted();
    people.covered();
    proxy::near(people.web, number, &access.account.id);
    for (cluster, iam) in people.clusters.clone() {
        let database = usize::try_from(cluster).ok().and_then(|cluster| databases.get(cluster));
        if let Some(database) = database {
            proxy::add(people.web, number, (cluster, iam), database);
        }
    }
}

/// Users and roles of an account, while their steps are made.
struct People<'a> {
    web: &'a mut Web,
    number: u32,
    access: &'a AccountAccess,
    first: u32,
    clusters: Vec<(u32, &'a Cluster)>,
    databases: &'a [Database],
}

/// What somebody is asked about, for words.
fn tail(arn: &str) -> &str {
    arn.splitn(6, ':').last().unwrap_or(arn)
}

impl People<'_> {
    fn principal(&self, index: usize) -> Node {
        Node::Principal(self.first.saturating_add(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    fn of(&mut self, index: usize, identity: &Identity) {
        for chain in of_clusters().chain(POSITIONS.iter()) {
            self.chain(index, identity, chain);
        }
        self.connects(index, identity);
        for step in self.access.assumptions().steps(index) {
            self.assumes(index, identity, step.to);
        }
        super::role::trusted_from_outside(self.web, &self.principal(index), self.access, identity);
        let why = Why::Unreadable { detail: "where it sends packets from is not known".into() };
        let step = Step::glue("it may stand in a network that reaches the cluster").unknown(why);
        self.web.add(&[self.principal(index)], &Node::Somewhere, step);
    }

    fn ask<'q>(&'q self, identity: &'q Identity, action: &'q Action, targets: Fact<Vec<Target>>) -> Answer {
        Asked { account: &self.access.account, identity, action, targets }.answer()
    }

    /// The answer for all clusters at once, where there is one.
    fn everywhere(&self, identity: &Identity, need: &Need, whole: bool) -> Option<Answer> {
        if !matches!(need.on, On::Secret | On::Key) && !identity.may_touch(&need.action) {
            return Some(Answer::No);
        }
        let target = self.pattern(&need.on)?;
        let answer = self.ask(identity, &need.action, Fact::Known(vec![target]));
        let settled = match &answer {
            Answer::No => true,
            Answer::Unknown(_) => whole,
            Answer::Ways { each, .. } => whole || each.iter().all(|because| because.conditions.is_empty()),
        };
        settled.then_some(answer)
    }

    /// What stands for the need's object in every cluster of the account.
    fn pattern(&self, on: &On) -> Option<Target> {
        let account = &self.access.account;
        let of =
            |resource: &str| Some(Target::new(Resource::matching(&format!("arn:{}:{resource}", account.partition))));
        let rds = |kind: &str| of(&format!("rds:*:{}:{kind}:*", account.id));
        match on {
            On::Cluster | On::NewCluster => rds("cluster"),
            On::Snapshot => rds("cluster-snapshot"),
            On::Instance | On::NewInstance => rds("db"),
            On::Integration => rds("integration"),
            On::Deployment => rds("deployment"),
            On::RoleFor(service) => of(&format!("iam::{}:role/*", account.id)).map(|target| target.passed_to(service)),
            On::Anything => Some(Target::new(Resource::matching("*"))),
            _ => None,
        }
    }

    fn chain(&mut self, index: usize, identity: &Identity, chain: &'static Chain) {
        let of_account = chain.category == Category::Exposure && chain.id != "NET-05";
        let all: Vec<_> = chain.needs.iter().map(|need| self.everywhere(identity, need, of_account)).collect();
        if all.iter().any(|answer| matches!(answer, Some(Answer::No))) {
            return;
        }
        let over = Over::All(self.number);
        let mut waiting = Vec::new();
        let mut premises = Vec::new();
        for ((need, answer), at) in chain.needs.iter().zip(&all).zip(0..) {
            match answer {
                None => waiting.push((need, at)),
                Some(answer) => premises.push(self.need((index, identity, chain), over, (need, at), answer)),
            }
        }
        if waiting.is_empty() {
            return self.joined(chain, over, &premises);
        }
        for (cluster, iam) in self.clusters.clone() {
            let mut here = premises.clone();
            let over = Over::One(cluster);
            let answers: Vec<_> = waiting.iter().map(|(need, _)| self.ask_cluster(identity, need, iam)).collect();
            if answers.iter().any(|answer| matches!(answer, Answer::No)) {
                continue;
            }
            for ((need, at), answer) in waiting.iter().zip(&answers) {
                here.push(self.need((index, identity, chain), over, (need, *at), answer));
            }
            self.joined(chain, over, &here);
        }
    }

    fn ask_cluster(&self, identity: &Identity, need: &Need, cluster: &Cluster) -> Answer {
        let targets = cluster.targets(&need.on);
        if let (On::Cluster, Fact::Known(list)) = (&need.on, &targets)
            && !list.iter().any(|target| touches(identity, &need.action, target.resource.text()))
        {
            return Answer::No;
        }
        self.ask(identity, &need.action, targets)
    }

    /// Adds the steps to a need and gives the node; the only need of a chain is the chain.
    fn need(
        &mut self,
        (index, identity, chain): (usize, &Identity, &'static Chain),
        over: Over,
        (need, at): (&Need, u32),
        answer: &Answer,
    ) -> Node {
        let to = if chain.needs.len() == 1 {
            Node::Has(over, &chain.id)
        } else {
            Node::Need(self.first.saturating_add(u32::try_from(index).unwrap_or(u32::MAX)), over, &chain.id, at)
        };
        let what = match over {
            Over::All(_) => String::new(),
            Over::One(cluster) => self.web.cluster(cluster).map_or_else(String::new, |it| format!(" for {}", it.name)),
        };
        let words = format!("{} may {}{}{what}", tail(&identity.principal.arn), need.spelt, object(&need.on));
        self.put(&[self.principal(index)], &to, &words, &need.spelt, answer);
        to
    }

    fn joined(&mut self, chain: &'static Chain, over: Over, needs: &[Node]) {
        let has = Node::Has(over, &chain.id);
        if needs != std::slice::from_ref(&has) {
            self.web.add(needs, &has, Step::new(format!("together they let it {}", chain.title)));
        }
    }

    /// Adds a step for each way in which a permission is held.
    fn put(&mut self, premises: &[Node], to: &Node, words: &str, action: &str, answer: &Answer) {
        match answer {
            Answer::No => {}
            Answer::Unknown(why) => self.web.add(premises, to, Step::new(words).unknown(why.clone())),
            Answer::Ways { each, more } => {
                for because in each {
                    let mut step = self.step(words, because);
                    if !more {
                        step = self.cut(step, action, because);
                    }
                    self.web.add(premises, to, step);
                }
            }
        }
    }

    fn step(&self, words: &str, because: &Because) -> Step {
        let mut step = Step::new(words);
        for it in &because.statements {
            if let Some(place) = self.access.account.place(it) {
                step = step.seen(place, statement(it));
            }
        }
        step.conditions.extend(because.conditions.iter().cloned());
        step.assumes_scps = because.assuming_scps;
        step
    }

    fn cut(&self, step: Step, action: &str, because: &Because) -> Step {
        let places = self.access.account.places(because);
        let names: Vec<_> = because.statements.iter().map(statement).collect();
        if names.is_empty() || places.is_empty() {
            return step;
        }
        let words = format!("take {action} out of {}", names.join(" and "));
        let kind = if names.len() == 1 { ChangeKind::Statement } else { ChangeKind::Permission };
        step.cut(Change::new(kind, words, places))
    }

    /// Tokens for the users of each cluster that authenticate by IAM.
    fn connects(&mut self, index: usize, identity: &Identity) {
        let Some(action) = Action::new("rds-db:connect") else { return };
        if !identity.may_touch(&action) {
            return;
        }
        let account = &self.access.account;
        let every = format!("arn:{}:rds-db:*:{}:dbuser:*", account.partition, account.id);
        let answer = self.ask(identity, &action, Fact::Known(vec![Target::new(Resource::matching(&every))]));
        let words = format!("{} may get tokens for ", tail(&identity.principal.arn));
        match &answer {
            Answer::No => return,
            Answer::Ways { each, .. } if each.iter().all(|because| because.conditions.is_empty()) => {
                let to = Node::Has(Over::All(self.number), CONNECT);
                let words = format!("{words}every database user");
                return self.put(&[self.principal(index)], &to, &words, "rds-db:connect", &answer);
            }
            _ => {}
        }
        self.connects_through(index, identity, &action);
        for (cluster, iam) in self.clusters.clone() {
            for user in self.users(cluster) {
                let targets = iam
                    .record
                    .data
                    .db_cluster_resource_id
                    .as_ref()
                    .map(|id| vec![iam.database_user(id, (&*user != "*").then_some(&*user))]);
                if let Fact::Known(list) = &targets
                    && &*user != "*"
                    && !list.iter().any(|target| touches(identity, &action, target.resource.text()))
                {
                    continue;
                }
                let answer = self.ask(identity, &action, targets);
                let words = format!("{words}{user} of {}", iam.name());
                let to = Node::Connects(cluster, user);
                self.put(&[self.principal(index)], &to, &words, "rds-db:connect", &answer);
            }
        }
    }

    /// Tokens at the proxies of each cluster.
    fn connects_through(&mut self, index: usize, identity: &Identity, action: &Action) {
        for (cluster, iam) in self.clusters.clone() {
            let database = usize::try_from(cluster).ok().and_then(|cluster| self.databases.get(cluster));
            let Some(database) = database else { continue };
            for (at, door) in proxy::doors(iam).iter().enumerate() {
                let target = |user: Option<&str>| Fact::Known(vec![iam.database_user(door.resource_id(), user)]);
                if matches!(self.ask(identity, action, target(None)), Answer::No) {
                    continue;
                }
                for user in database.users.keys() {
                    let named = (door.is_known() && &**user != ANY_USER).then_some(&**user);
                    let answer = self.ask(identity, action, target(named));
                    let from = tail(&identity.principal.arn);
                    let words = format!("{from} may get tokens for {user} of {} at {}", iam.name(), door.name);
                    let to = Node::ConnectsThrough(cluster, at, Arc::clone(user));
                    self.put(&[self.principal(index)], &to, &words, "rds-db:connect", &answer);
                }
            }
        }
    }

    /// Users to ask about; any user where they are not all known.
    fn users(&self, cluster: u32) -> BTreeSet<Arc<str>> {
        let database = usize::try_from(cluster).ok().and_then(|cluster| self.databases.get(cluster));
        let Some(database) = database else { return BTreeSet::new() };
        let any = database.incomplete.is_some().then(|| Arc::from(ANY_USER));
        database.iam_users.iter().cloned().chain(any).collect()
    }

    fn assumes(&mut self, index: usize, identity: &Identity, to: usize) {
        let (Some(action), Some(role)) = (Action::new("sts:AssumeRole"), self.access.account.identities.get(to)) else {
            return;
        };
        let Some(target) = super::role::trust_target(role) else { return };
        let answer = self.ask(identity, &action, Fact::Known(vec![target]));
        let words = format!("{} assumes {}", tail(&identity.principal.arn), tail(&role.principal.arn));
        self.put(&[self.principal(index)], &self.principal(to), &words, "sts:AssumeRole", &answer);
    }

    /// Steps to permissions of others, where those are worth anything.
    fn escalations(&mut self) {
        let identities = self.access.account.identities.clone();
        let leads = |people: &Self, index: usize| {
            let node = people.web.known(&people.principal(index));
            node.is_some_and(|node| people.web.graph.from(node).len() > 1)
        };
        let worth: Vec<bool> = (0..identities.len()).map(|index| leads(self, index)).collect();
        for (index, identity) in identities.iter().enumerate() {
            if identity.kind == IdentityKind::Root || identity.is_service_linked() {
                continue;
            }
            let found = crate::facts::iam::account::escalations(&self.access.account, index, &[], |to| {
                worth.get(to).copied().unwrap_or(false)
            });
            let mut known = BTreeMap::new();
            for escalation in found {
                known.entry((escalation.to, escalation.method.clone())).or_insert(escalation.standing);
            }
            for ((to, method), standing) in known {
                self.escalation(index, identity, &method, to, &standing);
            }
        }
    }

    fn escalation(&mut self, index: usize, identity: &Identity, method: &str, to: Option<usize>, standing: &Standing) {
        let from = tail(&identity.principal.arn);
        let (node, words) = match to.and_then(|to| Some((to, self.access.account.identities.get(to)?))) {
            Some((to, other)) => {
                (self.principal(to), format!("{from} acts as {} by {method}", tail(&other.principal.arn)))
            }
            None => (Node::Anything(self.number), format!("{from} gives itself any permission by {method}")),
        };
        let mut step = match standing {
            Standing::No => return,
            Standing::Unknown(why) => Step::new(words).unknown(why.clone()),
            Standing::Held(because) => {
                let step = self.step(&words, because);
                let places = self.access.account.places(because);
                step.cut(Change::new(ChangeKind::Permission, format!("take {method} away from {from}"), places))
            }
        };
        step.escalates = true;
        if to.is_none() && identity.policies.boundary.is_some() {
            step = step.when("its permissions boundary leaves it what it takes");
        }
        self.web.add(&[self.principal(index)], &node, step);
    }

    /// Users and roles that were not read may do anything.
    fn unlisted(&mut self) {
        let everything: Vec<_> =
            of_clusters().chain(POSITIONS.iter()).map(|chain| chain.id.as_str()).chain([CONNECT]).collect();
        if self.web.known(&Node::Anything(self.number)).is_some() {
            for chain in &everything {
                let step = Step::new("any permission is enough");
                self.web.add(&[Node::Anything(self.number)], &Node::Has(Over::All(self.number), chain), step);
            }
        }
        let Some(why) = &self.access.account.incomplete else { return };
        let arn = unlisted(&self.access.account.id);
        let node = Node::Principal(u32::try_from(self.web.principals.len()).unwrap_or(u32::MAX));
        self.web.principals.push(PrincipalLabel { arn, administrator: false });
        for chain in everything {
            let mut step = Step::new("somebody who was not read may hold it").unknown(why.clone());
            // By whatever way, one that is not its own, too.
            step.escalates = true;
            self.web.add(std::slice::from_ref(&node), &Node::Has(Over::All(self.number), chain), step);
        }
        super::role::may_trust_anybody(self.web, &node, "a role that was not read", why);
        self.web.add(&[node], &Node::Somewhere, Step::new("it may stand anywhere").unknown(why.clone()));
    }

    /// What covers every cluster covers each.
    fn covered(&mut self) {
        for (cluster, iam) in self.clusters.clone() {
            for chain in of_clusters() {
                let all = Node::Has(Over::All(self.number), &chain.id);
                if self.web.known(&all).is_some() {
                    let has_it = chain.id != "CRD-02" || !matches!(iam.targets(&On::Secret), Fact::Absent);
                    let step = Step::glue(format!("that covers {}", iam.name()));
                    if has_it {
                        self.web.add(&[all], &Node::Has(Over::One(cluster), &chain.id), step);
                    }
                }
            }
            let all = Node::Has(Over::All(self.number), CONNECT);
            if self.web.known(&all).is_some() {
                for user in self.users(cluster) {
                    let step = Step::glue(format!("that covers {user} of {}", iam.name()));
                    self.web.add(std::slice::from_ref(&all), &Node::Connects(cluster, user), step);
                }
                self.covered_at_proxies(&all, cluster, iam);
            }
        }
        self.own_places();
    }

    fn covered_at_proxies(&mut self, all: &Node, cluster: u32, iam: &Cluster) {
        let database = usize::try_from(cluster).ok().and_then(|cluster| self.databases.get(cluster));
        for user in database.into_iter().flat_map(|database| database.users.keys()) {
            for at in 0..proxy::doors(iam).len() {
                let step = Step::glue(format!("that covers {user} of {} at a proxy", iam.name()));
                self.web.add(std::slice::from_ref(all), &Node::ConnectsThrough(cluster, at, Arc::clone(user)), step);
            }
        }
    }

    /// Where somebody stands who starts something.
    fn own_places(&mut self) {
        for chain in [START_MACHINE, START_FUNCTION, START_TASK] {
            let has = Node::Has(Over::All(self.number), chain);
            if self.web.known(&has).is_some() {
                let step =
                    Step::new("what it starts stands in the VPC that it chooses, and in any security group of it");
                self.web.add(&[has], &Node::Own(self.number), step);
            }
        }
    }
}

/// What stands for the users and roles of an account that were not read.
pub(super) fn unlisted(account: &str) -> String {
    format!("users and roles of {account} that were not read")
}

/// What an action is done to, where it is not the cluster itself.
const fn object(on: &On) -> &'static str {
    match on {
        On::Snapshot => " on snapshots",
        On::Instance => " on its instances",
        On::NewCluster => " as a new cluster",
        On::NewInstance => " as a new instance",
        _ => "",
    }
}

/// Whether a statement that allows the action has a resource that can cover this one: a cheap look before the question is asked
/// properly.
fn touches(identity: &Identity, action: &Action, arn: &str) -> bool {
    identity.policies.identity.iter().any(|held| {
        held.document.as_ref().map_or(true, |document| {
            document.statements.iter().filter(|it| it.effect != Some(Effect::Deny)).any(|statement| {
                statement.actions.as_ref().is_none_or(|actions| actions.covers(action))
                    && statement.resources.as_ref().is_none_or(|resources| {
                        resources.negated
                            || resources
                                .patterns
                                .iter()
                                .any(|pattern| pattern.fixed.as_ref().is_none_or(|glob| glob.matches(arn)))
                    })
            })
        })
    })
}
