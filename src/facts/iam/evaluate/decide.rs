//! All policies together. `allowed = no deny ∧ SCPs ∧ RCPs ∧ (what the identity side and the resource's policy grant)`.
//! IAM User Guide, "Policy evaluation logic"; AWS Organizations User Guide, "SCP evaluation" and "RCP evaluation".

use std::sync::Arc;

use super::condition::{Atom, Condition, Unread, Why};
use super::decision::{Decision, Denial, Layer, StatementRef};
use super::matching::StatementMatcher;
use super::naming::{Naming, naming};
use super::policies::{Held, Level, Organization, PrincipalPolicies, ResourcePolicies};
use super::principal::PrincipalKind;
use super::request::{Options, Request, Resource, UnreadScps};
use super::solve::solve;
use crate::facts::iam::grammar::{Effect, Statement};

/// Services whose resources take resource control policies, as far as a database audit asks for them: RDS, its Data API and its
/// logins do not. AWS Organizations User Guide, "List of AWS services that support RCPs".
const RCP_SERVICES: [&str; 9] = ["s3", "sts", "kms", "sqs", "secretsmanager", "logs", "dynamodb", "ecr", "cognito-idp"];

/// Decides a request.
pub fn decide(
    request: &Request<'_>,
    subject: &PrincipalPolicies,
    object: &ResourcePolicies,
    options: Options,
) -> Decision {
    let mut case = Case::new(request, subject, options);
    let parts = case.parts(subject, object);
    if let Some(statement) = case.denied.take() {
        return Decision::Denied(Denial {
            layer: statement.layer,
            level: None,
            statement: Some(statement),
            explicit: true,
        });
    }
    let never = parts.iter().find(|part| part.allows == Condition::Never);
    if let (Some(part), true) = (never, case.denies.is_empty()) {
        return implicit(part);
    }
    if case.denies.is_empty() && parts.iter().all(|part| part.allows == Condition::Always) {
        return Decision::Allowed { by: case.granting, assuming_scps: case.assuming_scps };
    }
    solve(case, &parts)
}

pub(super) fn implicit(part: &Part) -> Decision {
    Decision::Denied(Denial { layer: part.layer, level: part.level.clone(), statement: None, explicit: false })
}

/// What one layer allows.
pub(super) struct Part {
    pub layer: Layer,
    pub level: Option<Arc<str>>,
    pub allows: Condition,
}

impl Part {
    fn new(layer: Layer, allows: Condition) -> Self {
        Self { layer, level: None, allows }
    }
}

/// A request and what has been found about it.
pub(super) struct Case<'a> {
    pub request: &'a Request<'a>,
    pub options: Options,
    has_boundary: bool,
    /// A statement that denies whatever is not known.
    denied: Option<StatementRef>,
    /// Statements that deny under conditions.
    pub denies: Vec<(Condition, StatementRef)>,
    /// The first statement that allows on the side of identity or resource.
    pub granting: Option<StatementRef>,
    /// Every statement that allows there, when it is conditional.
    pub allowing: Vec<StatementRef>,
    pub assuming_scps: bool,
}

impl<'a> Case<'a> {
    fn new(request: &'a Request<'a>, subject: &PrincipalPolicies, options: Options) -> Self {
        Self {
            request,
            options,
            has_boundary: subject.boundary.is_some(),
            denied: None,
            denies: Vec::new(),
            granting: None,
            allowing: Vec::new(),
            assuming_scps: false,
        }
    }

    /// What every layer allows, all of which have to; denies are found on the way.
    fn parts(&mut self, subject: &PrincipalPolicies, object: &ResourcePolicies) -> Vec<Part> {
        let mut parts = Vec::new();
        let principal = self.request.principal;
        let exempt = principal.is_service_linked_role();
        if !exempt && !principal.account.is_empty() {
            self.organization(Layer::ServiceControl, &subject.scps, &mut parts);
        }
        if !exempt && RCP_SERVICES.contains(&self.request.action.service()) {
            // RCPFullAWSAccess cannot be detached: a resource control policy only denies.
            self.organization(Layer::ResourceControl, &object.rcps, &mut Vec::new());
        }
        let named = object.policy.as_ref().map(|policy| self.resource_policy(policy));
        let identity = match principal.kind {
            PrincipalKind::Root => Condition::Always,
            _ => self.policies(Layer::Identity, &subject.identity),
        };
        let boundary = subject.boundary.as_ref().map(|list| self.policies(Layer::Boundary, list));
        let session = subject.session.as_ref().map(|list| self.policies(Layer::Session, list));
        if self.denied.is_none() {
            let sides = Sides {
                identity,
                boundary: boundary.unwrap_or(Condition::Always),
                session: session.unwrap_or(Condition::Always),
                resource: named,
            };
            sides.join(self.request, &mut parts);
        }
        parts
    }

