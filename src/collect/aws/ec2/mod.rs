//! Amazon EC2: the network around the clusters, read whole, so that what is not in it is not there.

mod gateway;
mod guard;
mod instance;
mod network;
mod network_acl;
mod network_interface;
mod prefix_list;
pub(super) mod region;
mod security_group;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types;

use super::error;
use super::listing::Listed;
use super::site::{Service, Site, each};
use crate::collect::Sink;
use crate::model::{Gap, actions};

/// The largest page that EC2 grants, and that of those calls that grant less.
const PAGE: i32 = 1000;
const SMALL_PAGE: i32 = 100;

/// A region has at most some hundred exclusions.
const MOST_EXCLUSION_PAGES: usize = 100;

/// The calls.
pub(super) const ACTIONS: &[&str] = &[
    actions::DESCRIBE_VPCS,
    actions::DESCRIBE_SUBNETS,
    actions::DESCRIBE_ROUTE_TABLES,
    actions::DESCRIBE_NETWORK_ACLS,
    actions::DESCRIBE_NETWORK_INTERFACES,
    actions::DESCRIBE_INSTANCES,
    actions::DESCRIBE_SECURITY_GROUPS,
    actions::DESCRIBE_SECURITY_GROUP_RULES,
    actions::DESCRIBE_MANAGED_PREFIX_LISTS,
    actions::GET_MANAGED_PREFIX_LIST_ENTRIES,
    actions::DESCRIBE_VPC_PEERING_CONNECTIONS,
    actions::DESCRIBE_TRANSIT_GATEWAY_ATTACHMENTS,
    actions::DESCRIBE_VPN_GATEWAYS,
    actions::DESCRIBE_VPC_ENDPOINTS,
    actions::DESCRIBE_FLOW_LOGS,
    actions::DESCRIBE_VPC_BLOCK_PUBLIC_ACCESS_OPTIONS,
    actions::DESCRIBE_VPC_BLOCK_PUBLIC_ACCESS_EXCLUSIONS,
];

/// Reads the networks of a region.
pub(super) async fn collect(site: Site) -> Sink {
    let ec2 = Ec2 { client: Client::new(&site.config), service: site.service() };
    let (places, rules, ways, guards) = tokio::join!(
        Box::pin(ec2.places()),
        Box::pin(ec2.security_groups()),
        Box::pin(ec2.gateways()),
        Box::pin(ec2.guards())
    );
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
    service: Service,
}

