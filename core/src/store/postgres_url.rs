//! The URL of a Postgres store: what libpq understands, with TLS unless somebody said otherwise.

use std::net::IpAddr;
use std::path::PathBuf;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use url::form_urlencoded;

use super::choice::is_this_machine;
use crate::config::invalid;
use crate::error::Error;

/// A checked URL.
pub(super) struct PostgresUrl {
    pub(super) config: Config,
    /// A file of certificates to trust beside the system's (`sslrootcert`).
    pub(super) root_certificates: Option<PathBuf>,
    /// For messages: without user and password.
    pub(super) address: String,
    /// Whether what is sent is encrypted, or stays on this machine.
    pub(super) private: bool,
}

impl PostgresUrl {
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        // The parser's error is not kept: it may quote the password.
        let wrong = || {
            invalid("store", "is not a URL of Postgres: postgres://user:password@host:5432/database?sslmode=require")
        };
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut root_certificates, mut others) = (None, None, Vec::new());
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match form_urlencoded::parse(parameter.as_bytes()).next() {
                Some((name, value)) if name == "sslmode" => mode = Some(value.into_owned()),
                Some((name, value)) if name == "sslrootcert" => {
                    root_certificates = Some(PathBuf::from(value.into_owned())).filter(|path| path != "system");
                }
                _ => others.push(parameter),
            }
        }
        let mut config: Config = format!("{base}?{}", others.join("&")).parse().map_err(|_| wrong())?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(invalid("store", "names no host: postgres://user:password@host:5432/database"));
        }
        let local = config.get_hosts().iter().all(is_local) && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
        let mode = match mode.as_deref() {
            None if local => SslMode::Disable,
            Some("disable") => SslMode::Disable,
            // To fall back to plain text because somebody in between said so would be no protection.
            Some("prefer") if local => SslMode::Prefer,
            // Certificates are always checked, names included.
            None | Some("prefer" | "require" | "verify-ca" | "verify-full") => SslMode::Require,
            Some(_) => return Err(invalid("store", "has an sslmode other than disable, prefer, require, verify-full")),
        };
        config.ssl_mode(mode);
        if config.get_hosts().len() > 1 {
            // Of a primary and its replicas, the one that takes writes.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if config.get_application_name().is_none() {
            config.application_name("loop-sdk");
        }
        let address = address(&config);
        Ok(Self { config, root_certificates, address, private: local || mode == SslMode::Require })
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => is_this_machine(name),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn address(config: &Config) -> String {
    let host = config.get_hosts().first().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    let host = host.or_else(|| config.get_hostaddrs().first().map(ToString::to_string)).unwrap_or_default();
    format!("postgres://{host}:{}", config.get_ports().first().copied().unwrap_or(5432))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> (SslMode, bool) {
        let url = PostgresUrl::parse(url).unwrap();
        (url.config.get_ssl_mode(), url.private)
    }

    #[test]
    fn other_hosts_are_reached_by_tls_unless_it_is_plainly_turned_off() {
        let host = "postgres://app:secret@db.example/app";
        for query in ["", "?sslmode=prefer", "?sslmode=require", "?sslmode=verify-full", "?connect_timeout=3"] {
            assert_eq!(mode(&format!("{host}{query}")), (SslMode::Require, true), "{query}");
        }
        assert_eq!(mode(&format!("{host}?sslmode=disable")), (SslMode::Disable, false));
        for local in ["postgres://app@127.0.0.1/app", "postgresql://app@localhost/app", "postgres://%2Frun%2Fpg/app"] {
            assert_eq!(mode(local), (SslMode::Disable, true), "{local}");
        }
        assert_eq!(mode("postgres://app@localhost,db.example/app").0, SslMode::Require, "one host is elsewhere");
    }

    #[test]
    fn certificates_of_ones_own_are_a_parameter() {
        let url =
            PostgresUrl::parse("postgres://app@db.example/app?sslrootcert=%2Fetc%2Fca.pem&sslmode=require").unwrap();
        assert_eq!(url.root_certificates, Some(PathBuf::from("/etc/ca.pem")));
        assert_eq!(url.address, "postgres://db.example:5432");
        assert!(
            PostgresUrl::parse("postgres://app@db.example/app?sslrootcert=system").unwrap().root_certificates.is_none()
        );
    }
}
