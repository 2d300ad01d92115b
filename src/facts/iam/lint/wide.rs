//! Grants that are wider than anybody would ask for.

use super::Notes;
use super::check::Check as C;
use super::scope::{DATABASE_SERVICES, covers};
use super::service::ACTIONS;
use crate::facts::iam::arn::Arn;
use crate::facts::iam::glob::is_stars;
use crate::facts::iam::grammar::{ActionPattern, Base, Document, Effect, SetOperator, Statement, Test};

/// Keys on which guards rest; who leaves them out of a request should not be let in.
const GUARDS: [&str; 5] =
    ["aws:multifactorauthpresent", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:principalorgid"];

/// Names that RDS proposes for master users, and its own.
const ADMINISTRATORS: [&str; 5] = ["admin", "master", "postgres", "rdsadmin", "root"];

/// All checks on what is too wide in a statement.
pub(super) fn check(statement: &Statement, notes: &mut Notes<'_>) {
    if statement.effect != Some(Effect::Allow) {
        return;
    }
    negations(statement, notes);
    if is_everywhere(statement) {
        statement.actions.iter().filter(|it| !it.negated).flat_map(|it| &it.patterns).for_each(|it| action(it, notes));
    }
    database_users(statement, notes);
    pass_role(statement, notes);
    for test in &statement.tests {
        condition(statement, test, notes);
    }
}

fn negations(statement: &Statement, notes: &mut Notes<'_>) {
    if let Some(actions) = statement.actions.as_ref().filter(|it| it.negated) {
        let at = actions.patterns.first().map_or(statement.at, |it| it.at);
        notes.add(
            C::AllowNotAction,
            at,
            "",
            "NotAction allows all that it does not list, of every service, today's and tomorrow's",
        );
    }
    if let Some(resources) = statement.resources.as_ref().filter(|it| it.negated) {
        let at = resources.patterns.first().map_or(statement.at, |it| it.at);
        notes.add(
            C::AllowNotResource,
            at,
            "",
            "NotResource allows all that it does not list, also what is made tomorrow",
        );
    }
    if let Some(principals) = statement.principals.as_ref().filter(|it| it.negated) {
        notes.add(C::AllowNotPrincipal, principals.at, "", "NotPrincipal allows everybody else, of every account");
    }
}

fn is_everywhere(statement: &Statement) -> bool {
    let every = |text: &str| is_stars(text) || Arn::parse(text).is_some_and(|arn| is_stars(arn.resource));
    statement.tests.is_empty()
        && statement.resources.iter().any(|it| !it.negated && it.patterns.iter().any(|pattern| every(&pattern.text)))
}

fn action(pattern: &ActionPattern, notes: &mut Notes<'_>) {
    if pattern.covers_everything() {
        notes.add(
            C::EveryAction,
            pattern.at,
            &pattern.text,
            "allows everything, logins as every database user included",
        );
    } else if pattern.service() == Some("rds") && pattern.text.contains('*') && changes(pattern) {
        notes.add(C::EveryDatabase, pattern.at, &pattern.text, "allows changes to every database of the account");
    }
}

/// Whether a pattern covers an action that can take data, passwords or a database away.
fn changes(pattern: &ActionPattern) -> bool {
    const POWERS: [&str; 6] = [
        "rds:modifydbcluster",
        "rds:modifydbinstance",
        "rds:deletedbcluster",
        "rds:restoredbclusterfromsnapshot",
        "rds:modifydbclustersnapshotattribute",
        "rds:modifydbclusterparametergroup",
    ];
    ACTIONS.iter().any(|known| POWERS.contains(&known.action.text()) && pattern.covers(&known.action))
}

fn database_users(statement: &Statement, notes: &mut Notes<'_>) {
    let explicit = statement.actions.iter().any(|it| it.patterns.iter().any(|it| it.service() == Some("rds-db")));
    if !explicit || !covers(statement, "rds-db:connect") {
        return;
    }
    for pattern in statement.resources.iter().filter(|it| !it.negated).flat_map(|it| &it.patterns) {
        let user = Arn::parse(&pattern.text).and_then(|arn| arn.resource.strip_prefix("dbuser:"));
        let (database, name) = user.and_then(|it| it.split_once('/')).unwrap_or(("*", "*"));
        if is_stars(&pattern.text)
            || user.is_some() && (is_stars(name) || is_stars(database) || database == "cluster-*")
        {
            let says = "lets its holders log in to every database, or as every database user";
            notes.add(C::EveryDatabaseUser, pattern.at, &pattern.text, says);
        } else if user.is_some() && ADMINISTRATORS.contains(&name) {
            let says = "lets its holders log in as an administrator of the database";
            notes.add(C::AdminDatabaseUser, pattern.at, &pattern.text, says);
        }
    }
}

fn pass_role(statement: &Statement, notes: &mut Notes<'_>) {
    let named = |it: &&ActionPattern| it.service() == Some("iam");
    let patterns = statement.actions.iter().filter(|it| !it.negated).flat_map(|it| &it.patterns);
    let guarded = statement.tests.iter().any(|test| *test.key.lower == *"iam:passedtoservice");
    let everywhere =
        statement.resources.iter().any(|it| !it.negated && it.patterns.iter().any(|it| passes_any(&it.text)));
    if let Some(pattern) = patterns.filter(named).find(|_| covers(statement, "iam:PassRole") && everywhere && !guarded)
    {
        notes.add(
            C::PassAnyRole,
            pattern.at,
            &pattern.text,
            "passes every role to every service: name the roles, or add iam:PassedToService",
        );
    }
}

fn passes_any(resource: &str) -> bool {
    is_stars(resource) || Arn::parse(resource).is_some_and(|arn| is_stars(arn.resource) || arn.resource == "role/*")
}

fn condition(statement: &Statement, test: &Test, notes: &mut Notes<'_>) {
    let (key, lower) = (test.key.name.as_str(), &*test.key.lower);
    if test.operator.set == Some(SetOperator::ForAllValues) {
        let required =
            |it: &Test| it.operator.base == Base::Null && it.values.iter().any(|it| it.eq_ignore_ascii_case("false"));
        let guarded = statement.tests.iter().any(|it| it.key.lower == test.key.lower && required(it));
        if !guarded {
            notes.add(
                C::ForAllValuesUnguarded,
                test.at,
                key,
                "may be left out, and ForAllValues then holds: add Null false",
            );
        }
        if GUARDS.contains(&lower) || lower.starts_with("aws:principaltag/") || lower.starts_with("aws:resourcetag/") {
            notes.add(C::ForAllValuesOfOne, test.at, key, "has one value: ForAllValues only lets in who has none");
        }
    }
    if test.operator.if_exists && GUARDS.contains(&lower) {
        notes.add(C::IfExistsAllows, test.at, key, "may be left out, and IfExists then allows");
    }
}

/// Access by tag is no limit to who may set the tag.
pub(super) fn check_document(document: &Document, notes: &mut Notes<'_>) {
    const SETTERS: [&str; 3] = ["rds:AddTagsToResource", "iam:TagRole", "iam:TagUser"];
    let allows = |it: &&Statement| it.effect == Some(Effect::Allow);
    let by_tag =
        |it: &Test| it.key.lower.starts_with("aws:resourcetag/") || it.key.lower.starts_with("aws:principaltag/");
    let is_database = |it: &&Statement| {
        it.actions
            .iter()
            .flat_map(|it| &it.patterns)
            .any(|it| it.service().is_some_and(|it| DATABASE_SERVICES.contains(&it)))
    };
    let sets = |it: &Statement| it.tests.is_empty() && SETTERS.iter().any(|action| covers(it, action));
    let limited = document.statements.iter().filter(allows).filter(is_database);
    let test = limited.flat_map(|it| &it.tests).find(|test| by_tag(test));
    if let (Some(test), true) = (test, document.statements.iter().filter(allows).any(sets)) {
        notes.add(
            C::TagsSetByHolder,
            test.at,
            &test.key.name,
            "limits nobody here, for the same policy lets its holders set tags",
        );
    }
}
