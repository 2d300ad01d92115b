//! Any text as a policy document of every kind, linted and asked, and as a case of `simulate`.
#![no_main]

use std::sync::Arc;

use aurora_audit::facts::iam::evaluate::{
    Context, Held, Options, Organization, Principal, PrincipalPolicies, Request, Resource, ResourcePolicies, decide,
};
use aurora_audit::facts::iam::grammar::{Action, Document, Kind};
use aurora_audit::facts::iam::lint::lint;
use aurora_audit::facts::iam::simulate::answer;
use libfuzzer_sys::fuzz_target;

fn ask(document: Arc<Document>, resource: &Resource, context: &Context) {
    let held = Held { id: "p".into(), document: Ok(document) };
    let subject = PrincipalPolicies {
        identity: vec![held.clone()],
        boundary: Some(vec![held.clone()]),
        session: None,
        scps: Organization::None,
    };
    let object = ResourcePolicies { policy: Some(held), rcps: Organization::None };
    let Some(action) = Action::new("rds:DeleteDBCluster") else { return };
    let principal = Principal::new("arn:aws:iam::123456789012:role/r");
    let request = Request { principal: &principal, action: &action, resource, resource_account: None, context };
    drop(decide(&request, &subject, &object, Options::default()));
}

fuzz_target!(|text: &str| {
    for kind in [Kind::Identity, Kind::Resource, Kind::ServiceControl, Kind::ResourceControl] {
        let Ok(document) = Document::parse(text, kind) else { continue };
        drop(lint(&document));
        let document = Arc::new(document);
        for resource in [
            Resource::arn("arn:aws:rds:eu-west-1:123456789012:cluster:orders"),
            Resource::matching("arn:aws:rds:eu-west-1:123456789012:cluster:*"),
            Resource::None,
        ] {
            for context in [Context::partial(), Context::complete()] {
                ask(Arc::clone(&document), &resource, &context);
            }
        }
    }
    drop(answer(text, true));
});
