//! Roles: who has them, and which are active at login. MariaDB keeps the same in other tables, and its roles have no host.

use super::question::Listed;
use super::rows::{Row, account};
use crate::snapshot::schema::mysql::{DefaultRole, DefaultRoleAnswer, RoleEdge, RoleEdgeAnswer};

pub(super) const EDGES: &str = "SELECT FROM_USER, FROM_HOST, TO_USER, TO_HOST, WITH_ADMIN_OPTION FROM mysql.role_edges";

/// What tells two edges apart.
pub(super) const EDGE_KEY: &[&str] = &["FROM_USER", "FROM_HOST", "TO_USER", "TO_HOST"];

pub(super) const EDGES_OF_MARIADB: &str = "SELECT Role AS FROM_USER, '' AS FROM_HOST, User AS TO_USER, Host AS TO_HOST, \
     Admin_option AS WITH_ADMIN_OPTION FROM mysql.roles_mapping";

pub(super) const DEFAULTS: &str = "SELECT USER, HOST, DEFAULT_ROLE_USER, DEFAULT_ROLE_HOST FROM mysql.default_roles";

/// What tells two default roles apart.
pub(super) const DEFAULT_KEY: &[&str] = &["USER", "HOST", "DEFAULT_ROLE_USER", "DEFAULT_ROLE_HOST"];

pub(super) const DEFAULTS_OF_MARIADB: &str = "SELECT User AS USER, Host AS HOST, JSON_VALUE(Priv, '$.default_role') AS \
     DEFAULT_ROLE_USER, '' AS DEFAULT_ROLE_HOST FROM mysql.global_priv WHERE COALESCE(JSON_VALUE(Priv, '$.default_role'), '') <> ''";

pub(super) const ROLE_EDGES: Listed<RoleEdge> = Listed {
    what: "mysql.role_edges",
    needs: "SELECT on mysql.role_edges (on MariaDB, mysql.roles_mapping)",
    record: |context, row| {
        let answer = RoleEdgeAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: context.cluster_arn(),
            from_user: row.text("FROM_USER"),
            from_host: row.text("FROM_HOST"),
            to_user: row.text("TO_USER"),
            to_host: row.text("TO_HOST"),
            with_admin_option: row.flag("WITH_ADMIN_OPTION"),
        };
        (format!("{} to {}", end(row, "FROM_USER", "FROM_HOST"), end(row, "TO_USER", "TO_HOST")), answer.record())
    },
};

pub(super) const DEFAULT_ROLES: Listed<DefaultRole> = Listed {
    what: "mysql.default_roles",
    needs: "SELECT on mysql.default_roles (on MariaDB, mysql.global_priv)",
    record: |context, row| {
        let answer = DefaultRoleAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: context.cluster_arn(),
            user: row.text("USER"),
            host: row.text("HOST"),
            default_role_user: row.text("DEFAULT_ROLE_USER"),
            default_role_host: row.text("DEFAULT_ROLE_HOST"),
        };
        let role = end(row, "DEFAULT_ROLE_USER", "DEFAULT_ROLE_HOST");
        (format!("{} logs in with {role}", end(row, "USER", "HOST")), answer.record())
    },
};

fn end(row: &Row<'_>, user: &str, host: &str) -> String {
    account(row.get(user).unwrap_or_default(), row.get(host).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::question::tests::{one_row, written};
    use super::*;

    #[test]
    fn rows_become_records() {
        let edge = one_row(&[
            ("FROM_USER", Some("r")),
            ("FROM_HOST", Some("%")),
            ("TO_USER", Some("u")),
            ("TO_HOST", Some("h")),
            ("WITH_ADMIN_OPTION", Some("N")),
        ]);
        let text = written(&ROLE_EDGES.all(None), Ok(edge));
        assert!(text.contains("'r'@'%' to 'u'@'h'") && text.contains(r#""WITH_ADMIN_OPTION":false"#), "{text}");
        let role = one_row(&[
            ("USER", Some("u")),
            ("HOST", Some("h")),
            ("DEFAULT_ROLE_USER", Some("r")),
            ("DEFAULT_ROLE_HOST", Some("")),
        ]);
        let text = written(&DEFAULT_ROLES.all(None), Ok(role));
        assert!(text.contains("'u'@'h' logs in with 'r'@''") && text.contains(r#""DEFAULT_ROLE_HOST":"""#), "{text}");
    }
}
