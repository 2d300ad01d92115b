//! Which facts a rule rests on, each with its documentation.

use super::expr::{Access, Ty};
use super::rule::Rule;

/// A fact that a rule reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactRead {
    /// As the rule wrote it.
    pub fact: String,
    /// Its type.
    pub ty: String,
    /// Whether its source may leave it out.
    pub optional: bool,
    /// The source's own name; empty for a computed fact.
    pub key: &'static str,
    /// What it means, and where it comes from.
    pub doc: &'static str,
}

impl Rule {
    /// The facts that decide it, sorted by name.
    pub fn facts(&self) -> Vec<FactRead> {
        let logic = &self.logic;
        let mut accesses = Vec::new();
        let list = logic.for_each.as_ref().map(|for_each| &for_each.list);
        logic.when.iter().chain(list).chain([&logic.check]).for_each(|ir| ir.accesses(&mut accesses));
        let mut facts: Vec<FactRead> = accesses.into_iter().map(read).collect();
        facts.sort();
        facts.dedup();
        facts
    }
}

fn read(access: &Access) -> FactRead {
    let field = access.field();
    let ty = Ty::from(&field.ty).to_string();
    FactRead { fact: access.text().to_owned(), ty, optional: field.optional, key: field.key, doc: field.doc.trim() }
}
