//! Privileges, a row of a grant table each.

record! {
    /// Privileges on a schema: a row of `mysql.db`.
    struct SchemaGrant / SchemaGrantAnswer = "mysql_schema_grant" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
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
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
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
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
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
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
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
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
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
    /// Leave to act as another account: a row of `mysql.proxies_priv`.
    struct ProxyGrant / ProxyGrantAnswer = "mysql_proxy_grant" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
        /// User name of the account that may.
        "User" user: String, unknown;
        /// Host of the account that may.
        "Host" host: String, unknown;
        /// User name of the account that it may be.
        "Proxied_user" proxied_user: String, unknown;
        /// Host of the account that it may be.
        "Proxied_host" proxied_host: String, unknown;
        /// Whether it may grant this on.
        "With_grant" with_grant: bool, unknown;
    }
}
