//! Floor 5: an Assessment becomes bytes. A format is one file or folder here and one line in the registry. No format judges
//! anything: what they all say in words comes from [`words`], so that no two of them can disagree.

mod html;
mod json;
mod sarif;
mod text;
mod words;

#[cfg(test)]
mod sample;

use std::fmt;
use std::str::FromStr;

use crate::check::Assessment;

pub use json::{ReadError, read_assessment};

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
}

/// What the user may choose about the looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether text may use terminal colours.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whom a SARIF log is for.
    pub sarif_profile: SarifProfile,
}

impl Default for Options {
    fn default() -> Self {
        Self { color: false, width: 100, sarif_profile: SarifProfile::Github }
    }
}

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
}

type Renderer = fn(&Assessment, &Options) -> Result<Vec<u8>, ReportError>;

/// Every format: its name on the command line and its renderer.
const REGISTRY: [(Format, &str, Renderer); 4] = [
    (Format::Text, "text", text::render),
    (Format::Json, "json", json::render),
    (Format::Sarif, "sarif", sarif::render),
    (Format::Html, "html", html::render),
];

impl Format {
    /// The name on the command line.
    pub fn key(self) -> &'static str {
        REGISTRY.iter().find(|(format, ..)| *format == self).map_or("", |(_, key, _)| key)
    }

    /// Whether it shows what passes rest on, so that their evidence must be gathered.
    pub const fn shows_passes(self, profile: SarifProfile) -> bool {
        match self {
            Self::Text => false,
            Self::Json | Self::Html => true,
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

/// Writes the assessment in a format. The same assessment and options give the same bytes.
///
/// # Errors
/// [`ReportError`] when a document cannot be serialised; with an assessment of this version it always can.
pub fn render(assessment: &Assessment, format: Format, options: &Options) -> Result<Vec<u8>, ReportError> {
    let renderer =
        REGISTRY.iter().find(|(candidate, ..)| *candidate == format).map_or(json::render as Renderer, |r| r.2);
    renderer(assessment, options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sample::{hostile, many, sample};

    #[test]
    fn every_format_has_one_line_and_its_name_reads_back() {
        for format in [Format::Text, Format::Json, Format::Sarif, Format::Html] {
            assert_eq!(REGISTRY.iter().filter(|(candidate, ..)| *candidate == format).count(), 1);
            assert_eq!(format.key().parse(), Ok(format));
        }
        assert_eq!(
            "xml".parse::<Format>().unwrap_err().to_string(),
            "no such format; there are text, json, sarif, html"
        );
        assert_eq!("full".parse(), Ok(SarifProfile::Full));
        assert_eq!("hub".parse::<SarifProfile>(), Err(UnknownProfile));
    }

    fn all(assessment: &Assessment) -> Vec<(String, Vec<u8>)> {
        let mut written = Vec::new();
        for sarif_profile in [SarifProfile::Github, SarifProfile::Full] {
            for color in [false, true] {
                let options = Options { color, width: 80, sarif_profile };
                for (format, key, _) in REGISTRY {
                    written.push((format!("{key} {options:?}"), render(assessment, format, &options).unwrap()));
                }
            }
        }
        written
    }

    #[test]
    fn the_same_assessment_gives_the_same_bytes() {
        for assessment in [sample(), hostile(), many(50)] {
            assert_eq!(all(&assessment), all(&assessment));
        }
    }

    #[test]
    fn nothing_that_hides_or_reorders_text_reaches_a_report() {
        for (what, bytes) in all(&hostile()) {
            if what.starts_with("json") {
                continue;
            }
            let shown = String::from_utf8(bytes).unwrap();
            let deceiving = shown.chars().find(|&c| {
                (c.is_control() && c != '\n' && !(c == '\u{1b}' && what.contains("color: true")))
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
            });
            assert_eq!(deceiving, None, "{what}");
            assert!(shown.contains("u{202E}"), "{what}");
        }
    }

    #[test]
    fn long_text_is_cut_everywhere_but_in_json() {
        for (what, bytes) in all(&hostile()) {
            let budget = if what.starts_with("json") { 2_500_000 } else { 250_000 };
            assert!(bytes.len() < budget, "{what}: {}", bytes.len());
        }
    }

    #[test]
    fn an_empty_assessment_is_written_in_every_format() {
        for (what, bytes) in all(&sample::empty()) {
            assert!(!bytes.is_empty(), "{what}");
        }
    }

    #[test]
    fn ten_thousand_verdicts_stay_within_budget() {
        let assessment = many(10_000);
        for (format, budget) in [(Format::Html, 14_000_000), (Format::Sarif, 12_000_000), (Format::Text, 4_000_000)] {
            let bytes = render(&assessment, format, &Options::default()).unwrap();
            assert!(bytes.len() < budget, "{format}: {}", bytes.len());
        }
    }
}
