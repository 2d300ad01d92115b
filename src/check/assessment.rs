//! The assessment document. Reports see this and nothing else, so that no two of them can disagree. Text that came from a
//! target is [`Untrusted`]: it is stored as it came and shown escaped.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::paths::PathsEntry;
use crate::model::{Coverage, GapReason, Outcome, Severity, Untrusted};
use crate::rules::Framework;

/// Everything that a run found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Assessment {
    /// Version of this form.
    #[cfg_attr(test, schemars(extend("const" = super::SCHEMA_VERSION)))]
    pub schema_version: u32,
    /// What ran, on what.
    pub run: Run,
    /// Counts.
    pub summary: Summary,
    /// What the gate said.
    pub gate: Gate,
    /// What has changed since the baseline, when there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub comparison: Option<Comparison>,
    /// The waivers of the run, in the order of their file, with what became of each.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub waivers: Vec<WaiverEntry>,
    /// What the listings returned and what was left out of the assessment, sorted.
    pub population: Vec<Population>,
    /// What could not be read, sorted.
    pub gaps: Vec<GapEntry>,
    /// The rules that ran, sorted by id.
    pub rules: Vec<RuleEntry>,
    /// What is known of the frameworks that the rules name, sorted; frameworks of a user's own are not known.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub frameworks: Vec<Framework>,
    /// The verdicts, passes included, sorted by rule and subject.
    pub verdicts: Vec<VerdictEntry>,
    /// Who gets how far into which cluster; none in a run without rules about that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub paths: Option<PathsEntry>,
}

/// What ran, on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Run {
    /// Version of the program.
    pub tool_version: String,
    /// The time that waivers and stale tables were judged at: `--now`, or the clock.
    pub now: Timestamp,
    /// The profile that chose the rules, as `default`; none where none did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rules_profile: Option<String>,
    /// SHA-256 over the rule files, in hexadecimal.
    pub rules_sha256: String,
    /// The snapshot files, in the order given. [`Location::file`] is an index into them.
    pub snapshots: Vec<SnapshotEntry>,
}

/// A snapshot file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SnapshotEntry {
    /// Name as the user gave it.
    pub path: String,
    /// SHA-256 of its uncompressed text, in hexadecimal.
    pub sha256: String,
    /// Records and gaps in it.
    pub records: u64,
    /// Version of the program that collected.
    pub tool_version: String,
    /// When the collection began.
    pub started: Timestamp,
    /// When it ended; none when the trailer is missing.
    pub finished: Option<Timestamp>,
    /// Whether all of it is there.
    pub complete: bool,
    /// Why not, in words.
    pub incomplete_because: Option<Untrusted>,
    /// Regions asked for.
    pub regions: Vec<String>,
    /// Collectors that ran: `aws`, `mysql`, `tls`.
    pub collectors: Vec<String>,
    /// Who collected.
    pub identity: Vec<Untrusted>,
}

/// Counts of the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary {
    /// Clusters assessed.
    pub clusters: usize,
    /// Database servers assessed that belong to no cluster.
    #[serde(default)]
    pub servers: usize,
    /// Subjects of all kinds.
    pub subjects: usize,
    /// Verdicts by outcome; every outcome is a key.
    pub outcomes: BTreeMap<Outcome, usize>,
    /// Failures by severity; every severity is a key.
    pub failures: BTreeMap<Severity, usize>,
    /// Failures that waivers set aside.
    #[serde(default)]
    pub waived: usize,
    /// Verdicts that are unknown or an error for reasons that the user did not choose, and waived failures with elements of
    /// which that is true.
    #[serde(default)]
    pub undecided: usize,
    /// Gaps that the user did not choose.
    pub involuntary_gaps: usize,
    /// Gaps that the user chose.
    pub voluntary_gaps: usize,
}

/// What the gate said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gate {
    /// The severity from which a failure fails the gate; none for never.
    pub fail_on: Option<Severity>,
    /// Whether only failures count that the baseline does not have.
    #[serde(default)]
    pub fail_on_new: bool,
    /// Percent of the verdicts that must have come about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min_coverage: Option<u8>,
    /// Whether unknowns are tolerated.
    pub allow_incomplete: bool,
    /// The answer.
    pub result: GateResult,
    /// Why, in one sentence.
    pub reason: String,
}

/// The gate's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GateResult {
    /// No failure at or above the threshold, and all of it was read.
    Clean,
    /// A failure at or above the threshold.
    Failed,
    /// No such failure, but something that was asked for could not be read.
    Incomplete,
    /// There was nothing to assess.
    NothingAssessed,
}

