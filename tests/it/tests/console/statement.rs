//! A customer's month as a page and as a file: what is told, what is said not to be known, and to whom.

use crate::csv::cells;
use crate::provider::{NOT_MAPPED, Provider, mapped};
use crate::stage::{Answer, Stage, connection};
use it::lines::Sold;
use it::world::World;
use jiff::civil::Date;
use shared::decision::{Decided, Decision};
use shared::explain::explain;
use shared::ids::{CompanyId, ServiceId};
use shared::person::Role;
use shared::run::Approval;

/// A line that was read on 10 November, changed by us from the 11th with a hostile name's approval, and by somebody else
/// on the 14th, as a run of the 15th saw and mended.
async fn november() -> (World, Stage, String, Sold) {
    let world = World::even(2, 1).await;
    world.change_mapping(|mapping| mapping.settings.review_mode = true).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.apply_complete().await;
    let held = crate::approve::snapshot(&world).await;
    let sold = world.sold().remove(0);
    let line = held.lines[&CompanyId(sold.company)][0].clone();
    let approval = Approval {
        ids: vec![line.change.expect("it is open").id],
        companies: Default::default(),
        lines: Default::default(),
        by: "<script>alert(1)</script>\u{202e}clerk".to_owned(),
        at: world.now(),
    };
    world.host.store.save_approval(&world.connection, &approval).await.expect("it is stored");
    world.apply_complete().await;
    world.change_mapping(|mapping| mapping.settings.review_mode = false).await;
    world.pass_days(3);
    let today = world.today();
    world.sandbox.world(|vendors| vendors.human_adjust(sold.line, 2, today)).expect("it is changed");
    world.pass_days(1);
    world.apply_complete().await;
    let stage = Stage::over(&world).await;
    let viewer = stage.session_with(Role::Viewer).await;
    (world, stage, viewer, sold)
}

/// The rows of the first table as days, units and how that is known.
fn stretches(page: &str) -> Vec<(String, String, String)> {
    let (_, body) = page.split_once("<tbody>").expect("there is a table");
    let (body, _) = body.split_once("</tbody>").expect("it ends");
    let text = |cell: &str| {
        let cell = cell.split_once('>').map_or(cell, |(_, rest)| rest);
        cell.split("</t").next().unwrap_or_default().replace("<bdi>", "").replace("</bdi>", "")
    };
    let row = |row: &str| {
        let cells: Vec<String> = row.split("<t").skip(1).map(text).collect();
        (cells[0].clone(), cells[1].clone(), cells[3].clone())
    };
    body.split("<tr>").skip(1).map(row).collect()
}

async fn of(stage: &Stage, viewer: &str, sold: &Sold, month: &str) -> Answer {
    stage.get(viewer, &format!("/statement?connection=msp&company={}&month={month}", sold.company)).await.is(200)
}

#[tokio::test]
async fn a_month_is_told_day_by_day_with_what_led_there_and_what_nobody_wrote_down() {
    let (world, stage, viewer, sold) = november().await;
    let units = world.units(&sold);
    let page = of(&stage, &viewer, &sold, "2026-11").await;
    let told = stretches(&page.text);
    let days: Vec<(&str, &str)> = told.iter().map(|(days, units, _)| (days.as_str(), units.as_str())).collect();
    let number = units.to_string();
    assert_eq!(
        days,
        [
            ("2026-11-01 to 2026-11-10", "not told"),
            ("2026-11-11 to 2026-11-14", number.as_str()),
            ("2026-11-15", number.as_str()),
            ("2026-11-16 to 2026-11-30", number.as_str()),
        ]
    );
    assert!(told[0].2.contains(&format!("{} were found for 2026-11-11", units - 1)), "{told:?}");
    let others =
        format!("somebody else changed them to {} on a day that nobody wrote down, seen for 2026-11-15", units + 2);
    assert!(told[1].2.starts_with("as we set them; ") && told[1].2.contains(&others), "{told:?}");
    assert_eq!(
        (told[2].2.as_str(), told[3].2.ends_with("to come, unless something changes")),
        ("as we set them", true)
    );
    // Why, by which run, approved by whom, and the usage behind it.
    let page = page.shows(&format!("{} → {units} from 2026-11-11", units - 1)).shows("changed by somebody else");
    let page = page.shows("approved by &#60;script&#62;").hides("<script>alert").hides("\u{202e}");
    let page =
        page.shows(&format!("usage of tenant {} for 2026-11-11", sold.tenant)).shows("found before our first change");
    let page = page.shows("This is no invoice").shows("The month goes on: this is up to 2026-11-15.");
    let shown = crate::approve::snapshot(&world).await;
    let service = shown.services.iter().find(|one| one.id == ServiceId(sold.service)).expect("it is listed");
    let price = service.unit_price.expect("it has a price");
    page.shows(&format!("list price of one unit {price:.2} a month"))
        .shows(&format!(">{:.2} a month</td>", price * rust_decimal::Decimal::from(units)))
        .shows(&format!(
            "<p class=\"standing\"><bdi>{}",
            shown.companies.iter().find(|one| one.id.0 == sold.company).expect("it is").name
        ));
}

