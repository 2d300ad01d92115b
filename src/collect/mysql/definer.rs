//! What is stored in schemas and runs as an account: routines, views, triggers, events. Their text stays on the server.

use super::context::Context;
use super::failure::Failure;
use super::question::{Listed, Question};
use super::rows::{Row, quote};
use super::statement::limited;
use crate::snapshot::schema::mysql::{Definer, DefinerAnswer, SecurityType, StoredObject};

/// Where a kind of object stands in servers since MySQL 8.0, and what must be granted to see all of it.
struct Source {
    what: &'static str,
    since_80: &'static str,
    before: &'static str,
    shown_to: &'static [&'static str],
    needs: &'static str,
    /// Whether the older table shows all to whoever may read it.
    before_is_whole: bool,
    /// What it means to see a part.
    lacks: Failure,
}

const SOURCES: [Source; 4] = [
    Source {
        what: "definers.ROUTINE",
        since_80: "SELECT ROUTINE_TYPE AS OBJECT_TYPE, ROUTINE_SCHEMA AS `SCHEMA`, ROUTINE_NAME AS NAME, DEFINER, SECURITY_TYPE \
                   FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN ('mysql', 'sys')",
        before: "SELECT type AS OBJECT_TYPE, db AS `SCHEMA`, name AS NAME, definer AS DEFINER, security_type AS SECURITY_TYPE \
                 FROM mysql.proc WHERE db NOT IN ('mysql', 'sys')",
        shown_to: &["SHOW_ROUTINE", "SELECT"],
        needs: "SHOW_ROUTINE, or before 8.0 SELECT on mysql.proc",
        before_is_whole: true,
        lacks: Failure::Partial,
    },
    Source {
        what: "definers.VIEW",
        since_80: VIEWS,
        before: VIEWS,
        shown_to: &["SHOW VIEW", "SELECT"],
        needs: "SHOW VIEW",
        before_is_whole: false,
        lacks: Failure::Partial,
    },
    Source {
        what: "definers.TRIGGER",
        since_80: TRIGGERS,
        before: TRIGGERS,
        shown_to: &["TRIGGER"],
        needs: "TRIGGER, which lets its holder change triggers: nobody should have it for an audit alone",
        before_is_whole: false,
        lacks: Failure::PartialByDesign,
    },
    Source {
        what: "definers.EVENT",
        since_80: "SELECT 'EVENT' AS OBJECT_TYPE, EVENT_SCHEMA AS `SCHEMA`, EVENT_NAME AS NAME, DEFINER, 'DEFINER' AS SECURITY_TYPE \
                   FROM information_schema.EVENTS WHERE EVENT_SCHEMA NOT IN ('mysql', 'sys')",
        before: "SELECT 'EVENT' AS OBJECT_TYPE, db AS `SCHEMA`, name AS NAME, definer AS DEFINER, 'DEFINER' AS SECURITY_TYPE \
                 FROM mysql.event WHERE db NOT IN ('mysql', 'sys')",
        shown_to: &["EVENT"],
        needs: "EVENT, which lets its holder change events: nobody should have it for an audit alone",
        before_is_whole: true,
        lacks: Failure::PartialByDesign,
    },
];

const VIEWS: &str = "SELECT 'VIEW' AS OBJECT_TYPE, TABLE_SCHEMA AS `SCHEMA`, TABLE_NAME AS NAME, DEFINER, SECURITY_TYPE \
     FROM information_schema.VIEWS WHERE TABLE_SCHEMA NOT IN ('mysql', 'sys')";

const TRIGGERS: &str = "SELECT 'TRIGGER' AS OBJECT_TYPE, TRIGGER_SCHEMA AS `SCHEMA`, TRIGGER_NAME AS NAME, DEFINER, \
     'DEFINER' AS SECURITY_TYPE FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA NOT IN ('mysql', 'sys')";

/// The questions for all kinds.
pub(super) fn questions(context: &Context<'_>) -> Vec<Question> {
    let old = context.has_old_tables();
    let question = |source: &Source| {
        let whole = old && source.before_is_whole || context.own.has_any(source.shown_to);
        let sql = limited(if old { source.before } else { source.since_80 });
        let sql = sql.by(&["OBJECT_TYPE", "SCHEMA", "NAME"]);
        Listed { what: source.what, needs: source.needs, record }
            .seen(Some(sql), (!whole).then(|| source.lacks.clone()))
    };
    SOURCES.iter().map(question).collect()
}

fn record(context: &Context<'_>, row: &Row<'_>) -> (String, Definer) {
    let answer = DefinerAnswer {
        server: Some(context.server.clone()),
        db_cluster_arn: context.cluster_arn(),
        object_type: row.text("OBJECT_TYPE").map(StoredObject::from),
        schema: row.text("SCHEMA"),
        name: row.text("NAME"),
        definer: row.text("DEFINER"),
        security_type: row.text("SECURITY_TYPE").map(SecurityType::from),
    };
    let part = |column| quote(row.get(column).unwrap_or_default());
    (format!("{} {}.{}", row.get("OBJECT_TYPE").unwrap_or("?"), part("SCHEMA"), part("NAME")), answer.record())
}

#[cfg(test)]
mod tests {
    use super::super::context::tests::{cluster, context};
    use super::super::own::tests::own;
    use super::super::question::tests::{one_row, written};
    use super::super::rows::Table;
    use super::*;
    use crate::snapshot::schema::mysql::Flavour;
    use crate::snapshot::schema::rds::Engine;

    #[test]
    fn what_is_shown_is_whole_only_to_those_who_are_shown_all() {
        let cluster = cluster(Engine::AuroraMysql);
        for (version, flavour, privileges, whole) in [
            ("8.0.39", Flavour::Aurora, &["SHOW_ROUTINE", "SHOW VIEW"][..], [true, true, false, false]),
            ("8.0.39", Flavour::Aurora, &["SELECT", "TRIGGER", "EVENT"], [true; 4]),
            ("8.0.39", Flavour::Aurora, &[], [false; 4]),
            ("5.7.44", Flavour::Aurora, &["SHOW VIEW"], [true, true, false, true]),
            ("10.11.19", Flavour::Mariadb, &[], [true, false, false, true]),
        ] {
            let mut context = context(&cluster, version, Some(flavour));
            context.own = own(privileges);
            let found: Vec<_> = questions(&context)
                .iter()
                .map(|question| !written(question, Ok(Table::default())).contains("gap"))
                .collect();
            assert_eq!(found, whole, "{version} {privileges:?}");
        }
    }

    #[test]
    fn rows_become_records() {
        let cluster = cluster(Engine::AuroraMysql);
        let row = one_row(&[
            ("OBJECT_TYPE", Some("PROCEDURE")),
            ("SCHEMA", Some("shop")),
            ("NAME", Some("it's")),
            ("DEFINER", Some("admin@%")),
            ("SECURITY_TYPE", Some("DEFINER")),
        ]);
        let all = questions(&context(&cluster, "5.7.44", None));
        let text = written(all.first().unwrap(), Ok(row));
        assert!(text.contains("arn:c/PROCEDURE 'shop'.'it's'") && text.contains(r#""DEFINER":"admin@%""#), "{text}");
        assert!(all.iter().all(|question| !question.sql.as_ref().unwrap().sql.contains("body")));
    }
}
