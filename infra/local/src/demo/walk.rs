//! `demo --setup`: simulated vendors, nothing connected and nothing mapped, and the console, in which a person walks the
//! whole setup by himself. What he does there wakes the real jobs; time passes as it does.

use super::credentials;
use crate::commands::Exit;
use crate::console_server;
use crate::machine::{Machine, Storage};
use crate::serve::tell;
use crate::session::{asked_to_stop, note};
use crate::wake::heed;
use anyhow::Context;
use functions::context::Clock;
use functions::events::CREDENTIALS_OFFERED;
use functions::http::HttpSettings;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sandbox::{Sandbox, Seed};
use shared::run::Mode;

/// Serves until Ctrl-C.
pub(super) async fn run(seed: Seed) -> anyhow::Result<Exit> {
    let now = Timestamp::now();
    let seed = Seed { today: now.to_zoned(TimeZone::UTC).date(), ..seed };
    let sandbox = Sandbox::start(seed).await.context("the simulated vendors cannot be started")?;
    sandbox.world(|world| {
        world.set_now(now);
        world.follow_system_clock(true);
        // Secrets of this one demo, to be typed in by whoever sees them here.
        world.acronis.client_secret = "demo-acronis-secret".to_owned();
        world.autotask.secret = "demo-autotask-secret".to_owned();
        world.autotask.integration_code = "DEMO-INTEGRATION-CODE".to_owned();
    });
    let mut machine = Machine::start(Storage::InMemory, Clock::system(), HttpSettings::default(), true).await?;
    let login = credentials(&sandbox);
    note(&format!(
        "A simulated provider. Nothing is connected yet: open the link below, go to Setup, and enter\n\
         \x20 Acronis   data centre URL     {}\n\
         \x20           client id           {}\n\
         \x20           client secret       {}\n\
         \x20 Autotask  user name           {}\n\
         \x20           secret              {}\n\
         \x20           integration code    {}\n\
         \x20           zone address        {}\n\
         Ctrl-C ends it; nothing of it is kept.",
        login.acronis.datacenter_url,
        login.acronis.client_id,
        login.acronis.client_secret.expose(),
        login.autotask.user_name,
        login.autotask.secret.expose(),
        login.autotask.integration_code.expose(),
        login.autotask.zone_url,
    ));
    let _console = console_server::start_and_tell(&machine).await?;
    let mut stop = std::pin::pin!(asked_to_stop());
    loop {
        let event = tokio::select! {
            event = machine.events.recv() => event.context("the bus is closed")?,
            () = stop.as_mut() => return Ok(Exit::Done),
        };
        let offered = event["detail-type"] == CREDENTIALS_OFFERED;
        let woken = tokio::select! {
            runs = heed(&mut machine, |_| true, Some(event), Mode::Apply) => runs,
            () = stop.as_mut() => return Ok(Exit::Done),
        };
        if offered {
            note("The credentials that were entered are checked: the page Setup says what came of it.");
        }
        match woken {
            Ok(runs) => runs.iter().for_each(tell),
            Err(error) => note(&format!("acrotask: no run could be made or recorded: {error:#}")),
        }
    }
}
