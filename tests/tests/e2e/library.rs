//! The `sockdock` crate as an embedder uses it.

use crate::guests;
use sockdock::{Changes, Host, HostConfig, Instances, Limits, Listen, Plugin, ReloadOptions, Stop, Tls};
use sockdock_tests::{Certificates, Client, eventually};
use std::num::NonZeroUsize;
use std::time::Duration;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn host() -> Host {
    Host::new(HostConfig::default()).unwrap()
}

fn plugin(guest: sockdock_tests::Guest) -> Plugin {
    Plugin::from_file(guest.path()).unwrap()
}

#[test]
fn listen_reload_stop() {
    let runtime = runtime();
    runtime.block_on(async {
        let host = host();
        let server = host.listen(Listen::tcp("127.0.0.1:0"), plugin(guests::COUNTER_V1)).await.unwrap();
        let address = server.local_addr().unwrap();
        let mut client = Client::tcp(address);
        client.send("\n");
        client.expect("v1 all=1 mine=1\n");
        let report = server.reload(plugin(guests::COUNTER_V2)).await.unwrap();
        assert_eq!((report.generation, report.connections), (2, 1));
        client.send("\n");
        client.expect("v2 all=2 new=1 mine=2\n");
        let failure = server.reload(plugin(guests::COUNTER_REFUSES)).await.unwrap_err();
        assert_eq!(failure.phase, "restore");
        assert!(
            failure.to_string().starts_with("counter_v1: the reload failed in `restore`, and generation 2 goes on: "),
            "{failure}"
        );
        let options = ReloadOptions::default().discard_state(true);
        server.reload_with(plugin(guests::ECHO_V1), options).await.unwrap();
        client.echo("an echo now");
        let status = server.status().await;
        assert_eq!((status.connections, status.reloads, status.reloads_failed), (1, 2, 1));
        drop(client);
        server.stop(Stop::Graceful).await.unwrap();
        assert!(std::net::TcpStream::connect(address).is_err());
        host.stop(Stop::Graceful).await.unwrap();
    });
}

#[test]
fn several_listeners_of_one_host() {
    let folder = tempfile::tempdir().unwrap();
    let made = Certificates::write(folder.path(), "server");
    let runtime = runtime();
    runtime.block_on(async {
        let host = host();
        let tls = Tls::from_pem_files(&made.certificate, &made.key).unwrap();
        let two = Instances::Count(NonZeroUsize::new(2).unwrap());
        let secure = host
            .listen(Listen::tcp("127.0.0.1:0").tls(tls).name("secure").instances(two), plugin(guests::ECHO_V1))
            .await
            .unwrap();
        let path = folder.path().join("plain.sock");
        let plain = host.listen(Listen::unix(&path).name("plain"), plugin(guests::ECHO_V2).config("key", "value")).await.unwrap();
        Client::tls(secure.local_addr().unwrap(), made.client()).echo("secret");
        Client::unix(&path).echo("plain");
        assert_eq!(plain.local_addr(), None);
        assert_eq!(plain.addresses(), [format!("unix:{}", path.display())]);
        assert_eq!(host.servers().len(), 2);
        assert_eq!(host.server("secure").unwrap().name(), "secure");
        assert!(host.server("nobody").is_none());
        // A name is taken once.
        let again = host.listen(Listen::tcp("127.0.0.1:0").name("plain"), plugin(guests::ECHO_V1)).await;
        assert!(again.err().unwrap().to_string().contains("plain"));
        // One listener's stop and reload are none of the other's business.
        plain.stop(Stop::Force).await.unwrap();
        assert!(!path.exists());
        Client::tls(secure.local_addr().unwrap(), made.client()).echo("still here");
        secure.reload(plugin(guests::ECHO_V2)).await.unwrap();
        host.stop(Stop::Force).await.unwrap();
    });
}

#[test]
fn run_ends_when_nothing_referenced_is_left() {
    let runtime = runtime();
    runtime.block_on(async {
        let host = host();
        let a = host.listen(Listen::tcp("127.0.0.1:0").name("a"), plugin(guests::ECHO_V1)).await.unwrap();
        let b = host.listen(Listen::tcp("127.0.0.1:0").name("b"), plugin(guests::ECHO_V1)).await.unwrap();
        a.unref();
        a.unref();
        b.unref();
        b.reref();
        let mut running = tokio::spawn({
            let host = host.clone();
            async move { host.run().await }
        });
        assert!(tokio::time::timeout(Duration::from_millis(100), &mut running).await.is_err(), "b is still referenced");
        b.unref();
        running.await.unwrap();
        // Unreferenced listeners serve on as long as the host lives.
        Client::tcp(a.local_addr().unwrap()).echo("still here");
        host.stop(Stop::Force).await.unwrap();
    });
}

