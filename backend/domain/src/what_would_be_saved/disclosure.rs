//! What somebody who is not entitled may read of a comparison, so that no unit price of a contract can be worked out.
//!
//! They know what they paid to the cent. So
//! - an article has one [`Band`] over all its lines: several prices paid for one article do not narrow it down;
//! - equality has no band of its own;
//! - a sum appears for at least [`FEWEST_ARTICLES`] articles of a contract none of which makes up more than half of
//!   it, on either side, and is rounded to a step of about a twentieth of what was paid ([`about_saved`]);
//! - sums of several contracts add up the published ones only, so that no difference uncovers what was withheld.

use crate::money::Net;

/// Fewest articles behind a sum.
pub const FEWEST_ARTICLES: usize = 5;

/// How far our price lies from what was paid, as a share of what was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// 25 % and more below.
    CheaperBy25,
    /// 10 up to 25 % below.
    CheaperBy10,
    /// 5 up to 10 % below.
    CheaperBy5,
    /// Less than 5 % away, on either side.
    Same,
    /// 5 up to 10 % above.
    DearerBy5,
    /// 10 up to 25 % above.
    DearerBy10,
    /// 25 % and more above.
    DearerBy25,
}

impl Band {
    /// From the cheapest to the dearest.
    pub const ALL: [Self; 7] = [
        Self::CheaperBy25,
        Self::CheaperBy10,
        Self::CheaperBy5,
        Self::Same,
        Self::DearerBy5,
        Self::DearerBy10,
        Self::DearerBy25,
    ];

    /// The band of an article: what was paid for all its lines, and what the list asks for them. What cost nothing
    /// is beyond any share.
    #[must_use]
    pub fn of(paid: Net, ours: Net) -> Self {
        let (paid, less) = (paid.cents(), (paid - ours).cents());
        let reaches = |percent: i128| paid * percent <= less.abs() * 100;
        match less < 0 {
            _ if less == 0 || !reaches(5) => Self::Same,
            false if reaches(25) => Self::CheaperBy25,
            false if reaches(10) => Self::CheaperBy10,
            false => Self::CheaperBy5,
            true if reaches(25) => Self::DearerBy25,
            true if reaches(10) => Self::DearerBy10,
            true => Self::DearerBy5,
        }
    }

    /// `5 bis 10 % günstiger`
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::CheaperBy25 => "25 % oder mehr günstiger",
            Self::CheaperBy10 => "10 bis 25 % günstiger",
            Self::CheaperBy5 => "5 bis 10 % günstiger",
            Self::Same => "weniger als 5 % Unterschied",
            Self::DearerBy5 => "5 bis 10 % teurer",
            Self::DearerBy10 => "10 bis 25 % teurer",
            Self::DearerBy25 => "25 % oder mehr teurer",
        }
    }

    /// Whether we would have been dearer.
    #[must_use]
    pub const fn is_dearer(self) -> bool {
        matches!(self, Self::DearerBy5 | Self::DearerBy10 | Self::DearerBy25)
    }
}

/// An article with all its lines: what was paid, and what the list asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArticleSum {
    /// Paid.
    pub paid: Net,
    /// By the list.
    pub ours: Net,
}

/// Why a sum is not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// Fewer articles than [`FEWEST_ARTICLES`].
    TooFew,
    /// One article makes up more than half of the sum.
    OneDominates,
}

impl Withheld {
    /// In German, for whoever reads the list.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::TooFew => "nicht genannt: weniger als 5 Artikel, sonst ließen sich Einzelpreise ausrechnen",
            Self::OneDominates => {
                "nicht genannt: ein Artikel macht mehr als die Hälfte aus, sonst ließe sich sein Preis ausrechnen"
            }
        }
    }
}

