//! One self-contained page. It needs no network and no JavaScript to be read or printed: rules are groups of plain tables
//! that the script only filters. The page forbids itself everything but the style and the script that are in it.

mod view;

use std::io::Write;

use data_encoding::BASE64;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tera::{Context, Tera};

use self::view::Page;
use super::{Options, ReportError};
use crate::check::Assessment;

/// Templates, each with the name that others include it by. The names end in `.html`, which is what escapes their values.
const TEMPLATES: [(&str, &str); 8] = [
    ("components.html", include_str!("../../../reports/components.html")),
    ("report.html", include_str!("../../../reports/report.html")),
    ("parts/scope.html", include_str!("../../../reports/parts/scope.html")),
    ("parts/gaps.html", include_str!("../../../reports/parts/gaps.html")),
    ("parts/results.html", include_str!("../../../reports/parts/results.html")),
    ("parts/frameworks.html", include_str!("../../../reports/parts/frameworks.html")),
    ("parts/rules.html", include_str!("../../../reports/parts/rules.html")),
    ("parts/limits.html", include_str!("../../../reports/parts/limits.html")),
];
const STYLE: &str = include_str!("../../../reports/report.css");
const SCRIPT: &str = include_str!("../../../reports/report.js");

/// The two texts of our own that the page holds unescaped, and the policy that admits them and nothing else.
#[derive(Serialize)]
struct Assets {
    style: &'static str,
    script: &'static str,
    policy: String,
}

/// Writes the page.
pub fn render(assessment: &Assessment, _: &Options, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut templates = Tera::default();
    templates.add_raw_templates(TEMPLATES).map_err(ReportError::Template)?;
    let mut context = Context::from_serialize(&Page::of(assessment)).map_err(ReportError::Template)?;
    context.insert("assets", &Assets { style: STYLE, script: SCRIPT, policy: policy() });
    let page = templates.render("report.html", &context).map_err(ReportError::Template)?;
    out.write_all(page.as_bytes()).map_err(ReportError::Write)
}

fn policy() -> String {
    let digest = |text: &str| BASE64.encode(&Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

#[cfg(test)]
mod tests;
