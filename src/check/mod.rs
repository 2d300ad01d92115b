//! Floor 4: verdicts become an Assessment, the one document that every report is made from, with the gate's answer in it.

mod assess;
mod assessment;
mod baseline;
mod difference;
mod gate;
mod part;
mod paths;
mod waiver;

pub use assess::{Terms, assess};
pub use assessment::{
    Assessment, BaselineState, Comparison, ControlEntry, ElementEntry, EvidenceEntry, ExcludedEntry, Frameworks,
    GapEntry, Gate, GateResult, Location, PastFinding, Population, Remediation, RuleEntry, Run, SnapshotEntry,
    SubjectEntry, Summary, VerdictEntry, WaiverEntry, WaiverProblem, WaiverState, WaiverUse,
};
pub use baseline::Baseline;
pub use difference::{Difference, Side, difference};
pub use gate::GateOptions;
pub use paths::{
    AccessEntry, ChangeEntry, ClusterEntry, CutsEntry, FromEntry, PathEntry, PathsEntry, StepEntry, StepEvidence,
    Telling, tell,
};
pub use waiver::{
    EditError, MAX_DAYS, NewWaiver, Pattern, Waiver, WaiverErrors, Waivers, append as append_waiver,
    apply as apply_waivers, parse as parse_waivers,
};

/// Version of the assessment's form.
pub const SCHEMA_VERSION: u32 = 1;

/// JSON Schema of the assessment. It is made of the declarations here, and a test compares the two.
pub const ASSESSMENT_SCHEMA: &str = include_str!("../../docs/schema/assessment.json");

#[cfg(test)]
mod schema;
