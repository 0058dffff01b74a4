//! Marks of punctuation by their properties in the Unicode Character Database, version 16.
//!
//! Tables of the ranges, because this crate has few dependencies. `external_ref::tests` in `workroom-domain` compares them
//! with those of ICU.

/// Opening and closing brackets in turns: the categories Ps and Pe, and `<` and `>`.
const BRACKETS: &str = "\
    ()[]{}<>\u{ff1c}\u{ff1e}\u{f3a}\u{f3b}\u{f3c}\u{f3d}\u{169b}\u{169c}\u{2045}\u{2046}\u{207d}\
    \u{207e}\u{208d}\u{208e}\u{2308}\u{2309}\u{230a}\u{230b}\u{2329}\u{232a}\u{2768}\u{2769}\u{276a}\
    \u{276b}\u{276c}\u{276d}\u{276e}\u{276f}\u{2770}\u{2771}\u{2772}\u{2773}\u{2774}\u{2775}\u{27c5}\
    \u{27c6}\u{27e6}\u{27e7}\u{27e8}\u{27e9}\u{27ea}\u{27eb}\u{27ec}\u{27ed}\u{27ee}\u{27ef}\u{2983}\
    \u{2984}\u{2985}\u{2986}\u{2987}\u{2988}\u{2989}\u{298a}\u{298b}\u{298c}\u{298d}\u{2990}\u{298f}\
    \u{298e}\u{2991}\u{2992}\u{2993}\u{2994}\u{2995}\u{2996}\u{2997}\u{2998}\u{29d8}\u{29d9}\u{29da}\
    \u{29db}\u{29fc}\u{29fd}\u{2e22}\u{2e23}\u{2e24}\u{2e25}\u{2e26}\u{2e27}\u{2e28}\u{2e29}\u{2e55}\
    \u{2e56}\u{2e57}\u{2e58}\u{2e59}\u{2e5a}\u{2e5b}\u{2e5c}\u{2e62}\u{2e63}\u{3008}\u{3009}\u{300a}\
    \u{300b}\u{300c}\u{300d}\u{300e}\u{300f}\u{3010}\u{3011}\u{3014}\u{3015}\u{3016}\u{3017}\u{3018}\
    \u{3019}\u{301a}\u{301b}\u{301d}\u{301e}\u{fd3f}\u{fd3e}\u{fe17}\u{fe18}\u{fe35}\u{fe36}\u{fe37}\
    \u{fe38}\u{fe39}\u{fe3a}\u{fe3b}\u{fe3c}\u{fe3d}\u{fe3e}\u{fe3f}\u{fe40}\u{fe41}\u{fe42}\u{fe43}\
    \u{fe44}\u{fe47}\u{fe48}\u{fe59}\u{fe5a}\u{fe5b}\u{fe5c}\u{fe5d}\u{fe5e}\u{ff08}\u{ff09}\u{ff3b}\
    \u{ff3d}\u{ff5b}\u{ff5d}\u{ff5f}\u{ff60}\u{ff62}\u{ff63}";

/// The closing bracket of an opening one.
pub(super) fn closing(open: char) -> Option<char> {
    pairs().find(|(known, _)| *known == open).map(|(_, close)| close)
}

/// The opening bracket of a closing one.
pub(super) fn opening(close: char) -> Option<char> {
    pairs().find(|(_, known)| *known == close).map(|(open, _)| open)
}

/// Whether a character is a closing bracket.
pub(super) fn is_closing(c: char) -> bool {
    opening(c).is_some()
}

fn pairs() -> impl Iterator<Item = (char, char)> {
    let mut brackets = BRACKETS.chars();
    std::iter::from_fn(move || Some((brackets.next()?, brackets.next()?)))
}

/// Whether a character is a quotation mark: the property `Quotation_Mark`, and the categories Pi and Pf.
pub(super) fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'') || is_in(QUOTES, c)
}

