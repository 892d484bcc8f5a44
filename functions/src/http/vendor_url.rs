//! Which addresses secrets may be sent to: the vendors' own, and loopback ones where that was allowed.
//! It looks at the text alone and resolves nothing.

use reqwest::Url;
use std::fmt;

/// The two vendors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vendor {
    /// Acronis Cyber Protect Cloud.
    Acronis,
    /// Autotask PSA.
    Autotask,
}

impl Vendor {
    fn host_endings(self) -> &'static [&'static str] {
        match self {
            Vendor::Acronis => &[".acronis.com", ".acronis.cloud"],
            Vendor::Autotask => &[".autotask.net"],
        }
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Vendor::Acronis => "Acronis",
            Vendor::Autotask => "Autotask",
        })
    }
}

/// An address of a vendor, checked: the only kind that requests are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorUrl(Url);

impl VendorUrl {
    /// Checks an address as typed or as named by the vendor.
    pub fn parse(text: &str, vendor: Vendor, allow_loopback: bool) -> Result<Self, String> {
        let refused = |why: &str| {
            let endings = vendor.host_endings().iter().map(|ending| format!("https://…{ending}")).collect::<Vec<_>>();
            let shown = text.chars().take(100).flat_map(char::escape_debug).collect::<String>();
            format!("\"{shown}\" is no address of {vendor}: {why}; expected {}", endings.join(" or "))
        };
        // The parser forgives much (tabs, backslashes, escapes, other alphabets), so that what it makes
        // of an odd text need not be what a person or another parser reads in it.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ":/.-_[]~".contains(c);
        if let Some(odd) = text.chars().find(|c| !is_plain(*c)) {
            // The text is kept out of the error: before an @ stands a password.
            return Err(refused_unseen(vendor, odd));
        }
        let mut url = Url::parse(text).map_err(|error| refused(&error.to_string()))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if !is_written_plainly(text, &host) {
            return Err(refused("its host is not written plainly"));
        }
        if !(allow_loopback && is_loopback(&url)) {
            if url.scheme() != "https" {
                return Err(refused("it is not https"));
            }
            if url.port().is_some() {
                return Err(refused("it names a port"));
            }
            if !is_host_of(vendor, &host) {
                return Err(refused("its host is another's"));
            }
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The address of a path below this one; each part is escaped, so that an id stays one part.
    pub(crate) fn join<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.0.clone();
        let mut path = url.path_segments_mut().expect("http and https addresses have paths");
        path.pop_if_empty().extend(parts);
        drop(path);
        url
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

fn refused_unseen(vendor: Vendor, odd: char) -> String {
    let endings = vendor.host_endings().join(" or ");
    format!(
        "an address of {vendor} holds {odd:?}: expected https://, a host that ends in {endings}, and no user, \
         query, fragment, escape or space"
    )
}

/// Whether an address is of this very machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let is_address = host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    matches!(url.scheme(), "http" | "https") && (is_address || host == "[::1]" || host == "localhost")
}

/// Whether the host stands in the text as the parser read it: it would also make 127.0.0.1 of 0x7f.1 or
/// of 2130706433, and forgives missing slashes.
fn is_written_plainly(text: &str, host: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let written = rest.split('/').next().unwrap_or_default().to_ascii_lowercase();
    written.strip_prefix(host).is_some_and(|port| port.is_empty() || port.starts_with(':'))
}

fn is_host_of(vendor: Vendor, host: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        is_plain && !label.is_empty() && !label.starts_with('-') && !label.starts_with("xn--")
    };
    vendor.host_endings().iter().any(|ending| host.ends_with(ending)) && host.split('.').all(is_label)
}
