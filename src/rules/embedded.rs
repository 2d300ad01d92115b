//! The rules in the binary.

use super::source::RuleSource;

include!(concat!(env!("OUT_DIR"), "/embedded_rules.rs"));

/// The rule files that the program was built with, sorted by path.
pub fn embedded() -> Vec<RuleSource> {
    FILES.iter().map(|(path, text)| RuleSource { built_in: true, ..RuleSource::new(*path, *text) }).collect()
}