#[test]
fn errors_say_whose_fault_it_is() {
    let runtime = runtime();
    runtime.block_on(async {
        let host = host();
        let error = Plugin::from_file("/nowhere/x.wasm").map(drop).unwrap_err();
        assert_eq!(error.fault(), sockdock::Fault::Configuration);
        let listen = || Listen::tcp("127.0.0.1:0");
        let error = host.listen(listen(), plugin(guests::WRONG_WORLD)).await.map(drop).unwrap_err();
        assert!(error.message().contains("socket-handlers"), "{error}");
        let error = host.listen(Listen::tcp("nonsense"), plugin(guests::ECHO_V1)).await.map(drop).unwrap_err();
        assert!(error.message().contains("nonsense"), "{error}");
        let failing = plugin(guests::FAULTY).config("in", "start").config("how", "error");
        let error = host.listen(listen(), failing).await.map(drop).unwrap_err();
        assert_eq!(error.fault(), sockdock::Fault::Guest);
        assert!(error.message().contains("the plugin said no"), "{error}");
        assert_eq!(host.servers().len(), 0);
        let inspection = host.inspect(&plugin(guests::ASKS_TOO_MUCH)).unwrap();
        assert!(inspection.refusals.iter().any(|refusal| refusal.contains("acme:vault/secrets")), "{inspection:?}");
    });
}

#[test]
fn dropping_a_host_frees_its_ports() {
    let runtime = runtime();
    let address = runtime.block_on(async {
        let host = host();
        let server = host.listen(Listen::tcp("127.0.0.1:0"), plugin(guests::ECHO_V1)).await.unwrap();
        server.local_addr().unwrap()
    });
    eventually("the port to be free", || std::net::TcpListener::bind(address).ok().map(drop));
}

#[test]
fn changes_of_a_listener_that_runs() {
    let runtime = runtime();
    runtime.block_on(async {
        let host = host();
        let server = host.listen(Listen::tcp("127.0.0.1:0"), plugin(guests::COUNTER_V1)).await.unwrap();
        let old = server.local_addr().unwrap();
        let mut client = Client::tcp(old);
        client.send("\n");
        client.expect("v1 all=1 mine=1\n");
        let small = Limits { memory: 32 << 20, ..Limits::default() };
        let changes = Changes::default()
            .limits(&server, small.clone())
            .reload(&server, plugin(guests::COUNTER_V2), ReloadOptions::default())
            // The same words are the same address, whichever port the system has chosen.
            .rebind(&server, Listen::tcp("127.0.0.1:0").and("127.0.0.2:0".parse().unwrap()));
        let changed = host.apply(changes).await.unwrap();
        assert_eq!((changed.reports.len(), changed.limited.len(), changed.rebound.len()), (1, 1, 1));
        assert_eq!(changed.rebound[0].addresses, server.addresses());
        assert_eq!((server.local_addr(), server.addresses().len()), (Some(old), 2));
        client.send("\n");
        client.expect("v2 all=2 new=1 mine=2\n");
        // What differs from nothing isn't done again.
        let again = host.apply(Changes::default().limits(&server, small.clone())).await.unwrap();
        assert!(again.reports.is_empty() && again.limited.is_empty());
        // Two things at once: none of them.
        let changes = Changes::default().limits(&server, small).limits(&server, Limits::default());
        let failure = host.apply(changes).await.err().unwrap();
        assert!(failure.reason.contains("is to be changed to two things at once"), "{failure}");
        let both = |plugins: [sockdock_tests::Guest; 2]| {
            plugins
                .into_iter()
                .fold(Changes::default(), |changes, guest| changes.reload(&server, plugin(guest), ReloadOptions::default()))
        };
        host.apply(both([guests::COUNTER_V1, guests::COUNTER_V2])).await.err().unwrap();
        host.apply(Changes::default().rebind(&server, Listen::tcp("127.0.0.2:0"))).await.unwrap();
        assert!(std::net::TcpStream::connect(old).is_err());
        client.send("\n");
        client.expect("v2 all=3 new=2 mine=3\n");
        host.stop(Stop::Force).await.unwrap();
    });
}
