//! The page of customers: who is listed, found and suggested, and that whatever is decided there is staged first.

use crate::names::{HOSTILE, is_plain};
use crate::provider::{NOT_MAPPED, Provider, ROOT, button, mapped};
use crate::stage::Stage;
use shared::draft::Edit;
use shared::ids::{CompanyId, ConnectionId};
use shared::mapping::CustomerLink;
use shared::person::{PersonId, Role};
use shared::usage::TenantKind;

/// Four companies of two types and five tenants, of which two lie below a partner's folder.
async fn stage() -> Stage {
    let stage = Stage::start().await;
    let ignored = CustomerLink::Ignored { reason: "our own test company".to_owned() };
    let provider = Provider::new().kind(1, "Customer").kind(2, "Lead");
    let provider = provider.tenant("north-partner", "Partner Nord", Some(ROOT), TenantKind::Group);
    let provider = provider.tenant("bern", "Bern", Some("north-partner"), TenantKind::Group);
    let provider = provider.tenant("t-berta", "Berta", Some("bern"), TenantKind::Customer);
    let provider = provider.tenant("t-carla", "Carla GmbH", Some("bern"), TenantKind::Customer);
    let provider = provider.customer("t-anna", "Anna AG").customer("t-emma", "Emma One").customer("t-doris", "Doris");
    let provider = provider.company(1, "Anna AG", mapped("t-anna", "Anna AG")).company(2, "Berta KG", NOT_MAPPED);
    let provider = provider.company(3, "Carla", NOT_MAPPED).company_of(4, "Doris Test", Some(2), Some(ignored));
    provider.company_of(5, "Emil", None, None).known_to(&stage, "north").await;
    stage
}

async fn staged(stage: &Stage, role: Role, company: i64) -> Option<Edit<CustomerLink>> {
    let id = PersonId { issuer: crate::stage::ISSUER.to_owned(), subject: role.to_string() };
    let stored = stage.machine.host.store.draft(&ConnectionId::new("north"), &id).await.expect("it is read");
    stored.draft.customers.get(&CompanyId(company)).map(|edit| edit.link.clone())
}

/// The companies that a page lists, in their order.
fn listed(page: &str) -> Vec<i64> {
    let rows = page.split("data-company=\"").skip(1);
    rows.map(|row| row.split('"').next().expect("it ends").parse().expect("it is a number")).collect()
}

#[tokio::test]
async fn a51_a52_a53_companies_are_searched_narrowed_and_sorted_by_the_address_alone() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    for (query, expected) in [
        ("", vec![1, 2, 3, 4, 5]),
        ("&search=anna", vec![1]),
        ("&search=ANNA", vec![1]),
        ("&search=t-anna", vec![1]),
        ("&search=4", vec![4]),
        ("&search=zzz", vec![]),
        ("&show=mapped", vec![1]),
        ("&show=unmapped", vec![2, 3, 5]),
        ("&show=ignored", vec![4]),
        ("&show=missing", vec![]),
        ("&show=staged", vec![]),
        ("&type=2", vec![4]),
        ("&type=none", vec![5]),
        ("&type=1&show=unmapped&search=berta", vec![2]),
        ("&sort=-name", vec![5, 4, 3, 2, 1]),
        ("&sort=-tenant", vec![5, 4, 3, 2, 1]),
        ("&sort=state", vec![1, 2, 3, 5, 4]),
        ("&sort=kind", vec![5, 1, 2, 3, 4]),
        ("&page=99", vec![1, 2, 3, 4, 5]),
        ("&page=-1&type=x&show=x&sort=x", vec![]),
    ] {
        let page = stage.get(&operator, &format!("/customers?connection=north{query}")).await.is(200);
        assert_eq!(listed(&page.text), expected, "{query}");
    }
    let page = stage.get(&operator, "/customers?connection=north").await;
    let page = page.shows("Not mapped (3)").shows("Mapped (1)").shows(">Lead</option>").shows("Any type");
    page.shows("Ignored: our own test company").shows("aria-sort=\"ascending\"").shows("5 companies");
    stage.get(&operator, "/customers?connection=south").await.is(200).shows("were read yet").hides("Anna AG");
}

