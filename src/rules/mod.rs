//! Floor 3: rule files become checked rules, rules and facts become verdicts. A pure function of both; it sees facts only
//! through [`crate::model::Object`], so that no rule can tell where a value came from.

mod adjust;
mod cases;
mod compile;
mod decode;
mod describe;
mod embedded;
mod expr;
mod file;
mod frameworks;
mod given;
mod judge;
mod load;
mod mutants;
mod mutate;
mod needs;
#[cfg(test)]
mod oracle;
mod page;
mod problem;
mod profile;
mod rule;
mod run;
mod schema;
mod source;
mod template;
#[cfg(test)]
mod testing;
mod text;
mod verdict;
mod yaml;

pub use adjust::{AdjustError, Adjustment, ParamValue, shared_params};
pub use cases::{CaseFailure, Difference, run_cases};
pub(crate) use decode::{Fields, Reader};
pub use describe::FactRead;
pub use embedded::embedded;
pub use expr::Fault;
pub(crate) use expr::did_you_mean;
pub use file::{area_of, prefixes};
pub use frameworks::{Basis, Framework, FrameworkControl, control, frameworks};
pub use judge::Detail;
pub use load::load;
pub use mutate::{Mutation, Survivor, mutate};
pub use needs::calls_of;
pub use page::rules_page;
pub(crate) use problem::Problem;
pub use problem::{LoadError, LoadErrors};
pub use profile::Profile;
pub use rule::{Control, Effort, Equivalent, Param, RemediationText, Rule, RuleSet, Status};
pub use run::evaluate;
pub use schema::{facts_page, facts_schema, rule_schema, type_page};
pub use source::{RuleSource, SourceError, from_dir};
pub use verdict::{Element, Evidence, Explanation, Remediation, Verdict};
pub(crate) use yaml::{Node, parse as parse_yaml};
