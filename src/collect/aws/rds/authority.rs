//! Certificate authorities of a region, from the SDK's form to the snapshot's.

use aws_sdk_rds::types;

use super::part;
use crate::collect::aws::listing::{Entry, time};
use crate::snapshot::schema::rds_proxy::{CertificateAuthority, CertificateAuthorityAnswer};

pub(super) fn authority(authority: types::Certificate) -> Entry<CertificateAuthority> {
    let id = part::id(authority.certificate_arn(), authority.certificate_identifier());
    let answer = CertificateAuthorityAnswer {
        certificate_identifier: authority.certificate_identifier,
        certificate_arn: authority.certificate_arn,
        thumbprint: authority.thumbprint,
        valid_from: authority.valid_from.and_then(time),
        valid_till: authority.valid_till.and_then(time),
        customer_override: authority.customer_override,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn authorities_keep_their_dates() {
        let full = types::Certificate::builder()
            .certificate_identifier("rds-ca-rsa2048-g1")
            .certificate_arn("arn:c")
            .valid_till(DateTime::from_secs(0));
        let expected = json!({"CertificateIdentifier": "rds-ca-rsa2048-g1", "CertificateArn": "arn:c",
            "ValidTill": "1970-01-01T00:00:00Z"});
        assert_eq!(kept(authority(full.build())), ("arn:c".to_owned(), expected));
    }
}
