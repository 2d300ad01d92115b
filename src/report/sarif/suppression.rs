//! Waivers as SARIF suppressions, with who answers for them and until when.

use serde_sarif::sarif;

use super::{escape, place, property_bag};
use crate::check::{Assessment, WaiverEntry, WaiverUse};
use crate::report::words;

/// The suppressions of a result. SARIF 2.1.0, 3.27.23: when one result has a list, all have, an empty one if need be.
pub fn of(assessment: &Assessment, waiver: Option<WaiverUse>) -> Option<Vec<sarif::Suppression>> {
    if assessment.waivers.is_empty() {
        return None;
    }
    let of = waiver.and_then(|waiver| Some((waiver, assessment.waivers.get(waiver.index)?)));
    Some(of.map(|(waiver, entry)| suppression(waiver, entry)).into_iter().collect())
}

/// One that has expired is said to be rejected: the result counts.
fn suppression(of: WaiverUse, waiver: &WaiverEntry) -> sarif::Suppression {
    let line = u32::try_from(waiver.line).unwrap_or(1);
    let properties = [("owner", &waiver.owner), ("approver", &waiver.approver)];
    let mut properties: Vec<(&str, serde_json::Value)> =
        properties.into_iter().map(|(name, text)| (name, escape::name(text).into())).collect();
    properties.push(("expires", waiver.expires.to_string().into()));
    properties.extend(waiver.ticket.as_ref().map(|ticket| ("ticket", escape::name(ticket).into())));
    sarif::Suppression {
        justification: Some(words::sentence(&escape::name(&waiver.reason))),
        location: Some(place::location(place::in_file(&waiver.file, line), Vec::new())),
        properties: Some(property_bag(None, properties)),
        status: Some(if of.holds() { "accepted" } else { "rejected" }.into()),
        ..sarif::Suppression::builder().kind("external").build()
    }
}
