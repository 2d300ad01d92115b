//! The records of a database server, put together. It is found by its cluster, or by its own address where it belongs to none.

use std::sync::{Arc, OnceLock};

use super::found::{Found, unread};
use super::lookup::Lookup;
use super::privileges::DatabaseAccount;
use super::privileges::server::{Rows, Server};
use super::region::Region;
use crate::model::{Explain, Fact, Why};
use crate::snapshot::schema::mysql::Account;
use crate::snapshot::schema::rds::DbCluster;
use crate::snapshot::{Kind, Record, explained};

/// The server of a cluster.
pub(super) fn of_cluster(region: &Region, cluster: &Arc<Record<DbCluster>>) -> Server {
    let name = cluster.data.db_cluster_identifier.known().unwrap_or(&cluster.id);
    server(region, &cluster.id, name, Some(Arc::clone(cluster)))
}

/// Accounts of the servers that belong to no cluster.
pub(super) fn alone(region: &Region) -> Found<DatabaseAccount> {
    let mut found = Found::default();
    for address in addresses(region) {
        let server = Arc::new(server(region, &address, &address, None));
        found.present.extend(DatabaseAccount::all(&server));
        if let Some(why) = &server.accounts.incomplete {
            let what = format!("all accounts of {address}");
            found.unread.push(unread("database_account", &region.scope, &what, why.clone()));
        }
    }
    found
}

fn server(region: &Region, key: &str, name: &str, cluster: Option<Arc<Record<DbCluster>>>) -> Server {
    let lookups = &region.estate.lookups;
    Server {
        name: name.to_owned(),
        cluster,
        sessions: answers(region, &lookups.sessions, "mysql:login", key),
        variables: answers(region, &lookups.variables, "mysql:global_variables", key),
        accounts: accounts(region, key),
        schema_grants: rows(region, &lookups.schema_grants, "mysql:mysql.db", key),
        table_grants: rows(region, &lookups.table_grants, "mysql:mysql.tables_priv", key),
        column_grants: rows(region, &lookups.column_grants, "mysql:mysql.columns_priv", key),
        routine_grants: rows(region, &lookups.routine_grants, "mysql:mysql.procs_priv", key),
        dynamic_grants: rows(region, &lookups.dynamic_grants, "mysql:mysql.global_grants", key),
        role_edges: rows(region, &lookups.role_edges, "mysql:mysql.role_edges", key),
        default_roles: rows(region, &lookups.default_roles, "mysql:mysql.default_roles", key),
        proxy_grants: rows(region, &lookups.proxy_grants, "mysql:mysql.proxies_priv", key),
        definers: rows(region, &lookups.definers, "mysql:definers", key),
        grants: OnceLock::new(),
        escalations: OnceLock::new(),
    }
}

fn accounts(region: &Region, key: &str) -> Rows<Account> {
    let mut rows = rows(region, &region.estate.lookups.accounts, "mysql:mysql.user", key);
    for record in &mut rows.records {
        *record = explained(record, |data: &mut Account| {
            data.explain(|field| region.why(&format!("mysql:mysql.user.{field}"), Some(key)));
        });
    }
    rows
}

/// What was read of a table of a server, or the gap of that table, or of the login before it.
pub(super) fn why_no(region: &Region, what: &str, key: &str) -> Why {
    match region.why(what, Some(key)) {
        Why::NotCollected => region.why("mysql:login", Some(key)),
        why => why,
    }
}

/// Answers that are not listed: one an instance, the newest counts.
fn answers<T: Kind>(region: &Region, records: &Lookup<T>, source: &str, key: &str) -> Rows<T> {
    let mut newest: Vec<Arc<Record<T>>> = Vec::new();
    for record in records.all(&region.scope, key) {
        match newest.iter_mut().find(|known| known.id == record.id) {
            Some(known) if known.observed < record.observed => *known = Arc::clone(record),
            Some(_) => {}
            None => newest.push(Arc::clone(record)),
        }
    }
    let incomplete = newest.is_empty().then(|| why_no(region, source, key));
    Rows { records: newest, incomplete }
}

/// The rows of a table, and why they are not all there.
fn rows<T: Kind>(region: &Region, records: &Lookup<T>, source: &str, key: &str) -> Rows<T> {
    let rows = records.all(&region.scope, key);
    let current = region.estate.index.current(&region.scope, source, Some(key), rows);
    let incomplete = match current.complete {
        Ok(_) => None,
        Err(Why::NotCollected) => Some(why_no(region, source, key)),
        Err(why) => Some(why),
    };
    Rows { records: current.records.into_iter().cloned().collect(), incomplete }
}

/// Addresses of servers that belong to no cluster.
fn addresses(region: &Region) -> Vec<String> {
    let sessions = region.estate.snapshot.records.sessions.iter();
    let of_region = sessions.filter(|it| (&it.account, &it.region) == (&region.scope.0, &region.scope.1));
    let alone = of_region.filter(|it| matches!(it.data.db_cluster_arn, Fact::Absent));
    let mut addresses: Vec<_> = alone.filter_map(|it| it.data.server.known().cloned()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}
