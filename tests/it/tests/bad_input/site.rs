//! A connected provider whose vendors are seen through a lens, and whose credentials can be exchanged.

use crate::lens::Lens;
use acrotask::demo::credentials;
use acrotask::machine::{Machine, Storage};
use functions::context::VendorCredentials;
use functions::http::HttpSettings;
use functions::run::Run;
use it::world::{World, even};
use sandbox::Seed;
use serde_json::Value;
use shared::run::Outcome;

/// The provider.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) lens: Lens,
    machine: Machine,
}

impl Site {
    /// Connected, with everything mapped, and nothing approved yet.
    pub(crate) async fn of(seed: Seed) -> Site {
        let mut world = World::of(seed).await;
        let lens = Lens::before(&world.sandbox.acronis_url(), &world.sandbox.autotask_url()).await;
        let machine = Machine::start(Storage::InMemory, world.clock.clone(), HttpSettings::default(), true);
        let machine = machine.await.expect("the machine starts");
        world.host.secrets = machine.host.secrets.clone();
        let site = Site { world, lens, machine };
        site.log_in_with(|_| {});
        site
    }

    /// Customers with this many lines each, all of them right.
    pub(crate) async fn even(customers: usize, lines: usize) -> Site {
        let site = Site::of(even(customers, lines)).await;
        site.world.settle().await;
        site
    }

    /// The same a day later, when one more of everything is used.
    pub(crate) async fn with_work(customers: usize, lines: usize) -> Site {
        let site = Site::even(customers, lines).await;
        site.world.pass_days(1);
        site.world.use_one_more_of_each();
        site
    }

    /// From now on these are the credentials: the right ones, changed.
    pub(crate) fn log_in_with(&self, change: impl FnOnce(&mut VendorCredentials)) {
        let mut login = credentials(&self.world.sandbox);
        login.acronis.datacenter_url.clone_from(&self.lens.acronis_url);
        login.autotask.zone_url.clone_from(&self.lens.autotask_url);
        change(&mut login);
        self.machine.keep_credentials(&self.world.connection, &login);
    }

    /// A run that fails with these words and changes nothing at Autotask and nothing in our memory of lines.
    pub(crate) async fn fails_and_changes_nothing(&self, words: &[&str]) {
        let (made, states) = (self.world.adjustments(), self.world.states().await);
        let run = self.world.apply().await;
        let Outcome::Failed(why) = &run.record.outcome else { panic!("{:?} is expected: {run:#?}", words) };
        words.iter().for_each(|word| assert!(why.contains(word), "no \"{word}\" in: {why}"));
        assert_eq!((self.world.adjustments(), self.world.states().await), (made, states), "{why}");
    }

    /// A run that ends well, makes this many changes, and tells of something in these words.
    pub(crate) async fn tells(&self, made: usize, words: &[&str]) -> Run {
        let run = self.world.apply_complete().await;
        let findings = run.record.findings.join("\n");
        words.iter().for_each(|word| assert!(findings.contains(word), "no \"{word}\" in: {findings}"));
        assert_eq!(run.record.counts.made, made, "{findings}");
        run
    }

    /// The vendors are plain again, and the next run makes everything right.
    pub(crate) async fn is_right_again(&self) {
        self.lens.clear();
        self.log_in_with(|_| {});
        self.world.apply_complete().await;
        self.world.all_is_right_and_made_once().await;
    }

    /// Writes to Autotask as a person would who has the vendor's own tools.
    pub(crate) async fn autotask(&self, method: reqwest::Method, path: &str, body: &Value) -> Value {
        let given = self.world.sandbox.credentials();
        let url = format!("{}/ATServicesRest/V1.0/{path}", self.world.sandbox.autotask_url());
        let asked = reqwest::Client::new()
            .request(method, url)
            .header("ApiIntegrationCode", given.autotask_integration_code)
            .header("UserName", given.autotask_user_name)
            .header("Secret", given.autotask_secret)
            .json(body);
        let answer = asked.send().await.expect("the vendor answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
        answer.json().await.expect("the answer is JSON")
    }
}
