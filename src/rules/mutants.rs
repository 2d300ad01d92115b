//! The small changes of a rule's conditions, lists and defaults that its tests should notice.

use std::ops::Range;

use super::decode::{Fields, Reader};
use super::expr::{Ast, Node, Operator, Quantifier};
use super::file::KEYS;
use super::rule::Equivalent;
use super::template::parse_expression;
use super::text::Text;
use super::yaml::{self, Kind};

/// A change of a file.
#[derive(Debug)]
pub(super) struct Mutant {
    /// The bytes that it takes the place of.
    pub(super) at: Range<usize>,
    /// What stood there.
    pub(super) was: String,
    /// What stands there instead.
    pub(super) became: String,
}

impl Mutant {
    /// Whether it is what a rule file says is no change at all.
    pub(super) fn is(&self, equivalent: &Equivalent) -> bool {
        on_one_line(&self.was) == equivalent.was && on_one_line(&self.became) == equivalent.became
    }
}

/// Text without its line breaks and what they indent.
pub(super) fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A range of bytes and what takes its place.
type Edit = (Range<usize>, String);

/// Every change of a rule's conditions, lists and defaults.
pub(super) fn mutants(file: &str) -> Vec<Mutant> {
    let mut reader = Reader { file, problems: Vec::new() };
    let Ok(root) = yaml::parse(file) else { return Vec::new() };
    let Some(fields) = reader.map(&root, "a rule", &KEYS) else { return Vec::new() };
    let mut edits = defaults(&fields);
    for text in expressions(&mut reader, &fields) {
        if let Ok(ast) = parse_expression(&text) {
            let mut mutator = Mutator { text: &text, edits: &mut edits };
            mutator.walk(&ast);
        }
    }
    let changed = edits.into_iter().filter_map(|(at, became)| {
        let was = file.get(at.clone()).filter(|was| *was != became)?.to_owned();
        Some(Mutant { at, was, became })
    });
    changed.collect()
}

fn expressions(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<Text> {
    let lets = fields.get("let").map(|node| &node.kind);
    let lets = if let Some(Kind::Map(entries)) = lets { entries.as_slice() } else { &[] };
    let nodes = lets.iter().map(|(_, node)| node).chain(["when", "check"].iter().filter_map(|key| fields.get(key)));
    let nodes: Vec<_> = nodes.chain(fields.get("for_each").and_then(|node| node.get("in"))).collect();
    nodes.into_iter().filter_map(|node| reader.text(node)).collect()
}

/// Defaults of parameters that are numbers or booleans.
fn defaults(fields: &Fields<'_>) -> Vec<Edit> {
    let Some(Kind::Map(params)) = fields.get("params").map(|node| &node.kind) else { return Vec::new() };
    let defaults = params.iter().filter_map(|(_, param)| param.get("default"));
    let of_default = |node: &yaml::Node| {
        let Kind::Scalar(scalar) = &node.kind else { return Vec::new() };
        let others = match scalar.text.as_str() {
            "true" => vec!["false".to_owned()],
            "false" => vec!["true".to_owned()],
            text => text.parse::<i64>().map_or_else(|_| Vec::new(), neighbours),
        };
        others.into_iter().map(|other| (node.at.clone(), other)).collect()
    };
    defaults.flat_map(of_default).collect()
}

fn neighbours(number: i64) -> Vec<String> {
    [number.checked_add(1), number.checked_sub(1)].into_iter().flatten().map(|it| it.to_string()).collect()
}

struct Mutator<'t> {
    text: &'t Text,
    edits: &'t mut Vec<Edit>,
}

impl Mutator<'_> {
    fn written(&self, range: &Range<usize>) -> String {
        self.text.value.get(range.clone()).unwrap_or("").to_owned()
    }

    fn replace(&mut self, range: &Range<usize>, text: impl Into<String>) {
        self.edits.push((self.text.locate(range), text.into()));
    }

    /// Changes a part and everything in it.
    fn walk(&mut self, ast: &Ast) {
        match &ast.node {
            Node::Null | Node::Name(_) => (),
            Node::Bool(value) => self.replace(&ast.span, (!value).to_string()),
            Node::Int(number) => neighbours(*number).into_iter().for_each(|other| self.replace(&ast.span, other)),
            Node::Str(text) => self.replace(&ast.span, format!("{:?}", format!("{text}~"))),
            Node::List(items) => self.list(ast, items),
            Node::Field(of, _) | Node::Negate(of) => self.walk(of),
            Node::Has(..) => self.negate(ast),
            Node::Not(of) => {
                self.replace(&ast.span, self.written(&of.span));
                self.walk(of);
            }
            Node::Binary(operator, sides) => self.binary(ast, *operator, sides),
            Node::Choice(parts) => {
                let [_, then, otherwise] = &**parts;
                self.replace(&ast.span, self.written(&then.span));
                self.replace(&ast.span, self.written(&otherwise.span));
                self.walk_all(&**parts);
            }
            Node::Call(_, arguments) => self.walk_all(arguments),
            Node::Method(of, _, arguments) => {
                self.walk(of);
                self.walk_all(arguments);
            }
            Node::Loop(quantifier, list, variable, body) => {
                self.quantifier(*quantifier, list.span.end..variable.span.start);
                self.walk(list);
                self.walk(body);
            }
        }
    }

    fn walk_all(&mut self, parts: &[Ast]) {
        for part in parts {
            self.walk(part);
        }
    }

    fn negate(&mut self, ast: &Ast) {
        self.replace(&ast.span, format!("!({})", self.written(&ast.span)));
    }

    /// Each element left out.
    fn list(&mut self, ast: &Ast, items: &[Ast]) {
        for left_out in 0..items.len() {
            let kept = items.iter().enumerate().filter(|(index, _)| *index != left_out);
            let kept: Vec<String> = kept.map(|(_, item)| self.written(&item.span)).collect();
            self.replace(&ast.span, format!("[{}]", kept.join(", ")));
        }
        self.walk_all(items);
    }

    /// One side alone, and other operators.
    fn binary(&mut self, ast: &Ast, operator: Operator, sides: &[Ast; 2]) {
        let [left, right] = sides;
        if matches!(operator, Operator::And | Operator::Or) {
            self.replace(&ast.span, self.written(&left.span));
            self.replace(&ast.span, self.written(&right.span));
        }
        if operator == Operator::In {
            self.negate(ast);
        }
        for other in others(operator) {
            self.replace(&(left.span.end..right.span.start), format!(" {} ", other.sign()));
        }
        self.walk(left);
        self.walk(right);
    }

    fn quantifier(&mut self, quantifier: Quantifier, range: Range<usize>) {
        let other = match quantifier {
            Quantifier::All | Quantifier::ExistsOne => ".exists(",
            Quantifier::Exists => ".all(",
            Quantifier::Filter | Quantifier::Map => return,
        };
        self.replace(&range, other);
    }
}

/// What an operator is mistaken for.
const fn others(operator: Operator) -> &'static [Operator] {
    use Operator::{
        Add, And, Divide, Equal, Greater, GreaterEqual, In, Less, LessEqual, Multiply, Or, Remainder, Subtract, Unequal,
    };
    match operator {
        And => &[Or],
        Or => &[And],
        Equal => &[Unequal],
        Unequal => &[Equal],
        Less => &[LessEqual, GreaterEqual],
        LessEqual => &[Less, Greater],
        Greater => &[GreaterEqual, LessEqual],
        GreaterEqual => &[Greater, Less],
        Add => &[Subtract],
        Subtract => &[Add],
        Multiply => &[Divide],
        Divide | Remainder => &[Multiply],
        In => &[],
    }
}
