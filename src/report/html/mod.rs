//! One self-contained page. It needs no network and no JavaScript to be read or printed: rules are groups of plain tables
//! that the script only filters. The page forbids itself everything but the style and the script that are in it.

mod view;

use std::collections::BTreeMap;
use std::io::{self, Write};

use data_encoding::BASE64;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tera::{Context, Tera};

use self::view::{Link, Page, Rule, Shared, Subjects};
use super::{HtmlDetail, Options, ReportError};
use crate::check::Assessment;

/// Templates, each with the name that others include it by. The names end in `.html`, which is what escapes their values.
const TEMPLATES: [(&str, &str); 19] = [
    ("components.html", include_str!("../../../reports/components.html")),
    ("head.html", include_str!("../../../reports/head.html")),
    ("rule.html", include_str!("../../../reports/rule.html")),
    ("foot.html", include_str!("../../../reports/foot.html")),
    ("parts/accounts.html", include_str!("../../../reports/parts/accounts.html")),
    ("parts/coverage.html", include_str!("../../../reports/parts/coverage.html")),
    ("parts/errors.html", include_str!("../../../reports/parts/errors.html")),
    ("parts/filter.html", include_str!("../../../reports/parts/filter.html")),
    ("parts/frameworks.html", include_str!("../../../reports/parts/frameworks.html")),
    ("parts/integrity.html", include_str!("../../../reports/parts/integrity.html")),
    ("parts/paths.html", include_str!("../../../reports/parts/paths.html")),
    ("parts/limits.html", include_str!("../../../reports/parts/limits.html")),
    ("parts/population.html", include_str!("../../../reports/parts/population.html")),
    ("parts/questions.html", include_str!("../../../reports/parts/questions.html")),
    ("parts/results.html", include_str!("../../../reports/parts/results.html")),
    ("parts/rules.html", include_str!("../../../reports/parts/rules.html")),
    ("parts/scope.html", include_str!("../../../reports/parts/scope.html")),
    ("parts/trend.html", include_str!("../../../reports/parts/trend.html")),
    ("parts/waivers.html", include_str!("../../../reports/parts/waivers.html")),
];
const STYLE: &str = include_str!("../../../reports/report.css");
const SCRIPT: &str = include_str!("../../../reports/report.js");
/// Names that the assets have among the templates of the user.
const STYLE_NAME: &str = "report.css";
const SCRIPT_NAME: &str = "report.js";

/// Verdicts from which on a page is split by account: more rows make a browser slow.
const SPLIT: usize = 50_000;

/// The two texts of our own that the page holds unescaped, and the policy that admits them and nothing else.
#[derive(Serialize)]
struct Assets<'a> {
    style: &'a str,
    script: &'a str,
    policy: String,
}

/// The files that a page becomes beside itself: the account of each with the name of its file; none while one page holds all.
pub fn split(assessment: &Assessment, file: &str) -> Vec<(String, String)> {
    let accounts: std::collections::BTreeSet<&str> =
        assessment.verdicts.iter().map(|verdict| &*verdict.subject.account).collect();
    if assessment.verdicts.len() <= SPLIT || accounts.len() < 2 {
        return Vec::new();
    }
    let stem = file.strip_suffix(".html").unwrap_or(file);
    let name = |(account, number): (&str, usize)| {
        let plain = !account.is_empty() && account.len() <= 32 && account.chars().all(|it| it.is_ascii_alphanumeric());
        let part = if plain { account.to_owned() } else { format!("part-{number}") };
        (account.to_owned(), format!("{stem}-{part}.html"))
    };
    accounts.into_iter().zip(1..).map(name).collect()
}

/// Everything that can be replaced.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEMPLATES.iter().map(|(name, _)| *name).chain([STYLE_NAME, SCRIPT_NAME])
}

/// Whether the user's templates can be loaded.
pub fn check(options: &Options) -> Result<(), ReportError> {
    Printer::new(options).map(drop)
}

/// Writes the page.
pub fn render(assessment: &Assessment, options: &Options, out: &mut dyn Write) -> Result<(), ReportError> {
    let subjects = Subjects::of(&assessment.verdicts);
    let page = Page::of(assessment, &subjects, options, Vec::new());
    Printer::new(options)?.print(&page, Some((assessment, &subjects)), out)
}

