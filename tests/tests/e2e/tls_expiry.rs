//! Certificates that have to be renewed are named before anybody's clients find out.

use crate::guests;
use sockdock_tests::{Authority, Certificates, Program, Serve};
use std::fs;

#[test]
fn certificates_that_are_due_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = Certificates::write(folder.path(), "good");
    let late = Authority::make(folder.path(), "ca").issue_until("late", &["late.test"], 2021);
    let soon = Certificates { certificate: folder.path().join("soon.pem"), key: folder.path().join("soon.key") };
    let openssl = Program::new("openssl").args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
    let openssl = openssl.args(["-nodes", "-days", "10", "-subj", "/O=Example/CN=soon.test", "-keyout"]).arg(&soon.key);
    openssl.arg("-out").arg(&soon.certificate).run().success();

    let serve =
        [&good, &soon].into_iter().fold(Serve::guest(guests::ECHO_V1).args(["--listen-tls", "127.0.0.1:0"]), |serve, pair| {
            serve.arg("--tls-cert").arg(&pair.certificate).arg("--tls-key").arg(&pair.key)
        });
    let mine = format!("mine={},{}", late.certificate.display(), late.key.display());
    let host = serve.args(["--credentials", &mine]).start();
    host.wait_log(&["WARN", "a certificate expires soon", "soon.pem", "sockdock reload --tls"]);
    host.wait_log(&["WARN", "A CERTIFICATE HAS EXPIRED", "late.pem", "2021-12-31T00:00:00Z"]);
    assert!(!host.log().iter().any(|line| line.contains("good.pem")));

    let status = host.status();
    let [first, second, third] = &status["certificates"].as_array().unwrap()[..] else { panic!("{status}") };
    assert_eq!(
        (first["source"].as_str(), first["not_after"].as_str()),
        (good.certificate.to_str(), Some("4096-01-01T00:00:00Z"))
    );
    assert_eq!(
        (second["source"].as_str(), second["subject"].as_str()),
        (soon.certificate.to_str(), Some("O=Example, CN=soon.test"))
    );
    let left = second["expires_in_seconds"].as_i64().unwrap();
    assert!((9 * 86_400..=10 * 86_400).contains(&left), "{second}");
    assert_eq!((third["credentials"].as_str(), third["subject"].as_str().unwrap().contains("CN=late")), (Some("mine"), true));
    assert!(third["expires_in_seconds"].as_i64().unwrap() < 0, "{third}");
    let told = host.cli(["status"]).success();
    let left = ["soon.pem expires in 9d 23h", "soon.pem expires in 10d 0h"];
    assert!(left.iter().any(|line| told.contains(line)) && told.contains("late.pem has expired"), "{told}");
    assert!(!told.contains("good.pem"), "{told}");

    // Renewed.
    for old in [&soon, &late] {
        fs::copy(&good.certificate, &old.certificate).unwrap();
        fs::copy(&good.key, &old.key).unwrap();
    }
    host.cli(["reload", "--tls", "--dry-run"]).success();
    assert_eq!(host.count("tls_reloads"), 0);
    host.cli(["reload", "--tls"]).success();
    assert_eq!(host.count("tls_reloads"), 1);
    assert_eq!(host.status()["certificates"][2]["subject"], "CN=rcgen self signed cert");
    let told = host.cli(["status"]).success();
    assert!(!told.contains("expire"), "{told}");
}
