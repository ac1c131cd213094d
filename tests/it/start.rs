//! Start: the starter data loads, a second load changes nothing, health says so.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use densach_tests::on_both_stacks;
use serde_json::json;

on_both_stacks! {
    async fn starter_data_loads_once(app: TestApp) {
        app.seed_demo().await;
        let report = app.import_library().await;
        assert_eq!(report.refused().count(), 0, "{:?}", report.refused().collect::<Vec<_>>());
        assert!(report.rows.len() >= 60, "{}", report.rows.len());
        app.seed_demo().await;
        let again = app.import_library().await;
        assert_eq!(again.count(&densach_app::library::Verdict::Unchanged), again.rows.len());
        assert_eq!(app.app.store.unit_count().await.unwrap(), 2 * (34 + 3321 + 1) + 2);
        let ready: serde_json::Value =
            app.http.get(format!("{}/health/ready", app.base_url)).send().await.unwrap().json().await.unwrap();
        assert_eq!(ready, json!({ "database": "ok", "storage": "ok", "search": "ok" }));
        app.finish().await;
    }

    async fn anyone_finds_a_lesson_with_and_without_marks(app: TestApp) {
        app.seed_demo().await;
        app.import_library().await;
        for text in ["hoc suot doi", "học suốt đời"] {
            let found = app.document("", "Search", json!({ "text": text })).await;
            let first = &found["search"]["hits"][0]["work"];
            assert!(first["title"].as_str().unwrap().to_lowercase().contains("học suốt đời"), "{text}: {found:#}");
        }
        app.finish().await;
    }

    async fn the_pages_are_served(app: TestApp) {
        for (path, holds) in [("/", "Đèn Sách"), ("/graphiql", "GraphiQL")] {
            let page = app.http.get(format!("{}{path}", app.base_url)).send().await.unwrap();
            assert_eq!(page.status(), 200, "{path}: make web builds the pages");
            let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
            assert!(policy.starts_with("default-src 'self'"), "{path}: {policy}");
            assert!(page.text().await.unwrap().contains(holds), "{path}");
        }
        let missing = app.http.get(format!("{}/nothing-here", app.base_url)).send().await.unwrap();
        assert_eq!(missing.status(), 404);
        app.finish().await;
    }
}
