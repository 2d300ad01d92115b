//! The answers of one principal and resource, from sets of actions that are surely and perhaps allowed and denied.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::actions::ActionSet;
use super::compile::{Compiled, Compiler, Reach};
use super::{ActionCell, Answer, Answers, PrincipalCell, ResourceCell};
use crate::facts::iam::evaluate::{
    Atom, Condition, Context, Held, Options, Organization, PrincipalKind, Request, StatementMatcher, UnreadScps, decide,
};
use crate::facts::iam::grammar::{Effect, Test};

/// What a statement leaves open, as a number: equal numbers are equal conditions.
type Residue = u32;

/// Where a layer's answer stands.
#[derive(Default)]
struct Layer {
    surely: ActionSet,
    perhaps: ActionSet,
    open: Vec<(ActionSet, Residue)>,
}

impl Layer {
    fn add(&mut self, actions: ActionSet, residue: Option<Residue>) {
        self.perhaps = self.perhaps.union(actions);
        match residue {
            None => self.surely = self.surely.union(actions),
            Some(residue) => self.open.push((actions, residue)),
        }
    }

    /// What is open about an action: nothing when it is sure.
    fn residues(&self, action: usize, into: &mut Vec<Residue>) {
        if self.surely.contains(action) {
            return;
        }
        let from = into.len();
        into.extend(self.open.iter().filter(|(actions, _)| actions.contains(action)).map(|(_, residue)| *residue));
        if let Some(own) = into.get_mut(from..) {
            own.sort_unstable();
        }
    }
}

/// A policy as a principal holds it.
struct Prepared<'a> {
    held: &'a Held,
    /// None when it cannot be read.
    statements: Option<Arc<[Compiled]>>,
    /// Whether it is assumed to allow everything, because it cannot be read.
    assumed: bool,
}

/// All layers of a principal, identity first; each has to allow.
type Layers<'a> = Vec<Vec<Prepared<'a>>>;

/// Everything that the cells of one block of actions share.
pub(super) struct Evaluator<'a> {
    principals: &'a [PrincipalCell<'a>],
    actions: &'a [ActionCell<'a>],
    resources: &'a [ResourceCell<'a>],
    options: Options,
    all: ActionSet,
    /// Actions whose contexts are equal, with that context.
    groups: Vec<(ActionSet, &'a Context)>,
    residues: BTreeMap<Vec<Part>, Residue>,
    decided: BTreeMap<Vec<Residue>, Answer>,
}

/// What makes a residue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// A test on an unknown key whose values are known.
    Test(Arc<Test>),
    /// Something that only this statement leaves open, for this principal, resource and group of actions.
    Own { policy: Arc<str>, statement: usize, principal: usize, resource: usize, group: usize },
}

/// Stands between layers in what is decided once.
const BORDER: Residue = Residue::MAX;

