//! Random input, from a fixed seed: rule files and expressions that are nearly right, and ones that are nothing. What checks is
//! evaluated, by closures and by the interpreter. `AURORA_AUDIT_FUZZ_INPUTS` sets how many.

use rayon::prelude::*;

use crate::rules::expr::eval_tests::ATOMS;
use crate::rules::testing::{MODEL, check, decide, decide_fast, load, sample};

const PIECES: &[&str] = &[
    "r",
    "e",
    ".",
    "public",
    "port",
    "name",
    "retention",
    "doors",
    "exports",
    "params",
    "limit",
    "(",
    ")",
    "[",
    "]",
    ",",
    "&&",
    "||",
    "!",
    "==",
    "!=",
    "<",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "?",
    ":",
    " in ",
    "has(",
    "'a'",
    "\"",
    "'",
    "\\",
    "0",
    "1",
    "9223372036854775807",
    "-9223372036854775808",
    "null",
    "true",
    ".all(x, ",
    ".exists(x, x",
    ".map(x, x)",
    ".filter(x, ",
    "cidr('10.0.0.0/8')",
    "cidr.prefix_len(",
    "duration('1h')",
    "time.since(",
    "time.observed()",
    "arn.matches(",
    "version(",
    ".matches('a*')",
    ".matches('(')",
    "int(",
    "size(",
    "//",
    "\n",
    "\u{e4}",
    "\u{0}",
    "\u{202e}",
    "{{",
    "}}",
    "#",
    "let",
    "\t",
];

/// A small generator of numbers (xorshift): the same inputs every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 1).unwrap()
    }

    fn below(&mut self, end: usize) -> usize {
        self.next() % end.max(1)
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// Pieces one after another, or conditions joined by operators.
    fn expression(&mut self) -> String {
        let joined = self.below(2) == 0;
        let count = 1 + self.below(if joined { 5 } else { 25 });
        let mut text = String::new();
        for _ in 0..count {
            text.push_str(if joined { self.pick(ATOMS) } else { self.pick(PIECES) });
            if joined {
                text.push_str(self.pick(&[" && ", " || ", " == ", " ? ", " : ", ", ", " && !"]));
            }
        }
        text.push_str(if joined { self.pick(ATOMS) } else { "" });
        self.edited(&text)
    }

    /// A text with some of it removed, repeated or replaced.
    fn edited(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..self.below(4) {
            let from = text.floor_char_boundary(self.below(text.len() + 1));
            let to = text.floor_char_boundary((from + self.below(12)).min(text.len())).max(from);
            let piece = self.pick(PIECES);
            text.replace_range(from..to, piece);
        }
        text
    }
}

fn try_expression(numbers: &mut Numbers) -> bool {
    let source = numbers.expression();
    let Ok(checked) = check(&source, &[]) else { return false };
    if matches!(checked.ty, crate::rules::expr::Ty::Bool) && !checked.optional {
        assert_eq!(decide_fast(&source, &sample()), decide(&source, &sample()).0, "{source}");
    }
    true
}

fn try_file(numbers: &mut Numbers) -> bool {
    let text = numbers.edited(MODEL);
    match load("rules/resilience/res-deletion-protection.yaml", &text) {
        Ok(_) => true,
        Err(errors) => {
            let shown = errors.to_string();
            assert!(errors.0.iter().all(|error| error.line > 0 && error.column > 0), "{shown}");
            false
        }
    }
}

#[test]
fn random_input_never_panics() {
    let inputs = std::env::var("AURORA_AUDIT_FUZZ_INPUTS").ok().and_then(|it| it.parse().ok()).unwrap_or(20_000_u64);
    let accepted: usize = (0..inputs)
        .into_par_iter()
        .map(|seed| {
            let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
            numbers.next();
            usize::from(if seed.is_multiple_of(20) { try_file(&mut numbers) } else { try_expression(&mut numbers) })
        })
        .sum();
    println!("{inputs} inputs, {accepted} accepted");
    assert!(accepted as u64 * 100 > inputs && (accepted as u64) < inputs, "{accepted} of {inputs} say something");
}
