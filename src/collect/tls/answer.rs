//! What comes back after a `ClientHello`: records are put together to handshake messages, and these say which version the
//! server chose and which certificates it has. Bytes in, meaning out.
//! Shapes: RFC 5246 sections 6.2 and 7, RFC 8446 sections 4.1.3 and 5.1.

use tls_parser::nom::Err;
use tls_parser::{
    TlsExtension, TlsMessage, TlsMessageHandshake, TlsServerHelloContents, parse_tls_message_handshake,
    parse_tls_server_hello_extensions,
};

use super::greeting::{ServerError, error_packet};
use super::hello::TlsVersion;

/// The longest answer that is read.
pub(super) const LONGEST: usize = 128 * 1024;

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const FATAL: u8 = 2;

/// RFC 8446 section 4.1.3: what a server that could do TLS 1.3 puts at the end of its random when it does less.
const COULD_DO_13: &[u8] = b"DOWNGRD\x01";

/// The answer to one `ClientHello`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// The server went on.
    Chosen(Chosen),
    /// A fatal alert with this description.
    Alert(u8),
    /// A MySQL error instead of TLS.
    MysqlError(ServerError),
    /// Bytes that are no TLS.
    NotTls,
}

/// What the server chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    /// The version, unless it is none that this program knows.
    pub(super) version: Option<TlsVersion>,
    /// Whether the server says that it could have done TLS 1.3.
    pub(super) could_do_13: bool,
    /// Its certificates in DER, leaf first; in TLS 1.3 they are encrypted.
    pub(super) certificates: Option<Vec<Vec<u8>>>,
}

/// Reads an answer; `None` asks for more bytes, which `ended` says will not come.
pub(super) fn parse(bytes: &[u8], ended: bool) -> Option<Answer> {
    if bytes.get(1).is_some_and(|&major| major != 3) {
        return match error_packet(bytes) {
            Some(error) => Some(Answer::MysqlError(error)),
            None if ended || bytes.len() > 512 => Some(Answer::NotTls),
            None => None,
        };
    }
    let records = split(bytes);
    match read_handshake(&records.handshake) {
        Progress::Done(chosen) => Some(Answer::Chosen(chosen)),
        Progress::Begun(chosen) if ended || records.alert.is_some() => Some(Answer::Chosen(chosen)),
        Progress::Nothing if records.alert.is_some() => records.alert.map(Answer::Alert),
        Progress::Broken => Some(Answer::NotTls),
        Progress::Begun(_) | Progress::Nothing if records.foreign => Some(Answer::NotTls),
        Progress::Begun(_) | Progress::Nothing => None,
    }
}

/// The contents of the records so far.
#[derive(Default)]
struct Records {
    handshake: Vec<u8>,
    alert: Option<u8>,
    foreign: bool,
}

fn split(mut bytes: &[u8]) -> Records {
    let mut records = Records::default();
    while let Some((&[kind, _, _, high, low], rest)) = bytes.split_first_chunk::<5>() {
        let Some((content, rest)) = rest.split_at_checked(usize::from(u16::from_be_bytes([high, low]))) else {
            // The last record is still on its way.
            break;
        };
        bytes = rest;
        match (kind, content) {
            (HANDSHAKE, _) => records.handshake.extend_from_slice(content),
            (ALERT, &[FATAL, description]) => {
                records.alert = Some(description);
                break;
            }
            // Warnings, as in `unrecognized_name`, do not end anything.
            (ALERT, &[_, _]) => {}
            _ => {
                records.foreign = true;
                break;
            }
        }
    }
    records
}

enum Progress {
    /// Not even a `ServerHello`.
    Nothing,
    /// A `ServerHello`; the certificates may follow.
    Begun(Chosen),
    /// All that there is to learn.
    Done(Chosen),
    /// Bytes that are no handshake message.
    Broken,
}

fn read_handshake(mut bytes: &[u8]) -> Progress {
    let mut begun: Option<Chosen> = None;
    loop {
        let message = match parse_tls_message_handshake(bytes) {
            Ok((rest, TlsMessage::Handshake(message))) => {
                bytes = rest;
                message
            }
            Err(Err::Incomplete(_)) => return begun.map_or(Progress::Nothing, Progress::Begun),
            Ok(_) | Err(Err::Error(_) | Err::Failure(_)) => return begun.map_or(Progress::Broken, Progress::Done),
        };
        match (message, begun.take()) {
            (TlsMessageHandshake::ServerHello(hello), None) => {
                let chosen = read_server_hello(&hello);
                if chosen.version == Some(TlsVersion::V13) {
                    return Progress::Done(chosen);
                }
                begun = Some(chosen);
            }
            (TlsMessageHandshake::Certificate(list), Some(chosen)) => {
                let certificates = list.cert_chain.iter().map(|certificate| certificate.data.to_vec()).collect();
                return Progress::Done(Chosen { certificates: Some(certificates), ..chosen });
            }
            // A key exchange or the end of the flight without a certificate before it: an anonymous suite.
            (_, Some(chosen)) => return Progress::Done(chosen),
            (_, None) => return Progress::Broken,
        }
    }
}

