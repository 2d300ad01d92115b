//! What is stored in schemas and runs as an account.

vocabulary! {
    /// What is stored in a schema and runs with the privileges of an account.
    enum StoredObject = "stored_object" {
        /// Stored procedure.
        Procedure = "PROCEDURE",
        /// Stored function.
        Function = "FUNCTION",
        /// View.
        View = "VIEW",
        /// Trigger.
        Trigger = "TRIGGER",
        /// Event of the scheduler.
        Event = "EVENT",
    }
}

vocabulary! {
    /// Whose privileges a stored object runs with (`SQL SECURITY`).
    enum SecurityType = "security_type" {
        /// Those of the account that it names.
        Definer = "DEFINER",
        /// Those of whoever uses it.
        Invoker = "INVOKER",
    }
}

record! {
    /// A stored object and the account that it runs as, outside the schemas `mysql` and `sys`: `mysql.proc` and `mysql.event` where the server has them,
    /// else a row of `information_schema.ROUTINES`, `VIEWS`, `TRIGGERS` or `EVENTS`. Its text is never read.
    struct Definer / DefinerAnswer = "mysql_definer" {
        /// The server, as `host:port` by its real name.
        "Server" server: String, unknown;
        /// ARN of the cluster that the server belongs to; none of a server that was named by its address.
        "DBClusterArn" db_cluster_arn: String, absent;
        /// What it is.
        "OBJECT_TYPE" object_type: StoredObject, unknown;
        /// Schema.
        "SCHEMA" schema: String, unknown;
        /// Name.
        "NAME" name: String, unknown;
        /// The account, as the server writes it: `user@host` without quotes.
        "DEFINER" definer: String, unknown;
        /// Whose privileges it runs with; triggers and events always with those of the definer.
        "SECURITY_TYPE" security_type: SecurityType, unknown;
    }
}
