//! Floor 6: what the user typed or set, turned into what it means.

mod settings;

pub use settings::{CheckSettings, Output, OutputError, SettingsError, Target, resolve_time};
