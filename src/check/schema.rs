//! The committed schema is the one that the declarations make, and assessments fit it.

use serde_json::{Value, json};

use super::Assessment;

fn generated() -> String {
    let mut schema = schemars::schema_for!(Assessment);
    schema.insert("title".to_owned(), json!("An assessment by aurora-audit"));
    format!("{:#}\n", schema.as_value())
}

/// `INSTA_UPDATE=always` writes it anew.
#[test]
fn the_committed_schema_is_the_generated_one() {
    let generated = generated();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/assessment.json");
    if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
        std::fs::write(&path, &generated).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == generated,
        "docs/schema/assessment.json is out of date: run the tests with INSTA_UPDATE=always and commit it"
    );
}

#[test]
fn the_schema_refuses_what_is_no_assessment() {
    let validator = jsonschema::validator_for(&serde_json::from_str::<Value>(&generated()).unwrap()).unwrap();
    for wrong in [json!({}), json!([]), json!({"schema_version": 7}), json!(null)] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}