impl<'a> Evaluator<'a> {
    pub fn new(
        principals: &'a [PrincipalCell<'a>],
        actions: &'a [ActionCell<'a>],
        resources: &'a [ResourceCell<'a>],
        options: Options,
    ) -> Self {
        let mut groups: Vec<(ActionSet, &Context)> = Vec::new();
        for (index, cell) in actions.iter().enumerate() {
            let one: ActionSet = std::iter::once(index).collect();
            match groups.iter_mut().find(|(_, context)| *context == cell.context) {
                Some((set, _)) => *set = set.union(one),
                None => groups.push((one, cell.context)),
            }
        }
        let all = ActionSet::first(actions.len());
        let (residues, decided) = (BTreeMap::new(), BTreeMap::new());
        Self { principals, actions, resources, options, all, groups, residues, decided }
    }

    /// The answers of each principal and resource, resources first.
    pub fn run(mut self) -> Vec<Answers> {
        let mut compiler = Compiler::new(self.actions, self.resources, self.options);
        let mut answers = Vec::with_capacity(self.principals.len() * self.resources.len());
        for (index, cell) in self.principals.iter().enumerate() {
            let layers = layers(cell, &mut compiler, self.options);
            for resource in 0..self.resources.len() {
                let Some(resource_cell) = self.resources.get(resource) else { continue };
                let request = self.request(cell, resource_cell);
                let simple =
                    request.is_some_and(|it| it.is_same_account()) && layers.is_some() && is_plain(resource_cell);
                answers.push(match &layers {
                    Some(layers) if simple => self.cell(layers, (index, cell), (resource, resource_cell)),
                    _ => self.one_by_one(cell, resource_cell),
                });
            }
        }
        answers
    }

    fn request(&self, principal: &PrincipalCell<'a>, resource: &ResourceCell<'a>) -> Option<Request<'a>> {
        self.actions.first().map(|action| request(principal, action, resource, principal.context))
    }

    /// For cells to which the resource's side or an unusual principal has something to say.
    fn one_by_one(&self, principal: &PrincipalCell<'_>, resource: &ResourceCell<'_>) -> Answers {
        let mut answers = Answers::default();
        for index in 0..self.actions.len() {
            answers.set(index, self.decide(principal, index, resource));
        }
        answers
    }

    fn decide(&self, principal: &PrincipalCell<'_>, action: usize, resource: &ResourceCell<'_>) -> Answer {
        let Some(cell) = self.actions.get(action) else { return Answer::Denied };
        let context = cell.context.over(&resource.context.over(principal.context));
        let request = request(principal, cell, resource, &context);
        Answer::from(&decide(&request, principal.policies, resource.policies, self.options))
    }

    fn cell(
        &mut self,
        layers: &Layers<'_>,
        principal: (usize, &PrincipalCell<'_>),
        resource: (usize, &ResourceCell<'_>),
    ) -> Answers {
        let mut contexts = Contexts { base: None, groups: vec![None; self.groups.len()] };
        let mut denies = Layer::default();
        let mut allows = Vec::with_capacity(layers.len());
        for policies in layers {
            let mut layer = Layer::default();
            for prepared in policies {
                self.policy(prepared, principal, resource, &mut contexts, (&mut layer, &mut denies));
            }
            allows.push(layer);
        }
        self.answers(&allows, &denies, principal.1, resource.1)
    }

    fn policy(
        &mut self,
        prepared: &Prepared<'_>,
        principal: (usize, &PrincipalCell<'_>),
        resource: (usize, &ResourceCell<'_>),
        contexts: &mut Contexts,
        (allows, denies): (&mut Layer, &mut Layer),
    ) {
        if prepared.assumed {
            allows.add(self.all, None);
            return;
        }
        let Some(statements) = &prepared.statements else {
            let own = |evaluator: &mut Self, statement| {
                evaluator.residue(vec![Part::Own {
                    policy: Arc::clone(&prepared.held.id),
                    statement,
                    principal: 0,
                    resource: 0,
                    group: 0,
                }])
            };
            allows.add(self.all, Some(own(self, usize::MAX)));
            denies.add(self.all, Some(own(self, usize::MAX - 1)));
            return;
        };
        for compiled in statements.iter() {
            let Some(reach) = compiled.reach.get(resource.0) else { continue };
            let [allowing, denying] = *reach;
            for (effect, reach, layer) in
                [(Effect::Allow, allowing, &mut *allows), (Effect::Deny, denying, &mut *denies)]
            {
                match reach {
                    Reach::Never => {}
                    Reach::Always => layer.add(compiled.actions, None),
                    Reach::Depends => {
                        let place = Place { held: prepared.held, compiled, effect, principal, resource };
                        self.conditional(&place, contexts, layer);
                    }
                }
            }
        }
    }

    fn conditional(&mut self, place: &Place<'_>, contexts: &mut Contexts, layer: &mut Layer) {
        if !place.compiled.by_action {
            let context = contexts.base(place);
            self.condition(place, context, place.compiled.actions, 0, layer);
            return;
        }
        for index in 0..self.groups.len() {
            let Some((actions, own)) = self.groups.get(index).copied() else { continue };
            let covered = actions.intersection(place.compiled.actions);
            if !covered.is_empty() {
                let context = contexts.of_group(place, index, own);
                self.condition(place, context, covered, index, layer);
            }
        }
    }

    fn condition(&mut self, place: &Place<'_>, context: &Context, actions: ActionSet, group: usize, layer: &mut Layer) {
        let Ok(document) = &place.held.document else { return };
        let Some(statement) = document.statements.get(place.compiled.index) else { return };
        let matcher = StatementMatcher {
            resource: place.resource.1.resource,
            context,
            reading: self.options.reading,
            policy: &place.held.id,
            statement,
        };
        match matcher.beyond_action(place.effect) {
            Condition::Never => {}
            Condition::Always => layer.add(actions, None),
            open => {
                let parts = place.parts(&open, group);
                let residue = self.residue(parts);
                layer.add(actions, Some(residue));
            }
        }
    }

    fn residue(&mut self, parts: Vec<Part>) -> Residue {
        let next = Residue::try_from(self.residues.len()).unwrap_or(BORDER - 1);
        *self.residues.entry(parts).or_insert(next)
    }

    fn answers(
        &mut self,
        allows: &[Layer],
        denies: &Layer,
        principal: &PrincipalCell<'_>,
        resource: &ResourceCell<'_>,
    ) -> Answers {
        let (mut surely, mut perhaps) = (self.all, self.all);
        for layer in allows {
            surely = surely.intersection(layer.surely);
            perhaps = perhaps.intersection(layer.perhaps);
        }
        let allowed = surely.without(denies.perhaps);
        let mut answers = Answers { allowed, conditional: ActionSet::default() };
        let mut open = Vec::new();
        for action in perhaps.without(denies.surely).without(allowed).iter() {
            open.clear();
            for layer in allows.iter().chain([denies]) {
                layer.residues(action, &mut open);
                open.push(BORDER);
            }
            let known = self.decided.get(&open).copied();
            let answer = known.unwrap_or_else(|| self.decide(principal, action, resource));
            if known.is_none() {
                self.decided.insert(open.clone(), answer);
            }
            answers.set(action, answer);
        }
        answers
    }
}

impl Answers {
    fn set(&mut self, action: usize, answer: Answer) {
        let one: ActionSet = std::iter::once(action).collect();
        match answer {
            Answer::Allowed => self.allowed = self.allowed.union(one),
            Answer::Conditional => self.conditional = self.conditional.union(one),
            Answer::Denied => {}
        }
    }
}

/// A statement of a policy, for a principal and a resource.
struct Place<'p> {
    held: &'p Held,
    compiled: &'p Compiled,
    effect: Effect,
    principal: (usize, &'p PrincipalCell<'p>),
    resource: (usize, &'p ResourceCell<'p>),
}

impl Place<'_> {
    /// What a condition is made of. A test without variables means the same wherever its key is unknown; all else is the
    /// statement's own.
    fn parts(&self, condition: &Condition, group: usize) -> Vec<Part> {
        let mut parts = Vec::new();
        if collect(condition, &mut parts) {
            parts.sort_unstable();
            parts.dedup();
            return parts;
        }
        vec![Part::Own {
            policy: Arc::clone(&self.held.id),
            statement: self.compiled.index * 2 + usize::from(self.effect == Effect::Deny),
            principal: self.principal.0,
            resource: self.resource.0,
            group,
        }]
    }
}

/// The tests of a conjunction; false when it is anything else.
fn collect(condition: &Condition, parts: &mut Vec<Part>) -> bool {
    match condition {
        Condition::Atom(Atom::Test(test)) if test.keys().nth(1).is_none() => {
            parts.push(Part::Test(Arc::clone(test)));
            true
        }
        Condition::All(list) => list.iter().all(|part| collect(part, parts)),
        _ => false,
    }
}

/// Contexts of one principal and resource, made when something asks for them.
struct Contexts {
    base: Option<Context>,
    groups: Vec<Option<Context>>,
}

impl Contexts {
    fn base(&mut self, place: &Place<'_>) -> &Context {
        self.base.get_or_insert_with(|| place.resource.1.context.over(place.principal.1.context))
    }

    fn of_group(&mut self, place: &Place<'_>, group: usize, own: &Context) -> &Context {
        let base = self.base.get_or_insert_with(|| place.resource.1.context.over(place.principal.1.context));
        match self.groups.get_mut(group) {
            Some(slot) => slot.get_or_insert_with(|| own.over(base)),
            None => base,
        }
    }
}

fn request<'r>(
    principal: &PrincipalCell<'r>,
    action: &ActionCell<'r>,
    resource: &ResourceCell<'r>,
    context: &'r Context,
) -> Request<'r> {
    Request {
        principal: principal.principal,
        action: action.action,
        resource: resource.resource,
        resource_account: resource.account,
        context,
    }
}

