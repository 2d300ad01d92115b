//! The server's side of the protocol, for tests: greetings, and answers made by hand.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The payload of a greeting of protocol 10.
pub(in crate::collect::mysql) fn greeting(version: &str, capabilities: u32, plugin: &str) -> Vec<u8> {
    let [a, b, c, d] = capabilities.to_le_bytes();
    let mut payload = [&[10], version.as_bytes(), &[0, 8, 0, 0, 0], b"saltsalt\0"].concat();
    payload.extend([a, b, 45, 2, 0, c, d, 21]);
    payload.extend([0; 10]);
    payload.extend(b"restofthesal\0");
    payload.extend(plugin.bytes().chain([0]));
    payload
}

/// The payload of an OK.
pub(in crate::collect::mysql) const OK: &[u8] = &[0, 0, 0, 2, 0, 0, 0];

/// The payload of an error.
pub(in crate::collect::mysql) fn error(code: u16, text: &str) -> Vec<u8> {
    [&[0xff], &code.to_le_bytes()[..], b"#HY000", text.as_bytes()].concat()
}

/// The payloads of a result with these rows.
pub(in crate::collect::mysql) fn result(columns: &[&str], rows: &[&[Option<&str>]], more: bool) -> Vec<Vec<u8>> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let end = vec![0xfe, 0, 0, if more { 10 } else { 2 }, 0];
    let mut packets = vec![vec![u8::try_from(columns.len()).unwrap()]];
    packets.extend(columns.iter().map(|name| [b"\x03def\0\0\0".to_vec(), text(name), b"\0".to_vec()].concat()));
    packets.push(end.clone());
    packets.extend(rows.iter().map(|row| row.iter().flat_map(|cell| cell.map_or(vec![0xfb], text)).collect()));
    packets.push(end);
    packets
}

/// Sends payloads as packets, the first with this number.
pub(in crate::collect::mysql) async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    mut sequence: u8,
    payloads: &[Vec<u8>],
) {
    for payload in payloads {
        let [low, middle, high, ..] = payload.len().to_le_bytes();
        // The other side may have hung up already, and is right to.
        let _ = stream.write_all(&[&[low, middle, high, sequence], payload.as_slice()].concat()).await;
        sequence = sequence.wrapping_add(1);
    }
}

/// Reads one packet; none when the other side is gone.
pub(in crate::collect::mysql) async fn receive(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut header = [0; 4];
    stream.read_exact(&mut header).await.ok()?;
    let [low, middle, high, _] = header;
    let mut payload = vec![0; usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16];
    stream.read_exact(&mut payload).await.ok()?;
    Some(payload)
}
