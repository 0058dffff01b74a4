//! Measures the time and the memory that redaction takes: `cargo bench -p workroom-redact --bench redact`.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use workroom_redact::Redactor;

const CODE: &str = "fn next(&mut self) -> Option<Token> {\n    let token = self.lexer.next_token()?;\n    \
    // The parser reads ahead by one, see docs/parser.md.\n    self.position += 1;\n    Some(token)\n}\n";
const PROSE: &str = "The build fails on the second step because the cache is stale. I have looked at the log of the \
    run, and the step that restores it names a folder which the first step no longer makes. Rename it or drop it.\n";

fn random(len: usize, seed: u64) -> String {
    let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut state = seed;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(letters[(state >> 33) as usize % letters.len()])
    };
    (0..len).map(|_| draw()).collect()
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

fn measure(name: &str, text: &str, times: usize, run: impl Fn(&str)) {
    let mut taken: Vec<Duration> = (0..times)
        .map(|_| {
            let start = Instant::now();
            run(black_box(text));
            start.elapsed()
        })
        .collect();
    taken.sort();
    let (p50, p99) = (taken[times / 2], taken[times * 99 / 100]);
    let each = p50.as_nanos() as f64 / text.len().max(1) as f64;
    println!("{name:<28} {:>8} bytes  p50 {p50:>10.1?}  p99 {p99:>10.1?}  {each:>7.2} ns a byte", text.len());
}

fn main() {
    let before = resident();
    let start = Instant::now();
    let redactor = Redactor::new([]);
    println!("new                          {:?}", start.elapsed());
    let start = Instant::now();
    black_box(redactor.text("nothing"));
    println!("first text                   {:?}", start.elapsed());

    let text = |run: &str| drop(black_box(redactor.text(run)));
    let json = |run: &str| drop(black_box(redactor.json(run)));
    let fill = |piece: &str, len: usize| {
        let text = piece.repeat(len / piece.len() + 1);
        let end = (0..=len).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text[..end].to_owned()
    };

    measure("clean prose", &fill(PROSE, 4096), 2000, text);
    measure("clean code", &fill(CODE, 4096), 2000, text);
    let dirty = |seed| {
        format!("{PROSE}API_KEY={}\nghp_{}\npassword: hunter2!x\n", random(40, seed), random(36, seed + 1))
    };
    measure("with secrets", &fill(&(dirty(1) + &dirty(5)), 4096), 2000, text);
    let params = r#"{"method":"rooms/list","params":{"limit":20,"order":"newest","workroom":"wr_0123456789abcdef0123456789abcdef","filter":{"status":"open","participants":["alice","bob"],"since":1200}},"id":17}"#;
    measure("params without keywords", params, 2000, json);
    let message =
        serde_json::json!({ "thread": "thr_0123456789abcdef0123456789abcdef", "content": fill(CODE, 4000) });
    measure("message in JSON", &message.to_string(), 2000, json);

    let coloured = PROSE.replace(' ', " \x1b[32m").replace(". ", "\x1b[0m. ");
    measure("coloured prose", &fill(&coloured, 4096), 2000, text);
    let escaped = CODE.replace('\n', "\\n").replace('=', "\\u003d").replace('>', "\\u003e");
    measure("escaped code", &fill(&escaped, 4096), 2000, text);
    let encoded = PROSE.replace(' ', "%20").replace(',', "%2C").replace('.', "%2E");
    measure("percent-encoded prose", &fill(&encoded, 4096), 2000, text);
    let entities = CODE.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    measure("code in HTML", &fill(&entities, 4096), 2000, text);
    measure(
        "Chinese prose",
        &"构建在第二步失败，因为缓存已过期。请看日志：恢复步骤。".repeat(60),
        2000,
        text,
    );

    // Compile every pattern, to measure the memory after each was needed once.
    let starts = [
        "sk-",
        "sk-proj-",
        "sk-ant-",
        "gsk_",
        "xai-",
        "hf_",
        "r8_",
        "AKIA",
        "AIza",
        "ya29.",
        "ghp_",
        "github_pat_",
        "glpat-",
        "npm_",
        "xoxb-",
        "SG.",
        "key-",
        "dop_v1_",
        "hvs.",
        "pul-",
        "shpat_",
        "sq0csp-",
        "EAAAE",
        "dapi",
    ];
    let every: String = workroom_redact::keywords()
        .into_iter()
        .chain(starts)
        .map(|word| format!("{word}{} ", random(80, word.len() as u64)))
        .collect();
    measure("every keyword", &every, 20, text);

    for piece in [
        "password=",
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "eyJ.eyJ.",
        "a",
        "sk-",
        "AKIA",
        "://a:b",
        "@",
        "token ",
        "key: ",
        "[redacted:",
        "\\\"password\\\":\\\"",
        "cookie: a=b;",
        "Authorization: Bearer ",
        "eyJaaaaaaaaaa.",
        "kind: Secret\n",
        "mysql",
        "password=\"",
        "secret_token_key_",
        "ghp_ glpat- xoxb- ",
        "a_",
        "sk_live_",
        "<password>",
        "mnemonic: ",
        "authorization:",
        "authorization: Hawk a=",
        "\"kty\":\"d\":",
        "kty",
        "/reset-password/",
        "bob:$6$",
        "identified by",
        "\"password\":\"otter\",",
        "DB_PASSWORD=otter\n",
        "key: Linux-",
        "\x1b[31m",
        "\x1b",
        "\x1b]",
        "\\u003d",
        "\\",
        "%41",
        "&",
        "&#61;",
        "a\u{200b}",
        "ａ",
        "=\n=3D",
        "curl -u ",
        "mysql -p ",
        "echo a|sudo -S ",
        "chpasswd <<",
        "-----END PRIVATE KEY-----",
        "AAAAAAAAAAAAAAAAAAAA\n",
        "MIIE ",
        ":*:",
        "密码",
        "send \"",
        ".login(\"",
        "password: |\n ",
        "code=",
        "| password ",
        "|password|\n|-|-|\n",
        "user,password\n",
        "password\n",
        "password\t",
        "password<b>",
        "passwords:\n- ",
        "passwords: [\"",
        "echo $A\n",
        "accounts: [\"",
        "solana[1,",
        "ключ ",
        "key 是",
        "use a as the token ",
        "user password ",
        "password='a''",
        "password=\"\\u0022",
        "%40:%26",
        "://a:%40",
        "Pwd={",
        "AC0",
        "user  password\n",
        "password,",
        "<tr><th>password</th></tr>",
        "insert into t (password) values (",
        "password is:\n",
        "API_KEYS=",
        "passwords: {",
        "PS $env:A\n",
        "API_KEYS=a,b;",
        "passwords: [",
        "<th>Password</th>",
        "kind: Secret\ndata:\n",
        "Key Value\n---\n",
        "chpasswd <<\n:",
        "insert into t (password) values ('\\''",
    ] {
        measure(&format!("hostile {piece:.20?}"), &fill(piece, 1 << 20), 3, text);
    }
    measure("hostile random", &random(1 << 20, 3), 3, text);
    for piece in ["\"password\",", "\"-u\",", "\"kty\",", "[\"--token\",", "\"value\",\"name\","] {
        let json_text = format!("[{}1]", piece.repeat(1_000_000 / piece.len()));
        measure(&format!("hostile JSON {piece}"), &json_text, 3, json);
    }
    let objects = format!("[{}1]", r#"{"value":"otter","name":"A"},"#.repeat(36_000));
    measure("hostile JSON of pairs", &objects, 3, json);
    println!("resident: {} kB before, {} kB after", before, resident());
}
