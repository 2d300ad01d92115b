//! Any text as the check of a rule that is right otherwise: parser, checker, compiler, and the rule's tests when it loads.
#![no_main]

use aurora_audit::facts::TARGETS;
use aurora_audit::rules::{RuleSource, load, run_cases};
use libfuzzer_sys::fuzz_target;

const RULE: &str = include_str!("../../rules/resilience/res-deletion-protection.yaml");
const CHECK: &str = "check: |\n  r.deletion_protection\n";

fuzz_target!(|expression: &str| {
    let block: String = expression.lines().map(|line| format!("  {line}\n")).collect();
    let text = RULE.replacen(CHECK, &format!("check: |\n{block}"), 1);
    if let Ok(rules) = load(&[RuleSource::new("rules/resilience/res-deletion-protection.yaml", text)], TARGETS) {
        run_cases(&rules);
    }
});
