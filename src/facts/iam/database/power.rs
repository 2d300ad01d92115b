//! Powers over the clusters of an account: groups of actions any of which is enough for what rules forbid to all but a few.

use std::collections::BTreeSet;

use super::cluster::{Cluster, On};
use super::danger;
use crate::facts::iam::account::{Account, Because, Identity, Standing, Target};
use crate::facts::iam::evaluate::{Held, Layer, Resource, StatementRef};
use crate::facts::iam::grammar::{Action, Statement};
use crate::model::{Derived, Fact, Place, Why};

facts! {
    /// A power of an identity over clusters of its account.
    struct Power = "iam_power" {
        /// Whether it is held over a cluster at least; unknown where what would decide could not be read.
        held: Derived<bool>;
        /// Names of the clusters that it is held over, sorted.
        clusters: Vec<String>;
        /// The actions that give it, sorted.
        actions: Vec<String>;
        /// The statements that allow them, as `POLICY statement NUMBER`.
        statements: Vec<String>;
        /// What has to hold besides, as policies say it; empty when nothing does.
        conditions: Vec<String>;
        /// Whether it is assumed that no service control policy denies it, because those could not be read.
        assumes_no_scp_denies: bool;
    }
}

/// The powers that rules ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerName {
    /// Create, change or delete any cluster.
    Administration,
    /// Set the master password, or switch audit and TLS off.
    MasterReset,
    /// Let data leave by snapshots and exports.
    SnapshotSharing,
    /// Read the master secret.
    SecretReading,
    /// Run SQL by the Data API.
    DataApi,
}

/// A power and the actions any of which gives it.
pub static POWERS: &[(PowerName, &[(&str, On)])] = &[
    (
        PowerName::Administration,
        &[
            ("rds:ModifyDBCluster", On::NewCluster),
            ("rds:DeleteDBCluster", On::NewCluster),
            ("rds:CreateDBCluster", On::NewCluster),
            ("rds:DeleteDBInstance", On::NewInstance),
        ],
    ),
    (
        PowerName::MasterReset,
        &[
            ("rds:ModifyDBCluster", On::Cluster),
            ("rds:ModifyDBInstance", On::Instance),
            ("rds:ModifyDBClusterParameterGroup", On::ParameterGroup),
            ("rds:ResetDBClusterParameterGroup", On::ParameterGroup),
        ],
    ),
    (
        PowerName::SnapshotSharing,
        &[
            ("rds:ModifyDBClusterSnapshotAttribute", On::Snapshot),
            ("rds:CopyDBClusterSnapshot", On::Snapshot),
            ("rds:StartExportTask", On::Cluster),
            ("rds:StartExportTask", On::Snapshot),
        ],
    ),
    (PowerName::SecretReading, &[("secretsmanager:GetSecretValue", On::Secret)]),
    (
        PowerName::DataApi,
        &[("rds-data:ExecuteStatement", On::Cluster), ("rds-data:BatchExecuteStatement", On::Cluster)],
    ),
];

/// How an identity stands to a power over the clusters; `unread` says why there may be more of them.
pub fn power(
    account: &Account,
    identity: &Identity,
    clusters: &[Cluster],
    unread: Option<&Why>,
    name: PowerName,
) -> Power {
    let actions = POWERS.iter().find(|(power, _)| *power == name).map_or(&[] as &[_], |(_, actions)| *actions);
    let mut found = Found::default();
    for (text, on) in actions {
        let Some(action) = Action::new(text) else { continue };
        if name == PowerName::Administration {
            found.add(text, None, everywhere(account, identity, &action, on));
            continue;
        }
        if !on.is_guarded() && !identity.may_touch(&action) {
            continue;
        }
        for cluster in clusters.iter().filter(|cluster| name != PowerName::DataApi || speaks_http(cluster)) {
            found.add(text, Some(cluster), danger::on(account, identity, cluster, &action, on));
        }
        if let Some(why) = unread {
            found.unknown.get_or_insert_with(|| why.clone());
        }
    }
    found.power(account)
}

/// Whether an action is allowed whatever the name: a part of the names is not everywhere.
fn everywhere(account: &Account, identity: &Identity, action: &Action, on: &On) -> Standing {
    let word = if *on == On::NewInstance { "db" } else { "cluster" };
    let pattern = format!("arn:{}:rds:*:{}:{word}:*", account.partition, account.id);
    let standing = account.standing(identity, action, &Target::new(Resource::matching(&pattern)));
    if standing.is_for_some_names() { Standing::No } else { standing }
}

/// Whether the Data API may be on.
fn speaks_http(cluster: &Cluster) -> bool {
    cluster.record.data.http_endpoint_enabled.known() != Some(&false)
}

#[derive(Default)]
struct Found {
    because: Because,
    clusters: BTreeSet<String>,
    actions: BTreeSet<String>,
    places: BTreeSet<Place>,
    held: bool,
    unknown: Option<Why>,
}

impl Found {
    fn add(&mut self, action: &str, cluster: Option<&Cluster>, standing: Standing) {
        match standing {
            Standing::No => {}
            Standing::Unknown(why) => {
                self.unknown.get_or_insert(why);
            }
            Standing::Held(because) => {
                self.held = true;
                self.actions.insert(action.to_owned());
                self.clusters.extend(cluster.map(|cluster| cluster.name().to_owned()));
                self.because.extend(because);
            }
        }
    }

    fn power(mut self, account: &Account) -> Power {
        let held = match (self.held, self.unknown) {
            (true, _) => Fact::Known(true),
            (false, Some(why)) => Fact::Unknown(why),
            (false, None) => Fact::Known(false),
        };
        self.places.extend(account.places(&self.because));
        let statements: BTreeSet<_> = self.because.statements.iter().map(statement).collect();
        Power {
            held: Derived::new(held, self.places.into_iter().collect()),
            clusters: self.clusters.into_iter().collect(),
            actions: self.actions.into_iter().collect(),
            statements: statements.into_iter().collect(),
            conditions: self.because.conditions.into_iter().collect(),
            assumes_no_scp_denies: self.because.assuming_scps,
        }
    }
}

/// The statement of an identity policy, as decisions name it.
pub(super) fn reference(held: &Held, statement: &Statement) -> StatementRef {
    StatementRef {
        layer: Layer::Identity,
        policy: std::sync::Arc::clone(&held.id),
        statement: Some(statement.index),
        sid: statement.sid.clone(),
    }
}

/// What people call a statement: `POLICY statement 2`, or by its Sid.
pub fn statement(statement: &StatementRef) -> String {
    match (&statement.sid, statement.statement) {
        (Some(sid), _) if !sid.is_empty() => format!("{} statement `{sid}`", statement.policy),
        (_, Some(index)) => format!("{} statement {}", statement.policy, index + 1),
        (_, None) => statement.policy.to_string(),
    }
}
