//! What else is attached to the transit gateways that routes lead to: whose networks may come by them. Which of them do is decided
//! by the gateway's own route tables, which are not read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::facts::index::Table;
use crate::model::{Fact, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::TransitGatewayAttachment;

/// Attachments by gateway.
pub struct TransitGateways {
    by_gateway: BTreeMap<String, Vec<Arc<Record<TransitGatewayAttachment>>>>,
    /// Why there may be others.
    incomplete: Option<Why>,
}

/// Who may come by a gateway.
#[derive(Debug)]
pub struct Joined {
    /// What is attached, in words, as in `vpc vpc-9 of account 210987654321`.
    pub networks: Fact<Vec<String>>,
    /// The account of all of it, where everything attached is a VPC of one account.
    pub account: Option<String>,
}

impl TransitGateways {
    /// Indexes the attachments that an account sees in a region.
    pub fn new(table: &Table<TransitGatewayAttachment>) -> Self {
        let mut found = Self { by_gateway: BTreeMap::new(), incomplete: table.incomplete().cloned() };
        for attachment in table.present() {
            match &attachment.data.transit_gateway_id {
                Fact::Known(id) => found.by_gateway.entry(id.clone()).or_default().push(Arc::clone(attachment)),
                Fact::Absent => {}
                Fact::Unknown(why) => drop(found.incomplete.get_or_insert_with(|| why.clone())),
            }
        }
        found
    }

    /// What is attached to a gateway beside the VPC that routes to it, as `account` sees it.
    pub fn joined(&self, gateway: &str, vpc_id: Option<&String>, account: &str) -> Joined {
        let all = self.by_gateway.get(gateway).map(Vec::as_slice).unwrap_or_default();
        let others: Vec<_> = all.iter().map(|it| &it.data).filter(|it| carries(it) && !is_vpc(it, vpc_id)).collect();
        let networks = match self.unseen(all, gateway, account) {
            Some(why) => Fact::Unknown(why),
            None => others
                .iter()
                .map(|it| words(it))
                .collect::<Result<BTreeSet<_>, _>>()
                .map_or_else(Fact::Unknown, |all| Fact::Known(all.into_iter().collect())),
        };
        let accounts: BTreeSet<_> = others
            .iter()
            .map(|it| {
                it.resource_owner_id.known().filter(|_| it.resource_type.known().is_some_and(|kind| kind == "vpc"))
            })
            .collect();
        let one = accounts.first().copied().flatten().filter(|_| accounts.len() == 1);
        Joined { account: one.cloned().filter(|_| networks.known().is_some()), networks }
    }

    /// Why there may be attachments that are not seen: only the account of the gateway sees those of others.
    fn unseen(&self, all: &[Arc<Record<TransitGatewayAttachment>>], gateway: &str, account: &str) -> Option<Why> {
        let hidden = |detail: String| Some(Why::Unreadable { detail: detail.into() });
        let Some(owner) = all.iter().find_map(|it| it.data.transit_gateway_owner_id.known()) else {
            return self.incomplete.clone().or_else(|| hidden(format!("the account of {gateway} is not known")));
        };
        if owner == account {
            return self.incomplete.clone();
        }
        hidden(format!("{gateway} belongs to account {owner}, which alone sees all that is attached to it"))
    }
}

/// What was rejected, has failed or is gone carries nothing; what is on its way may carry something soon.
fn carries(attachment: &TransitGatewayAttachment) -> bool {
    const GONE: [&str; 5] = ["deleted", "deleting", "failed", "failing", "rejected"];
    attachment.state.known().is_none_or(|state| !GONE.contains(&state.as_str()))
}

fn is_vpc(attachment: &TransitGatewayAttachment, vpc_id: Option<&String>) -> bool {
    vpc_id.is_some() && attachment.resource_id.known() == vpc_id
}

fn words(attachment: &TransitGatewayAttachment) -> Result<String, Why> {
    let known = |fact: &Fact<String>| match fact {
        Fact::Known(text) => Ok(text.clone()),
        Fact::Absent => Err(Why::NotCollected),
        Fact::Unknown(why) => Err(why.clone()),
    };
    let kind = known(&attachment.resource_type)?;
    let owner = known(&attachment.resource_owner_id)?;
    // A VPN may say nothing of its other end.
    let id = attachment.resource_id.known().map(|id| format!(" {id}")).unwrap_or_default();
    Ok(format!("{kind}{id} of account {owner}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::facts::network::testing::{ACCOUNT, Estate, scope};

    const OTHER: &str = "210987654321";

    fn attached(number: usize, kind: &str, id: &str, owner: &str, state: &str) -> Value {
        json!({"TransitGatewayAttachmentId": format!("tgw-attach-{number}"), "TransitGatewayId": "tgw-1",
            "TransitGatewayOwnerId": ACCOUNT, "ResourceOwnerId": owner, "ResourceType": kind, "ResourceId": id, "State": state})
    }

    fn joined(attachments: &[Value]) -> Joined {
        let with = |estate: Estate, it: &Value| estate.with("ec2.transit_gateway_attachment", it.clone());
        let networks = attachments.iter().fold(Estate::default(), with).networks();
        let view = networks.of(&scope());
        view.here.transit_gateways.joined("tgw-1", Some(&"vpc-1".to_owned()), ACCOUNT)
    }

    #[test]
    fn says_whose_networks_may_come_by_a_gateway() {
        let own = attached(0, "vpc", "vpc-1", ACCOUNT, "available");
        let vpc = attached(1, "vpc", "vpc-9", OTHER, "available");
        let vpn = attached(2, "vpn", "vpn-1", ACCOUNT, "available");
        let gone = attached(3, "vpc", "vpc-7", "111111111111", "deleted");
        let mut foreign = vpc.clone();
        foreign["TransitGatewayOwnerId"] = json!(OTHER);
        let mut unread = vpc.clone();
        unread.as_object_mut().unwrap().remove("ResourceOwnerId");
        let words = |of: &[&str]| Some(of.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        let (of_vpc, by_vpn) = ("vpc vpc-9 of account 210987654321", "vpn vpn-1 of account 123456789012");
        for (attachments, networks, account) in [
            (vec![own.clone()], words(&[]), None),
            (vec![own.clone(), vpc.clone()], words(&[of_vpc]), Some(OTHER)),
            (vec![own.clone(), vpc.clone(), gone], words(&[of_vpc]), Some(OTHER)),
            (vec![own.clone(), vpc, vpn], words(&[of_vpc, by_vpn]), None),
            (vec![own.clone(), unread], None, None),
            (vec![foreign], None, None),
            (vec![], None, None),
        ] {
            let found = joined(&attachments);
            assert_eq!(found.networks.known().cloned(), networks, "{attachments:?}");
            assert_eq!(found.account.as_deref(), account, "{attachments:?}");
        }
    }

    #[test]
    fn another_account_sees_more() {
        let mut foreign = attached(1, "vpc", "vpc-1", ACCOUNT, "available");
        foreign["TransitGatewayOwnerId"] = json!(OTHER);
        let Fact::Unknown(why) = joined(&[foreign]).networks else { panic!("all is known") };
        assert!(why.to_string().contains("tgw-1 belongs to account 210987654321"), "{why}");
    }
}
