//! Expressions by hcl-edit: isolated slices only, and only such as it reads correctly and fast. Whole files never come
//! here: it misreads empty heredocs, and its objects and heredocs cost quadratic time.

use std::collections::BTreeMap;

use hcl_edit::Number;
use hcl_edit::expr::{Expression, ObjectKey, UnaryOperator};
use hcl_edit::template::{Element, StringTemplate, Strip};

use super::literal::negate;
use crate::value::Value;

/// Room for almost every real default; more goes to the decoder of literals, which is linear.
const BYTES: usize = 16 << 10;
/// Keys of one object are compared with each other, so their number has to stay small.
const SEPARATORS: usize = 128;
const DEPTH: usize = 16;

/// Whether a slice is of a kind that hcl-edit decodes better than a look at its first byte would.
pub(crate) fn fits(source: &str) -> bool {
    if source.len() > BYTES || !source.starts_with(['[', '{', '(', '"', '-']) {
        return false;
    }
    let (mut depth, mut deepest, mut separators, mut previous) = (0_usize, 0, 0, 0);
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' | b'=' | b':' => separators += 1,
            b'<' if previous == b'<' => return false,
            _ => {}
        }
        deepest = deepest.max(depth);
        previous = byte;
    }
    deepest <= DEPTH && separators <= SEPARATORS
}

/// `None` if hcl-edit refuses the slice, which does not mean that it is wrong.
pub(crate) fn decode(source: &str) -> Option<Value> {
    source.parse::<Expression>().ok().map(|expression| value(&expression))
}

fn value(expression: &Expression) -> Value {
    match expression {
        Expression::Null(_) => Value::Null,
        Expression::Bool(value) => Value::Bool(*value.value()),
        Expression::Number(value) => number(value.value()),
        Expression::String(value) => Value::string(value.value().clone()),
        Expression::Array(values) => Value::List(values.iter().map(value).collect()),
        Expression::Object(members) => {
            let members = members.iter().map(|(name, member)| Some((key(name)?, value(member.expr()))));
            members.collect::<Option<BTreeMap<_, _>>>().map_or(Value::Other, Value::Object)
        }
        Expression::Parenthesis(group) => value(group.inner()),
        Expression::UnaryOp(operation) if *operation.operator.value() == UnaryOperator::Neg => {
            negate(&value(&operation.expr))
        }
        Expression::StringTemplate(template) => string(template),
        _ => Value::Other,
    }
}

fn key(name: &ObjectKey) -> Option<String> {
    match name {
        ObjectKey::Ident(name) => Some(name.as_str().to_owned()),
        ObjectKey::Expression(Expression::Variable(name)) => Some(name.as_str().to_owned()),
        // As a bare key even this is a name.
        ObjectKey::Expression(Expression::Null(_)) => Some("null".to_owned()),
        ObjectKey::Expression(expression) => match value(expression) {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            _ => None,
        },
    }
}

fn number(number: &Number) -> Value {
    match (number.as_u64(), number.as_f64()) {
        (Some(whole), _) if !number.is_f64() => Value::Number(whole.into()),
        (_, Some(float)) => Value::number(float),
        _ => Value::Other,
    }
}

/// A template whose parts are all literal, such as 0.11's `"${true}"`.
fn string(template: &StringTemplate) -> Value {
    let mut text = String::new();
    for element in template.iter() {
        let part = match element {
            Element::Literal(part) => Value::String(part.value().clone()),
            Element::Interpolation(part) if part.strip == Strip::None => value(&part.expr),
            Element::Interpolation(_) | Element::Directive(_) => Value::Other,
        };
        match part {
            // An interpolation alone in its string keeps its type.
            part if template.len() == 1 => return part,
            Value::String(part) => text.push_str(&part),
            Value::Bool(part) => text.push_str(&part.to_string()),
            Value::Number(part) => text.push_str(&part.to_string()),
            _ => return Value::Other,
        }
    }
    Value::string(text)
}
