//! What Autotask hides from an API user without a word: nothing is taken for gone, nothing is billed twice,
//! and it is told.

use crate::site::Site;
use shared::plan::HoldReason;

/// Hides entities from the API user, or shows everything.
fn hide(site: &Site, entities: &[&str]) {
    let entities = entities.iter().map(|entity| (*entity).to_owned()).collect();
    site.world.sandbox.world(|vendors| vendors.settings.unreadable = entities);
}

/// A run in which nothing is made, and which is held or tells what is not to be seen.
async fn changes_nothing(site: &Site, words: &str) {
    let made = site.world.adjustments();
    let run = site.world.apply().await;
    let plan = run.plan.expect("there is one");
    let told = format!("{plan}");
    assert_eq!((run.record.counts.made, site.world.adjustments()), (0, made), "{told}");
    assert!(told.contains(words), "no \"{words}\" in: {told}");
    assert!(plan.held.iter().all(|held| held.reasons.contains(&HoldReason::WholeRun)), "{told}");
}

#[tokio::test]
async fn h1_contracts_of_a_line_of_business_that_is_hidden_hold_the_whole_run() {
    let site = Site::with_work(6, 3).await;
    site.world.sandbox.world(|vendors| {
        for contract in vendors.contracts() {
            assert!(vendors.set_line_of_business(contract.id, 5));
        }
        vendors.hide_from_api_user(5);
    });
    changes_nothing(&site, "6 of 6 active contracts").await;
    changes_nothing(&site, "a permission lost at a vendor looks like that").await;
    site.world.sandbox.world(|vendors| vendors.hide_nothing());
    site.is_right_again().await;
}

#[tokio::test]
async fn entities_that_may_not_be_read_hold_the_run_or_are_told_and_change_nothing() {
    let site = Site::with_work(6, 3).await;
    let cases: [(&[&str], &str); 5] = [
        (&["Contracts"], "6 of 6 active contracts"),
        (&["ContractServiceUnits"], "18 of 18 lines with units"),
        (&["ContractServiceUnits", "ContractServices"], "18 of 18 lines with units"),
        (&["Services"], "is not in Autotask or inactive"),
        (
            &["Companies", "Contracts", "Services", "ContractServices", "ContractServiceUnits"],
            "6 of 6 active contracts",
        ),
    ];
    for (entities, words) in cases {
        for add_missing in [false, true] {
            site.world.change_mapping(|mapping| mapping.settings.add_missing_services = add_missing).await;
            hide(&site, entities);
            changes_nothing(&site, words).await;
        }
    }
    hide(&site, &[]);
    site.is_right_again().await;
}

#[tokio::test]
async fn units_that_may_not_be_read_are_not_billed_twice_where_too_few_vanish_to_hold_the_run() {
    for add_missing in [false, true] {
        let site = Site::with_work(1, 3).await;
        site.world.change_mapping(|mapping| mapping.settings.add_missing_services = add_missing).await;
        hide(&site, &["ContractServiceUnits"]);
        let before = site.world.wrong();
        for _ in 0..3 {
            let run = site.world.apply_complete().await;
            assert_eq!(site.world.wrong(), before, "no unit was added to units that are hidden");
            let plan = run.plan.expect("there is one");
            assert!(plan.to_string().contains("the line had units and shows none at all"), "{plan}");
            assert_eq!((run.record.counts.made, run.record.counts.held), (0, 3), "{plan}");
            site.world.pass_days(1);
        }
        hide(&site, &[]);
        site.is_right_again().await;
    }
}

#[tokio::test]
async fn companies_that_may_not_be_read_are_told_one_by_one() {
    let site = Site::with_work(2, 2).await;
    hide(&site, &["Companies"]);
    let run = site.world.apply_complete().await;
    let told =
        run.record.findings.iter().filter(|text| text.contains("is inactive or not visible in Autotask")).count();
    assert_eq!(told, 2, "{:#?}", run.record.findings);
    hide(&site, &[]);
    site.is_right_again().await;
}
