//! The filter language of queries: read from JSON, checked, and matched against rows. (Autotask
//! developer help, REST basic and advanced query calls.)

use super::cell::{Cell, Row, decimal};
use super::schema::{Entity, Kind};
use crate::clock::parse_moment;
use serde_json::Value;
use std::cmp::Ordering;

const MOST_CONDITIONS: usize = 500;

/// A filter, checked against an entity.
#[derive(Debug)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Field { position: usize, test: Test },
    Udf { name: String, test: Test },
}

/// What a single value is tested for.
#[derive(Debug)]
pub(crate) enum Test {
    Exists(bool),
    /// The value compares in one of these ways.
    Compares(&'static [Ordering], Cell),
    Begins(String),
    Ends(String),
    Contains(String),
    OneOf(Vec<Cell>),
    NoneOf(Vec<Cell>),
    /// Never true: a whole number field asked with a text.
    Never,
}

/// Reads filters and counts what the vendor limits.
pub(crate) struct Reader<'a> {
    pub(crate) entity: &'a Entity,
    pub(crate) udf_names: &'a [String],
    /// Numbers given as text count as numbers (GET form).
    pub(crate) lenient: bool,
    pub(crate) conditions: usize,
    pub(crate) udf_conditions: usize,
}

impl Reader<'_> {
    /// Reads the top-level array; it is a conjunction and must not be empty.
    pub(crate) fn read(&mut self, filter: Option<&Value>) -> Result<Filter, String> {
        let nodes = filter.and_then(Value::as_array).filter(|nodes| !nodes.is_empty());
        let nodes = nodes.ok_or("The query must contain a filter.")?;
        let all = nodes.iter().map(|node| self.node(node)).collect::<Result<_, _>>()?;
        if self.udf_conditions > 1 {
            return Err("Only one user-defined field condition is allowed per query.".to_owned());
        }
        if self.conditions > MOST_CONDITIONS {
            return Err(format!("A query may have at most {MOST_CONDITIONS} OR conditions."));
        }
        Ok(Filter::All(all))
    }

    fn node(&mut self, node: &Value) -> Result<Filter, String> {
        let op = property(node, "op").and_then(Value::as_str).unwrap_or_default();
        let op = op.to_ascii_lowercase();
        if op == "and" || op == "or" {
            let items = property(node, "items").and_then(Value::as_array);
            let items = items.ok_or_else(|| format!("The group '{op}' has no items."))?;
            if op == "or" {
                self.conditions += items.len();
            }
            let parts = items.iter().map(|item| self.node(item)).collect::<Result<_, _>>()?;
            return Ok(if op == "or" { Filter::Any(parts) } else { Filter::All(parts) });
        }
        let field = property(node, "field").and_then(Value::as_str).unwrap_or_default();
        let value = property(node, "value").unwrap_or(&Value::Null);
        if property(node, "udf") == Some(&Value::Bool(true)) {
            return self.udf(&op, field, value);
        }
        let position = self
            .entity
            .find(field)
            .ok_or_else(|| format!("Unable to find {field} in the {} Entity.", self.entity.singular))?;
        if !self.entity.fields[position].queryable {
            return Err(format!("{field} of the {} Entity is not queryable.", self.entity.singular));
        }
        let kind = self.entity.fields[position].kind;
        let test = self.test(&op, kind, value)?;
        Ok(Filter::Field { position, test })
    }

    fn udf(&mut self, op: &str, field: &str, value: &Value) -> Result<Filter, String> {
        self.udf_conditions += 1;
        let known = self.udf_names.iter().find(|name| name.eq_ignore_ascii_case(field));
        let name = known.ok_or_else(|| {
            format!("Unable to find user-defined field {field} in the {} Entity.", self.entity.singular)
        })?;
        let test = self.test(op, Kind::Text(usize::MAX), value)?;
        Ok(Filter::Udf { name: name.clone(), test })
    }

    fn test(&mut self, op: &str, kind: Kind, value: &Value) -> Result<Test, String> {
        use Ordering::{Equal, Greater, Less};
        let ways: &'static [Ordering] = match op {
            "exist" => return Ok(Test::Exists(true)),
            "notexist" => return Ok(Test::Exists(false)),
            "in" | "notin" => return self.list(op == "in", kind, value),
            "beginswith" => return Ok(Test::Begins(text_of(value))),
            "endswith" => return Ok(Test::Ends(text_of(value))),
            "contains" => return Ok(Test::Contains(text_of(value))),
            "eq" => &[Equal],
            "noteq" => &[Less, Greater],
            "gt" => &[Greater],
            "gte" => &[Greater, Equal],
            "lt" => &[Less],
            "lte" => &[Less, Equal],
            other => return Err(format!("Unknown query operator '{other}'.")),
        };
        let cell = self.value(kind, value)?;
        Ok(cell.map_or(Test::Never, |cell| Test::Compares(ways, cell)))
    }

    fn list(&mut self, wanted: bool, kind: Kind, value: &Value) -> Result<Test, String> {
        let values = value.as_array().ok_or("The operators in and notIn need an array.")?;
        self.conditions += values.len();
        let cells = values.iter().map(|value| self.value(kind, value));
        let cells: Vec<Option<Cell>> = cells.collect::<Result<_, _>>()?;
        let cells = cells.into_iter().flatten().collect();
        Ok(if wanted { Test::OneOf(cells) } else { Test::NoneOf(cells) })
    }

    /// The value as the field's kind; `None` when it can match nothing.
    fn value(&self, kind: Kind, value: &Value) -> Result<Option<Cell>, String> {
        let wrong = || {
            let name = kind.wire_name();
            let given = text_of(value);
            format!("Conversion failed when converting varchar '{given}' to data type {name}.")
        };
        match (kind, value) {
            (_, Value::Null) => Err("The condition has no value.".to_owned()),
            (Kind::Int | Kind::Long, Value::String(text)) => {
                let number = text.parse().map_err(|_| wrong())?;
                Ok(self.lenient.then_some(Cell::Int(number)))
            }
            (Kind::Int | Kind::Long, Value::Number(number)) => {
                number.as_i64().map(|number| Some(Cell::Int(number))).ok_or_else(wrong)
            }
            (Kind::Money, _) => decimal(&text_of(value)).map(|it| Some(it.into())).ok_or_else(wrong),
            (Kind::Time, _) => parse_moment(&text_of(value)).map(|it| Some(it.into())).ok_or_else(wrong),
            (Kind::Bool, Value::Bool(yes)) => Ok(Some((*yes).into())),
            (Kind::Text(_), _) => Ok(Some(text_of(value).as_str().into())),
            _ => Err(wrong()),
        }
    }
}