#[tokio::test]
async fn a54_a_tenant_is_chosen_by_partner_and_then_by_customer() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, "/customers?connection=north&company=2").await.is(200);
    let page = page.shows("Partner Nord › Bern (2)").shows("Partner Nord (2)").shows("Our own (4)");
    let page = page.shows("Berta KG</bdi> is picked up").shows("data-tenant=\"t-emma\"");
    page.hides("data-tenant=\"t-anna\"");
    let below = "/customers?connection=north&company=2&partner=north-partner";
    let page = stage.get(&operator, below).await.is(200);
    let page = page.hides("data-tenant=\"t-emma\"").shows("data-tenant=\"t-carla\"");
    page.shows("<li class=\"partner\"><bdi>Partner Nord › Bern</bdi></li>");
    let sent = stage.press(&operator, below, "map 2 ").await.is(303);
    assert_eq!(sent.header("location"), "/customers?connection=north&partner=north-partner&staged=2");
    let expected = Edit { was: NOT_MAPPED, to: mapped("t-berta", "Berta") };
    assert_eq!(staged(&stage, Role::Operator, 2).await, Some(expected));
    assert_eq!(stage.link_of("north", 2).await, NOT_MAPPED, "nothing is in force yet");
    let page = stage.get(&operator, sent.header("location")).await.shows("Staged for Berta KG: Not mapped → Berta");
    let page = page.shows("1 change staged").hides("data-tenant=\"t-berta\"").shows("until applied");
    page.shows("href=\"/changes?connection=north\"");
    let page = stage.get(&operator, "/customers?connection=north&show=staged").await;
    assert_eq!(listed(&page.text), [2]);
    let path = "/customers?connection=north&company=2&find=emma";
    let page = stage.get(&operator, path).await.shows("data-tenant=\"t-emma\"");
    page.hides("data-tenant=\"t-carla\"");
}

#[tokio::test]
async fn a55_a56_m6_a_company_gets_a_new_tenant_and_a_mapping_is_removed_after_confirmation() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let page = "/customers?connection=north&company=2";
    stage.press(&operator, page, "new 2 ").await.is(303);
    let expected = Edit { was: NOT_MAPPED, to: CustomerLink::ToCreate };
    assert_eq!(staged(&stage, Role::Operator, 2).await, Some(expected));
    // Once more, and it is as it was.
    stage.press(&operator, page, "hand-back 2 ").await.is(303);
    assert_eq!(staged(&stage, Role::Operator, 2).await, None);
    let anna = stage.get(&operator, "/customers?connection=north&company=1").await.shows("Yes, remove the mapping");
    anna.shows("nothing is changed or deleted in Acronis or in Autotask").hides("value=\"new 1 ");
    stage.press(&operator, "/customers?connection=north&company=1", "remove 1 ").await.is(303);
    let expected = Edit { was: mapped("t-anna", "Anna AG"), to: CustomerLink::Unmapped { left_alone: true } };
    assert_eq!(staged(&stage, Role::Operator, 1).await, Some(expected));
    // Its tenant is free for others, and the edit can be taken back.
    let page = stage.get(&operator, "/customers?connection=north&company=2").await;
    page.shows("data-tenant=\"t-anna\"");
    stage.press(&operator, "/customers?connection=north", "discard 1 ").await.is(303);
    assert_eq!(staged(&stage, Role::Operator, 1).await, None);
}

#[tokio::test]
async fn m1_p1_a_company_is_ignored_with_a_reason_or_left_alone() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, "/customers?connection=north&company=3").await;
    let edit = button(&page.text, "ignore 3 ");
    let fields = |reason: &str| {
        let fields = [("connection", "north"), ("back", ""), ("edit", edit.as_str()), ("reason", reason)];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    for (reason, status) in [("", 400), ("  ", 400), (&*"x".repeat(301), 400), (" closed last year ", 303)] {
        let fields = fields(reason);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        stage.submit(&operator, "/customers", &fields).await.is(status);
    }
    let to = staged(&stage, Role::Operator, 3).await.expect("it is staged").to;
    assert_eq!(to, CustomerLink::Ignored { reason: "closed last year".to_owned() });
    stage.press(&operator, "/customers?connection=north&company=5", "leave 5 ").await.is(303);
    let to = staged(&stage, Role::Operator, 5).await.expect("it is staged").to;
    assert_eq!(to, CustomerLink::Unmapped { left_alone: true });
    stage.get(&operator, "/customers?connection=north").await.shows("automatic provisioning makes no tenant for it");
}

