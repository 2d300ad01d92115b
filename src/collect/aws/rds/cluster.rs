//! Clusters, from the SDK's form to the snapshot's.

use aws_sdk_rds::types;

use super::part;
use crate::collect::aws::listing::{Entry, each};
use crate::snapshot::schema::rds::{
    ClusterPendingModifiedValues, ClusterPendingModifiedValuesAnswer, DbCluster, DbClusterAnswer, DbClusterMember,
    DbClusterMemberAnswer, DbClusterRole, DbClusterRoleAnswer, MasterUserSecret, MasterUserSecretAnswer,
};

pub(super) fn cluster(cluster: types::DbCluster) -> Entry<DbCluster> {
    let engine = cluster.engine.clone();
    part::aurora_only(engine.as_deref(), id(&cluster), || answer(cluster).record())
}

/// The identifier of a cluster's record.
pub(super) fn id(cluster: &types::DbCluster) -> String {
    part::id(cluster.db_cluster_arn(), cluster.db_cluster_identifier())
}

fn answer(cluster: types::DbCluster) -> DbClusterAnswer {
    DbClusterAnswer {
        db_cluster_identifier: cluster.db_cluster_identifier,
        db_cluster_arn: cluster.db_cluster_arn,
        db_cluster_resource_id: cluster.db_cluster_resource_id,
        engine: cluster.engine.as_deref().map(part::engine_of),
        engine_version: cluster.engine_version,
        engine_mode: cluster.engine_mode,
        status: cluster.status,
        endpoint: cluster.endpoint,
        reader_endpoint: cluster.reader_endpoint,
        custom_endpoints: cluster.custom_endpoints,
        port: cluster.port.map(i64::from),
        master_username: cluster.master_username,
        master_user_secret: cluster.master_user_secret.map(secret),
        db_cluster_parameter_group: cluster.db_cluster_parameter_group,
        db_subnet_group: cluster.db_subnet_group,
        vpc_security_groups: each(cluster.vpc_security_groups, part::membership),
        db_cluster_members: each(cluster.db_cluster_members, member),
        storage_encrypted: cluster.storage_encrypted,
        storage_encryption_type: cluster.storage_encryption_type.as_ref().map(part::encryption),
        kms_key_id: cluster.kms_key_id,
        iam_database_authentication_enabled: cluster.iam_database_authentication_enabled,
        http_endpoint_enabled: cluster.http_endpoint_enabled,
        deletion_protection: cluster.deletion_protection,
        multi_az: cluster.multi_az,
        replication_source_identifier: cluster.replication_source_identifier,
        pending_modified_values: cluster.pending_modified_values.map(pending),
        backup_retention_period: cluster.backup_retention_period.map(i64::from),
        enabled_cloudwatch_logs_exports: cluster.enabled_cloudwatch_logs_exports,
        associated_roles: each(cluster.associated_roles, role),
        network_type: cluster.network_type,
        tag_list: each(cluster.tag_list, part::tag),
    }
}

fn member(member: types::DbClusterMember) -> DbClusterMember {
    DbClusterMemberAnswer {
        db_instance_identifier: member.db_instance_identifier,
        is_cluster_writer: member.is_cluster_writer,
        db_cluster_parameter_group_status: member.db_cluster_parameter_group_status,
    }
    .record()
}

fn role(role: types::DbClusterRole) -> DbClusterRole {
    DbClusterRoleAnswer { role_arn: role.role_arn, status: role.status, feature_name: role.feature_name }.record()
}

fn pending(values: types::ClusterPendingModifiedValues) -> ClusterPendingModifiedValues {
    ClusterPendingModifiedValuesAnswer {
        engine_version: values.engine_version,
        iam_database_authentication_enabled: values.iam_database_authentication_enabled,
        backup_retention_period: values.backup_retention_period.map(i64::from),
    }
    .record()
}

fn secret(secret: types::MasterUserSecret) -> MasterUserSecret {
    MasterUserSecretAnswer {
        secret_arn: secret.secret_arn,
        secret_status: secret.secret_status,
        kms_key_id: secret.kms_key_id,
    }
    .record()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn omissions_have_their_declared_meaning() {
        let sparse = types::DbCluster::builder().db_cluster_identifier("orders").engine("aurora-mysql");
        let (id, data) = kept(cluster(sparse.build()));
        assert_eq!(id, "orders");
        for (key, expected) in [
            ("DBClusterIdentifier", Some(json!("orders"))),
            ("Engine", Some(json!("aurora-mysql"))),
            ("Endpoint", Some(json!(null))),
            ("MasterUserSecret", Some(json!(null))),
            ("VpcSecurityGroups", Some(json!([]))),
            ("EnabledCloudwatchLogsExports", Some(json!([]))),
            ("StorageEncrypted", None),
            ("DeletionProtection", None),
            ("Port", None),
        ] {
            assert_eq!(data.get(key), expected.as_ref(), "{key}");
        }
    }

    #[test]
    fn what_was_said_is_kept() {
        let arn = "arn:aws:rds:eu-west-1:123456789012:cluster:orders";
        let full = types::DbCluster::builder()
            .db_cluster_arn(arn)
            .engine("aurora-postgresql")
            .port(5433)
            .storage_encrypted(true)
            .storage_encryption_type(types::StorageEncryptionType::from("sse-kms"))
            .backup_retention_period(7)
            .master_user_secret(types::MasterUserSecret::builder().secret_arn("arn:s").secret_status("active").build())
            .db_cluster_members(
                types::DbClusterMember::builder().db_instance_identifier("orders-1").is_cluster_writer(true).build(),
            )
            .associated_roles(types::DbClusterRole::builder().role_arn("arn:r").status("ACTIVE").build())
            .vpc_security_groups(types::VpcSecurityGroupMembership::builder().vpc_security_group_id("sg-1").build())
            .tag_list(types::Tag::builder().key("team").build());
        let (id, data) = kept(cluster(full.build()));
        assert_eq!(id, arn);
        for (pointer, expected) in [
            ("/DBClusterArn", json!(arn)),
            ("/Engine", json!("aurora-postgresql")),
            ("/Port", json!(5433)),
            ("/StorageEncrypted", json!(true)),
            ("/StorageEncryptionType", json!("sse-kms")),
            ("/BackupRetentionPeriod", json!(7)),
            ("/MasterUserSecret", json!({"SecretArn": "arn:s", "SecretStatus": "active", "KmsKeyId": null})),
            ("/DBClusterMembers/0", json!({"DBInstanceIdentifier": "orders-1", "IsClusterWriter": true})),
            ("/AssociatedRoles/0", json!({"RoleArn": "arn:r", "Status": "ACTIVE", "FeatureName": null})),
            ("/VpcSecurityGroups/0", json!({"VpcSecurityGroupId": "sg-1"})),
            ("/TagList/0", json!({"Key": "team", "Value": null})),
        ] {
            assert_eq!(data.pointer(pointer), Some(&expected), "{pointer}");
        }
    }
}
