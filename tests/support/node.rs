//! Tests that run in Node.

use std::path::Path;
use std::process::Command;

/// Installs what a folder of the repository needs and runs `npm test` there, against the binary of this build. Without
/// Node it does nothing, and says so; in CI that is a failure.
pub fn npm_test(folder: &str) {
    if Command::new("npm").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "Node and npm are missing, and CI must run {folder}");
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: Node and npm are missing, so {folder} is not tested");
        }
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let install = if folder.join("package-lock.json").exists() { "ci" } else { "install" };
    for arguments in [&[install, "--no-audit", "--no-fund"][..], &["test"]] {
        let mut npm = Command::new("npm");
        npm.args(arguments).current_dir(&folder).env("WORKROOM_BIN", super::workroom());
        let output = npm.output().unwrap();
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "npm {}:\n{stdout}\n{stderr}", arguments.join(" "));
    }
}
