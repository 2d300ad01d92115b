//! Cases for the evaluator, one JSON object a line: a request, all policies that bear on it, and a decision. Nothing of a
//! snapshot is in it, so a change of a policy can be tested before it is made.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::evaluate::{
    Class, Conditional, Context, ContextValue, Decision, Denial, Held, Level, Options, Organization, Principal,
    PrincipalPolicies, Reading, Request, Resource, ResourcePolicies, StatementRef, UnreadScps, Witness, decide,
};
use super::grammar::{Action, Document, Kind, Unreadable};
use crate::model::Untrusted;

/// A case. Keys that it does not know are ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    id: Value,
    request: CaseRequest,
    #[serde(default)]
    identity_policies: Vec<Box<RawValue>>,
    /// A list of policies; `null` and no policy are no boundary.
    #[serde(default)]
    boundary: Option<Box<RawValue>>,
    #[serde(default)]
    session_policy: Option<Box<RawValue>>,
    #[serde(default)]
    resource_policy: Option<Box<RawValue>>,
    /// Root, units and account, in this order.
    #[serde(default)]
    scps: Vec<CaseLevel>,
    #[serde(default)]
    rcps: Vec<CaseLevel>,
    /// Keys of which nobody knows whether they are in the context.
    #[serde(default)]
    unknown_context_keys: Vec<String>,
    /// The organisation's management account, which no control policy binds.
    #[serde(default)]
    management_account: Option<String>,
    /// What its author expects.
    #[serde(default)]
    expected: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CaseRequest {
    principal: String,
    action: String,
    #[serde(default)]
    resource: Option<String>,
    #[serde(default)]
    resource_account: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, Value>,
    /// Whether the action has no resource types.
    #[serde(default)]
    wildcard_only_action: bool,
    #[serde(default)]
    unknown_context_keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct CaseLevel {
    #[serde(default)]
    id: Value,
    policies: Vec<Box<RawValue>>,
}

/// Why a line is no case.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// It is not JSON, or lacks something.
    #[error("it is not a case")]
    Json(#[from] serde_json::Error),
    /// The action has no service.
    #[error("`{0}` is not an action such as rds:DeleteDBCluster")]
    Action(Untrusted),
    /// A value of the context is an object, or a list of something else than scalars.
    #[error("the value of the context key `{0}` is neither a string, a number, a boolean nor a list of them")]
    Context(Untrusted),
    /// A policy cannot be read.
    #[error("the policy at {pointer} cannot be read")]
    Policy {
        /// JSON pointer into the case.
        pointer: String,
        /// Why.
        source: Unreadable,
    },
}

/// The answer to a case.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// The case's own id.
    pub id: Value,
    /// `Allowed`, `ImplicitlyDenied`, `ExplicitlyDenied` or `Conditional`.
    pub decision: &'static str,
    /// The layer that allows or denies; of an implicit denial the first that does not allow.
    pub layer: Option<&'static str>,
    /// JSON pointer into the case of the statement that allows or denies.
    pub statement: Option<String>,
    /// More about it, when it is asked for.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
    /// What the case expects, when that is something else.
    #[serde(skip)]
    pub differs: Option<String>,
    /// Statements that cannot be read and leave the answer open.
    #[serde(skip)]
    pub unread: Vec<String>,
}

/// What a decision rests on.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// `Sid` of the statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Level of the organisation that does not allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// What has to hold for the request to be allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// What the condition is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<&'static str>,
    /// Values of the unknown keys with which the request is allowed; `null` is an absent key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_with: Option<BTreeMap<String, Value>>,
    /// Values with which it is denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denied_with: Option<BTreeMap<String, Value>>,
    /// Statements that allow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// Statements that may deny.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<String>,
    /// Statements that cannot be read, each with its reasons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

/// Reads a line and answers it.
///
/// # Errors
/// When the line is no case, or one of its policies is no policy.
pub fn answer(line: &str, explain: bool) -> Result<Answer, CaseError> {
    let case: Case = serde_json::from_str(line)?;
    let world = World::new(&case)?;
    let decision = world.decide(&case);
    Ok(world.answer(case, &decision, explain))
}

/// A case, read.
struct World {
    subject: PrincipalPolicies,
    object: ResourcePolicies,
    principal: Principal,
    action: Action,
    resource: Resource,
    context: Context,
    documents: BTreeMap<Arc<str>, Arc<Document>>,
}