#[tokio::test]
async fn the_usage_that_was_read_is_shown_with_the_days_it_is_of_and_that_of_a_periods_end_is_kept() {
    let (world, stage, viewer, sold) = november().await;
    // The same is read on the 15th as on the 11th.
    let used = world.used(&sold);
    of(&stage, &viewer, &sold, "2026-11").await.shows("<th scope=\"row\">2026-11-11 to 2026-11-15</th>");
    world.pass_days(16);
    world.set_used(&sold, used + 3);
    world.apply_complete().await;
    let page = of(&stage, &viewer, &sold, "2026-11").await.hides("The month goes on");
    let page = page.shows("<th scope=\"row\">2026-11-30</th>").shows(&format!("<td class=\"number\">{used}</td></tr>"));
    assert_eq!(stretches(&page.text).last().expect("there is one").0, "2026-11-15 to 2026-11-30");
    let page = of(&stage, &viewer, &sold, "2026-12").await;
    assert_eq!(stretches(&page.text)[0].1, world.units(&sold).to_string());
    let page = page.shows(&format!("→ {} from 2026-12-01", world.units(&sold)));
    // What was in force as the month began was changed before it.
    page.hides("2026-11-11");
}

#[tokio::test]
async fn u8_what_people_decided_of_the_line_in_the_month_is_told() {
    let (world, stage, viewer, sold) = november().await;
    let decision = |from: i8, until: i8, reason: &str| Decision {
        what: Decided::Adjust { units: 4, until: jiff::civil::date(2026, 11, until) },
        from: jiff::civil::date(2026, 11, from),
        by: "Ada".to_owned(),
        reason: reason.to_owned(),
    };
    world
        .change_mapping(|mapping| {
            let row = mapping.customers.get_mut(&CompanyId(sold.company)).expect("it is mapped");
            row.decisions.insert(ServiceId(sold.service), vec![decision(20, 30, "agreed <b>by phone</b>")]);
        })
        .await;
    let page = of(&stage, &viewer, &sold, "2026-11").await.shows("Decided by people");
    page.shows("from 2026-11-20: adjusted to 4 until 2026-11-30 by Ada: agreed &#60;b&#62;by phone&#60;/b&#62;");
    world.pass_days(30);
    of(&stage, &viewer, &sold, "2026-12").await.hides("Decided by people");
}

#[tokio::test]
async fn a_contract_that_is_prepaid_is_said_not_to_be_told() {
    let (world, stage, viewer, sold) = november().await;
    of(&stage, &viewer, &sold, "2026-11").await.hides("Not in this statement");
    world.sandbox.world(|vendors| vendors.set_udf(sold.contract, "Acronis PAYG", Some("No")));
    world.apply_complete().await;
    let page = of(&stage, &viewer, &sold, "2026-11").await.shows("Not in this statement");
    page.shows(&format!("Contract {}", sold.contract)).shows("is prepaid. Its units are sold ahead");
}

#[tokio::test]
async fn the_file_has_a_row_for_each_line_and_day_that_says_what_explaining_that_day_says() {
    let (world, stage, viewer, sold) = november().await;
    world.sandbox.world(|vendors| vendors.rename_company(sold.company, "=1+1, \"GmbH\""));
    world.apply_complete().await;
    let path = format!("/statement/days.csv?connection=msp&company={}&month=2026-11", sold.company);
    let file = stage.get(&viewer, &path).await.is(200);
    let named = format!("attachment; filename=\"acrotask-statement-{}-2026-11.csv\"", sold.company);
    assert_eq!(file.header("content-disposition"), named);
    let rows = cells(&file);
    let column = |name: &str| rows[0].iter().position(|one| one == name).unwrap_or_else(|| panic!("no column {name}"));
    assert_eq!(rows.len(), 31, "thirty days of one line");
    let changes = world.host.store.changes_of_company(&world.connection, CompanyId(sold.company)).await.expect("read");
    assert_eq!(changes.len(), 2);
    for (at, row) in rows[1..].iter().enumerate() {
        let day: Date = row[column("day")].parse().expect("it is a day");
        assert_eq!(day, jiff::civil::date(2026, 11, at as i8 + 1), "days follow one another");
        let told = explain(CompanyId(sold.company), "", &changes, &[], day);
        let chapters = told.first().map(|told| told.chapters.clone()).unwrap_or_default();
        let left = chapters.iter().rev().find_map(|chapter| match chapter {
            shared::explain::Chapter::Us(change) if change.intent.effective <= day => Some(change.intent.wanted),
            _ => None,
        });
        assert_eq!(row[column("units")], left.map(|units| units.to_string()).unwrap_or_default(), "{day}");
        assert_eq!(row[column("customer")], "'=1+1, \"GmbH\"", "no cell is a formula");
        let is_read = (11..=15).contains(&(at + 1));
        assert_eq!(!row[column("in base units")].is_empty(), is_read, "{day}: {row:?}");
    }
    let of_11th = &rows[11];
    assert_eq!(
        of_11th[column("in base units")],
        (u64::try_from(world.used(&sold)).expect("small") * sold.size).to_string()
    );
    assert!(of_11th[column("approved by")].contains("clerk") && !of_11th[column("by run")].is_empty());
    assert!(of_11th[column("at list price per period")].ends_with(" a month"));
}

