//! Parameters of a cluster parameter group, as typed fields, so that a rule cannot misspell one.

use std::sync::Arc;

use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::{DbCluster, DbClusterParameters, Parameter};
use crate::snapshot::schema::rds_parameter::EngineDefaults;

/// Declares the parameters that rules may name.
macro_rules! parameters {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {
        facts! {
            /// The values of a cluster parameter group. A parameter without a value is absent: the engine's default applies.
            struct ClusterParameters = "cluster_parameters" {
                $($(#[doc = $doc])* $name: Derived<String>, optional;)*
            }
        }

        impl ClusterParameters {
            /// Reads the parameters of a group.
            pub fn new(group: &Fact<Arc<Record<DbClusterParameters>>>) -> Self {
                Self { $($name: value(group, stringify!($name)),)* }
            }
        }
    };
}

parameters! {
    /// Whether connections without TLS are refused: `ON`/`OFF` or `1`/`0`. Aurora MySQL; a parameter of the cluster group only.
    require_secure_transport;
    /// TLS versions that the server accepts, as in `TLSv1.2,TLSv1.3`. Aurora MySQL.
    tls_version;
    /// Cipher suites up to TLS 1.2, by OpenSSL's names. Aurora MySQL.
    ssl_cipher;
    /// Cipher suites of TLS 1.3. Aurora MySQL 3.04 and later.
    tls_ciphersuites;
    /// Whether the audit log is on: `1` or `0`. Aurora MySQL.
    server_audit_logging;
    /// Events that go into the audit log, as a comma-separated list. Aurora MySQL.
    server_audit_events;
    /// Users whose events stay out of the audit log. Aurora MySQL.
    server_audit_excl_users;
    /// Whether the audit log goes to CloudWatch Logs: `1` or `0`. Aurora MySQL.
    server_audit_logs_upload;
    /// The only users whose events go into the audit log, as a comma-separated list; `server_audit_excl_users` yields to it.
    /// Aurora MySQL.
    server_audit_incl_users;
    /// Days after which a password must be changed; 0 for never. Aurora MySQL 3 and later.
    default_password_lifetime;
    /// Whether the server disconnects clients whose password has expired and that cannot handle it. Aurora MySQL 8.4 and later.
    disconnect_on_expired_password;
    /// How many password changes ago a password may be used again. Aurora MySQL 8.4 and later.
    password_history;
    /// How many days later a password may be used again. Aurora MySQL 8.4 and later.
    password_reuse_interval;
    /// Whether a change of password must state the present one. Aurora MySQL 8.4 and later.
    password_require_current;
    /// ARN of the role by which SQL reads and writes Amazon S3, unless a parameter for the purpose names another. Aurora MySQL.
    aws_default_s3_role;
    /// ARN of the role by which SQL loads from Amazon S3. Aurora MySQL.
    aurora_load_from_s3_role;
    /// ARN of the role by which SQL writes to Amazon S3. Aurora MySQL.
    aurora_select_into_s3_role;
    /// ARN of the role by which SQL calls AWS Lambda. Aurora MySQL.
    aws_default_lambda_role;
}

fn value(group: &Fact<Arc<Record<DbClusterParameters>>>, name: &str) -> Derived<String> {
    let group = match group {
        Fact::Known(group) => group,
        Fact::Absent => return Derived::unknown(Why::NotCollected),
        Fact::Unknown(why) => return Derived::unknown(why.clone()),
    };
    match &group.data.parameters {
        Fact::Known(parameters) => listed(group, parameters, name),
        Fact::Absent => Derived::unknown(Why::NotCollected),
        Fact::Unknown(why) => Derived::unknown(why.clone()),
    }
}

/// A parameter that the answer does not list is unknown rather than unset: RDS lists every parameter of the family.
fn listed(group: &Record<DbClusterParameters>, parameters: &[Parameter], name: &str) -> Derived<String> {
    let place = Place::data_of(group.at).member("Parameters");
    let found = parameters
        .iter()
        .enumerate()
        .find(|(_, parameter)| parameter.parameter_name.known().is_some_and(|it| it == name));
    if let Some((index, parameter)) = found {
        Derived::new(parameter.parameter_value.clone(), vec![place.item(index).member("ParameterValue")])
    } else {
        let detail = format!("the parameter group does not list {name}");
        Derived::new(Fact::Unknown(Why::Unreadable { detail: detail.into() }), vec![place])
    }
}

/// What the engine itself sets a parameter to, by what RDS says of a family of groups; absent where it names no value, as for many.
pub fn engine_default(defaults: &Record<EngineDefaults>, name: &str) -> Derived<String> {
    let place = Place::data_of(defaults.at).member("Parameters");
    let parameters = match &defaults.data.parameters {
        Fact::Known(parameters) => parameters,
        Fact::Absent => return Derived::unknown(Why::NotCollected),
        Fact::Unknown(why) => return Derived::unknown(why.clone()),
    };
    for (index, parameter) in parameters.iter().enumerate() {
        match &parameter.parameter_name {
            Fact::Known(known) if known == name => {
                let place = place.item(index).member("ParameterValue");
                return Derived::new(parameter.parameter_value.clone(), vec![place]);
            }
            Fact::Unknown(why) => return Derived::unknown(why.clone()),
            _ => {}
        }
    }
    Derived::new(Fact::Absent, vec![place])
}

/// Whether every member runs the values of the cluster parameter group. While one waits for a reboot nobody knows which of its
/// values are older. Aurora User Guide, "Modifying parameters in a DB cluster parameter group".
pub fn parameters_in_force(cluster: &Record<DbCluster>) -> Derived<bool> {
    let place = Place::data_of(cluster.at).member("DBClusterMembers");
    let value = cluster.data.db_cluster_members.as_ref().and_then(|members| {
        let waiting = members.iter().find_map(|member| match &member.db_cluster_parameter_group_status {
            Fact::Known(status) if status == "in-sync" => None,
            Fact::Known(status) => {
                let detail = format!("the parameter group is `{status}` on a member, which may run older values");
                Some(Why::Unreadable { detail: detail.into() })
            }
            Fact::Absent => Some(Why::NotCollected),
            Fact::Unknown(why) => Some(why.clone()),
        });
        waiting.map_or(Fact::Known(true), Fact::Unknown)
    });
    Derived::new(value, vec![place])
}
