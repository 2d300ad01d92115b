//! What was read inside a cluster's database.

use std::sync::Arc;

use super::region::Region;
use super::{explained, unread_of};
use crate::facts::lookup::Lookup;
use crate::facts::privileges::{DatabaseAccount, Roles};
use crate::facts::world::Facts;
use crate::model::{Explain, Fact, Why};
use crate::snapshot::schema::mysql::{Account, GlobalVariables};
use crate::snapshot::schema::rds::DbCluster;
use crate::snapshot::{Kind, Record};

impl Region<'_> {
    /// What was read of a table of the cluster's database, or the gap of that table, or of the login before it.
    fn why_no(&self, what: &str, cluster: &Record<DbCluster>) -> Why {
        match self.index.why(self.scope, what, Some(&cluster.id)) {
            Why::NotCollected => self.index.why(self.scope, "mysql:login", Some(&cluster.id)),
            why => why,
        }
    }

    /// Global variables of the server that was logged in to.
    pub(super) fn variables(&self, cluster: &Record<DbCluster>) -> Fact<Arc<Record<GlobalVariables>>> {
        match self.lookups.variables.newest(self.scope, &cluster.id) {
            Some(record) => Fact::Known(Arc::clone(record)),
            None => Fact::Unknown(self.why_no("mysql:global_variables", cluster)),
        }
    }

    /// Joins the accounts of the cluster's database.
    pub(super) fn accounts_of(
        &self,
        cluster: &Arc<Record<DbCluster>>,
        variables: &Fact<Arc<Record<GlobalVariables>>>,
        facts: &mut Facts,
    ) -> Fact<Vec<Arc<DatabaseAccount>>> {
        let (present, accounts) = self.rows(&self.lookups.accounts, "mysql:mysql.user", cluster);
        let (edges, all_edges) = self.rows(&self.lookups.role_edges, "mysql:mysql.role_edges", cluster);
        let edges = all_edges.map(|()| edges);
        let roles = match &accounts {
            Fact::Unknown(why) => Err(why.clone()),
            Fact::Known(()) | Fact::Absent => Roles::new(edges, variables, &present),
        };
        let account = |record: &&Arc<Record<Account>>| {
            let record = explained(record, |data: &mut Account| {
                data.explain(|key| self.index.why(self.scope, &format!("mysql:mysql.user.{key}"), Some(&cluster.id)));
            });
            Arc::new(DatabaseAccount::new(&record, cluster, &roles, variables))
        };
        let accounts_facts: Vec<_> = present.iter().map(account).collect();
        facts.database_accounts.extend(accounts_facts.iter().cloned());
        match accounts {
            Fact::Unknown(why) => {
                facts.unread.push(unread_of("database_account", "all accounts", cluster, why.clone()));
                Fact::Unknown(why)
            }
            Fact::Known(()) | Fact::Absent => Fact::Known(accounts_facts),
        }
    }

    /// The rows of a grant table of the cluster's database, and why they are not all there.
    fn rows<'r, T: Kind>(
        &self,
        records: &Lookup<'r, T>,
        source: &str,
        cluster: &Record<DbCluster>,
    ) -> (Vec<&'r Arc<Record<T>>>, Fact<()>) {
        let rows = records.all(self.scope, &cluster.id);
        let current = self.index.current(self.scope, source, Some(&cluster.id), rows);
        let complete = match current.complete {
            Ok(_) => Fact::Known(()),
            Err(Why::NotCollected) => Fact::Unknown(self.why_no(source, cluster)),
            Err(why) => Fact::Unknown(why),
        };
        (current.records, complete)
    }
}
