//! Mini-competitions of the demo: asked, questioned, offered, opened by two, scored, awarded, each by the
//! action behind it.

use std::collections::BTreeMap;

use abruf_domain::ids::{MiniCompetitionId, OrganisationId};
use abruf_domain::mini_competition::Scheme;
use abruf_domain::money::UnitPrice;
use abruf_domain::period::berlin_date;
use chrono::{DateTime, Days, TimeDelta, Utc};

use super::DemoError;
use super::calendar::{at, working_day_from};
use super::call_offs::Fate;
use super::stream::{Step, Stream};
use crate::actions::ask_competition_question;
use crate::actions::receive_offer::{self, Arrived};
use crate::actions::{
    announce_competition, create_competition, decide_competition, open_offers, score_offers, send_invitations,
    use_competition,
};
use crate::storage::mini_competitions::Announcement;

/// Calendar days the suppliers have.
const DAYS_TO_ANSWER: u64 = 15;

/// What the suppliers offer per unit, in the order of their ranks: below the prices of the framework.
const OFFERS: [&[(&str, &str)]; 2] =
    [&[("SEC-PT", "1085.00"), ("SEC-UEBUNG", "6100.00")], &[("SEC-PT", "1040.00"), ("SEC-UEBUNG", "5950.00")]];

/// A step of a mini-competition.
#[derive(Debug, Clone, Copy)]
pub(super) enum Round {
    /// A supplier asks, everybody gets the answer.
    Question,
    /// The offer of the supplier with this rank, counted from 0, arrives.
    Offer(usize),
    /// The first supplier replaces its offer by a cheaper one.
    Improve,
    /// All get more time.
    Extend,
    /// Buyer and approver open what has arrived.
    Open,
    /// Scored and awarded; the draft takes over the winner and goes on its way.
    Award,
}

impl Stream {
    /// Asks every supplier of the lot for an offer on this draft, and plans what follows.
    pub(super) async fn compete(&mut self, life: usize) -> Result<(), DemoError> {
        let actor = self.buyer(&self.lives[life].planned);
        let id = create_competition::from_draft(&self.app, &actor, self.lives[life].id, None)
            .await
            .map_err(self.failed("begin a mini-competition for"))?;
        let deadline_at = at(working_day_from(berlin_date(self.now()) + Days::new(DAYS_TO_ANSWER)), 12, 0);
        let announcement = Announcement {
            title: format!("{} für die Stadtverwaltung", self.contract.design.title),
            deadline_at,
            submission:
                "Elektronisch an vergabestelle@altenrode.example. Das Postfach wird erst nach Ablauf der Frist gelesen."
                    .to_owned(),
            scheme: Scheme::by_price(),
        };
        announce_competition::announce(&self.app, &actor, id, &announcement)
            .await
            .map_err(self.failed("announce a mini-competition for"))?;
        let addresses: BTreeMap<OrganisationId, String> = self
            .rivals()
            .into_iter()
            .map(|key| (self.world.supplier(key), format!("vertrieb@{key}.example")))
            .collect();
        send_invitations::send(&self.app, &actor, id, &addresses)
            .await
            .map_err(self.failed("send the invitations for"))?;
        for (days, round) in [(2, Round::Question), (5, Round::Offer(0)), (9, Round::Offer(1))] {
            let at = self.after(days, days);
            self.schedule(at, Step::Compete(life, id, round));
        }
        // By the calendar and not by the dice, which decide what else the demo holds.
        let in_days = |days: u64| at(working_day_from(berlin_date(self.now()) + Days::new(days)), 10, 30);
        let (improve, extend) = (in_days(11), in_days(12));
        self.schedule(improve, Step::Compete(life, id, Round::Improve));
        if self.lives[life].planned.fate != Fate::Competed {
            self.schedule(extend, Step::Compete(life, id, Round::Extend));
        }
        if self.lives[life].planned.fate == Fate::Competed {
            let opening = at(working_day_from(berlin_date(deadline_at) + Days::new(1)), 10, 0);
            self.schedule(opening, Step::Compete(life, id, Round::Open));
            self.schedule(opening + TimeDelta::hours(3), Step::Compete(life, id, Round::Award));
        }
        Ok(())
    }