/// What one listing returned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Population {
    /// AWS account.
    pub account: String,
    /// AWS region.
    pub region: String,
    /// The call or query, as in `rds:DescribeDBClusters`.
    pub source: String,
    /// Kind of record, as in `rds.db_cluster`.
    pub kind: String,
    /// What it was asked for, when for one resource.
    pub target: Option<Untrusted>,
    /// Items returned.
    pub returned: u32,
    /// Items kept.
    pub kept: u32,
    /// The others.
    pub excluded: Vec<ExcludedEntry>,
}

/// An item that is not assessed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExcludedEntry {
    /// Its identifier.
    pub id: Untrusted,
    /// Why it is left out.
    pub why: Untrusted,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GapEntry {
    /// AWS account.
    pub account: String,
    /// AWS region.
    pub region: String,
    /// The call, table or probe.
    pub what: String,
    /// What it was asked for, when for one resource.
    pub target: Option<Untrusted>,
    /// The kind of failure.
    pub reason: GapReason,
    /// What would close the gap.
    pub needs: Option<Untrusted>,
    /// The target's own words.
    pub message: Untrusted,
    /// Where the snapshot says so.
    pub location: Option<Location>,
}

/// A rule that ran. Its texts come from the rule file and are trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RuleEntry {
    /// Id.
    pub id: String,
    /// What is wanted or wrong, in a line.
    pub title: String,
    /// Severity, after overrides.
    pub severity: Severity,
    /// Area: the folder of the rule file.
    pub area: String,
    /// Kind of subject it judges.
    pub target: String,
    /// Why it matters.
    pub rationale: String,
    /// The condition, as the rule file states it.
    pub check: String,
    /// How to mend it, in general.
    pub remediation: Remediation,
    /// Framework → controls.
    pub frameworks: Frameworks,
    /// Documentation of AWS or MySQL (https).
    pub docs: String,
    /// Words to find it by.
    pub tags: Vec<String>,
}

/// Framework → controls.
pub type Frameworks = BTreeMap<String, Vec<ControlEntry>>;

/// A control that a rule speaks to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ControlEntry {
    /// Its id in the framework.
    pub control: String,
    /// How much of it a pass proves.
    pub coverage: Coverage,
}

/// How to mend a failure. In a verdict the templates are filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Remediation {
    /// In words.
    pub text: Untrusted,
    /// AWS CLI.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cli: Option<Untrusted>,
    /// SQL.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sql: Option<Untrusted>,
    /// Terraform.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub terraform: Option<Untrusted>,
}

impl fmt::Display for ControlEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.control, self.coverage.as_str())
    }
}

/// What a rule says of a subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct VerdictEntry {
    /// Id of the rule.
    pub rule: String,
    /// What was judged.
    pub subject: SubjectEntry,
    /// The outcome.
    pub outcome: Outcome,
    /// Severity of the rule.
    pub severity: Severity,
    /// What was found, in a sentence.
    pub message: Untrusted,
    /// Why it is unknown, not applicable or an error: each reason once.
    pub reasons: Vec<Untrusted>,
    /// The values that decided it, in the order read.
    pub evidence: Vec<EvidenceEntry>,
    /// For rules that look at each element of a list: the elements that fail or are unknown. Empty otherwise.
    pub elements: Vec<ElementEntry>,
    /// How to mend it here; only for failures.
    pub remediation: Option<Remediation>,
    /// Stable identity: SHA-256 of rule and subject, in hexadecimal. Never of index, line or message.
    pub fingerprint: String,
    /// For failures, when there is a baseline: whether it has this one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<BaselineState>,
    /// For failures: the waiver that covers this one, whether it still holds or has expired.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub waiver: Option<WaiverUse>,
}

impl VerdictEntry {
    /// Whether a waiver sets it aside at the gate.
    pub fn is_waived(&self) -> bool {
        self.waiver.is_some_and(WaiverUse::holds)
    }
}

/// One element of a list that a rule judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ElementEntry {
    /// Its stable name in the list.
    pub key: Untrusted,
    /// Its outcome.
    pub outcome: Outcome,
    /// What was found.
    pub message: Untrusted,
    /// Why it is unknown.
    pub reasons: Vec<Untrusted>,
    /// The values that decided it.
    pub evidence: Vec<EvidenceEntry>,
    /// How to mend it here; only for failures.
    pub remediation: Option<Remediation>,
    /// Stable identity: SHA-256 of rule, subject and element key, in hexadecimal.
    pub fingerprint: String,
    /// For failures, when there is a baseline: whether it has this one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<BaselineState>,
    /// For failures: the waiver that covers this one, whether it still holds or has expired.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub waiver: Option<WaiverUse>,
}

