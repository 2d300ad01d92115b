//! Amazon RDS: clusters, instances, parameter groups, subnet groups, cluster snapshots.
//! Shapes: Amazon RDS API Reference, Data Types.

use jiff::Timestamp;

vocabulary! {
    /// Aurora's engines.
    enum Engine = "engine" {
        /// Aurora MySQL 2 and later.
        AuroraMysql = "aurora-mysql",
        /// Aurora PostgreSQL.
        AuroraPostgresql = "aurora-postgresql",
        /// Aurora MySQL 1 (MySQL 5.6).
        Aurora = "aurora",
    }
}

vocabulary! {
    /// How the storage of a cluster is encrypted.
    enum StorageEncryptionType = "storage_encryption_type" {
        /// Not at all.
        None = "none",
        /// By a key that AWS owns.
        SseRds = "sse-rds",
        /// By a key of AWS KMS.
        SseKms = "sse-kms",
    }
}

record! {
    /// A tag.
    struct Tag / TagAnswer = "tag" {
        /// Tag key.
        "Key" key: String, unknown;
        /// Tag value.
        "Value" value: String, absent;
    }
}

record! {
    /// An Aurora DB cluster, from `rds:DescribeDBClusters`.
    struct DbCluster / DbClusterAnswer = "db_cluster_record" {
        /// Name of the cluster, unique in account and region.
        "DBClusterIdentifier" db_cluster_identifier: String, unknown;
        /// ARN of the cluster.
        "DBClusterArn" db_cluster_arn: String, unknown;
        /// Immutable id (`cluster-…`), the one that `rds-db:connect` names.
        "DbClusterResourceId" db_cluster_resource_id: String, unknown;
        /// Database engine.
        "Engine" engine: Engine, unknown;
        /// Version in RDS's form, as in `8.0.mysql_aurora.3.08.2`.
        "EngineVersion" engine_version: String, unknown;
        /// `provisioned`, `serverless`, …
        "EngineMode" engine_mode: String, unknown;
        /// Lifecycle status, as in `available`.
        "Status" status: String, unknown;
        /// Host name of the writer endpoint.
        "Endpoint" endpoint: String, absent;
        /// Host name of the reader endpoint.
        "ReaderEndpoint" reader_endpoint: String, absent;
        /// Host names of custom endpoints.
        "CustomEndpoints" custom_endpoints: Vec<String>, empty;
        /// TCP port of the endpoints.
        "Port" port: i64, unknown;
        /// Name of the master user.
        "MasterUsername" master_username: String, unknown;
        /// Secret that RDS manages for the master user.
        "MasterUserSecret" master_user_secret: MasterUserSecret, absent;
        /// Name of the cluster parameter group.
        "DBClusterParameterGroup" db_cluster_parameter_group: String, unknown;
        /// Name of the subnet group.
        "DBSubnetGroup" db_subnet_group: String, absent;
        /// Security groups of the cluster.
        "VpcSecurityGroups" vpc_security_groups: Vec<VpcSecurityGroupMembership>, empty;
        /// Instances of the cluster.
        "DBClusterMembers" db_cluster_members: Vec<DbClusterMember>, empty;
        /// Whether the storage is encrypted by a KMS key.
        "StorageEncrypted" storage_encrypted: bool, unknown;
        /// How the storage is encrypted; newer than `StorageEncrypted` and more exact.
        "StorageEncryptionType" storage_encryption_type: StorageEncryptionType, unknown;
        /// KMS key of the storage.
        "KmsKeyId" kms_key_id: String, absent;
        /// Whether IAM database authentication is on.
        "IAMDatabaseAuthenticationEnabled" iam_database_authentication_enabled: bool, unknown;
        /// Whether the Data API is on.
        "HttpEndpointEnabled" http_endpoint_enabled: bool, unknown;
        /// Whether the cluster is protected against deletion.
        "DeletionProtection" deletion_protection: bool, unknown;
        /// Whether its instances stand in more than one availability zone.
        "MultiAZ" multi_az: bool, unknown;
        /// ARN of the cluster or instance that it replicates.
        "ReplicationSourceIdentifier" replication_source_identifier: String, absent;
        /// Changes that wait for the maintenance window; left out when none do.
        "PendingModifiedValues" pending_modified_values: ClusterPendingModifiedValues, absent;
        /// Days that automatic backups are kept.
        "BackupRetentionPeriod" backup_retention_period: i64, unknown;
        /// Log types that go to CloudWatch Logs.
        "EnabledCloudwatchLogsExports" enabled_cloudwatch_logs_exports: Vec<String>, empty;
        /// Roles that the cluster may use.
        "AssociatedRoles" associated_roles: Vec<DbClusterRole>, empty;
        /// `IPV4` or `DUAL`.
        "NetworkType" network_type: String, unknown;
        /// Tags.
        "TagList" tag_list: Vec<Tag>, empty;
    }
}

