//! AWS Key Management Service: the keys that encrypt clusters. Shapes: AWS KMS API Reference, `DescribeKey`,
//! `GetKeyRotationStatus`, `GetKeyPolicy`.

use jiff::Timestamp;

use super::iam::PolicyDocument;

vocabulary! {
    /// Who manages a key.
    enum KeyManager = "key_manager" {
        /// AWS, for one service of one account.
        Aws = "AWS",
        /// The account.
        Customer = "CUSTOMER",
    }
}

record! {
    /// A key, from `kms:DescribeKey`.
    struct Key / KeyAnswer = "key" {
        /// Id of the key.
        "KeyId" key_id: String, unknown;
        /// ARN of the key.
        "Arn" arn: String, unknown;
        /// Who manages it.
        "KeyManager" key_manager: KeyManager, unknown;
        /// `Enabled`, `Disabled`, `PendingDeletion`, `PendingImport`, `Unavailable`, …
        "KeyState" key_state: String, unknown;
        /// When it will be deleted; left out while that is not planned.
        "DeletionDate" deletion_date: Timestamp, absent;
        /// Where its material comes from: `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM`, `EXTERNAL_KEY_STORE`.
        "Origin" origin: String, unknown;
        /// `SYMMETRIC_DEFAULT` for a key that databases can use.
        "KeySpec" key_spec: String, unknown;
    }
}

record! {
    /// Whether the material of a key is renewed, from `kms:GetKeyRotationStatus`.
    struct KeyRotationStatus / KeyRotationStatusAnswer = "key_rotation_status" {
        /// ARN of the key.
        "KeyId" key_id: String, unknown;
        /// Whether KMS renews the material by itself.
        "KeyRotationEnabled" key_rotation_enabled: bool, unknown;
        /// Days between two renewals.
        "RotationPeriodInDays" rotation_period_in_days: i64, absent;
    }
}

record! {
    /// The policy of a key, from `kms:GetKeyPolicy`.
    struct KeyPolicy / KeyPolicyAnswer = "key_policy" {
        /// ARN of the key.
        "KeyId" key_id: String, unknown;
        /// The policy; every key has one.
        "Policy" policy: PolicyDocument, unknown;
    }
}
