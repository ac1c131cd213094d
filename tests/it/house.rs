//! The house: its arrows, its fences, the paths that its documents name, and the words that do not stay in it.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};
use densach_tests::repository;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Who may know whom, and nobody else. Tests may know anybody.
const ARROWS: &[(&str, &[&str])] = &[
    ("app", &["blob", "domain", "search", "store", "text"]),
    ("bench", &["app", "domain", "graphql", "server", "simulate", "store"]),
    ("blob", &["domain"]),
    ("domain", &["text"]),
    ("graphql", &["app", "domain"]),
    ("migrations", &[]),
    ("search", &["domain", "text"]),
    ("server", &["app", "blob", "domain", "graphql", "search", "store", "text"]),
    ("simulate", &["domain"]),
    ("store", &["domain", "migrations"]),
    ("text", &[]),
];

/// What only some places may say.
const FENCES: &[(&[&str], &[&str])] = &[
    // The figures compare our code with bare statements, so their baselines say it too.
    (&["sea_orm", "sea_orm_migration"], &["crates/store/", "migrations/", "crates/bench/"]),
    (&["aws_sdk_s3", "aws_smithy_http_client", "aws_smithy_runtime_api", "s3s", "s3s_fs"], &["crates/blob/"]),
    (&["meilisearch_sdk", "tantivy"], &["crates/search/"]),
    (&["async_graphql"], &["crates/graphql/"]),
    (&["axum"], &["crates/server/", "crates/blob/tests/", "crates/bench/", "tests/"]),
];

/// Where the binary names the parts that it puts together. `doctor` looks at search alone.
const WIRING: (&[&str], &[&str]) = (
    &["densach_store", "densach_blob", "densach_search"],
    &["crates/server/src/wiring.rs", "crates/server/src/cli/admin.rs"],
);

/// What pure crates do not name.
const PURE: &[&str] = &["crates/domain/src/", "crates/text/src/", "crates/simulate/src/"];
const IMPURE: &[&str] = &["tokio", "std::fs", "std::net", "std::env", "std::process", "std::thread"];

/// Words that do not stay.
const UNFINISHED: &[&str] = &["TODO", "FIXME", "todo!", "unimplemented!"];

/// This file must say what others must not.
const OWN: &str = "tests/it/house.rs";

#[test]
fn arrows_are_those_of_the_plan() -> Outcome {
    let metadata = MetadataCommand::new().manifest_path(repository().join("Cargo.toml")).no_deps().exec()?;
    let short = |name: &str| name.strip_prefix("densach-").map(str::to_owned);
    let mut found = BTreeMap::new();
    for package in &metadata.packages {
        let name = short(&package.name).ok_or_else(|| format!("{} has another prefix", package.name))?;
        let known = package.dependencies.iter().filter(|known| known.kind == DependencyKind::Normal);
        let known: BTreeSet<String> = known.filter_map(|known| short(&known.name)).collect();
        if name != "tests" {
            found.insert(name, known);
        }
    }
    let own = |known: &[&str]| known.iter().map(|name| (*name).to_owned()).collect();
    let planned: BTreeMap<String, BTreeSet<String>> =
        ARROWS.iter().map(|(name, known)| ((*name).to_owned(), own(known))).collect();
    assert_eq!(found, planned, "left: Cargo.toml of each crate; right: the arrows of the plan");
    Ok(())
}

