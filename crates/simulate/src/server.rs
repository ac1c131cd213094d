//! A model of the server: what it keeps, what it forgets when it is killed, and what it loads to judge a line. What it
//! decides, it decides by the functions of the domain that the real one calls.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use densach_domain::credit::{CreditPolicy, Facts, Judgement, StudyLine, days_near, study};
use densach_domain::device_clock::{Boot, Contact, DeviceClock, Echo, Placed, Sent, wall_shift_ms};
use densach_domain::evidence::{Evidence, Reason, Verdict};
use densach_domain::id::{DeviceId, WorkId};
use densach_domain::{Day, Timestamp};

use crate::ledger::{Act, Ledger, Line, Studied};
use crate::world::{Person, Work, uuid};

/// What a phone sends at once.
#[derive(Debug, Clone)]
pub struct Batch {
    pub device: usize,
    pub sent: Option<Sent>,
    pub echoes: Vec<Echo>,
    /// Whose, and what.
    pub items: Vec<(usize, Rc<Evidence>)>,
}

/// What is known of a device.
#[derive(Debug, Clone)]
pub struct Device {
    pub id: DeviceId,
    pub registered_at: Timestamp,
    boots: HashMap<String, Boot>,
    latest: Option<(i64, i64)>,
    seen: HashMap<i64, [u8; 32]>,
    highest: i64,
}

impl Device {
    pub fn new(number: usize, registered_at: Timestamp) -> Self {
        Self {
            id: DeviceId::from_uuid(uuid(3, number)),
            registered_at,
            boots: HashMap::new(),
            latest: None,
            seen: HashMap::new(),
            highest: 0,
        }
    }

    /// How many numbers below the highest never came.
    pub fn missing_count(&self) -> i64 {
        self.highest - i64::try_from(self.seen.len()).unwrap_or(i64::MAX)
    }

    /// What is known of the runs that a batch names.
    fn clock(&self, batch: &Batch) -> DeviceClock {
        let named = batch.sent.iter().map(|sent| &sent.boot);
        let named = named.chain(batch.echoes.iter().map(|echo| &echo.boot));
        let named = named.chain(batch.items.iter().filter_map(|(_, item)| Some(&item.run.as_ref()?.boot)));
        let named: BTreeSet<&String> = named.collect();
        let boots = named.into_iter().filter_map(|boot| self.boots.get(boot).cloned()).collect();
        DeviceClock { registered_at: self.registered_at, boots, latest: self.latest }
    }
}

/// What survives a kill is all there is: a batch is one write, and is answered after it.
#[derive(Debug, Clone)]
pub struct Server<'a> {
    policy: &'a CreditPolicy,
    works: HashMap<WorkId, Work>,
    people: &'a [Person],
    pub devices: Vec<Device>,
    /// One a person.
    pub ledgers: Vec<Ledger>,
}

impl<'a> Server<'a> {
    pub fn new(
        policy: &'a CreditPolicy,
        works: &[Work],
        people: &'a [Person],
        registered: impl Iterator<Item = i64>,
    ) -> Self {
        let devices = registered.enumerate();
        Self {
            policy,
            works: works.iter().map(|work| (work.id, *work)).collect(),
            people,
            devices: devices.map(|(number, at)| Device::new(number, Timestamp::from_ms(at))).collect(),
            ledgers: people.iter().map(|_| Ledger::default()).collect(),
        }
    }

