//! Lists, tables and values that are longer than any part of a text that one rule examines.

use proptest::prelude::*;

use crate::Redactor;
use crate::harmless::is_placeholder;
use crate::sample::expand;

/// A password that people choose, different for each number.
fn password(number: usize) -> String {
    let word = expand(&format!("{{c5}}{{d3}}!{number}"));
    word.split('!').next().map(|word| format!("{word}!x")).unwrap_or_default()
}

/// Writes a text with `items` at the places where a rule reads secrets by their position.
type Frame = (&'static str, fn(&[String]) -> String);

fn each(items: &[String], write: impl Fn(&String) -> String) -> String {
    items.iter().map(write).collect()
}

const FRAMES: &[Frame] = &[
    ("strings", |items| format!("passwords: [{}]", each(items, |item| format!("\"{item}\", ")))),
    ("lines of strings", |items| format!("passwords = [\n{}]", each(items, |item| format!("  '{item}',\n")))),
    ("pairs of strings", |items| {
        format!("passwords = [{}]", each(items, |item| format!("[\"ada\", \"{item}\"], ")))
    }),
    ("commas", |items| format!("PASSWORDS={}", items.join(","))),
    ("semicolons", |items| format!("PASSWORDS={}", items.join("; "))),
    ("words", |items| format!("PASSWORDS=({})", items.join(" "))),
    ("members", |items| {
        format!("passwords: {{{}}}", each(items, |item| format!("u{}: \"{item}\", ", item.len())))
    }),
    ("list items", |items| format!("passwords:\n{}", each(items, |item| format!("  - {item}\n")))),
    ("CSV", |items| format!("user,password\n{}", each(items, |item| format!("ada,{item}\n")))),
    ("wide CSV", |items| {
        let row = |item: &String| format!("{},{item}\n", "word ".repeat(600));
        format!("note,password\n{}", each(&items[..20], row))
    }),
    ("Markdown", |items| {
        format!("| user | password |\n|---|---|\n{}", each(items, |item| format!("| ada | {item} |\n")))
    }),
    ("aligned", |items| format!("USER  PASSWORD\n{}", each(items, |item| format!("ada   {item}\n")))),
    ("vault", |items| {
        let row = |item: &String| format!("db_password    {item}\n");
        format!("Key            Value\n---            -----\n{}", each(items, row))
    }),
    ("HTML", |items| {
        let row = |item: &String| format!("<tr><td>ada</td><td>{item}</td></tr>\n");
        format!("<table><tr><th>User</th><th>Password</th></tr>\n{}</table>", each(items, row))
    }),
    ("SQL", |items| {
        let rows = each(items, |item| format!("(1, '{item}'),\n"));
        format!("INSERT INTO users (id, password) VALUES {rows}(1, '');")
    }),
    ("manifest", |items| {
        let row = |item: &String| format!("  a{}: {item}\n", item.len());
        format!("apiVersion: v1\nkind: Secret\nstringData:\n{}", each(items, row))
    }),
    ("chpasswd", |items| format!("chpasswd <<EOF\n{}EOF\n", each(items, |item| format!("ada:{item}\n")))),
    ("wallets", |items| {
        let key =
            |item: &String| format!("\"0x{}\", // a key\n", expand(&format!("{{h64}}{item}")).split_at(64).0);
        format!("accounts: [\n{}]", each(items, key))
    }),
];

#[test]
fn lists_and_tables_are_read_to_their_end() {
    let redactor = Redactor::new([]);
    let items: Vec<_> = (0..1000).map(password).collect();
    for (name, write) in FRAMES {
        let text = write(&items);
        let out = redactor.text(&text);
        let left = items.iter().filter(|item| out.contains(item.as_str())).count();
        assert_eq!(left, 0, "{name}: {:.300}", out.replace("[redacted:password]", "*"));
        assert!(!text.contains("0x") || out.matches("[redacted:private_key]").count() == 1000, "{name}");
        assert_eq!(redactor.text(&out), out, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_part_of_a_long_list_is_left(
        frame in prop::sample::select(FRAMES),
        seeds in prop::collection::vec((0usize..1_000_000, 0usize..60), 20..700),
        before in "[a-z \n]{0,40}",
    ) {
        let redactor = Redactor::new([]);
        let item = |(seed, more): &(usize, usize)| {
            password(*seed) + expand(&format!("{{a{more}}}{seed}")).get(..*more).unwrap_or_default()
        };
        // Random letters may contain "todo" or "fixme", which mark a placeholder.
        let items = seeds.iter().map(item).filter(|item| !is_placeholder(item.as_bytes()));
        let items: Vec<_> = items.collect();
        let text = format!("{before}\n{}", frame.1(&items));
        let out = redactor.text(&text).into_owned();
        for item in items.iter().filter(|item| text.contains(item.as_str())) {
            prop_assert!(!out.contains(&item[..6]), "{}: {} in {:.2000}", frame.0, item, out);
        }
        prop_assert_eq!(redactor.text(&out), out.as_str(), "{}", frame.0);
    }
}

#[test]
fn every_secret_column_of_an_html_table_is_read() {
    let check = |text: &str, expected: &str| assert_eq!(Redactor::new([]).text(text), expected);
    check(
        "<table><tr><th>User</th><th>Password</th><th>API token</th></tr>\
         <tr><td>ada</td><td>hunter2!x9</td><td>kx83ndm2lq0Zt7pQ</td></tr></table>",
        "<table><tr><th>User</th><th>Password</th><th>API token</th></tr>\
         <tr><td>ada</td><td>[redacted:password]</td><td>[redacted:token]</td></tr></table>",
    );
    // The first cell of a row may be the name of the row, and the first cell of the head may be empty.
    check(
        "<tr><td></td><th scope=\"col\"><b>Password</b></th><th>PIN</th></tr>\
         <tr><th scope=\"row\">ada</th><td><code>hunter2!x9</code></td><td>hunter2!x9</td></tr>",
        "<tr><td></td><th scope=\"col\"><b>Password</b></th><th>PIN</th></tr>\
         <tr><th scope=\"row\">ada</th><td><code>[redacted:password]</code></td><td>hunter2!x9</td></tr>",
    );
    // A word in another cell or in a sentence is not a head.
    for head in ["<th>User</th><td>Password</td>", "<th>User</th><th>see the <a>password</a></th>"] {
        let text = format!("<tr>{head}</tr><tr><td>ada</td><td>hunter2!x9</td></tr>");
        check(&text, &text);
    }
}

#[test]
fn a_list_ends_where_the_next_one_begins() {
    let check = |text: &str, expected: &str| assert_eq!(Redactor::new([]).text(text), expected, "{text}");
    check(
        "PASSWORDS=hunter2!x9,sunny4day!;DB_PASSWORDS=otter7!zz,lantern9!",
        "PASSWORDS=[redacted:password],[redacted:password];DB_PASSWORDS=[redacted:password],[redacted:password]",
    );
    check(
        "passwords: [\"kX9]vQ2!zRw7\", \"sunny4day!\"], ports: [1], 'hunter2!x9'",
        "passwords: [\"[redacted:password]\", \"[redacted:password]\"], ports: [1], 'hunter2!x9'",
    );
    check(
        "passwords: {ada: \"hunt:er2!x9\"} and then hunter2!x9",
        "passwords: {ada: \"[redacted:password]\"} and then hunter2!x9",
    );
    check(
        "passwords: [\"hunt\\\"er2!x9\", \"sunny4day!\"]",
        "passwords: [\"[redacted:password]\", \"[redacted:password]\"]",
    );
    // A list that never closes does not take the strings of the text after it.
    let prose = "word ".repeat(80);
    check(&format!("passwords: [ {prose} \"hunter2!x9\""), &format!("passwords: [ {prose} \"hunter2!x9\""));
}
