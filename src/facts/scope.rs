//! Where facts are looked for: the accounts and regions that the files hold or were asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::index::{Scope, scope_of};
use crate::snapshot::Snapshot;

/// Region of services without regions.
pub const GLOBAL: &str = "global";

/// Accounts and regions that anything was read or missed in, and the regions that a header asked for and nothing came of.
pub fn scopes(snapshot: &Snapshot) -> BTreeSet<Scope> {
    // A cluster is judged wherever its record says that it is.
    let mut scopes: BTreeSet<Scope> = snapshot.records.db_clusters.iter().map(|record| scope_of(record)).collect();
    let mut by_file: BTreeMap<u16, BTreeSet<Scope>> = BTreeMap::new();
    // Neighbours are mostly of one scope.
    let mut last = (0, Scope::default());
    snapshot.records.for_each(|at, account, region, _, _| {
        if (at.file, account, region) == (last.0, &last.1.0, &last.1.1) {
            return;
        }
        let scope = (account.to_owned(), region.to_owned());
        last = (at.file, scope.clone());
        if !region.is_empty() && region != GLOBAL {
            scopes.insert(scope.clone());
        }
        by_file.entry(at.file).or_default().insert(scope);
    });
    for (number, file) in (0..).zip(&snapshot.files) {
        let answered = by_file.remove(&number).unwrap_or_default();
        let silent = file.header.scope.regions.iter().filter(|asked| answered.iter().all(|(_, known)| known != *asked));
        scopes.extend(silent.map(|region| (the_account(&answered).to_owned(), region.clone())));
    }
    scopes
}

/// The account that a file is about, if it is about one alone.
fn the_account(scopes: &BTreeSet<Scope>) -> &str {
    let accounts: BTreeSet<_> =
        scopes.iter().map(|(account, _)| account.as_str()).filter(|it| !it.is_empty()).collect();
    match accounts.len() {
        1 => accounts.first().copied().unwrap_or_default(),
        _ => "",
    }
}

/// Accounts with regions, and those of which there is nothing but IAM. What an account read of its organisation is about others.
pub fn accounts(snapshot: &Snapshot, scopes: &BTreeSet<Scope>) -> BTreeSet<String> {
    let mut accounts: BTreeSet<String> = scopes.iter().map(|(account, _)| account.clone()).collect();
    snapshot.records.for_each(|_, account, region, source, _| {
        if region == GLOBAL && !source.starts_with("organizations:") && !accounts.contains(account) {
            accounts.insert(account.to_owned());
        }
    });
    accounts
}
