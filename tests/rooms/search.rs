//! `search/query`: full text in Latin and in scripts without spaces.

use serde_json::{Value, json};
use workroom_protocol::ErrorKind;
use workroom_protocol::methods::{SearchQuery, ThreadUpdate, WorkroomUpdate};
use workroom_protocol::search::{SearchHit, TextRange};

use crate::support::{Home, Server};

fn search(server: &mut Server, query: &str) -> Vec<SearchHit> {
    let found = server.call::<SearchQuery>(json!({"query": query}));
    assert_eq!(found.next_cursor, None);
    found.hits
}

/// The parts of a hit's snippet that are marked as matches.
fn matches(hit: &SearchHit) -> Vec<String> {
    let units: Vec<u16> = hit.snippet.encode_utf16().collect();
    let part =
        |range: &TextRange| String::from_utf16(&units[range.start as usize..range.end as usize]).unwrap();
    hit.matches.iter().map(part).collect()
}

/// Whether `query` finds `text`, and the matching parts if it does.
#[track_caller]
fn check(server: &mut Server, text: &str, finds: &[(&str, &[&str])], misses: &[&str]) {
    let (_, thread) = server.thread();
    let event = server.say(&thread, text);
    for (query, parts) in finds {
        let hits = search(server, query);
        let hit = hits.iter().find(|hit| event["id"] == *hit.event_id.0);
        let hit = hit.unwrap_or_else(|| panic!("{query:?} does not find {text:?}"));
        assert_eq!(matches(hit), *parts, "{query:?} in {text:?}");
    }
    for query in misses {
        let hits = search(server, query);
        assert!(hits.iter().all(|hit| event["id"] != *hit.event_id.0), "{query:?} finds {text:?}");
    }
}

#[test]
fn words_prefixes_and_phrases_are_found() {
    let home = Home::new();
    let mut server = home.server();
    check(
        &mut server,
        "The Parser fails on nested quotes",
        &[
            ("parser", &["Parser"]),
            ("PARS", &["Parser"]),
            ("quotes parser", &["Parser", "quotes"]),
            ("\"nested quotes\"", &["nested quotes"]),
            ("\"fails on\" pars", &["Parser", "fails on"]),
            ("on", &["on"]),
        ],
        &["arser", "parser missing", "\"quotes nested\"", "\"nested quote\""],
    );
    check(&mut server, "see src/parser_v2.rs:120", &[("parser_v2.rs", &["parser_v2.rs"])], &["parser_v3.rs"]);
}

#[test]
fn diacritics_and_case_do_not_matter() {
    let home = Home::new();
    let mut server = home.server();
    check(
        &mut server,
        "Naïve Ärger, café, Łódź, cafe\u{301}",
        &[("naive", &["Naïve"]), ("ÄRGER", &["Ärger"]), ("arger", &["Ärger"])],
        &["cafes"],
    );
    let (_, thread) = server.thread();
    server.say(&thread, "resume and nothing else");
    assert_eq!(search(&mut server, "résumé").len(), 1);
}

#[test]
fn chinese_is_found_by_any_of_its_characters() {
    let home = Home::new();
    let mut server = home.server();
    check(
        &mut server,
        "我们今天修复了登录页面的错误",
        &[
            ("修", &["修"]),
            ("修复", &["修复"]),
            ("登录页面", &["登录页面"]),
            ("错误 今天", &["今天", "错误"]),
        ],
        &["复修", "修了", "\"今天登录\""],
    );
    check(&mut server, "𠮷野家で会う", &[("𠮷", &["𠮷"]), ("𠮷野", &["𠮷野"])], &["野𠮷"]);
}

#[test]
fn japanese_is_found_in_all_its_scripts() {
    let home = Home::new();
    let mut server = home.server();
    check(
        &mut server,
        "パーサーのエラーを直しました。次はテスト",
        &[
            ("パーサー", &["パーサー"]),
            ("エラー", &["エラー"]),
            ("直し", &["直し"]),
            ("を", &["を"]),
            ("テスト 直", &["直", "テスト"]),
        ],
        &["サパ", "テスタ"],
    );
}

#[test]
fn korean_is_found_by_any_of_its_syllables() {
    let home = Home::new();
    let mut server = home.server();
    check(
        &mut server,
        "로그인 오류를 수정했습니다",
        &[("로그인", &["로그인"]), ("오류", &["오류"]), ("수정", &["수정"]), ("류", &["류"])],
        &["그로", "정수"],
    );
}

