//! What was acknowledged is there: after `kill -9`, after a disk that was full, after a second start. The real binary
//! runs as a process of its own; the phone of a learner sends evidence until something happens to it.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use densach_domain::{Clock as _, Timestamp};
use densach_server::wiring::SystemClock;
use densach_tests::library_folder;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::timeout;

use crate::commands::{binary, densach};
use crate::fault::python;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Items of a batch, and how long each lasts.
const ITEMS: i64 = 20;
/// Short, so that no rule about how much counts in a day has a say here.
const SECONDS: i64 = 1;
/// How long a process may take for what takes it a moment.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_kill_9_and_counts_once() -> Outcome {
    let home = Home::new()?;
    let mut server = home.start().await?;
    let phone = Phone::sign_in(&mut server, "0912345678").await?;
    let lessons = phone.titles().await?;
    assert!(lessons.len() >= 20, "{lessons:?}");
    let mut next = 0;
    for _ in 0..3 {
        let (tell, mut told) = mpsc::unbounded_channel();
        let sender = tokio::spawn({
            let (phone, mut number) = (phone.clone(), next);
            async move {
                while let Ok(answer) = phone.send(number).await {
                    if tell.send(answer).is_err() {
                        break;
                    }
                    number += 1;
                }
                number
            }
        });
        for _ in 0..12 {
            let answer = timeout(PATIENCE, told.recv()).await?.ok_or("the phone stopped sending")?;
            assert_eq!(verdicts(&answer)?, ["ACCEPTED"]);
        }
        // The phone is in the middle of its loop: the next batch is on its way, or being written.
        server.kill()?;
        let open = sender.await?;
        while let Some(answer) = told.recv().await {
            assert_eq!(verdicts(&answer)?, ["ACCEPTED"]);
        }

        server = home.start().await?;
        for number in 0..open {
            assert_eq!(
                verdicts(&phone.send(number).await?)?,
                ["DUPLICATE"],
                "batch {number} of {open} was acknowledged"
            );
        }
        // A batch is one write: it is there whole, or not at all.
        let fate = verdicts(&phone.send(open).await?)?;
        assert!(fate == ["ACCEPTED"] || fate == ["DUPLICATE"], "batch {open}: {fate:?}");
        next = open + 1;
        assert_eq!(phone.studied_seconds().await?, next * ITEMS * SECONDS);
    }
    assert_eq!(phone.titles().await?, lessons, "a second start keeps what there was");
    server.kill()?;
    let doctor = densach(home.folder.path())?.arg("doctor").output()?;
    let said = String::from_utf8(doctor.stdout)?;
    assert!(doctor.status.success() && said.contains("ok    hours"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_reads_go_on() -> Outcome {
    let home = Home::new()?;
    let mut server = home.start().await?;
    let phone = Phone::sign_in(&mut server, "0912345678").await?;
    assert_eq!(verdicts(&phone.send(0).await?)?, ["ACCEPTED"]);

    server.fill_the_disk()?;
    for number in 1..6 {
        let answer = phone.send(number).await?;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "batch {number}: {answer}");
        assert!(answer["data"].is_null(), "{answer}");
    }
    assert!(phone.titles().await?.len() >= 20);
    assert_eq!(phone.studied_seconds().await?, ITEMS * SECONDS);
    let found = phone.ask("{ search(text: \"hoc suot doi\") { totalCount } }", json!({})).await?;
    assert!(found["data"]["search"]["totalCount"].as_i64() > Some(0), "{found}");
    assert!(server.child.try_wait()?.is_none(), "the process died of a full disk");

    server.empty_the_disk()?;
    for number in 1..6 {
        assert_eq!(
            verdicts(&phone.send(number).await?)?,
            ["ACCEPTED"],
            "batch {number}, when there is room again"
        );
    }
    Ok(())
}

/// Whatever is answered while writes fail, and afterwards: what was acknowledged must be in the file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_around_a_full_disk() -> Outcome {
    let home = Home::new()?;
    let mut server = home.start().await?;
    let phone = Phone::sign_in(&mut server, "0912345678").await?;
    let mut acknowledged = Vec::new();
    for number in 0..30 {
        match number {
            10 => server.fill_the_disk()?,
            20 => server.empty_the_disk()?,
            _ => {}
        }
        let answer = phone.send(number).await?;
        if answer["errors"].is_null() {
            assert_eq!(verdicts(&answer)?, ["ACCEPTED"], "batch {number}");
            acknowledged.push(number);
        }
    }
    assert!((0..10).all(|number| acknowledged.contains(&number)), "refused before the disk was full");
    server.kill()?;

    server = home.start().await?;
    let mut lost = Vec::new();
    for number in &acknowledged {
        let answer = phone.send(*number).await?;
        if answer["errors"].is_null() && verdicts(&answer)? == ["DUPLICATE"] {
            continue;
        }
        lost.push(*number);
    }
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?} of {acknowledged:?}");
    assert!((20..30).all(|number| acknowledged.contains(&number)), "refused although there was room again");
    server.kill()
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_left_alone() -> Outcome {
    let home = Home::new()?;
    python(
        "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n\
         c.execute(\"INSERT INTO seaql_migrations (version, applied_at) VALUES ('m2099_01_01_future', 0)\")\nc.commit()",
        &[&home.folder.path().join("run/densach.sqlite").display().to_string()],
    )?;
    for command in ["serve", "migrate"] {
        let mut asked = tokio::process::Command::from(home.command(command)?);
        let said = timeout(PATIENCE, asked.kill_on_drop(true).output()).await.map_err(|_| "it runs")??;
        assert_eq!(said.status.code(), Some(1), "{command}");
        let said = String::from_utf8(said.stderr)?;
        assert!(said.contains("newer") && said.contains("m2099_01_01_future"), "{command}: {said}");
    }
    Ok(())
}

