//! What one agent hands over reaches the next agent completely.

use serde_json::json;

use crate::mcp::Host;
use crate::support::Home;

fn text(chars: usize) -> String {
    let words = (0..).map(|number| format!("word{number}"));
    let mut text = String::new();
    for word in words {
        text.push_str(&word);
        text.push(' ');
        if text.len() > chars {
            return text.trim_end().to_owned() + " THE END";
        }
    }
    unreachable!()
}

#[test]
fn a_receipt_appears_once_and_in_full() {
    let home = Home::new();
    let mut host = Host::new(&home);
    for (chars, max_tokens) in [(400, None), (1_700, None), (8_000, Some(4_000)), (200_000, Some(80_000))] {
        let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
        let receipt = text(chars);
        host.tool("post_update", json!({"thread": thread, "type": "receipt", "text": receipt}));
        let opened = host.text("resolve_workroom_link", json!({"link": thread, "max_tokens": max_tokens}));
        assert_eq!(opened.matches(&receipt).count(), 1, "{chars}: {opened}");
        assert_eq!(opened.matches("THE END").count(), 1, "{chars}: {opened}");
        let read = host.tool("read_thread", json!({"thread": thread, "max_tokens": max_tokens}));
        let last = read["events"].as_array().unwrap().last().unwrap();
        assert_eq!(last["text"], receipt, "{chars}");
    }
}

#[test]
fn clipped_text_names_the_call_that_reads_it_in_full() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
    let receipt = text(20_000);
    let posted = host.tool("post_update", json!({"thread": thread, "type": "receipt", "text": receipt}));
    let opened = host.text("resolve_workroom_link", json!({"link": thread}));
    assert!(opened.contains("read_thread with before_seq") && !opened.contains(&receipt), "{opened}");
    let page = host.tool("read_thread", json!({"thread": thread}));
    let note = page["note"].as_str().unwrap();
    assert!(host.text("read_thread", json!({"thread": thread})).contains(note));
    let number = |name: &str| -> u64 {
        let rest = note.split(&format!("{name} ")).nth(1).unwrap();
        rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    };
    assert_eq!(number("before_seq"), posted["seq"].as_u64().unwrap() + 1);
    let asked = json!({
        "thread": thread, "before_seq": number("before_seq"), "limit": number("limit"), "max_tokens": number("max_tokens")
    });
    assert_eq!(host.tool("read_thread", asked)["events"][0]["text"], receipt);
}
