//! Real servers from Debian's packages, on loopback, in a directory of their own. They end with the tests, whichever
//! way those end.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, mpsc};

use tempfile::TempDir;

/// A program that was started, and can be again.
struct Server {
    program: PathBuf,
    arguments: Vec<OsString>,
    /// Another user to run as: Postgres refuses to be root.
    user: Option<String>,
    /// What it prints when it is ready.
    ready: &'static str,
    running: Mutex<Option<Child>>,
}

impl Server {
    /// Starts it and waits until it says that it is ready. False where it ended before.
    fn start(&self) -> bool {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (sender, started) = mpsc::channel();
        // The kernel ends the server when the thread that started it ends: so one that lasts as long as the process.
        std::thread::spawn(move || {
            sender.send(command.spawn()).unwrap();
            loop {
                std::thread::park();
            }
        });
        let mut child = started.recv().unwrap().expect("the server's program starts");
        let (sender, lines) = mpsc::channel();
        for output in [read_end(child.stdout.take()), read_end(child.stderr.take())] {
            let sender = sender.clone();
            // Reads on to the end, so that the server is never held up by a full pipe.
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        drop(sender);
        let ready = lines.iter().any(|line| line.contains(self.ready));
        if ready {
            *self.running.lock().unwrap() = Some(child);
        } else {
            let _ = child.wait();
        }
        ready
    }

    fn command(&self) -> Command {
        if !cfg!(target_os = "linux") {
            let mut command = Command::new(&self.program);
            command.args(&self.arguments);
            return command;
        }
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig").arg("KILL");
        if let Some(user) = &self.user {
            command.args([format!("--reuid={user}"), format!("--regid={user}"), "--clear-groups".to_owned()]);
        }
        command.arg(&self.program).args(&self.arguments);
        command
    }

    fn signal(&self, name: &str) {
        let running = self.running.lock().unwrap();
        let id = running.as_ref().expect("the server runs").id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Ends it as a crash would, or as its own shutdown would, and waits for the end.
    fn end(&self, signal: &str) {
        self.signal(signal);
        self.running.lock().unwrap().take().unwrap().wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = self.running.get_mut().unwrap() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn read_end(output: Option<impl Read + Send + 'static>) -> Box<dyn Read + Send> {
    Box::new(output.expect("the output is a pipe"))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Another program may take a port between the look and the start; then the next one is tried.
fn on_a_free_port(mut server: impl FnMut(u16) -> Server) -> (u16, Server) {
    for _ in 0..5 {
        let port = free_port();
        let server = server(port);
        if server.start() {
            return (port, server);
        }
    }
    panic!("{} does not start", server(0).program.display());
}

fn program(name: &str, package: &str, elsewhere: impl IntoIterator<Item = PathBuf>) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories = std::env::split_paths(&path).chain(elsewhere);
    let found = directories.find_map(|directory| Some(directory.join(name)).filter(|file| file.is_file()));
    found.unwrap_or_else(|| panic!("{name} is missing: install the Debian package {package}"))
}

/// A Redis that keeps every confirmed write.
pub(crate) struct Redis {
    server: Server,
    port: u16,
    next: AtomicU32,
    _directory: TempDir,
}

impl Redis {
    pub(crate) fn start() -> Self {
        Self::with(&["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"])
    }

    pub(crate) fn with(settings: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (port, server) = on_a_free_port(|port| {
            let mut arguments: Vec<OsString> =
                ["--bind", "127.0.0.1", "--save", "", "--databases", "1000"].map(Into::into).into();
            arguments.extend(["--port".into(), port.to_string().into(), "--dir".into(), directory.path().into()]);
            arguments.extend(settings.iter().map(Into::into));
            Server {
                program: program("redis-server", "redis-server", []),
                arguments,
                user: None,
                ready: "Ready to accept connections",
                running: Mutex::default(),
            }
        });
        Self { server, port, next: AtomicU32::new(0), _directory: directory }
    }

    /// A database that no other test uses.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/{}", self.port, self.next.fetch_add(1, Ordering::SeqCst))
    }

    pub(crate) fn stop(&self) {
        self.server.end("TERM");
    }

    pub(crate) fn kill(&self) {
        self.server.end("KILL");
    }

    pub(crate) fn restart(&self) {
        assert!(self.server.start(), "Redis starts again");
    }

    /// Holds it, as a machine that is overloaded or cut off would be.
    pub(crate) fn pause(&self) {
        self.server.signal("STOP");
    }

    pub(crate) fn resume(&self) {
        self.server.signal("CONT");
    }
}

/// A Postgres with one user, `app`, who owns everything.
pub(crate) struct Postgres {
    server: Server,
    port: u16,
    next: AtomicU32,
    directory: TempDir,
}

impl Postgres {
    pub(crate) const PASSWORD: &'static str = "pass-of-app";

    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let user = server_user();
        let password = directory.path().join("password");
        std::fs::write(&password, Self::PASSWORD).unwrap();
        if let Some((_, uid, gid)) = &user {
            for path in [directory.path(), &password] {
                std::os::unix::fs::chown(path, Some(*uid), Some(*gid)).unwrap();
            }
        }
        let user = user.map(|(name, ..)| name);
        let data = directory.path().join("data");
        let initdb = Server {
            program: postgres_program("initdb"),
            arguments: ["--no-sync", "--encoding=UTF8", "--locale=C", "--username=app", "--auth=scram-sha-256"]
                .map(OsString::from)
                .into_iter()
                .chain(["--pwfile".into(), password.into(), "-D".into(), data.clone().into()])
                .collect(),
            user: user.clone(),
            ready: "",
            running: Mutex::default(),
        };
        let made = initdb.command().output().unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let (port, server) = on_a_free_port(|port| Server {
            program: postgres_program("postgres"),
            arguments: ["-h", "127.0.0.1", "-k", "", "-c", "fsync=off", "-c", "max_connections=200"]
                .map(OsString::from)
                .into_iter()
                .chain(["-p".into(), port.to_string().into(), "-D".into(), data.clone().into()])
                .collect(),
            user: user.clone(),
            ready: "database system is ready to accept",
            running: Mutex::default(),
        });
        Self { server, port, next: AtomicU32::new(0), directory }
    }

    /// A new database with the SDK's table.
    pub(crate) async fn url(&self) -> String {
        let url = self.empty_url().await;
        self.execute(&url, loop_sdk::store::POSTGRES_SCHEMA).await;
        url
    }

    /// A new database without any table.
    pub(crate) async fn empty_url(&self) -> String {
        let name = format!("test_{}", self.next.fetch_add(1, Ordering::SeqCst));
        self.execute(&self.url_of("postgres"), &format!("CREATE DATABASE {name}")).await;
        self.url_of(&name)
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://app:{}@127.0.0.1:{}/{database}", Self::PASSWORD, self.port)
    }

    /// Runs SQL as the owner.
    pub(crate) async fn execute(&self, url: &str, sql: &str) {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
        drop(client);
        connection.await.unwrap().unwrap();
    }

    /// Ends it at once, as a crash would, with its children.
    pub(crate) fn kill(&self) {
        self.server.end("QUIT");
    }

    /// Its own shutdown, which ends what is connected.
    pub(crate) fn stop(&self) {
        self.server.end("INT");
    }

    pub(crate) fn restart(&self) {
        assert!(self.server.start(), "Postgres starts again");
    }

    /// From the next start on it speaks TLS. Returns the certificate, which no system knows.
    pub(crate) fn use_tls(&self) -> PathBuf {
        let data = self.directory.path().join("data");
        let made = Command::new(program("openssl", "openssl", []))
            .current_dir(&data)
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
            .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "server.key", "-out", "server.crt"])
            .output()
            .unwrap();
        assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
        if let Some((_, uid, gid)) = server_user() {
            std::os::unix::fs::chown(data.join("server.key"), Some(uid), Some(gid)).unwrap();
        }
        let mut settings = std::fs::read_to_string(data.join("postgresql.conf")).unwrap();
        settings.push_str("\nssl = on\n");
        std::fs::write(data.join("postgresql.conf"), settings).unwrap();
        data.join("server.crt")
    }