    fn organization(&mut self, layer: Layer, organization: &Organization, parts: &mut Vec<Part>) {
        match organization {
            Organization::None => {}
            Organization::Levels(levels) => levels.iter().for_each(|level| self.level(layer, level, parts)),
            Organization::Unread(_) if self.options.unread_scps == UnreadScps::Assume => self.assuming_scps = true,
            Organization::Unread(_) => {
                let policy = Arc::from(format!("the {} of the organisation", layer.as_str()));
                let unread = Unread { policy, statement: None, denies: true, why: Why::Organization };
                parts.push(Part::new(layer, Condition::Atom(Atom::Unread(unread)).negated()));
            }
        }
    }

    /// A level of which a policy was not read is assumed to allow what its other policies do not deny, unless that is left open.
    fn level(&mut self, layer: Layer, level: &Level, parts: &mut Vec<Part>) {
        let assumes = self.options.unread_scps == UnreadScps::Assume && level.is_unread();
        let allows = if assumes {
            self.assuming_scps = true;
            let read = level.policies.iter().filter(|held| held.document.is_ok());
            read.for_each(|held| drop(self.policies(layer, std::slice::from_ref(held))));
            Condition::Always
        } else {
            self.policies(layer, &level.policies)
        };
        parts.push(Part { layer, level: Some(Arc::clone(&level.id)), allows });
    }

    /// When one of the policies allows.
    fn policies(&mut self, layer: Layer, policies: &[Held]) -> Condition {
        let mut allows = Condition::Never;
        for held in policies {
            match &held.document {
                Ok(document) => document.statements.iter().for_each(|statement| {
                    allows =
                        std::mem::replace(&mut allows, Condition::Never).or(self.statement(layer, held, statement));
                }),
                Err(_) => allows = allows.or(self.unreadable(layer, held)),
            }
        }
        allows
    }

    /// When the statement allows; what it denies is noted.
    fn statement(&mut self, layer: Layer, held: &Held, statement: &Statement) -> Condition {
        let matcher = self.matcher(held, statement);
        let denies = matcher.applies(self.request.action, Effect::Deny);
        let allows = matcher.applies(self.request.action, Effect::Allow);
        if denies != Condition::Never {
            self.deny(denies, reference(layer, held, Some(statement)));
        }
        if allows != Condition::Never && matches!(layer, Layer::Identity | Layer::Resource) {
            self.grant(&allows, reference(layer, held, Some(statement)));
        }
        allows
    }

    const fn matcher<'m>(&self, held: &'m Held, statement: &'m Statement) -> StatementMatcher<'m>
    where
        'a: 'm,
    {
        StatementMatcher {
            resource: self.request.resource,
            context: self.request.context,
            reading: self.options.reading,
            policy: &held.id,
            statement,
        }
    }

    fn deny(&mut self, condition: Condition, statement: StatementRef) {
        if condition == Condition::Always {
            self.denied.get_or_insert(statement);
        } else {
            self.denies.push((condition, statement));
        }
    }

    fn grant(&mut self, condition: &Condition, statement: StatementRef) {
        if *condition == Condition::Always && self.granting.is_none() {
            self.granting = Some(statement.clone());
        }
        if self.allowing.len() < MAX_STATEMENTS {
            self.allowing.push(statement);
        }
    }

    /// A policy that cannot be read may allow, and may deny.
    fn unreadable(&mut self, layer: Layer, held: &Held) -> Condition {
        let unread = |denies| {
            Condition::Atom(Atom::Unread(Unread {
                policy: Arc::clone(&held.id),
                statement: None,
                denies,
                why: Why::Policy,
            }))
        };
        self.deny(unread(true), reference(layer, held, None));
        unread(false)
    }

