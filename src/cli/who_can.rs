//! `who-can`: snapshots and an action → the principals that may do it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::{ListFormat, WhoCanArgs};
use super::error::CliError;
use super::exit::Exit;
use super::output::written;
use crate::facts::iam::evaluate::{Options, UnreadScps};
use crate::facts::iam::grammar::Action;
use crate::facts::{Answer, Answers, Facts, Login, Question, Verdict, who_can};
use crate::model::{Place, Untrusted};
use crate::snapshot::{self, Snapshot};

/// Runs the command.
pub fn run(args: &WhoCanArgs) -> Result<Exit, CliError> {
    let (files, spelt, action, resource) = split(&args.question)?;
    let snapshot = snapshot::read(&files)?;
    let unread_scps = if args.scps_unknown { UnreadScps::Unknown } else { UnreadScps::Assume };
    let facts = Facts::deciding(&snapshot, Options { unread_scps, ..Options::default() });
    let question = Question { spelt, action, resource };
    let answers = who_can(facts.account_access(), &question)?;
    let text = match args.format {
        ListFormat::Json => json_of(&question, &answers, &snapshot).to_string() + "\n",
        ListFormat::Text => text_of(&question, &answers, &snapshot, args.explain),
    };
    let mut stdout = io::stdout().lock();
    let _reader_left = written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))?;
    Ok(if answers.incomplete.is_empty() { Exit::Clean } else { Exit::Incomplete })
}

/// Files, the action as it was written and as it is compared, and the resource.
type Parsed = (Vec<PathBuf>, String, Action, Option<String>);

/// The snapshot files, then the action, then perhaps a resource.
fn split(words: &[String]) -> Result<Parsed, CliError> {
    let is_action = |word: &str| !word.starts_with("arn:") && !Path::new(word).exists() && Action::new(word).is_some();
    let at = words.iter().rposition(|word| is_action(word)).ok_or(CliError::NoAction)?;
    let (files, rest) = words.split_at(at);
    let spelt = rest.first().ok_or(CliError::NoAction)?;
    let action = Action::new(spelt).ok_or(CliError::NoAction)?;
    let parsed = |resource| (files.iter().map(PathBuf::from).collect(), spelt.clone(), action, resource);
    match (files, rest) {
        ([], _) => Err(CliError::NoSnapshot),
        (_, [_]) => Ok(parsed(None)),
        (_, [_, resource]) => Ok(parsed(Some(resource.clone()))),
        _ => Err(CliError::NoAction),
    }
}

fn safe(text: &str) -> Untrusted {
    Untrusted::from(text)
}

/// Answers that differ in what they are about alone.
struct Group<'a> {
    first: &'a Answer,
    objects: Vec<String>,
}

/// Whether two answers differ in what they are about alone.
fn alike(one: &Answer, other: &Answer) -> bool {
    let who = |it: &'_ Answer| (it.principal.clone(), it.through.clone(), it.verdict.clone());
    who(one) == who(other)
        && one.conditions == other.conditions
        && one.statements == other.statements
        && one.against == other.against
}

/// Groups what is allowed alike. Users are not listed where every user of the cluster is allowed the same way.
fn groups(answers: &[Answer]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for answer in answers {
        let Some(object) = object(answer, answers) else { continue };
        match groups.iter_mut().find(|group| alike(group.first, answer)) {
            Some(group) => group.objects.push(object),
            None => groups.push(Group { first: answer, objects: vec![object] }),
        }
    }
    groups
}

/// What an answer is about, for people; nothing when another line says it.
fn object(answer: &Answer, answers: &[Answer]) -> Option<String> {
    let Some(login) = &answer.login else {
        return Some(if answer.resource == "*" { "anything".to_owned() } else { safe(&answer.resource).to_string() });
    };
    let same_door = |other: &&Login| (&other.cluster, &other.proxy) == (&login.cluster, &login.proxy);
    let users = |list: &mut dyn Iterator<Item = &Answer>| -> BTreeSet<String> {
        list.filter_map(|it| it.login.as_ref()).filter(same_door).map(|it| it.user.clone()).collect()
    };
    let named = users(&mut answers.iter());
    let same = users(&mut answers.iter().filter(|other| alike(answer, other)));
    let any = same == named && same.contains("*");
    let door = match &login.proxy {
        None => safe(&login.cluster).to_string(),
        Some(proxy) => format!("{} through {}", safe(&login.cluster), safe(proxy)),
    };
    match login.user.as_str() {
        "*" if any => Some(format!("{door} as any user")),
        "*" => Some(format!("{door} as any other user")),
        _ if any => None,
        user => Some(format!("{door} as {}", safe(user))),
    }
}

