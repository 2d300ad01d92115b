//! How an identity comes to permissions that it does not have: by changing its own policies, by taking somebody else's
//! credentials, or by making a service act with a role. One step at a time; a chain is a path of them. The methods are those
//! that AWS's own documentation describes under permissions management, passing roles, and confused deputies.

use super::assume::Step;
use super::identity::{Identity, IdentityKind};
use super::standing::{Because, Standing};
use super::{Account, Target};
use crate::facts::iam::evaluate::Resource;
use crate::facts::iam::grammar::{Action, Effect, Named, is_service, service_in};

/// A step to more permissions.
#[derive(Debug, Clone)]
pub struct Escalation {
    /// What is done, as in `iam:CreateAccessKey`; several actions are joined by ` + `.
    pub method: String,
    /// Index of the identity whose permissions are taken; none when any permission can be had.
    pub to: Option<usize>,
    /// How sure it is.
    pub standing: Standing,
}

/// Services that act with a role that they are given, and what has to be allowed besides `iam:PassRole`.
const SERVICES: [(&str, &[&str]); 8] = [
    ("lambda.amazonaws.com", &["lambda:CreateFunction", "lambda:InvokeFunction"]),
    ("ec2.amazonaws.com", &["ec2:RunInstances"]),
    ("ecs-tasks.amazonaws.com", &["ecs:RegisterTaskDefinition", "ecs:RunTask"]),
    ("glue.amazonaws.com", &["glue:CreateJob", "glue:StartJobRun"]),
    ("cloudformation.amazonaws.com", &["cloudformation:CreateStack"]),
    ("codebuild.amazonaws.com", &["codebuild:CreateProject", "codebuild:StartBuild"]),
    ("sagemaker.amazonaws.com", &["sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"]),
    ("ssm.amazonaws.com", &["ssm:StartAutomationExecution"]),
];

/// What is done to somebody else's user.
const OF_A_USER: [&str; 3] = ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"];

/// The steps of an identity; `steps` are the roles that it can assume, `worth` says whose permissions are worth taking.
pub fn escalations(account: &Account, from: usize, steps: &[Step], worth: impl Fn(usize) -> bool) -> Vec<Escalation> {
    let Some(identity) = account.identities.get(from) else { return Vec::new() };
    let mut found = Vec::new();
    own_policies(account, identity, &mut found);
    let assumed = steps.iter().filter(|step| worth(step.to));
    found.extend(assumed.map(|step| Escalation {
        method: "sts:AssumeRole".to_owned(),
        to: Some(step.to),
        standing: step.standing.clone(),
    }));
    if !may_act_on_others(identity) {
        return found;
    }
    for (to, other) in account.identities.iter().enumerate().filter(|(to, _)| *to != from && worth(*to)) {
        match other.kind {
            IdentityKind::User => of_a_user(account, identity, (to, other), &mut found),
            IdentityKind::Role if !other.is_service_linked() => of_a_role(account, identity, (to, other), &mut found),
            _ => {}
        }
    }
    found
}

/// Whether it may do any of this at all: most may not, and need not be asked about everybody.
fn may_act_on_others(identity: &Identity) -> bool {
    let actions = OF_A_USER.iter().chain(&["iam:UpdateAssumeRolePolicy", "iam:PassRole"]);
    actions.filter_map(|action| Action::new(action)).any(|action| identity.may_touch(&action))
}

fn push(found: &mut Vec<Escalation>, method: &str, to: Option<usize>, standing: Standing) {
    if standing != Standing::No {
        found.push(Escalation { method: method.to_owned(), to, standing });
    }
}

fn ask(account: &Account, identity: &Identity, action: &str, target: &Target) -> Standing {
    Action::new(action).map_or(Standing::No, |action| account.standing(identity, &action, target))
}

/// Whoever edits a policy that it holds has every permission that its boundary and the organisation leave.
fn own_policies(account: &Account, identity: &Identity, found: &mut Vec<Escalation>) {
    let own = Target::new(Resource::arn(&identity.principal.arn));
    let methods: &[&str] = match identity.kind {
        IdentityKind::User => &["iam:PutUserPolicy", "iam:AttachUserPolicy"],
        IdentityKind::Role => &["iam:PutRolePolicy", "iam:AttachRolePolicy"],
        _ => &[],
    };
    for method in methods {
        push(found, method, None, ask(account, identity, method, &own));
    }
    let arn = |resource: &str| format!("arn:{}:iam::{}:{resource}", account.partition, account.id);
    if identity.kind == IdentityKind::User {
        let any = Target::new(Resource::matching(&arn("group/*")));
        push(found, "iam:AddUserToGroup", None, ask(account, identity, "iam:AddUserToGroup", &any));
        for group in &identity.groups {
            let group = Target::new(Resource::matching(&arn(&format!("group/*{group}"))));
            for method in ["iam:PutGroupPolicy", "iam:AttachGroupPolicy"] {
                push(found, method, None, ask(account, identity, method, &group));
            }
        }
    }
    for policy in &identity.managed {
        let policy = Target::new(Resource::arn(policy));
        for method in ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"] {
            push(found, method, None, ask(account, identity, method, &policy));
        }
    }
}

fn of_a_user(account: &Account, identity: &Identity, (to, user): (usize, &Identity), found: &mut Vec<Escalation>) {
    let target = Target::new(Resource::arn(&user.principal.arn));
    for method in OF_A_USER {
        push(found, method, Some(to), ask(account, identity, method, &target));
    }
}

fn of_a_role(account: &Account, identity: &Identity, (to, role): (usize, &Identity), found: &mut Vec<Escalation>) {
    let target = Target::new(Resource::arn(&role.principal.arn));
    let trust = ask(account, identity, "iam:UpdateAssumeRolePolicy", &target);
    push(found, "iam:UpdateAssumeRolePolicy", Some(to), trust);
    for (service, actions) in SERVICES {
        if !trusts(role, service) {
            continue;
        }
        let pass =
            ask(account, identity, "iam:PassRole", &target.clone().passed_to(&service_in(&account.partition, service)));
        let anything = Target::new(Resource::matching("*"));
        let all = actions.iter().fold(pass, |all, action| all.and(|| ask(account, identity, action, &anything)));
        push(found, &format!("iam:PassRole + {}", actions.join(" + ")), Some(to), all);
    }
}

/// Whether a role's trust policy may let the service act with it; one that cannot be read may.
fn trusts(role: &Identity, service: &str) -> bool {
    let Some(Ok(document)) = role.trust.as_ref().map(|trust| &trust.document) else { return true };
    document.statements.iter().filter(|statement| statement.effect != Some(Effect::Deny)).any(|statement| {
        statement.principals.as_ref().is_none_or(|principals| {
            principals.negated
                || principals
                    .named
                    .iter()
                    .any(|named| matches!(named, Named::Service(name) if is_service(name, service)))
        })
    })
}

impl Escalation {
    /// What it rests on.
    pub fn because(&self) -> Because {
        match &self.standing {
            Standing::Held(because) => because.clone(),
            Standing::Unknown(_) | Standing::No => Because::default(),
        }
    }
}
