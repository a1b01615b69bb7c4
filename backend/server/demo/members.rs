//! The members of the invented cooperative. No town, district or association in here exists; a test
//! compares them with the real municipal register.
//!
//! Dates of accession are fixed, except for those that a story needs near the anchor day.

use abruf_domain::period::Validity;
use chrono::{Datelike, NaiveDate};

use super::calendar::Calendar;

/// The town most demo accounts belong to.
pub(super) const HOME: &str = "altenrode";
/// A second town, to try what foreign looks like.
pub(super) const NEIGHBOUR: &str = "falkenwerth";
/// Joined after the notice of most contracts.
pub(super) const LATE_JOINER: &str = "birkau";
/// Joins on the first day of next month.
pub(super) const NEXT_JOINER: &str = "hirschaue";
/// Left at the end of the year before last.
pub(super) const FORMER: &str = "zv-saaletal";
/// An old member that was put on the Citrix list after the notice.
pub(super) const LISTED_LATE: &str = "muehlwerda";
/// As [`LISTED_LATE`], but by a modification under § 132 GWB.
pub(super) const LISTED_BY_MODIFICATION: &str = "salzhagen";
/// The municipal IT company: founder, member and supplier.
pub(super) const IT_COMPANY: &str = "kdm";
/// The largest town; orders what is too much for a ceiling.
pub(super) const LARGE: &str = "wolmarshall";
/// A district, whose audit office audits small members too.
pub(super) const DISTRICT: &str = "nordharzland";
/// Members whose training quota is too small for what they want.
pub(super) const OVER_QUOTA: &[&str] = &["harzbrueck", "koenigslauter", "elbmark"];

/// A member of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Short name, the domain of its addresses.
    pub key: &'static str,
    /// Official name.
    pub name: &'static str,
    /// Legal kind key.
    pub kind: &'static str,
    /// Town of its address.
    pub seat: &'static str,
    /// Population; 0 where it has none.
    pub inhabitants: i32,
    /// Workplaces with a computer: how much it orders.
    pub desks: u64,
    joined: &'static str,
}

impl Row {
    /// From when to when it is a member.
    pub(super) fn membership(&self, calendar: Calendar) -> Validity {
        match self.key {
            LATE_JOINER => Validity { from: calendar.month(-4), to: None },
            NEXT_JOINER => Validity { from: calendar.month(1), to: None },
            FORMER => {
                let year = calendar.anchor().year() - 2;
                Validity { from: self.joined(), to: NaiveDate::from_ymd_opt(year, 12, 31) }
            }
            _ => Validity { from: self.joined(), to: None },
        }
    }

    fn joined(&self) -> NaiveDate {
        self.joined.parse().expect("the table below holds dates")
    }

    /// Shares taken: one, and one more for every 20,000 inhabitants or 200 desks.
    pub(super) fn shares(&self) -> i32 {
        1 + self.inhabitants / 20_000 + i32::try_from(self.desks / 200).unwrap_or(0)
    }

    /// Private-law members deduct input VAT and have no Leitweg-ID.
    pub(super) fn is_company(&self) -> bool {
        self.kind == "kommunales_unternehmen"
    }

    /// Class as contracting authority (§ 99 GWB).
    pub(super) fn authority_class(&self) -> &'static str {
        match self.kind {
            "zweckverband" => "§ 99 Nr. 3 GWB",
            "anstalt" | "kommunales_unternehmen" | "stiftung" | "hochschule" => "§ 99 Nr. 2 GWB",
            _ => "§ 99 Nr. 1 GWB",
        }
    }

    /// Gross amount from which its council decides: larger houses trust their administration with more.
    pub(super) fn council_limit(&self) -> u64 {
        if self.is_large() { 250_000 } else { 100_000 }
    }

    /// Larger houses have a deputy for everything.
    pub(super) fn is_large(&self) -> bool {
        90 <= self.desks
    }
}

