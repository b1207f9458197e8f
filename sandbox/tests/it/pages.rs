//! The pages, as a browser with cookies meets them.

use reqwest::Method;

use crate::world::{Answer, World};

async fn open(world: &World, path: &str, cookie: &str) -> Answer {
    world.send(Method::GET, &world.url(path), &[("cookie", cookie)], None).await
}

fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    page.split_once(&start).and_then(|(_, rest)| rest.split_once('"')).expect(name).0.to_owned()
}

/// Signs Ada in and stops at the consent page: its path, its text, and the cookie.
async fn at_consent(world: &World) -> (String, String, String) {
    let begun = world.authorize(&[]).await;
    let cookie = cookie_of(&begun);
    let page = open(world, begun.header("location"), &cookie).await.text;
    let fields =
        [("interaction", hidden(&page, "interaction")), ("csrf", hidden(&page, "csrf")), ("person", "ada".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let signed_in = world.form("/identity/sign-in", &[("cookie", &cookie)], &fields).await;
    assert_eq!(signed_in.status, 303, "{signed_in:?}");
    let cookie = cookie_of(&signed_in);
    let path = signed_in.header("location").to_owned();
    let page = open(world, &path, &cookie).await.text;
    (path, page, cookie)
}

#[tokio::test]
async fn every_page_is_kept_out_of_frames_caches_and_referrers() {
    let world = World::new().await;
    let begun = world.authorize(&[]).await;
    let sign_in = open(&world, begun.header("location"), &cookie_of(&begun)).await;
    let error = world.authorize(&[("client_id", "nobody")]).await;
    for page in [&sign_in, &error, &world.get(&world.url("/")).await] {
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("form-action"), "Chromium would block the way back to the app");
    }
    let cookie = begun.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn the_sign_in_page_offers_every_person_and_a_hint_preselects_one() {
    let world = World::new().await;
    let begun = world.authorize(&[("login_hint", "mei.tanaka@example.com")]).await;
    let page = open(&world, begun.header("location"), &cookie_of(&begun)).await.text;
    for person in world.sandbox.people() {
        assert!(page.contains(person.name) && page.contains(person.email), "{}", person.name);
    }
    assert!(page.contains("value=\"mei\" autofocus"), "{page}");
}

#[tokio::test]
async fn the_consent_page_says_in_plain_english_what_is_asked() {
    let world = World::new().await;
    let (_, page, _) = at_consent(&world).await;
    for words in ["My Lab Aggregator", "Sign in with Loop", "View your lab results", "Ada Okafor", "Allow", "Deny"] {
        assert!(page.contains(words), "{words}");
    }
}

#[tokio::test]
async fn who_is_signed_in_goes_straight_to_consent_unless_login_is_asked_for() {
    let world = World::new().await;
    let (_, _, cookie) = at_consent(&world).await;
    let again = |changes: &'static [(&str, &str)]| {
        let url = world.authorization_url(changes);
        let (world, cookie) = (&world, &cookie);
        async move { world.send(Method::GET, &url, &[("cookie", cookie)], None).await.header("location").to_owned() }
    };
    assert!(again(&[]).await.starts_with("/identity/consent?"));
    assert!(again(&[("login_hint", "ada")]).await.starts_with("/identity/consent?"));
    assert!(again(&[("login_hint", "ben")]).await.starts_with("/identity/sign-in?"));
    assert!(again(&[("prompt", "none")]).await.contains("error=consent_required"));
    let login = again(&[("prompt", "login")]).await;
    assert!(login.starts_with("/identity/sign-in?"));
    let skipped = open(&world, &login.replace("sign-in", "consent"), &cookie).await;
    assert!(skipped.header("location").starts_with("/identity/sign-in?"), "prompt=login must not be skippable");
}

#[tokio::test]
async fn a_forged_or_repeated_form_is_refused() {
    let world = World::new().await;
    let (_, page, cookie) = at_consent(&world).await;
    let (interaction, csrf) = (hidden(&page, "interaction"), hidden(&page, "csrf"));
    let decide = |csrf: String, cookie: String| {
        let (world, interaction) = (&world, interaction.clone());
        async move {
            let fields = [
                ("interaction", interaction.as_str()),
                ("csrf", &csrf),
                ("scope", "read:biomarkers"),
                ("decision", "allow"),
            ];
            world.form("/identity/consent", &[("cookie", &cookie)], &fields).await
        }
    };
    assert_eq!(decide("wrong".to_owned(), cookie.clone()).await.status, 400);
    assert_eq!(decide(csrf.clone(), "loop_session=another".to_owned()).await.status, 400);
    let allowed = decide(csrf.clone(), cookie.clone()).await;
    assert!(allowed.redirect().contains_key("code"));
    let twice = decide(csrf, cookie).await;
    assert_eq!(twice.status, 400);
    assert!(twice.text.contains("finished already"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_clicks_on_allow_at_the_same_moment_give_one_code() {
    let world = World::new().await;
    for _ in 0..30 {
        let (_, page, cookie) = at_consent(&world).await;
        let (interaction, csrf) = (hidden(&page, "interaction"), hidden(&page, "csrf"));
        let fields =
            [("interaction", interaction.as_str()), ("csrf", &csrf), ("scope", "openid"), ("decision", "allow")];
        let headers = [("cookie", cookie.as_str())];
        let click = || world.form("/identity/consent", &headers, &fields);
        let (one, two, three) = tokio::join!(click(), click(), click());
        let allowed = [one, two, three].iter().filter(|answer| answer.status == 303).count();
        assert_eq!(allowed, 1);
    }
}

#[tokio::test]
async fn a_name_that_looks_like_markup_stays_text() {
    let app = loop_sandbox::NewApp::named("<script>alert(1)</script>");
    let world = World::with(loop_sandbox::Options::default(), app).await;
    let (_, page, _) = at_consent(&world).await;
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"));
}
