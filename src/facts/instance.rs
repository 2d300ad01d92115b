//! Instances.

use std::sync::Arc;

use crate::model::Fact;
use crate::snapshot::Record;
use crate::snapshot::schema::rds::{DbCluster, DbInstance};

facts! {
    /// An instance of an Aurora cluster.
    struct Instance = "db_instance" on DbInstance {
        /// Its cluster.
        cluster: Fact<Arc<Record<DbCluster>>>, optional;
    }
}
