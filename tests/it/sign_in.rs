//! Signing in by phone and code, staying signed in, signing out; and what a thief tries.

use densach_tests::{Person, TestApp, on_both_stacks};
use serde_json::{Value, json};

use crate::bad_input::{error_code, mutation, new_id, payload, shipped, string, user_errors};
use crate::citizen::add_citizen;

const PHONE: &str = "0912345678";
const INTERNATIONAL: &str = "+84912345678";
const SIGN_OUT: &str =
    "mutation($input: SignOutInput!) { signOut(input: $input) { endedCount userErrors { code field } } }";
const WHO: &str = "{ viewer { isEditor } }";

/// Asks for a code; answers the whole body.
async fn request_code(app: &TestApp, phone: &str) -> Value {
    let said = mutation(app, "", shipped("RequestSignInCode"), json!({ "phone": phone })).await;
    app.drain().await;
    said
}

/// Asks for a code and receives it: the challenge and the code.
async fn receive_code(app: &TestApp) -> (Value, String) {
    let said = request_code(app, PHONE).await;
    (payload(&said)["challengeId"].clone(), app.gateway.code(INTERNATIONAL))
}

/// Another code than this one.
fn wrong(code: &str) -> String {
    let number: u32 = code.parse().unwrap_or_default();
    format!("{:06}", (number + 1) % 1_000_000)
}

/// Sends a code under a client id; answers the payload.
async fn confirm(app: &TestApp, challenge: &Value, code: &str, id: &str) -> Value {
    let device = json!({ "clientId": "may-1" });
    let input = json!({ "clientMutationId": id, "challengeId": challenge, "code": code, "device": device });
    payload(&mutation(app, "", shipped("ConfirmSignInCode"), input).await).clone()
}

/// Trades a refresh token; answers the whole body.
async fn refresh(app: &TestApp, refresh_token: &Value) -> Value {
    let input = json!({ "input": { "refreshToken": refresh_token } });
    app.graphql("", shipped("RefreshSession"), input).await
}

/// The tokens of an answer.
fn session(answer: &Value) -> Value {
    let session = &payload(answer)["session"];
    assert!(session.is_object(), "{answer:#}");
    session.clone()
}

/// The HTTP status with which an access token is met.
async fn status_of(app: &TestApp, access_token: &str) -> u16 {
    let request = app.http.post(format!("{}/graphql", app.base_url)).bearer_auth(access_token);
    let answer =
        request.json(&json!({ "query": WHO })).send().await.unwrap_or_else(|error| panic!("{error}"));
    let status = answer.status().as_u16();
    let said: Value = answer.json().await.unwrap_or_else(|error| panic!("{error}"));
    if status == 401 {
        assert_eq!(error_code(&said), "UNAUTHENTICATED");
    } else {
        assert!(said["data"]["viewer"].is_object(), "{said:#}");
    }
    status
}

async fn sign_out(app: &TestApp, person: &Person, everywhere: bool) -> Value {
    let input = json!({ "input": { "everywhere": everywhere } });
    payload(&person.graphql(app, SIGN_OUT, input).await).clone()
}

