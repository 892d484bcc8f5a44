//! The mapping file in a clerk's hands: faults are told by line and key, and change nothing.

use it::desk::{Desk, sold_as};

fn line_of(text: &str, words: &str) -> usize {
    text.lines().position(|line| line.contains(words)).expect("the line is there") + 1
}

#[tokio::test]
async fn a_bad_file_is_told_by_line_key_and_what_was_expected_and_changes_nothing() {
    let desk = Desk::new(1).await;
    desk.run("mapping export before.toml").await.exits(0);
    let sound = sold_as(&desk.read("before.toml"), "pw_base_servers", "Acronis Servers");
    let bad = sound.replacen("rounding = \"up\"", "rounding = \"sideways\"", 1).replacen(
        "jumps = true",
        "jumps = \"yes\"",
        1,
    );
    desk.write("bad.toml", &bad);
    let refused = desk.run("mapping import bad.toml").await.exits(1);
    let (rounding, jumps) = (line_of(&bad, "sideways"), line_of(&bad, "\"yes\""));
    refused
        .notes(&["bad.toml was not taken over, and nothing was changed"])
        .notes(&[&format!("line {rounding}, product[1].rounding"), "sideways", "nearest"])
        .notes(&[&format!("line {jumps}, settings.holds.jumps"), "true or false"]);
    desk.write("broken.toml", &sound.replacen("[settings]", "[settings", 1));
    let line = line_of(&sound, "[settings]");
    desk.run("mapping import broken.toml").await.exits(1).notes(&[&format!("line {line}")]);
    desk.run("mapping export after.toml").await.exits(0);
    assert_eq!(desk.read("before.toml"), desk.read("after.toml"));
}

#[tokio::test]
async fn a_file_travels_through_standard_streams_and_missing_ones_are_told() {
    let desk = Desk::new(1).await;
    let shown = desk.run("mapping export -").await.exits(0);
    assert!(toml::from_str::<toml::Table>(&shown.out).is_ok_and(|file| file.contains_key("settings")), "{shown:#?}");
    desk.run("mapping import -").await.exits(1).notes(&["standard input was not taken over"]);
    desk.run("mapping import nowhere.toml").await.exits(1).notes(&["nowhere.toml cannot be read"]);
    desk.run("mapping export no/such/folder.toml").await.exits(1).notes(&["cannot be written"]);
    desk.run("mapping export over.toml").await.exits(0);
    desk.run("mapping export --force over.toml").await.exits(0);
}
