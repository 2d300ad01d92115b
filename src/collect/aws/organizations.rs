//! AWS Organizations: the organization of an account, and for a run over several accounts, the way from each of them up to the root
//! with the control policies on it. A member account may ask for its organization and for nothing else, and no control policy binds
//! the management account, so that the way is read only with the credentials that are given for several accounts.

use std::collections::BTreeSet;

use aws_sdk_organizations::operation::describe_organization::DescribeOrganizationError;
use aws_sdk_organizations::{Client, types};
use aws_smithy_runtime_api::client::result::SdkError;

use super::error;
use super::listing::{Entry, Listed, each as all, write_items};
use super::manners::ORGANIZATIONS_RATE;
use super::site::{Service, Site, each};
use crate::collect::{Sink, organization};
use crate::model::{Gap, actions};
use crate::snapshot::schema::iam::PolicyDocument;
use crate::snapshot::schema::organizations::{
    Organization, OrganizationAnswer, Parent, ParentAnswer, Policy, PolicyAnswer, PolicySummary, PolicySummaryAnswer,
    PolicyTypeSummaryAnswer, Root, RootAnswer, TargetPolicies, TargetPoliciesAnswer,
};

/// The calls in every account.
pub(super) const OWN_ACTIONS: &[&str] = &[actions::DESCRIBE_ORGANIZATION];

/// The calls for all accounts together.
pub(super) const TREE_ACTIONS: &[&str] =
    &[actions::LIST_ROOTS, actions::LIST_PARENTS, actions::LIST_POLICIES_FOR_TARGET, actions::DESCRIBE_POLICY];

/// A root, five levels of units, and the account.
const MOST_LEVELS: usize = 7;

/// Which organization an account is in. `alone` when no other account is read, so that nobody reads the way up from a member.
pub(super) async fn own(site: Site, alone: bool) -> Sink {
    let action = actions::DESCRIBE_ORGANIZATION;
    let (client, service) = (Client::new(&site.config), site.slow_service(ORGANIZATIONS_RATE));
    let answer = match service.answer(action, client.describe_organization().send()).await {
        Err(gap) => Err(gap),
        Ok(Ok(answer)) => Ok(answer.organization),
        Ok(Err(failed)) if is_in_none(&failed) => Ok(None),
        Ok(Err(failed)) => Err(error::gap(action, None, &failed)),
    };
    let mut sink = Sink::default();
    match answer {
        Ok(found) => {
            if alone && let Some(gap) = found.as_ref().and_then(|found| way_not_asked(found, &site.scope.account)) {
                sink.gap(site.scope.pair(), &gap);
            }
            write_items(&mut sink, &site.scope, action, found.into_iter().collect(), true, organization);
        }
        Err(gap) => sink.gap(site.scope.pair(), &gap),
    }
    sink
}

/// To be in no organization is an answer.
fn is_in_none<R>(error: &SdkError<DescribeOrganizationError, R>) -> bool {
    error.as_service_error().is_some_and(DescribeOrganizationError::is_aws_organizations_not_in_use_exception)
}

/// What a member account is not asked.
fn way_not_asked(organization: &types::Organization, account: &str) -> Option<Gap> {
    let is_member = organization.master_account_id().is_some_and(|management| management != account);
    is_member.then(|| organization::way_not_asked(account))
}

/// The way from each of the accounts up to the root, and the policies on it.
pub(super) async fn tree(site: Site, accounts: BTreeSet<String>) -> Sink {
    let reader = Reader { client: Client::new(&site.config), service: site.slow_service(ORGANIZATIONS_RATE) };
    let mut sink = Sink::default();
    let filters = reader.roots(&mut sink).await;
    let nodes = reader.ways(accounts, &mut sink).await;
    let targets = nodes.iter().flat_map(|node| filters.iter().map(|filter| (node.clone(), filter.clone())));
    let policies = reader.attached(targets.collect(), &mut sink).await;
    sink.absorb(each(policies, |id| reader.clone().policy(id)).await);
    sink
}

#[derive(Debug, Clone)]
struct Reader {
    client: Client,
    service: Service,
}

impl Reader {
    /// Writes the roots, and gives the types of policies to ask for: those that a root uses, or both where nobody knows.
    async fn roots(&self, sink: &mut Sink) -> Vec<types::PolicyType> {
        let pages = self.client.list_roots().into_paginator().send();
        let roots = self.service.list(actions::LIST_ROOTS, pages, |page| (page.roots, page.next_token)).await;
        let control = [types::PolicyType::ServiceControlPolicy, types::PolicyType::ResourceControlPolicy];
        let used = |kind: &types::PolicyType| {
            let known = roots.items.iter().flat_map(types::Root::policy_types);
            roots.failure.is_some() || known.into_iter().any(|it| it.r#type() == Some(kind))
        };
        let filters = control.into_iter().filter(used).collect();
        roots.write(sink, &self.service.scope, root);
        filters
    }

    /// Goes up from the accounts, writes who is whose parent, and gives all that was met on the way.
    async fn ways(&self, accounts: BTreeSet<String>, sink: &mut Sink) -> BTreeSet<String> {
        let mut met = accounts.clone();
        let mut level = accounts;
        for _ in 0..MOST_LEVELS {
            let mut above = BTreeSet::new();
            for child in level {
                match self.parents(&child).await {
                    Ok(parents) => above.extend(parents.into_iter().filter_map(|it| self.hang(&child, it, sink))),
                    Err(gap) => sink.gap(self.service.scope.pair(), &Gap { target: Some(child), ..gap }),
                }
            }
            level = above.into_iter().filter(|id| met.insert(id.clone()) && !id.starts_with("r-")).collect();
        }
        met
    }

    async fn parents(&self, child: &str) -> Result<Vec<types::Parent>, Gap> {
        let pages = self.client.list_parents().child_id(child).into_paginator().send();
        self.service.list(actions::LIST_PARENTS, pages, |page| (page.parents, page.next_token)).await.whole()
    }

    fn hang(&self, child: &str, found: types::Parent, sink: &mut Sink) -> Option<String> {
        let id = found.id.clone();
        sink.record(self.service.scope.pair(), child, actions::LIST_PARENTS, &parent(child, found));
        id
    }

    /// Writes which policies are attached to the targets, and gives their ids.
    async fn attached(&self, targets: Vec<(String, types::PolicyType)>, sink: &mut Sink) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        for (target, filter) in targets {
            let call = self.client.list_policies_for_target().target_id(&target).filter(filter.clone());
            let pages = call.into_paginator().send();
            let action = actions::LIST_POLICIES_FOR_TARGET;
            let listed: Listed<_> = self.service.list(action, pages, |page| (page.policies, page.next_token)).await;
            match listed.whole() {
                Ok(policies) => {
                    ids.extend(policies.iter().filter_map(|policy| policy.id.clone()));
                    let id = format!("{target} {}", filter.as_str());
                    sink.record(self.service.scope.pair(), id, action, &attached(target, filter.as_str(), policies));
                }
                Err(gap) => sink.gap(self.service.scope.pair(), &Gap { target: Some(target), ..gap }),
            }
        }
        ids
    }

