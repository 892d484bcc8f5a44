//! The page of the plan (G31, G32): what it shows of each line, and what one may ask it for.

use crate::approve::{id_of, open, snapshot};
use crate::stage::Stage;
use it::world::World;
use shared::ids::CompanyId;
use shared::mapping::{NewService, ServiceTarget};
use shared::person::Role;

/// Three customers with one more of each thing used, in review mode, and one jump.
async fn reviewed() -> (World, Stage, String) {
    let world = World::even(3, 2).await;
    world.change_mapping(|mapping| mapping.settings.review_mode = true).await;
    world.pass_days(1);
    world.use_one_more_of_each();
    let jumps = world.sold().remove(3);
    world.set_used(&jumps, world.units(&jumps) * 2 + 40);
    world.apply_complete().await;
    let stage = Stage::over(&world).await;
    let viewer = stage.session_with(Role::Viewer).await;
    (world, stage, viewer)
}

/// The rows of the page's table.
fn rows(page: &str) -> Vec<&str> {
    let (_, body) = page.split_once("<tbody>").unwrap_or_default();
    let (body, _) = body.split_once("</tbody>").unwrap_or_default();
    body.split("<tr>").skip(1).collect()
}

#[tokio::test]
async fn g01_g31_each_line_shows_its_units_the_usage_behind_them_and_what_changes_from_when_for_how_much() {
    let (world, stage, viewer) = reviewed().await;
    let shown = snapshot(&world).await;
    let page = stage.get(&viewer, "/plan").await.is(200);
    assert_eq!(rows(&page.text).len(), 6);
    for line in open(&shown) {
        let change = line.change.as_ref().expect("it is open");
        let place = &line.place;
        let all = rows(&page.text);
        let of_line = |row: &&&str| row.contains(&format!("company={}&#38;service={}\"", place.company, place.service));
        let row = all.iter().find(of_line).unwrap_or_else(|| panic!("{place:?} is not shown in {}", page.text));
        let wanted = line.wanted.expect("it is known");
        let figures = format!(
            "<strong>{} → {wanted}</strong> ({:+})<br>from {}<br>{:+.2} a month<br><span class=\"small\">1 extra invoice line",
            line.units,
            wanted - line.units,
            change.effective,
            change.money.expect("it is known")
        );
        assert!(row.contains(&figures), "{figures} is not in {row}");
        assert!(row.contains("review mode: every change waits for approval"), "{row}");
        let used: u64 = shown.used(line).map(|(_, used)| used).sum();
        assert!(row.contains(&used.to_string()), "{used} is not in {row}");
    }
    assert_eq!(page.text.matches("the units jump").count(), 1);
    page.shows("6 shown: 0 to be changed, 6 held").hides("name=\"decision\"").hides("Sync now");
}

#[tokio::test]
async fn g32_one_sees_what_one_asks_for_and_the_address_says_it() {
    let (world, stage, viewer) = reviewed().await;
    let shown = snapshot(&world).await;
    let company = *shown.lines.keys().next_back().expect("there is one");
    let name = &shown.companies.iter().find(|one| one.id == company).expect("it has a name").name;
    let service = shown.lines[&company][0].place.service;
    let contract = shown.lines[&company][0].place.contract;
    let count = async |query: &str| rows(&stage.get(&viewer, &format!("/plan?{query}")).await.is(200).text).len();
    let total = shown.lines.values().flatten().count();
    let named = reqwest::Url::parse_with_params("http://x/", [("search", name.to_lowercase())]).expect("it is a url");
    for (query, wanted) in [
        ("show=all", total),
        ("show=held", 6),
        ("show=changes", 0),
        ("show=waiting", 0),
        ("show=right", total - 6),
        ("show=excluded", 0),
        ("show=nothing-of-this-kind", 6),
        ("search=nobody%20is%20called%20so", 0),
        ("page=99999999999999999999", 6),
        ("page=-1", 6),
        ("customer=x", 6),
        (&format!("customer={company}"), 2),
        (&format!("customer={company}&service={service}"), 1),
        (&format!("contract={contract}"), 2),
        (named.query().expect("it has one"), 2),
        (&format!("search={contract}"), 2),
        (&format!("search={company}"), 2),
    ] {
        assert_eq!(count(query).await, wanted, "{query}");
    }
    // The greatest first.
    let sorted = stage.get(&viewer, "/plan?sort=units").await.is(200);
    assert!(rows(&sorted.text)[0].contains("the units jump"));
    let sorted = stage.get(&viewer, "/plan?sort=money").await.is(200);
    let most = open(&shown).into_iter().filter_map(|line| line.change.as_ref()?.money).map(|money| money.abs()).max();
    assert!(rows(&sorted.text)[0].contains(&format!("{:+.2}", most.expect("there is money"))));
    // What was chosen is chosen still.
    let page = stage.get(&viewer, "/plan?show=held&sort=units&search=%22%3E%3Cscript%3E").await.is(200);
    let page = page.shows("<option value=\"held\" selected>").shows("<option value=\"units\" selected>");
    page.shows("value=\"&#34;&#62;&#60;script&#62;\"").hides("<script>\"");
}