/// The saving over these articles, rounded; negative where the list is dearer.
///
/// # Errors
/// Where it must not be named.
pub fn about_saved(articles: &[ArticleSum]) -> Result<Net, Withheld> {
    let paid: Net = articles.iter().map(|it| it.paid).sum();
    let ours: Net = articles.iter().map(|it| it.ours).sum();
    if articles.len() < FEWEST_ARTICLES {
        return Err(Withheld::TooFew);
    }
    let dominates = |part: Net, whole: Net| whole.cents() < 2 * part.cents();
    if articles.iter().any(|it| dominates(it.paid, paid) || dominates(it.ours, ours)) {
        return Err(Withheld::OneDominates);
    }
    let step = step(paid.cents());
    let saved = (paid - ours).cents();
    let steps = (2 * saved.abs() + step) / (2 * step);
    Ok(Net::of_cents(saved.signum() * steps * step).unwrap_or(Net::ZERO))
}

/// The largest power of ten up to a twentieth of what was paid, at least ten euros; in cents.
fn step(paid: i128) -> i128 {
    let mut step = 1_000;
    while step * 10 <= paid / 20 {
        step *= 10;
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::of;
    use proptest::prelude::*;

    fn article(paid: &str, ours: &str) -> ArticleSum {
        ArticleSum { paid: of(paid), ours: of(ours) }
    }

    #[test]
    fn bands_begin_where_they_say_and_equality_has_none_of_its_own() {
        for (ours, band) in [
            ("75.00", Band::CheaperBy25),
            ("75.01", Band::CheaperBy10),
            ("90.00", Band::CheaperBy10),
            ("90.01", Band::CheaperBy5),
            ("95.00", Band::CheaperBy5),
            ("95.01", Band::Same),
            ("100.00", Band::Same),
            ("104.99", Band::Same),
            ("105.00", Band::DearerBy5),
            ("110.00", Band::DearerBy10),
            ("125.00", Band::DearerBy25),
        ] {
            assert_eq!(Band::of(of("100.00"), of(ours)), band, "{ours}");
        }
        assert_eq!(Band::of(Net::ZERO, of("1.00")), Band::DearerBy25);
        assert_eq!(Band::of(Net::ZERO, Net::ZERO), Band::Same);
    }

    #[test]
    fn a_sum_needs_five_articles_of_which_none_dominates_on_either_side() {
        let four = vec![article("1000.00", "900.00"); 4];
        assert_eq!(about_saved(&four), Err(Withheld::TooFew));
        let five = vec![article("1000.00", "877.77"); 5];
        assert_eq!(about_saved(&five), Ok(of("600.00")), "611.15 to a step of 100");
        let mut paid = vec![article("1.00", "1.00"); 5];
        paid.push(article("6.00", "1.00"));
        assert_eq!(about_saved(&paid), Err(Withheld::OneDominates));
        let mut ours = vec![article("1.00", "1.00"); 5];
        ours.push(article("1.00", "6.00"));
        assert_eq!(about_saved(&ours), Err(Withheld::OneDominates));
        assert_eq!(about_saved(&[article("100.00", "120.00"); 5]), Ok(of("-100.00")));
    }

    proptest! {
        // Whoever knows what they paid for everything, and all prices but one, still cannot tell that one to less
        // than half a percent of what they paid.
        #[test]
        fn one_unknown_price_stays_unknown(paid in 10_000_i128..100_000_000, articles in 5_usize..40, off in 1_i128..100) {
            let hidden = Net::of_cents(paid * (100 - off) / 100).expect("an amount");
            let one = Net::of_cents(paid).expect("an amount");
            let mut all = vec![ArticleSum { paid: one, ours: one }; articles];
            all[0].ours = hidden;
            let nudge = Net::of_cents(paid / 400).expect("an amount");
            let said = about_saved(&all);
            let mut up = all.clone();
            up[0].ours = hidden + nudge;
            let mut down = all;
            down[0].ours = hidden - nudge;
            prop_assert!(said == about_saved(&up) || said == about_saved(&down));
        }
    }
}
