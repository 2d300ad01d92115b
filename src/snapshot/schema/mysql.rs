//! MySQL: what a session read from the grant tables and the global variables. Never a password hash.
//! Shapes: MySQL Reference Manual, "Grant Tables" and "Server System Variables".

use jiff::Timestamp;

vocabulary! {
    /// What `REQUIRE` demands of an account's connections (`mysql.user.ssl_type`).
    enum SslType = "ssl_type" {
        /// Nothing.
        None = "",
        /// `REQUIRE SSL`.
        Any = "ANY",
        /// `REQUIRE X509`.
        X509 = "X509",
        /// `REQUIRE SUBJECT`, `ISSUER` or `CIPHER`.
        Specified = "SPECIFIED",
    }
}

record! {
    /// A session that was opened over verified TLS.
    struct Session / SessionAnswer = "mysql_session" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to.
        "DBClusterArn" db_cluster_arn: String, unknown;
        /// `VERSION()`.
        "Version" version: String, unknown;
        /// `@@version_comment`.
        "VersionComment" version_comment: String, unknown;
        /// Aurora's own version, from the variable `aurora_version`; none on other servers.
        "aurora_version" aurora_version: String, absent;
        /// `CURRENT_USER()`: the account that the session was given.
        "CurrentUser" current_user: String, unknown;
        /// `Ssl_version` of the session.
        "Ssl_version" ssl_version: String, unknown;
        /// `Ssl_cipher` of the session.
        "Ssl_cipher" ssl_cipher: String, unknown;
        /// `@@innodb_read_only`: whether the instance is a reader.
        "innodb_read_only" innodb_read_only: bool, unknown;
    }
}

record! {
    /// The global variables that decide security, from `SHOW GLOBAL VARIABLES`. A variable is absent when the server does not have it.
    struct GlobalVariables / GlobalVariablesAnswer = "mysql_global_variables" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to.
        "DBClusterArn" db_cluster_arn: String, unknown;
        /// Whether connections without TLS are refused: `ON` or `OFF`.
        "require_secure_transport" require_secure_transport: String, absent;
        /// TLS versions that the server accepts, as in `TLSv1.2,TLSv1.3`.
        "tls_version" tls_version: String, absent;
        /// Cipher suites up to TLS 1.2.
        "ssl_cipher" ssl_cipher: String, absent;
        /// Cipher suites of TLS 1.3.
        "tls_ciphersuites" tls_ciphersuites: String, absent;
        /// Whether clients may load files of theirs: `ON` or `OFF`.
        "local_infile" local_infile: String, absent;
        /// Whether functions are trusted under binary logging: `ON` or `OFF`.
        "log_bin_trust_function_creators" log_bin_trust_function_creators: String, absent;
        /// SQL modes, as a comma-separated list.
        "sql_mode" sql_mode: String, absent;
        /// Roles that every account has, as a comma-separated list.
        "mandatory_roles" mandatory_roles: String, absent;
        /// Whether granted roles are active at login: `ON` or `OFF`.
        "activate_all_roles_on_login" activate_all_roles_on_login: String, absent;
        /// Whether privileges can be revoked for single schemas: `ON` or `OFF`.
        "partial_revokes" partial_revokes: String, absent;
        /// Days until passwords expire; `0` for never.
        "default_password_lifetime" default_password_lifetime: String, absent;
        /// Plugin of accounts that name none (up to 8.0).
        "default_authentication_plugin" default_authentication_plugin: String, absent;
        /// Plugins that accounts may use (from 8.0.27).
        "authentication_policy" authentication_policy: String, absent;
        /// Whether host names of clients are looked up: `ON` or `OFF`.
        "skip_name_resolve" skip_name_resolve: String, absent;
        /// Whether Aurora's audit log is on: `ON`, `OFF`, `1` or `0`.
        "server_audit_logging" server_audit_logging: String, absent;
        /// Events that go into the audit log.
        "server_audit_events" server_audit_events: String, absent;
        /// Whether the general log is on: `ON` or `OFF`.
        "general_log" general_log: String, absent;
    }
}

record! {
    /// An account: a row of `mysql.user`.
    struct Account / AccountAnswer = "mysql_account" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to.
        "DBClusterArn" db_cluster_arn: String, unknown;
        /// User name; empty for the anonymous account.
        "User" user: String, unknown;
        /// Host pattern that clients must match.
        "Host" host: String, unknown;
        /// Authentication plugin.
        "plugin" plugin: String, unknown;
        /// Whether `authentication_string` is empty; the server computes it, the value itself is never read.
        "authentication_string_empty" authentication_string_empty: bool, unknown;
        /// What `REQUIRE` demands.
        "ssl_type" ssl_type: SslType, unknown;
        /// Whether the account is locked; absent on servers older than 5.7.
        "account_locked" account_locked: bool, absent;
        /// Whether the password is expired.
        "password_expired" password_expired: bool, unknown;
        /// When the password was set.
        "password_last_changed" password_last_changed: Timestamp, absent;
        /// Days until the password expires; none means the server's default.
        "password_lifetime" password_lifetime: i64, absent;
        /// Static global privileges held, in the words of `GRANT` (`SELECT`, `CREATE USER`, …), sorted, `GRANT OPTION` among them.
        "Privileges" privileges: Vec<String>, unknown;
        /// Schemas in which global privileges are partially revoked, each with the privileges; none before 8.0.16.
        "Restrictions" restrictions: Vec<Restriction>, absent;
    }
}

