//! A request: who asks to do what to which resource, in which context.

use std::sync::Arc;

use super::context::Context;
use super::principal::Principal;
use crate::facts::iam::arn::Arn;
use crate::facts::iam::glob::Glob;
use crate::facts::iam::grammar::Action;

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// The action has no resource types: only the pattern `*` covers it.
    None,
    /// This resource.
    Arn(Arc<str>),
    /// Some resource that the pattern covers: one that does not exist yet, or one of many.
    Matching(Arc<str>, Arc<Glob>),
}

impl Resource {
    /// The resource of this ARN.
    pub fn arn(arn: &str) -> Self {
        Self::Arn(arn.into())
    }

    /// Some resource that a pattern covers, as in `arn:aws:rds:eu-west-1:123456789012:cluster:*`.
    pub fn matching(pattern: &str) -> Self {
        Self::Matching(pattern.into(), Arc::new(Glob::new(pattern)))
    }

    /// The ARN, or the pattern.
    pub fn text(&self) -> &str {
        match self {
            Self::None => "*",
            Self::Arn(text) | Self::Matching(text, _) => text,
        }
    }
}

/// How questions are answered to which AWS's documentation gives no answer, and what a statement does that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Nobody knows: the decision is [`Conditional`](super::Decision::Conditional) when it matters.
    Cautious,
    /// Our reading of the documentation decides; an `Allow` that cannot be read grants nothing. For questions whose author wants
    /// one answer.
    Firm,
}

/// What service control policies that could not be read do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreadScps {
    /// They are assumed to deny nothing, and the decision says so.
    Assume,
    /// Nobody knows.
    Unknown,
}

/// How to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Open questions.
    pub reading: Reading,
    /// Unread service control policies.
    pub unread_scps: UnreadScps,
}

impl Default for Options {
    fn default() -> Self {
        Self { reading: Reading::Cautious, unread_scps: UnreadScps::Assume }
    }
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// To do what.
    pub action: &'a Action,
    /// To what.
    pub resource: &'a Resource,
    /// Account of the resource, when its ARN does not say.
    pub resource_account: Option<&'a str>,
    /// In which context.
    pub context: &'a Context,
}

impl Request<'_> {
    /// Whether principal and resource are of one account. A resource without an account is taken for the principal's own.
    pub fn is_same_account(&self) -> bool {
        let named = Arn::parse(self.resource.text())
            .map(|arn| arn.account)
            .filter(|it| !it.is_empty() && !it.contains(['*', '?']));
        self.resource_account.or(named).is_none_or(|account| account == self.principal.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_whose_resource_it_is() {
        let (principal, context) = (Principal::new("arn:aws:iam::1:user/u"), Context::complete());
        let action = Action::new("rds:StopDBCluster").unwrap();
        for (resource, account, same) in [
            (Resource::arn("arn:aws:rds:r:1:cluster:a"), None, true),
            (Resource::arn("arn:aws:rds:r:2:cluster:a"), None, false),
            (Resource::arn("arn:aws:s3:::bucket"), Some("2"), false),
            (Resource::arn("arn:aws:s3:::bucket"), None, true),
            (Resource::matching("arn:aws:rds:r:*:cluster:a"), None, true),
            (Resource::None, None, true),
        ] {
            let request = Request {
                principal: &principal,
                action: &action,
                resource: &resource,
                resource_account: account,
                context: &context,
            };
            assert_eq!(request.is_same_account(), same, "{resource:?}");
        }
    }
}
