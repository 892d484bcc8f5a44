//! The setup, walked over HTTP from nothing to the first sync, with the real jobs behind it.

use crate::setup_stage::{NAME, PAGE, SetupStage, id};
use crate::stage::{Answer, Stage};
use acrotask::wake::heed;
use functions::events::{CredentialsOffered, Event};
use functions::setup;
use jiff::SignedDuration;
use sandbox::{Fault, FaultKind, Seed};
use shared::person::Role;
use shared::run::Mode;
use shared::setup::Stage as CheckStage;
use std::time::Duration;

const ALL: [&str; 5] = ["/setup", "/setup/customers", "/setup/products", "/setup/review", "/setup/finish"];
const CLOSED: &str = "This step is not open yet";

/// What stands between these words and the next quote.
fn after<'a>(text: &'a str, words: &str) -> &'a str {
    let (_, rest) = text.split_once(words).unwrap_or_else(|| panic!("no {words} in {text}"));
    rest.split('"').next().unwrap_or_default()
}

/// Which steps do not open.
async fn closed(desk: &SetupStage) -> Vec<&'static str> {
    let mut closed = Vec::new();
    for path in ALL {
        let page = desk.get(&format!("{path}?connection={NAME}")).await.is(200);
        closed.extend(page.text.contains(CLOSED).then_some(path));
    }
    closed
}

/// G10 to G17, G22, G25 to G28 and G31.
#[tokio::test]
async fn a18_a26_g10_g16_somebody_new_walks_from_nothing_to_the_first_sync() {
    let mut desk = SetupStage::new().await;
    desk.get("/").await.is(200).shows("Nothing is connected yet").shows("href=\"/setup\"");
    for later in &ALL[1..] {
        let page = desk.get(later).await.is(200);
        page.shows(CLOSED)
            .shows("Nothing is connected yet.")
            .shows("<a class=\"button\" href=\"/setup\">Go to Connect</a>");
    }
    // G10, G11 and G12: three fields for Acronis, four for Autotask, and one button that tests them.
    let form = desk.get("/setup").await.is(200).shows("Test and connect").shows("Where do I find these?");
    let names = ["datacenter_url", "client_id", "client_secret", "user_name", "secret", "integration_code", "zone_url"];
    names.iter().for_each(|name| assert!(form.text.contains(&format!("name=\"{name}\"")), "{name}"));
    assert_eq!(desk.offer(&desk.typed()).await.is(303).header("location"), PAGE);
    // G14 and G15: it is pending until the job has looked, for who reloads the page as for its script.
    desk.get(PAGE).await.is(200).shows("Pending: the credentials are being checked").shows("data-sync=\"under-way\"");
    assert_eq!(desk.get("/setup/progress?connection=msp").await.is(200).text, "under-way");
    desk.crank().await;
    assert_eq!(desk.get("/setup/progress?connection=msp").await.is(200).text, "done");
    // G13: accounts and items are there by themselves.
    let page = desk.get(PAGE).await.is(200).shows("Connected: both vendors let us in.");
    let mapped = desk.mapping().await.mapped_customers().count();
    assert!(mapped > 3);
    page.shows(&format!("{mapped} customers with exactly equal names are mapped.")).shows("Next: Customers");
    assert_eq!(desk.offered().await, "{}", "what was offered is gone");
    let kept = desk.kept().await.expect("what works is kept").autotask.secret;
    assert_eq!(kept.expose(), desk.typed()["secret"]);
    map_and_plan(&mut desk).await;
    approve_and_sync(&mut desk).await;
}

