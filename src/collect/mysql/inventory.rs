//! What a server has beside accounts: plugins, components, schemas.

use super::context::Context;
use super::failure::Failure;
use super::question::{Listed, Question};
use super::statement::limited;
use crate::snapshot::schema::mysql::{Component, ComponentAnswer, Plugin, PluginAnswer, Schema, SchemaAnswer};

/// Privileges each of which shows every schema.
const SHOWS_SCHEMAS: &[&str] =
    &["SHOW DATABASES", "SELECT", "SHOW VIEW", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP"];

/// The questions for all of it.
pub(super) fn questions(context: &Context<'_>) -> Vec<Question> {
    let components = !context.has_old_tables();
    vec![
        PLUGINS.all(Some(limited(
            "SELECT PLUGIN_NAME, PLUGIN_STATUS, PLUGIN_TYPE, PLUGIN_LIBRARY FROM information_schema.PLUGINS",
        ))),
        COMPONENTS.all(components.then(|| limited("SELECT component_urn FROM mysql.component"))),
        SCHEMATA.seen(
            Some(limited("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA").by(&["SCHEMA_NAME"])),
            (!context.own.has_any(SHOWS_SCHEMAS)).then_some(Failure::Partial),
        ),
    ]
}

const PLUGINS: Listed<Plugin> = Listed {
    what: "information_schema.PLUGINS",
    needs: "a login",
    record: |context, row| {
        let answer = PluginAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: context.cluster_arn(),
            plugin_name: row.text("PLUGIN_NAME"),
            plugin_status: row.text("PLUGIN_STATUS"),
            plugin_type: row.text("PLUGIN_TYPE"),
            plugin_library: row.text("PLUGIN_LIBRARY"),
        };
        let kind = row.get("PLUGIN_TYPE").unwrap_or_default();
        (format!("plugin {} {kind}", row.get("PLUGIN_NAME").unwrap_or_default()), answer.record())
    },
};

const COMPONENTS: Listed<Component> = Listed {
    what: "mysql.component",
    needs: "SELECT on mysql.component",
    record: |context, row| {
        let answer = ComponentAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: context.cluster_arn(),
            component_urn: row.text("component_urn"),
        };
        (format!("component {}", row.get("component_urn").unwrap_or_default()), answer.record())
    },
};

const SCHEMATA: Listed<Schema> = Listed {
    what: "information_schema.SCHEMATA",
    needs: "SHOW DATABASES or SHOW VIEW",
    record: |context, row| {
        let answer = SchemaAnswer {
            server: Some(context.server.clone()),
            db_cluster_arn: context.cluster_arn(),
            schema_name: row.text("SCHEMA_NAME"),
        };
        (format!("schema {}", row.get("SCHEMA_NAME").unwrap_or_default()), answer.record())
    },
};

#[cfg(test)]
mod tests {
    use super::super::context::tests::{cluster, context};
    use super::super::question::tests::{one_row, written};
    use super::*;
    use crate::snapshot::schema::mysql::Flavour;
    use crate::snapshot::schema::rds::Engine;

    #[test]
    fn rows_become_records() {
        for (question, row, parts) in [
            (
                PLUGINS.all(None),
                one_row(&[
                    ("PLUGIN_NAME", Some("server_audit")),
                    ("PLUGIN_TYPE", Some("AUDIT")),
                    ("PLUGIN_LIBRARY", None),
                ]),
                ["plugin server_audit AUDIT", r#""PLUGIN_LIBRARY":null"#],
            ),
            (
                COMPONENTS.all(None),
                one_row(&[("component_urn", Some("file://x"))]),
                ["component file://x", r#""component_urn":"file://x""#],
            ),
            (SCHEMATA.all(None), one_row(&[("SCHEMA_NAME", Some("test"))]), ["schema test", r#""SCHEMA_NAME":"test""#]),
        ] {
            let text = written(&question, Ok(row));
            assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        }
    }

    #[test]
    fn components_are_since_8_0() {
        let cluster = cluster(Engine::AuroraMysql);
        for (version, flavour, asked) in [
            ("8.0.39", Flavour::Aurora, true),
            ("5.7.44", Flavour::Aurora, false),
            ("10.11.19", Flavour::Mariadb, false),
        ] {
            let questions = questions(&context(&cluster, version, Some(flavour)));
            assert_eq!(questions.get(1).unwrap().sql.is_some(), asked, "{version}");
        }
    }
}