#[test]
fn fences_stand() -> Outcome {
    let mut wrong = Vec::new();
    for (path, text) in sources()? {
        for (words, homes) in FENCES {
            if !homes.iter().any(|home| path.starts_with(home)) {
                wrong.extend(lines(&path, &text, |line| words.iter().any(|word| uses(line, word))));
            }
        }
        if path.starts_with("crates/server/src/") && !WIRING.1.contains(&path.as_str()) {
            wrong.extend(lines(&path, &text, |line| WIRING.0.iter().any(|word| uses(line, word))));
        }
    }
    assert!(wrong.is_empty(), "said outside of its fence:\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn pure_crates_do_nothing_but_think() -> Outcome {
    let mut wrong = Vec::new();
    for (path, text) in sources()? {
        if PURE.iter().any(|place| path.starts_with(place)) {
            let grouped = |line: &str| {
                let list = line.trim().strip_prefix("use std::{");
                list.is_some_and(|list| {
                    ["env", "fs", "net", "process", "thread"].iter().any(|word| says(list, word))
                })
            };
            let is_impure = |line: &str| grouped(line) || IMPURE.iter().any(|word| says(line, word));
            wrong.extend(lines(&path, &text, is_impure));
        }
    }
    assert!(wrong.is_empty(), "input, output or a framework in a pure crate:\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn lints_are_expected_and_never_allowed() -> Outcome {
    let mut wrong = Vec::new();
    for (path, text) in sources()? {
        let allows = |line: &str| match line.split_once("allow(") {
            Some((before, _)) => {
                before.trim().is_empty() || (before.contains("#[") || before.contains("#!["))
            }
            None => false,
        };
        wrong.extend(lines(&path, &text, allows));
    }
    assert!(wrong.is_empty(), "say expect(lint, reason = …) instead:\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn nothing_is_left_unfinished() -> Outcome {
    let mut wrong = Vec::new();
    for (path, text) in sources()? {
        let unfinished = |line: &str| UNFINISHED.iter().any(|word| says(line, word));
        let lines = (1..).zip(text.lines()).filter(|(_, line)| unfinished(line));
        wrong.extend(lines.map(|(number, line)| format!("{path}:{number}: {}", line.trim())));
    }
    assert!(wrong.is_empty(), "finish it, or open an issue:\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn every_path_in_a_document_exists() -> Outcome {
    let root = repository();
    let ignored = fs::read_to_string(root.join(".gitignore"))?;
    let built: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('/')).collect();
    let mut count = 0;
    let mut wrong = Vec::new();
    for document in documents(&root)? {
        let folder = document.parent().unwrap_or(&root);
        let shown = document.strip_prefix(&root)?.display();
        for (number, line) in prose(&fs::read_to_string(&document)?) {
            for path in links(&line).into_iter().filter(|link| !is_elsewhere(link)) {
                count += 1;
                if !folder.join(path).exists() {
                    wrong.push(format!("{shown}:{number}: ]({path})"));
                }
            }
            for said in line.split('`').skip(1).step_by(2) {
                let Some(path) = path_of(said, folder, &root) else { continue };
                count += 1;
                let from_root = path.trim_start_matches("./");
                let is_built = built
                    .iter()
                    .any(|place| format!("{from_root}/").starts_with(place.trim_end_matches('*')));
                let places = [folder.join(path), root.join(from_root), folder.join(below(path))];
                if !is_built && !places.iter().any(|place| place.exists()) {
                    wrong.push(format!("{shown}:{number}: `{said}`"));
                }
            }
        }
    }
    assert!(count > 0, "no document names a path: they are not read");
    assert!(wrong.is_empty(), "paths that do not exist:\n{}", wrong.join("\n"));
    Ok(())
}

/// A scanner that sees nothing would find nothing wrong.
#[test]
fn the_scanners_see_what_they_look_for() {
    for line in
        ["use axum::Router;", "    axum::serve(x)", "pub use axum;", "#[axum(x)]", "fn f() -> axum::Json {"]
    {
        assert!(uses(line, "axum"), "{line}");
    }
    for line in ["use axum_extra::x;", "my_axum::x()", "\"info,axum=debug\"", "let axum = 1;"] {
        assert!(!uses(line, "axum"), "{line}");
    }
    let root = repository();
    let path = |said: &'static str| path_of(said, &root.join("library"), &root);
    assert_eq!(path("crates/gone/src/lib.rs"), Some("crates/gone/src/lib.rs"));
    assert_eq!(path("crates/*/README.md"), Some("crates/"));
    assert_eq!(path("tests/it/authz.rs:12"), Some("tests/it/authz.rs"));
    assert_eq!(path("../media/"), Some("../media/"));
    assert_eq!(path("GONE.md"), Some("GONE.md"));
    for said in ["video/mp4", "/graphql", "crates/x run --all", "std::fs", "https://crates.io/x", "make test"]
    {
        assert_eq!(path(said), None, "{said}");
    }
    assert_eq!(links("see [a](docs/a.md#b), [c](https://d.e) and [f](#g)"), ["docs/a.md", "https://d.e", ""]);
}

/// Rust files with their text, by their path in the repository.
fn sources() -> Outcome<Vec<(String, String)>> {
    let root = repository();
    let mut sources = Vec::new();
    for place in ["crates", "migrations", "tests"] {
        walk(&root.join(place), &mut |path| {
            let name = path.strip_prefix(&root)?.display().to_string();
            if name.ends_with(".rs") && name != OWN {
                sources.push((name, fs::read_to_string(path)?));
            }
            Ok(())
        })?;
    }
    assert!(sources.len() > 100, "the sources are not found: {}", sources.len());
    Ok(sources)
}

/// Every file below a folder, in the order of their names; what a build leaves is passed over.
fn walk(folder: &Path, visit: &mut dyn FnMut(&Path) -> Outcome) -> Outcome {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || ["target", "node_modules", "dist"].contains(&&*name) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), visit)?;
        } else {
            visit(&entry.path())?;
        }
    }
    Ok(())
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// Whether a text holds a word that is not part of a longer one.
fn says(text: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let after = &text[at + word.len()..];
        !text[..at].ends_with(joins) && (!word.ends_with(joins) || !after.starts_with(joins))
    })
}

