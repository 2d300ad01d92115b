//! JSON Schemas of the files that people write: the configuration and the waivers.

use serde_json::{Map, Value, json};

use super::credential;
use super::setting::{Kind, SECTIONS, SETTINGS, Setting};
use crate::model::Severity;

/// A JSON Schema (2020-12) of `aurora-audit.toml`.
pub fn config_schema() -> Value {
    let mut properties: Map<String, Value> = SECTIONS.iter().map(|(name, about)| section(name, about)).collect();
    properties.insert("parameters".to_owned(), parameters());
    properties.insert("rule".to_owned(), rules());
    let profile = object("Settings that go before the others when --config-profile names this table", &properties);
    properties.insert("profile".to_owned(), json!({"type": "object", "additionalProperties": profile}));
    properties.insert("credentials".to_owned(), credentials());
    let mut schema = object("Configuration of aurora-audit", &properties);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    }
    schema
}

fn object(title: &str, properties: &Map<String, Value>) -> Value {
    json!({"title": title, "type": "object", "additionalProperties": false, "properties": properties})
}

fn section(name: &str, about: &str) -> (String, Value) {
    let settings = SETTINGS.iter().filter(|setting| setting.section == name);
    let properties: Map<_, _> = settings.map(|setting| (setting.key.to_owned(), value(setting))).collect();
    (name.to_owned(), object(about, &properties))
}

fn value(setting: &Setting) -> Value {
    let mut schema = match setting.kind {
        Kind::Word(words) => json!({"enum": words}),
        Kind::Text | Kind::Path => json!({"type": "string", "minLength": 1}),
        Kind::Texts | Kind::Paths => json!({"type": "array", "items": {"type": "string", "minLength": 1}}),
        Kind::Outputs => json!({"type": "array", "items": {"type": "string", "pattern": "^[a-z]+=."}}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Number(min, max) => json!({"type": "integer", "minimum": min, "maximum": max}),
    };
    if let Some(schema) = schema.as_object_mut() {
        let about = format!("{}. The flag is --{}, the variable {}.", setting.about, setting.flag, setting.variable());
        schema.insert("description".to_owned(), about.into());
    }
    schema
}

fn credentials() -> Value {
    let property = |(key, example, about): (&str, &str, &str)| {
        let mut schema = match example.chars().next() {
            Some('[') => json!({"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}),
            Some('"') => json!({"type": "string", "minLength": 1}),
            _ => json!({"type": "boolean"}),
        };
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), format!("{about}.").into());
        }
        (key.to_owned(), schema)
    };
    let properties = credential::KEYS.map(property).into_iter().collect();
    let items = object("A login for some clusters", &properties);
    json!({"type": "array", "description": "Logins for some clusters. The first that fits serves a cluster.", "items": items})
}

/// A value of a parameter.
fn parameter() -> Value {
    let scalar = json!({"type": ["string", "integer", "boolean"]});
    json!({"anyOf": [scalar, {"type": "array", "items": scalar}]})
}

fn parameters() -> Value {
    let title = "Parameters for every rule that has one of this name, unless [rule.RULE-ID] says otherwise";
    json!({"title": title, "type": "object", "additionalProperties": parameter()})
}

fn rules() -> Value {
    let properties = json!({
        "enabled": {"type": "boolean", "description": "Whether the rule runs."},
        "severity": {"enum": Severity::DESCENDING.map(Severity::as_str), "description": "How bad a failure is here."},
        "reason": {"type": "string", "description": "Why this differs from what comes with the program."},
        "params": {
            "type": "object",
            "additionalProperties": parameter(),
            "description": "Parameters of the rule: `aurora-audit explain RULE` lists them.",
        },
    });
    let rule = json!({"type": "object", "additionalProperties": false, "properties": properties});
    json!({"title": "What is changed of rules, by id", "type": "object", "additionalProperties": rule})
}

/// A JSON Schema (2020-12) of `aurora-waivers.yaml`.
pub fn waivers_schema() -> Value {
    let text = |about: &str| json!({"type": "string", "minLength": 1, "description": about});
    let day = |about: &str| json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": about});
    let waiver = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["rule", "resource", "reason", "owner", "approver", "starts", "expires"],
        "properties": {
            "rule": text("Id of the one rule."),
            "resource": text("Identifier of the subject as reports show it; `*` stands for any run of characters."),
            "element": text("For rules that look at each element of a list: which one, or a pattern. Without it all of them."),
            "reason": text("Why the finding is accepted."),
            "owner": text("Who answers for it."),
            "approver": text("Who agreed."),
            "ticket": text("Where it was agreed."),
            "starts": day("First day, UTC."),
            "expires": day("Last day, UTC."),
        },
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Waivers of aurora-audit",
        "type": "object",
        "additionalProperties": false,
        "properties": {"waivers": {"type": ["array", "null"], "items": waiver}},
    })
}
