//! Signing in through an identity broker: the whole journey, and what must not work.

use std::error::Error;

use densach_tests::TestApp;
use densach_tests::idp::{CLIENT_ID, CLIENT_SECRET, Mischief, TestIdp};
use reqwest::{Response, StatusCode};
use url::Url;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// An app that knows the provider under two names, so that an answer can be brought to the wrong one.
async fn app(idp: &TestIdp) -> TestApp {
    TestApp::builder()
        .oidc("vneid", idp.issuer(), CLIENT_ID, CLIENT_SECRET)
        .oidc("other", idp.issuer(), CLIENT_ID, CLIENT_SECRET)
        .sqlite()
        .await
}

/// Somebody's browser: it keeps cookies of the app, and shows every redirect instead of following it.
struct Browser<'a> {
    app: &'a TestApp,
    cookies: Vec<String>,
}

impl<'a> Browser<'a> {
    fn new(app: &'a TestApp) -> Self {
        Self { app, cookies: Vec::new() }
    }

    async fn get(&mut self, address: &str) -> Outcome<Response> {
        let answer = self.app.http().get(address).header("cookie", self.cookies.join("; ")).send().await?;
        let cookies = cookies(&answer);
        self.cookies.extend(cookies.iter().filter_map(|cookie| cookie.split(';').next()).map(str::to_owned));
        Ok(answer)
    }

    async fn start(&mut self, provider: &str, return_to: &str) -> Outcome<Response> {
        let address = format!("{}/auth/oidc/{provider}/start", self.app.base_url());
        let fields = [("deviceId", "phone-1"), ("deviceName", "Điện thoại của bác"), ("returnTo", return_to)];
        self.get(Url::parse_with_params(&address, fields)?.as_str()).await
    }

    /// Goes to the broker and signs in there; answers the address that the broker sends the browser back to.
    async fn sign_in_at_broker(&mut self) -> Outcome<String> {
        let broker = location(&self.start("vneid", "/").await?)?;
        location(&self.app.http().get(broker).send().await?)
    }

    async fn sign_in(&mut self) -> Outcome<Response> {
        let callback = self.sign_in_at_broker().await?;
        self.get(&callback).await
    }
}

fn location(answer: &Response) -> Outcome<String> {
    let location =
        answer.headers().get("location").ok_or_else(|| format!("{} without a location", answer.status()))?;
    Ok(location.to_str()?.to_owned())
}

fn cookies(answer: &Response) -> Vec<String> {
    let cookies = answer.headers().get_all("set-cookie").iter();
    cookies.filter_map(|cookie| cookie.to_str().ok()).map(str::to_owned).collect()
}

/// The cookie with the refresh token, which is what being signed in means here.
fn refresh_cookie(answer: &Response) -> Option<String> {
    let is_set =
        |cookie: &String| cookie.strip_prefix("densach_refresh=").is_some_and(|rest| !rest.starts_with(';'));
    cookies(answer).into_iter().find(is_set)
}

fn field(address: &str, name: &str) -> Outcome<String> {
    let found =
        Url::parse(address)?.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    Ok(found.ok_or_else(|| format!("no {name} in {address}"))?)
}

#[tokio::test]
async fn somebody_signs_in_through_a_broker() -> Outcome {
    let idp = TestIdp::start().await;
    let app = app(&idp).await;
    let mut browser = Browser::new(&app);
    idp.set_subject("001099000001");

    let started = browser.start("vneid", "/hoc?trang=2").await?;
    assert_eq!(started.status(), StatusCode::FOUND);
    let broker = location(&started)?;
    assert!(broker.starts_with(&format!("{}/authorize?", idp.issuer())), "{broker}");
    assert_eq!(field(&broker, "code_challenge_method")?, "S256");
    assert_eq!(field(&broker, "redirect_uri")?, format!("{}/auth/oidc/vneid/callback", app.base_url()));

    let callback = location(&app.http().get(&broker).send().await?)?;
    let finished = browser.get(&callback).await?;
    assert_eq!(finished.status(), StatusCode::SEE_OTHER);
    assert_eq!(location(&finished)?, "/hoc?trang=2");
    let cookie = refresh_cookie(&finished).ok_or("no refresh token")?;
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    Ok(())
}

