use proptest::prelude::*;

use super::*;

#[test]
fn invisible_characters_are_written_out() {
    for (text, shown) in [
        ("", ""),
        ("plain text", "plain text"),
        ("naïve 日本語 👍🏽", "naïve 日本語 👍🏽"),
        ("a\u{200b}b", "a⟨U+200B⟩b"),
        ("a\u{200b}\u{200b}\u{200b}b", "a⟨U+200B×3⟩b"),
        ("\u{2060}\u{feff}\u{ad}", "⟨U+2060⟩⟨U+FEFF⟩⟨U+00AD⟩"),
        ("\u{3164}\u{2800}\u{115f}\u{1160}\u{ffa0}", "⟨U+3164⟩⟨U+2800⟩⟨U+115F⟩⟨U+1160⟩⟨U+FFA0⟩"),
        ("\u{2028}\u{2029}\u{85}\u{a0}\u{3000}", "⟨U+2028⟩⟨U+2029⟩⟨U+0085⟩⟨U+00A0⟩⟨U+3000⟩"),
        ("\u{e0072}\u{e006d}", "⟨U+E0072⟩⟨U+E006D⟩"),
        ("a\u{fe0f}\u{fe00}\u{e0100}", "a⟨U+FE0F⟩⟨U+FE00⟩⟨U+E0100⟩"),
        ("\u{202e}abc\u{2066}", "⟨U+202E⟩abc⟨U+2066⟩"),
        ("\u{1b}[31m\u{0}\u{7f}\r", "␛[31m␀␡␍"),
        ("\u{e000}\u{378}", "⟨U+E000⟩⟨U+0378⟩"),
        ("\u{61c}\u{34f}\u{17b4}\u{180e}", "⟨U+061C⟩⟨U+034F⟩⟨U+17B4⟩⟨U+180E⟩"),
    ] {
        assert_eq!(line(text), shown, "{text:?}");
        assert_eq!(lines(text), shown, "{text:?}");
    }
}

#[test]
fn joiners_stay_between_letters_of_their_script_only() {
    for whole in ["ខ្មែរ", "မြန္မာ", "\u{11052}\u{1107f}\u{11053}", "\u{2d30}\u{2d7f}\u{2d31}"]
    {
        assert_eq!(line(whole), whole);
    }
    for (text, shown) in [
        ("a\u{2d7f}b", "a⟨U+2D7F⟩b"),
        ("rm\u{1107f}", "rm⟨U+1107F⟩"),
        ("a\u{17d2}b", "a⟨U+17D2⟩b"),
        ("\u{1039}", "⟨U+1039⟩"),
    ] {
        assert_eq!(line(text), shown);
        assert_eq!(visible(text), shown);
    }
}

#[test]
fn a_visible_text_keeps_its_layout() {
    let composed = "# T\n\n\n  > a⟨U+200B⟩b\t␠×2        end  \n";
    assert_eq!(visible(composed), composed);
    let hidden =
        "a\u{e0041}\u{200b}\u{200b}\u{2060}\u{feff}\u{ad}\u{3164}\u{2800}\u{202e}\r\u{1b}b 👩\u{200d}💻\n";
    let shown = "a⟨U+E0041⟩⟨U+200B×2⟩⟨U+2060⟩⟨U+FEFF⟩⟨U+00AD⟩⟨U+3164⟩⟨U+2800⟩⟨U+202E⟩␍␛b 👩\u{200d}💻\n";
    assert_eq!(visible(hidden), shown);
    assert_eq!(visible(shown), shown);
}

#[test]
fn what_is_blank_is_written_out() {
    for c in ('\u{80}'..=char::MAX).filter(|c| crate::blank::is_unseen(*c)) {
        assert_ne!(visible(&c.to_string()), c.to_string(), "{c:?}");
    }
}

#[test]
fn runs_of_space_are_counted() {
    let hidden = format!("ls{}; rm -rf /home", " ".repeat(2000));
    assert_eq!(line(&hidden), "ls⟨␠×2000⟩; rm -rf /home");
    assert_eq!(lines(&hidden), "ls⟨␠×2000⟩; rm -rf /home");
    assert_eq!(line("a  b "), "a  b⟨␠×1⟩");
    assert_eq!(lines("if x:\n    y\n"), "if x:\n    y⟨⏎×1⟩");
    assert_eq!(lines(&format!("a{}b", "\n".repeat(500))), "a⟨⏎×500⟩\nb");
    assert_eq!(line("a\nb\n\nc"), "a⏎b⟨⏎×2⟩c");
    assert_eq!(line(&format!("a\t{}b", "\t".repeat(20))), "a⟨⇥×21⟩b");
    assert_eq!(line("a\tb"), "a⇥b");
}

#[test]
fn no_text_can_imitate_the_written_out_form() {
    assert_eq!(line("ls⟨␠×2000⟩"), "ls⟨U+27E8⟩⟨U+2420⟩×2000⟨U+27E9⟩");
    assert_eq!(line("⟨U+200B⟩"), "⟨U+27E8⟩U+200B⟨U+27E9⟩");
    assert_eq!(line("⏎⇥␛"), "⟨U+23CE⟩⟨U+21E5⟩⟨U+241B⟩");
}

