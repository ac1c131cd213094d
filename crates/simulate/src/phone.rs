//! A phone that keeps the contract of a client: it reads its monotonic clock at the beginning and the end of whatever
//! it sees, records one stretch at a time, saves what it recorded under the next number before it sends it, sends it
//! until an answer says that it is there, and hands back, for each run of its clock, the last anchor that it was given.

use std::rc::Rc;

use densach_domain::Timestamp;
use densach_domain::device_clock::{Echo, Sent};
use densach_domain::evidence::{Evidence, Focus, Run, Source};

use crate::dice::Dice;
use crate::schedule::{Activity, Doing, PhonePlan};
use crate::world::{SECOND, Stretch, Work};

/// Something that the phone saved.
#[derive(Debug, Clone)]
pub struct Item {
    pub person: usize,
    pub evidence: Rc<Evidence>,
    pub recorded_ms: i64,
    /// Where it lies in true time, if the phone saw it.
    pub truth: Option<Stretch>,
    /// When somebody was there, as far as it was saved.
    pub engaged: Vec<Stretch>,
    /// Saved, and lost with the phone's storage before it was sent.
    pub is_forgotten: bool,
    pub is_acknowledged: bool,
    /// Until when the phone waits for an answer.
    pub waits_until_ms: i64,
}

/// A run of the monotonic clock.
#[derive(Debug, Clone)]
pub struct ClockRun {
    pub id: String,
    pub began_ms: i64,
    until_ms: i64,
    ppm: i64,
}

impl ClockRun {
    pub fn elapsed(&self, at_ms: i64) -> i64 {
        let passed = at_ms - self.began_ms;
        passed + (passed * self.ppm).div_euclid(1_000_000)
    }
}

#[derive(Debug, Clone)]
pub struct Phone {
    pub runs: Vec<ClockRun>,
    walls: Vec<(i64, i64)>,
    pub items: Vec<Item>,
    pub echoes: Vec<Echo>,
    /// When somebody studied with it, saved or not.
    pub engaged: Vec<(usize, Stretch)>,
}

impl Phone {
    /// `gaps`: how long nobody need touch the screen, while reading and while answering.
    pub fn new(number: usize, plan: &PhonePlan, works: &[Work], gaps: Gaps, dice: &mut Dice) -> Self {
        let runs = runs(number, plan);
        let mut phone = Self {
            runs,
            walls: plan.walls.clone(),
            items: Vec::new(),
            echoes: Vec::new(),
            engaged: Vec::new(),
        };
        for activity in &plan.activities {
            phone.live(activity, plan, works, gaps);
        }
        phone.items.sort_by_key(|item| item.recorded_ms);
        for (item, sequence) in phone.items.iter_mut().zip(1..) {
            Rc::make_mut(&mut item.evidence).sequence = sequence;
            item.is_forgotten = dice.percent(plan.forgets);
        }
        phone
    }

    /// The run at an instant; none while the phone is off.
    pub fn run_at(&self, at_ms: i64) -> Option<&ClockRun> {
        self.runs.iter().find(|run| (run.began_ms..run.until_ms).contains(&at_ms))
    }

    fn wall(&self, at_ms: i64) -> Timestamp {
        let offset =
            self.walls.iter().rev().find(|(from, _)| *from <= at_ms).map_or(0, |(_, offset)| *offset);
        Timestamp::from_ms(at_ms + offset)
    }

    pub fn reading(&self, at_ms: i64) -> Option<Sent> {
        let run = self.run_at(at_ms)?;
        Some(Sent { wall: self.wall(at_ms), boot: run.id.clone(), elapsed_ms: run.elapsed(at_ms) })
    }

    /// Takes the anchor of an answer.
    pub fn keep(&mut self, echo: Echo) {
        self.echoes.retain(|known| known.boot != echo.boot);
        self.echoes.push(echo);
    }

    /// Lives through an activity, and saves what there is to save.
    fn live(&mut self, activity: &Activity, plan: &PhonePlan, works: &[Work], gaps: Gaps) {
        if let Doing::Say { source, said_ms } = activity.doing {
            return self.say(activity, source, said_ms, plan.says_by_run);
        }
        let from_ms = activity.from_ms;
        let Some(run) = self.run_at(from_ms).cloned() else { return };
        let killed = plan.kills.iter().copied().filter(|at| *at > from_ms).min().unwrap_or(i64::MAX);
        let until_ms = activity.to_ms.min(run.until_ms).min(killed);
        self.engaged.extend(engaged(activity, until_ms, gaps).map(|stretch| (activity.person, stretch)));
        let saved_ms = if until_ms == activity.to_ms {
            until_ms
        } else {
            // What ran when the app died goes back to where it was saved last.
            (until_ms - from_ms)
                .checked_div(plan.save_ms)
                .map_or(from_ms, |saves| from_ms + saves * plan.save_ms)
        };
        let reading =
            Run { boot: run.id.clone(), started_ms: run.elapsed(from_ms), ended_ms: run.elapsed(saved_ms) };
        let Some(work) = works.get(activity.work).filter(|_| reading.started_ms < reading.ended_ms) else {
            return;
        };
        let evidence = Evidence {
            work: Some(work.id),
            started_at: self.wall(from_ms),
            ended_at: self.wall(saved_ms),
            run: Some(reading),
            ..seen(activity, saved_ms, &run)
        };
        let engaged = engaged(activity, saved_ms, gaps).collect();
        self.save(activity.person, evidence, until_ms, Some((from_ms, saved_ms)), engaged);
    }

