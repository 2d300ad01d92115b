//! The first packet of a MySQL connection, before any authentication. Bytes in, meaning out; every length in it is the
//! server's word and nothing more.
//! Shapes: MySQL internals, `Protocol::Handshake` and `Protocol::ERR_Packet`.

/// The longest first packet that is read; a real one has about a hundred bytes.
pub(super) const LONGEST: usize = 16 * 1024;

/// `CLIENT_SSL`.
const CLIENT_SSL: u32 = 0x800;

/// What a server says first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum First {
    /// A greeting of protocol 10.
    Greeting(Greeting),
    /// An error packet instead of a greeting.
    Refused(ServerError),
    /// A MySQL packet with another protocol version: MySQL before 3.21.
    OldProtocol(u8),
    /// Something else altogether.
    NotMysql,
}

/// What the greeting gives away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Greeting {
    /// Server version, as the server spells it.
    pub(super) version: String,
    /// Whether the server takes an `SSLRequest`.
    pub(super) tls: bool,
    /// Sequence number of the packet; the answer has the next one.
    pub(super) sequence: u8,
    /// What passwords are scrambled with.
    pub(super) salt: Vec<u8>,
    /// Authentication plugin that the server would begin with; empty before 5.5.
    pub(super) plugin: String,
}

/// An `ERR` packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerError {
    /// Error number.
    pub(super) code: u16,
    /// Text, without the SQLSTATE.
    pub(super) message: String,
}

/// Reads the first packet; `None` asks for more bytes.
pub(super) fn parse(bytes: &[u8]) -> Option<First> {
    let Some((&[low, middle, high, sequence], rest)) = bytes.split_first_chunk::<4>() else {
        return speaks_text(bytes).then_some(First::NotMysql);
    };
    let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
    // The text of another protocol makes an absurd length; nobody waits for that.
    if length == 0 || length > LONGEST {
        return Some(First::NotMysql);
    }
    Some(first(rest.get(..length)?, sequence))
}

/// Whether it begins like the banner of a text protocol (SSH, FTP, SMTP) that is shorter than a packet header.
fn speaks_text(bytes: &[u8]) -> bool {
    bytes.len() >= 2 && bytes.ends_with(b"\n")
}

fn first(payload: &[u8], sequence: u8) -> First {
    match payload.split_first() {
        Some((10, rest)) => greeting(rest, sequence).map_or(First::NotMysql, First::Greeting),
        Some((0xff, rest)) => error(rest).map_or(First::NotMysql, First::Refused),
        Some((&version @ 1..=9, _)) => First::OldProtocol(version),
        Some(_) | None => First::NotMysql,
    }
}