/// The verdicts of a batch, each once.
fn verdicts(answer: &Value) -> Outcome<Vec<String>> {
    let payload = &answer["data"]["sendEvidence"];
    let results = payload["results"].as_array().ok_or_else(|| format!("not acknowledged: {answer}"))?;
    if results.len() != usize::try_from(ITEMS)? {
        return Err(format!("{} results for {ITEMS} items: {answer}", results.len()).into());
    }
    let mut verdicts = Vec::new();
    for result in results {
        let verdict = result["verdict"].as_str().ok_or("no verdict")?.to_owned();
        if !verdicts.contains(&verdict) {
            verdicts.push(verdict);
        }
    }
    Ok(verdicts)
}

/// What outlives a process: its folder, and its address.
struct Home {
    folder: TempDir,
    address: String,
}

impl Home {
    /// With the library in it.
    fn new() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let imported = densach(folder.path())?.args(["library", "import"]).arg(library_folder()).output()?;
        if !imported.status.success() {
            return Err(String::from_utf8_lossy(&imported.stderr).into());
        }
        // Free when it was asked for, which is as much as can be known.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        Ok(Self { folder, address })
    }

    fn command(&self, name: &str) -> Outcome<Command> {
        let mut command = densach(self.folder.path())?;
        command.arg(name);
        self.set(&mut command);
        Ok(command)
    }

    fn set(&self, command: &mut Command) {
        command.env("DENSACH_SERVER__LISTEN", &self.address);
        command.env("DENSACH_SERVER__PUBLIC_URL", format!("http://{}", self.address));
    }

    async fn start(&self) -> Outcome<Server> {
        // A write beyond the limit on files sends a signal that ends a process, unless it is ignored; then the write
        // fails, as it does on a full disk.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" serve"]).arg(binary()?);
        command.current_dir(self.folder.path()).env_clear();
        self.set(&mut command);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let (tell, log) = mpsc::unbounded_channel();
        let stderr = child.stderr.take().ok_or("no log")?;
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        let mut server = Server { child, log, base_url: format!("http://{}", self.address) };
        server.says("serving").await?;
        Ok(server)
    }
}

/// A running `densach serve`; it ends with this handle.
struct Server {
    child: Child,
    log: UnboundedReceiver<String>,
    base_url: String,
}

impl Server {
    /// Waits until the log says something; answers the line.
    async fn says(&mut self, wanted: &str) -> Outcome<String> {
        let mut said = String::new();
        loop {
            match timeout(PATIENCE, self.log.recv()).await {
                Ok(Some(line)) if line.contains(wanted) => return Ok(line),
                Ok(Some(line)) => said.push_str(&format!("{line}\n")),
                Ok(None) => {
                    return Err(format!("the process ended before it said {wanted:?}:\n{said}").into());
                }
                Err(_) => return Err(format!("the process does not say {wanted:?}:\n{said}").into()),
            }
        }
    }

