//! Snapshots of clusters and who may restore them.

use std::sync::Arc;

use super::encryption;
use super::found::{Found, unread};
use super::region::Region;
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::rds::{DbClusterSnapshot, DbClusterSnapshotAttributes};

facts! {
    /// A snapshot of an Aurora cluster.
    struct ClusterSnapshot = "db_cluster_snapshot" on DbClusterSnapshot, with region: Arc<Region> {
        /// Accounts that may restore it, `all` for everybody. Only manual snapshots can be shared.
        restorable_by: Derived<Vec<String>> => restorable_by;
        /// Whether AWS offers encryption in its region, by a dated table.
        encryption_offered: Fact<bool> => encryption_offered;
        /// What an older statement of AWS says otherwise, and whether that table was stale when the snapshot was read.
        encryption_note: Fact<String> => encryption_note, optional;
    }
}

fn restorable_by(snapshot: &ClusterSnapshot) -> Derived<Vec<String>> {
    let region = &snapshot.region;
    let name = &snapshot.record.data.db_cluster_snapshot_identifier;
    let known = &region.estate.lookups.snapshot_attributes;
    restorers(&region.one_of("rds:DescribeDBClusterSnapshotAttributes", known, name))
}

fn encryption_offered(snapshot: &ClusterSnapshot) -> Fact<bool> {
    encryption::encryption_offered(&snapshot.region.scope.1)
}

fn encryption_note(snapshot: &ClusterSnapshot) -> Fact<String> {
    encryption::encryption_note(&snapshot.region.scope.1, snapshot.record.observed)
}

fn restorers(attributes: &Fact<Arc<Record<DbClusterSnapshotAttributes>>>) -> Derived<Vec<String>> {
    let attributes = match attributes {
        Fact::Known(attributes) => attributes,
        Fact::Absent => return Derived::unknown(Why::NotCollected),
        Fact::Unknown(why) => return Derived::unknown(why.clone()),
    };
    let place = Place::data_of(attributes.at).member("DBClusterSnapshotAttributes");
    let list = match &attributes.data.db_cluster_snapshot_attributes {
        Fact::Known(list) => list.as_slice(),
        Fact::Absent => &[],
        Fact::Unknown(why) => return Derived::unknown(why.clone()),
    };
    if list.iter().any(|attribute| attribute.attribute_name.is_unknown()) {
        return Derived::unknown(Why::NotCollected);
    }
    // RDS answers `restore` with an empty list for a snapshot that is not shared.
    let is_restore = |name: &Fact<String>| name.known().is_some_and(|name| name == "restore");
    match list.iter().enumerate().find(|(_, attribute)| is_restore(&attribute.attribute_name)) {
        Some((index, restore)) => {
            Derived::new(restore.attribute_values.clone(), vec![place.item(index).member("AttributeValues")])
        }
        None => Derived::new(
            Fact::Unknown(Why::Dangling { kind: "rds.snapshot_attribute", id: "restore".into() }),
            vec![place],
        ),
    }
}

/// The snapshots of a region.
pub(super) fn cluster_snapshots(region: &Arc<Region>) -> Found<ClusterSnapshot> {
    let listed = region.snapshots();
    let snapshot = |record: &Arc<Record<_>>| Arc::new(ClusterSnapshot::new(Arc::clone(record), Arc::clone(region)));
    let missing = |why: &Why| unread("db_cluster_snapshot", &region.scope, &region.every("snapshots"), why.clone());
    Found {
        present: listed.present().map(snapshot).collect(),
        unread: listed.incomplete().map(missing).into_iter().collect(),
        incomplete: None,
    }
}
