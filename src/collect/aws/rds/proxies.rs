//! Reading the proxies of a region: the proxies, their endpoints, and what each of them leads to.

use std::collections::BTreeSet;

use aws_sdk_rds::types::{DbProxy, DbProxyEndpoint, DbProxyTarget};

use tokio::task::JoinSet;

use super::{PAGE, Rds, proxy};
use crate::collect::Sink;
use crate::collect::aws::listing::Listed;
use crate::model::{Gap, actions};

/// The proxies of a region.
pub(super) struct Proxies {
    /// What is written down.
    pub sink: Sink,
    pub endpoints: Vec<DbProxyEndpoint>,
    pub targets: Vec<ProxyTargets>,
    /// Secrets that the proxies log in with, by ARN.
    pub secrets: BTreeSet<String>,
}

/// What one proxy leads to.
pub(super) struct ProxyTargets {
    pub name: String,
    /// `MYSQL` or `POSTGRESQL`.
    pub family: Option<String>,
    pub targets: Vec<DbProxyTarget>,
}

impl Rds {
    /// Proxies with their endpoints and targets.
    pub(super) async fn proxies(&self) -> Proxies {
        let (proxies, endpoints) = tokio::join!(self.proxy_list(), self.proxy_endpoints());
        let calls = proxy::names(&proxies.items).into_iter().map(|name| self.clone().proxy_targets(name));
        let mut answers = calls.collect::<JoinSet<_>>().join_all().await;
        answers.sort_by(|(one, _), (other, _)| one.cmp(other));
        let secrets = proxies.items.iter().flat_map(DbProxy::auth).filter_map(|auth| auth.secret_arn.clone());
        let mut found = Proxies {
            sink: Sink::default(),
            endpoints: endpoints.items.clone(),
            targets: Vec::new(),
            secrets: secrets.collect(),
        };
        for (name, answer) in answers {
            let (action, scope) = (answer.action, self.service.scope.pair());
            match answer.whole() {
                Ok(targets) => {
                    found.sink.record(scope, &name, action, &proxy::targets(&name, &targets));
                    let family = proxy::family(&proxies.items, &name);
                    found.targets.push(ProxyTargets { name, family, targets });
                }
                Err(gap) => found.sink.gap(scope, &Gap { target: Some(name), ..gap }),
            }
        }
        proxies.write(&mut found.sink, &self.service.scope, proxy::proxy);
        endpoints.write(&mut found.sink, &self.service.scope, proxy::endpoint);
        found
    }

    async fn proxy_list(&self) -> Listed<DbProxy> {
        let pages = self.client.describe_db_proxies().into_paginator().page_size(PAGE).send();
        Box::pin(self.service.list(actions::DESCRIBE_DB_PROXIES, pages, |page| (page.db_proxies, page.marker))).await
    }

    async fn proxy_endpoints(&self) -> Listed<DbProxyEndpoint> {
        let pages = self.client.describe_db_proxy_endpoints().into_paginator().page_size(PAGE).send();
        let action = actions::DESCRIBE_DB_PROXY_ENDPOINTS;
        Box::pin(self.service.list(action, pages, |page| (page.db_proxy_endpoints, page.marker))).await
    }

    async fn proxy_targets(self, name: String) -> (String, Listed<DbProxyTarget>) {
        let call = self.client.describe_db_proxy_targets().db_proxy_name(&name);
        let pages = call.into_paginator().page_size(PAGE).send();
        let action = actions::DESCRIBE_DB_PROXY_TARGETS;
        let targets = self.service.list(action, pages, |page| (page.targets, page.marker)).await;
        (name, targets)
    }
}
