//! What a month's operations cost: AWS's list prices for us-east-1, and what every account has free for ever. It counts
//! no operations; it multiplies.

use std::fmt;

/// Dollars for one, as AWS's pricing pages had it in November 2026; the page's name is what stands before the colon.
mod price {
    const MILLION: f64 = 1_000_000.0;
    /// AWS Lambda pricing: requests, and seconds of a GB on x86.
    pub(super) const LAMBDA_REQUEST: f64 = 0.20 / MILLION;
    pub(super) const LAMBDA_GB_SECOND: f64 = 0.000_016_666_7;
    /// Amazon DynamoDB pricing for on-demand capacity: request units, and a GB's month of storage and of backups.
    pub(super) const WRITE_UNIT: f64 = 0.625 / MILLION;
    pub(super) const READ_UNIT: f64 = 0.125 / MILLION;
    pub(super) const STORED_GB: f64 = 0.25;
    pub(super) const BACKED_UP_GB: f64 = 0.20;
    /// Amazon EventBridge pricing: custom events.
    pub(super) const EVENT: f64 = 1.00 / MILLION;
    /// Amazon SQS pricing: requests to standard queues.
    pub(super) const QUEUE_REQUEST: f64 = 0.40 / MILLION;
    /// AWS Secrets Manager pricing.
    pub(super) const SECRET: f64 = 0.40;
    pub(super) const SECRET_CALL: f64 = 0.05 / 10_000.0;
    /// Amazon CloudWatch pricing: custom metrics, standard alarms, dashboards, logs taken in and stored.
    pub(super) const METRIC: f64 = 0.30;
    pub(super) const ALARM: f64 = 0.10;
    pub(super) const DASHBOARD: f64 = 3.00;
    pub(super) const LOGGED_GB: f64 = 0.50;
    pub(super) const KEPT_LOG_GB: f64 = 0.03;
    /// AWS Key Management Service pricing: requests with an AWS managed key.
    pub(super) const KEY_REQUEST: f64 = 0.03 / 10_000.0;
    /// Amazon EC2 on-demand pricing, Data transfer: out to the internet.
    pub(super) const SENT_GB: f64 = 0.09;
}

/// What an account has each month before it pays, for ever: the same pages, Free tier.
mod free {
    pub(super) const LAMBDA_REQUESTS: f64 = 1_000_000.0;
    pub(super) const LAMBDA_GB_SECONDS: f64 = 400_000.0;
    pub(super) const STORED_GB: f64 = 25.0;
    pub(super) const QUEUE_REQUESTS: f64 = 1_000_000.0;
    pub(super) const METRICS: f64 = 10.0;
    pub(super) const ALARMS: f64 = 10.0;
    pub(super) const DASHBOARDS: f64 = 3.0;
    pub(super) const LOG_GB: f64 = 5.0;
    pub(super) const KEY_REQUESTS: f64 = 20_000.0;
    pub(super) const SENT_GB: f64 = 100.0;
}

const GB: f64 = 1_000_000_000.0;

/// A month's operations.
#[derive(Debug, Clone, Default)]
pub(crate) struct Month {
    pub(crate) invocations: f64,
    pub(crate) gb_seconds: f64,
    pub(crate) read_units: f64,
    pub(crate) write_units: f64,
    pub(crate) table_bytes: f64,
    pub(crate) events: f64,
    pub(crate) queue_requests: f64,
    pub(crate) secrets: f64,
    pub(crate) secret_calls: f64,
    pub(crate) metrics: f64,
    pub(crate) alarms: f64,
    pub(crate) dashboards: f64,
    pub(crate) log_bytes: f64,
    pub(crate) log_bytes_kept: f64,
    pub(crate) key_requests: f64,
    pub(crate) bytes_sent: f64,
}

/// What one service costs.
struct Item {
    service: &'static str,
    counted: String,
    dollars: f64,
    after_free: f64,
}

/// The bill of a month.
pub(crate) struct Bill(Vec<Item>);

/// What so many cost, and what is left of it where some are free.
fn cost(number: f64, price: f64, free: f64) -> (f64, f64) {
    (number * price, (number - free).max(0.0) * price)
}

fn sum<const N: usize>(costs: [(f64, f64); N]) -> (f64, f64) {
    costs.into_iter().fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1))
}