#[tokio::test]
async fn m1_renamed_and_missing_customers_are_told() {
    let stage = Stage::start().await;
    let provider = Provider::new().customer("t-1", "New tenant name").company(1, "Same", mapped("t-1", "Old name"));
    provider.company(2, "Gone", mapped("t-2", "Gone tenant")).known_to(&stage, "north").await;
    let viewer = stage.session_with(Role::Viewer).await;
    let page = stage.get(&viewer, "/customers?connection=north&show=renamed").await.is(200);
    page.shows("the tenant New tenant name. It stays mapped").hides("Gone");
    let page = stage.get(&viewer, "/customers?connection=north&show=missing").await.is(200);
    page.shows("Gone tenant (tenant t-2, which was not there when it was last looked)").hides("It stays mapped");
}

#[tokio::test]
async fn m2_suggestions_are_accepted_one_by_one_or_all_that_leave_no_choice() {
    let stage = Stage::start().await;
    let left_alone = CustomerLink::Unmapped { left_alone: true };
    let provider = Provider::new().customer("t-1", "Anna AG").customer("t-2", "Berta AG").customer("t-3", "BERTA");
    let provider = provider.customer("t-4", "Carla").customer("t-5", "Dora").customer("t-6", "Else");
    let provider = provider.company(1, "anna", NOT_MAPPED).company(2, "Berta", NOT_MAPPED);
    let provider = provider.company(3, "Carla GmbH", NOT_MAPPED).company(4, "Carla Ltd", NOT_MAPPED);
    let provider = provider.company(5, "Dora KG", left_alone).company(6, "Else KG", NOT_MAPPED);
    provider.known_to(&stage, "north").await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, "/customers?connection=north").await.is(200);
    let page = page.shows("Accept all 2 suggestions").shows("Map to <bdi>Berta AG</bdi>");
    page.shows("Map to <bdi>BERTA</bdi>").shows("Map to <bdi>Dora</bdi>");
    assert_eq!(stage.link_of("north", 1).await, NOT_MAPPED, "nothing is mapped by itself");
    stage.press(&operator, "/customers?connection=north", "map 2 ").await.is(303);
    let sent =
        stage.submit(&operator, "/customers/suggestions", &[("connection", "north"), ("back", "show=unmapped")]).await;
    assert_eq!(sent.is(303).header("location"), "/customers?connection=north&show=unmapped&staged=all-2");
    for (company, tenant) in [(1, Some("t-1")), (2, Some("t-2")), (3, None), (4, None), (5, None), (6, Some("t-6"))] {
        let edit = staged(&stage, Role::Operator, company).await;
        let to = edit.map(|edit| edit.to);
        let is = to.is_some_and(|to| tenant.is_some_and(|tenant| to == mapped(tenant, name_of(tenant))));
        assert_eq!(is, tenant.is_some(), "{company}");
    }
    stage.get(&operator, "/customers?connection=north&staged=all-2").await.shows("2 suggestions staged.");
    // What one of two has is suggested to the other no more.
    stage.get(&operator, "/customers?connection=north").await.shows("value=\"map 4 ");
    stage.press(&operator, "/customers?connection=north", "map 3 ").await.is(303);
    stage.get(&operator, "/customers?connection=north").await.hides("value=\"map 4 ");
}

fn name_of(tenant: &str) -> &'static str {
    match tenant {
        "t-1" => "Anna AG",
        "t-2" => "Berta AG",
        _ => "Else",
    }
}

