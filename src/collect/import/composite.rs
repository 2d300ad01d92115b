//! What is put together of several calls: detectors of GuardDuty, tasks and services of ECS. They are listed by name and described
//! apart, and what is listed and not described leaves a gap.

use std::collections::BTreeSet;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::table::{self, Out, text};
use super::{ImportError, Said, bad_file, decoded, gap, names, said, stems};
use crate::collect::Sink;
use crate::model::actions::{self, CALLS, Call};
use crate::model::{Answered, Gap, GapReason};
use crate::snapshot::Kind;
use crate::snapshot::schema::{ecs, guardduty};

/// The calls that are put together here.
pub(super) const CALLS_OF: [&str; 7] = [
    actions::LIST_DETECTORS,
    actions::GET_DETECTOR,
    actions::LIST_ECS_CLUSTERS,
    actions::LIST_TASKS,
    actions::DESCRIBE_TASKS,
    actions::LIST_SERVICES,
    actions::DESCRIBE_SERVICES,
];

type Scope<'s> = (&'s str, &'s str);

/// Imports the folder of a region.
pub(super) fn import(folder: &Path, scope: Scope<'_>, sink: &mut Sink) -> Result<(), ImportError> {
    detectors(folder, scope, sink)?;
    let clusters = listed(folder, actions::LIST_ECS_CLUSTERS, None, "clusterArns")?;
    let tasks = Parts {
        list: actions::LIST_TASKS,
        arns: "taskArns",
        describe: actions::DESCRIBE_TASKS,
        items: "tasks",
        id: "taskArn",
    };
    let services = Parts {
        list: actions::LIST_SERVICES,
        arns: "serviceArns",
        describe: actions::DESCRIBE_SERVICES,
        items: "services",
        id: "serviceArn",
    };
    described::<ecs::TaskAnswer>(folder, scope, sink, &tasks, clusters.clone())?;
    described::<ecs::ServiceAnswer>(folder, scope, sink, &services, clusters)
}

/// One that cannot be read leaves them all in doubt.
fn detectors(folder: &Path, scope: Scope<'_>, sink: &mut Sink) -> Result<(), ImportError> {
    let mut found = Vec::new();
    let mut missing = None;
    match listed(folder, actions::LIST_DETECTORS, None, "DetectorIds")? {
        Err(gap) => missing = Some(gap),
        Ok(ids) => {
            for id in ids {
                match value(folder, actions::GET_DETECTOR, Some(&id))? {
                    Ok(mut detector) => {
                        if let Value::Object(members) = &mut detector {
                            members.insert("DetectorId".to_owned(), id.into());
                        }
                        found.push(detector);
                    }
                    Err(gap) => missing = Some(gap),
                }
            }
        }
    }
    let missing = missing.map(|gap| Gap { what: actions::LIST_DETECTORS.to_owned(), target: None, ..gap });
    write::<guardduty::DetectorAnswer>(folder, scope, sink, actions::LIST_DETECTORS, "DetectorId", found, missing)
}

/// Something that ECS lists cluster by cluster and describes in batches.
struct Parts {
    list: &'static str,
    arns: &'static str,
    describe: &'static str,
    items: &'static str,
    id: &'static str,
}

fn described<A>(
    folder: &Path,
    scope: Scope<'_>,
    sink: &mut Sink,
    parts: &Parts,
    clusters: Result<Vec<String>, Gap>,
) -> Result<(), ImportError>
where
    A: Answered + DeserializeOwned,
    A::Record: Kind,
{
    let (mut wanted, mut missing) = (BTreeSet::new(), None);
    for cluster in clusters.unwrap_or_else(|gap| {
        missing = Some(gap);
        Vec::new()
    }) {
        match listed(folder, parts.list, Some(&cluster), parts.arns)? {
            Ok(arns) => wanted.extend(arns),
            Err(gap) => missing = Some(gap),
        }
    }
    let mut found = Vec::new();
    for batch in batches(folder, parts.describe)? {
        match batch {
            Ok(answer) => {
                for item in array(&answer, parts.items) {
                    wanted.remove(text(item, parts.id));
                    found.push(item.clone());
                }
                // What is gone since it was listed is no longer there.
                let gone = array(&answer, "failures").iter().filter(|failure| text(failure, "reason") == "MISSING");
                for failure in gone {
                    wanted.remove(text(failure, "arn"));
                }
            }
            Err(gap) => missing = Some(gap),
        }
    }
    let nobody = |arn: &String| gap(call(parts.describe), Some(arn), GapReason::NotRequested, "no file describes it");
    let missing = missing.or_else(|| wanted.first().map(nobody));
    let missing = missing.map(|gap| Gap { what: parts.describe.to_owned(), target: None, ..gap });
    write::<A>(folder, scope, sink, parts.describe, parts.id, found, missing)
}

