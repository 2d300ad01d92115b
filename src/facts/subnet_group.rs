//! Subnet groups that clusters use.

use std::sync::Arc;

use super::network::SubnetRoute;
use crate::model::{Derived, Fact};
use crate::snapshot::schema::rds::DbSubnetGroup;

facts! {
    /// A subnet group that at least one Aurora cluster uses.
    struct SubnetGroup = "db_subnet_group" on DbSubnetGroup {
        /// Names of the clusters that use it, sorted.
        clusters: Derived<Vec<String>>;
        /// Its subnets with the routes in effect.
        subnet_routes: Fact<Vec<Arc<SubnetRoute>>>;
    }
}