    /// What the resource's policy allows, by how it names the principal.
    fn resource_policy(&mut self, held: &Held) -> ByNaming {
        let mut by = ByNaming::default();
        let Ok(document) = &held.document else {
            by.add(Naming::Itself, self.unreadable(Layer::Resource, held));
            return by;
        };
        for statement in &document.statements {
            for effect in [Effect::Deny, Effect::Allow] {
                let named = statement.principals.as_ref();
                let how =
                    named.map_or(Naming::Itself, |it| naming(it, self.request.principal, effect, self.has_boundary));
                let mut applies = match how {
                    Naming::No => continue,
                    _ => self.matcher(held, statement).applies(self.request.action, effect),
                };
                if how == Naming::Session && applies != Condition::Never {
                    applies = applies.and(self.matcher(held, statement).unread(effect, Why::SessionName));
                }
                if applies == Condition::Never {
                    continue;
                }
                let place = reference(Layer::Resource, held, Some(statement));
                match effect {
                    Effect::Deny => self.deny(applies, place),
                    Effect::Allow => {
                        if how != Naming::Account {
                            self.grant(&applies, place);
                        }
                        by.add(how, applies);
                    }
                }
            }
        }
        by
    }
}

/// Statements that an answer lists.
const MAX_STATEMENTS: usize = 64;

fn reference(layer: Layer, held: &Held, statement: Option<&Statement>) -> StatementRef {
    StatementRef {
        layer,
        policy: Arc::clone(&held.id),
        statement: statement.map(|it| it.index),
        sid: statement.and_then(|it| it.sid.clone()),
    }
}

/// What a resource policy allows, by how it names the principal.
struct ByNaming {
    itself: Condition,
    role: Condition,
    account: Condition,
}

impl Default for ByNaming {
    fn default() -> Self {
        Self { itself: Condition::Never, role: Condition::Never, account: Condition::Never }
    }
}

impl ByNaming {
    fn add(&mut self, how: Naming, allows: Condition) {
        let slot = match how {
            Naming::No => return,
            Naming::Account => &mut self.account,
            Naming::Role => &mut self.role,
            Naming::Session | Naming::Itself => &mut self.itself,
        };
        *slot = std::mem::replace(slot, Condition::Never).or(allows);
    }
}

/// What both sides allow.
struct Sides {
    identity: Condition,
    boundary: Condition,
    session: Condition,
    resource: Option<ByNaming>,
}

impl Sides {
    fn join(self, request: &Request<'_>, parts: &mut Vec<Part>) {
        let principal_has_policies = !matches!(request.principal.kind, PrincipalKind::Service | PrincipalKind::Other);
        match self.resource {
            Some(_) if !principal_has_policies => self.by_resource_alone(parts),
            Some(_) if request.is_same_account() => self.same_account(request, parts),
            None if request.is_same_account() => self.by_identity(parts),
            _ => self.cross_account(parts),
        }
    }

    fn by_identity(self, parts: &mut Vec<Part>) {
        parts.push(Part::new(Layer::Identity, self.identity));
        parts.push(Part::new(Layer::Boundary, self.boundary));
        parts.push(Part::new(Layer::Session, self.session));
    }

    fn by_resource_alone(self, parts: &mut Vec<Part>) {
        parts.push(Part::new(Layer::Resource, self.resource.unwrap_or_default().itself));
    }

    /// Both sides have to allow.
    fn cross_account(self, parts: &mut Vec<Part>) {
        let ByNaming { itself, role, account } = self.resource.unwrap_or_default();
        parts.push(Part::new(Layer::Resource, itself.or(role).or(account)));
        let sides = Self { resource: None, ..self };
        sides.by_identity(parts);
    }

    /// Either side is enough. Who is named as itself is limited by nothing; a role that is named needs no identity policy. Keys
    /// and roles do not trust their account by themselves: their policy has to name the principal, or its account.
    fn same_account(self, request: &Request<'_>, parts: &mut Vec<Part>) {
        let ByNaming { itself, role, account } = self.resource.unwrap_or_default();
        let by_itself = itself;
        let untrusted = needs_trust(request) && account == Condition::Never && role == Condition::Never;
        let layer = if untrusted { Layer::Resource } else { Layer::Identity };
        let own = if needs_trust(request) { self.identity.and(account) } else { self.identity };
        let within = |part: Condition| part.or(by_itself.clone());
        parts.push(Part::new(layer, within(own.or(role))));
        parts.push(Part::new(Layer::Boundary, within(self.boundary)));
        parts.push(Part::new(Layer::Session, within(self.session)));
    }
}

/// Whether the resource's own policy has to allow, also within the account.
fn needs_trust(request: &Request<'_>) -> bool {
    let assumes = request.action.service() == "sts" && request.action.name().starts_with("assumerole");
    request.action.service() == "kms" && *request.resource != Resource::None || assumes
}
