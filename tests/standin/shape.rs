//! How AWS spells its answers, by its own service models.

use std::fmt::Write;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

static MODELS: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("shapes.json")).unwrap());

/// The model of a service.
pub fn service(name: &str) -> Option<&'static Value> {
    MODELS.get(name).filter(|service| service.is_object())
}

/// The document of an answer in the query protocols.
pub fn xml(service: &Value, operation: &str, output: &Value) -> String {
    let model = &service["operations"][operation];
    let mut text = format!("<{operation}Response xmlns=\"{}\">", service["namespace"].as_str().unwrap());
    let wrapper = model["wrapper"].as_str();
    if let Some(wrapper) = wrapper {
        write!(text, "<{wrapper}>").unwrap();
    } else {
        text.push_str("<requestId>00000000-0000-4000-8000-000000000000</requestId>");
    }
    members(&mut text, &service["shapes"], model["output"].as_str().unwrap(), output);
    if let Some(wrapper) = wrapper {
        write!(text, "</{wrapper}><ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata>")
            .unwrap();
    }
    write!(text, "</{operation}Response>").unwrap();
    text
}

/// Everything between the tags of a value.
fn members(text: &mut String, shapes: &Value, name: &str, value: &Value) {
    let shape = &shapes[name];
    if let Some(known) = shape.get("members").and_then(Value::as_object) {
        let given = value.as_object().unwrap_or_else(|| panic!("{name} is no structure: {value}"));
        if let Some(stray) = given.keys().find(|key| !known.contains_key(*key)) {
            panic!("{name} has no member {stray}");
        }
        for (key, spelt) in known {
            if let Some(value) = given.get(key).filter(|value| !value.is_null()) {
                element(text, spelt[0].as_str().unwrap(), shapes, spelt[1].as_str().unwrap(), value);
            }
        }
    } else if let Some(item) = shape.get("item") {
        for value in value.as_array().unwrap_or_else(|| panic!("{name} is no list: {value}")) {
            element(text, item[0].as_str().unwrap(), shapes, item[1].as_str().unwrap(), value);
        }
    } else if let Some(map) = shape.get("map") {
        for (key, value) in value.as_object().unwrap() {
            write!(text, "<entry><{0}>{key}</{0}>", map[0].as_str().unwrap()).unwrap();
            element(text, map[1].as_str().unwrap(), shapes, map[2].as_str().unwrap(), value);
            text.push_str("</entry>");
        }
    } else {
        escape(text, &scalar(name, value));
    }
}

fn element(text: &mut String, tag: &str, shapes: &Value, shape: &str, value: &Value) {
    write!(text, "<{tag}>").unwrap();
    members(text, shapes, shape, value);
    write!(text, "</{tag}>").unwrap();
}

fn scalar(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // IAM encodes its documents so.
        Value::Object(_) if name == "policyDocumentType" => {
            percent_encoding::utf8_percent_encode(&value.to_string(), percent_encoding::NON_ALPHANUMERIC).to_string()
        }
        Value::Object(_) | Value::Array(_) => panic!("{name} is no text: {value}"),
        other => other.to_string(),
    }
}

fn escape(text: &mut String, raw: &str) {
    for character in raw.chars() {
        match character {
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            '"' => text.push_str("&quot;"),
            '\r' => text.push_str("&#xD;"),
            other => text.push(other),
        }
    }
}

/// The document of an answer in the JSON protocols.
pub fn json_text(service: &Value, operation: &str, output: &Value) -> String {
    let Some(name) = service["operations"][operation]["output"].as_str() else { return "{}".to_owned() };
    spelt(&service["shapes"], name, output).to_string()
}

fn spelt(shapes: &Value, name: &str, value: &Value) -> Value {
    let shape = &shapes[name];
    if let Some(known) = shape.get("members").and_then(Value::as_object) {
        let given = value.as_object().unwrap_or_else(|| panic!("{name} is no structure: {value}"));
        let member = |(key, value): (&String, &Value)| {
            let spelt_as = known.get(key).unwrap_or_else(|| panic!("{name} has no member {key}"));
            (spelt_as[0].as_str().unwrap().to_owned(), spelt(shapes, spelt_as[1].as_str().unwrap(), value))
        };
        return given.iter().filter(|(_, value)| !value.is_null()).map(member).collect::<Map<_, _>>().into();
    }
    if let Some(item) = shape.get("item") {
        let list = value.as_array().unwrap_or_else(|| panic!("{name} is no list: {value}"));
        return list.iter().map(|value| spelt(shapes, item[1].as_str().unwrap(), value)).collect();
    }
    if let Some(map) = shape.get("map") {
        let given = value.as_object().unwrap().iter();
        return given
            .map(|(key, value)| (key.clone(), spelt(shapes, map[2].as_str().unwrap(), value)))
            .collect::<Map<_, _>>()
            .into();
    }
    if shape == "timestamp" {
        let time: jiff::Timestamp = value.as_str().unwrap().parse().unwrap();
        return json!(time.as_second());
    }
    value.clone()
}
