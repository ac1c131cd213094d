//! The course of a schedule: phones send, the network does what it does, the server is killed and comes back, and in the
//! end everything is sent that is left.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use densach_domain::Timestamp;
use densach_domain::credit::CreditPolicy;
use densach_domain::device_clock::Echo;
use densach_domain::evidence::{Trust, Verdict};

use crate::dice::Dice;
use crate::ledger::Act;
use crate::network::{Link, PATIENCE_MS};
use crate::phone::{Gaps, Phone};
use crate::schedule::Schedule;
use crate::server::{Batch, Server};
use crate::world::{DAY, MINUTE, SECOND};

/// Items of a batch: few, so that there are many batches.
const MOST_ITEMS: i64 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Sync(usize),
    Arrive(usize),
    Write,
    /// To a message, with the anchor's instant.
    Answer(usize, i64),
    Back,
    Deed,
}

/// A batch on its way, and which items of its phone it holds.
#[derive(Debug)]
struct Message {
    batch: Rc<Batch>,
    items: Vec<usize>,
    sent_ms: i64,
}

/// How a server may be wrong, to see that it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Answers although the write was lost.
    AnswersUnwritten,
}

pub struct Course<'a> {
    pub schedule: &'a Schedule,
    pub phones: Vec<Phone>,
    pub server: Server<'a>,
    /// What a second sending of everything was answered, other than that it is known.
    pub repeated: Vec<Verdict>,
    /// After everything.
    over_ms: i64,
    fault: Option<Fault>,
    dice: Dice,
    events: BinaryHeap<Reverse<(i64, usize, Event)>>,
    serial: usize,
    messages: Vec<Message>,
    /// What arrived and is not written yet: all that a kill takes.
    arrived: Vec<(usize, i64)>,
    outages: usize,
    is_down: bool,
    is_calm: bool,
}

impl<'a> Course<'a> {
    pub fn new(schedule: &'a Schedule, seed: u64, policy: &'a CreditPolicy, fault: Option<Fault>) -> Self {
        let mut dice = Dice::new(!seed);
        let gaps = Gaps {
            reading_ms: policy.reading.idle_gap_seconds * SECOND,
            quiz_ms: policy.quiz.idle_gap_seconds * SECOND,
        };
        let plans = schedule.phones.iter().enumerate();
        let phones = plans.map(|(number, plan)| Phone::new(number, plan, &schedule.works, gaps, &mut dice));
        let phones = phones.collect();
        let registered = schedule.phones.iter().map(|plan| plan.signed_in_ms);
        Self {
            schedule,
            phones,
            server: Server::new(policy, &schedule.works, &schedule.people, registered),
            repeated: Vec::new(),
            over_ms: 0,
            fault,
            dice,
            events: BinaryHeap::new(),
            serial: 0,
            messages: Vec::new(),
            arrived: Vec::new(),
            outages: 0,
            is_down: false,
            is_calm: false,
        }
    }

    pub fn happen(&mut self) {
        for (number, plan) in self.schedule.phones.iter().enumerate() {
            for at in &plan.syncs {
                self.at((*at).max(plan.signed_in_ms), Event::Sync(number));
            }
        }
        for at in &self.schedule.deeds {
            self.at(*at, Event::Deed);
        }
        self.pass();
        // Every phone finds a network in the end.
        self.is_calm = true;
        let last = self.phones.iter().flat_map(|phone| phone.items.iter().map(|item| item.recorded_ms));
        let end_ms = last.chain([self.schedule.ends_ms]).max().unwrap_or(0) + DAY;
        self.over_ms = end_ms + DAY;
        for number in 0..self.phones.len() {
            self.at(end_ms, Event::Sync(number));
        }
        self.pass();
    }

    fn at(&mut self, at_ms: i64, event: Event) {
        self.serial += 1;
        self.events.push(Reverse((at_ms, self.serial, event)));
    }

    fn pass(&mut self) {
        while let Some(Reverse((now, _, event))) = self.events.pop() {
            match event {
                Event::Sync(phone) => self.sync(phone, now),
                Event::Arrive(message) => self.arrive(message, now),
                Event::Write => self.write(now),
                Event::Answer(message, issued_ms) => self.answered(message, issued_ms, now),
                Event::Back => self.is_down = false,
                Event::Deed => self.deed(),
            }
        }
    }

