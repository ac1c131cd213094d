//! Goals of study hours.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use densach_app::goal;
use densach_domain::goal::{self as domain, GoalOwner};

use crate::error::{Result, UserError, settle};
use crate::input::{Reader, app, request};

/// Over what a goal runs.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "domain::GoalPeriod")]
pub(crate) enum GoalPeriod {
    Week,
    Month,
    Year,
}

/// A goal of study hours. It never grants a title.
pub(crate) struct Goal(pub domain::Goal);

#[Object]
impl Goal {
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    async fn period(&self) -> GoalPeriod {
        self.0.period.into()
    }

    async fn minutes(&self) -> i32 {
        self.0.minutes
    }

    /// Whether an association suggests it; otherwise the citizen set it.
    async fn is_suggested(&self) -> bool {
        match self.0.owner {
            GoalOwner::Citizen(_) => false,
            GoalOwner::Unit(_) => true,
        }
    }
}

#[derive(InputObject)]
pub(crate) struct SetGoalInput {
    pub client_mutation_id: String,
    pub citizen_id: ID,
    pub period: GoalPeriod,
    pub minutes: i32,
}

#[derive(InputObject)]
pub(crate) struct SuggestGoalInput {
    pub client_mutation_id: String,
    pub unit_id: ID,
    pub period: GoalPeriod,
    pub minutes: i32,
}

#[derive(SimpleObject)]
pub(crate) struct GoalPayload {
    pub goal_id: Option<ID>,
    pub user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct GoalMutation;

#[Object]
impl GoalMutation {
    /// Sets a goal for oneself or somebody of the household; the earlier one for the same period ends.
    async fn set_goal(&self, ctx: &Context<'_>, input: SetGoalInput) -> Result<GoalPayload> {
        let cx = app(ctx);
        let request = request("setGoal", &input.client_mutation_id, &input);
        let set = async {
            let mut reader = Reader::default();
            let citizen = reader.id("citizenId", &input.citizen_id);
            let citizen = reader.finish(citizen)?;
            goal::set(cx, &request, citizen, input.period.into(), input.minutes).await
        };
        let (id, user_errors) = settle(cx, set.await)?;
        Ok(GoalPayload { goal_id: id.map(|id| id.to_string().into()), user_errors })
    }

    /// Suggests a goal to the members of a unit that one answers for.
    async fn suggest_goal(&self, ctx: &Context<'_>, input: SuggestGoalInput) -> Result<GoalPayload> {
        let cx = app(ctx);
        let request = request("suggestGoal", &input.client_mutation_id, &input);
        let suggest = async {
            let mut reader = Reader::default();
            let unit = reader.id("unitId", &input.unit_id);
            let unit = reader.finish(unit)?;
            goal::suggest(cx, &request, unit, input.period.into(), input.minutes).await
        };
        let (id, user_errors) = settle(cx, suggest.await)?;
        Ok(GoalPayload { goal_id: id.map(|id| id.to_string().into()), user_errors })
    }
}