/// The answers about each batch.
fn batches(folder: &Path, action: &'static str) -> Result<Vec<Result<Value, Gap>>, ImportError> {
    let folder = folder.join(file(action));
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut batches = Vec::new();
    for stem in stems(&names(&folder)?) {
        batches.push(match said(&folder.join(&stem), call(action), None)? {
            Said::Answer(value, _) => Ok(value),
            Said::Refused(gap) => Err(gap),
            Said::Nothing => continue,
        });
    }
    Ok(batches)
}

/// The names that an answer lists.
fn listed(
    folder: &Path,
    action: &'static str,
    target: Option<&str>,
    member: &str,
) -> Result<Result<Vec<String>, Gap>, ImportError> {
    let answer = match value(folder, action, target)? {
        Ok(answer) => answer,
        Err(gap) => return Ok(Err(gap)),
    };
    let Some(Value::Array(items)) = answer.get(member) else {
        let path = folder.join(file(action));
        return Err(bad_file(&path, action, format!("its member {member} is no list")));
    };
    Ok(Ok(items.iter().filter_map(Value::as_str).map(str::to_owned).collect()))
}

/// One answer, or why there is none.
fn value(folder: &Path, action: &'static str, target: Option<&str>) -> Result<Result<Value, Gap>, ImportError> {
    let path = folder.join(file(action));
    let path = match target {
        None => path,
        Some(target) => {
            let all = if path.is_dir() { stems(&names(&path)?) } else { BTreeSet::new() };
            let stem = all.into_iter().find(|stem| decoded(stem) == target);
            path.join(stem.unwrap_or_default())
        }
    };
    Ok(match said(&path, call(action), target)? {
        Said::Answer(value, _) => Ok(value),
        Said::Refused(gap) => Err(gap),
        Said::Nothing => Err(gap(call(action), target, GapReason::NotRequested, "there is no file of it")),
    })
}

/// Writes the records, and either that they are all or what is missing.
fn write<A>(
    folder: &Path,
    scope: Scope<'_>,
    sink: &mut Sink,
    action: &'static str,
    id: &str,
    items: Vec<Value>,
    missing: Option<Gap>,
) -> Result<(), ImportError>
where
    A: Answered + DeserializeOwned,
    A::Record: Kind,
{
    let path = folder.join(file(action));
    let mut out = Out { sink, scope, action, target: None, at: super::written(&path), folder };
    let ids = [id];
    let written = match &missing {
        None => table::list::<A>(&mut out, items, &ids, None),
        Some(_) => table::records::<A>(&mut out, items, &ids, None).map(drop),
    };
    written.map_err(|detail| bad_file(&path, action, detail))?;
    if let Some(gap) = missing {
        sink.gap(scope, &gap);
    }
    Ok(())
}

fn array<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn file(action: &str) -> String {
    action.replace(':', ".")
}

