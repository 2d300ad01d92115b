//! Writing a snapshot: sort, frame, hash.

use std::io::{self, Write};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::kinds::Kind;
use super::line::{Header, Line, Trailer};
use super::run::{Run, merge};
use crate::model::Gap;

/// A line that a collector made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Draft {
    /// Account, region, kind, id: the order of the file.
    key: [String; 4],
    /// The whole line as JSON, without a newline.
    json: String,
}

/// A snapshot that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A value has no JSON form.
    #[error("write a {kind} record as JSON")]
    NoJson {
        /// Its kind.
        kind: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// Lines could not be put aside, read again, or written.
    #[error("write the records of the snapshot")]
    Io(#[from] io::Error),
}

impl Draft {
    /// Bytes that it takes in memory.
    pub fn size(&self) -> usize {
        self.json.len() + self.key.iter().map(String::len).sum::<usize>() + size_of::<Self>()
    }

    /// Its parts, the key first.
    pub(super) fn parts(&self) -> impl Iterator<Item = &str> {
        self.key.iter().chain([&self.json]).map(String::as_str)
    }

    /// The draft of these parts.
    pub(super) fn of_parts([account, region, kind, id, json]: [String; 5]) -> Self {
        Self { key: [account, region, kind, id], json }
    }

    /// A record.
    ///
    /// # Errors
    /// When `data` has no JSON form.
    pub fn record<T: Kind>(
        (account, region): (&str, &str),
        id: impl Into<String>,
        source: impl Into<String>,
        at: Timestamp,
        data: &T,
    ) -> Result<Self, WriteError> {
        let line = Line {
            kind: T::KIND.to_owned(),
            id: id.into(),
            account: account.to_owned(),
            region: region.to_owned(),
            source: source.into(),
            at,
            data,
        };
        let json = to_json(T::KIND, &line)?;
        Ok(Self { key: [line.account, line.region, line.kind, line.id], json })
    }

    /// A gap. Its id says what was asked, and for what.
    ///
    /// # Errors
    /// When the gap has no JSON form, which plain text always has.
    pub fn gap(scope: (&str, &str), at: Timestamp, gap: &Gap) -> Result<Self, WriteError> {
        let id = gap.target.as_ref().map_or_else(|| gap.what.clone(), |target| format!("{}@{target}", gap.what));
        Self::record(scope, id, gap.what.clone(), at, gap)
    }
}

fn to_json<T: serde::Serialize>(kind: &'static str, line: &Line<T>) -> Result<String, WriteError> {
    serde_json::to_string(line).map_err(|source| WriteError::NoJson { kind, source })
}

/// The bytes of a snapshot. The same drafts in any order give the same bytes; exact repetitions are dropped.
///
/// # Errors
/// When the header or trailer has no JSON form.
pub fn write(header: &Header, drafts: Vec<Draft>, finished: Timestamp, complete: bool) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::new();
    write_to(&mut bytes, header, (Vec::new(), drafts), finished, complete)?;
    Ok(bytes)
}

/// Writes a snapshot of lines that were put aside and lines in memory.
///
/// # Errors
/// When the header or trailer has no JSON form, a run cannot be read again, or `out` takes no more.
pub fn write_to(
    out: &mut dyn Write,
    header: &Header,
    (runs, drafts): (Vec<Run>, Vec<Draft>),
    finished: Timestamp,
    complete: bool,
) -> Result<(), WriteError> {
    let mut out = Hashed { out, hash: Sha256::new() };
    out.line(&to_json("header", &frame("header", header.started, header))?)?;
    let mut records = 0;
    merge(runs, drafts, |draft| {
        records += 1;
        out.line(&draft.json)
    })?;
    let trailer = Trailer { records, sha256: HEXLOWER.encode(&out.hash.clone().finalize()), finished, complete };
    out.line(&to_json("trailer", &frame("trailer", finished, &trailer))?)?;
    Ok(())
}

/// Hashes what goes by.
struct Hashed<'o> {
    out: &'o mut dyn Write,
    hash: Sha256,
}

impl Hashed<'_> {
    fn line(&mut self, text: &str) -> io::Result<()> {
        for bytes in [text.as_bytes(), b"\n".as_slice()] {
            self.hash.update(bytes);
            self.out.write_all(bytes)?;
        }
        Ok(())
    }
}

fn frame<'a, T>(kind: &str, at: Timestamp, data: &'a T) -> Line<&'a T> {
    Line {
        kind: kind.to_owned(),
        id: "snapshot".to_owned(),
        account: String::new(),
        region: String::new(),
        source: "aurora-audit".to_owned(),
        at,
        data,
    }
}