/// Whether a line of code names a crate: as the head of a path, as an attribute, or to bring it in. A word in a text,
/// such as a log filter, names nothing.
fn uses(line: &str, name: &str) -> bool {
    let start = line.trim_start();
    let brings_in = ["use ", "pub use ", "extern crate "].iter().any(|word| start.starts_with(word));
    (brings_in && says(line, name)) || ["::", "("].iter().any(|end| says(line, &format!("{name}{end}")))
}

/// The lines of code of which something holds, as a person finds them.
fn lines(path: &str, text: &str, holds: impl Fn(&str) -> bool) -> Vec<String> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !is_comment(line) && holds(line));
    lines.map(|(number, line)| format!("{path}:{number}: {}", line.trim())).collect()
}

/// The documents that people read: not the lessons, which are Markdown too.
fn documents(root: &Path) -> Outcome<Vec<std::path::PathBuf>> {
    let mut documents = Vec::new();
    for folder in [root.to_owned(), root.join("data")] {
        let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
        documents.extend(entries.into_iter().map(|entry| entry.path()));
    }
    for entry in fs::read_dir(root.join("crates"))? {
        documents.push(entry?.path().join("README.md"));
    }
    documents.extend(["deploy", "library", "web"].map(|folder| root.join(folder).join("README.md")));
    if root.join("docs").exists() {
        walk(&root.join("docs"), &mut |path| {
            documents.push(path.to_owned());
            Ok(())
        })?;
    }
    documents.retain(|path| path.extension().is_some_and(|end| end == "md") && path.is_file());
    documents.sort();
    Ok(documents)
}

/// The lines that are not in a block of code, with their numbers.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut in_code = false;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            lines.push((number, line.to_owned()));
        }
    }
    lines
}

/// Where the links of a line lead, without the place in the page.
fn links(line: &str) -> Vec<&str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    targets.map(|target| target.split('#').next().unwrap_or_default()).collect()
}

fn is_elsewhere(link: &str) -> bool {
    link.is_empty() || link.contains(':') || link.starts_with('/')
}

/// The path that a piece of code in a sentence names, if it names one of the repository. What stands for any name
/// (`*`, `<noun>`, `…`) ends it at the folder above.
fn path_of<'a>(said: &'a str, folder: &Path, root: &Path) -> Option<&'a str> {
    let path = said.split(['#', ':']).next().unwrap_or_default();
    let is_other = said.contains("::") || said.contains("://") || said.starts_with(['/', '-', '#', '@', '$']);
    if is_other || path.contains(char::is_whitespace) {
        return None;
    }
    let path = match path.find(['*', '<', '{', '…']) {
        Some(at) => &path[..=path[..at].rfind('/')?],
        None => path,
    };
    match below(path).split_once('/') {
        Some((first, _)) => {
            let is_ours = !first.is_empty() && (root.join(first).exists() || folder.join(first).exists());
            is_ours.then_some(path)
        }
        None => [".md", ".graphql"]
            .iter()
            .any(|end| path.len() > end.len() && path.ends_with(end))
            .then_some(path),
    }
}

/// A path without the steps upwards that it begins with.
fn below(path: &str) -> &str {
    path.trim_start_matches("../").trim_start_matches("./")
}