/// Writes the page of an account.
pub fn render_account(
    assessment: &Assessment,
    account: &str,
    options: &Options,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    let part = assessment.of_account(account);
    let subjects = Subjects::of(&part.verdicts);
    let page = Page::of(&part, &subjects, options, Vec::new()).of_account(account);
    Printer::new(options)?.print(&page, Some((&part, &subjects)), out)
}

/// Writes the page that leads to those of the accounts.
pub fn render_index(
    assessment: &Assessment,
    parts: &[(String, String)],
    options: &Options,
    out: &mut dyn Write,
) -> Result<(), ReportError> {
    let link = |(account, file): &(String, String)| Link::of(assessment, account, file);
    let page = Page::of(assessment, &Subjects::of(&[]), options, parts.iter().map(link).collect());
    Printer::new(options)?.print(&page, None, out)
}

/// The templates, ready to be filled in.
struct Printer<'a> {
    templates: Tera,
    assets: Assets<'a>,
    options: &'a Options,
}

impl<'a> Printer<'a> {
    fn new(options: &'a Options) -> Result<Self, ReportError> {
        let given = |name: &str| options.templates.get(name).map(String::as_str);
        let mut all: BTreeMap<&str, &str> = TEMPLATES.into();
        all.extend(options.templates.iter().map(|(name, text)| (&**name, &**text)));
        all.retain(|name, _| ![STYLE_NAME, SCRIPT_NAME].contains(name));
        let mut templates = Tera::default();
        templates.set_escape_fn(escape);
        templates.add_raw_templates(all).map_err(|error| failed(options, error))?;
        let (style, script) = (given(STYLE_NAME).unwrap_or(STYLE), given(SCRIPT_NAME).unwrap_or(SCRIPT));
        for (name, text) in [(STYLE_NAME, style), (SCRIPT_NAME, script)] {
            if text.contains("</") {
                return Err(ReportError::Asset { name });
            }
        }
        Ok(Self { templates, assets: Assets { style, script, policy: policy(style, script) }, options })
    }

    /// The head, the rules one by one so that no more than one of them is in memory as a page, and the foot.
    fn print(
        &self,
        page: &Page,
        judged: Option<(&Assessment, &Subjects<'_>)>,
        out: &mut dyn Write,
    ) -> Result<(), ReportError> {
        let mut context = Context::from_serialize(page).map_err(ReportError::Template)?;
        context.insert("assets", &self.assets);
        self.fill("head.html", &context, out)?;
        if let Some((assessment, subjects)) = judged.filter(|_| self.options.detail > HtmlDetail::Executive) {
            let shared = Shared::of(assessment, subjects, self.options.detail);
            for judged in view::rules(assessment) {
                let rule = Rule::of(&judged, &shared);
                let context = Context::from_serialize(&rule).map_err(ReportError::Template)?;
                self.fill("rule.html", &context, out)?;
            }
        }
        self.fill("foot.html", &context, out)
    }

    fn fill(&self, name: &str, context: &Context, out: &mut dyn Write) -> Result<(), ReportError> {
        let text = self.templates.render(name, context).map_err(|error| failed(self.options, error))?;
        out.write_all(text.as_bytes()).map_err(ReportError::Write)
    }
}

/// Escapes text for elements and for attributes in double quotes, which all attributes of the templates have that hold a value. An
/// apostrophe stays one: names of database accounts are full of them, and a page has them ten thousand times.
fn escape(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity: &[u8] = match byte {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'"' => b"&quot;",
            _ => continue,
        };
        out.write_all(text.get(from..at).unwrap_or_default().as_bytes())?;
        out.write_all(entity)?;
        from = at + 1;
    }
    out.write_all(text.get(from..).unwrap_or_default().as_bytes())
}

/// A template of the user is the user's to mend.
fn failed(options: &Options, error: tera::Error) -> ReportError {
    if options.templates.is_empty() {
        return ReportError::Template(error);
    }
    let said = error.to_string();
    let named = options.templates.keys().find(|name| said.contains(&***name));
    let all = || options.templates.keys().cloned().collect::<Vec<_>>().join("`, `");
    ReportError::Override { name: named.cloned().unwrap_or_else(all), source: error }
}

fn policy(style: &str, script: &str) -> String {
    let digest = |text: &str| BASE64.encode(&Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(style),
        digest(script)
    )
}

#[cfg(test)]
mod tests;
