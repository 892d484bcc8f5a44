//! The words a mapping file writes for each choice. It knows no other text.

use shared::contract::PeriodType;
use shared::mapping::Combine;
use shared::quantity::Rounding;
use shared::settings::{EffectiveDates, PostedPeriods};

/// A choice among words.
pub(super) trait Word: Copy + 'static {
    /// All choices, in the order in which they are offered.
    const ALL: &'static [Self];

    /// The word for this one.
    fn word(self) -> &'static str;

    /// The choice a word stands for.
    fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|choice| choice.word() == word)
    }

    /// "up, nearest or down"
    fn offered() -> String {
        let words: Vec<_> = Self::ALL.iter().map(|choice| choice.word()).collect();
        match words.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

impl Word for EffectiveDates {
    const ALL: &'static [Self] = &[Self::Today, Self::UpTodayDownNext, Self::NextPeriod, Self::PeriodEnd];

    fn word(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::UpTodayDownNext => "up-today-down-next",
            Self::NextPeriod => "next-period",
            Self::PeriodEnd => "period-end",
        }
    }
}

impl Word for PostedPeriods {
    const ALL: &'static [Self] = &[Self::NextFree, Self::Hold];

    fn word(self) -> &'static str {
        match self {
            Self::NextFree => "next-free",
            Self::Hold => "hold",
        }
    }
}

impl Word for Combine {
    const ALL: &'static [Self] = &[Self::Sum, Self::Max];

    fn word(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Max => "max",
        }
    }
}

impl Word for Rounding {
    const ALL: &'static [Self] = &[Self::Up, Self::Nearest, Self::Down];

    fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Nearest => "nearest",
            Self::Down => "down",
        }
    }
}

impl Word for PeriodType {
    const ALL: &'static [Self] = &PeriodType::ALL;

    fn word(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::SemiAnnual => "semi-annual",
            Self::Yearly => "yearly",
        }
    }
}
