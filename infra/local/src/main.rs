//! The `acrotask` program: takes a command, carries it out, and says in its exit code how it ended.

use acrotask::cli::{Cli, Command, Mapping};
use acrotask::commands::{self, Exit};
use acrotask::session::{Session, note};
use acrotask::{demo, plans, serve, stack, status, webhooks};
use clap::Parser;
use functions::acronis::AcronisError;
use functions::autotask::AutotaskError;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Asking for help is no mistake.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = error.print();
            return ExitCode::from(exit as u8);
        }
    };
    // A command says itself what went wrong; the log is for `serve`, or for who asks for it.
    // The embedded database calls a table that is there already an error; that is how each start begins.
    let level = if matches!(cli.command, Command::Serve) { "warn,dynoxide=error" } else { "off" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let stack = cli.stack.clone().or_else(functions::context::stack);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = runtime
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(Box::pin(carry_out(cli, stack.as_deref()))));
    let exit = ended.unwrap_or_else(|error| {
        note(&format!("acrotask: {error:#}"));
        if let Some(advice) = advice(&error, stack.is_some()) {
            note(advice);
        }
        Exit::Failed
    });
    ExitCode::from(exit as u8)
}

/// What to do about an error that a vendor or AWS gave; most others say it themselves.
fn advice(error: &anyhow::Error, on_stack: bool) -> Option<&'static str> {
    let of_vendor = error.chain().find_map(|cause| match (cause.downcast_ref(), cause.downcast_ref()) {
        (Some(AutotaskError::Failed(_)), _) => {
            Some("If this stays so: check AUTOTASK_ZONE_URL (usually not set) and that this machine may call Autotask.")
        }
        (Some(AutotaskError::Unauthorized(_)), _) | (_, Some(AcronisError::Unauthorized(_))) if on_stack => Some(
            "A stack keeps them as a secret: put those that are right into the environment, then acrotask connect.",
        ),
        (_, Some(AcronisError::Forbidden(_))) => Some("Check the role of the API client in Acronis."),
        (_, Some(AcronisError::Failed(_))) => {
            Some("If this stays so: check ACRONIS_DATACENTER_URL and that this machine may call it.")
        }
        _ => None,
    });
    of_vendor.or_else(|| stack::advice(error))
}

async fn carry_out(cli: Cli, stack: Option<&str>) -> anyhow::Result<Exit> {
    if let Command::Demo(args) = &cli.command {
        return demo::run(args).await;
    }
    let session = Session::open(&cli.connection, stack).await?;
    match cli.command {
        Command::Demo(args) => demo::run(&args).await,
        Command::Serve => serve::run(session).await,
        Command::Plan(args) => plans::plan(&session, &args).await,
        Command::Approve(args) => plans::approve(&session, args).await,
        Command::Apply(args) => plans::apply(&session, &args).await,
        Command::Mapping(Mapping::Export { file, force }) => commands::export(&session, &file, force).await,
        Command::Mapping(Mapping::Import { file }) => commands::import(&session, &file).await,
        Command::Connect(args) => commands::connect(&session, &args).await,
        Command::Explain(args) => commands::explain(&session, &args).await,
        Command::Webhooks(what) => webhooks::run(&session, &what).await,
        Command::Status(args) => status::run(&session, &args).await,
    }
}
