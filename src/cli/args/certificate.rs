//! What can be typed behind `certificate`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::ListFormat;

/// `certificate`
#[derive(Debug, ClapArgs)]
pub struct CertificateArgs {
    /// PEM file: the server's certificate first, then the certificates it sends with it
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Name that clients use for the server, a host name or an address; repeatable
    #[arg(long = "name", value_name = "NAME", allow_hyphen_values = true)]
    pub names: Vec<String>,
    /// PEM file of the authorities to trust, in place of the built-in bundles
    #[arg(long, value_name = "FILE", env = "AURORA_AUDIT_CA_BUNDLE")]
    pub ca_bundle: Option<PathBuf>,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ListFormat,
    /// Time to judge dates at (RFC 3339); default the clock
    #[arg(long, value_name = "TIME", env = "AURORA_AUDIT_NOW")]
    pub now: Option<String>,
}
