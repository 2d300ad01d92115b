//! `probe`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ListFormat;

/// `probe`
#[derive(Debug, Clone, Args)]
pub struct ProbeArgs {
    /// Servers; several are probed at the same time
    #[arg(required = true, value_name = "HOST:PORT")]
    pub targets: Vec<crate::cli::probe::Address>,
    /// Name to ask the server for (SNI) and to check at a login, in place of HOST
    #[arg(long, value_name = "NAME")]
    pub servername: Option<String>,
    /// Name that clients use for the server, to compare with the certificate; repeatable. Default: HOST, or --servername
    #[arg(long = "name", value_name = "NAME", allow_hyphen_values = true)]
    pub names: Vec<String>,
    /// How connections are turned over to TLS
    #[arg(long, value_name = "PROTOCOL", default_value = "mysql")]
    pub protocol: ProbeProtocol,
    /// Ask for versions and certificates only, in at most four connections
    #[arg(long)]
    pub light: bool,
    /// The most connections to make to a server. Each counts there as a broken handshake: after `max_connect_errors` of them
    /// (100 by default) it shuts this address out, unless a good login comes before
    #[arg(long, value_name = "NUMBER", default_value_t = crate::collect::tls::MAX_CONNECTIONS, value_parser = clap::value_parser!(u16).range(1..), env = "AURORA_AUDIT_MAX_CONNECTIONS")]
    pub max_connections: u16,
    /// Seconds to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=120))]
    pub timeout: u16,
    /// Database account that logs in at the end, over verified TLS, which resets the server's count of broken handshakes. Its
    /// password comes from AURORA_AUDIT_DB_PASSWORD, --password-file or the prompt
    #[arg(long, value_name = "USER", env = "AURORA_AUDIT_LOGIN")]
    pub login: Option<String>,
    /// File whose first line is the password of --login
    #[arg(long, value_name = "FILE", requires = "login", env = "AURORA_AUDIT_PASSWORD_FILE")]
    pub password_file: Option<PathBuf>,
    /// Also try --login without TLS, where whoever listens can take the scrambled password and guess at it
    #[arg(long, requires = "login")]
    pub allow_plaintext_login: bool,
    /// PEM file of the authorities to trust, in place of the built-in bundles
    #[arg(long, value_name = "FILE", env = "AURORA_AUDIT_CA_BUNDLE")]
    pub ca_bundle: Option<PathBuf>,
    /// Connect to ADDR:PORT where a target is HOST:PORT; certificates are still checked for HOST. Repeatable
    #[arg(long, value_name = "HOST:PORT:ADDR:PORT", env = "AURORA_AUDIT_CONNECT_TO", value_delimiter = ' ')]
    pub connect_to: Vec<crate::collect::Route>,
    /// How to print; several servers in JSON are a line each
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ListFormat,
    /// Time to judge the dates of certificates at (RFC 3339); default the clock
    #[arg(long, value_name = "TIME", env = "AURORA_AUDIT_NOW")]
    pub now: Option<String>,
}

impl ProbeArgs {
    /// The names that the certificates of a target are compared with.
    pub fn names_for(&self, target: &crate::cli::probe::Address) -> Vec<String> {
        if self.names.is_empty() {
            vec![self.servername.clone().unwrap_or_else(|| target.host.clone())]
        } else {
            self.names.clone()
        }
    }
}

/// `--protocol`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProbeProtocol {
    /// A greeting and a request for TLS
    Mysql,
    /// A request for TLS and its answer
    Postgres,
}

impl ProbeProtocol {
    /// The protocol that is meant.
    pub const fn wire(self) -> crate::snapshot::schema::tls::WireProtocol {
        use crate::snapshot::schema::tls::WireProtocol;
        match self {
            Self::Mysql => WireProtocol::Mysql,
            Self::Postgres => WireProtocol::Postgres,
        }
    }
}
