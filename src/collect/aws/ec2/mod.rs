//! Amazon EC2: the network around the clusters, read whole, so that what is not in it is not there.

mod gateway;
mod guard;
mod network;
mod network_acl;
mod network_interface;
mod prefix_list;
mod security_group;

use aws_config::SdkConfig;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types;
use tokio::task::JoinSet;

use super::listing::Listed;
use super::scope::{Gate, Scope};
use super::{actions, error};
use crate::collect::Sink;
use crate::model::Gap;

/// The largest page that EC2 grants, and that of those calls that grant less.
const PAGE: i32 = 1000;
const SMALL_PAGE: i32 = 100;

/// A region has at most some hundred exclusions.
const MOST_EXCLUSION_PAGES: usize = 100;

/// Reads the networks of a region.
pub(super) async fn collect(config: &SdkConfig, scope: &Scope) -> Sink {
    let ec2 = Ec2 { client: Client::new(config), scope: scope.clone(), gate: Gate::default() };
    let (places, rules, ways, guards) = tokio::join!(ec2.places(), ec2.security_groups(), ec2.gateways(), ec2.guards());
    let mut sink = Sink::default();
    for part in [places, rules, ways, guards] {
        sink.absorb(part);
    }
    sink
}

/// EC2 in one region.
#[derive(Debug, Clone)]
struct Ec2 {
    client: Client,
    scope: Scope,
    gate: Gate,
}

