//! Invented company names for seeds: no real company is meant. Names repeat only with a number.

const FIRST: [&str; 24] = [
    "Tannhofer",
    "Brückmoor",
    "Velmira",
    "Ostrandt",
    "Quillbert",
    "Zornhagen",
    "Lindauquell",
    "Färberwald",
    "Morgentau",
    "Kestrelby",
    "Würzlein",
    "Obernfelt",
    "Сосновка",
    "Παλμύρεια",
    "Drosselkamp",
    "Ælvebakken",
    "Halmstetten",
    "Nørrevold",
    "Calderwick",
    "Épinoise",
    "Świerkowo",
    "Grünspan",
    "Tapferlich",
    "緑ヶ丘商事",
];

const TRADE: [&str; 12] = [
    "Maschinenbau",
    "Logistik",
    "Dental",
    "Architekten",
    "Feinkost",
    "Werkzeuge",
    "Immobilien",
    "Druckerei",
    "Optik",
    "Steuerberatung",
    "Elektrotechnik",
    "Gartenbau",
];

const FORM: [&str; 8] = ["GmbH", "AG", "e.K.", "GmbH & Co. KG", "Ltd.", "UG (haftungsbeschränkt)", "KG", "S.à r.l."];

/// The name of the plain customer with this number; different for each number.
pub(crate) fn company(number: usize) -> String {
    let first = FIRST[number % FIRST.len()];
    let trade = TRADE[(number / FIRST.len() + number) % TRADE.len()];
    let form = FORM[(number * 5 + number / FIRST.len()) % FORM.len()];
    let round = number / (FIRST.len() * TRADE.len());
    if round == 0 { format!("{first} {trade} {form}") } else { format!("{first} {trade} {} {form}", round + 1) }
}