    /// Somebody tells the phone; if it is off, when it is on again.
    fn say(&mut self, activity: &Activity, source: Source, said_ms: i64, by_run: bool) {
        let on_ms =
            self.runs.iter().filter(|run| run.until_ms > said_ms).map(|run| run.began_ms.max(said_ms));
        let Some(said_ms) = on_ms.min() else { return };
        let Some(run) = self.run_at(said_ms) else { return };
        // In the time that the phone shows while it is said, in whole seconds.
        let shown = |at_ms: i64| {
            let wall_ms = at_ms + (self.wall(said_ms).ms() - said_ms);
            Timestamp::from_ms(wall_ms.div_euclid(SECOND) * SECOND)
        };
        let reading = |at_ms: i64| run.elapsed(said_ms) - (said_ms - at_ms);
        let run = Run {
            boot: run.id.clone(),
            started_ms: reading(activity.from_ms),
            ended_ms: reading(activity.to_ms),
        };
        let evidence = Evidence {
            source,
            started_at: shown(activity.from_ms),
            ended_at: shown(activity.to_ms),
            run: Some(run).filter(|run| by_run && run.started_ms >= 0),
            title: "x".to_owned(),
            ..BLANK
        };
        self.save(activity.person, evidence, said_ms, None, Vec::new());
    }

    fn save(
        &mut self,
        person: usize,
        evidence: Evidence,
        recorded_ms: i64,
        truth: Option<Stretch>,
        engaged: Vec<Stretch>,
    ) {
        self.items.push(Item {
            person,
            evidence: Rc::new(evidence),
            recorded_ms,
            truth,
            engaged,
            is_forgotten: false,
            is_acknowledged: false,
            waits_until_ms: i64::MIN,
        });
    }
}

/// How long nobody need touch the screen, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Gaps {
    pub reading_ms: i64,
    pub quiz_ms: i64,
}

const BLANK: Evidence = Evidence {
    sequence: 0,
    source: Source::Reading,
    work: None,
    started_at: Timestamp::from_ms(0),
    ended_at: Timestamp::from_ms(0),
    run: None,
    focus: Focus::Foreground,
    content: None,
    longest_idle_ms: 0,
    question_count: 0,
    title: String::new(),
};

/// What an activity was until `saved_ms`, as the device saw it.
fn seen(activity: &Activity, saved_ms: i64, run: &ClockRun) -> Evidence {
    let untouched = |idle: Option<Stretch>| {
        let (from, to) = idle.unwrap_or((saved_ms, saved_ms));
        run.elapsed(to.min(saved_ms).max(from)) - run.elapsed(from)
    };
    match activity.doing {
        Doing::Play { is_audio, media_ms, rate_percent } => Evidence {
            source: if is_audio { Source::Audio } else { Source::Video },
            focus: if is_audio { Focus::Audio } else { Focus::Foreground },
            content: Some((media_ms, media_ms + ((saved_ms - activity.from_ms) * rate_percent / 100).max(1))),
            ..BLANK
        },
        Doing::Read { text, idle } => {
            Evidence { source: Source::Reading, content: text, longest_idle_ms: untouched(idle), ..BLANK }
        }
        Doing::Answer { question_count, idle } => {
            Evidence { source: Source::Quiz, question_count, longest_idle_ms: untouched(idle), ..BLANK }
        }
        Doing::Say { .. } => BLANK,
    }
}

/// When somebody was there: also for so long after the last touch as the policy believes.
fn engaged(activity: &Activity, until_ms: i64, gaps: Gaps) -> impl Iterator<Item = Stretch> + use<> {
    let from_ms = activity.from_ms;
    let (idle, gap_ms) = match activity.doing {
        Doing::Read { idle, .. } => (idle, gaps.reading_ms),
        Doing::Answer { idle, .. } => (idle, gaps.quiz_ms),
        Doing::Play { .. } | Doing::Say { .. } => (None, 0),
    };
    let (gone, back) = idle.map_or((until_ms, until_ms), |(from, to)| ((from + gap_ms).min(to), to));
    [(from_ms, gone.min(until_ms)), (back.min(until_ms), until_ms)].into_iter()
}

fn runs(number: usize, plan: &PhonePlan) -> Vec<ClockRun> {
    let nexts = plan.starts.iter().skip(1).map(|next| next.at_ms - next.off_ms).chain([i64::MAX]);
    let runs = plan.starts.iter().zip(nexts).zip(0..);
    runs.map(|((start, until_ms), index)| ClockRun {
        id: format!("{number}-{index}"),
        began_ms: start.at_ms,
        until_ms,
        ppm: start.ppm,
    })
    .collect()
}
