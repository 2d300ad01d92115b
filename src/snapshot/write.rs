//! Writing a snapshot: sort, frame, hash.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::kinds::Kind;
use super::line::{Header, Line, Trailer};
use crate::model::Gap;

/// A line that a collector made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Draft {
    /// Account, region, kind, id: the order of the file.
    key: [String; 4],
    /// The whole line as JSON, without a newline.
    json: String,
}

/// A value that has no JSON form.
#[derive(Debug, thiserror::Error)]
#[error("write a {kind} record as JSON")]
pub struct WriteError {
    kind: &'static str,
    source: serde_json::Error,
}

impl Draft {
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
    serde_json::to_string(line).map_err(|source| WriteError { kind, source })
}

/// The bytes of a snapshot. The same drafts in any order give the same bytes; exact repetitions are dropped.
///
/// # Errors
/// When the header or trailer has no JSON form.
pub fn write(
    header: &Header,
    mut drafts: Vec<Draft>,
    finished: Timestamp,
    complete: bool,
) -> Result<Vec<u8>, WriteError> {
    drafts.sort_unstable();
    drafts.dedup();
    let mut text = to_json("header", &frame("header", header.started, header))?;
    text.push('\n');
    for draft in &drafts {
        text.push_str(&draft.json);
        text.push('\n');
    }
    let trailer = Trailer { records: drafts.len() as u64, sha256: hex_sha256(text.as_bytes()), finished, complete };
    text.push_str(&to_json("trailer", &frame("trailer", finished, &trailer))?);
    text.push('\n');
    Ok(text.into_bytes())
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

/// SHA-256 in lower-case hexadecimal.
fn hex_sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