    async fn policy(self, id: String) -> Sink {
        let action = actions::DESCRIBE_POLICY;
        let answer = self.service.call(action, Some(&id), self.client.describe_policy().policy_id(&id).send()).await;
        let answer = answer
            .and_then(|answer| answer.policy.ok_or_else(|| error::malformed(action, Some(&id), "the answer is empty")));
        let mut sink = Sink::default();
        self.service.note(&mut sink, &id, action, answer.map(policy));
        sink
    }
}

fn organization(organization: types::Organization) -> Entry<Organization> {
    let id = organization.id.clone().unwrap_or_default();
    let answer = OrganizationAnswer {
        id: organization.id,
        arn: organization.arn,
        feature_set: organization.feature_set.map(|set| set.as_str().to_owned()),
        master_account_id: organization.master_account_id,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn root(root: types::Root) -> Entry<Root> {
    let id = root.id.clone().unwrap_or_default();
    let kind = |kind: types::PolicyTypeSummary| {
        PolicyTypeSummaryAnswer {
            policy_type: kind.r#type.map(|kind| kind.as_str().to_owned()),
            status: kind.status.map(|status| status.as_str().to_owned()),
        }
        .record()
    };
    let answer = RootAnswer { id: root.id, arn: root.arn, policy_types: all(root.policy_types, kind) };
    Entry::Kept(id, Box::new(answer.record()))
}

fn parent(child: &str, parent: types::Parent) -> Parent {
    ParentAnswer {
        child_id: Some(child.to_owned()),
        id: parent.id,
        parent_type: parent.r#type.map(|kind| kind.as_str().to_owned()),
    }
    .record()
}

fn attached(target: String, filter: &str, policies: Vec<types::PolicySummary>) -> TargetPolicies {
    TargetPoliciesAnswer {
        target_id: Some(target),
        filter: Some(filter.to_owned()),
        policies: Some(policies.into_iter().map(summary).collect()),
    }
    .record()
}

fn summary(policy: types::PolicySummary) -> PolicySummary {
    PolicySummaryAnswer {
        id: policy.id,
        arn: policy.arn,
        name: policy.name,
        policy_type: policy.r#type.map(|kind| kind.as_str().to_owned()),
        aws_managed: Some(policy.aws_managed),
    }
    .record()
}

fn policy(policy: types::Policy) -> Policy {
    PolicyAnswer {
        policy_summary: policy.policy_summary.map(summary),
        content: policy.content.as_deref().map(PolicyDocument::from_text),
    }
    .record()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn what_was_said_is_kept() {
        let full = types::Organization::builder().id("o-1").master_account_id("123456789012").build();
        assert!(way_not_asked(&full, "123456789012").is_none());
        assert_eq!(way_not_asked(&full, "210987654321").unwrap().reason, crate::model::GapReason::NotRequested);
        assert_eq!(kept(organization(full)).1, json!({"Id": "o-1", "MasterAccountId": "123456789012"}));
        let kind = types::PolicyTypeSummary::builder()
            .r#type(types::PolicyType::ServiceControlPolicy)
            .status(types::PolicyTypeStatus::Enabled)
            .build();
        let expected = json!({"Id": "r-1", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]});
        assert_eq!(kept(root(types::Root::builder().id("r-1").policy_types(kind).build())).1, expected);
        let above = types::Parent::builder().id("ou-1").r#type(types::ParentType::OrganizationalUnit).build();
        let expected = json!({"ChildId": "1", "Id": "ou-1", "Type": "ORGANIZATIONAL_UNIT"});
        assert_eq!(serde_json::to_value(parent("1", above)).unwrap(), expected);
        let about = types::PolicySummary::builder().id("p-1").name("no").aws_managed(true).build();
        let expected =
            json!({"TargetId": "1", "Filter": "F", "Policies": [{"Id": "p-1", "Name": "no", "AwsManaged": true}]});
        assert_eq!(serde_json::to_value(attached("1".to_owned(), "F", vec![about.clone()])).unwrap(), expected);
        let full = types::Policy::builder().policy_summary(about).content(r#"{"Statement":[]}"#).build();
        let expected =
            json!({"PolicySummary": {"Id": "p-1", "Name": "no", "AwsManaged": true}, "Content": {"Statement": []}});
        assert_eq!(serde_json::to_value(policy(full)).unwrap(), expected);
    }
}
