//! Maintenance that waits, from the SDK's form to the snapshot's.

use aws_sdk_rds::types;

use crate::collect::aws::listing::{Entry, each, time};
use crate::snapshot::schema::rds_parameter::{
    PendingMaintenanceAction, PendingMaintenanceActionAnswer, ResourcePendingMaintenanceActions,
    ResourcePendingMaintenanceActionsAnswer,
};

pub(super) fn pending(resource: types::ResourcePendingMaintenanceActions) -> Entry<ResourcePendingMaintenanceActions> {
    let id = resource.resource_identifier.clone().unwrap_or_default();
    let answer = ResourcePendingMaintenanceActionsAnswer {
        resource_identifier: resource.resource_identifier,
        pending_maintenance_action_details: each(resource.pending_maintenance_action_details, action),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn action(action: types::PendingMaintenanceAction) -> PendingMaintenanceAction {
    PendingMaintenanceActionAnswer {
        action: action.action,
        description: action.description,
        auto_applied_after_date: action.auto_applied_after_date.and_then(time),
        forced_apply_date: action.forced_apply_date.and_then(time),
        current_apply_date: action.current_apply_date.and_then(time),
        opt_in_status: action.opt_in_status,
    }
    .record()
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn what_waits_is_kept_with_its_dates() {
        let action = types::PendingMaintenanceAction::builder()
            .action("system-update")
            .current_apply_date(DateTime::from_secs(0))
            .build();
        let full = types::ResourcePendingMaintenanceActions::builder()
            .resource_identifier("arn:c")
            .pending_maintenance_action_details(action);
        let expected = json!({"ResourceIdentifier": "arn:c", "PendingMaintenanceActionDetails": [{
            "Action": "system-update", "Description": null, "AutoAppliedAfterDate": null, "ForcedApplyDate": null,
            "CurrentApplyDate": "1970-01-01T00:00:00Z", "OptInStatus": null}]});
        assert_eq!(kept(pending(full.build())), ("arn:c".to_owned(), expected));
    }
}
