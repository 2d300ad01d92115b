//! Statements that cannot do what they say.

use std::net::IpAddr;

use super::check::Check;
use super::scope::{DATABASE_SERVICES, covers};
use super::service::{ACTIONS, KEY_TYPES, Known};
use super::{Check as C, Notes};
use crate::facts::iam::arn::{Arn, PARTITIONS};
use crate::facts::iam::glob::{Glob, Token};
use crate::facts::iam::grammar::{
    ActionPattern, Base, Document, Effect, Operand, ResourcePattern, SetOperator, Statement, Test, Version,
};

/// All checks on what is dead in a statement.
pub(super) fn check(statement: &Statement, notes: &mut Notes<'_>) {
    for faulty in &statement.faults {
        notes.add(Check::Unreadable, faulty.at, "", &faulty.fault.to_string());
    }
    for pattern in statement.actions.iter().flat_map(|it| &it.patterns) {
        action(pattern, notes);
    }
    for pattern in statement.resources.iter().flat_map(|it| &it.patterns) {
        resource(pattern, notes);
    }
    mismatch(statement, notes);
    for test in &statement.tests {
        condition(statement, test, notes);
    }
}

fn action(pattern: &ActionPattern, notes: &mut Notes<'_>) {
    if pattern.is_invalid() {
        notes.add(
            Check::InvalidAction,
            pattern.at,
            &pattern.text,
            "matches no action: write service:name, with wildcards in the name",
        );
    } else if pattern.text.contains("${") {
        notes.add(
            Check::MisplacedVariable,
            pattern.at,
            &pattern.text,
            "holds a policy variable, which IAM does not take in actions",
        );
    } else if pattern.service().is_some_and(|it| DATABASE_SERVICES.contains(&it)) && known_by(pattern).next().is_none()
    {
        notes.add(C::UnknownAction, pattern.at, &pattern.text, "covers no action that the service has");
    }
}

fn known_by(pattern: &ActionPattern) -> impl Iterator<Item = &'static Known> {
    ACTIONS.iter().filter(|known| pattern.covers(&known.action))
}

fn resource(pattern: &ResourcePattern, notes: &mut Notes<'_>) {
    if variables(pattern, notes) {
        return;
    }
    let Some(arn) = Arn::parse(&pattern.text) else { return };
    let word = arn.resource.split([':', '/']).next().unwrap_or_default();
    if DATABASE_SERVICES.contains(&arn.service)
        && arn.region.is_empty()
        && word != "global-cluster"
        && !word.contains('*')
    {
        notes.add(
            C::RegionMissing,
            pattern.at,
            &pattern.text,
            "names no region, and only a global cluster has none: write `*`",
        );
    }
    match arn.service {
        "rds" => rds_resource(pattern, arn, word, notes),
        "rds-db" if word == "dbuser" => database_user(pattern, arn, notes),
        "rds-db" if !word.contains('*') => {
            notes.add(
                C::UnknownResourceType,
                pattern.at,
                &pattern.text,
                "is no resource of rds-db: write dbuser:RESOURCEID/USER",
            );
        }
        _ => {}
    }
}

/// Says what is wrong with policy variables, and whether anything is.
fn variables(pattern: &ResourcePattern, notes: &mut Notes<'_>) -> bool {
    if !pattern.text.contains("${") {
        return false;
    }
    let (check, says) = if notes.document.version == Version::Old {
        (C::VariableWithoutVersion, "is literal: policy variables need Version 2012-10-17")
    } else if pattern.fixed.is_some() && !["${*}", "${?}", "${$}"].iter().any(|it| pattern.text.contains(it)) {
        (C::MisplacedVariable, "holds a policy variable before the fifth colon, where it is literal")
    } else {
        return false;
    };
    notes.add(check, pattern.at, &pattern.text, says);
    true
}

