//! What the page must keep: no markup from outside, no request, no script but its own, and readable without it.

use super::*;
use crate::model::{Outcome, Severity};
use crate::report::sample::{compared, empty, hostile, many, sample, waived};
use crate::report::words;

fn page(assessment: &Assessment) -> String {
    String::from_utf8(crate::report::tests::bytes(assessment, crate::report::Format::Html)).unwrap()
}

/// The page without the assets, which are ours.
fn body(assessment: &Assessment) -> String {
    page(assessment).replace(STYLE, "").replace(SCRIPT, "")
}

/// Every tag of the page, with its attributes.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|part| part.split_once('>').expect("a tag ends").0).collect()
}

#[test]
fn nothing_is_unescaped_but_the_two_assets() {
    let safe: Vec<&str> = TEMPLATES
        .iter()
        .flat_map(|(_, text)| text.match_indices("safe").map(|(at, _)| text[..at + 4].rsplit("{{").next().unwrap()))
        .collect();
    assert_eq!(safe, [" assets.style | safe", " assets.script | safe"]);
    for (name, text) in TEMPLATES {
        assert!(
            std::path::Path::new(name).extension().is_some_and(|extension| extension == "html"),
            "{name} would not be escaped"
        );
        for word in ["='{{", "{% raw", "{% filter", "style=", " on", "javascript:"] {
            assert!(
                !text.contains(&format!("{word}click")) && (word == " on" || !text.contains(word)),
                "{name}: {word}"
            );
        }
    }
    assert!(!STYLE.contains("</") && !SCRIPT.contains("</"), "an asset could end its element");
}

#[test]
fn only_apostrophes_stay_what_they_are() {
    for (raw, escaped) in
        [("a", "a"), ("", ""), ("'a'@'%'", "'a'@'%'"), ("<b>\"ü&", "&lt;b&gt;&quot;ü&amp;"), ("&amp;", "&amp;amp;")]
    {
        let mut bytes = Vec::new();
        escape(raw, &mut bytes).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), escaped);
    }
}

#[test]
fn every_template_is_embedded() {
    let mut files = Vec::new();
    for folder in ["reports", "reports/parts"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            files.extend((path.extension().is_some_and(|e| e == "html")).then_some(path));
        }
    }
    assert_eq!(files.len(), TEMPLATES.len());
}

#[test]
fn the_policy_admits_our_assets_and_nothing_else() {
    let page = page(&sample());
    for (asset, tag) in [(STYLE, "style"), (SCRIPT, "script")] {
        let embedded = page.split_once(&format!("<{tag}>")).unwrap().1.split_once(&format!("</{tag}>")).unwrap().0;
        assert_eq!(embedded, asset);
        let source = format!("{tag}-src 'sha256-{}'", BASE64.encode(&Sha256::digest(embedded)));
        assert!(page.contains(&source), "{source}");
    }
    assert!(page.contains("default-src 'none'; ") && !page.contains("unsafe-inline"));
}

#[test]
fn hostile_text_brings_no_element_and_no_attribute() {
    let allowed = tags(Box::leak(body(&sample()).into_boxed_str())).into_iter().map(name_and_attributes);
    let allowed: std::collections::BTreeSet<_> = allowed.collect();
    for tag in tags(&body(&hostile())) {
        assert!(allowed.contains(&name_and_attributes(tag)), "{tag}");
    }
}

/// A tag's name and the names of its attributes.
fn name_and_attributes(tag: &str) -> String {
    let mut quoted = false;
    let bare: String = tag
        .chars()
        .filter(|character| {
            quoted ^= *character == '"';
            !quoted
        })
        .collect();
    let unquoted = bare.replace('"', "");
    unquoted.split(' ').map(|part| part.split('=').next().unwrap_or_default()).collect::<Vec<_>>().join(" ")
}

#[test]
fn ids_and_links_hold_nothing_from_targets() {
    for assessment in [sample(), hostile()] {
        let page = body(&assessment);
        for row in page.split("<tr id=f-").skip(1).map(|part| part.split('>').next().unwrap()) {
            assert!(row.chars().all(|it| it.is_ascii_alphanumeric() || "-_= ".contains(it)), "{row}");
        }
        for attribute in [" id=\"", " class=\"", " href=\"", " datetime=\"", " data-severity=\""] {
            for part in page.split(attribute).skip(1) {
                let value = part.split('"').next().unwrap();
                let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "-_# :./".contains(c));
                assert!(plain, "{attribute}{value}");
                let link = attribute != " href=\"" || value.starts_with('#') || value.starts_with("https://docs.aws");
                assert!(link, "{value}");
            }
        }
    }
}

