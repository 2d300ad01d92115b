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
        /// `Ssl_version` of the session.
        "Ssl_version" ssl_version: String, unknown;
        /// `Ssl_cipher` of the session.
        "Ssl_cipher" ssl_cipher: String, unknown;
        /// `@@innodb_read_only`: whether the instance is a reader.
        "innodb_read_only" innodb_read_only: bool, unknown;
        /// Whether this session read the grant tables: one of a cluster does, because its instances share them.
        "ReadGrantTables" read_grant_tables: bool, unknown;
        /// Whether it read all of them as of one moment; before 8.0 the tables are not transactional.
        "ConsistentSnapshot" consistent_snapshot: bool, unknown;
    }
}
