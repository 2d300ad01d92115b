//! What can be typed after `paths`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};
use ipnet::IpNet;

use crate::facts::paths::Class;

/// `paths`
#[derive(Debug, ClapArgs)]
pub struct PathsArgs {
    /// Snapshot files, `.zst` or not; several are joined
    #[arg(required = true, value_name = "SNAPSHOT")]
    pub snapshots: Vec<PathBuf>,
    /// Show the network: the addresses that reach each instance, each with the rule, the ACL and the route that let them
    #[arg(long, conflicts_with_all = ["from", "to", "format", "limit"])]
    pub network: bool,
    /// Where paths begin: `internet`, an address or a range, or the ARN or name of a user, a role or a machine
    #[arg(long, value_name = "WHO")]
    pub from: Option<String>,
    /// What paths lead to
    #[arg(long, value_enum, value_name = "WHAT")]
    pub to: Option<PathsGoal>,
    /// How to write them
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = PathsFormat::Text)]
    pub format: PathsFormat,
    /// Paths that are told, the gravest first; what is left out is counted
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub limit: usize,
    /// Only the cluster of this name or ARN
    #[arg(long, value_name = "ID")]
    pub cluster: Option<String>,
    /// Range of the company's own addresses; repeatable
    #[arg(long = "corporate-cidr", value_name = "CIDR", value_delimiter = ',', env = "AURORA_AUDIT_CORPORATE_CIDR")]
    pub corporate_cidrs: Vec<IpNet>,
}

/// What a path leads to.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum PathsGoal {
    /// Reading tables
    Read,
    /// Changing tables
    Write,
    /// Whatever the master user may do
    Admin,
    /// A copy of the data beyond the cluster's protection
    Exfiltrate,
}

impl From<PathsGoal> for Class {
    fn from(goal: PathsGoal) -> Self {
        match goal {
            PathsGoal::Read => Self::Read,
            PathsGoal::Write => Self::Write,
            PathsGoal::Admin => Self::Admin,
            PathsGoal::Exfiltrate => Self::Exfiltrate,
        }
    }
}

/// How paths are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum PathsFormat {
    /// A story each
    Text,
    /// One document
    Json,
    /// Graphviz
    Dot,
    /// Mermaid
    Mermaid,
}
