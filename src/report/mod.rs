//! Floor 5: an Assessment becomes bytes. A format is one file or folder here and one line in the registry. No format judges
//! anything: what they all say in words comes from [`words`], so that no two of them can disagree.

mod anchors;
mod asff;
mod csv;
mod diff;
mod github;
mod html;
mod json;
mod junit;
mod lines;
mod markdown;
mod ocsf;
mod row;
mod sarif;
mod text;
mod uri;
mod waiver;
mod words;

#[cfg(test)]
mod sample;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use jiff::Timestamp;

pub use self::words::{cut, cuts_lead, path_title};
use crate::check::Assessment;

pub use anchors::{Anchor, Anchors, BadAnchor, TargetAnchor};
pub use diff::{DiffFormat, render_difference};
pub use json::{ReadError, read_assessment};
pub use waiver::problem as waiver_problem;

/// A form that an assessment can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For a terminal.
    Text,
    /// The assessment itself.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// One self-contained page, for people.
    Html,
    /// `JUnit` XML, for build servers.
    Junit,
    /// A table, for spreadsheets.
    Csv,
    /// A summary for the page of a job.
    Markdown,
    /// Workflow commands that become annotations.
    Github,
    /// OCSF Compliance Findings, an event a line.
    Ocsf,
    /// Findings for AWS Security Hub, one JSON array.
    Asff,
}

/// What the user may choose about the looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether text may use terminal colours.
    pub color: bool,
    /// Whether text may hold links of the terminal (OSC 8).
    pub links: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whom a SARIF log is for.
    pub sarif_profile: SarifProfile,
    /// Where in the user's repository things stand.
    pub anchors: Anchors,
    /// How much a page shows.
    pub detail: HtmlDetail,
    /// Templates and assets of the page that take the place of the built-in ones: name and text.
    pub templates: BTreeMap<String, String>,
    /// Name of a detached signature that whoever signs the page will put beside it.
    pub signature: Option<String>,
    /// The time that the report says it was made at; none for the time of the judgement.
    pub made: Option<Timestamp>,
    /// What is written beside a report for the terminal: format and path.
    pub written: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            color: false,
            links: false,
            width: 100,
            sarif_profile: SarifProfile::Github,
            anchors: Anchors::default(),
            detail: HtmlDetail::Full,
            templates: BTreeMap::new(),
            signature: None,
            made: None,
            written: Vec::new(),
        }
    }
}

/// How much a page shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum HtmlDetail {
    /// The answer, what it rests on, and how often each rule fails: for those who decide.
    Executive,
    /// Also each rule with what it wants, why, and how to mend failures.
    Control,
    /// Also every verdict, passes included, with its evidence.
    #[default]
    Full,
}

impl FromStr for HtmlDetail {
    type Err = UnknownDetail;

    fn from_str(word: &str) -> Result<Self, UnknownDetail> {
        match word {
            "executive" => Ok(Self::Executive),
            "control" => Ok(Self::Control),
            "full" => Ok(Self::Full),
            _ => Err(UnknownDetail),
        }
    }
}

/// A word that is no detail's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such detail; there are executive, control, full")]
pub struct UnknownDetail;

/// Whom a SARIF log is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SarifProfile {
    /// GitHub code scanning, which opens an alert for whatever it is given: failures only.
    #[default]
    Github,
    /// Readers that know the outcomes of SARIF: all verdicts, passes included.
    Full,
}

