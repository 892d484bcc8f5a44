//! Measures the money path: one apply run of usage-sync against both vendors and the table, each of them
//! a process of its own. It prints what the run took beside what it may take.
#![allow(clippy::print_stdout)]

mod figures;
mod processes;
mod runs;
mod wire;

use anyhow::{Context, bail};
use figures::Figures;
use it::bench::counted::Counts;
use it::bench::planted::{self, Size};
use processes::Process;
use runs::{Lists, Measured, Setting};
use std::path::PathBuf;

/// What was asked for on the command line.
#[derive(Default)]
struct Asked {
    sizes: Vec<Size>,
    save: Option<PathBuf>,
    check: bool,
}

fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|word| word == processes::ROLE) {
        arguments.remove(0);
        return play(&arguments);
    }
    let asked = asked(&arguments)?;
    let all: Vec<Figures> = asked.sizes.iter().map(measure).collect::<anyhow::Result<_>>()?;
    if let Some(file) = asked.save {
        let all: Vec<_> = all.iter().map(Figures::as_json).collect();
        let text = serde_json::to_string_pretty(&all)?;
        std::fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    let missed = all.iter().filter(|figures| !figures.are_met()).count();
    if asked.check && missed > 0 {
        bail!("{missed} of {} sizes took more than they may", all.len());
    }
    Ok(())
}

/// One of the processes of a measurement.
fn play(arguments: &[String]) -> anyhow::Result<()> {
    let given = arguments.get(1).map_or("null", String::as_str);
    match arguments.first().map(String::as_str) {
        Some("vendors") => processes::serve(wire::vendors(serde_json::from_str(given)?)),
        Some("table") => processes::serve(wire::table()),
        Some("set-up") => processes::tell(runs::set_up(serde_json::from_str(given)?)),
        Some("run") => processes::tell(runs::run(serde_json::from_str(given)?)),
        Some("lists") => processes::tell(runs::lists(serde_json::from_str(given)?)),
        other => bail!("there is no role {other:?}"),
    }
}

fn asked(arguments: &[String]) -> anyhow::Result<Asked> {
    let mut asked = Asked::default();
    let (mut customers, mut latency, mut items) = (Vec::new(), 20, 0);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            // What cargo adds by itself.
            "--bench" => {}
            "--check" => asked.check = true,
            "--save" => asked.save = Some(PathBuf::from(value()?)),
            "--customers" => customers.push(value()?.parse().context("--customers takes a number")?),
            "--latency" => latency = value()?.parse().context("--latency takes milliseconds")?,
            "--items" => items = value()?.parse().context("--items takes a number")?,
            _ => bail!("unknown: {word}; known are --customers N, --latency MS, --items N, --save FILE and --check"),
        }
    }
    if customers.is_empty() {
        customers = vec![100, 1_000];
    }
    let size = |customers| Size { customers, items: planted::LINES.max(items), latency };
    asked.sizes = customers.into_iter().map(size).collect();
    Ok(asked)
}

/// Starts the processes, sets the connection up, and measures one run.
fn measure(size: &Size) -> anyhow::Result<Figures> {
    let vendors = Process::start("vendors", size)?;
    let table = Process::start("table", &())?;
    let setting = Setting { vendors: vendors.told()?, table: table.told()? };
    let _: () = processes::result_of("set-up", &setting)?;
    let before: Counts = processes::counts(&setting.table)?;
    let calls_before: Counts = processes::counts(&setting.vendors.counts)?;
    let measured: Measured = processes::result_of("run", &setting)?;
    let after: Counts = processes::counts(&setting.table)?;
    let calls = processes::counts(&setting.vendors.counts)?.since(&calls_before);
    let lists: Lists = processes::result_of("lists", &setting)?;
    let read = processes::counts(&setting.table)?.since(&after);
    let mut figures = Figures::of(*size, measured, after.since(&before), calls)?;
    figures.add_lists(&lists, &read)?;
    println!("{figures}");
    Ok(figures)
}