#[test]
fn the_page_asks_for_nothing() {
    for assessment in [sample(), empty()] {
        let page = page(&assessment);
        for word in ["http:", "src=", "@import", "url(", "onload", "javascript:", "<link", "<iframe", "<form action"] {
            assert!(!page.contains(word), "{word}");
        }
    }
}

#[test]
fn ids_are_unique_and_links_lead_somewhere() {
    let page = body(&sample());
    let values = |attribute: &str| -> Vec<String> {
        page.split(attribute).skip(1).map(|part| part.split('"').next().unwrap().to_owned()).collect()
    };
    let bare = |start: &'static str| -> Vec<String> {
        page.split(start).skip(1).map(|part| part.split(['>', ' ']).next().unwrap().to_owned()).collect()
    };
    let mut ids = values(" id=\"");
    ids.extend(bare("<tr id="));
    let unique: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len());
    for target in values(" href=\"#").iter().chain(&values(" aria-labelledby=\"")).chain(&bare(" href=#")) {
        assert!(target.split(' ').all(|id| unique.contains(&id.to_owned())), "{target}");
    }
}

#[test]
fn people_who_do_not_see_it_can_read_it() {
    for assessment in [sample(), empty()] {
        let page = body(&assessment);
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
        assert_eq!(page.matches("<h1").count(), 1);
        assert_eq!(page.matches("<table").count(), page.matches("<caption").count());
        assert_eq!(page.matches("<th ").count() + page.matches("<thead").count(), page.matches("<th").count());
        assert!(page.split("<th ").skip(1).all(|cell| cell.starts_with("scope=")), "a heading without scope");
        assert!(page.contains("<a class=\"skip\" href=\"#main\">"));
    }
}

#[test]
fn incompleteness_is_said_before_anything_else() {
    let page = page(&sample());
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words}"));
    assert!(at("Incomplete: 1 snapshot is cut short") < at("5 of 16 verdicts are failures"));
    assert!(at("5 of 16 verdicts are failures") < at("Scope and method"));
}

/// The classes of the rows that verdicts and elements have; those of elements with ` data-element`.
fn rows(page: &str) -> Vec<&str> {
    page.split("<tr id=f-")
        .skip(1)
        .map(|part| part.split('>').next().unwrap().split("class=").nth(1).unwrap())
        .collect()
}

#[test]
fn the_page_shows_every_verdict_and_element_once() {
    let assessment = sample();
    let page = body(&assessment);
    let elements: usize = assessment.verdicts.iter().map(|verdict| verdict.elements.len()).sum();
    assert_eq!(rows(&page).iter().filter(|class| class.ends_with(" data-element")).count(), elements);
    for outcome in Outcome::ALL {
        let class = if outcome == Outcome::NotApplicable { "na" } else { outcome.as_str() };
        let shown = rows(&page).iter().filter(|shown| **shown == class).count();
        assert_eq!(shown, words::verdicts(&assessment, outcome));
    }
}

#[test]
fn the_sections_are_in_the_order_that_auditors_read() {
    let page = body(&sample());
    let sections = [
        "scope",
        "population",
        "coverage",
        "trend",
        "results",
        "frameworks",
        "rules",
        "waivers",
        "errors",
        "integrity",
        "limits",
    ];
    let places: Vec<usize> = sections
        .iter()
        .map(|id| page.find(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("{id}")))
        .collect();
    assert!(places.is_sorted() && page.find("<div class=\"verdict").unwrap() < places[0], "{places:?}");
    for id in sections {
        assert!(page.contains(&format!("<a href=\"#{id}\">")), "{id} is not in the contents");
    }
}