#[tokio::test]
async fn an_answer_works_once() -> Outcome {
    let idp = TestIdp::start().await;
    let app = app(&idp).await;
    let mut browser = Browser::new(&app);
    let callback = browser.sign_in_at_broker().await?;
    assert_eq!(browser.get(&callback).await?.status(), StatusCode::SEE_OTHER);
    let again = browser.get(&callback).await?;
    assert!(again.status().is_client_error(), "{}", again.status());
    assert_eq!(refresh_cookie(&again), None);
    Ok(())
}

#[tokio::test]
async fn an_answer_for_one_provider_is_nothing_to_another() -> Outcome {
    let idp = TestIdp::start().await;
    let app = app(&idp).await;
    let mut browser = Browser::new(&app);
    let callback = browser.sign_in_at_broker().await?;
    let elsewhere = browser.get(&callback.replace("/vneid/", "/other/")).await?;
    assert!(elsewhere.status().is_client_error(), "{}", elsewhere.status());
    assert_eq!(refresh_cookie(&elsewhere), None);
    Ok(())
}

#[tokio::test]
async fn an_unknown_state_is_refused() -> Outcome {
    let idp = TestIdp::start().await;
    let app = app(&idp).await;
    let address = format!("{}/auth/oidc/vneid/callback?state=made-up&code=made-up", app.base_url());
    let answer = Browser::new(&app).get(&address).await?;
    assert!(answer.status().is_client_error(), "{}", answer.status());
    assert_eq!(refresh_cookie(&answer), None);
    Ok(())
}

#[tokio::test]
async fn an_id_token_with_anything_wrong_signs_nobody_in() -> Outcome {
    let idp = TestIdp::start().await;
    let app = app(&idp).await;
    for mischief in Mischief::ALL {
        idp.set_mischief(Some(mischief));
        let answer = Browser::new(&app).sign_in().await?;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{mischief:?}");
        assert_eq!(refresh_cookie(&answer), None, "{mischief:?}");
    }
    idp.set_mischief(None);
    assert_eq!(Browser::new(&app).sign_in().await?.status(), StatusCode::SEE_OTHER);
    Ok(())
}

#[tokio::test]
async fn a_broker_may_change_its_keys() -> Outcome {
    let idp = TestIdp::start().await;
    let app = app(&idp).await;
    assert_eq!(Browser::new(&app).sign_in().await?.status(), StatusCode::SEE_OTHER);
    idp.change_key();
    assert_eq!(Browser::new(&app).sign_in().await?.status(), StatusCode::SEE_OTHER);
    Ok(())
}

#[tokio::test]
async fn a_stolen_code_is_worth_nothing_without_the_verifier() -> Outcome {
    let idp = TestIdp::start().await;
    let app = app(&idp).await;
    let mut browser = Browser::new(&app);
    let callback = browser.sign_in_at_broker().await?;
    let redirect = format!("{}/auth/oidc/vneid/callback", app.base_url());
    let (code, guess) = (field(&callback, "code")?, "a".repeat(43));
    let stolen = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("redirect_uri", redirect.as_str()),
        ("code", code.as_str()),
        ("code_verifier", guess.as_str()),
    ];
    let thief = app.http().post(format!("{}/token", idp.issuer())).form(&stolen).send().await?;
    assert_eq!(thief.status(), StatusCode::BAD_REQUEST);
    // The try used the code up, which the broker tells us in its turn.
    let answer = browser.get(&callback).await?;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refresh_cookie(&answer), None);
    Ok(())
}

#[tokio::test]
async fn nobody_is_led_to_another_site() -> Outcome {
    let idp = TestIdp::start().await;
    let app = app(&idp).await;
    for elsewhere in
        ["//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "hoc", ""]
    {
        let answer = Browser::new(&app).start("vneid", elsewhere).await?;
        assert!(answer.status().is_client_error(), "{elsewhere:?}: {}", answer.status());
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_provider_is_not_found() -> Outcome {
    let idp = TestIdp::start().await;
    let app = app(&idp).await;
    assert_eq!(Browser::new(&app).start("nobody", "/").await?.status(), StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a_broker_that_is_down_is_our_trouble_and_not_the_users() -> Outcome {
    let idp = TestIdp::start().await;
    let app = app(&idp).await;
    idp.stop().await;
    let answer = Browser::new(&app).start("vneid", "/").await?;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let said = answer.text().await?;
    assert!(!said.contains("127.0.0.1"), "{said}");
    Ok(())
}
