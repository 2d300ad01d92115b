//! One statement of an identity policy and what it grants by itself.

use data_encoding::HEXLOWER;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::arn::PARTITIONS;
use super::document::{condition_keys, strings};
use super::glob::matches;
use super::grammar::{Action, ActionPattern};
use crate::model::{Fact, Place, Why};

vocabulary! {
    /// What a statement does to what it matches.
    enum Effect = "effect" {
        /// Grants it.
        Allow = "Allow",
        /// Forbids it.
        Deny = "Deny",
    }
}

facts! {
    /// A statement of an identity policy.
    struct Statement = "iam_statement" {
        /// Its name, if it has one.
        sid: Fact<String>, optional;
        /// What people call it: its Sid, or its number in the policy, counted from 1.
        label: String;
        /// `Allow` or `Deny`.
        effect: Fact<Effect>;
        /// `Action`.
        actions: Fact<Vec<String>>, optional;
        /// `NotAction`.
        not_actions: Fact<Vec<String>>, optional;
        /// `Resource`.
        resources: Fact<Vec<String>>, optional;
        /// `NotResource`.
        not_resources: Fact<Vec<String>>, optional;
        /// Condition keys, in lower case and sorted; none when the statement is unconditional.
        condition_keys: Fact<Vec<String>>;
        /// Whether `Action` covers every action of every service.
        every_action: Fact<bool>;
        /// Whether `Resource` covers every resource.
        every_resource: Fact<bool>;
        /// Whether its actions cover `iam:PassRole`.
        covers_pass_role: Fact<bool>;
        /// Whether its actions cover `rds-db:connect`.
        covers_connect: Fact<bool>;
        /// Whether its resources name database users of every cluster.
        connects_to_any_cluster: Fact<bool>;
        /// Whether its resources name every database user of a cluster.
        connects_as_any_user: Fact<bool>;
    } key key at at
}

impl Statement {
    /// Reads a statement. What cannot be read is unknown and leaves the rest as it is.
    ///
    /// # Errors
    /// When it is not a JSON object.
    pub fn new(number: usize, json: &Value, at: Place) -> Result<Self, Why> {
        let Value::Object(statement) = json else {
            return Err(Why::Unreadable { detail: "the statement is not a JSON object".into() });
        };
        let (actions, not_actions) = one_of(statement, "Action", "NotAction");
        let (resources, not_resources) = one_of(statement, "Resource", "NotResource");
        let covers = |action: &str| covers_action(&actions, &not_actions, action);
        let reach = |fits: fn(&str) -> bool| covers_resources(&resources, &not_resources, fits);
        let sid = text(statement, "Sid");
        Ok(Self {
            label: sid
                .known()
                .filter(|sid| !sid.is_empty())
                .map_or_else(|| number.to_string(), |sid| format!("`{sid}`")),
            sid,
            effect: effect(statement),
            condition_keys: condition_keys(statement),
            every_action: any(&actions, is_every_action),
            every_resource: any(&resources, is_every_resource),
            covers_pass_role: covers("iam:PassRole"),
            covers_connect: covers("rds-db:connect"),
            connects_to_any_cluster: reach(names_any_cluster),
            connects_as_any_user: reach(names_any_user),
            key: key(statement),
            actions,
            not_actions,
            resources,
            not_resources,
            at,
        })
    }
}

/// `Allow` or `Deny`, in exactly this spelling; IAM accepts no statement without it.
fn effect(statement: &Map<String, Value>) -> Fact<Effect> {
    match text(statement, "Effect").map(Effect::from) {
        Fact::Known(Effect::Other(word)) => {
            Fact::Unknown(unreadable(&format!("Effect is `{word}`, not Allow or Deny")))
        }
        Fact::Absent => Fact::Unknown(unreadable("it has no Effect")),
        effect => effect,
    }
}

/// An element and its negation. IAM accepts exactly one of the two, so with both or none nobody knows what is meant.
fn one_of(statement: &Map<String, Value>, element: &str, negated: &str) -> (Fact<Vec<String>>, Fact<Vec<String>>) {
    match (strings(statement, element), strings(statement, negated)) {
        (Fact::Absent, Fact::Absent) => neither(&format!("it has neither {element} nor {negated}")),
        (found @ Fact::Absent, other) | (found, other @ Fact::Absent) => (found, other),
        _ => neither(&format!("it has both {element} and {negated}")),
    }
}

