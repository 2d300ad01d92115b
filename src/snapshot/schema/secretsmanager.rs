//! AWS Secrets Manager: who may use a secret. Its value is never read into a snapshot.
//! Shapes: AWS Secrets Manager API Reference, `ListSecrets`, `GetResourcePolicy`.

use jiff::Timestamp;

use super::iam::PolicyDocument;

record! {
    /// A secret of a database, from `secretsmanager:ListSecrets`: one that RDS keeps, or that a cluster or proxy names.
    struct Secret / SecretAnswer = "secret_record" {
        /// ARN of the secret.
        "ARN" arn: String, unknown;
        /// Name of the secret.
        "Name" name: String, unknown;
        /// KMS key; left out when it is the account's `aws/secretsmanager`.
        "KmsKeyId" kms_key_id: String, absent;
        /// Whether it is rotated by itself; left out when it never was.
        "RotationEnabled" rotation_enabled: bool, absent;
        /// When it was last rotated.
        "LastRotatedDate" last_rotated_date: Timestamp, absent;
        /// When it was made.
        "CreatedDate" created_date: Timestamp, unknown;
        /// The service that keeps it, as in `rds`.
        "OwningService" owning_service: String, absent;
    }
}

record! {
    /// The resource policy of a secret, from `secretsmanager:GetResourcePolicy`.
    struct SecretPolicy / SecretPolicyAnswer = "secret_policy" {
        /// ARN of the secret.
        "ARN" arn: String, unknown;
        /// Name of the secret.
        "Name" name: String, unknown;
        /// The policy; a secret may have none.
        "ResourcePolicy" resource_policy: PolicyDocument, absent;
    }
}
