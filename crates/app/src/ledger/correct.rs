//! Confirming and correcting: lines of their own about earlier lines, inside the transaction of whoever decides.

use std::collections::BTreeMap;

use densach_domain::credit::{Deed, Holding, confirm, days_near, reverse, uphold};
use densach_domain::evidence::{EvidenceId, Standing, Trust};
use densach_domain::id::{AccountId, DeviceId};
use densach_store::{Judged, LineRow, Said, Tx};

use super::enter::{Entered, enter};
use super::held::{Everybody, Need};
use crate::{Context, Error, Result};

/// What is done to which line, by whom.
pub(crate) struct Correction<'a> {
    pub target: EvidenceId,
    /// [`Deed::Confirm`], [`Deed::Reverse`] or [`Deed::Uphold`].
    pub deed: Deed,
    pub standing: Standing,
    pub account: AccountId,
    pub device: Option<DeviceId>,
    pub note: &'a str,
}

/// Enters a correction; answers by how many seconds the total of the citizen changed. Where there is nothing to correct
/// no line is made.
pub(crate) async fn correct(cx: &Context, tx: &Tx, correction: &Correction<'_>) -> Result<i64> {
    let citizen = correction.target.citizen;
    tx.ledger_lock(&[citizen], &[]).await?;
    let line = tx.ledger_line(correction.target).await?.ok_or(Error::NotFound)?;
    let Some(evidence) = &line.said.evidence else { return Err(Error::NotFound) };
    let mut need = Need::default();
    need.add(line.judged.placed.as_ref().and_then(days_near), evidence.work);
    for entry in tx.ledger_entries_of(citizen, &[line.id.number]).await? {
        need.add(Some((entry.holding.day, entry.holding.day)), None);
    }
    let mut everybody = Everybody::open(cx, tx, &BTreeMap::from([(citizen, need)])).await?;
    let held = everybody.0.get_mut(&citizen).ok_or(Error::NotFound)?;
    let (head, book) = (&held.head, &mut held.book);
    let number = head.last_number + 1;
    let entries = match correction.deed {
        Deed::Confirm => confirm(number, line.id.number, book),
        Deed::Reverse => reverse(number, line.id.number, book),
        Deed::Uphold => {
            let holding = template(&line)?;
            uphold(number, &holding, &line.judged.clipped, book)
        }
        Deed::Study | Deed::Opening => return Err(Error::internal("not a correction")),
    };
    if entries.is_empty() {
        return Ok(0);
    }
    entries.iter().for_each(|entry| held.count(entry));
    let changed = entries.iter().map(densach_domain::credit::Entry::seconds).sum();
    let row = LineRow {
        id: EvidenceId { citizen, number },
        deed: correction.deed,
        target: Some(line.id.number),
        device: correction.device,
        sequence: None,
        account: Some(correction.account),
        standing: correction.standing,
        said: Said { evidence: None, note: correction.note.to_owned() },
        judged: Judged { credited_seconds: changed, ..Judged::default() },
        policy: cx.policy().version.clone(),
        received_at: cx.now(),
    };
    let entries = entries.into_iter().map(|entry| (citizen, entry, cx.now())).collect();
    let mut writes = tx.writes();
    enter(cx, &mut writes, &Entered { lines: vec![row], entries }, &everybody)?;
    tx.write(writes).await?;
    Ok(changed)
}

/// How a line holds what it holds.
pub(crate) fn template(line: &LineRow) -> Result<Holding> {
    let missing = || Error::internal("a line without evidence");
    let evidence = line.said.evidence.as_ref().ok_or_else(missing)?;
    let placed = line.judged.placed.ok_or(Error::NotFound)?;
    let start = placed.start_ms.div_euclid(1000);
    Ok(Holding {
        number: line.id.number,
        device: line.device.ok_or_else(missing)?,
        day: densach_domain::Timestamp::from_ms(placed.start_ms).learning_day(),
        stretch: densach_domain::interval::Interval::new(start, start + 1).ok_or_else(missing)?,
        source: evidence.source,
        trust: Trust::Attested,
        work: evidence.work,
        content: None,
        uncertainty_s: line.judged.uncertainty_s,
    })
}
