//! Access paths: from a principal or a place in the network, over the wire, to a database account and what it may do. Logging in
//! needs a position, a credential, a host that matches and the wire at once, so a path is a proof and not a line.

pub mod graph;
