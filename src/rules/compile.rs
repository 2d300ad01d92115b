//! The deciding half of a rule file: parameters, named parts, conditions and templates, checked against the facts.

use std::ops::Range;

use super::decode::{Fields, Reader};
use super::expr::{
    Ast, Checked, Guards, Ir, Let, NAMESPACES, Name, RESERVED, Scope, Ty, Usage, check, did_you_mean, one_line,
};
use super::problem::Problem;
use super::rule::{Empty, ForEach, Logic, Param};
use super::template::{Language, Template, parse_expression};
use super::text::Text;
use super::yaml::Node;
use crate::model::ObjectType;

/// What came of it.
pub(super) struct Compiled {
    pub(super) logic: Logic,
    pub(super) params: Vec<Param>,
    pub(super) when_text: Option<String>,
    pub(super) check_text: String,
    pub(super) let_texts: Vec<(String, String)>,
    /// Name and type of the element.
    pub(super) element: Option<(String, Ty)>,
}

/// Compiles a rule on a type.
pub(super) fn compile(reader: &mut Reader<'_>, fields: &Fields<'_>, root: &'static ObjectType) -> Option<Compiled> {
    let params = fields.get("params").map_or_else(Vec::new, |node| params(reader, node));
    let element_name = element_name(reader, fields);
    let (lets, let_places) =
        fields.get("let").map_or_else(Default::default, |node| lets(reader, node, element_name.as_deref()));
    let declared =
        params.iter().map(|(_, param)| (param.name.clone(), param.ty.clone(), param.value.clone())).collect();
    let mut scope = Scope { root, element: None, params: declared, lets: &lets };
    let mut compiler = Compiler { reader, usage: Usage::default(), given: Guards::new() };

    let when = fields.get("when").map(|node| compiler.condition(&scope, node, "when"));
    if let Some(Some((_, checked))) = &when {
        compiler.given.clone_from(&checked.yes);
    }
    let for_each = fields.get("for_each").map(|node| compiler.for_each(&scope, node));
    scope.element = for_each.as_ref().and_then(|parts| Some((element_name.clone()?, parts.as_ref()?.1.clone())));
    let judged = for_each.is_none() || scope.element.is_some();
    let parts = if judged { compiler.parts(&scope, fields) } else { None };

    if compiler.reader.problems.is_empty() {
        compiler.complain_of_unused(&params, &let_places);
    }
    let words = std::mem::take(&mut compiler.usage.words);
    let (check_text, logic) = parts?;
    let (when_text, when) = match when {
        Some(when) => when.map(|(text, checked)| (Some(text), Some(checked.ir)))?,
        None => (None, None),
    };
    let for_each = match for_each {
        Some(parts) => Some(parts?.0),
        None => None,
    };
    let mut params: Vec<Param> = params.into_iter().map(|(_, param)| param).collect();
    for (index, vocabulary) in words {
        params.get_mut(index).into_iter().for_each(|param| param.words.push(vocabulary));
    }
    let let_texts = lets.iter().map(|item| (item.name.text.clone(), one_line(&item.text.value))).collect();
    let (logic, element) = (Logic { when, for_each, ..logic }, scope.element);
    Some(Compiled { logic, params, when_text, check_text, let_texts, element })
}

struct Compiler<'r, 'f> {
    reader: &'r mut Reader<'f>,
    usage: Usage,
    /// What is known to be there once `when` holds.
    given: Guards,
}

