//! Where records belong, and how many calls may be under way there.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// How many calls of one service in one region may be under way: AWS throttles by account, region and service, and other
/// tools of the account want their share.
const IN_FLIGHT: usize = 8;

/// The region of services that have none.
pub(super) const GLOBAL: &str = "global";

/// Account and region of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scope {
    /// AWS account.
    pub account: String,
    /// AWS region.
    pub region: String,
}

impl Scope {
    /// The scope of an account and region.
    pub fn new(account: &str, region: &str) -> Self {
        Self { account: account.to_owned(), region: region.to_owned() }
    }

    /// The form that [`crate::collect::Sink`] takes.
    pub fn pair(&self) -> (&str, &str) {
        (&self.account, &self.region)
    }
}

/// Lets a few calls through at a time.
#[derive(Debug, Clone)]
pub(super) struct Gate(Arc<Semaphore>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(IN_FLIGHT)))
    }
}

impl Gate {
    /// Makes the call when there is room.
    pub async fn pass<F: Future>(&self, call: F) -> F::Output {
        // The semaphore is never closed, so that waiting cannot fail.
        let _room = self.0.acquire().await;
        call.await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn a_gate_keeps_to_its_number() {
        let (gate, now, most) = (Gate::default(), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let calls: JoinSet<()> = (0..50)
            .map(|_| {
                let (gate, now, most) = (gate.clone(), Arc::clone(&now), Arc::clone(&most));
                async move {
                    let call = async {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        tokio::task::yield_now().await;
                        now.fetch_sub(1, Ordering::SeqCst);
                    };
                    gate.pass(call).await;
                }
            })
            .collect();
        calls.join_all().await;
        assert_eq!(most.load(Ordering::SeqCst), IN_FLIGHT);
    }
}