    /// Sends what waits, in batches that may overtake each other.
    fn sync(&mut self, number: usize, now: i64) {
        let Some(phone) = self.phones.get_mut(number) else { return };
        let Some(sent) = phone.reading(now) else { return };
        let waiting = phone.items.iter_mut().enumerate().filter(|(_, item)| {
            let is_due = item.recorded_ms <= now && item.waits_until_ms <= now;
            is_due && !item.is_acknowledged && !item.is_forgotten
        });
        let mut batches: Vec<Vec<usize>> = Vec::new();
        let mut room = 0;
        for (index, item) in waiting {
            if room == 0 {
                batches.push(Vec::new());
                room = self.dice.between(1, MOST_ITEMS);
            }
            item.waits_until_ms = now + PATIENCE_MS;
            batches.iter_mut().last().into_iter().for_each(|batch| batch.push(index));
            room -= 1;
        }
        // With nothing to send, a phone may still ask for an anchor.
        if batches.is_empty() && self.dice.percent(20) && !self.is_calm {
            batches.push(Vec::new());
        }
        let echoes = phone.echoes.clone();
        if !batches.is_empty() && (self.is_calm || self.dice.percent(50)) {
            self.at(now + PATIENCE_MS + self.dice.clone().between(1, 10 * MINUTE), Event::Sync(number));
        }
        let link = if self.is_calm { Link::CALM } else { self.link(number) };
        for items in batches {
            let carried = self.phones.get(number).into_iter().flat_map(|phone| {
                let items = items.iter().filter_map(|index| phone.items.get(*index));
                items.map(|item| (item.person, Rc::clone(&item.evidence)))
            });
            let (sent, echoes) = (Some(sent.clone()), echoes.clone());
            let batch = Rc::new(Batch { device: number, sent, echoes, items: carried.collect() });
            let message = self.messages.len();
            self.messages.push(Message { batch, items, sent_ms: now });
            for delay in link.carry(&mut self.dice) {
                self.at(now + delay, Event::Arrive(message));
            }
        }
    }

    fn link(&self, number: usize) -> Link {
        self.schedule.phones.get(number).map_or(Link::CALM, |plan| plan.link)
    }

    fn arrive(&mut self, message: usize, now: i64) {
        if self.is_down {
            return;
        }
        if self.arrived.is_empty() {
            let group_ms = self.dice.between(1, 40);
            self.at(now + group_ms, Event::Write);
        }
        self.arrived.push((message, now));
    }

    /// One write for all that arrived together; then the answers, unless the plug was pulled.
    fn write(&mut self, now: i64) {
        let arrived = std::mem::take(&mut self.arrived);
        let outage = self.schedule.outages.get(self.outages).filter(|next| next.armed_ms <= now).copied();
        if let Some(outage) = outage {
            self.outages += 1;
            self.is_down = true;
            self.at(now + outage.down_ms, Event::Back);
        }
        let is_lost = outage.is_some_and(|outage| outage.is_before_write);
        if !is_lost {
            for (message, received_ms) in &arrived {
                if let Some(message) = self.messages.get(*message) {
                    self.server.take(&message.batch, *received_ms);
                }
            }
        }
        if outage.is_some() && !(is_lost && self.fault == Some(Fault::AnswersUnwritten)) {
            return;
        }
        for (message, _) in arrived {
            let Some(batch) = self.messages.get(message).map(|message| Rc::clone(&message.batch)) else {
                continue;
            };
            let link = if self.is_calm { Link::CALM } else { self.link(batch.device) };
            if let Some(delay) = link.carry(&mut self.dice).next() {
                self.at(now + delay, Event::Answer(message, now));
            }
        }
    }

    fn answered(&mut self, message: usize, issued_ms: i64, now: i64) {
        let Some(message) = self.messages.get(message) else { return };
        let number = message.batch.device;
        let (Some(phone), Some(plan)) = (self.phones.get_mut(number), self.schedule.phones.get(number))
        else {
            return;
        };
        let Some(reading) = phone.reading(now) else { return };
        if plan.kills.iter().any(|at| (message.sent_ms..=now).contains(at)) {
            return;
        }
        let asked = message.batch.sent.as_ref().map(|sent| &sent.boot);
        if Some(&reading.boot) != asked || now > message.sent_ms + PATIENCE_MS {
            return;
        }
        let issued_at = Timestamp::from_ms(issued_ms);
        phone.keep(Echo { issued_at, boot: reading.boot, elapsed_ms: reading.elapsed_ms });
        for index in &message.items {
            if let Some(item) = phone.items.get_mut(*index) {
                item.is_acknowledged = true;
            }
        }
        self.at(now, Event::Sync(number));
    }

    /// Somebody at an office looks at a line.
    fn deed(&mut self) {
        let person = self.dice.index(self.server.ledgers.len());
        let Some(ledger) = self.server.ledgers.get_mut(person) else { return };
        let lines: Vec<i64> = ledger.lines.iter().map(|line| line.number).collect();
        let Some(target) = self.dice.pick(&lines) else { return };
        let Some(studied) = ledger.studied(target) else { return };
        let act = if studied.evidence.source.trust() == Trust::Claimed && self.dice.percent(70) {
            Act::Confirm { target }
        } else if self.dice.percent(50) {
            Act::Reverse { target }
        } else {
            Act::Uphold { target }
        };
        ledger.correct(act);
    }

    /// Whatever was sent may be sent again.
    pub fn send_again(&mut self) {
        let phones = self.phones.iter().enumerate();
        let batches: Vec<Batch> = phones
            .map(|(device, phone)| {
                let kept = phone.items.iter().filter(|item| item.is_acknowledged);
                let items = kept.map(|item| (item.person, Rc::clone(&item.evidence))).collect();
                Batch { device, sent: phone.reading(self.over_ms), echoes: phone.echoes.clone(), items }
            })
            .collect();
        for batch in batches {
            let verdicts = self.server.take(&batch, self.over_ms);
            self.repeated.extend(verdicts.into_iter().filter(|verdict| *verdict != Verdict::Duplicate));
        }
    }
}