/// A property by name without regard to case.
pub(crate) fn property<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let mut pairs = object.as_object()?.iter();
    pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Filter {
    /// Whether a row passes.
    pub(crate) fn accepts(&self, row: &Row) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.accepts(row)),
            Self::Any(parts) => parts.iter().any(|part| part.accepts(row)),
            Self::Field { position, test } => test.accepts(row.at(*position)),
            Self::Udf { name, test } => {
                let value = row.udf(name).map_or(Cell::Null, Cell::from);
                test.accepts(&value)
            }
        }
    }

    /// Whole numbers a field must be one of for any row to pass, where the filter says so.
    pub(crate) fn required_values(&self, wanted: usize) -> Option<Vec<i64>> {
        let number = |cell: &Cell| match cell {
            Cell::Int(number) => Some(*number),
            _ => None,
        };
        match self {
            Self::All(parts) => parts.iter().find_map(|part| part.required_values(wanted)),
            Self::Field { position, test } if *position == wanted => match test {
                Test::Compares([Ordering::Equal], cell) => number(cell).map(|it| vec![it]),
                Test::OneOf(cells) => cells.iter().map(number).collect(),
                _ => None,
            },
            _ => None,
        }
    }

    /// The greatest id known to be too small for any row to pass.
    pub(crate) fn id_above(&self) -> Option<i64> {
        match self {
            Self::All(parts) => parts.iter().filter_map(Self::id_above).max(),
            Self::Field { position: 0, test: Test::Compares(ways, Cell::Int(id)) } => match ways {
                [Ordering::Greater] => Some(*id),
                [Ordering::Greater, Ordering::Equal] => Some(id - 1),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Test {
    fn accepts(&self, cell: &Cell) -> bool {
        match (self, cell) {
            (Self::Exists(wanted), cell) => (*cell != Cell::Null) == *wanted,
            (Self::Never, _) | (_, Cell::Null) => false,
            (Self::Compares(ways, value), cell) => compare(cell, value).is_some_and(|way| ways.contains(&way)),
            (Self::OneOf(values), cell) => values.iter().any(|value| same(cell, value)),
            (Self::NoneOf(values), cell) => !values.iter().any(|value| same(cell, value)),
            (Self::Begins(part), Cell::Text(text)) => fold(text).starts_with(&fold(part)),
            (Self::Ends(part), Cell::Text(text)) => fold(text).ends_with(&fold(part)),
            (Self::Contains(part), Cell::Text(text)) => fold(text).contains(&fold(part)),
            _ => false,
        }
    }
}

fn same(left: &Cell, right: &Cell) -> bool {
    compare(left, right) == Some(Ordering::Equal)
}

/// Texts compare without regard to case, as the vendor's database does.
fn compare(left: &Cell, right: &Cell) -> Option<Ordering> {
    match (left, right) {
        (Cell::Int(a), Cell::Int(b)) => Some(a.cmp(b)),
        (Cell::Money(a), Cell::Money(b)) => Some(a.cmp(b)),
        (Cell::Time(a), Cell::Time(b)) => Some(a.cmp(b)),
        (Cell::Bool(a), Cell::Bool(b)) => Some(a.cmp(b)),
        (Cell::Text(a), Cell::Text(b)) => Some(fold(a).cmp(&fold(b))),
        _ => None,
    }
}

fn fold(text: &str) -> String {
    text.to_lowercase()
}