fn rds_resource(pattern: &ResourcePattern, arn: Arn<'_>, word: &str, notes: &mut Notes<'_>) {
    let is_literal = !word.contains(['*', '?', '$']);
    let known = ACTIONS
        .iter()
        .filter(|it| it.action.service() != "rds-db")
        .flat_map(|it| &it.resources)
        .any(|glob| has_type(glob, word));
    if is_literal && (!known || !arn.resource.contains(':')) {
        notes.add(
            C::UnknownResourceType,
            pattern.at,
            &pattern.text,
            "has no resource type of RDS: write TYPE:NAME, as in cluster:orders",
        );
    } else if is_literal && word == "global-cluster" && !arn.region.is_empty() && !arn.region.contains('*') {
        notes.add(
            C::RegionOfGlobalCluster,
            pattern.at,
            &pattern.text,
            "names a region, and the ARN of a global cluster has none",
        );
    } else if NAMED.contains(&word) && literal(arn.resource).contains(|it: char| it.is_ascii_uppercase()) {
        notes.add(
            C::UppercaseName,
            pattern.at,
            &pattern.text,
            "has a capital letter, and RDS keeps identifiers in lower case",
        );
    }
}

/// Actions that make a copy of a cluster under a name that the caller picks.
const COPIES: [&str; 2] = ["rds:RestoreDBClusterFromSnapshot", "rds:RestoreDBClusterToPointInTime"];

/// Denies that name clusters, in a document that lets its holders restore one under another name.
pub(super) fn check_document(document: &Document, notes: &mut Notes<'_>) {
    let new_names = PARTITIONS.map(|partition| Glob::new(&format!("arn:{partition}:rds:*:*:cluster:*")));
    let restores = document.statements.iter().any(|statement| {
        let anywhere = |pattern: &ResourcePattern| {
            pattern.fixed.as_ref().is_some_and(|glob| new_names.iter().any(|name| glob.covers(name)))
        };
        let resources = statement.resources.as_ref();
        statement.effect == Some(Effect::Allow)
            && statement.tests.is_empty()
            && resources.is_some_and(|it| !it.negated && it.patterns.iter().any(|it| anywhere(it)))
            && COPIES.iter().any(|action| covers(statement, action))
    });
    if !restores {
        return;
    }
    for statement in document.statements.iter().filter(|it| it.effect == Some(Effect::Deny)) {
        let Some(resources) = statement.resources.as_ref().filter(|it| !it.negated) else { continue };
        let denies_copies = COPIES.iter().any(|action| covers(statement, action));
        let named = resources.patterns.iter().find(|it| names_clusters(&it.text));
        if let (Some(pattern), true, false) = (named, covers(statement, "rds:ModifyDBCluster"), denies_copies) {
            notes.about(statement).add(
                C::DenyEscapedByCopy,
                pattern.at,
                &pattern.text,
                "does not hold a copy that is restored under another name, and the same document allows that",
            );
        }
    }
}

/// Whether a pattern is about clusters of some names and not of others.
fn names_clusters(text: &str) -> bool {
    Arn::parse(text)
        .and_then(|arn| arn.resource.strip_prefix("cluster:"))
        .is_some_and(|name| name.contains(|it: char| it.is_ascii_alphanumeric()))
}

/// Types whose resources are named by their owner, and so in lower case.
const NAMED: [&str; 12] = [
    "cluster",
    "cluster-snapshot",
    "cluster-pg",
    "cluster-endpoint",
    "db",
    "snapshot",
    "pg",
    "og",
    "subgrp",
    "es",
    "secgrp",
    "global-cluster",
];

/// Whether the ARNs that a pattern covers have this type.
fn has_type(glob: &Glob, word: &str) -> bool {
    let tokens = glob.tokens();
    let wanted: Vec<_> = format!(":{word}:").chars().map(Token::Char).collect();
    tokens.windows(wanted.len()).any(|it| it == wanted)
}

/// A text without its policy variables.
fn literal(text: &str) -> String {
    text.split("${")
        .enumerate()
        .map(|(index, part)| if index == 0 { part } else { part.split_once('}').map_or("", |it| it.1) })
        .collect()
}

fn database_user(pattern: &ResourcePattern, arn: Arn<'_>, notes: &mut Notes<'_>) {
    let id = arn.resource.trim_start_matches("dbuser:").split('/').next().unwrap_or_default();
    let is_id = ["cluster-", "db-", "prx-"].iter().any(|prefix| id.starts_with(prefix));
    if !is_id && !id.contains(['*', '?', '$']) {
        notes.add(
            C::FriendlyName,
            pattern.at,
            &pattern.text,
            "names a database by its name: write its resource id (cluster-…, db-… or prx-…)",
        );
    }
}

