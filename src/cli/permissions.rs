//! `permissions`: what the account of the audit needs, as statements to run.

use super::args::PermissionsArgs;
use super::error::CliError;
use super::exit::Exit;
use super::output::say;
use super::{aws_cli, policy};
use crate::model::Version;

/// `permissions --sql`
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SqlAccount {
    /// Logs in by tokens of IAM
    Iam,
    /// Logs in by a password
    Password,
    /// Logs in by a password, and is shown no password hash
    HashBlind,
}

/// Prints the statements, the policy or the commands.
pub fn run(args: &PermissionsArgs) -> Result<Exit, CliError> {
    match args.policy {
        Some(format) => policy::run(args, format),
        None if args.as_cli => aws_cli::run(args),
        None if args.sql == SqlAccount::HashBlind && is_mariadb(args) => Err(CliError::NotHashBlind),
        None => say(&statements(args)),
    }
}

/// Columns of `mysql.user` but the hash, up to the privileges.
const COLUMNS_SINCE_56: &[&str] = &[
    "Host",
    "User",
    "plugin",
    "ssl_type",
    "ssl_cipher",
    "x509_issuer",
    "x509_subject",
    "max_user_connections",
    "password_expired",
    "Select_priv",
    "Insert_priv",
    "Update_priv",
    "Delete_priv",
    "Create_priv",
    "Drop_priv",
    "Reload_priv",
    "Shutdown_priv",
    "Process_priv",
    "File_priv",
    "Grant_priv",
    "References_priv",
    "Index_priv",
    "Alter_priv",
    "Show_db_priv",
    "Super_priv",
    "Create_tmp_table_priv",
    "Lock_tables_priv",
    "Execute_priv",
    "Repl_slave_priv",
    "Repl_client_priv",
    "Create_view_priv",
    "Show_view_priv",
    "Create_routine_priv",
    "Alter_routine_priv",
    "Create_user_priv",
    "Event_priv",
    "Trigger_priv",
    "Create_tablespace_priv",
];
const COLUMNS_SINCE_57: &[&str] = &["account_locked", "password_last_changed", "password_lifetime"];
const COLUMNS_SINCE_80: &[&str] = &[
    "Create_role_priv",
    "Drop_role_priv",
    "Password_reuse_history",
    "Password_reuse_time",
    "Password_require_current",
    "User_attributes",
];
const TABLES_SINCE_56: &[&str] = &["db", "tables_priv", "columns_priv", "procs_priv", "proxies_priv"];
const TABLES_BEFORE_80: &[&str] = &["proc", "event"];
const TABLES_SINCE_80: &[&str] = &["global_grants", "role_edges", "default_roles", "component"];
const CLIENTS: &[&str] = &["threads", "status_by_thread", "session_connect_attrs"];

/// MariaDB counts from 10 on, and MySQL has not come there.
fn is_mariadb(args: &PermissionsArgs) -> bool {
    "10".parse::<Version>().is_ok_and(|ten| args.server_version >= ten)
}

fn statements(args: &PermissionsArgs) -> String {
    let mariadb = is_mariadb(args);
    let since = |version: &str| version.parse::<Version>().is_ok_and(|version| args.server_version >= version);
    let (modern, lockable) = (since("8.0") && !mariadb, since("5.7"));
    let account = format!("{}@{}", quote(&args.user), quote(&args.host));
    let mut lines = created(args.sql, &account, modern, lockable);
    match args.sql {
        SqlAccount::Iam | SqlAccount::Password => lines.push(format!("GRANT SELECT ON mysql.* TO {account};")),
        SqlAccount::HashBlind => lines.extend(blind(&account, modern, lockable)),
    }
    lines.push("-- Who stored objects run as. Neither privilege reads data.".to_owned());
    let routines = match (mariadb, since("8.0.20")) {
        (true, _) => "SHOW VIEW, SHOW DATABASES",
        (false, true) => "SHOW VIEW, SHOW_ROUTINE",
        (false, false) => "SHOW VIEW",
    };
    lines.push(format!("GRANT {routines} ON *.* TO {account};"));
    if lockable {
        lines.push(
            "-- Who is connected without TLS, where performance_schema is on. No statement of anyone is read."
                .to_owned(),
        );
        lines.extend(CLIENTS.iter().map(|table| format!("GRANT SELECT ON performance_schema.{table} TO {account};")));
    }
    lines.join("\n") + "\n"
}

