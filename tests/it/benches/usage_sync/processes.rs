//! Runs the parts of a measurement as processes of their own: this program again, in another role. What
//! they have to say is one line of JSON; a server ends when its input does.

use crate::runs::Setting;
use anyhow::{Context, bail, ensure};
use functions::context::AWS_ENDPOINT_URL_DYNAMODB;
use it::bench::counted::{self, Counts};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

/// The first argument of a process that plays a part.
pub(crate) const ROLE: &str = "--role";

/// A server, killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    said: String,
}

impl Process {
    /// Starts a server and waits until it serves.
    pub(crate) fn start(role: &str, given: &impl Serialize) -> anyhow::Result<Process> {
        let mut child = command(role, given)?.stdin(Stdio::piped()).spawn()?;
        let output = child.stdout.take().context("its output is piped")?;
        let mut said = String::new();
        BufReader::new(output).read_line(&mut said)?;
        ensure!(!said.is_empty(), "{role} ended before it served");
        Ok(Process { child, said })
    }

    /// What it said when it began to serve.
    pub(crate) fn told<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        Ok(serde_json::from_str(&self.said)?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It is ours, and holds nothing that has to be kept.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(role: &str, given: &impl Serialize) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([ROLE, role, &serde_json::to_string(given)?]).stdout(Stdio::piped());
    // The AWS client is configured as on AWS, and answered on this machine.
    command.envs([("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local"), ("AWS_REGION", "us-east-1")]);
    Ok(command)
}

/// Runs a part to its end and gives what it says.
pub(crate) fn result_of<T: DeserializeOwned>(role: &str, setting: &Setting) -> anyhow::Result<T> {
    let mut command = command(role, setting)?;
    command.env(AWS_ENDPOINT_URL_DYNAMODB, &setting.table).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output()?;
    if !output.status.success() {
        bail!("{role} failed");
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("{role} said nothing that can be used"))
}

/// Says what a part came to. One thread, as on Lambda.
pub(crate) fn tell<T: Serialize>(part: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let said = runtime.block_on(part)?;
    println!("{}", serde_json::to_string(&said)?);
    Ok(())
}

/// Serves until the input ends, which it does with the process that started this one.
pub(crate) fn serve<T: Serialize, S>(server: impl Future<Output = anyhow::Result<(T, S)>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (said, _served) = runtime.block_on(server)?;
    println!("{}", serde_json::to_string(&said)?);
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// What a wire counted so far.
pub(crate) fn counts(url: &str) -> anyhow::Result<Counts> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let text = reqwest::get(format!("{url}{}", counted::COUNTS)).await?.text().await?;
        Ok(serde_json::from_str(&text)?)
    })
}
