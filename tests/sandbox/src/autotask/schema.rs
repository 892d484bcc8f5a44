//! The entities Autotask offers here: their fields, kinds, picklists and what may be written. New
//! entities are added to `entities.txt` or `service_desk.txt` beside this file; nothing in here holds rows.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The kind of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 32-bit whole number.
    Int,
    /// 64-bit whole number.
    Long,
    /// Text of at most so many characters.
    Text(usize),
    /// Yes or no.
    Bool,
    /// Exact decimal.
    Money,
    /// Moment.
    Time,
}

impl Kind {
    /// The name in `…/entityInformation/fields`.
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Int => "integer",
            Self::Long => "long",
            Self::Text(_) => "string",
            Self::Bool => "boolean",
            Self::Money => "decimal",
            Self::Time => "datetime",
        }
    }
}

/// One field of an entity.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Name on the wire.
    pub name: &'static str,
    /// Kind of value.
    pub kind: Kind,
    /// Must be given on create.
    pub required: bool,
    /// Set by the vendor only.
    pub read_only: bool,
    /// May be given on create, not changed later.
    pub fixed: bool,
    /// Kept by the sandbox, never sent nor asked for.
    pub hidden: bool,
    /// Rows are found quickly by it.
    pub indexed: bool,
    /// Singular name of the entity it points to.
    pub reference: Option<&'static str>,
    /// Picklist values with their labels; values are text even for whole numbers.
    pub picklist: Vec<(&'static str, &'static str)>,
    /// Field whose value narrows the picklist, with the value that each of its own belongs to.
    pub picklist_parent: Option<(&'static str, Vec<(&'static str, &'static str)>)>,
    /// May be asked for in queries.
    pub queryable: bool,
}

/// One entity: its path name and what the API lets a client do with it.
#[derive(Debug, PartialEq, Eq)]
pub struct Entity {
    /// Plural name in paths, "ContractServiceUnits".
    pub name: &'static str,
    /// Singular name in references, "ContractServiceUnit".
    pub singular: &'static str,
    /// Name in operations, "contract_service_units".
    pub operation: String,
    /// Rows get ids from here on.
    pub first_id: i64,
    /// POST is possible (at the root, or under the parent).
    pub can_create: bool,
    /// PATCH is possible.
    pub can_update: bool,
    /// DELETE is possible.
    pub can_delete: bool,
    /// GET and query are possible.
    pub can_query: bool,
    /// Parent and path part for writes and lists below it: ("Contracts", "Services", "contractID").
    pub parent: Option<(&'static str, &'static str, &'static str)>,
    /// Number of this entity in the picklist of `udfType`, if it has user-defined fields.
    pub udf_type: Option<i64>,
    /// Fields, the id first.
    pub fields: Vec<Field>,
    by_name: HashMap<String, usize>,
}

impl Entity {
    /// Position of a field the crate itself names.
    pub(crate) fn index(&self, field: &str) -> usize {
        self.fields
            .iter()
            .position(|known| known.name == field)
            .unwrap_or_else(|| panic!("{} has no field {field}", self.name))
    }

    /// The value of the parent field that a value of a field's picklist belongs to.
    pub(crate) fn parent_value(&self, field: &str, value: i64) -> Option<&'static str> {
        let (_, parents) = self.fields[self.index(field)].picklist_parent.as_ref()?;
        parents.iter().find(|(known, _)| *known == value.to_string()).map(|(_, parent)| *parent)
    }

    /// Position of a field a client names, without regard to case; hidden ones are not found.
    pub(crate) fn find(&self, field: &str) -> Option<usize> {
        self.by_name.get(&field.to_ascii_lowercase()).copied()
    }

    /// Writes go below the parent, not to the root.
    pub(crate) fn is_child(&self) -> bool {
        self.parent.is_some()
    }
}

static ENTITIES: LazyLock<Vec<Entity>> = LazyLock::new(|| {
    [include_str!("entities.txt"), include_str!("service_desk.txt")].into_iter().flat_map(parse).collect()
});

