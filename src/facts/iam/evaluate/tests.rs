//! The answers of the evaluator, checked against themselves: whatever a partial context leaves open, every way to complete it has
//! to agree with the answer that was given without it.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::*;
use crate::facts::iam::grammar::{Action, Document, Kind};

/// Cases of a property: few, unless `PROPTEST_CASES` asks for more.
pub(in crate::facts::iam) fn cases(few: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(few)
}

const CLUSTER: &str = "arn:aws:rds:eu-west-1:123456789012:cluster:prod-a";

/// Keys, each with tests on it and values that it can have; the last value of each is one that no test names.
pub(in crate::facts::iam) struct Key {
    name: &'static str,
    tests: &'static [(&'static str, &'static [&'static str])],
    values: &'static [&'static [&'static str]],
}

const KEYS: [Key; 8] = [
    Key {
        name: "t:text",
        tests: &[
            ("StringEquals", &["a"]),
            ("StringNotEquals", &["a", "b"]),
            ("StringLike", &["a*"]),
            ("StringNotLikeIfExists", &["*b"]),
            ("StringEqualsIfExists", &["ab"]),
            ("StringEqualsIgnoreCase", &["AB"]),
            ("StringEquals", &["${aws:PrincipalTag/app}"]),
            ("StringNotEquals", &["${aws:PrincipalTag/app, 'a'}"]),
            ("Null", &["true"]),
            ("Null", &["false"]),
        ],
        values: &[&["a"], &["b"], &["ab"], &["AB"], &["prod"], &["other"]],
    },
    Key {
        name: "aws:PrincipalTag/app",
        tests: &[
            ("StringEquals", &["prod"]),
            ("StringLike", &["p*d", "a"]),
            ("StringNotEquals", &["prod"]),
            ("Null", &["true"]),
        ],
        values: &[&["prod"], &["a"], &["prod-a"], &["zzz"]],
    },
    Key {
        name: "t:number",
        tests: &[
            ("NumericLessThan", &["5"]),
            ("NumericGreaterThanEquals", &["5"]),
            ("NumericEquals", &["7", "3"]),
            ("NumericNotEquals", &["5"]),
            ("NumericGreaterThanIfExists", &["6"]),
        ],
        values: &[&["5"], &["7"], &["3"], &["6"], &["4.5"], &["100"]],
    },
    Key {
        name: "aws:MultiFactorAuthPresent",
        tests: &[("Bool", &["true"]), ("Bool", &["false"]), ("BoolIfExists", &["false"]), ("Null", &["false"])],
        values: &[&["true"], &["false"]],
    },
    Key {
        name: "aws:SourceIp",
        tests: &[
            ("IpAddress", &["10.0.0.0/8"]),
            ("NotIpAddress", &["10.1.0.0/16", "2001:db8::/32"]),
            ("IpAddress", &["0.0.0.0/0"]),
            ("IpAddressIfExists", &["10.1.2.3"]),
        ],
        values: &[&["10.0.0.1"], &["10.1.2.3"], &["203.0.113.7"], &["2001:db8::1"], &["fd00::1"]],
    },
    Key {
        name: "aws:PrincipalArn",
        tests: &[
            ("ArnLike", &["arn:aws:iam::*:role/x*"]),
            ("ArnNotEquals", &["arn:aws:iam::1:role/xy"]),
            ("ArnEqualsIfExists", &["arn:aws:iam::1:user/*"]),
        ],
        values: &[
            &["arn:aws:iam::1:role/xy"],
            &["arn:aws:iam::2:role/x/y"],
            &["arn:aws:iam::1:user/u"],
            &["arn:aws:sts::1:x"],
        ],
    },
    Key {
        name: "aws:CurrentTime",
        tests: &[
            ("DateLessThan", &["2030-01-01"]),
            ("DateGreaterThanEquals", &["1577836800"]),
            ("DateNotEquals", &["2030-01-01"]),
        ],
        values: &[&["2019-01-01"], &["2020-01-01T00:00:00Z"], &["1893456000"], &["2031-06-01T00:00:00Z"]],
    },
    Key {
        name: "aws:TagKeys",
        tests: &[
            ("ForAllValues:StringEquals", &["a", "b"]),
            ("ForAnyValue:StringEquals", &["a"]),
            ("ForAllValues:StringNotLike", &["x*"]),
            ("ForAnyValue:StringNotEquals", &["a"]),
            ("Null", &["true"]),
        ],
        values: &[&["a", "b"], &["a", "xy"], &["b", "c"], &["xy", "xz"], &["a", "b", "c", "xy"]],
    },
];

