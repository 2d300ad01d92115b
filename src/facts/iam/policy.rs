//! Policies and who holds them: managed ones that are attached, and those written into users, groups and roles.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::document;
use super::lint::{PolicyFlaw, actions_edition, flaws};
use super::statement::Statement;
use crate::facts::index::{Index, Scope, Table};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::schema::iam::{
    AttachedPolicy, GroupDetail, ManagedPolicyDetail, PolicyDetail, PolicyDocument, RoleDetail, UserDetail,
};
use crate::snapshot::{Record, Snapshot};

/// The one call that all of this comes from.
pub const SOURCE: &str = "iam:GetAccountAuthorizationDetails";

vocabulary! {
    /// Where a policy is kept.
    enum PolicyKind = "policy_kind" {
        /// Managed by AWS.
        AwsManaged = "aws-managed",
        /// Managed by the customer.
        CustomerManaged = "customer-managed",
        /// Written into a user, group or role.
        Inline = "inline",
    }
}

facts! {
    /// An identity policy that somebody holds.
    struct Policy = "iam_policy" {
        /// ARN of a managed policy; `HOLDER#NAME` of an inline one.
        id: String;
        /// Name.
        name: String;
        /// Where it is kept.
        kind: PolicyKind;
        /// ARNs of the users, groups and roles that hold it, sorted.
        holders: Derived<Vec<String>>;
        /// Its statements.
        statements: Fact<Vec<Arc<Statement>>>;
        /// What is wrong with those that can touch Aurora, or a link of a chain that ends there; in the document's order.
        flaws: Fact<Vec<Arc<PolicyFlaw>>>;
        /// The edition of the table of what RDS takes, by which they were found, and whether it was stale when the policy was read.
        actions_table: Fact<String>;
    } at at
}

/// Users, groups, roles and managed policies of one account.
pub struct Principals {
    users: Table<UserDetail>,
    groups: Table<GroupDetail>,
    roles: Table<RoleDetail>,
    policies: Table<ManagedPolicyDetail>,
}

/// A policy that is held but cannot be shown.
pub struct MissingPolicy {
    /// Its ARN, or the account when all of IAM could not be read.
    pub id: String,
    /// Why it is not there.
    pub why: Why,
}

impl Principals {
    /// The principals of an account.
    pub fn new(snapshot: &Snapshot, index: &Index, scope: &Scope) -> Self {
        let records = &snapshot.records;
        Self {
            users: Table::new(index, scope, SOURCE, &records.users, |user| &user.arn),
            groups: Table::new(index, scope, SOURCE, &records.groups, |group| &group.arn),
            roles: Table::new(index, scope, SOURCE, &records.roles, |role| &role.arn),
            policies: Table::new(index, scope, SOURCE, &records.policies, |policy| &policy.arn),
        }
    }

    /// Users.
    pub const fn users(&self) -> &Table<UserDetail> {
        &self.users
    }

    /// Roles.
    pub const fn roles(&self) -> &Table<RoleDetail> {
        &self.roles
    }

    /// The group with this name; unknown when it is not there.
    pub fn group(&self, name: &str) -> Fact<Arc<Record<GroupDetail>>> {
        let named = self.groups.present().find(|group| group.data.group_name.known().is_some_and(|it| it == name));
        let missing = || Why::Dangling { kind: "iam.group", id: name.into() };
        let missing = || Fact::Unknown(self.groups.incomplete().cloned().unwrap_or_else(missing));
        named.map_or_else(missing, |group| Fact::Known(Arc::clone(group)))
    }

    /// The managed policy with this ARN; unknown when it is not there.
    pub fn policy(&self, arn: &str) -> Fact<Arc<Record<ManagedPolicyDetail>>> {
        self.policies.get(arn)
    }

    /// Why users or roles may be missing.
    pub fn incomplete(&self) -> Option<&Why> {
        self.users.incomplete().or_else(|| self.roles.incomplete())
    }

    /// All policies that somebody holds, sorted by id, and those that are missing.
    pub fn policies(&self, account: &str) -> (Vec<Policy>, Vec<MissingPolicy>) {
        let mut held = Held::default();
        self.users.present().for_each(|user| {
            held.add(
                user,
                &user.data.arn,
                &user.data.attached_managed_policies,
                &user.data.user_policy_list,
                "UserPolicyList",
            );
        });
        self.groups.present().for_each(|group| {
            let data = &group.data;
            held.add(group, &data.arn, &data.attached_managed_policies, &data.group_policy_list, "GroupPolicyList");
        });
        self.roles.present().for_each(|role| {
            let data = &role.data;
            held.add(role, &data.arn, &data.attached_managed_policies, &data.role_policy_list, "RolePolicyList");
        });
        let incomplete =
            [self.users.incomplete(), self.groups.incomplete(), self.roles.incomplete(), self.policies.incomplete()];
        if let Some(why) = incomplete.into_iter().flatten().next() {
            held.missing.push(MissingPolicy { id: format!("arn:*:iam::{account}:*"), why: why.clone() });
        }
        for (arn, (holders, places)) in &held.attached {
            match self.policies.get(arn) {
                Fact::Known(record) => held.policies.push(managed(&record, holders, places)),
                Fact::Unknown(why) => held.missing.push(MissingPolicy { id: arn.clone(), why }),
                Fact::Absent => {}
            }
        }
        held.policies.sort_by(|left, right| left.id.cmp(&right.id));
        (held.policies, held.missing)
    }
}

