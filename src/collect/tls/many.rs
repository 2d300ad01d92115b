//! Many endpoints at once, each at its own pace: a server sees one connection of a probe at a time.

use tokio::task::JoinSet;

/// Endpoints that are probed at the same time.
pub const AT_ONCE: usize = 128;

/// Does `work` for each of `items`, at most `at_once` at a time, and gives the results in the order of the items; none where the
/// work broke.
pub async fn probe_all<I, T, F>(items: Vec<I>, at_once: usize, work: impl Fn(I) -> F) -> Vec<Option<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut done: Vec<Option<T>> = items.iter().map(|_| None).collect();
    let mut waiting = items.into_iter().enumerate();
    let mut tasks = JoinSet::new();
    loop {
        while tasks.len() < at_once.max(1)
            && let Some((place, item)) = waiting.next()
        {
            let work = work(item);
            tasks.spawn(async move { (place, work.await) });
        }
        match tasks.join_next().await {
            Some(Ok((place, result))) => {
                if let Some(slot) = done.get_mut(place) {
                    *slot = Some(result);
                }
            }
            Some(Err(error)) => tracing::error!(%error, "a probe broke off"),
            None => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn keeps_order_and_limit_and_survives_what_breaks() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let results = probe_all((0..20_u64).collect(), 4, |number| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20 - number)).await;
                running.fetch_sub(1, Ordering::SeqCst);
                assert_ne!(number, 7, "as a driver may");
                number
            }
        })
        .await;
        let expected: Vec<_> = (0..20).map(|number| (number != 7).then_some(number)).collect();
        assert_eq!((results, most.load(Ordering::SeqCst)), (expected, 4));
    }
}
