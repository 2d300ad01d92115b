//! Listings: reading an answer page by page, and writing down what was kept of it and what was not.

use std::error::Error;

use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use super::error;
use super::manners::Gate;
use super::scope::Scope;
use crate::collect::Sink;
use crate::model::Gap;
use crate::snapshot::Kind;
use crate::snapshot::schema::collection::{Excluded, ExcludedAnswer};

/// The most pages that are read of a listing: ten times what any quota of AWS admits.
const MOST_PAGES: usize = 10_000;

/// What a listing call gave. With a failure, the items are those of the pages before it.
#[derive(Debug)]
pub(super) struct Listed<T> {
    /// The call.
    pub action: &'static str,
    /// The items of all pages that came.
    pub items: Vec<T>,
    /// Why there may be more.
    pub failure: Option<Gap>,
}

/// What becomes of an item.
pub(super) enum Entry<K> {
    /// It is recorded under this id.
    Kept(String, Box<K>),
    /// It is only counted: its id, and why.
    Excluded(String, String),
}

impl<T> Listed<T> {
    /// Reads pages until the last, or until one fails, each through the gate. `open` takes a page's items and its marker of a
    /// further page.
    pub async fn read<P, E>(
        action: &'static str,
        gate: &Gate,
        mut pages: PaginationStream<Result<P, SdkError<E, HttpResponse>>>,
        open: impl Fn(P) -> (Option<Vec<T>>, Option<String>),
    ) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let mut listed = Self { action, items: Vec::new(), failure: None };
        for _ in 0..MOST_PAGES {
            match gate.pass(pages.next()).await {
                Some(Ok(page)) => {
                    let (items, marker) = open(page);
                    listed.items.extend(items.unwrap_or_default());
                    // Asking the stream whether it has ended would take a turn at the gate for no call.
                    if marker.is_none_or(|marker| marker.is_empty()) {
                        return listed;
                    }
                }
                Some(Err(error)) => {
                    listed.failure = Some(error::gap(action, None, &error));
                    return listed;
                }
                // The SDK ends a listing without a word when a server repeats its marker.
                None => return listed.broken("the server promised a further page and repeated itself"),
            }
        }
        listed.broken("the server does not come to a last page")
    }

    fn broken(mut self, how: &str) -> Self {
        self.failure = Some(error::malformed(self.action, None, how));
        self
    }

    /// What a call without pages gave.
    pub fn of(action: &'static str, answer: Result<Option<Vec<T>>, Gap>) -> Self {
        match answer {
            Ok(items) => Self { action, items: items.unwrap_or_default(), failure: None },
            Err(gap) => Self { action, items: Vec::new(), failure: Some(gap) },
        }
    }

    /// The items within the items.
    pub fn flat_map<U>(self, open: impl Fn(T) -> Vec<U>) -> Listed<U> {
        Listed { action: self.action, items: self.items.into_iter().flat_map(open).collect(), failure: self.failure }
    }

    /// The items, when they are all there.
    ///
    /// # Errors
    /// The gap that stands for the rest of them.
    pub fn whole(self) -> Result<Vec<T>, Gap> {
        match self.failure {
            None => Ok(self.items),
            Some(gap) => Err(gap),
        }
    }

    /// Writes the records, then the listing or the gap.
    pub fn write<K: Kind>(self, sink: &mut Sink, scope: &Scope, sort: impl Fn(T) -> Entry<K>) {
        write_items(sink, scope, self.action, self.items, self.failure.is_none(), sort);
        if let Some(gap) = self.failure {
            sink.gap(scope.pair(), &gap);
        }
    }
}

/// Writes the records of one kind, and when they are all there are, their listing.
pub(super) fn write_items<T, K: Kind>(
    sink: &mut Sink,
    scope: &Scope,
    action: &str,
    items: Vec<T>,
    complete: bool,
    sort: impl Fn(T) -> Entry<K>,
) {
    let returned = items.len();
    let mut excluded = Vec::new();
    for item in items {
        match sort(item) {
            Entry::Kept(id, data) => sink.record(scope.pair(), id, action, &*data),
            Entry::Excluded(id, why) => excluded.push((id, why)),
        }
    }
    if complete {
        sink.listing::<K>(scope.pair(), action, None, returned, excluded_records(excluded));
    }
}

/// Writes the listing of an answer of which nothing was kept.
pub(super) fn write_excluded<K: Kind>(
    sink: &mut Sink,
    scope: &Scope,
    action: &str,
    target: Option<&str>,
    excluded: Vec<(String, String)>,
) {
    sink.listing::<K>(scope.pair(), action, target, excluded.len(), excluded_records(excluded));
}

/// A time of the SDK; none when it is outside of what a calendar holds.
pub(super) fn time(time: DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}

