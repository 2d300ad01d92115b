//! What the policy of a key or a secret grants beyond its account.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::iam::grammar::{Document, Kind};
use super::iam::{Strangers, strangers};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::schema::iam::PolicyDocument;

facts! {
    /// What a resource policy grants to strangers.
    struct ResourcePolicy = "resource_policy" {
        /// Whether anybody is let in, under no condition that ties them down to an account or organisation.
        everyone: Derived<bool>;
        /// Other accounts that are let in without such a condition.
        foreign_accounts: Derived<Vec<String>>;
    }
}

/// What `policy`, which stands at `place`, grants; nothing where there is none. `own` is the account of the resource.
pub(super) fn resource_policy(policy: &Fact<PolicyDocument>, own: &str, place: &Place) -> Fact<Arc<ResourcePolicy>> {
    let found = match policy {
        Fact::Known(text) => Document::parse(text.json(), Kind::Resource)
            .map_err(|error| Why::Unreadable { detail: format!("the policy: {error}").into() })
            .and_then(|document| strangers(&document, own)),
        Fact::Absent => Ok(Strangers::default()),
        Fact::Unknown(why) => Err(why.clone()),
    };
    found.map_or_else(Fact::Unknown, |found| Fact::Known(Arc::new(facts(found, place))))
}

fn facts(found: Strangers, place: &Place) -> ResourcePolicy {
    let list = |set: BTreeSet<String>| Derived::new(Fact::Known(set.into_iter().collect()), vec![place.clone()]);
    ResourcePolicy {
        everyone: Derived::new(Fact::Known(found.everyone), vec![place.clone()]),
        foreign_accounts: list(found.accounts),
    }
}
