//! `workroom token`

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use unicode_width::UnicodeWidthStr;
use workroom_domain::access;
use workroom_protocol::actor::{ActorKind, Scope};
use workroom_protocol::approver::ApproverSecret;
use workroom_protocol::id::{TokenId, WorkroomId};
use workroom_protocol::member::MemberRole;
use workroom_protocol::methods::{TokenCreate, TokenList, TokenRevoke};
use workroom_protocol::time::Timestamp;
use workroom_protocol::token::{
    Token as Made, TokenCreateParams, TokenListParams, TokenListResponse, TokenRevokeParams,
};

use super::failure::Failure;
use super::local::Local;
use super::place::{Acting, Place};
use super::table::{GAP, ago, pad};
use super::terminal::{BAD, FAINT, GOOD, STRONG, line};
use super::{Outcome, approver, duration, runtime, terminal};

const PAGE: u32 = 200;

/// Create, list and revoke tokens, which give others limited access
///
/// To act as the bearer of a token, start `workroom app-server` with the token's secret in CODEWHALE_RUNTIME_TOKEN.
#[derive(Debug, Subcommand)]
pub(super) enum Token {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

impl Token {
    pub(super) fn run(self, place: &Place) -> Outcome {
        match self {
            Self::Create(command) => command.run(place),
            Self::List(command) => command.run(place),
            Self::Revoke(command) => command.run(place),
        }
    }
}

/// Create a token, and show its secret once
///
/// The secret is printed if stdout is a terminal. Otherwise it is written to the file given with --out, which only you
/// can read. It is stored nowhere else.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  workroom token create --handle codex --kind agent --scope post --out codex.token
  workroom token create --handle bob --kind human --scope approve --workroom wr_… --expires 30d")]
pub(super) struct Create {
    /// The handle that the bearer acts as
    #[arg(long)]
    handle: String,
    /// The kind of actor
    #[arg(long, value_parser = kinds())]
    kind: ActorKind,
    /// What they may do: read, post, approve or admin. Each includes read
    ///
    /// approve and admin need your approver secret, if you have set one, and are refused inside an agent.
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_parser = scopes())]
    scopes: Vec<Scope>,
    /// Limit the token to this workroom, and make the bearer a member of it; can be repeated
    ///
    /// Without it, the token gives access to every workroom that its bearer belongs to, now or later.
    #[arg(long = "workroom", value_name = "ID")]
    workrooms: Vec<String>,
    /// The bearer's role in these workrooms. Default: the lowest role that makes use of the scopes
    #[arg(long, requires = "workrooms", value_parser = roles())]
    role: Option<MemberRole>,
    /// What the token is for
    #[arg(long)]
    label: Option<String>,
    /// How long the token is valid, such as 12h or 30d. Default: until it is revoked
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    expires: Option<std::time::Duration>,
    /// The file for the secret; it must not exist yet
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    acting: Acting,
}

fn kinds() -> impl TypedValueParser<Value = ActorKind> {
    PossibleValuesParser::new(["human", "agent", "bridge"])
        .map(|name| ActorKind::of_name(&name).unwrap_or(ActorKind::Human))
}

fn scopes() -> impl TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::ALL.map(Scope::name))
        .map(|name| Scope::ALL.into_iter().find(|scope| scope.name() == name).unwrap_or(Scope::Read))
}

fn roles() -> impl TypedValueParser<Value = MemberRole> {
    PossibleValuesParser::new(MemberRole::ALL.map(MemberRole::name))
        .map(|name| MemberRole::of_name(&name).unwrap_or(MemberRole::Viewer))
}

impl Create {
    fn run(self, place: &Place) -> Outcome {
        let decides = access::scopes_decide(&self.scopes)
            || self.role.is_some_and(|role| access::may_decide(self.kind, role));
        // Anybody who reads the secret of such a token can decide with it.
        if let Some(host) = workroom_processes::agent().filter(|_| decides && !terminal::stdin_is_terminal())
        {
            return Err(Failure::message(inside_agent(host)));
        }
        // This is checked before a token is created: a token whose secret nobody has is useless.
        let mut file = match &self.out {
            Some(path) => Some(private_file(path)?),
            None if terminal::stdout_is_terminal() => None,
            None => {
                let message = "stdout is not a terminal, so the secret could end up in a log: use --out to write it to a file";
                return Err(Failure::message(message));
            }
        };
        let local = Local::new(place, &self.acting);
        let runtime = runtime()?;
        let made =
            approver::with_secret("make the token", |secret| runtime.block_on(self.make(&local, secret)));
        let told = made.and_then(|(token, secret)| {
            let told = match &mut file {
                Some(file) => writeln!(file, "{secret}").and_then(|()| file.sync_all()),
                None => writeln!(terminal::out(), "{secret}"),
            };
            told.map(|()| token.token_id.clone()).map_err(|error| {
                // Nobody has the secret, so nobody can use the token.
                let revoke = TokenRevokeParams { token_id: token.token_id };
                let _ = runtime.block_on(local.ask::<TokenRevoke>(&revoke));
                Failure::from(error)
            })
        });
        if told.is_err()
            && let Some(path) = &self.out
        {
            // This command created the token, and its secret cannot be used by anybody.
            let _ = std::fs::remove_file(path);
        }
        let token = told?;
        let mut err = terminal::err();
        match &self.out {
            Some(path) => {
                writeln!(err, "The secret is in {}. It is stored nowhere else.", terminal::path(path))?
            }
            None => writeln!(err, "The secret is shown once and stored nowhere.")?,
        }
        writeln!(err, "{FAINT}To revoke it, run{FAINT:#} workroom token revoke {token}")?;
        Ok(ExitCode::SUCCESS)
    }

