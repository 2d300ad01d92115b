//! Snapshots of one database server, put together by hand.

use serde_json::{Value, json};

/// Address of the server.
pub const SERVER: &str = "db.example:3306";
const AT: &str = "2026-11-21T12:00:00Z";

/// What every listing of a server is called, and what it lists.
const LISTINGS: [(&str, &str); 13] = [
    ("mysql:mysql.user", "mysql.account"),
    ("mysql:mysql.db", "mysql.schema_grant"),
    ("mysql:mysql.tables_priv", "mysql.table_grant"),
    ("mysql:mysql.columns_priv", "mysql.column_grant"),
    ("mysql:mysql.procs_priv", "mysql.routine_grant"),
    ("mysql:mysql.global_grants", "mysql.dynamic_grant"),
    ("mysql:mysql.role_edges", "mysql.role_edge"),
    ("mysql:mysql.default_roles", "mysql.default_role"),
    ("mysql:mysql.proxies_priv", "mysql.proxy_grant"),
    ("mysql:definers.ROUTINE", "mysql.definer"),
    ("mysql:definers.VIEW", "mysql.definer"),
    ("mysql:definers.TRIGGER", "mysql.definer"),
    ("mysql:definers.EVENT", "mysql.definer"),
];

/// A server of MySQL 8.4 of which everything was read.
pub struct Server {
    records: Vec<(&'static str, &'static str, Value)>,
    unread: Vec<&'static str>,
}

impl Server {
    /// Without accounts.
    pub fn new() -> Self {
        let session = json!({"Flavour": "mysql", "Version": "8.4.3", "VersionComment": "", "aurora_version": null,
            "aurora_server_id": null, "CurrentUser": "auditor@%", "Ssl_version": "TLSv1.3", "Ssl_cipher": "x",
            "innodb_read_only": false, "ReadGrantTables": true, "ConsistentSnapshot": true});
        Self { records: vec![("mysql.session", "mysql:session", session)], unread: Vec::new() }
    }

    fn add(mut self, kind: &'static str, source: &'static str, data: Value) -> Self {
        self.records.push((kind, source, data));
        self
    }

    /// Global variables; those that are not named are absent.
    pub fn variables(self, values: &[(&str, &str)]) -> Self {
        let names = [
            "require_secure_transport",
            "local_infile",
            "log_bin_trust_function_creators",
            "sql_mode",
            "mandatory_roles",
            "activate_all_roles_on_login",
            "activate_mandatory_roles",
            "partial_revokes",
            "check_proxy_users",
            "default_password_lifetime",
        ];
        let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let data = names.into_iter().map(|name| (name.to_owned(), json!(value(name)))).collect();
        self.add("mysql.global_variables", "mysql:global_variables", Value::Object(data))
    }

    /// An account with global privileges.
    pub fn account(self, user: &str, host: &str, privileges: &[&str]) -> Self {
        let data = json!({"User": user, "Host": host, "plugin": "caching_sha2_password", "auth_or": null,
            "authentication_string_empty": false, "ssl_type": "", "max_user_connections": 0, "account_locked": false,
            "password_expired": false, "password_lifetime": null, "is_role": null, "Privileges": privileges,
            "Restrictions": null, "Unflushed": null});
        self.add("mysql.account", "mysql:mysql.user", data)
    }

    /// A grant on a schema.
    pub fn schema(self, user: &str, host: &str, db: &str, privileges: &[&str]) -> Self {
        let data = json!({"User": user, "Host": host, "Db": db, "Privileges": privileges});
        self.add("mysql.schema_grant", "mysql:mysql.db", data)
    }

    /// A role that is granted.
    pub fn role(self, role: (&str, &str), grantee: (&str, &str), admin: bool) -> Self {
        let data = json!({"FROM_USER": role.0, "FROM_HOST": role.1, "TO_USER": grantee.0, "TO_HOST": grantee.1,
            "WITH_ADMIN_OPTION": admin});
        self.add("mysql.role_edge", "mysql:mysql.role_edges", data)
    }

    /// A stored object.
    pub fn stored(self, kind: &str, name: &str, definer: &str, security: &str) -> Self {
        let source = match kind {
            "VIEW" => "mysql:definers.VIEW",
            "TRIGGER" => "mysql:definers.TRIGGER",
            "EVENT" => "mysql:definers.EVENT",
            _ => "mysql:definers.ROUTINE",
        };
        let data = json!({"OBJECT_TYPE": kind, "SCHEMA": "shop", "NAME": name, "DEFINER": definer,
            "SECURITY_TYPE": security});
        self.add("mysql.definer", source, data)
    }

    /// Leaves a listing out, as if it had not been read.
    pub fn without(mut self, source: &'static str) -> Self {
        self.unread.push(source);
        self.records.retain(|(_, of, _)| *of != source);
        self
    }

    /// The snapshot as text.
    pub fn text(&self) -> String {
        let header = json!({"SchemaVersion": 1, "ToolVersion": "0.1.0", "Started": AT,
            "Scope": {"Regions": [], "Collectors": ["tls", "mysql"]}, "Identity": []});
        let mut lines = vec![line("header", "snapshot", "aurora-audit", &header)];
        for (number, (kind, source, data)) in self.records.iter().enumerate() {
            let mut data = data.clone();
            data["Server"] = SERVER.into();
            data["DBClusterArn"] = Value::Null;
            lines.push(line(kind, &format!("{SERVER}/{number}"), source, &data));
        }
        for (source, kind) in LISTINGS.into_iter().filter(|(source, _)| !self.unread.contains(source)) {
            let kept = self.records.iter().filter(|(of, from, _)| *of == kind && *from == source).count();
            let data = json!({"Kind": kind, "Target": SERVER, "Returned": kept, "Kept": kept, "Excluded": []});
            lines.push(line("listing", &format!("{source}/{kind}@{SERVER}"), source, &data));
        }
        lines.join("\n") + "\n"
    }
}

fn line(kind: &str, id: &str, source: &str, data: &Value) -> String {
    json!({"kind": kind, "id": id, "account": "", "region": "", "source": source, "at": AT, "data": data}).to_string()
}
