//! One session with a server: opened over verified TLS or not at all, asked with deadlines, and never used again after an answer
//! that did not end well.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder, SslOpts, Value};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use tokio::time::timeout;

use super::failure::Failure;
use super::rows::Table;
use crate::collect::tls::Anchors;
use crate::collect::{ConnectTo, EndpointTarget};
use crate::model::Secret;

/// The most rows that are read of a table.
pub(super) const MOST_ROWS: usize = 1_000_000;

/// The most memory that the rows of a table may take.
const MOST_BYTES: usize = 1 << 29;

/// What a value takes beside its text: NULL has no text, and a server may send any number of them.
const CELL_BYTES: usize = size_of::<Option<String>>();

const LARGEST_PACKET: usize = 16 << 20;
const LOGIN_SECONDS: u64 = 10;
const QUERY_SECONDS: u64 = 60;
const GOODBYE_SECONDS: u64 = 2;

/// A server may be set to cut every answer that has no `LIMIT`, those of `SHOW` too, or to fill names up with spaces.
const SETTINGS: &str = "SET SESSION sql_select_limit = 18446744073709551615, SESSION sql_mode = ''";

/// A database user to log in as.
#[derive(Debug, Clone)]
pub struct Login {
    /// User name.
    pub user: String,
    /// Its password.
    pub password: Secret,
}

/// An open session.
pub(super) struct Session {
    /// None after a failure that leaves the connection in an unknown state.
    connection: Option<Conn>,
    /// `Ssl_version` of the session.
    pub(super) tls_version: String,
    /// `Ssl_cipher` of the session.
    pub(super) tls_cipher: String,
}

impl Session {
    /// Logs in. The password leaves only over TLS whose certificate is verified for the endpoint's real name.
    pub(super) async fn open(
        endpoint: &EndpointTarget,
        login: &Login,
        anchors: &Anchors,
        connect_to: &ConnectTo,
    ) -> Result<Self, Failure> {
        let opening = Conn::new(options(endpoint, login, anchors, connect_to));
        let connection = within(LOGIN_SECONDS, async { Ok(opening.await?) }).await?;
        let mut session = Self { connection: Some(connection), tls_version: String::new(), tls_cipher: String::new() };
        session.prepare().await?;
        session.prove_tls().await?;
        Ok(session)
    }

    /// A server that refuses the settings is read all the same: answers that were cut are told by what they lack.
    async fn prepare(&mut self) -> Result<(), Failure> {
        match self.query(SETTINGS).await {
            Err(failure) if failure.leaves_session() => tracing::warn!(%failure, "the server's own settings stay"),
            answer => drop(answer?),
        }
        Ok(())
    }

    /// Asks the server itself whether the session is encrypted: a driver that fell back to plain text must not go unnoticed.
    async fn prove_tls(&mut self) -> Result<(), Failure> {
        let status = self.query("SHOW SESSION STATUS LIKE 'Ssl_%'").await?;
        for row in status.iter() {
            match row.get("Variable_name") {
                Some("Ssl_version") => self.tls_version = row.text("Value").unwrap_or_default(),
                Some("Ssl_cipher") => self.tls_cipher = row.text("Value").unwrap_or_default(),
                _ => {}
            }
        }
        if matches!(self.tls_version.as_str(), "TLSv1.2" | "TLSv1.3") {
            return Ok(());
        }
        self.connection = None;
        Err(Failure::Unsafe { detail: "the server says that the session is not on TLS 1.2 or 1.3".to_owned() })
    }

    /// Sends one statement and reads the whole answer.
    pub(super) async fn query(&mut self, statement: &str) -> Result<Table, Failure> {
        let mut connection = self.connection.take().ok_or(Failure::Ended)?;
        let answer = within(QUERY_SECONDS, read(&mut connection, statement)).await;
        if answer.as_ref().err().is_none_or(Failure::leaves_session) {
            self.connection = Some(connection);
        }
        answer
    }

    /// Says goodbye, so that the server does not count an aborted client.
    pub(super) async fn close(mut self) {
        if let Some(connection) = self.connection.take() {
            let goodbye = within(GOODBYE_SECONDS, async { Ok(connection.disconnect().await?) }).await;
            if let Err(failure) = goodbye {
                tracing::debug!(%failure, "the session did not end in order");
            }
        }
    }
}

async fn within<T>(seconds: u64, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    timeout(Duration::from_secs(seconds), work).await.unwrap_or(Err(Failure::Timeout { seconds }))
}

/// The driver's options hold the password in clear: they are made here, handed over and never shown.
fn options(endpoint: &EndpointTarget, login: &Login, anchors: &Anchors, connect_to: &ConnectTo) -> OptsBuilder {
    let (host, port) = connect_to.resolve(&endpoint.host, endpoint.port);
    let tls = SslOpts::default()
        .with_root_certs(usable(anchors).into_iter().map(Into::into).collect())
        .with_disable_built_in_roots(true)
        .with_danger_tls_hostname_override(Some(endpoint.host.clone()));
    OptsBuilder::default()
        .ip_or_hostname(host)
        .tcp_port(port)
        .user(Some(&login.user))
        .pass(Some(login.password.expose()))
        .ssl_opts(tls)
        // Through a tunnel the server looks local, and the driver would look for its socket on this machine.
        .prefer_socket(false)
        .enable_cleartext_plugin(false)
        // Given, they need not be asked for.
        .max_allowed_packet(Some(LARGEST_PACKET))
        .wait_timeout(Some(60))
}

