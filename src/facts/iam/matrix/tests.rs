//! The matrix against the evaluator that decides one request at a time.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::facts::iam::evaluate::Request;
use crate::facts::iam::evaluate::tests::{Policies, assignment, context, policies};
use crate::facts::iam::evaluate::{Held, Organization, Reading, UnreadScps, decide};

const ACTIONS: [&str; 6] =
    ["rds:DeleteDBCluster", "rds:StartDBCluster", "rds-db:connect", "iam:PassRole", "rds:StopDBCluster", "kms:Decrypt"];

const RESOURCES: [&str; 4] = [
    "arn:aws:rds:eu-west-1:123456789012:cluster:prod-a",
    "arn:aws:rds:eu-west-1:123456789012:cluster:dev-x",
    "arn:aws:rds:eu-west-1:999999999999:cluster:prod-a",
    "arn:aws:rds:eu-west-1:123456789012:db:zzz-a",
];

const WHO: [&str; 4] = [
    "arn:aws:iam::123456789012:user/u",
    "arn:aws:iam::123456789012:role/r",
    "arn:aws:iam::123456789012:root",
    "arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
];

/// A context in which what was drawn as known is known, and nothing else.
fn partial(drawn: &crate::facts::iam::evaluate::tests::Assignment) -> Context {
    context(drawn).0.over(&Context::partial())
}

/// Adds a policy that nobody read to the first level.
fn leave_out_a_policy(scps: &mut Organization) {
    if let Organization::Levels(levels) = scps {
        let mut levels = levels.to_vec();
        levels[0].policies.push(Held { id: "unread".into(), document: Err(crate::model::Why::NotCollected) });
        *scps = Organization::Levels(levels.into());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::facts::iam::evaluate::tests::cases(6)))]
    #[test]
    fn every_cell_is_what_the_evaluator_says(
        held in prop::collection::vec((policies(), select(WHO.to_vec()), assignment()), 1..4),
        of_resources in prop::collection::vec(assignment(), RESOURCES.len()),
        of_actions in prop::collection::vec(prop::option::weighted(0.3, assignment()), ACTIONS.len()),
        reading in select(vec![Reading::Cautious, Reading::Firm]),
        unread_scps in select(vec![UnreadScps::Assume, UnreadScps::Unknown]),
        unread_level in any::<bool>(),
    ) {
        let options = Options { reading, unread_scps };
        let mut sides: Vec<_> = held.iter().map(|(policies, _, _): &(Policies, _, _)| policies.sides()).collect();
        if unread_level {
            for (subject, _) in &mut sides {
                leave_out_a_policy(&mut subject.scps);
            }
        }
        let who: Vec<_> = held.iter().map(|(_, arn, _)| Principal::new(arn)).collect();
        let known: Vec<_> = held.iter().map(|(_, _, drawn)| partial(drawn)).collect();
        let principals: Vec<_> = (0..held.len())
            .map(|at| PrincipalCell { principal: &who[at], policies: &sides[at].0, context: &known[at] })
            .collect();
        let names: Vec<_> = ACTIONS.iter().map(|it| Action::new(it).unwrap()).collect();
        let own: Vec<_> = of_actions.iter().map(|it| it.as_ref().map_or_else(Context::partial, partial)).collect();
        let actions: Vec<_> =
            names.iter().zip(&own).map(|(action, context)| ActionCell { action, context }).collect();
        let things: Vec<_> = RESOURCES.iter().map(|it| Resource::arn(it)).chain([Resource::None, Resource::matching("arn:aws:rds:eu-west-1:123456789012:cluster:*")]).collect();
        let of_things: Vec<_> = of_resources.iter().map(partial).chain([Context::partial(), Context::partial()]).collect();
        let policies = ResourcePolicies { policy: sides[0].1.policy.clone(), rcps: Organization::None };
        let resources: Vec<_> = things
            .iter()
            .zip(&of_things)
            .enumerate()
            .map(|(at, (resource, context))| ResourceCell {
                resource,
                account: None,
                policies: if at == 3 { &policies } else { &ResourcePolicies::NONE },
                context,
            })
            .collect();
        let matrix = Matrix::new(&principals, &actions, &resources, options);
        for (p, principal) in principals.iter().enumerate() {
            for (r, resource) in resources.iter().enumerate() {
                for (a, action) in actions.iter().enumerate() {
                    let context = action.context.over(&resource.context.over(principal.context));
                    let request = Request {
                        principal: principal.principal,
                        action: action.action,
                        resource: resource.resource,
                        resource_account: None,
                        context: &context,
                    };
                    let expected = decide(&request, principal.policies, resource.policies, options);
                    prop_assert_eq!(matrix.answer(p, a, r), Some(Answer::from(&expected)), "{} {:?} {:?}", action.action.text(), resource.resource, expected);
                }
            }
        }
        prop_assert_eq!(matrix.answer(0, ACTIONS.len(), 0), None);
    }
}

#[test]
fn more_actions_than_a_set_holds() {
    let names: Vec<_> = (0..600).map(|it| Action::new(&format!("rds:Action{it}")).unwrap()).collect();
    let nothing = Context::partial();
    let actions: Vec<_> = names.iter().map(|action| ActionCell { action, context: &nothing }).collect();
    let policy = serde_json::json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "rds:Action?99", "Resource": "*"}});
    let document =
        crate::facts::iam::grammar::Document::parse(&policy.to_string(), crate::facts::iam::grammar::Kind::Identity)
            .unwrap();
    let policies = PrincipalPolicies {
        identity: vec![Held { id: "p".into(), document: Ok(document.into()) }],
        boundary: None,
        session: None,
        scps: Organization::None,
    };
    let (principal, resource) = (Principal::new(WHO[0]), Resource::None);
    let matrix = Matrix::new(
        &[PrincipalCell { principal: &principal, policies: &policies, context: &nothing }],
        &actions,
        &[ResourceCell { resource: &resource, account: None, policies: &ResourcePolicies::NONE, context: &nothing }],
        Options::default(),
    );
    let allowed: Vec<_> = matrix.actions_of(0, 0).into_iter().map(|(action, _)| action).collect();
    assert_eq!(allowed, [199, 299, 399, 499, 599]);
}
