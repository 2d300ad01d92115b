//! Which statements are looked at: those that can touch RDS, its Data API or its logins, and links of the chains that end there.

use crate::facts::iam::grammar::{Action, Statement};

/// Services whose every action counts.
pub(super) const DATABASE_SERVICES: [&str; 3] = ["rds", "rds-data", "rds-db"];

/// Links of chains beyond RDS.
const LINKS: [&str; 6] = [
    "iam:PassRole",
    "secretsmanager:GetSecretValue",
    "kms:Decrypt",
    "kms:CreateGrant",
    "ec2:AuthorizeSecurityGroupIngress",
    "iam:TagRole",
];

/// Whether a statement is looked at. One whose actions cannot be read might touch anything.
pub(super) fn touches_databases(statement: &Statement) -> bool {
    let Some(actions) = &statement.actions else { return true };
    let named =
        actions.patterns.iter().any(|it| it.service().is_some_and(|service| DATABASE_SERVICES.contains(&service)));
    let misspelt = actions.patterns.iter().any(|it| it.is_invalid() && it.text.to_ascii_lowercase().starts_with("rds"));
    named || misspelt || LINKS.iter().chain(&["rds:ModifyDBCluster"]).any(|link| covers(statement, link))
}

/// Whether a statement's actions cover an action.
pub(super) fn covers(statement: &Statement, action: &str) -> bool {
    let action = Action::new(action);
    statement.actions.as_ref().zip(action).is_some_and(|(actions, action)| actions.covers(&action))
}
