//! Users and roles, each with the policies that decide what it may do.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::{Documents, unread};
use super::text;
use crate::facts::iam::evaluate::{Held, Organization, Principal, PrincipalKind, PrincipalPolicies};
use crate::facts::iam::grammar::{Action, Effect, Kind};
use crate::facts::iam::policy::Principals;
use crate::model::{Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::iam::{
    AttachedPolicy, GroupDetail, ManagedPolicyDetail, PermissionsBoundary, PolicyDetail, RoleDetail, UserDetail,
};
use crate::snapshot::schema::rds::Tag;

vocabulary! {
    /// What an identity is.
    enum IdentityKind = "identity_kind" {
        /// An IAM user.
        User = "user",
        /// A role.
        Role = "role",
        /// The root user of the account.
        Root = "root",
    }
}

/// Somebody who may act in the account.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Who it is.
    pub principal: Principal,
    /// What it is.
    pub kind: IdentityKind,
    /// The policies on its side.
    pub policies: PrincipalPolicies,
    /// Its tags by key in lower case; IAM compares keys without regard to case.
    pub tags: Fact<BTreeMap<String, String>>,
    /// Of a role: who may assume it.
    pub trust: Option<Held>,
    /// Names of a user's groups.
    pub groups: Vec<String>,
    /// ARNs of the customer's managed policies that it holds, through groups too.
    pub managed: Vec<String>,
    /// Its record; the root user has none.
    pub place: Option<Place>,
}

impl Identity {
    /// Whether a policy on its side may allow `action` on something.
    pub fn may_touch(&self, action: &Action) -> bool {
        self.principal.kind == PrincipalKind::Root
            || self.policies.identity.iter().any(|held| match &held.document {
                Err(_) => true,
                Ok(document) => document.statements.iter().any(|statement| {
                    statement.effect != Some(Effect::Deny)
                        && statement.actions.as_ref().is_none_or(|actions| actions.covers(action))
                }),
            })
    }

    /// The first reason why something of it was not read.
    pub fn unread(&self) -> Option<Why> {
        let lists = [Some(&self.policies.identity), self.policies.boundary.as_ref(), self.policies.session.as_ref()];
        lists.into_iter().flatten().flatten().find_map(|held| held.document.as_ref().err().cloned())
    }

    /// Whether it acts for a service of AWS and nobody can assume it.
    pub fn is_service_linked(&self) -> bool {
        self.principal.is_service_linked_role()
    }

    /// The permission set of IAM Identity Center that made the role: `AWSReservedSSO_NAME_SUFFIX`.
    pub fn permission_set(&self) -> Option<&str> {
        let name = self.principal.name.strip_prefix("AWSReservedSSO_")?;
        let reserved = self.principal.path.starts_with("/aws-reserved/sso.amazonaws.com/");
        (self.kind == IdentityKind::Role && reserved).then(|| name.rsplit_once('_').map_or(name, |(set, _)| set))
    }
}

/// What was gathered.
pub(super) struct Gathered {
    pub identities: Vec<Arc<Identity>>,
    pub documents: Documents,
}

/// The identities of an account.
pub(super) fn gather(account: &str, principals: &Principals, scps: &Organization) -> Gathered {
    let mut gatherer = Gatherer { principals, scps, documents: Documents::default(), managed: BTreeMap::new() };
    let mut identities: Vec<Identity> = Vec::new();
    identities.extend(principals.users().present().filter_map(|user| gatherer.user(user)));
    identities.extend(principals.roles().present().filter_map(|role| gatherer.role(role)));
    identities.sort_by(|left, right| left.principal.arn.cmp(&right.principal.arn));
    let partition = identities.first().and_then(|it| it.principal.arn.split(':').nth(1)).unwrap_or("aws");
    identities.insert(0, root(&format!("arn:{partition}:iam::{account}:root"), scps));
    Gathered { identities: identities.into_iter().map(Arc::new).collect(), documents: gatherer.documents }
}

