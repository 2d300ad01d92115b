//! Floor 1: the recorded world. A snapshot is JSON Lines: a header, records and gaps sorted by account, region, kind and id,
//! and a trailer that counts and hashes what precedes it. This floor reads and writes it and judges nothing.

mod diff;
mod file;
mod kinds;
mod line;
mod read;
mod run;
pub mod schema;
mod write;

pub use diff::{Change, Edit, What, diff};
pub use file::{FileError, Staged, read_text, write_atomically};
pub use kinds::{Kind, Records};
pub use line::{Header, Line, Record, Scope, Trailer, explained};
pub use read::{Completeness, ReadError, Snapshot, SnapshotFile, read, read_texts};
pub use run::Run;
pub use write::{Draft, WriteError, write, write_to};

/// Version of the snapshot's form. Readers take this one and older ones.
pub const SCHEMA_VERSION: u32 = 1;