#[test]
fn compatibility_forms_and_ordinary_forms_find_each_other() {
    let home = Home::new();
    let mut server = home.server();
    // The snippet shows the ordinary form.
    for (form, ordinary) in [
        ("ＡＢＣ", "ABC"),
        ("１２３", "123"),
        ("ｶﾀｶﾅ", "カタカナ"),
        ("ﾊﾟｰｻｰ", "パーサー"),
        ("ﬁle", "file"),
        ("\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}", "한글"),
        ("か\u{3099}", "が"),
    ] {
        let finds: &[(&str, &[&str])] = &[(form, &[ordinary]), (ordinary, &[ordinary])];
        check(&mut server, &format!("🐳 ﬃ {form} after"), finds, &[]);
        check(&mut server, &format!("🐳 ﬃ {ordinary} after"), finds, &[]);
    }
    check(&mut server, "one ﬁle here", &[("＂one file＂", &["one file"])], &["＂file one＂"]);
}

#[test]
fn mixed_scripts_are_found_together() {
    let home = Home::new();
    let mut server = home.server();
    check(
        &mut server,
        "修复bug并更新README文件",
        &[
            ("bug", &["bug"]),
            ("修复bug", &["修复bug"]),
            ("readme", &["README"]),
            ("更新 READ", &["更新", "README"]),
        ],
        &["bug修复"],
    );
}

#[test]
fn a_snippet_shows_the_match_and_its_position() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let text = format!("{} 🐳 needle 修复 {}", "before ".repeat(300), "after ".repeat(300));
    server.say(&thread, &text);
    for (query, part) in [("needle", "needle"), ("修复", "修复"), ("🐳 needle", "needle")] {
        let hit = search(&mut server, query).remove(0);
        assert_eq!(matches(&hit), [part], "{query}");
        let snippet = &hit.snippet;
        assert!(snippet.chars().count() <= 200, "{snippet}");
        assert!(snippet.starts_with('…') && snippet.ends_with('…'), "{snippet}");
    }
}

#[test]
fn control_characters_do_not_move_the_matches() {
    let home = Home::new();
    let mut server = home.server();
    let text = "\u{2}a\u{3}\u{1f}b \u{2}\u{2}needle\u{3} line\r\nneedle\u{0}x";
    let (_, thread) = server.thread();
    server.say(&thread, text);
    let hit = search(&mut server, "needle").remove(0);
    assert_eq!(matches(&hit), ["needle", "needle"]);
    assert!(!hit.snippet.contains(char::is_control), "{hit:?}");
}

#[test]
fn a_hit_has_its_place_and_its_actor() {
    let home = Home::new();
    let mut agent = home.agent("anthropic", "claude", "bot");
    let (room, thread) = agent.thread();
    let event = agent.say(&thread, "a needle");
    let hit = search(&mut agent, "needle").remove(0);
    let id = event["id"].as_str().unwrap();
    assert_eq!(hit.link, format!("codewhale://workroom/{room}/thread/{thread}/event/{id}"));
    assert_eq!((&*hit.workroom_title, hit.thread_title.as_deref()), ("Room", Some("Thread")));
    let hit = serde_json::to_value(hit).unwrap();
    for field in ["seq", "actor", "agent", "timestamp", "workroom_id", "thread_id"] {
        assert_eq!(hit[field], event[field], "{field}");
    }
}

#[test]
fn every_kind_with_text_is_found() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    for kind in [
        json!({"event": "message", "content": "needle"}),
        json!({"event": "mention", "mentioned_user": "needle"}),
        json!({"event": "tool_call", "tool_name": "needle", "summary": "x"}),
        json!({"event": "tool_result", "tool_name": "x", "success": true, "summary": "needle"}),
        json!({"event": "approval_request", "tool_name": "x", "summary": "needle"}),
        json!({"event": "artifact_linked", "path": "needle.txt", "kind": "log"}),
        json!({"event": "receipt", "summary": "needle"}),
        json!({"event": "failure", "error": "needle"}),
        json!({"event": "needs_human", "reason": "needle"}),
        json!({"event": "worker_started", "summary": "needle"}),
    ] {
        server.append(&thread, kind);
    }
    server.call::<ThreadUpdate>(json!({"thread_id": thread, "title": "needle"}));
    server.call::<WorkroomUpdate>(json!({"workroom_id": room, "title": "needle"}));
    let kinds: Vec<_> = search(&mut server, "needle").into_iter().map(|hit| hit.kind).collect();
    let newest_first = [
        "workroom_updated",
        "thread_updated",
        "worker_started",
        "needs_human",
        "failure",
        "receipt",
        "artifact_linked",
        "approval_request",
        "tool_result",
        "tool_call",
        "mention",
        "message",
    ];
    assert_eq!(kinds, newest_first);
}