/// Whether a character ends a sentence or a part of one: the properties `Sentence_Terminal` and `Terminal_Punctuation`, and
/// the ellipses. None of them ends an address or a reference.
pub(super) fn ends_sentence(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\u{2025}' | '\u{2026}' | '\u{22ef}') || is_in(ENDS, c)
}

/// Whether a character does not show: the property `Default_Ignorable_Code_Point`.
pub(super) fn is_ignorable(c: char) -> bool {
    is_in(IGNORABLE, c)
}

/// The first and the last character of each range, beyond ASCII.
type Ranges = &'static [(char, char)];

fn is_in(ranges: Ranges, c: char) -> bool {
    let next = ranges.partition_point(|(_, last)| *last < c);
    ranges.get(next).is_some_and(|(first, _)| *first <= c)
}

#[rustfmt::skip]
const QUOTES: Ranges = &[
    ('\u{ab}', '\u{ab}'), ('\u{bb}', '\u{bb}'), ('\u{2018}', '\u{201f}'), ('\u{2039}', '\u{203a}'),
    ('\u{2e02}', '\u{2e05}'), ('\u{2e09}', '\u{2e0a}'), ('\u{2e0c}', '\u{2e0d}'), ('\u{2e1c}', '\u{2e1d}'),
    ('\u{2e20}', '\u{2e21}'), ('\u{2e42}', '\u{2e42}'), ('\u{300c}', '\u{300f}'), ('\u{301d}', '\u{301f}'),
    ('\u{fe41}', '\u{fe44}'), ('\u{ff02}', '\u{ff02}'), ('\u{ff07}', '\u{ff07}'), ('\u{ff62}', '\u{ff63}'),
];