record! {
    /// Global privileges that an account does not have in one schema (`mysql.user.User_attributes`, `Restrictions`).
    struct Restriction / RestrictionAnswer = "mysql_restriction" {
        /// The schema.
        "Database" database: String, unknown;
        /// The privileges.
        "Privileges" privileges: Vec<String>, unknown;
    }
}

record! {
    /// Privileges on a schema: a row of `mysql.db`.
    struct SchemaGrant / SchemaGrantAnswer = "mysql_schema_grant" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to.
        "DBClusterArn" db_cluster_arn: String, unknown;
        /// User name.
        "User" user: String, unknown;
        /// Host pattern.
        "Host" host: String, unknown;
        /// Schema name or pattern.
        "Db" db: String, unknown;
        /// Privileges, in the words of `GRANT`, sorted, `GRANT OPTION` among them.
        "Privileges" privileges: Vec<String>, unknown;
    }
}

record! {
    /// Privileges on a table: a row of `mysql.tables_priv`.
    struct TableGrant / TableGrantAnswer = "mysql_table_grant" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to.
        "DBClusterArn" db_cluster_arn: String, unknown;
        /// User name.
        "User" user: String, unknown;
        /// Host pattern.
        "Host" host: String, unknown;
        /// Schema.
        "Db" db: String, unknown;
        /// Table.
        "Table_name" table_name: String, unknown;
        /// Privileges on the table, in the words of `GRANT`, sorted.
        "Table_priv" table_priv: Vec<String>, unknown;
        /// Privileges held on some of its columns, sorted.
        "Column_priv" column_priv: Vec<String>, unknown;
    }
}

record! {
    /// Privileges on a column: a row of `mysql.columns_priv`.
    struct ColumnGrant / ColumnGrantAnswer = "mysql_column_grant" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to.
        "DBClusterArn" db_cluster_arn: String, unknown;
        /// User name.
        "User" user: String, unknown;
        /// Host pattern.
        "Host" host: String, unknown;
        /// Schema.
        "Db" db: String, unknown;
        /// Table.
        "Table_name" table_name: String, unknown;
        /// Column.
        "Column_name" column_name: String, unknown;
        /// Privileges, in the words of `GRANT`, sorted.
        "Column_priv" column_priv: Vec<String>, unknown;
    }
}

record! {
    /// Privileges on a routine: a row of `mysql.procs_priv`.
    struct RoutineGrant / RoutineGrantAnswer = "mysql_routine_grant" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to.
        "DBClusterArn" db_cluster_arn: String, unknown;
        /// User name.
        "User" user: String, unknown;
        /// Host pattern.
        "Host" host: String, unknown;
        /// Schema.
        "Db" db: String, unknown;
        /// Routine.
        "Routine_name" routine_name: String, unknown;
        /// `PROCEDURE` or `FUNCTION`.
        "Routine_type" routine_type: String, unknown;
        /// Privileges, in the words of `GRANT`, sorted.
        "Proc_priv" proc_priv: Vec<String>, unknown;
    }
}

record! {
    /// A dynamic privilege: a row of `mysql.global_grants` (from 8.0).
    struct DynamicGrant / DynamicGrantAnswer = "mysql_dynamic_grant" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to.
        "DBClusterArn" db_cluster_arn: String, unknown;
        /// User name.
        "USER" user: String, unknown;
        /// Host pattern.
        "HOST" host: String, unknown;
        /// The privilege, as in `ROLE_ADMIN`.
        "PRIV" privilege: String, unknown;
        /// Whether the account may grant it on.
        "WITH_GRANT_OPTION" with_grant_option: bool, unknown;
    }
}

record! {
    /// A role granted to an account: a row of `mysql.role_edges` (from 8.0).
    struct RoleEdge / RoleEdgeAnswer = "mysql_role_edge" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to.
        "DBClusterArn" db_cluster_arn: String, unknown;
        /// User name of the role.
        "FROM_USER" from_user: String, unknown;
        /// Host of the role.
        "FROM_HOST" from_host: String, unknown;
        /// User name of the grantee.
        "TO_USER" to_user: String, unknown;
        /// Host of the grantee.
        "TO_HOST" to_host: String, unknown;
        /// Whether the grantee may grant it on.
        "WITH_ADMIN_OPTION" with_admin_option: bool, unknown;
    }
}