record! {
    /// Changes of a cluster that wait for the maintenance window.
    struct ClusterPendingModifiedValues / ClusterPendingModifiedValuesAnswer = "cluster_pending_modified_values" {
        /// The version it will have.
        "EngineVersion" engine_version: String, absent;
        /// Whether IAM database authentication will be on.
        "IAMDatabaseAuthenticationEnabled" iam_database_authentication_enabled: bool, absent;
        /// Days that automatic backups will be kept.
        "BackupRetentionPeriod" backup_retention_period: i64, absent;
    }
}

record! {
    /// Membership of a cluster or instance in a VPC security group.
    struct VpcSecurityGroupMembership / VpcSecurityGroupMembershipAnswer = "vpc_security_group_membership" {
        /// Id of the group.
        "VpcSecurityGroupId" vpc_security_group_id: String, unknown;
        /// `active` once it applies.
        "Status" status: String, unknown;
    }
}

record! {
    /// An instance as its cluster sees it.
    struct DbClusterMember / DbClusterMemberAnswer = "db_cluster_member" {
        /// Name of the instance.
        "DBInstanceIdentifier" db_instance_identifier: String, unknown;
        /// Whether it is the writer.
        "IsClusterWriter" is_cluster_writer: bool, unknown;
        /// `in-sync`, or `pending-reboot` while the instance runs older parameter values.
        "DBClusterParameterGroupStatus" db_cluster_parameter_group_status: String, unknown;
    }
}

record! {
    /// A role that a cluster may use.
    struct DbClusterRole / DbClusterRoleAnswer = "db_cluster_role" {
        /// ARN of the role.
        "RoleArn" role_arn: String, unknown;
        /// `ACTIVE`, `PENDING` or `INVALID`.
        "Status" status: String, unknown;
        /// What the role is for, as in `s3Export`.
        "FeatureName" feature_name: String, absent;
    }
}

record! {
    /// The secret that RDS keeps for a master user.
    struct MasterUserSecret / MasterUserSecretAnswer = "master_user_secret" {
        /// ARN of the secret.
        "SecretArn" secret_arn: String, unknown;
        /// `creating`, `active`, `rotating` or `impaired`.
        "SecretStatus" secret_status: String, unknown;
        /// KMS key of the secret.
        "KmsKeyId" kms_key_id: String, absent;
    }
}

