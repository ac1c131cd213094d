//! The signed-in person and those of the household.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use densach_app::{citizen, criteria, goal, office, rhythm, study, total};
use densach_domain::account;
use densach_domain::citizen::{Citizen as CitizenFacts, CitizenInput};

use crate::card::Card;
use crate::criteria::IndicatorEvidence;
use crate::dispute::{self, Disputes};
use crate::error::{Result, UserError, settle};
use crate::goal::Goal;
use crate::input::{Reader, app, request};
use crate::office::Office;
use crate::rhythm::Rhythm;
use crate::study::StudyDay;
use crate::total::StudyTotal;
use crate::unit::Unit;
use crate::why::{self, StudyLine, StudyLines};
use crate::work::Work;

/// Whose person it is.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "account::Relation")]
pub(crate) enum Relation {
    /// The person who signs in.
    Own,
    /// Somebody of the household who studies on the same phone.
    Household,
}

/// A person who studies. Only their own account sees this.
pub(crate) struct Citizen {
    facts: CitizenFacts,
    relation: account::Relation,
}

/// Seconds of study in one work.
#[derive(SimpleObject)]
pub(crate) struct StudiedWork {
    /// Absent when it was taken back since.
    pub work: Option<Work>,
    pub seconds: i64,
}

#[Object]
impl Citizen {
    async fn id(&self) -> ID {
        self.facts.id.to_string().into()
    }

    async fn full_name(&self) -> &str {
        &self.facts.full_name
    }

    async fn relation(&self) -> Relation {
        self.relation.into()
    }

    /// A year, or a day.
    async fn birth_date(&self) -> Option<&str> {
        self.facts.birth_date.as_deref()
    }

    /// Whether an ID number was given. The number itself is kept encrypted and never shown.
    async fn has_id_number(&self) -> bool {
        self.facts.has_id_number
    }

    #[graphql(complexity = "child_complexity + 5")]
    async fn residence(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        match self.facts.residence {
            Some(unit) => Ok(Some(Unit(densach_app::unit::by_id(app(ctx), unit).await?))),
            None => Ok(None),
        }
    }

