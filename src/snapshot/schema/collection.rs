//! What a collection says about itself: how many records an answer gave, and what was left out of them.

record! {
    /// The account of one complete answer: a listing call or a table read to its end. Without it, the records of its source are not a complete set.
    struct Listing / ListingAnswer = "listing" {
        /// The kind of record that the answer was kept as, as in `rds.db_cluster`.
        "Kind" kind: String, unknown;
        /// The one resource that was listed for (a `host:port`, a group name), if any.
        "Target" target: String, absent;
        /// How many items the source returned.
        "Returned" returned: u32, unknown;
        /// How many of them were kept as records.
        "Kept" kept: u32, unknown;
        /// The others, each with the reason.
        "Excluded" excluded: Vec<Excluded>, empty;
    }
}

record! {
    /// An item that a listing returned and that is not assessed.
    struct Excluded / ExcludedAnswer = "excluded" {
        /// Its identifier.
        "Id" id: String, unknown;
        /// Why it is left out, as in `engine neptune`.
        "Why" why: String, unknown;
    }
}
