//! Runs the sandbox by itself: prints where both vendors answer and what to export, then serves until
//! Ctrl-C. It holds no rules.
#![allow(clippy::print_stdout)]

use anyhow::Context;
use clap::Parser;
use jiff::civil::Date;
use sandbox::{Sandbox, Seed};
use std::net::{Ipv4Addr, SocketAddr};

/// Acronis and Autotask in a box, on this machine only.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Plain customers to plant.
    #[arg(long, default_value_t = 12)]
    customers: usize,
    /// Number all choices of the seed follow from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Port of the Acronis server; 0 takes a free one.
    #[arg(long, default_value_t = 9081)]
    acronis_port: u16,
    /// Port of the Autotask server; 0 takes a free one.
    #[arg(long, default_value_t = 9082)]
    autotask_port: u16,
    /// Day the clock stands still at; without it the clock follows the system's.
    #[arg(long)]
    today: Option<Date>,
    /// Acronis rows per page at most.
    #[arg(long, default_value_t = 5000)]
    page_size: usize,
    /// Plant prepaid customers too.
    #[arg(long)]
    prepaid: bool,
    /// Plant customers with alerts too.
    #[arg(long)]
    alerts: bool,
    /// Add Autotask's latency near its hourly limit.
    #[arg(long)]
    latency: bool,
    /// Text that every secret ends with, so that it can be looked for wherever no secret may be.
    #[arg(long, default_value = "")]
    mark: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let system_day = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let seed = Seed {
        customers: arguments.customers,
        seed: arguments.seed,
        today: arguments.today.unwrap_or(system_day),
        prepaid: arguments.prepaid,
        alerts: arguments.alerts,
        ..Seed::default()
    };
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let (acronis, autotask) = (at(arguments.acronis_port), at(arguments.autotask_port));
    let sandbox = Sandbox::start_at(seed, acronis, autotask).await;
    let sandbox = sandbox.context("the sandbox could not start; is a port taken?")?;
    sandbox.world(|world| {
        world.settings.page_size = arguments.page_size;
        world.settings.latency = arguments.latency;
        let (acronis, autotask) = (&mut world.acronis, &mut world.autotask);
        for secret in [&mut acronis.client_secret, &mut autotask.secret, &mut autotask.integration_code] {
            secret.push_str(&arguments.mark);
        }
        if arguments.today.is_none() {
            world.set_now(jiff::Timestamp::now());
            world.follow_system_clock(true);
        }
    });
    print_environment(&sandbox);
    tokio::signal::ctrl_c().await?;
    Ok(())
}

fn print_environment(sandbox: &Sandbox) {
    let credentials = sandbox.credentials();
    println!("# Acronis  {}", sandbox.acronis_url());
    println!("# Autotask {}", sandbox.autotask_url());
    println!("# control  {}/_sandbox/state", sandbox.acronis_url());
    println!("export ACRONIS_DATACENTER_URL={}", sandbox.acronis_url());
    println!("export ACRONIS_CLIENT_ID={}", credentials.acronis_client_id);
    println!("export ACRONIS_CLIENT_SECRET={}", credentials.acronis_client_secret);
    println!("export AUTOTASK_ZONE_URL={}", sandbox.autotask_url());
    println!("export AUTOTASK_USER_NAME={}", credentials.autotask_user_name);
    println!("export AUTOTASK_SECRET={}", credentials.autotask_secret);
    println!("export AUTOTASK_INTEGRATION_CODE={}", credentials.autotask_integration_code);
    println!("export ACROTASK_ALLOW_LOOPBACK=1");
}
