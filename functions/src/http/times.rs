//! Dates as they are spelled on the wire. It parses; it asks no clock.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::Duration;

/// The day, in UTC, of a date with or without time, fraction and zone.
pub(crate) fn civil_day(text: &str) -> Result<Date, String> {
    let text = text.trim();
    // Without its Z, because Autotask's evergreen contracts end on 9999-12-31T00:00:00Z, which is later
    // than the last moment a timestamp holds.
    let local = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    // A timestamp needs a zone, so that what is left of the others is read as local time.
    let with_offset = local.parse::<Timestamp>().map(|moment| moment.to_zoned(TimeZone::UTC).date());
    with_offset.or_else(|_| local.parse::<DateTime>().map(DateTime::date)).map_err(|_| format!("\"{text}\" is no date"))
}

/// How long the vendor wants to be left alone: seconds or an HTTP date (RFC 9110, Retry-After).
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn every_spelling_of_a_date_is_its_day_in_utc() {
        let spellings = [
            ("2026-11-01", "2026-11-01"),
            ("2026-11-01T00:00:00", "2026-11-01"),
            ("2026-11-01T00:00:00Z", "2026-11-01"),
            ("2026-02-23T12:52:03.767Z", "2026-02-23"),
            ("2019-07-09T23:03:00.502053-02:00", "2019-07-10"),
            ("2019-07-09T06:03:00.502053+00:00", "2019-07-09"),
            ("9999-12-31T00:00:00Z", "9999-12-31"),
        ];
        for (text, day) in spellings {
            assert_eq!(civil_day(text).map(|found| found.to_string()), Ok(day.to_owned()), "{text}");
        }
        for text in ["", "soon", "2026-13-01T00:00:00Z", "01.11.2026"] {
            assert!(civil_day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2026-11-22T08:00:00Z".parse::<Timestamp>().unwrap();
        let wait = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(text));
            retry_after(&headers, now)
        };
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 22 Nov 2026 08:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(wait("Sun, 22 Nov 2026 07:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("later"), None);
        assert_eq!(wait("-5"), None);
    }
}