/// A listing, page by page: what it is called, and how its pages are opened.
macro_rules! listing {
    ($(#[doc = $doc:literal])* $name:ident: $item:ty = $call:ident, $page:expr, $action:expr, $field:ident) => {
        $(#[doc = $doc])*
        async fn $name(&self) -> Listed<$item> {
            let pages = self.client.$call().into_paginator().page_size($page).send();
            let read = Listed::read($action, pages, |page| (page.$field, page.next_token));
            self.gate.pass(read).await
        }
    };
}

impl Ec2 {
    listing!(vpcs: types::Vpc = describe_vpcs, PAGE, actions::DESCRIBE_VPCS, vpcs);
    listing!(subnets: types::Subnet = describe_subnets, PAGE, actions::DESCRIBE_SUBNETS, subnets);
    listing!(route_tables: types::RouteTable = describe_route_tables, SMALL_PAGE, actions::DESCRIBE_ROUTE_TABLES, route_tables);
    listing!(network_acls: types::NetworkAcl = describe_network_acls, PAGE, actions::DESCRIBE_NETWORK_ACLS, network_acls);
    listing!(
        network_interfaces: types::NetworkInterface =
            describe_network_interfaces, PAGE, actions::DESCRIBE_NETWORK_INTERFACES, network_interfaces
    );
    listing!(
        groups: types::SecurityGroup = describe_security_groups, PAGE, actions::DESCRIBE_SECURITY_GROUPS, security_groups
    );
    listing!(
        rules: types::SecurityGroupRule =
            describe_security_group_rules, PAGE, actions::DESCRIBE_SECURITY_GROUP_RULES, security_group_rules
    );
    listing!(
        prefix_lists: types::ManagedPrefixList =
            describe_managed_prefix_lists, SMALL_PAGE, actions::DESCRIBE_MANAGED_PREFIX_LISTS, prefix_lists
    );
    listing!(
        peerings: types::VpcPeeringConnection =
            describe_vpc_peering_connections, PAGE, actions::DESCRIBE_VPC_PEERING_CONNECTIONS, vpc_peering_connections
    );
    listing!(
        attachments: types::TransitGatewayAttachment =
            describe_transit_gateway_attachments, PAGE, actions::DESCRIBE_TRANSIT_GATEWAY_ATTACHMENTS,
            transit_gateway_attachments
    );
    listing!(endpoints: types::VpcEndpoint = describe_vpc_endpoints, PAGE, actions::DESCRIBE_VPC_ENDPOINTS, vpc_endpoints);
    listing!(flow_logs: types::FlowLog = describe_flow_logs, PAGE, actions::DESCRIBE_FLOW_LOGS, flow_logs);

    /// VPCs, subnets, their tables and ACLs, and what stands in them.
    async fn places(&self) -> Sink {
        let (vpcs, subnets, tables, acls, interfaces) = tokio::join!(
            self.vpcs(),
            self.subnets(),
            self.route_tables(),
            self.network_acls(),
            self.network_interfaces()
        );
        let mut sink = Sink::default();
        vpcs.write(&mut sink, &self.scope, network::vpc);
        subnets.write(&mut sink, &self.scope, network::subnet);
        tables.write(&mut sink, &self.scope, network::route_table);
        acls.write(&mut sink, &self.scope, network_acl::network_acl);
        interfaces.write(&mut sink, &self.scope, network_interface::network_interface);
        sink
    }

    /// Security groups, the ids of their rules, and the prefix lists that rules and routes may name.
    async fn security_groups(&self) -> Sink {
        let (groups, rules, lists) = tokio::join!(self.groups(), self.rules(), self.prefix_lists());
        let ids: Vec<_> = lists.items.iter().filter_map(|list| list.prefix_list_id.clone()).collect();
        let entries = self.entries(ids).await;
        let mut sink = Sink::default();
        groups.write(&mut sink, &self.scope, security_group::security_group);
        rules.write(&mut sink, &self.scope, security_group::rule);
        lists.write(&mut sink, &self.scope, prefix_list::prefix_list);
        sink.absorb(entries);
        sink
    }

    /// What leads out of VPCs.
    async fn gateways(&self) -> Sink {
        let (peerings, attachments, endpoints) = tokio::join!(self.peerings(), self.attachments(), self.endpoints());
        let mut sink = Sink::default();
        peerings.write(&mut sink, &self.scope, gateway::peering);
        attachments.write(&mut sink, &self.scope, gateway::transit_gateway_attachment);
        endpoints.write(&mut sink, &self.scope, gateway::endpoint);
        sink
    }

    /// What blocks and what logs traffic.
    async fn guards(&self) -> Sink {
        let (flow_logs, exclusions, mut sink) =
            tokio::join!(self.flow_logs(), self.exclusions(), self.block_public_access());
        flow_logs.write(&mut sink, &self.scope, guard::flow_log);
        exclusions.write(&mut sink, &self.scope, guard::exclusion);
        sink
    }

    /// The entries of prefix lists, one call a list.
    async fn entries(&self, lists: Vec<String>) -> Sink {
        let calls = lists.into_iter().map(|list| self.clone().entries_of(list));
        let mut sink = Sink::default();
        for part in calls.collect::<JoinSet<_>>().join_all().await {
            sink.absorb(part);
        }
        sink
    }

    /// The entries of one list. Half a list would read as a whole one, so that a failed page leaves the gap alone.
    async fn entries_of(self, list: String) -> Sink {
        let action = actions::GET_MANAGED_PREFIX_LIST_ENTRIES;
        let call = self.client.get_managed_prefix_list_entries().prefix_list_id(&list);
        let pages = call.into_paginator().page_size(SMALL_PAGE).send();
        let read = Listed::read(action, pages, |page| (page.entries, page.next_token));
        let listed = self.gate.pass(read).await;
        let mut sink = Sink::default();
        match listed.failure {
            None => sink.record(self.scope.pair(), &list, action, &prefix_list::entries(&list, listed.items)),
            Some(gap) => sink.gap(self.scope.pair(), &Gap { target: Some(list), ..gap }),
        }
        sink
    }

    /// The SDK has no pages for this listing.
    async fn exclusions(&self) -> Listed<types::VpcBlockPublicAccessExclusion> {
        let action = actions::DESCRIBE_VPC_BLOCK_PUBLIC_ACCESS_EXCLUSIONS;
        let mut listed = Listed { action, items: Vec::new(), failure: None };
        let mut marker = None;
        for _ in 0..MOST_EXCLUSION_PAGES {
            let call = self.client.describe_vpc_block_public_access_exclusions().set_next_token(marker.take());
            match self.gate.pass(call.max_results(PAGE).send()).await {
                Ok(page) => {
                    listed.items.extend(page.vpc_block_public_access_exclusions.unwrap_or_default());
                    marker = page.next_token.filter(|marker| !marker.is_empty());
                }
                Err(failed) => listed.failure = Some(error::gap(action, None, &failed)),
            }
            if marker.is_none() {
                return listed;
            }
        }
        listed.failure = Some(error::malformed(action, None, "the server does not come to a last page"));
        listed
    }

    /// The one record of VPC Block Public Access in the region.
    async fn block_public_access(&self) -> Sink {
        let action = actions::DESCRIBE_VPC_BLOCK_PUBLIC_ACCESS_OPTIONS;
        let call = self.client.describe_vpc_block_public_access_options().send();
        let mut sink = Sink::default();
        match self.gate.pass(call).await.map(|answer| answer.vpc_block_public_access_options) {
            Ok(Some(options)) => {
                sink.record(self.scope.pair(), "vpc-block-public-access", action, &guard::options(options));
            }
            Ok(None) => sink.gap(self.scope.pair(), &error::malformed(action, None, "the answer is empty")),
            Err(failed) => sink.gap(self.scope.pair(), &error::gap(action, None, &failed)),
        }
        sink
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::aws::testing::{Answer, Request, lines, serve};

    async fn ec2(answers: impl Fn(Request) -> Answer + Send + Sync + 'static) -> Ec2 {
        let client = Client::new(&serve(answers).await);
        Ec2 { client, scope: Scope::new("123456789012", "eu-west-1"), gate: Gate::default() }
    }

    /// A page of one item that promises another until the marker `last`.
    fn page(request: &Request, item: &str, last: &str) -> Answer {
        let asked = request.form.split('&').find_map(|pair| pair.strip_prefix("NextToken=")).unwrap_or("0").to_owned();
        let next: u32 = asked.parse::<u32>().unwrap() + 1;
        let marker = if asked == last { String::new() } else { format!("<nextToken>{next}</nextToken>") };
        let action = &request.action;
        (200, format!("<{action}Response>{item}{marker}</{action}Response>"))
    }

    const DENIED: &str = "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>";

    #[tokio::test]
    async fn exclusions_are_read_to_the_last_page() {
        let item = "<vpcBlockPublicAccessExclusionSet><item><exclusionId>x</exclusionId></item>\
                    </vpcBlockPublicAccessExclusionSet>";
        let listed = ec2(|request| page(&request, item, "2")).await.exclusions().await;
        assert_eq!((listed.items.len(), listed.failure), (3, None));
        let endless = ec2(|request| page(&request, item, "never")).await.exclusions().await;
        assert!(endless.failure.is_some());
        let denied = ec2(|_| (403, DENIED.to_owned())).await.exclusions().await;
        assert_eq!(denied.failure.unwrap().needs.as_deref(), Some("ec2:DescribeVpcBlockPublicAccessExclusions"));
    }

    #[tokio::test]
    async fn half_a_prefix_list_is_only_a_gap() {
        let item = "<entrySet><item><cidr>10.0.0.0/8</cidr></item></entrySet>";
        let whole = ec2(|request| page(&request, item, "1")).await.entries(vec!["pl-1".to_owned()]).await;
        let whole = lines(whole);
        assert_eq!((whole.len(), &whole[0]["kind"]), (1, &"ec2.managed_prefix_list_entries".into()));
        assert_eq!(whole[0]["data"]["Entries"].as_array().unwrap().len(), 2);
        let half =
            ec2(
                |request| {
                    if request.form.contains("NextToken") {
                        (403, DENIED.to_owned())
                    } else {
                        page(&request, item, "1")
                    }
                },
            );
        let half = lines(half.await.entries(vec!["pl-1".to_owned()]).await);
        assert_eq!((half.len(), &half[0]["kind"], &half[0]["data"]["Target"]), (1, &"gap".into(), &"pl-1".into()));
    }

    #[tokio::test]
    async fn block_public_access_is_one_record_or_a_gap() {
        let options = "<vpcBlockPublicAccessOptions><internetGatewayBlockMode>off</internetGatewayBlockMode>\
                       </vpcBlockPublicAccessOptions>";
        let name = "DescribeVpcBlockPublicAccessOptionsResponse";
        for (status, body, kind) in [
            (200, format!("<{name}>{options}</{name}>"), "ec2.vpc_block_public_access_options"),
            (200, format!("<{name}></{name}>"), "gap"),
            (403, DENIED.to_owned(), "gap"),
            (500, "<html>".to_owned(), "gap"),
        ] {
            let found = lines(ec2(move |_| (status, body.clone())).await.block_public_access().await);
            assert_eq!((found.len(), &found[0]["kind"]), (1, &kind.into()), "{status} {found:?}");
        }
    }
}
