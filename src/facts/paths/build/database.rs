//! Who may log in to a cluster's database, and with which privileges.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::node::{Class, Login, Node, Wire};
use super::super::step::{Change, ChangeKind, Step, why};
use super::super::web::Web;
use crate::facts::Cluster;
use crate::facts::privileges::DatabaseAccount;
use crate::facts::privileges::effective::Origin;
use crate::facts::privileges::grants::{Grants, HolderId};
use crate::facts::privileges::scope::Scope;
use crate::facts::privileges::tables::Level;
use crate::model::{Fact, Place, Why};
use crate::snapshot::schema::mysql::SslType;

/// What the other builders need of a database.
pub(super) struct Database {
    /// Host parts of its accounts.
    pub hosts: BTreeSet<Arc<str>>,
    /// The account of the master user.
    pub master: Login,
    /// Users that authenticate by IAM.
    pub iam_users: BTreeSet<Arc<str>>,
    /// The accounts of each user; of `*` those that were not read.
    pub users: BTreeMap<Arc<str>, Vec<Login>>,
    /// Why there may be other accounts.
    pub incomplete: Option<Why>,
}

/// The host part that stands for accounts that were not read.
pub(super) const ANY_HOST: &str = "%";

/// Stands for users whose accounts were not read.
pub(super) const ANY_USER: &str = "*";

/// Rows that give an account a class of privileges and are told one by one.
const MOST_ROWS: usize = 6;

const SYSTEM_SCHEMAS: [&str; 4] = ["mysql", "sys", "performance_schema", "information_schema"];

pub(super) fn add(web: &mut Web, number: u32, cluster: &Cluster) -> Database {
    let found = cluster.database_accounts();
    let mut database = Database {
        hosts: BTreeSet::from([Arc::from(ANY_HOST)]),
        master: Login::Master,
        iam_users: BTreeSet::new(),
        users: BTreeMap::new(),
        incomplete: found.incomplete.clone(),
    };
    let mut labels = Vec::new();
    for (login, account) in (0..).zip(&found.present) {
        let label = account.account().known().cloned().unwrap_or_else(|| account.record.id.clone());
        labels.push(label.clone());
        Entry { web: &mut *web, number, login: Login::Account(login), label, account }.add(&mut database);
    }
    web.logins.push(labels);
    unread(web, number, &mut database);
    master(web, number, cluster, &database);
    let admin = Node::Goal(number, Class::Admin);
    for class in [Class::Read, Class::Write] {
        let step = Step::new("an administrator gives itself every privilege on every table");
        web.add(std::slice::from_ref(&admin), &Node::Goal(number, class), step);
    }
    database
}

/// An account, while its steps are made.
struct Entry<'a> {
    web: &'a mut Web,
    number: u32,
    login: Login,
    label: String,
    account: &'a DatabaseAccount,
}

