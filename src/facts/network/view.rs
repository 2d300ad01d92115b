//! The networks of one account and region: their records by id, and what several databases share, each worked out once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::association::BySubnet;
use super::bounds::Bounds;
use super::ingress::{Openings, openings};
use super::interface::Interfaces;
use super::reach::{Flag, Gate, Reachability, Standing, gates, reachability};
use super::rule_id::RuleIds;
use super::seat::Seat;
use super::transit::TransitGateways;
use crate::facts::index::{Index, Scope, Table, in_scope};
use crate::model::{Derived, Fact, Place, Why};
use crate::snapshot::schema::ec2::{
    FlowLog, ManagedPrefixListEntries, NetworkAcl, RouteTable, SecurityGroup, Subnet, Vpc,
    VpcBlockPublicAccessExclusion, VpcBlockPublicAccessOptions, VpcEndpoint, VpcPeeringConnection,
};
use crate::snapshot::{Record, Snapshot};

/// All networks of a run.
pub struct Networks {
    by_scope: BTreeMap<Scope, Network>,
    /// Stands for those that nothing was read of.
    unread: Network,
}

impl Networks {
    /// Finds the networks of these accounts and regions.
    pub fn new<'a>(snapshot: &Snapshot, index: &Index, scopes: impl IntoIterator<Item = &'a Scope>) -> Self {
        let network = |scope: &Scope| Network::new(snapshot, index, scope);
        Self {
            by_scope: scopes.into_iter().map(|scope| (scope.clone(), network(scope))).collect(),
            unread: network(&Scope::default()),
        }
    }

    /// Those of one account and region, among all others.
    pub fn of(&self, scope: &Scope) -> View<'_> {
        View { all: self, here: self.by_scope.get(scope).unwrap_or(&self.unread) }
    }
}

/// The networks of one account and region, from where those of other accounts of the region can be seen: subnets and peerings are
/// shared among accounts.
#[derive(Clone, Copy)]
pub struct View<'a> {
    all: &'a Networks,
    pub(super) here: &'a Network,
}

impl View<'_> {
    /// The networks of another account in the same region, if the snapshot holds any.
    pub(super) fn of_account(&self, account: &str) -> Option<Self> {
        let scope = (account.to_owned(), self.here.scope.1.clone());
        self.all.by_scope.get(&scope).map(|here| View { all: self.all, here })
    }

    /// A VPC.
    pub fn vpc(&self, id: &str) -> Fact<Arc<Record<Vpc>>> {
        self.here.vpcs.get(id)
    }

    /// A subnet.
    pub fn subnet(&self, id: &str) -> Fact<Arc<Record<Subnet>>> {
        self.here.subnets.get(id)
    }

    /// A security group.
    pub fn security_group(&self, id: &str) -> Fact<Arc<Record<SecurityGroup>>> {
        self.here.security_groups.get(id)
    }

    /// Whether a log is kept of the connections that are refused in a VPC: one of the VPC itself. Logs of single subnets and
    /// interfaces leave the others unseen.
    pub fn keeps_flow_logs(&self, vpc_id: &str) -> Derived<bool> {
        let mut doubt = self.here.flow_logs.incomplete().cloned();
        for log in self.here.flow_logs.present() {
            match keeps(&log.data, vpc_id) {
                Ok(true) => return Derived::new(Fact::Known(true), vec![Place::data_of(log.at)]),
                Ok(false) => {}
                Err(why) => doubt = Some(why),
            }
        }
        Derived::new(doubt.map_or(Fact::Known(false), Fact::Unknown), Vec::new())
    }

    /// What a security group admits to a port.
    pub fn openings(&self, group_id: &str, port: u16) -> Arc<Openings> {
        self.here.openings.get((group_id.to_owned(), port), || match self.here.security_groups.get(group_id) {
            Fact::Known(group) => openings(&group, port, *self),
            Fact::Absent => Openings::unread(Why::NotCollected),
            Fact::Unknown(why) => Openings::unread(why),
        })
    }

    /// Why something may stand in these networks that is not among their interfaces.
    pub fn unread_interfaces(&self) -> Option<&Why> {
        self.here.interfaces.unread()
    }

    /// A subnet, as a place for a database that listens on `port`.
    pub fn seat(&self, subnet_id: &str, port: u16) -> Arc<Seat> {
        self.here.seats.get((subnet_id.to_owned(), port), || Seat::new(subnet_id, port, *self))
    }

    /// What reaches a place in the network.
    pub fn reach(&self, standing: &Standing) -> Arc<Reachability> {
        self.here.reaches.get(standing.clone(), || reachability(standing, *self))
    }

    /// The ways into a seat that is public or not, and speaks these families.
    pub(super) fn gates(&self, seat: &Arc<Seat>, port: u16, standing: &Standing) -> Arc<Vec<Gate>> {
        let key = (seat.subnet_id.clone(), port, standing.public.clone(), standing.ipv6.clone());
        self.here.gates.get(key, || gates(seat, standing))
    }

    /// The private addresses of the members of a group, which may belong to another account.
    pub(super) fn members(&self, group_id: &str, account: Option<&String>) -> Bounds {
        match account.filter(|account| **account != self.here.scope.0) {
            None => self.here.interfaces.members(group_id),
            Some(account) => self.of_account(account).map_or_else(
                || {
                    let detail = format!("security group {group_id} belongs to account {account}, which was not read");
                    Bounds::unknown(Why::Unreadable { detail: detail.into() })
                },
                |other| other.here.interfaces.members(group_id),
            ),
        }
    }
}

