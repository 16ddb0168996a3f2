//! Paths as they are printed.

use super::{Base, Comparison, Expr, JsonPath, LAST_LEVEL, Operator, Sign, Step};
use crate::io::json::write_string;

pub fn write(path: &JsonPath, out: &mut String) {
    if path.strict {
        out.push_str("strict ");
    }
    expr(&path.expr, true, out);
}

/// How strongly an operator binds its operands.
fn priority(base: &Base) -> u8 {
    match base {
        Base::Or(..) => 0,
        Base::And(..) => 1,
        Base::Compare(..) | Base::StartsWith(..) => 2,
        Base::Arithmetic(Operator::Add | Operator::Subtract, ..) => 3,
        Base::Arithmetic(..) => 4,
        Base::Unary(..) => 5,
        _ => 6,
    }
}

fn expr(expr: &Expr, in_parentheses: bool, out: &mut String) {
    base(&expr.base, in_parentheses, out);
    for step in &expr.steps {
        self::step(step, out);
    }
}

fn base(base: &Base, in_parentheses: bool, out: &mut String) {
    let mut wrapped = |write: &mut dyn FnMut(&mut String)| {
        if in_parentheses {
            out.push('(');
        }
        write(out);
        if in_parentheses {
            out.push(')');
        }
    };
    let operand = |operand: &Expr, out: &mut String| expr(operand, priority(&operand.base) <= priority(base), out);
    let mut infix = |left: &Expr, symbol: &str, right: &Expr| {
        wrapped(&mut |out| {
            operand(left, out);
            out.push_str(&format!(" {symbol} "));
            operand(right, out);
        });
    };
    match base {
        Base::Or(left, right) => infix(left, "||", right),
        Base::And(left, right) => infix(left, "&&", right),
        Base::Compare(comparison, left, right) => infix(left, symbol(*comparison), right),
        Base::StartsWith(left, right) => infix(left, "starts with", right),
        Base::Arithmetic(operator, left, right) => infix(left, operator.symbol(), right),
        Base::Unary(sign, inner) => wrapped(&mut |out| {
            out.push(if *sign == Sign::Minus { '-' } else { '+' });
            operand(inner, out);
        }),
        Base::LikeRegex { operand: inner, pattern, flags } => wrapped(&mut |out| {
            operand(inner, out);
            out.push_str(" like_regex ");
            write_string(pattern, out);
            if !flags.is_empty() {
                out.push_str(&format!(" flag \"{flags}\""));
            }
        }),
        Base::Root => out.push('$'),
        Base::Current => out.push('@'),
        Base::Last => out.push_str("last"),
        Base::Null => out.push_str("null"),
        Base::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Base::Number(digits) => out.push_str(digits),
        Base::String(text) => write_string(text, out),
        Base::Variable(name) => {
            out.push('$');
            write_string(name, out);
        }
        Base::Not(inner) => enclosed("!(", inner, ")", out),
        Base::IsUnknown(inner) => enclosed("(", inner, ") is unknown", out),
        Base::Exists(inner) => enclosed("exists (", inner, ")", out),
    }
}

fn enclosed(before: &str, inner: &Expr, behind: &str, out: &mut String) {
    out.push_str(before);
    expr(inner, false, out);
    out.push_str(behind);
}

fn symbol(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        order => order.sign(),
    }
}

fn step(step: &Step, out: &mut String) {
    let level = |level: u32| if level == LAST_LEVEL { "last".to_owned() } else { level.to_string() };
    match step {
        Step::Key(key) => {
            out.push('.');
            write_string(key, out);
        }
        Step::AnyKey => out.push_str(".*"),
        Step::AnyItem => out.push_str("[*]"),
        Step::Items(items) => {
            out.push('[');
            for (place, (from, to)) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                expr(from, false, out);
                if let Some(to) = to {
                    out.push_str(" to ");
                    expr(to, false, out);
                }
            }
            out.push(']');
        }
        Step::Descend(0, LAST_LEVEL) => out.push_str(".**"),
        Step::Descend(from, to) if from == to => out.push_str(&format!(".**{{{}}}", level(*from))),
        Step::Descend(from, to) => out.push_str(&format!(".**{{{} to {}}}", level(*from), level(*to))),
        Step::Filter(condition) => enclosed("?(", condition, ")", out),
        Step::Method(method) => out.push_str(&format!(".{}()", method.name())),
    }
}