fn neither(detail: &str) -> (Fact<Vec<String>>, Fact<Vec<String>>) {
    let why = unreadable(detail);
    (Fact::Unknown(why.clone()), Fact::Unknown(why))
}

fn unreadable(detail: &str) -> Why {
    Why::Unreadable { detail: format!("the statement is not one: {detail}").into() }
}

fn text(statement: &Map<String, Value>, element: &str) -> Fact<String> {
    match statement.get(element) {
        None => Fact::Absent,
        Some(Value::String(text)) => Fact::Known(text.clone()),
        Some(_) => Fact::Unknown(Why::Unreadable { detail: format!("{element} is not a string").into() }),
    }
}

/// The Sid, or the first half of the statement's SHA-256: either outlives a statement that is inserted before it.
fn key(statement: &Map<String, Value>) -> String {
    if let Some(Value::String(sid)) = statement.get("Sid")
        && !sid.is_empty()
    {
        return sid.clone();
    }
    let digest = Sha256::digest(Value::Object(statement.clone()).to_string());
    HEXLOWER.encode(digest.get(..8).unwrap_or(&digest))
}

/// Whether any pattern fits; an element that is not there has none.
fn any(patterns: &Fact<Vec<String>>, fits: fn(&str) -> bool) -> Fact<bool> {
    match patterns {
        Fact::Known(patterns) => Fact::Known(patterns.iter().any(|pattern| fits(pattern))),
        Fact::Absent => Fact::Known(false),
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
    }
}

fn is_every_action(pattern: &str) -> bool {
    ActionPattern::new(pattern, 0).covers_everything()
}

fn action_matches(pattern: &str, action: &str) -> bool {
    Action::new(action).is_some_and(|action| ActionPattern::new(pattern, 0).covers(&action))
}

/// `Action` covers what it lists, `NotAction` all but what it lists.
fn covers_action(actions: &Fact<Vec<String>>, not_actions: &Fact<Vec<String>>, action: &str) -> Fact<bool> {
    let listed = |patterns: &[String]| patterns.iter().any(|pattern| action_matches(pattern, action));
    match (actions, not_actions) {
        (Fact::Known(actions), _) => Fact::Known(listed(actions)),
        (Fact::Unknown(why), _) | (_, Fact::Unknown(why)) => Fact::Unknown(why.clone()),
        (Fact::Absent, Fact::Known(not_actions)) => Fact::Known(!listed(not_actions)),
        (Fact::Absent, Fact::Absent) => Fact::Known(false),
    }
}

/// `NotResource` leaves out a few and covers the rest, which is any cluster and any user.
fn covers_resources(
    resources: &Fact<Vec<String>>,
    not_resources: &Fact<Vec<String>>,
    fits: fn(&str) -> bool,
) -> Fact<bool> {
    match (resources, not_resources) {
        (Fact::Absent, Fact::Known(_)) => Fact::Known(true),
        (Fact::Absent, Fact::Unknown(why)) => Fact::Unknown(why.clone()),
        _ => any(resources, fits),
    }
}

