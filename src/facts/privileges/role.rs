//! Roles: which accounts an account may act as, and the global privileges that this brings.
//! MySQL Reference Manual, "Using Roles": any granted role can be activated by its grantee; mandatory roles are granted to all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::mysql::{Account, GlobalVariables, RoleEdge};

/// User name, and host in lower case: host names compare without regard to case.
type Name = (String, String);

fn name(user: &str, host: &str) -> Name {
    (user.to_owned(), host.to_ascii_lowercase())
}

/// The roles of one server.
pub struct Roles {
    /// Grantee → roles, each with the place that grants it.
    edges: BTreeMap<Name, Vec<(Name, Place)>>,
    mandatory: Vec<(Name, Place)>,
    /// Account → its global privileges and their place.
    privileges: BTreeMap<Name, (Fact<Vec<String>>, Place)>,
}

impl Roles {
    /// Roles of a server.
    ///
    /// # Errors
    /// When the edges, the mandatory roles or the accounts are not all known.
    pub fn new(
        edges: Fact<Vec<&Arc<Record<RoleEdge>>>>,
        variables: &Fact<Arc<Record<GlobalVariables>>>,
        accounts: &[&Arc<Record<Account>>],
    ) -> Result<Self, Why> {
        let edges = match edges {
            Fact::Known(edges) => edges,
            Fact::Absent => Vec::new(),
            Fact::Unknown(why) => return Err(why),
        };
        let mut by_grantee: BTreeMap<Name, Vec<_>> = BTreeMap::new();
        for edge in edges {
            let (role, grantee) = ends(&edge.data).ok_or(Why::NotCollected)?;
            by_grantee.entry(grantee).or_default().push((role, Place::data_of(edge.at)));
        }
        let mut privileges = BTreeMap::new();
        for account in accounts {
            // An account without a name may be any of the roles.
            let (Some(user), Some(host)) = (account.data.user.known(), account.data.host.known()) else {
                return Err(Why::NotCollected);
            };
            let place = Place::data_of(account.at).member("Privileges");
            privileges.insert(name(user, host), (account.data.privileges.clone(), place));
        }
        Ok(Self { edges: by_grantee, mandatory: mandatory(variables)?, privileges })
    }

    /// Global privileges that `user`@`host` reaches through roles, sorted. A role that has no account grants nothing.
    pub fn global_privileges(&self, user: &str, host: &str) -> Derived<Vec<String>> {
        let start = name(user, host);
        let mut seen = BTreeSet::from([start.clone()]);
        let mut open: Vec<Name> = vec![start];
        let mut found = BTreeSet::new();
        let mut from = Vec::new();
        while let Some(holder) = open.pop() {
            let granted = self.edges.get(&holder).into_iter().flatten();
            for (role, at) in
                granted.chain(&self.mandatory).filter(|(role, _)| !seen.contains(role)).cloned().collect::<Vec<_>>()
            {
                seen.insert(role.clone());
                if let Some((privileges, place)) = self.privileges.get(&role) {
                    match privileges {
                        Fact::Known(privileges) => found.extend(privileges.iter().cloned()),
                        Fact::Absent => return Derived::unknown(Why::NotCollected),
                        Fact::Unknown(why) => return Derived::unknown(why.clone()),
                    }
                    from.extend([at, place.clone()]);
                }
                open.push(role);
            }
        }
        Derived::new(Fact::Known(found.into_iter().collect()), from)
    }
}

fn ends(edge: &RoleEdge) -> Option<(Name, Name)> {
    let role = name(edge.from_user.known()?, edge.from_host.known()?);
    Some((role, name(edge.to_user.known()?, edge.to_host.known()?)))
}

fn mandatory(variables: &Fact<Arc<Record<GlobalVariables>>>) -> Result<Vec<(Name, Place)>, Why> {
    let variables = match variables {
        Fact::Known(variables) => variables,
        Fact::Absent => return Ok(Vec::new()),
        Fact::Unknown(why) => return Err(why.clone()),
    };
    match &variables.data.mandatory_roles {
        Fact::Known(list) => {
            let place = Place::data_of(variables.at).member("mandatory_roles");
            Ok(parse_mandatory(list).into_iter().map(|role| (role, place.clone())).collect())
        }
        Fact::Absent => Ok(Vec::new()),
        Fact::Unknown(why) => Err(why.clone()),
    }
}

/// `role`@`host`, …: quoted by backticks, single or double quotes, or not at all; the host defaults to `%`.
fn parse_mandatory(list: &str) -> Vec<Name> {
    let mut roles = Vec::new();
    let mut rest = list.trim();
    while !rest.is_empty() {
        let (user, after) = identifier(rest);
        let (host, after) = match after.trim_start().strip_prefix('@') {
            Some(after) => identifier(after.trim_start()),
            None => ("%".to_owned(), after),
        };
        if !user.is_empty() {
            roles.push(name(&user, &host));
        }
        let after = after.trim_start();
        // Whatever follows an identifier that is not a comma is skipped, so that the loop always ends.
        rest = after.split_once(',').map_or("", |(_, after)| after).trim_start();
    }
    roles
}

fn identifier(text: &str) -> (String, &str) {
    let Some(quote) = text.chars().next().filter(|first| matches!(first, '`' | '\'' | '"')) else {
        let end = text.find(['@', ',']).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        return (word.trim().to_owned(), rest);
    };
    let inner = text.get(1..).unwrap_or_default();
    let end = inner.find(quote).unwrap_or(inner.len());
    let (word, rest) = inner.split_at(end);
    (word.to_owned(), rest.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_mandatory_roles_as_the_server_does() {
        for (list, roles) in [
            ("", &[][..]),
            ("reader", &[("reader", "%")]),
            ("`reader`@`%`,`writer`@`LocalHost`", &[("reader", "%"), ("writer", "localhost")]),
            (" 'a,b'@'%' , c@10.% ", &[("a,b", "%"), ("c", "10.%")]),
            ("`open", &[("open", "%")]),
            (",,x", &[("x", "%")]),
        ] {
            let expected: Vec<_> = roles.iter().map(|(user, host)| name(user, host)).collect();
            assert_eq!(parse_mandatory(list), expected, "{list}");
        }
    }
}
