//! `collect --from-cli`: a snapshot out of what the AWS CLI printed for somebody else. The script that `permissions --as-cli` prints
//! makes a folder an account, in it one a region and `global`, and in those a file a call: `rds.DescribeDBClusters.json`, or
//! `rds.DescribeDBClusterParameters/NAME.json` where a call is about one thing. What was refused is in `.error` in its place.

mod composite;
mod table;
mod unasked;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use self::table::Out;
use super::{Sink, now};
use crate::model::actions::{CALLS, Call, Each};
use crate::model::{Gap, GapReason, Untrusted};

const GLOBAL: &str = "global";

/// Longer words of the CLI are cut.
const MESSAGE_CHARACTERS: usize = 1000;

/// A folder that cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A folder or file cannot be read.
    #[error("read `{}`", path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no folder of an account.
    #[error("`{}` has no folder named after an AWS account\nhelp: run the script that `aurora-audit permissions --as-cli` prints, and give the folder that it makes", path.display())]
    NoAccount {
        /// The folder.
        path: PathBuf,
    },
    /// A file is not what the AWS CLI prints.
    #[error("`{}` is not what the AWS CLI prints for {action}: {detail}\nhelp: run the command again with --output json, or remove the file", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// The call.
        action: &'static str,
        /// What is wrong.
        detail: Untrusted,
    },
}

/// What was imported.
#[derive(Debug, Default)]
pub struct Imported {
    /// Records, listings and gaps.
    pub sink: Sink,
    /// The regions, sorted.
    pub regions: BTreeSet<String>,
}

/// Imports a folder.
///
/// # Errors
/// When the folder has no account in it, or a file is not what the AWS CLI prints.
pub fn import(folder: &Path) -> Result<Imported, ImportError> {
    let mut found = Imported::default();
    let accounts: Vec<_> = names(folder)?.into_iter().filter(|name| is_account(name)).collect();
    if accounts.is_empty() {
        return Err(ImportError::NoAccount { path: folder.to_owned() });
    }
    for account in accounts {
        let of_account = folder.join(&account);
        for region in names(&of_account)?.into_iter().filter(|name| of_account.join(name).is_dir()) {
            place(&of_account.join(&region), (&account, &region), &mut found.sink)?;
            if region != GLOBAL {
                found.regions.insert(region);
            }
        }
    }
    Ok(found)
}

/// Twelve digits.
fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// The calls of an account or a region.
fn place(folder: &Path, scope: (&str, &str), sink: &mut Sink) -> Result<(), ImportError> {
    for call in CALLS.iter().filter(|call| !composite::CALLS_OF.contains(&call.action)) {
        let here = match call.each {
            Each::Account => scope.1 == GLOBAL,
            Each::Region | Each::One(_) => scope.1 != GLOBAL,
            Each::GlobalOne(_) => false,
        };
        let name = format!("{}.{}", call.service(), call.operation());
        match call.each {
            _ if !here => {}
            Each::One(_) => each(folder, &name, call, scope, sink)?,
            _ => {
                let asked = one(folder, &folder.join(name), call, None, scope, sink)?;
                if !asked && table::has(call.action) {
                    sink.gap(scope, &gap(call, None, GapReason::NotRequested, "there is no file of it"));
                }
            }
        }
    }
    if scope.1 != GLOBAL {
        composite::import(folder, scope, sink)?;
        unasked::write(folder, scope, sink);
    }
    Ok(())
}

/// The files of a call that is about one thing.
fn each(
    folder: &Path,
    name: &str,
    call: &'static Call,
    scope: (&str, &str),
    sink: &mut Sink,
) -> Result<(), ImportError> {
    let files = folder.join(name);
    if !files.is_dir() {
        return Ok(());
    }
    for stem in stems(&names(&files)?) {
        one(folder, &files.join(&stem), call, Some(&decoded(&stem)), scope, sink)?;
    }
    Ok(())
}

