//! Expressions with no more parentheses than people need.
//!
//! A stored expression has parentheses around every operation. Which of them PostgreSQL leaves out in texts for people depends on what
//! they are around, and on what that is part of; the rules are those of `isSimpleNode` in PostgreSQL 16.

mod tokens;

use std::borrow::Cow;

use tokens::{Token, TokenKind, tokens};

/// The text of an expression as `pg_get_expr(…, true)` shows it. What is not an expression of this form is left as it is.
pub(super) fn without_parentheses(text: &str) -> Cow<'_, str> {
    if !text.contains('(') {
        return Cow::Borrowed(text);
    }
    let Some(tokens) = tokens(text) else { return Cow::Borrowed(text) };
    // Queries inside expressions are printed by other rules.
    if tokens.iter().any(|token| token.is_word("SELECT")) {
        return Cow::Borrowed(text);
    }
    let mut edits = Edits(vec![Edit::default(); tokens.len()]);
    for item in items(&tokens, 0, tokens.len()) {
        visit(&tokens, item, Parent::Separated, &mut edits);
    }
    Cow::Owned(edits.applied(&tokens))
}

/// What is done with each token.
struct Edits(Vec<Edit>);

#[derive(Clone, Default)]
struct Edit {
    is_dropped: bool,
    /// Parentheses that are added before and after it.
    opens: usize,
    closes: usize,
}

impl Edits {
    fn applied(&self, tokens: &[Token<'_>]) -> String {
        let (mut shown, mut blank) = (String::new(), "");
        for (token, edit) in tokens.iter().zip(&self.0) {
            if blank.is_empty() {
                blank = token.blank;
            }
            if !edit.is_dropped {
                shown.push_str(blank);
                shown.extend(std::iter::repeat_n('(', edit.opens));
                shown.push_str(token.text);
                blank = "";
            }
            shown.extend(std::iter::repeat_n(')', edit.closes));
        }
        shown
    }

    fn drop(&mut self, (start, end): Span) {
        self.0[start].is_dropped = true;
        self.0[end - 1].is_dropped = true;
    }

    fn add(&mut self, (start, end): Span) {
        self.0[start].opens += 1;
        self.0[end - 1].closes += 1;
    }
}

/// What an expression is, as far as parentheses depend on it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sort {
    /// A column, a constant, a call, an array, CASE.
    Simple,
    /// A cast of something.
    Cast {
        of_simple: bool,
    },
    Operation(Priority),
    /// `IS NULL`, `IS TRUE`, `IS DISTINCT FROM`.
    Test,
    And,
    Or,
    Not,
    /// A call that is written as an operation, which has parentheses of its own.
    Closed,
    /// Anything else, for example `= ANY (…)` and COLLATE.
    Other,
}

/// Operators whose order everybody knows, and the others.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Priority {
    Sum,
    Product,
    Comparison,
    Unknown,
}

/// What an expression is part of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Parent {
    /// Nothing, or what has separators of its own: lists of arguments, arrays, CASE.
    Separated,
    Operation {
        priority: Priority,
        is_first: bool,
    },
    Junction(Sort),
    /// What keeps parentheses around all that is not simple.
    Tight,
}

type Span = (usize, usize);

/// Whether an expression needs no parentheses as part of another.
fn is_simple(sort: Sort, parent: Parent) -> bool {
    match (sort, parent) {
        (_, Parent::Separated) | (Sort::Simple | Sort::Closed, _) => true,
        (Sort::Cast { of_simple }, _) => of_simple,
        (Sort::Operation(Priority::Product), Parent::Operation { priority: Priority::Sum, .. }) => true,
        (Sort::Operation(own @ (Priority::Sum | Priority::Product)), Parent::Operation { priority, is_first }) => {
            own == priority && is_first
        }
        (Sort::Operation(_) | Sort::Test | Sort::Not | Sort::And, Parent::Junction(Sort::And | Sort::Or)) => true,
        (Sort::Operation(_) | Sort::Test, Parent::Junction(_)) => true,
        (Sort::Or, Parent::Junction(Sort::Or)) => true,
        _ => false,
    }
}

