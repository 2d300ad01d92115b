//! Machines, functions and tasks: who gets onto them, and which role their programs act as. Amazon EC2 User Guide, "IAM roles for
//! Amazon EC2"; AWS Lambda Developer Guide, "Execution role"; Amazon ECS Developer Guide, "Task IAM role".

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::node::{Node, Over};
use super::super::step::{Change, ChangeKind, Step};
use super::super::web::{Machine, Web};
use super::iam::{OPEN_SESSION, OPEN_TUNNEL};
use crate::facts::Facts;
use crate::facts::iam::account::{Account, Identity};
use crate::facts::iam::grammar::{Effect, Named, is_service};
use crate::model::{Fact, Place, Why};
use crate::snapshot::Records;

pub(super) fn add(web: &mut Web, facts: &Facts) {
    let machines: Vec<_> = web.machines.iter().map(|(id, machine)| (Arc::clone(id), machine.clone())).collect();
    let records = facts.records();
    let numbers: BTreeMap<String, u32> = web.principals.iter().map(|label| label.arn.clone()).zip(0..).collect();
    for (number, access) in (0..).zip(facts.account_access()) {
        unread(web, number, &access.account.id);
        let here: Vec<_> = machines.iter().filter(|(_, machine)| machine.account == access.account.id).collect();
        entered(web, number, &here);
        for (id, machine) in &here {
            acts(web, (number, id, machine), records, &numbers);
        }
        for service in SERVICES {
            some_role(web, number, service, &access.account.identities, &numbers);
            unlisted_role(web, number, service, &access.account, &numbers);
        }
    }
}

const EC2: &str = "ec2.amazonaws.com";
const LAMBDA: &str = "lambda.amazonaws.com";
const ECS: &str = "ecs-tasks.amazonaws.com";
const SERVICES: [&str; 3] = [EC2, LAMBDA, ECS];

/// A machine that nobody knows of has any role that a machine can have.
fn unread(web: &mut Web, number: u32, account: &str) {
    for (id, _) in web.unread_machines.clone().into_iter().filter(|(_, of)| of == account) {
        for service in SERVICES {
            let why = Why::Unreadable { detail: "which machines there are is not known".into() };
            let step = Step::new("programs on it may act as a role").unknown(why);
            web.add(&[Node::Machine(Arc::clone(&id))], &Node::RoleFor(number, service), step);
        }
    }
}

/// Who gets onto machines by permissions of IAM.
fn entered(web: &mut Web, number: u32, machines: &[&(Arc<str>, Machine)]) {
    for (chain, words, detail) in [
        (OPEN_SESSION, "a session of Session Manager leads onto", "whether Systems Manager manages it is not read"),
        (OPEN_TUNNEL, "a tunnel leads to", "whether an endpoint of EC2 Instance Connect leads there is not read"),
    ] {
        let has = Node::Has(Over::All(number), chain);
        if web.known(&has).is_none() {
            continue;
        }
        for (id, machine) in machines {
            let why = Why::Unreadable { detail: detail.into() };
            let step = Step::new(format!("{words} {}", machine.label)).unknown(why);
            web.add(std::slice::from_ref(&has), &Node::Machine(Arc::clone(id)), step);
        }
    }
}

/// The role of a machine, where the snapshot names it; any role that trusts the service where it does not.
fn acts(
    web: &mut Web,
    (number, id, machine): (u32, &Arc<str>, &Machine),
    records: &Records,
    numbers: &BTreeMap<String, u32>,
) {
    let node = Node::Machine(Arc::clone(id));
    let data = &machine.interface.data;
    let attached = data.attachment.as_ref().and_then(|attachment| attachment.instance_id.as_ref());
    if attached.is_unknown() || data.interface_type.is_unknown() || data.description.is_unknown() {
        for service in SERVICES {
            let why = Why::Unreadable { detail: "what its interface belongs to is not known".into() };
            any_role(web, number, (&node, machine), service, why);
        }
        return;
    }
    let (service, role) = role_of(id, machine, records);
    match role {
        Fact::Absent => {}
        Fact::Known(Role { arn, at, condition }) => {
            // A profile is of the machine's own account: what says otherwise is not believed.
            let own = arn.split(':').nth(4) == Some(machine.account.as_str());
            let Some(role) = numbers.get(&arn).filter(|_| own) else {
                let why = Why::Dangling { kind: "iam.role", id: arn.into() };
                return any_role(web, number, (&node, machine), service, why);
            };
            let name = arn.rsplit('/').next().unwrap_or(&arn).to_owned();
            let change = format!("take the role {name} from {}", machine.label);
            let mut step = Step::new(format!("programs on {} act as role {name}", machine.label))
                .seen(at.clone(), arn.clone())
                .cut(Change::new(ChangeKind::Setting, change, vec![at]));
            step.conditions.extend(condition);
            web.add(&[node], &Node::Principal(*role), step);
        }
        Fact::Unknown(why) => any_role(web, number, (&node, machine), service, why),
    }
}

fn any_role(web: &mut Web, number: u32, (node, machine): (&Node, &Machine), service: &'static str, why: Why) {
    let step = Step::new(format!("programs on {} may act as a role", machine.label)).unknown(why);
    web.add(std::slice::from_ref(node), &Node::RoleFor(number, service), step);
}

/// The role of something that runs.
struct Role {
    arn: String,
    at: Place,
    condition: Option<String>,
}

