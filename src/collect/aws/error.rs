//! What the SDK's errors mean to an audit: the kind of gap, its mend, and the service's own words.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::whole::Broken;
use crate::model::{Gap, GapReason, actions};

/// Codes of a missing permission.
const PERMISSION: &[&str] =
    &["AccessDenied", "AccessDeniedException", "ForbiddenException", "NotAuthorized", "UnauthorizedOperation"];

/// Codes of credentials that do not hold, or not here: a region that is not enabled knows no key.
const CREDENTIAL: &[&str] = &[
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IDPRejectedClaim",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidIdentityToken",
    "MissingAuthenticationToken",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Codes of an account that the service does not serve here.
const SUBSCRIPTION: &[&str] = &["Blocked", "OptInRequired", "PendingVerification"];

/// Codes that ask for fewer calls.
const THROTTLING: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Codes of a service that is down.
const OUTAGE: &[&str] =
    &["InternalError", "InternalFailure", "ServiceUnavailable", "ServiceUnavailableException", "Unavailable"];

const NEEDS_VALID: &str = "credentials that are valid in this region, and a correct clock";
const NEEDS_SUBSCRIPTION: &str = "the region enabled and the service subscribed to for this account";
const NEEDS_CREDENTIALS: &str = "AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile by --profile or AWS_PROFILE, or a role of the machine";

/// What the chain of credentials calls by itself where a web identity is configured.
const ASSUME_WITH_WEB_IDENTITY: &str = "sts:AssumeRoleWithWebIdentity";

/// How a signature error begins to repeat the request, with the session token among its headers.
const ECHOES: [&str; 3] = ["the canonical string", "the string-to-sign", "x-amz-security-token"];

/// Longer messages are cut: an error document is no place for a page.
const MESSAGE_CHARACTERS: usize = 1000;

struct Failure {
    reason: GapReason,
    needs: Option<String>,
    message: String,
}

impl Failure {
    fn new(reason: GapReason, message: impl Into<String>) -> Self {
        Self { reason, needs: None, message: message.into() }
    }

    fn needs(self, needs: &str) -> Self {
        Self { needs: Some(needs.to_owned()), ..self }
    }
}

/// The gap that a failed call leaves.
pub(in crate::collect) fn gap<E>(action: &str, target: Option<&str>, error: &SdkError<E, HttpResponse>) -> Gap
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let Failure { reason, needs, message } = failure(action, error);
    Gap {
        what: action.to_owned(),
        target: target.map(str::to_owned),
        reason,
        needs,
        message: one_line(without_echo(&message)).into(),
        at: None,
    }
}

/// The gap that an answer leaves which nobody can make sense of.
pub(super) fn malformed(action: &str, target: Option<&str>, message: &str) -> Gap {
    Gap {
        what: action.to_owned(),
        target: target.map(str::to_owned),
        reason: GapReason::Malformed,
        needs: None,
        message: message.into(),
        at: None,
    }
}