/// version NUL, thread id 4, salt 8, filler 1, capabilities low 2, [charset 1, status 2, capabilities high 2, length 1,
/// reserved 10, rest of the salt NUL, plugin NUL]
fn greeting(payload: &[u8], sequence: u8) -> Option<Greeting> {
    let end = payload.iter().position(|&byte| byte == 0)?;
    let (version, rest) = payload.split_at_checked(end)?;
    let low = rest.get(14..16)?;
    let high = rest.get(19..21).unwrap_or(&[0, 0]);
    let capabilities = match (low, high) {
        (&[a, b], &[c, d]) => u32::from_le_bytes([a, b, c, d]),
        _ => return None,
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut ends = rest.get(32..).unwrap_or_default().split(|byte| *byte == 0);
    let salt = [rest.get(5..13)?, ends.next().unwrap_or_default()].concat();
    let plugin = text(ends.next().unwrap_or_default());
    Some(Greeting { version: text(version), tls: capabilities & CLIENT_SSL != 0, sequence, salt, plugin })
}

/// code 2, ['#' SQLSTATE 5], text. Before authentication MySQL leaves the SQLSTATE out.
fn error(payload: &[u8]) -> Option<ServerError> {
    let (&code, text) = payload.split_first_chunk::<2>()?;
    let text = match text.split_at_checked(6) {
        Some(([b'#', ..], rest)) => rest,
        _ => text,
    };
    Some(ServerError { code: u16::from_le_bytes(code), message: String::from_utf8_lossy(text).into_owned() })
}

/// Reads an `ERR` packet where a TLS record was expected: what yaSSL-era servers send instead of an alert.
pub(super) fn error_packet(bytes: &[u8]) -> Option<ServerError> {
    match parse(bytes)? {
        First::Refused(error) => Some(error),
        First::Greeting(_) | First::OldProtocol(_) | First::NotMysql => None,
    }
}

/// The packet that turns the connection over to TLS: capabilities, largest packet, character set, 23 zeros.
pub(super) fn ssl_request(sequence: u8) -> Vec<u8> {
    // CLIENT_SSL, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH, LONG_PASSWORD.
    const CAPABILITIES: u32 = 0x0008_8a01;
    const UTF8: u8 = 33;
    let mut packet = vec![32, 0, 0, sequence.wrapping_add(1)];
    packet.extend(CAPABILITIES.to_le_bytes());
    packet.extend(0x0100_0000_u32.to_le_bytes());
    packet.push(UTF8);
    packet.extend([0; 23]);
    packet
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A packet around a payload.
    pub(in crate::collect::tls) fn packet(payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
        [&length[..3], &[0], payload].concat()
    }

    /// A greeting as MySQL 8 and later send it.
    pub(in crate::collect::tls) fn hello(version: &str, capabilities: u32) -> Vec<u8> {
        let [a, b, c, d] = capabilities.to_le_bytes();
        let mut payload = [&[10], version.as_bytes(), &[0], &[8, 0, 0, 0], &b"saltsalt"[..], &[0, a, b]].concat();
        payload.extend([255, 2, 0, c, d, 21]);
        payload.extend([0; 10]);
        payload.extend(b"restofthesalt\0caching_sha2_password\0");
        packet(&payload)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the type of what is compared")]
    fn greeted(version: &str, tls: bool) -> Option<First> {
        Some(First::Greeting(Greeting {
            version: version.to_owned(),
            tls,
            sequence: 0,
            salt: b"saltsaltrestofthesalt".to_vec(),
            plugin: "caching_sha2_password".to_owned(),
        }))
    }

    #[expect(clippy::unnecessary_wraps, reason = "the type of what is compared")]
    fn refused(code: u16, message: &str) -> Option<First> {
        Some(First::Refused(ServerError { code, message: message.to_owned() }))
    }

    #[test]
    fn reads_the_first_packet() {
        let err = |code: u16, text: &str| packet(&[&[0xff], &code.to_le_bytes()[..], text.as_bytes()].concat());
        for (bytes, expected) in [
            (hello("9.7.4", 0xdfff_ffff), greeted("9.7.4", true)),
            (hello("8.0.39", 0xdfff_f7ff), greeted("8.0.39", false)),
            (hello("5.5.5-10.11.19-MariaDB", 0x81bf_fffe), greeted("5.5.5-10.11.19-MariaDB", true)),
            (err(1130, "Host 'a' is not allowed"), refused(1130, "Host 'a' is not allowed")),
            (err(1129, "Host 'a' is blocked"), refused(1129, "Host 'a' is blocked")),
            (err(1040, "#08004Too many connections"), refused(1040, "Too many connections")),
            (err(1043, ""), refused(1043, "")),
            (packet(b"\x093.20.1\0"), Some(First::OldProtocol(9))),
            (b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec(), Some(First::NotMysql)),
            (b"HTTP/1.1 400 Bad Request\r\n".to_vec(), Some(First::NotMysql)),
            (b"\r\n".to_vec(), Some(First::NotMysql)),
            (vec![0xff, 0xff, 0xff, 0], Some(First::NotMysql)),
            (vec![0, 0, 0, 0], Some(First::NotMysql)),
            (packet(b"\x0a9.7.4"), Some(First::NotMysql)),
            (packet(&[0xff]), Some(First::NotMysql)),
            (Vec::new(), None),
            (vec![10, 0], None),
            (vec![10, 0, 0, 0, 10], None),
        ] {
            assert_eq!(parse(&bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn waits_for_the_whole_packet() {
        let whole = hello("9.7.4", 0xdfff_ffff);
        assert!((0..whole.len()).all(|cut| parse(&whole[..cut]).is_none()));
    }

    #[test]
    fn an_ssl_request_is_32_bytes_and_counts_on() {
        let request = ssl_request(0);
        assert_eq!((request.len(), &request[..4]), (36, &[32, 0, 0, 1][..]));
        assert_eq!(ssl_request(255)[3], 0);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
            let _ = parse(&packet(&bytes));
            let _ = parse(&packet(&[&[10], &bytes[..]].concat()));
        }
    }
}
