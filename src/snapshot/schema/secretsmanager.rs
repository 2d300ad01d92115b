//! AWS Secrets Manager: who may use a secret. Its value is never read into a snapshot.
//! Shapes: AWS Secrets Manager API Reference, `GetResourcePolicy`.

use super::iam::PolicyDocument;

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
