//! Administrative and association units. A unit is never renamed or re-parented in place: names and edges carry the
//! period in which they hold and the moment they were recorded, so that every report can be asked as it was.

use crate::clock::Timestamp;
use crate::id::UnitId;

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnitKind {
    Country,
    /// Tỉnh, thành phố trực thuộc trung ương.
    Province,
    /// Xã, phường, đặc khu.
    Commune,
    /// Hội Khuyến học Việt Nam.
    NationalAssociation,
    ProvincialAssociation,
    CommunalAssociation,
    /// Chi hội of a village, street group or school; ban khuyến học of a clan or agency.
    Branch,
}

impl UnitKind {
    pub const ALL: [Self; 7] = [
        Self::Country,
        Self::Province,
        Self::Commune,
        Self::NationalAssociation,
        Self::ProvincialAssociation,
        Self::CommunalAssociation,
        Self::Branch,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Province => "province",
            Self::Commune => "commune",
            Self::NationalAssociation => "national_association",
            Self::ProvincialAssociation => "provincial_association",
            Self::CommunalAssociation => "communal_association",
            Self::Branch => "branch",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub const fn is_association(self) -> bool {
        match self {
            Self::NationalAssociation
            | Self::ProvincialAssociation
            | Self::CommunalAssociation
            | Self::Branch => true,
            Self::Country | Self::Province | Self::Commune => false,
        }
    }
}

/// Thresholds differ by area; which class a commune has is data with a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AreaClass {
    Ordinary,
    /// Remote, mountain, specially difficult, ethnic-minority areas.
    Difficult,
    /// Not stated by any source that was read.
    Unknown,
}

impl AreaClass {
    pub const ALL: [Self; 3] = [Self::Ordinary, Self::Difficult, Self::Unknown];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Difficult => "difficult",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

/// A unit as it is at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub id: UnitId,
    /// The official code for administrative units; for an association, the code of its territory with a mark.
    pub code: String,
    pub kind: UnitKind,
    pub name: String,
    pub area_class: AreaClass,
    pub parent: Option<UnitId>,
    pub valid_from: Timestamp,
}
