//! How snapshots are judged, and what is written.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use super::{ProfileArgs, RuleFolders, WaiverFileArgs};
use crate::config::Output;
use crate::model::Severity;
use crate::report::{Anchor, HtmlDetail, SarifProfile};

/// How snapshots are judged.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Debug, Args)]
pub struct JudgeArgs {
    #[command(flatten)]
    pub folders: RuleFolders,
    #[command(flatten)]
    pub profile: ProfileArgs,
    #[command(flatten)]
    pub waivers: WaiverFileArgs,
    /// Lowest severity whose findings fail the gate
    #[arg(long, value_name = "SEVERITY", default_value = "high")]
    pub fail_on: FailOn,
    /// Assessment (JSON) of an earlier run: say what is new, fixed, unchanged, regressed or not re-assessed since
    #[arg(long, value_name = "ASSESSMENT")]
    pub baseline: Option<PathBuf>,
    /// Count only findings that --baseline does not have
    #[arg(long)]
    pub fail_on_new: bool,
    /// Percent of the verdicts that must have come about, even with --allow-incomplete; what was left out by choice aside
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub min_coverage: Option<u8>,
    /// Tolerate what could not be read
    #[arg(long)]
    pub allow_incomplete: bool,
    /// End with 0 where the gate would end with 1 or 3
    #[arg(long)]
    pub exit_zero: bool,
    /// Leave verdicts open that rest on service control policies that were not read, instead of assuming that they deny nothing
    #[arg(long)]
    pub scps_unknown: bool,
    /// Range of the company's own public addresses, which do not count as the internet; repeatable
    #[arg(long = "corporate-cidr", value_name = "CIDR", value_delimiter = ',')]
    pub corporate_cidrs: Vec<IpNet>,
    /// Time to judge waivers and dated tables at (RFC 3339); default the clock. Certificates are judged at the snapshot's time
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
    /// Write how the run ended to this file (JSON), whatever happens
    #[arg(long, value_name = "PATH")]
    pub summary: Option<PathBuf>,
    #[command(flatten)]
    pub writing: WriteArgs,
}

/// What is written.
#[derive(Debug, Args)]
pub struct WriteArgs {
    /// Report to write, to a path or `-` for stdout; repeatable, a line each in the variable. Formats: text, json, sarif, html,
    /// junit, csv, markdown (a job summary), github (annotations), ocsf (an event a line), asff (Security Hub)
    #[arg(short, long = "output", value_name = "FORMAT=PATH", value_delimiter = '\n')]
    pub outputs: Vec<Output>,
    /// Whom SARIF is for: github takes failures only, full has every verdict
    #[arg(long, value_name = "PROFILE", default_value = "github")]
    pub sarif_profile: SarifProfile,
    /// File and line that code scanning shows the findings of a resource at, as in shop-prod=infra/shop.tf:12; a `*` at the end
    /// of the resource takes all that begin so; repeatable
    #[arg(long = "sarif-location", value_name = "RESOURCE=PATH:LINE", value_delimiter = '\n')]
    pub sarif_locations: Vec<Anchor>,
    /// How much the page shows: executive (the answer), control (also the rules), full (also every verdict with its evidence)
    #[arg(long, value_name = "DETAIL", default_value = "full")]
    pub html_detail: HtmlDetail,
    /// Folder of templates that take the place of the built-in ones of the same name (`reports/` of the source)
    #[arg(long, value_name = "DIR")]
    pub html_templates: Option<PathBuf>,
    /// Name of the detached signature that you will put beside the page; the page announces it
    #[arg(long, value_name = "NAME")]
    pub signature: Option<String>,
}

/// `--fail-on`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Critical findings only
    Critical,
    /// High and above
    High,
    /// Medium and above
    Medium,
    /// Low and above
    Low,
    /// No finding fails the gate
    Never,
}

impl FailOn {
    /// The severity that is meant.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Critical => Some(Severity::Critical),
            Self::High => Some(Severity::High),
            Self::Medium => Some(Severity::Medium),
            Self::Low => Some(Severity::Low),
            Self::Never => None,
        }
    }
}