/// The networks of one account and region.
pub struct Network {
    pub(super) scope: Scope,
    pub(super) vpcs: Table<Vpc>,
    pub(super) subnets: Table<Subnet>,
    pub(super) route_tables: BySubnet<RouteTable>,
    pub(super) acls: BySubnet<NetworkAcl>,
    pub(super) security_groups: Table<SecurityGroup>,
    pub(super) interfaces: Arc<Interfaces>,
    pub(super) rule_ids: RuleIds,
    peerings: Table<VpcPeeringConnection>,
    pub(super) transit_gateways: TransitGateways,
    endpoints: Table<VpcEndpoint>,
    pub(super) exclusions: Table<VpcBlockPublicAccessExclusion>,
    pub(super) block_public_access: Fact<Arc<Record<VpcBlockPublicAccessOptions>>>,
    flow_logs: Table<FlowLog>,
    prefix_lists: PrefixLists,
    openings: Cache<(String, u16), Openings>,
    seats: Cache<(String, u16), Seat>,
    gates: Cache<(String, u16, Flag, Flag), Vec<Gate>>,
    reaches: Cache<Standing, Reachability>,
}

impl Network {
    /// Finds the networks of `scope`.
    pub fn new(snapshot: &Snapshot, index: &Index, scope: &Scope) -> Self {
        let records = &snapshot.records;
        Self {
            scope: scope.clone(),
            vpcs: Table::new(index, scope, "ec2:DescribeVpcs", &records.vpcs, |it| &it.vpc_id),
            subnets: Table::new(index, scope, "ec2:DescribeSubnets", &records.subnets, |it| &it.subnet_id),
            route_tables: BySubnet::of_tables(&Table::new(
                index,
                scope,
                "ec2:DescribeRouteTables",
                &records.route_tables,
                |it| &it.route_table_id,
            )),
            acls: BySubnet::of_acls(&Table::new(
                index,
                scope,
                "ec2:DescribeNetworkAcls",
                &records.network_acls,
                |it| &it.network_acl_id,
            )),
            security_groups: Table::new(index, scope, "ec2:DescribeSecurityGroups", &records.security_groups, |it| {
                &it.group_id
            }),
            interfaces: Arc::new(Interfaces::new(&Table::new(
                index,
                scope,
                "ec2:DescribeNetworkInterfaces",
                &records.network_interfaces,
                |it| &it.network_interface_id,
            ))),
            rule_ids: RuleIds::new(&Table::new(
                index,
                scope,
                "ec2:DescribeSecurityGroupRules",
                &records.security_group_rules,
                |it| &it.security_group_rule_id,
            )),
            peerings: Table::new(
                index,
                scope,
                "ec2:DescribeVpcPeeringConnections",
                &records.vpc_peering_connections,
                |it| &it.vpc_peering_connection_id,
            ),
            transit_gateways: TransitGateways::new(&Table::new(
                index,
                scope,
                "ec2:DescribeTransitGatewayAttachments",
                &records.transit_gateway_attachments,
                |it| &it.transit_gateway_attachment_id,
            )),
            endpoints: Table::new(index, scope, "ec2:DescribeVpcEndpoints", &records.vpc_endpoints, |it| {
                &it.vpc_endpoint_id
            }),
            exclusions: Table::new(
                index,
                scope,
                "ec2:DescribeVpcBlockPublicAccessExclusions",
                &records.vpc_block_public_access_exclusions,
                |it| &it.exclusion_id,
            ),
            flow_logs: Table::new(index, scope, "ec2:DescribeFlowLogs", &records.flow_logs, |it| &it.flow_log_id),
            block_public_access: block_public_access(snapshot, index, scope),
            prefix_lists: PrefixLists::new(snapshot, index, scope),
            openings: Cache::default(),
            seats: Cache::default(),
            gates: Cache::default(),
            reaches: Cache::default(),
        }
    }

