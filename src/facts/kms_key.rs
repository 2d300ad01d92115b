//! The KMS keys of clusters.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::found::{Found, unread, unread_of};
use super::region::Region;
use super::resource_policy::{ResourcePolicy, resource_policy};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::kms::Key;

facts! {
    /// A KMS key that encrypts the storage of a cluster.
    struct KmsKey = "kms_key" on Key, with used: Used {
        /// Names of the clusters that it encrypts, sorted.
        clusters: Derived<Vec<String>> => clusters;
        /// Whether KMS renews its material; keys with material from elsewhere are renewed by hand.
        rotation_enabled: Derived<bool> => rotation_enabled;
        /// Whom its policy lets in.
        policy: Fact<Arc<ResourcePolicy>> => policy;
    }
}

/// Where a key stands, and the clusters that it encrypts, each with the place that says so.
#[derive(Debug)]
pub struct Used {
    region: Arc<Region>,
    clusters: Vec<String>,
    places: Vec<Place>,
}

/// The keys of a region's clusters.
pub(super) fn kms_keys(region: &Arc<Region>) -> Found<KmsKey> {
    let mut found = Found::default();
    let mut users: BTreeMap<&String, Used> = BTreeMap::new();
    for cluster in region.clusters().present() {
        let (key, name) = match (&cluster.data.kms_key_id, &cluster.data.db_cluster_identifier) {
            (Fact::Absent, _) => continue,
            (Fact::Known(key), Fact::Known(name)) => (key, name),
            (Fact::Unknown(why), _) | (_, Fact::Unknown(why)) => {
                found.unread.push(unread_of("kms_key", "key", cluster, why.clone()));
                continue;
            }
            (_, Fact::Absent) => {
                found.unread.push(unread_of("kms_key", "key", cluster, Why::NotCollected));
                continue;
            }
        };
        let nobody = || Used { region: Arc::clone(region), clusters: Vec::new(), places: Vec::new() };
        let used = users.entry(key).or_insert_with(nobody);
        used.clusters.push(name.clone());
        used.places.push(Place::data_of(cluster.at).member("KmsKeyId"));
    }
    for (arn, used) in users {
        match region.kms_key(&Fact::Known(arn.clone())) {
            Fact::Known(record) => found.present.push(Arc::new(KmsKey::new(record, used))),
            Fact::Absent => {}
            Fact::Unknown(why) => found.unread.push(unread("kms_key", &region.scope, arn, why)),
        }
    }
    found.unread.extend(region.unread_clusters("kms_key"));
    found
}

impl Region {
    /// The key with this ARN.
    pub(super) fn kms_key(self: &Region, arn: &Fact<String>) -> Fact<Arc<Record<Key>>> {
        self.one_of("kms:DescribeKey", &self.estate.lookups.keys, arn)
    }
}

fn clusters(key: &KmsKey) -> Derived<Vec<String>> {
    let mut names = key.used.clusters.clone();
    names.sort_unstable();
    Derived::new(Fact::Known(names), key.used.places.clone())
}

fn rotation_enabled(key: &KmsKey) -> Derived<bool> {
    let region = &key.used.region;
    let lookup = &region.estate.lookups.key_rotation_statuses;
    match region.one_of("kms:GetKeyRotationStatus", lookup, &key.record.data.arn) {
        Fact::Known(status) => {
            let place = Place::data_of(status.at).member("KeyRotationEnabled");
            Derived::new(status.data.key_rotation_enabled.clone(), vec![place])
        }
        Fact::Absent => Derived::unknown(Why::NotCollected),
        Fact::Unknown(why) => Derived::unknown(why),
    }
}

fn policy(key: &KmsKey) -> Fact<Arc<ResourcePolicy>> {
    let region = &key.used.region;
    let policy = region.one_of("kms:GetKeyPolicy", &region.estate.lookups.key_policies, &key.record.data.arn);
    policy.and_then(|record| {
        let place = Place::data_of(record.at).member("Policy");
        resource_policy(&record.data.policy, &record.account, &place)
    })
}
