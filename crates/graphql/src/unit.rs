//! Units: public names and places.

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, Enum, ID, Object};
use densach_app::{Error, unit};
use densach_domain::Code;
use densach_domain::unit as domain;

use crate::error::Result;
use crate::input::app;
use crate::page::{UnitKey, connection, page};

/// What a unit is.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "domain::UnitKind")]
pub(crate) enum UnitKind {
    Country,
    Province,
    /// Xã, phường, đặc khu.
    Commune,
    NationalAssociation,
    ProvincialAssociation,
    CommunalAssociation,
    /// Chi hội, ban khuyến học.
    Branch,
}

/// Thresholds differ by area.
#[derive(Enum, Copy, Clone, PartialEq, Eq)]
#[graphql(remote = "domain::AreaClass")]
pub(crate) enum AreaClass {
    Ordinary,
    Difficult,
    /// No source that was read says it.
    Unknown,
}

/// An administrative or association unit as it is today.
pub(crate) struct Unit(pub domain::Unit);

#[Object]
impl Unit {
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The official code of an administrative unit; an association has the code of its territory behind `HKH-`.
    async fn code(&self) -> &str {
        &self.0.code
    }

    async fn kind(&self) -> UnitKind {
        self.0.kind.into()
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn area_class(&self) -> AreaClass {
        self.0.area_class.into()
    }

    /// Since when it has this name.
    async fn valid_from(&self) -> String {
        self.0.valid_from.to_string()
    }

    #[graphql(complexity = "child_complexity + 5")]
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Unit>> {
        match self.0.parent {
            Some(parent) => Ok(Some(Unit(unit::by_id(app(ctx), parent).await?))),
            None => Ok(None),
        }
    }

    /// The units directly below, in Vietnamese order; at most 200 a page.
    #[graphql(complexity = "usize::try_from(first.unwrap_or(20)).unwrap_or(0) * child_complexity / 8 + 5")]
    async fn children(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<String, Unit, EmptyFields, EmptyFields>> {
        let page = page::<UnitKey>(first, after.as_deref(), 200)?;
        let units = unit::children(app(ctx), &self.0, &page).await?;
        let key = |(unit, key): &(domain::Unit, Vec<u8>)| (key.clone(), unit.id);
        Ok(connection(units, page.after.is_some(), EmptyFields, key, |(unit, _)| Unit(unit)))
    }
}

#[derive(Default)]
pub(crate) struct UnitQuery;

#[Object]
impl UnitQuery {
    /// One unit by its id or by its code; the country is `VN`.
    async fn unit(&self, ctx: &Context<'_>, id: Option<ID>, code: Option<String>) -> Result<Unit> {
        let cx = app(ctx);
        match (id, code) {
            (Some(unit), None) => Ok(Unit(unit::by_id(cx, crate::input::id("id", &unit)?).await?)),
            (None, Some(code)) => Ok(Unit(unit::by_code(cx, &code).await?)),
            (Some(_), Some(_)) | (None, None) => Err(Error::problem(Code::Required, "id | code").into()),
        }
    }
}
