//! Every alert type that a vendor lists, all at once: the file stays one that a person can read and edit.

use crate::samples::{World, world};
use acrotask::mapping_file::import;
use sandbox::{Sandbox, Seed};
use shared::alert::{AlertKind, AlertType, Severity};
use shared::alert_settings::{AlertRow, Usual};
use std::collections::BTreeSet;

/// The most lines that a type may take, those between the blocks included.
const MOST_LINES: usize = 9;

/// A mapping that says nothing of the alert types, in a world where the vendor lists all of its types.
async fn with_all_types() -> World {
    let sandbox = Sandbox::start(Seed { customers: 1, ..Seed::default() }).await.expect("the sandbox starts");
    let types = sandbox.world(|vendors| vendors.acronis.alerts.types.clone());
    let of = |kind: sandbox::acronis::alerts::types::AlertType| AlertType {
        id: AlertKind::new(kind.id),
        label: kind.alias,
        category: kind.category,
        severity: Severity::of(&format!("{:?}", kind.severity)),
        enabled: kind.enabled,
    };
    let mut world = world();
    world.alert_types = types.into_iter().map(of).map(|kind| (kind.id.clone(), kind)).collect();
    world.mapping.alerts.clear();
    world
}

/// The part of the file that is about alert types.
fn blocks(text: &str) -> &str {
    &text[text.find("\n# -- Backup\n").expect("the vendor has types about backups")..]
}

#[tokio::test]
async fn t1_a_hundred_and_fifty_types_are_exported_shortly_and_imported_as_nothing_said() {
    let world = with_all_types().await;
    let text = world.exported();
    let types = world.alert_types.len();
    assert!(types >= 150, "{types}");
    assert_eq!(blocks(&text).matches("\n[[alert]] # ").count(), types);
    assert!(blocks(&text).lines().count() < types * MOST_LINES, "{}", blocks(&text).lines().count());
    let longest = text.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(180), "{longest:?}");
    assert_eq!(import(&text, &world.mapping), Ok(world.mapping.clone()));
}

#[tokio::test]
async fn t1_types_stand_by_category_as_the_vendor_groups_them_and_by_name() {
    let world = with_all_types().await;
    let text = world.exported();
    let groups: Vec<&str> = blocks(&text).lines().filter_map(|line| line.strip_prefix("# -- ")).collect();
    insta::assert_snapshot!(groups.join("\n"), @"
    Backup
    Disaster recovery
    Antimalware protection
    URL filtering
    Licensing
    EDR
    Device control
    System
    Public Clouds connection
    Software deployment
    Management
    Search
    Monitoring
    cti.a.p.am.alert.category.v1.0~sandbox.saas_security.v1.0
    Email security
    Mobile
    Notarization
    ");
    let mut named = 0;
    for group in blocks(&text).split("\n# -- ") {
        let names = group.lines().filter_map(|line| line.strip_prefix("[[alert]] # "));
        let names: Vec<String> = names.map(|line| line.split(" · ").next().unwrap_or(line).to_lowercase()).collect();
        assert!(names.is_sorted(), "{names:?}");
        named += names.len();
    }
    assert_eq!(named, world.alert_types.len());
}

#[tokio::test]
async fn t1_lines_whose_mark_is_taken_away_say_what_was_usual() {
    let world = with_all_types().await;
    let mut text = world.exported();
    for key in ["ticket", "priority", "status", "due_minutes"] {
        text = text.replace(&format!("\n# {key} = "), &format!("\n{key} = "));
    }
    let mapping = import(&text, &world.mapping).unwrap_or_else(|faults| panic!("refused: {faults:#?}"));
    assert_eq!(mapping.alerts.keys().collect::<BTreeSet<_>>(), world.alert_types.keys().collect());
    for (kind, row) in &mapping.alerts {
        let listed = &world.alert_types[kind];
        let Usual { ticket, priority, status, due_minutes } = Usual::of_type(listed);
        let expected = AlertRow {
            label: listed.label.clone().unwrap_or_default(),
            ticket: Some(ticket),
            priority: Some(priority),
            status: Some(status),
            due_minutes: Some(due_minutes),
            ..AlertRow::default()
        };
        assert_eq!(*row, expected, "{kind}");
    }
    let again = World { mapping: mapping.clone(), ..world };
    assert_eq!(import(&again.exported(), &mapping), Ok(mapping));
}
