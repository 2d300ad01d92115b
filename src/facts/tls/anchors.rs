//! Which trust anchors an endpoint is judged by: those that the user gave with the collection, else the built-in ones as far as
//! they know the endpoint's region.

use std::collections::BTreeSet;

use super::certificate::parse;
use crate::model::{Fact, Why, anchors};
use crate::snapshot::Snapshot;

/// The anchors of a run.
pub struct Anchors {
    der: Result<Vec<Vec<u8>>, Why>,
    /// Regions that the built-in anchors know; none when the user's anchors replaced them.
    regions: Option<BTreeSet<String>>,
}

impl Anchors {
    /// The anchors in the snapshot, else the built-in ones.
    pub fn new(snapshot: &Snapshot) -> Self {
        let given: Vec<_> = snapshot.records.trust_anchors.iter().map(|record| &record.data.certificates).collect();
        if given.is_empty() {
            return Self::built_in();
        }
        let mut der = Ok(Vec::new());
        for certificates in given {
            der = der.and_then(|mut der: Vec<Vec<u8>>| {
                der.extend(decode(certificates)?);
                Ok(der)
            });
        }
        Self { der, regions: None }
    }

    fn built_in() -> Self {
        let der = anchors::built_in().map_err(|error| Why::Unreadable { detail: error.to_string().into() });
        let regions = der.as_ref().map(|der| der.iter().filter_map(|der| region_of_anchor(der)).collect());
        Self { regions: Some(regions.unwrap_or_default()), der }
    }

    /// The anchors for `host:port`.
    ///
    /// # Errors
    /// When they cannot be read, or lack the endpoint's region: then no chain of it can be told from a forged one.
    pub fn for_endpoint(&self, address: &str) -> Result<&[Vec<u8>], Why> {
        let region = region_of_endpoint(address);
        if let (Some(known), Some(region)) = (&self.regions, region)
            && !known.contains(region)
        {
            let detail = format!("the built-in bundle lacks region {region}; give its bundle with --ca-bundle");
            return Err(Why::Unreadable { detail: detail.into() });
        }
        self.der.as_deref().map_err(Clone::clone)
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
            ("db.example.com:3306", true),
        ] {
            assert_eq!(anchors.for_endpoint(address).is_ok(), known, "{address}");
        }
    }
}
