//! The RDS Data API as a way to a database where no network path leads: each statement is a call to AWS, all of them in one transaction
//! of the cluster's writer, and an answer that would be longer than AWS carries is read page by page.
//! Amazon Aurora User Guide, "Using the Amazon RDS Data API"; RDS Data Service API Reference, `ExecuteStatement`.

use std::error::Error;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_rdsdata::Client;
use aws_sdk_rdsdata::types::{ColumnMetadata, Field};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::timeout;

use super::failure::Failure;
use super::protocol::{MOST_BYTES, MOST_ROWS};
use super::rows::{Cells, Table};
use super::statement::Statement;
use crate::collect::aws::call_gap;
use crate::model::actions::{BEGIN_TRANSACTION, EXECUTE_STATEMENT, ROLLBACK_TRANSACTION};

/// AWS itself gives up on a statement after 45 seconds.
const STATEMENT_SECONDS: u64 = 60;

/// Rows of a first page: of the widest table there is, they take less than half of the 1 MiB that an answer may have.
const FIRST_PAGE: usize = 200;
const LARGEST_PAGE: usize = 1000;

/// What a page is to weigh: far enough below the limit for rows that are longer than those before.
const PAGE_BYTES: usize = 400 << 10;

/// What a value takes in an answer beside its text, as in `{"stringValue":"Y"},`.
const VALUE_BYTES: usize = 20;

/// What a session is left with: AWS keeps its connections to the database for whoever comes next.
const AS_IT_WAS: &str = "SET SESSION sql_select_limit = DEFAULT, SESSION sql_mode = DEFAULT";

/// A secret of Secrets Manager, and the credentials of AWS to use it with.
#[derive(Debug, Clone)]
pub struct DataApi {
    /// Credentials, and the cluster's region.
    pub config: SdkConfig,
    /// ARN of the secret that holds the database user and its password. AWS reads it; this program does not.
    pub secret_arn: String,
}

/// A transaction that statements are asked in.
pub(super) struct Transaction {
    client: Client,
    resource: String,
    secret: String,
    id: String,
    /// Whether AWS has ended it.
    over: bool,
}

impl Transaction {
    /// Begins one, and asks for the server's version.
    pub(super) async fn begin(cluster: &str, api: &DataApi) -> Result<(Self, String), Failure> {
        let client = Client::new(&api.config);
        let begun = client.begin_transaction().resource_arn(cluster).secret_arn(&api.secret_arn).send().await;
        let begun = begun.map_err(|error| failure(BEGIN_TRANSACTION, &error))?;
        let id = begun.transaction_id.ok_or(Failure::Malformed { detail: "the transaction has no name" })?;
        let mut transaction =
            Self { client, resource: cluster.to_owned(), secret: api.secret_arn.clone(), id, over: false };
        let version = transaction.execute("SELECT VERSION() AS version").await?;
        let version = version.iter().next().and_then(|row| row.text("version")).unwrap_or_default();
        Ok((transaction, version))
    }

    /// Asks the statements one after the other.
    pub(super) async fn ask(&mut self, statements: &[Statement]) -> Vec<Result<Table, Failure>> {
        let mut answers = Vec::new();
        for statement in statements {
            answers.push(if self.over { Err(Failure::Ended) } else { self.whole(statement).await });
        }
        answers
    }

    /// Puts the session back to what it was, and gives it up.
    pub(super) async fn end(mut self) -> Result<(), Failure> {
        if self.over {
            return Ok(());
        }
        for statement in [AS_IT_WAS, "SET ROLE DEFAULT"] {
            // Versions without roles do not know the second.
            if let Err(failure) = self.execute(statement).await {
                tracing::debug!(%failure, statement, "the session stays as it is");
            }
        }
        let call = self.client.rollback_transaction().transaction_id(&self.id);
        let ended = call.resource_arn(&self.resource).secret_arn(&self.secret).send().await;
        ended.map(drop).map_err(|error| failure(ROLLBACK_TRANSACTION, &error))
    }

    /// The whole answer to a statement.
    async fn whole(&mut self, statement: &Statement) -> Result<Table, Failure> {
        if statement.key.is_empty() {
            return self.execute(&statement.sql).await;
        }
        let mut pages = Pages::default();
        while let Some((after, rows)) = pages.next() {
            match self.execute(&statement.page(&after, rows)).await {
                Err(Failure::TooLarge) if rows > 1 => pages.shrink(),
                page => pages.take(&page?)?,
            }
        }
        if pages.number > 1 {
            let counted = self.execute(&statement.count()).await?;
            let counted = counted.iter().next().and_then(|row| row.get("number")?.parse().ok());
            if counted != Some(pages.whole.len()) {
                return Err(Failure::Malformed { detail: "the pages do not add up to the whole" });
            }
        }
        Ok(pages.whole)
    }

