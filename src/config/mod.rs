//! Floor 6: what the user typed or set, turned into what it means.

mod credential;
mod discover;
mod file;
mod schema;
mod setting;
mod settings;
mod template;

pub use credential::{Credential, Proof, Serves};
pub use discover::{CONFIG, WAIVERS, nearest};
pub use file::{ConfigErrors, ConfigFile, Given, parse as parse_config};
pub use schema::{config_schema, waivers_schema};
pub use setting::{Kind, SETTINGS, Setting, variable};
pub use settings::{CheckSettings, Output, OutputError, SettingsError, Target, resolve_time};
pub use template::template;