    /// Writes a batch, and says what became of its items.
    pub fn take(&mut self, batch: &Batch, received_ms: i64) -> Vec<Verdict> {
        let Some(device) = self.devices.get_mut(batch.device) else { return Vec::new() };
        let contact = Contact {
            received_at: Timestamp::from_ms(received_ms),
            sent: batch.sent.clone(),
            echoes: batch.echoes.clone(),
        };
        let mut clock = device.clock(batch);
        clock.meet(&contact, &self.policy.clock);
        let items = || batch.items.iter().map(|(_, item)| item.as_ref());
        let shift_ms = wall_shift_ms(&contact, clock.opens_ms(&self.policy.clock), items);
        let mut order: Vec<usize> = (0..batch.items.len()).collect();
        order.sort_unstable_by_key(|index| batch.items.get(*index).map(|(_, item)| item.sequence));
        let mut verdicts = vec![Verdict::Duplicate; batch.items.len()];
        let mut fresh = Vec::new();
        for index in order {
            let (Some((person, item)), Some(verdict)) = (batch.items.get(index), verdicts.get_mut(index))
            else {
                continue;
            };
            *verdict = known(device, self.people, *person, item);
            if *verdict == Verdict::Accepted {
                fresh.push((index, clock.place(item, &contact, shift_ms, &self.policy.clock)));
            }
        }
        device.latest = clock.latest;
        device.boots.extend(clock.boots.into_iter().map(|boot| (boot.id.clone(), boot)));
        let device = device.id;
        for person in 0..self.people.len() {
            let own = fresh.iter().filter_map(|(index, placed)| {
                let (whose, item) = batch.items.get(*index)?;
                (*whose == person).then_some((*index, item, *placed))
            });
            let own: Vec<_> = own.collect();
            for (index, judgement) in self.judge(person, device, &own, received_ms) {
                if let Some(verdict) = verdicts.get_mut(index) {
                    *verdict = judgement.main_reason().map_or(Verdict::Accepted, Verdict::Clipped);
                }
            }
        }
        verdicts
    }

    /// Judges one person's new lines in a batch by what one load brought.
    fn judge(
        &mut self,
        person: usize,
        device: DeviceId,
        own: &[(usize, &Rc<Evidence>, Placed)],
        received_ms: i64,
    ) -> Vec<(usize, Judgement)> {
        let (Some(ledger), Some(reader)) = (self.ledgers.get_mut(person), self.people.get(person)) else {
            return Vec::new();
        };
        let days = own.iter().filter_map(|(_, _, placed)| days_near(placed));
        let days: BTreeSet<Day> = days.flat_map(|(first, last)| span_of(first, last)).collect();
        let mut book = ledger.open(&days, &[]);
        let mut judgements = Vec::new();
        for (index, evidence, placed) in own {
            let work = evidence.work.and_then(|work| self.works.get(&work));
            let nothing = Facts { word_count: 0, duration_ms: None, reader: reader.reader };
            let facts = work.map_or(nothing, |work| work.facts(reader.reader));
            let number = ledger.next_number();
            let (placed, trust) = (*placed, evidence.source.trust());
            let line = StudyLine { number, device, evidence, trust, placed, facts, policy: self.policy };
            let (judgement, entries) = study(&line, &mut book);
            let evidence = Rc::clone(evidence);
            let studied =
                Studied { device, evidence, placed, facts, judgement: judgement.clone(), received_ms };
            ledger.write(Line { number, act: Act::Study(studied) }, entries);
            judgements.push((*index, judgement));
        }
        judgements
    }
}

/// Whether an item is new; if it is, it is known from now on.
fn known(device: &mut Device, people: &[Person], person: usize, item: &Evidence) -> Verdict {
    let Some(person) = people.get(person) else { return Verdict::Rejected(Reason::UnknownCitizen) };
    if item.check().is_err() {
        return Verdict::Rejected(Reason::Malformed);
    }
    let digest = item.digest(person.id);
    match device.seen.get(&item.sequence) {
        Some(known) if *known == digest => Verdict::Duplicate,
        Some(_) => Verdict::Rejected(Reason::SequenceReused),
        None => {
            device.seen.insert(item.sequence, digest);
            device.highest = device.highest.max(item.sequence);
            Verdict::Accepted
        }
    }
}

fn span_of(first: Day, last: Day) -> impl Iterator<Item = Day> {
    (first.number()..=last.number()).map(Day::from_number)
}
