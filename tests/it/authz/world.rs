//! The people and the things that the table speaks of.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;

use densach_domain::Clock as _;
use densach_domain::actor::Role;
use densach_domain::unit::{AreaClass, UnitKind};
use densach_store::UnitSeed;
use densach_tests::{Person, TestApp};
use serde_json::json;

use super::Outcome;
use super::ask::{act, data, new_upload, nothing, text};
use super::table::Actor;

/// A work and one of its revisions.
#[derive(Clone)]
pub(super) struct Written {
    pub work: String,
    pub revision: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Draft,
    Published,
    Released,
}

/// The people and the things that the table speaks of.
pub(super) struct World<'a> {
    pub app: &'a TestApp,
    /// Everybody but [`Actor::Anonymous`], in the order of [`Actor::ALL`].
    pub people: Vec<Person>,
    /// Somebody of each one's household.
    households: Vec<String>,
    units: HashMap<&'static str, String>,
    pub topic: String,
    pub draft: Written,
    pub published: Written,
    pub released: Written,
    /// The editor's, and another editor's.
    uploads: [String; 2],
    pub count: AtomicUsize,
}

const ELSEWHERE: (&str, &str) = ("0911000001", "THU-1");
const SECOND_EDITOR: &str = "0911000002";
/// Asks for codes and signs in; nobody of the table.
pub(super) const PASSER_BY: &str = "0911000003";
const UNITS: [(&str, &str); 5] = [
    ("branch 1", "DEMO-1"),
    ("branch 2", "DEMO-2"),
    ("the commune", "HKH-00070"),
    ("a branch elsewhere", ELSEWHERE.1),
    ("the province", "HKH-01"),
];

impl<'a> World<'a> {
    pub async fn new(app: &'a TestApp) -> Outcome<Self> {
        app.seed_demo().await;
        app.import_library().await;
        branch_elsewhere(app).await?;
        let mut people = Vec::new();
        for phone in ["0900000006", "0900000002", "0900000003", "0900000001", "0900000004", "0900000005"] {
            people.push(app.sign_in(phone).await);
        }
        people.push(newcomer(app, ELSEWHERE.0, Role::Officer, ELSEWHERE.1).await?);
        let second_editor = newcomer(app, SECOND_EDITOR, Role::Editor, "VN").await?;
        let mut households = Vec::new();
        for person in &people {
            let added =
                act(app, &person.token, "addCitizen", "citizenId", json!({ "fullName": "Bà Thử" })).await?;
            households.push(text(&added["citizenId"])?);
        }
        let mut units = HashMap::new();
        for (name, code) in UNITS {
            let found = data(app, "", &format!("{{ unit(code: {code:?}) {{ id }} }}")).await?;
            units.insert(name, text(&found["unit"]["id"])?);
        }
        let topics = data(app, "", "{ topics { id } }").await?;
        let editor = people[Actor::Editor as usize - 1].token.clone();
        let uploads = [create_upload(app, &editor).await?, create_upload(app, &second_editor.token).await?];
        let nothing = Written { work: String::new(), revision: String::new() };
        let mut world = Self {
            app,
            people,
            households,
            units,
            topic: text(&topics["topics"][0]["id"])?,
            draft: nothing.clone(),
            published: nothing.clone(),
            released: nothing,
            uploads,
            count: AtomicUsize::new(0),
        };
        world.draft = world.write(Stage::Draft).await?;
        world.published = world.write(Stage::Published).await?;
        world.released = world.write(Stage::Released).await?;
        let tester = &world.people[Actor::Tester as usize - 1].phone;
        for written in [&world.draft, &world.published] {
            act(app, &editor, "nameTester", "", json!({ "workId": written.work, "phone": tester })).await?;
        }
        app.drain().await;
        Ok(world)
    }

    pub fn person(&self, actor: Actor) -> Option<&Person> {
        self.people.get((actor as usize).checked_sub(1)?)
    }

