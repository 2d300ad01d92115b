//! Whether a rule's tests would notice a mistake in it: each of many small changes is made, and those that load and fail no
//! test are reported.

use std::ops::Range;

use rayon::prelude::*;

use super::cases::run_cases;
use super::decode::{Fields, Reader};
use super::expr::{Ast, Node, Operator, Quantifier};
use super::file::KEYS;
use super::load::load;
use super::problem::{LoadError, Problem};
use super::rule::{Rule, RuleSet};
use super::source::RuleSource;
use super::template::parse_expression;
use super::text::Text;
use super::yaml::{self, Kind};
use crate::facts::TargetType;

/// What came of changing rules.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Mutation {
    /// Changes that were tried.
    pub tried: usize,
    /// Of these, changes that did not load.
    pub refused: usize,
    /// Changes that no test noticed.
    pub survivors: Vec<Survivor>,
}

/// A change that no test of its rule notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// The rule.
    pub rule: String,
    /// The file.
    pub path: String,
    /// Line of the change, counted from 1.
    pub line: usize,
    /// Column, counted from 1.
    pub column: usize,
    /// What stood there.
    pub was: String,
    /// What stood there instead.
    pub became: String,
}

/// A change of a file: a range of its bytes and what takes its place.
type Edit = (Range<usize>, String);

/// What one change led to.
enum Fate {
    Refused,
    Noticed,
    Survived,
}

/// Changes each rule in every way known, one change at a time.
pub fn mutate(rules: &RuleSet, targets: &[TargetType]) -> Mutation {
    let edits = rules.rules.iter().flat_map(|rule| edits(rule).into_iter().map(move |edit| (rule, edit)));
    let edits: Vec<(&Rule, Edit)> = edits.collect();
    let fates: Vec<Fate> = edits.par_iter().map(|(rule, edit)| try_one(rule, edit, targets)).collect();
    let mut mutation = Mutation { tried: edits.len(), ..Mutation::default() };
    for ((rule, edit), fate) in edits.into_iter().zip(fates) {
        match fate {
            Fate::Refused => mutation.refused += 1,
            Fate::Noticed => (),
            Fate::Survived => mutation.survivors.push(survivor(rule, edit)),
        }
    }
    mutation
}

fn try_one(rule: &Rule, (range, text): &Edit, targets: &[TargetType]) -> Fate {
    let mut changed = rule.text.clone();
    changed.replace_range(range.clone(), text);
    match load(&[RuleSource::new(rule.path.as_str(), changed)], targets) {
        Err(_) => Fate::Refused,
        Ok(set) if run_cases(&set).is_empty() => Fate::Survived,
        Ok(_) => Fate::Noticed,
    }
}

fn survivor(rule: &Rule, (range, became): Edit) -> Survivor {
    let was = rule.text.get(range.clone()).unwrap_or("");
    let was = was.split_whitespace().collect::<Vec<_>>().join(" ");
    let source = RuleSource::new(rule.path.as_str(), rule.text.as_str());
    let place = LoadError::locate(&source, Problem::new(range, ""));
    let (line, column) = (place.line, place.column);
    let became = became.split_whitespace().collect::<Vec<_>>().join(" ");
    Survivor { rule: rule.id.clone(), path: rule.path.clone(), line, column, was, became }
}

/// Every change of a rule's conditions, lists and defaults.
fn edits(rule: &Rule) -> Vec<Edit> {
    let mut reader = Reader { file: &rule.text, problems: Vec::new() };
    let Ok(root) = yaml::parse(&rule.text) else { return Vec::new() };
    let Some(fields) = reader.map(&root, "a rule", &KEYS) else { return Vec::new() };
    let mut edits = defaults(&fields);
    for text in expressions(&mut reader, &fields) {
        if let Ok(ast) = parse_expression(&text) {
            let mut mutator = Mutator { text: &text, edits: &mut edits };
            mutator.walk(&ast);
        }
    }
    edits.retain(|(range, text)| rule.text.get(range.clone()).is_some_and(|was| was != text));
    edits
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{TARGETS, load};

    /// A rule with this check and these tests.
    fn survivors(check: &str, tests: &str) -> Vec<String> {
        let text = format!(
            "schema: 1\nid: net-x\ntitle: x\nseverity: low\nstatus: stable\ntargets: sample\nparams:\n  limit: {{type: int, default: 7, \
             description: x}}\ncheck: |\n  {check}\nmessage: x\nrationale: x\nremediation: {{text: x}}\nframeworks: {{}}\n\
             docs: https://a.b\nsource: x\ntags: []\ntests:\n{tests}\n"
        );
        let rules = load("rules/network/net-x.yaml", &text).unwrap_or_else(|errors| panic!("{errors}"));
        assert!(run_cases(&rules).is_empty(), "{:?}", run_cases(&rules));
        let mutation = mutate(&rules, &TARGETS);
        let shown = mutation.survivors.iter().map(|it| format!("{}:{} {} → {}", it.line, it.column, it.was, it.became));
        shown.collect()
    }

    const UNKNOWN: &str = "  - {name: u, expect: unknown, given: {r: {}}}";

    #[test]
    fn weak_tests_let_changes_survive_and_strong_ones_do_not() {
        let check = "r.port > params.limit && !r.public";
        let weak = "  - {name: p, expect: pass, given: {r: {port: 100, public: false}}}\n  - {name: f, expect: fail, given: {r: {port: 1, public: true}}}\n";
        let strong = "  - {name: p, expect: pass, given: {r: {port: 8, public: false}}}\n  - {name: f, expect: fail, given: {r: {port: 7, public: false}}}\n  - {name: g, expect: fail, given: {r: {port: 8, public: true}}}\n";
        let found = survivors(check, &format!("{weak}{UNKNOWN}"));
        assert!(found.contains(&"8:31 7 → 8".to_owned()) && found.contains(&"10:9 > → >=".to_owned()), "{found:?}");
        assert!(found.iter().any(|it| it.ends_with("→ r.port > params.limit")), "{found:?}");
        assert_eq!(survivors(check, &format!("{strong}{UNKNOWN}")), Vec::<String>::new());
    }
}
