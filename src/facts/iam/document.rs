//! Policy documents as JSON: a statement may be an object or a list, a value one string or many.
//! IAM User Guide, "Grammar of the IAM JSON policy language".

use serde_json::{Map, Value};

use crate::model::{Fact, Why};

/// The statements of a document, each with its JSON pointer below the document.
///
/// # Errors
/// When the text is not a JSON object with statements.
pub fn statements(json: &str) -> Result<Vec<(String, Value)>, Why> {
    let document: Value = serde_json::from_str(json).map_err(|error| malformed(&error.to_string()))?;
    match document.get("Statement") {
        Some(Value::Array(list)) => Ok((0..)
            .zip(list)
            .map(|(index, statement): (usize, _)| (format!("/Statement/{index}"), statement.clone()))
            .collect()),
        Some(statement @ Value::Object(_)) => Ok(vec![("/Statement".to_owned(), statement.clone())]),
        _ => Err(malformed("it has no Statement")),
    }
}

fn malformed(detail: &str) -> Why {
    Why::Unreadable { detail: format!("the policy document cannot be read: {detail}").into() }
}

/// The strings of an element such as `Action`; absent when the statement does not have it.
pub fn strings(statement: &Map<String, Value>, element: &str) -> Fact<Vec<String>> {
    let unreadable = || Fact::Unknown(malformed(&format!("{element} is neither a string nor a list of strings")));
    match statement.get(element) {
        None => Fact::Absent,
        Some(Value::String(one)) => Fact::Known(vec![one.clone()]),
        Some(Value::Array(many)) => {
            let many: Option<Vec<_>> = many.iter().map(|value| value.as_str().map(str::to_owned)).collect();
            many.map_or_else(unreadable, Fact::Known)
        }
        Some(_) => unreadable(),
    }
}

/// The condition keys of a statement, in lower case and sorted: IAM compares them without regard to case.
pub fn condition_keys(statement: &Map<String, Value>) -> Fact<Vec<String>> {
    let operators = match statement.get("Condition") {
        None => return Fact::Known(Vec::new()),
        Some(Value::Object(operators)) => operators,
        Some(_) => return Fact::Unknown(malformed("Condition is not an object")),
    };
    let mut keys = Vec::new();
    for operator in operators.values() {
        match operator {
            Value::Object(tests) => keys.extend(tests.keys().map(|key| key.to_ascii_lowercase())),
            _ => return Fact::Unknown(malformed("a condition operator is not an object")),
        }
    }
    keys.sort_unstable();
    keys.dedup();
    Fact::Known(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_statement_or_many() {
        for (json, expected) in [
            (r#"{"Statement":{"Effect":"Allow"}}"#, Some(vec!["/Statement"])),
            (r#"{"Statement":[{"Effect":"Allow"},{}]}"#, Some(vec!["/Statement/0", "/Statement/1"])),
            (r#"{"Statement":[]}"#, Some(vec![])),
            (r#"{"Statement":"x"}"#, None),
            ("{}", None),
            (r#""not json""#, None),
            ("{", None),
        ] {
            let found = statements(json).ok();
            let pointers = found.as_ref().map(|found| found.iter().map(|(pointer, _)| pointer.as_str()).collect());
            assert_eq!(pointers, expected, "{json}");
        }
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_unknown() {
        for (json, known) in [
            (r#"{"Action":"a:b"}"#, Some(1)),
            (r#"{"Action":["a:b","c:d"]}"#, Some(2)),
            (r#"{"Action":[]}"#, Some(0)),
            (r#"{"Action":7}"#, None),
            (r#"{"Action":["a:b",7]}"#, None),
        ] {
            let statement: Map<String, Value> = serde_json::from_str(json).unwrap();
            assert_eq!(strings(&statement, "Action").known().map(Vec::len), known, "{json}");
        }
    }
}
