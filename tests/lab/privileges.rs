//! What we say an account may do against what the server lets it do: random accounts, roles and grants on a real server, read by
//! the program's own collector, and then tried, statement by statement.

use std::fmt::Write as _;

use aurora_audit::facts::Facts;
use aurora_audit::facts::privileges::grants::{Grants, HolderId};
use aurora_audit::facts::privileges::host::Client;
use aurora_audit::facts::privileges::name::AccountName;
use aurora_audit::facts::privileges::privilege::Privileges;
use aurora_audit::facts::privileges::session::{Active, Session, Undecided};
use aurora_audit::snapshot::Snapshot;
use serde_json::{Value, json};

/// A kind of server, as far as its SQL goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Mysql97 { partial_revokes: bool },
    Mysql56,
    Mariadb,
}

/// How the test speaks with a server.
pub trait Lab {
    fn kind(&self) -> Kind;
    /// Hands requests to the prober and takes its answers.
    fn ask(&self, requests: &[Value]) -> Vec<Value>;
    /// Reads the server with the program's own collector.
    fn collect(&self) -> Snapshot;
}

/// How much is tried.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    pub seed: u64,
    /// At least so many statements.
    pub probes: usize,
    /// Sessions of each world.
    pub sessions: usize,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    pub probes: usize,
    pub logins: usize,
    pub allowed: usize,
    pub undecided: usize,
    pub disagreements: Vec<String>,
}

/// A generator of numbers that is the same everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 0
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        let index = self.below(from.len());
        &from[index]
    }

    fn some<'t>(&mut self, from: &[&'t str], most: usize) -> Vec<&'t str> {
        let count = 1 + self.below(most);
        let mut found: Vec<_> = (0..count).map(|_| *self.pick(from)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

const PASSWORD: &str = "Lab-0-password";
const SCHEMAS: &[&str] = &["app_1", "appx1", "app", "hr", "APP_1"];
const PATTERNS: &[&str] = &[
    "app_1", r"app\_1", "app%", "a%", "%", "_pp%", "ap__1", "hr", "h%", "appx1", r"app\_%", "APP%", "app_%", "app",
    "hr", "%1", "APP_1", "a_p%",
];
const CLIENTS: &[&str] = &["127.0.0.1", "127.0.0.2", "127.0.1.3"];
const USERS: &[&str] = &["u0", "u1", "u2", "u3"];
const ON_SCHEMA: &[&str] = &[
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "DROP",
    "INDEX",
    "ALTER",
    "TRIGGER",
    "EXECUTE",
    "CREATE VIEW",
    "CREATE ROUTINE",
    "ALTER ROUTINE",
    "EVENT",
    "LOCK TABLES",
    "CREATE TEMPORARY TABLES",
    "SHOW VIEW",
];
const ON_TABLE: &[&str] =
    &["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "INDEX", "ALTER", "TRIGGER", "CREATE VIEW"];
const ON_COLUMN: &[&str] = &["SELECT", "INSERT", "UPDATE"];
const ON_EVERYTHING: &[&str] = &["PROCESS", "RELOAD", "CREATE USER", "SHOW DATABASES"];

impl Kind {
    fn hosts(self) -> &'static [&'static str] {
        match self {
            Self::Mysql97 { .. } => &[
                "%",
                "127.0.0.%",
                "127.0.0.1",
                "127.0.0.2",
                "127.%",
                "127.0.0.0/8",
                "127.0.0.0/255.255.255.0",
                "127.0._.3",
            ],
            Self::Mysql56 | Self::Mariadb => &["%", "127.0.0.%", "127.0.0.1", "127.0.0.2", "127.%", "127.0._.3", "%.1"],
        }
    }

    fn dynamic(self) -> &'static [&'static str] {
        match self {
            Self::Mysql97 { .. } => &["XA_RECOVER_ADMIN", "FLUSH_OPTIMIZER_COSTS", "ROLE_ADMIN", "CONNECTION_ADMIN"],
            Self::Mysql56 | Self::Mariadb => &[],
        }
    }

    fn has_roles(self) -> bool {
        self != Self::Mysql56
    }

    fn tls(self) -> bool {
        matches!(self, Self::Mysql97 { .. })
    }
}

