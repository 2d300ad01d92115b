//! AWS IAM: users, groups, roles and policies, from `iam:GetAccountAuthorizationDetails`.
//! Shapes: IAM API Reference, Data Types.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::rds::Tag;
use crate::model::{Reflect, Type, Value};

/// A policy document as JSON text. It is a JSON object, or a JSON string when what the server sent is not JSON. A record is one
/// line, so tabs stand for the document's line breaks, and a finding can still name its line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyDocument(Box<RawValue>);

impl PolicyDocument {
    /// Keeps `text` as the document it is, or as a JSON string when it is none.
    pub fn from_text(text: &str) -> Self {
        let one_line = |text: &str| RawValue::from_string(lines_to_tabs(text));
        let document = if text.trim_start().starts_with('{') { one_line(text.trim()).ok() } else { None };
        Self(document.unwrap_or_else(|| string_value(text)))
    }

    /// The document's JSON text.
    pub fn json(&self) -> &str {
        self.0.get()
    }
}

/// Line breaks as tabs, and tabs as blanks: between JSON's values all white space is one, and within a string there is none of it.
fn lines_to_tabs(text: &str) -> String {
    text.replace('\t', " ").replace("\r\n", "\n").replace('\n', "\t").replace('\r', " ")
}

/// A JSON string; `serde_json` cannot fail to quote text, and `null` would still read as no document.
fn string_value(text: &str) -> Box<RawValue> {
    serde_json::value::to_raw_value(text).unwrap_or_default()
}

impl PartialEq for PolicyDocument {
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json()
    }
}

impl Reflect for PolicyDocument {
    const TYPE: Type = Type::String;

    fn value(&self) -> Value<'_> {
        Value::Str(self.json())
    }
}

record! {
    /// A user.
    struct UserDetail / UserDetailAnswer = "user_detail" {
        /// Name.
        "UserName" user_name: String, unknown;
        /// ARN.
        "Arn" arn: String, unknown;
        /// Tags.
        "Tags" tags: Vec<Tag>, empty;
        /// Policies written into the user.
        "UserPolicyList" user_policy_list: Vec<PolicyDetail>, empty;
        /// Names of its groups.
        "GroupList" group_list: Vec<String>, empty;
        /// Managed policies attached to it.
        "AttachedManagedPolicies" attached_managed_policies: Vec<AttachedPolicy>, empty;
        /// Permissions boundary.
        "PermissionsBoundary" permissions_boundary: PermissionsBoundary, absent;
    }
}

record! {
    /// A group of users.
    struct GroupDetail / GroupDetailAnswer = "group_detail" {
        /// Name.
        "GroupName" group_name: String, unknown;
        /// ARN.
        "Arn" arn: String, unknown;
        /// Policies written into the group.
        "GroupPolicyList" group_policy_list: Vec<PolicyDetail>, empty;
        /// Managed policies attached to it.
        "AttachedManagedPolicies" attached_managed_policies: Vec<AttachedPolicy>, empty;
    }
}

record! {
    /// A role.
    struct RoleDetail / RoleDetailAnswer = "role_detail" {
        /// Name.
        "RoleName" role_name: String, unknown;
        /// ARN.
        "Arn" arn: String, unknown;
        /// Path; `/aws-service-role/…` marks a service-linked role.
        "Path" path: String, unknown;
        /// Who may assume it.
        "AssumeRolePolicyDocument" assume_role_policy_document: PolicyDocument, unknown;
        /// Tags.
        "Tags" tags: Vec<Tag>, empty;
        /// Policies written into the role.
        "RolePolicyList" role_policy_list: Vec<PolicyDetail>, empty;
        /// Managed policies attached to it.
        "AttachedManagedPolicies" attached_managed_policies: Vec<AttachedPolicy>, empty;
        /// Permissions boundary.
        "PermissionsBoundary" permissions_boundary: PermissionsBoundary, absent;
    }
}

record! {
    /// An inline policy.
    struct PolicyDetail / PolicyDetailAnswer = "policy_detail" {
        /// Name.
        "PolicyName" policy_name: String, unknown;
        /// Its document.
        "PolicyDocument" policy_document: PolicyDocument, unknown;
    }
}

