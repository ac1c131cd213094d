//! What anybody may read, and what caches on the way may keep.

use densach_graphql::{DOCUMENTS, Document};
use densach_tests::{TestApp, on_both_stacks};
use reqwest::Response;
use serde_json::{Value, json};
use url::Url;

use crate::bad_input::{error_code, list, string};
use crate::editor::import_little;

const PHONE: &str = "0912345678";

/// Reads an address with these headers.
pub(crate) async fn get(app: &TestApp, address: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = app.http.get(address);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap_or_else(|error| panic!("{error}"))
}

async fn said(answer: Response) -> Value {
    answer.json().await.unwrap_or_else(|error| panic!("{error}"))
}

fn header(answer: &Response, name: &str) -> String {
    let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn document(name: &str) -> &'static Document {
    let document = DOCUMENTS.iter().find(|document| document.name == name);
    document.unwrap_or_else(|| panic!("no document {name}"))
}

/// The address at which a document is read by GET.
pub(crate) fn address_with(app: &TestApp, hash: &str, variables: &Value) -> String {
    let address = format!("{}/graphql", app.base_url);
    let fields = [("documentId", hash.to_owned()), ("variables", variables.to_string())];
    Url::parse_with_params(&address, fields).unwrap_or_else(|error| panic!("{error}")).into()
}

/// The same, with variables that fit the document and the one lesson of the little library.
pub(crate) fn address(app: &TestApp, document: &Document) -> String {
    let variables = match document.name {
        "PublicLesson" | "Lesson" => json!({ "slug": "hoc-suot-doi-la-gi" }),
        "Search" => json!({ "text": "hoc suot doi" }),
        _ => json!({}),
    };
    address_with(app, &document.hash, &variables)
}

