//! Whether a cluster refuses connections without TLS.

use std::sync::Arc;

use crate::facts::parameter::{ClusterParameters, parameters_in_force};
use crate::facts::privileges::is_on;
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::mysql::GlobalVariables;
use crate::snapshot::schema::rds::{DbCluster, Engine};

/// The running server decides. Where the user chose not to log in, the parameter group does; where a login was wanted and
/// failed, the group can only prove that TLS is not required. Without a value in the group the engine's default holds: ON
/// from the 8.4 line on, OFF before. Aurora User Guide, "Requiring an SSL/TLS connection to an Aurora MySQL DB cluster".
pub fn requires_tls(
    cluster: &Record<DbCluster>,
    parameters: &ClusterParameters,
    variables: &Fact<Arc<Record<GlobalVariables>>>,
) -> Derived<bool> {
    if cluster.data.engine == Fact::Known(Engine::AuroraPostgresql) {
        return Derived::unknown(Why::Unreadable {
            detail: "parameters of Aurora PostgreSQL are not judged yet".into(),
        });
    }
    let running = variables.as_ref().and_then(|variables| {
        let place = place(variables, "require_secure_transport");
        variables.data.require_secure_transport.as_ref().map(|value| (is_on(value), place))
    });
    match running {
        Fact::Known((on, place)) => Derived::new(Fact::Known(on), vec![place]),
        Fact::Absent => configured_tls(cluster, parameters),
        Fact::Unknown(Why::Gap(gap)) if gap.reason.is_voluntary() => configured_tls(cluster, parameters),
        Fact::Unknown(why) => match configured_tls(cluster, parameters) {
            off @ Derived { value: Fact::Known(false), .. } => off,
            _ => Derived::unknown(why),
        },
    }
}

/// The group proves that TLS is required only where every member runs its values.
fn in_force(cluster: &Record<DbCluster>, configured: Derived<bool>) -> Derived<bool> {
    match (&configured.value, parameters_in_force(cluster).value) {
        (Fact::Known(true), Fact::Unknown(why)) => Derived::unknown(why),
        _ => configured,
    }
}

/// Whether servers of this version insist on TLS when nothing is configured.
fn default_of(engine_version: &str) -> Fact<bool> {
    let mut numbers = engine_version.split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Fact::Known((major, minor) >= (8, 4)),
        _ => Fact::Unknown(Why::Unreadable { detail: format!("`{engine_version}` is not a version").into() }),
    }
}

fn configured_tls(cluster: &Record<DbCluster>, parameters: &ClusterParameters) -> Derived<bool> {
    let parameter = &parameters.require_secure_transport;
    let configured = match &parameter.value {
        Fact::Known(value) => Derived::new(Fact::Known(is_on(value)), parameter.from.clone()),
        Fact::Absent => {
            let default = cluster.data.engine_version.as_ref().and_then(|version| default_of(version));
            Derived::new(default, vec![place(cluster, "EngineVersion")])
        }
        Fact::Unknown(why) => Derived::unknown(why.clone()),
    };
    in_force(cluster, configured)
}

fn place<T>(record: &Record<T>, key: &str) -> Place {
    Place::data_of(record.at).member(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_the_default_from_8_4_on() {
        for (version, expected) in [
            ("5.7.mysql_aurora.2.11.2", Some(false)),
            ("8.0.mysql_aurora.3.08.2", Some(false)),
            ("8.4.7", Some(true)),
            ("8.10.1", Some(true)),
            ("9.7.mysql_aurora.9.01.0", Some(true)),
            ("newest", None),
            ("", None),
        ] {
            assert_eq!(default_of(version).known().copied(), expected, "{version}");
        }
    }
}
