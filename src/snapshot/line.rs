//! The envelope of every line, and the two lines that frame a file.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Object, ObjectType, Place, RecordRef, Reflect, Type, Untrusted, Value};

/// One line: an envelope around `data`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line<D> {
    /// What `data` is, as in `rds.db_cluster`.
    pub kind: String,
    /// Identifier, unique within account, region and kind.
    pub id: String,
    /// AWS account, twelve digits; empty where there is none.
    pub account: String,
    /// AWS region; `global` for services without regions, empty where there is none.
    pub region: String,
    /// The call, query or probe that gave it.
    pub source: String,
    /// When the answer came, UTC.
    pub at: Timestamp,
    /// The answer.
    pub data: D,
}

/// A record as the facts use it.
#[derive(Debug, Clone)]
pub struct Record<T> {
    /// Where it stands.
    pub at: RecordRef,
    /// Identifier, unique within account, region and kind.
    pub id: String,
    /// AWS account.
    pub account: String,
    /// AWS region.
    pub region: String,
    /// The call, query or probe that gave it.
    pub source: String,
    /// When the answer came.
    pub observed: Timestamp,
    /// The answer.
    pub data: T,
}

/// The record with reasons for what it lacks.
pub fn explained<T: Clone>(record: &Arc<Record<T>>, explain: impl Fn(&mut T)) -> Arc<Record<T>> {
    let mut record = Record::clone(record);
    explain(&mut record.data);
    Arc::new(record)
}

/// The first line's `data`: what the collection set out to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Header {
    /// Version of the snapshot's form.
    pub schema_version: u32,
    /// Version of the program that collected.
    pub tool_version: String,
    /// When the collection began.
    pub started: Timestamp,
    /// What was asked for.
    pub scope: Scope,
    /// Who asked: the caller's ARN and the database user, as far as known.
    #[serde(default)]
    pub identity: Vec<Untrusted>,
}

/// What a collection was asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Scope {
    /// Regions, as the user named them.
    pub regions: Vec<String>,
    /// Collectors: `aws`, `mysql`, `tls`.
    pub collectors: Vec<String>,
}

/// The last line's `data`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Trailer {
    /// Lines between header and trailer.
    pub records: u64,
    /// SHA-256 of everything before the trailer's line, in hexadecimal.
    pub sha256: String,
    /// When the collection ended.
    pub finished: Timestamp,
    /// Whether it came to its end; `false` when it was interrupted.
    pub complete: bool,
}

impl<T: Object> Object for Record<T> {
    fn object_type(&self) -> &'static ObjectType {
        self.data.object_type()
    }

    fn field(&self, index: usize) -> Value<'_> {
        self.data.field(index)
    }

    fn observed(&self) -> Option<Timestamp> {
        Some(self.observed)
    }

    fn place(&self) -> Option<Place> {
        Some(Place::data_of(self.at))
    }
}

impl<T: Object + Reflect> Reflect for Record<T> {
    const TYPE: Type = T::TYPE;

    fn value(&self) -> Value<'_> {
        Value::Object(self)
    }
}
