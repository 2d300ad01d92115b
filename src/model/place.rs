//! Where in a snapshot a value stands, so that evidence has a file, a line and a JSON pointer.

use serde::{Deserialize, Serialize};

/// One record of the snapshot files that were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordRef {
    /// Index of the file, in the order given.
    pub file: u16,
    /// Line in the file, counted from 1.
    pub line: u32,
}

/// One value inside a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The record.
    pub record: RecordRef,
    /// JSON pointer (RFC 6901) into the record's line, as in `/data/StorageEncrypted`.
    pub pointer: String,
}

impl Place {
    /// The `data` of a record.
    pub fn data_of(record: RecordRef) -> Self {
        Self { record, pointer: "/data".to_owned() }
    }

    /// The member `key` of the value here.
    #[must_use]
    pub fn member(&self, key: &str) -> Self {
        let escaped = key.replace('~', "~0").replace('/', "~1");
        Self { record: self.record, pointer: format!("{}/{escaped}", self.pointer) }
    }

    /// The element `index` of the list here.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        Self { record: self.record, pointer: format!("{}/{index}", self.pointer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_follow_rfc_6901() {
        let data = Place::data_of(RecordRef { file: 0, line: 3 });
        for (place, pointer) in [
            (data.clone(), "/data"),
            (data.member("Tags").item(2).member("Key"), "/data/Tags/2/Key"),
            (data.member("a/b~c"), "/data/a~1b~0c"),
        ] {
            assert_eq!(place.pointer, pointer);
        }
    }
}
