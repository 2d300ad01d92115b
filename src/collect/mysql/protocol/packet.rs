//! Packets: a length of three bytes, a sequence number, and that many bytes.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use zeroize::Zeroizing;

use crate::collect::mysql::failure::Failure;

/// The longest packet that is taken. A row of a grant table has some hundred bytes, a value of a server some thousand.
const LONGEST: usize = 4 << 20;

/// Memory that a packet gets before any of it came.
const FIRST_BYTES: usize = 8 << 10;

/// A stream of packets in both directions.
pub(super) struct Packets<S> {
    stream: BufReader<S>,
    sequence: u8,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Packets<S> {
    /// Over a stream on which that many packets went before.
    pub(super) fn new(stream: S, sequence: u8) -> Self {
        Self { stream: BufReader::with_capacity(64 << 10, stream), sequence }
    }

    /// The stream alone; nothing may have come that was not read.
    pub(super) fn into_stream(self) -> Result<S, Failure> {
        if self.stream.buffer().is_empty() {
            Ok(self.stream.into_inner())
        } else {
            // Whatever stands there was sent in clear and would be taken for an answer from inside TLS.
            Err(Failure::Unsafe { detail: "the server sent data before TLS began".to_owned() })
        }
    }

    /// Begins a new command, which counts its packets from zero.
    pub(super) const fn begin(&mut self) {
        self.sequence = 0;
    }

    /// Reads one packet. Its number must be the next one: an answer to something else is no answer.
    pub(super) async fn read(&mut self) -> Result<Vec<u8>, Failure> {
        let header = self.stream.read_u32_le().await?;
        let [low, middle, high, sequence] = header.to_le_bytes();
        if sequence != self.sequence {
            return Err(Failure::Malformed { detail: "packets came out of order" });
        }
        self.sequence = sequence.wrapping_add(1);
        let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
        if length > LONGEST {
            return Err(Failure::Malformed { detail: "a packet is too large" });
        }
        let mut packet = Vec::with_capacity(length.min(FIRST_BYTES));
        let limit = u64::try_from(length).unwrap_or(u64::MAX);
        if (&mut self.stream).take(limit).read_to_end(&mut packet).await? < length {
            return Err(Failure::Unreachable { detail: "the server closed the connection".to_owned() });
        }
        Ok(packet)
    }

    /// Sends one packet.
    pub(super) async fn write(&mut self, payload: &[u8]) -> Result<(), Failure> {
        let [low, middle, high, rest @ ..] = payload.len().to_le_bytes();
        if rest.iter().any(|byte| *byte != 0) || payload.len() > LONGEST {
            return Err(Failure::Malformed { detail: "a statement is too long" });
        }
        let packet = Zeroizing::new([&[low, middle, high, self.sequence], payload].concat());
        self.stream.write_all(&packet).await?;
        self.stream.flush().await?;
        self.sequence = self.sequence.wrapping_add(1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What reading two packets gives when a server sends these bytes and ends.
    async fn read(bytes: &[u8]) -> (Result<Vec<u8>, Failure>, Result<Vec<u8>, Failure>) {
        let (near, mut far) = tokio::io::duplex(64 << 10);
        far.write_all(bytes).await.unwrap();
        drop(far);
        let mut packets = Packets::new(near, 0);
        (packets.read().await, packets.read().await)
    }

    #[tokio::test]
    async fn reads_what_is_announced_and_in_order() {
        let (first, second) = read(b"\x03\0\0\0abc\x01\0\0\x01d").await;
        assert_eq!((first.unwrap(), second.unwrap()), (b"abc".to_vec(), b"d".to_vec()));
    }

    #[tokio::test]
    async fn refuses_what_is_not_a_packet() {
        for (bytes, says) in [
            (&b"\x03\0\0\x01abc"[..], "out of order"),
            (b"\xff\xff\xff\0abc", "too large"),
            (b"\x01\0\x40\0a", "too large"),
            (b"\x04\0\0\0abc", "closed"),
            (b"\x04\0", "closed"),
            (b"", "closed"),
        ] {
            let failure = read(bytes).await.0.unwrap_err();
            assert!(failure.to_string().contains(says), "{bytes:?}: {failure}");
        }
    }

    #[tokio::test]
    async fn writes_with_length_and_number() {
        let (near, mut far) = tokio::io::duplex(1024);
        let mut packets = Packets::new(near, 7);
        packets.write(b"abc").await.unwrap();
        packets.begin();
        packets.write(b"").await.unwrap();
        drop(packets);
        let mut sent = Vec::new();
        far.read_to_end(&mut sent).await.unwrap();
        assert_eq!(sent, b"\x03\0\0\x07abc\0\0\0\0");
    }

    #[tokio::test]
    async fn a_statement_without_end_is_not_sent() {
        let (near, _far) = tokio::io::duplex(1024);
        let long = vec![b'x'; LONGEST + 1];
        assert!(matches!(Packets::new(near, 0).write(&long).await, Err(Failure::Malformed { .. })));
    }

    #[tokio::test]
    async fn what_was_said_in_clear_is_not_taken_for_an_answer_from_tls() {
        for (more, is_ok) in [(&b""[..], true), (b"\x01\0\0\x02\0", false)] {
            let (near, mut far) = tokio::io::duplex(1024);
            far.write_all(&[&b"\x01\0\0\0a"[..], more].concat()).await.unwrap();
            let mut packets = Packets::new(near, 0);
            packets.read().await.unwrap();
            assert_eq!(packets.into_stream().is_ok(), is_ok);
        }
    }
}