    /// From the next start on it follows a primary that never speaks.
    pub(crate) fn make_replica(&self) {
        std::fs::write(self.directory.path().join("data/standby.signal"), "").unwrap();
    }
}

/// A pooler that gives each transaction to whichever connection is free.
pub(crate) struct PgBouncer {
    _server: Server,
    port: u16,
    _directory: TempDir,
}

impl PgBouncer {
    pub(crate) fn before(postgres: &Postgres) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let user = server_user();
        let file = |name: &str, text: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let users = file("users", &format!("\"app\" \"{}\"\n", Postgres::PASSWORD));
        let settings = directory.path().join("settings");
        let (port, server) = on_a_free_port(|port| {
            let text = format!(
                "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
                 unix_socket_dir =\npool_mode = transaction\ndefault_pool_size = 3\n\
                 auth_type = scram-sha-256\nauth_file = {}\n",
                postgres.port,
                users.display()
            );
            std::fs::write(&settings, text).unwrap();
            if let Some((_, uid, gid)) = &user {
                for path in [directory.path(), &users, &settings] {
                    std::os::unix::fs::chown(path, Some(*uid), Some(*gid)).unwrap();
                }
            }
            Server {
                program: program("pgbouncer", "pgbouncer", ["/usr/sbin".into()]),
                arguments: vec![settings.clone().into()],
                user: user.clone().map(|(name, ..)| name),
                ready: "process up",
                running: Mutex::default(),
            }
        });
        Self { _server: server, port, _directory: directory }
    }

    /// The same database, through the pooler.
    pub(crate) fn url(&self, url: &str) -> String {
        let database = url.rsplit('/').next().unwrap();
        format!("postgres://app:{}@127.0.0.1:{}/{database}", Postgres::PASSWORD, self.port)
    }
}

/// Debian keeps Postgres's programs out of the way, by version.
fn postgres_program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut directories: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    directories.sort();
    program(name, "postgresql", directories.into_iter().rev())
}

/// Whom Postgres runs as where the tests are root's: name, user and group.
fn server_user() -> Option<(String, u32, u32)> {
    use std::os::unix::fs::MetadataExt as _;
    let own = std::fs::metadata(Path::new("/proc/self")).ok()?.uid();
    if own != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let find = |wanted: &str| {
        users.lines().find_map(|line| {
            let fields: Vec<_> = line.split(':').collect();
            (fields[0] == wanted).then(|| (wanted.to_owned(), fields[2].parse().unwrap(), fields[3].parse().unwrap()))
        })
    };
    find("postgres").or_else(|| find("nobody"))
}
