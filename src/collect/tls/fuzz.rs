//! Doors for the fuzz targets: any bytes through everything that reads what servers send. Each answers whether the law holds that
//! such a reader keeps; the targets and their twins below only feed it.

use super::answer::Flight;
use super::greeting;
use super::postgres;

/// Bytes in place of what a server says first, in either protocol: what was understood of them stays so when more come.
pub fn first_packets(bytes: &[u8]) -> bool {
    // Text is told by the end of its line, wherever that falls.
    let mysql = stays(bytes, greeting::parse) || bytes.contains(&b'\n');
    // A byte that says S or N is an answer only for as long as nothing follows.
    let postgres = stays(bytes, postgres::parse);
    let _ = postgres::parse_tls(bytes);
    mysql && postgres
}

fn stays<T: PartialEq>(bytes: &[u8], parse: impl Fn(&[u8]) -> Option<T>) -> bool {
    let whole = parse(bytes);
    let mut prefixes = (0..bytes.len()).filter_map(|end| parse(bytes.get(..end)?));
    prefixes.all(|early| whole.as_ref() == Some(&early))
}

/// Bytes in place of what a server sends after a hello: byte by byte they mean what they mean together.
pub fn records(bytes: &[u8]) -> bool {
    let (mut whole, mut pieces) = (Flight::default(), Flight::default());
    let at_once = whole.take(bytes);
    let slowly = bytes.chunks(1).find_map(|byte| pieces.take(byte));
    at_once == slowly && (at_once.is_some() || whole.end() == pieces.end())
}

/// The same for the handshake messages in a record: a `ServerHello`, and what follows it, with anything in them.
pub fn server_hello(bytes: &[u8]) -> bool {
    const SERVER_HELLO: u8 = 2;
    let (hello, rest) = bytes.split_at(bytes.len().min(96));
    let message = |kind: u8, body: &[u8]| {
        let [_, high, middle, low] = u32::try_from(body.len()).unwrap_or_default().to_be_bytes();
        [&[kind, high, middle, low], body].concat()
    };
    let further = rest.split_first().map(|(kind, body)| message(*kind, body)).unwrap_or_default();
    let content = [message(SERVER_HELLO, hello), further].concat();
    let Ok(length) = u16::try_from(content.len()) else { return true };
    records(&[&[22, 3, 3], &length.to_be_bytes()[..], &content].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::answer::tests::{certificate, record, server_hello as chosen};
    use super::super::greeting::tests::{hello, packet};
    use super::*;

    /// What servers really send, to be damaged.
    fn seeds() -> Vec<Vec<u8>> {
        let flight = |version, suite| record(22, &[chosen(version, suite), certificate()].concat());
        vec![
            hello("9.7.4", u32::MAX),
            packet(b"\xff\x69\x04Host is blocked"),
            flight(0x0303, 0xc02f),
            flight(0x0304, 0x1301),
            record(21, &[2, 70]),
            b"\x16\0\0\x02\xff\x13\x04#08S01Bad handshake".to_vec(),
            b"E\0\0\0\x2fSFATAL\0C28000\0Mno encryption\0\0".to_vec(),
        ]
    }

    fn damaged() -> impl Strategy<Value = Vec<u8>> {
        let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
        (prop::sample::select(seeds()), changes, any::<prop::sample::Index>()).prop_map(|(mut bytes, changes, end)| {
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            bytes.truncate(end.index(bytes.len() + 1));
            bytes
        })
    }

    proptest! {
        #[test]
        fn first_packets_keep_their_law(noise in prop::collection::vec(any::<u8>(), 0..200), near in damaged()) {
            prop_assert!(first_packets(&noise) && first_packets(&near));
        }

        #[test]
        fn records_keep_their_law(noise in prop::collection::vec(any::<u8>(), 0..300), near in damaged()) {
            prop_assert!(records(&noise) && records(&near));
        }

        #[test]
        fn server_hellos_keep_their_law(noise in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(server_hello(&noise));
        }
    }
}
