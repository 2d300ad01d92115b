//! How fast AWS is asked. AWS throttles by account, region and service, and whatever else runs in the account wants its share: so
//! each of these has a bucket of calls that fills at a steady rate, and a cap on the calls that are under way.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Calls a second to one service in one account and region, unless the user says otherwise. EC2 grants 20 a second to all callers
/// of an account together, and so this leaves half of them. Amazon EC2 Developer Guide, "Request throttling for the EC2 API".
pub const RATE: u32 = 10;

/// Calls under way to one service in one account and region, unless the user says otherwise.
pub const CONCURRENCY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(7);

/// The most a second that AWS Organizations is asked, whatever the user says: it has one quota for the whole organization, as low as
/// this. AWS Organizations User Guide, "Quotas and service limits".
pub(super) const ORGANIZATIONS_RATE: u32 = 2;

/// What the user grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    /// Calls a second to a service in an account and region; 0 for as many as it takes.
    pub rate: u32,
    /// Calls under way to a service in an account and region.
    pub concurrency: NonZeroUsize,
}

impl Default for Manners {
    fn default() -> Self {
        Self { rate: RATE, concurrency: CONCURRENCY }
    }
}

impl Manners {
    /// The same, but never more than `most` calls a second, unless there is no limit at all.
    pub(super) fn at_most(self, most: u32) -> Self {
        Self { rate: self.rate.min(most), ..self }
    }
}

/// Lets calls to one service through, each when its time has come.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    room: Arc<Semaphore>,
    bucket: Option<Arc<Mutex<Bucket>>>,
}

impl Gate {
    /// A gate that nobody has gone through.
    pub fn new(manners: Manners) -> Self {
        let bucket = Bucket::new(manners.rate, Instant::now()).map(|bucket| Arc::new(Mutex::new(bucket)));
        Self { room: Arc::new(Semaphore::new(manners.concurrency.get())), bucket }
    }

    /// Makes the call when there is room and it is its turn.
    pub async fn pass<F: Future>(&self, call: F) -> F::Output {
        // The semaphore is never closed, so that waiting cannot fail.
        let _room = self.room.acquire().await;
        if let Some(bucket) = &self.bucket {
            let turn = bucket.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now());
            tokio::time::sleep_until(turn).await;
        }
        call.await
    }
}

/// A token bucket, kept as the time at which it would be full again but for the tokens that were taken.
#[derive(Debug)]
struct Bucket {
    /// Time in which one token comes.
    interval: Duration,
    /// Time in which an empty bucket fills.
    depth: Duration,
    full: Instant,
}

impl Bucket {
    /// A full bucket that holds the tokens of one second; none for a rate without limit.
    fn new(rate: u32, now: Instant) -> Option<Self> {
        let interval = Duration::from_secs(1).checked_div(rate)?;
        Some(Self { interval, depth: interval * (rate - 1), full: now })
    }

    /// Takes a token, and tells when it may be used.
    fn take(&mut self, now: Instant) -> Instant {
        let turn = self.full.max(now);
        self.full = turn + self.interval;
        // The clock may be younger than the bucket is deep.
        turn.checked_sub(self.depth).map_or(now, |turn| turn.max(now))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::task::JoinSet;

    use super::*;

    #[test]
    fn a_bucket_gives_a_second_at_once_and_then_keeps_time() {
        for rate in [1, 2, 10, 1000] {
            let start = Instant::now() + Duration::from_hours(1);
            let mut bucket = Bucket::new(rate, start).unwrap();
            let turns: Vec<_> = (0..5 * rate).map(|_| bucket.take(start) - start).collect();
            let burst = turns.iter().filter(|turn| turn.is_zero()).count();
            assert_eq!(burst, rate as usize, "{rate}");
            let last = turns.last().unwrap().as_secs_f64();
            assert!((3.99..=4.01).contains(&last), "{rate}: {last}");
        }
    }

    #[test]
    fn a_bucket_fills_again_and_no_further() {
        let start = Instant::now() + Duration::from_hours(1);
        let mut bucket = Bucket::new(10, start).unwrap();
        for _ in 0..10 {
            assert_eq!(bucket.take(start), start);
        }
        let later = start + Duration::from_mins(1);
        let free = (0..100).filter(|_| bucket.take(later) == later).count();
        assert_eq!(free, 10);
    }

    #[test]
    fn no_rate_is_no_limit() {
        assert!(Bucket::new(0, Instant::now()).is_none());
        assert_eq!(Manners::default().at_most(2).rate, 2);
        assert_eq!(Manners { rate: 0, ..Manners::default() }.at_most(2).rate, 0);
    }

    #[tokio::test]
    async fn a_gate_keeps_to_its_number() {
        for most in [1, 3, 64] {
            let manners = Manners { rate: 0, concurrency: NonZeroUsize::new(most).unwrap() };
            let (gate, now, top) = (Gate::new(manners), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let calls: JoinSet<()> = (0..100)
                .map(|_| {
                    let (gate, now, top) = (gate.clone(), Arc::clone(&now), Arc::clone(&top));
                    async move {
                        let call = async {
                            top.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            tokio::task::yield_now().await;
                            now.fetch_sub(1, Ordering::SeqCst);
                        };
                        gate.pass(call).await;
                    }
                })
                .collect();
            calls.join_all().await;
            assert_eq!(top.load(Ordering::SeqCst), most);
        }
    }
}