const fn row(
    key: &'static str,
    name: &'static str,
    kind: &'static str,
    seat: &'static str,
    inhabitants: i32,
    desks: u64,
    joined: &'static str,
) -> Row {
    Row { key, name, kind, seat, inhabitants, desks, joined }
}

/// Every member there is, was or will be, in the order of the list of members.
#[rustfmt::skip]
pub(super) const ALL: &[Row] = &[
    // Founders of 2009
    row("kdm",            "Kommunale Datendienste Mitte GmbH",            "kommunales_unternehmen", "Wolmarshall",    0,       210, "2009-07-01"),
    row("wolmarshall",    "Stadt Wolmarshall",                            "stadt",                  "Wolmarshall",    87_400,  620, "2009-07-01"),
    row("koenigslauter",  "Stadt Königslauter",                           "stadt",                  "Königslauter",   41_900,  310, "2009-07-01"),
    row("falkenwerth",    "Stadt Falkenwerth",                            "stadt",                  "Falkenwerth",    28_700,  205, "2009-07-01"),
    row("sternwalde",     "Stadt Sternwalde",                             "stadt",                  "Sternwalde",     19_300,  130, "2009-07-01"),
    row("burgwarthe",     "Stadt Burgwarthe",                             "stadt",                  "Burgwarthe",     16_250,  112, "2009-07-01"),
    row("saaleland",      "Landkreis Saaleland",                          "landkreis",              "Grauenhall",     171_500, 690, "2009-07-01"),
    // Towns
    row("altenrode",      "Stadt Altenrode",                              "stadt",                  "Altenrode",      24_300,  172, "2012-04-01"),
    row("muehlwerda",     "Stadt Mühlwerda",                              "stadt",                  "Mühlwerda",      12_800,  88,  "2014-01-01"),
    row("rabenried",      "Stadt Rabenried",                              "stadt",                  "Rabenried",      8_950,   61,  "2010-01-01"),
    row("tannbrueck",     "Stadt Tannbrück",                              "stadt",                  "Tannbrück",      10_400,  74,  "2010-01-01"),
    row("silberlohe",     "Stadt Silberlohe",                             "stadt",                  "Silberlohe",     7_320,   52,  "2011-01-01"),
    row("wendelwerth",    "Stadt Wendelwerth",                            "stadt",                  "Wendelwerth",    13_600,  95,  "2011-07-01"),
    row("eichenlauch",    "Stadt Eichenlauch",                            "stadt",                  "Eichenlauch",    9_870,   66,  "2012-01-01"),
    row("kupferhall",     "Stadt Kupferhall",                             "stadt",                  "Kupferhall",     15_100,  104, "2012-01-01"),
    row("lindenwerth",    "Stadt Lindenwerth",                            "stadt",                  "Lindenwerth",    6_480,   45,  "2013-01-01"),
    row("grauenhall",     "Stadt Grauenhall",                             "stadt",                  "Grauenhall",     33_200,  240, "2013-01-01"),
    row("salzhagen",      "Stadt Salzhagen",                              "stadt",                  "Salzhagen",      11_750,  80,  "2013-07-01"),
    row("bodewalde",      "Stadt Bodewalde",                              "stadt",                  "Bodewalde",      8_120,   57,  "2014-01-01"),
    row("harzbrueck",     "Stadt Harzbrück",                              "stadt",                  "Harzbrück",      20_900,  150, "2014-07-01"),
    row("ostermark",      "Stadt Ostermark",                              "stadt",                  "Ostermark",      5_640,   39,  "2015-01-01"),
    row("klosterau",      "Stadt Klosterau",                              "stadt",                  "Klosterau",      7_050,   49,  "2015-01-01"),
    row("weidenhall",     "Stadt Weidenhall",                             "stadt",                  "Weidenhall",     9_210,   63,  "2016-01-01"),
    row("sommerlohe",     "Stadt Sommerlohe",                             "stadt",                  "Sommerlohe",     4_880,   34,  "2016-07-01"),
    row("neuwalden",      "Stadt Neuwalden",                              "stadt",                  "Neuwalden",      14_300,  98,  "2017-01-01"),
    row("steinlauter",    "Stadt Steinlauter",                            "stadt",                  "Steinlauter",    6_930,   48,  "2018-01-01"),
    row("rotheneck",      "Stadt Rotheneck",                              "stadt",                  "Rotheneck",      10_050,  69,  "2018-01-01"),
    row("ahornhall",      "Stadt Ahornhall",                              "stadt",                  "Ahornhall",      17_400,  121, "2019-01-01"),
    row("mittelwerda",    "Stadt Mittelwerda",                            "stadt",                  "Mittelwerda",    5_310,   37,  "2020-01-01"),
    row("schwanenried",   "Stadt Schwanenried",                           "stadt",                  "Schwanenried",   7_760,   54,  "2021-01-01"),
    row("ziegelhagen",    "Stadt Ziegelhagen",                            "stadt",                  "Ziegelhagen",    8_430,   58,  "2023-01-01"),
    row("hirschaue",      "Stadt Hirschaue",                              "stadt",                  "Hirschaue",      6_120,   43,  ""),
    // Municipalities
    row("birkau",         "Gemeinde Birkau",                              "gemeinde",               "Birkau",         4_150,   29,  ""),
    row("ohrewiesen",     "Einheitsgemeinde Ohrewiesen",                  "einheitsgemeinde",       "Wiesenort",      11_200,  77,  "2010-07-01"),
    row("bodewinkel",     "Einheitsgemeinde Bodewinkel",                  "einheitsgemeinde",       "Bodewinkel",     9_640,   67,  "2011-01-01"),
    row("helmewald",      "Einheitsgemeinde Helmewald",                   "einheitsgemeinde",       "Helmewald",      8_070,   56,  "2012-07-01"),
    row("vorderharz",     "Einheitsgemeinde Vorderharz",                  "einheitsgemeinde",       "Quellrode",      12_350,  85,  "2014-01-01"),
    row("elbwarthe",      "Gemeinde Elbwarthe",                           "gemeinde",               "Elbwarthe",      3_980,   27,  "2013-01-01"),
    row("sandlohe",       "Gemeinde Sandlohe",                            "gemeinde",               "Sandlohe",       2_760,   19,  "2013-01-01"),
    row("moorhagen",      "Gemeinde Moorhagen",                           "gemeinde",               "Moorhagen",      3_310,   23,  "2014-01-01"),
    row("wiesenlauch",    "Gemeinde Wiesenlauch",                         "gemeinde",               "Wiesenlauch",    2_240,   16,  "2015-01-01"),
    row("kranichau",      "Gemeinde Kranichau",                           "gemeinde",               "Kranichau",      4_620,   32,  "2015-07-01"),
    row("dachsrode",      "Gemeinde Dachsrode",                           "gemeinde",               "Dachsrode",      1_980,   14,  "2016-01-01"),
    row("espenried",      "Gemeinde Espenried",                           "gemeinde",               "Espenried",      3_570,   25,  "2017-01-01"),
    row("haselwerda",     "Gemeinde Haselwerda",                          "gemeinde",               "Haselwerda",     2_890,   20,  "2017-01-01"),
    row("immenlohe",      "Gemeinde Immenlohe",                           "gemeinde",               "Immenlohe",      2_130,   15,  "2018-01-01"),
    row("otterlauch",     "Gemeinde Otterlauch",                          "gemeinde",               "Otterlauch",     3_040,   21,  "2019-01-01"),
    row("ulmenhall",      "Gemeinde Ulmenhall",                           "gemeinde",               "Ulmenhall",      4_410,   30,  "2020-01-01"),
    row("zirbenau",       "Gemeinde Zirbenau",                            "gemeinde",               "Zirbenau",       1_870,   13,  "2021-01-01"),
    row("lerchenwalde",   "Gemeinde Lerchenwalde",                        "gemeinde",               "Lerchenwalde",   2_650,   18,  "2022-07-01"),
    row("pappelhagen",    "Gemeinde Pappelhagen",                         "gemeinde",               "Pappelhagen",    3_120,   22,  "2024-01-01"),
    row("kiebitzau",      "Gemeinde Kiebitzau",                           "gemeinde",               "Kiebitzau",      2_480,   17,  "2025-07-01"),
    row("rohrlauter",     "Gemeinde Rohrlauter",                          "gemeinde",               "Rohrlauter",     1_760,   12,  "2023-01-01"),
    row("erlenwarthe",    "Gemeinde Erlenwarthe",                         "mitgliedsgemeinde",      "Erlenwarthe",    1_240,   6,   "2018-07-01"),
    row("kornlauch",      "Gemeinde Kornlauch",                           "mitgliedsgemeinde",      "Kornlauch",      960,     4,   "2019-01-01"),
    row("fuchsried",      "Gemeinde Fuchsried",                           "mitgliedsgemeinde",      "Fuchsried",      1_520,   7,   "2019-07-01"),
    row("sperberhain",    "Gemeinde Sperberhain",                         "mitgliedsgemeinde",      "Sperberhain",    1_110,   5,   "2020-07-01"),
    row("mohnhagen",      "Flecken Mohnhagen",                            "mitgliedsgemeinde",      "Mohnhagen",      1_690,   8,   "2022-01-01"),
    // Verbandsgemeinden
    row("nordmulde",      "Verbandsgemeinde Nordmulde",                   "verbandsgemeinde",       "Erlenwarthe",    14_200,  92,  "2010-01-01"),
    row("harzkante",      "Verbandsgemeinde Harzkante",                   "verbandsgemeinde",       "Rabenried",      11_900,  79,  "2010-07-01"),
    row("obere-wipperaue", "Verbandsgemeinde Obere Wipperaue",            "verbandsgemeinde",       "Kornlauch",      9_850,   65,  "2011-07-01"),
    row("elbwiesen",      "Verbandsgemeinde Elbwiesen",                   "verbandsgemeinde",       "Fuchsried",      12_600,  83,  "2012-01-01"),
    row("ohreland",       "Verbandsgemeinde Ohreland",                    "verbandsgemeinde",       "Sperberhain",    8_760,   58,  "2013-07-01"),
    row("altmarkheide",   "Verbandsgemeinde Altmarkheide",                "verbandsgemeinde",       "Mohnhagen",      10_300,  68,  "2015-01-01"),
    row("saalewinkel",    "Verbandsgemeinde Saalewinkel",                 "verbandsgemeinde",       "Silberlohe",     13_400,  89,  "2016-01-01"),
    row("unstrutblick",   "Verbandsgemeinde Unstrutblick",                "verbandsgemeinde",       "Weidenhall",     9_120,   60,  "2017-07-01"),
    row("flaemingrand",   "Verbandsgemeinde Flämingrand",                 "verbandsgemeinde",       "Sandlohe",       7_940,   52,  "2019-01-01"),
    row("selkegrund",     "Verbandsgemeinde Selkegrund",                  "verbandsgemeinde",       "Dachsrode",      8_380,   55,  "2021-01-01"),
    // Districts and the Land
    row("nordharzland",   "Landkreis Nordharzland",                       "landkreis",              "Harzbrück",      142_300, 560, "2011-01-01"),
    row("elbmark",        "Landkreis Elbmark",                            "landkreis",              "Ostermark",      98_700,  410, "2011-01-01"),
    row("muldeland",      "Landkreis Muldeland",                          "landkreis",              "Kupferhall",     121_400, 480, "2013-01-01"),
    row("ostaltmark",     "Landkreis Ostaltmark",                         "landkreis",              "Neuwalden",      83_600,  350, "2016-01-01"),
    row("beispielland",   "Land Beispielland, Ministerium für Digitales", "land",                   "Wolmarshall",    0,       740, "2020-01-01"),
    // Associations
    row("zv-saaletal",    "Zweckverband Wasser Saaletal",                 "zweckverband",           "Grauenhall",     0,       34,  "2015-06-01"),
    row("azv-bodewiesen", "Abwasserzweckverband Obere Bodewiesen",        "zweckverband",           "Bodewalde",      0,       26,  "2012-01-01"),
    row("wv-elbmark",     "Wasserverband Elbmark",                        "zweckverband",           "Ostermark",      0,       41,  "2013-01-01"),
    row("zva-nordharz",   "Zweckverband Abfallwirtschaft Nordharzland",   "zweckverband",           "Harzbrück",      0,       38,  "2014-01-01"),
    row("szv-falkenwerth", "Schulzweckverband Falkenwerth",               "zweckverband",           "Falkenwerth",    0,       57,  "2016-01-01"),
    row("zvb-ostaltmark", "Zweckverband Breitband Ostaltmark",            "zweckverband",           "Neuwalden",      0,       12,  "2018-01-01"),
    row("av-helmewald",   "Abwasserverband Helmewald",                    "zweckverband",           "Helmewald",      0,       22,  "2018-07-01"),
    row("zvn-sternwalde", "Zweckverband Naherholung Kiessee Sternwalde",  "zweckverband",           "Sternwalde",     0,       9,   "2020-01-01"),
    row("twv-muldeland",  "Trinkwasserverband Muldeland",                 "zweckverband",           "Kupferhall",     0,       36,  "2022-01-01"),
    row("zvm-saaleland",  "Zweckverband Musikschule Saaleland",           "zweckverband",           "Grauenhall",     0,       11,  "2021-01-01"),
    // Others
    row("kommunalservice-harzbrueck", "Kommunalservice Harzbrück AöR",    "anstalt",                "Harzbrück",      0,       48,  "2016-01-01"),
    row("stadtentwaesserung-koenigslauter", "Stadtentwässerung Königslauter AöR", "anstalt",        "Königslauter",   0,       33,  "2017-01-01"),
    row("kommunalforst-vorderharz", "Kommunalforst Vorderharz AöR",       "anstalt",                "Quellrode",      0,       14,  "2020-07-01"),
    row("stadtwerke-falkenwerth", "Stadtwerke Falkenwerth GmbH",          "kommunales_unternehmen", "Falkenwerth",    0,       74,  "2015-01-01"),
    row("nahverkehr-wolmarshall", "Nahverkehr Wolmarshall GmbH",          "kommunales_unternehmen", "Wolmarshall",    0,       64,  "2019-07-01"),
    row("schulfonds-klosterau", "Stiftung Schulfonds Klosterau",          "stiftung",               "Klosterau",      0,       15,  "2017-01-01"),
    row("hs-elbmark",     "Hochschule Elbmark",                           "hochschule",             "Ostermark",      0,       290, "2018-01-01"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn about_ninety_members_with_different_names() {
        assert!((88..=92).contains(&ALL.len()), "{}", ALL.len());
        assert_eq!(ALL.iter().map(|row| row.name).collect::<BTreeSet<_>>().len(), ALL.len());
        assert_eq!(ALL.iter().map(|row| row.key).collect::<BTreeSet<_>>().len(), ALL.len());
    }

    #[test]
    fn every_story_has_its_member() {
        let calendar = Calendar::new("2026-11-22".parse().expect("a date"));
        for key in [HOME, NEIGHBOUR, LATE_JOINER, NEXT_JOINER, FORMER, LISTED_LATE, LISTED_BY_MODIFICATION, IT_COMPANY]
        {
            let row = ALL.iter().find(|row| row.key == key).expect(key);
            let membership = row.membership(calendar);
            assert_eq!(membership.contains(calendar.anchor()), ![NEXT_JOINER, FORMER].contains(&key), "{key}");
        }
        assert!(OVER_QUOTA.iter().chain(&[LARGE, DISTRICT]).all(|key| ALL.iter().any(|row| row.key == *key)));
    }
}
