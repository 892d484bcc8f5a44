//! The demo: needs no account, no network and no certificates, and shows one whole sync.

use it::folder::Folder;
use it::program::{self, Environment, Running, Said};
use sandbox::Sandbox;
use std::collections::BTreeSet;
use std::path::Path;

/// The demo's vendors have the same credentials as every sandbox.
async fn secrets() -> Vec<String> {
    let today = jiff::civil::date(2026, 11, 10);
    let sandbox = Sandbox::start(sandbox::Seed::empty(today)).await.expect("the sandbox starts");
    let given = sandbox.credentials();
    vec![given.acronis_client_secret, given.autotask_secret, given.autotask_integration_code]
}

async fn demo(words: &[&str], environment: &Environment) -> Said {
    let folder = Folder::of("cli");
    let arguments: Vec<&str> = ["demo"].iter().chain(words).copied().collect();
    program::run(&arguments, environment, folder.path(), &secrets().await).await
}

/// What it tells, without what differs from run to run and without the vendors' calls.
fn main_sentences(said: &Said) -> String {
    let lines = said.err.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let line = line.split(';').next().unwrap_or(line);
        let line = line.split(": Acronis at").next().unwrap_or(line);
        let is_id = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
        match line.split_once("plan, ").map(|(before, after)| (before, after.split_at_checked(12))) {
            Some((before, Some((id, after)))) if is_id(id) => format!("{before}plan, ID{after}"),
            _ => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a02_a03_it_bills_sets_quotas_makes_tickets_and_ends_without_anything_left_to_do() {
    let said = demo(&["--once", "--customers", "3"], &Environment::new()).await.exits(0);
    insta::assert_snapshot!(main_sentences(&said), @r#"
    A simulated provider
    1. Connect: both credentials are checked, and customers with equal names are mapped.
       27 tenants and 25 companies are visible
       Near, so only suggested: company "Hagelstein Treuhand GmbH" and tenant "Hagelstein Treuhand".
       Tenants that nobody is billed for: "Unbekannt Verzogen Umzüge OHG", "Hagelstein Treuhand", "Einsame Mandantin AG".
    2. Map products: 16 of 28 items are sold as a service.
    3. Plan: what would change and why. Nothing is changed before the first plan is approved.
    4. Approve: the demo approves its own first plan, ID. With you, a person does.
    5. Apply: each change is recorded, sent once, and read back.
       Run complete: 4 of 4 changes made
    6. Run again: a run looks at what is, so a second one has nothing to do.
       Nothing to do: 29 lines are as they should be
    7. Quotas: prepaid units become quotas in Acronis, and companies with a contract and no tenant get one.
       A salesperson has read what the first plan found: Lückenbauer Gerüste GmbH gets 2 Acronis Servers on its contract.
    8. Approve this plan, ID, as a person would, and apply it.
       Run complete: 12 of 12 changes made
       Run complete: 0 of 0 changes made
       The second of these runs had nothing to do.
    9. Alerts: each, of the types that make tickets, becomes one in Autotask. Ticket sync is switched on, for alerts
       of the last 7 days too (`days_before_switch_on`), and so that a ticket is closed when its alert clears
       (`auto_close`).
    10. Approve this plan, ID, as a person would, and apply it.
       Run complete: 10 of 10 changes made
       In Autotask there are 10 tickets now, one for each alert, such as T20261110.0001 "Backup failed: OP-SAAL-01".
    11. Time passes, and alert-sync looks every 5 minutes at what changed.
       09:02  Sirenenhof Klinik GmbH: the alert "Backup canceled: OP-SAAL-02" clears in Acronis.
       09:02  Wellengang Reederei KG: a technician completes T20261110.0004 "Backup failed: BRUECKE-01".
       09:03  Wellengang Reederei KG: the same backup fails again.
       09:03  Unbekannt Verzogen Umzüge OHG, a tenant that belongs to no company: a backup fails.
       09:05  alert-sync: Run complete: 2 of 2 changes made
              Wellengang Reederei KG  Backup failed: BRUECKE-01  reopens ticket T20261110.0004
              Sirenenhof Klinik GmbH  Backup canceled: OP-SAAL-02  closes ticket T20261110.0007
              Finding: 2 alerts in tenant 11a25cd6-acac-4000-8000-00000000001a "Unbekannt Verzogen Umzüge OHG", which is not mapped
              → map the tenant to a company, or ignore it
       09:10  alert-sync: Run complete: 0 of 0 changes made
              Nothing changed, so there was nothing to do.
    "#);
    let said = said.prints(&["Held until approved", "the first plan", "Findings"]);
    // A company without a tenant, quotas like units, and the mixed and the expired contract with what to do.
    let said = said.prints(&[
        "Frischling Bootsbau GmbH (company 191), new tenant",
        "Workstations 5",
        "8 → 12",
        "Acronis Workstations is on pay-as-you-go contract",
        "take the service off one of the two contracts",
        "no active recurring contract since 2026-11-10; its quotas stay as they are",
        "renew the contract, or disable the tenant",
    ]);
    // What is in use keeps its quota.
    let said = said.prints(&["Acronis Servers: 2 on contract"]);
    assert!(!said.out.contains("in use"), "{said:#?}");
    // Alerts of every kind of customer, and one that is nobody's.
    said.prints(&[
        "of tickets",
        "Backup failed: OP-SAAL-01",
        "new: Critical, Monitoring Alert, contract",
        "Selbst Ist Die Kanzlei PartG",
        "\"Unbekannt Verzogen Umzüge OHG\", which is not mapped",
    ]);
}

/// Its calls differ where a request has to be sent again.
fn without_calls(line: &str) -> &str {
    line.split_once("made; ").map_or(line, |(before, _)| before).trim_end()
}

#[tokio::test]
async fn the_readme_shows_what_it_prints() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).expect("README.md should be there");
    let (_, shown) = readme.split_once("\n3. Plan: ").expect("the README shows the demo");
    let (shown, _) = shown.split_once("\nWithout `--once`").expect("the README goes on");
    let said = demo(&["--once"], &Environment::new()).await.exits(0);
    let printed: BTreeSet<&str> = said.out.lines().chain(said.err.lines()).map(without_calls).collect();
    let mut is_sample = true;
    let mut samples = 0;
    for line in shown.lines().skip(1) {
        let is_fence = line == "```";
        is_sample ^= is_fence;
        if is_sample && !is_fence && line.trim() != "…" {
            samples += 1;
            assert!(printed.contains(without_calls(line)), "the demo does not print: {line}");
        }
    }
    assert!(samples > 50, "{samples} lines");
}

#[tokio::test]
async fn it_needs_no_certificates_on_the_machine() {
    let none = [("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")];
    let environment = none.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    demo(&["--once", "--customers", "1", "--seed", "7"], &environment).await.exits(0).notes(&["Nothing to do"]);
}

#[tokio::test]
async fn its_json_is_pure_and_shows_the_way_to_an_empty_plan() {
    let said = demo(&["--once", "--json", "--customers", "1"], &Environment::new()).await.exits(0);
    let shown = said.json();
    assert_eq!(said.err, "");
    assert!(shown["first_plan"]["held"].as_array().is_some_and(|held| !held.is_empty()), "{shown}");
    assert_eq!(shown["run"]["counts"]["made"], shown["run"]["counts"]["changes"]);
    assert_eq!(shown["second_plan"]["changes"], serde_json::json!([]));
    assert_eq!(shown["second_plan"]["held"], serde_json::json!([]));
    let (alerts, runs) = (&shown["alerts"], |run: usize| &shown["alerts"]["runs"][run]);
    let held = alerts["first_plan"]["held"].as_array().map(Vec::len);
    assert_eq!((held, runs(0)["run"]["counts"]["made"].as_u64()), (Some(10), Some(10)));
    let what = |change: usize| &runs(1)["plan"]["changes"][change]["action"]["action"];
    assert_eq!([what(0), what(1)], ["reopen-ticket", "close-ticket"], "{alerts}");
    assert_eq!(runs(1)["plan"]["findings"][0]["finding"], "unmapped-alerts");
    assert_eq!(
        (runs(2)["run"]["counts"]["made"].as_u64(), runs(2)["run"]["autotask_calls"].as_u64()),
        (Some(0), Some(0))
    );
}

#[tokio::test]
async fn without_once_days_pass_until_it_is_stopped() {
    let folder = Folder::of("cli");
    let arguments = ["demo", "--customers", "1"];
    let mut demo = Running::start(&arguments, &Environment::new(), folder.path(), &secrets().await);
    demo.until("12. Days pass, one every").await;
    demo.until("usage of today").await;
    demo.until("04:00 usage-sync: Run complete").await;
    demo.until("09:00 alerts in Acronis: 2 raised").await;
    demo.until("09:05 alert-sync: Run complete: 2 of 2 changes made").await;
    demo.signal("-INT");
    demo.end().await.exits(0).notes(&["The demo is over; nothing of it is kept."]);
}