/// The anchors that are valid now and that the TLS library takes. It does not look at their dates itself, and the driver
/// refuses to connect at all over one that it cannot take.
fn usable(anchors: &Anchors) -> Vec<Vec<u8>> {
    let usable = |der: &&Vec<u8>| {
        let valid = x509_parser::parse_x509_certificate(der).is_ok_and(|(_, found)| found.validity().is_valid());
        valid && RootCertStore::empty().add(CertificateDer::from(der.as_slice())).is_ok()
    };
    anchors.der.iter().filter(usable).cloned().collect()
}

async fn read(connection: &mut Conn, statement: &str) -> Result<Table, Failure> {
    let mut answer = connection.query_iter(statement).await?;
    let columns = answer.columns_ref().iter().map(|column| column.name_str().into_owned()).collect();
    let mut table = Table { columns, rows: Vec::new() };
    let mut bytes = 0_usize;
    while let Some(row) = answer.next().await? {
        let cells = row.unwrap().into_iter().map(cell).collect::<Result<Vec<_>, _>>()?;
        bytes = cells.iter().map(|cell| weight(cell.as_deref())).fold(bytes, usize::saturating_add);
        if bytes > MOST_BYTES {
            return Err(Failure::Malformed { detail: "the answer is too large" });
        }
        // The statements ask for one row more than this; a server that sends yet more is not listened to.
        if table.rows.len() > MOST_ROWS {
            return Err(Failure::Malformed { detail: "the server sent more rows than it was asked for" });
        }
        table.rows.push(cells);
    }
    answer.drop_result().await?;
    if table.rows.len() > MOST_ROWS { Err(Failure::TooMany { limit: MOST_ROWS }) } else { Ok(table) }
}

fn weight(cell: Option<&str>) -> usize {
    CELL_BYTES.saturating_add(cell.map_or(0, str::len))
}

/// In answers to plain statements every value is text.
fn cell(value: Value) -> Result<Option<String>, Failure> {
    match value {
        Value::NULL => Ok(None),
        Value::Bytes(bytes) => {
            String::from_utf8(bytes).map(Some).map_err(|_| Failure::Malformed { detail: "a value is not UTF-8" })
        }
        _ => Err(Failure::Malformed { detail: "a value is not text" }),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::collect::EndpointRole;

    #[test]
    fn expired_anchors_open_no_session() {
        let anchors = Anchors::built_in().unwrap();
        let usable = usable(&anchors);
        assert!(usable.len() < anchors.der.len() && usable.len() > 80, "{} of {}", usable.len(), anchors.der.len());
    }

    #[test]
    fn the_driver_is_bound_to_the_real_name_and_to_tls() {
        let endpoint = EndpointTarget { host: "db.example".to_owned(), port: 3306, role: EndpointRole::Writer };
        let login = Login { user: "auditor".to_owned(), password: Secret::new("hunter2".to_owned()) };
        let routes = ConnectTo::new(vec!["db.example:3306:127.0.0.1:13306".parse().unwrap()]);
        let options: mysql_async::Opts = options(&endpoint, &login, &Anchors::built_in().unwrap(), &routes).into();
        let tls = options.ssl_opts().unwrap();
        assert_eq!((options.ip_or_hostname(), options.tcp_port()), ("127.0.0.1", 13306));
        assert_eq!(tls.tls_hostname_override(), Some("db.example"));
        assert!(tls.disable_built_in_roots() && !tls.accept_invalid_certs() && !tls.skip_domain_validation());
        assert!(!options.prefer_socket() && !options.enable_cleartext_plugin() && options.socket().is_none());
        assert!(options.local_infile_handler().is_none() && options.secure_auth());
    }

    #[test]
    fn nothing_weighs_something() {
        let empty = weight(None);
        assert!(empty > 0 && weight(Some("")) == empty && weight(Some("abc")) == empty + 3);
    }

    #[test]
    fn a_login_does_not_show_its_password() {
        let login = Login { user: "auditor".to_owned(), password: Secret::new("hunter2".to_owned()) };
        assert!(!format!("{login:?}").contains("hunter2"));
    }

    /// A greeting of MySQL 8.0 without `CLIENT_SSL`, asking for a password in clear or hashed.
    fn greeting_without_tls(plugin: &str) -> Vec<u8> {
        let mut payload = b"\x0a8.0.39\0\x08\0\0\0saltsalt\0".to_vec();
        payload.extend([0xff, 0xf7, 255, 2, 0, 0xff, 0xdf, 21]);
        payload.extend([0; 10]);
        payload.extend(b"restofthesalt\0");
        payload.extend(plugin.bytes().chain([0]));
        [&[u8::try_from(payload.len()).unwrap(), 0, 0, 0], payload.as_slice()].concat()
    }

    #[tokio::test]
    async fn a_server_without_tls_gets_not_one_byte() {
        for plugin in ["mysql_clear_password", "caching_sha2_password", "mysql_native_password"] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let route = format!("db.example:3306:127.0.0.1:{}", listener.local_addr().unwrap().port());
            let server = tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.write_all(&greeting_without_tls(plugin)).await.unwrap();
                let mut heard = Vec::new();
                stream.read_to_end(&mut heard).await.unwrap();
                heard
            });
            let endpoint = EndpointTarget { host: "db.example".to_owned(), port: 3306, role: EndpointRole::Writer };
            let login = Login { user: "auditor".to_owned(), password: Secret::new("hunter2".to_owned()) };
            let routes = ConnectTo::new(vec![route.parse().unwrap()]);
            let opened = Session::open(&endpoint, &login, &Anchors::built_in().unwrap(), &routes).await;
            assert!(matches!(opened.err(), Some(Failure::Unsafe { .. })), "{plugin}");
            assert_eq!(server.await.unwrap(), b"", "{plugin}");
        }
    }
}
