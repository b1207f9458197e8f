//! Where the default store lies, and on which hosts nothing would last there.

use std::path::PathBuf;

use crate::error::{Code, Error};
use crate::sys;

/// Hosts whose disk is thrown away between requests or deploys: a grant kept there would be lost silently.
const EPHEMERAL_HOSTS: &[(&str, &str)] = &[
    ("AWS_LAMBDA_FUNCTION_NAME", "AWS Lambda"),
    ("KUBERNETES_SERVICE_HOST", "Kubernetes"),
    ("K_SERVICE", "Cloud Run"),
    ("FUNCTION_TARGET", "Cloud Functions"),
    ("WEBSITE_INSTANCE_ID", "Azure App Service"),
    ("DYNO", "Heroku"),
    ("VERCEL", "Vercel"),
    ("RENDER", "Render"),
    ("RAILWAY_ENVIRONMENT", "Railway"),
    ("FLY_APP_NAME", "Fly.io"),
];

/// A file in the user's data directory, where that lasts.
pub(super) fn default_path() -> Result<PathBuf, Error> {
    let host = EPHEMERAL_HOSTS.iter().find(|(variable, _)| sys::environment_variable(variable).is_some());
    if let Some((_, host)) = host {
        return Err(required(&format!("This looks like {host}, whose disk does not last.")));
    }
    let directories = directories::ProjectDirs::from("health", "Loop", "loop-sdk")
        .ok_or_else(|| required("This user has no home directory."))?;
    Ok(directories.data_local_dir().join("grants.db"))
}

/// `store_required`, with the reason and the choices.
pub(super) fn required(why: &str) -> Error {
    Error::new(
        Code::StoreRequired,
        format!(
            "{why} Choose a store: sqlite:///path/to/file on a disk that lasts, redis://…, postgres://…, memory: for \
             tests, or a store object (the `store` option, or LOOP_STORE)."
        ),
    )
}
