//! Amazon RDS around the clusters: global clusters, support of engine versions, event subscriptions.
//! Shapes: Amazon RDS API Reference, Data Types.

use jiff::Timestamp;

record! {
    /// A global database, from `rds:DescribeGlobalClusters`.
    struct GlobalCluster / GlobalClusterAnswer = "global_cluster" {
        /// Its name.
        "GlobalClusterIdentifier" global_cluster_identifier: String, unknown;
        /// Its clusters, in whatever region.
        "GlobalClusterMembers" global_cluster_members: Vec<GlobalClusterMember>, empty;
    }
}

record! {
    /// A cluster of a global database.
    struct GlobalClusterMember / GlobalClusterMemberAnswer = "global_cluster_member" {
        /// ARN of the cluster.
        "DBClusterArn" db_cluster_arn: String, unknown;
        /// Whether it is the primary.
        "IsWriter" is_writer: bool, unknown;
    }
}

record! {
    /// A major version of an engine, from `rds:DescribeDBMajorEngineVersions`.
    struct DbMajorEngineVersion / DbMajorEngineVersionAnswer = "db_major_engine_version" {
        /// Engine, as in `aurora-mysql`.
        "Engine" engine: String, unknown;
        /// Version, as in `8.0` or `16`.
        "MajorEngineVersion" major_engine_version: String, unknown;
        /// When it is supported, and how.
        "SupportedEngineLifecycles" supported_engine_lifecycles: Vec<SupportedEngineLifecycle>, empty;
    }
}

record! {
    /// A period of support.
    struct SupportedEngineLifecycle / SupportedEngineLifecycleAnswer = "supported_engine_lifecycle" {
        /// `open-source-rds-standard-support` or `open-source-rds-extended-support`.
        "LifecycleSupportName" lifecycle_support_name: String, unknown;
        /// Its first day.
        "LifecycleSupportStartDate" lifecycle_support_start_date: Timestamp, unknown;
        /// Its last day.
        "LifecycleSupportEndDate" lifecycle_support_end_date: Timestamp, unknown;
    }
}

record! {
    /// A subscription to events of RDS, from `rds:DescribeEventSubscriptions`.
    struct EventSubscription / EventSubscriptionAnswer = "event_subscription" {
        /// Its name.
        "CustSubscriptionId" cust_subscription_id: String, unknown;
        /// `active`, `creating`, `no-permission`, `topic-not-exist`, …
        "Status" status: String, unknown;
        /// Whether it is switched on.
        "Enabled" enabled: bool, unknown;
        /// `db-cluster`, `db-instance`, `db-parameter-group`, `db-security-group`, …; left out for all of them.
        "SourceType" source_type: String, absent;
        /// Names of what it is about; empty for everything of its type.
        "SourceIdsList" source_ids_list: Vec<String>, empty;
        /// What happened, as in `failure`; empty for everything.
        "EventCategoriesList" event_categories_list: Vec<String>, empty;
    }
}
