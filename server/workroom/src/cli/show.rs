//! `workroom show`

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use workroom_protocol::Method;
use workroom_protocol::methods::Resolve;
use workroom_protocol::resolve::{ResolveFormat, ResolveParams};

use super::local::Local;
use super::place::{Acting, Place};
use super::terminal::{STRONG, plain};
use super::{Outcome, runtime, terminal};

/// Show the context that an agent gets from a link
///
/// The context has the pending approvals and questions, the failures, the results and the latest messages, within a
/// budget.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The link to a workroom, a thread or an event
    link: String,
    /// The budget in tokens, 200 to 100,000
    #[arg(long, value_name = "N", default_value_t = 2000)]
    max_tokens: u32,
    /// Print the result of `workroom/resolve` as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acting: Acting,
}

impl Show {
    pub(super) fn run(self, place: &Place) -> Outcome {
        let format = if self.json { ResolveFormat::Both } else { ResolveFormat::Markdown };
        let params = ResolveParams {
            link: self.link,
            max_tokens: Some(self.max_tokens),
            max_events: None,
            format: Some(format),
        };
        let local = Local::new(place, &self.acting);
        let mut out = terminal::out();
        if self.json {
            let params = serde_json::value::to_raw_value(&params)?;
            let resolved = runtime()?.block_on(local.call(Resolve::NAME, Some(&params)))?;
            terminal::json(&mut out, &resolved, terminal::stdout_is_terminal())?;
        } else {
            let resolved = runtime()?.block_on(local.ask::<Resolve>(&params))?;
            print(&mut out, resolved.markdown.as_deref().unwrap_or_default())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints Markdown unchanged, with its headings emphasized.
pub(super) fn print(out: &mut impl Write, markdown: &str) -> std::io::Result<()> {
    for line in plain(markdown).lines() {
        match line.starts_with('#') {
            true => writeln!(out, "{STRONG}{line}{STRONG:#}")?,
            false => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}
