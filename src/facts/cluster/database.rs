//! What was read inside a cluster's database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Cluster;
use crate::facts::found::{Found, unread_of};
use crate::facts::lookup::Lookup;
use crate::facts::privileges::{DatabaseAccount, Roles};
use crate::facts::region::Region;
use crate::facts::tls::{Client, is_voluntary};
use crate::model::{Explain, Fact, Why};
use crate::snapshot::schema::mysql::{Account, GlobalVariables};
use crate::snapshot::schema::rds::DbCluster;
use crate::snapshot::{Kind, Record, explained};

/// Global variables of the server that was logged in to.
pub(super) fn variables(cluster: &Cluster) -> Fact<Arc<Record<GlobalVariables>>> {
    let region = &cluster.region;
    match region.estate.lookups.variables.newest(&region.scope, &cluster.record.id) {
        Some(record) => Fact::Known(Arc::clone(record)),
        None => Fact::Unknown(why_no(region, "mysql:global_variables", &cluster.record)),
    }
}

/// Global variables of every server that was logged in to; a server whose session was noted and whose variables are missing leaves
/// them unknown.
pub(super) fn all_variables(cluster: &Cluster) -> Fact<Vec<&Arc<Record<GlobalVariables>>>> {
    let (region, arn) = (&cluster.region, &cluster.record.id);
    let lookups = &region.estate.lookups;
    let mut newest: BTreeMap<&str, &Arc<Record<GlobalVariables>>> = BTreeMap::new();
    for record in lookups.variables.all(&region.scope, arn) {
        let known = newest.entry(&record.id).or_insert(record);
        if known.observed < record.observed {
            *known = record;
        }
    }
    let read: BTreeSet<_> = newest.values().filter_map(|record| record.data.server.known()).collect();
    let sessions = lookups.sessions.all(&region.scope, arn);
    let silent = sessions.iter().any(|it| it.data.server.known().is_none_or(|server| !read.contains(server)));
    if newest.is_empty() || silent {
        return Fact::Unknown(why_no(region, "mysql:global_variables", &cluster.record));
    }
    Fact::Known(newest.into_values().collect())
}

/// Clients of every server that was logged in to. A server that keeps no count is left out where another one does.
pub(super) fn clients(cluster: &Cluster) -> Fact<Vec<Arc<Client>>> {
    const SOURCE: &str = "mysql:performance_schema.threads";
    let (region, arn) = (&cluster.region, &cluster.record.id);
    let sessions = region.estate.lookups.sessions.all(&region.scope, arn);
    let all = region.estate.lookups.clients.all(&region.scope, arn);
    let servers = sessions.iter().map(|it| &it.data.server).chain(all.iter().map(|it| &it.data.server));
    let servers: BTreeSet<_> = servers.filter_map(Fact::known).collect();
    let (mut clients, mut counted, mut silent) = (Vec::new(), false, None);
    for server in servers {
        let rows = all.iter().copied().filter(|it| it.data.server.known() == Some(server)).collect();
        let current = region.estate.index.current(&region.scope, SOURCE, Some(server), rows);
        match current.complete {
            Ok(_) => counted = true,
            Err(why) if is_voluntary(&why) => drop(silent.get_or_insert(why)),
            Err(why) => return Fact::Unknown(why),
        }
        clients.extend(current.records.into_iter().map(|record| Client::new(record)));
    }
    match silent {
        _ if counted => Fact::Known(clients),
        Some(why) => Fact::Unknown(why),
        None => Fact::Unknown(why_no(region, SOURCE, &cluster.record)),
    }
}

/// Accounts of the cluster's database.
pub(super) fn accounts(cluster: &Cluster) -> Found<DatabaseAccount> {
    let (region, record, variables) = (&cluster.region, &cluster.record, cluster.variables());
    let lookups = &region.estate.lookups;
    let (present, accounts) = rows(region, &lookups.accounts, "mysql:mysql.user", record);
    let (edges, all_edges) = rows(region, &lookups.role_edges, "mysql:mysql.role_edges", record);
    let roles = match &accounts {
        Fact::Unknown(why) => Err(why.clone()),
        Fact::Known(()) | Fact::Absent => Roles::new(all_edges.map(|()| edges), variables, &present),
    };
    let account = |account: &&Arc<Record<Account>>| {
        let account = explained(account, |data: &mut Account| {
            data.explain(|key| region.why(&format!("mysql:mysql.user.{key}"), Some(&record.id)));
        });
        Arc::new(DatabaseAccount::new(&account, record, &roles, variables))
    };
    let incomplete = if let Fact::Unknown(why) = accounts { Some(why) } else { None };
    let unread = incomplete.iter().map(|why| unread_of("database_account", "all accounts", record, why.clone()));
    Found { present: present.iter().map(account).collect(), unread: unread.collect(), incomplete }
}

/// What was read of a table of the cluster's database, or the gap of that table, or of the login before it.
fn why_no(region: &Region, what: &str, cluster: &Record<DbCluster>) -> Why {
    match region.why(what, Some(&cluster.id)) {
        Why::NotCollected => region.why("mysql:login", Some(&cluster.id)),
        why => why,
    }
}

/// The rows of a grant table of the cluster's database, and why they are not all there.
fn rows<'r, T: Kind>(
    region: &Region,
    records: &'r Lookup<T>,
    source: &str,
    cluster: &Record<DbCluster>,
) -> (Vec<&'r Arc<Record<T>>>, Fact<()>) {
    let rows = records.all(&region.scope, &cluster.id);
    let current = region.estate.index.current(&region.scope, source, Some(&cluster.id), rows);
    let complete = match current.complete {
        Ok(_) => Fact::Known(()),
        Err(Why::NotCollected) => Fact::Unknown(why_no(region, source, cluster)),
        Err(why) => Fact::Unknown(why),
    };
    (current.records, complete)
}
