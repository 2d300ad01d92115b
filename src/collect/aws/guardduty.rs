//! Amazon GuardDuty: the detector of a region, and what it watches.

use aws_sdk_guardduty::operation::get_detector::GetDetectorOutput;
use aws_sdk_guardduty::{Client, types};

use super::listing::{Entry, each, write_items};
use super::site::{Service, Site};
use crate::collect::Sink;
use crate::model::{Gap, actions};
use crate::snapshot::schema::guardduty::{Detector, DetectorAnswer, DetectorFeature, DetectorFeatureAnswer};

/// The calls.
pub(super) const ACTIONS: &[&str] = &[actions::LIST_DETECTORS, actions::GET_DETECTOR];

/// Reads the detectors. A region has one at most; one that cannot be read leaves them all in doubt.
pub(super) async fn collect(site: Site) -> Sink {
    let (client, service) = (Client::new(&site.config), site.service());
    let mut sink = Sink::default();
    match detectors(&client, &service).await {
        Ok(found) => write_items(&mut sink, &site.scope, actions::LIST_DETECTORS, found, true, detector),
        Err(gap) => sink.gap(site.scope.pair(), &Gap { what: actions::LIST_DETECTORS.to_owned(), target: None, ..gap }),
    }
    sink
}

async fn detectors(client: &Client, service: &Service) -> Result<Vec<(String, GetDetectorOutput)>, Gap> {
    let pages = client.list_detectors().into_paginator().send();
    let listed = service.list(actions::LIST_DETECTORS, pages, |page| (page.detector_ids, page.next_token));
    let mut found = Vec::new();
    for id in listed.await.whole()? {
        let call = client.get_detector().detector_id(&id).send();
        let answer = service.call(actions::GET_DETECTOR, Some(&id), call).await?;
        found.push((id, answer));
    }
    Ok(found)
}

fn detector((id, detector): (String, GetDetectorOutput)) -> Entry<Detector> {
    let answer = DetectorAnswer {
        detector_id: Some(id.clone()),
        status: detector.status.map(|status| status.as_str().to_owned()),
        features: each(detector.features, feature),
    };
    Entry::Kept(id, Box::new(answer.record()))
}

fn feature(feature: types::DetectorFeatureConfigurationResult) -> DetectorFeature {
    DetectorFeatureAnswer {
        name: feature.name.map(|name| name.as_str().to_owned()),
        status: feature.status.map(|status| status.as_str().to_owned()),
    }
    .record()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::collect::aws::testing::kept;

    #[test]
    fn a_detector_keeps_what_it_watches() {
        let feature = types::DetectorFeatureConfigurationResult::builder()
            .name(types::DetectorFeatureResult::RdsLoginEvents)
            .status(types::FeatureStatus::Enabled);
        let full = GetDetectorOutput::builder().status(types::DetectorStatus::Enabled).features(feature.build());
        let expected = json!({"DetectorId": "d", "Status": "ENABLED", "Features": [{"Name": "RDS_LOGIN_EVENTS", "Status": "ENABLED"}]});
        assert_eq!(kept(detector(("d".to_owned(), full.build()))), ("d".to_owned(), expected));
    }
}
