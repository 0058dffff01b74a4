//! The corpora: secrets of unknown kinds, secrets of the table in context, and harmless texts.

use crate::Redactor;
use crate::sample::expand;
use crate::vendors;

/// The texts of a corpus: one a line, `␤` for a line break, secrets drawn.
fn texts(corpus: &str) -> impl Iterator<Item = String> {
    let lines = corpus.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines.map(|line| expand(line).replace('␤', "\n").replace("␉", "\t"))
}

/// Whether six characters of `secret` are still in `out` that are not in the rest of the text.
fn is_left(out: &str, secret: &str, rest: &str) -> bool {
    let letters: Vec<char> = secret.chars().collect();
    let mut parts = letters.windows(letters.len().min(6)).map(|part| part.iter().collect::<String>());
    parts.any(|part| !part.contains('\n') && out.contains(&part) && !rest.contains(&part))
}

/// The texts of a corpus of whose secret, between « and », a part is still there; and how many texts there are.
fn missed(corpus: &str) -> (Vec<String>, usize) {
    let redactor = Redactor::new([]);
    let mut missed = Vec::new();
    let mut all = 0;
    for text in texts(corpus) {
        let secret = text.split('«').nth(1).and_then(|rest| rest.split('»').next()).unwrap().to_owned();
        let (text, rest) = (text.replace(['«', '»'], ""), text.replace(&secret, ""));
        let out = redactor.text(&text).into_owned();
        all += 1;
        if is_left(&out, &secret, &rest) {
            missed.push(format!("{text} → {out}"));
        }
    }
    (missed, all)
}

#[test]
fn secrets_of_unknown_kinds_are_found() {
    let (missed, all) = missed(include_str!("unknown.txt"));
    println!("{} of {all} found; missed: {missed:#?}", all - missed.len());
    assert!(all >= 60);
    assert!(missed.len() * 100 <= all * 5, "{missed:#?}");
}

#[test]
fn examples_of_the_table_are_found_in_any_sentence() {
    let redactor = Redactor::new([]);
    for row in vendors::rows() {
        let example = expand(row.example);
        for text in [
            format!("see {example} here"),
            example.clone(),
            format!("x=\"{example}\","),
            format!("a\\n{example}\\n"),
        ] {
            let out = redactor.text(&text);
            assert!(!out.contains(&example), "{} {text} → {out}", row.kind);
            assert!(out.contains("[redacted:"), "{out}");
        }
    }
}

/// The texts of a corpus that did not stay as they were; and how many texts there are.
fn alarms(corpus: &str) -> (Vec<String>, usize) {
    let redactor = Redactor::new([]);
    let all = texts(corpus).count();
    let changed = texts(corpus).filter_map(|text| {
        let out = redactor.text(&text).into_owned();
        (out != text).then(|| format!("{text} → {out}"))
    });
    (changed.collect(), all)
}

#[test]
fn harmless_texts_are_left_alone() {
    let (alarms, all) = alarms(include_str!("harmless.txt"));
    assert!(all >= 200, "{all}");
    assert!(alarms.is_empty(), "{} of {all}: {alarms:#?}", alarms.len());
}

#[test]
fn most_secrets_of_a_second_corpus_are_found() {
    let (missed, all) = missed(include_str!("fresh.txt"));
    println!("{} of {all} found; missed: {missed:#?}", all - missed.len());
    assert!(missed.len() * 100 <= all * 15, "{missed:#?}");
}

#[test]
fn a_long_value_is_taken_to_its_end() {
    let redactor = Redactor::new([]);
    for piece in ["password=", "x7Kq", "token: ", "ghp_", "a=b;", "kind: Secret\n"] {
        let text = format!("API_KEY={}{} end", expand("{a40}"), piece.repeat(20_000));
        let out = redactor.text(&text);
        assert!(out.ends_with(" end") && !out.contains(&expand("{a40}")), "{piece}");
    }
    let long = format!("password={} end", expand("{a9000}"));
    assert_eq!(redactor.text(&long), "password=[redacted:password] end");
}

#[test]
fn secrets_of_commands_files_and_sentences_are_found() {
    let (missed, all) = missed(include_str!("commands.txt"));
    println!("{} of {all} found; missed: {missed:#?}", all - missed.len());
    assert!(all >= 600, "{all}");
    assert!(missed.len() * 100 <= all * 2, "{missed:#?}");
}

#[test]
fn paths_names_and_placeholders_stay() {
    let (alarms, all) = alarms(include_str!("stay.txt"));
    assert!(all >= 850, "{all}");
    assert!(alarms.is_empty(), "{} of {all}: {alarms:#?}", alarms.len());
}
