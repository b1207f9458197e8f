//! The sandbox as an app and a browser see it: over HTTP, through its library and its command.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by failing")]

mod admin;
mod api;
mod api_faults;
mod api_limits;
mod api_lists;
mod api_writes;
mod attacks;
mod audit;
mod authorize;
mod causes;
mod command;
mod demo;
mod id_token;
mod kept;
mod levers;
mod machine;
mod openapi;
mod pages;
mod portal;
mod rate_limit;
mod resources;
mod rotation;
mod token_faults;
mod tokens;
mod webhooks;
mod wire;
mod world;
