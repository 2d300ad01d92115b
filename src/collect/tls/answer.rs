//! What comes back after a `ClientHello`: records are put together to handshake messages, and these say what the server chose and
//! which certificates it has. Bytes in, meaning out, as they come and each looked at once.
//! Shapes: RFC 5246 sections 6.2 and 7, RFC 8422 section 5.4, RFC 8446 sections 4.1.3, 4.2.8 and 5.1.

use tls_parser::{
    TlsExtension, TlsMessage, TlsMessageHandshake, TlsServerHelloContents, parse_tls_message_handshake,
    parse_tls_server_hello_extensions,
};

use super::greeting::{ServerError, error_packet};
use super::suite::{KeyExchange, key_exchange};
use super::version::TlsVersion;

/// The longest answer that is read.
pub(super) const LONGEST: usize = 128 * 1024;

/// What is no TLS is waited for as long as it may still become a MySQL error.
const LONGEST_ERROR: usize = 512;

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const FATAL: u8 = 2;

/// RFC 8446 section 4.1.3: what a server puts at the end of its random when it does less than TLS 1.3, or less than 1.2.
const COULD_DO_13: &[u8] = b"DOWNGRD\x01";
const COULD_DO_12: &[u8] = b"DOWNGRD\x00";

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
    /// The cipher suite.
    pub(super) suite: u16,
    /// The key exchange group, where the message that names it came.
    pub(super) group: Option<u16>,
    /// Bits of the Diffie-Hellman modulus, where there is one.
    pub(super) dh_bits: Option<u32>,
    /// The newest version that the server says it could have done besides.
    pub(super) could_do: Option<TlsVersion>,
    /// Its certificates in DER, leaf first; in TLS 1.3 they are encrypted.
    pub(super) certificates: Option<Vec<Vec<u8>>>,
    /// Whether it wants a certificate of the client, when its flight came to an end.
    pub(super) wants_certificate: Option<bool>,
}

/// An answer on its way.
#[derive(Debug, Default)]
pub(super) struct Flight {
    /// Bytes of records that are not read yet.
    records: Vec<u8>,
    /// Bytes of handshake messages that are not read yet.
    messages: Vec<u8>,
    /// Bytes taken so far.
    taken: usize,
    chosen: Option<Chosen>,
    wants_certificate: bool,
}

