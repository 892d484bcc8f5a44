//! Why a whole run is held. A part of `plan`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why the whole run is held (H1): much vanished at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHold {
    /// The id by which it is approved.
    pub id: String,
    /// What vanished, each as "7 of 20 mapped tenants".
    pub vanished: Vec<String>,
    /// The ids of each thing that vanished: approved together with the hold, so that a look at a few of them knows.
    #[serde(skip)]
    pub parts: Vec<String>,
}

impl fmt::Display for RunHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} vanished or fell to zero since the last run that counted; a permission lost at a vendor looks like that",
            self.vanished.join(", ")
        )
    }
}
