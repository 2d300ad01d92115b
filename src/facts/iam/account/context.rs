//! What a snapshot knows of the context of a request. IAM User Guide, "AWS global condition context keys"; Aurora User Guide,
//! "IAM database authentication" (the keys that `rds-db:connect` does not have).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::identity::{Identity, IdentityKind};
use crate::facts::iam::evaluate::{Context, ContextValue, Held, Resource};
use crate::facts::iam::grammar::{Action, Document, Effect};
use crate::facts::iam::organization::Membership;
use crate::model::Fact;

/// What a request is about, with what is known of it.
#[derive(Debug, Clone)]
pub struct Target {
    /// The resource.
    pub resource: Resource,
    /// Its account, when it is not the one that is asked about.
    pub account: Option<String>,
    /// Its region; none for a global resource, or when nobody knows.
    pub region: Option<String>,
    /// Its tags by key in lower case.
    pub tags: Option<Arc<BTreeMap<String, String>>>,
    /// Its own policy, if it has one: of a secret, a key or a role. RDS takes none.
    pub policy: Option<Held>,
    /// The service that a role is passed to.
    pub passed_to: Option<String>,
}

impl Target {
    /// A resource of which nothing else is known.
    pub fn new(resource: Resource) -> Self {
        let region = resource.text().split(':').nth(3).filter(|it| !it.is_empty() && !it.contains(['*', '?']));
        let region = region.map(str::to_owned);
        Self { resource, account: None, region, tags: None, policy: None, passed_to: None }
    }

    /// The resource with these tags.
    #[must_use]
    pub fn tagged(mut self, tags: Option<Arc<BTreeMap<String, String>>>) -> Self {
        self.tags = tags;
        self
    }

    /// A role as it is passed to a service.
    #[must_use]
    pub fn passed_to(mut self, service: &str) -> Self {
        self.passed_to = Some(service.to_owned());
        self
    }
}

/// The tag keys that policies of the account ask for: an identity without such a tag has none, which a context has to say key
/// by key.
#[derive(Debug, Default)]
pub(super) struct TagKeys {
    principal: BTreeSet<String>,
    resource: BTreeSet<String>,
}

const PRINCIPAL_TAG: &str = "aws:principaltag/";
const RESOURCE_TAGS: [&str; 2] = ["aws:resourcetag/", "rds:cluster-tag/"];

