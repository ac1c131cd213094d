//! Writing to the ledger.

use densach_domain::Timestamp;
use densach_domain::credit::Entry;
use densach_domain::id::{AccountId, CitizenId, DeviceId, WorkId};

use super::text::{BootText, JudgedText, SaidText, text};
use super::{DeviceRow, LineRow, RefusalRow};
use crate::Result;
use crate::sql::Writes;

/// So many runs of a clock are remembered; what belongs to older ones is placed by the wall clock.
const MOST_BOOTS: usize = 16;

impl Writes {
    /// Lines. Their numbers follow the citizens' last ones.
    pub fn ledger_lines(&mut self, lines: &[LineRow]) -> Result<()> {
        let mut heads: Vec<(CitizenId, i64)> = Vec::new();
        let mut rows = Vec::with_capacity(lines.len());
        for line in lines {
            match heads.iter_mut().find(|(citizen, _)| *citizen == line.id.citizen) {
                Some((_, number)) => *number = (*number).max(line.id.number),
                None => heads.push((line.id.citizen, line.id.number)),
            }
            rows.push(vec![
                line.id.citizen.uuid().into(),
                line.id.number.into(),
                line.deed.name().into(),
                line.target.into(),
                line.device.map(DeviceId::uuid).into(),
                line.sequence.into(),
                line.account.map(AccountId::uuid).into(),
                line.standing.name().into(),
                text(&SaidText::of(line.said.evidence.as_ref(), &line.said.note, None))?.into(),
                text(&JudgedText::of(&line.judged))?.into(),
                line.started_s().into(),
                line.policy.clone().into(),
                line.received_at.ms().into(),
            ]);
        }
        self.insert_rows(
            "INSERT INTO study_line (citizen_id, number, deed, target, device_id, sequence, account_id, standing, said, \
             judged, started_s, policy, received_at)",
            rows,
            "",
        );
        let heads = heads.into_iter().map(|(citizen, number)| vec![citizen.uuid().into(), number.into()]);
        self.insert_rows(
            "INSERT INTO study_head (citizen_id, last_number)",
            heads.collect(),
            "ON CONFLICT (citizen_id) DO UPDATE SET last_number = excluded.last_number",
        );
        Ok(())
    }

    pub fn ledger_refusals(&mut self, refusals: &[(DeviceId, RefusalRow, Timestamp)]) -> Result<()> {
        let row = |(device, refusal, received_at): &(DeviceId, RefusalRow, Timestamp)| {
            let mut said = SaidText::of(refusal.evidence.as_ref(), "", refusal.citizen);
            said.raw.clone_from(&refusal.raw);
            Ok(vec![
                device.uuid().into(),
                refusal.sequence.into(),
                text(&said)?.into(),
                refusal.reason.name().into(),
                received_at.ms().into(),
            ])
        };
        let rows = refusals.iter().map(row).collect::<Result<_>>()?;
        self.insert_rows(
            "INSERT INTO study_refusal (device_id, sequence, said, reason, received_at)",
            rows,
            "",
        );
        Ok(())
    }

    pub fn ledger_entries(&mut self, entries: &[(CitizenId, Entry)]) {
        let row = |(citizen, entry): &(CitizenId, Entry)| {
            let holding = &entry.holding;
            vec![
                citizen.uuid().into(),
                i64::from(holding.day.number()).into(),
                entry.number.into(),
                holding.stretch.start().into(),
                i64::from(entry.is_reversal).into(),
                holding.stretch.end().into(),
                holding.number.into(),
                holding.source.name().into(),
                holding.trust.name().into(),
                holding.work.map(WorkId::uuid).into(),
                holding.device.uuid().into(),
                holding.content.map(|(from, _)| from).into(),
                holding.content.map(|(_, to)| to).into(),
                holding.uncertainty_s.into(),
            ]
        };
        self.insert_rows(
            "INSERT INTO study_entry (citizen_id, day, posted, started_s, is_reversal, ended_s, line, source, trust, \
             work_id, device_id, content_start, content_end, uncertainty_s)",
            entries.iter().map(row).collect(),
            "",
        );
    }

    /// What is known of devices. No device stands twice.
    pub fn ledger_devices(&mut self, devices: &[(DeviceId, DeviceRow)]) -> Result<()> {
        let row = |(device, row): &(DeviceId, DeviceRow)| {
            let latest = row.boots.len().saturating_sub(MOST_BOOTS);
            let boots: Vec<BootText> = row.boots[latest..].iter().map(BootText::of).collect();
            Ok(vec![
                device.uuid().into(),
                row.highest_sequence.into(),
                row.received_count.into(),
                row.latest_end_ms.into(),
                text(&boots)?.into(),
            ])
        };
        let rows = devices.iter().map(row).collect::<Result<_>>()?;
        self.insert_rows(
            "INSERT INTO study_device (device_id, highest_sequence, received_count, latest_end_ms, boots)",
            rows,
            "ON CONFLICT (device_id) DO UPDATE SET highest_sequence = excluded.highest_sequence, \
             received_count = excluded.received_count, latest_end_ms = excluded.latest_end_ms, boots = excluded.boots",
        );
        Ok(())
    }
}