fn root(arn: &str, scps: &Organization) -> Identity {
    Identity {
        principal: Principal::new(arn),
        kind: IdentityKind::Root,
        policies: PrincipalPolicies { identity: Vec::new(), boundary: None, session: None, scps: scps.clone() },
        tags: Fact::Known(BTreeMap::new()),
        trust: None,
        groups: Vec::new(),
        managed: Vec::new(),
        place: None,
    }
}

struct Gatherer<'a> {
    principals: &'a Principals,
    scps: &'a Organization,
    documents: Documents,
    managed: BTreeMap<String, Held>,
}

impl Gatherer<'_> {
    fn user(&mut self, user: &Arc<Record<UserDetail>>) -> Option<Identity> {
        let data = &user.data;
        let principal = Principal::new(text(&data.arn)?);
        let place = Place::data_of(user.at);
        let mut policies = self.own(&principal.arn, &data.user_policy_list, &place.member("UserPolicyList"));
        policies.extend(self.attached(&principal.arn, &data.attached_managed_policies));
        let mut groups = Vec::new();
        match &data.group_list {
            Fact::Known(names) => {
                for name in names {
                    policies.extend(self.group(&principal.arn, name));
                    groups.push(name.clone());
                }
            }
            Fact::Absent => {}
            Fact::Unknown(why) => policies.push(unread(&format!("the groups of {}", principal.arn), why.clone())),
        }
        let boundary = self.boundary(&principal.arn, &data.permissions_boundary);
        Some(Identity {
            kind: IdentityKind::User,
            managed: customer_managed(&policies),
            policies: PrincipalPolicies { identity: policies, boundary, session: None, scps: self.scps.clone() },
            tags: tags(&data.tags),
            trust: None,
            groups,
            place: Some(place),
            principal,
        })
    }

    fn role(&mut self, role: &Arc<Record<RoleDetail>>) -> Option<Identity> {
        let data = &role.data;
        let principal = Principal::new(text(&data.arn)?);
        let place = Place::data_of(role.at);
        let mut policies = self.own(&principal.arn, &data.role_policy_list, &place.member("RolePolicyList"));
        policies.extend(self.attached(&principal.arn, &data.attached_managed_policies));
        let boundary = self.boundary(&principal.arn, &data.permissions_boundary);
        let trust = self.documents.hold(
            &format!("{}#trust", principal.arn),
            &data.assume_role_policy_document,
            &place.member("AssumeRolePolicyDocument"),
            Kind::Resource,
        );
        Some(Identity {
            kind: IdentityKind::Role,
            managed: customer_managed(&policies),
            policies: PrincipalPolicies { identity: policies, boundary, session: None, scps: self.scps.clone() },
            tags: tags(&data.tags),
            trust: Some(trust),
            groups: Vec::new(),
            place: Some(place),
            principal,
        })
    }

    fn group(&mut self, user: &str, name: &str) -> Vec<Held> {
        let group: Fact<Arc<Record<GroupDetail>>> = self.principals.group(name);
        let group = match group {
            Fact::Known(group) => group,
            Fact::Absent => return vec![unread(&format!("the group {name} of {user}"), Why::NotCollected)],
            Fact::Unknown(why) => return vec![unread(&format!("the group {name} of {user}"), why)],
        };
        let arn = text(&group.data.arn).unwrap_or(name).to_owned();
        let place = Place::data_of(group.at).member("GroupPolicyList");
        let mut policies = self.own(&arn, &group.data.group_policy_list, &place);
        policies.extend(self.attached(&arn, &group.data.attached_managed_policies));
        policies
    }

    /// Policies written into their holder.
    fn own(&mut self, holder: &str, list: &Fact<Vec<PolicyDetail>>, place: &Place) -> Vec<Held> {
        let missing = |why: &Why| vec![unread(&format!("the inline policies of {holder}"), why.clone())];
        match list {
            Fact::Absent => Vec::new(),
            Fact::Unknown(why) => missing(why),
            Fact::Known(list) => (0..)
                .zip(list)
                .map(|(index, policy): (usize, _)| {
                    let name = text(&policy.policy_name).map_or_else(|| format!("{index}"), str::to_owned);
                    let at = place.item(index).member("PolicyDocument");
                    self.documents.hold(&format!("{holder}#{name}"), &policy.policy_document, &at, Kind::Identity)
                })
                .collect(),
        }
    }

    fn attached(&mut self, holder: &str, list: &Fact<Vec<AttachedPolicy>>) -> Vec<Held> {
        let missing = |why: &Why| unread(&format!("the attached policies of {holder}"), why.clone());
        match list {
            Fact::Absent => Vec::new(),
            Fact::Unknown(why) => vec![missing(why)],
            Fact::Known(list) => list
                .iter()
                .map(|policy| match text(&policy.policy_arn) {
                    Some(arn) => self.managed(arn),
                    None => missing(&Why::NotCollected),
                })
                .collect(),
        }
    }

    /// A boundary that nobody read may allow and may deny, as any policy.
    fn boundary(&mut self, holder: &str, boundary: &Fact<PermissionsBoundary>) -> Option<Vec<Held>> {
        let unknown = |why: Why| Some(vec![unread(&format!("the permissions boundary of {holder}"), why)]);
        match boundary {
            Fact::Absent => None,
            Fact::Unknown(why) => unknown(why.clone()),
            Fact::Known(boundary) => match &boundary.permissions_boundary_arn {
                Fact::Known(arn) => Some(vec![self.managed(arn)]),
                Fact::Absent => unknown(Why::NotCollected),
                Fact::Unknown(why) => unknown(why.clone()),
            },
        }
    }

    /// A managed policy in the version in force, read once.
    fn managed(&mut self, arn: &str) -> Held {
        if let Some(held) = self.managed.get(arn) {
            return held.clone();
        }
        let held = match self.principals.policy(arn) {
            Fact::Known(record) => self.in_force(arn, &record),
            Fact::Absent => unread(arn, Why::NotCollected),
            Fact::Unknown(why) => unread(arn, why),
        };
        self.managed.insert(arn.to_owned(), held.clone());
        held
    }

    fn in_force(&mut self, arn: &str, record: &Record<ManagedPolicyDetail>) -> Held {
        let versions = match &record.data.policy_version_list {
            Fact::Known(versions) => versions,
            Fact::Absent => return unread(arn, Why::NotCollected),
            Fact::Unknown(why) => return unread(arn, why.clone()),
        };
        let default = (0..).zip(versions).find(|(_, version)| version.is_default_version.known() == Some(&true));
        let Some((index, version)) = default else {
            return unread(arn, Why::Unreadable { detail: "no version of the policy is the default".into() });
        };
        let place = Place::data_of(record.at).member("PolicyVersionList").item(index).member("Document");
        self.documents.hold(arn, &version.document, &place, Kind::Identity)
    }
}

/// Of a list without duplicates in it: those that somebody in the account may edit.
fn customer_managed(policies: &[Held]) -> Vec<String> {
    let managed = policies.iter().map(|held| &*held.id).filter(|id| id.contains(":policy/") && !id.contains('#'));
    managed.filter(|id| id.split(':').nth(4) != Some("aws")).map(str::to_owned).collect()
}

fn tags(tags: &Fact<Vec<Tag>>) -> Fact<BTreeMap<String, String>> {
    tags.as_ref().and_then(|tags| {
        let mut by_key = BTreeMap::new();
        for tag in tags {
            let Some(key) = text(&tag.key) else { return Fact::Unknown(Why::NotCollected) };
            by_key.insert(key.to_ascii_lowercase(), text(&tag.value).unwrap_or_default().to_owned());
        }
        Fact::Known(by_key)
    })
}
