//! AWS IAM: users, groups, roles and policies, all by one call that is read once an account.

use aws_sdk_iam::Client;
use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::{self, EntityType};
use percent_encoding::percent_decode_str;

use crate::collect::Sink;
use crate::collect::aws::listing::{Entry, Listed, each, write_items};
use crate::collect::aws::scope::Scope;
use crate::collect::aws::site::Service;
use crate::model::actions;
use crate::snapshot::schema::iam::{
    AttachedPolicy, AttachedPolicyAnswer, GroupDetail, GroupDetailAnswer, ManagedPolicyDetail,
    ManagedPolicyDetailAnswer, PermissionsBoundary, PermissionsBoundaryAnswer, PolicyDetail, PolicyDetailAnswer,
    PolicyDocument, PolicyVersion, PolicyVersionAnswer, RoleDetail, RoleDetailAnswer, UserDetail, UserDetailAnswer,
};
use crate::snapshot::schema::rds::{Tag, TagAnswer};

const PAGE: i32 = 1000;

/// Reads the identities of the account.
pub(super) async fn collect(client: &Client, service: &Service) -> Sink {
    let filters = [
        EntityType::User,
        EntityType::Role,
        EntityType::Group,
        EntityType::LocalManagedPolicy,
        EntityType::AwsManagedPolicy,
    ];
    let call = client.get_account_authorization_details().set_filter(Some(filters.into()));
    let pages = call.into_paginator().page_size(PAGE).send();
    let listed = service.list(actions::GET_ACCOUNT_AUTHORIZATION_DETAILS, pages, |page| {
        let marker = page.marker.clone();
        (Some(vec![page]), marker)
    });
    let mut sink = Sink::default();
    write(&mut sink, &service.scope, listed.await);
    sink
}

