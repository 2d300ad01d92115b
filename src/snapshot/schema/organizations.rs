//! AWS Organizations: the tree of roots, units and accounts, and the control policies attached to it. The management account and
//! delegated administrators may read it; a member account sees only which organisation it is in.
//! Shapes: AWS Organizations API Reference, Data Types.

use super::iam::PolicyDocument;

record! {
    /// The organisation that an account is in, from `organizations:DescribeOrganization`. An account in none has the listing of
    /// this kind and no record.
    struct Organization / OrganizationAnswer = "organization" {
        /// Id, as in `o-exampleorgid`.
        "Id" id: String, unknown;
        /// ARN.
        "Arn" arn: String, unknown;
        /// `ALL`, or `CONSOLIDATED_BILLING`, which has no control policies.
        "FeatureSet" feature_set: String, unknown;
        /// The management account, which no control policy binds.
        "MasterAccountId" master_account_id: String, unknown;
    }
}

record! {
    /// A root of the tree, from `organizations:ListRoots`.
    struct Root / RootAnswer = "organization_root" {
        /// Id, as in `r-examplerootid111`.
        "Id" id: String, unknown;
        /// ARN.
        "Arn" arn: String, unknown;
        /// Types of policies that are in use below the root.
        "PolicyTypes" policy_types: Vec<PolicyTypeSummary>, empty;
    }
}

record! {
    /// A type of policies and whether a root uses it.
    struct PolicyTypeSummary / PolicyTypeSummaryAnswer = "policy_type_summary" {
        /// `SERVICE_CONTROL_POLICY`, `RESOURCE_CONTROL_POLICY`, and others.
        "Type" policy_type: String, unknown;
        /// `ENABLED`, `PENDING_ENABLE` or `PENDING_DISABLE`.
        "Status" status: String, unknown;
    }
}

record! {
    /// Where an account or unit hangs, from `organizations:ListParents`: it has one parent.
    struct Parent / ParentAnswer = "organization_parent" {
        /// The account or unit.
        "ChildId" child_id: String, unknown;
        /// Its parent.
        "Id" id: String, unknown;
        /// `ROOT` or `ORGANIZATIONAL_UNIT`.
        "Type" parent_type: String, unknown;
    }
}

record! {
    /// The policies of one type that are attached to a root, unit or account itself, from `organizations:ListPoliciesForTarget`.
    struct TargetPolicies / TargetPoliciesAnswer = "organization_target_policies" {
        /// The root, unit or account.
        "TargetId" target_id: String, unknown;
        /// The type asked for: `SERVICE_CONTROL_POLICY` or `RESOURCE_CONTROL_POLICY`.
        "Filter" filter: String, unknown;
        /// The policies, all pages of the answer.
        "Policies" policies: Vec<PolicySummary>, empty;
    }
}

record! {
    /// A policy without its document.
    struct PolicySummary / PolicySummaryAnswer = "organization_policy_summary" {
        /// Id, as in `p-FullAWSAccess`.
        "Id" id: String, unknown;
        /// ARN.
        "Arn" arn: String, unknown;
        /// Name.
        "Name" name: String, unknown;
        /// `SERVICE_CONTROL_POLICY`, `RESOURCE_CONTROL_POLICY`, and others.
        "Type" policy_type: String, unknown;
        /// Whether it is AWS's own.
        "AwsManaged" aws_managed: bool, unknown;
    }
}

record! {
    /// A policy, from `organizations:DescribePolicy`.
    struct Policy / PolicyAnswer = "organization_policy" {
        /// All but its document.
        "PolicySummary" policy_summary: PolicySummary, unknown;
        /// Its document.
        "Content" content: PolicyDocument, unknown;
    }
}
