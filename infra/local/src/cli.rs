//! The words of the command line. Parses; does nothing.

use crate::stack::stack_name;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Keeps Acronis and Autotask in agreement: usage, contract units, quotas, customers, alerts and tickets.
#[derive(Debug, Parser)]
#[command(name = "acrotask", version, arg_required_else_help = true)]
pub struct Cli {
    /// Which connection, where one data folder or table holds several.
    #[arg(long, global = true, default_value = "default", value_name = "NAME", value_parser = connection_name)]
    pub connection: String,
    /// A stack that is deployed on AWS, instead of this machine; ACROTASK_STACK says it too.
    #[arg(long, global = true, value_name = "NAME", value_parser = stack_name)]
    pub stack: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// A name that stays readable in keys, addresses and logs.
fn connection_name(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || text.len() > 64 || !text.chars().all(is_plain) {
        return Err("expected up to 64 letters, digits, - _ or .".to_owned());
    }
    Ok(text.to_owned())
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch it work on simulated vendors; needs no account and no network.
    Demo(Demo),
    /// Run on schedules against the configured vendors until Ctrl-C.
    Serve,
    /// Show what would change and why. Exit: 0 nothing, 1 failed, 2 changes, 3 only holds.
    Plan(Look),
    /// Approve changes exactly as shown; refused if the world moved since.
    Approve(Approve),
    /// Make one run that writes.
    Apply(Look),
    /// Map customers and products in one TOML file.
    #[command(subcommand)]
    Mapping(Mapping),
    /// Check both credentials and show what they can see; with --stack keep them as its secrets.
    Connect(Connect),
    /// Explain the units of a service on a customer's contracts, back to the usage behind them.
    Explain(Explain),
    /// Let Autotask call us when something changes.
    #[command(subcommand)]
    Webhooks(Webhooks),
    /// Show whether it works, what needs you, and the last runs.
    Status(Status),
}

/// What `demo` takes.
#[derive(Debug, Args)]
pub struct Demo {
    /// Plain customers to simulate; some with a story of their own come on top.
    #[arg(long, default_value_t = 12, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub customers: u32,
    /// Another seed is another provider.
    #[arg(long, default_value_t = 1, value_name = "S")]
    pub seed: u64,
    /// End when there is nothing left to do.
    #[arg(long)]
    pub once: bool,
    /// Print JSON instead of text; implies --once.
    #[arg(long)]
    pub json: bool,
    /// Begin with nothing connected: walk the console's setup by yourself.
    #[arg(long, conflicts_with_all = ["once", "json"])]
    pub setup: bool,
}

/// What `plan` and `apply` take.
#[derive(Debug, Args)]
pub struct Look {
    /// What to look at; everything where nothing is named.
    #[arg(value_enum)]
    pub subject: Option<Subject>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub json: bool,
}

/// What can be planned and applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// Acronis usage to pay-as-you-go contract units.
    Usage,
    /// Prepaid contract units to Acronis quotas, and new customers.
    Quotas,
    /// Acronis alerts to Autotask tickets.
    Alerts,
    /// Closed tickets to dismissed alerts: a part of `alerts`.
    #[value(skip)]
    Dismissals,
}

/// What `approve` takes.
#[derive(Debug, Args)]
#[command(override_usage = "acrotask approve <ID>...\n       acrotask approve --plan <ID>")]
pub struct Approve {
    /// Changes or holds, by the ids that `acrotask plan` shows.
    #[arg(required_unless_present = "plan", conflicts_with = "plan", value_name = "ID")]
    pub ids: Vec<String>,
    /// A whole plan, holds included, by its id.
    #[arg(long, value_name = "ID")]
    pub plan: Option<String>,
    /// Who approves; kept with each change.
    #[arg(long, env = "USER", default_value = "operator", value_name = "NAME")]
    pub by: String,
}

/// What `mapping` can do.
#[derive(Debug, Subcommand)]
pub enum Mapping {
    /// Write the mapping, with every company and every item there is, to FILE.
    Export {
        /// The file; - is standard output.
        file: PathBuf,
        /// Write over a file that is there already.
        #[arg(long)]
        force: bool,
    },
    /// Take FILE over, or say what is wrong with it and change nothing.
    Import {
        /// The file; - is standard input.
        file: PathBuf,
    },
}

/// What `webhooks` can do.
#[derive(Debug, Subcommand)]
pub enum Webhooks {
    /// Make the webhooks in Autotask what they should be; changes nothing where they are.
    Install {
        /// Where they call: the address of the function autotask-webhook, or of what stands before this machine.
        #[arg(long, value_name = "https://…")]
        url: String,
        /// Give Autotask the key again, which it does not show: after the key was changed.
        #[arg(long)]
        new_key: bool,
    },
    /// Show which there are, what is switched off or missing, and what to do.
    Status(Json),
}

/// What `connect` takes.
#[derive(Debug, Args)]
pub struct Connect {
    /// Create the contract field "Acronis PAYG" in Autotask where it is not there.
    #[arg(long)]
    pub create_field: bool,
}

/// What `status` takes.
#[derive(Debug, Args)]
pub struct Status {
    /// Show all findings instead: what each costs, what to do, who does, and until when it is ignored.
    #[arg(long)]
    pub findings: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    pub json: bool,
    /// Print the findings as CSV instead of text.
    #[arg(long, requires = "findings", conflicts_with = "json")]
    pub csv: bool,
}

/// What `webhooks status` takes.
#[derive(Debug, Args)]
pub struct Json {
    /// Print JSON instead of text.
    #[arg(long)]
    pub json: bool,
}

/// What `explain` takes.
#[derive(Debug, Args)]
pub struct Explain {
    /// The customer: the company's number or a part of its name.
    #[arg(value_name = "COMPANY")]
    pub company: String,
    /// The service: its number or a part of its name.
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// For which day; today where none is given.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub on: Option<jiff::civil::Date>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub json: bool,
}
