//! The facts and functions as a page to read.

use std::fmt::Write as _;

use super::super::expr::{SIGNATURES, Ty, did_you_mean};
use super::Types;
use crate::facts::TargetType;
use crate::model::{EnumType, ObjectType};

/// All facts and functions, as Markdown.
pub fn facts_page(targets: &[TargetType]) -> String {
    let types = Types::of(targets);
    let mut page = String::from(
        "# Facts and functions\n\nWhat rules see. A field marked `?` may be absent and must be guarded with `has()`.\n\n## Targets\n\n",
    );
    for target in targets {
        line(&mut page, format_args!("- `{}`: {}", target.name, first_sentence(target.object_type.doc)));
    }
    page.push_str("\n## Types\n");
    types.objects.values().for_each(|object| of_object(object, &mut page));
    page.push_str("\n## Vocabularies\n\nA literal that is none of a vocabulary's words does not load.\n\n");
    types.enums.values().for_each(|words| of_enum(words, &mut page));
    page.push_str("\n## Functions\n\n");
    for signature in SIGNATURES {
        line(&mut page, format_args!("- `{}`: {}", signature.shown(), signature.doc.trim()));
    }
    page
}

/// One type of it, by the name of the type or of the target.
///
/// # Errors
/// What was probably meant, when there is no such type.
pub fn type_page(targets: &[TargetType], name: &str) -> Result<String, Option<String>> {
    let types = Types::of(targets);
    let mut page = String::new();
    let of_target = targets.iter().find(|target| target.name == name).map(|target| target.object_type);
    if let Some(object) = of_target.or_else(|| types.objects.get(name).copied()) {
        of_object(object, &mut page);
    } else if let Some(words) = types.enums.get(name) {
        of_enum(words, &mut page);
    } else {
        let names = types.objects.keys().chain(types.enums.keys()).copied();
        return Err(did_you_mean(name, names.chain(targets.iter().map(|target| target.name))));
    }
    Ok(page.trim_start().to_owned())
}

fn of_object(object: &ObjectType, page: &mut String) {
    line(page, format_args!("\n### {}\n\n{}\n", object.name, object.doc.trim()));
    for (_, field) in object.all_fields() {
        let optional = if field.optional { "?" } else { "" };
        let source = if field.key.is_empty() { String::new() } else { format!(" (`{}`)", field.key) };
        let ty = Ty::from(&field.ty);
        line(page, format_args!("- `{}{optional}: {ty}`{source} {}", field.name, field.doc.trim()));
    }
}

fn of_enum(words: &EnumType, page: &mut String) {
    line(page, format_args!("- `{}`: `{}`", words.name, words.values.join("`, `")));
}

fn first_sentence(text: &str) -> &str {
    let text = text.trim();
    text.find(". ").and_then(|end| text.get(..=end)).unwrap_or(text)
}

fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    let _infallible = writeln!(page, "{text}");
}
