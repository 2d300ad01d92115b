//! The certificates of `fixtures/tls`.

use crate::model::anchors::certificates;

/// What the server of this name sends, in DER, leaf first.
pub fn sent(name: &str) -> Vec<Vec<u8>> {
    let path = format!("{}/fixtures/tls/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    certificates(&std::fs::read_to_string(path).unwrap()).unwrap()
}