impl World {
    fn new(case: &Case) -> Result<Self, CaseError> {
        let request = &case.request;
        let mut documents = Documents::default();
        let principal = Principal::new(&request.principal);
        let is_management = |account: Option<&str>| account.is_some() && account == case.management_account.as_deref();
        let scps = documents.levels(&case.scps, "/scps", Kind::ServiceControl)?;
        let rcps = documents.levels(&case.rcps, "/rcps", Kind::ResourceControl)?;
        let subject = PrincipalPolicies {
            identity: documents.list(&case.identity_policies, "/identityPolicies", Kind::Identity)?,
            boundary: documents.optional(case.boundary.as_deref(), "/boundary")?,
            session: documents.optional(case.session_policy.as_deref(), "/sessionPolicy")?,
            scps: if is_management(Some(&principal.account)) { Organization::None } else { scps },
        };
        let policy = case.resource_policy.as_ref().filter(|raw| raw.get() != "null");
        let object = ResourcePolicies {
            policy: policy.map(|raw| documents.held(raw, "/resourcePolicy".into(), Kind::Resource)).transpose()?,
            rcps: if is_management(request.resource_account.as_deref()) { Organization::None } else { rcps },
        };
        let resource = match request.resource.as_deref() {
            Some(arn) if !request.wildcard_only_action && arn != "*" => Resource::arn(arn),
            _ => Resource::None,
        };
        let action = Action::new(&request.action).ok_or_else(|| CaseError::Action(request.action.as_str().into()))?;
        Ok(Self { subject, object, principal, action, resource, context: context(case)?, documents: documents.0 })
    }

    fn decide(&self, case: &Case) -> Decision {
        let request = Request {
            principal: &self.principal,
            action: &self.action,
            resource: &self.resource,
            resource_account: case.request.resource_account.as_deref(),
            context: &self.context,
        };
        let options = Options { reading: Reading::Firm, unread_scps: UnreadScps::Unknown };
        decide(&request, &self.subject, &self.object, options)
    }

    fn answer(&self, case: Case, decision: &Decision, explain: bool) -> Answer {
        let statement = match decision {
            Decision::Allowed { by, .. } => by.as_ref(),
            Decision::Denied(denial) => denial.statement.as_ref(),
            Decision::Conditional(it) => it.by.first().or_else(|| it.against.first()),
        };
        let layer = match decision {
            Decision::Denied(denial) => Some(denial.layer),
            _ => statement.map(|it| it.layer),
        };
        let unread = match decision {
            Decision::Conditional(it) if it.classes.contains(&Class::MissingData) => self.unreadable(),
            _ => Vec::new(),
        };
        Answer {
            id: case.id,
            decision: decision.as_str(),
            layer: layer.map(super::evaluate::Layer::as_str),
            statement: statement.map(|it| self.pointer(it)),
            explanation: explain.then(|| self.explanation(decision, statement)),
            differs: case.expected.filter(|expected| expected != decision.as_str()),
            unread,
        }
    }

    fn pointer(&self, statement: &StatementRef) -> String {
        let document = self.documents.get(&statement.policy);
        let below = document.zip(statement.statement).map(|(document, index)| document.pointer(index));
        format!("{}{}", statement.policy, below.unwrap_or_default())
    }

    fn explanation(&self, decision: &Decision, statement: Option<&StatementRef>) -> Explanation {
        let mut explanation = Explanation {
            sid: statement.and_then(|it| it.sid.as_deref()).map(str::to_owned),
            unreadable: self.unreadable(),
            ..Explanation::default()
        };
        match decision {
            Decision::Denied(Denial { level, .. }) => explanation.level = level.as_deref().map(str::to_owned),
            Decision::Conditional(it) => self.conditional(it, &mut explanation),
            Decision::Allowed { .. } => {}
        }
        explanation
    }

    fn conditional(&self, it: &Conditional, explanation: &mut Explanation) {
        explanation.condition = Some(it.condition.to_string());
        explanation.classes = it.classes.iter().map(|class| class.as_str()).collect();
        explanation.allowed_with = it.allowing.as_ref().map(values);
        explanation.denied_with = it.denying.as_ref().map(values);
        explanation.by = it.by.iter().map(|it| self.pointer(it)).collect();
        explanation.against = it.against.iter().map(|it| self.pointer(it)).collect();
    }

    /// Statements with faults, as `POINTER: fault; fault`.
    fn unreadable(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (id, document) in &self.documents {
            for statement in document.statements.iter().filter(|it| !it.faults.is_empty()) {
                let faults: Vec<_> = statement.faults.iter().map(|it| it.fault.to_string()).collect();
                found.push(format!("{id}{}: {}", document.pointer(statement.index), faults.join("; ")));
            }
        }
        found
    }
}

fn values(witness: &Witness) -> BTreeMap<String, Value> {
    let value = |value: &Option<ContextValue>| match value {
        None => Value::Null,
        Some(ContextValue::One(one)) => one.as_str().into(),
        Some(ContextValue::Many(many)) => many.iter().map(String::as_str).collect(),
    };
    witness.context.iter().map(|(key, found)| (key.clone(), value(found))).collect()
}

/// Documents read so far, by their pointer in the case.
#[derive(Default)]
struct Documents(BTreeMap<Arc<str>, Arc<Document>>);