impl Entry<'_> {
    fn place(&self, key: &str) -> Place {
        Place::data_of(self.account.record.at).member(key)
    }

    fn add(mut self, database: &mut Database) {
        let account = self.account;
        if account.is_master().value == Fact::Known(true) {
            database.master = self.login;
        }
        if account.service_account().value == Fact::Known(true) || account.can_log_in().value == Fact::Known(false) {
            return;
        }
        let by = self.credential(database);
        self.session(database, by);
        self.classes();
    }

    /// How it proves who it is, and what the connection has to be for that.
    fn credential(&mut self, database: &mut Database) -> Wire {
        let data = &self.account.record.data;
        let proves = Node::Proves(self.number, self.login);
        let user: Arc<str> = data.user.known().map_or(ANY_USER, String::as_str).into();
        database.users.entry(Arc::clone(&user)).or_default().push(self.login);
        let by_iam = match &data.plugin {
            Fact::Known(plugin) => Some(plugin == "AWSAuthenticationPlugin"),
            Fact::Absent => Some(false),
            Fact::Unknown(_) => None,
        };
        if by_iam != Some(false) {
            database.iam_users.insert(Arc::clone(&user));
            let premises = [Node::Connects(self.number, user), Node::IamAuthentication(self.number)];
            let step = Step::new(format!("a token of IAM proves to be {}", self.label));
            let mut step = self.about("plugin", &data.plugin, step);
            if let Fact::Unknown(why) = &data.user {
                step = step.unknown(why.clone());
            }
            self.web.add(&premises, &proves, step);
        }
        if by_iam != Some(true) && self.account.uses_password().value != Fact::Known(false) {
            self.password(&proves);
        }
        if by_iam == Some(true) { Wire::Tls } else { Wire::Any }
    }

    fn password(&mut self, proves: &Node) {
        let data = &self.account.record.data;
        let label = &self.label;
        let place = self.place("authentication_string_empty");
        match &data.authentication_string_empty {
            Fact::Known(true) => {
                let step = Step::new(format!("{label} has an empty password")).seen(place.clone(), "true");
                let change = Change::new(ChangeKind::Setting, format!("give {label} a password"), vec![place]);
                self.web.add(&[Node::Guest], proves, step.cut(change));
            }
            Fact::Unknown(why) => {
                let step = Step::new(format!("{label} may have an empty password")).unknown(why.clone());
                self.web.add(&[Node::Guest], proves, step);
            }
            Fact::Known(false) | Fact::Absent => {}
        }
        let step = Step::new(format!("a password proves to be {label}"));
        let step =
            self.about("plugin", &data.plugin, step).when(format!("the password of {label} is known or guessed"));
        self.web.add(&[Node::Stranger], proves, step);
    }

    fn about(&self, key: &str, fact: &Fact<String>, step: Step) -> Step {
        match fact {
            Fact::Known(value) => step.seen(self.place(key), value.clone()),
            Fact::Absent => step,
            Fact::Unknown(why) => step.unknown(why.clone()),
        }
    }

    fn session(&mut self, database: &mut Database, by: Wire) {
        let data = &self.account.record.data;
        let host: Arc<str> = data.host.known().map_or(ANY_HOST, String::as_str).into();
        database.hosts.insert(Arc::clone(&host));
        let label = &self.label;
        let lock =
            Change::new(ChangeKind::Account, format!("lock or drop {label}"), vec![self.place("account_locked")]);
        let mut step =
            Step::new(format!("the server logs it in as {label}: host `{host}` admits the address")).cut(lock);
        step = self.about("Host", &data.host, step);
        for fact in [&self.account.can_log_in().value, &self.account.service_account().value] {
            if let Fact::Unknown(why) = fact {
                step = step.unknown(why.clone());
            }
        }
        let wire = match &data.ssl_type {
            Fact::Known(SslType::None) | Fact::Absent => by,
            Fact::Known(SslType::Any) => Wire::Tls,
            Fact::Known(SslType::X509 | SslType::Specified | SslType::Other(_)) => Wire::Certificate,
            Fact::Unknown(why) => {
                step = step.unknown(why.clone());
                by
            }
        };
        let premises =
            [Node::Arrives(self.number, host), Node::Wire(self.number, wire), Node::Proves(self.number, self.login)];
        self.web.add(&premises, &Node::Session(self.number, self.login), step);
    }

    fn classes(&mut self) {
        let (id, _) = match self.account.held() {
            Ok(held) => held,
            Err(why) => return self.unknown_classes(&[Class::Read, Class::Write, Class::Admin], why),
        };
        let grants = self.account.server().grants();
        let origins = grants.origins(*id);
        for (class, words) in [(Class::Read, READS), (Class::Write, WRITES)] {
            let rows: Vec<_> = origins.iter().filter(|origin| counts(grants, origin, words)).collect();
            for origin in rows.iter().take(MOST_ROWS) {
                self.row(grants, *id, origin, &class, words);
            }
            if rows.len() > MOST_ROWS {
                let rest = rows.len().saturating_sub(MOST_ROWS);
                let step = Step::new(format!("{} holds {} on {rest} more", self.label, words.join(", ")));
                self.goal(&class, step.seen_at(rows.iter().skip(MOST_ROWS).take(1).filter_map(|it| at(it)), "a grant"));
            }
        }
        self.administers();
        self.writes_to_s3();
        for (levels, classes) in [
            (&[Level::Global, Level::Schema, Level::Table][..], &[Class::Read, Class::Write][..]),
            (&[Level::Global], &[Class::Admin]),
        ] {
            let unread = levels.iter().find_map(|level| self.account.held().ok()?.1.why(*level));
            if let Some(why) = unread {
                self.unknown_classes(classes, why);
            }
        }
    }

    fn goal(&mut self, class: &Class, step: Step) {
        self.web.add(&[Node::Session(self.number, self.login)], &Node::Goal(self.number, class.clone()), step);
    }

    fn unknown_classes(&mut self, classes: &[Class], why: &Why) {
        for class in classes {
            let mut step = Step::new(format!("{} may hold more than was read", self.label)).unknown(why.clone());
            // It may be anything, a way to what is not its own, too.
            step.escalates = true;
            self.goal(class, step);
        }
    }

    fn row(&mut self, grants: &Grants, id: HolderId, origin: &Origin, class: &Class, words: &[&str]) {
        let scope = grants.scope(origin.scope);
        let held = grants.words(origin.privileges.and(grants.set(words))).join(", ");
        let holder = origin.path.last().map_or_else(String::new, |last| grants.name(*last).to_string());
        let through: Vec<_> =
            origin.path.iter().filter(|it| **it != id).map(|it| grants.name(*it).to_string()).collect();
        let via = if through.is_empty() { String::new() } else { format!(", through {}", through.join(" > ")) };
        let mut step = Step::new(format!("{} holds {held} on {scope}{via}", self.label));
        if let Some(place) = at(origin) {
            let revoke = format!("revoke {held} on {scope} from {holder}");
            step = step.seen(place.clone(), held).cut(Change::new(ChangeKind::Grant, revoke, vec![place]));
        }
        if let (Scope::Global, Some(why)) = (scope, &grants.tables().unread_restrictions) {
            step = step.unknown(why.clone());
        }
        self.goal(class, step);
    }

    fn administers(&mut self) {
        let master = self.account.is_master();
        match &master.value {
            Fact::Known(true) => {
                let step = Step::new(format!("{} is the master user", self.label));
                // What else makes it one adds nothing.
                return self.goal(&Class::Admin, step.seen_at(master.from.clone(), &self.label.clone()));
            }
            Fact::Known(false) | Fact::Absent => {}
            Fact::Unknown(why) => self.unknown_classes(&[Class::Admin], &why.clone()),
        }
        let escalations = self.account.escalations();
        let places: Vec<_> = escalations.from.iter().take(MOST_ROWS).cloned().collect();
        let list = match &escalations.value {
            Fact::Known(list) => list,
            Fact::Absent => return,
            Fact::Unknown(why) => return self.unknown_classes(&[Class::Admin], &why.clone()),
        };
        for way in list.iter().take(MOST_ROWS) {
            match way {
                Fact::Known(way) => {
                    let mut step = Step::new(format!("it becomes an administrator: {way}"));
                    step.escalates = true;
                    self.goal(&Class::Admin, step.seen_at(places.clone(), way));
                }
                Fact::Absent => {}
                Fact::Unknown(why) => self.unknown_classes(&[Class::Admin], &why.clone()),
            }
        }
    }

    /// By what the server does for it at AWS, the data leaves.
    fn writes_to_s3(&mut self) {
        let services = self.account.aws_services();
        let Fact::Known(list) = &services.value else { return };
        let writes = |word: &&String| matches!(word.as_str(), "AWS_SELECT_S3_ACCESS" | "SELECT INTO S3");
        let Some(word) = list.iter().filter_map(Fact::known).find(writes) else { return };
        let step = Step::new(format!("{} makes the server write tables to S3 ({word})", self.label))
            .when("the cluster has a role that may write to a bucket")
            .seen_at(services.from.iter().take(1).cloned(), word);
        let read = Node::Goal(self.number, Class::Read);
        let premises = [Node::Session(self.number, self.login), read];
        self.web.add(&premises, &Node::Goal(self.number, Class::Exfiltrate), step);
    }
}