fn by(assessment: &Assessment, options: &Options) -> String {
    let mut bytes = Vec::new();
    render(assessment, options, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn less_detail_is_less_and_says_where_the_rest_is() {
    let of = |detail| by(&sample(), &Options { detail, ..Options::default() });
    let (executive, control, full) = (of(HtmlDetail::Executive), of(HtmlDetail::Control), of(HtmlDetail::Full));
    assert!(executive.len() < control.len() && control.len() < full.len());
    assert_eq!((rows(&executive).len(), rows(&control).len()), (0, 0));
    assert!(executive.contains("Executive: ") && control.contains("Control: ") && full.contains("Full: "));
    assert!(!executive.contains("<details class=\"rule\"") && control.contains("<details class=\"rule\""));
    for page in [executive, control, full] {
        assert_eq!(page.matches("<section").count(), page.matches("</section>").count());
        assert!(page.contains("Incomplete: 1 snapshot is cut short"));
    }
}

#[test]
fn a_template_of_the_user_takes_the_place_of_ours() {
    let with = |name: &str, text: &str| Options {
        templates: BTreeMap::from([(name.to_owned(), text.to_owned())]),
        ..Options::default()
    };
    let page = by(&sample(), &with("parts/limits.html", "<p>Ours: {{ tool_version }}</p>"));
    assert!(page.contains("<p>Ours: 0.1.0</p>") && !page.contains("<h2 id=\"limits-title\">"));
    let page = by(&sample(), &with("report.css", "body { color: red }"));
    assert!(page.contains("<style>body { color: red }</style>"));
    assert!(page.contains(&BASE64.encode(&Sha256::digest("body { color: red }"))));
    for (name, text) in [
        ("parts/limits.html", "{{ tool_version"),
        ("parts/limits.html", "{{ no_such_value }}"),
        ("parts/limits.html", "{% include \"nowhere.html\" %}"),
        ("rule.html", "{% if %}"),
    ] {
        let error = render(&sample(), &with(name, text), &mut Vec::new()).unwrap_err();
        assert!(matches!(&error, ReportError::Override { name: said, .. } if said == name), "{text}: {error:?}");
    }
    let error = check(&with("report.js", "x = '</script>'")).unwrap_err();
    assert_eq!(error.to_string(), "`report.js` cannot stand in the page: it holds `</`");
}

#[test]
fn many_verdicts_are_split_by_account() {
    let mut assessment = many(SPLIT + 10);
    assert_eq!(split(&assessment, "a.html"), [], "one account is one page");
    for (index, verdict) in assessment.verdicts.iter_mut().enumerate() {
        verdict.subject.account =
            ["111122223333", "<b>", "444455556666"][usize::from(index >= 20) + usize::from(index >= 40)].to_owned();
    }
    let parts = split(&assessment, "a.html");
    let files: Vec<&str> = parts.iter().map(|(_, file)| &**file).collect();
    assert_eq!(files, ["a-111122223333.html", "a-444455556666.html", "a-part-3.html"]);

    let mut bytes = Vec::new();
    render_index(&assessment, &parts, &Options::default(), &mut bytes).unwrap();
    let index = String::from_utf8(bytes).unwrap();
    assert!(index.len() < 300_000 && rows(&index).is_empty(), "{}", index.len());
    assert!(files.iter().all(|file| index.contains(&format!("<a href=\"{file}\">"))));
    assert!(index.contains("&lt;b&gt;"));

    let mut bytes = Vec::new();
    render_account(&assessment, "111122223333", &Options::default(), &mut bytes).unwrap();
    let page = String::from_utf8(bytes).unwrap();
    assert_eq!(rows(&page).iter().filter(|class| !class.ends_with(" data-element")).count(), 20);
    assert!(page.contains("<h1>Aurora assessment of account <bdi>111122223333</bdi></h1>"));
}

#[test]
fn a_report_of_later_says_so_and_counts_the_age_to_then() {
    let made = Some("2026-11-24T09:30:00Z".parse().unwrap());
    let page = by(&sample(), &Options { made, ..Options::default() });
    assert!(
        page.contains("reported at <time datetime=\"2026-11-24T09:30:00Z\"")
            && page.contains("from a collection 4 days old")
    );
    assert!(!by(&sample(), &Options::default()).contains("reported at"));
}

#[test]
fn a_signature_is_announced_and_no_digest_of_the_page_is_claimed() {
    let page = by(&sample(), &Options { signature: Some("report.html.sig".to_owned()), ..Options::default() });
    assert!(page.contains("<code><bdi>report.html.sig</bdi></code>"));
    assert!(by(&sample(), &Options::default()).contains("None is announced."));
    assert!(page.contains("They prove nothing about the report itself"));
}

#[test]
fn severities_and_outcomes_are_words_with_marks() {
    let page = body(&sample());
    for (word, mark) in Severity::DESCENDING.map(words::severity).into_iter().chain(Outcome::ALL.map(words::outcome)) {
        assert!(page.contains(&format!("aria-hidden=\"true\">{mark}</span> {word}</span>")), "{word}");
    }
}

#[test]
fn big_reports_start_closed() {
    assert!(page(&sample()).contains(" open>\n<summary>\n<h3><span class=\"badge critical\">"));
    assert!(!page(&many(2_000)).contains(" open>\n<summary>\n<h3><span class=\"badge"));
}

#[test]
fn waivers_and_changes_are_on_the_page() {
    let page = body(&waived());
    for part in [
        "SEC-7",
        "waived through 2026-12-10",
        "its waiver expired on 2026-11-19",
        "&lt;/td&gt;&lt;script&gt;",
        "covers no finding",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let page = body(&compared());
    for part in ["Fixed since the baseline", "The rules or their parameters have changed since", "<em>regressed</em>"] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn the_page_of_the_sample() {
    insta::assert_snapshot!(body(&sample()));
}
