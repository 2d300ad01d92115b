//! Proxies, their endpoints and targets, from the SDK's form to the snapshot's.

use std::collections::BTreeSet;

use aws_sdk_rds::types;

use super::part;
use crate::collect::aws::listing::{Entry, each};
use crate::snapshot::schema::rds_proxy::{
    DbProxy, DbProxyAnswer, DbProxyEndpoint, DbProxyEndpointAnswer, DbProxyTarget, DbProxyTargetAnswer, DbProxyTargets,
    DbProxyTargetsAnswer, UserAuthConfigInfo, UserAuthConfigInfoAnswer,
};

/// The engine family that no Aurora cluster speaks.
const OTHER_FAMILY: &str = "SQLSERVER";

/// What is kept of a proxy: not those of other engines.
pub(super) fn proxy(proxy: types::DbProxy) -> Entry<DbProxy> {
    let id = part::id(proxy.db_proxy_arn(), proxy.db_proxy_name());
    if proxy.engine_family() == Some(OTHER_FAMILY) {
        return Entry::Excluded(id, format!("engine family {OTHER_FAMILY}"));
    }
    let answer = DbProxyAnswer {
        db_proxy_name: proxy.db_proxy_name,
        db_proxy_arn: proxy.db_proxy_arn,
        status: proxy.status.map(|status| status.as_str().to_owned()),
        engine_family: proxy.engine_family,
        vpc_id: proxy.vpc_id,
        vpc_security_group_ids: proxy.vpc_security_group_ids,
        vpc_subnet_ids: proxy.vpc_subnet_ids,
        auth: each(proxy.auth, auth),
        default_auth_scheme: proxy.default_auth_scheme,
        role_arn: proxy.role_arn,
        endpoint: proxy.endpoint,
        require_tls: proxy.require_tls,
        debug_logging: proxy.debug_logging,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn auth(auth: types::UserAuthConfigInfo) -> UserAuthConfigInfo {
    UserAuthConfigInfoAnswer {
        auth_scheme: auth.auth_scheme.map(|it| it.as_str().to_owned()),
        secret_arn: auth.secret_arn,
        user_name: auth.user_name,
        iam_auth: auth.iam_auth.map(|it| it.as_str().to_owned()),
        client_password_auth_type: auth.client_password_auth_type.map(|it| it.as_str().to_owned()),
    }
    .record()
}

pub(super) fn endpoint(endpoint: types::DbProxyEndpoint) -> Entry<DbProxyEndpoint> {
    let id = part::id(endpoint.db_proxy_endpoint_arn(), endpoint.db_proxy_endpoint_name());
    let answer = DbProxyEndpointAnswer {
        db_proxy_endpoint_name: endpoint.db_proxy_endpoint_name,
        db_proxy_endpoint_arn: endpoint.db_proxy_endpoint_arn,
        db_proxy_name: endpoint.db_proxy_name,
        status: endpoint.status.map(|status| status.as_str().to_owned()),
        vpc_id: endpoint.vpc_id,
        vpc_security_group_ids: endpoint.vpc_security_group_ids,
        vpc_subnet_ids: endpoint.vpc_subnet_ids,
        endpoint: endpoint.endpoint,
        target_role: endpoint.target_role.map(|role| role.as_str().to_owned()),
        is_default: endpoint.is_default,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

/// Names of the proxies whose targets are asked for.
pub(super) fn names(proxies: &[types::DbProxy]) -> BTreeSet<String> {
    let kept = proxies.iter().filter(|proxy| proxy.engine_family() != Some(OTHER_FAMILY));
    kept.filter_map(|proxy| proxy.db_proxy_name.clone()).collect()
}

/// The protocol of a proxy.
pub(super) fn family(proxies: &[types::DbProxy], name: &str) -> Option<String> {
    proxies.iter().find(|proxy| proxy.db_proxy_name() == Some(name))?.engine_family.clone()
}

/// What one proxy leads to.
pub(super) fn targets(proxy: &str, targets: &[types::DbProxyTarget]) -> DbProxyTargets {
    DbProxyTargetsAnswer { db_proxy_name: Some(proxy.to_owned()), targets: Some(targets.iter().map(target).collect()) }
        .record()
}

fn target(target: &types::DbProxyTarget) -> DbProxyTarget {
    DbProxyTargetAnswer {
        target_arn: target.target_arn.clone(),
        kind: target.r#type.as_ref().map(|kind| kind.as_str().to_owned()),
        tracked_cluster_id: target.tracked_cluster_id.clone().filter(|id| !id.is_empty()),
        rds_resource_id: target.rds_resource_id.clone(),
    }
    .record()
}

/// Names of the clusters that targets are or belong to.
pub(super) fn clusters(targets: &[types::DbProxyTarget]) -> BTreeSet<String> {
    let tracked = |target: &types::DbProxyTarget| target.r#type == Some(types::TargetType::TrackedCluster);
    let named = |target: &types::DbProxyTarget| {
        let own = tracked(target).then(|| target.rds_resource_id.clone()).flatten();
        target.tracked_cluster_id.clone().filter(|id| !id.is_empty()).or(own)
    };
    targets.iter().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn what_was_said_is_kept_and_the_rest_has_its_meaning() {
        let auth = types::UserAuthConfigInfo::builder()
            .auth_scheme(types::AuthScheme::Secrets)
            .secret_arn("arn:s")
            .iam_auth(types::IamAuthMode::Required);
        let full = types::DbProxy::builder()
            .db_proxy_arn("arn:p")
            .db_proxy_name("shop")
            .engine_family("MYSQL")
            .require_tls(true)
            .auth(auth.build());
        let (id, data) = kept(proxy(full.build()));
        assert_eq!(id, "arn:p");
        for (key, expected) in [
            ("RequireTLS", Some(json!(true))),
            ("DebugLogging", None),
            ("Endpoint", Some(json!(null))),
            ("VpcSubnetIds", Some(json!([]))),
            (
                "Auth",
                Some(json!([{"AuthScheme": "SECRETS", "SecretArn": "arn:s", "UserName": null, "IAMAuth": "REQUIRED",
                    "ClientPasswordAuthType": null}])),
            ),
        ] {
            assert_eq!(data.get(key), expected.as_ref(), "{key}");
        }
    }

    #[test]
    fn proxies_of_other_engines_are_excluded() {
        let other = || types::DbProxy::builder().db_proxy_name("p").engine_family("SQLSERVER").build();
        let mysql = types::DbProxy::builder().db_proxy_name("m").engine_family("MYSQL").build();
        assert_eq!(names(&[other(), mysql]).into_iter().collect::<Vec<_>>(), ["m"]);
        assert!(matches!(proxy(other()), Entry::Excluded(id, _) if id == "p"));
    }

    #[test]
    fn targets_name_their_cluster() {
        let target = |kind: &str, cluster: Option<&str>, resource: &str| {
            types::DbProxyTarget::builder()
                .r#type(types::TargetType::from(kind))
                .set_tracked_cluster_id(cluster.map(str::to_owned))
                .rds_resource_id(resource)
                .build()
        };
        for (targets, expected) in [
            (
                vec![target("TRACKED_CLUSTER", None, "shop"), target("RDS_INSTANCE", Some("shop"), "shop-1")],
                &["shop"][..],
            ),
            (vec![target("RDS_INSTANCE", Some(""), "single")], &[]),
            (vec![], &[]),
        ] {
            assert_eq!(clusters(&targets).iter().map(String::as_str).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn endpoints_keep_their_names() {
        let full =
            types::DbProxyEndpoint::builder().db_proxy_endpoint_arn("arn:e").db_proxy_name("p").is_default(false);
        let (id, data) = kept(endpoint(full.build()));
        assert_eq!((id.as_str(), &data["DBProxyName"], &data["IsDefault"]), ("arn:e", &json!("p"), &json!(false)));
    }
}