fn is_star(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// `*`, or a pattern that covers a resource which no policy names, in one partition at least.
fn is_every_resource(pattern: &str) -> bool {
    let nobodys = |partition| format!("arn:{partition}:nobodys-service:nowhere-1:000000000000:nobody/named this");
    is_star(pattern) || PARTITIONS.into_iter().any(|partition| matches(pattern, &nobodys(partition)))
}

/// A cluster and a user that no policy names, in the form that `rds-db:connect` asks for. Aurora User Guide, "Creating and
/// using an IAM policy for IAM database access".
const ANY_USER_OF_ANY_CLUSTER: &str =
    "arn:aws:rds-db:us-east-1:000000000000:dbuser:cluster-NOBODYNAMEDTHISCLUSTER0000/nobody named this user";

/// `dbuser:RESOURCE/USER` of a pattern.
fn database_user(pattern: &str) -> Option<(&str, &str)> {
    pattern.split_once(":dbuser:")?.1.split_once('/')
}

fn names_any_cluster(pattern: &str) -> bool {
    let with_any_account = wildcarded(pattern);
    matches(&with_any_account, ANY_USER_OF_ANY_CLUSTER)
        || database_user(pattern).is_some_and(|(resource, _)| is_star(resource) || resource == "cluster-*")
}

fn names_any_user(pattern: &str) -> bool {
    let with_any_account = wildcarded(pattern);
    matches(&with_any_account, ANY_USER_OF_ANY_CLUSTER) || database_user(pattern).is_some_and(|(_, user)| is_star(user))
}

/// The pattern with partition, region and account left open, because naming one's own account narrows nothing.
fn wildcarded(pattern: &str) -> String {
    let mut parts = pattern.splitn(6, ':');
    match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("arn"), Some(_), Some(service), Some(_), Some(_), Some(resource)) => {
            format!("arn:*:{service}:*:*:{resource}")
        }
        _ => pattern.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::RecordRef;

    fn statement(json: &Value) -> Statement {
        Statement::new(1, json, Place::data_of(RecordRef { file: 0, line: 1 })).unwrap()
    }

    #[test]
    fn knows_how_far_a_connect_reaches() {
        for (resource, any_cluster, any_user) in [
            ("*", true, true),
            ("arn:aws:rds-db:us-east-1:123456789012:dbuser:*/*", true, true),
            ("arn:aws:rds-db:us-east-1:123456789012:dbuser:*", true, true),
            ("arn:aws:rds-db:*:*:*", true, true),
            ("arn:aws-cn:rds-db:cn-north-1:1:dbuser:*", true, true),
            ("arn:*", true, true),
            ("arn:aws:rds-db:us-east-1:123456789012:dbuser:*/app", true, false),
            ("arn:aws:rds-db:us-east-1:123456789012:dbuser:cluster-*/app", true, false),
            ("arn:aws:rds-db:us-east-1:123456789012:dbuser:cluster-ABC/*", false, true),
            ("arn:aws:rds-db:us-east-1:123456789012:dbuser:cluster-ABC/app", false, false),
            ("arn:aws:rds:us-east-1:123456789012:cluster:*", false, false),
        ] {
            let facts = statement(&json!({"Effect": "Allow", "Action": "rds-db:connect", "Resource": resource}));
            assert_eq!(facts.connects_to_any_cluster, Fact::Known(any_cluster), "{resource}");
            assert_eq!(facts.connects_as_any_user, Fact::Known(any_user), "{resource}");
        }
    }

    #[test]
    fn not_action_and_not_resource_cover_the_rest() {
        for (json, connect, any_cluster) in [
            (json!({"NotAction": "iam:*", "Resource": "*"}), Some(true), Some(true)),
            (json!({"NotAction": "rds-db:*", "Resource": "*"}), Some(false), Some(true)),
            (
                json!({"Action": "rds-db:*", "NotResource": "arn:aws:rds-db:*:*:dbuser:cluster-A/x"}),
                Some(true),
                Some(true),
            ),
            (json!({"Action": "rds:*", "Resource": "*"}), Some(false), Some(true)),
            (json!({"Action": "rds:*", "NotAction": "iam:*", "Resource": "*"}), None, Some(true)),
            (json!({"Action": "*", "Resource": "a", "NotResource": "b"}), Some(true), None),
            (json!({}), None, None),
        ] {
            let facts = statement(&json);
            assert_eq!(facts.covers_connect.known().copied(), connect, "{json}");
            assert_eq!(facts.connects_to_any_cluster.known().copied(), any_cluster, "{json}");
        }
    }

    #[test]
    fn an_effect_is_allow_or_deny() {
        for (effect, known) in [
            (json!("Allow"), true),
            (json!("Deny"), true),
            (json!("allow"), false),
            (json!(""), false),
            (json!(null), false),
        ] {
            assert_eq!(statement(&json!({"Effect": effect})).effect.known().is_some(), known, "{effect}");
        }
        assert!(statement(&json!({"Action": "*"})).effect.is_unknown());
    }

    #[test]
    fn knows_every_resource_by_any_pattern() {
        for (resource, every) in [
            ("*", true),
            ("arn:*", true),
            ("arn:aws:*", true),
            ("arn:aws-cn:*:*:*:*", true),
            ("arn:aws:s3:::*", false),
            ("arn:aws:rds:*:*:*", false),
            ("arn:aws:iam::123456789012:role/*", false),
        ] {
            let facts = statement(&json!({"Effect": "Allow", "Action": "*", "Resource": resource}));
            assert_eq!(facts.every_resource, Fact::Known(every), "{resource}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        let facts = statement(&json!({"Effect": 1, "Action": {"a": 1}, "Resource": "*", "Condition": []}));
        assert!(facts.effect.is_unknown() && facts.covers_connect.is_unknown() && facts.condition_keys.is_unknown());
        assert_eq!(facts.every_resource, Fact::Known(true));
        assert!(Statement::new(1, &json!("Allow"), Place::data_of(RecordRef { file: 0, line: 1 })).is_err());
    }
}
