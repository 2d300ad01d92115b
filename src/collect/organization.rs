//! What is said of an organization without asking it.

use crate::model::{Gap, GapReason, actions};

/// What the member account is not asked, because AWS would refuse.
pub fn way_not_asked(account: &str) -> Gap {
    Gap {
        what: actions::LIST_PARENTS.to_owned(),
        target: Some(account.to_owned()),
        reason: GapReason::NotRequested,
        needs: Some(
            "the control policies, read with --accounts by the management account or a delegated administrator"
                .to_owned(),
        ),
        message: "a member account may not read the control policies that bind it".into(),
        at: None,
    }
}
