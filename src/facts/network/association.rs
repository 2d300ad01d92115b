//! Which route table and which ACL a subnet has. Amazon VPC User Guide, "Subnet route tables": a subnet without an association of
//! its own has its VPC's main table; "Network ACL basics": a subnet always has one ACL.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::facts::index::Table;
use crate::model::{Fact, Place, Why};
use crate::snapshot::schema::ec2::{NetworkAcl, RouteTable};
use crate::snapshot::{Kind, Record};

/// A record, and the place that makes it the subnet's.
pub type Associated<T> = (Arc<Record<T>>, Place);

/// What subnets are associated with.
pub struct BySubnet<T> {
    own: BTreeMap<String, Associated<T>>,
    main: BTreeMap<String, Associated<T>>,
    /// Why a subnet may have another association: the VPC that it is about, where that is known.
    unread: Vec<(Option<String>, Why)>,
}

impl<T: Kind> BySubnet<T> {
    fn new(table: &Table<T>) -> Self {
        let unread = table.incomplete().map(|why| (None, why.clone())).into_iter().collect();
        Self { own: BTreeMap::new(), main: BTreeMap::new(), unread }
    }

    /// What a subnet of a VPC has.
    pub fn get(&self, subnet_id: &str, vpc_id: &Fact<String>) -> Fact<Associated<T>> {
        if let Some(own) = self.own.get(subnet_id) {
            return Fact::Known(own.clone());
        }
        let vpc_id = match vpc_id {
            Fact::Known(vpc_id) => vpc_id,
            Fact::Absent => return Fact::Unknown(Why::NotCollected),
            Fact::Unknown(why) => return Fact::Unknown(why.clone()),
        };
        let concerns = |vpc: &Option<String>| vpc.as_ref().is_none_or(|vpc| vpc == vpc_id);
        if let Some((_, why)) = self.unread.iter().find(|(vpc, _)| concerns(vpc)) {
            return Fact::Unknown(why.clone());
        }
        let dangling = || Why::Dangling { kind: T::KIND, id: format!("of {subnet_id} in {vpc_id}").into() };
        self.main.get(vpc_id).cloned().map_or_else(|| Fact::Unknown(dangling()), Fact::Known)
    }
}

impl BySubnet<RouteTable> {
    /// Route tables, with the main one of each VPC.
    pub fn of_tables(table: &Table<RouteTable>) -> Self {
        let mut found = Self::new(table);
        for record in table.present() {
            let vpc = record.data.vpc_id.known();
            let associations = match &record.data.associations {
                Fact::Known(associations) => associations.as_slice(),
                Fact::Absent => &[],
                Fact::Unknown(why) => {
                    found.unread.push((vpc.cloned(), why.clone()));
                    &[]
                }
            };
            let list = Place::data_of(record.at).member("Associations");
            for (index, association) in associations.iter().enumerate() {
                let place = || (Arc::clone(record), list.item(index));
                match (&association.subnet_id, &association.main, vpc) {
                    (Fact::Known(subnet), ..) => drop(found.own.entry(subnet.clone()).or_insert_with(place)),
                    (Fact::Absent, Fact::Known(true), Some(vpc)) => {
                        found.main.entry(vpc.clone()).or_insert_with(place);
                    }
                    (Fact::Absent, Fact::Known(_), _) => {}
                    (Fact::Unknown(why), ..) | (_, Fact::Unknown(why), _) => {
                        found.unread.push((vpc.cloned(), why.clone()));
                    }
                    (Fact::Absent, Fact::Absent, _) => found.unread.push((vpc.cloned(), Why::NotCollected)),
                }
            }
        }
        found
    }
}

impl BySubnet<NetworkAcl> {
    /// ACLs.
    pub fn of_acls(table: &Table<NetworkAcl>) -> Self {
        let mut found = Self::new(table);
        for record in table.present() {
            let vpc = record.data.vpc_id.known();
            let associations = match &record.data.associations {
                Fact::Known(associations) => associations.as_slice(),
                Fact::Absent => &[],
                Fact::Unknown(why) => {
                    found.unread.push((vpc.cloned(), why.clone()));
                    &[]
                }
            };
            let list = Place::data_of(record.at).member("Associations");
            for (index, association) in associations.iter().enumerate() {
                match &association.subnet_id {
                    Fact::Known(subnet) => {
                        let place = || (Arc::clone(record), list.item(index));
                        found.own.entry(subnet.clone()).or_insert_with(place);
                    }
                    Fact::Absent => found.unread.push((vpc.cloned(), Why::NotCollected)),
                    Fact::Unknown(why) => found.unread.push((vpc.cloned(), why.clone())),
                }
            }
        }
        found
    }
}
