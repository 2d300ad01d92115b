//! Where calls are made: an account and region, the credentials for it, and what may be asked there.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::task::JoinSet;

use super::error;
use super::listing::Listed;
use super::manners::{Gate, Manners};
use super::scope::{GLOBAL, Scope};
use crate::collect::Sink;
use crate::model::{Gap, GapReason};
use crate::snapshot::Kind;

/// The calls that somebody needs an answer of; all of them where nobody chose.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted(Option<Arc<BTreeSet<&'static str>>>);

impl Wanted {
    /// Those of `actions`, or all.
    pub fn new(actions: Option<&BTreeSet<&'static str>>) -> Self {
        Self(actions.map(|actions| Arc::new(actions.clone())))
    }

    fn has(&self, action: &str) -> bool {
        self.0.as_ref().is_none_or(|actions| actions.contains(action))
    }
}

/// An account and region.
#[derive(Debug, Clone)]
pub(super) struct Site {
    /// Region, credentials, patience.
    pub config: SdkConfig,
    /// Where records belong.
    pub scope: Scope,
    manners: Manners,
    wanted: Wanted,
}

impl Site {
    /// A site.
    pub const fn new(config: SdkConfig, scope: Scope, manners: Manners, wanted: Wanted) -> Self {
        Self { config, scope, manners, wanted }
    }

    /// The same account, for services that have no regions.
    pub fn global(&self) -> Self {
        Self { scope: Scope::new(&self.scope.account, GLOBAL), ..self.clone() }
    }

    /// The same account, in another region.
    pub fn in_region(&self, region: &str) -> Self {
        let (config, scope) = (super::config::in_region(&self.config, region), Scope::new(&self.scope.account, region));
        Self { config, scope, ..self.clone() }
    }

    /// One service of it. Each has a gate of its own, so that it is to be asked for once.
    pub fn service(&self) -> Service {
        self.service_with(self.manners)
    }

    /// A service that bears less than the others.
    pub fn slow_service(&self, most: u32) -> Service {
        self.service_with(self.manners.at_most(most))
    }

    fn service_with(&self, manners: Manners) -> Service {
        Service { scope: self.scope.clone(), gate: Gate::new(manners), wanted: self.wanted.clone() }
    }
}

/// One service in an account and region.
#[derive(Debug, Clone)]
pub(super) struct Service {
    /// Where records belong.
    pub scope: Scope,
    gate: Gate,
    wanted: Wanted,
}

impl Service {
    /// Reads a listing to its end. `open` takes a page's items and its marker of a further page.
    pub async fn list<T, P, E>(
        &self,
        action: &'static str,
        pages: PaginationStream<Result<P, SdkError<E, HttpResponse>>>,
        open: impl Fn(P) -> (Option<Vec<T>>, Option<String>),
    ) -> Listed<T>
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        match self.unwanted(action, None) {
            Some(gap) => Listed { action, items: Vec::new(), failure: Some(gap) },
            None => Listed::read(action, &self.gate, pages, open).await,
        }
    }

    /// Makes one call, for `target` where it is about one thing.
    ///
    /// # Errors
    /// The gap that the failure leaves.
    pub async fn call<O, E>(
        &self,
        action: &'static str,
        target: Option<&str>,
        call: impl Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    ) -> Result<O, Gap>
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        match self.unwanted(action, target) {
            Some(gap) => Err(gap),
            None => self.gate.pass(call).await.map_err(|failed| error::gap(action, target, &failed)),
        }
    }

    /// Makes one call whose failure may be an answer.
    ///
    /// # Errors
    /// The gap of a call that nobody wants.
    pub async fn answer<R>(&self, action: &'static str, call: impl Future<Output = R>) -> Result<R, Gap> {
        match self.unwanted(action, None) {
            Some(gap) => Err(gap),
            None => Ok(self.gate.pass(call).await),
        }
    }

    /// Writes the record that a call gave for one thing, or the gap that it left.
    pub fn note<K: Kind>(&self, sink: &mut Sink, id: &str, action: &str, answer: Result<K, Gap>) {
        match answer {
            Ok(record) => sink.record(self.scope.pair(), id, action, &record),
            Err(gap) => sink.gap(self.scope.pair(), &gap),
        }
    }

    fn unwanted(&self, action: &str, target: Option<&str>) -> Option<Gap> {
        let gap = || Gap {
            what: action.to_owned(),
            target: target.map(str::to_owned),
            reason: GapReason::NotRequested,
            needs: None,
            message: "no selected rule rests on it".into(),
            at: None,
        };
        (!self.wanted.has(action)).then(gap)
    }
}

/// Does the same for each item, all at once; the services' gates keep the order.
pub(super) async fn each<I, F>(items: impl IntoIterator<Item = I>, work: impl Fn(I) -> F) -> Sink
where
    F: Future<Output = Sink> + Send + 'static,
{
    let mut tasks: JoinSet<Sink> = items.into_iter().map(work).collect();
    let mut sink = Sink::default();
    while let Some(part) = tasks.join_next().await {
        match part {
            Ok(part) => sink.absorb(part),
            // As `JoinSet::join_all` does: the task of the whole region then says what is missing.
            Err(broken) => std::panic::resume_unwind(broken.into_panic()),
        }
    }
    sink
}
