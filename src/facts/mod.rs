//! Floor 2: the snapshot, joined and typed. A pure function of the records: no clock, no network. What the records do not say
//! stays unknown here, and a reference to a record that is not there is unknown too, never empty.

mod subject;

pub use subject::{Identity, Subject, Subjects, TargetType};
