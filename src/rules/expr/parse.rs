//! Tokens to a tree, within limits that no honest rule comes near.

use super::ast::{Ast, Name, Node, Operator, Quantifier, RESERVED, Span};
use super::lexer::{SyntaxError, Token, tokens};

/// Bytes of an expression.
const MAX_BYTES: usize = 8 * 1024;
/// How deep a tree may be.
pub(super) const MAX_DEPTH: usize = 64;
/// Nodes of a tree.
const MAX_NODES: usize = 512;

/// Reads an expression.
pub(in crate::rules) fn parse(source: &str) -> Result<Ast, SyntaxError> {
    if source.len() > MAX_BYTES {
        return Err(SyntaxError::new(0..1, format!("this expression is longer than {MAX_BYTES} bytes")));
    }
    let mut parser = Parser { tokens: tokens(source)?, next: 0, depth: 0, nodes: 0 };
    if parser.peek() == &Token::End {
        return Err(SyntaxError::new(parser.span(), "an expression is missing here"));
    }
    let (ast, _) = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(ast),
        _ => Err(parser.unexpected("the end of the expression")),
    }
}

/// A tree and how deep it is.
type Deep = (Ast, usize);
type Parsed = Result<Deep, SyntaxError>;

struct Parser {
    tokens: Vec<(Token, Span)>,
    next: usize,
    depth: usize,
    nodes: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(token, _)| token)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.next).or(self.tokens.last()).map_or(0..0, |(_, span)| span.clone())
    }

    fn advance(&mut self) -> Span {
        let span = self.span();
        self.next += 1;
        span
    }

    fn takes(&mut self, sign: &str) -> bool {
        let fits = self.is(sign);
        if fits {
            self.next += 1;
        }
        fits
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(found) if *found == sign)
    }

    fn expect(&mut self, sign: &str) -> Result<Span, SyntaxError> {
        if self.is(sign) { Ok(self.advance()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> SyntaxError {
        let found = match self.peek() {
            Token::Int(_) => "a number".to_owned(),
            Token::Str(_) => "a string".to_owned(),
            Token::Name(name) => format!("`{name}`"),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::End => "the end".to_owned(),
        };
        SyntaxError::new(self.span(), format!("expected {wanted}, found {found}"))
    }

    fn node(&mut self, span: Span, node: Node, below: usize) -> Parsed {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(SyntaxError::new(span, format!("this expression has more than {MAX_NODES} parts")));
        }
        if below >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        Ok((Ast { span, node }, below + 1))
    }

    /// Choice, right-associative, binds weakest.
    fn expression(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep(self.span()));
        }
        let (condition, a) = self.binary(1)?;
        let result = if self.takes("?") {
            let (then, b) = self.binary(1)?;
            self.expect(":")?;
            let (otherwise, c) = self.expression()?;
            let span = condition.span.start..otherwise.span.end;
            self.node(span, Node::Choice(Box::new([condition, then, otherwise])), a.max(b).max(c))
        } else {
            Ok((condition, a))
        };
        self.depth -= 1;
        result
    }

    /// Operators of at least this binding, left-associative.
    fn binary(&mut self, weakest: u8) -> Parsed {
        let (mut left, mut depth) = self.unary()?;
        while let Some((operator, binding)) = self.operator().filter(|(_, binding)| *binding >= weakest) {
            self.next += 1;
            let (right, below) = self.binary(binding + 1)?;
            let span = left.span.start..right.span.end;
            (left, depth) = self.node(span, Node::Binary(operator, Box::new([left, right])), depth.max(below))?;
        }
        Ok((left, depth))
    }

    fn operator(&self) -> Option<(Operator, u8)> {
        match self.peek() {
            Token::Sign(sign) => Operator::of_sign(sign),
            Token::Name(name) if name == "in" => Operator::of_sign("in"),
            _ => None,
        }
    }

    fn unary(&mut self) -> Parsed {
        let start = self.span();
        if self.is("-")
            && let Some((Token::Int(number), span)) = self.tokens.get(self.next + 1)
        {
            let (number, span) = (*number, start.start..span.end);
            let value = 0_i64.checked_sub_unsigned(number);
            self.next += 2;
            let literal = value.ok_or_else(|| SyntaxError::new(span.clone(), "this number is too large"))?;
            let deep = self.node(span, Node::Int(literal), 0)?;
            return self.postfix(deep);
        }
        let wrap: fn(Box<Ast>) -> Node = match self.peek() {
            Token::Sign("!") => Node::Not,
            Token::Sign("-") => Node::Negate,
            _ => {
                let deep = self.primary()?;
                return self.postfix(deep);
            }
        };
        self.next += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep(start));
        }
        let (operand, below) = self.unary()?;
        self.depth -= 1;
        let span = start.start..operand.span.end;
        self.node(span, wrap(Box::new(operand)), below)
    }

    fn postfix(&mut self, (mut ast, mut depth): Deep) -> Parsed {
        while self.takes(".") {
            let name = self.name()?;
            (ast, depth) = if !self.is("(") {
                let span = ast.span.start..name.span.end;
                self.node(span, Node::Field(Box::new(ast), name), depth)?
            } else if let Some(quantifier) = Quantifier::of_name(&name.text) {
                self.loop_over(quantifier, (ast, depth))?
            } else {
                let (arguments, end, below) = self.arguments()?;
                let span = ast.span.start..end;
                self.node(span, Node::Method(Box::new(ast), name, arguments), depth.max(below))?
            };
        }
        if self.is("[") {
            return Err(SyntaxError::new(self.span(), "lists and objects have no `[…]` here")
                .help("ask a list with all(), exists() or filter()"));
        }
        Ok((ast, depth))
    }

    fn name(&mut self) -> Result<Name, SyntaxError> {
        match self.peek() {
            Token::Name(text) if !matches!(text.as_str(), "true" | "false" | "null" | "in") => {
                let text = text.clone();
                Ok(Name { text, span: self.advance() })
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    fn loop_over(&mut self, quantifier: Quantifier, (list, below): Deep) -> Parsed {
        self.expect("(")?;
        let variable = self.name()?;
        if RESERVED.contains(&variable.text.as_str()) {
            return Err(SyntaxError::new(variable.span, format!("`{}` is reserved: take another name", variable.text)));
        }
        self.expect(",")?;
        let (body, deep) = self.expression()?;
        let end = self.expect(")")?.end;
        let span = list.span.start..end;
        self.node(span, Node::Loop(quantifier, Box::new(list), variable, Box::new(body)), below.max(deep))
    }

    /// `(a, b)`: the arguments, where the bracket closes, and how deep they are.
    fn arguments(&mut self) -> Result<(Vec<Ast>, usize, usize), SyntaxError> {
        self.expect("(")?;
        self.items(")")
    }

    fn items(&mut self, close: &str) -> Result<(Vec<Ast>, usize, usize), SyntaxError> {
        let (mut items, mut depth) = (Vec::new(), 0);
        while !self.is(close) {
            let (item, below) = self.expression()?;
            items.push(item);
            depth = depth.max(below);
            if !self.takes(",") {
                break;
            }
        }
        Ok((items, self.expect(close)?.end, depth))
    }

    fn primary(&mut self) -> Parsed {
        let span = self.span();
        let token = self.peek().clone();
        match token {
            Token::Int(number) => {
                let value =
                    i64::try_from(number).map_err(|_| SyntaxError::new(span.clone(), "this number is too large"));
                self.next += 1;
                self.node(span, Node::Int(value?), 0)
            }
            Token::Str(text) => {
                self.next += 1;
                self.node(span, Node::Str(text), 0)
            }
            Token::Sign("(") => self.parenthesised(&span),
            Token::Sign("[") => {
                self.next += 1;
                let (items, end, below) = self.items("]")?;
                self.node(span.start..end, Node::List(items), below)
            }
            Token::Name(name) => self.named(name, span),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// The place of what stands in brackets is that of the brackets.
    fn parenthesised(&mut self, open: &Span) -> Parsed {
        self.next += 1;
        let (mut inner, depth) = self.expression()?;
        inner.span = open.start..self.expect(")")?.end;
        Ok((inner, depth))
    }

    fn named(&mut self, text: String, span: Span) -> Parsed {
        let node = match text.as_str() {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            "null" => Node::Null,
            "in" => return Err(self.unexpected("a value")),
            word if RESERVED.contains(&word) => {
                return Err(SyntaxError::new(span, format!("`{word}` is reserved and means nothing here")));
            }
            _ => {
                self.next += 1;
                return self.variable_or_call(Name { text, span });
            }
        };
        self.next += 1;
        self.node(span, node, 0)
    }

    fn variable_or_call(&mut self, name: Name) -> Parsed {
        if !self.is("(") {
            return self.node(name.span.clone(), Node::Name(name.text), 0);
        }
        let (arguments, end, below) = self.arguments()?;
        let span = name.span.start..end;
        if name.text != "has" {
            return self.node(span, Node::Call(name, arguments), below);
        }
        match <[Ast; 1]>::try_from(arguments) {
            Ok([Ast { node: Node::Field(of, field), .. }]) => self.node(span, Node::Has(of, field), below),
            _ => Err(SyntaxError::new(span, "has() takes one field, as in has(r.field)")),
        }
    }
}

fn too_deep(span: Span) -> SyntaxError {
    SyntaxError::new(span, format!("this expression is nested deeper than {MAX_DEPTH} levels"))
        .help("name parts of it under `let`")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree with a bracket around everything.
    fn outline(ast: &Ast) -> String {
        let all = |items: &[Ast]| items.iter().map(outline).collect::<Vec<_>>().join(", ");
        match &ast.node {
            Node::Null => "null".into(),
            Node::Bool(value) => value.to_string(),
            Node::Int(value) => value.to_string(),
            Node::Str(text) => format!("{text:?}"),
            Node::List(items) => format!("[{}]", all(items)),
            Node::Name(name) => name.clone(),
            Node::Field(of, name) => format!("{}.{}", outline(of), name.text),
            Node::Has(of, name) => format!("has({}.{})", outline(of), name.text),
            Node::Not(of) => format!("!{}", outline(of)),
            Node::Negate(of) => format!("-{}", outline(of)),
            Node::Binary(operator, sides) => {
                format!("({} {} {})", outline(&sides[0]), operator.sign(), outline(&sides[1]))
            }
            Node::Choice(parts) => {
                format!("({} ? {} : {})", outline(&parts[0]), outline(&parts[1]), outline(&parts[2]))
            }
            Node::Call(name, arguments) => format!("{}({})", name.text, all(arguments)),
            Node::Method(of, name, arguments) => format!("{}.{}({})", outline(of), name.text, all(arguments)),
            Node::Loop(quantifier, list, variable, body) => {
                format!("{}.{quantifier:?}({}: {})", outline(list), variable.text, outline(body))
            }
        }
    }

    #[test]
    fn precedence_and_association() {
        for (source, tree) in [
            ("a || b && c", "(a || (b && c))"),
            ("a && b || c && d", "((a && b) || (c && d))"),
            ("!a.b == c", "(!a.b == c)"),
            ("a - b - c", "((a - b) - c)"),
            ("a + b * c % d", "(a + ((b * c) % d))"),
            ("a < b == c", "((a < b) == c)"),
            ("a in b && c", "((a in b) && c)"),
            ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
            ("a || b ? c : d", "((a || b) ? c : d)"),
            ("(a || b) && c", "((a || b) && c)"),
            ("-1 - -2", "(-1 - -2)"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("-a.b", "-a.b"),
            ("!!a", "!!a"),
            ("has(a.b.c) && x", "(has(a.b.c) && x)"),
            ("cidr.contains(a, b)", "cidr.contains(a, b)"),
            ("a.b.exists(x, x.c == 1)", "a.b.Exists(x: (x.c == 1))"),
            ("a.filter(x, x).map(y, y.z)", "a.Filter(x: x).Map(y: y.z)"),
            ("['a', \"b\",]", "[\"a\", \"b\"]"),
            ("a.size() + size(a)", "(a.size() + size(a))"),
            ("a.in2.as", "a.in2.as"),
        ] {
            assert_eq!(outline(&parse(source).unwrap()), tree, "{source}");
        }
    }

    #[test]
    fn refuses() {
        for (source, span, message) in [
            ("", 0..0, "an expression is missing here"),
            ("// only a comment", 17..17, "an expression is missing here"),
            ("a b", 2..3, "expected the end of the expression, found `b`"),
            ("a ==", 4..4, "expected a value, found the end"),
            ("(a", 2..2, "expected `)`, found the end"),
            ("a)", 1..2, "expected the end of the expression, found `)`"),
            ("a ? b", 5..5, "expected `:`, found the end"),
            ("a.1", 2..3, "expected a name, found a number"),
            ("a[0]", 1..2, "lists and objects have no `[…]` here"),
            ("has(a)", 0..6, "has() takes one field, as in has(r.field)"),
            ("has(a.b, c.d)", 0..13, "has() takes one field, as in has(r.field)"),
            ("a.all(x)", 7..8, "expected `,`, found `)`"),
            ("a.all('x', y)", 6..9, "expected a name, found a string"),
            ("a.all(if, y)", 6..8, "`if` is reserved: take another name"),
            ("if", 0..2, "`if` is reserved and means nothing here"),
            ("9223372036854775808", 0..19, "this number is too large"),
            ("in a", 0..2, "expected a value, found `in`"),
            ("f(a b)", 4..5, "expected `)`, found `b`"),
        ] {
            let error = parse(source).map(|ast| outline(&ast)).unwrap_err();
            assert_eq!((error.span, error.message.as_str()), (span, message), "{source}");
        }
    }

    #[test]
    fn limits_hold() {
        for (source, message) in [
            ("a".repeat(9000), "longer than 8192 bytes"),
            ("(".repeat(8000), "nested deeper than 64"),
            ("!".repeat(8000), "nested deeper than 64"),
            ("- ".repeat(4000), "nested deeper than 64"),
            ("[".repeat(8000), "nested deeper than 64"),
            ("a ? b : ".repeat(1000), "nested deeper than 64"),
            (["a"; 100].join(" && "), "nested deeper than 64"),
            (vec!["a"; 100].join("."), "nested deeper than 64"),
            (format!("f({})", vec!["a"; 600].join(", ")), "more than 512 parts"),
            ("a.all(x, ".repeat(800), "nested deeper than 64"),
        ] {
            let error = parse(&source).unwrap_err();
            assert!(error.message.contains(message), "{error:?}");
        }
    }
}