/// One answer holds four kinds: each has a listing of its own, or all share one gap.
fn write(sink: &mut Sink, scope: &Scope, listed: Listed<GetAccountAuthorizationDetailsOutput>) {
    let Listed { action, items: pages, failure } = listed;
    let (mut users, mut groups, mut roles, mut policies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for page in pages {
        users.extend(page.user_detail_list.unwrap_or_default());
        groups.extend(page.group_detail_list.unwrap_or_default());
        roles.extend(page.role_detail_list.unwrap_or_default());
        policies.extend(page.policies.unwrap_or_default());
    }
    let complete = failure.is_none();
    write_items(sink, scope, action, users, complete, user);
    write_items(sink, scope, action, groups, complete, group);
    write_items(sink, scope, action, roles, complete, role);
    write_items(sink, scope, action, policies, complete, policy);
    if let Some(gap) = failure {
        sink.gap(scope.pair(), &gap);
    }
}

fn user(user: types::UserDetail) -> Entry<UserDetail> {
    let id = user.arn.clone().unwrap_or_default();
    let answer = UserDetailAnswer {
        user_name: user.user_name,
        arn: user.arn,
        tags: each(user.tags, tag),
        user_policy_list: each(user.user_policy_list, inline),
        group_list: user.group_list,
        attached_managed_policies: each(user.attached_managed_policies, attached),
        permissions_boundary: user.permissions_boundary.map(boundary),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn group(group: types::GroupDetail) -> Entry<GroupDetail> {
    let id = group.arn.clone().unwrap_or_default();
    let answer = GroupDetailAnswer {
        group_name: group.group_name,
        arn: group.arn,
        group_policy_list: each(group.group_policy_list, inline),
        attached_managed_policies: each(group.attached_managed_policies, attached),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn role(role: types::RoleDetail) -> Entry<RoleDetail> {
    let id = role.arn.clone().unwrap_or_default();
    let answer = RoleDetailAnswer {
        role_name: role.role_name,
        arn: role.arn,
        path: role.path,
        tags: each(role.tags, tag),
        assume_role_policy_document: role.assume_role_policy_document.as_deref().map(document),
        role_policy_list: each(role.role_policy_list, inline),
        attached_managed_policies: each(role.attached_managed_policies, attached),
        permissions_boundary: role.permissions_boundary.map(boundary),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn policy(policy: types::ManagedPolicyDetail) -> Entry<ManagedPolicyDetail> {
    let id = policy.arn.clone().unwrap_or_default();
    let in_force = |versions: Vec<types::PolicyVersion>| {
        versions.into_iter().filter(|version| version.is_default_version).map(version).collect()
    };
    let answer = ManagedPolicyDetailAnswer {
        policy_name: policy.policy_name,
        arn: policy.arn,
        default_version_id: policy.default_version_id,
        attachment_count: policy.attachment_count.map(i64::from),
        policy_version_list: policy.policy_version_list.map(in_force),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn version(version: types::PolicyVersion) -> PolicyVersion {
    PolicyVersionAnswer {
        version_id: version.version_id,
        is_default_version: Some(version.is_default_version),
        document: version.document.as_deref().map(document),
    }
    .record()
}

fn inline(policy: types::PolicyDetail) -> PolicyDetail {
    PolicyDetailAnswer {
        policy_name: policy.policy_name,
        policy_document: policy.policy_document.as_deref().map(document),
    }
    .record()
}

fn attached(policy: types::AttachedPolicy) -> AttachedPolicy {
    AttachedPolicyAnswer { policy_name: policy.policy_name, policy_arn: policy.policy_arn }.record()
}

fn tag(tag: types::Tag) -> Tag {
    TagAnswer { key: Some(tag.key), value: Some(tag.value) }.record()
}

fn boundary(boundary: types::AttachedPermissionsBoundary) -> PermissionsBoundary {
    PermissionsBoundaryAnswer { permissions_boundary_arn: boundary.permissions_boundary_arn }.record()
}

/// IAM percent-encodes documents (RFC 3986). A JSON object never begins with `%`; some servers send it as it is.
fn document(text: &str) -> PolicyDocument {
    if !text.starts_with('%') {
        return PolicyDocument::from_text(text);
    }
    let decoded = percent_decode_str(text).decode_utf8();
    PolicyDocument::from_text(decoded.as_deref().unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::error;
    use crate::collect::aws::scope::GLOBAL;
    use crate::collect::aws::testing::{kept, lines};

    const ENCODED: &str = "%7B%22Statement%22%3A%5B%5D%7D";

    #[test]
    fn documents_are_decoded_when_encoded() {
        for (text, json) in [
            (ENCODED, r#"{"Statement":[]}"#),
            (r#"{"Statement":[]}"#, r#"{"Statement":[]}"#),
            (r#"{"Sid":"100%25"}"#, r#"{"Sid":"100%25"}"#),
            ("%7B%22Sid%22%3A%22a+b%2520%22%7D", r#"{"Sid":"a+b%20"}"#),
            ("%7B%0A%22Sid%22%3A%22a%22%7D", "{\t\"Sid\":\"a\"}"),
            ("%FF", r#""%FF""#),
            ("none", r#""none""#),
        ] {
            assert_eq!(document(text).json(), json, "{text}");
        }
    }

    #[test]
    fn a_policy_keeps_its_version_in_force_even_without_a_name() {
        let version = |id: &str, in_force| {
            types::PolicyVersion::builder().version_id(id).is_default_version(in_force).document(ENCODED).build()
        };
        let full = types::ManagedPolicyDetail::builder()
            .arn("arn:aws:iam::1:policy/p")
            .attachment_count(2)
            .default_version_id("v2")
            .policy_version_list(version("v1", false))
            .policy_version_list(version("v2", true));
        let expected = json!({"Arn": "arn:aws:iam::1:policy/p", "DefaultVersionId": "v2", "AttachmentCount": 2,
            "PolicyVersionList": [{"VersionId": "v2", "IsDefaultVersion": true, "Document": {"Statement": []}}]});
        assert_eq!(kept(policy(full.build())), ("arn:aws:iam::1:policy/p".to_owned(), expected));
    }

    #[test]
    fn roles_and_users_keep_what_grants() {
        let inline = types::PolicyDetail::builder().policy_name("i").policy_document(ENCODED).build();
        let attached = types::AttachedPolicy::builder().policy_name("a").policy_arn("arn:a").build();
        let limit = types::AttachedPermissionsBoundary::builder().permissions_boundary_arn("arn:b").build();
        let full = types::RoleDetail::builder()
            .role_name("r")
            .arn("arn:r")
            .path("/")
            .assume_role_policy_document(r#"{"Statement":[1]}"#)
            .role_policy_list(inline.clone())
            .attached_managed_policies(attached)
            .permissions_boundary(limit);
        let expected = json!({"RoleName": "r", "Arn": "arn:r", "Path": "/", "Tags": [],
            "AssumeRolePolicyDocument": {"Statement": [1]},
            "RolePolicyList": [{"PolicyName": "i", "PolicyDocument": {"Statement": []}}],
            "AttachedManagedPolicies": [{"PolicyName": "a", "PolicyArn": "arn:a"}],
            "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:b"}});
        assert_eq!(kept(role(full.build())), ("arn:r".to_owned(), expected));

        let sparse = types::UserDetail::builder().user_name("u").arn("arn:u").group_list("g").user_policy_list(inline);
        let expected = json!({"UserName": "u", "Arn": "arn:u", "Tags": [], "GroupList": ["g"], "AttachedManagedPolicies": [],
            "UserPolicyList": [{"PolicyName": "i", "PolicyDocument": {"Statement": []}}], "PermissionsBoundary": null});
        assert_eq!(kept(user(sparse.build())), ("arn:u".to_owned(), expected));
    }

    #[test]
    fn one_answer_gives_four_listings_or_one_gap() {
        let page = || {
            GetAccountAuthorizationDetailsOutput::builder()
                .user_detail_list(types::UserDetail::builder().arn("arn:u").build())
                .group_detail_list(types::GroupDetail::builder().arn("arn:g").build())
                .build()
        };
        let failure = error::malformed("x", None, "x");
        for (failure, kinds) in [
            (None, vec!["iam.group", "iam.user", "listing", "listing", "listing", "listing"]),
            (Some(failure), vec!["gap", "iam.group", "iam.user"]),
        ] {
            let mut sink = Sink::default();
            write(&mut sink, &Scope::new("1", GLOBAL), Listed { action: "x", items: vec![page()], failure });
            let found: Vec<_> = lines(sink).iter().map(|line| line["kind"].clone()).collect();
            assert_eq!(found, kinds);
        }
    }
}
