//! Which authorities hold for what a snapshot file saw: those that its user gave with the collection, else the built-in ones.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::anchors::{Authorities, TrustStore};
use super::host::Issuer;
use crate::model::{Fact, Why};
use crate::snapshot::Snapshot;

/// The authorities that come with the program: sorted once, for they are the same in every run.
static BUILT_IN: LazyLock<Result<TrustStore, Why>> =
    LazyLock::new(|| TrustStore::built_in().map_err(|error| Why::Unreadable { detail: error.to_string().into() }));

/// The authorities of a run.
pub struct TrustStores {
    /// File → what its user gave: it holds for what that file saw.
    given: BTreeMap<u16, Result<TrustStore, Why>>,
}

/// Names of files and the certificates in them.
type Given = (Vec<String>, Vec<Vec<u8>>);

impl TrustStores {
    /// The authorities in the snapshot, and the built-in ones.
    pub fn new(snapshot: &Snapshot) -> Self {
        let mut given: BTreeMap<u16, Result<Given, Why>> = BTreeMap::new();
        for record in &snapshot.records.trust_anchors {
            let of_file = given.entry(record.at.file).or_insert_with(|| Ok(Given::default()));
            match (of_file.as_mut(), decode(&record.data.certificates)) {
                (Ok((names, known)), Ok(further)) => {
                    names.push(record.id.clone());
                    known.extend(further);
                }
                (Ok(_), Err(why)) => *of_file = Err(why),
                (Err(_), _) => {}
            }
        }
        let store = |given: Result<Given, Why>| given.map(|(names, der)| TrustStore::given(names.join(", "), der));
        Self { given: given.into_iter().map(|(file, given)| (file, store(given))).collect() }
    }

    /// The authorities for a server of this kind that `file` saw.
    ///
    /// # Errors
    /// When they cannot be read: then no chain can be told from a forged one.
    pub fn of(&self, file: u16, issuer: Issuer) -> Result<&Authorities, Why> {
        let store = self.given.get(&file).unwrap_or(&BUILT_IN);
        store.as_ref().map(|store| store.of(issuer)).map_err(Clone::clone)
    }
}

fn decode(certificates: &Fact<Vec<String>>) -> Result<Vec<Vec<u8>>, Why> {
    let unreadable = |detail: String| Why::Unreadable { detail: format!("trust anchor: {detail}").into() };
    let certificates = certificates.known().ok_or(Why::NotCollected)?;
    let bytes =
        |text: &String| data_encoding::BASE64.decode(text.as_bytes()).map_err(|error| unreadable(error.to_string()));
    certificates.iter().map(bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_authorities_hold_for_their_own_file() {
        let header = |name: &str, lines: &str| {
            let header = r#"{"kind":"header","id":"s","account":"","region":"","source":"t","at":"2026-11-20T12:00:00Z","data":{"SchemaVersion":1,"ToolVersion":"0","Started":"2026-11-20T12:00:00Z","Scope":{"Regions":[],"Collectors":[]}}}"#;
            (name.into(), format!("{header}\n{lines}"))
        };
        let given = r#"{"kind":"tls.trust_anchors","id":"ca.pem","account":"","region":"","source":"tls:ca-bundle","at":"2026-11-20T12:00:00Z","data":{"Name":"ca.pem","Certificates":["AAAA"]}}"#;
        let broken = given.replace("AAAA", "?");
        let files = [header("a", ""), header("b", &format!("{given}\n")), header("c", &format!("{broken}\n"))];
        let stores = TrustStores::new(&crate::snapshot::read_texts(&files).unwrap());
        assert!(stores.of(0, Issuer::Rds).unwrap().name.starts_with("Amazon RDS, "));
        assert_eq!(stores.of(1, Issuer::AmazonTrust).unwrap().name, "ca.pem");
        assert!(stores.of(2, Issuer::Rds).is_err());
    }
}