#[test]
fn emoji_stay_whole_and_lone_selectors_are_written_out() {
    for whole in ["👩\u{200d}💻", "❤\u{fe0f}", "🏳\u{fe0f}\u{200d}🌈", "1\u{fe0f}\u{20e3}", "👩🏽\u{200d}🚀"]
    {
        assert_eq!(line(whole), whole);
    }
    assert_eq!(line("👩\u{200d}x"), "👩⟨U+200D⟩x");
    assert_eq!(line("❤\u{fe0f}\u{fe0f}"), "❤\u{fe0f}⟨U+FE0F⟩");
    assert_eq!(line("1\u{fe0f}"), "1⟨U+FE0F⟩");
    let flag = "🏴\u{e0067}\u{e007f}";
    assert_eq!(line(flag), "🏴⟨U+E0067⟩⟨U+E007F⟩");
}

#[test]
fn marks_cannot_cover_other_characters() {
    assert_eq!(line("e\u{301}"), "e\u{301}");
    assert_eq!(line("\u{301}x \u{20dd}"), "⟨U+0301⟩x ⟨U+20DD⟩");
    let stacked = format!("e{}", "\u{301}".repeat(5));
    assert_eq!(line(&stacked), "e\u{301}\u{301}\u{301}⟨U+0301⟩⟨U+0301⟩");
}

#[test]
fn a_cut_states_how_much_is_missing() {
    let Beginning { text, missing } = beginning(&"x".repeat(2_000), 100);
    assert_eq!(text, format!("{}⟨+1,924 characters⟩", "x".repeat(76)));
    assert_eq!(missing, 1_924);
    assert_eq!(beginning("short", 100), Beginning { text: "short".into(), missing: 0 });
    assert_eq!(beginning("abc", 0), Beginning { text: "⟨+3 characters⟩".into(), missing: 3 });
}

#[test]
fn json_shows_every_number_and_every_member() {
    let exact = ExactJson::parse(
        r#"{"n":[123456789012345678901234567890,1e400,-0,1.0],"a":"x\u200b\n  ;","a":{},"":[]}"#,
    );
    let shown = "{\n  \"n\": [\n    123456789012345678901234567890,\n    1e400,\n    -0,\n    1.0\n  ],\n  \
                 \"a\": \"x⟨U+200B⟩\\n  ;\",\n  \"a\": {},\n  \"\": []\n}";
    assert_eq!(json(&exact.unwrap()), shown);
}

/// Recovers the original text from its displayed form.
fn read_back(shown: &str, layout: Layout) -> String {
    let mut text = String::new();
    let mut rest = shown;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            OPEN => {
                let (inside, behind) = rest.split_once(CLOSE).unwrap();
                rest = behind;
                let (name, count) = inside.split_once('×').unwrap_or((inside, "1"));
                let c = match name {
                    "␠" => ' ',
                    "⏎" => '\n',
                    "⇥" => '\t',
                    code => char::from_u32(u32::from_str_radix(&code[2..], 16).unwrap()).unwrap(),
                };
                text.extend(std::iter::repeat_n(c, count.parse().unwrap()));
                if c == '\n' && layout == Layout::Lines {
                    rest = rest.strip_prefix('\n').unwrap_or(rest);
                }
            }
            BREAK => text.push('\n'),
            TAB => text.push('\t'),
            '\u{2421}' => text.push('\u{7f}'),
            '\u{2400}'..='\u{241f}' => text.push(char::from_u32(u32::from(c) - 0x2400).unwrap()),
            c => text.push(c),
        }
    }
    text
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            " ",
            "\n",
            "\t",
            "\u{200b}",
            "⟨",
            "⟩",
            "␠",
            "×",
            "20",
            "⏎",
            "⇥",
            "U+200B",
            "\u{301}",
            "👩",
            "\u{200d}",
            "\u{fe0f}",
            "1",
            "\u{20e3}",
            "\u{1b}",
            "\u{a0}",
            "\r",
            "⟨␠×20⟩",
        ])
        .prop_flat_map(|piece| (1usize..40).prop_map(move |count| piece.repeat(count))),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn different_texts_are_displayed_differently(text in hostile()) {
        prop_assert_eq!(read_back(&line(&text), Layout::Line), &text[..]);
        prop_assert_eq!(read_back(&lines(&text), Layout::Lines), &text[..]);
    }

    #[test]
    fn the_displayed_form_has_no_invisible_characters(text in hostile()) {
        for (shown, layout) in [(line(&text), Layout::Line), (lines(&text), Layout::Lines)] {
            for (at, c) in shown.char_indices() {
                let is_break = c == '\n' && layout == Layout::Lines;
                let is_emoji = matches!(c, JOINER | EMOJI_STYLE) && at > 0;
                prop_assert!(!is_invisible(c) || is_break || is_emoji, "{c:?} in {shown:?}");
            }
            prop_assert!(!shown.contains(&" ".repeat(MAX_INDENT + 1)) && !shown.contains("\n\n\n"));
        }
    }

    #[test]
    fn a_beginning_keeps_its_limit_and_counts_missing_characters(text in hostile(), max in 30usize..200) {
        let Beginning { text: shown, missing } = beginning(&text, max);
        prop_assert!(shown.chars().count() <= max);
        let kept = shown.rsplit_once("⟨+").filter(|_| missing > 0).map_or(&*shown, |(kept, _)| kept);
        let kept = read_back(kept, Layout::Line);
        prop_assert!(text.starts_with(&kept));
        prop_assert_eq!(kept.chars().count() as u64 + missing, text.chars().count() as u64);
    }
}
