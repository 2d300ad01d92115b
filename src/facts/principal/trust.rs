//! Whom a role's trust policy lets in beyond its own account. IAM User Guide, "The confused deputy problem".

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Of, Principal};
use crate::facts::iam::grammar::{Effect, Named};
use crate::model::{Derived, Fact, Place, Why};

facts! {
    /// What a role's trust policy grants to strangers.
    struct Trust = "iam_trust" {
        /// Whether anybody may assume the role, under no condition.
        everyone: Derived<bool>;
        /// Other accounts that may assume it without an external id or a condition on their organisation.
        foreign_accounts: Derived<Vec<String>>;
        /// Identity providers (OIDC) whose tokens are accepted whatever their subject.
        providers_without_subject: Derived<Vec<String>>;
        /// Services that may act with it without a condition on the source.
        services_without_source: Derived<Vec<String>>;
    }
}

pub(super) fn trust(principal: &Principal) -> Fact<Arc<Trust>> {
    let Of { access, identity, .. } = &principal.of;
    let Some(held) = &identity.trust else { return Fact::Known(Arc::new(Strangers::default().trust(&principal.at))) };
    let document = match &held.document {
        Ok(document) => document,
        Err(why) => return Fact::Unknown(why.clone()),
    };
    if let Some(faulty) = document.statements.iter().find(|it| !it.faults.is_empty()) {
        let detail = format!("statement {} of the trust policy", faulty.index + 1);
        return Fact::Unknown(Why::Unreadable { detail: detail.into() });
    }
    let mut found = Strangers::default();
    for statement in document.statements.iter().filter(|statement| statement.effect == Some(Effect::Allow)) {
        let keys: BTreeSet<&str> = statement.tests.iter().flat_map(|test| test.keys()).collect();
        let Some(principals) = &statement.principals else { continue };
        if principals.negated {
            found.everyone |= keys.is_empty();
        } else {
            principals.named.iter().for_each(|named| found.add(named, &keys, &access.account.id));
        }
    }
    let place = principal.at.member("AssumeRolePolicyDocument");
    Fact::Known(Arc::new(found.trust(&place)))
}

#[derive(Default)]
struct Strangers {
    everyone: bool,
    accounts: BTreeSet<String>,
    providers: BTreeSet<String>,
    services: BTreeSet<String>,
}

/// Keys that tie a foreign account down.
const TIES: [&str; 5] =
    ["sts:externalid", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:principalaccount"];

/// Keys that tie a service down to its source.
const SOURCES: [&str; 4] = ["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"];

impl Strangers {
    fn add(&mut self, named: &Named, keys: &BTreeSet<&str>, own: &str) {
        let tied = |ties: &[&str]| ties.iter().any(|tie| keys.contains(tie));
        match named {
            Named::Everyone => self.everyone |= !tied(&TIES),
            Named::Account(account) if account != own && !tied(&TIES) => {
                self.accounts.insert(account.clone());
            }
            Named::Arn(arn) => {
                let account = arn.split(':').nth(4).unwrap_or_default();
                if !account.is_empty() && account != own && !tied(&TIES) {
                    self.accounts.insert(account.to_owned());
                }
            }
            Named::Federated(provider)
                if provider.contains(":oidc-provider/") && !keys.iter().any(|key| key.ends_with(":sub")) =>
            {
                self.providers.insert(provider.clone());
            }
            Named::Service(service) if !tied(&SOURCES) => {
                self.services.insert(service.clone());
            }
            _ => {}
        }
    }

    fn trust(self, place: &Place) -> Trust {
        let list = |set: BTreeSet<String>| Derived::new(Fact::Known(set.into_iter().collect()), vec![place.clone()]);
        Trust {
            everyone: Derived::new(Fact::Known(self.everyone), vec![place.clone()]),
            foreign_accounts: list(self.accounts),
            providers_without_subject: list(self.providers),
            services_without_source: list(self.services),
        }
    }
}
