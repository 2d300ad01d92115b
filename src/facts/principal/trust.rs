//! Whom a role's trust policy lets in beyond its own account. IAM User Guide, "The confused deputy problem".

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Of, Principal};
use crate::facts::iam::{Strangers, strangers};
use crate::model::{Derived, Fact, Place};

facts! {
    /// What a role's trust policy grants to strangers.
    struct Trust = "iam_trust" {
        /// Whether anybody may assume the role, under no condition that ties them down.
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
    let found = match identity.trust.as_ref().map(|held| &held.document) {
        None => return Fact::Known(Arc::new(facts(Strangers::default(), &principal.at))),
        Some(Ok(document)) => strangers(document, &access.account.id),
        Some(Err(why)) => Err(why.clone()),
    };
    let place = principal.at.member("AssumeRolePolicyDocument");
    found.map_or_else(Fact::Unknown, |found| Fact::Known(Arc::new(facts(found, &place))))
}

fn facts(found: Strangers, place: &Place) -> Trust {
    let list = |set: BTreeSet<String>| Derived::new(Fact::Known(set.into_iter().collect()), vec![place.clone()]);
    Trust {
        everyone: Derived::new(Fact::Known(found.everyone), vec![place.clone()]),
        foreign_accounts: list(found.accounts),
        providers_without_subject: list(found.providers),
        services_without_source: list(found.services),
    }
}