/// What the holders say.
#[derive(Default)]
struct Held {
    policies: Vec<Policy>,
    missing: Vec<MissingPolicy>,
    /// Managed policy → holders, each with the place that attaches it.
    attached: BTreeMap<String, (Vec<String>, Vec<Place>)>,
}

impl Held {
    fn add<T>(
        &mut self,
        holder: &Record<T>,
        arn: &Fact<String>,
        attached: &Fact<Vec<AttachedPolicy>>,
        inline: &Fact<Vec<PolicyDetail>>,
        inline_key: &str,
    ) {
        let Some(arn) = arn.known() else { return };
        let place = Place::data_of(holder.at);
        self.attach(arn, attached, &place.member("AttachedManagedPolicies"));
        let place = place.member(inline_key);
        match inline {
            Fact::Known(list) => {
                for (index, policy) in list.iter().enumerate() {
                    match policy.policy_name.known() {
                        Some(name) => {
                            self.policies.push(inline_policy(arn, name, policy, place.item(index), holder.observed));
                        }
                        None => self.miss(arn, "inline policies", &Why::NotCollected),
                    }
                }
            }
            Fact::Absent => {}
            Fact::Unknown(why) => self.miss(arn, "inline policies", why),
        }
    }

    fn attach(&mut self, arn: &str, attached: &Fact<Vec<AttachedPolicy>>, place: &Place) {
        match attached {
            Fact::Known(list) => {
                for (index, policy) in list.iter().enumerate() {
                    let Some(policy_arn) = policy.policy_arn.known() else {
                        self.miss(arn, "attached policies", &Why::NotCollected);
                        continue;
                    };
                    let (holders, places) = self.attached.entry(policy_arn.clone()).or_default();
                    holders.push(arn.to_owned());
                    places.push(place.item(index));
                }
            }
            Fact::Absent => {}
            Fact::Unknown(why) => self.miss(arn, "attached policies", why),
        }
    }

    fn miss(&mut self, arn: &str, what: &str, why: &Why) {
        self.missing.push(MissingPolicy { id: format!("{arn} {what}"), why: why.clone() });
    }
}

/// What the flaws were found by.
fn actions_table(observed: Timestamp) -> Fact<String> {
    let edition = actions_edition(observed).map(|edition| format!("actions of RDS {edition}"));
    edition.map_or_else(Fact::Unknown, Fact::Known)
}

fn inline_policy(holder: &str, name: &str, policy: &PolicyDetail, at: Place, observed: Timestamp) -> Policy {
    let document = at.member("PolicyDocument");
    Policy {
        id: format!("{holder}#{name}"),
        name: name.to_owned(),
        kind: PolicyKind::Inline,
        holders: Derived::new(Fact::Known(vec![holder.to_owned()]), vec![at.member("PolicyName")]),
        statements: policy.policy_document.as_ref().and_then(|text| statements(text, &document)),
        flaws: policy.policy_document.as_ref().and_then(|text| flaws(text, &document)),
        actions_table: actions_table(observed),
        at,
    }
}

fn managed(record: &Record<ManagedPolicyDetail>, holders: &[String], places: &[Place]) -> Policy {
    let data = &record.data;
    let arn = data.arn.known().cloned().unwrap_or_default();
    let at = Place::data_of(record.at);
    let in_force = in_force(record);
    let (statements, flaws) = match &in_force {
        Fact::Known((text, place)) => (statements(text, place), flaws(text, place)),
        Fact::Absent => (Fact::Absent, Fact::Absent),
        Fact::Unknown(why) => (Fact::Unknown(why.clone()), Fact::Unknown(why.clone())),
    };
    let by_aws = arn.split(':').nth(4) == Some("aws");
    Policy {
        name: arn.rsplit('/').next().unwrap_or_default().to_owned(),
        id: arn,
        kind: if by_aws { PolicyKind::AwsManaged } else { PolicyKind::CustomerManaged },
        holders: Derived::new(Fact::Known(holders.to_vec()), places.to_vec()),
        statements,
        flaws,
        actions_table: actions_table(record.observed),
        at,
    }
}

/// The document in force, and where it stands.
fn in_force(record: &Record<ManagedPolicyDetail>) -> Fact<(PolicyDocument, Place)> {
    record.data.policy_version_list.as_ref().and_then(|versions| {
        let default = (0..).zip(versions).find(|(_, version)| version.is_default_version.known() == Some(&true));
        let Some((index, version)) = default else {
            return Fact::Unknown(Why::Unreadable { detail: "no version of the policy is the default".into() });
        };
        let place = Place::data_of(record.at).member("PolicyVersionList").item(index).member("Document");
        version.document.as_ref().map(|text| (text.clone(), place))
    })
}

fn statements(text: &PolicyDocument, at: &Place) -> Fact<Vec<Arc<Statement>>> {
    let statements = document::statements(text.json()).and_then(|found| {
        let place = |pointer: &str| Place { record: at.record, pointer: format!("{}{pointer}", at.pointer) };
        let numbered = (1..).zip(&found);
        numbered.map(|(number, (pointer, json))| Ok(Arc::new(Statement::new(number, json, place(pointer))?))).collect()
    });
    statements.map_or_else(Fact::Unknown, Fact::Known)
}
