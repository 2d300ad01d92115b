//! Which clients were connected without TLS, by an old version of it, or by a connector that cannot verify cluster endpoints.

use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use crate::facts::table::{MYSQL_CLIENTS, edition, table};
use crate::model::{Fact, Place, Version, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::mysql::ClientConnection;

vocabulary! {
    /// What carries a client's packets.
    enum Transport = "client_transport" {
        /// TLS.
        Tls = "tls",
        /// TCP in the clear.
        Plain = "plain",
        /// A way that does not leave the machine.
        Local = "local",
    }
}

facts! {
    /// Clients that were connected to a server when it was read, and are alike.
    struct Client = "client" {
        /// The server, as `host:port`.
        server: Fact<String>;
        /// The account's user name.
        user: Fact<String>;
        /// What carries their packets.
        transport: Fact<Transport>;
        /// TLS version, as in `TLSv1.2`; absent without TLS.
        ssl_version: Fact<String>, optional;
        /// Whether they speak a version of TLS before 1.2.
        old_tls: Fact<bool>;
        /// Connector that they named; absent when they named none.
        connector: Fact<String>, optional;
        /// Its version.
        connector_version: Fact<String>, optional;
        /// Whether the connector is known, by a dated table, not to look at subject alternative names: it can verify instance endpoints
        /// only.
        without_san: Fact<bool>;
        /// The edition of that table, and whether it was stale when the clients were seen; absent for a connector without a name.
        connector_table: Fact<String>, optional;
        /// Connections.
        connections: Fact<i64>;
    } key id at at
}

#[derive(Debug, Deserialize)]
struct Connector {
    name: String,
    /// First version of the line.
    from: String,
    first_good: String,
}

#[derive(Debug, Deserialize)]
struct Table {
    connectors: Vec<Connector>,
}

static TABLE: LazyLock<Result<Table, Why>> = LazyLock::new(|| table(MYSQL_CLIENTS));

impl Client {
    /// Reads a count of like clients.
    pub fn new(record: &Record<ClientConnection>) -> Arc<Self> {
        let data = &record.data;
        let transport = data.connection_type.as_ref().and_then(|kind| transport(kind));
        Arc::new(Self {
            id: record.id.clone(),
            at: Place::data_of(record.at),
            server: data.server.clone(),
            user: data.user.clone(),
            old_tls: old_tls(&transport, &data.ssl_version),
            transport,
            ssl_version: data.ssl_version.clone(),
            without_san: match (&data.client_name, &data.client_version) {
                (Fact::Known(name), Fact::Known(version)) => without_san(name, version),
                (Fact::Unknown(why), _) | (_, Fact::Unknown(why)) => Fact::Unknown(why.clone()),
                (Fact::Absent, _) | (_, Fact::Absent) => Fact::Known(false),
            },
            connector_table: data.client_name.as_ref().and_then(|_| {
                let edition = edition(MYSQL_CLIENTS, record.observed);
                edition.map_or_else(Fact::Unknown, |edition| Fact::Known(format!("connectors {edition}")))
            }),
            connector: data.client_name.clone(),
            connector_version: data.client_version.clone(),
            connections: data.connections.clone(),
        })
    }
}

/// MySQL Reference Manual, "The threads Table", `CONNECTION_TYPE`.
fn transport(kind: &str) -> Fact<Transport> {
    match kind {
        "SSL/TLS" => Fact::Known(Transport::Tls),
        "TCP/IP" => Fact::Known(Transport::Plain),
        "Socket" | "Named Pipe" | "Shared Memory" => Fact::Known(Transport::Local),
        other => Fact::Unknown(Why::Unreadable { detail: format!("`{other}` is no known CONNECTION_TYPE").into() }),
    }
}

fn old_tls(transport: &Fact<Transport>, version: &Fact<String>) -> Fact<bool> {
    match (transport, version) {
        (Fact::Known(Transport::Tls), Fact::Absent) => Fact::Unknown(Why::NotCollected),
        (Fact::Known(Transport::Tls), version) => {
            version.as_ref().map(|version| !matches!(version.as_str(), "TLSv1.2" | "TLSv1.3"))
        }
        (transport, _) => transport.as_ref().map(|_| false),
    }
}

/// Versions may carry a suffix, as in `5.7.44-log`.
fn without_san(name: &str, version: &str) -> Fact<bool> {
    let connectors = match TABLE.as_ref() {
        Ok(table) => &table.connectors,
        Err(why) => return Fact::Unknown(why.clone()),
    };
    let numbers = version.split(|it: char| !it.is_ascii_digit() && it != '.').next().unwrap_or_default();
    let Ok(version) = numbers.parse::<Version>() else { return Fact::Known(false) };
    let line = connectors
        .iter()
        .filter(|it| it.name == name)
        .rfind(|it| it.from.parse().is_ok_and(|from: Version| from <= version));
    Fact::Known(line.is_some_and(|it| it.first_good.parse().is_ok_and(|good: Version| version < good)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_connectors_are_known_by_name_and_version() {
        for (name, version, expected) in [
            ("libmysql", "5.6.51", true),
            ("libmysql", "5.7.22", true),
            ("libmysql", "5.7.23", false),
            ("libmysql", "5.7.44-log", false),
            ("libmysql", "8.0.11", true),
            ("libmysql", "8.0.12", false),
            ("libmysql", "9.7.4", false),
            ("libmysql", "10.0.5", false),
            ("libmysql", "", false),
            ("mysqlnd", "mysqlnd 8.2.0", false),
            ("MySQL Connector/J", "5.1.49", false),
        ] {
            assert_eq!(without_san(name, version), Fact::Known(expected), "{name} {version}");
        }
    }

    #[test]
    fn transport_and_version_say_what_can_be_read() {
        let version = |text: &str| Fact::Known(text.to_owned());
        for (kind, ssl_version, old) in [
            ("SSL/TLS", version("TLSv1.3"), Some(false)),
            ("SSL/TLS", version("TLSv1.1"), Some(true)),
            ("SSL/TLS", Fact::Absent, None),
            ("TCP/IP", Fact::Absent, Some(false)),
            ("Socket", Fact::Absent, Some(false)),
            ("Carrier Pigeon", Fact::Absent, None),
        ] {
            assert_eq!(old_tls(&transport(kind), &ssl_version).known().copied(), old, "{kind}");
        }
    }
}
