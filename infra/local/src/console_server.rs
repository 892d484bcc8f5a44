//! The console on one machine: the same pages as on AWS, on loopback only, and a link by which the person at the
//! machine comes in. Others come in by the provider that vouches for them, where there is one.

use crate::machine::Machine;
use crate::session::note;
use anyhow::Context;
use functions::console::{Console, LINK_LASTS, LastListed, LastReplays, Links, Provider, Site};
use functions::context::{Clock, console_port};
use functions::secrets::{Offers, OwnSecret};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Where the console is if nothing else is said, and nobody else is there.
const DEFAULT_PORT: u16 = 8421;

/// The server; dropping it stops it.
#[derive(Debug)]
pub struct ConsoleServer {
    address: SocketAddr,
    links: Links,
    clock: Clock,
    _stop: oneshot::Sender<()>,
}

impl ConsoleServer {
    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells a new link by which one comes in.
    pub fn tell_link(&self) -> anyhow::Result<bool> {
        self.links.tell_new(self.clock.now())
    }
}

/// Serves the console at the configured port, and prints a link to come in by.
pub async fn start_and_tell(machine: &Machine) -> anyhow::Result<ConsoleServer> {
    let tell = |link: &str| {
        note(&format!("Console, to be opened once within {} minutes: {link}", LINK_LASTS.as_mins()));
    };
    let server = start(machine, Clock::system(), console_port()?, tell).await?;
    server.tell_link()?;
    Ok(server)
}

/// Serves the console at a port on loopback, 0 being any that is free; where none is given, at the usual one or any.
/// People come and go by `clock`, and each link is given to `tell`.
pub async fn start(
    machine: &Machine,
    clock: Clock,
    port: Option<u16>,
    tell: impl Fn(&str) + Send + Sync + 'static,
) -> anyhow::Result<ConsoleServer> {
    let listener = match (port, TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(DEFAULT_PORT))).await) {
        (_, Ok(listener)) => Ok(listener),
        // Another one is there already, such as that of another connection.
        (None, Err(_)) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
        (Some(_), Err(error)) => Err(error),
    };
    let listener = listener.context("the console cannot be served: set CONSOLE_PORT to a port that is free")?;
    let address = listener.local_addr()?;
    let links = Links::new(format!("http://{address}"), tell);
    let provider = machine.oidc.clone().map(|settings| {
        Provider::new(settings, OwnSecret::new(machine.host.secrets.clone()), machine.host.http.clone())
    });
    let console = Console {
        store: machine.host.store.clone(),
        bus: machine.bus.clone(),
        clock: clock.clone(),
        jobs_clock: machine.host.clock.clone(),
        site: Site::Loopback(address),
        links: Some(links.clone()),
        provider,
        listed: LastListed::default(),
        replays: LastReplays::default(),
        offers: machine.takes_offers.then(|| Offers::new(machine.host.secrets.clone())),
    };
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(async move {
        let until_dropped = async {
            let _ = stopped.await;
        };
        if let Err(error) = axum::serve(listener, console.router()).with_graceful_shutdown(until_dropped).await {
            tracing::error!("the console is no longer served: {error}");
        }
    });
    Ok(ConsoleServer { address, links, clock, _stop: stop })
}
