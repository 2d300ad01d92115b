//! Whom the trust policy of a role lets in.

use super::super::node::Node;
use super::super::step::{Change, ChangeKind, Step};
use super::super::web::Web;
use crate::facts::AccountAccess;
use crate::facts::iam::account::{Identity, Target};
use crate::facts::iam::evaluate::{Layer, Resource, StatementRef};
use crate::facts::iam::grammar::{Effect, Faulty, Named, Statement};
use crate::model::Why;

/// Stands for whoever is not named.
const ANYBODY: &str = "anybody with an AWS account";

/// A role as something that is assumed.
pub(super) fn trust_target(role: &Identity) -> Option<Target> {
    let policy = Some(role.trust.clone()?);
    Some(Target { policy, ..Target::new(Resource::arn(&role.principal.arn)) })
}

/// Strangers who may assume the role. What their own account lets them do is not in the snapshot.
pub(super) fn trusted_from_outside(web: &mut Web, to: &Node, access: &AccountAccess, role: &Identity) {
    let Some(trust) = &role.trust else { return };
    let document = match &trust.document {
        Ok(document) => document,
        Err(why) => return may_trust_anybody(web, to, &role.principal.name, why),
    };
    let denies = document.statements.iter().any(|it| it.effect != Some(Effect::Allow));
    for statement in &document.statements {
        if statement.effect == Some(Effect::Deny) {
            continue;
        }
        let reference = StatementRef {
            layer: Layer::Resource,
            policy: trust.id.clone(),
            statement: Some(statement.index),
            sid: statement.sid.clone(),
        };
        let place = access.account.place(&reference);
        let strangers = strangers(statement, &access.account.id);
        let nobody = statement.principals.as_ref().is_none_or(|principals| principals.named.is_empty());
        if let (true, Some(fault)) = (nobody, statement.faults.first()) {
            may_trust_anybody(web, to, &role.principal.name, &unclear(fault));
        }
        for (who, condition) in strangers {
            let mut step = Step::new(format!("{who} assumes {}", role.principal.name));
            step.conditions.extend(condition);
            step.conditions.extend(tests(statement));
            if denies {
                step = step.when("no statement of the trust policy denies it");
            }
            if let Some(fault) = statement.faults.first() {
                step = step.unknown(unclear(fault));
            }
            if let Some(place) = &place {
                let words = format!("take {who} out of the trust policy of {}", role.principal.name);
                let change = Change::new(ChangeKind::Statement, words, vec![place.clone()]);
                step = step.seen(place.clone(), who.clone()).cut(change);
            }
            from(web, &who, to, step);
        }
    }
}

/// Whom a role trusts whose trust policy says nothing that can be read.
pub(super) fn may_trust_anybody(web: &mut Web, to: &Node, role: &str, why: &Why) {
    let step = Step::new(format!("{role} may trust anybody")).unknown(why.clone());
    from(web, ANYBODY, to, step);
}

fn unclear(fault: &Faulty) -> Why {
    Why::Unreadable { detail: format!("the trust policy: {}", fault.fault).into() }
}

fn from(web: &mut Web, who: &str, to: &Node, step: Step) {
    let who: std::sync::Arc<str> = who.into();
    web.foreigners.insert(who.clone());
    web.add(&[Node::Foreign(who)], to, step);
}

/// Keys that a caller's request has to meet.
fn tests(statement: &Statement) -> Option<String> {
    let keys: std::collections::BTreeSet<&str> = statement.tests.iter().flat_map(|test| test.keys()).collect();
    let keys: Vec<_> = keys.into_iter().collect();
    (!keys.is_empty()).then(|| format!("its request meets the trust policy's conditions on {}", keys.join(", ")))
}

fn strangers(statement: &Statement, own: &str) -> Vec<(String, Option<String>)> {
    let anybody = || (ANYBODY.to_owned(), None);
    let Some(principals) = &statement.principals else { return Vec::new() };
    if principals.negated {
        return vec![anybody()];
    }
    let account = |id: &str| {
        let other = !id.is_empty() && id != own;
        other.then(|| (format!("account {id}"), Some(format!("account {id} lets somebody of its own do so"))))
    };
    let of = |named: &Named| match named {
        Named::Everyone => Some(anybody()),
        Named::Account(id) => account(id),
        Named::Arn(arn) => account(arn.split(':').nth(4).unwrap_or_default()),
        Named::Federated(provider) => {
            Some((format!("identity provider {provider}"), Some("the provider vouches for somebody".to_owned())))
        }
        Named::Deleted(_) | Named::Service(_) | Named::CanonicalUser(_) => None,
    };
    principals.named.iter().filter_map(of).collect()
}