record! {
    /// A managed policy as its holder names it.
    struct AttachedPolicy / AttachedPolicyAnswer = "attached_policy" {
        /// Name.
        "PolicyName" policy_name: String, unknown;
        /// ARN.
        "PolicyArn" policy_arn: String, unknown;
    }
}

record! {
    /// A permissions boundary.
    struct PermissionsBoundary / PermissionsBoundaryAnswer = "permissions_boundary" {
        /// ARN of the policy that is the boundary.
        "PermissionsBoundaryArn" permissions_boundary_arn: String, unknown;
    }
}

record! {
    /// A managed policy, the customer's or AWS's.
    struct ManagedPolicyDetail / ManagedPolicyDetailAnswer = "managed_policy_detail" {
        /// Name.
        "PolicyName" policy_name: String, unknown;
        /// ARN.
        "Arn" arn: String, unknown;
        /// Version in force.
        "DefaultVersionId" default_version_id: String, unknown;
        /// How many users, groups and roles it is attached to.
        "AttachmentCount" attachment_count: i64, unknown;
        /// The version in force; collectors leave the others out.
        "PolicyVersionList" policy_version_list: Vec<PolicyVersion>, empty;
    }
}

record! {
    /// A version of a managed policy.
    struct PolicyVersion / PolicyVersionAnswer = "policy_version" {
        /// `v1`, `v2`, …
        "VersionId" version_id: String, unknown;
        /// Whether it is the one in force.
        "IsDefaultVersion" is_default_version: bool, unknown;
        /// Its document.
        "Document" document: PolicyDocument, unknown;
    }
}

record! {
    /// Figures about an account, from `iam:GetAccountSummary`.
    struct AccountSummary / AccountSummaryAnswer = "account_summary" {
        /// 1 when the root user has MFA, else 0.
        "AccountMFAEnabled" account_mfa_enabled: i64, unknown;
        /// 1 when the root user has access keys, else 0.
        "AccountAccessKeysPresent" account_access_keys_present: i64, unknown;
    }
}

record! {
    /// A row of the credential report, from `iam:GetCredentialReport`: a user, or the root user as `<root_account>`. A column
    /// that says `N/A`, `no_information` or `not_supported` is left out.
    struct CredentialReportRow / CredentialReportRowAnswer = "credential_report_row" {
        /// Name of the user.
        "user" user: String, unknown;
        /// ARN of the user.
        "arn" arn: String, unknown;
        /// When the user was made.
        "user_creation_time" user_creation_time: Timestamp, absent;
        /// Whether it has a console password.
        "password_enabled" password_enabled: bool, absent;
        /// When the password was last used.
        "password_last_used" password_last_used: Timestamp, absent;
        /// When the password was last changed.
        "password_last_changed" password_last_changed: Timestamp, absent;
        /// Whether it has an MFA device.
        "mfa_active" mfa_active: bool, unknown;
        /// Whether its first access key is active.
        "access_key_1_active" access_key_1_active: bool, unknown;
        /// When the first key was made or last changed.
        "access_key_1_last_rotated" access_key_1_last_rotated: Timestamp, absent;
        /// When the first key was last used.
        "access_key_1_last_used_date" access_key_1_last_used_date: Timestamp, absent;
        /// Whether its second access key is active.
        "access_key_2_active" access_key_2_active: bool, unknown;
        /// When the second key was made or last changed.
        "access_key_2_last_rotated" access_key_2_last_rotated: Timestamp, absent;
        /// When the second key was last used.
        "access_key_2_last_used_date" access_key_2_last_used_date: Timestamp, absent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_become_tabs() {
        for (text, kept) in [
            ("{\n\t\"a\": 1\r\n}", "{\t \"a\": 1\t}"),
            ("{\"a\":1}", "{\"a\":1}"),
            ("{\r\"a\":1}", "{ \"a\":1}"),
            ("not\nJSON", "\"not\\nJSON\""),
        ] {
            assert_eq!(PolicyDocument::from_text(text).json(), kept, "{text:?}");
        }
    }
}