#[tokio::test]
async fn a_service_that_is_to_be_created_is_listed_and_approved_like_a_line() {
    let world = World::even(2, 1).await;
    world
        .change_mapping(|mapping| {
            mapping.settings.review_mode = true;
            let (service, period) = ("Acronis <b>New</b>".to_owned(), shared::contract::PeriodType::Monthly);
            let price = "3.50".parse().expect("an amount");
            let new =
                NewService { name: service, period, billing_code: shared::ids::BillingCodeId(1), unit_price: price };
            let row = mapping.products.values_mut().find(|row| row.service.is_none()).expect("one is not mapped");
            row.service = Some(ServiceTarget::New(new));
        })
        .await;
    world.apply_complete().await;
    let new = snapshot(&world).await.new_services.pop().expect("it is listed");
    let stage = Stage::over(&world).await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, "/plan").await.is(200).shows("New service in Autotask").hides("<b>New</b>");
    let page = page.shows("a new service, 3.50 a month, for ");
    page.shows(&format!("name=\"id-{}\"", new.id));
    let field = format!("id-{}", new.id);
    stage.submit(&operator, "/plan/approve", &[("connection", "msp"), (&field, "1")]).await.is(303);
    assert_eq!(world.apply().await.plan.expect("there is one").held.len(), 0);
}

#[tokio::test]
async fn findings_stand_beside_the_lines_of_their_customers_and_have_a_list_of_their_own() {
    let world = World::even(3, 1).await;
    let renamed = CompanyId(world.sold()[1].company);
    world
        .change_mapping(|mapping| {
            mapping.customers.get_mut(&renamed).expect("a row").company_name = "<i>Alt</i>".to_owned();
        })
        .await;
    world.apply_complete().await;
    let stage = Stage::over(&world).await;
    let viewer = stage.session_with(Role::Viewer).await;
    let told = "renamed from &#34;&#60;i&#62;Alt&#60;/i&#62;&#34;";
    stage.get(&viewer, "/plan").await.shows(told).shows("Nothing here.");
    stage.get(&viewer, &format!("/plan?show=all&customer={renamed}")).await.shows(told);
    let other = world.sold()[0].company;
    stage.get(&viewer, &format!("/plan?show=all&customer={other}")).await.hides(told).shows("Nothing was found.");
    stage.get(&viewer, "/plan?show=findings").await.shows(told).hides("Table of the lines");
    // What names a service stands in the row of its line.
    let sold = world.sold().remove(0);
    world.sandbox.world(|vendors| vendors.add_line(sold.contract, sold.service, 1, None));
    world.apply_complete().await;
    let page = stage.get(&viewer, &format!("/plan?show=all&customer={}", sold.company)).await.is(200);
    let told = "is on several lines";
    assert!(rows(&page.text).len() == 2 && rows(&page.text).iter().all(|row| row.contains(told)), "{}", page.text);
}

#[tokio::test]
async fn the_page_is_of_the_connection_that_its_address_names_and_says_since_when_it_is_so() {
    let (world, stage, viewer) = reviewed().await;
    let (empty, south) = ("no_such", crate::stage::connection("south"));
    world.host.store.save_connection(&south).await.expect("it is stored");
    stage.get(&viewer, &format!("/plan?connection={empty}")).await.is(404);
    let page = stage.get(&viewer, "/plan?connection=south").await.is(200);
    page.shows("No run has planned anything yet.").shows("Nothing here.");
    let page = stage.get(&viewer, "/plan?connection=msp").await.is(200);
    page.shows("As it is since 2026-11-11").shows("last looked at 2026-11-11");
    let mut stage = stage;
    let operator = stage.session_with(Role::Operator).await;
    let sent = stage.submit(&operator, "/plan/sync", &[("connection", "msp"), ("view", "show=held&x=//evil")]).await;
    let location = sent.is(303).header("location").to_owned();
    assert!(
        location.starts_with("/plan?connection=msp&since=2026-11-11") && location.ends_with("&show=held"),
        "{location}"
    );
    assert_eq!(stage.published().len(), 1);
    stage.get(&operator, &location).await.is(200).shows("The sync is under way.");
    world.apply_complete().await;
    stage.get(&operator, &location).await.is(200).shows("data-sync=\"done\"");
    stage.submit(&operator, "/plan/sync", &[("connection", "no_such")]).await.is(404);
}

#[tokio::test]
async fn m6_lines_of_who_is_not_mapped_any_more_are_not_shown() {
    let (world, stage, viewer) = reviewed().await;
    let shown = snapshot(&world).await;
    let gone = open(&shown)[0].place.company;
    world.change_mapping(|mapping| mapping.customers.get_mut(&gone).expect("a row").remove_link()).await;
    let page = stage.get(&viewer, "/plan").await.is(200);
    assert_eq!(rows(&page.text).len(), 4);
    let id = id_of(open(&shown)[0]);
    page.hides(&id);
}

#[tokio::test]
async fn a_long_list_comes_page_by_page() {
    let world = World::even(30, 4).await;
    world.apply_complete().await;
    let stage = Stage::over(&world).await;
    let viewer = stage.session_with(Role::Viewer).await;
    let first = stage.get(&viewer, "/plan?show=all").await.is(200).shows("120 lines, page 1 of 2");
    assert_eq!(rows(&first.text).len(), 100);
    let last = stage.get(&viewer, "/plan?show=all&page=2").await.is(200).shows("120 lines, page 2 of 2");
    assert_eq!(rows(&last.text).len(), 20);
    assert!(rows(&last.text).iter().all(|row| !rows(&first.text).contains(row)));
}
