//! A random schedule: what happens to some people, their phones, the network and the server within some days. Drawn
//! from a seed alone, so that a seed that a failure printed shows the failure again.

use densach_domain::credit::Reader;
use densach_domain::evidence::{Source, WHOLE_TEXT};

use crate::dice::Dice;
use crate::network::Link;
use crate::world::{DAY, HOUR, MINUTE, Person, SECOND, Stretch, Work};

/// Midnight of 1 October 2026 in Viet Nam.
const SEASON_MS: i64 = 1_790_787_600_000;

#[derive(Debug, Clone)]
pub struct Schedule {
    pub ends_ms: i64,
    pub works: Vec<Work>,
    pub people: Vec<Person>,
    pub phones: Vec<PhonePlan>,
    /// When somebody is about to pull the plug of the server: it happens at the next write.
    pub outages: Vec<Outage>,
    /// When somebody at an office confirms or corrects a line.
    pub deeds: Vec<i64>,
}

#[derive(Debug, Clone, Copy)]
pub struct Outage {
    pub armed_ms: i64,
    /// Whether the write that it strikes is lost, or made and not answered.
    pub is_before_write: bool,
    pub down_ms: i64,
}

#[derive(Debug, Clone)]
pub struct PhonePlan {
    pub signed_in_ms: i64,
    /// How often what is running is saved; never, when zero.
    pub save_ms: i64,
    /// Whether it gives what people say the readings of its monotonic clock too, as far as that reaches back.
    pub says_by_run: bool,
    pub starts: Vec<Start>,
    /// When the app is killed.
    pub kills: Vec<i64>,
    /// From when on the wall clock is how far from true time.
    pub walls: Vec<(i64, i64)>,
    /// In the order of time; what is seen does not overlap on one phone.
    pub activities: Vec<Activity>,
    /// When the phone tries to send, besides when an answer tells it to go on.
    pub syncs: Vec<i64>,
    pub link: Link,
    /// In percent: how often something that was saved is lost for good.
    pub forgets: i64,
}

/// A run of the phone's monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    pub at_ms: i64,
    /// How long the phone was off before.
    pub off_ms: i64,
    /// By how many millionths its clock runs too fast.
    pub ppm: i64,
}

#[derive(Debug, Clone, Copy)]
pub struct Activity {
    pub person: usize,
    pub work: usize,
    pub from_ms: i64,
    pub to_ms: i64,
    pub doing: Doing,
}

#[derive(Debug, Clone, Copy)]
pub enum Doing {
    Play {
        is_audio: bool,
        media_ms: i64,
        rate_percent: i64,
    },
    Read {
        text: Option<(i64, i64)>,
        idle: Option<Stretch>,
    },
    Answer {
        question_count: i64,
        idle: Option<Stretch>,
    },
    /// No app saw it: somebody says so, at a moment.
    Say {
        source: Source,
        said_ms: i64,
    },
}

impl Schedule {
    pub fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let begins_ms = SEASON_MS + dice.below(150 * DAY);
        let ends_ms = begins_ms + dice.between(1, 14) * DAY;
        let works: Vec<Work> = (0..dice.index(5) + 1).map(|number| draw_work(number, &mut dice)).collect();
        let people: Vec<Person> = (0..1 + usize::from(dice.percent(15)))
            .map(|number| {
                Person::new(number, if dice.percent(30) { Reader::Elder } else { Reader::Ordinary })
            })
            .collect();
        let mut draw = Draw { dice, begins_ms, ends_ms, works: &works, evenings: Vec::new() };
        draw.evenings = (0..=draw.dice.index(4)).map(|_| draw.evening()).collect();
        let phones = draw.phones(people.len());
        let outages = draw.outages(&phones);
        let deeds = if draw.dice.percent(40) { draw.moments(3) } else { Vec::new() };
        Self { ends_ms, works, people, phones, outages, deeds }
    }
}

fn draw_work(number: usize, dice: &mut Dice) -> Work {
    let word_count = if dice.percent(15) { dice.between(0, 100) } else { dice.between(300, 12_000) };
    let duration_ms = dice.percent(80).then(|| match dice.below(4) {
        0 => dice.between(20 * SECOND, 5 * MINUTE),
        1 | 2 => dice.between(5 * MINUTE, HOUR),
        _ => dice.between(HOUR, 4 * HOUR),
    });
    Work::new(number, word_count, duration_ms)
}

struct Draw<'a> {
    dice: Dice,
    begins_ms: i64,
    ends_ms: i64,
    works: &'a [Work],
    /// When people like to study: what several phones do, they do around the same hours.
    evenings: Vec<i64>,
}

