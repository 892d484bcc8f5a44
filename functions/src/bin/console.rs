//! The Lambda function `console`: answers people's browsers. Does nothing else.

use functions::console::{Console, LastListed, Site};
use functions::context::Clock;
use functions::lambda::{self, Desk};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda::log_as_json();
    let Desk { store, bus, offers } = Desk::from_env().await?;
    let (clock, jobs_clock) = (Clock::system(), Clock::system());
    let (site, listed) = (Site::Https, LastListed::default());
    let console = Console { store, bus, clock, jobs_clock, site, links: None, listed, offers: Some(offers) };
    lambda_http::run(console.router()).await
}
