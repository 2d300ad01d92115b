//! A connection to a server: login, then statements.

use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::answer::{self, First, Next};
use super::auth::{self, Credential};
use super::greeting::Greeting;
use super::packet::Packets;
use crate::collect::mysql::failure::{Failure, server_failure};
use crate::collect::mysql::rows::Table;

/// A stream that a credential may go over: verified TLS, or a socket of this machine.
pub(in crate::collect::mysql) trait Channel: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Channel for S {}

/// The most rows that are read of a table.
pub(in crate::collect::mysql) const MOST_ROWS: usize = 1_000_000;

/// The most memory that the answers to one question may take.
pub(in crate::collect::mysql) const MOST_BYTES: usize = 1 << 29;

/// Questions that a server may ask before it lets somebody in: a switch of plugins, a request for more, a word of content.
const MOST_QUESTIONS: usize = 6;

const UTF8MB4: u8 = 45;

/// `CLIENT_LONG_PASSWORD`, `LONG_FLAG`, `PROTOCOL_41`, `TRANSACTIONS`, `SECURE_CONNECTION`, `MULTI_STATEMENTS`, `MULTI_RESULTS`,
/// `PLUGIN_AUTH`, `PLUGIN_AUTH_LENENC_CLIENT_DATA`. Never `LOCAL_FILES`.
const CAPABILITIES: u32 =
    0x0001 | 0x0004 | 0x0200 | 0x2000 | 0x8000 | 0x0001_0000 | 0x0002_0000 | 0x0008_0000 | 0x0020_0000;
const CLIENT_SSL: u32 = 0x0800;
const LARGEST_PACKET: u32 = 4 << 20;

const COM_QUIT: u8 = 1;
const COM_QUERY: u8 = 3;

/// Reads the first packet of a connection, and gives the stream back.
pub(in crate::collect::mysql) async fn read_greeting<S: Channel>(stream: S) -> Result<(Greeting, S), Failure> {
    let mut packets = Packets::new(stream, 0);
    let greeting = Greeting::read(&packets.read().await?)?;
    Ok((greeting, packets.into_stream()?))
}

/// Asks the server to go on in TLS.
pub(in crate::collect::mysql) async fn ssl_request<S: Channel>(stream: S) -> Result<S, Failure> {
    let mut packets = Packets::new(stream, 1);
    packets.write(&preamble(CAPABILITIES | CLIENT_SSL)).await?;
    packets.into_stream()
}

/// Capabilities, largest packet, character set, 23 zeros.
fn preamble(capabilities: u32) -> Vec<u8> {
    let mut packet = capabilities.to_le_bytes().to_vec();
    packet.extend(LARGEST_PACKET.to_le_bytes());
    packet.push(UTF8MB4);
    packet.extend([0; 23]);
    packet
}

/// An open connection that somebody is logged in on.
pub(in crate::collect::mysql) struct Client {
    packets: Packets<Box<dyn Channel>>,
}

impl Client {
    /// Logs in over a channel that is safe for a credential. `tls` says that an `SSLRequest` went before.
    pub(in crate::collect::mysql) async fn login(
        channel: Box<dyn Channel>,
        tls: bool,
        greeting: &Greeting,
        user: &str,
        credential: &Credential,
    ) -> Result<Self, Failure> {
        let mut packets = Packets::new(channel, if tls { 2 } else { 1 });
        let plugin = auth::first_plugin(credential, &greeting.plugin);
        let proof = Zeroizing::new(auth::answer(credential, plugin, &greeting.salt)?);
        packets.write(&Zeroizing::new(response(tls, user, &proof, plugin)?)).await?;
        questions(&mut packets, credential, plugin.to_owned()).await?;
        Ok(Self { packets })
    }

