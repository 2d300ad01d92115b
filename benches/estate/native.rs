//! The floor: rules that come with the program, written by hand in Rust over the same typed facts. Nothing that judges rules it
//! reads from files can be faster than this.

use aurora_audit::facts::{Cluster, Facts, Instance, privileges::DatabaseAccount, privileges::HostScope};
use aurora_audit::model::{Derived, Fact, Outcome};

/// The rules that are written here, sorted by id.
pub const RULES: [&str; 9] = [
    "data-storage-encrypted",
    "db-iam-auth-enabled",
    "db-master-name-not-default",
    "db-no-anonymous",
    "db-no-empty-password",
    "db-no-wildcard-host",
    "net-instance-not-public",
    "res-backup-retention",
    "res-deletion-protection",
];

/// Names that are guessed first, as `db-master-name-not-default` lists them.
const GUESSED: [&str; 8] = ["admin", "administrator", "awsuser", "master", "mysql", "postgres", "rdsadmin", "root"];

/// How many verdicts have each outcome, in the order pass, fail, unknown, not applicable.
pub type Tally = [usize; 4];

/// Adds an outcome.
pub fn count(tally: &mut Tally, outcome: Outcome) {
    let slot = match outcome {
        Outcome::Pass => 0,
        Outcome::Fail => 1,
        Outcome::Unknown | Outcome::Error => 2,
        Outcome::NotApplicable => 3,
    };
    tally[slot] += 1;
}

/// Judges all subjects.
pub fn judge(facts: &Facts) -> Tally {
    let mut tally = Tally::default();
    for cluster in &facts.clusters().present {
        for outcome in clusters(cluster) {
            count(&mut tally, outcome);
        }
    }
    for instance in &facts.instances().present {
        count(&mut tally, public(instance));
    }
    for account in &facts.database_accounts().present {
        for outcome in accounts(account) {
            count(&mut tally, outcome);
        }
    }
    tally
}

fn outcome(holds: Option<bool>) -> Outcome {
    match holds {
        Some(true) => Outcome::Pass,
        Some(false) => Outcome::Fail,
        None => Outcome::Unknown,
    }
}

fn flag(fact: &Fact<bool>) -> Option<bool> {
    fact.known().copied()
}

fn computed(fact: &Derived<bool>) -> Option<bool> {
    flag(&fact.value)
}

/// Kleene's `&&`.
fn and(left: Option<bool>, right: impl FnOnce() -> Option<bool>) -> Option<bool> {
    match left {
        Some(false) => Some(false),
        Some(true) => right(),
        None => {
            if right() == Some(false) {
                Some(false)
            } else {
                None
            }
        }
    }
}

fn not(value: Option<bool>) -> Option<bool> {
    value.map(|value| !value)
}

fn clusters(cluster: &Cluster) -> [Outcome; 5] {
    let data = &cluster.record.data;
    let encrypted = flag(&data.storage_encrypted);
    let encrypted = if encrypted == Some(true) {
        encrypted
    } else {
        match &data.storage_encryption_type {
            Fact::Known(kind) if kind.as_str() != "none" => Some(true),
            Fact::Known(_) => encrypted,
            Fact::Absent => Some(true),
            Fact::Unknown(_) => None,
        }
    };
    let master = data.master_username.known().map(|name| !GUESSED.contains(&name.to_lowercase().as_str()));
    [
        outcome(encrypted),
        outcome(flag(&data.iam_database_authentication_enabled)),
        outcome(master),
        outcome(data.backup_retention_period.known().map(|days| *days >= 7)),
        outcome(flag(&data.deletion_protection)),
    ]
}

fn public(instance: &Instance) -> Outcome {
    let data = &instance.record.data;
    match data.db_cluster_identifier {
        Fact::Known(_) => outcome(not(flag(&data.publicly_accessible))),
        Fact::Absent => Outcome::NotApplicable,
        Fact::Unknown(_) => Outcome::Unknown,
    }
}

fn accounts(account: &DatabaseAccount) -> [Outcome; 3] {
    let data = &account.record.data;
    let empty = and(and(computed(account.can_log_in()), || computed(account.uses_password())), || {
        flag(&data.authentication_string_empty)
    });
    let applies = and(and(not(computed(account.service_account())), || computed(account.can_log_in())), || {
        not(computed(account.is_master()))
    });
    let wildcard = match applies {
        None => Outcome::Unknown,
        Some(false) => Outcome::NotApplicable,
        Some(true) => outcome(account.host_scope().value.known().map(|scope| *scope != HostScope::Any)),
    };
    [outcome(data.user.known().map(|user| !user.is_empty())), outcome(not(empty)), wildcard]
}
