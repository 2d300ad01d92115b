//! The commands of `waiver`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::{ListFormat, RuleFolders};
use crate::check::MAX_DAYS;

/// Where waivers are, and how long they may last.
#[derive(Debug, Args)]
pub struct WaiverFileArgs {
    /// File of waivers; default the nearest aurora-waivers.yaml from here up to the root of the repository
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// Days that a waiver may last
    #[arg(long, value_name = "DAYS", default_value_t = MAX_DAYS, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub waiver_max_days: u16,
}

/// `waiver`
#[derive(Debug, Args)]
pub struct WaiverArgs {
    #[command(subcommand)]
    pub command: WaiverCommand,
}

/// The commands of `waiver`.
#[derive(Debug, Subcommand)]
pub enum WaiverCommand {
    /// Write a waiver at the end of the file, and leave the rest of it as it is
    Add(WaiverAddArgs),
    /// A line a waiver: what it covers, until when, and who owns it
    List(WaiverListArgs),
    /// Say which waivers have expired, cover nothing or cover too much; ends with 1 when there is one
    Check(WaiverCheckArgs),
}

/// `waiver add`
#[derive(Debug, Args)]
pub struct WaiverAddArgs {
    /// Id of the rule
    pub rule: String,
    /// Identifier of the subject as reports show it; `*` stands for any run of characters. With --assessment its name will do
    pub resource: String,
    /// For rules that look at each element of a list: the one that is meant, or `*` for all, those that come later included
    #[arg(long, value_name = "KEY")]
    pub element: Option<String>,
    /// Why the finding is accepted
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who answers for it
    #[arg(long, value_name = "WHO")]
    pub owner: String,
    /// Who agreed
    #[arg(long, value_name = "WHO")]
    pub approver: String,
    /// Where it was agreed
    #[arg(long, value_name = "ID")]
    pub ticket: Option<String>,
    /// First day (UTC); default today
    #[arg(long, value_name = "DAY")]
    pub starts: Option<Date>,
    /// Last day (UTC); default 90 days after the first, or as many as a waiver may last
    #[arg(long, value_name = "DAY", conflicts_with = "days")]
    pub expires: Option<Date>,
    /// Days that it holds
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub days: Option<u16>,
    /// Assessment (JSON) that has the finding: it must be there, and its subject may be given by name
    #[arg(long, value_name = "ASSESSMENT")]
    pub assessment: Option<PathBuf>,
    /// Time that counts as now (RFC 3339); default the clock
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    #[command(flatten)]
    pub file: WaiverFileArgs,
    #[command(flatten)]
    pub folders: RuleFolders,
}

/// `waiver list`
#[derive(Debug, Args)]
pub struct WaiverListArgs {
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ListFormat,
    /// Time that counts as now (RFC 3339); default the clock
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    #[command(flatten)]
    pub file: WaiverFileArgs,
    #[command(flatten)]
    pub folders: RuleFolders,
}

/// `waiver check`
#[derive(Debug, Args)]
pub struct WaiverCheckArgs {
    /// Assessment (JSON) to say what each waiver covers; without it, only dates and patterns are looked at
    #[arg(value_name = "ASSESSMENT")]
    pub assessment: Option<PathBuf>,
    /// Time that counts as now (RFC 3339); default the clock
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    #[command(flatten)]
    pub file: WaiverFileArgs,
    #[command(flatten)]
    pub folders: RuleFolders,
}
