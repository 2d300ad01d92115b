//! What surrounds a cluster: its key, its logs, its backups, the support of its version, its global database.

use std::sync::Arc;

use super::Cluster;
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::backup::ProtectedResource;
use crate::snapshot::schema::kms::Key;
use crate::snapshot::schema::logs::LogGroup;
use crate::snapshot::schema::rds_operations::{DbMajorEngineVersion, GlobalCluster};
use jiff::Timestamp;

facts! {
    /// How long the major version of a cluster is supported.
    struct EngineSupport = "engine_support" {
        /// The major version, as in `8.0`.
        major_version: String;
        /// Last day of standard support.
        standard_support_ends: Derived<Timestamp>;
        /// Last day of extended support, which is charged for; absent for a version that has none.
        extended_support_ends: Derived<Timestamp>, optional;
    }
}

facts! {
    /// A group of CloudWatch Logs that a cluster writes to.
    struct DatabaseLog = "database_log" {
        /// Its name, as in `/aws/rds/cluster/orders/audit`.
        log_group_name: Fact<String>;
        /// Days that events are kept; absent when they are kept for ever.
        retention_in_days: Fact<i64>, optional;
        /// Its KMS key; absent when CloudWatch Logs uses a key of its own.
        kms_key_id: Fact<String>, optional;
    } key key at at
}

pub(super) fn storage_key(cluster: &Cluster) -> Fact<Arc<Record<Key>>> {
    cluster.region.kms_key(&cluster.record.data.kms_key_id)
}

/// Aurora writes to `/aws/rds/cluster/NAME/TYPE`.
pub(super) fn log_groups(cluster: &Cluster) -> Fact<Vec<Arc<DatabaseLog>>> {
    let prefix = cluster.record.data.db_cluster_identifier.as_ref().map(|name| format!("/aws/rds/cluster/{name}/"));
    prefix.and_then(|prefix| {
        cluster.region.log_groups().all().map(|groups| {
            let of_cluster = |group: &&Arc<Record<LogGroup>>| {
                group.data.log_group_name.known().is_some_and(|it| it.starts_with(&prefix))
            };
            groups.into_iter().filter(of_cluster).map(database_log).collect()
        })
    })
}

fn database_log(group: &Arc<Record<LogGroup>>) -> Arc<DatabaseLog> {
    Arc::new(DatabaseLog {
        log_group_name: group.data.log_group_name.clone(),
        retention_in_days: group.data.retention_in_days.clone(),
        kms_key_id: group.data.kms_key_id.clone(),
        key: group.data.log_group_name.known().cloned().unwrap_or_default(),
        at: Place::data_of(group.at),
    })
}

pub(super) fn protected_resource(cluster: &Cluster) -> Fact<Arc<Record<ProtectedResource>>> {
    cluster.record.data.db_cluster_arn.as_ref().and_then(|arn| {
        cluster.region.protected_resources().all().and_then(|resources| {
            let of_cluster = |it: &&Arc<Record<ProtectedResource>>| it.data.resource_arn.known() == Some(arn);
            resources.into_iter().find(of_cluster).map_or(Fact::Absent, |record| Fact::Known(Arc::clone(record)))
        })
    })
}

pub(super) fn global_database(cluster: &Cluster) -> Fact<Arc<Record<GlobalCluster>>> {
    cluster.record.data.db_cluster_arn.as_ref().and_then(|arn| {
        cluster.region.global_clusters().all().and_then(|globals| {
            for record in globals {
                match holds(record, arn) {
                    Fact::Known(false) | Fact::Absent => {}
                    Fact::Known(true) => return Fact::Known(Arc::clone(record)),
                    Fact::Unknown(why) => return Fact::Unknown(why),
                }
            }
            Fact::Absent
        })
    })
}

