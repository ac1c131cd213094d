//! What the floor is asked and answers: the shapes of the documents by hand, on text that the rows still own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use densach_domain::Timestamp;
use densach_domain::asset::Sha256;
use densach_domain::id::{RevisionId, WorkId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::Outcome;

#[derive(Deserialize)]
pub struct Asked<V> {
    pub variables: V,
}

#[derive(Deserialize)]
pub struct HomeVariables {
    pub first: u32,
}

#[derive(Deserialize)]
pub struct LessonVariables {
    pub slug: String,
}

#[derive(Serialize)]
pub struct Data<T> {
    pub data: T,
}

#[derive(Serialize)]
pub struct HomeData<'r> {
    pub works: Works<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Works<'r> {
    pub nodes: Vec<Card<'r>>,
    pub page_info: PageInfo,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageInfo {
    pub has_next_page: bool,
    pub end_cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Card<'r> {
    pub id: WorkId,
    pub kind: &'static str,
    pub slug: &'r str,
    pub title: &'r str,
    pub summary: &'r str,
    pub duration_seconds: Option<i64>,
    pub topics: Vec<Topic<'r>>,
    pub cover: Option<Cover<'r>>,
    pub progress: Option<Progress>,
}

#[derive(Serialize)]
pub struct LessonData<'r> {
    pub work: Lesson<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lesson<'r> {
    #[serde(flatten)]
    pub card: Card<'r>,
    pub revision: Revision,
    pub body_html: &'r str,
    pub word_count: i64,
    pub language: &'r str,
    pub licence: &'r str,
    pub level: Option<&'r str>,
    pub audience: &'r RawValue,
    pub authors: &'r RawValue,
    pub sources: &'r RawValue,
    pub recheck_by: Option<&'r str>,
    pub released_at: String,
    /// A lesson that was seeded has neither a main file nor captions nor items, and the floor does not look for them.
    pub main: Option<()>,
    pub captions: [(); 0],
    pub items: [(); 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    pub id: RevisionId,
    pub number: i64,
    pub published_at: String,
}

#[derive(Serialize)]
pub struct Topic<'r> {
    pub slug: &'r str,
    pub name: &'r str,
}

#[derive(Serialize)]
pub struct Cover<'r> {
    pub sha256: Sha256,
    pub url: &'r str,
}

#[derive(Serialize)]
pub struct Progress {
    pub latest: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub furthest: Option<Place>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    pub locator: f64,
    pub media_ms: Option<f64>,
    pub recorded_at: String,
}

pub fn kind(name: &str) -> &'static str {
    match name {
        "lesson" => "LESSON",
        "video" => "VIDEO",
        "document" => "DOCUMENT",
        "course" => "COURSE",
        _ => "READING_LIST",
    }
}

/// One text of all topics, as the statement makes it.
pub fn topics(text: Option<&str>) -> Vec<Topic<'_>> {
    let marked = text.unwrap_or_default().split('\u{1e}');
    marked.filter_map(|topic| topic.split_once('\u{1f}')).map(|(slug, name)| Topic { slug, name }).collect()
}

pub fn cover<'r>(sha256: Option<&[u8]>, url: Option<&'r str>) -> Outcome<Option<Cover<'r>>> {
    let (Some(sha256), Some(url)) = (sha256, url) else { return Ok(None) };
    Ok(Some(Cover { sha256: Sha256::from_bytes(sha256.try_into()?), url }))
}

pub fn place(ppm: Option<i64>, media_ms: Option<i64>, at: Option<i64>) -> Option<Place> {
    let (ppm, at) = (ppm?, at?);
    Some(Place {
        locator: ppm as f64 / 1e6,
        media_ms: media_ms.map(|ms| ms as f64),
        recorded_at: Timestamp::from_ms(at).to_string(),
    })
}

/// Where the next page goes on.
pub fn cursor(work: Uuid, released_at: i64) -> String {
    URL_SAFE_NO_PAD.encode([work.as_bytes().as_slice(), &released_at.to_be_bytes()].concat())
}