    /// Credited time by learning day, source and trust class, from one day to another, both counted.
    #[graphql(complexity = "child_complexity + 50")]
    async fn study_days(&self, ctx: &Context<'_>, from: String, to: String) -> Result<Vec<StudyDay>> {
        let mut reader = Reader::default();
        let days = reader.day("from", &from).zip(reader.day("to", &to));
        let (from, to) = reader.finish(days)?;
        let rows = study::days(app(ctx), self.facts.id, from, to).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Credited time from one day to another, both counted, by trust class and by source. The classes are not added up.
    #[graphql(complexity = "child_complexity * 5 + 50")]
    async fn study_total(&self, ctx: &Context<'_>, from: String, to: String) -> Result<StudyTotal> {
        let mut reader = Reader::default();
        let days = reader.day("from", &from).zip(reader.day("to", &to));
        let (from, to) = reader.finish(days)?;
        Ok(total::of_citizen(app(ctx), self.facts.id, from, to).await?.into())
    }

    /// How regularly this person learns, with the newest `weeks` of at most 53. The running week breaks nothing, and
    /// evidence that arrives late mends what looked broken.
    #[graphql(complexity = "child_complexity * 12 + 50")]
    async fn rhythm(&self, ctx: &Context<'_>, #[graphql(default = 12)] weeks: i32) -> Result<Rhythm> {
        Ok(rhythm::of_citizen(app(ctx), self.facts.id, weeks).await?.into())
    }

    /// Credited time by work, most first.
    #[graphql(complexity = "child_complexity * 20 + 50")]
    async fn studied_works(&self, ctx: &Context<'_>, from: String, to: String) -> Result<Vec<StudiedWork>> {
        let mut reader = Reader::default();
        let days = reader.day("from", &from).zip(reader.day("to", &to));
        let (from, to) = reader.finish(days)?;
        let rows = study::works(app(ctx), self.facts.id, from, to).await?;
        let ids: Vec<_> = rows.iter().map(|(work, _)| *work).collect();
        let views = densach_app::work::many(app(ctx), &ids).await?;
        let works = Work::list(views.into_values().collect());
        let find = |id| works.iter().find(|work| work.view.id() == id).cloned();
        Ok(rows.into_iter().map(|(work, seconds)| StudiedWork { work: find(work), seconds }).collect())
    }

    /// "Why these hours?" The ledger line by line, newest first: what counts, what does not, and by which rule. At most
    /// 100 a page.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(20)).unwrap_or(0) * child_complexity / 8 + 50")]
    async fn study_lines(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<StudyLines> {
        why::lines(ctx, self.facts.id, first, after.as_deref()).await
    }

    /// One line, `evd_…`.
    #[graphql(complexity = "child_complexity + 20")]
    async fn study_line(&self, ctx: &Context<'_>, id: ID) -> Result<StudyLine> {
        why::line(ctx, self.facts.id, &id).await
    }

    /// The printed card that is good now, to be printed again.
    #[graphql(complexity = "child_complexity + 5")]
    async fn card(&self, ctx: &Context<'_>) -> Result<Option<Card>> {
        Ok(densach_app::card::current(app(ctx), self.facts.id).await?.map(Card))
    }

    /// What was asked to be looked at again, newest first. At most 100 a page.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(20)).unwrap_or(0) * child_complexity / 8 + 10")]
    async fn disputes(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Disputes> {
        dispute::of_citizen(ctx, self.facts.id, first, after.as_deref()).await
    }

    /// What the hours of a year mean for each indicator of "Công dân học tập". Hours are evidence for some indicators
    /// and never give the title by themselves.
    #[graphql(complexity = "child_complexity * 10 + 50")]
    async fn indicators(
        &self,
        ctx: &Context<'_>,
        year: i32,
        criteria: Option<String>,
    ) -> Result<Vec<IndicatorEvidence>> {
        let rows = criteria::evidence(app(ctx), self.facts.id, year, criteria.as_deref()).await?;
        Ok(rows.into_iter().map(IndicatorEvidence).collect())
    }

    /// Goals that the citizen set and that their associations suggest.
    #[graphql(complexity = "child_complexity * 5 + 5")]
    async fn goals(&self, ctx: &Context<'_>) -> Result<Vec<Goal>> {
        let goals = goal::of_citizen(app(ctx), self.facts.id).await?;
        Ok(goals.into_iter().map(Goal).collect())
    }
}

/// Who is signed in.
pub(crate) struct Viewer;

#[Object]
impl Viewer {
    /// The people of this account, its own person first.
    #[graphql(complexity = "child_complexity * 4 + 5")]
    async fn citizens(&self, ctx: &Context<'_>) -> Result<Vec<Citizen>> {
        let people = citizen::mine(app(ctx)).await?;
        Ok(people.into_iter().map(|(facts, relation)| Citizen { facts, relation }).collect())
    }

    /// One of them.
    async fn citizen(&self, ctx: &Context<'_>, id: ID) -> Result<Citizen> {
        let id: densach_domain::id::CitizenId = crate::input::id("id", &id)?;
        let mut people = citizen::mine(app(ctx)).await?.into_iter();
        let found = people.find(|(facts, _)| facts.id == id).ok_or(densach_app::Error::NotFound)?;
        Ok(Citizen { facts: found.0, relation: found.1 })
    }

    /// The association units that this person answers for now.
    #[graphql(complexity = "child_complexity * 4 + 5")]
    async fn offices(&self, ctx: &Context<'_>) -> Result<Vec<Office>> {
        Ok(Office::list(office::mine(app(ctx)).await?))
    }

    /// The association units whose people this person may tick off at a class, and whose claims they may confirm.
    #[graphql(complexity = "child_complexity * 4 + 5")]
    async fn vouches_for(&self, ctx: &Context<'_>) -> Result<Vec<Unit>> {
        Ok(densach_app::roster::mine(app(ctx)).await?.into_iter().map(Unit).collect())
    }

    /// Whether this person may write lessons.
    async fn is_editor(&self, ctx: &Context<'_>) -> bool {
        let cx = app(ctx);
        densach_domain::policy::edits(&cx.actor, cx.now()).is_ok()
    }
}

#[derive(Default)]
pub(crate) struct CitizenQuery;

#[Object]
impl CitizenQuery {
    /// Who is signed in; null when nobody is.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Viewer> {
        app(ctx).actor.member().map(|_| Viewer)
    }
}

#[derive(InputObject)]
pub(crate) struct AddCitizenInput {
    pub client_mutation_id: String,
    pub full_name: String,
    /// A year such as `1948`, or a day such as `1948-05-19`.
    pub birth_date: Option<String>,
    /// Twelve digits. Not needed; kept encrypted.
    pub id_number: Option<String>,
    /// The commune, ward or special zone of residence.
    pub residence_id: Option<ID>,
}

#[derive(SimpleObject)]
pub(crate) struct AddCitizenPayload {
    pub citizen_id: Option<ID>,
    pub user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct CitizenMutation;

#[Object]
impl CitizenMutation {
    /// Adds a person to this account: first oneself, then others of the household who study on the same phone.
    async fn add_citizen(&self, ctx: &Context<'_>, input: AddCitizenInput) -> Result<AddCitizenPayload> {
        let cx = app(ctx);
        let request = request("addCitizen", &input.client_mutation_id, &input);
        let add = async {
            let mut reader = Reader::default();
            let residence = reader.optional_id("residenceId", input.residence_id.as_ref());
            let facts = CitizenInput {
                full_name: input.full_name.clone(),
                birth_date: input.birth_date.clone(),
                id_number: input.id_number.clone(),
                residence,
            };
            // What else is wrong is said together with a wrong id.
            if let Err(problems) = facts.read(cx.now().civil_day()) {
                problems.into_iter().for_each(|problem| reader.0.add(problem));
            }
            let facts = reader.finish(Some(facts))?;
            citizen::add(cx, &request, &facts).await
        };
        let (id, user_errors) = settle(cx, add.await)?;
        Ok(AddCitizenPayload { citizen_id: id.map(|id| id.to_string().into()), user_errors })
    }
}
