//! One person's ledger as the server keeps it: lines, what they entered, and sums that are kept along.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use densach_domain::Day;
use densach_domain::credit::{
    Book, CreditPolicy, Entry, FAR_UNCERTAINTY_S, Facts, Holding, Judgement, StudyLine, confirm, days_of,
    reverse, study, uphold,
};
use densach_domain::device_clock::Placed;
use densach_domain::evidence::{Evidence, Source, Trust};
use densach_domain::id::{DeviceId, WorkId};

#[derive(Debug, Clone)]
pub struct Line {
    pub number: i64,
    pub act: Act,
}

#[derive(Debug, Clone)]
pub enum Act {
    Study(Studied),
    Confirm { target: i64 },
    Reverse { target: i64 },
    Uphold { target: i64 },
}

/// Evidence, everything that it was judged by, and what became of it.
#[derive(Debug, Clone)]
pub struct Studied {
    pub device: DeviceId,
    pub evidence: Rc<Evidence>,
    pub placed: Placed,
    pub facts: Facts,
    pub judgement: Judgement,
    pub received_ms: i64,
}

#[derive(Debug, Clone, Default)]
pub struct Ledger {
    pub lines: Vec<Line>,
    pub entries: Vec<Entry>,
    /// Kept along with the entries, as the tables of sums are.
    pub sums: BTreeMap<(Day, Source, Trust), i64>,
    works: HashMap<WorkId, i64>,
    by_day: HashMap<Day, Vec<usize>>,
    by_line: HashMap<i64, Vec<usize>>,
    vague: Vec<usize>,
}

impl Ledger {
    pub fn next_number(&self) -> i64 {
        self.lines.last().map_or(1, |line| line.number + 1)
    }

    pub fn total(&self) -> i64 {
        self.entries.iter().map(Entry::seconds).sum()
    }

    pub fn all_studied(&self) -> impl Iterator<Item = (i64, &Studied)> {
        self.lines.iter().filter_map(|line| match &line.act {
            Act::Study(studied) => Some((line.number, studied)),
            Act::Confirm { .. } | Act::Reverse { .. } | Act::Uphold { .. } => None,
        })
    }

    pub fn studied(&self, number: i64) -> Option<&Studied> {
        self.all_studied().find(|(own, _)| *own == number).map(|(_, studied)| studied)
    }

    /// The lines by which an office granted what the rules had cut off.
    pub fn upheld(&self) -> BTreeSet<i64> {
        let upheld = self.lines.iter().filter(|line| matches!(line.act, Act::Uphold { .. }));
        upheld.map(|line| line.number).collect()
    }

    pub fn write(&mut self, line: Line, entries: Vec<Entry>) {
        self.lines.push(line);
        for entry in entries {
            let index = self.entries.len();
            let holding = &entry.holding;
            self.by_day.entry(holding.day).or_default().push(index);
            self.by_line.entry(holding.number).or_default().push(index);
            if holding.uncertainty_s >= FAR_UNCERTAINTY_S {
                self.vague.push(index);
            }
            *self.sums.entry((holding.day, holding.source, holding.trust)).or_default() += entry.seconds();
            if let Some(work) = holding.work {
                *self.works.entry(work).or_default() += entry.seconds();
            }
            self.entries.push(entry);
        }
    }

    /// What is loaded for lines that touch some days, or are about some lines: never the whole book.
    pub fn open(&self, days: &BTreeSet<Day>, lines: &[i64]) -> Book {
        let dated = days.iter().filter_map(|day| self.by_day.get(day)).flatten();
        let about = lines.iter().filter_map(|line| self.by_line.get(line)).flatten();
        let mut loaded: Vec<usize> = dated.chain(about).chain(&self.vague).copied().collect();
        loaded.sort_unstable();
        loaded.dedup();
        let entries = loaded.into_iter().filter_map(|index| self.entries.get(index).copied());
        Book::open(entries, self.works.clone())
    }

    /// Confirms or corrects an earlier line, by what is loaded for it.
    pub fn correct(&mut self, act: Act) {
        let (Act::Confirm { target } | Act::Reverse { target } | Act::Uphold { target }) = act else {
            return;
        };
        let Some(studied) = self.studied(target) else { return };
        let days = studied.judgement.clipped.iter().flat_map(|clip| days_of(clip.stretch)).collect();
        let mut book = self.open(&days, &[target]);
        self.correct_by(act, &mut book);
    }

    fn correct_by(&mut self, act: Act, book: &mut Book) {
        let number = self.next_number();
        let entries = match act {
            Act::Study(_) => Vec::new(),
            Act::Confirm { target } => confirm(number, target, book),
            Act::Reverse { target } => reverse(number, target, book),
            Act::Uphold { target } => self.uphold(number, target, book).unwrap_or_default(),
        };
        self.write(Line { number, act }, entries);
    }

    fn uphold(&self, number: i64, target: i64, book: &mut Book) -> Option<Vec<Entry>> {
        let studied = self.studied(target)?;
        let Judgement { clipped, content, uncertainty_s, .. } = &studied.judgement;
        // Day and stretch are taken from what was cut off; these only fill the form.
        let stretch = clipped.first()?.stretch;
        let held = Holding {
            number: target,
            device: studied.device,
            day: days_of(stretch).next()?,
            stretch,
            source: studied.evidence.source,
            trust: Trust::Attested,
            work: studied.evidence.work,
            content: *content,
            uncertainty_s: *uncertainty_s,
        };
        Some(uphold(number, &held, clipped, book))
    }

    /// All lines judged again in their order, with the whole book at hand. `place`: where evidence lies.
    pub fn replay(&self, policy: &CreditPolicy, place: impl Fn(&Studied) -> Placed) -> Self {
        let mut book = Book::default();
        let mut again = Self::default();
        for line in &self.lines {
            let Act::Study(studied) = &line.act else {
                again.correct_by(line.act.clone(), &mut book);
                continue;
            };
            let (number, placed, facts) = (line.number, place(studied), studied.facts);
            let (device, evidence) = (studied.device, &studied.evidence);
            let trust = evidence.source.trust();
            let line = StudyLine { number, device, evidence, trust, placed, facts, policy };
            let (judgement, entries) = study(&line, &mut book);
            let act = Act::Study(Studied { placed, judgement, ..studied.clone() });
            again.write(Line { number, act }, entries);
        }
        again
    }
}
