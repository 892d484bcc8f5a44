//! "Explain" for each line: from the units back to each change, its run, its approval and the usage behind it, told from
//! the table alone.

use crate::approve::{open, snapshot};
use crate::stage::{Stage, connection};
use it::world::World;
use shared::person::Role;
use shared::run::Approval;

/// A line that was approved by a hostile name and made, and then changed by somebody else.
async fn made() -> (World, Stage, String, String) {
    let world = World::even(2, 1).await;
    world.change_mapping(|mapping| mapping.settings.review_mode = true).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    world.apply_complete().await;
    let held = snapshot(&world).await;
    let line = open(&held)[0].clone();
    let approval = Approval {
        ids: vec![line.change.as_ref().expect("it is open").id.clone()],
        companies: Default::default(),
        lines: Default::default(),
        by: "<script>alert(1)</script>\u{202e}clerk".to_owned(),
        at: world.now(),
    };
    world.host.store.save_approval(&world.connection, &approval).await.expect("it is stored");
    world.apply_complete().await;
    let stage = Stage::over(&world).await;
    let viewer = stage.session_with(Role::Viewer).await;
    let of_line = format!("connection=msp&company={}&service={}", line.place.company, line.place.service);
    (world, stage, viewer, of_line)
}

#[tokio::test]
async fn a_line_is_explained_from_its_units_back_to_the_usage_rows() {
    let (world, stage, viewer, of_line) = made().await;
    let shown = snapshot(&world).await;
    let page = stage.get(&viewer, &format!("/explain?{of_line}")).await.is(200);
    let company: i64 = of_line.split("company=").nth(1).and_then(|rest| rest.split('&').next()?.parse().ok()).unwrap();
    let sold = world.sold().into_iter().find(|sold| sold.company == company).expect("it is there");
    let units = world.units(&sold);
    let page = page.shows(&format!("<dt>Units</dt><dd>{units}</dd>"));
    let page = page.shows(&format!("{} → {units} from 2026-11-11", units - 1)).shows("sent 2026-11-11");
    let page = page.shows("approved by &#60;script&#62;").hides("<script>alert").hides("\u{202e}");
    let page = page.shows(&format!("usage of tenant {} for 2026-11-11", sold.tenant));
    let used: u64 = shown.used(&shown.lines[&shared::ids::CompanyId(company)][0]).map(|(_, used)| used).sum();
    let page = page.shows(&format!("<td class=\"number\">{used}</td>")).shows(&format!("wanted {units}"));
    page.shows("found before our first change");
    // What the list leads to is this page.
    let listed = stage.get(&viewer, "/plan?show=all").await.is(200);
    listed.shows(&format!("/explain?{}", of_line.replace('&', "&#38;")));
}

#[tokio::test]
async fn what_others_changed_is_told_as_such_and_so_is_what_is_to_come() {
    let (world, stage, viewer, of_line) = made().await;
    world.pass_days(1);
    let company: i64 = of_line.split("company=").nth(1).and_then(|rest| rest.split('&').next()?.parse().ok()).unwrap();
    let sold = world.sold().into_iter().find(|sold| sold.company == company).expect("it is there");
    let today = world.today();
    world.sandbox.world(|vendors| vendors.human_adjust(sold.line, 7, today)).expect("it is changed");
    world.apply_complete().await;
    let page = stage.get(&viewer, &format!("/explain?{of_line}")).await.is(200);
    page.shows("changed by somebody else").shows("To be changed");
}

#[tokio::test]
async fn what_is_no_line_or_another_connections_is_not_explained() {
    let (world, stage, viewer, of_line) = made().await;
    world.host.store.save_connection(&connection("south")).await.expect("it is stored");
    let south = of_line.replace("msp", "south");
    for query in [
        "",
        "connection=msp",
        "connection=msp&company=1",
        "connection=msp&company=x&service=1",
        "connection=msp&company=999999&service=999999",
        "connection=msp&company=%3Cscript%3E&service=1",
        "connection=nowhere&company=1&service=1",
        &of_line.replace("connection=msp&", ""),
        &south,
    ] {
        stage.get(&viewer, &format!("/explain?{query}")).await.is(404).hides("<script>alert");
    }
}
