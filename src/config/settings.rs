//! Settings of a run.

use std::path::PathBuf;
use std::str::FromStr;

use jiff::Timestamp;

use crate::check::GateOptions;
use crate::report::Format;

/// How snapshots are judged and what is written.
#[derive(Debug, Clone)]
pub struct CheckSettings {
    /// The gate.
    pub gate: GateOptions,
    /// Assessment to compare with.
    pub baseline: Option<PathBuf>,
    /// Whether verdicts stay open that rest on service control policies which were not read.
    pub scps_unknown: bool,
    /// Whether a failed or incomplete gate ends with exit code 0 all the same.
    pub exit_zero: bool,
    /// The time that waivers and stale tables are judged at.
    pub now: Timestamp,
    /// Folders of rules beside the built-in ones.
    pub rules: Vec<PathBuf>,
    /// Reports to write.
    pub outputs: Vec<Output>,
}

/// A report to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its format.
    pub format: Format,
    /// Where to.
    pub target: Target,
}

/// Where a report goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// A file; parent folders are made.
    File(PathBuf),
}

/// A `-o` that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OutputError {
    /// There is no `=`, or nothing after it.
    #[error("`{given}` is not FORMAT=PATH, as in html=report.html or json=-")]
    NotAPair {
        /// What was given.
        given: String,
    },
    /// There is no such format.
    #[error("there is no format `{given}`; there are {known}")]
    NoSuchFormat {
        /// What was given.
        given: String,
        /// The formats there are.
        known: String,
    },
}

impl FromStr for Output {
    type Err = OutputError;

    fn from_str(given: &str) -> Result<Self, OutputError> {
        let not_a_pair = || OutputError::NotAPair { given: given.to_owned() };
        let (format, path) = given.split_once('=').filter(|(_, path)| !path.is_empty()).ok_or_else(not_a_pair)?;
        let format = format.parse().map_err(|_| OutputError::NoSuchFormat {
            given: format.to_owned(),
            known: Format::keys().collect::<Vec<_>>().join(", "),
        })?;
        let target = if path == "-" { Target::Stdout } else { Target::File(PathBuf::from(path)) };
        Ok(Self { format, target })
    }
}

/// A setting that makes no sense.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// Several reports want standard output.
    #[error("only one report can go to standard output (`-`)\nhelp: give the others a file name")]
    StdoutTwice,
    /// Nothing says what is new.
    #[error("--fail-on-new needs --baseline\nhelp: give the assessment of an earlier run, which `-o json=PATH` wrote")]
    NewToWhat,
    /// A time is not RFC 3339.
    #[error("`{given}` is not a time such as 2026-11-20T12:00:00Z")]
    Time {
        /// What was given.
        given: String,
    },
}

/// The time to judge at: what was given, else the clock.
///
/// # Errors
/// When what was given is not RFC 3339.
pub fn resolve_time(given: Option<&str>, clock: impl FnOnce() -> Timestamp) -> Result<Timestamp, SettingsError> {
    given
        .map_or_else(|| Ok(clock()), |given| given.parse().map_err(|_| SettingsError::Time { given: given.to_owned() }))
}

impl CheckSettings {
    /// Refuses settings that contradict each other.
    ///
    /// # Errors
    /// When several reports want standard output, or new findings are asked for without a baseline.
    pub fn validated(self) -> Result<Self, SettingsError> {
        let to_stdout = self.outputs.iter().filter(|output| output.target == Target::Stdout).count();
        if to_stdout > 1 {
            return Err(SettingsError::StdoutTwice);
        }
        if self.gate.fail_on_new && self.baseline.is_none() {
            return Err(SettingsError::NewToWhat);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_outputs() {
        for (given, format, target) in [
            ("html=report.html", Format::Html, Target::File("report.html".into())),
            ("json=-", Format::Json, Target::Stdout),
            ("sarif=a=b.sarif", Format::Sarif, Target::File("a=b.sarif".into())),
        ] {
            assert_eq!(given.parse(), Ok(Output { format, target }), "{given}");
        }
        for given in ["html", "html=", "=x", "pdf=x", "HTML=x"] {
            assert!(given.parse::<Output>().is_err(), "{given}");
        }
    }
}
