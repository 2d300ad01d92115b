//! Nothing misspelt passes: every identifier, literal and type of every shipped rule is corrupted in twenty ways, and the rule
//! must not load. What is corrupt: a name that is no other name of the schema or of the rule, a literal of another type or of
//! broken spelling, a type or word that rule files do not have. Another *valid* name, number or text of the right type cannot
//! be refused at load; that a rule's own tests notice it is what `rules test --mutate` is for.

use std::collections::BTreeSet;
use std::ops::Range;

use rayon::prelude::*;

use crate::facts::TARGETS;
use crate::model::{ObjectType, Type};
use crate::rules::decode::Reader;
use crate::rules::expr::{SIGNATURES, TokenKind, tokens_of};
use crate::rules::source::RuleSource;
use crate::rules::yaml::{self, Kind, Node};
use crate::rules::{embedded, load};

/// Ways of corrupting each thing.
const WAYS: usize = 20;
/// Ways that are tried without `AURORA_AUDIT_LONG_TESTS`; which they are differs from thing to thing.
const QUICK_WAYS: usize = 1;

/// A range of a file, what takes its place, and what that is.
type Corruption = (Range<usize>, String, &'static str);

#[test]
fn every_corruption_of_every_shipped_rule_is_refused() {
    let all = std::env::var_os("AURORA_AUDIT_LONG_TESTS").is_some();
    let known = known_names();
    let sources = embedded();
    let corruptions: Vec<(&RuleSource, Corruption)> = sources
        .iter()
        .flat_map(|source| corruptions(source, &known, all).into_iter().map(move |it| (source, it)))
        .collect();
    assert!(corruptions.len() > 2000, "{}", corruptions.len());
    let loaded: Vec<String> = corruptions
        .par_iter()
        .filter_map(|(source, (range, text, what))| {
            let mut corrupt = source.text.clone();
            corrupt.replace_range(range.clone(), text);
            let was = &source.text[range.clone()];
            let loads = load(&[RuleSource::new(source.path.as_str(), corrupt)], TARGETS).is_ok();
            loads.then(|| format!("{}:{}: {what} {was:?} → {text:?}", source.path, range.start))
        })
        .collect();
    println!("{} corruptions", corruptions.len());
    assert!(loaded.is_empty(), "{} load:\n{}", loaded.len(), loaded.join("\n"));
}

/// Every name that means something somewhere: a typing error that hits one is none.
fn known_names() -> BTreeSet<String> {
    fn add(object: &'static ObjectType, names: &mut BTreeSet<String>, seen: &mut BTreeSet<&'static str>) {
        if !seen.insert(object.name) {
            return;
        }
        for (_, field) in object.all_fields() {
            names.insert(field.name.to_owned());
            let mut ty = &field.ty;
            while let Type::List(of) = ty {
                ty = of;
            }
            if let Type::Object(object) = ty {
                add(object, names, seen);
            }
        }
    }
    let (mut names, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for target in TARGETS {
        names.insert(target.name.to_owned());
        add(target.object_type, &mut names, &mut seen);
    }
    let functions = SIGNATURES.iter().flat_map(|signature| signature.name.split('.'));
    names.extend(functions.chain(["r", "params", "all", "exists", "filter", "map", "has", "in"]).map(str::to_owned));
    names
}

fn corruptions(source: &RuleSource, known: &BTreeSet<String>, all: bool) -> Vec<Corruption> {
    let root = yaml::parse(&source.text).unwrap();
    let mut found = Vec::new();
    let mut collector = Collector { source, known: known.clone(), found: &mut found };
    collector.own_names(&root);
    collector.keys(&root, "");
    collector.words(&root);
    collector.expressions(&root);
    let chosen = found.into_iter().enumerate().flat_map(|(number, (range, ways, what))| {
        let wanted = if all { WAYS } else { QUICK_WAYS };
        assert!(
            ways.len() >= WAYS,
            "{}: {what} {:?} has {} ways",
            source.path,
            &source.text[range.clone()],
            ways.len()
        );
        let first = if all { 0 } else { number * 7 % WAYS };
        let ways: Vec<String> = ways.into_iter().take(WAYS).cycle().skip(first).take(wanted).collect();
        ways.into_iter().map(move |way| (range.clone(), way, what))
    });
    chosen.collect()
}

struct Collector<'s> {
    source: &'s RuleSource,
    known: BTreeSet<String>,
    found: &'s mut Vec<(Range<usize>, Vec<String>, &'static str)>,
}

