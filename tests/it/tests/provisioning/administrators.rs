//! The administrator of a new tenant (P2): the company's primary contact, one mail, and what happens where there
//! is nobody, or somebody else has the login.

use crate::stage::Stage;
use it::wire::{Operation, Strike};

#[tokio::test]
async fn p2_without_a_primary_contact_there_is_a_finding_and_the_tenant_is_made() {
    let stage = Stage::new().await;
    let buyers = ["Niemand GmbH", "Ohne Post GmbH", "Unpost GmbH"].map(|name| stage.plain_buyer(name));
    let fine = stage.plain_buyer("Jemand GmbH");
    stage.sandbox.world(|world| {
        for (buyer, email) in buyers.iter().zip([None, Some(""), Some("nobody at home")]) {
            let contact = world.contacts_of(buyer.company)[0].id;
            world.change_contact(contact, email.unwrap_or("office@host.example"), email.is_some());
        }
    });
    let run = stage.quotas_complete().await;
    let told = stage.told(&run);
    assert_eq!(told.matches("nobody becomes administrator").count(), 3, "{told}");
    for buyer in &buyers {
        let tenant = stage.tenants_of(buyer).remove(0);
        stage.has_what_was_bought(buyer, &tenant.id);
        assert_eq!(stage.users(&tenant.id), []);
    }
    let tenant = stage.has_one_tenant(&fine).await;
    assert_eq!(stage.mails(&tenant.id), 1);
    assert_eq!(stage.quotas_complete().await.record.counts.changes, 0, "they are complete");
}

#[tokio::test]
async fn p2_a_login_that_somebody_else_has_is_a_finding_and_the_rest_goes_on() {
    let stage = Stage::new().await;
    let (first, second) = (stage.plain_buyer("Erste AG"), stage.plain_buyer("Zweite AG"));
    stage.sandbox.world(|world| {
        let shared = world.contacts_of(first.company)[0].clone();
        let contact = world.contacts_of(second.company)[0].id;
        world.change_contact(contact, &shared.email, true);
    });
    let run = stage.quotas_complete().await;
    let told = stage.told(&run);
    assert!(told.contains("already a login") && told.contains("another login"), "{told}");
    stage.has_one_tenant(&first).await;
    let tenant = stage.tenants_of(&second).remove(0);
    stage.has_what_was_bought(&second, &tenant.id);
    assert_eq!(stage.users(&tenant.id), []);
    assert_eq!(stage.quotas_complete().await.record.counts.changes, 0);
}

#[tokio::test]
async fn p2_an_address_that_acronis_takes_for_no_login_is_a_finding_and_the_rest_goes_on() {
    let stage = Stage::new().await;
    let odd = ["büro@umlaut.example", "a b@space.example", "@", "x@", "\"quoted name\"@host.example", "tab\t@host"];
    let buyers = odd.map(|email| (stage.plain_buyer(&format!("Adresse {} AG", email.len() * 31)), email));
    let fine = stage.plain_buyer("Gute Adresse AG");
    stage.sandbox.world(|world| {
        for (buyer, email) in &buyers {
            let contact = world.contacts_of(buyer.company)[0].id;
            world.change_contact(contact, email, true);
        }
    });
    let run = stage.quotas().await;
    let told = stage.told(&run);
    stage.has_one_tenant(&fine).await;
    for (buyer, email) in &buyers {
        let tenants = stage.tenants_of(buyer);
        assert_eq!(tenants.len(), 1, "{email}: {told}");
        stage.has_what_was_bought(buyer, &tenants[0].id);
        assert_eq!(stage.users(&tenants[0].id), [], "{email}");
    }
    assert!(!told.contains("umlaut.example"), "addresses are nobody's business: {told}");
}

#[tokio::test]
async fn p2_a_user_that_a_stopped_run_made_becomes_the_administrator_and_is_not_made_twice() {
    let stage = Stage::new().await;
    let buyer = stage.plain_buyer("Halbfertig GmbH");
    let login = format!("Office@Company-{}.example", buyer.company);
    stage.wire.strike(Operation::CreateUser, 0, 1, Strike::ResetAfter);
    stage.quotas().await;
    stage.wire.mend();
    let tenant = stage.tenants_of(&buyer).remove(0);
    stage.sandbox.world(|world| {
        let user = world.acronis.users.values_mut().find(|user| user.tenant_id == tenant.id);
        user.expect("it was made, and nobody said so").login = login.to_lowercase();
    });
    stage.quotas_complete().await;
    let tenant = stage.has_one_tenant(&buyer).await;
    assert_eq!(stage.mails(&tenant.id), 1);
}