#[tokio::test]
async fn a_month_or_customer_that_is_none_or_another_connections_has_no_statement() {
    let (world, stage, viewer, sold) = november().await;
    world.host.store.save_connection(&connection("south")).await.expect("it is stored");
    let company = sold.company;
    for (status, query) in [
        (404, format!("connection=south&company={company}")),
        (404, format!("connection=nowhere&company={company}")),
        (404, "connection=msp&company=999999".to_owned()),
        (404, "connection=msp&company=%3Cscript%3E".to_owned()),
        (404, "connection=msp&company=".to_owned()),
        (400, format!("connection=msp&company={company}&month=2026-12")),
        (400, format!("connection=msp&company={company}&month=2026-13")),
        (400, format!("connection=msp&company={company}&month=1999-12")),
        (400, format!("connection=msp&company={company}&month=2026-11-01")),
        (400, format!("connection=msp&company={company}&month=%3Cscript%3E")),
        (400, format!("connection=msp&company={company}&month=2026-1")),
        (400, format!("connection=msp&company={company}&company=1")),
    ] {
        for path in ["/statement", "/statement/days.csv"] {
            stage.get(&viewer, &format!("{path}?{query}")).await.is(status).hides("<script>");
        }
    }
    stage.get(&viewer, "/statement/days.csv?connection=msp").await.is(404);
    stage.get(&viewer, &format!("/statement/days.csv?company={company}")).await.is(404);
    // Without a month it is the running one.
    let page = stage.get(&viewer, &format!("/statement?company={company}")).await.is(200);
    let page = page.shows("November 2026</p>").hides("Month after").shows("month=2026-10");
    drop(page.shows("data-prints hidden").shows("print this page with your browser"));
    let early = of(&stage, &viewer, &sold, "2025-03").await;
    early.shows("Nothing is known of any line of this customer in this month.").hides("as we set them");
}

#[tokio::test]
async fn plan_explanation_and_customers_lead_to_the_statement() {
    let (_world, stage, viewer, sold) = november().await;
    let link = format!("/statement?connection=msp&#38;company={}", sold.company);
    stage.get(&viewer, "/customers?connection=msp").await.is(200).shows(&link);
    let explained = format!("/explain?connection=msp&company={}&service={}", sold.company, sold.service);
    stage.get(&viewer, &explained).await.is(200).shows(&link);
    let of_plan = format!("/statement?connection=msp&amp;company={}\"", sold.company);
    stage.get(&viewer, "/plan?connection=msp&show=all").await.is(200).shows(&of_plan);
    stage.get(&viewer, "/statement").await.is(200).shows(&format!("{link}&#38;month=2026-11"));
}

#[tokio::test]
async fn a_customer_is_chosen_among_ten_thousand_page_by_page() {
    let stage = Stage::start().await;
    let mut provider = Provider::new().kind(1, "Customer");
    for number in 0..10_000 {
        let (id, name) = (format!("t-{number}"), format!("Customer {number:05}"));
        let link = if number % 2 == 0 { mapped(&id, &name) } else { NOT_MAPPED };
        provider = provider.customer(&id, &name).company(number, &name, link);
    }
    provider.known_to(&stage, "north").await;
    let viewer = stage.session_with(Role::Viewer).await;
    let listed =
        |page: &str| page.matches("<a class=\"button\" href=\"/statement?connection=north&#38;company=").count();
    let page = stage.get(&viewer, "/statement?connection=north&month=2026-09&page=50").await.is(200);
    let page =
        page.shows("5000 customers, page 50 of 50").shows("company=9998&#38;month=2026-09").hides("company=9999&");
    assert_eq!(listed(&page.text), 100);
    // Who is not mapped any more may have been billed once.
    let page = stage.get(&viewer, "/statement?connection=north&search=customer%2009999").await.is(200);
    let page = page.shows("company=9999&#38;month=2026-11").shows("1 customer");
    assert_eq!(listed(&page.text), 1);
    stage.get(&viewer, "/statement?connection=north&search=nobody").await.is(200).shows("There is no such customer.");
    stage.get(&viewer, "/statement?connection=north&month=soon").await.is(400);
    let page = stage.get(&viewer, "/statement?connection=north&company=9999").await.is(200);
    page.shows("Nothing is known of any line of this customer in this month.");
    let page = stage.get(&viewer, "/statement?connection=north&search=%22%3E%3Cscript%3E").await.is(200);
    page.hides("<script>\"").shows("&#34;&#62;&#60;script&#62;");
    stage.get(&viewer, "/statement?connection=south").await.is(200).shows("There is no such customer.");
}