/// 1234567 as "1.23 million", and small numbers as they are.
fn short(number: f64) -> String {
    match number {
        _ if number >= 1_000_000.0 => format!("{:.2} million", number / 1_000_000.0),
        _ if number >= 1_000.0 => format!("{:.1} thousand", number / 1_000.0),
        _ => format!("{number:.1}"),
    }
}

impl Bill {
    pub(crate) fn of(month: &Month) -> Bill {
        let mut bill = Bill(Vec::new());
        bill.work(month);
        bill.watching(month);
        bill
    }

    fn add(&mut self, service: &'static str, counted: String, (dollars, after_free): (f64, f64)) {
        self.0.push(Item { service, counted, dollars, after_free });
    }

    fn work(&mut self, month: &Month) {
        let Month { invocations, gb_seconds, read_units, write_units, events, queue_requests, .. } = *month;
        let lambda = [
            cost(invocations, price::LAMBDA_REQUEST, free::LAMBDA_REQUESTS),
            cost(gb_seconds, price::LAMBDA_GB_SECOND, free::LAMBDA_GB_SECONDS),
        ];
        let counted = format!("{} invocations, {} GB-seconds", short(invocations), short(gb_seconds));
        self.add("Lambda", counted, sum(lambda));
        let units = [cost(read_units, price::READ_UNIT, 0.0), cost(write_units, price::WRITE_UNIT, 0.0)];
        let counted = format!("{} read units, {} write units", short(read_units), short(write_units));
        self.add("DynamoDB, requests", counted, sum(units));
        let stored = month.table_bytes / GB;
        let storage = [cost(stored, price::STORED_GB, free::STORED_GB), cost(stored, price::BACKED_UP_GB, 0.0)];
        self.add("DynamoDB, storage and backups", format!("{stored:.2} GB after a year"), sum(storage));
        self.add("EventBridge", format!("{} events", short(events)), cost(events, price::EVENT, 0.0));
        let counted = format!("{} requests", short(queue_requests));
        self.add("SQS", counted, cost(queue_requests, price::QUEUE_REQUEST, free::QUEUE_REQUESTS));
    }

    fn watching(&mut self, month: &Month) {
        let Month { secrets, secret_calls, metrics, alarms, dashboards, key_requests, .. } = *month;
        let kept = [cost(secrets, price::SECRET, 0.0), cost(secret_calls, price::SECRET_CALL, 0.0)];
        let counted = format!("{secrets} secrets, {} calls", short(secret_calls));
        self.add("Secrets Manager", counted, sum(kept));
        let counted = format!("{metrics:.1} custom metrics");
        self.add("CloudWatch, metrics", counted, cost(metrics, price::METRIC, free::METRICS));
        let shown = [cost(alarms, price::ALARM, free::ALARMS), cost(dashboards, price::DASHBOARD, free::DASHBOARDS)];
        let counted = format!("{alarms} alarms, {dashboards} dashboard");
        self.add("CloudWatch, alarms and dashboard", counted, sum(shown));
        let (taken, kept) = (month.log_bytes / GB, month.log_bytes_kept / GB);
        let logs = [cost(taken, price::LOGGED_GB, free::LOG_GB), cost(kept, price::KEPT_LOG_GB, free::LOG_GB)];
        self.add("CloudWatch, logs", format!("{taken:.2} GB a month, {kept:.2} GB kept"), sum(logs));
        let counted = format!("{} requests", short(key_requests));
        self.add("KMS", counted, cost(key_requests, price::KEY_REQUEST, free::KEY_REQUESTS));
        let sent = month.bytes_sent / GB;
        self.add("Data transfer", format!("{sent:.2} GB sent"), cost(sent, price::SENT_GB, free::SENT_GB));
    }
}

impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {:<34} {:>9} {:>12}  counted in a month", "", "list, $", "after free")?;
        for Item { service, counted, dollars, after_free } in &self.0 {
            writeln!(f, "  {service:<34} {dollars:>9.2} {after_free:>12.2}  {counted}")?;
        }
        let (dollars, after_free) =
            self.0.iter().fold((0.0, 0.0), |all, item| (all.0 + item.dollars, all.1 + item.after_free));
        writeln!(f, "  {:<34} {dollars:>9.2} {after_free:>12.2}", "together")
    }
}
