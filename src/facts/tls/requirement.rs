//! Whether a cluster refuses connections without TLS.

use std::sync::Arc;

use super::setting::TlsSettings;
use crate::facts::parameter::parameters_in_force;
use crate::facts::privileges::is_on;
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::mysql::GlobalVariables;
use crate::snapshot::schema::rds::{DbCluster, Engine};

/// The running server decides. Where the user chose not to log in, the parameter group does; where a login was wanted and
/// failed, the group can only prove that TLS is not required. Without a value in the group the engine's default holds.
/// Aurora User Guide, "Requiring an SSL/TLS connection to an Aurora MySQL DB cluster".
pub fn requires_tls(
    cluster: &Record<DbCluster>,
    settings: &TlsSettings,
    variables: &Fact<Arc<Record<GlobalVariables>>>,
) -> Derived<bool> {
    if cluster.data.engine == Fact::Known(Engine::AuroraPostgresql) {
        return settings.require_secure_transport.clone();
    }
    let running = variables.as_ref().and_then(|variables| {
        let place = Place::data_of(variables.at).member("require_secure_transport");
        variables.data.require_secure_transport.as_ref().map(|value| (is_on(value), place))
    });
    match running {
        Fact::Known((on, place)) => Derived::new(Fact::Known(on), vec![place]),
        Fact::Absent => configured_tls(cluster, settings),
        Fact::Unknown(why) if is_voluntary(&why) => configured_tls(cluster, settings),
        Fact::Unknown(why) => match configured_tls(cluster, settings) {
            off @ Derived { value: Fact::Known(false), .. } => off,
            _ => Derived::unknown(why),
        },
    }
}

/// Whether the user left it out.
pub fn is_voluntary(why: &Why) -> bool {
    matches!(why, Why::Gap(gap) if gap.reason.is_voluntary())
}

/// The group proves that TLS is required only where every member runs its values.
fn configured_tls(cluster: &Record<DbCluster>, settings: &TlsSettings) -> Derived<bool> {
    let configured = settings.require_secure_transport.clone();
    match (&configured.value, parameters_in_force(cluster).value) {
        (Fact::Known(true), Fact::Unknown(why)) => Derived::unknown(why),
        _ => configured,
    }
}
