//! Any text as a rule file.
#![no_main]

use aurora_audit::facts::TARGETS;
use aurora_audit::rules::{RuleSource, load, run_cases};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match load(&[RuleSource::new("rules/resilience/res-deletion-protection.yaml", text)], TARGETS) {
        Ok(rules) => drop(run_cases(&rules)),
        Err(errors) => drop(errors.to_string()),
    }
});