    async fn execute(&mut self, sql: &str) -> Result<Table, Failure> {
        let call = self.client.execute_statement().resource_arn(&self.resource).secret_arn(&self.secret);
        let call = call.transaction_id(&self.id).sql(sql).include_result_metadata(true).send();
        let answer = timeout(Duration::from_secs(STATEMENT_SECONDS), call).await;
        let answer = answer.map_err(|_| Failure::Timeout { seconds: STATEMENT_SECONDS })?;
        let answer = answer.map_err(|error| failure(EXECUTE_STATEMENT, &error));
        self.over |= matches!(answer, Err(Failure::Ended));
        let answer = answer?;
        table(&answer.column_metadata.unwrap_or_default(), answer.records.unwrap_or_default())
    }
}

/// The pages of an answer as they come.
struct Pages {
    whole: Table,
    /// Key of the last row.
    after: String,
    /// Rows to ask for.
    rows: usize,
    bytes: usize,
    number: usize,
    over: bool,
}

impl Default for Pages {
    fn default() -> Self {
        Self { whole: Table::default(), after: String::new(), rows: FIRST_PAGE, bytes: 0, number: 0, over: false }
    }
}

impl Pages {
    /// Behind which key the next page begins, and how many rows it is to have.
    fn next(&self) -> Option<(String, usize)> {
        (!self.over).then(|| (self.after.clone(), self.rows))
    }

    fn shrink(&mut self) {
        self.rows = (self.rows / 4).max(1);
    }

    /// Takes a page, whose last column is the key of its rows.
    fn take(&mut self, page: &Table) -> Result<(), Failure> {
        let last = page.columns.len().checked_sub(1).ok_or(Failure::Malformed { detail: "a page has no columns" })?;
        if self.number == 0 {
            self.whole = Table::new(page.columns.iter().take(last).cloned().collect());
        }
        let mut bytes = 0_usize;
        for row in page.iter() {
            let key = row.at(last).unwrap_or_default();
            // Otherwise the same page might come for ever.
            if key <= self.after.as_str() {
                return Err(Failure::Malformed { detail: "the pages are not in order" });
            }
            key.clone_into(&mut self.after);
            let cells: Cells = (0..last).map(|index| row.at(index)).collect();
            self.bytes = self.bytes.saturating_add(cells.weight());
            bytes = bytes.saturating_add(cells.weight()).saturating_add(last.saturating_mul(VALUE_BYTES));
            self.whole.push(cells);
        }
        if self.bytes > MOST_BYTES || self.whole.len() > MOST_ROWS.saturating_add(1) {
            return Err(Failure::Malformed { detail: "the answer is too large" });
        }
        self.number = self.number.saturating_add(1);
        self.over = page.len() < self.rows;
        let fitting = PAGE_BYTES.saturating_mul(page.len()).checked_div(bytes).unwrap_or(LARGEST_PAGE);
        self.rows = fitting.clamp(1, LARGEST_PAGE);
        Ok(())
    }
}

fn table(columns: &[ColumnMetadata], records: Vec<Vec<Field>>) -> Result<Table, Failure> {
    let name = |column: &ColumnMetadata| column.label.clone().or_else(|| column.name.clone()).unwrap_or_default();
    let mut table = Table::new(columns.iter().map(name).collect());
    for record in records {
        let cells: Cells = record.into_iter().map(cell).collect::<Result<Vec<_>, _>>()?.into_iter().collect();
        if cells.len() != table.columns.len() {
            return Err(Failure::Malformed { detail: "a row is not as long as its columns" });
        }
        table.push(cells);
    }
    Ok(table)
}

/// A value as the wire would carry it: text, or NULL.
fn cell(field: Field) -> Result<Option<String>, Failure> {
    match field {
        Field::IsNull(true) => Ok(None),
        Field::StringValue(text) => Ok(Some(text)),
        Field::LongValue(number) => Ok(Some(number.to_string())),
        Field::DoubleValue(number) => Ok(Some(number.to_string())),
        Field::BooleanValue(value) => Ok(Some(u8::from(value).to_string())),
        Field::BlobValue(bytes) => Ok(Some(String::from_utf8_lossy(bytes.as_ref()).into_owned())),
        _ => Err(Failure::Malformed { detail: "a value is none that MySQL has" }),
    }
}

