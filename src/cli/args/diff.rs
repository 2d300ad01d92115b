//! `diff`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use super::{ProfileArgs, RuleFolders};

/// `diff`
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier snapshot (`.zst` or not), or assessment (JSON)
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The later one
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: DiffFormat,
    /// Time to judge both at (RFC 3339); default the clock
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// Range of the company's own public addresses, which do not count as the internet; repeatable
    #[arg(long = "corporate-cidr", value_name = "CIDR", value_delimiter = ',')]
    pub corporate_cidrs: Vec<IpNet>,
    #[command(flatten)]
    pub folders: RuleFolders,
    #[command(flatten)]
    pub profile: ProfileArgs,
}

/// `--format` of `diff`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For a terminal
    Text,
    /// For a comment or a summary
    Markdown,
    /// One JSON document
    Json,
}

impl From<DiffFormat> for crate::report::DiffFormat {
    fn from(format: DiffFormat) -> Self {
        match format {
            DiffFormat::Text => Self::Text,
            DiffFormat::Markdown => Self::Markdown,
            DiffFormat::Json => Self::Json,
        }
    }
}