fn failure<E>(action: &str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: Error + ProvideErrorMetadata + 'static,
{
    match error {
        SdkError::ServiceError(context) => match context.err().code() {
            Some(code) => refusal(action, code, context.err().message().unwrap_or_default()),
            None => unparsed(action, context.raw(), error),
        },
        SdkError::ResponseError(context) => unparsed(action, context.raw(), error),
        SdkError::TimeoutError(_) => Failure::new(GapReason::Timeout, chain(error)),
        SdkError::DispatchFailure(failure) => undelivered(failure.as_connector_error(), error),
        // No request came about: the region or the configured endpoint has no usable form.
        _ => Failure::new(GapReason::Unreachable, chain(error)),
    }
}

/// The service answered with an error document.
fn refusal(action: &str, code: &str, message: &str) -> Failure {
    let has = |codes: &[&str]| codes.contains(&code);
    let text = if message.is_empty() { code.to_owned() } else { format!("{code}: {message}") };
    let reason = match code {
        _ if has(PERMISSION) => return Failure::new(GapReason::Denied, text).needs(action),
        _ if has(CREDENTIAL) => return Failure::new(GapReason::Denied, text).needs(NEEDS_VALID),
        _ if has(SUBSCRIPTION) => return Failure::new(GapReason::Denied, text).needs(NEEDS_SUBSCRIPTION),
        _ if has(THROTTLING) => GapReason::Throttled,
        _ if has(OUTAGE) => GapReason::Unreachable,
        "RequestTimeout" | "RequestTimeoutException" => GapReason::Timeout,
        _ => GapReason::Unsupported,
    };
    Failure::new(reason, text)
}

/// Something answered that the SDK cannot read: an error in the envelope of another protocol, a page of a proxy, or an endpoint
/// that does not know the call.
fn unparsed(action: &str, answer: &HttpResponse, error: &(dyn Error + 'static)) -> Failure {
    let status = answer.status();
    let body = answer.body().bytes().and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default();
    if let Some(code) = element(body, "Code").filter(|_| !status.is_success()) {
        return refusal(action, code, element(body, "Message").unwrap_or_default());
    }
    let silent = format!("HTTP {status} without an AWS error document");
    match status.as_u16() {
        401 | 403 => Failure::new(GapReason::Denied, silent).needs(action),
        500 | 501 => Failure::new(GapReason::Unsupported, silent),
        502..=504 => Failure::new(GapReason::Unreachable, silent),
        _ => Failure::new(GapReason::Malformed, format!("HTTP {status}: {}", chain(error))),
    }
}

/// The text of the first XML element of a name, when it has no markup of its own.
fn element<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    (!text.contains('<')).then_some(text)
}

/// The request did not reach the service. A role that could not be assumed fails the call that wanted its credentials.
fn undelivered(connector: Option<&ConnectorError>, error: &(dyn Error + 'static)) -> Failure {
    if let Some(refused) = cause::<SdkError<AssumeRoleError, HttpResponse>>(error) {
        return failure(actions::ASSUME_ROLE, refused);
    }
    if let Some(refused) = cause::<SdkError<AssumeRoleWithWebIdentityError, HttpResponse>>(error) {
        return failure(ASSUME_WITH_WEB_IDENTITY, refused);
    }
    if let Some(credentials) = credentials_error(error) {
        return unsigned(credentials);
    }
    if let Some(broken) = cause::<Broken>(error) {
        return Failure::new(GapReason::Malformed, chain(broken));
    }
    let timeout = connector.is_some_and(ConnectorError::is_timeout);
    Failure::new(if timeout { GapReason::Timeout } else { GapReason::Unreachable }, chain(error))
}

/// The SDK reports missing credentials as a failure to send; only the chain of causes tells.
fn credentials_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CredentialsError> {
    cause(error)
}

/// The first cause of a kind.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

fn unsigned(error: &CredentialsError) -> Failure {
    let message = match error {
        CredentialsError::CredentialsNotLoaded(_) => {
            let why = causes(error).skip(1).last().map_or_else(String::new, |cause| format!(": {cause}"));
            format!("no AWS credentials were found{why}")
        }
        // What a credential process writes to its stderr is its own affair, and may be a secret.
        other => {
            let chain = chain(other);
            format!("AWS credentials could not be had: {}", chain.split(" Stderr:").next().unwrap_or_default())
        }
    };
    Failure::new(GapReason::Unreachable, message).needs(NEEDS_CREDENTIALS)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The error and its causes, each told once.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in causes(error).map(ToString::to_string) {
        if parts.last().is_none_or(|last| !last.ends_with(&part)) {
            parts.push(part);
        }
    }
    parts.join(": ")
}

/// The message as far as it is the service's own words: a token that is sent back is still a token.
fn without_echo(message: &str) -> &str {
    let lower = message.to_ascii_lowercase();
    let echo = ECHOES.iter().filter_map(|echo| lower.find(echo)).min();
    echo.and_then(|start| message.get(..start)).unwrap_or(message)
}

fn one_line(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MESSAGE_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::operation::describe_db_clusters::DescribeDBClustersError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;
    use GapReason::{Denied, Malformed, Throttled, Timeout, Unreachable, Unsupported};

    type Failed = SdkError<DescribeDBClustersError, HttpResponse>;

    fn response(status: u16) -> HttpResponse {
        HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from("<html>"))
    }

    fn refused(code: &str) -> Failed {
        let metadata = ErrorMetadata::builder().code(code).message("no\n  way").build();
        SdkError::service_error(DescribeDBClustersError::generic(metadata), response(400))
    }

    fn gap_of(error: &Failed) -> Gap {
        gap("rds:DescribeDBClusters", Some("x"), error)
    }

    #[test]
    fn codes_have_reasons_and_mends() {
        let action = Some("rds:DescribeDBClusters");
        let cases = [
            ("AccessDenied", Denied, action),
            ("AccessDeniedException", Denied, action),
            ("UnauthorizedOperation", Denied, action),
            ("AuthFailure", Denied, Some(NEEDS_VALID)),
            ("InvalidClientTokenId", Denied, Some(NEEDS_VALID)),
            ("ExpiredToken", Denied, Some(NEEDS_VALID)),
            ("ExpiredTokenException", Denied, Some(NEEDS_VALID)),
            ("SignatureDoesNotMatch", Denied, Some(NEEDS_VALID)),
            ("OptInRequired", Denied, Some(NEEDS_SUBSCRIPTION)),
            ("Throttling", Throttled, None),
            ("RequestLimitExceeded", Throttled, None),
            ("ServiceUnavailable", Unreachable, None),
            ("RequestTimeout", Timeout, None),
            ("InvalidAction", Unsupported, None),
        ];
        for (code, reason, needs) in cases {
            let gap = gap_of(&refused(code));
            assert_eq!((gap.reason, gap.needs.as_deref()), (reason, needs), "{code}");
            assert_eq!(gap.message.raw(), format!("{code}: no way"));
            assert_eq!((gap.what.as_str(), gap.target.as_deref()), ("rds:DescribeDBClusters", Some("x")));
        }
    }

    #[test]
    fn answers_without_a_code_go_by_status() {
        for (status, reason) in [
            (401, Denied),
            (403, Denied),
            (500, Unsupported),
            (501, Unsupported),
            (502, Unreachable),
            (503, Unreachable),
            (200, Malformed),
            (404, Malformed),
        ] {
            let unparsable = DescribeDBClustersError::unhandled("no XML");
            assert_eq!(gap_of(&SdkError::service_error(unparsable, response(status))).reason, reason, "{status}");
            assert_eq!(gap_of(&SdkError::response_error("no XML", response(status))).reason, reason, "{status}");
        }
    }

    #[test]
    fn errors_in_foreign_envelopes_are_read() {
        let wrapped = "<ErrorResponse><Errors><Error><Code>AccessDenied</Code><Message>no</Message></Error></Errors></ErrorResponse>";
        for (status, body, reason, message) in [
            (403, wrapped, Denied, "AccessDenied: no"),
            (400, "<Response><Code>Throttling</Code></Response>", Throttled, "Throttling"),
            (400, "<Code><b>Throttling</b></Code>", Malformed, "HTTP 400: response error"),
            (200, wrapped, Malformed, "HTTP 200: response error"),
        ] {
            let answer = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
            let gap = gap_of(&SdkError::response_error("unhandled", answer));
            assert_eq!(gap.reason, reason, "{body}");
            assert!(gap.message.raw().contains(message), "{}", gap.message);
        }
    }

    #[test]
    fn requests_that_did_not_arrive() {
        let not_loaded = CredentialsError::not_loaded("no providers in chain provided credentials");
        let process = CredentialsError::provider_error("process exited with code 1. Stderr: hunter2");
        let cases: [(Failed, GapReason, &str); 6] = [
            (SdkError::timeout_error("slow"), Timeout, "slow"),
            (SdkError::construction_failure("no such region"), Unreachable, "no such region"),
            (SdkError::dispatch_failure(ConnectorError::io("refused".into())), Unreachable, "refused"),
            (SdkError::dispatch_failure(ConnectorError::timeout("connect".into())), Timeout, "connect"),
            (
                SdkError::dispatch_failure(ConnectorError::other(not_loaded.into(), None)),
                Unreachable,
                "no AWS credentials were found",
            ),
            (SdkError::dispatch_failure(ConnectorError::other(process.into(), None)), Unreachable, "code 1."),
        ];
        for (error, reason, words) in cases {
            let gap = gap_of(&error);
            assert_eq!(gap.reason, reason, "{words}");
            assert!(gap.message.raw().contains(words), "{words}: {}", gap.message);
            assert!(!gap.message.raw().contains("hunter2"));
        }
    }

    #[test]
    fn a_token_that_is_sent_back_is_dropped() {
        let document = "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>The signature does not match.\n\n\
            The Canonical String for this request should have been\n'POST\nX-Amz-Security-Token:hunter2\n'\n\
            </Message></Error></ErrorResponse>";
        let unparsed = HttpResponse::new(StatusCode::try_from(403).unwrap(), SdkBody::from(document));
        let message = "No match. The String-to-Sign should have been 'hunter2'";
        let metadata = ErrorMetadata::builder().code("SignatureDoesNotMatch").message(message).build();
        for error in [
            SdkError::response_error("unhandled", unparsed),
            SdkError::service_error(DescribeDBClustersError::generic(metadata), response(403)),
            SdkError::construction_failure("headers: x-amz-security-token: hunter2"),
        ] {
            let gap = gap_of(&error);
            assert!(!gap.message.raw().contains("hunter2"), "{}", gap.message);
        }
        assert_eq!(without_echo("größe: THE CANONICAL STRING"), "größe: ");
        assert_eq!(without_echo("Rate exceeded"), "Rate exceeded");
    }

    #[test]
    fn messages_are_short_lines() {
        for (text, line) in [("a\r\nb", "a b"), ("  a  ", "a"), ("a\tb\u{b}c", "a b c")] {
            assert_eq!(one_line(text), line);
        }
        assert_eq!(one_line(&"é".repeat(2000)).chars().count(), MESSAGE_CHARACTERS);
    }
}
