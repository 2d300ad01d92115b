//! Packets of an answer, read as what the command phase allows.

use super::cursor::Cursor;
use crate::collect::mysql::failure::{Failure, server_failure};
use crate::collect::mysql::rows::Cells;

/// `SERVER_MORE_RESULTS_EXISTS`.
const MORE_RESULTS: u64 = 0x8;

/// The most columns that are taken; MySQL itself allows 4096.
const MOST_COLUMNS: u64 = 4096;

/// The first packet of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum First {
    /// Done, without rows.
    Done {
        /// Whether another answer follows.
        more: bool,
    },
    /// So many columns follow, and rows.
    Columns(u64),
}

/// Reads the first packet of an answer.
pub(super) fn first(packet: &[u8]) -> Result<First, Failure> {
    let mut cursor = Cursor::new(packet);
    match packet.first() {
        Some(0xff) => Err(server_failure(packet.get(1..).unwrap_or_default())),
        Some(0xfb) => Err(Failure::Malformed { detail: "the server asked for a local file" }),
        Some(0x00) => done(packet).map(|more| First::Done { more }).ok_or(UNEXPECTED),
        _ => match cursor.long_integer() {
            Some(count @ 1..=MOST_COLUMNS) if cursor.is_empty() => Ok(First::Columns(count)),
            Some(_) => Err(Failure::Malformed { detail: "the server announced more columns than a table can have" }),
            None => Err(UNEXPECTED),
        },
    }
}

const UNEXPECTED: Failure = Failure::Malformed { detail: "the answer is not what the protocol says" };

/// `OK_Packet`: 0, affected rows, last id, status.
fn done(packet: &[u8]) -> Option<bool> {
    let mut cursor = Cursor::new(packet.get(1..)?);
    cursor.long_integer()?;
    cursor.long_integer()?;
    Some(cursor.integer(2)? & MORE_RESULTS != 0)
}

/// The name in a column's definition: the fifth text of it.
pub(super) fn column_name(packet: &[u8]) -> Result<String, Failure> {
    let mut cursor = Cursor::new(packet);
    let name = (0..5).try_fold(&[][..], |_, _| cursor.long_text());
    name.map(|name| String::from_utf8_lossy(name).into_owned()).ok_or(UNEXPECTED)
}

/// What stands after columns and rows.
pub(super) enum Next {
    /// A row.
    Row(Cells),
    /// The end of the rows.
    End {
        /// Whether another answer follows.
        more: bool,
    },
}

/// Reads `EOF_Packet`: 0xfe, warnings, status. A row may begin with 0xfe, but is longer then.
pub(super) fn end(packet: &[u8]) -> Option<bool> {
    if packet.first() != Some(&0xfe) || packet.len() >= 9 {
        return None;
    }
    let mut cursor = Cursor::new(packet.get(3..)?);
    Some(cursor.integer(2)? & MORE_RESULTS != 0)
}

/// Reads a row of that many columns, or the end of the rows. What is not UTF-8 is shown as far as it can be: two names that this
/// makes one are counted as one record, which makes their table an incomplete one.
pub(super) fn next(packet: &[u8], columns: usize) -> Result<Next, Failure> {
    if let Some(more) = end(packet) {
        return Ok(Next::End { more });
    }
    if packet.first() == Some(&0xff) {
        return Err(server_failure(packet.get(1..).unwrap_or_default()));
    }
    let mut cursor = Cursor::new(packet);
    // A row cannot have more values than bytes, so that the packet's length bounds this.
    let row: Result<Cells, _> =
        (0..columns).map(|_| cursor.value().map(|value| value.map(String::from_utf8_lossy))).collect();
    match row {
        Ok(row) if cursor.is_empty() => Ok(Next::Row(row)),
        _ => Err(UNEXPECTED),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_comes_first() {
        for (packet, expected) in [
            (&[0, 0, 0, 2, 0, 0, 0][..], Some(First::Done { more: false })),
            (&[0, 0, 0, 10, 0, 0, 0], Some(First::Done { more: true })),
            (&[3], Some(First::Columns(3))),
            (&[0xfc, 0x00, 0x10], Some(First::Columns(4096))),
            (&[0xfc, 0x01, 0x10], None),
            (&[0xfe, 0, 0, 0, 0, 0, 1, 0, 0], None),
            (&[3, 0], None),
            (&[0], None),
            (&[0xfb, b'/', b'e'], None),
            (&[], None),
        ] {
            assert_eq!(first(packet).ok(), expected, "{packet:?}");
        }
    }

    #[test]
    fn a_file_is_never_sent() {
        let failure = first(b"\xfb/etc/passwd").unwrap_err();
        assert_eq!(failure.to_string(), "the server asked for a local file");
        assert!(!failure.leaves_session());
    }

    #[test]
    fn reads_rows_and_their_end() {
        for (packet, expected) in [
            (&b"\x01a\xfb"[..], Some(Some(vec![Some("a"), None]))),
            (b"\x00\x02\xff\xfe", Some(Some(vec![Some(""), Some("\u{fffd}\u{fffd}")]))),
            (b"\xfe\0\0\x02\0", Some(None)),
            (b"\x01a", None),
            (b"\x01a\x01b\x01c", None),
            (b"\x05a\x01b", None),
            (b"", None),
        ] {
            let read = next(packet, 2).ok().map(|next| match next {
                Next::Row(row) => Some(row),
                Next::End { .. } => None,
            });
            let expected =
                expected.map(|row: Option<Vec<Option<&str>>>| row.map(|row| row.into_iter().collect::<Cells>()));
            assert_eq!(read, expected, "{packet:?}");
        }
    }

    #[test]
    fn an_error_among_rows_is_the_servers_word() {
        let failure = next(b"\xff\x24\x05#HY000interrupted", 2).err().unwrap();
        assert_eq!(failure.to_string(), "error 1316: interrupted");
    }

    #[test]
    fn reads_the_name_of_a_column() {
        let definition = b"\x03def\x05mysql\x01u\x04user\x04Name\x04User\x0c";
        assert_eq!(column_name(definition).unwrap(), "Name");
        assert!(column_name(b"\x03def\x05my").is_err());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(packet in proptest::collection::vec(any::<u8>(), 0..80), columns in 0_usize..5000) {
            let _ = first(&packet);
            let _ = column_name(&packet);
            let _ = next(&packet, columns);
        }
    }
}