/// A listing, page by page: what it is called, and how its pages are opened.
macro_rules! listing {
    ($(#[doc = $doc:literal])* $name:ident: $item:ty = $call:ident, $page:expr, $action:expr, $field:ident) => {
        $(#[doc = $doc])*
        async fn $name(&self) -> Listed<$item> {
            let pages = self.client.$call().into_paginator().page_size($page).send();
            Box::pin(self.service.list($action, pages, |page| (page.$field, page.next_token))).await
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
    listing!(reservations: types::Reservation = describe_instances, PAGE, actions::DESCRIBE_INSTANCES, reservations);
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
        let (vpcs, subnets, tables, acls, interfaces, instances) = tokio::join!(
            self.vpcs(),
            self.subnets(),
            self.route_tables(),
            self.network_acls(),
            self.network_interfaces(),
            self.reservations()
        );
        let instances = instances.flat_map(|reservation| reservation.instances.unwrap_or_default());
        let mut sink = Sink::default();
        vpcs.write(&mut sink, &self.service.scope, network::vpc);
        subnets.write(&mut sink, &self.service.scope, network::subnet);
        tables.write(&mut sink, &self.service.scope, network::route_table);
        acls.write(&mut sink, &self.service.scope, network_acl::network_acl);
        interfaces.write(&mut sink, &self.service.scope, network_interface::network_interface);
        instances.write(&mut sink, &self.service.scope, instance::instance);
        sink
    }

    /// Security groups, the ids of their rules, and the prefix lists that rules and routes may name.
    async fn security_groups(&self) -> Sink {
        let (groups, rules, lists) = tokio::join!(self.groups(), self.rules(), self.prefix_lists());
        let ids: Vec<_> = lists.items.iter().filter_map(|list| list.prefix_list_id.clone()).collect();
        let entries = self.entries(ids).await;
        let mut sink = Sink::default();
        groups.write(&mut sink, &self.service.scope, security_group::security_group);
        rules.write(&mut sink, &self.service.scope, security_group::rule);
        lists.write(&mut sink, &self.service.scope, prefix_list::prefix_list);
        sink.absorb(entries);
        sink
    }

    /// What leads out of VPCs.
    async fn gateways(&self) -> Sink {
        let (peerings, attachments, vpns, endpoints) =
            tokio::join!(self.peerings(), self.attachments(), Box::pin(self.vpn_gateways()), self.endpoints());
        let mut sink = Sink::default();
        peerings.write(&mut sink, &self.service.scope, gateway::peering);
        attachments.write(&mut sink, &self.service.scope, gateway::transit_gateway_attachment);
        vpns.write(&mut sink, &self.service.scope, gateway::vpn_gateway);
        endpoints.write(&mut sink, &self.service.scope, gateway::endpoint);
        sink
    }

    /// What blocks and what logs traffic.
    async fn guards(&self) -> Sink {
        let (flow_logs, exclusions, mut sink) =
            tokio::join!(self.flow_logs(), Box::pin(self.exclusions()), Box::pin(self.block_public_access()));
        flow_logs.write(&mut sink, &self.service.scope, guard::flow_log);
        exclusions.write(&mut sink, &self.service.scope, guard::exclusion);
        sink
    }

    /// The entries of prefix lists, one call a list.
    async fn entries(&self, lists: Vec<String>) -> Sink {
        each(lists, |list| self.clone().entries_of(list)).await
    }

    /// The entries of one list. Half a list would read as a whole one, so that a failed page leaves the gap alone.
    async fn entries_of(self, list: String) -> Sink {
        let action = actions::GET_MANAGED_PREFIX_LIST_ENTRIES;
        let call = self.client.get_managed_prefix_list_entries().prefix_list_id(&list);
        let pages = call.into_paginator().page_size(SMALL_PAGE).send();
        let listed = self.service.list(action, pages, |page| (page.entries, page.next_token)).await;
        let mut sink = Sink::default();
        match listed.failure {
            None => sink.record(self.service.scope.pair(), &list, action, &prefix_list::entries(&list, listed.items)),
            Some(gap) => sink.gap(self.service.scope.pair(), &Gap { target: Some(list), ..gap }),
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
            match self.service.call(action, None, call.max_results(PAGE).send()).await {
                Ok(page) => {
                    listed.items.extend(page.vpc_block_public_access_exclusions.unwrap_or_default());
                    marker = page.next_token.filter(|marker| !marker.is_empty());
                }
                Err(gap) => listed.failure = Some(gap),
            }
            if marker.is_none() {
                return listed;
            }
        }
        listed.failure = Some(error::malformed(action, None, "the server does not come to a last page"));
        listed
    }

    /// The SDK has no pages for this listing, and neither does EC2.
    async fn vpn_gateways(&self) -> Listed<types::VpnGateway> {
        let action = actions::DESCRIBE_VPN_GATEWAYS;
        let answer = self.service.call(action, None, self.client.describe_vpn_gateways().send()).await;
        Listed::of(action, answer.map(|answer| answer.vpn_gateways))
    }

    /// The one record of VPC Block Public Access in the region.
    async fn block_public_access(&self) -> Sink {
        let action = actions::DESCRIBE_VPC_BLOCK_PUBLIC_ACCESS_OPTIONS;
        let call = self.client.describe_vpc_block_public_access_options().send();
        let mut sink = Sink::default();
        match self.service.call(action, None, call).await.map(|answer| answer.vpc_block_public_access_options) {
            Ok(Some(options)) => {
                sink.record(self.service.scope.pair(), "vpc-block-public-access", action, &guard::options(options));
            }
            Ok(None) => sink.gap(self.service.scope.pair(), &error::malformed(action, None, "the answer is empty")),
            Err(gap) => sink.gap(self.service.scope.pair(), &gap),
        }
        sink
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::aws::testing::{Answer, Request, lines, serve, site};

    async fn ec2(answers: impl Fn(Request) -> Answer + Send + Sync + 'static) -> Ec2 {
        let site = site(serve(answers).await);
        Ec2 { client: Client::new(&site.config), service: site.service() }
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