fn role_of(id: &str, machine: &Machine, records: &Records) -> (&'static str, Fact<Role>) {
    let data = &machine.interface.data;
    if data.attachment.known().is_some_and(|attachment| attachment.instance_id.known().is_some()) {
        return (EC2, of_instance(id, machine, records));
    }
    if data.interface_type.known().is_some_and(|kind| kind == "lambda") {
        return (LAMBDA, of_function(machine, records));
    }
    (ECS, of_task(machine, records))
}

/// An instance profile holds one role, which has its name unless somebody chose another one.
fn of_instance(id: &str, machine: &Machine, records: &Records) -> Fact<Role> {
    let here = records.ec2_instances.iter().filter(|it| it.account == machine.account);
    let newest = here.filter(|it| it.data.instance_id.known().is_some_and(|it| it == id));
    let Some(instance) = newest.max_by_key(|it| it.observed) else {
        return Fact::Unknown(Why::Dangling { kind: "ec2.instance", id: id.into() });
    };
    let at = Place::data_of(instance.at).member("IamInstanceProfile");
    let arn = instance.data.iam_instance_profile.as_ref().and_then(|profile| profile.arn.clone());
    arn.map(|profile| {
        let arn = profile.replace(":instance-profile/", ":role/");
        let name = profile.rsplit('/').next().unwrap_or_default().to_owned();
        Role { arn, at, condition: Some(format!("the instance profile {name} holds the role of its name")) }
    })
}

/// Functions with the same subnet and groups share an interface; the first that is found stands for them.
fn of_function(machine: &Machine, records: &Records) -> Fact<Role> {
    let data = &machine.interface.data;
    let groups: Vec<_> = data.groups.known().into_iter().flatten().filter_map(|it| it.group_id.known()).collect();
    let stands = |config: &crate::snapshot::schema::lambda::VpcConfig| {
        let in_subnet = config.subnet_ids.known().zip(data.subnet_id.known()).is_some_and(|(all, it)| all.contains(it));
        in_subnet && config.security_group_ids.known().into_iter().flatten().any(|it| groups.contains(&it))
    };
    let here = &mut records.functions.iter().filter(|it| it.account == machine.account);
    let found = here.find(|it| it.data.vpc_config.known().is_some_and(stands));
    let Some(function) = found else {
        let id = data.description.known().map_or("", String::as_str);
        return Fact::Unknown(Why::Dangling { kind: "lambda.function", id: id.into() });
    };
    let at = Place::data_of(function.at).member("Role");
    function.data.role.clone().map(|arn| Role { arn, at, condition: None })
}

fn of_task(machine: &Machine, records: &Records) -> Fact<Role> {
    let id = &machine.interface.id;
    let attached = |task: &crate::snapshot::schema::ecs::Task| {
        let details = task.attachments.known().into_iter().flatten().filter_map(|it| it.details.known()).flatten();
        details.filter_map(|it| it.value.known()).any(|value| value == id)
    };
    let mut here = records.tasks.iter().filter(|it| it.account == machine.account);
    let Some(task) = here.find(|it| attached(&it.data)) else {
        return Fact::Unknown(Why::Dangling { kind: "ecs.task", id: id.as_str().into() });
    };
    let at = Place::data_of(task.at).member("overrides").member("taskRoleArn");
    let own = task.data.overrides.as_ref().and_then(|overrides| overrides.task_role_arn.clone());
    if let Fact::Known(arn) = own {
        return Fact::Known(Role { arn, at, condition: None });
    }
    task.data.task_definition_arn.as_ref().and_then(|arn| {
        let definition = records.task_definitions.iter().find(|it| it.data.task_definition_arn.known() == Some(arn));
        let Some(definition) = definition else {
            return Fact::Unknown(Why::Dangling { kind: "ecs.task_definition", id: arn.as_str().into() });
        };
        let at = Place::data_of(definition.at).member("taskRoleArn");
        definition.data.task_role_arn.clone().map(|arn| Role { arn, at, condition: None })
    })
}

/// Roles that a machine may have whose own is not known.
fn some_role(
    web: &mut Web,
    number: u32,
    service: &'static str,
    roles: &[Arc<Identity>],
    numbers: &BTreeMap<String, u32>,
) {
    let some = Node::RoleFor(number, service);
    if web.known(&some).is_none() {
        return;
    }
    for role in roles.iter().filter(|role| trusts(role, service)) {
        if let Some(role_number) = numbers.get(&role.principal.arn) {
            let step = Step::new(format!("{service} may act as role {}", role.principal.name));
            web.add(std::slice::from_ref(&some), &Node::Principal(*role_number), step);
        }
    }
}

/// A role that was not read may be the machine's as well as any other.
fn unlisted_role(
    web: &mut Web,
    number: u32,
    service: &'static str,
    account: &Account,
    numbers: &BTreeMap<String, u32>,
) {
    let (some, unlisted) = (Node::RoleFor(number, service), numbers.get(&super::iam::unlisted(&account.id)));
    if let (Some(why), Some(unlisted), true) = (&account.incomplete, unlisted, web.known(&some).is_some()) {
        let step = Step::new("it may be a role that was not read").unknown(why.clone());
        web.add(&[some], &Node::Principal(*unlisted), step);
    }
}

/// Whether the trust policy may let the service act with the role; one that cannot be read may.
fn trusts(role: &Identity, service: &str) -> bool {
    let Some(trust) = &role.trust else { return false };
    let Ok(document) = &trust.document else { return true };
    document.statements.iter().filter(|statement| statement.effect != Some(Effect::Deny)).any(|statement| {
        statement.principals.as_ref().is_none_or(|principals| {
            principals.negated
                || principals.named.iter().any(|named| match named {
                    Named::Service(name) => is_service(name, service),
                    Named::Everyone => true,
                    _ => false,
                })
        })
    })
}
