//! PostgreSQL behind the proxy: `pgbench` in each of its modes, while the proxy is swapped, and then the same data by either way.

use crate::pairs;
use sockdock_tests::{DEADLINE, Host, Program, eventually, repository};
use std::{
    fs,
    net::{SocketAddr, TcpStream},
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};
use tempfile::TempDir;

/// Nobody: PostgreSQL doesn't run as root.
const NOBODY: u32 = 65534;

struct Server {
    process: Child,
    address: SocketAddr,
    programs: PathBuf,
    _folder: TempDir,
}

fn as_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// With the libraries that were unpacked beside it, and as nobody where we are root.
fn command(programs: &Path, name: &str) -> Command {
    let mut command = Command::new(programs.join("bin").join(name));
    command.env("LD_LIBRARY_PATH", programs.join("lib")).env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
    if as_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("sockdock-postgresql-").tempdir().unwrap();
        let made = repository().join("target/interop/postgresql");
        let mut programs = made.clone();
        if as_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
            // Nobody may not be allowed where the repository lies.
            programs = folder.path().join("postgresql");
            Program::new("cp").arg("-R").arg("--no-dereference").arg("--preserve=mode").arg(&made).arg(&programs).run().success();
        }
        let data = folder.path().join("data");
        let made = command(&programs, "initdb")
            .args(["--username", "tester", "--auth", "trust", "--no-sync", "--no-locale", "--encoding", "UTF8", "--pgdata"])
            .arg(&data)
            .output()
            .unwrap_or_else(|error| panic!("{error}; scripts/setup-postgresql makes what is missing"));
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let address = pairs::free();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let process = command(&programs, "postgres")
            .args(["-h", "127.0.0.1", "-p", &address.port().to_string(), "-k", "", "-c", "fsync=off", "-D"])
            .arg(&data)
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .spawn()
            .unwrap();
        let server = Self { process, address, programs, _folder: folder };
        eventually("PostgreSQL to answer", || {
            TcpStream::connect(address).ok()?;
            server.program("psql", address).args(["--command", "select 1"]).run().status.success().then_some(())
        });
        server
    }

    /// One of its clients, to be connected there.
    fn program(&self, name: &str, to: SocketAddr) -> Program {
        let program = Program::new(self.programs.join("bin").join(name)).patience(6 * DEADLINE);
        let program = program.env("LD_LIBRARY_PATH", self.programs.join("lib")).env("PGDATABASE", "postgres").env("LC_ALL", "C");
        program.args(["--host", "127.0.0.1", "--username", "tester", "--port", &to.port().to_string()])
    }

    /// What a statement says.
    fn ask(&self, to: SocketAddr, statement: &str) -> String {
        self.program("psql", to).args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", statement]).run().success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGINT: it ends its children and removes what it shares with them.
        let process = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(process, rustix::process::Signal::INT).ok();
        self.process.wait().ok();
    }
}

/// Swaps the proxy as long as this runs.
fn while_swapping<T: Send>(host: &Host, work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let working = scope.spawn(work);
        while !working.is_finished() {
            host.try_reload(serde_json::json!({})).unwrap();
        }
        working.join().unwrap()
    })
}

#[test]
fn pgbench_and_every_row_by_either_way() {
    let server = Server::start();
    let host = pairs::proxy(server.address);
    let (direct, through) = (server.address, host.tcp_address());
    server.program("pgbench", through).args(["--initialize", "--scale", "2", "--quiet"]).run().success();
    for mode in ["simple", "extended", "prepared"] {
        let (clients, transactions) = (8, 100);
        let said = while_swapping(&host, || {
            let program =
                server.program("pgbench", through).args(["--client", "8", "--jobs", "2", "--transactions", "100", "--no-vacuum"]);
            program.args(["--protocol", mode]).run().success()
        });
        let all = clients * transactions;
        assert!(said.contains(&format!("number of transactions actually processed: {all}/{all}")), "{said}");
        assert!(!said.contains("failed transactions: ") || said.contains("failed transactions: 0 "), "{said}");
    }
    // The sums agree only if each transaction was carried out once and whole.
    let sums = ["accounts", "tellers", "branches"].map(|table| {
        let column = format!("{}balance", &table[..1]);
        server.ask(direct, &format!("select sum({column}) from pgbench_{table}"))
    });
    let history = server.ask(direct, "select sum(delta) from pgbench_history");
    assert!(sums.iter().all(|sum| *sum == history), "{sums:?} {history}");
    assert_eq!(server.ask(through, "select count(*) from pgbench_history"), "2400\n");

    // 200,000 rows, out and in again.
    let copy = "copy (select aid, bid, abalance, md5(aid::text) from pgbench_accounts order by aid) to stdout";
    let (one, other) = (server.ask(direct, copy), while_swapping(&host, || server.ask(through, copy)));
    assert!(one == other && one.len() > 8_000_000, "{} bytes, and {}", one.len(), other.len());
    server.ask(direct, "create table again (aid int, bid int, balance int, digest text)");
    let into = server.program("psql", through).args(["--no-psqlrc", "--command", "copy again from stdin"]).input(one);
    while_swapping(&host, || into.run().success());
    let differ = "select count(*) from again a full join pgbench_accounts p using (aid) where a.digest is distinct from md5(p.aid::text) or a.balance is distinct from p.abalance";
    assert_eq!(server.ask(through, differ), "0\n");
    assert_eq!(server.ask(through, "select count(*) from again"), "200000\n");
    assert_eq!(host.count("traps"), 0);
    host.wait_count("connections", 0);
}

#[test]
fn a_query_is_cancelled_by_a_second_connection() {
    let server = Server::start();
    let host = pairs::proxy(server.address);
    let psql = command(&server.programs, "psql")
        .args([
            "--host",
            "127.0.0.1",
            "--port",
            &host.tcp_address().port().to_string(),
            "--username",
            "tester",
            "--dbname",
            "postgres",
        ])
        .args(["--no-psqlrc", "--command", "select pg_sleep(600)"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let sleeping = "select count(*) from pg_stat_activity where query = 'select pg_sleep(600)' and wait_event = 'PgSleep'";
    eventually("the query to run", || (server.ask(server.address, sleeping) == "1\n").then_some(()));
    rustix::process::kill_process(rustix::process::Pid::from_child(&psql), rustix::process::Signal::INT).unwrap();
    let said = psql.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&said.stderr).contains("canceling statement due to user request"), "{said:?}");
    host.wait_count("connections", 0);
}
