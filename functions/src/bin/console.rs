//! The Lambda function `console`: answers people's browsers. Does nothing else.

use functions::console::{Console, LastListed, LastReplays, Provider, Site};
use functions::context::Clock;
use functions::http::HttpSettings;
use functions::lambda::{self, Desk};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda::log_as_json();
    let Desk { store, bus, offers, own_secret, oidc } = Desk::from_env().await?;
    let (clock, jobs_clock) = (Clock::system(), Clock::system());
    let (site, listed, offers) = (Site::Https, LastListed::default(), Some(offers));
    let provider = oidc.map(|settings| Provider::new(settings, own_secret, HttpSettings::default()));
    let replays = LastReplays::default();
    let console = Console { store, bus, clock, jobs_clock, site, links: None, provider, listed, replays, offers };
    lambda_http::run(console.router()).await
}
