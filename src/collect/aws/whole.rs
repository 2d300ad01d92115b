//! Answers that are not whole. The SDK's reader of XML takes a document that breaks off behind an element, or that it can make no more
//! sense of, for one that ends there: a list that was cut would pass for all there is. So every answer is read to its end before the
//! SDK sees it, and a document of XML must close what it opens.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::ErrorKind;

/// The longest answer that is read, in bytes: more than a page of IAM's authorization details can have.
const MOST_BYTES: usize = 256 << 20;

/// Why an answer is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The connection ended before the answer did.
    #[error("the answer ends in the middle")]
    Cut {
        /// What the HTTP client said.
        source: aws_smithy_types::byte_stream::error::Error,
    },
    /// The answer ended before its document did.
    #[error("the answer ends in the middle: its document is not closed")]
    Open,
    /// It is XML that closes what it did not open.
    #[error("the answer is no document of XML")]
    Tangled,
    /// It does not end.
    #[error("the answer is longer than {MOST_BYTES} bytes")]
    Endless,
}

impl Broken {
    /// What was lost on the way may come the next time.
    const fn retry(&self) -> Option<ErrorKind> {
        match self {
            Self::Cut { .. } | Self::Open => Some(ErrorKind::TransientError),
            Self::Tangled | Self::Endless => None,
        }
    }
}

/// An HTTP client that gives whole answers, and errors in the place of others.
pub(super) fn client(inner: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Client(inner))
}

#[derive(Debug)]
struct Client(SharedHttpClient);

impl HttpClient for Client {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(self.0.http_connector(settings, components)))
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_base_client_config(&self.0, components, config)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        HttpClient::validate_final_config(&self.0, components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[derive(Debug)]
struct Connector(SharedHttpConnector);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move { whole(answer.await?).await })
    }
}

/// The answer with its body read. Error documents are taken as they come: half of one is still an error.
async fn whole(mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let judged = |body: Vec<u8>| if response.status().is_success() { check(&body).map(|()| body) } else { Ok(body) };
    let body = read(body).await.and_then(judged).map_err(|broken| {
        let retry = broken.retry();
        ConnectorError::other(broken.into(), retry)
    })?;
    *response.body_mut() = SdkBody::from(body);
    Ok(response)
}

async fn read(body: SdkBody) -> Result<Vec<u8>, Broken> {
    let mut stream = ByteStream::new(body);
    let mut bytes = Vec::with_capacity(usize::try_from(stream.size_hint().0).unwrap_or(0).min(1 << 20));
    while let Some(part) = stream.next().await {
        bytes.extend_from_slice(&part.map_err(|source| Broken::Cut { source })?);
        if bytes.len() > MOST_BYTES {
            return Err(Broken::Endless);
        }
    }
    Ok(bytes)
}

/// Whether a document of XML closes every element that it opens; whatever does not begin as one is left to its own reader.
fn check(body: &[u8]) -> Result<(), Broken> {
    let mut rest = body.trim_ascii();
    if !rest.starts_with(b"<") {
        return Ok(());
    }
    let (mut open, mut any): (Vec<&[u8]>, bool) = (Vec::new(), false);
    while let Some(at) = position(rest, b"<") {
        let tag = rest.get(at + 1..).unwrap_or_default();
        let end = closing(tag);
        let (inside, after) = position(tag, end).and_then(|at| tag.split_at_checked(at)).ok_or(Broken::Open)?;
        rest = after.get(end.len()..).unwrap_or_default();
        match inside.first() {
            Some(b'?' | b'!') => {}
            Some(b'/') => match open.pop() {
                Some(name) if name == inside.get(1..).unwrap_or_default().trim_ascii_end() => {}
                _ => return Err(Broken::Tangled),
            },
            _ if open.is_empty() && any => return Err(Broken::Tangled),
            _ => {
                any = true;
                if !inside.ends_with(b"/") {
                    open.push(inside.split(u8::is_ascii_whitespace).next().unwrap_or_default());
                }
            }
        }
    }
    if any && open.is_empty() && rest.trim_ascii().is_empty() { Ok(()) } else { Err(Broken::Open) }
}

