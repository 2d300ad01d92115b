//! From records to facts, an account and region at a time.

mod database;
mod endpoint;
mod region;
mod subnet_group;

use std::sync::Arc;

use self::region::Region;
use super::iam;
use super::index::{Index, Scope};
use super::lookup::Lookups;
use super::scope::{GLOBAL, accounts, scopes};
use super::subject::Identity;
use super::tls::Anchors;
use super::world::{Facts, Unread};
use crate::model::{Place, Untrusted, Why};
use crate::snapshot::schema::rds::DbCluster;
use crate::snapshot::{Record, Snapshot};

/// Joins all records.
pub fn facts(snapshot: &Snapshot) -> Facts {
    let index = Index::new(snapshot);
    let lookups = Lookups::new(&snapshot.records);
    let mut facts = Facts::default();
    let scopes = scopes(snapshot);
    let anchors = Anchors::new(snapshot);
    for scope in &scopes {
        Region::new(snapshot, &index, &lookups, &anchors, scope).join(&mut facts);
    }
    for account in accounts(snapshot, &scopes) {
        join_policies(snapshot, &index, &account, &mut facts);
    }
    facts
}

fn join_policies(snapshot: &Snapshot, index: &Index<'_>, account: &str, facts: &mut Facts) {
    let scope = (account.to_owned(), GLOBAL.to_owned());
    let (policies, missing) = iam::Principals::new(snapshot, index, &scope).policies(account);
    facts.policies.extend(policies.into_iter().map(|policy| (account.to_owned(), policy)));
    facts.unread.extend(missing.into_iter().map(|missing| unread("iam_policy", &scope, &missing.id, missing.why)));
}

fn unread(kind: &'static str, (account, region): &Scope, id: &str, why: Why) -> Unread {
    let id = Untrusted::new(id);
    Unread { identity: Identity { kind, name: id.clone(), id, account: account.clone(), region: region.clone() }, why }
}

/// Something of a cluster that could not be read, by the cluster's ARN for machines and by its name for people.
fn unread_of(kind: &'static str, what: &str, cluster: &Record<DbCluster>, why: Why) -> Unread {
    let scope = (cluster.account.clone(), cluster.region.clone());
    let mut unread = unread(kind, &scope, &format!("{what} of {}", cluster.id), why);
    if let Some(name) = cluster.data.db_cluster_identifier.known() {
        unread.identity.name = Untrusted::new(format!("{what} of {name}"));
    }
    unread
}

/// The record with reasons for what it lacks.
fn explained<T: Clone>(record: &Arc<Record<T>>, explain: impl Fn(&mut T)) -> Arc<Record<T>> {
    let mut record = Record::clone(record);
    explain(&mut record.data);
    Arc::new(record)
}

fn place<T>(record: &Record<T>, key: &str) -> Place {
    Place::data_of(record.at).member(key)
}
