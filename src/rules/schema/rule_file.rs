//! The JSON Schema of rule files, for editors: what a key is called and what it may be. Expressions are checked by
//! `rules check`, which knows more than a schema can say.

use serde_json::{Value, json};

use super::super::compile::PARAM_TYPES;
use super::super::file::{AREAS, KEYS};
use super::super::rule::{Effort, Empty, Status, Word};
use crate::facts::TargetType;
use crate::model::{Coverage, Outcome, Severity};

/// A JSON Schema (2020-12) of rule files.
pub fn rule_schema(targets: &[TargetType]) -> Value {
    let prefixes: Vec<&str> = AREAS.iter().map(|(_, prefix)| *prefix).collect();
    let names: Vec<&str> = targets.iter().map(|target| target.name).collect();
    let required: Vec<&str> = KEYS.into_iter().filter(|key| !OPTIONAL.contains(key)).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A rule of aurora-audit",
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": {
            "schema": {"const": 1, "description": "Version of the form of rule files."},
            "id": {
                "type": "string",
                "pattern": format!("^({})(-[a-z0-9]+)+$", prefixes.join("|")),
                "description": "The file's name without .yaml: never reused.",
            },
            "title": text("What is wanted, in a line."),
            "severity": words::<Severity>("How bad a failure is."),
            "severity_reason": text("Why it is that bad, in a line."),
            "status": words::<Status>("How settled the rule is."),
            "targets": {"enum": names, "description": "What is judged; the rule sees it as `r`."},
            "for_each": for_each(),
            "params": {"type": "object", "additionalProperties": parameter(), "description": "What a user may set."},
            "when": text("When the rule applies: an expression. Otherwise the subject is not applicable."),
            "let": {"type": "object", "additionalProperties": text("An expression."), "description": "Named parts, each of which may use those before it."},
            "check": text("What must hold: an expression."),
            "message": text("What is wrong, with {{ expressions }}."),
            "evidence": list("Expressions that are shown whatever decided."),
            "rationale": text("Why it matters."),
            "remediation": remediation(),
            "frameworks": frameworks(),
            "docs": {"type": "string", "pattern": "^https://", "description": "Documentation of AWS or MySQL."},
            "source": text("Where the rule comes from."),
            "tags": list("Words to find it by."),
            "equivalent_mutants": {"type": "array", "items": equivalent(), "description": "Changes by rules test --mutate that change no verdict."},
            "tests": {"type": "array", "minItems": 3, "items": test(), "description": "At least one that passes, one that fails, one that is unknown."},
        },
    })
}

/// Keys that a rule can do without.
const OPTIONAL: [&str; 7] = ["severity_reason", "for_each", "params", "when", "let", "evidence", "equivalent_mutants"];

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn list(description: &str) -> Value {
    json!({"type": "array", "items": {"type": "string"}, "description": description})
}

fn words<W: Word>(description: &str) -> Value {
    let words: Vec<&str> = W::WORDS.iter().map(|(word, _)| *word).collect();
    json!({"enum": words, "description": description})
}

fn object(required: &[&str], properties: &Value) -> Value {
    json!({"type": "object", "required": required, "additionalProperties": false, "properties": properties})
}

fn for_each() -> Value {
    object(
        &["in", "as"],
        &json!({
            "in": text("The list whose elements are judged: an expression."),
            "as": text("The name of the element."),
            "empty": words::<Empty>("What an empty list means; default not_applicable."),
        }),
    )
}

fn parameter() -> Value {
    let types: Vec<String> =
        PARAM_TYPES.iter().flat_map(|name| [(*name).to_owned(), format!("list<{name}>")]).collect();
    object(
        &["type", "default", "description"],
        &json!({
            "type": {"enum": types},
            "default": {"description": "The value unless a user sets another."},
            "description": text("What it means."),
            "min": {"type": "integer", "description": "Smallest number allowed."},
            "max": {"type": "integer", "description": "Largest number allowed."},
        }),
    )
}

fn remediation() -> Value {
    object(
        &["text"],
        &json!({
            "text": text("In words."),
            "cli": text("AWS CLI; values are quoted for the shell."),
            "sql": text("SQL; values stand inside quotes."),
            "terraform": text("Terraform; values stand inside quotes."),
            "effort": words::<Effort>("How much work it is."),
            "risk": text("What may break."),
        }),
    )
}

fn frameworks() -> Value {
    let control = object(
        &["control", "coverage"],
        &json!({"control": text("Id in the framework."), "coverage": words::<Coverage>("How much of the control the rule covers.")}),
    );
    json!({"type": "object", "additionalProperties": {"type": "array", "items": control}, "description": "Framework → controls."})
}

fn equivalent() -> Value {
    object(
        &["was", "became", "reason"],
        &json!({
            "was": text("What stands in the rule, on one line."),
            "became": text("What takes its place."),
            "reason": text("Why no verdict changes."),
        }),
    )
}

fn test() -> Value {
    object(
        &["name", "expect", "given"],
        &json!({
            "name": text("What is tested."),
            "expect": words::<Outcome>("The outcome."),
            "given": {"type": "object", "description": "The facts. What is not mentioned is unknown; null is what the source leaves out, and in a list what was not read."},
            "params": {"type": "object", "description": "Parameters that differ from their defaults."},
            "message": text("The message that is expected."),
            "at": {"type": "string", "format": "date-time", "description": "When the subject was observed, for time.observed()."},
        }),
    )
}
