//! The rules of a run: which there are, which of them run, and with what parameters.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ipnet::IpNet;

use super::error::CliError;
use super::rules::load;
use crate::config::ConfigFile;
use crate::rules::{AdjustError, Adjustment, ParamValue, Profile, RuleSet, run_cases, shared_params};

/// Parameter of rules that `--corporate-cidr` sets wherever there is one.
const CORPORATE_CIDRS: &str = "corporate_cidrs";

/// What is said of the rules of a run.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'c> {
    /// The profile by its name.
    pub profile: &'c str,
    /// Ranges of the company.
    pub corporate: &'c [IpNet],
    /// The configuration.
    pub file: Option<&'c ConfigFile>,
}

/// The built-in rules and those of the folders.
pub fn all(folders: &[PathBuf]) -> Result<RuleSet, CliError> {
    let rules = load(folders)?;
    // A rule that fails its own tests does not do what its author thinks; the built-in ones were tested when they were built.
    let failures = if folders.is_empty() { Vec::new() } else { run_cases(&rules) };
    if failures.is_empty() { Ok(rules) } else { Err(CliError::RuleCases(failures)) }
}

/// The profile of a name.
pub fn profile(rules: &RuleSet, name: &str) -> Result<Profile, CliError> {
    rules.profile(name).map_err(|help| CliError::NoSuchProfile { name: name.to_owned(), help })
}

impl Choice<'_> {
    /// The rules that run. What is said of one rule goes before what is said of all that have a parameter, and both before the
    /// profile.
    pub fn of(self, rules: RuleSet) -> Result<RuleSet, CliError> {
        let profile = profile(&rules, self.profile)?;
        let mut changes = self.file.map(|file| file.adjustments.clone()).unwrap_or_default();
        self.share(&mut changes, &rules).map_err(|errors| self.explain(errors))?;
        profile.add_to(&mut changes, &rules);
        let chosen = rules.adjusted(&changes).map_err(|errors| self.explain(errors))?;
        Ok(RuleSet { profile: Some(profile.id), ..chosen })
    }

    /// Ranges of the company go to every rule that asks for them and was told no others.
    fn share(self, changes: &mut BTreeMap<String, Adjustment>, rules: &RuleSet) -> Result<(), Vec<AdjustError>> {
        if !self.corporate.is_empty() {
            let ranges = self.corporate.iter().map(|range| ParamValue::Text(range.to_string())).collect();
            shared_params(changes, &BTreeMap::from([(CORPORATE_CIDRS.to_owned(), ParamValue::List(ranges))]), rules)?;
        }
        self.file.map_or(Ok(()), |file| shared_params(changes, &file.parameters, rules))
    }

    fn explain(self, errors: Vec<AdjustError>) -> CliError {
        match self.file {
            Some(file) => file.explain(&errors).into(),
            None => CliError::Adjust(errors),
        }
    }
}
