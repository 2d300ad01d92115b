//! The names of privileges: grant tables spell them in three ways, `GRANT` in one.
//! MySQL Reference Manual, "Privileges Provided by MySQL".

/// The word of `GRANT` for a column of `mysql.user` or `mysql.db`, when the column holds a privilege.
pub(super) fn of_column(column: &str) -> Option<String> {
    let stem = column.len().checked_sub(5).and_then(|length| column.split_at_checked(length));
    match stem {
        Some((stem, suffix)) if suffix.eq_ignore_ascii_case("_priv") => Some(word(&stem.to_ascii_uppercase())),
        _ => None,
    }
}

/// Where the column is named otherwise than the privilege.
fn word(stem: &str) -> String {
    match stem {
        "GRANT" => "GRANT OPTION".to_owned(),
        "SHOW_DB" => "SHOW DATABASES".to_owned(),
        "CREATE_TMP_TABLE" => "CREATE TEMPORARY TABLES".to_owned(),
        "REPL_SLAVE" => "REPLICATION SLAVE".to_owned(),
        "REPL_CLIENT" => "REPLICATION CLIENT".to_owned(),
        _ => stem.replace('_', " "),
    }
}

/// The words of `GRANT` for a value of a `SET` column (`Table_priv`, `Column_priv`, `Proc_priv`), sorted.
pub(super) fn of_set(value: &str) -> Vec<String> {
    let mut words: Vec<_> =
        value.split(',').filter(|member| !member.is_empty()).map(|member| word(&member.to_ascii_uppercase())).collect();
    words.sort_unstable();
    words
}

/// The privilege columns that every `mysql.user` has had since 5.6.
pub(super) const USER_SINCE_56: [&str; 29] = [
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

/// The privilege columns that `mysql.user` got in 8.0.
pub(super) const USER_SINCE_80: [&str; 2] = ["Create_role_priv", "Drop_role_priv"];

/// The privilege columns of `mysql.db`.
pub(super) const DB: [&str; 19] = [
    "Select_priv",
    "Insert_priv",
    "Update_priv",
    "Delete_priv",
    "Create_priv",
    "Drop_priv",
    "Grant_priv",
    "References_priv",
    "Index_priv",
    "Alter_priv",
    "Create_tmp_table_priv",
    "Lock_tables_priv",
    "Create_view_priv",
    "Show_view_priv",
    "Create_routine_priv",
    "Alter_routine_priv",
    "Execute_priv",
    "Event_priv",
    "Trigger_priv",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_words_of_grant() {
        for (column, expected) in [
            ("Select_priv", Some("SELECT")),
            ("Insert_priv", Some("INSERT")),
            ("Update_priv", Some("UPDATE")),
            ("Delete_priv", Some("DELETE")),
            ("Create_priv", Some("CREATE")),
            ("Drop_priv", Some("DROP")),
            ("Reload_priv", Some("RELOAD")),
            ("Shutdown_priv", Some("SHUTDOWN")),
            ("Process_priv", Some("PROCESS")),
            ("File_priv", Some("FILE")),
            ("Grant_priv", Some("GRANT OPTION")),
            ("References_priv", Some("REFERENCES")),
            ("Index_priv", Some("INDEX")),
            ("Alter_priv", Some("ALTER")),
            ("Show_db_priv", Some("SHOW DATABASES")),
            ("Super_priv", Some("SUPER")),
            ("Create_tmp_table_priv", Some("CREATE TEMPORARY TABLES")),
            ("Lock_tables_priv", Some("LOCK TABLES")),
            ("Execute_priv", Some("EXECUTE")),
            ("Repl_slave_priv", Some("REPLICATION SLAVE")),
            ("Repl_client_priv", Some("REPLICATION CLIENT")),
            ("Create_view_priv", Some("CREATE VIEW")),
            ("Show_view_priv", Some("SHOW VIEW")),
            ("Create_routine_priv", Some("CREATE ROUTINE")),
            ("Alter_routine_priv", Some("ALTER ROUTINE")),
            ("Create_user_priv", Some("CREATE USER")),
            ("Event_priv", Some("EVENT")),
            ("Trigger_priv", Some("TRIGGER")),
            ("Create_tablespace_priv", Some("CREATE TABLESPACE")),
            ("Create_role_priv", Some("CREATE ROLE")),
            ("Drop_role_priv", Some("DROP ROLE")),
            ("Load_from_S3_priv", Some("LOAD FROM S3")),
            ("Select_into_S3_priv", Some("SELECT INTO S3")),
            ("Invoke_lambda_priv", Some("INVOKE LAMBDA")),
            ("select_priv", Some("SELECT")),
            ("plugin", None),
            ("priv", None),
            ("größe", None),
            ("", None),
        ] {
            assert_eq!(of_column(column).as_deref(), expected, "{column}");
        }
    }

    #[test]
    fn set_members_become_words_of_grant() {
        for (value, expected) in [
            ("", vec![]),
            ("Select", vec!["SELECT"]),
            ("Select,Insert,Grant", vec!["GRANT OPTION", "INSERT", "SELECT"]),
            ("Create View,Show view", vec!["CREATE VIEW", "SHOW VIEW"]),
            ("Execute,Alter Routine", vec!["ALTER ROUTINE", "EXECUTE"]),
        ] {
            assert_eq!(of_set(value), expected, "{value}");
        }
    }
}
