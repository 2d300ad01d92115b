//! What hands out credentials and is asked without any: the agent of a container, the metadata service of a machine, and the exchange
//! of a web identity.

use serde_json::json;

use super::estate::{Estate, key_of};
use super::http::{Reply, Request};

/// The account of whoever asks a machine.
const OF_MACHINE: &str = "210987654321";
const SESSION: &str = "session of the machine";

/// The answer to a request that carries no signature.
pub fn reply(estate: &Estate, request: &Request) -> Option<Reply> {
    if request.header("authorization").is_some_and(|it| it.starts_with("AWS4-")) {
        return None;
    }
    let path = request.target.split('?').next().unwrap_or_default();
    if let Some(account) = path.strip_prefix("/credentials/") {
        let known = request.header("authorization") == Some("Bearer let me in");
        return Some(if known { json(&keys(account)) } else { Reply::text(401, "who are you?") });
    }
    if path.starts_with("/latest/") {
        return Some(metadata(path, request));
    }
    request.body.contains("Action=AssumeRoleWithWebIdentity").then(|| exchanged(estate, &request.body))
}

fn keys(account: &str) -> serde_json::Value {
    json!({"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2026-11-21T00:00:00Z", "AccessKeyId": key_of(account),
        "SecretAccessKey": "secret", "Token": "token", "Expiration": "2099-01-01T00:00:00Z", "AccountId": account})
}

fn json(value: &serde_json::Value) -> Reply {
    Reply { kind: "application/json", ..Reply::text(200, &value.to_string()) }
}

/// Version 2 of the service: a token first.
fn metadata(path: &str, request: &Request) -> Reply {
    let known = request.header("x-aws-ec2-metadata-token") == Some(SESSION);
    match path.strip_prefix("/latest/").unwrap_or_default() {
        "api/token" if request.method == "PUT" => {
            let headers = vec![("x-aws-ec2-metadata-token-ttl-seconds", "21600".to_owned())];
            Reply { headers, ..Reply::text(200, SESSION) }
        }
        _ if !known => Reply::text(401, "no token"),
        "meta-data/iam/security-credentials/" | "meta-data/iam/security-credentials-extended/" => {
            Reply::text(200, "audit")
        }
        "meta-data/iam/security-credentials/audit" | "meta-data/iam/security-credentials-extended/audit" => {
            json(&keys(OF_MACHINE))
        }
        _ => Reply::text(404, "nothing here"),
    }
}

fn exchanged(estate: &Estate, body: &str) -> Reply {
    let field = |name: &str| {
        let value = body.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap_or_default().replace('+', " ");
        percent_encoding::percent_decode_str(&value).decode_utf8_lossy().into_owned()
    };
    let namespace = "https://sts.amazonaws.com/doc/2011-06-15/";
    let account = estate.enter(&field("RoleArn="), None).filter(|_| field("WebIdentityToken=") == "a good token");
    let (status, text) = match account {
        Some(account) => {
            let credentials = format!(
                "<Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>",
                key_of(&account)
            );
            let result = format!("<AssumeRoleWithWebIdentityResult>{credentials}</AssumeRoleWithWebIdentityResult>");
            (
                200,
                format!(
                    "<AssumeRoleWithWebIdentityResponse xmlns=\"{namespace}\">{result}</AssumeRoleWithWebIdentityResponse>"
                ),
            )
        }
        None => (
            400,
            format!(
                "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>Sender</Type><Code>ExpiredTokenException</Code><Message>Token expired</Message></Error><RequestId>0</RequestId></ErrorResponse>"
            ),
        ),
    };
    Reply { kind: "text/xml", ..Reply::text(status, &text) }
}