fn call(action: &'static str) -> &'static Call {
    const NONE: Call = Call { action: "", each: actions::Each::Account, why: "" };
    CALLS.iter().find(|call| call.action == action).unwrap_or(&NONE)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{drafts, folder};

    const REGION: &str = "123456789012/eu-west-1";

    /// The drafts of a region with these files, as text.
    fn imported(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files.iter().map(|(name, text)| (format!("{REGION}/{name}"), *text)).collect();
        let mut files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        files.push(("123456789012/eu-west-1/README", ""));
        drafts(&folder(&files))
    }

    fn has(drafts: &[String], words: &[&str]) -> bool {
        drafts.iter().any(|draft| words.iter().all(|word| draft.contains(word)))
    }

    const CLUSTERS: (&str, &str) = ("ecs.ListClusters.json", r#"{"clusterArns": ["arn:c"]}"#);
    const TASKS: (&str, &str) = ("ecs.ListTasks/arn%3Ac.json", r#"{"taskArns": ["arn:t1", "arn:t2"]}"#);
    const SERVICES: (&str, &str) = ("ecs.ListServices/arn%3Ac.json", r#"{"serviceArns": []}"#);

    #[test]
    fn tasks_are_whole_when_each_that_is_listed_is_described_or_gone() {
        let whole = (
            "ecs.DescribeTasks/arn%3Ac.1.json",
            r#"{"tasks": [{"taskArn": "arn:t1"}], "failures": [{"arn": "arn:t2", "reason": "MISSING"}]}"#,
        );
        let part = ("ecs.DescribeTasks/arn%3Ac.1.json", r#"{"tasks": [{"taskArn": "arn:t1"}], "failures": []}"#);
        let denied = (
            "ecs.DescribeTasks/arn%3Ac.2.error",
            "An error occurred (AccessDeniedException) when calling the DescribeTasks operation: no",
        );
        let unlisted = ("ecs.ListTasks/arn%3Ac.error", "An error occurred (AccessDeniedException) when");
        for (files, listed, reason) in [
            (vec![CLUSTERS, TASKS, SERVICES, whole], true, ""),
            (vec![CLUSTERS, TASKS, SERVICES, part], false, "not_requested"),
            (vec![CLUSTERS, TASKS, SERVICES, part, denied], false, "denied"),
            (vec![CLUSTERS, SERVICES, unlisted, whole], false, "denied"),
            (vec![CLUSTERS, SERVICES], false, "not_requested"),
            (vec![], false, "not_requested"),
        ] {
            let found = imported(&files);
            let there = has(&found, &[r#""kind":"listing""#, "ecs:DescribeTasks"]);
            assert_eq!(there, listed, "{files:?} {found:?}");
            let gap = [r#""What":"ecs:DescribeTasks""#, &format!(r#""Reason":"{reason}""#)];
            assert_eq!(has(&found, &gap), !listed, "{files:?} {found:?}");
            assert_eq!(has(&found, &[r#""kind":"ecs.task""#]), files.contains(&whole) || files.contains(&part));
        }
    }

    #[test]
    fn a_detector_that_is_not_read_leaves_them_all_in_doubt() {
        let list = ("guardduty.ListDetectors.json", r#"{"DetectorIds": ["d"]}"#);
        let good = ("guardduty.GetDetector/d.json", r#"{"Status": "ENABLED", "Features": []}"#);
        let bad = ("guardduty.GetDetector/d.error", "An error occurred (AccessDeniedException) when");
        for (files, listed) in [
            (vec![list, good], true),
            (vec![list, bad], false),
            (vec![list], false),
            (vec![], false),
            (vec![("guardduty.ListDetectors.json", r#"{"DetectorIds": []}"#)], true),
        ] {
            let found = imported(&files);
            assert_eq!(has(&found, &[r#""kind":"listing""#, "guardduty:ListDetectors"]), listed, "{found:?}");
            assert_eq!(has(&found, &[r#""kind":"gap""#, "guardduty:ListDetectors"]), !listed, "{found:?}");
        }
    }

    #[test]
    fn a_list_that_is_none_is_refused() {
        let folder = folder(&[("123456789012/eu-west-1/ecs.ListClusters.json", r#"{"clusterArns": 7}"#)]);
        let error = super::super::import(folder.path()).unwrap_err();
        assert!(error.to_string().contains("clusterArns"), "{error}");
    }
}
