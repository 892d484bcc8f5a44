//! What is to be known stands where it is needed, on the page where it matters.

use crate::stage::Stage;
use shared::person::Role;

#[tokio::test]
async fn a19_a20_a24_a25_a40_a41_what_the_kinds_of_contracts_mean_stands_at_the_plan() {
    let stage = Stage::start().await;
    let viewer = stage.session_with(Role::Viewer).await;
    let page = stage.get(&viewer, "/plan?connection=north").await.is(200).shows("quotas in Acronis follow them");
    let page = page.shows("charged what is used, at the price on the contract").shows("which is the default");
    let page =
        page.shows("One contract is of one kind, never both").shows("may be changed on a contract that is there");
    drop(page.shows("Contracts › New › Recurring Service").shows("services or bundles, each with its units"));
}

#[tokio::test]
async fn a14_that_a_line_of_business_hides_contracts_is_said_before_credentials_are_entered_and_where_one_is_missed() {
    let stage = Stage::empty(true).await;
    let admin = stage.session_with(Role::Admin).await;
    stage.get(&admin, "/setup").await.is(200).shows("Set no line of business on it");
    let stage = Stage::start().await;
    let viewer = stage.session_with(Role::Viewer).await;
    stage.get(&viewer, "/plan?connection=north").await.is(200).shows("A contract is missing here?");
}