#[rustfmt::skip]
const ENDS: Ranges = &[
    ('\u{37e}', '\u{37e}'), ('\u{387}', '\u{387}'), ('\u{589}', '\u{589}'), ('\u{5c3}', '\u{5c3}'),
    ('\u{60c}', '\u{60c}'), ('\u{61b}', '\u{61b}'), ('\u{61d}', '\u{61f}'), ('\u{6d4}', '\u{6d4}'),
    ('\u{700}', '\u{70a}'), ('\u{70c}', '\u{70c}'), ('\u{7f8}', '\u{7f9}'), ('\u{830}', '\u{835}'),
    ('\u{837}', '\u{83e}'), ('\u{85e}', '\u{85e}'), ('\u{964}', '\u{965}'), ('\u{e5a}', '\u{e5b}'),
    ('\u{f08}', '\u{f08}'), ('\u{f0d}', '\u{f12}'), ('\u{104a}', '\u{104b}'), ('\u{1361}', '\u{1368}'),
    ('\u{166e}', '\u{166e}'), ('\u{16eb}', '\u{16ed}'), ('\u{1735}', '\u{1736}'), ('\u{17d4}', '\u{17d6}'),
    ('\u{17da}', '\u{17da}'), ('\u{1802}', '\u{1805}'), ('\u{1808}', '\u{1809}'), ('\u{1944}', '\u{1945}'),
    ('\u{1aa8}', '\u{1aab}'), ('\u{1b4e}', '\u{1b4f}'), ('\u{1b5a}', '\u{1b5b}'), ('\u{1b5d}', '\u{1b5f}'),
    ('\u{1b7d}', '\u{1b7f}'), ('\u{1c3b}', '\u{1c3f}'), ('\u{1c7e}', '\u{1c7f}'), ('\u{2024}', '\u{2024}'),
    ('\u{203c}', '\u{203d}'), ('\u{2047}', '\u{2049}'), ('\u{2cf9}', '\u{2cfb}'), ('\u{2e2e}', '\u{2e2e}'),
    ('\u{2e3c}', '\u{2e3c}'), ('\u{2e41}', '\u{2e41}'), ('\u{2e4c}', '\u{2e4c}'), ('\u{2e4e}', '\u{2e4f}'),
    ('\u{2e53}', '\u{2e54}'), ('\u{2e60}', '\u{2e61}'), ('\u{3001}', '\u{3002}'), ('\u{a4fe}', '\u{a4ff}'),
    ('\u{a60d}', '\u{a60f}'), ('\u{a6f3}', '\u{a6f7}'), ('\u{a876}', '\u{a877}'), ('\u{a8ce}', '\u{a8cf}'),
    ('\u{a92f}', '\u{a92f}'), ('\u{a9c7}', '\u{a9c9}'), ('\u{aa5d}', '\u{aa5f}'), ('\u{aadf}', '\u{aadf}'),
    ('\u{aaf0}', '\u{aaf1}'), ('\u{abeb}', '\u{abeb}'), ('\u{fe12}', '\u{fe12}'), ('\u{fe15}', '\u{fe16}'),
    ('\u{fe50}', '\u{fe52}'), ('\u{fe54}', '\u{fe57}'), ('\u{ff01}', '\u{ff01}'), ('\u{ff0c}', '\u{ff0c}'),
    ('\u{ff0e}', '\u{ff0e}'), ('\u{ff1a}', '\u{ff1b}'), ('\u{ff1f}', '\u{ff1f}'), ('\u{ff61}', '\u{ff61}'),
    ('\u{ff64}', '\u{ff64}'), ('\u{1039f}', '\u{1039f}'), ('\u{103d0}', '\u{103d0}'),
    ('\u{10857}', '\u{10857}'), ('\u{1091f}', '\u{1091f}'), ('\u{10a56}', '\u{10a57}'),
    ('\u{10af0}', '\u{10af5}'), ('\u{10b3a}', '\u{10b3f}'), ('\u{10b99}', '\u{10b9c}'),
    ('\u{10f55}', '\u{10f59}'), ('\u{10f86}', '\u{10f89}'), ('\u{11047}', '\u{1104d}'),
    ('\u{110be}', '\u{110c1}'), ('\u{11141}', '\u{11143}'), ('\u{111c5}', '\u{111c6}'),
    ('\u{111cd}', '\u{111cd}'), ('\u{111de}', '\u{111df}'), ('\u{11238}', '\u{1123c}'),
    ('\u{112a9}', '\u{112a9}'), ('\u{113d4}', '\u{113d5}'), ('\u{1144b}', '\u{1144d}'),
    ('\u{1145a}', '\u{1145b}'), ('\u{115c2}', '\u{115c5}'), ('\u{115c9}', '\u{115d7}'),
    ('\u{11641}', '\u{11642}'), ('\u{1173c}', '\u{1173e}'), ('\u{11944}', '\u{11944}'),
    ('\u{11946}', '\u{11946}'), ('\u{11a42}', '\u{11a43}'), ('\u{11a9b}', '\u{11a9c}'),
    ('\u{11aa1}', '\u{11aa2}'), ('\u{11c41}', '\u{11c43}'), ('\u{11c71}', '\u{11c71}'),
    ('\u{11ef7}', '\u{11ef8}'), ('\u{11f43}', '\u{11f44}'), ('\u{12470}', '\u{12474}'),
    ('\u{16a6e}', '\u{16a6f}'), ('\u{16af5}', '\u{16af5}'), ('\u{16b37}', '\u{16b39}'),
    ('\u{16b44}', '\u{16b44}'), ('\u{16d6e}', '\u{16d6f}'), ('\u{16e97}', '\u{16e98}'),
    ('\u{1bc9f}', '\u{1bc9f}'), ('\u{1da87}', '\u{1da8a}'),
];

#[rustfmt::skip]
const IGNORABLE: Ranges = &[
    ('\u{ad}', '\u{ad}'), ('\u{34f}', '\u{34f}'), ('\u{61c}', '\u{61c}'), ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'), ('\u{180b}', '\u{180f}'), ('\u{200b}', '\u{200f}'), ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'), ('\u{3164}', '\u{3164}'), ('\u{fe00}', '\u{fe0f}'), ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'), ('\u{fff0}', '\u{fff8}'), ('\u{1bca0}', '\u{1bca3}'), ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];