/// An account as SQL writes it.
fn quoted(user: &str, host: &str) -> String {
    format!("'{user}'@'{host}'")
}

fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A random world: the statements that make it.
struct World<'d> {
    kind: Kind,
    dice: &'d mut Dice,
    statements: Vec<String>,
    accounts: Vec<String>,
    roles: Vec<String>,
}

/// Schemas and what is in them: the same in every round.
pub fn schemas(kind: Kind) -> Vec<String> {
    let mut statements = Vec::new();
    for db in SCHEMAS.iter().map(|db| identifier(db)) {
        let engine = if kind == Kind::Mysql56 { "ENGINE=MyISAM" } else { "" };
        statements.extend([
            format!("CREATE DATABASE {db}"),
            format!("CREATE TABLE {db}.t (a INT, b INT) {engine}"),
            format!("CREATE TABLE {db}.v (a INT, b INT) {engine}"),
            format!("CREATE PROCEDURE {db}.p() SQL SECURITY INVOKER SET @x = 1"),
            format!("CREATE PROCEDURE {db}.q() SQL SECURITY INVOKER SET @x = 1"),
            format!("CREATE TRIGGER {db}.tr BEFORE INSERT ON {db}.t FOR EACH ROW SET @x = 1"),
            format!("CREATE EVENT {db}.e ON SCHEDULE EVERY 1 YEAR DISABLE DO SET @x = 1"),
        ]);
    }
    statements
}

/// Takes the accounts of the round before away.
fn clear(kind: Kind) -> Vec<String> {
    let keep = "User NOT IN ('rdsadmin', 'mysql.sys', 'mysql.session', 'mysql.infoschema', 'mariadb.sys', 'PUBLIC', 'auditor')";
    let all = "User NOT IN ('rdsadmin', 'mysql.sys', 'mysql.session', 'mysql.infoschema', 'mariadb.sys', 'auditor')";
    let users = if kind == Kind::Mariadb { "global_priv" } else { "user" };
    let mut statements = vec![format!("DELETE FROM mysql.{users} WHERE {keep}")];
    for table in ["db", "tables_priv", "columns_priv", "procs_priv"] {
        statements.push(format!("DELETE FROM mysql.{table} WHERE {all}"));
    }
    match kind {
        Kind::Mariadb => statements.extend(
            [
                "DELETE FROM mysql.roles_mapping",
                // Everybody has what PUBLIC has, so that it must not gather what each round gives it.
                "UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.access', 0) WHERE User = 'PUBLIC'",
            ]
            .map(str::to_owned),
        ),
        Kind::Mysql97 { .. } => {
            statements.insert(0, "SET GLOBAL mandatory_roles = ''".to_owned());
            statements.push(format!("DELETE FROM mysql.global_grants WHERE {all}"));
            statements.extend(["DELETE FROM mysql.role_edges", "DELETE FROM mysql.default_roles"].map(str::to_owned));
        }
        Kind::Mysql56 => {}
    }
    statements.push("FLUSH PRIVILEGES".to_owned());
    if let Kind::Mysql97 { partial_revokes } = kind {
        statements.push(format!("SET GLOBAL partial_revokes = {}", if partial_revokes { "ON" } else { "OFF" }));
    }
    statements
}

