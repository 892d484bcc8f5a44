//! The rows of the table: everything that goes wrong, or happens, while an operation is asked for.

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Row {
    RefusedConnection,
    SilenceBefore,
    SilenceAfter,
    ResetBefore,
    ResetAfter,
    TooMany,
    TooManyUntil,
    ThreadLimit,
    Status500Before,
    Status500After,
    Status503Before,
    Status503After,
    CredentialsAs500,
    Stalled,
    Truncated,
    WrongJson,
    Html,
    ShortPage,
    RepeatedPage,
    LoopingPages,
    TokenExpires,
    TokensNeverLast,
    SecretsRotated,
    ClockMinuteAhead,
    ClockMinuteBehind,
    ClockHourAhead,
    ClockHourBehind,
    MonthEnd,
    LeapDay,
    PeriodBoundary,
    TableThrottled,
    ConditionFails,
    StaleRead,
    PersonEdits,
}

impl Row {
    pub(crate) const ALL: [Row; 34] = [
        Row::RefusedConnection,
        Row::SilenceBefore,
        Row::SilenceAfter,
        Row::ResetBefore,
        Row::ResetAfter,
        Row::TooMany,
        Row::TooManyUntil,
        Row::ThreadLimit,
        Row::Status500Before,
        Row::Status500After,
        Row::Status503Before,
        Row::Status503After,
        Row::CredentialsAs500,
        Row::Stalled,
        Row::Truncated,
        Row::WrongJson,
        Row::Html,
        Row::ShortPage,
        Row::RepeatedPage,
        Row::LoopingPages,
        Row::TokenExpires,
        Row::TokensNeverLast,
        Row::SecretsRotated,
        Row::ClockMinuteAhead,
        Row::ClockMinuteBehind,
        Row::ClockHourAhead,
        Row::ClockHourBehind,
        Row::MonthEnd,
        Row::LeapDay,
        Row::PeriodBoundary,
        Row::TableThrottled,
        Row::ConditionFails,
        Row::StaleRead,
        Row::PersonEdits,
    ];

    /// Whether a read is played with it once too: it is repeated within the run.
    pub(crate) fn passes(self) -> bool {
        matches!(self, Self::ResetBefore | Self::Status503Before | Self::TooMany | Self::TableThrottled)
    }

    /// Whether it needs a stage of its own: another day, or books that differ from Autotask's afterwards.
    pub(crate) fn plays_alone(self) -> bool {
        matches!(self, Self::MonthEnd | Self::LeapDay | Self::PeriodBoundary | Self::StaleRead | Self::PersonEdits)
    }
}
