//! Printed citizen cards (thẻ học tập): whoever has no phone shows one, and an organiser, a librarian or a neighbour
//! sends what they studied. A card says who is there; it shows nobody's hours and changes nothing about its holder.

mod print;

use densach_domain::Timestamp;
use densach_domain::actor::{Member, Role};
use densach_domain::card::{CardName, CardToken, MAC_BYTES};
use densach_domain::id::CitizenId;
use densach_domain::policy;
use densach_store::CardRow;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::idempotent::begin;
use crate::{Context, Error, Request, Result};

/// A card that is good, with all that stands on it.
#[derive(Debug, Clone)]
pub struct Card {
    pub citizen: CitizenId,
    pub serial: u32,
    pub issued_at: Timestamp,
    pub full_name: String,
    /// What its QR code says.
    pub token: String,
}

impl Card {
    /// The card as a picture to be printed, folded and carried.
    pub fn svg(&self) -> Result<String> {
        print::svg(self)
    }
}

/// The card of oneself or of somebody of the household, to be printed again. An officer gets a member's card by
/// making a new one, which leaves a record.
pub async fn current(cx: &Context, citizen: CitizenId) -> Result<Option<Card>> {
    policy::acts_for(&cx.actor, citizen)?;
    match cx.store.card_current(citizen).await? {
        Some(row) => Ok(Some(whole(cx, row).await?)),
        None => Ok(None),
    }
}

/// Makes a new card; the one before is good no more.
pub async fn issue(cx: &Context, request: &Request, citizen: CitizenId) -> Result<Card> {
    let member = keeper(cx, citizen).await?;
    let made = make(cx, request, member, citizen).await?;
    let issued_at = Timestamp::from_ms(made.issued_at);
    whole(cx, CardRow { citizen, serial: made.serial, issued_at }).await
}

/// Makes the card worthless, as when it was lost. Answers whether there was one that was good.
pub async fn revoke(cx: &Context, request: &Request, citizen: CitizenId) -> Result<bool> {
    let member = keeper(cx, citizen).await?;
    let write = begin!(cx, member.account.uuid(), request);
    let was_good = write.tx.card_revoke(citizen, member.account, cx.now()).await?;
    write.finish(cx, was_good).await
}

/// Whose card a text is, when it is one that is good now. A card that was revoked after it was scanned is refused too:
/// when it was scanned only the phone says.
pub(crate) async fn subject_of_card(cx: &Context, token: &str) -> Result<Option<CitizenId>> {
    let Ok(token) = token.parse::<CardToken>() else { return Ok(None) };
    let CardName { citizen, serial } = token.name;
    let is_ours = bool::from(mac(cx, token.name).ct_eq(&token.mac));
    Ok((is_ours && cx.store.card_is_valid(citizen, serial).await?).then_some(citizen))
}

/// What a receipt remembers. The token is not in it: it lets its holder in, and is made anew from these.
#[derive(Serialize, Deserialize)]
struct Made {
    serial: u32,
    issued_at: i64,
}

async fn make(cx: &Context, request: &Request, member: &Member, citizen: CitizenId) -> Result<Made> {
    let write = begin!(cx, member.account.uuid(), request);
    let row = write.tx.card_issue(citizen, member.account, cx.now()).await?;
    write.finish(cx, Made { serial: row.serial, issued_at: row.issued_at.ms() }).await
}

/// Who may make and revoke the card of a citizen: whoever acts for them, and the officers of their units.
async fn keeper(cx: &Context, citizen: CitizenId) -> Result<&Member> {
    let member = policy::signed_in(&cx.actor)?;
    if member.acts_for(citizen) {
        return Ok(member);
    }
    // Who is nobody's officer is answered before anything is looked up.
    if !member.holds(Role::Officer, cx.now()) {
        return Err(Error::NotFound);
    }
    let units = cx.store.units_above_citizen(citizen, cx.now()).await?;
    policy::oversees(&cx.actor, &units, cx.now())?;
    Ok(member)
}

async fn whole(cx: &Context, row: CardRow) -> Result<Card> {
    let CardRow { citizen, serial, issued_at } = row;
    let holder = cx.store.citizens(&[citizen]).await?.pop().ok_or(Error::NotFound)?;
    let name = CardName { citizen, serial };
    let token = CardToken { name, mac: mac(cx, name) }.to_string();
    Ok(Card { citizen, serial, issued_at, full_name: holder.full_name, token })
}

fn mac(cx: &Context, name: CardName) -> [u8; MAC_BYTES] {
    let mut mac = [0; MAC_BYTES];
    let whole = cx.vault.hash("citizen card", &name.payload());
    mac.copy_from_slice(&whole[..MAC_BYTES]);
    mac
}
