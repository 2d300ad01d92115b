//! Parameter groups of instances, what the engine itself sets, and maintenance that waits. Shapes: Amazon RDS API Reference, Data
//! Types.

use jiff::Timestamp;

use super::rds::Parameter;

record! {
    /// A parameter group of instances, from `rds:DescribeDBParameterGroups`.
    struct DbParameterGroup / DbParameterGroupAnswer = "db_parameter_group" {
        /// Name of the group.
        "DBParameterGroupName" db_parameter_group_name: String, unknown;
        /// Family, as in `aurora-mysql8.0`.
        "DBParameterGroupFamily" db_parameter_group_family: String, unknown;
        /// ARN of the group.
        "DBParameterGroupArn" db_parameter_group_arn: String, unknown;
    }
}

record! {
    /// All parameters of one parameter group of instances, from `rds:DescribeDBParameters`.
    struct DbParameters / DbParametersAnswer = "db_parameters" {
        /// Name of the group.
        "DBParameterGroupName" db_parameter_group_name: String, unknown;
        /// Its parameters, set or not, sorted by name.
        "Parameters" parameters: Vec<Parameter>, unknown;
    }
}

record! {
    /// What the engine sets in a cluster where its parameter group says nothing, from `rds:DescribeEngineDefaultClusterParameters`.
    struct EngineDefaults / EngineDefaultsAnswer = "engine_defaults" {
        /// Family of parameter groups, as in `aurora-mysql8.0`.
        "DBParameterGroupFamily" db_parameter_group_family: String, unknown;
        /// Its parameters, sorted by name.
        "Parameters" parameters: Vec<Parameter>, unknown;
    }
}

record! {
    /// Maintenance that waits for a cluster or instance, from `rds:DescribePendingMaintenanceActions`.
    struct ResourcePendingMaintenanceActions / ResourcePendingMaintenanceActionsAnswer = "pending_maintenance_actions" {
        /// ARN of the cluster or instance.
        "ResourceIdentifier" resource_identifier: String, unknown;
        /// What waits.
        "PendingMaintenanceActionDetails" pending_maintenance_action_details: Vec<PendingMaintenanceAction>, empty;
    }
}

record! {
    /// One maintenance that waits.
    struct PendingMaintenanceAction / PendingMaintenanceActionAnswer = "pending_maintenance_action" {
        /// `system-update`, `db-upgrade`, `hardware-maintenance`, `ca-certificate-rotation`, …
        "Action" action: String, unknown;
        /// What it is, in AWS's words.
        "Description" description: String, absent;
        /// From when on the maintenance window applies it.
        "AutoAppliedAfterDate" auto_applied_after_date: Timestamp, absent;
        /// When it is applied in any case.
        "ForcedApplyDate" forced_apply_date: Timestamp, absent;
        /// When it will be applied.
        "CurrentApplyDate" current_apply_date: Timestamp, absent;
        /// `next-maintenance`, `immediate` or `undo-opt-in`, where somebody chose.
        "OptInStatus" opt_in_status: String, absent;
    }
}
