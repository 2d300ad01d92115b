//! Instances.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use serde::Deserialize;

use super::cluster::group_ids;
use super::found::{Found, unread};
use super::network::{self, ClassTenancy, Flag, Listed, Reachability, Standing};
use super::region::Region;
use super::table::{RDS_CERTIFICATE_AUTHORITIES, edition, table};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::Vpc;
use crate::snapshot::schema::rds::{DbCluster, DbInstance, DbSubnetGroup};
use crate::snapshot::schema::rds_proxy::CertificateAuthority;

vocabulary! {
    /// What AWS says of a certificate authority.
    enum AuthorityState = "certificate_authority_state" {
        /// It signs certificates.
        Current = "current",
        /// It has been replaced, and is expired or will be.
        Retired = "retired",
    }
}

facts! {
    /// An instance of an Aurora cluster.
    struct Instance = "db_instance" on DbInstance, with region: Arc<Region> {
        /// Its cluster.
        cluster: Fact<Arc<Record<DbCluster>>> => cluster, optional;
        /// Its VPC.
        vpc: Fact<Arc<Record<Vpc>>> => vpc;
        /// The classes that it has and waits for, with the tenancies of a VPC that they support.
        class_tenancies: Fact<Vec<ClassTenancy>> => class_tenancies;
        /// Who reaches it on its port.
        reachability: Arc<Reachability> => reachability;
        /// The authority of its server certificate, as the region has it.
        certificate_authority: Fact<Arc<Record<CertificateAuthority>>> => certificate_authority;
        /// What AWS says of that authority, by a dated table.
        certificate_authority_state: Derived<AuthorityState> => certificate_authority_state;
        /// The edition of that table, and whether it was stale when the instance was read.
        certificate_authority_table: Fact<String> => certificate_authority_table;
        /// Whole days from the collection to the end of that authority.
        certificate_authority_days_left: Derived<i64> => certificate_authority_days_left;
        /// Authorities of other instances of its cluster that are not its own.
        other_certificate_authorities: Derived<Vec<String>> => other_certificate_authorities;
    }
}

fn cluster(instance: &Instance) -> Fact<Arc<Record<DbCluster>>> {
    instance.record.data.db_cluster_identifier.as_ref().and_then(|name| instance.region.clusters().get(name))
}

/// The subnet group: what the instance says, else what its cluster says.
fn subnet_group(instance: &Instance) -> Fact<Arc<Record<DbSubnetGroup>>> {
    let groups = instance.region.subnet_groups();
    let own = instance.record.data.db_subnet_group.as_ref().and_then(|group| group.db_subnet_group_name.clone());
    let name = match own {
        Fact::Known(name) => Fact::Known(name),
        Fact::Absent | Fact::Unknown(_) => instance.cluster().as_ref().and_then(|it| it.data.db_subnet_group.clone()),
    };
    name.and_then(|name| groups.get(&name))
}

fn vpc(instance: &Instance) -> Fact<Arc<Record<Vpc>>> {
    let own = instance.record.data.db_subnet_group.as_ref().and_then(|group| group.vpc_id.clone());
    let id = match own {
        Fact::Known(id) => Fact::Known(id),
        Fact::Absent | Fact::Unknown(_) => subnet_group(instance).and_then(|group| group.data.vpc_id.clone()),
    };
    id.and_then(|id| instance.region.network().vpc(&id))
}

fn class_tenancies(instance: &Instance) -> Fact<Vec<ClassTenancy>> {
    network::class_tenancies(&instance.record)
}

fn reachability(instance: &Instance) -> Arc<Reachability> {
    let data = &instance.record.data;
    let cluster = instance.cluster();
    let of_cluster = cluster.as_ref().and_then(|cluster| cluster.data.port.clone());
    let port = match of_cluster {
        Fact::Known(port) => Some(port),
        Fact::Absent | Fact::Unknown(_) => data.endpoint.known().and_then(|endpoint| endpoint.port.known().copied()),
    };
    let network_type = cluster.as_ref().and_then(|cluster| cluster.data.network_type.clone());
    let standing = Standing {
        groups: Listed::of(&group_ids(&data.vpc_security_groups)),
        subnets: subnets(instance),
        port: port.and_then(|port| u16::try_from(port).ok()),
        public: Flag::of(&data.publicly_accessible),
        ipv6: Flag::of(&network_type.and_then(|kind| match kind.as_str() {
            "IPV4" => Fact::Known(false),
            "DUAL" | "IPV6" => Fact::Known(true),
            _ => Fact::Unknown(Why::Unreadable { detail: format!("`{kind}` is no network type").into() }),
        })),
    };
    instance.region.network().reach(&standing)
}

/// The subnets that the instance may stand in: those of its group in its availability zone.
fn subnets(instance: &Instance) -> Listed {
    let group = match subnet_group(instance) {
        Fact::Known(group) => group,
        Fact::Absent => {
            let why = "it has no subnet group: it stands in EC2-Classic, whose DB security groups are not read";
            return Listed::Unknown(why.to_owned());
        }
        Fact::Unknown(why) => return Listed::Unknown(why.to_string()),
    };
    let zone = instance.record.data.availability_zone.known();
    let mut ids = Vec::new();
    for subnet in group.data.subnets.known().into_iter().flatten() {
        let Some(id) = subnet.subnet_identifier.known() else { return Listed::Unknown(Why::NotCollected.to_string()) };
        let network = instance.region.network();
        let its_zone = network.subnet(id).and_then(|subnet| subnet.data.availability_zone.clone());
        if zone.is_none() || its_zone.known().is_none_or(|its_zone| Some(its_zone) == zone) {
            ids.push(id.clone());
        }
    }
    if let Fact::Unknown(why) = &group.data.subnets {
        return Listed::Unknown(why.to_string());
    }
    ids.sort_unstable();
    Listed::Known(ids)
}

