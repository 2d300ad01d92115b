//! What a server has: plugins, components, schemas.

record! {
    /// A plugin of the server: a row of `information_schema.PLUGINS`.
    struct Plugin / PluginAnswer = "mysql_plugin" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
        /// Name.
        "PLUGIN_NAME" plugin_name: String, unknown;
        /// `ACTIVE`, `INACTIVE`, `DISABLED`, `DELETING` or `DELETED`.
        "PLUGIN_STATUS" plugin_status: String, unknown;
        /// Kind, as in `AUTHENTICATION`.
        "PLUGIN_TYPE" plugin_type: String, unknown;
        /// The library that it came from; none for what is built in.
        "PLUGIN_LIBRARY" plugin_library: String, absent;
    }
}

record! {
    /// A component of the server: a row of `mysql.component` (from 8.0).
    struct Component / ComponentAnswer = "mysql_component" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
        /// Its name, as in `file://component_validate_password`.
        "component_urn" component_urn: String, unknown;
    }
}

record! {
    /// A schema: a row of `information_schema.SCHEMATA`.
    struct Schema / SchemaAnswer = "mysql_schema" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
        /// Its name.
        "SCHEMA_NAME" schema_name: String, unknown;
    }
}