/// A `HelloRetryRequest` has the form of a `ServerHello`: the server wants TLS 1.3 with another share.
fn read_server_hello(hello: &TlsServerHelloContents<'_>) -> Chosen {
    let selected = hello.ext.and_then(selected_version).unwrap_or(hello.version.0);
    Chosen {
        version: TlsVersion::from_wire(selected),
        could_do_13: hello.random.ends_with(COULD_DO_13),
        certificates: None,
    }
}

fn selected_version(extensions: &[u8]) -> Option<u16> {
    let (_, extensions) = parse_tls_server_hello_extensions(extensions).ok()?;
    extensions.iter().find_map(|extension| match extension {
        TlsExtension::SupportedVersions(versions) => versions.first().map(|version| version.0),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(kind: u8, content: &[u8]) -> Vec<u8> {
        [&[kind, 3, 3], u16::try_from(content.len()).unwrap().to_be_bytes().as_slice(), content].concat()
    }

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 0], u16::try_from(body.len()).unwrap().to_be_bytes().as_slice(), body].concat()
    }

    fn server_hello(version: u16, random_end: [u8; 8], extensions: &[u8]) -> Vec<u8> {
        let mut body = [version.to_be_bytes().as_slice(), &[7; 24], &random_end, &[0, 0xc0, 0x2f, 0]].concat();
        if !extensions.is_empty() {
            body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
            body.extend(extensions);
        }
        message(2, &body)
    }

    fn certificate() -> Vec<u8> {
        message(11, &[0, 0, 6, 0, 0, 3, b'd', b'e', b'r'])
    }

    #[expect(clippy::unnecessary_wraps, reason = "the type of what is compared")]
    fn chosen(version: TlsVersion, certificates: Option<Vec<Vec<u8>>>) -> Option<Answer> {
        Some(Answer::Chosen(Chosen { version: Some(version), could_do_13: false, certificates }))
    }

    const PLAIN: [u8; 8] = [7; 8];

    #[test]
    fn reads_answers() {
        let chain = Some(vec![b"der".to_vec()]);
        let hello12 = server_hello(0x0303, PLAIN, &[]);
        let flight = [hello12.clone(), certificate()].concat();
        let (head, tail) = flight.split_at(45);
        for (name, bytes, ended, expected) in [
            ("1.2 and its chain", record(22, &flight), false, chosen(TlsVersion::V12, chain.clone())),
            ("split", [record(22, head), record(22, tail)].concat(), false, chosen(TlsVersion::V12, chain.clone())),
            ("waits for the chain", record(22, &hello12), false, None),
            ("hello and end", record(22, &hello12), true, chosen(TlsVersion::V12, None)),
            (
                "hello and alert",
                [record(22, &hello12), record(21, &[2, 40])].concat(),
                false,
                chosen(TlsVersion::V12, None),
            ),
            (
                "anonymous",
                record(22, &[hello12.clone(), message(14, &[])].concat()),
                false,
                chosen(TlsVersion::V12, None),
            ),
            (
                "1.3 by extension",
                record(22, &server_hello(0x0303, PLAIN, &[0, 43, 0, 2, 3, 4])),
                false,
                chosen(TlsVersion::V13, None),
            ),
            (
                "1.0",
                record(22, &[server_hello(0x0301, PLAIN, &[]), certificate()].concat()),
                false,
                chosen(TlsVersion::V10, chain),
            ),
            ("alert 70", record(21, &[2, 70]), false, Some(Answer::Alert(70))),
            ("only a warning", record(21, &[1, 112]), false, None),
            ("half a record", record(21, &[2, 70])[..6].to_vec(), false, None),
            ("application data", record(23, b"x"), false, Some(Answer::NotTls)),
            ("text", b"SSH-2.0-x\r\n".to_vec(), true, Some(Answer::NotTls)),
            ("nothing", Vec::new(), false, None),
        ] {
            assert_eq!(parse(&bytes, ended), expected, "{name}");
        }
    }

    #[test]
    fn a_mysql_error_may_begin_like_a_record() {
        // 22 bytes: the length of this very error has the number of the handshake records.
        let bytes = b"\x16\0\0\x02\xff\x13\x04#08S01Bad handshake";
        let error = ServerError { code: 1043, message: "Bad handshake".to_owned() };
        assert_eq!(parse(bytes, false), Some(Answer::MysqlError(error)));
        assert_eq!(parse(&bytes[..9], false), None);
    }

    #[test]
    fn sees_the_downgrade_signal() {
        let bytes = record(22, &server_hello(0x0303, *b"DOWNGRD\x01", &[]));
        let Some(Answer::Chosen(chosen)) = parse(&bytes, true) else { panic!("no answer") };
        assert!(chosen.could_do_13);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in 0_u8..25) {
            let _ = parse(&bytes, true);
            let _ = parse(&record(22, &bytes), true);
            let _ = parse(&record(22, &message(kind, &bytes)), true);
            let _ = parse(&record(22, &[server_hello(0x0303, PLAIN, &bytes), message(kind, &bytes)].concat()), true);
        }
    }
}
