//! A stage for the setup: both vendors as the sandbox, nothing connected, and an admin at the console. The story turns
//! the crank: what was asked for is done by the real jobs then, and not before.

use crate::stage::{Answer, Stage};
use acrotask::demo::credentials;
use acrotask::wake::heed;
use functions::context::{Secret, VendorCredentials};
use functions::run::Run;
use jiff::SignedDuration;
use sandbox::{Sandbox, Seed};
use shared::ids::{ConnectionId, ServiceId};
use shared::mapping::{Mapping, ServiceTarget};
use shared::person::Role;
use shared::run::Mode;
use std::collections::BTreeMap;

/// The connection of the stories.
pub(crate) const NAME: &str = "msp";
pub(crate) const PAGE: &str = "/setup?connection=msp";

pub(crate) struct SetupStage {
    pub(crate) stage: Stage,
    pub(crate) sandbox: Sandbox,
    /// The admin's cookie.
    pub(crate) admin: String,
}

/// What a person types in, by field.
pub(crate) type Typed = BTreeMap<&'static str, String>;

impl SetupStage {
    pub(crate) async fn new() -> SetupStage {
        SetupStage::of(Seed { customers: 4, changed_percent: 100, ..Seed::default() }).await
    }

    pub(crate) async fn of(seed: Seed) -> SetupStage {
        let sandbox = Sandbox::start(seed).await.expect("the sandbox starts");
        let stage = Stage::empty(true).await;
        stage.jobs_clock.set(sandbox.world(|world| world.now()));
        let admin = stage.session_with(Role::Admin).await;
        SetupStage { stage, sandbox, admin }
    }

    /// The right credentials of the sandbox, as they are typed in.
    pub(crate) fn typed(&self) -> Typed {
        typed_as(NAME, &credentials(&self.sandbox))
    }

    pub(crate) async fn offer(&self, typed: &Typed) -> Answer {
        let fields: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.stage.submit(&self.admin, "/setup", &fields).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.stage.get(&self.admin, path).await
    }

    /// Does what was asked for.
    pub(crate) async fn crank(&mut self) -> Vec<Run> {
        heed(&mut self.stage.machine, |_| true, None, Mode::Apply).await.expect("runs are recorded")
    }

    /// Lets time pass for everybody.
    pub(crate) fn pass(&self, length: SignedDuration) {
        let later = self.stage.jobs_clock.now().checked_add(length).expect("it is in the calendar");
        self.sandbox.set_now(later);
        self.stage.jobs_clock.set(later);
    }

    /// Offers the right credentials and has them checked.
    pub(crate) async fn connect(&mut self) {
        self.offer(&self.typed()).await.is(303);
        self.crank().await;
        self.get(PAGE).await.is(200).shows("Connected: both vendors let us in.");
    }

    pub(crate) async fn secret(&self, name: &str) -> Option<Secret> {
        self.stage.machine.host.secrets.read(name).await.expect("it is read")
    }

    /// What is kept to log in with; none where nothing is.
    pub(crate) async fn kept(&self) -> Option<VendorCredentials> {
        let name = self.stage.machine.host.secrets.vendors(&id());
        self.secret(&name).await.map(|text| VendorCredentials::from_json(&text).expect("it can be read"))
    }

    /// What stands in the secret of offers.
    pub(crate) async fn offered(&self) -> String {
        let name = self.stage.machine.host.secrets.offered(&id());
        self.secret(&name).await.map_or(String::new(), |text| text.expose().to_owned())
    }

    pub(crate) async fn mapping(&self) -> Mapping {
        let mapping = self.stage.machine.host.store.mapping(&id()).await.expect("it is read");
        mapping.expect("it was made when the connection was")
    }

    /// As the page of products does: each item is sold as the service of its name.
    pub(crate) async fn map_products(&self) {
        let services = self.sandbox.world(|world| world.services());
        let mut mapping = self.mapping().await;
        for (key, row) in &mut mapping.products {
            let service = services.iter().find(|service| service.sku == key.name);
            row.service = service.map(|service| ServiceTarget::Existing(ServiceId(service.id)));
        }
        self.save(&mapping).await;
    }

    pub(crate) async fn save(&self, mapping: &Mapping) {
        self.stage.machine.host.store.save_mapping(&id(), mapping).await.expect("it is saved");
    }
}

pub(crate) fn id() -> ConnectionId {
    ConnectionId::new(NAME)
}

pub(crate) fn typed_as(name: &str, login: &VendorCredentials) -> Typed {
    let (acronis, autotask) = (&login.acronis, &login.autotask);
    Typed::from([
        ("connection", name.to_owned()),
        ("datacenter_url", acronis.datacenter_url.clone()),
        ("client_id", acronis.client_id.clone()),
        ("client_secret", acronis.client_secret.expose().to_owned()),
        ("zone_url", autotask.zone_url.clone()),
        ("user_name", autotask.user_name.clone()),
        ("secret", autotask.secret.expose().to_owned()),
        ("integration_code", autotask.integration_code.expose().to_owned()),
    ])
}