/// The instances of a region, and those that clusters name and the listing does not have.
pub(super) fn instances(region: &Arc<Region>) -> Found<Instance> {
    let listed = region.instances();
    let instance = |record: &Arc<Record<_>>| Arc::new(Instance::new(Arc::clone(record), Arc::clone(region)));
    let mut found = Found { present: listed.present().map(instance).collect(), ..Found::default() };
    if let Some(why) = listed.incomplete() {
        found.unread.push(unread("db_instance", &region.scope, &region.every("instances"), why.clone()));
        return found;
    }
    for member in region.clusters().present().filter_map(|cluster| cluster.data.db_cluster_members.known()).flatten() {
        if let Some(name) = member.db_instance_identifier.known()
            && let Fact::Unknown(why) = listed.get(name)
        {
            found.unread.push(unread("db_instance", &region.scope, name, why));
        }
    }
    found
}

/// Where the name of an instance's authority stands.
fn authority_place(record: &Record<DbInstance>) -> Place {
    Place::data_of(record.at).member("CACertificateIdentifier")
}

fn certificate_authority(instance: &Instance) -> Fact<Arc<Record<CertificateAuthority>>> {
    let name = instance.record.data.ca_certificate_identifier.as_ref();
    name.and_then(|name| instance.region.certificate_authorities().get(name))
}

fn certificate_authority_state(instance: &Instance) -> Derived<AuthorityState> {
    let state = instance.record.data.ca_certificate_identifier.as_ref().and_then(|name| state(name));
    Derived::new(state, vec![authority_place(&instance.record)])
}

fn certificate_authority_table(instance: &Instance) -> Fact<String> {
    let edition = edition(RDS_CERTIFICATE_AUTHORITIES, instance.record.observed);
    edition.map_or_else(Fact::Unknown, |edition| Fact::Known(format!("certificate authorities {edition}")))
}

fn certificate_authority_days_left(instance: &Instance) -> Derived<i64> {
    days_left(instance.certificate_authority(), instance.record.observed)
}

fn other_certificate_authorities(instance: &Instance) -> Derived<Vec<String>> {
    others(&instance.record, &instance.region.instances().all())
}

#[derive(Debug, Deserialize)]
struct Table {
    taken: jiff::civil::Date,
    current: Vec<String>,
    retired: Vec<String>,
}

static TABLE: LazyLock<Result<Table, Why>> = LazyLock::new(|| table(RDS_CERTIFICATE_AUTHORITIES));

fn state(name: &str) -> Fact<AuthorityState> {
    let table = match TABLE.as_ref() {
        Ok(table) => table,
        Err(why) => return Fact::Unknown(why.clone()),
    };
    let listed = |names: &[String]| names.iter().any(|it| it == name);
    if listed(&table.current) {
        Fact::Known(AuthorityState::Current)
    } else if listed(&table.retired) {
        Fact::Known(AuthorityState::Retired)
    } else {
        let detail = format!("the table of {} does not know the certificate authority {name}", table.taken);
        Fact::Unknown(Why::Unreadable { detail: detail.into() })
    }
}

fn days_left(authority: &Fact<Arc<Record<CertificateAuthority>>>, now: Timestamp) -> Derived<i64> {
    const DAY: i64 = 86_400;
    let from = authority.known().map(|it| Place::data_of(it.at).member("ValidTill"));
    let value = authority.as_ref().and_then(|it| it.data.valid_till.clone());
    Derived::new(value.map(|end| end.duration_since(now).as_secs().div_euclid(DAY)), from.into_iter().collect())
}

/// The authorities of the other instances of the same cluster.
fn others(record: &Record<DbInstance>, all: &Fact<Vec<&Arc<Record<DbInstance>>>>) -> Derived<Vec<String>> {
    let mut places = vec![authority_place(record)];
    let own = &record.data.ca_certificate_identifier;
    let value = record.data.db_cluster_identifier.as_ref().and_then(|cluster| {
        own.as_ref().and_then(|own| {
            all.as_ref().and_then(|all| {
                let mut found = std::collections::BTreeSet::new();
                for other in all {
                    match &other.data.db_cluster_identifier {
                        Fact::Known(of) if of == cluster => {}
                        Fact::Known(_) | Fact::Absent => continue,
                        Fact::Unknown(why) => return Fact::Unknown(why.clone()),
                    }
                    match &other.data.ca_certificate_identifier {
                        Fact::Known(name) if name == own => {}
                        Fact::Known(name) => {
                            places.push(authority_place(other));
                            found.insert(name.clone());
                        }
                        Fact::Absent => return Fact::Unknown(Why::NotCollected),
                        Fact::Unknown(why) => return Fact::Unknown(why.clone()),
                    }
                }
                Fact::Known(found.into_iter().collect())
            })
        })
    });
    // An instance of no cluster has no others.
    let value = if matches!(record.data.db_cluster_identifier, Fact::Absent) { Fact::Known(Vec::new()) } else { value };
    Derived::new(value, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_old_authorities_from_new_ones() {
        for (name, expected) in [
            ("rds-ca-rsa2048-g1", Some(AuthorityState::Current)),
            ("rds-ca-ecc384-g1", Some(AuthorityState::Current)),
            ("rds-ca-2019", Some(AuthorityState::Retired)),
            ("rds-ca-rsa2048-g2", None),
        ] {
            assert_eq!(state(name).known(), expected.as_ref(), "{name}");
        }
    }
}