fn statement() -> impl Strategy<Value = Value> {
    let action = select(vec![
        json!({"Action": "*"}),
        json!({"Action": "rds:*"}),
        json!({"NotAction": "iam:*"}),
        json!({"Action": ["iam:*", "rds:Delete*"]}),
        json!({"Action": "rds:Start*"}),
    ]);
    let resource = select(vec![
        json!({"Resource": "*"}),
        json!({"Resource": "*"}),
        json!({"Resource": "arn:aws:rds:*:*:cluster:prod-*"}),
        json!({"Resource": "arn:aws:rds:*:*:cluster:${aws:PrincipalTag/app}-a"}),
        json!({"NotResource": "arn:aws:rds:*:*:cluster:dev-*"}),
        json!({"Resource": ["arn:aws:rds:*:*:cluster:*-a", "arn:aws:rds:*:*:db:*"]}),
    ]);
    let test = (0..KEYS.len(), any::<prop::sample::Index>());
    (select(vec!["Allow", "Allow", "Deny"]), action, resource, prop::collection::vec(test, 0..3)).prop_map(
        |(effect, action, resource, tests)| {
            let mut statement = json!({"Effect": effect});
            for part in [&action, &resource] {
                statement.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
            }
            for (key, index) in tests {
                let key = &KEYS[key];
                let (operator, values) = key.tests[index.index(key.tests.len())];
                statement["Condition"][operator][key.name] = json!(values);
            }
            statement
        },
    )
}

fn policy() -> impl Strategy<Value = Value> {
    prop::collection::vec(statement(), 1..4)
        .prop_map(|statements| json!({"Version": "2012-10-17", "Statement": statements}))
}

fn held(policy: &Value, kind: Kind) -> Held {
    Held { id: "p".into(), document: Ok(Arc::new(Document::parse(&policy.to_string(), kind).unwrap())) }
}

/// All policies of a case.
#[derive(Debug, Clone)]
pub(in crate::facts::iam) struct Policies {
    identity: Vec<Value>,
    boundary: Option<Value>,
    scps: Vec<Value>,
    resource: Option<Value>,
}