impl World<'_> {
    fn make(mut self) -> Vec<String> {
        self.statements = clear(self.kind);
        self.statements.push("SET SESSION sql_mode = ''".to_owned());
        self.accounts();
        if self.kind.has_roles() {
            self.roles();
        }
        for _ in 0..60 {
            self.grant();
        }
        for _ in 0..8 {
            self.write_row();
        }
        self.statements.push("FLUSH PRIVILEGES".to_owned());
        if self.kind.has_roles() {
            self.switches();
        }
        self.statements
    }

    fn accounts(&mut self) {
        for user in USERS {
            let hosts = self.dice.some(self.kind.hosts(), 3);
            for host in hosts {
                self.account(user, host);
            }
        }
        if self.dice.one_in(3) {
            let host = *self.dice.pick(self.kind.hosts());
            self.account("", host);
        }
    }

    fn account(&mut self, user: &str, host: &str) {
        let name = quoted(user, host);
        self.statements.push(format!("CREATE USER {name} IDENTIFIED BY '{PASSWORD}'"));
        self.accounts.push(name);
    }

    fn roles(&mut self) {
        for number in 0..5 {
            let role = match self.kind {
                Kind::Mariadb => format!("r{number}"),
                _ if self.dice.one_in(4) => format!("'r{number}'@'127.0.0.%'"),
                _ => format!("'r{number}'@'%'"),
            };
            self.statements.push(format!("CREATE ROLE {role}"));
            self.roles.push(role);
        }
        for _ in 0..12 {
            let role = if self.kind != Kind::Mariadb && self.dice.one_in(8) {
                self.dice.pick(&self.accounts).clone()
            } else {
                self.dice.pick(&self.roles).clone()
            };
            let grantee = self.grantee();
            let admin = if self.dice.one_in(4) { " WITH ADMIN OPTION" } else { "" };
            self.statements.push(format!("GRANT {role} TO {grantee}{admin}"));
        }
    }

    fn grantee(&mut self) -> String {
        match self.dice.below(10) {
            0..=2 if !self.roles.is_empty() => self.dice.pick(&self.roles).clone(),
            3 if self.kind == Kind::Mariadb => "PUBLIC".to_owned(),
            _ => self.dice.pick(&self.accounts).clone(),
        }
    }

    fn name(&mut self, from: &[&str]) -> String {
        let name = *self.dice.pick(from);
        identifier(name)
    }

    fn grant(&mut self) {
        let to = self.grantee();
        let option = if self.dice.one_in(6) && to != "PUBLIC" { " WITH GRANT OPTION" } else { "" };
        let db = self.name(SCHEMAS);
        let statement = match self.dice.below(12) {
            0 => format!("GRANT {} ON *.* TO {to}{option}", self.dice.some(ON_SCHEMA, 4).join(", ")),
            1 => format!("GRANT {} ON *.* TO {to}", self.dice.some(ON_EVERYTHING, 2).join(", ")),
            2 if !self.kind.dynamic().is_empty() => {
                format!("GRANT {} ON *.* TO {to}{option}", self.dice.pick(self.kind.dynamic()))
            }
            2..=5 => {
                let pattern = self.name(PATTERNS);
                format!("GRANT {} ON {pattern}.* TO {to}{option}", self.dice.some(ON_SCHEMA, 5).join(", "))
            }
            6 | 7 => {
                let table = self.dice.pick(&["t", "v"]);
                format!("GRANT {} ON {db}.{table} TO {to}{option}", self.dice.some(ON_TABLE, 3).join(", "))
            }
            8 | 9 => {
                let column = self.dice.pick(&["a", "b"]);
                format!("GRANT {} ({column}) ON {db}.t TO {to}", self.dice.pick(ON_COLUMN))
            }
            10 => {
                let privilege = self.dice.pick(&["EXECUTE", "ALTER ROUTINE", "EXECUTE, ALTER ROUTINE"]);
                format!("GRANT {privilege} ON PROCEDURE {db}.{} TO {to}{option}", self.dice.pick(&["p", "q"]))
            }
            _ => self.revoke(&to, &db),
        };
        self.statements.push(statement);
    }

    fn revoke(&mut self, from: &str, db: &str) -> String {
        if (self.kind == Kind::Mysql97 { partial_revokes: true }) && !self.dice.one_in(4) {
            return format!("REVOKE {} ON {db}.* FROM {from}", self.dice.some(ON_SCHEMA, 4).join(", "));
        }
        let pattern = self.name(PATTERNS);
        format!("REVOKE {} ON {pattern}.* FROM {from}", self.dice.some(ON_SCHEMA, 4).join(", "))
    }

    /// A row written by hand: of the anonymous user, or of a name that is no account.
    fn write_row(&mut self) {
        let user = if self.dice.one_in(3) { "" } else { *self.dice.pick(USERS) };
        let host = *self.dice.pick(self.kind.hosts());
        let pattern = self.dice.pick(PATTERNS).replace('\\', "\\\\");
        let columns = ["Select_priv", "Insert_priv", "Update_priv", "Delete_priv", "Execute_priv", "Event_priv"];
        let held = self.dice.some(&columns, 3);
        self.statements.push(format!(
            "INSERT IGNORE INTO mysql.db (Host, Db, User, {}) VALUES ('{host}', '{pattern}', '{user}'{})",
            held.join(", "),
            ", 'Y'".repeat(held.len())
        ));
    }

    fn switches(&mut self) {
        for account in self.accounts.clone() {
            match (self.kind, self.dice.below(4)) {
                (Kind::Mysql97 { .. }, 0) => self.statements.push(format!("SET DEFAULT ROLE ALL TO {account}")),
                (Kind::Mysql97 { .. }, 1) => {
                    let role = self.dice.pick(&self.roles).clone();
                    self.statements.push(format!("SET DEFAULT ROLE {role} TO {account}"));
                }
                (Kind::Mariadb, 0) => {
                    let role = self.dice.pick(&self.roles).clone();
                    self.statements.push(format!("SET DEFAULT ROLE {role} FOR {account}"));
                }
                _ => {}
            }
        }
        if matches!(self.kind, Kind::Mysql97 { .. }) {
            let mandatory =
                if self.dice.one_in(3) { self.dice.pick(&self.roles).replace('\'', "`") } else { String::new() };
            let all = if self.dice.one_in(4) { "ON" } else { "OFF" };
            let activate = if self.dice.one_in(2) { "ON" } else { "OFF" };
            self.statements.push(format!("SET GLOBAL mandatory_roles = '{mandatory}'"));
            self.statements.push(format!("SET GLOBAL activate_all_roles_on_login = {all}"));
            self.statements.push(format!("SET GLOBAL activate_mandatory_roles = {activate}"));
        }
    }
}

