//! Managed prefix lists and their entries, from the SDK's form to the snapshot's.

use aws_sdk_ec2::types;

use crate::collect::aws::listing::Entry;
use crate::snapshot::schema::ec2::{
    ManagedPrefixList, ManagedPrefixListAnswer, ManagedPrefixListEntries, ManagedPrefixListEntriesAnswer,
    PrefixListEntryAnswer,
};

pub(super) fn prefix_list(list: types::ManagedPrefixList) -> Entry<ManagedPrefixList> {
    let id = list.prefix_list_id.clone().unwrap_or_default();
    let answer = ManagedPrefixListAnswer {
        prefix_list_id: list.prefix_list_id,
        prefix_list_name: list.prefix_list_name,
        address_family: list.address_family,
        owner_id: list.owner_id,
    };
    Entry::Kept(id, Box::new(answer.record()))
}

/// All entries of a list.
pub(super) fn entries(list: &str, entries: Vec<types::PrefixListEntry>) -> ManagedPrefixListEntries {
    let entry = |entry: types::PrefixListEntry| {
        PrefixListEntryAnswer { cidr: entry.cidr, description: entry.description }.record()
    };
    ManagedPrefixListEntriesAnswer {
        prefix_list_id: Some(list.to_owned()),
        entries: Some(entries.into_iter().map(entry).collect()),
    }
    .record()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn lists_and_entries_are_kept() {
        let list =
            types::ManagedPrefixList::builder().prefix_list_id("pl-1").prefix_list_name("office").owner_id("AWS");
        let expected = json!({"PrefixListId": "pl-1", "PrefixListName": "office", "OwnerId": "AWS"});
        assert_eq!(kept(prefix_list(list.build())), ("pl-1".to_owned(), expected));
        let entry = types::PrefixListEntry::builder().cidr("198.51.100.0/24").build();
        let expected = json!({"PrefixListId": "pl-1", "Entries": [{"Cidr": "198.51.100.0/24", "Description": null}]});
        assert_eq!(serde_json::to_value(entries("pl-1", vec![entry])).unwrap(), expected);
    }
}
