//! What collectors have handed in so far, and what they still owe. It can be taken at any time: a collection that is interrupted
//! keeps what it has, and says of the rest that nobody came to it.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::{JoinError, JoinSet};

use super::Sink;
use crate::model::{Gap, GapReason};

/// A piece of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// AWS account.
    pub account: String,
    /// AWS region.
    pub region: String,
    /// What it is called where progress is shown, as in `ec2`.
    pub name: String,
    /// What it asks, each a call with the one resource that it is made for, if any.
    pub asks: Vec<(String, Option<String>)>,
}

impl Piece {
    /// A piece that makes calls of an API.
    pub fn of_calls(account: &str, region: &str, actions: &[&str]) -> Self {
        let service = actions.first().and_then(|action| action.split_once(':')).map_or("", |(service, _)| service);
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            name: service.to_owned(),
            asks: actions.iter().map(|action| ((*action).to_owned(), None)).collect(),
        }
    }

    /// What is missing of it when it does not come to its end.
    fn gaps(&self, reason: GapReason, message: &str) -> Sink {
        let mut sink = Sink::default();
        for (what, target) in &self.asks {
            let gap = Gap {
                what: what.clone(),
                target: target.clone(),
                reason,
                needs: None,
                message: message.into(),
                at: None,
            };
            sink.gap((&self.account, &self.region), &gap);
        }
        sink
    }
}

/// How far a collection is.
#[derive(Debug)]
pub struct Step<'a> {
    /// The piece that has come to its end.
    pub piece: &'a Piece,
    /// Pieces that have.
    pub done: usize,
    /// Pieces that are known of.
    pub known: usize,
}

type Watch = Box<dyn Fn(Step<'_>) + Send + Sync>;

/// What is handed in. Clones share it.
#[derive(Clone)]
pub struct Intake(Arc<State>);

struct State {
    inner: Mutex<Inner>,
    watch: Watch,
}

#[derive(Default)]
struct Inner {
    sink: Sink,
    owed: BTreeMap<usize, Piece>,
    known: usize,
}

/// A piece that is owed.
#[derive(Debug)]
#[must_use]
pub struct Debt(usize);

impl Intake {
    /// Nothing yet. `watch` is called after each piece.
    pub fn new(watch: impl Fn(Step<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(State { inner: Mutex::new(Inner::default()), watch: Box::new(watch) }))
    }

    /// Notes that a piece is to come.
    pub fn owe(&self, piece: Piece) -> Debt {
        let mut inner = self.lock();
        let number = inner.known;
        inner.known += 1;
        inner.owed.insert(number, piece);
        Debt(number)
    }

    /// Does the work of a piece in a task of its own, which ends with this one. When an answer breaks it, all that it was to ask
    /// is a gap, and the others go on.
    pub fn work(
        &self,
        debt: Debt,
        work: impl Future<Output = Sink> + Send + 'static,
    ) -> impl Future<Output = ()> + Send {
        // What asks a dozen calls at once is large, and would be moved about on the stack before it runs.
        self.settle(debt, Box::pin(work))
    }

    async fn settle(&self, debt: Debt, work: Pin<Box<dyn Future<Output = Sink> + Send>>) {
        let result = alone(work).await;
        let mut inner = self.lock();
        let Some(piece) = inner.owed.remove(&debt.0) else { return };
        match result {
            Ok(sink) => inner.sink.absorb(sink),
            Err(error) => {
                tracing::error!(piece = ?piece, %error, "a collector broke off");
                inner.sink.absorb(piece.gaps(GapReason::Malformed, "an answer broke the collector"));
            }
        }
        let (known, done) = (inner.known, inner.known - inner.owed.len());
        drop(inner);
        (self.0.watch)(Step { piece: &piece, done, known });
    }

    /// Hands in what belongs to no piece.
    pub fn hand_in(&self, sink: Sink) {
        self.lock().sink.absorb(sink);
    }

    /// Takes everything. What is still owed becomes gaps, because nobody will come to it.
    pub fn take(&self) -> Sink {
        let mut inner = self.lock();
        let mut sink = std::mem::take(&mut inner.sink);
        for piece in std::mem::take(&mut inner.owed).into_values() {
            sink.absorb(piece.gaps(GapReason::Interrupted, ""));
        }
        sink
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("Intake").field("owed", &inner.owed.len()).field("known", &inner.known).finish_non_exhaustive()
    }
}

/// Runs a collector in a task of its own, which ends with this one: an answer that breaks the driver costs no other collector's.
pub(super) async fn alone(work: impl Future<Output = Sink> + Send + 'static) -> Result<Sink, JoinError> {
    let mut task = JoinSet::new();
    task.spawn(work);
    task.join_next().await.unwrap_or_else(|| Ok(Sink::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Steps = Arc<Mutex<Vec<(String, usize, usize)>>>;

    fn intake() -> (Intake, Steps) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let watched = Arc::clone(&seen);
        let watch = move |step: Step<'_>| {
            watched.lock().unwrap().push((step.piece.name.clone(), step.done, step.known));
        };
        (Intake::new(watch), seen)
    }

    fn piece(service: &str) -> Piece {
        Piece::of_calls("1", "r", &[&format!("{service}:A"), &format!("{service}:B")])
    }

    #[tokio::test]
    async fn what_is_still_owed_is_a_gap() {
        let (intake, seen) = intake();
        let (done, broken, owed) = (intake.owe(piece("a")), intake.owe(piece("b")), intake.owe(piece("c")));
        intake.work(done, async { Sink::default() }).await;
        intake.work(broken, async { panic!("as a driver may") }).await;
        drop(owed);
        let sink = intake.take();
        assert_eq!(sink.involuntary_gaps(), 4);
        let text = format!("{:?}", sink.into_drafts());
        for (what, reason, there) in [
            ("a:A", "interrupted", false),
            ("b:A", "malformed", true),
            ("b:B", "malformed", true),
            ("c:A", "interrupted", true),
            ("c:B", "interrupted", true),
        ] {
            let found = text.contains(&format!(r#"\"What\":\"{what}\",\"Reason\":\"{reason}\""#));
            assert_eq!(found, there, "{what}: {text}");
        }
        assert_eq!(*seen.lock().unwrap(), [("a".to_owned(), 1, 3), ("b".to_owned(), 2, 3)]);
        assert_eq!(intake.take().involuntary_gaps(), 0);
    }
}