on_both_stacks! {
    async fn caches_may_keep_every_public_document(app: TestApp) {
        app.seed_demo().await;
        import_little(&app).await;
        for document in DOCUMENTS.iter().filter(|document| document.public) {
            let address = address(&app, document);
            // Once to warm the server's own caches: what is said the first time is looked at elsewhere.
            get(&app, &address, &[]).await;
            let answer = get(&app, &address, &[]).await;
            let name = document.name;
            assert_eq!(answer.status().as_u16(), 200, "{name}");
            assert!(header(&answer, "cache-control").starts_with("public, max-age="), "{name}");
            assert!(header(&answer, "vary").contains("Accept-Language"), "{name}");
            let etag = header(&answer, "etag");
            assert!(etag.starts_with('"'), "{name}: {etag}");
            let body = said(answer).await;
            assert!(body["data"].is_object() && body.get("errors").is_none(), "{name}: {body:#}");

            let again = get(&app, &address, &[("if-none-match", etag.as_str())]).await;
            assert_eq!((again.status().as_u16(), header(&again, "etag")), (304, etag), "{name}");
            assert_eq!(again.text().await.unwrap_or_default(), "", "{name}");
        }
        app.finish().await;
    }

    async fn an_etag_changes_with_what_is_said(app: TestApp) {
        import_little(&app).await;
        let address = address(&app, document("PublicHome"));
        let empty = address_with(&app, &document("PublicHome").hash, &json!({ "kind": "VIDEO" }));
        let etag = header(&get(&app, &address, &[]).await, "etag");
        let other = get(&app, &empty, &[("if-none-match", etag.as_str())]).await;
        assert_eq!(other.status().as_u16(), 200);
        assert_ne!(header(&other, "etag"), etag);
        app.finish().await;
    }

    async fn nothing_is_changed_by_a_get(app: TestApp) {
        for document in DOCUMENTS.iter().filter(|document| !document.is_query()) {
            let answer = get(&app, &address(&app, document), &[]).await;
            assert_eq!(answer.status().as_u16(), 400, "{}", document.name);
            assert_eq!(header(&answer, "cache-control"), "no-store", "{}", document.name);
            assert_eq!(error_code(&said(answer).await), "BAD_REQUEST", "{}", document.name);
        }
        app.finish().await;
    }

    async fn a_get_names_a_shipped_document(app: TestApp) {
        let hash = &document("PublicTopics").hash;
        for query in [
            String::new(),
            "?documentId=".to_owned(),
            format!("?documentId={}", "0".repeat(64)),
            "?query=%7Btopics%7Bid%7D%7D".to_owned(),
            format!("?documentId={hash}&variables=%7B"),
        ] {
            let answer = get(&app, &format!("{}/graphql{query}", app.base_url), &[]).await;
            assert_eq!(answer.status().as_u16(), 400, "{query}");
            assert_eq!(error_code(&said(answer).await), "BAD_REQUEST", "{query}");
        }
        app.finish().await;
    }

    async fn what_is_read_with_a_token_is_not_for_caches(app: TestApp) {
        import_little(&app).await;
        let person = app.sign_in(PHONE).await;
        let bearer = format!("Bearer {}", person.token);
        for name in ["PublicHome", "Home", "Viewer"] {
            let answer =
                get(&app, &address(&app, document(name)), &[("authorization", bearer.as_str())]).await;
            assert_eq!(answer.status().as_u16(), 200, "{name}");
            let headers = (header(&answer, "cache-control"), header(&answer, "etag"));
            assert_eq!(headers, ("no-store".to_owned(), String::new()), "{name}");
        }
        let wrong = get(&app, &address(&app, document("PublicHome")), &[("authorization", "Bearer x")]).await;
        assert_eq!(wrong.status().as_u16(), 401);
        assert_eq!(header(&wrong, "cache-control"), "no-store");
        app.finish().await;
    }

    async fn personal_documents_and_errors_are_not_for_caches(app: TestApp) {
        let missing = address_with(&app, &document("PublicLesson").hash, &json!({ "slug": "khong-co" }));
        for address in [address(&app, document("Viewer")), address(&app, document("Home")), missing] {
            let answer = get(&app, &address, &[]).await;
            assert_eq!(answer.status().as_u16(), 200);
            let headers = (header(&answer, "cache-control"), header(&answer, "etag"));
            assert_eq!(headers, ("no-store".to_owned(), String::new()), "{address}");
        }
        app.finish().await;
    }

    async fn errors_speak_the_language_of_the_reader(app: TestApp) {
        let missing = address_with(&app, &document("PublicLesson").hash, &json!({ "slug": "khong-co" }));
        let (vietnamese, english) = ("Không tìm thấy.", "Not found.");
        for (language, words) in [
            (None, vietnamese),
            (Some("vi-VN,vi;q=0.9,en;q=0.8"), vietnamese),
            (Some("fr"), vietnamese),
            (Some("en"), english),
            (Some("en-GB,en;q=0.9"), english),
        ] {
            let headers: Vec<_> = language.iter().map(|language| ("accept-language", *language)).collect();
            let body = said(get(&app, &missing, &headers).await).await;
            assert_eq!(error_code(&body), "NOT_FOUND");
            assert!(string(&body["errors"][0]["message"]).starts_with(words), "{language:?}: {body:#}");
        }
        app.finish().await;
    }

    async fn the_shipped_documents_are_listed(app: TestApp) {
        let listed = said(get(&app, &format!("{}/documents.json", app.base_url), &[]).await).await;
        let row = |Document { name, hash, public, .. }: &Document| {
            json!({ "name": name, "hash": hash, "public": public })
        };
        assert_eq!(listed, DOCUMENTS.iter().map(row).collect::<Value>());
        assert!(list(&listed).iter().any(|row| row["public"] == true));
        app.finish().await;
    }

    async fn a_document_may_be_posted_by_its_hash(app: TestApp) {
        import_little(&app).await;
        let body = json!({ "documentId": document("PublicTopics").hash });
        let request = app.http.post(format!("{}/graphql", app.base_url)).json(&body);
        let answer = request.send().await.unwrap_or_else(|error| panic!("{error}"));
        let topics = said(answer).await["data"]["topics"].clone();
        assert_eq!(topics[0]["slug"], "hoc-tap-suot-doi");
        app.finish().await;
    }

    async fn the_server_says_how_it_is(app: TestApp) {
        let live = get(&app, &format!("{}/health/live", app.base_url), &[]).await;
        assert_eq!(live.status().as_u16(), 200);
        let ready = get(&app, &format!("{}/health/ready", app.base_url), &[]).await;
        assert_eq!(ready.status().as_u16(), 200);
        let parts = json!({ "database": "ok", "storage": "ok", "search": "ok" });
        assert_eq!(said(ready).await, parts);

        let figures =
            get(&app, &format!("{}/metrics", app.base_url), &[]).await.text().await.unwrap_or_default();
        assert!(
            figures.contains(r#"densach_http_requests_total{route="/health/live",status="200"}"#),
            "{figures}"
        );
        assert!(figures.contains("densach_jobs_waiting"), "{figures}");
        app.finish().await;
    }

    async fn browsers_are_told_not_to_guess(app: TestApp) {
        for path in ["graphql", "documents.json", "health/live", "densach/asset/x", "nothing"] {
            let answer = get(&app, &format!("{}/{path}", app.base_url), &[]).await;
            assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{path}");
        }
        app.finish().await;
    }
}
