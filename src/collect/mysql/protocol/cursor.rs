//! Reads numbers and texts out of a packet, never past its end.

/// A packet that ends before what it announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut;

/// What is left of a packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    /// At the beginning of a packet.
    pub(super) const fn new(packet: &'a [u8]) -> Self {
        Self(packet)
    }

    /// Everything that is left.
    pub(super) const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// Whether nothing is left.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// The next byte.
    pub(super) fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    /// An integer of that many bytes, at most eight, the lowest first.
    pub(super) fn integer(&mut self, bytes: usize) -> Option<u64> {
        Some(self.bytes(bytes)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// An integer that says its own length.
    pub(super) fn long_integer(&mut self) -> Option<u64> {
        match self.byte()? {
            small @ 0..=0xfa => Some(u64::from(small)),
            0xfc => self.integer(2),
            0xfd => self.integer(3),
            0xfe => self.integer(8),
            // NULL and errors are no integers.
            0xfb | 0xff => None,
        }
    }

    /// A text that says its own length.
    pub(super) fn long_text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.long_integer()?).ok()?;
        self.bytes(length)
    }

    /// A value of a row: a text, or NULL.
    pub(super) fn value(&mut self) -> Result<Option<&'a [u8]>, Cut> {
        match self.0.split_first() {
            Some((0xfb, rest)) => {
                self.0 = rest;
                Ok(None)
            }
            _ => self.long_text().map(Some).ok_or(Cut),
        }
    }

    /// A text up to a NUL, or up to the end where there is none: servers differ on whether they end the last one.
    pub(super) fn text(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == 0);
        let (text, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest.get(1..).unwrap_or_default();
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_integers() {
        for (bytes, expected) in [
            (&[0x00][..], Some(0)),
            (&[0xfa], Some(250)),
            (&[0xfc, 0x34, 0x12], Some(0x1234)),
            (&[0xfd, 1, 2, 3], Some(0x03_0201)),
            (&[0xfe, 1, 0, 0, 0, 0, 0, 0, 0x80], Some(0x8000_0000_0000_0001)),
            (&[0xfe, 1], None),
            (&[0xfc, 1], None),
            (&[0xfb], None),
            (&[0xff], None),
            (&[], None),
        ] {
            assert_eq!(Cursor::new(bytes).long_integer(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_no_text() {
        for (bytes, expected) in [
            (&b"\x03abcd"[..], Ok(Some(&b"abc"[..]))),
            (b"\xfb", Ok(None)),
            (b"\x04abc", Err(Cut)),
            (b"\xfe\xff\xff\xff\xff\xff\xff\xff\xffabc", Err(Cut)),
            (b"\xff", Err(Cut)),
            (b"", Err(Cut)),
        ] {
            assert_eq!(Cursor::new(bytes).value(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_text_ends_with_a_nul_or_with_the_packet() {
        for (bytes, text, rest) in [(&b"ab\0cd"[..], &b"ab"[..], &b"cd"[..]), (b"ab", b"ab", b""), (b"", b"", b"")] {
            let mut cursor = Cursor::new(bytes);
            assert_eq!((cursor.text(), cursor.rest()), (text, rest));
        }
    }

    proptest! {
        #[test]
        fn never_reads_past_the_end(packet in proptest::collection::vec(any::<u8>(), 0..64), size in 0_usize..9) {
            let mut cursor = Cursor::new(&packet);
            while let Ok(value) = cursor.value() {
                prop_assert!(value.is_none_or(|text| text.len() <= packet.len()));
            }
            let _ = Cursor::new(&packet).integer(size);
            prop_assert!(Cursor::new(&packet).text().len() <= packet.len());
        }
    }
}
