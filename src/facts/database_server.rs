//! Database servers as subjects: those of clusters, and those that were named by their address. What is set on all instances and
//! what is stored in the schemas belongs to the server, not to an account.

use std::sync::Arc;

use super::database::why_no;
use super::found::{Found, unread};
use super::privileges::server::Server;
use super::privileges::{DatabaseAccount, Partial};
use super::region::Region;
use super::subject::Identity;
use super::tls::{Endpoint, EndpointRole, Issuer, Owner};
use crate::model::{Derived, Fact, Place, Untrusted, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::{DbCluster, Engine};

facts! {
    /// A database server: of a cluster, whose instances share accounts and stored objects, or one that belongs to none.
    struct DatabaseServer = "database_server", with within: Within {
        /// The cluster; absent of a server that was named by its address.
        cluster: Fact<Arc<Record<DbCluster>>> => cluster, optional;
        /// Name of the cluster, or address of a server that belongs to none.
        database: String => database;
        /// Whether it speaks MySQL.
        is_mysql: Derived<bool> => is_mysql;
        /// Variables that make it unsafe, an instance each, as in `local_infile is ON on db.example:3306`.
        unsafe_variables: Partial => unsafe_variables;
        /// Routines and views that run as an administrator or as an account that is missing, as in
        /// `shop.totals (PROCEDURE) runs as 'admin'@'%', an administrator`.
        privileged_code: Partial => privileged_code;
        /// The same of triggers and events.
        privileged_triggers: Partial => privileged_triggers;
    } at at
}

/// A server, and the account and region that it is in.
#[derive(Debug)]
pub(super) struct Within {
    server: Arc<Server>,
    region: Arc<Region>,
}

impl DatabaseServer {
    /// The server.
    pub fn server(&self) -> &Server {
        &self.within.server
    }

    /// Who it is: the cluster, or its address.
    pub fn identity(&self) -> Identity {
        let (server, (account, region)) = (self.server(), &self.within.region.scope);
        Identity {
            kind: "database_server",
            id: Untrusted::new(server.id.clone()),
            name: Untrusted::new(server.name.clone()),
            account: account.clone(),
            region: region.clone(),
        }
    }
}

/// Where a server stands: at its cluster, else at what was first read of it.
///
/// # Errors
/// Why nothing of it was read.
pub(super) fn place_of(region: &Region, server: &Server) -> Result<Place, Why> {
    let of_cluster = server.cluster.iter().map(|cluster| cluster.at);
    let sessions = server.sessions.records.iter().map(|it| it.at);
    let accounts = server.accounts.records.iter().map(|it| it.at);
    let probe = region.estate.lookups.endpoints.newest(&region.scope, &server.id).map(|it| it.at);
    let found = of_cluster.chain(sessions).chain(accounts).chain(probe).next();
    found.map(Place::data_of).ok_or_else(|| why_no(region, "mysql:login", &server.id))
}

/// The servers of a region.
pub(super) fn servers(region: &Arc<Region>) -> Found<DatabaseServer> {
    let of_clusters = region.clusters().present().map(|cluster| region.server(cluster));
    let mut found = Found::default();
    for server in of_clusters.chain(region.servers_alone().iter().cloned()) {
        match place_of(region, &server) {
            Ok(place) => {
                let within = Within { server, region: Arc::clone(region) };
                found.present.push(Arc::new(DatabaseServer::new(within, place)));
            }
            Err(why) => found.unread.push(unread("database_server", &region.scope, &server.id, why)),
        }
    }
    found
}

/// Accounts of the servers that belong to no cluster.
pub(super) fn accounts(region: &Arc<Region>) -> Found<DatabaseAccount> {
    let mut found = Found::default();
    for server in region.servers_alone() {
        found.present.extend(DatabaseAccount::all(server));
        if let Some(why) = &server.accounts.incomplete {
            let what = format!("all accounts of {}", server.id);
            found.unread.push(unread("database_account", &region.scope, &what, why.clone()));
        }
    }
    found
}

/// Endpoints of the servers that belong to no cluster; a socket of the machine has no TLS.
pub(super) fn endpoints(region: &Arc<Region>) -> Found<Endpoint> {
    let mut found = Found::default();
    for server in region.servers_alone().iter().filter(|server| !server.id.starts_with("unix:")) {
        let owner = Owner {
            cluster: Fact::Absent,
            proxy: Fact::Absent,
            instance: Fact::Absent,
            requires_tls: server.requires_tls(),
        };
        match region.endpoint(owner, Ok(Issuer::Rds), EndpointRole::Server, &server.id) {
            Ok(endpoint) => found.present.push(Arc::new(endpoint)),
            Err(why) => found.unread.push(unread("endpoint", &region.scope, &server.id, why)),
        }
    }
    found
}

fn cluster(server: &DatabaseServer) -> Fact<Arc<Record<DbCluster>>> {
    server.server().cluster.clone().map_or(Fact::Absent, Fact::Known)
}

fn database(server: &DatabaseServer) -> String {
    server.server().name.clone()
}

fn is_mysql(server: &DatabaseServer) -> Derived<bool> {
    let Some(cluster) = &server.server().cluster else { return Derived::new(Fact::Known(true), Vec::new()) };
    let value = cluster.data.engine.as_ref().map(|engine| *engine != Engine::AuroraPostgresql);
    Derived::new(value, vec![Place::data_of(cluster.at).member("Engine")])
}

fn unsafe_variables(server: &DatabaseServer) -> Partial {
    server.server().unsafe_variables()
}

fn privileged_code(server: &DatabaseServer) -> Partial {
    let server = server.server();
    server.privileged(&server.code)
}

fn privileged_triggers(server: &DatabaseServer) -> Partial {
    let server = server.server();
    server.privileged(&server.triggers)
}
