//! What was read inside a cluster's database.

use std::sync::Arc;

use super::Cluster;
use crate::facts::found::{Found, unread_of};
use crate::facts::lookup::Lookup;
use crate::facts::privileges::{DatabaseAccount, Roles};
use crate::facts::region::Region;
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