    /// SIGKILL: nothing of the process runs any more.
    fn kill(&mut self) -> Outcome {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// From now on every write beyond the first block of a file fails.
    fn fill_the_disk(&self) -> Outcome {
        self.limit_files("4096")
    }

    fn empty_the_disk(&self) -> Outcome {
        self.limit_files("-1")
    }

    fn limit_files(&self, bytes: &str) -> Outcome {
        python(
            "import resource, sys\npid, most = int(sys.argv[1]), int(sys.argv[2])\n\
             _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)\n\
             resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if most < 0 else most, hard))",
            &[&self.child.id().to_string(), bytes],
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which is as well.
        drop(self.kill());
    }
}

/// The phone of somebody who studies.
#[derive(Clone)]
struct Phone {
    http: reqwest::Client,
    base_url: String,
    token: String,
    citizen: Value,
    since: Timestamp,
}

impl Phone {
    async fn sign_in(server: &mut Server, number: &str) -> Outcome<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        // On a whole second, so that nothing is lost by rounding.
        let now = Timestamp::from_ms(SystemClock.now().ms().div_euclid(1000) * 1000);
        let nothing = Value::Null;
        let base_url = server.base_url.clone();
        let mut phone = Self {
            http,
            base_url,
            token: String::new(),
            citizen: nothing.clone(),
            since: now.plus_seconds(-20 * 3600),
        };
        let asked = json!({ "clientMutationId": "1", "phone": number });
        let sent = phone.document("RequestSignInCode", asked).await?;
        let line = server.says("one-time code for +84").await?;
        let code = line.rsplit(": ").next().unwrap_or_default().trim();
        let confirmed = phone
            .document(
                "ConfirmSignInCode",
                json!({
                    "clientMutationId": "2", "challengeId": sent["data"]["requestSignInCode"]["challengeId"],
                    "code": code, "device": { "clientId": "phone" },
                }),
            )
            .await?;
        let token = confirmed["data"]["confirmSignInCode"]["session"]["accessToken"].as_str();
        phone.token = token.ok_or_else(|| format!("not signed in with {code:?}: {confirmed}"))?.to_owned();
        let document = "mutation($input: AddCitizenInput!) { addCitizen(input: $input) { citizenId } }";
        let input = json!({ "clientMutationId": "3", "fullName": "Người Học Thử" });
        let added = phone.ask(document, json!({ "input": input })).await?;
        phone.citizen = added["data"]["addCitizen"]["citizenId"].clone();
        assert!(phone.citizen.is_string(), "{added}");
        Ok(phone)
    }

    /// An answer of the server, whatever it is; an error when there was none.
    async fn ask(&self, query: &str, variables: Value) -> reqwest::Result<Value> {
        let mut request = self.http.post(format!("{}/graphql", self.base_url));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        request.json(&json!({ "query": query, "variables": variables })).send().await?.json().await
    }

    async fn document(&self, name: &str, input: Value) -> reqwest::Result<Value> {
        let document = densach_graphql::DOCUMENTS.iter().find(|document| document.name == name);
        self.ask(document.map_or(name, |document| document.text), json!({ "input": input })).await
    }

    /// Sends a batch; the same number is always the same batch, and no two overlap.
    async fn send(&self, number: i64) -> reqwest::Result<Value> {
        let item = |sequence: i64| {
            let started_at = self.since.plus_seconds(sequence * 10);
            json!({
                "sequence": sequence, "title": "Sách đo thử", "source": "BOOK",
                "startedAt": started_at.to_string(), "endedAt": started_at.plus_seconds(SECONDS).to_string(),
            })
        };
        let items: Vec<_> = (number * ITEMS + 1..=(number + 1) * ITEMS).map(item).collect();
        self.document("SendEvidence", json!({ "citizenId": self.citizen, "items": items })).await
    }

    async fn studied_seconds(&self) -> Outcome<i64> {
        let document = "query($id: ID!, $from: String!, $to: String!) { viewer { citizen(id: $id) { \
                        studyDays(from: $from, to: $to) { seconds } } } }";
        let day = |seconds: i64| self.since.plus_seconds(seconds).to_string()[..10].to_owned();
        let variables = json!({ "id": self.citizen, "from": day(-86_400), "to": day(2 * 86_400) });
        let answer = self.ask(document, variables).await?;
        let days = answer["data"]["viewer"]["citizen"]["studyDays"].as_array();
        let days = days.ok_or_else(|| format!("no days: {answer}"))?;
        Ok(days.iter().filter_map(|day| day["seconds"].as_i64()).sum())
    }

    async fn titles(&self) -> Outcome<Vec<String>> {
        let answer = self.ask("{ works(first: 100) { nodes { title } } }", json!({})).await?;
        let works =
            answer["data"]["works"]["nodes"].as_array().ok_or_else(|| format!("no works: {answer}"))?;
        Ok(works.iter().map(|work| work["title"].to_string()).collect())
    }
}