/// What ends the markup that begins so.
fn closing(tag: &[u8]) -> &'static [u8] {
    [(&b"!--"[..], &b"-->"[..]), (b"![CDATA[", b"]]>"), (b"?", b"?>")]
        .into_iter()
        .find_map(|(begin, end)| tag.starts_with(begin).then_some(end))
        .unwrap_or(b">")
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    match wanted {
        [one] => bytes.iter().position(|byte| byte == one),
        _ => bytes.windows(wanted.len()).position(|window| window == wanted),
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use proptest::prelude::*;

    use super::*;

    const DOCUMENT: &str = "<?xml version=\"1.0\"?>\n<!-- a > b --><R xmlns=\"x\"><A><B>1</B><C/><D a=\"b\"/><![CDATA[<&]]></A>\
        <A>é</A ></R>\n";

    fn verdict(text: &str) -> Option<String> {
        check(text.as_bytes()).err().map(|broken| broken.to_string())
    }

    #[test]
    fn documents_close_what_they_open() {
        let (open, tangled) = (Broken::Open.to_string(), Broken::Tangled.to_string());
        for (text, expected) in [
            (DOCUMENT, None),
            ("<a/>", None),
            ("<!doctype html><html><body>sign in</body></html>", None),
            ("", None),
            ("{\"a\": \"<\"", None),
            ("plain <", None),
            ("<a><b></b>", Some(&open)),
            ("<a>", Some(&open)),
            ("<a", Some(&open)),
            ("<", Some(&open)),
            ("<?xml version=\"1.0\"?>", Some(&open)),
            ("<!-- <a></a>", Some(&open)),
            ("<a></a>b", Some(&open)),
            ("<a></b>", Some(&tangled)),
            ("<a></a></a>", Some(&tangled)),
            ("<a></a><b></b>", Some(&tangled)),
            ("<html><br></html>", Some(&tangled)),
            ("</a>", Some(&tangled)),
        ] {
            assert_eq!(verdict(text).as_ref(), expected, "{text}");
        }
    }

    #[test]
    fn no_part_of_a_document_is_one() {
        let whole = DOCUMENT.trim_end();
        for end in 1..whole.len() {
            assert!(check(&whole.as_bytes()[..end]).is_err(), "{}", whole.get(..end).unwrap_or_default());
        }
    }

    fn answer(status: u16, body: SdkBody) -> Result<HttpResponse, ConnectorError> {
        let response = HttpResponse::new(StatusCode::try_from(status).unwrap(), body);
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(whole(response))
    }

    #[test]
    fn an_error_may_be_cut_and_an_answer_may_not() {
        for (status, body, whole, again) in [
            (200, "<a></a>", true, false),
            (200, "<a><b></b>", false, true),
            (200, "<a></b>", false, false),
            (503, "<a><b></b>", true, false),
            (204, "", true, false),
        ] {
            let found = answer(status, SdkBody::from(body));
            assert_eq!(found.is_ok(), whole, "{status} {body}");
            match found {
                Ok(response) => assert_eq!(response.body().bytes(), Some(body.as_bytes())),
                Err(error) => assert_eq!(error.as_other() == Some(ErrorKind::TransientError), again, "{body}"),
            }
        }
        assert!(answer(200, SdkBody::taken()).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(
            std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)) })]

        /// Another reader of XML agrees, as far as it speaks of nesting.
        #[test]
        fn what_another_reader_takes_is_whole(names in prop::collection::vec("[a-c]", 1..8), cut in 0usize..200) {
            let opened = names.iter().map(|name| format!("<{name}>x<e/>"));
            let closed = names.iter().rev().map(|name| format!("</{name}>"));
            let text = opened.chain(closed).collect::<Vec<_>>().concat();
            prop_assert!(check(text.as_bytes()).is_ok());
            let part = text.get(..cut.min(text.len())).unwrap_or_default();
            prop_assert_eq!(check(part.as_bytes()).is_ok(), part.is_empty() || roxmltree::Document::parse(part).is_ok(), "{}", part);
        }

        #[test]
        fn nothing_breaks_it(bytes in prop::collection::vec(any::<u8>(), 0..64), tags in "[<>/!?a\\[\\]-]{0,40}") {
            _ = check(&bytes);
            _ = check(tags.as_bytes());
        }
    }
}