/// Converts every element of a list that was sent.
pub(super) fn each<A, B>(list: Option<Vec<A>>, convert: impl Fn(A) -> B) -> Option<Vec<B>> {
    list.map(|list| list.into_iter().map(convert).collect())
}

fn excluded_records(mut excluded: Vec<(String, String)>) -> Vec<Excluded> {
    excluded.sort_unstable();
    excluded.into_iter().map(|(id, why)| ExcludedAnswer { id: Some(id), why: Some(why) }.record()).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsError;
    use aws_smithy_async::future::pagination_stream::fn_stream::FnStream;

    use super::*;
    use crate::collect::aws::manners::Manners;
    use crate::collect::aws::testing::lines;
    use crate::snapshot::schema::ec2::{Vpc, VpcAnswer};

    type Page = Result<(&'static [&'static str], Option<&'static str>), SdkError<DescribeVpcsError, HttpResponse>>;

    fn read(pages: Vec<Page>) -> Listed<&'static str> {
        let stream = PaginationStream::new(FnStream::new(move |sender| {
            Box::pin(async move {
                for page in pages {
                    sender.send(page).await.unwrap();
                }
            })
        }));
        let gate = Gate::new(Manners { rate: 0, ..Manners::default() });
        let read = Listed::read("x:List", &gate, stream, |(items, marker): (&[_], Option<&str>)| {
            (Some(items.to_vec()), marker.map(str::to_owned))
        });
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(read)
    }

    fn entry(item: &'static str) -> Entry<Vpc> {
        if item.starts_with('x') {
            return Entry::Excluded(item.to_owned(), "x".to_owned());
        }
        Entry::Kept(item.to_owned(), Box::new(VpcAnswer::default().record()))
    }

    #[test]
    fn times_keep_their_instant() {
        for (given, expected) in [
            (DateTime::from_secs(0), Some("1970-01-01T00:00:00Z")),
            (DateTime::from_secs_and_nanos(1_700_000_000, 500_000_000), Some("2023-11-14T22:13:20.5Z")),
            (DateTime::from_secs_and_nanos(-1, 250_000_000), Some("1969-12-31T23:59:59.25Z")),
            (DateTime::from_secs(i64::MAX), None),
        ] {
            assert_eq!(time(given).map(|time| time.to_string()).as_deref(), expected);
        }
    }

    #[test]
    fn reads_to_the_last_page_or_says_why_not() {
        let cases = [
            (vec![], 0, false),
            (vec![Ok((&[][..], None))], 0, true),
            (vec![Ok((&["a", "b"][..], None))], 2, true),
            (vec![Ok((&["a"][..], Some("1"))), Ok((&["b"][..], Some("")))], 2, true),
            (vec![Ok((&["a"][..], Some("1"))), Ok((&["b"][..], Some("1")))], 2, false),
            (vec![Ok((&["a"][..], Some("1")))], 1, false),
            (vec![Ok((&["a"][..], Some("1"))), Err(SdkError::timeout_error("slow"))], 1, false),
        ];
        for (pages, items, complete) in cases {
            let listed = read(pages);
            assert_eq!((listed.items.len(), listed.failure.is_none()), (items, complete), "{listed:?}");
        }
    }

    #[test]
    fn a_server_without_a_last_page_is_left() {
        for (pages, complete) in [(MOST_PAGES, true), (MOST_PAGES + 1, false), (MOST_PAGES + 100, false)] {
            let mut stream: Vec<Page> = Vec::new();
            for _ in 1..pages {
                stream.push(Ok((&["a"], Some("more"))));
            }
            stream.push(Ok((&["a"], None)));
            let listed = read(stream);
            assert_eq!((listed.items.len(), listed.failure.is_none()), (MOST_PAGES, complete), "{pages}");
        }
    }

    #[test]
    fn a_complete_answer_is_accounted_for() {
        let mut sink = Sink::default();
        read(vec![Ok((&["x2", "a", "x1"][..], None))]).write(&mut sink, &Scope::new("1", "r"), entry);
        let lines = lines(sink);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["kind"], "ec2.vpc");
        let listing = &lines[1]["data"];
        assert_eq!((&listing["Returned"], &listing["Kept"]), (&3.into(), &1.into()));
        assert_eq!((&listing["Excluded"][0]["Id"], &listing["Excluded"][1]["Id"]), (&"x1".into(), &"x2".into()));
    }

    #[test]
    fn a_failed_page_leaves_a_gap_and_no_listing() {
        let mut sink = Sink::default();
        let pages = vec![Ok((&["a"][..], Some("1"))), Err(SdkError::timeout_error("slow"))];
        read(pages).write(&mut sink, &Scope::new("1", "r"), entry);
        let kinds: Vec<_> = lines(sink).iter().map(|line| line["kind"].clone()).collect();
        assert_eq!(kinds, ["ec2.vpc", "gap"]);
    }
}