    /// The person of an actor; for nobody, the stranger's.
    pub fn own(&self, actor: Actor) -> &str {
        self.person(actor).map_or(&self.people[0].citizen, |person| &person.citizen)
    }

    fn household(&self, actor: Actor) -> &str {
        &self.households[(actor as usize).saturating_sub(1)]
    }

    /// Somebody of another account; for the officers, a member of branch 1.
    pub fn other(&self, actor: Actor) -> &str {
        self.own(whose(actor, "somebody else"))
    }

    pub fn citizen(&self, actor: Actor, scope: &str) -> String {
        match scope {
            "of the household" => self.household(actor).to_owned(),
            "not existing" => nothing("cit"),
            _ => self.own(whose(actor, scope)).to_owned(),
        }
    }

    /// Who studied what a row speaks of, or helped somebody of their household to; for nobody, the stranger.
    pub fn sender(&self, actor: Actor, scope: &str) -> &Person {
        self.person(whose(actor, scope)).unwrap_or(&self.people[0])
    }

    pub fn unit(&self, scope: &str) -> String {
        self.units.get(scope).cloned().unwrap_or_else(|| nothing("uni"))
    }

    pub fn upload(&self, scope: &str) -> String {
        match scope {
            "one's own" => self.uploads[0].clone(),
            "another editor's" => self.uploads[1].clone(),
            _ => nothing("upl"),
        }
    }

    /// A fresh work of the editor, brought as far as `stage`.
    pub async fn write(&self, stage: Stage) -> Outcome<Written> {
        let token = &self.people[Actor::Editor as usize - 1].token;
        let saved = act(self.app, token, "createWork", "workId revisionId", self.new_work()).await?;
        let written = Written { work: text(&saved["workId"])?, revision: text(&saved["revisionId"])? };
        if stage != Stage::Draft {
            act(self.app, token, "publishDraft", "", json!({ "workId": written.work, "version": 1 })).await?;
        }
        if stage == Stage::Released {
            act(self.app, token, "releaseRevision", "", json!({ "revisionId": written.revision })).await?;
        }
        Ok(written)
    }
}

/// To whom belongs what a row speaks of.
fn whose(actor: Actor, scope: &str) -> Actor {
    match scope {
        "a claim" | "a member of branch 1" | "of a member of branch 1" => Actor::Citizen,
        "of a member of branch 2" => Actor::Tester,
        "somebody else" | "somebody else's" if actor == Actor::Citizen => Actor::Stranger,
        "somebody else" | "somebody else's" => Actor::Citizen,
        _ => actor,
    }
}

async fn create_upload(app: &TestApp, token: &str) -> Outcome<String> {
    text(&act(app, token, "createUpload", "upload { id }", new_upload()).await?["upload"]["id"])
}

/// Signs somebody in who was not there before, and gives them an office.
async fn newcomer(app: &TestApp, phone: &str, role: Role, unit: &str) -> Outcome<Person> {
    let mut person = app.sign_in(phone).await;
    let input = json!({ "fullName": "Người Mới" });
    person.citizen = text(&act(app, &person.token, "addCitizen", "citizenId", input).await?["citizenId"])?;
    densach_app::citizen::grant(&app.app.operator(), phone, role, unit).await?;
    Ok(person)
}

/// A branch in a commune (Phường Ba Đình) that is not the demo's.
async fn branch_elsewhere(app: &TestApp) -> Outcome {
    let now = app.clock.now();
    let commune = app.app.store.unit_by_code("HKH-00004", now).await?.ok_or("the commune is not loaded")?;
    let seed = UnitSeed {
        id: app.app.new_id(),
        code: ELSEWHERE.1.to_owned(),
        kind: UnitKind::Branch,
        name: "Chi hội Thử".to_owned(),
        name_key: b"thu".to_vec(),
        area_class: AreaClass::Unknown,
        area_source: "test".to_owned(),
        parent: Some(commune.id),
        territory: None,
        valid_from: now,
    };
    let tx = app.app.store.begin().await?;
    tx.units_add(&[seed], now).await?;
    tx.commit().await?;
    Ok(())
}
