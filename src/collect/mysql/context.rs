//! What every table read of one session needs: where the records belong, what the server is, and how a failure is written down.

use super::columns::Columns;
use super::failure::Failure;
use super::own::Own;
use crate::collect::{ClusterTarget, Sink};
use crate::model::{Gap, GapReason, Version};
use crate::snapshot::schema::mysql::Flavour;

/// A server that was logged in to, and the cluster it belongs to.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// The cluster.
    pub(super) cluster: &'a ClusterTarget,
    /// `host:port` by the real name.
    pub(super) server: String,
    /// `CURRENT_USER()`.
    pub(super) current_user: String,
    /// The server's version, when its text begins with one.
    pub(super) version: Option<Version>,
    /// Whose server it is; unknown when the variables could not be read.
    pub(super) flavour: Option<Flavour>,
    /// Columns that the login may read, by schema and table.
    pub(super) columns: Columns,
    /// What the login may do everywhere.
    pub(super) own: Own,
}

impl Context<'_> {
    /// Account and region of the records.
    pub(super) fn scope(&self) -> (&str, &str) {
        (&self.cluster.account, &self.cluster.region)
    }

    /// ARN of the cluster; none of a server that was named by its address.
    pub(super) fn cluster_arn(&self) -> Option<String> {
        self.cluster.cluster_arn()
    }

    /// Whether it is MariaDB, whose versions count otherwise.
    pub(super) const fn is_mariadb(&self) -> bool {
        matches!(self.flavour, Some(Flavour::Mariadb))
    }

    /// Whether the grant tables are those from before MySQL 8.0: not transactional, and anybody's to write who may.
    pub(super) fn has_old_tables(&self) -> bool {
        self.is_mariadb() || self.is_older_than("8.0")
    }

    /// Whether the server is known to be a MySQL older than this version, so that what came with it is not there.
    pub(super) fn is_older_than(&self, version: &str) -> bool {
        !self.is_mariadb()
            && match (&self.version, version.parse::<Version>()) {
                (Some(server), Ok(version)) => *server < version,
                _ => false,
            }
    }

    /// An identifier below the cluster.
    pub(super) fn id(&self, name: &str) -> String {
        format!("{}/{name}", self.cluster.arn)
    }

    /// Writes down that `what` could not be read of this one server.
    pub(super) fn server_gap(
        &self,
        sink: &mut Sink,
        what: &str,
        reason: GapReason,
        needs: Option<&str>,
        message: &str,
    ) {
        let gap = Gap {
            what: format!("mysql:{what}"),
            target: Some(self.server.clone()),
            reason,
            needs: needs.map(str::to_owned),
            message: message.into(),
            at: None,
        };
        sink.gap(self.scope(), &gap);
    }

    /// Writes down that `what` (a table, or a column of one) could not be read.
    pub(super) fn gap(&self, sink: &mut Sink, what: &str, failure: &Failure, needs: Option<String>) {
        let needs = needs.filter(|_| failure.is_denied() || failure.reason().is_voluntary());
        let needs = failure.needs().map(str::to_owned).or(needs);
        gap(sink, self.cluster, what, failure.reason(), needs, failure.to_string());
    }
}

/// The gap of a failure that ends the reading of a cluster.
pub(super) fn failed(sink: &mut Sink, cluster: &ClusterTarget, what: &str, failure: &Failure) {
    gap(sink, cluster, what, failure.reason(), failure.needs().map(str::to_owned), failure.to_string());
}

/// A gap of this collector: they all name the cluster.
pub(super) fn gap(
    sink: &mut Sink,
    cluster: &ClusterTarget,
    what: &str,
    reason: GapReason,
    needs: Option<String>,
    message: String,
) {
    let what = format!("mysql:{what}");
    let target = Some(cluster.arn.clone());
    let gap = Gap { what, target, reason, needs, message: message.into(), at: None };
    sink.gap((&cluster.account, &cluster.region), &gap);
}

/// The numbers that a version text begins with: `8.0.39`, `5.7.44-log`, `9.7.4-2`.
pub(super) fn version(text: &str) -> Option<Version> {
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::collect::{EndpointRole, EndpointTarget};
    use crate::snapshot::schema::rds::Engine;

    /// A cluster with one endpoint a role.
    pub(in crate::collect::mysql) fn cluster(engine: Engine) -> ClusterTarget {
        let endpoint = |host: &str, role| EndpointTarget { host: format!("{host}.invalid"), port: 3306, role };
        ClusterTarget {
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            arn: "arn:c".to_owned(),
            engine,
            endpoints: vec![
                endpoint("writer", EndpointRole::Writer),
                endpoint("reader", EndpointRole::Reader),
                endpoint("custom", EndpointRole::Custom),
                endpoint("one", EndpointRole::Instance),
            ],
            ..ClusterTarget::default()
        }
    }

    /// A server of this version, of which every column can be read.
    pub(in crate::collect::mysql) fn context<'a>(
        cluster: &'a ClusterTarget,
        text: &str,
        flavour: Option<Flavour>,
    ) -> Context<'a> {
        Context {
            cluster,
            server: "db.example:3306".to_owned(),
            current_user: "auditor@%".to_owned(),
            version: version(text),
            flavour,
            columns: Columns::default(),
            own: Own::default(),
        }
    }

    #[test]
    fn compares_server_versions() {
        let cluster = cluster(Engine::AuroraMysql);
        for (text, flavour, since, older) in [
            ("5.7.44-log", None, "8.0", true),
            ("8.0.39", None, "8.0", false),
            ("8.0", None, "8.0.14", true),
            ("9.7.4-2", Some(Flavour::Mysql), "8.0.14", false),
            ("10.11.19-MariaDB", Some(Flavour::Mariadb), "11.0", false),
            ("nonsense", None, "8.0", false),
            ("", None, "8.0", false),
        ] {
            assert_eq!(context(&cluster, text, flavour).is_older_than(since), older, "{text}");
        }
    }
}
