//! What must hold of the deployment's template, and that it and the code say the same: which function may do what,
//! what each finds in its environment, what wakes it, and what tells when it does not work; and that the runbook tells
//! people of it. The template is read as text; nothing is deployed.

mod breaks;
mod permissions;
mod reach;
mod runbook;
mod watching;
mod wiring;

use crate::sources::{Offenders, root};
use serde_json::{Map, Value, json};
use yaml_serde::Value as Yaml;

const PATH: &str = "infra/template.yaml";

/// The template, in the long form that CloudFormation gives its functions.
struct Template {
    text: String,
    all: Value,
}

/// A Lambda function of the template.
struct Lambda<'t> {
    /// The name of its resource.
    name: &'t str,
    /// The binary it is made of.
    binary: &'t str,
    properties: &'t Value,
}

/// What is wrong with a resource, and with which.
type Faults = Vec<(String, String)>;

/// A rule, and its name.
type Rule = (&'static str, fn(&Template) -> Faults);

impl Template {
    fn read() -> Self {
        Self::of(&std::fs::read_to_string(root().join(PATH)).expect("the template should be there"))
    }

    fn of(text: &str) -> Self {
        let yaml: Yaml = yaml_serde::from_str(text).unwrap_or_else(|error| panic!("{PATH} is no YAML: {error}"));
        Self { text: text.to_owned(), all: long_form(yaml) }
    }

    fn resources(&self) -> &Map<String, Value> {
        self.all["Resources"].as_object().expect("a template has resources")
    }

    /// The resources of a kind, with their properties.
    fn of_kind<'t>(&'t self, kind: &str) -> impl Iterator<Item = (&'t str, &'t Value)> {
        let all = self.resources().iter().filter(move |(_, resource)| resource["Type"] == kind);
        all.map(|(name, resource)| (name.as_str(), &resource["Properties"]))
    }

    /// The addresses of a function that stand beside it, each with the name of its resource.
    fn urls_of<'t>(&'t self, lambda: &Lambda<'_>) -> Vec<(&'t str, &'t Value)> {
        let own = format!("${{{}.Arn}}", lambda.name);
        self.of_kind("AWS::Lambda::Url").filter(|(_, url)| text(&url["TargetFunctionArn"]) == own).collect()
    }

    /// Whether a function has an address that anybody can call.
    fn has_address(&self, lambda: &Lambda<'_>) -> bool {
        lambda.properties["FunctionUrlConfig"].is_object() || !self.urls_of(lambda).is_empty()
    }

    fn lambdas(&self) -> Vec<Lambda<'_>> {
        let all = self.of_kind("AWS::Serverless::Function");
        let binary =
            |name| self.resources()[name]["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap_or_default();
        all.map(|(name, properties)| Lambda { name, binary: binary(name), properties }).collect()
    }

    /// The line on which a resource begins.
    fn line_of(&self, resource: &str) -> usize {
        let head = format!("  {resource}:");
        self.text.lines().position(|line| line == head).map_or(1, |index| index + 1)
    }
}

/// YAML's short tags as CloudFormation's long names: `!Ref X` is `{"Ref": "X"}` (AWS CloudFormation user guide,
/// Intrinsic function reference).
fn long_form(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Tagged(tagged) => {
            let (tag, value) = (tagged.tag.to_string(), long_form(tagged.value));
            match (tag.trim_start_matches('!'), value) {
                ("Ref", value) => json!({"Ref": value}),
                ("GetAtt", Value::String(text)) => {
                    json!({"Fn::GetAtt": text.splitn(2, '.').collect::<Vec<_>>()})
                }
                (name, value) => json!({format!("Fn::{name}"): value}),
            }
        }
        Yaml::Mapping(mapping) => {
            let name = |key: Yaml| key.as_str().map(str::to_owned).expect("a name in the template is text");
            Value::Object(mapping.into_iter().map(|(key, value)| (name(key), long_form(value))).collect())
        }
        Yaml::Sequence(values) => Value::Array(values.into_iter().map(long_form).collect()),
        Yaml::Number(number) => number.as_i64().map_or_else(|| panic!("{number} is no whole number"), Value::from),
        Yaml::String(text) => Value::String(text),
        Yaml::Bool(is) => Value::Bool(is),
        Yaml::Null => Value::Null,
    }
}

/// A text as `!Sub` writes it, whatever it is written with: `${Table.Arn}`, `${AWS::StackName}-dispatch`.
fn text(value: &Value) -> String {
    if let Some(name) = value["Ref"].as_str() {
        return format!("${{{name}}}");
    }
    if let [Some(name), Some(attribute)] = [0, 1].map(|at| value["Fn::GetAtt"][at].as_str()) {
        return format!("${{{name}.{attribute}}}");
    }
    value["Fn::Sub"].as_str().or(value.as_str()).unwrap_or_default().to_owned()
}

/// One value or a list of them, as a list.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        value => vec![value],
    }
}

/// The resource that a text is the address of: `Table` for `${Table.Arn}`.
fn resource_of(text: &str) -> Option<&str> {
    text.strip_prefix("${")?.strip_suffix(".Arn}")
}

#[track_caller]
fn holds(rules: &[Rule]) {
    let template = Template::read();
    let mut offenders = Offenders::default();
    for (rule, faults) in rules {
        for (resource, what) in faults(&template) {
            offenders.add(PATH, template.line_of(&resource), format!("{resource}: {what} ({rule})"));
        }
    }
    offenders.none();
}

#[test]
fn each_function_may_do_what_its_code_does_and_nothing_else() {
    holds(&permissions::RULES);
}

#[test]
fn what_wakes_a_function_reaches_it_and_no_other() {
    holds(&wiring::RULES);
}

#[test]
fn what_is_kept_is_safe_and_what_fails_is_told() {
    holds(&watching::RULES);
}

#[test]
fn the_runbook_tells_of_each_alarm_parameter_and_output() {
    holds(&runbook::RULES);
}