#[test]
fn hits_are_limited_to_the_requested_room_and_kinds() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let (_, other) = server.thread();
    let message = server.say(&thread, "needle")["seq"].clone();
    let failure = server.append(&thread, json!({"event": "failure", "error": "needle"}))["seq"].clone();
    let elsewhere = server.say(&other, "needle")["seq"].clone();
    let mut check = |params: Value, expected: &[&Value]| {
        let mut params = params;
        params["query"] = json!("needle");
        let found = server.ok("search/query", params.clone());
        let seqs: Vec<_> = found["hits"].as_array().unwrap().iter().map(|hit| &hit["seq"]).collect();
        assert_eq!(seqs, expected, "{params}");
    };
    check(json!({}), &[&elsewhere, &failure, &message]);
    check(json!({"workroom_id": room}), &[&failure, &message]);
    check(json!({"kinds": ["message"]}), &[&elsewhere, &message]);
    check(json!({"kinds": ["failure", "receipt"], "workroom_id": room}), &[&failure]);
    check(json!({"kinds": []}), &[]);
    let params = json!({"query": "needle", "workroom_id": "wr_0"});
    assert_eq!(server.refused::<SearchQuery>(params), ErrorKind::NotFound);
}

#[test]
fn pages_hold_every_hit_once_while_others_write() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let (_, other) = server.thread();
    for number in 0..6 {
        server.say(&thread, &format!("needle {number}"));
        server.say(&other, "needle elsewhere");
    }
    for limit in 1..=7 {
        let (mut seen, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let params = json!({"query": "needle", "workroom_id": room, "limit": limit, "cursor": cursor});
            let page = server.ok("search/query", params);
            let hits = page["hits"].as_array().unwrap();
            assert!(!hits.is_empty());
            seen.extend(hits.iter().filter_map(|hit| hit["snippet"].as_str()).map(str::to_owned));
            cursor = page["next_cursor"].clone();
            if cursor.is_null() {
                break;
            }
            assert_eq!(hits.len(), limit, "a page before the last is full");
            server.say(&other, "needle meanwhile");
        }
        assert_eq!(seen, ["needle 5", "needle 4", "needle 3", "needle 2", "needle 1", "needle 0"]);
    }
}

#[test]
fn no_query_causes_an_internal_error() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    server.say(&thread, "text: a AND b OR (c) NOT d NEAR/2 e* ^f \"g\" 修复");
    let long_word = "x".repeat(1000);
    let many_words = "a ".repeat(500);
    let many_quotes = "\"a".repeat(500);
    for query in [
        "",
        " ",
        "*",
        "**",
        "\"",
        "\"\"",
        "\"\"\"",
        "\" \"",
        "a\"",
        "\"a",
        "a\"b\"c\"",
        "AND",
        "OR",
        "NOT",
        "a AND",
        "AND a",
        "NOT a",
        "a NOT b",
        "NEAR",
        "NEAR(a b)",
        "NEAR(",
        "a NEAR/2 b",
        "text:a",
        "text :a",
        "-text:a",
        "{text}:a",
        "^a",
        "a^",
        "a*",
        "*a",
        "a**",
        "(",
        ")",
        "()",
        "(a",
        "a)",
        "a + b",
        "+",
        "a+b",
        "{",
        "}",
        "[a]",
        "'",
        "''",
        "a'b",
        ";",
        "--",
        "/* a */",
        "a;DROP TABLE search",
        "\\",
        "\\\"",
        "\0",
        "a\0b",
        "\"a\0b\"",
        "\u{1f}",
        "\u{2}\u{3}",
        "\u{2}a\u{3}",
        "\u{feff}",
        "\u{202e}a",
        "Ⓐ",
        "½",
        "²",
        "\u{345}",
        "e\u{301}",
        "🐳",
        "🐳🐳",
        "👩\u{200d}💻",
        "修*",
        "*修",
        "\"修",
        "修\"复",
        "。",
        "ー",
        "・",
        "ﾞ",
        "ก",
        "ำ",
        "\u{10ffff}",
        "\u{e000}",
        "rank",
        "search",
        "rowid:1",
        "%",
        "_",
        "a_b",
        "1e400",
        "-1",
        "٣",
        "۴",
        long_word.as_str(),
        many_words.as_str(),
        many_quotes.as_str(),
    ] {
        let id = server.send("search/query", json!({"query": query}));
        let answer = server.answer(id);
        let refused = answer["error"]["code"] == -32602 && answer["error"]["data"]["path"] == "query";
        assert!(refused || answer["result"]["hits"].is_array(), "{query:?}: {answer}");
    }
    assert_eq!(server.misfit("search/query", json!({"query": "x".repeat(1001)})), "query");
}

#[test]
fn index_operators_in_a_query_are_ordinary_words() {
    let home = Home::new();
    let mut server = home.server();
    check(
        &mut server,
        "text AND b OR c NOT d NEAR e rank",
        &[
            ("AND", &["AND"]),
            ("NOT d", &["NOT", "d"]),
            ("\"OR c\"", &["OR c"]),
            ("NEAR(e", &["NEAR e"]),
            ("rank", &["rank"]),
        ],
        &["text:zzz", "b NOT zzz", "zzz OR b"],
    );
}