    pub(super) async fn compete_on(
        &mut self,
        life: usize,
        id: MiniCompetitionId,
        round: Round,
    ) -> Result<(), DemoError> {
        match round {
            Round::Question => self.question(life, id).await,
            Round::Offer(rank) => self.offer(life, id, rank, OFFERS[rank]).await,
            Round::Improve => self.improve(life, id).await,
            Round::Extend => self.extend(life, id).await,
            Round::Open => self.open(life, id).await,
            Round::Award => self.award(life, id).await,
        }
    }

    async fn question(&self, life: usize, id: MiniCompetitionId) -> Result<(), DemoError> {
        let actor = self.buyer(&self.lives[life].planned);
        let supplier = self.world.supplier(self.rivals()[1]);
        let text = "Dürfen die Beratertage auch aus der Ferne geleistet werden?";
        let asked_at: DateTime<Utc> = self.now() - TimeDelta::hours(2);
        let question = ask_competition_question::ask(&self.app, &actor, id, supplier, asked_at, text)
            .await
            .map_err(self.failed("note a question about"))?;
        let answer = "Ja, bis zur Hälfte der Tage. Auftakt und Abschluss finden vor Ort statt.";
        ask_competition_question::answer(&self.app, &actor, id, question, answer)
            .await
            .map_err(self.failed("answer a question about"))
    }

    pub(super) async fn offer(
        &self,
        life: usize,
        id: MiniCompetitionId,
        rank: usize,
        prices: &[(&str, &str)],
    ) -> Result<(), DemoError> {
        let actor = self.buyer(&self.lives[life].planned);
        let asked = &self.lives[life].planned.basket.lines;
        let price = |text: &str| text.parse::<UnitPrice>().expect("the offers of the demo are written as decimals");
        let arrived = Arrived {
            supplier: self.world.supplier(self.rivals()[rank]),
            received_at: self.now() - TimeDelta::minutes(25),
            channel: "E-Mail".to_owned(),
            unit_prices: prices
                .iter()
                .filter(|(article, _)| asked.iter().any(|(own, _)| own == article))
                .map(|(article, text)| ((*article).to_owned(), price(text)))
                .collect(),
            statement: String::new(),
        };
        receive_offer::receive(&self.app, &actor, id, &arrived).await.map_err(self.failed("note an offer for"))?;
        Ok(())
    }

    async fn open(&self, life: usize, id: MiniCompetitionId) -> Result<(), DemoError> {
        for actor in [self.buyer(&self.lives[life].planned), self.asked(life).actor] {
            open_offers::sign(&self.app, &actor, id).await.map_err(self.failed("open the offers for"))?;
        }
        Ok(())
    }

    async fn award(&mut self, life: usize, id: MiniCompetitionId) -> Result<(), DemoError> {
        let actor = self.buyer(&self.lives[life].planned);
        let standings =
            score_offers::score(&self.app, &actor, id, &[]).await.map_err(self.failed("score the offers for"))?;
        let Some(best) = standings.first() else {
            self.wonder(life, "nobody stands first");
            return Ok(());
        };
        decide_competition::award(&self.app, &actor, id, best.supplier, "Niedrigster Preis.", "")
            .await
            .map_err(self.failed("award"))?;
        let version = use_competition::take(&self.app, &actor, id, self.lives[life].id)
            .await
            .map_err(self.failed("take the winner over into"))?;
        self.lives[life].version = version;
        let at = self.soon();
        self.schedule(at, Step::Submit(life));
        Ok(())
    }

    /// Keys of the suppliers of the first lot, in rank.
    fn rivals(&self) -> [&'static str; 2] {
        let first = self.contract.design.lots[0].supplier;
        [first, self.contract.design.choice.next().unwrap_or(first)]
    }
}