record! {
    /// An instance of an Aurora cluster, from `rds:DescribeDBInstances`.
    struct DbInstance / DbInstanceAnswer = "db_instance_record" {
        /// Name of the instance.
        "DBInstanceIdentifier" db_instance_identifier: String, unknown;
        /// ARN of the instance.
        "DBInstanceArn" db_instance_arn: String, unknown;
        /// Immutable id (`db-…`).
        "DbiResourceId" dbi_resource_id: String, unknown;
        /// Name of its cluster.
        "DBClusterIdentifier" db_cluster_identifier: String, absent;
        /// Database engine.
        "Engine" engine: Engine, unknown;
        /// Version in RDS's form.
        "EngineVersion" engine_version: String, unknown;
        /// Class, as in `db.r6g.large`.
        "DBInstanceClass" db_instance_class: String, unknown;
        /// Changes that wait for the maintenance window; left out when none do.
        "PendingModifiedValues" pending_modified_values: PendingModifiedValues, absent;
        /// Lifecycle status.
        "DBInstanceStatus" db_instance_status: String, unknown;
        /// Host name and port; none while the instance is being made.
        "Endpoint" endpoint: InstanceEndpoint, absent;
        /// Whether the instance's name resolves to a public address outside its VPC.
        "PubliclyAccessible" publicly_accessible: bool, unknown;
        /// Subnet group, with its VPC.
        "DBSubnetGroup" db_subnet_group: InstanceSubnetGroup, unknown;
        /// Availability zone.
        "AvailabilityZone" availability_zone: String, absent;
        /// Security groups.
        "VpcSecurityGroups" vpc_security_groups: Vec<VpcSecurityGroupMembership>, empty;
        /// Certificate authority of the server certificate, as in `rds-ca-rsa2048-g1`.
        "CACertificateIdentifier" ca_certificate_identifier: String, unknown;
        /// Server certificate as RDS knows it.
        "CertificateDetails" certificate_details: CertificateDetails, unknown;
        /// Whether minor versions are installed by themselves.
        "AutoMinorVersionUpgrade" auto_minor_version_upgrade: bool, unknown;
        /// Tags.
        "TagList" tag_list: Vec<Tag>, empty;
    }
}

record! {
    /// Changes of an instance that wait for the maintenance window.
    struct PendingModifiedValues / PendingModifiedValuesAnswer = "pending_modified_values" {
        /// The class it will have.
        "DBInstanceClass" db_instance_class: String, absent;
        /// The certificate authority it will have.
        "CACertificateIdentifier" ca_certificate_identifier: String, absent;
        /// The version it will have.
        "EngineVersion" engine_version: String, absent;
        /// Whether IAM database authentication will be on.
        "IAMDatabaseAuthenticationEnabled" iam_database_authentication_enabled: bool, absent;
    }
}

record! {
    /// Where an instance listens.
    struct InstanceEndpoint / InstanceEndpointAnswer = "instance_endpoint" {
        /// Host name.
        "Address" address: String, unknown;
        /// TCP port.
        "Port" port: i64, unknown;
    }
}

record! {
    /// The subnet group of an instance, in short.
    struct InstanceSubnetGroup / InstanceSubnetGroupAnswer = "instance_subnet_group" {
        /// Name of the group.
        "DBSubnetGroupName" db_subnet_group_name: String, unknown;
        /// VPC of the group.
        "VpcId" vpc_id: String, unknown;
    }
}

record! {
    /// A server certificate as RDS knows it.
    struct CertificateDetails / CertificateDetailsAnswer = "certificate_details" {
        /// Certificate authority.
        "CAIdentifier" ca_identifier: String, unknown;
        /// When the server certificate expires.
        "ValidTill" valid_till: Timestamp, unknown;
    }
}

record! {
    /// A cluster parameter group, from `rds:DescribeDBClusterParameterGroups`.
    struct DbClusterParameterGroup / DbClusterParameterGroupAnswer = "db_cluster_parameter_group" {
        /// Name of the group.
        "DBClusterParameterGroupName" db_cluster_parameter_group_name: String, unknown;
        /// Family, as in `aurora-mysql8.0`.
        "DBParameterGroupFamily" db_parameter_group_family: String, unknown;
        /// ARN of the group.
        "DBClusterParameterGroupArn" db_cluster_parameter_group_arn: String, unknown;
    }
}

