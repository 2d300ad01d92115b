//! Which trust anchors an endpoint is judged by: those that the user gave with the collection, else the built-in ones as far as
//! they know the endpoint's region.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate::parse;
use crate::model::{Fact, Why, anchors};
use crate::snapshot::Snapshot;

/// Trust anchors by the name that they sign under, so that a chain is only compared with those that can have issued it.
#[derive(Debug, Default)]
pub struct AnchorSet {
    /// Subject → certificates, both in DER.
    by_subject: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
    /// Why one of them cannot be read.
    pub(super) unreadable: Option<Why>,
}

impl AnchorSet {
    /// Sorts certificates in DER.
    pub fn new(der: Vec<Vec<u8>>) -> Self {
        let mut set = Self::default();
        for der in der {
            match parse(&der).map(|certificate| certificate.subject().as_raw().to_vec()) {
                Ok(subject) => {
                    let of_name = set.by_subject.entry(subject).or_default();
                    // Bundles repeat themselves, and each copy would be tried.
                    if !of_name.contains(&der) {
                        of_name.push(der);
                    }
                }
                Err(why) => set.unreadable = Some(why),
            }
        }
        set
    }

    /// The anchors of this name.
    pub(super) fn named(&self, subject: &[u8]) -> &[Vec<u8>] {
        self.by_subject.get(subject).map_or(&[], Vec::as_slice)
    }
}

/// The anchors of a run.
pub struct Anchors {
    built_in: Result<AnchorSet, Why>,
    /// Regions that the built-in anchors know.
    regions: BTreeSet<String>,
    /// File → the anchors that its user gave: they hold for what that file saw.
    given: BTreeMap<u16, Result<AnchorSet, Why>>,
}

impl Anchors {
    /// The anchors in the snapshot, and the built-in ones.
    pub fn new(snapshot: &Snapshot) -> Self {
        let mut given: BTreeMap<u16, Result<Vec<Vec<u8>>, Why>> = BTreeMap::new();
        for record in &snapshot.records.trust_anchors {
            let of_file = given.entry(record.at.file).or_insert_with(|| Ok(Vec::new()));
            match (of_file.as_mut(), decode(&record.data.certificates)) {
                (Ok(known), Ok(further)) => known.extend(further),
                (Ok(_), Err(why)) => *of_file = Err(why),
                (Err(_), _) => {}
            }
        }
        let built_in = anchors::built_in().map_err(|error| Why::Unreadable { detail: error.to_string().into() });
        let regions = built_in.iter().flatten().filter_map(|der| region_of_anchor(der)).collect();
        let given = given.into_iter().map(|(file, der)| (file, der.map(AnchorSet::new)));
        Self { built_in: built_in.map(AnchorSet::new), regions, given: given.collect() }
    }

    /// The anchors for `host:port` as `file` saw it.
    ///
    /// # Errors
    /// When they cannot be read, or lack the endpoint's region: then no chain of it can be told from a forged one.
    pub fn for_endpoint(&self, file: u16, address: &str) -> Result<&AnchorSet, Why> {
        if let Some(given) = self.given.get(&file) {
            return given.as_ref().map_err(Clone::clone);
        }
        let address = address.to_ascii_lowercase();
        if let Some(region) = region_of_endpoint(&address)
            && !self.regions.contains(region)
        {
            let detail = format!("the built-in bundle lacks region {region}; give its bundle with --ca-bundle");
            return Err(Why::Unreadable { detail: detail.into() });
        }
        self.built_in.as_ref().map_err(Clone::clone)
    }
}

fn decode(certificates: &Fact<Vec<String>>) -> Result<Vec<Vec<u8>>, Why> {
    let unreadable = |detail: String| Why::Unreadable { detail: format!("trust anchor: {detail}").into() };
    let certificates = certificates.known().ok_or(Why::NotCollected)?;
    let bytes =
        |text: &String| data_encoding::BASE64.decode(text.as_bytes()).map_err(|error| unreadable(error.to_string()));
    certificates.iter().map(bytes).collect()
}

/// `Amazon RDS us-east-1 Root CA RSA2048 G1` → `us-east-1`.
fn region_of_anchor(der: &[u8]) -> Option<String> {
    let certificate = parse(der).ok()?;
    let name = certificate.subject().iter_common_name().next()?.as_str().ok()?;
    let (region, _) = name.strip_prefix("Amazon RDS ")?.split_once(" Root CA ")?;
    Some(region.to_owned())
}

/// `shop.cluster-abc.us-east-1.rds.amazonaws.com:3306` → `us-east-1`.
fn region_of_endpoint(address: &str) -> Option<&str> {
    let (host, _) = address.rsplit_once(':')?;
    let (before, _) = host.rsplit_once(".rds.amazonaws.com")?;
    Some(before.rsplit_once('.').map_or(before, |(_, region)| region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_anchors_know_their_regions() {
        let anchors = Anchors::new(&Snapshot::default());
        for (address, known) in [
            ("shop.cluster-abc.us-east-1.rds.amazonaws.com:3306", true),
            ("shop.cluster-abc.eu-central-2.rds.amazonaws.com:3306", true),
            ("shop.cluster-abc.cn-north-1.rds.amazonaws.com.cn:3306", false),
            ("shop.cluster-abc.us-gov-west-1.rds.amazonaws.com:3306", false),
            ("shop.cluster-abc.US-GOV-WEST-1.RDS.amazonaws.com:3306", false),
            ("db.example.com:3306", true),
        ] {
            assert_eq!(anchors.for_endpoint(0, address).is_ok(), known, "{address}");
        }
    }

    #[test]
    fn given_anchors_hold_for_their_own_file() {
        let header = |name: &str, lines: &str| {
            let header = r#"{"kind":"header","id":"s","account":"","region":"","source":"t","at":"2026-11-20T12:00:00Z","data":{"SchemaVersion":1,"ToolVersion":"0","Started":"2026-11-20T12:00:00Z","Scope":{"Regions":[],"Collectors":[]}}}"#;
            (name.into(), format!("{header}\n{lines}"))
        };
        let given = r#"{"kind":"tls.trust_anchors","id":"ca.pem","account":"","region":"","source":"tls:ca-bundle","at":"2026-11-20T12:00:00Z","data":{"Name":"ca.pem","Certificates":["AAAA"]}}"#;
        let snapshot = crate::snapshot::read_texts(&[header("a", ""), header("b", &format!("{given}\n"))]).unwrap();
        let anchors = Anchors::new(&snapshot);
        assert!(anchors.for_endpoint(0, "db.example.com:3306").unwrap().by_subject.len() > 1);
        let given = anchors.for_endpoint(1, "db.example.com:3306").unwrap();
        assert!(given.by_subject.is_empty() && given.unreadable.is_some(), "three zeros are no certificate");
    }
}