impl Documents {
    fn held(&mut self, raw: &RawValue, pointer: String, kind: Kind) -> Result<Held, CaseError> {
        let id: Arc<str> = pointer.into();
        let document =
            Document::parse(raw.get(), kind).map_err(|source| CaseError::Policy { pointer: id.to_string(), source })?;
        let document = Arc::new(document);
        self.0.insert(Arc::clone(&id), Arc::clone(&document));
        Ok(Held { id, document: Ok(document) })
    }

    fn list(&mut self, list: &[Box<RawValue>], pointer: &str, kind: Kind) -> Result<Vec<Held>, CaseError> {
        let numbered = list.iter().enumerate();
        numbered.map(|(index, raw)| self.held(raw, format!("{pointer}/{index}"), kind)).collect()
    }

    /// A policy or a list of them; `null` and an empty list are none.
    fn optional(&mut self, given: Option<&RawValue>, pointer: &str) -> Result<Option<Vec<Held>>, CaseError> {
        let Some(raw) = given.filter(|raw| raw.get() != "null") else { return Ok(None) };
        if !raw.get().starts_with('[') {
            return Ok(Some(vec![self.held(raw, pointer.to_owned(), Kind::Identity)?]));
        }
        let list: Vec<Box<RawValue>> = serde_json::from_str(raw.get())?;
        let policies = self.list(&list, pointer, Kind::Identity)?;
        Ok(Some(policies).filter(|it| !it.is_empty()))
    }

    fn levels(&mut self, levels: &[CaseLevel], pointer: &str, kind: Kind) -> Result<Organization, CaseError> {
        if levels.is_empty() {
            return Ok(Organization::None);
        }
        let mut found = Vec::new();
        for (index, level) in levels.iter().enumerate() {
            let id = level.id.as_str().map_or_else(|| level.id.to_string(), str::to_owned);
            let policies = self.list(&level.policies, &format!("{pointer}/{index}/policies"), kind)?;
            found.push(Level { id: id.into(), policies });
        }
        Ok(Organization::Levels(found.into()))
    }
}

fn context(case: &Case) -> Result<Context, CaseError> {
    let mut context = Context::complete();
    for (key, value) in &case.request.context {
        let wrong = || CaseError::Context(key.as_str().into());
        match value {
            Value::Null => context.set_absent(key),
            Value::Array(list) => {
                let list: Option<Vec<_>> = list.iter().map(scalar).collect();
                context.set_value(key, ContextValue::Many(list.ok_or_else(wrong)?));
            }
            one => context.set(key, scalar(one).ok_or_else(wrong)?),
        }
    }
    for key in case.unknown_context_keys.iter().chain(&case.request.unknown_context_keys) {
        context.set_unknown(key);
    }
    Ok(context)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_may_be_an_object_a_list_or_text() {
        let policy = r#"{"Version":"2012-10-17","Statement":{"Sid":"s","Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let text = serde_json::to_string(policy).unwrap();
        for (boundary, expected) in [
            (policy.to_owned(), "Allowed"),
            (format!("[{policy}]"), "Allowed"),
            ("null".into(), "Allowed"),
            ("[]".into(), "Allowed"),
            (text, "Allowed"),
        ] {
            let line = format!(
                r#"{{"id":1,"request":{{"principal":"arn:aws:iam::1:user/u","action":"rds:StopDBCluster","resource":"arn:aws:rds:r:1:cluster:a"}},"identityPolicies":[{policy}],"boundary":{boundary},"other":7}}"#
            );
            let found = answer(&line, true).unwrap();
            assert_eq!(
                (found.decision, found.statement.as_deref()),
                (expected, Some("/identityPolicies/0/Statement")),
                "{line}"
            );
            assert_eq!(found.explanation.unwrap().sid.as_deref(), Some("s"));
        }
    }

    #[test]
    fn every_case_of_the_fixture_is_decided_as_it_expects() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/iam/cases.jsonl");
        let text = std::fs::read_to_string(path).unwrap();
        for line in text.lines() {
            let found = answer(line, true).unwrap_or_else(|error| panic!("{error}: {line}"));
            assert_eq!(found.differs, None, "{} is {} {:?}", found.id, found.decision, found.explanation);
            assert!(found.unread.is_empty(), "{}", found.id);
        }
    }

    #[test]
    fn says_why_a_line_is_no_case() {
        let with = |action: &str, context: &str, policy: &str| {
            format!(
                r#"{{"id":1,"request":{{"principal":"p","action":"{action}","context":{context}}},"identityPolicies":[{policy}]}}"#
            )
        };
        for (line, message) in [
            (String::from("{"), "it is not a case"),
            (with("stop", "{}", ""), "`stop` is not an action such as rds:DeleteDBCluster"),
            (
                with("a:b", r#"{"k":{}}"#, ""),
                "the value of the context key `k` is neither a string, a number, a boolean nor a list of them",
            ),
            (with("a:b", "{}", "{}"), "the policy at /identityPolicies/0 cannot be read"),
        ] {
            assert_eq!(answer(&line, false).unwrap_err().to_string(), message, "{line}");
        }
    }
}
