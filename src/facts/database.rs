//! The records of a database server, put together. It is found by its cluster, or by its own address where it belongs to none.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::index::Scope;
use super::lookup::Lookup;
use super::privileges::server::{Rows, Server};
use super::region::Region;
use crate::model::{Explain, Fact, Why};
use crate::snapshot::schema::mysql::{Account, Definer, GlobalVariables, Session};
use crate::snapshot::schema::rds::{DbCluster, DbInstance};
use crate::snapshot::{Kind, Record, Snapshot, explained};

/// Where servers are that were named by their address: in no account and no region.
pub const NOWHERE: (&str, &str) = ("", "");

const ROUTINES_AND_VIEWS: &[&str] = &["mysql:definers.ROUTINE", "mysql:definers.VIEW"];
const TRIGGERS_AND_EVENTS: &[&str] = &["mysql:definers.TRIGGER", "mysql:definers.EVENT"];

/// The server of a cluster.
pub(super) fn of_cluster(region: &Region, cluster: &Arc<Record<DbCluster>>) -> Server {
    let name = cluster.data.db_cluster_identifier.known().unwrap_or(&cluster.id);
    server(region, &cluster.id, name, Some(Arc::clone(cluster)))
}

/// The servers that belong to no cluster.
pub(super) fn alone(region: &Region) -> Vec<Arc<Server>> {
    let addresses = addresses(&region.estate.snapshot, &region.scope).into_iter();
    addresses.map(|address| Arc::new(server(region, &address, &address, None))).collect()
}

fn server(region: &Region, key: &str, name: &str, cluster: Option<Arc<Record<DbCluster>>>) -> Server {
    let lookups = &region.estate.lookups;
    let sessions = answers(region, &lookups.sessions, "mysql:login", key);
    let variables = variables(region, cluster.as_deref(), &sessions, key);
    Server {
        id: key.to_owned(),
        name: name.to_owned(),
        cluster,
        sessions,
        variables,
        accounts: accounts(region, key),
        schema_grants: rows(region, &lookups.schema_grants, "mysql:mysql.db", key),
        table_grants: rows(region, &lookups.table_grants, "mysql:mysql.tables_priv", key),
        column_grants: rows(region, &lookups.column_grants, "mysql:mysql.columns_priv", key),
        routine_grants: rows(region, &lookups.routine_grants, "mysql:mysql.procs_priv", key),
        dynamic_grants: rows(region, &lookups.dynamic_grants, "mysql:mysql.global_grants", key),
        role_edges: rows(region, &lookups.role_edges, "mysql:mysql.role_edges", key),
        default_roles: rows(region, &lookups.default_roles, "mysql:mysql.default_roles", key),
        proxy_grants: rows(region, &lookups.proxy_grants, "mysql:mysql.proxies_priv", key),
        code: definers(region, ROUTINES_AND_VIEWS, key),
        triggers: definers(region, TRIGGERS_AND_EVENTS, key),
        grants: OnceLock::new(),
        escalations: OnceLock::new(),
    }
}

/// The variables of every instance: one that was logged in to without telling them, and one that could not be logged in to, leave
/// the rest in doubt.
fn variables(
    region: &Region,
    cluster: Option<&Record<DbCluster>>,
    sessions: &Rows<Session>,
    key: &str,
) -> Rows<GlobalVariables> {
    const SOURCE: &str = "mysql:global_variables";
    let mut rows = answers(region, &region.estate.lookups.variables, SOURCE, key);
    let is_read = |server: &Fact<String>| rows.records.iter().any(|it| it.data.server == *server);
    let silent = sessions.records.iter().find(|it| !is_read(&it.data.server));
    let silent = silent.map(|it| region.why(SOURCE, it.data.server.known().map(String::as_str)));
    let refused = || {
        let addresses = cluster.map(|cluster| instance_addresses(region, cluster)).unwrap_or_default();
        let unread = addresses.into_iter().filter(|address| !is_read(&Fact::Known(address.clone())));
        unread.map(|address| region.own_why(SOURCE, &address)).find(Option::is_some).flatten()
    };
    if rows.incomplete.is_none() {
        rows.incomplete = silent.or_else(refused);
    }
    rows
}

/// Addresses of the instances of a cluster, as far as they are known.
fn instance_addresses(region: &Region, cluster: &Record<DbCluster>) -> Vec<String> {
    let name = cluster.data.db_cluster_identifier.known();
    let members = region.members().known().zip(name).and_then(|(members, name)| members.get(name));
    let address = |instance: &Arc<Record<DbInstance>>| {
        let endpoint = instance.data.endpoint.known()?;
        Some(format!("{}:{}", endpoint.address.known()?, endpoint.port.known()?))
    };
    members.into_iter().flatten().filter_map(address).collect()
}

/// Stored objects of these sources, each of which is listed by itself.
fn definers(region: &Region, sources: &[&str], key: &str) -> Rows<Definer> {
    let all = region.estate.lookups.definers.all(&region.scope, key);
    let mut found = Rows { records: Vec::new(), incomplete: None };
    for source in sources {
        let of_source = all.iter().copied().filter(|record| record.source == *source).collect();
        let Rows { records, incomplete } = listed(region, of_source, source, key);
        found.records.extend(records);
        found.incomplete = found.incomplete.or(incomplete);
    }
    found
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
    listed(region, records.all(&region.scope, key), source, key)
}

fn listed<T: Kind>(region: &Region, rows: Vec<&Arc<Record<T>>>, source: &str, key: &str) -> Rows<T> {
    let current = region.estate.index.current(&region.scope, source, Some(key), rows);
    let incomplete = match current.complete {
        Ok(_) => None,
        Err(Why::NotCollected) => Some(why_no(region, source, key)),
        Err(why) => Some(why),
    };
    Rows { records: current.records.into_iter().cloned().collect(), incomplete }
}

/// Addresses of servers that belong to no cluster: those that were logged in to, and those that are in no region, of which a probe
/// or a gap may be all that there is.
fn addresses(snapshot: &Snapshot, (account, region): &Scope) -> BTreeSet<String> {
    let records = &snapshot.records;
    let here = |of: (&str, &str)| of == (account, region);
    let sessions = records.sessions.iter().filter(|it| here((&it.account, &it.region)));
    let alone = sessions.filter(|it| matches!(it.data.db_cluster_arn, Fact::Absent));
    let mut addresses: BTreeSet<String> = alone.filter_map(|it| it.data.server.known().cloned()).collect();
    if here(NOWHERE) {
        let accounts = records.accounts.iter().filter(|it| here((&it.account, &it.region)));
        let accounts = accounts.filter(|it| matches!(it.data.db_cluster_arn, Fact::Absent));
        addresses.extend(accounts.filter_map(|it| it.data.server.known().cloned()));
        let probed = records.tls_endpoints.iter().filter(|it| here((&it.account, &it.region)));
        addresses.extend(probed.filter(|it| matches!(it.data.db_cluster_arn, Fact::Absent)).map(|it| it.id.clone()));
        let gaps = records.gaps.iter().filter(|it| here((&it.account, &it.region)) && it.data.what == "mysql:login");
        addresses.extend(gaps.filter_map(|it| it.data.target.clone()));
    }
    addresses
}

/// Whether there are servers in no account and no region.
pub(super) fn are_nowhere(snapshot: &Snapshot) -> bool {
    let (account, region) = NOWHERE;
    !addresses(snapshot, &(account.to_owned(), region.to_owned())).is_empty()
}
