//! Where agents keep their transcripts.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::Value;
use workroom_protocol::Timestamp;

use super::lines::Lines;
use super::{millis, text, time};
use crate::agent::Agent;
use crate::install::config_file;

// The first lines of a transcript name its session, its folder and its time. A transcript in which they do not is used
// without them.
const HEAD_LINES: usize = 50;
const HEAD_BYTES: u64 = 1024 * 1024;
// The last lines have the time of the last activity; otherwise the time of the file is used.
const TAIL_BYTES: u64 = 64 * 1024;
// Codex has a folder for the year, the month and the day.
const MAX_DEPTH: usize = 4;

/// A session of which there is a transcript.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// The agent's own id.
    pub id: String,
    /// The transcript.
    pub path: PathBuf,
    /// The agent's working folder.
    pub folder: Option<String>,
    /// The branch of the folder.
    pub branch: Option<String>,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When something last happened in it.
    pub updated: Option<Timestamp>,
    /// Its subagents, in the order in which they started.
    pub subagents: Vec<Subagent>,
}

/// A subagent with a transcript of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Subagent {
    /// The agent's own id.
    pub id: String,
    /// The agent's own word for its kind.
    pub kind: String,
    /// The transcript.
    pub path: PathBuf,
    /// When it started.
    pub started: Option<Timestamp>,
}

/// Returns the folder in which the agent keeps its transcripts. `variable` reads the environment.
pub fn folder_of_transcripts(
    agent: Agent,
    home: &Path,
    variable: impl Fn(&str) -> Option<PathBuf>,
) -> PathBuf {
    if agent == Agent::Opencode {
        let data = variable("XDG_DATA_HOME").filter(|folder| !folder.as_os_str().is_empty());
        return data.unwrap_or_else(|| home.join(".local").join("share")).join("opencode");
    }
    let folder = config_file(agent, home, variable).folder;
    folder.join(match agent {
        Agent::Claude | Agent::Qwen => "projects",
        Agent::Codex => "sessions",
        Agent::Copilot => "session-state",
        Agent::Gemini | Agent::Opencode => "tmp",
    })
}

/// Returns the sessions in the agent's folder of transcripts, oldest first. opencode has no files for them.
pub fn sessions(agent: Agent, folder: &Path) -> Vec<Session> {
    let mut files = Vec::new();
    match agent {
        Agent::Claude => entries(folder).iter().for_each(|project| files.extend(transcripts(project))),
        Agent::Codex => below(folder, 0, &mut files),
        Agent::Copilot => files.extend(entries(folder).iter().map(|session| session.join("events.jsonl"))),
        Agent::Gemini | Agent::Qwen => {
            entries(folder).iter().for_each(|project| files.extend(transcripts(&project.join("chats"))));
        }
        Agent::Opencode => {}
    }
    let (mut found, mut children) = (Vec::new(), Vec::new());
    for path in files {
        let Ok(head) = Head::read(&path) else { continue };
        match (&head.parent, &head.id) {
            (Some(parent), Some(id)) => {
                let kind = head.kind.clone().unwrap_or_default();
                let subagent = Subagent { id: id.clone(), kind, path, started: head.started };
                children.push((parent.clone(), subagent));
            }
            _ if !head.is_main => {}
            _ => found.push(session(agent, path, head)),
        }
    }
    for (parent, subagent) in children {
        if let Some(session) = found.iter_mut().find(|session| session.id == parent) {
            session.subagents.push(subagent);
        }
    }
    for session in &mut found {
        session.subagents.sort_by_key(|subagent| subagent.started);
    }
    found.sort_by_key(|session| session.started);
    found
}

/// A session that `opencode export` has written to a file.
pub fn session_of_opencode(path: PathBuf, info: &Value) -> Option<Session> {
    Some(Session {
        id: text(info, "/id")?.to_owned(),
        path,
        folder: text(info, "/directory").map(str::to_owned),
        branch: None,
        started: millis(info, "/time/created"),
        updated: millis(info, "/time/updated"),
        subagents: Vec::new(),
    })
}