/// G16, G22 and G25: each step opens when the one before it is done.
async fn map_and_plan(desk: &mut SetupStage) {
    assert_eq!(closed(desk).await, ["/setup/review", "/setup/finish"]);
    let mapping = desk.mapping().await;
    let nobody = {
        let mut mapping = mapping.clone();
        mapping.customers.values_mut().for_each(|row| row.remove_link());
        mapping
    };
    desk.save(&nobody).await;
    assert_eq!(closed(desk).await, ["/setup/products", "/setup/review", "/setup/finish"]);
    let page = desk.get("/setup/products?connection=msp").await;
    page.shows("No customer is mapped yet").shows("href=\"/setup/customers?connection=msp\">Go to Customers");
    let mut automatic = desk.mapping().await;
    automatic.settings.automatic_provisioning = true;
    desk.save(&automatic).await;
    assert_eq!(closed(desk).await, ["/setup/review", "/setup/finish"], "new customers come by themselves");
    let version = desk.mapping().await.version;
    desk.save(&shared::mapping::Mapping { version, ..mapping }).await;
    // G17 and G18.
    let page = desk.get("/setup/customers?connection=msp").await.shows("How mapping works");
    page.shows("with exactly equal names were mapped")
        .shows("href=\"/customers?connection=msp\"")
        .shows("Next: Products");
    let page = desk.get("/setup/products?connection=msp").await.shows("<strong>0</strong> of ").hides("Next: ");
    // A25.
    let page = page.shows("One contract is of one kind, never both");
    page.shows("No product is sold as a service yet.").shows("href=\"/products?connection=msp\"");
    desk.map_products().await;
    assert_eq!(closed(desk).await, ["/setup/finish"]);
    desk.get("/setup/finish?connection=msp").await.shows("No plan was made yet.").hides("Approve it and start");
    desk.get("/setup/review?connection=msp").await.shows("Make the first plan").hides("Next: ");
}

async fn finish(desk: &SetupStage, plan: &str) -> Answer {
    desk.stage.submit(&desk.admin, "/setup/finish", &[("connection", NAME), ("plan", plan)]).await
}

/// G26 to G28, G31 and G33.
async fn approve_and_sync(desk: &mut SetupStage) {
    let asked = desk.stage.submit(&desk.admin, "/setup/plan", &[("connection", NAME)]).await.is(303);
    let shown = asked.header("location").to_owned();
    desk.get(&shown).await.is(200).shows("The sync is under way.").shows("data-sync=\"under-way\"");
    let runs = desk.crank().await;
    let plan = runs[0].plan.as_ref().expect("it planned");
    assert!(!plan.held.is_empty(), "the first plan holds all");
    let page = desk.get(&shown).await.is(200).shows("data-sync=\"done\"").shows(&format!("Plan {}, made", plan.id));
    let page =
        page.shows(&format!("<strong>{}</strong> changes", plan.held.len())).shows("All changes together: <strong>");
    page.shows("Next: Finish").shows("Time zone").shows("href=\"/plan?connection=msp\"");
    assert_eq!(desk.sandbox.world(|world| world.adjustments().len()), 0);
    assert_eq!(closed(desk).await, [""; 0]);
    let page = desk.get("/setup/finish?connection=msp").await.is(200).shows("Approve it and start");
    assert_eq!(after(&page.text, "name=\"plan\" value=\""), plan.id);
    desk.pass(SignedDuration::from_mins(1));
    finish(desk, "0123456789ab").await.is(409).shows("this is not the plan any more");
    let shown = finish(desk, &plan.id).await.is(303).header("location").to_owned();
    finish(desk, &plan.id).await.is(303);
    desk.get(&shown).await.is(200).shows("The sync is under way.").hides("Approve it and start");
    desk.crank().await;
    let made = desk.sandbox.world(|world| world.adjustments().len());
    assert_eq!(made, plan.held.len(), "each change once, although the button was pressed twice");
    let page = desk.get(&shown).await.is(200).shows("data-sync=\"done\"").shows("The first plan is approved.");
    page.shows(&format!("<dd>{made}</dd>")).shows("Overview");
    let audit = desk.stage.machine.host.store.audit(10).await.expect("it is read");
    assert!(audit.iter().any(|record| record.what.contains("plan") && record.by.subject == "admin"), "{audit:#?}");
}