fn holds(global: &Record<GlobalCluster>, arn: &str) -> Fact<bool> {
    global.data.global_cluster_members.as_ref().and_then(|members| {
        let unknown = members.iter().find_map(|member| match &member.db_cluster_arn {
            Fact::Unknown(why) => Some(why.clone()),
            _ => None,
        });
        let found = members.iter().any(|member| member.db_cluster_arn.known().is_some_and(|it| it == arn));
        match unknown {
            Some(why) if !found => Fact::Unknown(why),
            _ => Fact::Known(found),
        }
    })
}

pub(super) fn engine_support(cluster: &Cluster) -> Fact<Arc<EngineSupport>> {
    let data = &cluster.record.data;
    data.engine.as_ref().and_then(|engine| {
        data.engine_version.as_ref().and_then(|version| {
            let major = major_version(version);
            cluster.region.major_engine_versions().all().and_then(|versions| {
                let is = |it: &&&Arc<Record<DbMajorEngineVersion>>| {
                    it.data.engine.known().is_some_and(|name| name == engine.as_str())
                        && it.data.major_engine_version.known().is_some_and(|name| name == major)
                };
                match versions.iter().find(is) {
                    Some(record) => Fact::Known(Arc::new(support(record, major))),
                    None => Fact::Unknown(Why::Dangling {
                        kind: "rds.db_major_engine_version",
                        id: format!("{} {major}", engine.as_str()).into(),
                    }),
                }
            })
        })
    })
}

/// `8.0` of `8.0.mysql_aurora.3.08.2`, `16` of `16.4`, `8.4` of `8.4.3`.
fn major_version(version: &str) -> &str {
    let numbers = version.split('.').take_while(|part| part.bytes().all(|byte| byte.is_ascii_digit())).count();
    let first = version.split('.').next().unwrap_or_default();
    // PostgreSQL has counted its major versions by one number since 10.
    let one_number = first.parse::<u16>().is_ok_and(|major| major >= 10);
    match version.match_indices('.').nth(1) {
        _ if one_number => first,
        Some((end, _)) if numbers >= 2 => version.get(..end).unwrap_or(version),
        _ => version,
    }
}

fn support(record: &Record<DbMajorEngineVersion>, major: &str) -> EngineSupport {
    let end = |name: &str| {
        let place = Place::data_of(record.at).member("SupportedEngineLifecycles");
        let lifecycles = match &record.data.supported_engine_lifecycles {
            Fact::Known(lifecycles) => lifecycles.as_slice(),
            Fact::Absent => &[],
            Fact::Unknown(why) => return Derived::unknown(why.clone()),
        };
        let named = |it: &Fact<String>| it.known().is_some_and(|it| it == name);
        match lifecycles.iter().enumerate().find(|(_, it)| named(&it.lifecycle_support_name)) {
            Some((index, it)) => Derived::new(
                it.lifecycle_support_end_date.clone(),
                vec![place.item(index).member("LifecycleSupportEndDate")],
            ),
            None if lifecycles.iter().any(|it| it.lifecycle_support_name.is_unknown()) => {
                Derived::unknown(Why::NotCollected)
            }
            None => Derived::new(Fact::Absent, vec![place]),
        }
    };
    let standard = end("open-source-rds-standard-support");
    EngineSupport {
        major_version: major.to_owned(),
        standard_support_ends: if standard.value == Fact::Absent {
            Derived::unknown(Why::NotCollected)
        } else {
            standard
        },
        extended_support_ends: end("open-source-rds-extended-support"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_versions_are_those_that_rds_supports() {
        for (version, major) in [
            ("8.0.mysql_aurora.3.08.2", "8.0"),
            ("5.7.mysql_aurora.2.11.4", "5.7"),
            ("5.6.10a", "5.6"),
            ("8.4.3", "8.4"),
            ("8.4", "8.4"),
            ("16.4", "16"),
            ("9.6.22", "9.6"),
            ("10.21", "10"),
            ("16", "16"),
            ("", ""),
        ] {
            assert_eq!(major_version(version), major, "{version}");
        }
    }
}
