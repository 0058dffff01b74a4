//! Shortens lines of JSON so that they can be read at a glance. `…` shows where something was left out.

// Left out first: what is the same in each line, repeated by the surrounding line, or of no use to a reader.
const LEAST_TELLING: &[&str] = &[
    "jsonrpc",
    "timestamp",
    "created_at",
    "updated_at",
    "visibility",
    "workroom_id",
    "subscription_id",
    "epoch",
    "actor",
    "server_info",
    "protocol_version",
    "participants",
    "repo_identity",
    "sha256",
    "media_type",
    "artifact_id",
    "provider",
    "thread_id",
];
// The prefixes of ids and digests, and their number of digits.
const IDS: [(&str, usize); 7] =
    [("wr_", 32), ("thr_", 32), ("evt_", 32), ("art_", 32), ("sub_", 32), ("apr_", 32), ("sha256:", 64)];

/// Shortens a line to at most `rows` rows of `columns` characters, and to one row if that costs almost nothing.
pub(super) fn shorten(line: &str, columns: usize, rows: usize) -> String {
    // Rows end between members, so all but the last row lose a few columns.
    let room = |rows: usize| rows * columns - (rows - 1) * columns / 4;
    let fits = |line: &str, rows: usize| line.chars().count() <= room(rows);
    let mut line = shorten_ids(line);
    if fits(&line, 1) {
        return line;
    }
    line = without(&line, LEAST_TELLING[0]);
    for name in &LEAST_TELLING[1..] {
        if fits(&line, rows) {
            break;
        }
        line = without(&line, name);
    }
    cut(&line, room(rows))
}

/// Splits a line into rows of at most `columns` characters, between two members if possible.
pub(super) fn wrap(line: &str, columns: usize) -> Vec<&str> {
    let mut rows = Vec::new();
    let mut rest = line;
    while let Some((end, _)) = rest.char_indices().nth(columns) {
        // A row is not cut to less than half: texts have commas too, or long parts without any.
        let comma = rest[..end].rfind(",\"").map(|at| at + 1).filter(|at| *at > end / 2);
        let (row, further) = rest.split_at(comma.unwrap_or(end));
        rows.push(row);
        rest = further;
    }
    rows.push(rest);
    rows
}

/// Shortens ids to their end: ids of the same run begin alike.
fn shorten_ids(line: &str) -> String {
    let mut short = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let id = IDS.iter().find_map(|(prefix, count)| {
            let digits = rest.strip_prefix(prefix)?.get(..*count)?;
            digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some((*prefix, digits))
        });
        match id {
            Some((prefix, digits)) => {
                short.push_str(prefix);
                short.push('…');
                short.push_str(&digits[digits.len() - 4..]);
                rest = &rest[prefix.len() + digits.len()..];
            }
            None => {
                short.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    short
}

/// Returns JSON without the members of this name, wherever they are.
fn without(json: &str, name: &str) -> String {
    // Inside a string, a quotation mark has a backslash before it, so this never matches text.
    let key = format!("\"{name}\":");
    let mut short = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find(&key) {
        short.push_str(&rest[..at]);
        rest = &rest[at + key.len()..];
        rest = &rest[value_length(rest)..];
        if let Some(further) = rest.strip_prefix(',') {
            rest = further;
        } else if short.ends_with(',') {
            short.pop();
        }
        if !short.ends_with('…') {
            short.push('…');
        }
        // One mark stands for adjacent members that were left out.
        rest = rest.strip_prefix('…').unwrap_or(rest);
    }
    short.push_str(rest);
    short
}

/// Returns the length in bytes of the value that `json` begins with.
fn value_length(json: &str) -> usize {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for (at, byte) in json.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    in_string = false;
                    if depth == 0 {
                        return at + 1;
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b',' if depth == 0 => return at,
            _ => {}
        }
    }
    json.len()
}

/// Returns the beginning and end of a line that is still too long. The beginning gets the larger part, because it shows
/// what the line is.
fn cut(line: &str, columns: usize) -> String {
    const MARK: &str = " … ";
    let length = line.chars().count();
    if length <= columns {
        return line.into();
    }
    let room = columns.saturating_sub(MARK.chars().count());
    let tail = room / 4;
    let byte = |index: usize| line.char_indices().nth(index).map_or(line.len(), |(at, _)| at);
    format!("{}{MARK}{}", &line[..byte(room - tail)], &line[byte(length - tail)..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn ids_are_shortened_and_nothing_else() {
        let line = format!(r#"{{"id":"evt_{HEX}","日":"thr_{HEX}"}}"#);
        assert_eq!(shorten_ids(&line), r#"{"id":"evt_…cdef","日":"thr_…cdef"}"#);
        for same in ["", "wr_", "wr_0123", "evt_日本語日本語日本語日本語日本語日本語", HEX]
        {
            assert_eq!(shorten_ids(same), same);
        }
    }

    #[test]
    fn members_leave_a_mark() {
        for (json, short) in [
            (r#"{"x":1,"a":2}"#, r#"{…"a":2}"#),
            (r#"{"a":2,"x":"},\"x\":"}"#, r#"{"a":2…}"#),
            (r#"{"a":2,"x":{"x":[1,"]"]},"x":null,"b":{"x":[]}}"#, r#"{"a":2,…"b":{…}}"#),
            (r#"{"a":"\"x\":1"}"#, r#"{"a":"\"x\":1"}"#),
            (r#"{"x":"unfinished"#, "{…"),
        ] {
            assert_eq!(without(json, "x"), short, "{json}");
        }
    }

    #[test]
    fn a_line_keeps_to_its_rows() {
        let line =
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{{"text":"{}"}}}}"#, "日".repeat(200));
        for columns in [20, 40, 80, 400] {
            assert!(shorten(&line, columns, 1).chars().count() <= columns);
            assert!(shorten(&line, columns, 2).chars().count() <= 2 * columns);
        }
        assert!(shorten(&line, 40, 1).starts_with(r#"{…"id":1,"method":"m""#));
    }

    #[test]
    fn rows_break_between_members() {
        assert_eq!(wrap(r#"{"a":1,"b":2,"c":3}"#, 14), [r#"{"a":1,"b":2,"#, r#""c":3}"#]);
        assert_eq!(wrap("0123456789", 4), ["0123", "4567", "89"]);
        assert_eq!(wrap("日本語", 3), ["日本語"]);
    }
}