    /// The entries of a prefix list.
    pub fn prefix_list(&self, id: &str) -> Fact<Arc<Record<ManagedPrefixListEntries>>> {
        self.prefix_lists.get(id)
    }

    /// A peering connection.
    pub(super) fn peering(&self, id: &str) -> Fact<Arc<Record<VpcPeeringConnection>>> {
        self.peerings.get(id)
    }

    /// An endpoint.
    pub(super) fn endpoint(&self, id: &str) -> Fact<Arc<Record<VpcEndpoint>>> {
        self.endpoints.get(id)
    }
}

/// Whether a flow log is the VPC's own, runs, and sees what is refused.
fn keeps(log: &FlowLog, vpc_id: &str) -> Result<bool, Why> {
    let is = |fact: &Fact<String>, wanted: &[&str]| match fact {
        Fact::Known(word) => Ok(wanted.contains(&word.as_str())),
        Fact::Absent => Ok(false),
        Fact::Unknown(why) => Err(why.clone()),
    };
    Ok(is(&log.resource_id, &[vpc_id])?
        && is(&log.flow_log_status, &["ACTIVE"])?
        && is(&log.traffic_type, &["ALL", "REJECT"])?
        && !is(&log.deliver_logs_status, &["FAILED"])?)
}

/// The one record of the region, or why there is none.
fn block_public_access(
    snapshot: &Snapshot,
    index: &Index,
    scope: &Scope,
) -> Fact<Arc<Record<VpcBlockPublicAccessOptions>>> {
    let records = in_scope(&snapshot.records.vpc_block_public_access_options, scope);
    match records.into_iter().max_by_key(|record| record.observed) {
        Some(record) => Fact::Known(Arc::clone(record)),
        None => Fact::Unknown(index.why(scope, "ec2:DescribeVpcBlockPublicAccessOptions", None)),
    }
}

/// The entries of prefix lists.
struct PrefixLists {
    by_id: BTreeMap<String, Fact<Arc<Record<ManagedPrefixListEntries>>>>,
    /// Why there is nothing about any other list.
    others: Why,
}

impl PrefixLists {
    const ENTRIES: &'static str = "ec2:GetManagedPrefixListEntries";

    fn new(snapshot: &Snapshot, index: &Index, scope: &Scope) -> Self {
        let mut by_id: BTreeMap<String, Fact<Arc<Record<ManagedPrefixListEntries>>>> = BTreeMap::new();
        for list in in_scope(&snapshot.records.managed_prefix_lists, scope) {
            by_id.insert(list.id.clone(), Fact::Unknown(index.why(scope, Self::ENTRIES, Some(&list.id))));
        }
        for record in in_scope(&snapshot.records.managed_prefix_list_entries, scope) {
            let newest = by_id.entry(record.id.clone()).or_default();
            if newest.known().is_none_or(|known| known.observed < record.observed) {
                *newest = Fact::Known(Arc::clone(record));
            }
        }
        let others = match index.why(scope, Self::ENTRIES, None) {
            Why::NotCollected => index.why(scope, "ec2:DescribeManagedPrefixLists", None),
            why => why,
        };
        Self { by_id, others }
    }

    fn get(&self, id: &str) -> Fact<Arc<Record<ManagedPrefixListEntries>>> {
        self.by_id.get(id).cloned().unwrap_or_else(|| Fact::Unknown(self.others.clone()))
    }
}

/// Results that several ask for. Two who ask at once may both work; the first result stays.
struct Cache<K, V>(Mutex<BTreeMap<K, Arc<V>>>);

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }
}

impl<K: Ord, V> Cache<K, V> {
    fn get(&self, key: K, make: impl FnOnce() -> V) -> Arc<V> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).map(Arc::clone);
        known.unwrap_or_else(|| {
            let new = Arc::new(make());
            Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert(new))
        })
    }
}