fn text_of(question: &Question, answers: &Answers, snapshot: &Snapshot, explain: bool) -> String {
    let mut out = String::new();
    for group in groups(&answers.answers) {
        block(&mut out, &group, snapshot, explain);
    }
    summary(&mut out, question, answers);
    out
}

fn block(out: &mut String, group: &Group<'_>, snapshot: &Snapshot, explain: bool) {
    let answer = group.first;
    let way: Vec<_> = [&answer.principal].into_iter().chain(&answer.through).map(|it| safe(it).to_string()).collect();
    let _infallible = writeln!(out, "{}", way.join(" → "));
    let mut line = |label: &str, text: String| {
        let _infallible = writeln!(out, "  {label:<12}{text}");
    };
    line(answer.verdict.as_str(), group.objects.join(", "));
    answer.conditions.iter().for_each(|condition| line("when", safe(condition).to_string()));
    if let Some(set) = &answer.permission_set {
        line("people", format!("behind the permission set {} not assessed", safe(set)));
    }
    if explain {
        let place = |place: &Option<Place>| at(place.as_ref(), snapshot);
        answer.statements.iter().for_each(|(name, it)| line("by", format!("{}{}", safe(name), place(it))));
        answer
            .against
            .iter()
            .for_each(|(name, it)| line("denied by", format!("{} if it applies{}", safe(name), place(it))));
    }
}

fn summary(out: &mut String, question: &Question, answers: &Answers) {
    let count = |verdict: Verdict| answers.answers.iter().filter(|it| it.verdict == verdict).count();
    if !answers.answers.is_empty() {
        out.push('\n');
    }
    let _infallible = writeln!(
        out,
        "{} of {}: {} allowed, {} conditional, {} unknown; {} principals asked",
        safe(&question.spelt),
        question.resource.as_deref().map_or_else(|| "anything".to_owned(), |it| safe(it).to_string()),
        count(Verdict::Allowed),
        count(Verdict::Conditional),
        count(Verdict::Unknown),
        answers.asked,
    );
    if answers.answers.iter().any(|answer| answer.assumes_no_scp_denies) {
        out.push_str(
            "assumed: no service control policy denies it; those were not read (--scps-unknown leaves it open)\n",
        );
    }
    out.push_str("not in a snapshot: session policies, session tags, people behind federated roles\n");
    for missing in &answers.incomplete {
        let _infallible = writeln!(out, "incomplete: {missing}");
    }
}

fn at(place: Option<&Place>, snapshot: &Snapshot) -> String {
    place.map_or_else(String::new, |place| {
        let file = snapshot
            .files
            .get(usize::from(place.record.file))
            .map_or_else(String::new, |file| file.path.display().to_string());
        format!(" ({}:{} {})", safe(&file), place.record.line, safe(&place.pointer))
    })
}

fn json_of(question: &Question, answers: &Answers, snapshot: &Snapshot) -> Value {
    let statements = |list: &[(String, Option<Place>)]| -> Vec<Value> {
        let one = |(name, place): &(String, Option<Place>)| {
            let file = place.as_ref().and_then(|it| snapshot.files.get(usize::from(it.record.file)));
            json!({
                "statement": name,
                "file": file.map(|file| file.path.display().to_string()),
                "line": place.as_ref().map(|it| it.record.line),
                "pointer": place.as_ref().map(|it| it.pointer.as_str()),
            })
        };
        list.iter().map(one).collect()
    };
    let answer = |it: &Answer| {
        json!({
            "principal": it.principal,
            "permission_set": it.permission_set,
            "resource": it.resource,
            "cluster": it.login.as_ref().map(|login| &login.cluster),
            "proxy": it.login.as_ref().and_then(|login| login.proxy.as_ref()),
            "user": it.login.as_ref().map(|login| &login.user),
            "decision": it.verdict.as_str(),
            "conditions": it.conditions,
            "classes": it.classes,
            "through": it.through,
            "statements": statements(&it.statements),
            "against": statements(&it.against),
            "assumes_no_scp_denies": it.assumes_no_scp_denies,
        })
    };
    json!({
        "action": question.spelt,
        "resource": question.resource,
        "principals_asked": answers.asked,
        "answers": answers.answers.iter().map(answer).collect::<Vec<_>>(),
        "incomplete": answers.incomplete,
    })
}