#[tokio::test]
async fn g18_g19_g20_the_button_beside_a_tenant_looks_for_its_company() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, "/customers?connection=north").await.is(200);
    let (_, row) = page.text.split_once("data-tenant=\"t-berta\"").expect("it is listed");
    let link = row.split_once("href=\"").expect("it has a link").1.split('"').next().expect("it ends");
    let page = stage.get(&operator, link.replace("&#38;", "&").split('#').next().expect("it begins")).await.is(200);
    let page = page.shows("name=\"search\" type=\"search\" value=\"Berta\"").shows("Tenant <strong><bdi>Berta</bdi>");
    assert_eq!(listed(&page.text), [2]);
    let page = page.shows("aria-label=\"Map here: Berta KG to Berta\"");
    let path = "/customers?connection=north&search=Berta&show=unmapped&tenant=t-berta";
    drop(page);
    stage.press(&operator, path, "map 2 ").await.is(303);
    let to = staged(&stage, Role::Operator, 2).await.expect("it is staged").to;
    assert_eq!(to, mapped("t-berta", "Berta"));
}

#[tokio::test]
async fn g21_what_is_dragged_says_what_the_button_says() {
    let stage = stage().await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, "/customers?connection=north&company=2").await.is(200);
    let (_, row) = page.text.split_once("data-company=\"2\" data-print=\"").expect("it may be dragged");
    let print = row.split('"').next().expect("it ends");
    assert_eq!(button(&page.text, "map 2 "), format!("map 2 {print} t-berta"), "the form that the script sends");
    let script = page.text.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("it has a script");
    let script = stage.get("", script).await.is(200);
    for word in ["dragstart", "dragover", "\"drop\"", "dataset.print", "dataset.tenant"] {
        assert!(script.text.contains(word), "{word}");
    }
}

#[tokio::test]
async fn what_is_of_another_connection_or_nowhere_is_not_there() {
    let stage = stage().await;
    Provider::new().company(77, "South", NOT_MAPPED).customer("t-south", "South").known_to(&stage, "south").await;
    let operator = stage.session_with(Role::Operator).await;
    for query in ["connection=north&company=77", "connection=north&tenant=t-south", "connection=east"] {
        stage.get(&operator, &format!("/customers?{query}")).await.is(404);
    }
    let page = stage.get(&operator, "/customers?connection=north&company=2").await;
    let print = button(&page.text, "map 2 ").split(' ').nth(2).expect("it has one").to_owned();
    let south = stage.get(&operator, "/customers?connection=south&company=77").await;
    let of_south = button(&south.text, "map 77 ");
    for (connection, edit, status) in [
        ("north", of_south.clone(), 404),
        ("north", format!("map 2 {print} t-south"), 404),
        ("north", format!("map 2 {print} bern"), 404),
        ("north", format!("map 2 {print} "), 404),
        ("north", format!("map 99 {print} t-berta"), 404),
        ("east", format!("map 2 {print} t-berta"), 404),
        ("north", format!("map x {print} t-berta"), 400),
        ("north", format!("delete 2 {print}"), 400),
        ("north", format!("ignore 2 {print}"), 400),
        ("north", "map".to_owned(), 400),
        ("north", String::new(), 400),
        ("north", "map 2 000000000000 t-berta".to_owned(), 409),
    ] {
        let fields = [("connection", connection), ("back", ""), ("edit", edit.as_str())];
        let answer = stage.submit(&operator, "/customers", &fields).await;
        assert_eq!(answer.status, status, "{edit}");
    }
    for company in [2, 77, 99] {
        assert_eq!(staged(&stage, Role::Operator, company).await, None);
    }
    // Wherever a form says to go back to, it leads to the list.
    let fields = [("connection", "north"), ("back", "//evil.example?next=//evil.example&search=a"), ("edit", "")];
    let edit = format!("map 2 {print} t-berta");
    let fields = fields.map(|(name, value)| if name == "edit" { (name, edit.as_str()) } else { (name, value) });
    let sent = stage.submit(&operator, "/customers", &fields).await.is(303);
    assert_eq!(sent.header("location"), "/customers?connection=north&search=a&staged=2");
}

#[tokio::test]
async fn a_viewer_sees_all_of_it_and_has_nothing_to_press() {
    let stage = stage().await;
    let viewer = stage.session_with(Role::Viewer).await;
    for path in ["/customers?connection=north", "/customers?connection=north&company=2"] {
        let page = stage.get(&viewer, path).await.is(200).shows("Anna AG").shows("t-carla");
        page.hides("draggable")
            .hides("name=\"edit\"")
            .hides("action=\"/customers\"><")
            .hides("method=\"post\" action=\"/c");
    }
}

