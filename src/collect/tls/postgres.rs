//! The first bytes of a PostgreSQL connection, before any authentication. Bytes in, meaning out.
//! Shapes: PostgreSQL documentation, Message Formats.

/// The longest message that is read.
pub(super) const LONGEST: usize = 16 * 1024;

/// The user in whose name a connection without TLS is tried.
pub(super) const NOBODY: &str = "aurora-audit";

/// The message that turns the connection over to TLS: length, then a number in place of a protocol version.
pub(super) const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum First {
    /// It goes on with TLS.
    Tls,
    /// It goes on without.
    NoTls,
    /// It asks for a password, or lets the user in.
    Authentication,
    /// It refuses, with SQLSTATE and text.
    Refused(String, String),
    /// Something else altogether.
    NotPostgres,
}

/// Reads the answer to [`SSL_REQUEST`]; `None` asks for more bytes.
pub(super) fn parse_tls(bytes: &[u8]) -> Option<First> {
    match bytes {
        [] => None,
        [b'S'] => Some(First::Tls),
        [b'N'] => Some(First::NoTls),
        // Bytes behind the S came before the handshake, from whom nobody knows.
        [b'S' | b'N', ..] => Some(First::NotPostgres),
        bytes => parse(bytes),
    }
}

/// Reads the answer to a start-up message.
pub(super) fn parse(bytes: &[u8]) -> Option<First> {
    let kind = *bytes.first()?;
    if !b"ER".contains(&kind) {
        return Some(First::NotPostgres);
    }
    let (&[_, a, b, c, d], rest) = bytes.split_first_chunk::<5>()?;
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    if !(8..=LONGEST).contains(&length) {
        return Some(First::NotPostgres);
    }
    let body = rest.get(..length.saturating_sub(4))?;
    Some(if kind == b'R' { First::Authentication } else { refusal(body) })
}

/// Fields of a code byte and a text, each ended by NUL.
fn refusal(body: &[u8]) -> First {
    let field = |code: u8| {
        let found = body.split(|byte| *byte == 0).find(|field| field.first() == Some(&code));
        found.map(|field| String::from_utf8_lossy(field.get(1..).unwrap_or_default()).into_owned())
    };
    First::Refused(field(b'C').unwrap_or_default(), field(b'M').unwrap_or_default())
}

/// A start-up message for [`NOBODY`] without TLS.
pub(super) fn startup() -> Vec<u8> {
    let body = [&[0, 3, 0, 0], &b"user\0"[..], NOBODY.as_bytes(), b"\0database\0postgres\0\0"].concat();
    let length = u32::try_from(body.len().saturating_add(4)).unwrap_or(u32::MAX);
    [length.to_be_bytes().as_slice(), &body].concat()
}

/// Whether a refusal is one of connections without TLS: no line of `pg_hba.conf` fits, or `rds.force_ssl` is on.
pub(super) fn wants_tls(sqlstate: &str, message: &str) -> bool {
    sqlstate == "28000" && (message.contains("no encryption") || message.contains("SSL off"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(fields: &[u8]) -> Vec<u8> {
        let length = u32::try_from(fields.len() + 4).unwrap();
        [b"E", length.to_be_bytes().as_slice(), fields].concat()
    }

    #[test]
    fn reads_the_first_answer() {
        let refused = error(b"SFATAL\0C53300\0Msorry, too many clients already\0\0");
        for (bytes, expected) in [
            (&b"S"[..], Some(First::Tls)),
            (b"N", Some(First::NoTls)),
            (b"S\x16\x03", Some(First::NotPostgres)),
            (&refused, Some(First::Refused("53300".to_owned(), "sorry, too many clients already".to_owned()))),
            (&refused[..20], None),
            (b"R\0\0\0\x08\0\0\0\x05", Some(First::Authentication)),
            (b"", None),
            (b"E\0", None),
            (b"E\xff\xff\xff\xff", Some(First::NotPostgres)),
            (b"H", Some(First::NotPostgres)),
            (b"J\0\0\0\x0a9.7.4", Some(First::NotPostgres)),
        ] {
            assert_eq!(parse_tls(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_refusal_for_want_of_tls_is_told() {
        for (code, message, expected) in [
            ("28000", "no pg_hba.conf entry for host \"10.0.0.1\", user \"a\", database \"b\", no encryption", true),
            ("28000", "no pg_hba.conf entry for host \"10.0.0.1\", user \"a\", database \"b\", SSL off", true),
            ("28000", "role \"aurora-audit\" does not exist", false),
            ("28P01", "no encryption", false),
        ] {
            assert_eq!(wants_tls(code, message), expected, "{message}");
        }
    }

    #[test]
    fn a_startup_counts_itself() {
        let bytes = startup();
        assert_eq!(usize::try_from(u32::from_be_bytes(bytes[..4].try_into().unwrap())), Ok(bytes.len()));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_tls(&bytes);
            let _ = parse(&error(&bytes));
        }
    }
}
