//! Amazon GuardDuty. Shapes: GuardDuty API Reference, `GetDetector`.

record! {
    /// The detector of an account and region, from `guardduty:GetDetector`.
    struct Detector / DetectorAnswer = "detector" {
        /// Id of the detector.
        "DetectorId" detector_id: String, unknown;
        /// `ENABLED` or `DISABLED`.
        "Status" status: String, unknown;
        /// What it watches.
        "Features" features: Vec<DetectorFeature>, empty;
    }
}

record! {
    /// Something that a detector can watch.
    struct DetectorFeature / DetectorFeatureAnswer = "detector_feature" {
        /// As in `RDS_LOGIN_EVENTS`.
        "Name" name: String, unknown;
        /// `ENABLED` or `DISABLED`.
        "Status" status: String, unknown;
    }
}
