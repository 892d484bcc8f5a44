//! The Lambda function `console`: answers people's browsers. Does nothing else.

use functions::console::{Console, Provider, Site};
use functions::context::Clock;
use functions::http::HttpSettings;
use functions::lambda::{self, Desk};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda::log_as_json();
    let Desk { store, bus, secrets, oidc } = Desk::from_env().await?;
    let provider = oidc.map(|settings| Provider::new(settings, secrets, HttpSettings::default()));
    let (clock, jobs_clock) = (Clock::system(), Clock::system());
    let console = Console { store, bus, clock, jobs_clock, site: Site::Https, links: None, provider };
    lambda_http::run(console.router()).await
}