fn session(agent: Agent, path: PathBuf, head: Head) -> Session {
    let named = match agent {
        Agent::Copilot => path.parent().and_then(Path::file_name),
        _ => path.file_stem(),
    };
    let named = named.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let project_root = || {
        let project = path.parent()?.parent()?;
        Some(fs::read_to_string(project.join(".project_root")).ok()?.trim().to_owned())
    };
    let folder = match agent {
        Agent::Gemini => head.folder.or_else(project_root),
        _ => head.folder,
    };
    Session {
        // A session that continues another one begins with lines of that one.
        id: if agent == Agent::Claude { named } else { head.id.unwrap_or(named) },
        folder,
        branch: head.branch,
        started: head.started,
        updated: last_time(&path).or(head.started),
        subagents: if agent == Agent::Claude { subagents(&path) } else { Vec::new() },
        path,
    }
}

/// The subagents of a session of Claude Code.
fn subagents(transcript: &Path) -> Vec<Subagent> {
    let files = transcripts(&transcript.with_extension("").join("subagents"));
    let subagent = |path: PathBuf| {
        let head = Head::read(&path).ok()?;
        let name = path.file_stem()?.to_string_lossy();
        let id = head.agent.unwrap_or_else(|| name.trim_start_matches("agent-").to_owned());
        Some(Subagent { id, kind: head.kind.unwrap_or_default(), started: head.started, path })
    };
    files.into_iter().filter_map(subagent).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = read.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

fn transcripts(folder: &Path) -> Vec<PathBuf> {
    let is_transcript = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "jsonl");
    entries(folder).into_iter().filter(is_transcript).collect()
}

fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    files.extend(transcripts(folder));
    if depth < MAX_DEPTH {
        entries(folder).iter().filter(|path| path.is_dir()).for_each(|path| below(path, depth + 1, files));
    }
}

/// What the first lines of a transcript say.
#[derive(Debug)]
struct Head {
    id: Option<String>,
    folder: Option<String>,
    branch: Option<String>,
    started: Option<Timestamp>,
    parent: Option<String>,
    agent: Option<String>,
    kind: Option<String>,
    is_main: bool,
}

impl Head {
    fn read(path: &Path) -> io::Result<Self> {
        let mut head = Self {
            id: None,
            folder: None,
            branch: None,
            started: None,
            parent: None,
            agent: None,
            kind: None,
            is_main: true,
        };
        let mut lines = Lines::new(BufReader::new(File::open(path)?.take(HEAD_BYTES)));
        for _ in 0..HEAD_LINES {
            let Some((_, record)) = lines.next_record()? else { break };
            let first = |paths: &[&str]| paths.iter().find_map(|path| text(&record, path)).map(str::to_owned);
            let keep =
                |kept: &mut Option<String>, paths: &[&str]| *kept = kept.take().or_else(|| first(paths));
            keep(&mut head.id, &["/sessionId", "/payload/id", "/data/sessionId"]);
            keep(&mut head.folder, &["/cwd", "/payload/cwd", "/data/context/cwd"]);
            keep(&mut head.branch, &["/gitBranch", "/payload/git/branch", "/data/context/branch"]);
            keep(&mut head.parent, &["/payload/source/subagent/thread_spawn/parent_thread_id"]);
            keep(&mut head.agent, &["/agentId"]);
            let kinds = ["/attributionAgent", "/payload/source/subagent/thread_spawn/agent_role"];
            keep(&mut head.kind, &kinds);
            let times = ["/timestamp", "/startTime"];
            head.started = head.started.or_else(|| times.iter().find_map(|path| time(&record, path)));
            let is_main = text(&record, "/kind").is_none_or(|kind| kind == "main");
            head.is_main &= is_main && record.pointer("/payload/source/subagent").is_none();
        }
        Ok(head)
    }
}

/// The time of the last line that has one, or of the file.
fn last_time(path: &Path) -> Option<Timestamp> {
    let mut file = File::open(path).ok()?;
    let metadata = file.metadata().ok()?;
    file.seek(SeekFrom::Start(metadata.len().saturating_sub(TAIL_BYTES))).ok()?;
    let mut lines = Lines::new(BufReader::new(file.take(TAIL_BYTES)));
    let mut last = None;
    while let Ok(Some((_, record))) = lines.next_record() {
        let paths = ["/timestamp", "/$set/lastUpdated"];
        last = paths.iter().find_map(|path| time(&record, path)).max(last);
    }
    last.or_else(|| {
        let since = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok().map(Timestamp::from_millis)
    })
}
