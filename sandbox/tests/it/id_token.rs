//! id_tokens, checked by a library that has nothing to do with the one that signs them.

use std::collections::HashSet;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use loop_sandbox::{IdTokenFault, NewApp, Options};
use serde_json::Value;

use crate::world::World;

/// What a careful app does: the JWK Set by discovery, one algorithm, issuer, audience, times and nonce.
async fn verified(world: &World, id_token: &str) -> Result<Value, String> {
    let discovery = world.get(&world.url("/identity/.well-known/openid-configuration")).await.json();
    let keys = world.get(discovery["jwks_uri"].as_str().unwrap()).await.text;
    let keys: JwkSet = serde_json::from_str(&keys).unwrap();
    let header = decode_header(id_token).map_err(|failure| failure.to_string())?;
    let key = keys.find(&header.kid.ok_or("no kid")?).ok_or("unknown kid")?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[discovery["issuer"].as_str().unwrap()]);
    validation.set_audience(&[&world.app.client_id]);
    validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
    validation.leeway = 60;
    let key = DecodingKey::from_jwk(key).map_err(|failure| failure.to_string())?;
    let claims = decode::<Value>(id_token, &key, &validation).map_err(|failure| failure.to_string())?.claims;
    let now = world.get(&world.url("/_sandbox/clock")).await.json()["now_seconds"].as_i64().unwrap();
    match () {
        () if claims["nonce"] != "the-nonce" => Err("nonce".to_owned()),
        () if claims["iat"].as_i64().unwrap() > now + 60 => Err("iat".to_owned()),
        () => Ok(claims),
    }
}

async fn id_token(world: &World, changes: &[(&str, &str)]) -> Option<String> {
    let tokens = world.exchange(&world.code_for(changes).await).await.tokens();
    tokens.body["id_token"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn the_claims_are_those_of_the_granted_scopes() {
    let world = World::with(Options::default(), NewApp::default().scopes("openid profile email read:biomarkers")).await;
    let bare = id_token(&world, &[("scope", "openid read:biomarkers")]).await.unwrap();
    let bare = verified(&world, &bare).await.unwrap();
    let names: HashSet<&str> = bare.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, HashSet::from(["iss", "sub", "aud", "iat", "exp", "nonce", "brand"]));
    assert_eq!(bare["exp"].as_i64().unwrap() - bare["iat"].as_i64().unwrap(), 300);
    assert_eq!(bare["brand"], "loop");
    let full = id_token(&world, &[("scope", "openid profile email")]).await.unwrap();
    let full = verified(&world, &full).await.unwrap();
    assert_eq!(full["sub"], world.sandbox.people()[0].user_id);
    assert_eq!(full["name"], world.sandbox.people()[0].name);
    assert_eq!(full["email"], world.sandbox.people()[0].email);
    assert_eq!(full["email_verified"], true);
}

#[tokio::test]
async fn without_openid_there_is_none() {
    let world = World::new().await;
    assert_eq!(id_token(&world, &[("scope", "read:biomarkers")]).await, None);
}

#[tokio::test]
async fn every_fault_is_refused_by_a_careful_app_and_lasts_for_one_token() {
    use IdTokenFault as Fault;
    let world = World::new().await;
    for fault in [
        Fault::WrongIssuer,
        Fault::WrongAudience,
        Fault::WrongNonce,
        Fault::MissingNonce,
        Fault::WrongSignature,
        Fault::AlgNone,
        Fault::AlgHs256,
        Fault::UnknownKid,
        Fault::Expired,
        Fault::IssuedInFuture,
        Fault::Malformed,
    ] {
        world.sandbox.next_id_token(fault);
        let token = id_token(&world, &[]).await.unwrap();
        assert!(verified(&world, &token).await.is_err(), "{fault:?}");
    }
    world.sandbox.next_id_token(Fault::Missing);
    assert_eq!(id_token(&world, &[]).await, None);
    let token = id_token(&world, &[]).await.unwrap();
    verified(&world, &token).await.unwrap();
}

#[tokio::test]
async fn a_rotated_key_signs_from_then_on_and_the_former_one_stays_published() {
    let world = World::new().await;
    let before = id_token(&world, &[]).await.unwrap();
    world.sandbox.rotate_keys();
    let after = id_token(&world, &[]).await.unwrap();
    assert_ne!(decode_header(&before).unwrap().kid, decode_header(&after).unwrap().kid);
    verified(&world, &before).await.unwrap();
    verified(&world, &after).await.unwrap();
}

#[tokio::test]
async fn discovery_names_what_the_sandbox_has() {
    let world = World::new().await;
    let found = world.get(&world.url("/identity/.well-known/openid-configuration")).await.json();
    assert_eq!(found["issuer"], world.url("/identity"));
    assert_eq!(found["token_endpoint"], world.url("/identity/v1/oauth/token"));
    assert_eq!(found["id_token_signing_alg_values_supported"][0], "EdDSA");
    assert_eq!(found["authorization_response_iss_parameter_supported"], true);
    assert!(found.get("userinfo_endpoint").is_none());
}