const READS: &[&str] = &["SELECT"];
const WRITES: &[&str] = &["DELETE", "DROP", "INSERT", "UPDATE"];

fn at(origin: &Origin) -> Option<Place> {
    origin.at.map(Place::data_of)
}

/// Whether a row gives one of the privileges on something that may be the customer's.
fn counts(grants: &Grants, origin: &Origin, words: &[&str]) -> bool {
    let customers = match grants.scope(origin.scope) {
        Scope::Global => true,
        Scope::Schema(db) | Scope::Table(db, _) | Scope::Column(db, ..) => !SYSTEM_SCHEMAS.contains(&db.as_str()),
        Scope::Routine(..) => false,
    };
    customers && origin.privileges.meets(grants.set(words))
}

/// Accounts that were not read may be anything.
fn unread(web: &mut Web, number: u32, database: &mut Database) {
    let Some(reason) = database.incomplete.clone() else { return };
    let reason = &reason;
    database.users.entry(ANY_USER.into()).or_default().push(Login::Unread);
    let any = Node::Arrives(number, ANY_HOST.into());
    let proves = Node::Proves(number, Login::Unread);
    // It may have an empty password: nothing has to be known for it.
    for premises in
        [[Node::Guest].as_slice(), &[Node::Connects(number, ANY_USER.into()), Node::IamAuthentication(number)]]
    {
        let step = Step::new("some account may let it in").unknown(reason.clone());
        web.add(premises, &proves, step);
    }
    let session = Node::Session(number, Login::Unread);
    let step = Step::new("some account may admit its address").unknown(reason.clone());
    web.add(&[any, Node::Wire(number, Wire::Any), proves], &session, step);
    for class in [Class::Read, Class::Write, Class::Admin] {
        let mut step = Step::new("that account may hold any privilege").unknown(reason.clone());
        step.escalates = true;
        web.add(std::slice::from_ref(&session), &Node::Goal(number, class), step);
    }
}

