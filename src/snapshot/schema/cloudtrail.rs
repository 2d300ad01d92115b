//! AWS CloudTrail: the record of who called what. Shapes: CloudTrail API Reference, `DescribeTrails`, `GetTrailStatus`.

record! {
    /// A trail, from `cloudtrail:DescribeTrails`. A region shows the trails of other regions and of the organisation that cover it.
    struct Trail / TrailAnswer = "trail_record" {
        /// Its name.
        "Name" name: String, unknown;
        /// ARN of the trail.
        "TrailARN" trail_arn: String, unknown;
        /// Region where it was made.
        "HomeRegion" home_region: String, unknown;
        /// Whether it records all regions.
        "IsMultiRegionTrail" is_multi_region_trail: bool, unknown;
        /// Whether it belongs to the organisation.
        "IsOrganizationTrail" is_organization_trail: bool, unknown;
        /// Whether digests show later changes of its files.
        "LogFileValidationEnabled" log_file_validation_enabled: bool, unknown;
        /// KMS key of its files; left out when S3 encrypts them.
        "KmsKeyId" kms_key_id: String, absent;
    }
}

record! {
    /// Whether a trail records, from `cloudtrail:GetTrailStatus`.
    struct TrailStatus / TrailStatusAnswer = "trail_status" {
        /// ARN of the trail.
        "TrailARN" trail_arn: String, unknown;
        /// Whether it records now.
        "IsLogging" is_logging: bool, unknown;
        /// What the last delivery ended with; left out when it succeeded.
        "LatestDeliveryError" latest_delivery_error: String, absent;
    }
}