impl Collector<'_> {
    /// Names that the rule itself gives.
    fn own_names(&mut self, root: &Node) {
        for key in ["params", "let"] {
            if let Some(Kind::Map(entries)) = root.get(key).map(|node| &node.kind) {
                self.known.extend(entries.iter().map(|(key, _)| self.source.text[key.at.clone()].to_owned()));
            }
        }
    }

    fn add(&mut self, range: Range<usize>, ways: Vec<String>, what: &'static str) {
        self.found.push((range, ways, what));
    }

    fn typos(&self, word: &str) -> Vec<String> {
        let mut typos = typos(word);
        typos.retain(|typo| typo != word && !self.known.contains(typo));
        typos
    }

    /// Every key of the file; frameworks have names of their own.
    fn keys(&mut self, node: &Node, within: &str) {
        match &node.kind {
            Kind::Map(entries) => {
                for (key, value) in entries {
                    let name = self.source.text[key.at.clone()].to_owned();
                    if within != "frameworks" {
                        let ways = self.typos(&name).into_iter().filter(|way| !way.is_empty()).collect();
                        self.add(key.at.clone(), ways, "key");
                    }
                    self.keys(value, &name);
                }
            }
            Kind::List(items) => items.iter().for_each(|item| self.keys(item, within)),
            _ => (),
        }
    }

    /// Words and types of which rule files have only so many.
    fn words(&mut self, root: &Node) {
        let mut nodes: Vec<&Node> =
            ["schema", "id", "severity", "status", "targets"].iter().filter_map(|key| root.get(key)).collect();
        let params = root.get("params").map(|node| &node.kind);
        if let Some(Kind::Map(params)) = params {
            nodes.extend(params.iter().filter_map(|(_, param)| param.get("type")));
        }
        if let Some(Kind::List(tests)) = root.get("tests").map(|node| &node.kind) {
            nodes.extend(tests.iter().filter_map(|test| test.get("expect")));
        }
        for node in nodes {
            let ways = self.typos(self.source.text[node.at.clone()].trim());
            self.add(node.at.clone(), ways, "word");
        }
    }

    /// Names and literals of every expression.
    fn expressions(&mut self, root: &Node) {
        let mut nodes: Vec<&Node> = ["when", "check"].iter().filter_map(|key| root.get(key)).collect();
        nodes.extend(root.get("for_each").and_then(|node| node.get("in")));
        if let Some(Kind::Map(lets)) = root.get("let").map(|node| &node.kind) {
            nodes.extend(lets.iter().map(|(_, node)| node));
        }
        if let Some(Kind::List(shown)) = root.get("evidence").map(|node| &node.kind) {
            nodes.extend(shown);
        }
        for node in nodes {
            let mut reader = Reader { file: &self.source.text, problems: Vec::new() };
            let text = reader.text(node).unwrap();
            for (kind, span) in tokens_of(&text.value) {
                let written = &text.value[span.clone()];
                let ways = match kind {
                    TokenKind::Name if ["true", "false", "null", "in"].contains(&written) => continue,
                    TokenKind::Name => self.typos(written),
                    TokenKind::Literal => of_other_types(written),
                };
                self.add(text.locate(&span), ways, if kind == TokenKind::Name { "name" } else { "literal" });
            }
        }
    }
}

/// Typing errors: the wrong ones first that are made most.
fn typos(word: &str) -> Vec<String> {
    let characters: Vec<char> = word.chars().collect();
    let with = |change: &dyn Fn(&mut Vec<char>)| {
        let mut changed = characters.clone();
        change(&mut changed);
        changed.into_iter().collect::<String>()
    };
    let mut typos = Vec::new();
    for at in 0..characters.len() {
        typos.push(with(&|it| {
            it.remove(at);
        }));
        typos.push(with(&|it| it.insert(at, characters[at])));
        typos.push(with(&|it| it.swap(at, (at + 1) % characters.len())));
        typos.push(with(&|it| it[at] = 'q'));
        typos.push(with(&|it| it[at] = characters[at].to_ascii_uppercase()));
        typos.push(with(&|it| it.insert(at, 'z')));
    }
    for affix in ["s", "_", "x", "_id", "2", "ed", "-", "_name", "qq", "ly", "Z"] {
        typos.push(format!("{word}{affix}"));
        typos.push(format!("q{affix}{word}"));
    }
    let mut seen = BTreeSet::new();
    // `-` between names is a minus, and a lone digit, underscore or sign may be something else.
    typos.retain(|typo| seen.insert(typo.clone()) && typo.chars().any(|it| it.is_ascii_alphabetic()));
    typos
}

/// What stands for another type than the literal, or for nothing.
fn of_other_types(literal: &str) -> Vec<String> {
    let inner = literal.trim_matches(['\'', '"']).to_owned();
    let text = literal.starts_with(['\'', '"']);
    let others = if text { ["1", "-1", "0", "(1 + 2)"] } else { ["'1'", "''", "'a'", "('1' + '2')"] };
    let mut ways: Vec<String> = others.iter().map(|it| (*it).to_owned()).collect();
    let shared = [
        "true",
        "false",
        "null",
        "[]",
        "[1]",
        "['a']",
        "1.5",
        "version('1')",
        "duration('1h')",
        "cidr('10.0.0.0/8')",
        "timestamp('2026-01-31T00:00:00Z')",
        "arn('arn:aws:s3:::b')",
        "r",
        "params",
        "..",
        "'",
        "\"",
        "1x",
        "0x1",
        "99999999999999999999",
    ];
    ways.extend(shared.map(str::to_owned));
    ways.extend([
        format!("'{inner}"),
        format!("{inner}'"),
        format!("‘{inner}’"),
        format!("'{inner}\\q'"),
        format!("({literal}"),
    ]);
    ways
}