/// The names of files, without what tells answers from refusals.
fn stems(names: &[String]) -> BTreeSet<String> {
    let stems = names.iter().filter_map(|name| name.strip_suffix(".json").or_else(|| name.strip_suffix(".error")));
    stems.map(str::to_owned).collect()
}

/// The name of a thing, of that of its file.
fn decoded(stem: &str) -> String {
    percent_decode_str(stem).decode_utf8_lossy().into_owned()
}

/// What the CLI printed.
enum Said {
    /// An answer, and when it came.
    Answer(Value, Timestamp),
    /// A refusal.
    Refused(Gap),
    /// Nobody asked.
    Nothing,
}

/// Reads what the CLI printed to a file, whose name has no suffix yet.
fn said(path: &Path, call: &'static Call, target: Option<&str>) -> Result<Said, ImportError> {
    // Names may have dots of their own, so that the suffix is added and not put in the place of one.
    let with = |suffix: &str| PathBuf::from(format!("{}.{suffix}", path.display()));
    let (answer, error) = (with("json"), with("error"));
    if answer.is_file() {
        let value = serde_json::from_str(&text(&answer)?);
        let value = value.map_err(|error| bad_file(&answer, call.action, error.to_string()))?;
        return Ok(Said::Answer(value, written(&answer)));
    }
    if error.is_file() {
        let words = text(&error)?;
        return Ok(Said::Refused(gap(call, target, reason(&words), &words)));
    }
    Ok(Said::Nothing)
}

/// One answer, or what was said instead; tells whether there is any of them.
fn one(
    folder: &Path,
    path: &Path,
    call: &'static Call,
    target: Option<&str>,
    scope: (&str, &str),
    sink: &mut Sink,
) -> Result<bool, ImportError> {
    match said(path, call, target)? {
        Said::Answer(value, at) => {
            let mut out = Out { sink, scope, action: call.action, target, at, folder };
            let bad = |detail| bad_file(&PathBuf::from(format!("{}.json", path.display())), call.action, detail);
            table::write(&mut out, value).map_err(bad)?;
            Ok(true)
        }
        // To be in no organization is an answer.
        Said::Refused(gap) if gap.message.raw().contains(NO_ORGANIZATION) => {
            let mut out = Out { sink, scope, action: call.action, target, at: now(), folder };
            let bad = |detail| bad_file(path, call.action, detail);
            table::write(&mut out, Value::Object(serde_json::Map::new())).map_err(bad)?;
            Ok(true)
        }
        Said::Refused(gap) => {
            sink.gap(scope, &gap);
            Ok(true)
        }
        Said::Nothing => Ok(false),
    }
}

/// What Organizations says to an account that is in none.
const NO_ORGANIZATION: &str = "(AWSOrganizationsNotInUseException)";

fn bad_file(path: &Path, action: &'static str, detail: String) -> ImportError {
    ImportError::BadFile { path: path.to_owned(), action, detail: detail.into() }
}

/// What kind of failure the CLI tells of, by the code that it puts in brackets.
fn reason(words: &str) -> GapReason {
    let code = words.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(code, _)| code);
    match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "OptInRequired" => GapReason::Denied,
        "Throttling" | "ThrottlingException" | "RequestLimitExceeded" | "TooManyRequestsException" => {
            GapReason::Throttled
        }
        "" => GapReason::Unreachable,
        _ => GapReason::Unsupported,
    }
}

fn gap(call: &Call, target: Option<&str>, reason: GapReason, message: &str) -> Gap {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    Gap {
        what: call.action.to_owned(),
        target: target.map(str::to_owned),
        reason,
        needs: (reason == GapReason::Denied).then(|| call.action.to_owned()),
        message: line.chars().take(MESSAGE_CHARACTERS).collect::<String>().into(),
        at: None,
    }
}

fn text(path: &Path) -> Result<String, ImportError> {
    fs::read_to_string(path).map_err(|source| ImportError::Read { path: path.to_owned(), source })
}

