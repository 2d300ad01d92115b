//! The account that Amazon RDS manages a server with: whether it is as RDS made it, and whether another account passes for it.
//! Amazon Aurora User Guide, "Master user account privileges".

use super::account::Partial;
use super::name::AccountName;
use super::server::Server;
use crate::model::{Derived, Fact, Place, Why};

const RDSADMIN: &str = "rdsadmin";

impl Server {
    /// What is wrong with `rdsadmin`; empty when it is as RDS made it.
    pub fn rdsadmin_deviations(&self) -> Partial {
        let mut deviations = Vec::new();
        let mut from = Vec::new();
        let mut unread: Option<Why> = self.accounts.incomplete.clone();
        let mut there = false;
        for record in &self.accounts.records {
            let (user, host) = match (&record.data.user, &record.data.host) {
                (Fact::Known(user), Fact::Known(host)) => (user, host),
                (Fact::Unknown(why), _) | (_, Fact::Unknown(why)) => {
                    unread.get_or_insert(why.clone());
                    continue;
                }
                (Fact::Absent, _) | (_, Fact::Absent) => continue,
            };
            let name = AccountName::new(user, host);
            if name == AccountName::new(RDSADMIN, "localhost") {
                there = true;
                from.push(Place::data_of(record.at).member("Host"));
                match &record.data.authentication_string_empty {
                    Fact::Known(true) => deviations.push(format!("{name} has no password")),
                    Fact::Known(false) | Fact::Absent => {}
                    Fact::Unknown(why) => drop(unread.get_or_insert(why.clone())),
                }
            } else if resembles(user) {
                from.push(Place::data_of(record.at).member("User"));
                deviations.push(format!("{name} passes for it"));
            }
        }
        if !there && unread.is_none() {
            deviations.push("the account is missing".to_owned());
        }
        self.lent(&mut deviations, &mut from, &mut unread);
        deviations.sort();
        let mut facts: Vec<_> = deviations.into_iter().map(Fact::Known).collect();
        facts.extend(unread.map(Fact::Unknown));
        Derived::new(Fact::Known(facts), from)
    }

    /// Whoever has it as a role, or may act as it.
    fn lent(&self, deviations: &mut Vec<String>, from: &mut Vec<Place>, unread: &mut Option<Why>) {
        let grants = self.grants();
        let is_rdsadmin = |name: &AccountName| name.user == RDSADMIN;
        for row in grants.tables.edges.iter().filter(|row| is_rdsadmin(&row.role)) {
            deviations.push(format!("{} has it as a role", row.grantee));
            from.push(Place::data_of(row.at));
        }
        for row in grants.tables.proxies.iter().filter(|row| is_rdsadmin(&row.proxied) && !is_rdsadmin(&row.name)) {
            deviations.push(format!("{} may act as it", row.name));
            from.push(Place::data_of(row.at));
        }
        let why = grants.unread_roles().cloned().or_else(|| grants.tables.unread_proxies.clone());
        if let Some(why) = why {
            unread.get_or_insert(why);
        }
    }
}

/// Whether a name reads like `rdsadmin`: but for case, marks and spaces around it, digits and letters of other scripts that look
/// the same. The real name at another host is one of them.
fn resembles(user: &str) -> bool {
    let plain: String = user.chars().filter(|it| it.is_alphanumeric()).map(looks_like).collect();
    plain == RDSADMIN
}

fn looks_like(character: char) -> char {
    match character {
        '1' | 'l' | 'I' | '|' | 'í' | 'ì' | 'ı' | 'і' => 'i',
        'а' | '@' | '4' | 'á' | 'à' | 'ä' => 'a',
        'ѕ' | '5' | '$' | 'Ѕ' => 's',
        'ԁ' => 'd',
        'г' => 'r',
        'ո' => 'n',
        other => other.to_lowercase().next().unwrap_or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_own_from_imitations() {
        for (user, expected) in [
            ("rdsadmin", true),
            ("RDSADMIN", true),
            ("rdsadmin ", true),
            ("rds_admin", true),
            ("rdsadm1n", true),
            ("rdsаdmin", true),
            ("rdsadmin2", false),
            ("rdsrepladmin", false),
            ("admin", false),
            ("", false),
        ] {
            assert_eq!(resembles(user), expected, "{user}");
        }
    }
}
