//! Amazon CloudWatch Logs: where database logs go. Shapes: CloudWatch Logs API Reference, `DescribeLogGroups`.

record! {
    /// A log group, from `logs:DescribeLogGroups`.
    struct LogGroup / LogGroupAnswer = "log_group" {
        /// Its name, as in `/aws/rds/cluster/orders/audit`.
        "logGroupName" log_group_name: String, unknown;
        /// ARN of the group.
        "logGroupArn" log_group_arn: String, unknown;
        /// Days that events are kept; left out when they are kept for ever.
        "retentionInDays" retention_in_days: i64, absent;
        /// KMS key; left out when CloudWatch Logs uses a key of its own.
        "kmsKeyId" kms_key_id: String, absent;
    }
}