/// Decides about the parentheses in an expression.
fn visit(tokens: &[Token<'_>], span: Span, parent: Parent, edits: &mut Edits) {
    if let Some(inside) = group(tokens, span) {
        let parts = items(tokens, inside.0, inside.1);
        let [only] = parts.as_slice() else {
            return parts.into_iter().for_each(|part| visit(tokens, part, Parent::Separated, edits));
        };
        let own = sort(tokens, *only);
        if own == Sort::Closed {
            return visit_parts(tokens, *only, own, edits);
        }
        if is_simple(own, parent) {
            edits.drop(span);
        }
        return visit(tokens, *only, Parent::Separated, edits);
    }
    let own = sort(tokens, span);
    if !is_simple(own, parent) {
        edits.add(span);
    }
    visit_parts(tokens, span, own, edits);
}

fn visit_parts(tokens: &[Token<'_>], span: Span, own: Sort, edits: &mut Edits) {
    let parts = parts(tokens, span);
    if parts.as_slice() == [span] {
        return visit_operand(tokens, span, edits);
    }
    for (place, part) in parts.into_iter().enumerate() {
        let is_list = part.0 > span.0 && ["ANY", "ALL", "IN"].iter().any(|word| tokens[part.0 - 1].is_word(word));
        if let Some(inside) = group(tokens, part).filter(|_| is_list) {
            items(tokens, inside.0, inside.1).into_iter().for_each(|item| visit(tokens, item, Parent::Separated, edits));
            continue;
        }
        let parent = match own {
            Sort::Operation(priority) => Parent::Operation { priority, is_first: place == 0 },
            Sort::And | Sort::Or | Sort::Not => Parent::Junction(own),
            _ => Parent::Tight,
        };
        visit(tokens, part, parent, edits);
    }
}

/// A constant, a column, a call, an array or CASE, and what follows it: casts, subscripts, fields.
fn visit_operand(tokens: &[Token<'_>], (start, end): Span, edits: &mut Edits) {
    if let Some(close) = tokens[start].close.filter(|_| tokens[start].is_word("CASE")) {
        return branches(tokens, (start + 1, close)).into_iter().for_each(|part| visit(tokens, part, Parent::Separated, edits));
    }
    let mut place = start;
    while place < end {
        let Some(close) = tokens[place].close else {
            place += 1;
            continue;
        };
        let is_cast = close + 1 < end && tokens[close + 1].kind == TokenKind::Cast;
        if place == start && tokens[place].text == "(" && is_cast {
            visit(tokens, (place, close + 1), Parent::Tight, edits);
        } else {
            let arguments = items(tokens, place + 1, close).into_iter();
            // `POSITION((a) IN (b))` keeps its parentheses.
            let is_plain = |item: &Span| !outermost(tokens, item.0, item.1).iter().any(|place| tokens[*place].is_word("IN"));
            arguments.filter(is_plain).for_each(|item| visit(tokens, item, Parent::Separated, edits));
        }
        place = close + 1;
    }
}

/// The expressions of a CASE.
fn branches(tokens: &[Token<'_>], (start, end): Span) -> Vec<Span> {
    let (mut found, mut from) = (Vec::new(), start);
    for place in outermost(tokens, start, end) {
        if ["WHEN", "THEN", "ELSE"].iter().any(|word| tokens[place].is_word(word)) {
            found.push((from, place));
            from = place + 1;
        }
    }
    found.push((from, end));
    found.retain(|(from, end)| from < end);
    found
}

/// What stands inside the parentheses, where they are around all of it.
fn group(tokens: &[Token<'_>], (start, end): Span) -> Option<Span> {
    let first = tokens.get(start).filter(|_| start < end)?;
    (first.text == "(" && first.close? + 1 == end).then_some((start + 1, end - 1))
}

/// The parts between commas.
fn items(tokens: &[Token<'_>], start: usize, end: usize) -> Vec<Span> {
    let (mut found, mut from) = (Vec::new(), start);
    for place in outermost(tokens, start, end) {
        if tokens[place].text == "," {
            found.push((from, place));
            from = place + 1;
        }
    }
    found.push((from, end));
    found.retain(|(from, end)| from < end);
    found
}

/// The places of tokens that are in no parentheses, brackets or CASE of their own; of those only where they begin.
fn outermost(tokens: &[Token<'_>], start: usize, end: usize) -> Vec<usize> {
    let (mut found, mut place) = (Vec::new(), start);
    while place < end {
        found.push(place);
        place = tokens[place].close.unwrap_or(place) + 1;
    }
    found
}

/// The operands of an expression; the expression itself where it is one.
fn parts(tokens: &[Token<'_>], (start, end): Span) -> Vec<Span> {
    let (mut found, mut from) = (Vec::new(), start);
    let places = outermost(tokens, start, end);
    for (number, place) in places.iter().copied().enumerate() {
        let token = &tokens[place];
        if token.kind == TokenKind::Operator || token.joins() {
            found.push((from, place));
            from = tokens[place].close.map_or(place + 1, |close| close + 1);
        } else if number > 0 && token.text == "(" && tokens[place - 1].joins() {
            from = place;
        }
    }
    found.push((from, end));
    found.retain(|(from, end)| from < end);
    found
}

fn sort(tokens: &[Token<'_>], span: Span) -> Sort {
    if let Some(inside) = group(tokens, span) {
        return match items(tokens, inside.0, inside.1).as_slice() {
            [only] => sort(tokens, *only),
            _ => Sort::Other,
        };
    }
    let places = outermost(tokens, span.0, span.1);
    let has = |word: &str| places.iter().any(|place| tokens[*place].is_word(word));
    if has("AT") {
        return Sort::Closed;
    }
    if has("OR") {
        return Sort::Or;
    }
    if has("AND") && !has("BETWEEN") {
        return Sort::And;
    }
    if tokens[span.0].is_word("NOT") {
        return Sort::Not;
    }
    if has("IS") {
        return Sort::Test;
    }
    if ["ANY", "ALL", "IN", "BETWEEN", "COLLATE", "LIKE", "ILIKE", "SIMILAR", "OVERLAPS"].iter().any(|word| has(word)) {
        return Sort::Other;
    }
    let operators: Vec<usize> = places.iter().copied().filter(|place| tokens[*place].kind == TokenKind::Operator).collect();
    match operators.as_slice() {
        [] => {}
        [only] if *only > span.0 => return Sort::Operation(priority(tokens[*only].text)),
        _ => return Sort::Operation(Priority::Unknown),
    }
    match places.iter().copied().rfind(|place| tokens[*place].kind == TokenKind::Cast) {
        Some(cast) => Sort::Cast { of_simple: is_cast_simple(tokens, (span.0, cast), tokens.get(cast + 1)) },
        None => Sort::Simple,
    }
}

/// Casts that call a function are simple, and others are as simple as what they cast. Numbers are cast to other numbers by functions,
/// and so are truth values; by their texts are cast numbers to texts, and what is taken out of JSON.
fn is_cast_simple(tokens: &[Token<'_>], operand: Span, target: Option<&Token<'_>>) -> bool {
    let is_text = target.is_some_and(|target| matches!(target.text, "text" | "character" | "bpchar" | "name" | "varchar"));
    match sort(tokens, operand) {
        Sort::Cast { of_simple } => of_simple,
        Sort::Operation(Priority::Sum | Priority::Product) => !is_text,
        Sort::Operation(Priority::Comparison) => true,
        Sort::Operation(Priority::Unknown) | Sort::Other => false,
        Sort::Simple | Sort::Closed | Sort::Test | Sort::And | Sort::Or | Sort::Not => true,
    }
}

fn priority(operator: &str) -> Priority {
    match operator {
        "+" | "-" => Priority::Sum,
        "*" | "/" | "%" => Priority::Product,
        "=" | "<>" | "<" | ">" | "<=" | ">=" | "~" | "!~" | "~*" | "!~*" | "~~" | "!~~" | "~~*" | "!~~*" => Priority::Comparison,
        _ => Priority::Unknown,
    }
}

#[cfg(test)]
mod tests;
