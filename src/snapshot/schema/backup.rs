//! AWS Backup. Shapes: AWS Backup API Reference, `ListProtectedResources`.

use jiff::Timestamp;

record! {
    /// A resource that AWS Backup has backed up, from `backup:ListProtectedResources`.
    struct ProtectedResource / ProtectedResourceAnswer = "protected_resource" {
        /// ARN of the resource.
        "ResourceArn" resource_arn: String, unknown;
        /// `Aurora` for clusters.
        "ResourceType" resource_type: String, unknown;
        /// When it was last backed up.
        "LastBackupTime" last_backup_time: Timestamp, absent;
    }
}
