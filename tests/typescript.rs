//! The TypeScript client against the binary of this build: `npm ci && npm test` in `clients/ts`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use std::path::Path;
use std::process::Command;

#[test]
fn the_typescript_client_passes_its_tests() {
    if Command::new("npm").arg("--version").output().is_err() {
        assert!(
            std::env::var_os("CI").is_none(),
            "Node and npm are missing, and CI must test the TypeScript client"
        );
        eprintln!("skipped: Node and npm are missing, so the TypeScript client is not tested");
        return;
    }
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients/ts");
    for arguments in [&["ci", "--no-audit", "--no-fund"][..], &["test"]] {
        let mut npm = Command::new("npm");
        npm.args(arguments).current_dir(&client).env("WORKROOM_BIN", env!("CARGO_BIN_EXE_workroom"));
        let output = npm.output().unwrap();
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "npm {}:\n{stdout}\n{stderr}", arguments.join(" "));
    }
}
