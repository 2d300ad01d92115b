//! What a snapshot holds of one database server, and the analyses over it, each made when it is first asked for.

use std::sync::{Arc, OnceLock};

use super::escalation::Graph;
use super::grants::Grants;
use super::read::tables;
use crate::model::Why;
use crate::snapshot::Record;
use crate::snapshot::schema::mysql::{
    Account, ColumnGrant, DefaultRole, Definer, DynamicGrant, GlobalVariables, ProxyGrant, RoleEdge, RoutineGrant,
    SchemaGrant, Session, TableGrant,
};
use crate::snapshot::schema::rds::DbCluster;

/// Rows of one table, and why they are not all there.
#[derive(Debug)]
pub struct Rows<T> {
    /// Those that could be read.
    pub records: Vec<Arc<Record<T>>>,
    /// Why there may be more.
    pub incomplete: Option<Why>,
}

/// The records of one server: of a cluster, whose instances share their grant tables, or of a server that was named by its address.
#[derive(Debug)]
pub struct Server {
    /// ARN of the cluster, or `host:port`.
    pub id: String,
    /// Identifier of the cluster, or `host:port`.
    pub name: String,
    /// The cluster, if it is one.
    pub cluster: Option<Arc<Record<DbCluster>>>,
    /// Sessions.
    pub sessions: Rows<Session>,
    /// Global variables of each instance that was read.
    pub variables: Rows<GlobalVariables>,
    /// `mysql.user`
    pub accounts: Rows<Account>,
    /// `mysql.db`
    pub schema_grants: Rows<SchemaGrant>,
    /// `mysql.tables_priv`
    pub table_grants: Rows<TableGrant>,
    /// `mysql.columns_priv`
    pub column_grants: Rows<ColumnGrant>,
    /// `mysql.procs_priv`
    pub routine_grants: Rows<RoutineGrant>,
    /// `mysql.global_grants`
    pub dynamic_grants: Rows<DynamicGrant>,
    /// `mysql.role_edges`
    pub role_edges: Rows<RoleEdge>,
    /// `mysql.default_roles`
    pub default_roles: Rows<DefaultRole>,
    /// `mysql.proxies_priv`
    pub proxy_grants: Rows<ProxyGrant>,
    /// Stored routines and views, and whom they run as.
    pub code: Rows<Definer>,
    /// Triggers and events, and whom they run as. Few may see all of them.
    pub triggers: Rows<Definer>,
    /// The tables, read; filled by [`Server::grants`].
    pub grants: OnceLock<Grants>,
    /// Ways to become an administrator; filled by [`Server::escalations`].
    pub escalations: OnceLock<Graph>,
}

impl Server {
    /// The grant tables, read and indexed.
    pub fn grants(&self) -> &Grants {
        self.grants.get_or_init(|| Grants::new(tables(self)))
    }

    /// Ways to become an administrator.
    pub fn escalations(&self) -> &Graph {
        self.escalations.get_or_init(|| Graph::new(self.grants()))
    }
}

impl<T> Default for Rows<T> {
    /// Nothing was read.
    fn default() -> Self {
        Self { records: Vec::new(), incomplete: Some(Why::NotCollected) }
    }
}