/// The master user, where no account that was read is known to be it. That it may do everything is known all the same.
fn master(web: &mut Web, number: u32, cluster: &Cluster, database: &Database) {
    if database.master != Login::Master {
        return;
    }
    let name = &cluster.record.data.master_username;
    let missing = || match name {
        Fact::Known(name) => Why::Dangling { kind: "mysql.account", id: name.as_str().into() },
        unknown => why(unknown),
    };
    let reason = database.incomplete.clone().unwrap_or_else(missing);
    let session = Node::Session(number, Login::Master);
    let premises =
        [Node::Arrives(number, ANY_HOST.into()), Node::Wire(number, Wire::Any), Node::Proves(number, Login::Master)];
    let step = Step::new("the server may log it in as the master user").unknown(reason.clone());
    web.add(&premises, &session, step);
    let place = Place::data_of(cluster.record.at).member("MasterUsername");
    let words = format!("the master user {} may do everything", name.known().map_or("", String::as_str));
    let step = match name {
        Fact::Known(name) if database.incomplete.is_some() => Step::new(words).seen(place, name.clone()),
        Fact::Known(name) => Step::new(words).seen(place, name.clone()).unknown(reason),
        unknown => Step::new(words).unknown(why(unknown)),
    };
    web.add(&[session], &Node::Goal(number, Class::Admin), step);
}

/// Numbers of clusters by ARN.
pub(super) type Numbers = BTreeMap<String, u32>;
