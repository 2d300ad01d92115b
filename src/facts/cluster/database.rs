//! What was read inside a cluster's database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Cluster;
use crate::facts::database;
use crate::facts::found::{Found, unread_of};
use crate::facts::privileges::DatabaseAccount;
use crate::facts::tls::{Client, is_voluntary};
use crate::model::{Derived, Fact};
use crate::snapshot::Record;
use crate::snapshot::schema::mysql::GlobalVariables;

/// Global variables of the server that was logged in to.
pub(super) fn variables(cluster: &Cluster) -> Fact<Arc<Record<GlobalVariables>>> {
    let region = &cluster.region;
    match region.estate.lookups.variables.newest(&region.scope, &cluster.record.id) {
        Some(record) => Fact::Known(Arc::clone(record)),
        None => Fact::Unknown(database::why_no(region, "mysql:global_variables", &cluster.record.id)),
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
        return Fact::Unknown(database::why_no(region, "mysql:global_variables", &cluster.record.id));
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
        None => Fact::Unknown(database::why_no(region, SOURCE, &cluster.record.id)),
    }
}

/// Accounts of the cluster's database.
pub(super) fn accounts(cluster: &Cluster) -> Found<DatabaseAccount> {
    let server = cluster.region.server(&cluster.record);
    let incomplete = server.accounts.incomplete.clone();
    let unread =
        incomplete.iter().map(|why| unread_of("database_account", "all accounts", &cluster.record, why.clone()));
    Found { unread: unread.collect(), present: DatabaseAccount::all(&server), incomplete }
}

/// What is wrong with the account `rdsadmin`.
pub(super) fn rdsadmin_deviations(cluster: &Cluster) -> Derived<Vec<Fact<String>>> {
    cluster.region.server(&cluster.record).rdsadmin_deviations()
}
