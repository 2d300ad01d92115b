//! What was written, with the place of every part.

use std::ops::Range;

/// A range of bytes of the expression's text.
pub(in crate::rules) type Span = Range<usize>;

/// An expression as written.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) struct Ast {
    /// Where it stands.
    pub(in crate::rules) span: Span,
    /// What it is.
    pub(in crate::rules) node: Node,
}

/// What an [`Ast`] is.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) enum Node {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `42`
    Int(i64),
    /// `'text'`
    Str(String),
    /// `[a, b]`
    List(Vec<Ast>),
    /// `r`
    Name(String),
    /// `of.name`
    Field(Box<Ast>, Name),
    /// `has(of.name)`
    Has(Box<Ast>, Name),
    /// `!a`
    Not(Box<Ast>),
    /// `-a`
    Negate(Box<Ast>),
    /// `a && b`
    Binary(Operator, Box<[Ast; 2]>),
    /// `a ? b : c`
    Choice(Box<[Ast; 3]>),
    /// `f(a, b)`
    Call(Name, Vec<Ast>),
    /// `of.f(a)`; also a function with a dot in its name
    Method(Box<Ast>, Name, Vec<Ast>),
    /// `list.all(variable, body)`
    Loop(Quantifier, Box<Ast>, Name, Box<Ast>),
}

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) struct Name {
    /// The name.
    pub(in crate::rules) text: String,
    /// Where.
    pub(in crate::rules) span: Span,
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    /// Every operator, its sign, and how strongly it binds.
    const TABLE: [(&'static str, Self, u8); 14] = [
        ("||", Self::Or, 1),
        ("&&", Self::And, 2),
        ("==", Self::Equal, 3),
        ("!=", Self::Unequal, 3),
        ("<", Self::Less, 3),
        ("<=", Self::LessEqual, 3),
        (">", Self::Greater, 3),
        (">=", Self::GreaterEqual, 3),
        ("in", Self::In, 3),
        ("+", Self::Add, 4),
        ("-", Self::Subtract, 4),
        ("*", Self::Multiply, 5),
        ("/", Self::Divide, 5),
        ("%", Self::Remainder, 5),
    ];

    /// The operator that is written so, and how strongly it binds.
    pub(super) fn of_sign(sign: &str) -> Option<(Self, u8)> {
        Self::TABLE.into_iter().find(|(of, ..)| *of == sign).map(|(_, operator, binding)| (operator, binding))
    }

    /// How it is written.
    pub(in crate::rules) fn sign(self) -> &'static str {
        Self::TABLE.into_iter().find(|(_, of, _)| *of == self).map_or("", |(sign, ..)| sign)
    }
}

/// What a loop over a list asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) enum Quantifier {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}

impl Quantifier {
    const TABLE: [(&'static str, Self); 5] = [
        ("all", Self::All),
        ("exists", Self::Exists),
        ("exists_one", Self::ExistsOne),
        ("filter", Self::Filter),
        ("map", Self::Map),
    ];

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::TABLE.into_iter().find(|(of, _)| *of == name).map(|(_, quantifier)| quantifier)
    }

    /// Whether it gives a list; otherwise it is a condition.
    pub(super) const fn makes_a_list(self) -> bool {
        matches!(self, Self::Filter | Self::Map)
    }
}

/// Words that CEL keeps for itself: no variable may have such a name.
pub(in crate::rules) const RESERVED: [&str; 20] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
    "true",
    "false",
    "null",
];
