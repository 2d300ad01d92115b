//! Roles: who has them, and which are active at login.

record! {
    /// A role granted to an account: a row of `mysql.role_edges` (from 8.0), or of `mysql.roles_mapping` on MariaDB, whose roles
    /// have an empty host.
    struct RoleEdge / RoleEdgeAnswer = "mysql_role_edge" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
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

record! {
    /// A role that is active at login: a row of `mysql.default_roles` (from 8.0), or `default_role` of `mysql.global_priv` on MariaDB.
    struct DefaultRole / DefaultRoleAnswer = "mysql_default_role" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
        /// User name of the account.
        "USER" user: String, unknown;
        /// Host of the account.
        "HOST" host: String, unknown;
        /// User name of the role.
        "DEFAULT_ROLE_USER" default_role_user: String, unknown;
        /// Host of the role.
        "DEFAULT_ROLE_HOST" default_role_host: String, unknown;
    }
}