/// When a file was written is when its answer came; now where the system does not tell.
fn written(path: &Path) -> Timestamp {
    let modified = fs::metadata(path).and_then(|about| about.modified()).ok();
    let time = modified.and_then(|time| Timestamp::try_from(time).ok()).unwrap_or_else(now);
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// What is in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>, ImportError> {
    let failed = |source| ImportError::Read { path: folder.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
pub(super) mod tests {
    use tempfile::TempDir;

    use super::*;

    /// What a folder becomes, a text each.
    pub fn drafts(folder: &TempDir) -> Vec<String> {
        let found = import(folder.path()).unwrap();
        found.sink.into_drafts().into_iter().map(|draft| format!("{draft:?}").replace('\\', "")).collect()
    }

    pub fn folder(files: &[(&str, &str)]) -> TempDir {
        let folder = TempDir::new().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn answers_become_records_and_refusals_gaps() {
        let folder = folder(&[
            (
                "123456789012/eu-west-1/rds.DescribeDBClusters.json",
                r#"{"DBClusters": [{"DBClusterIdentifier": "a", "Engine": "aurora-mysql"}, {"DBClusterIdentifier": "n", "Engine": "neptune"}]}"#,
            ),
            (
                "123456789012/eu-west-1/rds.DescribeDBInstances.error",
                "\nAn error occurred (AccessDenied) when calling the operation: no\n",
            ),
            (
                "123456789012/eu-west-1/rds.DescribeDBClusterParameters/a%2Fb.json",
                r#"{"Parameters": [{"ParameterName": "z"}, {"ParameterName": "y", "ParameterValue": "1"}]}"#,
            ),
            ("README", "not an account"),
        ]);
        let found = import(folder.path()).unwrap();
        assert_eq!(found.regions, BTreeSet::from(["eu-west-1".to_owned()]));
        let drafts = drafts(&folder);
        let has = |words: &[&str]| drafts.iter().any(|draft| words.iter().all(|word| draft.contains(word)));
        assert!(has(&[r#""kind":"rds.db_cluster""#, r#""id":"a""#, r#""Endpoint":null"#]), "{drafts:?}");
        assert!(has(&[r#""kind":"listing""#, r#""Returned":2,"Kept":1"#, "engine neptune"]), "{drafts:?}");
        assert!(
            has(&[
                r#""kind":"gap""#,
                "rds:DescribeDBInstances",
                r#""Reason":"denied""#,
                r#""Needs":"rds:DescribeDBInstances""#
            ]),
            "{drafts:?}"
        );
        assert!(
            has(&[r#""kind":"rds.db_cluster_parameters""#, r#""id":"a/b""#, r#"[{"ParameterName":"y""#]),
            "{drafts:?}"
        );
        assert!(has(&["ec2:DescribeVpcs", "not_requested"]), "{drafts:?}");
    }

    #[test]
    fn what_the_cli_does_not_print_is_refused() {
        for (files, words) in [
            (&[][..], "has no folder named after"),
            (&[("123456789012/eu-west-1/rds.DescribeDBClusters.json", "{")], "is not what the AWS CLI prints"),
            (&[("123456789012/eu-west-1/rds.DescribeDBClusters.json", "[]")], "DBClusters"),
            (&[("123456789012/eu-west-1/rds.DescribeDBClusters.json", r#"{"DBClusters": 7}"#)], "DBClusters"),
            (
                &[("123456789012/eu-west-1/rds.DescribeDBClusters.json", r#"{"DBClusters": [{"Port": "x"}]}"#)],
                "invalid type",
            ),
        ] {
            let error = import(folder(files).path()).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
        assert!(matches!(import(Path::new("/nowhere")), Err(ImportError::Read { .. })));
    }

    #[test]
    fn refusals_are_told_apart() {
        for (words, expected) in [
            ("An error occurred (UnauthorizedOperation) when", GapReason::Denied),
            ("An error occurred (RequestLimitExceeded) when", GapReason::Throttled),
            ("An error occurred (InvalidAction) when", GapReason::Unsupported),
            ("Could not connect to the endpoint URL", GapReason::Unreachable),
            ("", GapReason::Unreachable),
        ] {
            assert_eq!(reason(words), expected, "{words}");
        }
    }
}
