//! What the host name of an endpoint tells: its kind, its region, and so who issues its certificates.
//! Aurora User Guide, "Amazon Aurora connection management"; RDS Proxy, "Using TLS/SSL with RDS Proxy".

/// Suffixes of the endpoints of Amazon RDS; China has its own.
const SUFFIXES: [&str; 2] = [".rds.amazonaws.com", ".rds.amazonaws.com.cn"];

/// Who issues a server's certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issuer {
    /// Amazon RDS: instances, and the cluster endpoints that lead to them.
    Rds,
    /// AWS Certificate Manager, under Amazon Trust Services: RDS Proxy and Aurora Serverless v1.
    AmazonTrust,
    /// The name does not tell.
    Either,
}

/// A host name, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host<'a> {
    /// Region of an endpoint of Amazon RDS, in the case of the name.
    pub region: Option<&'a str>,
    /// What follows the first label's dot and tells the kind, as in `cluster-ro-abc`; empty for names of other services.
    kind: &'a str,
}

impl<'a> Host<'a> {
    /// Understands `NAME.[cluster-|cluster-ro-|cluster-custom-|proxy-]HASH.REGION.rds.amazonaws.com`.
    pub fn new(host: &'a str) -> Self {
        let host = host.strip_suffix('.').unwrap_or(host);
        let before = SUFFIXES.iter().find_map(|suffix| {
            let (before, end) = host.split_at_checked(host.len().checked_sub(suffix.len())?)?;
            end.eq_ignore_ascii_case(suffix).then_some(before)
        });
        let Some(before) = before else { return Self { region: None, kind: "" } };
        let (names, region) = before.rsplit_once('.').unwrap_or(("", before));
        Self { region: Some(region), kind: names.rsplit_once('.').map_or(names, |(_, kind)| kind) }
    }

    /// Who issues the certificates of such a server. Serverless v1 has the names of clusters and is told by its engine mode alone.
    pub fn issuer(&self) -> Issuer {
        match self.region {
            None => Issuer::Either,
            Some(_) if has_prefix(self.kind, "proxy-") => Issuer::AmazonTrust,
            Some(_) if has_prefix(self.kind, "cluster-") => Issuer::Either,
            Some(_) => Issuer::Rds,
        }
    }
}

fn has_prefix(text: &str, prefix: &str) -> bool {
    text.split_at_checked(prefix.len()).is_some_and(|(start, _)| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_region_and_issuer() {
        for (host, region, issuer) in [
            ("shop-1.c0ffee.us-east-1.rds.amazonaws.com", Some("us-east-1"), Issuer::Rds),
            ("shop-1.c0ffee.us-east-1.rds.amazonaws.com.", Some("us-east-1"), Issuer::Rds),
            ("SHOP-1.C0FFEE.US-EAST-1.RDS.AMAZONAWS.COM", Some("US-EAST-1"), Issuer::Rds),
            ("shop.cluster-c0ffee.us-gov-west-1.rds.amazonaws.com", Some("us-gov-west-1"), Issuer::Either),
            ("shop.cluster-ro-c0ffee.eu-west-1.rds.amazonaws.com", Some("eu-west-1"), Issuer::Either),
            ("x.cluster-custom-c0ffee.eu-west-1.rds.amazonaws.com", Some("eu-west-1"), Issuer::Either),
            ("shop.proxy-c0ffee.eu-west-1.rds.amazonaws.com", Some("eu-west-1"), Issuer::AmazonTrust),
            ("ro.endpoint.proxy-c0ffee.eu-west-1.rds.amazonaws.com", Some("eu-west-1"), Issuer::AmazonTrust),
            ("shop.cluster-c0ffee.cn-north-1.rds.amazonaws.com.cn", Some("cn-north-1"), Issuer::Either),
            ("db.example.com", None, Issuer::Either),
            ("rds.amazonaws.com.example.com", None, Issuer::Either),
            ("127.0.0.1", None, Issuer::Either),
            ("us-east-1.rds.amazonaws.com", Some("us-east-1"), Issuer::Rds),
            ("é.rds.amazonaws.com", Some("é"), Issuer::Rds),
            ("", None, Issuer::Either),
        ] {
            let found = Host::new(host);
            assert_eq!((found.region, found.issuer()), (region, issuer), "{host}");
        }
    }
}