#[tokio::test]
async fn names_of_customers_are_text_and_nothing_else() {
    let stage = Stage::start().await;
    let hostile = format!("{HOSTILE}\t=cmd|' /C calc'!A0");
    let provider = Provider::new().kind(1, HOSTILE).tenant("p", HOSTILE, Some(ROOT), TenantKind::Group);
    let provider = provider.tenant("t\">1", &hostile, Some("p"), TenantKind::Customer);
    let provider = provider.company(1, &hostile, NOT_MAPPED).company(2, "x", mapped("gone", HOSTILE));
    let ignored = CustomerLink::Ignored { reason: HOSTILE.to_owned() };
    provider.company(3, "y", ignored).known_to(&stage, "north").await;
    let operator = stage.session_with(Role::Operator).await;
    for query in ["", "&company=1", "&company=3", "&tenant=t%22%3E1", "&show=ignored"] {
        is_plain(&stage.get(&operator, &format!("/customers?connection=north{query}")).await.is(200).text);
    }
    let query = reqwest::Url::parse_with_params("http://x/", [("search", HOSTILE), ("find", HOSTILE)]).expect("a url");
    let searched = format!("/customers?connection=north&{}", query.query().expect("it has one"));
    is_plain(&stage.get(&operator, &searched).await.is(200).text);
    stage.press(&operator, "/customers?connection=north&company=1", "map 1 ").await.is(303);
    is_plain(&stage.get(&operator, "/customers?connection=north&staged=1").await.is(200).text);
    is_plain(&stage.get(&operator, "/changes?connection=north").await.is(200).text);
    stage.apply(&operator, "north").await.is(303);
    let admin = stage.session_with(Role::Admin).await;
    is_plain(&stage.get(&admin, "/people").await.is(200).text);
}

#[tokio::test]
async fn ten_thousand_customers_are_listed_page_by_page() {
    let stage = Stage::start().await;
    let mut provider = Provider::new().kind(1, "Customer");
    for number in 0..10_000 {
        let (id, name) = (format!("t-{number}"), format!("Customer {number:05}"));
        let link = if number % 2 == 0 { mapped(&id, &name) } else { NOT_MAPPED };
        provider = provider.customer(&id, &format!("{name} GmbH")).company(number, &name, link);
    }
    provider.known_to(&stage, "north").await;
    let operator = stage.session_with(Role::Operator).await;
    let page = stage.get(&operator, "/customers?connection=north&page=51").await.is(200);
    assert_eq!(listed(&page.text), (5_000..5_100).collect::<Vec<_>>());
    let page = page.shows("10000 companies, page 51 of 100").shows("page=52").shows("page=50");
    let page = page.shows("Accept all 5000 suggestions").shows("5000 tenants, page 1 of 50");
    drop(page.shows("Not mapped (5000)"));
    let page = stage.get(&operator, "/customers?connection=north&search=0999&show=unmapped").await.is(200);
    assert_eq!(listed(&page.text), [999, 9991, 9993, 9995, 9997, 9999]);
    // As many as fit are staged at once, and no more.
    for (staged, left) in [(1_000, 4_000), (0, 4_000)] {
        let fields = [("connection", "north"), ("back", "")];
        let sent = stage.submit(&operator, "/customers/suggestions", &fields).await.is(303);
        assert_eq!(sent.header("location"), format!("/customers?connection=north&staged=all-{staged}"));
        let page = stage.get(&operator, "/customers?connection=north").await;
        page.shows("1000 changes staged").shows(&format!("Accept all {left} suggestions"));
    }
    let more = stage.press(&operator, "/customers?connection=north&company=9999", "new 9999 ").await;
    more.is(409).shows("apply them first");
    stage.apply(&operator, "north").await.is(303);
    let mapped = stage.mapping("north").await;
    assert_eq!(mapped.mapped_customers().count(), 6_000);
    let records = stage.machine.host.store.audit(2_000).await.expect("it is read");
    assert_eq!(records.iter().filter(|record| record.what.starts_with("north: Company ")).count(), 1_000);
}