    async fn make(
        &self,
        local: &Local,
        approver_secret: Option<ApproverSecret>,
    ) -> Result<(Made, String), Failure> {
        let expires_at = self.expires.map(|expires| Timestamp::from(super::now() + expires));
        let workrooms: Vec<_> = self.workrooms.iter().cloned().map(WorkroomId).collect();
        let params = TokenCreateParams {
            handle: self.handle.clone(),
            kind: self.kind,
            scopes: self.scopes.clone(),
            workrooms: (!workrooms.is_empty()).then_some(workrooms),
            role: self.role,
            label: self.label.clone(),
            expires_at,
            approver_secret,
            idempotency_key: None,
        };
        let made = local.ask::<TokenCreate>(&params).await?;
        let secret = made.secret.ok_or_else(|| Failure::message("the response has no secret"))?;
        Ok((made.token, secret))
    }
}

/// The message that nobody is given the right to decide here, and what to do instead.
pub(super) fn inside_agent(host: &str) -> String {
    format!(
        "this command runs inside the agent {host}, which must not give anybody the right to decide or manage: run it \
         in a terminal of your own"
    )
}

/// Creates a file that only its owner can read.
fn private_file(path: &Path) -> Result<File, Failure> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| Failure::message(format!("{}: {error}", terminal::path(path))))
}

/// List tokens, newest first
#[derive(Debug, Args)]
pub(super) struct List {
    /// Include revoked and expired tokens
    #[arg(long)]
    all: bool,
    /// Print the result of `token/list` as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    acting: Acting,
}

impl List {
    fn run(self, place: &Place) -> Outcome {
        let local = Local::new(place, &self.acting);
        let tokens = runtime()?.block_on(read_all(&local, self.all))?;
        let mut out = terminal::out();
        if self.json {
            let list = TokenListResponse { tokens, next_cursor: None };
            terminal::json(&mut out, &list, terminal::stdout_is_terminal())?;
        } else if tokens.is_empty() {
            writeln!(
                terminal::err(),
                "No tokens. `workroom token create --help` explains how to create one."
            )?;
        } else {
            print(&mut out, &tokens)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn read_all(local: &Local, include_ended: bool) -> Result<Vec<Made>, Failure> {
    let mut params = TokenListParams { include_ended, limit: Some(PAGE), cursor: None };
    let mut tokens = Vec::new();
    loop {
        let page = local.ask::<TokenList>(&params).await?;
        tokens.extend(page.tokens);
        params.cursor = page.next_cursor;
        if params.cursor.is_none() {
            return Ok(tokens);
        }
    }
}

fn print(out: &mut impl Write, tokens: &[Made]) -> std::io::Result<()> {
    let now = super::now().timestamp_millis();
    let rows: Vec<[String; 5]> = tokens
        .iter()
        .map(|token| {
            let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.name()).collect();
            let rooms = match token.workrooms.as_deref() {
                None => "all workrooms of the bearer".into(),
                Some([one]) => one.to_string(),
                Some(some) => format!("{} workrooms", some.len()),
            };
            let used = token.last_used_at.map(|at| {
                ago(now - at.millis())
                    .map_or_else(|| format!("used {}", &at.to_string()[..10]), |ago| format!("used {ago}"))
            });
            [
                line(&format!("{} ({})", token.handle, token.kind.name())).into_owned(),
                scopes.join(","),
                rooms,
                used.unwrap_or_else(|| "never used".into()),
                token.label.as_deref().map(|label| line(label).into_owned()).unwrap_or_default(),
            ]
        })
        .collect();
    let widths: Vec<usize> =
        (0..5).map(|cell| rows.iter().map(|row| row[cell].width()).max().unwrap_or(0)).collect();
    for (token, row) in tokens.iter().zip(&rows) {
        let (style, state) = state(token, now);
        write!(out, "{FAINT}{}{FAINT:#}{GAP}", token.token_id)?;
        write!(out, "{STRONG}{}{STRONG:#}{}{GAP}", row[0], pad(&row[0], widths[0]))?;
        for cell in 1..5 {
            write!(out, "{}{}{GAP}", row[cell], pad(&row[cell], widths[cell]))?;
        }
        writeln!(out, "{style}{state}{style:#}")?;
    }
    Ok(())
}

fn state(token: &Made, now: i64) -> (anstyle::Style, String) {
    match (token.revoked_at, token.expires_at) {
        (Some(_), _) => (BAD, "revoked".into()),
        (None, Some(at)) if at.millis() <= now => (BAD, "expired".into()),
        (None, Some(at)) => (GOOD, format!("until {}", &at.to_string()[..10])),
        (None, None) => (GOOD, "good".into()),
    }
}

/// Revoke a token immediately, and end every subscription made with it
#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// The token's id, tok_…
    token_id: String,
    #[command(flatten)]
    acting: Acting,
}

impl Revoke {
    fn run(self, place: &Place) -> Outcome {
        let params = TokenRevokeParams { token_id: TokenId(self.token_id) };
        let local = Local::new(place, &self.acting);
        let token = runtime()?.block_on(local.ask::<TokenRevoke>(&params))?;
        let who = line(&token.handle).into_owned();
        writeln!(terminal::err(), "Revoked {} of {who}.", token.token_id)?;
        Ok(ExitCode::SUCCESS)
    }
}
