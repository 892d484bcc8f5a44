//! The `acrotask` program: takes a command, carries it out, and says in its exit code how it ended.

use acrotask::cli::{Cli, Command, Mapping};
use acrotask::commands::{self, Exit};
use acrotask::session::{Session, note};
use acrotask::{demo, serve, status};
use clap::Parser;
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
    let level = if matches!(cli.command, Command::Serve) { "info" } else { "off" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(Box::pin(carry_out(cli))));
    let exit = ended.unwrap_or_else(|error| {
        note(&format!("acrotask: {error:#}"));
        Exit::Failed
    });
    ExitCode::from(exit as u8)
}

async fn carry_out(cli: Cli) -> anyhow::Result<Exit> {
    if let Command::Demo(args) = &cli.command {
        return demo::run(args).await;
    }
    let session = Session::open(&cli.connection).await?;
    match cli.command {
        Command::Demo(args) => demo::run(&args).await,
        Command::Serve => serve::run(session).await,
        Command::Plan(args) => commands::plan(&session, args.json).await,
        Command::Approve(args) => commands::approve(&session, args).await,
        Command::Apply(args) => commands::apply(&session, args.json).await,
        Command::Mapping(Mapping::Export { file }) => commands::export(&session, &file).await,
        Command::Mapping(Mapping::Import { file }) => commands::import(&session, &file).await,
        Command::Connect(args) => commands::connect(&session, &args).await,
        Command::Status(args) => status::run(&session, args.json).await,
    }
}