record! {
    /// All parameters of one cluster parameter group, from `rds:DescribeDBClusterParameters`.
    struct DbClusterParameters / DbClusterParametersAnswer = "db_cluster_parameters" {
        /// Name of the group.
        "DBClusterParameterGroupName" db_cluster_parameter_group_name: String, unknown;
        /// Its parameters, set or not, sorted by name.
        "Parameters" parameters: Vec<Parameter>, empty;
    }
}

record! {
    /// One parameter of a group.
    struct Parameter / ParameterAnswer = "parameter" {
        /// Name.
        "ParameterName" parameter_name: String, unknown;
        /// Value; none when the engine decides.
        "ParameterValue" parameter_value: String, absent;
        /// `user`, `system` or `engine-default`.
        "Source" source: String, unknown;
        /// `static` parameters wait for a reboot.
        "ApplyType" apply_type: String, unknown;
        /// Whether a customer may set it.
        "IsModifiable" is_modifiable: bool, unknown;
    }
}

record! {
    /// A subnet group, from `rds:DescribeDBSubnetGroups`.
    struct DbSubnetGroup / DbSubnetGroupAnswer = "db_subnet_group_record" {
        /// Name of the group.
        "DBSubnetGroupName" db_subnet_group_name: String, unknown;
        /// ARN of the group.
        "DBSubnetGroupArn" db_subnet_group_arn: String, unknown;
        /// VPC of the group.
        "VpcId" vpc_id: String, unknown;
        /// Its subnets.
        "Subnets" subnets: Vec<GroupedSubnet>, empty;
    }
}

record! {
    /// A subnet as its group sees it.
    struct GroupedSubnet / GroupedSubnetAnswer = "grouped_subnet" {
        /// Id of the subnet.
        "SubnetIdentifier" subnet_identifier: String, unknown;
        /// `Active` while it can be used.
        "SubnetStatus" subnet_status: String, unknown;
    }
}

record! {
    /// A snapshot of a cluster, from `rds:DescribeDBClusterSnapshots`.
    struct DbClusterSnapshot / DbClusterSnapshotAnswer = "db_cluster_snapshot_record" {
        /// Name of the snapshot.
        "DBClusterSnapshotIdentifier" db_cluster_snapshot_identifier: String, unknown;
        /// ARN of the snapshot.
        "DBClusterSnapshotArn" db_cluster_snapshot_arn: String, unknown;
        /// Cluster it was taken of.
        "DBClusterIdentifier" db_cluster_identifier: String, unknown;
        /// `manual`, `automated` or `awsbackup`.
        "SnapshotType" snapshot_type: String, unknown;
        /// Database engine.
        "Engine" engine: Engine, unknown;
        /// When it was taken.
        "SnapshotCreateTime" snapshot_create_time: Timestamp, absent;
        /// Whether it is encrypted by a KMS key.
        "StorageEncrypted" storage_encrypted: bool, unknown;
        /// How it is encrypted.
        "StorageEncryptionType" storage_encryption_type: StorageEncryptionType, unknown;
        /// KMS key.
        "KmsKeyId" kms_key_id: String, absent;
    }
}

record! {
    /// Who may restore a snapshot, from `rds:DescribeDBClusterSnapshotAttributes`.
    struct DbClusterSnapshotAttributes / DbClusterSnapshotAttributesAnswer = "db_cluster_snapshot_attributes" {
        /// Name of the snapshot.
        "DBClusterSnapshotIdentifier" db_cluster_snapshot_identifier: String, unknown;
        /// Its attributes.
        "DBClusterSnapshotAttributes" db_cluster_snapshot_attributes: Vec<DbClusterSnapshotAttribute>, empty;
    }
}

record! {
    /// One attribute of a snapshot.
    struct DbClusterSnapshotAttribute / DbClusterSnapshotAttributeAnswer = "db_cluster_snapshot_attribute" {
        /// `restore` is the one there is.
        "AttributeName" attribute_name: String, unknown;
        /// Account ids, or `all` for everybody.
        "AttributeValues" attribute_values: Vec<String>, empty;
    }
}
