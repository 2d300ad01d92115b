//! Floor 4: verdicts become an Assessment, the one document that every report is made from, with the gate's answer in it.

mod assessment;

pub use assessment::{
    Assessment, ElementEntry, EvidenceEntry, ExcludedEntry, Frameworks, GapEntry, Gate, GateResult, Location,
    Population, Remediation, RuleEntry, Run, SnapshotEntry, SubjectEntry, Summary, VerdictEntry,
};

/// Version of the assessment's form.
pub const SCHEMA_VERSION: u32 = 1;
