//! Variables of a server's instances that decide what its clients and accounts are exposed to.

use std::collections::BTreeSet;

use super::account::{Partial, is_on};
use super::escalation::Escalation;
use super::server::Server;
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::mysql::GlobalVariables;

/// What was found, and why there may be more.
#[derive(Default)]
struct Findings {
    texts: Vec<String>,
    from: Vec<Place>,
    unread: Option<Why>,
}

impl Findings {
    /// Looks at one variable. A variable that the server does not have is not tried.
    fn look(
        &mut self,
        record: &Record<GlobalVariables>,
        name: &'static str,
        value: &Fact<String>,
        says: impl Fn(&str) -> Option<String>,
    ) {
        match value {
            Fact::Known(value) => {
                if let Some(text) = says(value) {
                    let server = record.data.server.known().map_or("", String::as_str);
                    self.texts.push(format!("{text} on {server}"));
                    self.from.push(Place::data_of(record.at).member(name));
                }
            }
            Fact::Absent => {}
            Fact::Unknown(why) => drop(self.unread.get_or_insert_with(|| why.clone())),
        }
    }
}

impl Server {
    /// Whether every instance refuses connections without TLS: a session may be on any of them.
    pub fn requires_tls(&self) -> Derived<bool> {
        let mut from = Vec::new();
        let mut result = self.variables.incomplete.clone().map_or(Fact::Known(true), Fact::Unknown);
        for record in &self.variables.records {
            from.push(Place::data_of(record.at).member("require_secure_transport"));
            match &record.data.require_secure_transport {
                Fact::Known(value) if is_on(value) => {}
                // A server without the variable (before 5.7.8) cannot demand TLS of all.
                Fact::Known(_) | Fact::Absent => return Derived::new(Fact::Known(false), from),
                Fact::Unknown(why) => result = Fact::Unknown(why.clone()),
            }
        }
        Derived::new(result, from)
    }

    /// Variables that make an instance unsafe. MySQL Reference Manual, "Security Considerations for LOAD DATA LOCAL", "Stored Program
    /// Binary Logging", "Server SQL Modes" and "Specifying Mandatory Roles".
    pub fn unsafe_variables(&self) -> Partial {
        let mut found = Findings { unread: self.variables.incomplete.clone(), ..Findings::default() };
        for record in &self.variables.records {
            let data = &record.data;
            let on = |name: &'static str| move |value: &str| is_on(value).then(|| format!("{name} is {value}"));
            found.look(record, "local_infile", &data.local_infile, on("local_infile"));
            let trusted = &data.log_bin_trust_function_creators;
            found.look(record, "log_bin_trust_function_creators", trusted, on("log_bin_trust_function_creators"));
            found.look(record, "sql_mode", &data.sql_mode, |modes| {
                let strict = modes.split(',').any(|mode| matches!(mode, "STRICT_TRANS_TABLES" | "STRICT_ALL_TABLES"));
                (!strict).then(|| "sql_mode is not strict".to_owned())
            });
            let mandatory = self.mandatory_administrators();
            found.unread = found.unread.or(mandatory.as_ref().err().cloned());
            found.look(record, "mandatory_roles", &data.mandatory_roles, |_| {
                let roles = mandatory.as_ref().ok().filter(|roles| !roles.is_empty())?;
                Some(format!("mandatory_roles makes an administrator of everybody, by {}", roles.join(", ")))
            });
        }
        found.texts.sort();
        let mut facts: Vec<_> = found.texts.into_iter().map(Fact::Known).collect();
        facts.extend(found.unread.map(Fact::Unknown));
        Derived::new(Fact::Known(facts), found.from)
    }

    /// Mandatory roles that make an administrator of whoever has them.
    fn mandatory_administrators(&self) -> Result<Vec<String>, Why> {
        let grants = self.grants();
        let mut found = Vec::new();
        let mut unread = None;
        // Everybody has all of them, each of them included: what counts is the way that goes through none of the others.
        let mandatory: BTreeSet<_> = grants.tables.mandatory.iter().map(|(name, _)| name.to_string()).collect();
        let is_own = |way: &Escalation| way.path.iter().skip(1).all(|step| !mandatory.contains(step));
        for (name, _) in &grants.tables.mandatory {
            // A role that is missing is passed over by the server.
            let Some(id) = grants.id(name) else { continue };
            let escalations = self.escalations().of(grants, id);
            if escalations.ways.iter().any(is_own) {
                found.push(name.to_string());
            } else if let Some(why) = escalations.unread {
                unread = Some(why);
            }
        }
        found.sort();
        found.dedup();
        if found.is_empty() { unread.map_or(Ok(found), Err) } else { Ok(found) }
    }
}
