//! The ranges of prefix lists.

use std::sync::Arc;

use ipnet::IpNet;

use super::ingress::parse_cidr;
use crate::model::{Fact, Place, Why};
use crate::snapshot::Record;
use crate::snapshot::schema::ec2::ManagedPrefixListEntries;

/// The ranges of a list, each with its place, or why they are not all known.
pub fn prefixes_of(list: &Fact<Arc<Record<ManagedPrefixListEntries>>>) -> Result<Vec<(IpNet, Place)>, Why> {
    let list = match list {
        Fact::Known(list) => list,
        Fact::Absent => return Err(Why::NotCollected),
        Fact::Unknown(why) => return Err(why.clone()),
    };
    let entries = match &list.data.entries {
        Fact::Known(entries) => entries.as_slice(),
        Fact::Absent => &[],
        Fact::Unknown(why) => return Err(why.clone()),
    };
    let place = Place::data_of(list.at).member("Entries");
    let range = |(index, text): (usize, &Fact<String>)| match text.as_ref().and_then(|text| parse_cidr(text)) {
        Fact::Known(net) => Ok((net, place.item(index).member("Cidr"))),
        Fact::Absent => Err(Why::NotCollected),
        Fact::Unknown(why) => Err(why),
    };
    entries.iter().map(|entry| &entry.cidr).enumerate().map(range).collect()
}
