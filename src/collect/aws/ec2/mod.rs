//! Amazon EC2: the network around the clusters.

mod network;
mod security_group;

use aws_config::SdkConfig;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{RouteTable, SecurityGroup, Subnet, Vpc};

use super::actions;
use super::listing::Listed;
use super::scope::{Gate, Scope};
use crate::collect::Sink;

/// The largest page that EC2 grants, and that of route tables.
const PAGE: i32 = 1000;
const ROUTE_TABLE_PAGE: i32 = 100;

/// Reads the networks of a region.
pub(super) async fn collect(config: &SdkConfig, scope: &Scope) -> Sink {
    let (client, gate) = (Client::new(config), Gate::default());
    let (vpcs, subnets, route_tables, security_groups) = tokio::join!(
        gate.pass(vpcs(&client)),
        gate.pass(subnets(&client)),
        gate.pass(route_tables(&client)),
        gate.pass(security_groups(&client)),
    );
    let mut sink = Sink::default();
    vpcs.write(&mut sink, scope, network::vpc);
    subnets.write(&mut sink, scope, network::subnet);
    route_tables.write(&mut sink, scope, network::route_table);
    security_groups.write(&mut sink, scope, security_group::security_group);
    sink
}

async fn vpcs(client: &Client) -> Listed<Vpc> {
    let pages = client.describe_vpcs().into_paginator().page_size(PAGE).send();
    Listed::read(actions::DESCRIBE_VPCS, pages, |page| (page.vpcs, page.next_token)).await
}

async fn subnets(client: &Client) -> Listed<Subnet> {
    let pages = client.describe_subnets().into_paginator().page_size(PAGE).send();
    Listed::read(actions::DESCRIBE_SUBNETS, pages, |page| (page.subnets, page.next_token)).await
}

async fn route_tables(client: &Client) -> Listed<RouteTable> {
    let pages = client.describe_route_tables().into_paginator().page_size(ROUTE_TABLE_PAGE).send();
    Listed::read(actions::DESCRIBE_ROUTE_TABLES, pages, |page| (page.route_tables, page.next_token)).await
}

async fn security_groups(client: &Client) -> Listed<SecurityGroup> {
    let pages = client.describe_security_groups().into_paginator().page_size(PAGE).send();
    Listed::read(actions::DESCRIBE_SECURITY_GROUPS, pages, |page| (page.security_groups, page.next_token)).await
}
