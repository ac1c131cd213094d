//! Administrative and association units. A unit is never renamed or re-parented in place: names and edges carry the
//! period in which they hold and the moment they were recorded, so that every report can be asked as it was.

use crate::clock::Timestamp;
use crate::id::UnitId;
use crate::named::named;

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

named! {
    UnitKind {
        Country = "country",
        Province = "province",
        Commune = "commune",
        NationalAssociation = "national_association",
        ProvincialAssociation = "provincial_association",
        CommunalAssociation = "communal_association",
        Branch = "branch",
    }
}

impl UnitKind {
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

named! {
    AreaClass {
        Ordinary = "ordinary",
        Difficult = "difficult",
        Unknown = "unknown",
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
