//! What phones send: batches of different minutes that nobody has sent yet, written before the clock starts.

use bytes::Bytes;
use densach_domain::id::WorkId;
use densach_domain::{Clock as _, Day};
use densach_server::secrets::Secrets;
use densach_server::wiring::SystemClock;
use http::{Method, Request, header};
use http_body_util::Full;
use serde_json::{Value, json};

use super::history::History;
use crate::Outcome;
use crate::documents::document;
use crate::seed::number::Kind;
use crate::seed::people;
use crate::seed::phone::{Phone, Watched};

/// From 10:00 on: two hours after what the history holds of the day.
const STARTS_AFTER_SECONDS: i64 = 7 * 3600;
/// Of each minute: a phone's clock may be off by a few seconds from one contact to the next.
const SECONDS_OF_A_MINUTE: i64 = 50;
const MINUTES_OF_A_WORK: usize = 100;
/// Five hours a day, so that no day is full.
const SINGLES_A_DAY: usize = 300;

/// One request.
pub struct Parcel {
    pub authorization: String,
    pub body: Bytes,
    pub items: usize,
}

impl Parcel {
    pub fn request(&self, path: &'static str) -> Outcome<Request<Full<Bytes>>> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, &self.authorization)
            .body(Full::new(self.body.clone()))?;
        Ok(request)
    }

    /// What all its items are worth, if clocks were exact.
    pub fn seconds(&self) -> i64 {
        self.items as i64 * SECONDS_OF_A_MINUTE
    }
}

/// Who has sent what so far.
pub struct Mail {
    phone: Phone,
    works: Vec<WorkId>,
    today: Day,
    secrets: Secrets,
    /// Sequence numbers start behind those of the history.
    first_sequence: i64,
    /// Citizens 1 to this send batches; the next one sends items one by one.
    citizens: u32,
    batch_count: usize,
    single_count: usize,
}

impl Mail {
    pub fn new(history: History, secrets: Secrets) -> Self {
        Self {
            phone: history.phone,
            works: history.works,
            today: history.today,
            secrets,
            first_sequence: history.days as i64 + 1,
            citizens: history.citizens,
            batch_count: 0,
            single_count: 0,
        }
    }

    /// Batches of `items` items, each from another phone, as long as there are phones; a phone's next batch is of the day
    /// before.
    pub fn batches(&mut self, count: usize, items: usize) -> Outcome<Vec<Parcel>> {
        let mut parcels = Vec::with_capacity(count);
        for _ in 0..count {
            let citizens = self.citizens as usize;
            let (earlier, citizen) = (self.batch_count / citizens, self.batch_count % citizens);
            let sequence = self.first_sequence + (earlier * items) as i64;
            let day = self.day(earlier);
            let items: Vec<Value> =
                (0..items).map(|minute| self.item(sequence + minute as i64, day, minute, citizen)).collect();
            parcels.push(self.parcel(1 + u32::try_from(citizen)?, &items)?);
            self.batch_count += 1;
        }
        Ok(parcels)
    }

    /// Items one by one from the same phone.
    pub fn singles(&mut self, count: usize) -> Outcome<Vec<Parcel>> {
        let mut parcels = Vec::with_capacity(count);
        for _ in 0..count {
            let (earlier, minute) = (self.single_count / SINGLES_A_DAY, self.single_count % SINGLES_A_DAY);
            let sequence = self.first_sequence + self.single_count as i64;
            let item = self.item(sequence, self.day(earlier), minute, earlier);
            parcels.push(self.parcel(self.citizens + 1, &[item])?);
            self.single_count += 1;
        }
        Ok(parcels)
    }

    /// A day that is over on every clock.
    fn day(&self, earlier: usize) -> Day {
        self.today.plus_days(-2 - i32::try_from(earlier).unwrap_or(i32::MAX / 2))
    }

    fn item(&self, sequence: i64, day: Day, minute: usize, first_work: usize) -> Value {
        let work = self.works[(first_work + minute / MINUTES_OF_A_WORK) % self.works.len()];
        let minute_starts = STARTS_AFTER_SECONDS + minute as i64 * 60;
        let watched = Watched {
            work,
            start: day.learning_day_starts_at().plus_seconds(minute_starts + 5),
            seconds: SECONDS_OF_A_MINUTE,
            media_ms: (minute % MINUTES_OF_A_WORK) as i64 * 60_000,
        };
        self.phone.item(sequence, &watched)
    }

    fn parcel(&self, citizen: u32, items: &[Value]) -> Outcome<Parcel> {
        let variables = self.phone.variables(Kind::Citizen.id(citizen), SystemClock.now(), items);
        let asked = json!({ "documentId": document("SendEvidence")?.hash, "variables": variables });
        Ok(Parcel {
            authorization: people::authorization(citizen, &self.secrets)?,
            body: serde_json::to_vec(&asked)?.into(),
            items: items.len(),
        })
    }
}
