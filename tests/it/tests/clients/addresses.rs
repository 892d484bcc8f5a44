//! Which addresses a secret may be sent to: a table of hostile ones, and the plain ones.

use functions::http::{Vendor, VendorUrl};

const HOSTILE_TO_ACRONIS: [&str; 54] = [
    "",
    "eu2-cloud.acronis.com",
    "https://",
    "https://acronis.com",
    "https://acronis.cloud",
    "https://.acronis.com",
    "https://evil-acronis.com",
    "https://evilacronis.com",
    "https://eu2-cloud.acronis.com.evil.tld",
    "https://eu2-cloud.acronis.co",
    "https://eu2-cloud.acronis.com.",
    "https://eu2-cloud.acronis.com..",
    "https://eu2..acronis.com",
    "https://eu2-cloud.acronis.cloud.evil.tld/acronis.com",
    "https://evil.tld/eu2-cloud.acronis.com",
    "https://evil.tld/.acronis.com",
    "https://evil.tld?x=.acronis.com",
    "https://evil.tld#.acronis.com",
    "https://evil.tld\\.acronis.com",
    "https:\\\\eu2-cloud.acronis.com",
    "https://evil.tld\\@eu2-cloud.acronis.com",
    "https://eu2-cloud.acronis.com@evil.tld",
    "https://evil.tld@eu2-cloud.acronis.com",
    "https://user:word@eu2-cloud.acronis.com",
    "https://@eu2-cloud.acronis.com",
    "https://eu2-cloud.acronis.com:8443",
    "https://eu2-cloud.acronis.com:80",
    "http://eu2-cloud.acronis.com",
    "ftp://eu2-cloud.acronis.com",
    "file:///eu2-cloud.acronis.com",
    "javascript://eu2-cloud.acronis.com",
    "https:eu2-cloud.acronis.com",
    "https:/eu2-cloud.acronis.com",
    "https:///eu2-cloud.acronis.com",
    "//eu2-cloud.acronis.com",
    "https://eu2-cloud.acronis.com?after=x",
    "https://eu2-cloud.acronis.com#part",
    "https://eu2-cloud.acronis%2ecom",
    "https://evil.tld%2f.acronis.com",
    "https://eu2-cloud.acronis.com\r\nHost: evil.tld",
    "https://eu2-cloud.acronis.com\t",
    " https://eu2-cloud.acronis.com",
    "https://eu2-cloud.acronis.com ",
    "https://eu2-cloud.acronis.com\0",
    "https://eu2-cloud.аcronis.com",
    "https://eu2-cloud.acronis。com",
    "https://xn--mnchen-3ya.acronis.com",
    "https://eu2_cloud.acronis.com",
    "https://cell.autotask.net",
    "https://127.0.0.1",
    "https://8.8.8.8",
    "https://[2001:db8::1]",
    "https://169.254.169.254",
    "http://localhost:8080",
];

const HOSTILE_LOOPBACK: [&str; 16] = [
    "http://0x7f.0.0.1",
    "http://0177.0.0.1",
    "http://2130706433",
    "http://127.1",
    "http://0.0.0.0",
    "http://[::]",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]",
    "http://[0:0:0:0:0:0:0:1]",
    "http://128.0.0.1",
    "http://127.0.0.1.evil.tld",
    "http://localhost.evil.tld",
    "http://localhost.",
    "http://evil.tld@127.0.0.1",
    "http://127.0.0.1?x=1",
    "ftp://127.0.0.1",
];

#[test]
fn an_address_that_is_not_plainly_the_vendors_is_refused() {
    for text in HOSTILE_TO_ACRONIS {
        for allow_loopback in [false, true] {
            if allow_loopback && (text.contains("//localhost") || text.contains("//127.")) {
                continue;
            }
            let parsed = VendorUrl::parse(text, Vendor::Acronis, allow_loopback);
            let error = parsed.expect_err(text);
            assert!(error.contains(".acronis.com"), "{error}");
            assert!(!error.chars().any(char::is_control), "{error:?}");
        }
    }
}

#[test]
fn a_loopback_address_is_refused_unless_allowed_and_written_plainly() {
    let plain = [
        "http://127.0.0.1:4000",
        "http://127.0.0.1",
        "http://127.8.9.10:1/",
        "http://localhost:4000",
        "https://localhost",
        "http://[::1]:4000",
    ];
    for text in plain {
        for vendor in [Vendor::Acronis, Vendor::Autotask] {
            VendorUrl::parse(text, vendor, false).expect_err(text);
            VendorUrl::parse(text, vendor, true).expect(text);
        }
    }
    for text in HOSTILE_LOOPBACK {
        VendorUrl::parse(text, Vendor::Autotask, true).expect_err(text);
    }
}

#[test]
fn the_vendors_own_addresses_are_taken_with_or_without_a_last_slash() {
    let acronis = [
        ("https://eu2-cloud.acronis.com", "https://eu2-cloud.acronis.com"),
        ("https://eu2-cloud.acronis.com/", "https://eu2-cloud.acronis.com"),
        ("https://EU2-Cloud.Acronis.com", "https://eu2-cloud.acronis.com"),
        ("https://eu2-cloud.acronis.com:443/", "https://eu2-cloud.acronis.com"),
        ("https://eu8.acronis.cloud", "https://eu8.acronis.cloud"),
    ];
    for (text, origin) in acronis {
        assert_eq!(VendorUrl::parse(text, Vendor::Acronis, false).expect(text).origin(), origin);
    }
    for text in ["https://webservices.autotask.net", "https://webservices2.autotask.net/ATServicesRest/"] {
        VendorUrl::parse(text, Vendor::Autotask, false).expect(text);
    }
}

#[test]
fn a_password_in_an_address_is_not_repeated_in_the_error() {
    let error = VendorUrl::parse("https://me:hunter2@eu2-cloud.acronis.com", Vendor::Acronis, false);
    assert!(!error.expect_err("userinfo").contains("hunter2"));
}