/// What was judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SubjectEntry {
    /// Kind, as in `db_cluster`.
    pub kind: String,
    /// Identifier: the ARN of an AWS resource, `ARN/'user'@'host'` of a database account, `host:port` of an endpoint.
    pub id: Untrusted,
    /// Short name.
    pub name: Untrusted,
    /// AWS account.
    pub account: String,
    /// AWS region.
    pub region: String,
}

/// A value that decided a verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EvidenceEntry {
    /// The fact as the rule names it, as in `r.publicly_accessible`.
    pub fact: String,
    /// Its value, or none when it is unknown.
    pub value: Option<Untrusted>,
    /// Where it was read; several places for a computed fact.
    pub locations: Vec<Location>,
}

/// A place in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Location {
    /// Index into [`Run::snapshots`].
    pub file: u16,
    /// Line, counted from 1.
    pub line: u32,
    /// JSON pointer into the line.
    pub pointer: String,
    /// The call, query or probe that gave the value.
    pub source: String,
    /// When it answered.
    pub observed: Timestamp,
}

/// A waiver that covers a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WaiverUse {
    /// Index into [`Assessment::waivers`].
    pub index: usize,
    /// Whether it holds.
    pub state: WaiverState,
}

impl WaiverUse {
    /// Whether it sets the failure aside.
    pub const fn holds(self) -> bool {
        matches!(self.state, WaiverState::Active)
    }
}

/// Whether a waiver holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WaiverState {
    /// It does.
    Active,
    /// Its first day is yet to come.
    Pending,
    /// Its last day is over.
    Expired,
}

/// What should not last about a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WaiverProblem {
    /// Its last day is over.
    Expired,
    /// It covers no failure.
    Unused,
    /// What it covers could not be judged.
    NotJudged,
    /// Its pattern covers every subject of the rule.
    EverySubject,
    /// Its pattern covers many failures.
    ManyFindings,
    /// It names no element of a list, and so covers those that come later.
    EveryElement,
}

/// A waiver, and what became of it. Its texts are as people wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WaiverEntry {
    /// The file, as the user gave it.
    pub file: String,
    /// Line of the file, counted from 1.
    pub line: usize,
    /// Id of the rule.
    pub rule: String,
    /// Identifier or pattern of subjects.
    pub resource: Untrusted,
    /// Key or pattern of elements.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub element: Option<Untrusted>,
    /// Why the finding is accepted.
    pub reason: Untrusted,
    /// Who answers for it.
    pub owner: Untrusted,
    /// Who agreed.
    pub approver: Untrusted,
    /// Where it was agreed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ticket: Option<Untrusted>,
    /// First day, UTC.
    pub starts: Date,
    /// Last day, UTC.
    pub expires: Date,
    /// Whether it holds.
    pub state: WaiverState,
    /// Days until the last one; negative when it is over.
    pub days_left: i32,
    /// Failures that it covers, elements one by one.
    pub findings: usize,
    /// What should not last.
    pub problems: Vec<WaiverProblem>,
}

/// How a failure stands to the baseline. The most alarming first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BaselineState {
    /// It passed then.
    Regressed,
    /// It was not there, did not apply, or could not be judged.
    New,
    /// It failed then.
    Unchanged,
}

/// What has changed since a baseline. Failing elements count one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Comparison {
    /// The baseline's file, as the user gave it.
    pub path: String,
    /// The time that it was judged at.
    pub judged: Timestamp,
    /// Whether it was judged by other rules, or other parameters.
    pub rules_changed: bool,
    /// Failures that are no failures of the baseline and did not pass there.
    pub new: usize,
    /// Failures that passed in the baseline.
    pub regressed: usize,
    /// Failures of both.
    pub unchanged: usize,
    /// Failures of the baseline that are none now.
    pub fixed: Vec<PastFinding>,
    /// Failures of the baseline that could not be judged again: nobody knows whether they are fixed.
    pub not_reassessed: Vec<PastFinding>,
}

/// A failure of the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PastFinding {
    /// Id of the rule.
    pub rule: String,
    /// Its severity then.
    pub severity: Severity,
    /// What was judged.
    pub subject: SubjectEntry,
    /// The element, where the rule looks at each element of a list.
    pub element: Option<Untrusted>,
    /// What was found then.
    pub message: Untrusted,
    /// Stable identity.
    pub fingerprint: String,
    /// Why it is counted as fixed, or could not be judged again.
    pub why: Untrusted,
}
