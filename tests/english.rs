//! Phrases that hide what a sentence means do not come back into help texts, messages, comments and docs.
//!
//! The list has phrases, and single words only where they are never right: `tell` and `stand` have good uses.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Home, repository};

/// Phrases to avoid, and what to write instead.
const PHRASES: &[(&str, &str)] = &[
    ("ask leave", "ask for permission"),
    ("asks leave", "asks for permission"),
    ("ask for leave", "ask for permission"),
    ("asks for leave", "asks for permission"),
    ("asked for leave", "asked for permission"),
    ("your leave", "your permission"),
    ("gives leave", "gives permission"),
    ("is told", "receives, sees"),
    ("are told", "receive, see"),
    ("was told", "received, saw"),
    ("were told", "received, saw"),
    ("be told", "receive, be shown, be distinguished"),
    ("told of", "notified about"),
    ("tells of", "reports"),
    ("what waits", "the pending items"),
    ("waits for you", "is pending"),
    ("the person at this machine", "the local user"),
    ("anew", "again; \"made anew\" is \"rebuilt\""),
    ("take note", "record"),
    ("takes note", "records"),
    ("takes in", "accepts, reads"),
    ("dealt with", "handled, resolved"),
    ("goes on", "continues"),
    ("went on", "continued"),
    ("gets to know", "learns"),
    ("whoever", "the person, agent or client that"),
    ("whomever", "the person, agent or client that"),
    ("not understood", "not valid"),
    ("for ever", "forever, final"),
    ("of theirs", "their"),
    ("is done with", "marked as done, finished"),
    ("what became of", "the result of"),
    ("how it stands", "the current state"),
    ("put off", "snoozed, delayed"),
    ("set aside", "dismissed"),
    ("bears a token", "has a token"),
    ("comes with a token", "has a token, uses a token"),
    ("for they", "because they"),
];

/// Folders and files of which every text is read.
const ROOTS: &[&str] = &[
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs",
    "schema/methods.md",
    "protocol/src",
    "server",
    "clients/ts/README.md",
    "clients/ts/src",
];

/// This file, which has to name the phrases.
const THIS: &str = "tests/english.rs";

const EXTENSIONS: [&str; 3] = ["rs", "md", "ts"];

/// A text without the marks of comments and the line breaks inside sentences, and where its lines begin.
#[derive(Default)]
struct Prose {
    text: String,
    starts: Vec<usize>,
}

impl Prose {
    /// Every line counts, except code blocks in Markdown: other tests compare those with what the server writes.
    fn of(text: &str, is_markdown: bool) -> Self {
        let mut prose = Self::default();
        let mut in_code = false;
        for line in text.lines() {
            prose.starts.push(prose.text.len());
            let line = line.trim();
            let is_fence = is_markdown && line.starts_with("```");
            in_code ^= is_fence;
            if is_fence || in_code {
                continue;
            }
            let line = line.trim_start_matches(['/', '!', '*', '#', '>']).trim_end_matches('\\').trim();
            prose.text.push_str(&line.to_lowercase());
            prose.text.push(' ');
        }
        prose
    }

    /// The numbers of the lines in which `phrase` begins.
    fn lines_with(&self, phrase: &str) -> impl Iterator<Item = usize> {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        self.text.match_indices(phrase).filter_map(move |(at, _)| {
            let (before, after) = (&self.text[..at], &self.text[at + phrase.len()..]);
            let is_part = before.ends_with(is_word) || after.starts_with(is_word);
            (!is_part).then(|| self.starts.partition_point(|start| *start <= at))
        })
    }
}

/// Every phrase in a text, with the place and what to write instead.
fn findings(place: &str, text: &str) -> Vec<String> {
    let prose = Prose::of(text, place.ends_with(".md"));
    let mut found: Vec<_> = PHRASES
        .iter()
        .flat_map(|(phrase, instead)| {
            let lines = prose.lines_with(phrase);
            lines.map(move |line| format!("{place}:{line}: \"{phrase}\": write {instead}"))
        })
        .collect();
    let begins_with_the_same = |line: &str| {
        let comment = line.trim().strip_prefix("/// ").or_else(|| line.trim().strip_prefix("/** "));
        comment.is_some_and(|text| text.starts_with("The same for ") || text.starts_with("The same as "))
    };
    for (index, _) in text.lines().enumerate().filter(|(_, line)| begins_with_the_same(line)) {
        found.push(format!("{place}:{}: \"The same\": write what it does", index + 1));
    }
    found
}

/// The files of a folder, or the file itself. Build products and packages of others are none.
fn files(path: PathBuf) -> Vec<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_owned();
    if path.is_file() {
        return vec![path];
    }
    if ["target", "node_modules", "snapshots"].iter().any(|skipped| name == *skipped) {
        return Vec::new();
    }
    let mut entries: Vec<_> =
        fs::read_dir(&path).expect("a folder").map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries.into_iter().flat_map(files).collect()
}

#[test]
fn docs_comments_and_messages_are_in_plain_english() {
    let mut found = Vec::new();
    let mut count = 0;
    for file in ROOTS.iter().flat_map(|root| files(repository().join(root))) {
        let path = file.strip_prefix(repository()).unwrap();
        let has_text = path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|e| extension == *e));
        if has_text && path != Path::new(THIS) {
            count += 1;
            found.extend(findings(path.to_str().unwrap(), &fs::read_to_string(&file).unwrap()));
        }
    }
    assert!(count > 100, "only {count} files were read");
    assert!(found.is_empty(), "{} phrases to replace:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_help_of_every_command_is_in_plain_english() {
    let home = Home::new();
    let mut commands = vec![Vec::<String>::new()];
    let mut found = Vec::new();
    let mut count = 0;
    while let Some(command) = commands.pop() {
        let words = command.iter().map(String::as_str);
        let help = home.run(words.chain(["--help"])).ok();
        count += 1;
        found.extend(findings(&format!("workroom {} --help", command.join(" ")), &help));
        let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        for line in list.take_while(|line| !line.is_empty()) {
            // A wrapped description is indented further than the names.
            let name = line.strip_prefix("  ").filter(|line| !line.starts_with(' '));
            let name = name.and_then(|line| line.split_whitespace().next()).filter(|name| *name != "help");
            commands.extend(name.map(|name| [&command[..], &[name.to_owned()]].concat()));
        }
    }
    assert!(count > 30, "only the help of {count} commands was found");
    assert!(found.is_empty(), "{} phrases to replace:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_phrase_is_found_where_a_line_ends_in_the_middle_of_it_and_not_inside_of_words() {
    let found = findings("a.rs", "fn a() {}\n    /// Work goes\n    /// on here.\n");
    assert_eq!(found, ["a.rs:2: \"goes on\": write continues"]);
    assert_eq!(findings("a.rs", "/// The same for b.\n"), ["a.rs:1: \"The same\": write what it does"]);
    assert!(findings("a.rs", "let cameo = is_toldly;\n// Bananew, goes onto.\n").is_empty());
    assert!(findings("a.md", "```\nwhat waits\n```\n").is_empty());
}