pub(in crate::facts::iam) fn policies() -> impl Strategy<Value = Policies> {
    let everything = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let mostly = move || prop_oneof![1 => policy(), 1 => Just(everything.clone())];
    (
        prop::collection::vec(mostly(), 1..3),
        prop::option::weighted(0.3, mostly()),
        prop::collection::vec(mostly(), 0..3),
        prop::option::weighted(
            0.3,
            (policy(), select(vec!["*", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/u"])),
        ),
    )
        .prop_map(|(identity, boundary, scps, resource)| {
            let resource = resource.map(|(mut policy, principal)| {
                for statement in policy["Statement"].as_array_mut().unwrap() {
                    statement["Principal"] = json!({"AWS": principal});
                }
                policy
            });
            Policies { identity, boundary, scps, resource }
        })
}

impl Policies {
    pub(in crate::facts::iam) fn sides(&self) -> (PrincipalPolicies, ResourcePolicies) {
        let level = |policy| Level { id: "l".into(), policies: vec![held(policy, Kind::ServiceControl)] };
        let scps: Vec<_> = self.scps.iter().map(level).collect();
        let subject = PrincipalPolicies {
            identity: self.identity.iter().map(|it| held(it, Kind::Identity)).collect(),
            boundary: self.boundary.as_ref().map(|it| vec![held(it, Kind::Identity)]),
            session: None,
            scps: if scps.is_empty() { Organization::None } else { Organization::Levels(scps.into()) },
        };
        let policy = self.resource.as_ref().map(|it| held(it, Kind::Resource));
        (subject, ResourcePolicies { policy, rcps: Organization::None })
    }
}

fn value(values: &[&str], name: &str) -> ContextValue {
    match values {
        [one] if name != "aws:TagKeys" => ContextValue::One((*one).to_owned()),
        many => ContextValue::Many(many.iter().map(|it| (*it).to_owned()).collect()),
    }
}

/// For each key the number of its value, `None` for absent; unknown when the flag is set.
pub(in crate::facts::iam) type Assignment = Vec<(bool, Option<prop::sample::Index>)>;

pub(in crate::facts::iam) fn assignment() -> impl Strategy<Value = Assignment> {
    let absent_or = prop::option::weighted(0.7, any::<prop::sample::Index>());
    prop::collection::vec((prop::bool::weighted(0.4), absent_or), KEYS.len()..=KEYS.len())
}

pub(in crate::facts::iam) fn context(assignment: &Assignment) -> (Context, Vec<&'static Key>) {
    let mut context = Context::complete();
    let mut open = Vec::new();
    for (key, (unknown, known)) in KEYS.iter().zip(assignment) {
        match known {
            _ if *unknown => {
                context.set_unknown(key.name);
                open.push(key);
            }
            Some(index) => context.set_value(key.name, value(key.values[index.index(key.values.len())], key.name)),
            None => {}
        }
    }
    (context, open)
}

/// Every way to give the open keys one of their values or none; of very many ways, evenly some.
fn completions(context: &Context, open: &[&Key]) -> Vec<Context> {
    const ENOUGH: usize = 100;
    let count: usize = open.iter().map(|key| key.values.len() + 1).product();
    let step = count.div_ceil(ENOUGH).max(1);
    (0..count).step_by(step).map(|index| complete(context, open, index)).collect()
}

fn complete(context: &Context, open: &[&Key], mut index: usize) -> Context {
    let mut context = context.clone();
    for key in open {
        match key.values.get(index % (key.values.len() + 1)) {
            Some(values) => context.set_value(key.name, value(values, key.name)),
            None => context.set_absent(key.name),
        }
        index /= key.values.len() + 1;
    }
    context
}

fn with(context: &Context, witness: &Witness) -> Context {
    let mut context = context.clone();
    for (key, value) in &witness.context {
        match value {
            Some(value) => context.set_value(key, value.clone()),
            None => context.set_absent(key),
        }
    }
    context
}

struct Asked {
    principal: Principal,
    action: Action,
    subject: PrincipalPolicies,
    object: ResourcePolicies,
}

impl Asked {
    fn new(policies: &Policies) -> Self {
        let (subject, object) = policies.sides();
        let principal = Principal::new("arn:aws:iam::123456789012:user/u");
        Self { principal, action: Action::new("rds:DeleteDBCluster").unwrap(), subject, object }
    }

    fn decide(&self, resource: &Resource, context: &Context) -> Decision {
        let request =
            Request { principal: &self.principal, action: &self.action, resource, resource_account: None, context };
        let options = Options { reading: Reading::Firm, unread_scps: UnreadScps::Unknown };
        decide(&request, &self.subject, &self.object, options)
    }
}

/// Whether a decision says that the request is allowed in this complete context.
fn allows(decision: &Decision, resource: &Resource, context: &Context) -> bool {
    match decision {
        Decision::Allowed { .. } => true,
        Decision::Denied(_) => false,
        Decision::Conditional(it) => it.condition.holds_in(resource, context, Reading::Firm).unwrap(),
    }
}

fn is_allowed(decision: &Decision) -> bool {
    matches!(decision, Decision::Allowed { .. })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(64)))]
    #[test]
    fn every_completion_agrees(policies in policies(), assignment in assignment()) {
        let asked = Asked::new(&policies);
        let resource = Resource::arn(CLUSTER);
        let (partial, open) = context(&assignment);
        let decision = asked.decide(&resource, &partial);
        for completed in completions(&partial, &open) {
            let strict = asked.decide(&resource, &completed);
            prop_assert!(!matches!(strict, Decision::Conditional(_)), "{strict:?}");
            prop_assert_eq!(allows(&decision, &resource, &completed), is_allowed(&strict), "{:?} {:?}", decision, completed);
            if decision.as_str() == "ExplicitlyDenied" {
                prop_assert_eq!(strict.as_str(), "ExplicitlyDenied");
            }
        }
        if let Decision::Conditional(it) = &decision {
            let allowing = it.allowing.as_ref().map(|witness| asked.decide(&resource, &with(&partial, witness)));
            let denying = it.denying.as_ref().map(|witness| asked.decide(&resource, &with(&partial, witness)));
            // Where keys are compared with each other, values for them may not be found.
            let compared = it.condition.atoms().iter().any(|atom| matches!(atom, Atom::Test(test) if test.keys().count() > 1));
            prop_assert!(allowing.as_ref().map_or(compared, is_allowed), "{:?}", decision);
            prop_assert!(denying.as_ref().map_or(compared, |it| it.as_str().ends_with("Denied")), "{:?}", decision);
        }
    }

    #[test]
    fn every_name_agrees(policies in policies(), assignment in assignment(), asked_for in select(vec!["prod-*", "*", "?-a", "dev-*"])) {
        let asked = Asked::new(&policies);
        let (mut context, open) = context(&assignment);
        for key in open {
            context.set_absent(key.name);
        }
        let some = Resource::matching(&format!("arn:aws:rds:eu-west-1:123456789012:cluster:{asked_for}"));
        let decision = asked.decide(&some, &context);
        for name in ["prod-a", "prod-b", "dev-x", "dev-a", "x-a", "other", "prod-a-a", "zzz-a"] {
            let resource = Resource::arn(&format!("arn:aws:rds:eu-west-1:123456789012:cluster:{name}"));
            if !crate::facts::iam::Glob::new(asked_for).matches(name) {
                continue;
            }
            let strict = asked.decide(&resource, &context);
            prop_assert_eq!(allows(&decision, &resource, &context), is_allowed(&strict), "{:?} {}", decision, name);
        }
        if let Decision::Conditional(it) = &decision {
            for (witness, expected) in [(&it.allowing, true), (&it.denying, false)] {
                let arn = witness.as_ref().and_then(|it| it.resource.as_deref()).unwrap();
                prop_assert_eq!(is_allowed(&asked.decide(&Resource::arn(arn), &context)), expected, "{:?}", decision);
            }
        }
    }
}
