//! What is wrong with a policy, whoever holds it: statements that cannot do what their author believes, that grant more than
//! anybody would ask for, and untidiness. Only statements that can touch Aurora, or a link of a chain that ends there, are looked
//! at. IAM User Guide, "Access Analyzer policy check reference", holds the checks of AWS; those on database access are ours.

mod check;
mod dead;
mod fact;
mod hygiene;
mod scope;
mod service;
mod wide;

pub use check::{Category, Check};
pub use fact::{PolicyFlaw, flaws};
pub use service::actions_edition;

use std::sync::Arc;

use self::scope::touches_databases;
use super::grammar::{Document, Statement};
use crate::model::{Severity, Untrusted};

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub check: Check,
    /// How much it matters.
    pub severity: Severity,
    /// The statement, counted from 0; none when it is the document.
    pub statement: Option<usize>,
    /// `Sid` of the statement.
    pub sid: Option<Arc<str>>,
    /// Line in the document, counted from 1.
    pub line: usize,
    /// Column in the line, in characters, counted from 1.
    pub column: usize,
    /// One sentence without its full stop. Text of the policy is escaped.
    pub message: String,
}

/// What is wrong with a document, in its order.
pub fn lint(document: &Document) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut any = false;
    for statement in &document.statements {
        if touches_databases(statement) {
            any = true;
            let mut notes = Notes { document, statement: Some(statement), findings: &mut findings };
            dead::check(statement, &mut notes);
            wide::check(statement, &mut notes);
            hygiene::check(statement, &mut notes);
        }
    }
    if any {
        let mut notes = Notes { document, statement: None, findings: &mut findings };
        dead::check_document(document, &mut notes);
        hygiene::check_document(document, &mut notes);
        wide::check_document(document, &mut notes);
    }
    findings.sort_by(|one, two| {
        (one.line, one.column, one.check, &one.message).cmp(&(two.line, two.column, two.check, &two.message))
    });
    findings
}

/// Where findings are noted.
struct Notes<'n> {
    document: &'n Document,
    statement: Option<&'n Statement>,
    findings: &'n mut Vec<Finding>,
}

impl Notes<'_> {
    /// The same about one statement.
    fn about<'s>(&'s mut self, statement: &'s Statement) -> Notes<'s> {
        Notes { document: self.document, statement: Some(statement), findings: self.findings }
    }

    /// Notes something at a byte offset. `quoted` is text of the policy.
    fn add(&mut self, check: Check, at: usize, quoted: &str, says: &str) {
        let (line, column) = self.document.position(at);
        let message = if quoted.is_empty() { says.to_owned() } else { format!("`{}` {says}", Untrusted::from(quoted)) };
        self.findings.push(Finding {
            check,
            severity: check.severity(self.statement.and_then(|it| it.effect)),
            statement: self.statement.map(|it| it.index),
            sid: self.statement.and_then(|it| it.sid.clone()),
            line,
            column,
            message,
        });
    }
}

#[cfg(test)]
mod tests;