/// All entities.
#[must_use]
pub fn entities() -> &'static [Entity] {
    &ENTITIES
}

/// An entity by its path name, without regard to case.
#[must_use]
pub fn entity(name: &str) -> Option<&'static Entity> {
    ENTITIES.iter().find(|entity| entity.name.eq_ignore_ascii_case(name))
}

fn parse(text: &'static str) -> Vec<Entity> {
    let mut entities: Vec<Entity> = Vec::new();
    let lines = text.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        if first == "entity" {
            entities.push(parse_entity(words));
            continue;
        }
        let entity = entities.last_mut().expect("fields follow their entity");
        if first == "pick" {
            let (field, values) = line[5..].split_once(' ').expect("pick FIELD values");
            let index = entity.index(field);
            entity.fields[index].picklist = parse_picklist(values);
            continue;
        }
        if first == "parent" {
            let field = words.next().expect("parent FIELD PARENTFIELD values");
            let above = words.next().expect("parent FIELD PARENTFIELD values");
            let index = entity.index(field);
            entity.fields[index].picklist_parent = words.next().map(|values| (above, parse_picklist(values)));
            continue;
        }
        let field = parse_field(first, words);
        if !field.hidden {
            let position = entity.fields.len();
            entity.by_name.insert(first.to_ascii_lowercase(), position);
        }
        entity.fields.push(field);
    }
    entities
}

fn parse_entity(mut words: impl Iterator<Item = &'static str>) -> Entity {
    let name = words.next().expect("entity NAME");
    let mut entity = Entity {
        name,
        singular: words.next().expect("entity NAME SINGULAR"),
        operation: snake_case(name),
        first_id: 1,
        can_create: false,
        can_update: false,
        can_delete: false,
        can_query: true,
        parent: None,
        udf_type: None,
        fields: Vec::new(),
        by_name: HashMap::new(),
    };
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("create", _) => entity.can_create = true,
            ("update", _) => entity.can_update = true,
            ("delete", _) => entity.can_delete = true,
            ("noquery", _) => entity.can_query = false,
            ("first", id) => entity.first_id = id.parse().expect("first=NUMBER"),
            ("udf", number) => entity.udf_type = number.parse().ok(),
            ("under", place) => {
                let mut parts = place.split('/');
                let mut part = || parts.next().expect("under=PARENT/PART/FIELD");
                entity.parent = Some((part(), part(), part()));
            }
            (other, _) => panic!("unknown word {other} for entity {name}"),
        }
    }
    entity
}

fn parse_field(name: &'static str, mut words: impl Iterator<Item = &'static str>) -> Field {
    let kind = words.next().expect("FIELD KIND");
    let mut field = Field {
        name,
        kind: parse_kind(kind),
        required: false,
        read_only: false,
        fixed: false,
        hidden: false,
        indexed: false,
        reference: None,
        picklist: Vec::new(),
        picklist_parent: None,
        queryable: true,
    };
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("required", _) => field.required = true,
            ("readonly", _) => field.read_only = true,
            ("fixed", _) => field.fixed = true,
            ("hidden", _) => field.hidden = true,
            ("index", _) => field.indexed = true,
            ("unasked", _) => field.queryable = false,
            ("ref", entity) => field.reference = Some(entity),
            (other, _) => panic!("unknown word {other} for field {name}"),
        }
    }
    field
}

fn parse_kind(word: &str) -> Kind {
    match word {
        "int" => Kind::Int,
        "long" => Kind::Long,
        "bool" => Kind::Bool,
        "money" => Kind::Money,
        "time" => Kind::Time,
        text => {
            let length = text.strip_prefix("text").and_then(|length| length.parse().ok());
            Kind::Text(length.unwrap_or_else(|| panic!("unknown kind {text}")))
        }
    }
}

fn parse_picklist(values: &'static str) -> Vec<(&'static str, &'static str)> {
    values.split(',').filter_map(|entry| entry.trim().split_once('=')).collect()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