#[tokio::test]
async fn an_event_that_comes_twice_is_one_check_and_so_is_a_second_click() {
    let mut desk = SetupStage::new().await;
    desk.offer(&desk.typed()).await.is(303);
    desk.offer(&desk.typed()).await.is(303);
    let events = desk.stage.published();
    let [Event::CredentialsOffered(first), Event::CredentialsOffered(second)] = events.as_slice() else {
        panic!("{events:?}")
    };
    let host = desk.stage.machine.host.clone();
    setup::take_up(&host, first).await.expect("it is no error");
    assert!(desk.kept().await.is_none(), "another offer was made since");
    setup::take_up(&host, second).await.expect("it is no error");
    desk.get(PAGE).await.shows("Connected: both vendors let us in.");
    let (asked, version) = (desk.sandbox.requests().len(), desk.mapping().await.version);
    setup::take_up(&host, second).await.expect("it is no error");
    setup::take_up(&host, first).await.expect("it is no error");
    assert_eq!((desk.sandbox.requests().len(), desk.mapping().await.version), (asked, version));
    desk.get(PAGE).await.shows("Connected: both vendors let us in.");
}

#[tokio::test]
async fn a_check_that_dies_half_way_changes_nothing_and_the_next_offer_works() {
    let mut desk = SetupStage::new().await;
    desk.offer(&desk.typed()).await.is(303);
    let Some(Event::CredentialsOffered(offered)) = desk.stage.published().pop() else { panic!("nothing was offered") };
    // Dead after what was offered was read, in the middle of what the vendor is asked.
    desk.sandbox.fail(Fault::once("autotask.companies.query", FaultKind::SilenceBefore));
    let host = desk.stage.machine.host.clone();
    let died = tokio::time::timeout(Duration::from_secs(2), setup::take_up(&host, &offered)).await;
    assert!(died.is_err(), "it ended: {died:?}");
    assert!(desk.kept().await.is_none() && host.store.connections().await.expect("they are read").is_empty());
    desk.get(PAGE).await.shows("data-sync=\"under-way\"");
    // A second click while somebody may be at work waits for him.
    desk.offer(&desk.typed()).await.is(303);
    assert!(desk.stage.published().is_empty());
    desk.stage.jobs_clock.set(desk.stage.jobs_clock.now() + SignedDuration::from_secs(301));
    desk.get(PAGE).await.shows("Nothing was heard of the check any more.");
    assert_eq!(desk.get("/setup/progress?connection=msp").await.text, "silent");
    desk.connect().await;
    assert!(desk.kept().await.is_some());
    assert_eq!(desk.offered().await, "{}");
}

#[tokio::test]
async fn a_dead_check_is_taken_up_when_its_event_comes_again() {
    let mut desk = SetupStage::new().await;
    desk.offer(&desk.typed()).await.is(303);
    let Some(Event::CredentialsOffered(offered)) = desk.stage.published().pop() else { panic!("nothing was offered") };
    let host = desk.stage.machine.host.clone();
    let now = desk.stage.jobs_clock.now();
    let claim = host.store.claim_setup(&id(), &offered.offer, now).await.expect("it is written").expect("it is free");
    setup::take_up(&host, &offered).await.expect("it is no error");
    assert!(desk.kept().await.is_none(), "somebody is at work on it");
    desk.stage.jobs_clock.set(now + SignedDuration::from_secs(301));
    setup::take_up(&host, &offered).await.expect("it is no error");
    desk.get(PAGE).await.shows("Connected: both vendors let us in.");
    // Who was thought to be dead says nothing any more.
    let stage = CheckStage::Refused(Vec::new());
    assert!(!host.store.tell_setup(&id(), &claim, stage, now).await.expect("it is written"));
    desk.get(PAGE).await.shows("Connected: both vendors let us in.");
}

