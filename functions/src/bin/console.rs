//! The Lambda function `console`: answers people's browsers. Does nothing else.

use functions::console::{Console, LastListed, Provider, Site};
use functions::context::Clock;
use functions::http::HttpSettings;
use functions::lambda::{self, Desk};
use functions::secrets::{Offers, OwnSecret};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda::log_as_json();
    let Desk { store, bus, secrets, oidc } = Desk::from_env().await?;
    let offers = Some(Offers::new(secrets.clone()));
    let provider = oidc.map(|settings| Provider::new(settings, OwnSecret::new(secrets), HttpSettings::default()));
    let (clock, jobs_clock) = (Clock::system(), Clock::system());
    let (site, listed) = (Site::Https, LastListed::default());
    let console = Console { store, bus, clock, jobs_clock, site, links: None, listed, offers, provider };
    lambda_http::run(console.router()).await
}