/// Why an assessment could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The document could not be serialised.
    #[error("cannot write JSON")]
    Json(#[source] serde_json::Error),
    /// The page's templates do not fit the page's data.
    #[error("cannot fill in the page's template")]
    Template(#[source] tera::Error),
    /// A template of the user does not fit the page, or is none.
    #[error("cannot use the page's template `{name}`")]
    Override {
        /// The template, or all that were given.
        name: String,
        /// Why.
        source: tera::Error,
    },
    /// An asset of the user would end the element that it stands in.
    #[error("`{name}` cannot stand in the page: it holds `</`")]
    Asset {
        /// The asset.
        name: &'static str,
    },
    /// What takes the bytes does not.
    #[error("write the report")]
    Write(#[source] io::Error),
}

impl ReportError {
    /// Tells what cannot be written from what cannot be said in JSON.
    fn of_json(error: serde_json::Error) -> Self {
        if error.is_io() { Self::Write(error.into()) } else { Self::Json(error) }
    }
}

type Renderer = fn(&Assessment, &Options, &mut dyn Write) -> Result<(), ReportError>;

/// Every format: its name on the command line and its renderer.
const REGISTRY: [(Format, &str, Renderer); 10] = [
    (Format::Text, "text", text::render),
    (Format::Json, "json", json::render),
    (Format::Sarif, "sarif", sarif::render),
    (Format::Html, "html", html::render),
    (Format::Junit, "junit", junit::render),
    (Format::Csv, "csv", csv::render),
    (Format::Markdown, "markdown", markdown::render),
    (Format::Github, "github", github::render),
    (Format::Ocsf, "ocsf", ocsf::render),
    (Format::Asff, "asff", asff::render),
];

impl Format {
    /// The name on the command line.
    pub fn key(self) -> &'static str {
        REGISTRY.iter().find(|(format, ..)| *format == self).map_or("", |(_, key, _)| key)
    }

    /// Whether it shows what passes rest on, so that their evidence must be gathered.
    pub const fn shows_passes(self, profile: SarifProfile) -> bool {
        match self {
            Self::Text | Self::Markdown | Self::Github => false,
            Self::Json | Self::Html | Self::Junit | Self::Csv | Self::Ocsf | Self::Asff => true,
            Self::Sarif => matches!(profile, SarifProfile::Full),
        }
    }

    /// The names of all formats.
    pub fn keys() -> impl Iterator<Item = &'static str> {
        REGISTRY.iter().map(|(_, key, _)| *key)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// A name that is no format's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such format; there are {}", Format::keys().collect::<Vec<_>>().join(", "))]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        REGISTRY.iter().find(|(_, key, _)| *key == word).map(|(format, ..)| *format).ok_or(UnknownFormat)
    }
}

impl FromStr for SarifProfile {
    type Err = UnknownProfile;

    fn from_str(word: &str) -> Result<Self, UnknownProfile> {
        match word {
            "github" => Ok(Self::Github),
            "full" => Ok(Self::Full),
            _ => Err(UnknownProfile),
        }
    }
}

/// A name that is no profile's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such SARIF profile; there are github, full")]
pub struct UnknownProfile;

/// The templates and assets of the page that the user may replace.
pub fn template_names() -> impl Iterator<Item = &'static str> {
    html::names()
}

/// Whether the templates of the user can be used, as far as can be told without an assessment.
///
/// # Errors
/// [`ReportError`] when one is no template, or an asset would end its element.
pub fn check_templates(options: &Options) -> Result<(), ReportError> {
    html::check(options)
}

/// The files that a page of this name becomes when there are too many verdicts for one: the account of each and its file name.
/// Empty for all other formats, and while one page holds all.
pub fn pages(assessment: &Assessment, format: Format, file: &str) -> Vec<(String, String)> {
    if format == Format::Html { html::split(assessment, file) } else { Vec::new() }
}

/// Writes the page that leads to those of [`pages`].
///
/// # Errors
/// As [`render`].
pub fn render_index(
    assessment: &Assessment,
    pages: &[(String, String)],
    options: &Options,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    html::render_index(assessment, pages, options, out)
}

/// Writes the page of one account.
///
/// # Errors
/// As [`render`].
pub fn render_account(
    assessment: &Assessment,
    account: &str,
    options: &Options,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    html::render_account(assessment, account, options, out)
}

/// Writes the assessment in a format. The same assessment and options give the same bytes.
///
/// # Errors
/// [`ReportError`] when `out` does not take the bytes, or a document cannot be serialised.
pub fn render(
    assessment: &Assessment,
    format: Format,
    options: &Options,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    let renderer =
        REGISTRY.iter().find(|(candidate, ..)| *candidate == format).map_or(json::render as Renderer, |r| r.2);
    renderer(assessment, options, out)
}

#[cfg(test)]
mod tests;