/// The account itself. A pasted statement must not make one with a password that stands in a manual.
fn created(kind: SqlAccount, account: &str, modern: bool, lockable: bool) -> Vec<String> {
    match (kind, modern, lockable) {
        (SqlAccount::Iam, _, true) => vec![
            "-- Logs in by tokens of IAM: the cluster needs IAM authentication, the caller rds-db:connect for this user.".to_owned(),
            format!("CREATE USER {account} IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;"),
        ],
        (SqlAccount::Iam, ..) => vec![
            "-- Logs in by tokens of IAM: the cluster needs IAM authentication, the caller rds-db:connect for this user.".to_owned(),
            format!("CREATE USER {account} IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS';"),
            format!("GRANT USAGE ON *.* TO {account} REQUIRE SSL;"),
        ],
        (_, true, _) => vec![
            "-- The server makes the password and shows it once.".to_owned(),
            format!("CREATE USER {account} IDENTIFIED BY RANDOM PASSWORD REQUIRE SSL;"),
        ],
        (_, _, true) => vec![
            "-- Put a long random password in the place of the mark.".to_owned(),
            format!("CREATE USER {account} IDENTIFIED BY <password> REQUIRE SSL;"),
        ],
        _ => vec![
            "-- Put a long random password in the place of the mark.".to_owned(),
            format!("CREATE USER {account} IDENTIFIED BY <password>;"),
            format!("GRANT USAGE ON *.* TO {account} REQUIRE SSL;"),
        ],
    }
}

/// Everything but the hashes, column by column.
fn blind(account: &str, modern: bool, lockable: bool) -> Vec<String> {
    let [since_57, since_80] = [(lockable, COLUMNS_SINCE_57), (modern, COLUMNS_SINCE_80)]
        .map(|(there, columns)| if there { columns } else { Default::default() });
    let columns = [COLUMNS_SINCE_56, since_57, since_80].concat().join(", ");
    let later = if modern { TABLES_SINCE_80 } else { TABLES_BEFORE_80 };
    let tables =
        TABLES_SINCE_56.iter().chain(later).map(|table| format!("GRANT SELECT ON mysql.{table} TO {account};"));
    let mut lines = vec![
        "-- Without the hashes nobody can tell empty, equal or guessable passwords: those rules answer unknown."
            .to_owned(),
    ];
    if modern {
        let note = "-- User_attributes holds partial revokes, and the hash of a second password where one is retained. Without it, \
                    privileges are judged as if nothing were revoked.";
        lines.push(note.to_owned());
    }
    lines.push(format!("GRANT SELECT ({columns}) ON mysql.user TO {account};"));
    lines.extend(tables);
    lines
}

/// A name as SQL writes it.
fn quote(name: &str) -> String {
    format!("'{}'", name.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sql: SqlAccount, version: &str) -> String {
        let kind = match sql {
            SqlAccount::Iam => "iam",
            SqlAccount::Password => "password",
            SqlAccount::HashBlind => "hash-blind",
        };
        let words = ["--sql", kind, "--user", "audit'or", "--host", "10.0.%", "--server-version", version];
        statements(&PermissionsArgs::parsed(&words))
    }

    #[test]
    fn each_account_in_the_words_of_its_version() {
        for (sql, version, contains, lacks) in [
            (
                SqlAccount::Iam,
                "8.0.39",
                &["AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL", "SELECT ON mysql.*", "SHOW_ROUTINE"][..],
                "RANDOM",
            ),
            (SqlAccount::Iam, "5.6", &["GRANT USAGE ON *.* TO 'audit''or'@'10.0.%' REQUIRE SSL"], "SHOW_ROUTINE"),
            (SqlAccount::Password, "8.4", &["RANDOM PASSWORD REQUIRE SSL", "performance_schema.threads"], "RDS"),
            (SqlAccount::Password, "5.7", &["<password> REQUIRE SSL", "SHOW VIEW ON"], "SHOW_ROUTINE"),
            (SqlAccount::Password, "5.6", &["<password>;"], "performance_schema"),
            (SqlAccount::HashBlind, "8.0.39", &["User_attributes", "mysql.role_edges", "Drop_role_priv"], "mysql.*"),
            (SqlAccount::HashBlind, "5.7", &["account_locked", "mysql.proc"], "role_edges"),
            (SqlAccount::Password, "10.11", &["<password> REQUIRE SSL", "SHOW DATABASES ON"], "SHOW_ROUTINE"),
        ] {
            let text = text(sql, version);
            assert!(contains.iter().all(|part| text.contains(part)) && !text.contains(lacks), "{version}: {text}");
        }
    }

    #[test]
    fn mariadb_has_no_blind_account() {
        let words = ["--sql", "hash-blind", "--server-version", "11.4"];
        assert!(matches!(run(&PermissionsArgs::parsed(&words)), Err(CliError::NotHashBlind)));
    }

    #[test]
    fn the_blind_account_sees_no_hash() {
        for version in ["5.6", "5.7", "8.0.39"] {
            let text = text(SqlAccount::HashBlind, version);
            assert!(!text.contains("authentication_string") && !text.contains("Password,"), "{text}");
        }
    }
}