/// Keys that a login by IAM does not have, whatever the caller does.
const NOT_OF_CONNECT: [&str; 6] =
    ["aws:referer", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:useragent", "aws:vpcsourceip"];

impl TagKeys {
    pub(super) fn of(identities: &[Arc<Identity>]) -> Self {
        let mut keys = Self::default();
        let mut seen = BTreeSet::new();
        for held in identities.iter().flat_map(|identity| policies(identity)) {
            if let (Ok(document), true) = (&held.document, seen.insert(Arc::clone(&held.id))) {
                keys.add(document);
            }
        }
        keys
    }

    fn add(&mut self, document: &Document) {
        for statement in &document.statements {
            let patterns = statement.resources.iter().flat_map(|resources| &resources.patterns);
            let variables = patterns.flat_map(|pattern| pattern.template.variables());
            for key in statement.tests.iter().flat_map(|test| test.keys()).chain(variables) {
                if let Some(tag) = key.strip_prefix(PRINCIPAL_TAG) {
                    self.principal.insert(tag.to_owned());
                }
                if let Some(tag) = RESOURCE_TAGS.iter().find_map(|prefix| key.strip_prefix(prefix)) {
                    self.resource.insert(tag.to_owned());
                }
            }
        }
    }

    /// The context of a request that the identity makes itself, by an API call over TLS.
    pub(super) fn context(
        &self,
        identity: &Identity,
        action: &Action,
        target: &Target,
        membership: &Membership,
    ) -> Context {
        let mut context = Context::partial();
        let principal = &identity.principal;
        context.set("aws:PrincipalArn", principal.arn.as_str());
        context.set("aws:PrincipalAccount", principal.account.as_str());
        context.set("aws:PrincipalIsAWSService", "false");
        context.set("aws:SecureTransport", "true");
        context.set("aws:ViaAWSService", "false");
        context.set_absent("aws:CalledVia");
        match identity.kind {
            IdentityKind::User => {
                context.set("aws:PrincipalType", "User");
                context.set("aws:username", principal.name.as_str());
            }
            IdentityKind::Role => {
                context.set("aws:PrincipalType", "AssumedRole");
                context.set_absent("aws:username");
            }
            _ => {
                context.set("aws:PrincipalType", "Account");
                context.set_absent("aws:username");
            }
        }
        organization(membership, target.account.as_deref().is_none_or(|it| it == principal.account), &mut context);
        self.principal_tags(identity, &mut context);
        self.resource_tags(target, &mut context);
        if let Some(account) = target.account.as_deref().or(Some(&principal.account)).filter(|it| !it.is_empty()) {
            context.set("aws:ResourceAccount", account);
        }
        if let Some(region) = &target.region {
            context.set("aws:RequestedRegion", region.as_str());
        }
        if let Some(service) = &target.passed_to {
            context.set("iam:PassedToService", service.as_str());
        }
        if action.service() == "rds-db" {
            for key in NOT_OF_CONNECT {
                context.set_absent(key);
            }
        }
        context
    }

    /// A session of a role may bring tags of its own where the trust policy lets it.
    fn principal_tags(&self, identity: &Identity, context: &mut Context) {
        let Fact::Known(tags) = &identity.tags else { return };
        if identity.trust.as_ref().is_some_and(may_tag_sessions) {
            return;
        }
        for key in &self.principal {
            let name = format!("{PRINCIPAL_TAG}{key}");
            match tags.get(key) {
                Some(value) => context.set(&name, value.as_str()),
                None => context.set_absent(&name),
            }
        }
    }

    fn resource_tags(&self, target: &Target, context: &mut Context) {
        let Some(tags) = &target.tags else { return };
        for (key, prefix) in self.resource.iter().flat_map(|key| RESOURCE_TAGS.map(|prefix| (key, prefix))) {
            let name = format!("{prefix}{key}");
            match tags.get(key) {
                Some(value) => context.set(&name, value.as_str()),
                None => context.set_absent(&name),
            }
        }
    }
}

/// Who is in no organisation has none of these keys. A resource of the same account is in the same place.
fn organization(membership: &Membership, is_own: bool, context: &mut Context) {
    let one = |value: &str| ContextValue::One(value.to_owned());
    let many = |value: &str| ContextValue::Many(vec![value.to_owned()]);
    let mut set = |key: &str, fact: &Fact<String>, value: &dyn Fn(&str) -> ContextValue| match fact {
        Fact::Known(text) => context.set_value(key, value(text)),
        Fact::Absent => context.set_absent(key),
        Fact::Unknown(_) => {}
    };
    set("aws:PrincipalOrgID", &membership.id, &one);
    set("aws:PrincipalOrgPaths", &membership.path, &many);
    set("aws:PrincipalOrgMasterAccountId", &membership.management_account, &one);
    if is_own {
        set("aws:ResourceOrgID", &membership.id, &one);
        set("aws:ResourceOrgPaths", &membership.path, &many);
    }
}

fn policies(identity: &Identity) -> impl Iterator<Item = &Held> {
    let own = identity.policies.identity.iter().chain(identity.policies.boundary.iter().flatten());
    own.chain(&identity.trust)
}

/// Whether the trust policy may let somebody tag a session. One that cannot be read may.
fn may_tag_sessions(trust: &Held) -> bool {
    let Some(action) = Action::new("sts:TagSession") else { return true };
    trust.document.as_ref().map_or(true, |document| {
        document.statements.iter().any(|statement| {
            statement.effect != Some(Effect::Deny)
                && statement.actions.as_ref().is_none_or(|actions| actions.covers(&action))
        })
    })
}
