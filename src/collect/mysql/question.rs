//! A read that is one statement: what it is called in records and gaps, what is asked, and what becomes of the answer.

use super::context::Context;
use super::failure::Failure;
use super::protocol::MOST_ROWS;
use super::rows::{Row, Table};
use super::statement::Statement;
use crate::collect::Sink;
use crate::snapshot::Kind;

/// What a question's answer becomes.
type Write = Box<dyn Fn(&Context<'_>, Result<Table, Failure>, &mut Sink) + Send>;

/// One statement and what its answer is for.
pub(super) struct Question {
    /// The statement; none when the version has no such table, and so nobody has such a row.
    pub(super) sql: Option<Statement>,
    /// Turns the answer into records.
    pub(super) write: Write,
}

/// A list of records: how it is named, what must be granted to see it whole, and how a row becomes a record under its id.
pub(super) struct Listed<T: 'static> {
    /// Name of the source in records and gaps, behind `mysql:`.
    pub(super) what: &'static str,
    /// What is missing when the server refuses.
    pub(super) needs: &'static str,
    /// A row as a record, under its name below the cluster.
    pub(super) record: fn(&Context<'_>, &Row<'_>) -> (String, T),
}

impl<T: Kind> Listed<T> {
    /// Asks for all of it.
    pub(super) fn all(self, sql: Option<Statement>) -> Question {
        self.seen(sql, None)
    }

    /// Asks for it; what a server shows is all there is unless `lacks` says otherwise.
    pub(super) fn seen(self, sql: Option<Statement>, lacks: Option<Failure>) -> Question {
        let write = move |context: &Context<'_>, answer: Result<Table, Failure>, sink: &mut Sink| {
            let listed = answer.and_then(|table| self.write(context, &table, sink));
            match (listed, &lacks) {
                (Ok(count), None) => {
                    let source = format!("mysql:{}", self.what);
                    sink.listing::<T>(context.scope(), &source, Some(&context.cluster.arn), count, Vec::new());
                }
                (Ok(_), Some(failure)) => context.gap(sink, self.what, failure, Some(self.needs.to_owned())),
                (Err(failure), _) => context.gap(sink, self.what, &failure, Some(self.needs.to_owned())),
            }
        };
        Question { sql, write: Box::new(write) }
    }

    fn write(&self, context: &Context<'_>, table: &Table, sink: &mut Sink) -> Result<usize, Failure> {
        if table.len() > MOST_ROWS {
            return Err(Failure::TooMany { limit: MOST_ROWS });
        }
        for row in table.iter() {
            let (id, record) = (self.record)(context, &row);
            sink.record(context.scope(), context.id(&id), &format!("mysql:{}", self.what), &record);
        }
        Ok(table.len())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::context::tests::{cluster, context};
    use super::super::rows::tests::table;
    use super::*;
    use crate::snapshot::schema::mysql::{Component, Flavour};
    use crate::snapshot::schema::rds::Engine;

    /// What a question makes of an answer, as text.
    pub(in crate::collect::mysql) fn written(question: &Question, answer: Result<Table, Failure>) -> String {
        let cluster = cluster(Engine::AuroraMysql);
        let mut sink = Sink::default();
        (question.write)(&context(&cluster, "8.0.39", Some(Flavour::Aurora)), answer, &mut sink);
        format!("{:?}", sink.into_drafts()).replace('\\', "")
    }

    /// A table of one row.
    pub(in crate::collect::mysql) fn one_row(cells: &[(&str, Option<&str>)]) -> Table {
        let (columns, row): (Vec<_>, Vec<_>) = cells.iter().copied().unzip();
        table(&columns, &[&row])
    }

    fn components(whole: bool) -> Question {
        let record =
            |_: &Context<'_>, row: &Row<'_>| (row.text("component_urn").unwrap_or_default(), Component::default());
        Listed { what: "mysql.component", needs: "SELECT on mysql.component", record }
            .seen(None, (!whole).then_some(Failure::Partial))
    }

    #[test]
    fn a_listing_says_that_all_was_seen_and_a_gap_that_it_was_not() {
        let row = || Ok(one_row(&[("component_urn", Some("file://x"))]));
        let denied = || Err(Failure::Server { code: 1142, message: "SELECT command denied".to_owned() });
        for (whole, answer, contains, lacks) in [
            (true, row(), &["mysql.component", "arn:c/file://x", "listing"][..], "gap"),
            (true, Ok(Table::default()), &["listing"], "gap"),
            (false, row(), &["arn:c/file://x", "gap", "SELECT on mysql.component", "denied"], "listing"),
            (true, denied(), &["gap", "denied", "SELECT on mysql.component", "1142"], "listing"),
            (true, Err(Failure::Ended), &["gap", "interrupted"], "Needs"),
        ] {
            let text = written(&components(whole), answer);
            assert!(contains.iter().all(|part| text.contains(part)) && !text.contains(lacks), "{text}");
        }
    }
}
