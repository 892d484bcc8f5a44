//! What one sees as a file: the same lines, in a form that every spreadsheet reads, and with nothing in it that one
//! executes.

use crate::approve::{open, snapshot};
use crate::stage::{Answer, Stage};
use it::world::World;
use shared::person::Role;

/// A file's rows, read by the rules of RFC 4180.
pub(crate) fn cells(answer: &Answer) -> Vec<Vec<String>> {
    let text = answer.text.strip_prefix('\u{feff}').unwrap_or(&answer.text);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.expect("it is CSV").iter().map(str::to_owned).collect());
    rows.collect()
}

async fn reviewed() -> (World, Stage, String) {
    let world = World::even(3, 1).await;
    world.change_mapping(|mapping| mapping.settings.review_mode = true).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.apply_complete().await;
    let stage = Stage::over(&world).await;
    let viewer = stage.session_with(Role::Viewer).await;
    (world, stage, viewer)
}

#[tokio::test]
async fn a_file_holds_what_the_page_shows_with_the_same_filter() {
    let (world, stage, viewer) = reviewed().await;
    let shown = snapshot(&world).await;
    let file = stage.get(&viewer, "/plan/lines.csv?connection=msp").await.is(200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"acrotask-plan.csv\"");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    let rows = cells(&file);
    assert_eq!(rows.len(), 4);
    let column = |name: &str| rows[0].iter().position(|one| one == name).expect("there is such a column");
    for line in open(&shown) {
        let change = line.change.as_ref().expect("it is open");
        let row = rows.iter().find(|row| row[column("id")] == change.id).expect("it is in the file");
        assert_eq!(row[column("company")], line.place.company.to_string());
        assert_eq!(row[column("line")], line.place.line.expect("it is there").to_string());
        assert_eq!(row[column("units now")], line.units.to_string());
        assert_eq!(row[column("units wanted")], line.wanted.expect("it is known").to_string());
        assert_eq!((row[column("change")].as_str(), row[column("state")].as_str()), ("1", "held"));
        assert_eq!(row[column("money per period")], change.money.expect("it is known").to_string());
        assert_eq!(row[column("from")], change.effective.to_string());
    }
    let company = open(&shown)[0].place.company;
    let one = stage.get(&viewer, &format!("/plan/lines.csv?connection=msp&customer={company}")).await.is(200);
    assert_eq!(cells(&one).len(), 2);
    let none = stage.get(&viewer, "/plan/lines.csv?connection=msp&show=changes").await.is(200);
    assert_eq!(cells(&none).len(), 1);
}

#[tokio::test]
async fn a_file_is_utf_8_with_a_mark_and_ends_its_lines_as_rfc_4180_wants() {
    let (_world, stage, viewer) = reviewed().await;
    let request = stage.bare(&reqwest::Method::GET, "/plan/lines.csv?connection=msp").header("cookie", &viewer);
    let bytes = request.send().await.expect("it answers").bytes().await.expect("it has a body");
    assert!(bytes.starts_with(b"\xef\xbb\xbfcompany,customer,"));
    assert!(bytes.ends_with(b"\r\n"));
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(lines, 4, "each is ended by a carriage return and a line feed");
}

#[tokio::test]
async fn no_cell_is_a_formula_whatever_things_are_called() {
    let (world, stage, viewer) = reviewed().await;
    let names = [
        "=HYPERLINK(\"http://evil.example\",\"x\")",
        "+1+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "\t=1+1",
        "\r\n=1+1",
        "  =1+1",
        "\u{202e}=1+1",
        "\u{200f}=1+1",
        "＝1+1",
        "a\";=1+1;\"b, \"\"c\"\"",
    ];
    let company = world.sold()[0].company;
    for name in names {
        world.sandbox.world(|vendors| vendors.rename_company(company, name));
        world.apply_complete().await;
        for path in ["/plan/lines.csv", "/plan/findings.csv"] {
            let file = stage.get(&viewer, &format!("{path}?connection=msp")).await.is(200);
            for cell in cells(&file).iter().flatten() {
                let begins = cell.trim_start().chars().next().unwrap_or(' ');
                let is_number = cell.parse::<rust_decimal::Decimal>().is_ok();
                assert!(is_number || !"=+-@＝＋－＠\t\r\n".contains(begins), "{name:?} gave {cell:?}");
                assert!(!cell.contains(['\r', '\n', '\t', '\u{202e}', '\u{200f}']), "{name:?} gave {cell:?}");
            }
            let named = |row: &&Vec<String>| row[0] == company.to_string() && row[1].len() > 3;
            assert_eq!(cells(&file).iter().filter(named).count(), 1, "{name:?} is in one row of {path}: {}", file.text);
        }
    }
}

#[tokio::test]
async fn findings_are_a_file_too() {
    let (world, stage, viewer) = reviewed().await;
    let (other, company) = (world.sold()[0].company, world.sold()[1].company);
    world.sandbox.world(|vendors| vendors.rename_company(company, "Müller, \"Söhne\" & Co"));
    world.apply_complete().await;
    let file = stage.get(&viewer, "/plan/findings.csv?connection=msp").await.is(200);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"acrotask-findings.csv\"");
    let rows = cells(&file);
    assert_eq!(rows[0], ["company", "customer", "finding", "what to do"]);
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!((rows[1][0].clone(), rows[1][1].as_str()), (company.to_string(), "Müller, \"Söhne\" & Co"));
    let none = stage.get(&viewer, &format!("/plan/findings.csv?connection=msp&customer={other}")).await.is(200);
    assert_eq!(cells(&none).len(), 1);
}

#[tokio::test]
async fn there_is_no_file_of_a_connection_that_is_none() {
    let (_world, stage, viewer) = reviewed().await;
    for path in ["/plan/lines.csv", "/plan/findings.csv"] {
        for query in ["", "?connection=", "?connection=other", "?connection=msp%23snapshot"] {
            stage.get(&viewer, &format!("{path}{query}")).await.is(404);
        }
    }
}
