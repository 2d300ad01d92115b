//! Snapshots of scheduled scans: a name by account, region and time, and no more than so many of each.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::snapshot::FileError;

const SUFFIX: &str = ".jsonl.zst";
/// Seconds of a stamp such as `20261120T093000Z`.
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// The file of a snapshot: `ACCOUNT_REGION_TIME.jsonl.zst`. Several regions stand side by side; what is not known is left out.
pub fn name(folder: &Path, account: &str, regions: &[String], at: Timestamp) -> PathBuf {
    let scope = [safe(account), safe(&regions.join("+"))].into_iter().filter(|part| !part.is_empty());
    let mut parts: Vec<String> = scope.collect();
    if parts.is_empty() {
        parts.push("endpoints".to_owned());
    }
    folder.join(format!("{}_{}{SUFFIX}", parts.join("_"), at.strftime(STAMP)))
}

/// Letters that no shell and no file system takes for anything else.
fn safe(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '+')).take(120).collect()
}

/// Removes the oldest snapshots of the same account and region beyond the newest `keep`. Files of another name stay.
pub fn keep(written: &Path, keep: u32) -> Result<Vec<PathBuf>, FileError> {
    let (Some(folder), Some(scope)) = (written.parent(), scope_of(written)) else { return Ok(Vec::new()) };
    let failed = |source| FileError::Read { path: folder.to_owned(), source };
    let mut alike = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if scope_of(&path).is_some_and(|it| it == scope) && path.is_file() {
            alike.push(path);
        }
    }
    // The stamps have one length, so that their order is that of time.
    alike.sort();
    let surplus = alike.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
    alike.truncate(surplus);
    for path in &alike {
        fs::remove_file(path).map_err(|source| FileError::Write { path: path.clone(), source })?;
    }
    Ok(alike)
}

/// What stands before the stamp; nothing when the name is not one of ours.
fn scope_of(path: &Path) -> Option<&str> {
    let (scope, stamp) = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?.rsplit_once('_')?;
    let digits = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let (day, time) = stamp.strip_suffix('Z')?.split_once('T')?;
    (digits(day, 8) && digits(time, 6)).then_some(scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    #[test]
    fn names_tell_account_region_and_time() {
        let regions = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (account, region, expected) in [
            ("123456789012", regions(&["eu-west-1"]), "123456789012_eu-west-1_20261118T110640Z.jsonl.zst"),
            ("123456789012", regions(&["a-1", "b-2"]), "123456789012_a-1+b-2_20261118T110640Z.jsonl.zst"),
            ("", regions(&[]), "endpoints_20261118T110640Z.jsonl.zst"),
            ("../../x", regions(&["a/b_c"]), "x_abc_20261118T110640Z.jsonl.zst"),
        ] {
            assert_eq!(name(Path::new("/s"), account, &region, at(0)), Path::new("/s").join(expected));
        }
    }

    #[test]
    fn the_oldest_of_the_same_scope_go_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let touch = |path: &Path| fs::write(path, "").unwrap();
        let of = |account: &str, second| name(folder.path(), account, &["r-1".to_owned()], at(second));
        let mine: Vec<PathBuf> = (0..5).map(|second| of("1", second)).collect();
        for path in &mine {
            touch(path);
        }
        let others = [
            of("12", 0),
            folder.path().join("1_r-1_notes.jsonl.zst"),
            folder.path().join("1_r-1_20261118T110640Z.jsonl"),
        ];
        for path in &others {
            touch(path);
        }
        fs::create_dir(of("1", -1)).unwrap();
        let newest = mine.last().unwrap();
        assert_eq!(keep(newest, 2).unwrap(), mine[..3]);
        assert_eq!(keep(newest, 2).unwrap(), Vec::<PathBuf>::new());
        assert!(others.iter().chain(&mine[3..]).all(|path| path.is_file()));
        assert!(mine[..3].iter().all(|path| !path.exists()));
    }
}