/// Actions that none of the resources fits. What is about other services is not judged.
fn mismatch(statement: &Statement, notes: &mut Notes<'_>) {
    let (Some(actions), Some(resources)) = (&statement.actions, &statement.resources) else { return };
    if actions.negated
        || resources.negated
        || resources.patterns.iter().any(|it| it.is_everything() || it.fixed.is_none())
    {
        return;
    }
    let fits = |known: &Known| {
        let meets =
            |glob: &Glob| resources.patterns.iter().filter_map(|it| it.fixed.as_ref()).any(|it| it.intersects(glob));
        known.resources.iter().any(meets)
    };
    for pattern in &actions.patterns {
        let mut known = known_by(pattern).peekable();
        if known.peek().is_some() && pattern.service().is_some() && !known.any(fits) {
            notes.add(
                C::ActionResourceMismatch,
                pattern.at,
                &pattern.text,
                "is never asked for on one of the statement's resources",
            );
        }
    }
}

fn condition(statement: &Statement, test: &Test, notes: &mut Notes<'_>) {
    let key = test.key.name.as_str();
    if test.values.is_empty() {
        notes.add(C::EmptyCondition, test.at, key, "is compared with nothing");
    }
    if notes.document.version == Version::Old && test.values.iter().any(|it| it.contains("${")) {
        notes.add(
            C::VariableWithoutVersion,
            test.at,
            key,
            "is compared with a literal ${…}: policy variables need Version 2012-10-17",
        );
    }
    keys(statement, test, notes);
    operator(test, notes);
    if statement.effect == Some(Effect::Deny) && is_mfa_escape(test) {
        let says = "is absent from requests by long-term access keys, which escape this deny: write BoolIfExists";
        notes.add(C::MfaDenyEscaped, test.at, key, says);
    }
    if *test.key.lower == *"aws:sourceip" && test.operands.iter().any(is_private) {
        notes.add(
            C::PrivateSourceIp,
            test.at,
            key,
            "is never a private address: name the public one, or use aws:VpcSourceIp",
        );
    }
}

fn is_mfa_escape(test: &Test) -> bool {
    *test.key.lower == *"aws:multifactorauthpresent"
        && test.operator.base == Base::Bool
        && !test.operator.if_exists
        && test.values.iter().any(|it| it.eq_ignore_ascii_case("false"))
}

fn is_private(operand: &Operand) -> bool {
    match operand {
        Operand::Net(net) => match net.addr() {
            IpAddr::V4(address) => address.is_private() && net.prefix_len() >= 8,
            IpAddr::V6(address) => address.is_unique_local(),
        },
        _ => false,
    }
}

