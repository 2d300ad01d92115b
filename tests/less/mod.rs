//! Knowledge taken away from a snapshot, value by value.

use serde_json::Value;

/// The JSON pointers of all object members below `value`.
pub fn members(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let here = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                members(inner, &here, found);
                found.push(here);
            }
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, inner)| members(inner, &format!("{pointer}/{index}"), found));
        }
        _ => {}
    }
}

/// The line without the member that a pointer names.
pub fn without(line: &Value, pointer: &str) -> String {
    let mut line = line.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    line.pointer_mut(parent).and_then(Value::as_object_mut).unwrap().shift_remove(&key);
    line.to_string()
}

/// Members of policy documents are text to the snapshot: a policy without an element is another policy, not an unread one.
pub fn is_document(pointer: &str) -> bool {
    ["/Document/", "/PolicyDocument/", "/AssumeRolePolicyDocument/", "/Content/"]
        .iter()
        .any(|document| pointer.contains(document))
}
