//! From records to tables. A value that a record lacks makes its table unread: an account may hold more than the rest says, never
//! less.

use super::name::AccountName;
use super::privilege::{Privileges, TooMany, Words};
use super::scope::Scope;
use super::server::{Rows, Server};
use super::tables::{AccountRow, Dialect, DynamicRow, EdgeRow, Family, GrantRow, Level, ProxyRow, Tables, Unread};
use super::{is_on, privilege};
use crate::model::{Fact, RecordRef, Version, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::mysql::{Flavour, GlobalVariables, Session};

/// Reads the records of a server.
pub fn tables(server: &Server) -> Tables {
    let (dialect, unsure) = dialect(&server.sessions);
    let mut reader = Reader { tables: Tables::new(dialect) };
    if let Some(why) = unsure {
        // Whose server it is decides what its tables mean.
        reader.unread(Level::ALL, why);
    }
    reader.variables(server);
    reader.accounts(server);
    reader.grants(server);
    reader.columns(server);
    reader.dynamic(server);
    reader.roles(server);
    reader.proxies(server);
    reader.tables
}

/// How the server reads its tables: as its sessions say. A server of which nothing is known is taken for the newest MySQL.
fn dialect(sessions: &Rows<Session>) -> (Dialect, Option<Why>) {
    let newest = Dialect { family: Family::Mysql, version: version("8.4"), aurora: false };
    let Some(session) = sessions.records.iter().max_by_key(|session| (session.observed, session.at)) else {
        return (newest, Some(sessions.incomplete.clone().unwrap_or(Why::NotCollected)));
    };
    let text = match &session.data.version {
        Fact::Known(text) => text,
        Fact::Absent => return (newest, Some(Why::NotCollected)),
        Fact::Unknown(why) => return (newest, Some(why.clone())),
    };
    let mariadb = matches!(session.data.flavour, Fact::Known(Flavour::Mariadb)) || text.contains("MariaDB");
    let aurora =
        matches!(session.data.flavour, Fact::Known(Flavour::Aurora)) || session.data.aurora_version.known().is_some();
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let Some(version) = text.get(..end).and_then(|text| text.parse().ok()) else {
        return (newest, Some(Why::Unreadable { detail: format!("`{text}` is no version").into() }));
    };
    let family = if mariadb { Family::Mariadb } else { Family::Mysql };
    (Dialect { family, version, aurora }, None)
}

fn version(text: &str) -> Version {
    text.parse().unwrap_or_default()
}

struct Reader {
    tables: Tables,
}

/// The value, or why it is missing.
fn known<T>(fact: &Fact<T>) -> Result<&T, Why> {
    match fact {
        Fact::Known(value) => Ok(value),
        Fact::Absent => Err(Why::NotCollected),
        Fact::Unknown(why) => Err(why.clone()),
    }
}

fn name(user: &Fact<String>, host: &Fact<String>) -> Result<AccountName, Why> {
    Ok(AccountName::new(known(user)?, known(host)?))
}

fn set(words: &mut Words, list: &Fact<Vec<String>>) -> Result<Privileges, Why> {
    interned(words, known(list)?)
}

fn interned(words: &mut Words, list: &[String]) -> Result<Privileges, Why> {
    words
        .intern(list.iter().map(String::as_str))
        .map_err(|TooMany| Why::Unreadable { detail: "the server names more privileges than there are".into() })
}

impl Reader {
    fn unread(&mut self, levels: &'static [Level], why: Why) {
        if !self.tables.unread.iter().any(|known| known.levels == levels && known.why == why) {
            self.tables.unread.push(Unread { levels, why });
        }
    }

    /// Rows by `read`; each that cannot be read, and a table that is not whole, leaves its levels unread.
    fn rows<T, R>(
        &mut self,
        rows: &Rows<T>,
        levels: &'static [Level],
        read: impl Fn(&mut Words, &T, RecordRef) -> Result<R, Why>,
    ) -> Vec<R> {
        let mut found = Vec::new();
        for record in &rows.records {
            match read(&mut self.tables.words, &record.data, record.at) {
                Ok(row) => found.push(row),
                Err(why) => self.unread(levels, why),
            }
        }
        if let Some(why) = &rows.incomplete {
            self.unread(levels, why.clone());
        }
        found
    }

    /// The variables of every instance: a session may be on any of them.
    fn variables(&mut self, server: &Server) {
        let rows = &server.variables;
        if rows.records.is_empty() {
            let why = rows.incomplete.clone().unwrap_or(Why::NotCollected);
            self.unread(Level::ALL, why.clone());
            self.tables.unread_state.push(why);
        }
        let mut literal = Vec::new();
        for record in &rows.records {
            self.mandatory(record);
            let data = &record.data;
            let all = self.switch(&data.activate_all_roles_on_login);
            let mandatory = self.switch(&data.activate_mandatory_roles);
            let proxies = self.switch(&data.check_proxy_users);
            self.tables.activate_all |= all;
            self.tables.activate_mandatory |= mandatory;
            self.tables.checks_proxies |= proxies;
            literal.push(self.switch(&data.partial_revokes));
        }
        // Where it is not certain that names are literal they may match more.
        self.tables.partial_revokes = !literal.is_empty() && literal.iter().all(|literal| *literal);
        if literal.windows(2).any(|pair| matches!(pair, [one, other] if one != other)) {
            self.tables.unread_state.push(Why::Contradiction { detail: "instances differ in partial_revokes".into() });
        }
    }

    /// A switch that the server does not have is off. One that was not read leaves the state of sessions unread.
    fn switch(&mut self, value: &Fact<String>) -> bool {
        match value {
            Fact::Known(value) => is_on(value),
            Fact::Absent => false,
            Fact::Unknown(why) => {
                self.tables.unread_state.push(why.clone());
                false
            }
        }
    }

    fn mandatory(&mut self, record: &Record<GlobalVariables>) {
        match &record.data.mandatory_roles {
            Fact::Known(list) => {
                let names = AccountName::parse_list(list);
                self.tables.mandatory.extend(names.into_iter().map(|name| (name, record.at)));
            }
            Fact::Absent => {}
            Fact::Unknown(why) => self.unread(Level::ALL, why.clone()),
        }
    }

    fn accounts(&mut self, server: &Server) {
        // A missing account may be a role with any privilege, or a namesake that is asked first at login.
        if let Some(why) = &server.accounts.incomplete {
            self.tables.unread_state.push(why.clone());
        }
        let (mut state, mut restricted) = (Vec::new(), Vec::new());
        for record in &server.accounts.records {
            let data = &record.data;
            let name = match name(&data.user, &data.host) {
                Ok(name) => name,
                Err(why) => {
                    state.push(why.clone());
                    self.unread(Level::ALL, why);
                    continue;
                }
            };
            let privileges = set(&mut self.tables.words, &data.privileges).unwrap_or_else(|why| {
                self.unread(&[Level::Global], why);
                Privileges::NONE
            });
            let mut restrictions = Vec::new();
            match &data.restrictions {
                Fact::Known(list) => {
                    for row in list {
                        match (known(&row.database), set(&mut self.tables.words, &row.privileges)) {
                            (Ok(db), Ok(set)) => restrictions.push((db.clone(), set)),
                            (Err(why), _) | (_, Err(why)) => restricted.push(why),
                        }
                    }
                }
                Fact::Absent => {}
                Fact::Unknown(why) => restricted.push(why.clone()),
            }
            let logs_in = match &data.account_locked {
                Fact::Known(locked) => Some(!locked),
                Fact::Absent => Some(true),
                Fact::Unknown(_) => None,
            };
            self.tables.accounts.push(AccountRow { name, privileges, restrictions, logs_in, at: record.at });
        }
        self.tables.unread_restrictions = restricted.first().or(server.accounts.incomplete.as_ref()).cloned();
        self.tables.unread_state.extend(state.into_iter().chain(restricted));
        if let Some(why) = &server.accounts.incomplete {
            self.unread(Level::ALL, why.clone());
        }
    }

    fn grants(&mut self, server: &Server) {
        let rows = self.rows(&server.schema_grants, &[Level::Schema], |words, data, at| {
            let scope = Scope::Schema(known(&data.db)?.clone());
            let privileges = set(words, &data.privileges)?;
            Ok(GrantRow { name: name(&data.user, &data.host)?, scope, privileges, at })
        });
        self.tables.grants.extend(rows);
        let rows = self.rows(&server.table_grants, &[Level::Table], |words, data, at| {
            let scope = Scope::Table(known(&data.db)?.clone(), known(&data.table_name)?.clone());
            let privileges = set(words, &data.table_priv)?;
            Ok(GrantRow { name: name(&data.user, &data.host)?, scope, privileges, at })
        });
        self.tables.grants.extend(rows);
        let rows = self.rows(&server.routine_grants, &[Level::Routine], |words, data, at| {
            let scope = Scope::routine(known(&data.routine_type)?, known(&data.db)?, known(&data.routine_name)?);
            let privileges = set(words, &data.proc_priv)?;
            Ok(GrantRow { name: name(&data.user, &data.host)?, scope, privileges, at })
        });
        self.tables.grants.extend(rows);
    }

    fn columns(&mut self, server: &Server) {
        let rows = self.rows(&server.column_grants, &[Level::Table], |words, data, at| {
            let (db, table) = (known(&data.db)?.clone(), known(&data.table_name)?.clone());
            let scope = Scope::Column(db, table, known(&data.column_name)?.clone());
            let privileges = set(words, &data.column_priv)?;
            Ok(GrantRow { name: name(&data.user, &data.host)?, scope, privileges, at })
        });
        self.tables.grants.extend(rows);
    }

    fn dynamic(&mut self, server: &Server) {
        let rows = self.rows(&server.dynamic_grants, &[Level::Global], |words, data, at| {
            let privilege = interned(words, &[known(&data.privilege)?.clone()])?;
            let with_grant_option = *known(&data.with_grant_option)?;
            Ok(DynamicRow { name: name(&data.user, &data.host)?, privilege, with_grant_option, at })
        });
        self.tables.dynamic = rows;
    }

    fn roles(&mut self, server: &Server) {
        let rows = self.rows(&server.role_edges, Level::ALL, |_, data, at| {
            let role = name(&data.from_user, &data.from_host)?;
            let grantee = name(&data.to_user, &data.to_host)?;
            Ok(EdgeRow { role, grantee, admin: *known(&data.with_admin_option)?, at })
        });
        self.tables.edges = rows;
        for record in &server.default_roles.records {
            let data = &record.data;
            let names = name(&data.user, &data.host)
                .and_then(|account| Ok((account, name(&data.default_role_user, &data.default_role_host)?)));
            match names {
                Ok(names) => self.tables.default_roles.push(names),
                Err(why) => self.tables.unread_state.push(why),
            }
        }
        self.tables.unread_state.extend(server.default_roles.incomplete.clone());
        // The words that the analyses ask for are known even where nobody holds them.
        let _known = self.tables.words.intern([privilege::GRANT_OPTION]);
    }

    fn proxies(&mut self, server: &Server) {
        let mut found = Vec::new();
        for record in &server.proxy_grants.records {
            let data = &record.data;
            let names = name(&data.user, &data.host)
                .and_then(|account| Ok((account, name(&data.proxied_user, &data.proxied_host)?)));
            match names {
                Ok((name, proxied)) => found.push(ProxyRow { name, proxied, at: record.at }),
                Err(why) => self.tables.unread_proxies = Some(why),
            }
        }
        if let Some(why) = &server.proxy_grants.incomplete {
            self.tables.unread_proxies = Some(why.clone());
        }
        self.tables.proxies = found;
    }
}
