//! The JSON Schema of the facts that rules see.

use serde_json::{Map, Value, json};

use super::Types;
use crate::facts::TargetType;
use crate::model::{Field, ObjectType, Type};

/// A JSON Schema (2020-12) of all fact types: a definition a type, with the documentation of every field. `x-source` is the
/// name that the source itself uses; a field that may be `null` is one that its source may leave out.
pub fn facts_schema(targets: &[TargetType]) -> Value {
    let types = Types::of(targets);
    let objects = types.objects.values().map(|object| (object.name.to_owned(), of_object(object)));
    let enums = types.enums.values().map(|words| {
        let schema = json!({"description": "Words that the source documents; others may come.", "examples": words.values, "type": "string"});
        (words.name.to_owned(), schema)
    });
    let definitions: Map<String, Value> = objects.chain(enums).collect();
    let targets: Map<String, Value> =
        targets.iter().map(|target| (target.name.to_owned(), reference(target.object_type.name))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Facts that rules of aurora-audit see",
        "description": "One property for each kind of subject that a rule may target.",
        "type": "object",
        "properties": targets,
        "additionalProperties": false,
        "$defs": definitions,
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn of_object(object: &ObjectType) -> Value {
    let fields: Map<String, Value> =
        object.all_fields().map(|(_, field)| (field.name.to_owned(), of_field(field))).collect();
    json!({
        "description": object.doc.trim(),
        "type": "object",
        "properties": fields,
        "additionalProperties": false,
    })
}

fn of_field(field: &Field) -> Value {
    let ty = of_type(&field.ty);
    let mut schema = if field.optional { json!({"anyOf": [ty, {"type": "null"}]}) } else { ty };
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".to_owned(), field.doc.trim().into());
        if !field.key.is_empty() {
            schema.insert("x-source".to_owned(), field.key.into());
        }
    }
    schema
}

/// A type without the words about it.
pub(super) fn of_type(ty: &Type) -> Value {
    match ty {
        Type::Bool => json!({"type": "boolean"}),
        Type::Int => json!({"type": "integer"}),
        Type::String => json!({"type": "string"}),
        Type::Timestamp => json!({"type": "string", "format": "date-time"}),
        Type::Duration => json!({"type": "string", "x-type": "duration"}),
        Type::Arn => json!({"type": "string", "x-type": "arn"}),
        Type::Cidr => json!({"type": "string", "x-type": "cidr"}),
        Type::Version => json!({"type": "string", "x-type": "version"}),
        Type::Enum(words) => reference(words.name),
        Type::List(of) => json!({"type": "array", "items": of_type(of)}),
        Type::Object(object) => reference(object.name),
    }
}