on_both_stacks! {
    async fn wrong_codes_count_down_and_the_fifth_is_the_last(app: TestApp) {
        let (challenge, code) = receive_code(&app).await;
        for left in ["4", "3", "2", "1", "0"] {
            let said = confirm(&app, &challenge, &wrong(&code), &new_id()).await;
            assert_eq!(user_errors(&said), ["code: WRONG_CODE"]);
            assert!(string(&said["userErrors"][0]["message"]).contains(left), "{said:#}");
        }
        let said = confirm(&app, &challenge, &code, &new_id()).await;
        assert_eq!(user_errors(&said), ["code: EXPIRED"]);
        assert!(said["session"].is_null());
        app.finish().await;
    }

    async fn a_typing_mistake_is_forgiven(app: TestApp) {
        let (challenge, code) = receive_code(&app).await;
        let said = confirm(&app, &challenge, &wrong(&code), &new_id()).await;
        assert_eq!(user_errors(&said), ["code: WRONG_CODE"]);
        let spaced = format!(" {} {} ", &code[..3], &code[3..]);
        let said = confirm(&app, &challenge, &spaced, &new_id()).await;
        assert!(said["session"]["accessToken"].is_string(), "{said:#}");
        app.finish().await;
    }

    async fn what_is_no_code_costs_no_try(app: TestApp) {
        let (challenge, code) = receive_code(&app).await;
        for text in ["", "12345", "1234567", "mã của tôi"] {
            let said = confirm(&app, &challenge, text, &new_id()).await;
            assert_eq!(user_errors(&said), ["code: MALFORMED"], "{text}");
        }
        let said = confirm(&app, &challenge, &code, &new_id()).await;
        assert!(said["session"].is_object(), "{said:#}");
        app.finish().await;
    }

    async fn a_code_expires(app: TestApp) {
        let (challenge, code) = receive_code(&app).await;
        app.clock.advance_seconds(300);
        let said = confirm(&app, &challenge, &code, &new_id()).await;
        assert_eq!(user_errors(&said), ["code: EXPIRED"]);
        app.finish().await;
    }

    async fn a_code_lasts_five_minutes(app: TestApp) {
        let (challenge, code) = receive_code(&app).await;
        app.clock.advance_seconds(299);
        let said = confirm(&app, &challenge, &code, &new_id()).await;
        assert!(said["session"].is_object(), "{said:#}");
        app.finish().await;
    }

    async fn a_code_works_once(app: TestApp) {
        let (challenge, code) = receive_code(&app).await;
        let said = confirm(&app, &challenge, &code, &new_id()).await;
        assert!(said["session"].is_object(), "{said:#}");
        let replayed = confirm(&app, &challenge, &code, &new_id()).await;
        assert_eq!(user_errors(&replayed), ["code: EXPIRED"]);
        app.finish().await;
    }

    async fn a_confirmation_sent_again_gives_the_same_tokens(app: TestApp) {
        let (challenge, code) = receive_code(&app).await;
        let id = new_id();
        let first = confirm(&app, &challenge, &code, &id).await;
        let second = confirm(&app, &challenge, &code, &id).await;
        assert_eq!(first, second);
        assert_eq!(status_of(&app, string(&second["session"]["accessToken"])).await, 200);
        app.finish().await;
    }

    async fn a_made_up_challenge_says_no_more_than_an_old_one(app: TestApp) {
        let challenge = json!(format!("chl_{}", "1".repeat(32)));
        let said = confirm(&app, &challenge, "123456", &new_id()).await;
        assert_eq!(user_errors(&said), ["code: EXPIRED"]);
        app.finish().await;
    }

    async fn a_phone_is_sent_five_codes_an_hour(app: TestApp) {
        for _ in 0..5 {
            assert!(payload(&request_code(&app, PHONE).await)["challengeId"].is_string());
        }
        let sixth = request_code(&app, PHONE).await;
        assert_eq!(error_code(&sixth), "TOO_MANY");
        let wait = sixth["errors"][0]["extensions"]["retryAfterSeconds"].as_i64().unwrap_or_default();
        assert!((1..=3600).contains(&wait), "{sixth:#}");
        assert!(payload(&request_code(&app, "0987654321").await)["challengeId"].is_string());

        app.clock.advance_seconds(wait);
        assert!(payload(&request_code(&app, PHONE).await)["challengeId"].is_string());
        app.finish().await;
    }

    async fn an_access_token_ends_after_ten_minutes(app: TestApp) {
        let person = app.sign_in(PHONE).await;
        app.clock.advance_seconds(599);
        assert_eq!(status_of(&app, &person.token).await, 200);
        app.clock.advance_seconds(2);
        assert_eq!(status_of(&app, &person.token).await, 401);
        app.finish().await;
    }

    async fn a_made_up_access_token_is_nobodys(app: TestApp) {
        let person = app.sign_in(PHONE).await;
        let (head, signature) = person.token.rsplit_once('.').unwrap_or_default();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        let tampered = format!("{head}.{first}{}", &signature[1..]);
        for token in ["x", head, tampered.as_str(), person.refresh_token.as_str()] {
            assert_eq!(status_of(&app, token).await, 401, "{token}");
        }
        app.finish().await;
    }

    async fn refreshing_rotates_the_tokens(app: TestApp) {
        let person = app.sign_in(PHONE).await;
        app.clock.advance_seconds(601);
        let fresh = session(&refresh(&app, &json!(person.refresh_token)).await);
        assert_ne!(fresh["refreshToken"], json!(person.refresh_token));
        assert_eq!(status_of(&app, &person.token).await, 401);
        assert_eq!(status_of(&app, string(&fresh["accessToken"])).await, 200);

        app.clock.advance_seconds(601);
        let next = session(&refresh(&app, &fresh["refreshToken"]).await);
        assert_eq!(status_of(&app, string(&next["accessToken"])).await, 200);
        app.finish().await;
    }

    async fn a_lost_refresh_answer_is_forgiven(app: TestApp) {
        let person = app.sign_in(PHONE).await;
        let old = json!(person.refresh_token);
        session(&refresh(&app, &old).await);
        app.clock.advance_seconds(119);
        let second = session(&refresh(&app, &old).await);
        assert_eq!(status_of(&app, string(&second["accessToken"])).await, 200);
        let next = session(&refresh(&app, &second["refreshToken"]).await);
        assert_eq!(status_of(&app, string(&next["accessToken"])).await, 200);
        app.finish().await;
    }

    async fn a_refresh_token_that_is_used_again_later_ends_the_session(app: TestApp) {
        let person = app.sign_in(PHONE).await;
        let fresh = session(&refresh(&app, &json!(person.refresh_token)).await);
        assert_eq!(status_of(&app, string(&fresh["accessToken"])).await, 200);
        app.clock.advance_seconds(121);
        let stolen = refresh(&app, &json!(person.refresh_token)).await;
        assert_eq!(error_code(&stolen), "UNAUTHENTICATED");
        assert_eq!(error_code(&refresh(&app, &fresh["refreshToken"]).await), "UNAUTHENTICATED");
        assert_eq!(status_of(&app, string(&fresh["accessToken"])).await, 401);
        app.finish().await;
    }

    async fn a_made_up_refresh_token_opens_nothing(app: TestApp) {
        for token in ["", "x", ".", "ses_11111111111111111111111111111111.x"] {
            assert_eq!(error_code(&refresh(&app, &json!(token)).await), "UNAUTHENTICATED", "{token}");
        }
        app.finish().await;
    }

    async fn a_phone_that_rests_for_ninety_days_signs_in_again(app: TestApp) {
        let person = app.sign_in(PHONE).await;
        app.clock.advance_seconds(89 * 86_400);
        let fresh = session(&refresh(&app, &json!(person.refresh_token)).await);
        app.clock.advance_seconds(90 * 86_400);
        assert_eq!(error_code(&refresh(&app, &fresh["refreshToken"]).await), "UNAUTHENTICATED");
        app.finish().await;
    }

    async fn signing_out_ends_this_device_only(app: TestApp) {
        let (phone, tablet) = (app.sign_in(PHONE).await, app.sign_in(PHONE).await);
        assert_eq!(status_of(&app, &phone.token).await, 200);
        assert_eq!(sign_out(&app, &phone, false).await["endedCount"], 1);
        assert_eq!(status_of(&app, &phone.token).await, 401);
        assert_eq!(error_code(&refresh(&app, &json!(phone.refresh_token)).await), "UNAUTHENTICATED");
        assert_eq!(status_of(&app, &tablet.token).await, 200);
        app.finish().await;
    }

    async fn signing_out_everywhere_ends_all_devices(app: TestApp) {
        let (phone, tablet) = (app.sign_in(PHONE).await, app.sign_in(PHONE).await);
        let neighbour = app.sign_in("0987654321").await;
        assert_eq!(status_of(&app, &tablet.token).await, 200);
        assert_eq!(sign_out(&app, &phone, true).await["endedCount"], 2);
        for device in [&phone, &tablet] {
            assert_eq!(status_of(&app, &device.token).await, 401);
            assert_eq!(error_code(&refresh(&app, &json!(device.refresh_token)).await), "UNAUTHENTICATED");
        }
        assert_eq!(status_of(&app, &neighbour.token).await, 200);
        app.finish().await;
    }

    async fn a_number_is_one_account_however_it_is_written(app: TestApp) {
        let first = app.sign_in(PHONE).await;
        let citizen = add_citizen(&app, &first, json!({ "fullName": "Người học Thử" })).await;
        for spelling in ["0912 345 678", "0912.345.678", "912345678"] {
            assert_eq!(app.sign_in(spelling).await.citizen, citizen, "{spelling}");
        }
        app.finish().await;
    }

    async fn what_is_no_mobile_number_is_refused(app: TestApp) {
        let malformed = ["12", "0212345678", "09123456789", "không", "0912345678; drop", "+1 202 555 0100"];
        for (phone, code) in
            malformed.map(|phone| (phone, "MALFORMED")).into_iter().chain([(" ", "REQUIRED")])
        {
            let said = request_code(&app, phone).await;
            assert_eq!(user_errors(payload(&said)), [format!("phone: {code}")], "{phone}");
            assert!(payload(&said)["challengeId"].is_null());
        }
        app.finish().await;
    }
}