/// Keys that a login to a database does not have. Aurora User Guide, "Creating and using an IAM policy for IAM database access".
const NOT_AT_LOGIN: [&str; 6] =
    ["aws:referer", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:useragent", "aws:vpcsourceip"];

fn keys(statement: &Statement, test: &Test, notes: &mut Notes<'_>) {
    let (key, lower) = (test.key.name.as_str(), &*test.key.lower);
    let effect = if test.operator.negated || test.operator.if_exists {
        "so the test always holds"
    } else {
        "so the test never holds"
    };
    if covers(statement, "rds-db:connect") && NOT_AT_LOGIN.contains(&lower) && only_logs_in(statement) {
        notes.add(
            C::LoginWithoutKey,
            test.at,
            key,
            &format!("is not there when a database login is checked, {effect}"),
        );
    }
    let actions = statement.actions.iter().filter(|it| !it.negated).flat_map(|it| &it.patterns);
    let mut known = actions.filter(|it| it.service() == Some("rds")).flat_map(known_by).peekable();
    let has =
        |known: &Known| known.keys.iter().any(|it| it == lower || it.ends_with('/') && lower.starts_with(it.as_str()));
    let taggable = |known: &Known| lower.starts_with("rds:") && lower.contains("-tag/") && !known.resources.is_empty();
    if lower.starts_with("rds:")
        && known.peek().is_some()
        && !known.any(|it| has(it) || taggable(it) || describes(lower))
    {
        notes.add(C::UnknownConditionKey, test.at, key, &format!("is in no request for these actions, {effect}"));
    }
}

/// Keys that describe the database itself, whatever is asked for.
fn describes(key: &str) -> bool {
    [
        "rds:databaseclass",
        "rds:databaseengine",
        "rds:databasename",
        "rds:multiaz",
        "rds:piops",
        "rds:storageencrypted",
        "rds:storagesize",
        "rds:vpc",
        "rds:endpointtype",
    ]
    .contains(&key)
}

fn only_logs_in(statement: &Statement) -> bool {
    let actions = statement.actions.iter().filter(|it| !it.negated).flat_map(|it| &it.patterns);
    actions.clone().next().is_some() && actions.clone().all(|it| it.service() == Some("rds-db"))
}

/// Keys with several values. IAM User Guide, "AWS global condition context keys".
const MULTIVALUED: [&str; 8] = [
    "aws:tagkeys",
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:vpceorgpaths",
    "aws:principalservicenameslist",
    "kms:grantoperations",
];

fn operator(test: &Test, notes: &mut Notes<'_>) {
    let (key, lower, operator) = (test.key.name.as_str(), &*test.key.lower, test.operator);
    if MULTIVALUED.contains(&lower) && operator.set.is_none() && operator.base != Base::Null {
        notes.add(C::MissingSetOperator, test.at, key, "has several values: write ForAnyValue or ForAllValues");
    }
    if matches!(operator.base, Base::String | Base::StringIgnoreCase) && test.values.iter().any(|it| has_wildcard(it)) {
        notes.add(
            C::WildcardWithoutLike,
            test.at,
            key,
            &format!("is compared letter by letter by {operator}: write StringLike"),
        );
    }
    if !fits_type(lower, operator.base) {
        notes.add(C::OperatorType, test.at, key, &format!("has no values that {operator} compares"));
    }
    if fits_arn_as_string(lower, operator.base) {
        notes.add(C::ArnAsString, test.at, key, "is an ARN: ArnLike compares it part by part");
    }
    if operator.set == Some(SetOperator::ForAllValues) && operator.base == Base::Null {
        notes.add(C::OperatorType, test.at, key, "cannot be tested for absence value by value");
    }
}

fn has_wildcard(value: &str) -> bool {
    literal(value).contains(['*', '?'])
}

fn fits_arn_as_string(key: &str, base: Base) -> bool {
    is_arn_key(key) && base == Base::StringLike
}

fn is_arn_key(key: &str) -> bool {
    matches!(key, "aws:principalarn" | "aws:sourcearn" | "aws:sourcevpcarn")
}

/// Whether an operator can compare values of the key. A Boolean or a number is also compared as a string.
fn fits_type(key: &str, base: Base) -> bool {
    let kind = match key {
        "aws:multifactorauthpresent" | "aws:securetransport" | "aws:viaawsservice" | "aws:principalisawsservice" => {
            "Bool"
        }
        "aws:sourceip" | "aws:vpcsourceip" => "IPAddress",
        "aws:currenttime" | "aws:tokenissuetime" => "Date",
        "aws:epochtime" | "aws:multifactorauthage" => "Numeric",
        key if is_arn_key(key) => "ARN",
        key => KEY_TYPES.get(key).map_or("String", String::as_str),
    };
    match base {
        Base::Null => true,
        Base::Ip => kind == "IPAddress",
        Base::Numeric(_) => {
            matches!(kind, "Numeric" | "String") && !key.starts_with("aws:resourcetag") || key == "aws:epochtime"
        }
        Base::Date(_) => matches!(kind, "Date") || key == "aws:epochtime" || kind == "String",
        Base::Bool => matches!(kind, "Bool" | "String"),
        Base::Arn => matches!(kind, "ARN" | "String"),
        Base::String | Base::StringIgnoreCase | Base::StringLike => !matches!(kind, "IPAddress" | "Date"),
        Base::Binary => kind == "String",
    }
}