impl Compiler<'_, '_> {
    fn note<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.reader.problems.push(problem)).ok()
    }

    /// Checks an expression; nothing when there is something wrong with it.
    fn check(&mut self, scope: &Scope<'_>, text: &Text, guards: &Guards) -> Option<Checked> {
        let ast = parse_expression(text);
        let ast = self.note(ast)?;
        let before = self.reader.problems.len();
        let checked = check(scope, text, &ast, guards, &mut self.usage, &mut self.reader.problems);
        (self.reader.problems.len() == before).then_some(checked)
    }

    /// `when` or `check`: a condition that may come out either way and depends on the subject.
    fn condition(&mut self, scope: &Scope<'_>, node: &Node, key: &str) -> Option<(String, Checked)> {
        let text = self.reader.expression(node, key)?;
        let guards = self.given.clone();
        let checked = self.check(scope, &text, &guards)?;
        let at = text.at();
        if !matches!(checked.ty, Ty::Bool) || checked.optional {
            return self.reader.complain(&at, format!("`{key}` must be a condition, this is {}", checked.ty), None);
        }
        if let Some(known) = checked.known {
            return self.reader.complain(&at, format!("this is always {known}: `{key}` decides nothing"), None);
        }
        if !checked.reads {
            return self.reader.complain(&at, format!("`{key}` reads no fact"), None);
        }
        Some((one_line(&text.value), checked))
    }

    fn for_each(&mut self, scope: &Scope<'_>, node: &Node) -> Option<(ForEach, Ty)> {
        let fields = self.reader.map(node, "for_each", &["in", "as", "empty"])?;
        let empty = match fields.get("empty") {
            Some(node) => self.reader.word(node, "meaning of an empty list")?,
            None => Empty::NotApplicable,
        };
        let list = self.reader.need(&fields, "in")?;
        self.reader.need(&fields, "as")?;
        let text = self.reader.text(list)?;
        let guards = self.given.clone();
        let checked = self.check(scope, &text, &guards)?;
        let at = text.at();
        let Ty::List(of) = &checked.ty else {
            return self.reader.complain(&at, format!("for_each goes over a list, this is {}", checked.ty), None);
        };
        if checked.optional {
            let help = "guard it under `when`".to_owned();
            return self.reader.complain(&at, "this list may be absent", Some(help));
        }
        match &**of {
            Ty::Object(object) if !object.keyed => {
                let message = format!("`{}` has no key: its elements have no stable name", object.name);
                return self.reader.complain(&at, message, None);
            }
            Ty::List(_) => return self.reader.complain(&at, "a list of lists has no elements to name", None),
            _ => (),
        }
        let ty = (**of).clone();
        Some((ForEach { list: checked.ir, text: one_line(&text.value), empty }, ty))
    }

    /// What is judged with the element at hand.
    fn parts(&mut self, scope: &Scope<'_>, fields: &Fields<'_>) -> Option<(String, Logic)> {
        let check = self.reader.need(fields, "check").and_then(|node| self.condition(scope, node, "check"));
        let evidence = fields.get("evidence").map(|node| self.evidence(scope, node));
        let mut failed = self.given.clone();
        failed.extend(check.iter().flat_map(|(_, checked)| checked.no.iter().cloned()));
        let message = self.reader.need(fields, "message");
        let message = message.and_then(|node| self.template(scope, node, Language::Prose, &failed));
        // The file's other half reads these again, as text, and complains of what is missing.
        let remediation = fields.get("remediation");
        let mut template = |key, language| {
            let node = remediation.and_then(|node| node.get(key));
            node.map(|node| self.template(scope, node, language, &failed))
        };
        let text = template("text", Language::Prose);
        let cli = template("cli", Language::Shell);
        let sql = template("sql", Language::Sql);
        let terraform = template("terraform", Language::Terraform);
        let (check_text, check) = check?;
        let logic = Logic {
            when: None,
            for_each: None,
            check: check.ir,
            message: message?,
            evidence: evidence.unwrap_or_else(|| Some(Vec::new()))?,
            text: text??,
            cli: whole(cli)?,
            sql: whole(sql)?,
            terraform: whole(terraform)?,
        };
        Some((check_text, logic))
    }

    fn template(&mut self, scope: &Scope<'_>, node: &Node, language: Language, guards: &Guards) -> Option<Template> {
        let text = self.reader.text(node)?;
        let (usage, problems) = (&mut self.usage, &mut self.reader.problems);
        let before = problems.len();
        let template = Template::parse(&text, language, |part| {
            let ast = parse_expression(part)?;
            Ok(check(scope, part, &ast, guards, usage, problems))
        });
        let template = self.note(template)?;
        (self.reader.problems.len() == before).then_some(template)
    }

    fn evidence(&mut self, scope: &Scope<'_>, node: &Node) -> Option<Vec<(String, Ir)>> {
        let mut shown = Vec::new();
        let guards = self.given.clone();
        for item in self.reader.list(node)? {
            let text = self.reader.text(item)?;
            let checked = self.check(scope, &text, &guards)?;
            if !checked.reads {
                self.reader.complain::<()>(&text.at(), "this reads no fact", None);
            }
            shown.push((one_line(&text.value), checked.ir));
        }
        Some(shown)
    }

    fn complain_of_unused(&mut self, params: &[(Range<usize>, Param)], lets: &[(Range<usize>, String)]) {
        for (index, (at, param)) in params.iter().enumerate() {
            if !self.usage.params.contains(&index) {
                self.reader.complain::<()>(at, format!("parameter `{}` is never used", param.name), None);
            }
        }
        for (index, (at, name)) in lets.iter().enumerate() {
            if !self.usage.lets.contains(&index) {
                self.reader.complain::<()>(at, format!("`{name}` is never used"), None);
            }
        }
    }
}

