//! Sessions: which server was read, and how.

vocabulary! {
    /// Whose server it is, because MySQL's relatives differ in what their grant tables mean.
    enum Flavour = "flavour" {
        /// Amazon Aurora MySQL: it has the variable `aurora_version`.
        Aurora = "aurora",
        /// MySQL.
        Mysql = "mysql",
        /// MariaDB: its version says so.
        Mariadb = "mariadb",
    }
}

record! {
    /// A session that was opened over verified TLS.
    struct Session / SessionAnswer = "mysql_session" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
        /// Whose server it is.
        "Flavour" flavour: Flavour, unknown;
        /// `VERSION()`.
        "Version" version: String, unknown;
        /// `@@version_comment`.
        "VersionComment" version_comment: String, unknown;
        /// Aurora's own version, from the variable `aurora_version`; none on other servers.
        "aurora_version" aurora_version: String, absent;
        /// Aurora's own name of the instance, from the variable `aurora_server_id`; none on other servers.
        "aurora_server_id" aurora_server_id: String, absent;
        /// `CURRENT_USER()`: the account that the session was given.
        "CurrentUser" current_user: String, unknown;
        /// `Ssl_version` of the session; none over a socket of the collecting machine.
        "Ssl_version" ssl_version: String, absent;
        /// `Ssl_cipher` of the session; none over a socket of the collecting machine.
        "Ssl_cipher" ssl_cipher: String, absent;
        /// `@@innodb_read_only`: whether the instance is a reader.
        "innodb_read_only" innodb_read_only: bool, unknown;
        /// Whether this session read the grant tables: one of a cluster does, because its instances share them.
        "ReadGrantTables" read_grant_tables: bool, unknown;
        /// Whether it read all of them as of one moment; before 8.0 the tables are not transactional.
        "ConsistentSnapshot" consistent_snapshot: bool, unknown;
    }
}

record! {
    /// Clients that were connected when the server was read, counted together where account, encryption and connector agree.
    /// No address, thread or statement of any of them.
    struct ClientConnection / ClientConnectionAnswer = "mysql_client_connection" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
        /// `performance_schema.threads.PROCESSLIST_USER`.
        "User" user: String, unknown;
        /// `performance_schema.threads.CONNECTION_TYPE`: `TCP/IP`, `SSL/TLS`, `Socket`, …
        "CONNECTION_TYPE" connection_type: String, unknown;
        /// `Ssl_version` of the session (`performance_schema.status_by_thread`); none without TLS.
        "Ssl_version" ssl_version: String, absent;
        /// `Ssl_cipher` of the session; none without TLS.
        "Ssl_cipher" ssl_cipher: String, absent;
        /// `_client_name` that the connector gave (`performance_schema.session_connect_attrs`), as in `libmysql`; none when it gave
        /// none.
        "_client_name" client_name: String, absent;
        /// `_client_version`, as in `8.0.40`; none when the connector gave none.
        "_client_version" client_version: String, absent;
        /// Connections of this kind.
        "Connections" connections: i64, unknown;
    }
}