#[tokio::test]
async fn a22_credentials_from_the_environment_are_only_tested() {
    let seed = Seed { customers: 2, story: false, payg_field: false, ..Seed::default() };
    let sandbox = sandbox::Sandbox::start(seed).await.expect("the sandbox starts");
    let mut stage = Stage::empty(false).await;
    stage.jobs_clock.set(sandbox.world(|world| world.now()));
    let login = acrotask::demo::credentials(&sandbox);
    stage.machine.keep_credentials(&id(), &login);
    setup::connect(&stage.machine.host, &id(), false).await.expect("it is connected");
    let admin = stage.session_with(Role::Admin).await;
    let page = stage.get(&admin, PAGE).await.is(200).shows("Credentials from the environment").shows("Test again");
    page.hides("Test and connect");
    let typed = crate::setup_stage::typed_as(NAME, &login);
    let fields: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    stage.submit(&admin, "/setup", &fields).await.is(409).shows("come from the environment");
    assert!(stage.published().is_empty());
    let test = |create: bool| {
        let tick = create.then_some(("create_field", "yes"));
        [("connection", NAME)].into_iter().chain(tick).collect::<Vec<_>>()
    };
    stage.submit(&admin, "/setup/test", &test(false)).await.is(303);
    heed(&mut stage.machine, |_| true, None, Mode::Apply).await.expect("it is checked");
    stage.get(&admin, PAGE).await.shows("Connected: both vendors let us in.").shows("is missing: tick its box");
    stage.get(&admin, "/setup/customers?connection=msp").await.shows(CLOSED).shows("&#34;Acronis PAYG&#34; is missing");
    // A22: it is made when a person says so.
    stage.submit(&admin, "/setup/test", &test(true)).await.is(303);
    heed(&mut stage.machine, |_| true, None, Mode::Apply).await.expect("it is checked");
    stage.get(&admin, PAGE).await.shows("“Acronis PAYG” is there.").shows("Next: Customers");
}

#[tokio::test]
async fn who_may_not_connect_sees_how_it_stands_and_no_form() {
    let mut desk = SetupStage::new().await;
    desk.connect().await;
    for role in [Role::Viewer, Role::Operator] {
        let cookie = desk.stage.session_with(role).await;
        let page = desk.stage.get(&cookie, PAGE).await.is(200).shows("Connected: both vendors let us in.");
        page.hides("Test and connect")
            .hides("Test again")
            .shows("Somebody with the role admin connects the vendors here.");
        for path in ["/setup", "/setup/test"] {
            desk.stage.submit(&cookie, path, &[("connection", NAME)]).await.is(403).shows("This needs the role admin");
        }
    }
    assert!(desk.stage.published().is_empty());
    for nowhere in ["east", "", "msp%23mapping", "%3Cscript%3E"] {
        for path in ALL {
            let answer = desk.get(&format!("{path}?connection={nowhere}")).await;
            assert_eq!(answer.status, 404, "{path} of {nowhere}");
        }
        desk.get(&format!("/setup/progress?connection={nowhere}")).await.is(404);
    }
    desk.stage.submit(&desk.admin, "/setup/test", &[("connection", "east")]).await.is(404);
    desk.stage.submit(&desk.admin, "/setup/plan", &[("connection", "east")]).await.is(404);
    desk.stage.submit(&desk.admin, "/setup/finish", &[("connection", "east"), ("plan", "1")]).await.is(404);
    let early = [("connection", NAME), ("plan", "1")];
    desk.stage.submit(&desk.admin, "/setup/finish", &early).await.is(409).shows("a step before this one is not done");
    let other = CredentialsOffered { connection: id(), offer: "another".to_owned() };
    let before = desk.sandbox.requests().len();
    setup::take_up(&desk.stage.machine.host, &other).await.expect("an event is not believed");
    assert_eq!(desk.sandbox.requests().len(), before);
}