/// A statement, and what it needs.
struct Probe {
    sql: String,
    needs: Needs,
}

enum Needs {
    Schema(&'static str, Vec<&'static str>),
    Table(&'static str, &'static str, Vec<&'static str>),
    Column(&'static str, &'static str, &'static str, &'static str),
    /// The privilege on the table or on any of its columns.
    AnyColumn(&'static str, &'static str, &'static str),
    Routine(&'static str, &'static str, &'static str),
    /// `LOCK TABLES` on the table, and reading any of its columns.
    Lock(&'static str, &'static str),
    /// One of these.
    Global(Vec<&'static str>),
    /// A privilege on everything, or another on a schema.
    GlobalOr(&'static str, &'static str, &'static str),
}

/// Codes with which servers refuse.
const REFUSALS: &[u64] = &[1044, 1045, 1142, 1143, 1227, 1370, 1401];

fn probes(kind: Kind, dice: &mut Dice) -> Vec<Probe> {
    let mut found = Vec::new();
    let mut add = |sql: String, needs: Needs| found.push(Probe { sql, needs });
    for _ in 0..2 {
        let name = *dice.pick(SCHEMAS);
        let db = identifier(name);
        let table = *dice.pick(&["t", "v"]);
        let column = *dice.pick(&["a", "b"]);
        add(format!("SELECT {column} FROM {db}.{table}"), Needs::Column(name, table, column, "SELECT"));
        add(format!("SELECT COUNT(*) FROM {db}.{table}"), Needs::AnyColumn(name, table, "SELECT"));
        add(format!("INSERT INTO {db}.{table} ({column}) VALUES (1)"), Needs::Column(name, table, column, "INSERT"));
        add(format!("UPDATE {db}.{table} SET {column} = 1 WHERE FALSE"), Needs::Column(name, table, column, "UPDATE"));
        add(format!("DELETE FROM {db}.{table} WHERE FALSE"), Needs::Table(name, table, vec!["DELETE"]));
        add(format!("CREATE TABLE {db}.{table} (a INT)"), Needs::Table(name, table, vec!["CREATE"]));
        add(format!("DROP VIEW {db}.{table}"), Needs::Table(name, table, vec!["DROP"]));
        add(format!("ALTER TABLE {db}.{table} DROP COLUMN nothing"), Needs::Table(name, table, vec!["ALTER"]));
        add(format!("CREATE INDEX i ON {db}.{table} (nothing)"), Needs::Table(name, table, vec!["INDEX"]));
        add(format!("CREATE VIEW {db}.{table} AS SELECT 1"), Needs::Table(name, table, vec!["CREATE VIEW"]));
        add(
            format!("CREATE TRIGGER {db}.tr BEFORE INSERT ON {db}.t FOR EACH ROW SET @x = 1"),
            Needs::Table(name, "t", vec!["TRIGGER"]),
        );
        add(format!("LOCK TABLES {db}.{table} READ"), Needs::Lock(name, table));
        add("UNLOCK TABLES".to_owned(), Needs::Global(Vec::new()));
        add(
            format!("GRANT SELECT ON {db}.{table} TO 'nobody'@'nowhere'"),
            Needs::Table(name, table, vec!["GRANT OPTION", "SELECT"]),
        );
        let routine = *dice.pick(&["p", "q"]);
        add(format!("CALL {db}.{routine}()"), Needs::Routine(name, routine, "EXECUTE"));
        add(format!("ALTER PROCEDURE {db}.{routine} COMMENT 'x'"), Needs::Routine(name, routine, "ALTER ROUTINE"));
        add(format!("CREATE PROCEDURE {db}.p() SET @x = 1"), Needs::Schema(name, vec!["CREATE ROUTINE"]));
        add(format!("CREATE EVENT {db}.e ON SCHEDULE EVERY 1 YEAR DO SET @x = 1"), Needs::Schema(name, vec!["EVENT"]));
        add(format!("CREATE TEMPORARY TABLE {db}.z (a INT)"), Needs::Schema(name, vec!["CREATE TEMPORARY TABLES"]));
        add(format!("DROP TEMPORARY TABLE IF EXISTS {db}.z"), Needs::Global(Vec::new()));
    }
    add("SHOW ENGINE INNODB STATUS".to_owned(), Needs::Global(vec!["PROCESS"]));
    add("FLUSH USER_RESOURCES".to_owned(), Needs::Global(vec!["RELOAD", "FLUSH_USER_RESOURCES"]));
    // Who may write the grant tables needs no privilege to make and drop accounts.
    add("DROP USER 'nobody'@'nowhere'".to_owned(), Needs::GlobalOr("CREATE USER", "mysql", "DELETE"));
    if matches!(kind, Kind::Mysql97 { .. }) {
        add("XA RECOVER".to_owned(), Needs::Global(vec!["XA_RECOVER_ADMIN"]));
        add("FLUSH OPTIMIZER_COSTS".to_owned(), Needs::Global(vec!["RELOAD", "FLUSH_OPTIMIZER_COSTS"]));
    }
    found
}

/// Whether the session may, by what we know.
fn verdict(grants: &Grants, session: &Session<'_>, needs: &Needs) -> Result<bool, Undecided> {
    let set = |words: &[&str]| grants.set(words);
    // A privilege that the server never names is one that nobody holds.
    let holds = |held: Privileges, words: &[&str]| words.iter().all(|word| held.meets(set(&[word])));
    match needs {
        Needs::Schema(db, words) => Ok(holds(session.on_schema(db)?, words)),
        Needs::Table(db, table, words) => Ok(holds(session.on_table(db, table)?.table, words)),
        Needs::Column(db, table, column, word) => {
            let held = session.on_table(db, table)?;
            let on_column = held.columns.get(*column).copied().unwrap_or_default();
            Ok(holds(held.table.or(on_column), &[word]))
        }
        Needs::AnyColumn(db, table, word) => {
            let held = session.on_table(db, table)?;
            Ok(held.columns.values().chain([&held.table]).any(|held| holds(*held, &[word])))
        }
        Needs::Routine(db, name, word) => Ok(holds(session.on_routine("PROCEDURE", db, name)?, &[word])),
        Needs::Lock(db, table) => {
            let held = session.on_table(db, table)?;
            let reads = held.columns.values().chain([&held.table]).any(|held| holds(*held, &["SELECT"]));
            Ok(holds(held.table, &["LOCK TABLES"]) && reads)
        }
        Needs::Global(words) => {
            let held = session.global()?;
            Ok(words.is_empty() || words.iter().any(|word| holds(held, &[word])))
        }
        Needs::GlobalOr(word, db, other) => {
            Ok(holds(session.global()?, &[word]) || holds(session.on_schema(db)?, &[other]))
        }
    }
}

/// One session that is tried.
struct Trial {
    user: &'static str,
    client: &'static str,
    active: Active,
    probes: Vec<Probe>,
}

impl Trial {
    fn random(kind: Kind, grants: &Grants, dice: &mut Dice) -> Self {
        let (user, client) = (*dice.pick(USERS), *dice.pick(CLIENTS));
        let account = grants.login(user, &from(client)).ok().flatten();
        let own: Vec<_> = account.map(|id| roles_of(grants, id)).unwrap_or_default();
        let active = match dice.below(4) {
            _ if !kind.has_roles() => Active::Default,
            0 => Active::None,
            1 => Active::Default,
            2 if kind != Kind::Mariadb => Active::All,
            _ if own.is_empty() => Active::None,
            _ => Active::Roles(vec![dice.pick(&own).clone()]),
        };
        Self { user, client, active, probes: probes(kind, dice) }
    }

    fn request(&self, kind: Kind) -> Value {
        let role = |name: &AccountName| match kind {
            Kind::Mariadb => name.user.clone(),
            _ => quoted(&name.user, &name.host),
        };
        let before = match &self.active {
            Active::Default => Vec::new(),
            Active::None => vec!["SET ROLE NONE".to_owned()],
            Active::All => vec!["SET ROLE ALL".to_owned()],
            Active::Roles(names) => vec![format!("SET ROLE {}", names.iter().map(role).collect::<Vec<_>>().join(", "))],
        };
        let statements: Vec<_> = self.probes.iter().map(|probe| probe.sql.as_str()).collect();
        json!({"user": self.user, "password": PASSWORD, "client": self.client, "tls": kind.tls(), "before": before, "try": statements})
    }

    /// Compares what we say with what the server said.
    fn compare(&self, grants: &Grants, answer: &Value, tally: &mut Tally) {
        let who = format!("{} from {} with {:?}", self.user, self.client, self.active);
        tally.logins += 1;
        let account = match (grants.login(self.user, &from(self.client)), answer["account"].as_str()) {
            (Err(Undecided), _) => {
                tally.undecided += 1;
                return;
            }
            (Ok(None), None) => return,
            (Ok(Some(id)), Some(account)) if grants.name(id) == &AccountName::of_definer(account).unwrap() => id,
            (Ok(ours), theirs) => {
                let ours = ours.map(|id| grants.name(id).to_string());
                tally.disagreements.push(format!("{who}: we say {ours:?}, the server {theirs:?} ({answer})"));
                return;
            }
        };
        if answer["before"].as_array().unwrap().iter().any(|code| code != 0) {
            tally.disagreements.push(format!("{who}: the roles were refused: {answer}"));
            return;
        }
        let session = grants.session(account, from(self.client), &self.active);
        let upper = grants.reachable(account);
        for (probe, code) in self.probes.iter().zip(answer["codes"].as_array().unwrap()) {
            let code = code.as_u64().unwrap();
            // The procedures are those of a system account, which is a reason of its own not to let them be changed.
            let of_routine = matches!(probe.needs, Needs::Routine(..));
            let allowed = !REFUSALS.contains(&code) || (of_routine && code == 1227);
            match verdict(grants, &session, &probe.needs) {
                Err(Undecided) => tally.undecided += 1,
                Ok(ours) if ours == allowed => {
                    tally.probes += 1;
                    tally.allowed += usize::from(allowed);
                }
                Ok(ours) => {
                    tally.probes += 1;
                    let account = grants.name(account);
                    let said = if ours { "may" } else { "may not" };
                    tally
                        .disagreements
                        .push(format!("{account}: {who}: {}: we say it {said}, the server said {code}", probe.sql));
                }
            }
            if allowed && !within(grants, &upper, &probe.needs) {
                tally.disagreements.push(format!("{who}: {}: not within the upper bound", probe.sql));
            }
        }
    }
}

/// Whether the upper bound allows it.
fn within(grants: &Grants, upper: &aurora_audit::facts::privileges::effective::Effective, needs: &Needs) -> bool {
    let holds = |db: &str, table: Option<&str>, words: &[&str]| {
        let held = grants.upper(upper, db, table);
        words.iter().all(|word| held.meets(grants.set(&[word])))
    };
    match needs {
        Needs::Schema(db, words) => holds(db, None, words),
        Needs::Table(db, table, words) => holds(db, Some(table), words),
        Needs::Column(db, table, _, word) | Needs::AnyColumn(db, table, word) => holds(db, Some(table), &[word]),
        Needs::Routine(db, name, word) => holds(db, Some(name), &[word]),
        Needs::Lock(db, table) => holds(db, Some(table), &["LOCK TABLES", "SELECT"]),
        Needs::GlobalOr(word, db, other) => upper.global().meets(grants.set(&[word])) || holds(db, None, &[other]),
        Needs::Global(words) => words.is_empty() || words.iter().any(|word| upper.global().meets(grants.set(&[word]))),
    }
}

fn roles_of(grants: &Grants, id: HolderId) -> Vec<AccountName> {
    grants.holder(id).roles.iter().map(|(role, _)| grants.name(*role).clone()).collect()
}

fn from(address: &str) -> Client {
    Client { name: None, address: Some(address.to_owned()) }
}

/// The accounts of the snapshot's one server.
pub fn with_grants<T>(snapshot: &Snapshot, tell: impl FnOnce(&Grants) -> T) -> T {
    let facts = Facts::new(snapshot);
    let found = facts.database_accounts();
    assert!(found.unread.is_empty(), "{:?}", found.unread);
    tell(found.present.first().unwrap().server().grants())
}

/// Makes worlds and tries them.
pub fn differential(lab: &dyn Lab, extent: Extent) -> Tally {
    let kind = lab.kind();
    let mut tally = Tally::default();
    for round in 0.. {
        if tally.probes >= extent.probes {
            break;
        }
        let mut dice = Dice::new(extent.seed.wrapping_mul(1_000_003).wrapping_add(round));
        let world = World { kind, dice: &mut dice, statements: Vec::new(), accounts: Vec::new(), roles: Vec::new() };
        lab.ask(&[json!({"run": world.make()})]);
        let snapshot = lab.collect();
        with_grants(&snapshot, |grants| {
            assert!(grants.tables().unread.is_empty(), "{:?}", grants.tables().unread);
            let trials: Vec<_> = (0..extent.sessions).map(|_| Trial::random(kind, grants, &mut dice)).collect();
            let requests: Vec<_> = trials.iter().map(|trial| trial.request(kind)).collect();
            let before = tally.disagreements.len();
            for (trial, answer) in trials.iter().zip(lab.ask(&requests)) {
                trial.compare(grants, &answer, &mut tally);
            }
            for disagreement in &mut tally.disagreements[before..] {
                let _infallible = write!(disagreement, " [seed {}, round {round}]", extent.seed);
            }
        });
    }
    tally
}