impl Flight {
    /// Takes bytes in. `None` asks for more.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Option<Answer> {
        self.taken = self.taken.saturating_add(bytes.len());
        self.records.extend_from_slice(bytes);
        let answer = if self.is_foreign() { self.read_error() } else { self.read_records() };
        if answer.is_none() && self.taken >= LONGEST { self.end() } else { answer }
    }

    /// Nothing more will come: what there is must do.
    pub(super) fn end(&mut self) -> Option<Answer> {
        match self.chosen.take() {
            Some(chosen) => Some(Answer::Chosen(chosen)),
            None if self.taken == 0 => None,
            None => Some(Answer::NotTls),
        }
    }

    /// Whether the very first bytes are those of no record: the major version of all TLS is 3.
    fn is_foreign(&self) -> bool {
        self.taken == self.records.len() && self.records.get(1).is_some_and(|&major| major != 3)
    }

    fn read_error(&self) -> Option<Answer> {
        match error_packet(&self.records) {
            Some(error) => Some(Answer::MysqlError(error)),
            None if self.taken > LONGEST_ERROR => Some(Answer::NotTls),
            None => None,
        }
    }

    fn read_records(&mut self) -> Option<Answer> {
        let (mut read, mut answer) = (0, None);
        while answer.is_none()
            && let Some(record) = record(self.records.get(read..).unwrap_or_default())
        {
            let (kind, content) = record;
            let end = read.saturating_add(5).saturating_add(content.len());
            answer = match (kind, content) {
                (HANDSHAKE, content) => {
                    self.messages.extend_from_slice(content);
                    self.read_messages()
                }
                (ALERT, &[FATAL, description]) => Some(self.broken_off(Answer::Alert(description))),
                // Warnings, as in `unrecognized_name`, do not end anything.
                (ALERT, &[_, _]) => None,
                _ => Some(self.broken_off(Answer::NotTls)),
            };
            read = end;
        }
        self.records.drain(..read.min(self.records.len()));
        answer
    }

    /// What was chosen before it broke off counts more than how it did.
    fn broken_off(&mut self, otherwise: Answer) -> Answer {
        self.chosen.take().map_or(otherwise, Answer::Chosen)
    }

    fn read_messages(&mut self) -> Option<Answer> {
        let (mut read, mut answer) = (0, None);
        while answer.is_none()
            && let Some(message) = message(self.messages.get(read..).unwrap_or_default())
        {
            let message = message.to_vec();
            read = read.saturating_add(message.len());
            answer = self.read_message(&message);
        }
        self.messages.drain(..read.min(self.messages.len()));
        answer
    }

    fn read_message(&mut self, bytes: &[u8]) -> Option<Answer> {
        const SERVER_KEY_EXCHANGE: u8 = 12;
        let Some(mut chosen) = self.chosen.take() else { return self.read_first(bytes) };
        if let Some((&SERVER_KEY_EXCHANGE, rest)) = bytes.split_first() {
            read_key_exchange(&mut chosen, rest.get(3..).unwrap_or_default());
            self.chosen = Some(chosen);
            return None;
        }
        match parse_tls_message_handshake(bytes) {
            Ok((_, TlsMessage::Handshake(TlsMessageHandshake::Certificate(list)))) => {
                let certificates = list.cert_chain.iter().map(|certificate| certificate.data.to_vec()).collect();
                chosen.certificates = Some(certificates);
            }
            Ok((_, TlsMessage::Handshake(TlsMessageHandshake::CertificateRequest(_)))) => {
                self.wants_certificate = true;
            }
            Ok((_, TlsMessage::Handshake(TlsMessageHandshake::ServerDone(_)))) => {
                chosen.wants_certificate = chosen.certificates.as_ref().map(|_| self.wants_certificate);
                return Some(Answer::Chosen(chosen));
            }
            // A status or a ticket goes between; what cannot be parsed ends nothing that was chosen.
            _ => {}
        }
        self.chosen = Some(chosen);
        None
    }

    /// The first message must be a `ServerHello`.
    fn read_first(&mut self, bytes: &[u8]) -> Option<Answer> {
        match parse_tls_message_handshake(bytes) {
            Ok((_, TlsMessage::Handshake(TlsMessageHandshake::ServerHello(hello)))) => {
                let chosen = read_server_hello(&hello);
                if chosen.version == Some(TlsVersion::V13) {
                    return Some(Answer::Chosen(chosen));
                }
                self.chosen = Some(chosen);
                None
            }
            _ => Some(Answer::NotTls),
        }
    }
}

/// Kind and content of a whole record.
fn record(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (&[kind, _, _, high, low], rest) = bytes.split_first_chunk::<5>()?;
    Some((kind, rest.get(..usize::from(u16::from_be_bytes([high, low])))?))
}

/// A whole handshake message, its header included.
fn message(bytes: &[u8]) -> Option<&[u8]> {
    let (&[_, high, middle, low], _) = bytes.split_first_chunk::<4>()?;
    let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
    bytes.get(..length.saturating_add(4))
}

/// A `HelloRetryRequest` has the form of a `ServerHello`: the server wants TLS 1.3 with another share, whose group it names.
fn read_server_hello(hello: &TlsServerHelloContents<'_>) -> Chosen {
    let extensions = hello.ext.and_then(|bytes| Some(parse_tls_server_hello_extensions(bytes).ok()?.1));
    let extensions = extensions.unwrap_or_default();
    let selected = extensions.iter().find_map(|extension| match extension {
        TlsExtension::SupportedVersions(versions) => versions.first().map(|version| version.0),
        _ => None,
    });
    let group = extensions.iter().find_map(|extension| match extension {
        TlsExtension::KeyShare(share) => number(share),
        _ => None,
    });
    let could_do = match hello.random {
        random if random.ends_with(COULD_DO_13) => Some(TlsVersion::V13),
        random if random.ends_with(COULD_DO_12) => Some(TlsVersion::V12),
        _ => None,
    };
    let version = TlsVersion::from_wire(selected.unwrap_or(hello.version.0));
    Chosen { version, suite: hello.cipher.0, group, could_do, ..Chosen::default() }
}

