//! Credentials that were offered in the console, checked by the function that has the vendors' rights.

use crate::cloud::Cloud;
use acrotask::demo::credentials;
use functions::context::OfferedCredentials;
use functions::events::{CredentialsOffered, Event};
use functions::secrets::Offers;
use it::runtime::{Answer, Function};
use sandbox::{Sandbox, Seed};
use shared::ids::ConnectionId;
use shared::person::{AuditRecord, PersonId};
use shared::setup::{Setup, Stage};

#[tokio::test]
async fn the_function_checks_what_was_offered_keeps_it_and_answers_twice() {
    let cloud = Cloud::start().await;
    let east = ConnectionId::new("east");
    let now = cloud.host.clock.now();
    let sandbox = Sandbox::start(Seed { customers: 2, story: false, seed: 9, ..Seed::default() }).await;
    let sandbox = sandbox.expect("the sandbox starts");
    sandbox.set_now(now);
    let (by, offer) = (PersonId::local(), "an-offer".to_owned());
    let login = credentials(&sandbox);
    let entered = shared::setup::Login {
        datacenter_url: login.acronis.datacenter_url.clone(),
        client_id: login.acronis.client_id.clone(),
        zone_url: login.autotask.zone_url.clone(),
        user_name: login.autotask.user_name.clone(),
    };
    let setup = Setup {
        offer: offer.clone(),
        by: by.clone(),
        at: now,
        heard: now,
        create_field: false,
        login: Some(entered),
        stage: Stage::Offered,
    };
    let record = AuditRecord { at: now, by, what: "test".to_owned(), before: String::new(), after: String::new() };
    cloud.host.store.offer_setup(&east, &setup, &record).await.expect("it is written");
    let offered = OfferedCredentials { offer: offer.clone(), credentials: login.clone() };
    Offers::new(cloud.host.secrets.clone()).put(&east, &offered.to_json()).await.expect("it is put there");
    // A secret is on its way to where secrets are: nobody listens on that one.
    let mut environment = cloud.environment("plan");
    environment.retain(|(name, _)| *name != "AWS_ENDPOINT_URL_SECRETS_MANAGER");
    environment.push(("AWS_ENDPOINT_URL_SECRETS_MANAGER", cloud.machine.aws_endpoint().to_owned()));
    let mut function = Function::start("usage-sync", &environment).await;
    let event = Event::CredentialsOffered(CredentialsOffered { connection: east.clone(), offer }).to_invocation();
    for _ in 0..2 {
        assert!(matches!(function.invoke(event.clone()).await, Answer::Response(_)));
        let told = cloud.host.store.setup(&east).await.expect("it is read").expect("it is there");
        assert!(matches!(&told.stage, Stage::Connected(sight) if sight.mapped_by_name == Some(2)), "{told:?}");
    }
    let secrets = &cloud.host.secrets;
    let read = async |name: &str| secrets.read(name).await.expect("it is read").expect("it is there");
    assert_eq!(read(&secrets.vendors(&east)).await.expose(), login.to_json().expose());
    assert_eq!(read(&secrets.offered(&east)).await.expose(), "{}");
    let written = function.end().await;
    assert!(!written.contains(login.acronis.client_secret.expose()), "a secret is in the log");
}