impl Draw<'_> {
    fn moment(&mut self) -> i64 {
        self.dice.between(self.begins_ms, self.ends_ms - 1)
    }

    fn moments(&mut self, most: i64) -> Vec<i64> {
        (0..self.dice.below(most + 1)).map(|_| self.moment()).collect()
    }

    fn evening(&mut self) -> i64 {
        let at = self.moment();
        // Some sit up until the learning day ends, at 03:00.
        let late = at - (at - SEASON_MS).rem_euclid(DAY) + 2 * HOUR + self.dice.below(HOUR);
        if self.dice.percent(20) { late } else { at }
    }

    fn phones(&mut self, people: usize) -> Vec<PhonePlan> {
        let mut phones = Vec::new();
        let mut items = self.dice.between(2, 20);
        for person in 0..people {
            for _ in 0..self.dice.between(1, 3) {
                let is_shared = people > 1 && self.dice.percent(40);
                let users = if is_shared { (0..people).collect() } else { vec![person] };
                let most = self.dice.between(1, items.max(1));
                items -= most;
                phones.push(self.phone(&users, most));
            }
        }
        if self.dice.percent(20) {
            phones.push(self.office(people));
        }
        phones
    }

    fn phone(&mut self, users: &[usize], items: i64) -> PhonePlan {
        // In a browser the clock begins anew with every start of the page, elsewhere with that of the device.
        let is_page = self.dice.percent(40);
        let mut kills = self.moments(3);
        let (starts, walls) = self.clocks(if is_page { &kills } else { &[] });
        if self.dice.percent(50) {
            kills.clear();
        }
        let activities = self.activities(users, items);
        let syncs = self.syncs(&activities);
        PhonePlan {
            signed_in_ms: self.begins_ms + self.dice.below((self.ends_ms - self.begins_ms) / 2),
            save_ms: self.dice.pick(&[0, 15 * SECOND, MINUTE]).unwrap_or(0),
            starts,
            kills,
            walls,
            activities,
            syncs,
            link: Link::draw(&mut self.dice),
            says_by_run: self.dice.percent(50),
            forgets: if self.dice.percent(10) { 10 } else { 0 },
        }
    }

    /// The phone of an organiser, which says who was at a class and sees nothing itself.
    fn office(&mut self, people: usize) -> PhonePlan {
        let mut office = self.phone(&[], 0);
        office.walls = vec![(i64::MIN, self.dice.between(-2, 2) * SECOND)];
        for _ in 0..self.dice.between(1, 3) {
            let source = if self.dice.percent(50) { Source::Class } else { Source::Event };
            let person = self.dice.index(people);
            office.activities.push(self.said(person, source));
        }
        office
    }

    fn clocks(&mut self, pages: &[i64]) -> (Vec<Start>, Vec<(i64, i64)>) {
        let first = self.begins_ms - self.dice.below(20 * DAY);
        let mut at: Vec<i64> = self.moments(3);
        at.extend(pages);
        at.push(first);
        at.sort_unstable();
        let off = [0, 30 * SECOND, 5 * MINUTE, 6 * HOUR];
        let mut starts = Vec::new();
        let mut walls = vec![(i64::MIN, self.wall(first))];
        for at_ms in at {
            let off_ms = self.dice.pick(&off).unwrap_or(0);
            starts.push(Start { at_ms, off_ms, ppm: self.dice.between(-100, 100) });
            if self.dice.percent(30) {
                walls.push((at_ms, self.wall(at_ms)));
            }
        }
        if self.dice.percent(40) {
            let at = self.moment();
            let set = if self.dice.percent(50) { 0 } else { self.wall(at) };
            walls.push((at, set));
        }
        walls.sort_unstable();
        (starts, walls)
    }

    /// How far a wall clock is from true time; a battery that is empty leaves it at 1970.
    fn wall(&mut self, at_ms: i64) -> i64 {
        match self.dice.below(10) {
            0..=3 => self.dice.between(-2 * SECOND, 2 * SECOND),
            4..=6 => self.dice.between(-10 * MINUTE, 10 * MINUTE),
            7 => self.dice.between(-2 * DAY, 2 * DAY),
            8 => self.dice.between(-2_000 * DAY, 2_000 * DAY),
            _ => -at_ms,
        }
    }

    fn activities(&mut self, users: &[usize], count: i64) -> Vec<Activity> {
        let mut all = Vec::new();
        let mut wished: Vec<i64> = (0..count)
            .map(|_| {
                self.dice.pick(&self.evenings.clone()).unwrap_or(self.begins_ms) + self.dice.below(2 * HOUR)
            })
            .collect();
        wished.sort_unstable();
        let mut free_ms = self.begins_ms;
        for wish in wished {
            let person = self.dice.pick(users).unwrap_or(0);
            if self.dice.percent(12) {
                let source = if self.dice.percent(50) { Source::Book } else { Source::Radio };
                all.push(self.said(person, source));
                continue;
            }
            // One thing at a time on one phone; often the next begins in the moment in which the last ended.
            let from_ms = wish.max(free_ms);
            let activity = self.seen(person, from_ms);
            free_ms = activity.to_ms + if self.dice.percent(50) { 0 } else { self.dice.below(20 * SECOND) };
            if activity.from_ms < activity.to_ms && activity.to_ms < self.ends_ms {
                all.push(activity);
            }
        }
        all
    }

    fn said(&mut self, person: usize, source: Source) -> Activity {
        let evening = self.dice.pick(&self.evenings.clone()).unwrap_or(self.begins_ms);
        // People say whole minutes.
        let from_ms = (evening + self.dice.below(2 * HOUR)).div_euclid(MINUTE) * MINUTE;
        let to_ms = from_ms + self.dice.between(1, 180) * MINUTE;
        let said_ms = to_ms + self.dice.below(2 * DAY);
        Activity { person, work: 0, from_ms, to_ms, doing: Doing::Say { source, said_ms } }
    }

    fn seen(&mut self, person: usize, from_ms: i64) -> Activity {
        let work = self.dice.index(self.works.len());
        let lasts = match self.dice.below(10) {
            0..=6 => self.dice.between(20 * SECOND, 40 * MINUTE),
            7 | 8 => self.dice.between(300, MINUTE),
            _ => self.dice.between(HOUR, 4 * HOUR),
        };
        let mut to_ms = from_ms + lasts;
        let duration_ms = self.works.get(work).and_then(|work| work.duration_ms);
        let doing = match (self.dice.below(10), duration_ms) {
            (0..=4, Some(duration_ms)) => {
                let media_ms = if self.dice.percent(50) { 0 } else { self.dice.below(duration_ms) };
                let rate_percent = self.dice.pick(&[50, 75, 100, 100, 100, 125, 150, 200]).unwrap_or(100);
                // At the end of the media the player stops.
                to_ms = to_ms.min(from_ms + (duration_ms - media_ms) * 100 / rate_percent);
                Doing::Play { is_audio: self.dice.percent(30), media_ms, rate_percent }
            }
            (8, _) => {
                Doing::Answer { question_count: self.dice.between(1, 20), idle: self.idle(from_ms, to_ms) }
            }
            (_, _) => Doing::Read { text: self.text(), idle: self.idle(from_ms, to_ms) },
        };
        Activity { person, work, from_ms, to_ms, doing }
    }

    fn text(&mut self) -> Option<(i64, i64)> {
        let from = self.dice.below(WHOLE_TEXT / 2);
        self.dice.percent(60).then(|| (from, self.dice.between(from + 1, WHOLE_TEXT)))
    }

    /// A while without a touch, at most once in a stretch.
    fn idle(&mut self, from_ms: i64, to_ms: i64) -> Option<Stretch> {
        let begins = self.dice.between(from_ms, to_ms);
        self.dice.percent(30).then(|| (begins, self.dice.between(begins, to_ms)))
    }

    fn syncs(&mut self, activities: &[Activity]) -> Vec<i64> {
        let mut syncs = self.moments(6);
        // With a good network a phone sends whenever something ended.
        if self.dice.percent(50) {
            for activity in activities {
                syncs.push(activity.to_ms + self.dice.below(5 * SECOND));
            }
        }
        syncs
    }

    /// The plug is pulled when something is being written: around the moments at which phones send.
    fn outages(&mut self, phones: &[PhonePlan]) -> Vec<Outage> {
        let busy: Vec<i64> = phones.iter().flat_map(|phone| phone.syncs.iter().copied()).collect();
        let count = if self.dice.percent(60) { self.dice.between(1, 4) } else { 0 };
        (0..count)
            .filter_map(|_| {
                let armed_ms = self.dice.pick(&busy)?;
                let is_before_write = self.dice.percent(50);
                Some(Outage { armed_ms, is_before_write, down_ms: self.dice.between(SECOND, 10 * MINUTE) })
            })
            .collect()
    }
}