fn number(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk::<2>().map(|two| u16::from_be_bytes(*two))
}

/// `ServerKeyExchange`: curve type 1, group 2, … or modulus length 2, modulus, …
fn read_key_exchange(chosen: &mut Chosen, body: &[u8]) {
    const NAMED_CURVE: u8 = 3;
    match (key_exchange(chosen.suite), body) {
        (KeyExchange::Ecdhe, [NAMED_CURVE, rest @ ..]) => chosen.group = number(rest),
        (KeyExchange::Dhe, body) => chosen.dh_bits = modulus_bits(body),
        _ => {}
    }
}

fn modulus_bits(body: &[u8]) -> Option<u32> {
    let length = usize::from(number(body)?);
    let modulus = body.get(2..length.saturating_add(2))?;
    let bytes: Vec<u8> = modulus.iter().copied().skip_while(|byte| *byte == 0).collect();
    let first = bytes.first()?;
    u32::try_from(bytes.len() * 8).ok()?.checked_sub(first.leading_zeros())
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in crate::collect::tls) fn record(kind: u8, content: &[u8]) -> Vec<u8> {
        [&[kind, 3, 3], u16::try_from(content.len()).unwrap().to_be_bytes().as_slice(), content].concat()
    }

    pub(in crate::collect::tls) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 0], u16::try_from(body.len()).unwrap().to_be_bytes().as_slice(), body].concat()
    }

    fn hello_of(version: u16, suite: u16, random_end: [u8; 8], extensions: &[u8]) -> Vec<u8> {
        let [high, low] = suite.to_be_bytes();
        let mut body = [version.to_be_bytes().as_slice(), &[7; 24], &random_end, &[0, high, low, 0]].concat();
        if !extensions.is_empty() {
            body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
            body.extend(extensions);
        }
        message(2, &body)
    }

    /// A `ServerHello`, by wire version and suite.
    pub(in crate::collect::tls) fn server_hello(version: u16, suite: u16) -> Vec<u8> {
        if version < 0x0304 { hello_of(version, suite, PLAIN, &[]) } else { hello_of(0x0303, suite, PLAIN, &V13_P256) }
    }

    pub(in crate::collect::tls) fn certificate() -> Vec<u8> {
        message(11, &[0, 0, 6, 0, 0, 3, b'd', b'e', b'r'])
    }

    /// What a server answers whose whole answer this is.
    fn parse(bytes: &[u8], ended: bool) -> Option<Answer> {
        let mut flight = Flight::default();
        let answer = flight.take(bytes);
        // Cut into single bytes, the same must come of it.
        let mut slow = Flight::default();
        let slowly = bytes.chunks(1).find_map(|byte| slow.take(byte));
        assert_eq!(answer, slowly, "byte by byte");
        answer.or_else(|| ended.then(|| flight.end()).flatten())
    }

    const PLAIN: [u8; 8] = [7; 8];
    const V13_P256: [u8; 14] = [0, 43, 0, 2, 3, 4, 0, 51, 0, 4, 0, 23, 0, 0];
    const DONE: &[u8] = &[14, 0, 0, 0];

    fn chosen(version: TlsVersion) -> Chosen {
        Chosen { version: Some(version), suite: 0xc02f, ..Chosen::default() }
    }

    #[test]
    fn reads_answers() {
        let chain = || Some(vec![b"der".to_vec()]);
        let hello12 = server_hello(0x0303, 0xc02f);
        let group = message(12, &[3, 0, 24, 1, 4]);
        let request = message(13, &[1, 1, 0, 2, 4, 1, 0, 0]);
        let begun = Chosen { certificates: chain(), ..chosen(TlsVersion::V12) };
        let whole = Chosen { group: Some(24), wants_certificate: Some(false), ..begun.clone() };
        let flight = [hello12.clone(), certificate(), group.clone(), DONE.to_vec()].concat();
        let (head, tail) = flight.split_at(45);
        for (name, bytes, ended, expected) in [
            ("1.2 and its chain", record(22, &flight), false, Some(Answer::Chosen(whole.clone()))),
            ("split", [record(22, head), record(22, tail)].concat(), false, Some(Answer::Chosen(whole.clone()))),
            ("waits for the end", record(22, &[hello12.clone(), certificate()].concat()), false, None),
            (
                "breaks off",
                record(22, &[hello12.clone(), certificate()].concat()),
                true,
                Some(Answer::Chosen(begun.clone())),
            ),
            (
                "wants a certificate",
                record(22, &[hello12.clone(), certificate(), request, DONE.to_vec()].concat()),
                false,
                Some(Answer::Chosen(Chosen { wants_certificate: Some(true), ..begun })),
            ),
            ("hello and end", record(22, &hello12), true, Some(Answer::Chosen(chosen(TlsVersion::V12)))),
            (
                "hello and alert",
                [record(22, &hello12), record(21, &[2, 40])].concat(),
                false,
                Some(Answer::Chosen(chosen(TlsVersion::V12))),
            ),
            (
                "anonymous",
                record(22, &[hello12.clone(), DONE.to_vec()].concat()),
                false,
                Some(Answer::Chosen(chosen(TlsVersion::V12))),
            ),
            (
                "1.3 by extension",
                record(22, &server_hello(0x0304, 0x1301)),
                false,
                Some(Answer::Chosen(Chosen { suite: 0x1301, group: Some(23), ..chosen(TlsVersion::V13) })),
            ),
            (
                "1.3 without a share",
                record(22, &hello_of(0x0303, 0x1302, PLAIN, &[0, 51, 0, 2, 0, 25, 0, 43, 0, 2, 3, 4])),
                false,
                Some(Answer::Chosen(Chosen { suite: 0x1302, group: Some(25), ..chosen(TlsVersion::V13) })),
            ),
            ("alert 70", record(21, &[2, 70]), false, Some(Answer::Alert(70))),
            ("only a warning", record(21, &[1, 112]), false, None),
            ("half a record", record(21, &[2, 70])[..6].to_vec(), true, Some(Answer::NotTls)),
            ("application data", record(23, b"x"), false, Some(Answer::NotTls)),
            ("another first message", record(22, DONE), false, Some(Answer::NotTls)),
            ("text", b"SSH-2.0-x\r\n".to_vec(), true, Some(Answer::NotTls)),
            ("nothing", Vec::new(), true, None),
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
        for (end, could_do) in [
            (*b"DOWNGRD\x01", Some(TlsVersion::V13)),
            (*b"DOWNGRD\x00", Some(TlsVersion::V12)),
            (*b"DOWNGRD\x02", None),
        ] {
            let bytes = record(22, &hello_of(0x0303, 0xc02f, end, &[]));
            let Some(Answer::Chosen(chosen)) = parse(&bytes, true) else { panic!("no answer") };
            assert_eq!(chosen.could_do, could_do);
        }
    }

    #[test]
    fn measures_moduli() {
        let modulus = |length: u16, bytes: &[u8]| [&length.to_be_bytes(), bytes].concat();
        for (body, bits) in [
            (modulus(256, &[0xff; 256]), Some(2048)),
            (modulus(64, &[0x80; 64]), Some(512)),
            (modulus(65, &[&[0][..], &[0xff; 64]].concat()), Some(512)),
            (modulus(3, &[0x01, 0, 0]), Some(17)),
            (modulus(2, &[0, 0]), None),
            (modulus(9, &[1]), None),
            (vec![1], None),
        ] {
            let mut chosen = Chosen { suite: 0x0033, ..Chosen::default() };
            read_key_exchange(&mut chosen, &body);
            assert_eq!(chosen.dh_bits, bits, "{body:?}");
        }
    }

    #[test]
    fn an_endless_answer_ends() {
        let mut flight = Flight::default();
        let noise = record(21, &[1, 0]);
        let answer = (0..LONGEST).find_map(|_| flight.take(&noise));
        assert_eq!((answer, flight.taken < LONGEST + noise.len()), (Some(Answer::NotTls), true));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in 0_u8..25, suite in any::<u16>()) {
            let _ = parse(&bytes, true);
            let _ = parse(&record(22, &bytes), true);
            let _ = parse(&record(22, &message(kind, &bytes)), true);
            let hello = hello_of(0x0303, suite, PLAIN, &bytes);
            let _ = parse(&record(22, &[hello, message(kind, &bytes), message(12, &bytes)].concat()), true);
        }
    }
}