/// Whether only the principal's side decides.
fn is_plain(resource: &ResourceCell<'_>) -> bool {
    resource.policies.policy.is_none() && matches!(resource.policies.rcps, Organization::None)
}

/// The layers of a principal, each of which has to allow; nothing for principals that have no policies, and where unread control
/// policies are not assumed away.
fn layers<'c>(cell: &PrincipalCell<'c>, compiler: &mut Compiler<'_>, options: Options) -> Option<Layers<'c>> {
    let policies = cell.policies;
    let mut layers = Vec::new();
    match cell.principal.kind {
        PrincipalKind::Service | PrincipalKind::Other => return None,
        PrincipalKind::Root => {}
        _ => layers.push(prepared(&policies.identity, compiler)),
    }
    layers.extend(policies.boundary.iter().chain(&policies.session).map(|list| prepared(list, compiler)));
    match &policies.scps {
        _ if cell.principal.is_service_linked_role() => {}
        Organization::Levels(levels) => {
            let assume = options.unread_scps == UnreadScps::Assume;
            layers.extend(levels.iter().map(|level| {
                let mut layer = prepared(&level.policies, compiler);
                for policy in &mut layer {
                    policy.assumed = assume && policy.statements.is_none();
                }
                layer
            }));
        }
        Organization::Unread(_) if options.unread_scps == UnreadScps::Unknown => return None,
        Organization::None | Organization::Unread(_) => {}
    }
    Some(layers)
}

fn prepared<'p>(list: &'p [Held], compiler: &mut Compiler<'_>) -> Vec<Prepared<'p>> {
    let one = |held: &'p Held| {
        let statements = held.document.as_ref().ok().map(|document| compiler.document(document));
        Prepared { held, statements, assumed: false }
    };
    list.iter().map(one).collect()
}
