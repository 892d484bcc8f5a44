//! What an export says.

use crate::samples::world;

#[test]
fn an_export_tells_a_person_what_to_do() {
    insta::assert_snapshot!(world().exported(), @"");
}