fn failure<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: Error + ProvideErrorMetadata + 'static,
{
    if let Some(refusal) = error.as_service_error() {
        let said = refusal.message().unwrap_or_default();
        match refusal.code() {
            Some("TransactionNotFoundException") => return Failure::Ended,
            Some("StatementTimeoutException") => return Failure::Timeout { seconds: 45 },
            _ if said.contains("response size limit") => return Failure::TooLarge,
            _ => {}
        }
        if let Some(code) = database_error(said) {
            return Failure::Server { code, message: said.to_owned() };
        }
    }
    let gap = call_gap(action, None, error);
    Failure::Call { reason: gap.reason, needs: gap.needs, message: gap.message.raw().to_owned() }
}

/// The number of MySQL's own error in what AWS says of it: `Database error code: 1142. Message: …`, or `…; Error code: 1142; …`.
fn database_error(said: &str) -> Option<u16> {
    const MARK: &str = "rror code: ";
    let (_, rest) = said.split_once(MARK)?;
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rows::tests::table as of;
    use super::*;

    fn page(keys: &[&str]) -> Table {
        let rows: Vec<_> = keys.iter().map(|key| [Some("x"), Some(*key)]).collect();
        let rows: Vec<&[Option<&str>]> = rows.iter().map(<[_; 2]>::as_slice).collect();
        of(&["User", "key"], &rows)
    }

    #[test]
    fn values_are_what_the_wire_would_carry() {
        for (field, expected) in [
            (Field::IsNull(true), Some(None)),
            (Field::StringValue("Y".to_owned()), Some(Some("Y"))),
            (Field::LongValue(-3), Some(Some("-3"))),
            (Field::BooleanValue(true), Some(Some("1"))),
            (Field::BooleanValue(false), Some(Some("0"))),
            (Field::DoubleValue(0.5), Some(Some("0.5"))),
            (Field::BlobValue(aws_smithy_types::Blob::new(*b"a\xff")), Some(Some("a\u{fffd}"))),
            (Field::IsNull(false), None),
            (Field::ArrayValue(aws_sdk_rdsdata::types::ArrayValue::LongValues(vec![Some(1)])), None),
        ] {
            let read = cell(field.clone()).ok();
            assert_eq!(read.as_ref().map(Option::as_deref), expected, "{field:?}");
        }
    }

    #[test]
    fn a_row_is_as_long_as_its_columns() {
        let columns = [ColumnMetadata::builder().name("User").label("who").build()];
        let row = |count: usize| vec![vec![Field::IsNull(true); count]];
        assert_eq!(table(&columns, row(1)).unwrap().columns, ["who"]);
        for count in [0, 2] {
            assert!(matches!(table(&columns, row(count)), Err(Failure::Malformed { .. })), "{count}");
        }
    }

    #[test]
    fn errors_of_the_database_have_its_numbers() {
        for (said, code) in [
            ("Database error code: 1142. Message: SELECT command denied to user 'a'@'%'", Some(1142)),
            ("Table 'x.y' doesn't exist; Error code: 1146; SQLState: 42S02", Some(1146)),
            ("HttpEndpoint is not enabled for cluster orders", None),
            ("Database error code: 99999999", None),
            ("Database error code: ", None),
            ("", None),
        ] {
            assert_eq!(database_error(said), code, "{said}");
        }
    }

    #[test]
    fn pages_follow_their_keys_to_a_short_one() {
        let mut pages = Pages { rows: 2, ..Pages::default() };
        assert_eq!(pages.next(), Some((String::new(), 2)));
        pages.take(&page(&["a", "b"])).unwrap();
        assert_eq!(pages.next().map(|(after, _)| after), Some("b".to_owned()));
        assert_eq!(pages.rows, LARGEST_PAGE);
        pages.take(&page(&["c"])).unwrap();
        assert_eq!((pages.next(), pages.whole.len(), pages.number), (None, 3, 2));
        assert_eq!(pages.whole.columns, ["User"]);
    }

    #[test]
    fn a_service_that_repeats_itself_is_not_listened_to() {
        for keys in [&["b", "b"][..], &["b", "a"], &["", ""]] {
            let mut pages = Pages { rows: 2, ..Pages::default() };
            assert!(matches!(pages.take(&page(keys)), Err(Failure::Malformed { .. })), "{keys:?}");
        }
        assert!(Pages::default().take(&Table::default()).is_err());
    }

    #[test]
    fn pages_shrink_to_a_row_and_no_further() {
        let mut pages = Pages::default();
        for _ in 0..9 {
            pages.shrink();
        }
        assert_eq!(pages.rows, 1);
    }

    proptest! {
        #[test]
        fn whatever_is_said_is_an_error_or_none(said in ".{0,80}") {
            let _ = database_error(&said);
        }
    }
}
