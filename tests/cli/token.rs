//! `workroom token`: a secret is shown once, and only where it is not stored by accident.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::{Home, Ran};

const BOB: [&str; 8] = ["token", "create", "--handle", "bob", "--kind", "human", "--scope", "post"];

#[test]
fn a_secret_is_written_to_a_file_that_only_its_owner_can_read() {
    let home = Home::new();
    let file = home.path().with_extension("token");
    let room = home.server().thread().0;
    let out = file.to_str().unwrap();
    let ran = home.run([&BOB[..], &["--workroom", &room, "--expires", "30d", "--out", out]].concat());
    assert_eq!((ran.code, &*ran.out), (Some(0), ""), "{}", ran.err);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let secret = std::fs::read_to_string(&file).unwrap();
    assert!(!ran.err.contains(secret.trim()), "{}", ran.err);
    let mut bob = home.bearer(secret.trim());
    assert_eq!(bob.ok("workroom/list", json!({}))["workrooms"][0]["id"], room);

    // An existing file is not overwritten, and no token is created for it.
    let again = home.run([&BOB[..], &["--out", out]].concat());
    assert!(again.failed().contains("exists"), "{out}");
    assert_eq!(home.run(["token", "list", "--json"]).json()["tokens"].as_array().unwrap().len(), 1);

    let listed = home.run(["token", "list"]).ok();
    for part in ["tok_", "bob (human)", "read,post", &room, "used just now", "until 20"] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    let token = home.run(["token", "list", "--json"]).json()["tokens"][0]["token_id"].take();
    let revoked = home.run(["token", "revoke", token.as_str().unwrap()]);
    assert_eq!(revoked.code, Some(0), "{}", revoked.err);
    assert_eq!(bob.refusal("workroom/list", json!({})), "unauthenticated");
    assert_eq!(home.run(["token", "list", "--json"]).json()["tokens"], json!([]));
    assert!(home.run(["token", "list", "--all"]).ok().contains("revoked"));
}

#[test]
fn no_secret_is_printed_where_it_would_be_stored() {
    let home = Home::new();
    let complaint = home.run(BOB).failed();
    assert!(complaint.contains("--out"), "{complaint}");
    assert_eq!(home.run(["token", "list", "--json"]).json()["tokens"], json!([]));
}

#[test]
fn a_token_that_cannot_be_created_leaves_no_file() {
    let home = Home::new();
    home.server().thread();
    let file = home.path().with_extension("token");
    let out = file.to_str().unwrap();
    let nowhere = "wr_00000000000040008000000000000000";
    let complaint = home.run([&BOB[..], &["--workroom", nowhere, "--out", out]].concat()).failed();
    assert!(complaint.contains("no workroom"), "{complaint}");
    assert!(!file.exists());
    for wrong in [["--expires", "soon"], ["--scope", "write"], ["--role", "owner"]] {
        let ran = home.run([&BOB[..], &wrong, &["--out", out]].concat());
        assert_eq!((ran.code, &*ran.out), (Some(2), ""), "{}", ran.err);
        assert!(!file.exists());
    }
}

#[test]
fn a_secret_is_shown_at_a_terminal() {
    let home = Home::new();
    let (ours, theirs) = crate::support::terminal::open();
    let mut command = home.command(BOB);
    command.stdout(theirs).stderr(std::process::Stdio::null()).stdin(std::process::Stdio::null());
    assert!(command.status().unwrap().success());
    let mut secret = String::new();
    BufReader::new(ours).read_line(&mut secret).unwrap();
    home.bearer(secret.trim()).ok("workroom/list", json!({}));
}

#[test]
fn commands_with_a_token_have_its_rights() {
    let home = Home::new();
    let file = home.path().with_extension("token");
    home.server().thread();
    home.run([&BOB[..], &["--out", file.to_str().unwrap()]].concat());
    let secret = std::fs::read_to_string(&file).unwrap();
    let mut list = home.command(["list", "--json"]);
    list.env("CODEWHALE_RUNTIME_TOKEN", secret.trim());
    assert_eq!(Ran::command(list, "").json()["workrooms"], json!([]));
    let mut create = home.command(["token", "list"]);
    create.env("CODEWHALE_RUNTIME_TOKEN", secret.trim());
    assert!(Ran::command(create, "").failed().contains("`admin`"));
}
