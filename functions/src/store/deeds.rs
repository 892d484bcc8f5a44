//! What runs changed at the vendors, by time, and what each day's runs came to. It is for people's lists: what was made is
//! decided by the ledger and by reading.

use super::Store;
use super::history::{RUNS_KEPT_DAYS, expires, sortable};
use super::items::{Item, Key, Rows, Written, number, number_of, text, text_of};
use anyhow::Context;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::Timestamp;
use jiff::civil::Date;
use shared::day_count::DayCount;
use shared::deed::Deed;
use shared::ids::ConnectionId;

/// The item of changes that are kept together; none where there is none. That of the same run, time and first change is
/// the same item. All of them are of its time: the list is read by that of items.
pub(super) fn deeds_item(connection: &ConnectionId, deeds: &[Deed]) -> anyhow::Result<Option<Item>> {
    let Some(first) = deeds.first() else { return Ok(None) };
    let sk = format!("{}#{}#{}", sortable(first.at), first.run, first.change);
    let together: Vec<Deed> = deeds.iter().map(|deed| Deed { at: first.at, ..deed.clone() }).collect();
    let mut item = Key { pk: format!("{connection}#deeds"), sk }.holding(&together)?;
    item.insert("ttl".to_owned(), expires(first.at, RUNS_KEPT_DAYS));
    Ok(Some(item))
}

fn day_key(connection: &ConnectionId, day: Date) -> Key {
    Key { pk: format!("{connection}#days"), sk: day.to_string() }
}

impl Store {
    /// Keeps changes of one run that belong together, few enough for an item.
    pub async fn save_deeds(&self, connection: &ConnectionId, deeds: &[Deed]) -> anyhow::Result<()> {
        match deeds_item(connection, deeds)? {
            Some(item) => self.put(item).await,
            None => Ok(()),
        }
    }

    /// Keeps `deeds`, which may be none, in the place of those of `before`.
    pub async fn replace_deeds(
        &self,
        connection: &ConnectionId,
        before: &[Deed],
        deeds: &[Deed],
    ) -> anyhow::Result<()> {
        let Some(mut item) = deeds_item(connection, before)? else { return Ok(()) };
        item.insert("body".to_owned(), text(serde_json::to_string(deeds)?));
        self.put(item).await
    }

    /// Adds what a run made to its day, and takes down what it found, where it looked at everybody: findings, and what
    /// waits for a person. What is known already is not written again.
    pub async fn count_day(
        &self,
        connection: &ConnectionId,
        day: Date,
        made: usize,
        found: Option<(usize, usize)>,
    ) -> anyhow::Result<()> {
        let news = match found {
            Some((findings, held)) => {
                let last = self.last_found(connection, day).await?;
                found.filter(|_| last != Some((findings, held)))
            }
            None => None,
        };
        if made == 0 && news.is_none() {
            return Ok(());
        }
        let of_start = day.at(0, 0, 0, 0).in_tz("UTC").context("a day has a beginning")?.timestamp();
        let mut expression = "SET #ttl = :ttl".to_owned();
        if news.is_some() {
            expression.push_str(", #findings = :findings, #held = :held");
        }
        let mut request = self
            .update(&day_key(connection, day))
            .return_values(ReturnValue::None)
            .update_expression(format!("{expression} ADD #made :made"))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_names("#made", "made")
            .expression_attribute_values(":ttl", expires(of_start, RUNS_KEPT_DAYS))
            .expression_attribute_values(":made", number(made));
        if let Some((findings, held)) = news {
            request = request
                .expression_attribute_names("#findings", "findings")
                .expression_attribute_names("#held", "held")
                .expression_attribute_values(":findings", number(findings))
                .expression_attribute_values(":held", number(held));
        }
        match self.written(format!("counting {day}"), request).await? {
            Written::Done(_) | Written::Refused { .. } => Ok(()),
        }
    }

    /// What was found last up to a day, within some days before it.
    async fn last_found(&self, connection: &ConnectionId, day: Date) -> anyhow::Result<Option<(usize, usize)>> {
        let counts = self.day_counts(connection, Date::MIN, day, DAYS_LOOKED_BACK).await?;
        Ok(counts.iter().find_map(|count| Some((count.findings?, count.held?))))
    }

    /// The counts of the days of a span, the latest first and at most so many; days on which nothing was counted are not
    /// among them.
    pub async fn day_counts(
        &self,
        connection: &ConnectionId,
        first: Date,
        last: Date,
        most: usize,
    ) -> anyhow::Result<Vec<DayCount>> {
        let (first, last) = (first.to_string(), last.to_string());
        let mut counts = Vec::new();
        self.query(&day_key(connection, Date::ZERO).pk, Rows::Between { first, last, most }, |item| {
            let day = text_of(&item, "sk").and_then(|day| day.parse().ok()).context("a day's count has no day")?;
            let of = |name: &str| number_of(&item, name).ok();
            counts.push(DayCount { day, made: of("made").unwrap_or(0), findings: of("findings"), held: of("held") });
            Ok(())
        })
        .await?;
        Ok(counts)
    }

    /// The changes at the vendors from one time to another, the newest first.
    pub async fn deeds(&self, connection: &ConnectionId, span: super::Span) -> anyhow::Result<super::Looked<Deed>> {
        self.happened::<Vec<Deed>>(&format!("{connection}#deeds"), span).await.map(super::Looked::flat)
    }
}

/// On so many days something was made since what was found changed last; a count more is written then.
const DAYS_LOOKED_BACK: usize = 40;

/// The time at which a key of the list begins.
pub(super) fn time_of(sk: &str) -> Option<Timestamp> {
    sk.split('#').next()?.parse().ok()
}
