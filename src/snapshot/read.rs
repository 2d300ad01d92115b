//! Reading snapshots: several files at once, each checked against its trailer. A file that was cut off is usable and says
//! so; a file that does not begin with a header is refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use rayon::prelude::*;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::SCHEMA_VERSION;
use super::file::{FileError, read_text};
use super::kinds::{Parsed, Records};
use super::line::{Header, Line, Trailer};
use crate::model::{RecordRef, Untrusted};

/// One or more files, read. A clone shares the records.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The files, in the order given.
    pub files: Vec<SnapshotFile>,
    /// Their records.
    pub records: Arc<Records>,
}

/// One file, its frame checked.
#[derive(Debug, Clone)]
pub struct SnapshotFile {
    /// Name as the user gave it.
    pub path: PathBuf,
    /// SHA-256 of the uncompressed text.
    pub sha256: String,
    /// Number of records and gaps.
    pub records: u64,
    /// Its header.
    pub header: Header,
    /// When the collection ended; none when the trailer is missing.
    pub finished: Option<Timestamp>,
    /// Whether all of it is there.
    pub completeness: Completeness,
}

/// Whether a file holds what its collection set out to collect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completeness {
    /// The trailer is there, its hash and count agree, and the collection came to its end.
    Complete,
    /// The collection was interrupted and said so.
    Interrupted,
    /// The file was cut off or changed after it was written.
    Truncated {
        /// What is wrong, in words.
        detail: Untrusted,
    },
}

/// A snapshot that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The first line is not a header.
    #[error("read `{}`: line 1 is not a snapshot header: {detail}\nhelp: give a file that `aurora-audit collect` wrote", path.display())]
    NoHeader {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: Untrusted,
    },
    /// The snapshot was written by a newer version.
    #[error("read `{}`: schema version {found} is newer than {SCHEMA_VERSION}\nhelp: update aurora-audit", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: u32,
    },
    /// A line is not a record.
    #[error("read `{}`: line {line}: {detail}\nhelp: the line was changed after it was written; collect again, or cut the file before it", path.display())]
    BadLine {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u32,
        /// What is wrong.
        detail: Untrusted,
    },
}

/// Reads snapshot files.
///
/// # Errors
/// When a file cannot be read, has no header, is newer than this version, or has a bad line before its end. A last line
/// that is cut off is no error: the file is [`Completeness::Truncated`].
pub fn read(paths: &[PathBuf]) -> Result<Snapshot, ReadError> {
    let texts = paths.iter().map(|path| Ok((path.clone(), read_text(path)?))).collect::<Result<Vec<_>, FileError>>()?;
    read_texts(&texts)
}

/// Reads snapshots that are in memory, each with the name that reports show.
///
/// # Errors
/// As [`read`], but for the files themselves.
pub fn read_texts(texts: &[(PathBuf, String)]) -> Result<Snapshot, ReadError> {
    let (mut files, mut records) = (Vec::with_capacity(texts.len()), Records::default());
    for (file, (path, text)) in (0..).zip(texts) {
        let (about, parsed) = read_one(path, file, text)?;
        files.push(about);
        for line in parsed {
            records.push(line);
        }
    }
    records.sort();
    Ok(Snapshot { files, records: Arc::new(records) })
}

fn read_one(path: &Path, file: u16, text: &str) -> Result<(SnapshotFile, Vec<Parsed>), ReadError> {
    let header = read_header(path, text)?;
    let (body, trailer) = split_trailer(text);
    let lines: Vec<_> = (1..).zip(body.lines()).skip(1).collect();
    let parse_all = || lines.par_iter().map(|(line, text)| parse(text, RecordRef { file, line: *line })).collect();
    let (results, (sha256, sha256_of_body)): (Vec<_>, _) = rayon::join(parse_all, || digests(text, body));
    let mut parsed = Vec::with_capacity(results.len());
    let mut cut = None;
    let last = results.len().saturating_sub(1);
    for (index, (result, (line, _))) in results.into_iter().zip(&lines).enumerate() {
        match result {
            Ok(line) => parsed.push(line),
            Err(error) if index == last && trailer.is_none() && !text.ends_with('\n') => {
                cut = Some(format!("line {line} is cut off: {error}"));
            }
            Err(error) => {
                return Err(ReadError::BadLine {
                    path: path.to_owned(),
                    line: *line,
                    detail: error.to_string().into(),
                });
            }
        }
    }
    let records = parsed.len() as u64;
    let completeness = cut.map_or_else(
        || judge(&sha256_of_body, records, trailer.as_ref()),
        |detail| Completeness::Truncated { detail: detail.into() },
    );
    let finished = trailer.map(|trailer| trailer.finished);
    Ok((SnapshotFile { path: path.to_owned(), sha256, records, header, finished, completeness }, parsed))
}

fn read_header(path: &Path, text: &str) -> Result<Header, ReadError> {
    let no_header = |detail: String| ReadError::NoHeader { path: path.to_owned(), detail: detail.into() };
    let first = text.lines().next().ok_or_else(|| no_header("the file is empty".to_owned()))?;
    let line: Line<&RawValue> = serde_json::from_str(first).map_err(|error| no_header(error.to_string()))?;
    if line.kind != "header" {
        return Err(no_header(format!("its kind is `{}`", line.kind)));
    }
    let version =
        serde_json::from_str::<SchemaVersion>(line.data.get()).map_err(|error| no_header(error.to_string()))?;
    if version.schema_version > SCHEMA_VERSION {
        return Err(ReadError::NewerSchema { path: path.to_owned(), found: version.schema_version });
    }
    serde_json::from_str(line.data.get()).map_err(|error| no_header(error.to_string()))
}

/// Read on its own, so that a newer header whose other fields changed is still told apart from a broken one.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SchemaVersion {
    schema_version: u32,
}

/// The text before the trailer's line, and the trailer when the last line is one.
fn split_trailer(text: &str) -> (&str, Option<Trailer>) {
    let end = text.trim_end_matches('\n');
    let start = end.rfind('\n').map_or(0, |newline| newline + 1);
    let (body, last) = end.split_at(start);
    match serde_json::from_str::<Line<Trailer>>(last) {
        Ok(line) if line.kind == "trailer" => (body, Some(line.data)),
        _ => (text, None),
    }
}

fn parse(text: &str, at: RecordRef) -> Result<Parsed, serde_json::Error> {
    Parsed::from_line(serde_json::from_str(text)?, at)
}

/// SHA-256 of a text, and of the body that it begins with.
fn digests(text: &str, body: &str) -> (String, String) {
    let of_body = Sha256::new_with_prefix(body);
    let rest = text.get(body.len()..).unwrap_or_default();
    let whole = of_body.clone().chain_update(rest);
    (HEXLOWER.encode(&whole.finalize()), HEXLOWER.encode(&of_body.finalize()))
}

fn judge(sha256_of_body: &str, records: u64, trailer: Option<&Trailer>) -> Completeness {
    let truncated = |detail: &str| Completeness::Truncated { detail: detail.into() };
    match trailer {
        None => truncated("the trailer is missing"),
        Some(trailer) if trailer.records != records => truncated("the trailer counts other records than there are"),
        Some(trailer) if trailer.sha256 != sha256_of_body => truncated("the trailer's SHA-256 does not agree"),
        Some(trailer) if !trailer.complete => Completeness::Interrupted,
        Some(_) => Completeness::Complete,
    }
}
