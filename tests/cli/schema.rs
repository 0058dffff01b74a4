use std::fs;

use crate::support::{Home, repository};

#[test]
fn the_schema_matches_the_repository() {
    let home = Home::new();
    assert_eq!(
        home.run(["schema"]).ok(),
        fs::read_to_string(repository().join("schema/openrpc.json")).unwrap()
    );

    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("a/new/folder");
    let ran = home.run(["schema", "--out", into.to_str().unwrap()]);
    assert_eq!((ran.code, &*ran.out), (Some(0), ""), "{}", ran.err);
    for (here, there) in [
        ("openrpc.json", "schema/openrpc.json"),
        ("methods.md", "schema/methods.md"),
        ("types/Workroom.json", "schema/types/Workroom.json"),
        ("generated.ts", "clients/ts/src/generated.ts"),
    ] {
        let written = fs::read_to_string(into.join(here)).unwrap();
        assert_eq!(written, fs::read_to_string(repository().join(there)).unwrap(), "{here}");
    }
    let types = into.join("types").read_dir().unwrap().count();
    assert_eq!(types, repository().join("schema/types").read_dir().unwrap().count());
    assert!(!home.path().exists());
}

#[test]
fn a_folder_without_write_permission_is_reported() {
    let home = Home::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    let complaint = home.run(["schema", "--out", file.path().to_str().unwrap()]).failed();
    assert!(complaint.contains(file.path().to_str().unwrap()), "{complaint}");
}

#[test]
fn completions_are_scripts_for_each_shell() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = home.run(["completions", shell]).ok();
        assert!(script.contains("app-server") && script.contains("after-seq"), "{shell}");
    }
    assert_eq!(home.run(["completions", "no-shell"]).code, Some(2));
}
