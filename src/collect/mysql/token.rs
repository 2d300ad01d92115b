//! Tokens of IAM database authentication: a presigned `GET` of the service `rds-db`, without its scheme.
//! Amazon Aurora User Guide, "Connecting using IAM authentication"; IAM User Guide, "Create a signed AWS API request".

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest::{SHA256, digest};
use ring::hmac::{self, HMAC_SHA256};

use crate::model::Secret;

/// Seconds for which a token opens sessions.
const LIFETIME: u32 = 900;

/// All but letters, digits, `-`, `.`, `_` and `~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Credentials of AWS.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: Secret,
    /// Session token, of temporary credentials.
    pub session_token: Option<Secret>,
}

/// The token with which `user` logs in at `host`:`port` of `region`, valid from `now` on.
pub(super) fn token(keys: &Keys, (host, port): (&str, u16), user: &str, region: &str, now: Timestamp) -> Secret {
    let time = now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = time.split_once('T').map_or("", |(day, _)| day);
    let scope = format!("{day}/{region}/rds-db/aws4_request");
    // Hosts are signed in lower case, as clients send them.
    let host = format!("{}:{port}", host.to_ascii_lowercase());
    let query = query(keys, user, &scope, &time);
    let request = format!("GET\n/\n{query}\nhost:{host}\n\nhost\n{}", HEXLOWER.encode(digest(&SHA256, b"").as_ref()));
    let hash = HEXLOWER.encode(digest(&SHA256, request.as_bytes()).as_ref());
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hash}");
    let signature = HEXLOWER.encode(sign(&key(keys, day, region), &to_sign).as_ref());
    Secret::new(format!("{host}/?{query}&X-Amz-Signature={signature}"))
}

/// The parameters but the signature, sorted by name.
fn query(keys: &Keys, user: &str, scope: &str, time: &str) -> String {
    let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let mut query = format!(
        "Action=connect&DBUser={}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={time}&X-Amz-Expires={LIFETIME}",
        encode(user),
        encode(&format!("{}/{scope}", keys.access_key_id)),
    );
    if let Some(session) = &keys.session_token {
        query.push_str("&X-Amz-Security-Token=");
        query.push_str(&encode(session.expose()));
    }
    query.push_str("&X-Amz-SignedHeaders=host");
    query
}

/// The key of one day, region and service.
fn key(keys: &Keys, day: &str, region: &str) -> hmac::Tag {
    let first = format!("AWS4{}", keys.secret_access_key.expose());
    let first = hmac::sign(&hmac::Key::new(HMAC_SHA256, first.as_bytes()), day.as_bytes());
    [region, "rds-db", "aws4_request"].into_iter().fold(first, |key, part| sign(&key, part))
}

fn sign(key: &hmac::Tag, text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(HMAC_SHA256, key.as_ref()), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(session: Option<&str>) -> Keys {
        Keys {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: Secret::new("SECRETKEY/abc+1".to_owned()),
            session_token: session.map(|token| Secret::new(token.to_owned())),
        }
    }

    const HOST: &str = "c.cluster-abc.us-east-1.rds.amazonaws.com";

    /// Signatures that botocore 1.43.11 makes of the same.
    #[test]
    fn signs_as_the_aws_cli_does() {
        let now = Timestamp::from_second(1_795_168_800).unwrap();
        for (user, session, signature) in [
            ("audit_ro", Some("SESS/tok+en=="), "2f4a5780ef820aeb2ce120af0238b0880b4ebb7bba8774c0d26be97e5d386351"),
            ("audit+ro", None, "3512ccedb141e60fc2d541790ea1f10a0ad3250e7ed83cd5703759b050b561e1"),
        ] {
            let token = token(&keys(session), (HOST, 3306), user, "us-east-1", now);
            assert!(token.expose().ends_with(&format!("&X-Amz-Signature={signature}")), "{user}");
        }
    }

    #[test]
    fn is_an_address_without_its_scheme() {
        let now = Timestamp::from_second(1_795_168_800).unwrap();
        let token = token(&keys(None), ("C.Example", 3307), "a b/é", "eu-west-1", now);
        let begins = "c.example:3307/?Action=connect&DBUser=a%20b%2F%C3%A9&X-Amz-Algorithm=AWS4-HMAC-SHA256\
                      &X-Amz-Credential=AKIDEXAMPLE%2F20261120%2Feu-west-1%2Frds-db%2Faws4_request\
                      &X-Amz-Date=20261120T100000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=";
        assert!(token.expose().starts_with(begins), "{}", token.expose());
    }
}