/// What is not there is no problem; what is there and wrong is.
#[expect(clippy::option_option, reason = "absent and wrong are two things")]
fn whole<T>(part: Option<Option<T>>) -> Option<Option<T>> {
    match part {
        Some(Some(part)) => Some(Some(part)),
        Some(None) => None,
        None => Some(None),
    }
}

fn element_name(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<String> {
    let node = fields.get("for_each")?.get("as")?;
    let name = reader.string(node)?;
    variable(reader, &node.at, &name, &[]).then_some(name)
}

/// Whether a name may be that of a variable; complains when not.
fn variable(reader: &mut Reader<'_>, at: &Range<usize>, name: &str, taken: &[&str]) -> bool {
    let mut letters = name.chars();
    let shaped = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let reserved = RESERVED.contains(&name) || name == "in" || name == "has";
    let message = if !shaped {
        "names are letters, digits and underscores"
    } else if reserved {
        "this word is reserved: take another name"
    } else if ["r", "params"].contains(&name) || NAMESPACES.contains(&name) || taken.contains(&name) {
        "this name is taken: take another one"
    } else {
        return true;
    };
    reader.complain::<()>(at, message, None);
    false
}

fn lets(reader: &mut Reader<'_>, node: &Node, element: Option<&str>) -> (Vec<Let>, Vec<(Range<usize>, String)>) {
    let (mut lets, mut places): (Vec<Let>, Vec<_>) = (Vec::new(), Vec::new());
    for (name, key, value) in reader.entries(node, "let").unwrap_or_default() {
        let taken: Vec<&str> = element.into_iter().collect();
        if !variable(reader, &key.at, name, &taken) {
            continue;
        }
        let Some((text, ast)) = let_body(reader, value, name) else { continue };
        let span = 0..name.len();
        lets.push(Let { name: Name { text: name.to_owned(), span }, text, ast });
        places.push((key.at.clone(), name.to_owned()));
    }
    (lets, places)
}

fn let_body(reader: &mut Reader<'_>, node: &Node, name: &str) -> Option<(Text, Ast)> {
    let text = reader.expression(node, name)?;
    match parse_expression(&text) {
        Ok(ast) => Some((text, ast)),
        Err(problem) => {
            reader.problems.push(problem);
            None
        }
    }
}

fn params(reader: &mut Reader<'_>, node: &Node) -> Vec<(Range<usize>, Param)> {
    let entries = reader.entries(node, "params").unwrap_or_default();
    let mut read = |(name, key, value): (&str, &Node, &Node)| {
        let usable = variable(reader, &key.at, name, &[]);
        param(reader, name, value).filter(|_| usable).map(|param| (key.at.clone(), param))
    };
    entries.into_iter().filter_map(&mut read).collect()
}

fn param(reader: &mut Reader<'_>, name: &str, node: &Node) -> Option<Param> {
    let fields = reader.map(node, "a parameter", &["type", "default", "description", "min", "max"])?;
    let ty = reader.need(&fields, "type").and_then(|node| {
        let written = reader.string(node)?;
        Some((param_type(reader, node, &written)?, written))
    });
    let description = reader.need(&fields, "description").and_then(|node| reader.string(node));
    let mut bound = |key| fields.get(key).and_then(|node| reader.int(node));
    let (min, max) = (bound("min"), bound("max"));
    let (ty, type_name) = ty?;
    let default = reader.need(&fields, "default")?;
    let value = reader.constant(default, &ty)?;
    let words = Vec::new();
    let param = Param { name: name.to_owned(), description: description?, type_name, min, max, ty, value, words };
    match param.refuses(&param.value) {
        Some((message, help)) => reader.complain(&default.at, message, help),
        None => Some(param),
    }
}

/// Types that parameters may have, and lists of them.
pub(super) const PARAM_TYPES: [&str; 8] = ["bool", "int", "string", "cidr", "version", "timestamp", "duration", "arn"];

fn param_type(reader: &mut Reader<'_>, node: &Node, written: &str) -> Option<Ty> {
    let of = written.strip_prefix("list<").and_then(|rest| rest.strip_suffix('>'));
    let scalar = match of.unwrap_or(written) {
        "bool" => Ty::Bool,
        "int" => Ty::Int,
        "string" => Ty::String,
        "cidr" => Ty::Cidr,
        "version" => Ty::Version,
        "timestamp" => Ty::Timestamp,
        "duration" => Ty::Duration,
        "arn" => Ty::Arn,
        other => {
            let help = did_you_mean(other, PARAM_TYPES)
                .unwrap_or_else(|| format!("one of {}, or list<…> of one", PARAM_TYPES.join(", ")));
            return reader.complain(&node.at, format!("`{other}` is no type of a parameter"), Some(help));
        }
    };
    Some(if of.is_some() { Ty::List(Box::new(scalar)) } else { scalar })
}
