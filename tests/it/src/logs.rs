//! What a function wrote, as CloudWatch reads it: lines of a log, and metrics in the embedded metric format (Amazon
//! CloudWatch user guide, Embedded metric format specification). A line that is neither fails the story.

use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// The units that CloudWatch takes and we have a use for.
const UNITS: [&str; 5] = ["Count", "Milliseconds", "Seconds", "Percent", "None"];
/// The most metrics and the most dimensions that one line may have.
const MOST: (usize, usize) = (100, 30);
/// How old a line may be in a test; CloudWatch takes two weeks.
const HOUR_MILLIS: i64 = 3_600_000;

/// The lines of a function's log, apart from those that are metrics.
pub fn lines(written: &str) -> Vec<Value> {
    all(written).into_iter().filter(|line| line.get("_aws").is_none()).collect()
}

/// The lines that tell a failure.
pub fn errors(written: &str) -> Vec<Value> {
    lines(written).into_iter().filter(|line| line["level"] == "ERROR").collect()
}

/// The metrics, line by line, each of them as the format has it.
pub fn metrics(written: &str) -> Vec<Value> {
    let metrics: Vec<Value> = all(written).into_iter().filter(|line| line.get("_aws").is_some()).collect();
    metrics.iter().for_each(assert_embedded);
    metrics
}

fn all(written: &str) -> Vec<Value> {
    let lines = written.lines().filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn array<'v>(value: &'v Value, whole: &Value) -> &'v Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("an array is missing in {whole}"))
}

fn assert_embedded(line: &Value) {
    let at = line["_aws"]["Timestamp"].as_i64().unwrap_or_else(|| panic!("no time in {line}"));
    assert!((Timestamp::now().as_millisecond() - at).abs() < HOUR_MILLIS, "another time in {line}");
    let directives = array(&line["_aws"]["CloudWatchMetrics"], line);
    assert!(!directives.is_empty(), "no metrics in {line}");
    for directive in directives {
        let namespace = directive["Namespace"].as_str().unwrap_or_default();
        assert!(!namespace.is_empty() && !namespace.starts_with("AWS/"), "another's namespace in {line}");
        let sets = array(&directive["Dimensions"], line);
        assert!(!sets.is_empty(), "no dimensions in {line}");
        for set in sets {
            let names = array(set, line).iter().map(|name| name.as_str().expect("a name is text"));
            let texts = names.map(|name| line[name].as_str().filter(|text| !text.is_empty()));
            assert!(texts.clone().all(|text| text.is_some()) && texts.count() <= MOST.1, "{set} of {line}");
        }
        let metrics = array(&directive["Metrics"], line);
        let names: BTreeSet<&str> = metrics.iter().filter_map(|metric| metric["Name"].as_str()).collect();
        assert!(names.len() == metrics.len() && (1..=MOST.0).contains(&names.len()), "names twice in {line}");
        assert!(names.iter().all(|name| line[*name].is_number()), "no number for one of {names:?} in {line}");
        assert!(metrics.iter().all(|metric| UNITS.contains(&metric["Unit"].as_str().unwrap_or("None"))), "{line}");
    }
}