    /// Sends statements as one, and reads their answers. The server stops at the first error, which then is the last answer.
    pub(in crate::collect::mysql) async fn query(
        &mut self,
        statements: &str,
    ) -> Result<Vec<Result<Table, Failure>>, Failure> {
        self.packets.begin();
        self.packets.write(&[&[COM_QUERY][..], statements.as_bytes()].concat()).await?;
        let mut answers = Vec::new();
        let mut room = MOST_BYTES;
        loop {
            match self.answer(&mut room).await {
                Ok((table, more)) => {
                    answers.push(Ok(table));
                    if !more {
                        return Ok(answers);
                    }
                }
                Err(failure) if failure.leaves_session() => {
                    answers.push(Err(failure));
                    return Ok(answers);
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Says goodbye, so that the server does not count an aborted client.
    pub(in crate::collect::mysql) async fn quit(mut self) -> Result<(), Failure> {
        self.packets.begin();
        self.packets.write(&[COM_QUIT]).await
    }

    async fn answer(&mut self, room: &mut usize) -> Result<(Table, bool), Failure> {
        let count = match answer::first(&self.packets.read().await?)? {
            First::Done { more } => return Ok((Table::default(), more)),
            First::Columns(count) => count,
        };
        let mut columns = Vec::new();
        for _ in 0..count {
            columns.push(answer::column_name(&self.packets.read().await?)?);
        }
        let _ = answer::end(&self.packets.read().await?)
            .ok_or(Failure::Malformed { detail: "the columns do not end where they should" })?;
        self.rows(columns, room).await
    }

    async fn rows(&mut self, columns: Vec<String>, room: &mut usize) -> Result<(Table, bool), Failure> {
        let mut table = Table::new(columns);
        loop {
            match answer::next(&self.packets.read().await?, table.columns.len())? {
                Next::End { more } => return Ok((table, more)),
                Next::Row(cells) => {
                    *room = room
                        .checked_sub(cells.weight())
                        .ok_or(Failure::Malformed { detail: "the answer is too large" })?;
                    // The statements ask for one row more than this; a server that sends yet more is not listened to.
                    if table.len() > MOST_ROWS {
                        return Err(Failure::Malformed { detail: "the server sent more rows than it was asked for" });
                    }
                    table.push(cells);
                }
            }
        }
    }
}

/// `HandshakeResponse41`: the preamble, user NUL, proof behind its length, plugin NUL.
fn response(tls: bool, user: &str, proof: &[u8], plugin: &str) -> Result<Vec<u8>, Failure> {
    if user.contains('\0') {
        return Err(Failure::Malformed { detail: "a user name cannot hold a NUL" });
    }
    let mut packet = preamble(if tls { CAPABILITIES | CLIENT_SSL } else { CAPABILITIES });
    packet.extend(user.bytes().chain([0]));
    let too_long = |_| Failure::Malformed { detail: "the credential is too long" };
    match proof.len() {
        length @ 0..=250 => packet.push(u8::try_from(length).map_err(too_long)?),
        length => {
            packet.push(0xfc);
            packet.extend(u16::try_from(length).map_err(too_long)?.to_le_bytes());
        }
    }
    packet.extend(proof);
    packet.extend(plugin.bytes().chain([0]));
    Ok(packet)
}

/// Answers the server's questions until it lets us in.
async fn questions(
    packets: &mut Packets<Box<dyn Channel>>,
    credential: &Credential,
    mut plugin: String,
) -> Result<(), Failure> {
    for _ in 0..MOST_QUESTIONS {
        let packet = packets.read().await?;
        match packet.split_first() {
            Some((0x00, _)) => return Ok(()),
            Some((0xff, rest)) => return Err(server_failure(rest)),
            Some((0xfe, [])) => return Err(Failure::Plugin { plugin: "mysql_old_password".to_owned() }),
            Some((0xfe, rest)) => {
                let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
                let (name, salt) = rest.split_at(end);
                plugin = String::from_utf8_lossy(name).into_owned();
                let proof = Zeroizing::new(auth::answer(credential, &plugin, salt.get(1..).unwrap_or_default())?);
                packets.write(&proof).await?;
            }
            Some((0x01, data)) => {
                if let Some(proof) = auth::more(credential, &plugin, data)? {
                    packets.write(&Zeroizing::new(proof)).await?;
                }
            }
            _ => return Err(Failure::Malformed { detail: "the server does not follow the login" }),
        }
    }
    Err(Failure::Malformed { detail: "the server asks without end" })
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
