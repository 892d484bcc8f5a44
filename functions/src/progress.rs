//! How far a run is, for whoever watches it. Says; decides nothing.

use tokio::sync::watch;

/// One step of a run, as people read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// What is being done, such as "reading Autotask contracts".
    pub doing: &'static str,
    /// How much of it is done.
    pub done: u64,
    /// How much there is, where that is known.
    pub of: Option<u64>,
}

/// Where a run says how far it is; clones speak for the same run.
#[derive(Debug, Clone)]
pub struct Progress(watch::Sender<Step>);

impl Default for Progress {
    fn default() -> Self {
        Self(watch::Sender::new(Step::default()))
    }
}

impl Progress {
    /// Watches the run.
    pub fn watch(&self) -> watch::Receiver<Step> {
        self.0.subscribe()
    }

    /// A step begins.
    pub fn begin(&self, doing: &'static str, of: Option<u64>) {
        self.0.send_replace(Step { doing, done: 0, of });
    }

    /// The step is further by one.
    pub fn advance(&self) {
        self.0.send_modify(|step| step.done += 1);
    }
}
