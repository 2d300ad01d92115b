//! A subnet as a place for a database: the ways into it, its ACL, and whether anything from the internet gets as far.

use std::sync::Arc;

use super::acl::AclFilter;
use super::association::Associated;
use super::bounds::Bounds;
use super::ingress::parse_cidr;
use super::space::AddressSet;
use super::view::View;
use super::way::{Way, unknown_way, ways};
use crate::model::{Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::{InternetGatewayBlockMode, RouteTable, Subnet, VpcBlockPublicAccessExclusion};

/// A subnet, for one port.
pub struct Seat {
    /// Id of the subnet.
    pub subnet_id: String,
    /// Its VPC.
    pub vpc_id: Fact<String>,
    /// Account that shares the subnet with the database's; none where it is the same.
    pub shared_by: Option<String>,
    /// The route table in effect, and the association that makes it so.
    pub table: Fact<Associated<RouteTable>>,
    /// The ways into it.
    pub ways: Vec<Arc<Way>>,
    /// Its ACL.
    pub acl: AclFilter,
    /// The addresses of the subnet itself, which its ACL does not see.
    pub inside: Bounds,
    /// Addresses that VPC Block Public Access leaves to internet gateways: all or none.
    pub unblocked: Bounds,
}

impl Seat {
    /// The subnet with this id.
    pub(super) fn new(subnet_id: &str, port: u16, view: View<'_>) -> Self {
        let subnet = view.here.subnets.get(subnet_id);
        let vpc_id = subnet.as_ref().and_then(|subnet| subnet.data.vpc_id.clone());
        let owner = subnet.known().and_then(|subnet| subnet.data.owner_id.known().cloned());
        let shared_by = owner.filter(|owner| *owner != view.here.scope.0);
        // The account that shares a subnet knows its tables for certain; the other one may not be told them.
        let keeper = shared_by.as_deref().and_then(|owner| view.of_account(owner)).unwrap_or(view);
        let named = |why: Why| match &shared_by {
            Some(owner) => Why::Unreadable {
                detail: format!("{subnet_id} is shared by account {owner}; as seen from here, {why}").into(),
            },
            None => why,
        };
        let table = match keeper.here.route_tables.get(subnet_id, &vpc_id) {
            Fact::Unknown(why) => Fact::Unknown(named(why)),
            known => known,
        };
        Self {
            ways: ways_of(subnet_id, &subnet, &table, keeper),
            acl: match keeper.here.acls.get(subnet_id, &vpc_id) {
                Fact::Known((acl, _)) => AclFilter::new(&acl, port),
                Fact::Absent => AclFilter::unread(Fact::default(), Why::NotCollected),
                Fact::Unknown(why) => {
                    let why = named(why);
                    AclFilter::unread(Fact::Unknown(why.clone()), why)
                }
            },
            inside: inside(&subnet),
            unblocked: unblocked(subnet_id, &vpc_id, keeper, named),
            subnet_id: subnet_id.to_owned(),
            vpc_id,
            shared_by,
            table,
        }
    }
}

fn ways_of(
    subnet_id: &str,
    subnet: &Fact<Arc<Record<Subnet>>>,
    table: &Fact<Associated<RouteTable>>,
    view: View<'_>,
) -> Vec<Arc<Way>> {
    let why = match table {
        Fact::Known((table, _)) => return ways(table, view).into_iter().map(Arc::new).collect(),
        Fact::Absent => Why::NotCollected,
        Fact::Unknown(why) => why.clone(),
    };
    let at = subnet.known().map(|subnet| Place::data_of(subnet.at));
    vec![Arc::new(unknown_way(subnet_id, why, at))]
}

fn inside(subnet: &Fact<Arc<Record<Subnet>>>) -> Bounds {
    let subnet = match subnet {
        Fact::Known(subnet) => subnet,
        Fact::Absent => return Bounds::none(),
        Fact::Unknown(why) => return Bounds::unknown(why.clone()),
    };
    let v4 = range(&subnet.data.cidr_block, AddressSet::all_v4());
    let v6 = match &subnet.data.ipv6_cidr_block_association_set {
        Fact::Known(set) => set
            .iter()
            .map(|it| range(&it.ipv6_cidr_block, AddressSet::all_v6()))
            .fold(Bounds::none(), |all, one| all.or(&one)),
        Fact::Absent => Bounds::none(),
        Fact::Unknown(why) => Bounds::within(AddressSet::all_v6(), why.clone()),
    };
    v4.or(&v6)
}

fn range(text: &Fact<String>, family: AddressSet) -> Bounds {
    match text.as_ref().and_then(|text| parse_cidr(text)) {
        Fact::Known(net) => Bounds::exact(AddressSet::of([net])),
        Fact::Absent => Bounds::none(),
        Fact::Unknown(why) => Bounds::within(family, why),
    }
}

/// Amazon VPC User Guide, "Block public access to VPCs and subnets": both modes of blocking keep connections from coming in, but
/// for the VPCs and subnets that are excluded in both directions.
fn unblocked(subnet_id: &str, vpc_id: &Fact<String>, view: View<'_>, named: impl Fn(Why) -> Why) -> Bounds {
    let options = match &view.here.block_public_access {
        Fact::Known(options) => &options.data,
        Fact::Absent => return Bounds::unknown(named(Why::NotCollected)),
        Fact::Unknown(why) => return Bounds::unknown(named(why.clone())),
    };
    if options.state.known().is_some_and(|state| state == "update-in-progress") {
        let detail = "VPC Block Public Access is being changed".into();
        return Bounds::unknown(Why::Unreadable { detail });
    }
    match &options.internet_gateway_block_mode {
        Fact::Known(InternetGatewayBlockMode::Off) => Bounds::all(),
        Fact::Known(InternetGatewayBlockMode::BlockBidirectional | InternetGatewayBlockMode::BlockIngress) => {
            let allowed = options.exclusions_allowed.known().is_none_or(|word| word != "not-allowed");
            if allowed { excluded(subnet_id, vpc_id, view) } else { Bounds::none() }
        }
        Fact::Known(InternetGatewayBlockMode::Other(word)) => {
            let detail = format!("`{word}` is no mode of VPC Block Public Access").into();
            Bounds::unknown(Why::Unreadable { detail })
        }
        Fact::Absent => Bounds::unknown(named(Why::NotCollected)),
        Fact::Unknown(why) => Bounds::unknown(named(why.clone())),
    }
}

/// All addresses where an exclusion holds, none where none does.
fn excluded(subnet_id: &str, vpc_id: &Fact<String>, view: View<'_>) -> Bounds {
    let mut doubt = view.here.exclusions.incomplete().cloned();
    for exclusion in view.here.exclusions.present() {
        match holds(&exclusion.data, subnet_id, vpc_id) {
            Ok(true) => return Bounds::all(),
            Ok(false) => {}
            Err(why) => doubt = Some(why),
        }
    }
    doubt.map_or_else(Bounds::none, Bounds::unknown)
}

fn holds(exclusion: &VpcBlockPublicAccessExclusion, subnet_id: &str, vpc_id: &Fact<String>) -> Result<bool, Why> {
    let text = |fact: &Fact<String>| match fact {
        Fact::Known(text) => Ok(text.clone()),
        Fact::Absent => Err(Why::NotCollected),
        Fact::Unknown(why) => Err(why.clone()),
    };
    let arn = text(&exclusion.resource_arn)?;
    let resource = arn.rsplit('/').next().unwrap_or_default();
    let ours = resource == subnet_id
        || match vpc_id {
            Fact::Known(vpc_id) => resource == vpc_id,
            Fact::Absent => false,
            Fact::Unknown(why) => return Err(why.clone()),
        };
    if !ours || text(&exclusion.internet_gateway_exclusion_mode)? != "allow-bidirectional" {
        return Ok(false);
    }
    let state = text(&exclusion.state)?;
    Ok(!matches!(state.as_str(), "create-failed" | "delete-complete" | "disable-complete"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::facts::network::testing::{ACCOUNT, Estate, scope};

    fn blocked(options: &Value, exclusions: &[Value]) -> Bounds {
        let mut estate = Estate::default()
            .with("ec2.subnet", json!({"SubnetId": "subnet-1", "VpcId": "vpc-1", "OwnerId": ACCOUNT}))
            .with("ec2.vpc_block_public_access_options", options.clone());
        for exclusion in exclusions {
            estate = estate.with("ec2.vpc_block_public_access_exclusion", exclusion.clone());
        }
        estate.networks().of(&scope()).seat("subnet-1", 3306).unblocked.clone()
    }

    #[test]
    fn public_access_is_blocked_but_for_what_is_excluded() {
        let exclusion = |resource: &str, mode: &str, state: &str| {
            json!({"ExclusionId": "x", "ResourceArn": format!("arn:aws:ec2:eu-west-1:1:{resource}"),
                "InternetGatewayExclusionMode": mode, "State": state})
        };
        let mode = |mode: &str| json!({"InternetGatewayBlockMode": mode, "ExclusionsAllowed": "allowed"});
        let (open, closed, unknown) = (Some(true), Some(false), None);
        for (options, exclusions, expected) in [
            (mode("off"), vec![], open),
            (mode("block-ingress"), vec![], closed),
            (mode("block-bidirectional"), vec![], closed),
            (mode("block-sometimes"), vec![], unknown),
            (json!({}), vec![], unknown),
            (json!({"InternetGatewayBlockMode": "off", "State": "update-in-progress"}), vec![], unknown),
            (mode("block-ingress"), vec![exclusion("vpc/vpc-1", "allow-bidirectional", "create-complete")], open),
            (mode("block-ingress"), vec![exclusion("subnet/subnet-1", "allow-bidirectional", "update-complete")], open),
            (mode("block-ingress"), vec![exclusion("vpc/vpc-2", "allow-bidirectional", "create-complete")], closed),
            (mode("block-ingress"), vec![exclusion("vpc/vpc-1", "allow-egress", "create-complete")], closed),
            (mode("block-ingress"), vec![exclusion("vpc/vpc-1", "allow-bidirectional", "delete-complete")], closed),
            (mode("block-ingress"), vec![json!({"ExclusionId": "x"})], unknown),
            (
                json!({"InternetGatewayBlockMode": "block-ingress", "ExclusionsAllowed": "not-allowed"}),
                vec![exclusion("vpc/vpc-1", "allow-bidirectional", "create-complete")],
                closed,
            ),
        ] {
            let bounds = blocked(&options, &exclusions);
            let found = match (bounds.least.is_empty(), bounds.most.is_empty()) {
                (false, false) => open,
                (true, true) => closed,
                _ => unknown,
            };
            assert_eq!(found, expected, "{options} {exclusions:?}");
        }
    }

    #[test]
    fn a_shared_subnet_is_named_as_such() {
        let subnet =
            json!({"SubnetId": "subnet-1", "VpcId": "vpc-1", "OwnerId": "210987654321", "CidrBlock": "10.0.1.0/24"});
        let networks = Estate::default().with("ec2.subnet", subnet).networks();
        let seat = networks.of(&scope()).seat("subnet-1", 3306);
        assert_eq!(seat.shared_by.as_deref(), Some("210987654321"));
        let Fact::Unknown(why) = &seat.table else { panic!("its table is not there") };
        assert!(why.to_string().contains("subnet-1 is shared by account 210987654321"), "{why}");
        assert!(seat.ways.iter().all(|way| way.reaches.least.is_empty() && !way.reaches.most.is_empty()));
        assert!(seat.acl.passes.least.is_empty() && !seat.acl.passes.most.is_empty());
    }

    #[test]
    fn a_subnet_that_is_not_there_is_neither_open_nor_closed() {
        let networks = Estate::default().networks();
        let seat = networks.of(&scope()).seat("subnet-9", 3306);
        assert!(seat.ways.iter().all(|way| way.reaches.least.is_empty() && !way.reaches.most.is_empty()));
        assert!(seat.inside.least.is_empty() && !seat.inside.most.is_empty());
    }
}
