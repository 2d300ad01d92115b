//! Cluster snapshots and who may restore them, from the SDK's form to the snapshot's.

use aws_sdk_rds::types;

use super::part;
use crate::collect::aws::listing::{Entry, each, time};
use crate::snapshot::schema::rds::{
    DbClusterSnapshot, DbClusterSnapshotAnswer, DbClusterSnapshotAttribute, DbClusterSnapshotAttributeAnswer,
    DbClusterSnapshotAttributes, DbClusterSnapshotAttributesAnswer, Engine,
};

pub(super) fn snapshot(snapshot: types::DbClusterSnapshot) -> Entry<DbClusterSnapshot> {
    let engine = snapshot.engine.clone();
    part::aurora_only(engine.as_deref(), id(&snapshot), || answer(snapshot).record())
}

fn id(snapshot: &types::DbClusterSnapshot) -> String {
    part::id(snapshot.db_cluster_snapshot_arn(), snapshot.db_cluster_snapshot_identifier())
}

/// Record ids and names of the kept snapshots that can be shared: all but the automated ones.
pub(super) fn shareable(snapshots: &[types::DbClusterSnapshot]) -> Vec<(String, String)> {
    let asked = |snapshot: &&types::DbClusterSnapshot| {
        let other = matches!(snapshot.engine().map(part::engine_of), Some(Engine::Other(_)));
        !other && snapshot.snapshot_type() != Some("automated")
    };
    let named = |snapshot: &types::DbClusterSnapshot| {
        Some((id(snapshot), snapshot.db_cluster_snapshot_identifier()?.to_owned()))
    };
    snapshots.iter().filter(asked).filter_map(named).collect()
}

fn answer(snapshot: types::DbClusterSnapshot) -> DbClusterSnapshotAnswer {
    DbClusterSnapshotAnswer {
        db_cluster_snapshot_identifier: snapshot.db_cluster_snapshot_identifier,
        db_cluster_snapshot_arn: snapshot.db_cluster_snapshot_arn,
        db_cluster_identifier: snapshot.db_cluster_identifier,
        snapshot_type: snapshot.snapshot_type,
        engine: snapshot.engine.as_deref().map(part::engine_of),
        snapshot_create_time: snapshot.snapshot_create_time.and_then(time),
        storage_encrypted: snapshot.storage_encrypted,
        storage_encryption_type: snapshot.storage_encryption_type.as_ref().map(part::encryption),
        kms_key_id: snapshot.kms_key_id,
    }
}

/// Who may restore a snapshot.
pub(super) fn attributes(result: types::DbClusterSnapshotAttributesResult) -> DbClusterSnapshotAttributes {
    DbClusterSnapshotAttributesAnswer {
        db_cluster_snapshot_identifier: result.db_cluster_snapshot_identifier,
        db_cluster_snapshot_attributes: each(result.db_cluster_snapshot_attributes, attribute),
    }
    .record()
}

fn attribute(attribute: types::DbClusterSnapshotAttribute) -> DbClusterSnapshotAttribute {
    DbClusterSnapshotAttributeAnswer {
        attribute_name: attribute.attribute_name,
        attribute_values: attribute.attribute_values,
    }
    .record()
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    fn of(engine: &str, kind: &str) -> types::DbClusterSnapshot {
        types::DbClusterSnapshot::builder()
            .db_cluster_snapshot_identifier(format!("{engine}-{kind}"))
            .engine(engine)
            .snapshot_type(kind)
            .build()
    }

    #[test]
    fn attributes_are_asked_for_what_can_be_shared() {
        let snapshots = [
            of("aurora-mysql", "manual"),
            of("aurora-mysql", "automated"),
            of("aurora-postgresql", "awsbackup"),
            of("neptune", "manual"),
        ];
        let names: Vec<_> = shareable(&snapshots).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["aurora-mysql-manual", "aurora-postgresql-awsbackup"]);
    }

    #[test]
    fn snapshots_keep_what_was_said() {
        let full = types::DbClusterSnapshot::builder()
            .db_cluster_snapshot_arn("arn:s")
            .engine("aurora-mysql")
            .snapshot_create_time(DateTime::from_secs(0))
            .storage_encrypted(false);
        let expected = json!({"DBClusterSnapshotArn": "arn:s", "Engine": "aurora-mysql",
            "SnapshotCreateTime": "1970-01-01T00:00:00Z", "StorageEncrypted": false, "KmsKeyId": null});
        assert_eq!(kept(snapshot(full.build())), ("arn:s".to_owned(), expected));
    }

    #[test]
    fn attributes_name_the_accounts() {
        let restore =
            types::DbClusterSnapshotAttribute::builder().attribute_name("restore").attribute_values("all").build();
        let result = types::DbClusterSnapshotAttributesResult::builder()
            .db_cluster_snapshot_identifier("s")
            .db_cluster_snapshot_attributes(restore)
            .build();
        let expected = json!({"DBClusterSnapshotIdentifier": "s", "DBClusterSnapshotAttributes":
            [{"AttributeName": "restore", "AttributeValues": ["all"]}]});
        assert_eq!(serde_json::to_value(attributes(result)).unwrap(), expected);
    }
}
