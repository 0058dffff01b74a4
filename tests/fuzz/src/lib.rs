//! The fuzz targets: everything that parses untrusted text. Each function panics if a guarantee is broken.

use serde::de::IgnoredAny;
use serde_json::Value;
use workroom_api::cursor;
use workroom_domain::external_ref;
use workroom_protocol::external_ref::ExternalThreadRef;
use workroom_protocol::method::Visitor;
use workroom_protocol::workroom::RepoRef;
use workroom_protocol::{Method, WorkroomLink, methods};
use workroom_redact::Redactor;
use workroom_rpc::batch::Batch;
use workroom_rpc::envelope::{self, Malformed, Message};
use workroom_rpc::framing::{Decoder, Frame};
use workroom_rpc::params;

/// A fuzz target.
pub type Target = fn(&[u8]);

/// Every target, by its name in `fuzz_targets/` and `seeds/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("framing", framing),
    ("envelope", envelope),
    ("params", params),
    ("link", link),
    ("reference", reference),
    ("redactor", redactor),
    ("cursor", cursor),
];

/// The messages do not depend on how the input is split into reads, and none exceeds the limit.
///
/// The first two bytes are the limit and the size of a read.
pub fn framing(data: &[u8]) {
    let [limit, step, input @ ..] = data else { return };
    let (limit, step) = (usize::from(*limit) + 1, usize::from(*step) + 1);
    assert_eq!(frames(input, step, limit), frames(input, usize::MAX, limit));
}

fn frames(input: &[u8], step: usize, limit: usize) -> Vec<Result<Vec<u8>, bool>> {
    let mut decoder = Decoder::new(limit);
    let mut found = Vec::new();
    let mut drain = |decoder: &mut Decoder| {
        while let Some(frame) = decoder.next_frame() {
            found.push(match frame {
                Frame::Message(bytes) => {
                    assert!(bytes.trim_ascii_end().len() <= limit, "longer than the limit");
                    Ok(bytes.to_vec())
                }
                Frame::TooLong => Err(true),
                Frame::BadHeaders => Err(false),
            });
        }
    };
    for piece in input.chunks(step) {
        decoder.space().extend_from_slice(piece);
        drain(&mut decoder);
    }
    decoder.end();
    drain(&mut decoder);
    found
}

/// Exactly the inputs that are not JSON are syntax errors, and the parsed members equal those of the JSON.
pub fn envelope(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
    match envelope::parse(text) {
        Ok(Message::Request { id, method, params }) => {
            // Not read as a `Value`, because the number can be larger than a `Value` allows.
            assert!(serde_json::from_str::<IgnoredAny>(id).is_ok() && !id.starts_with(['{', '[', 't', 'f']));
            check_members(text, &method, params);
        }
        Ok(Message::Notification { method, params }) => check_members(text, &method, params),
        Ok(Message::Response) => assert!(is_json),
        Err(Malformed::Syntax { column }) => {
            // This includes unpaired surrogates such as `\ud800`, which the grammar of JSON allows although no text
            // can contain them.
            assert!(serde_json::from_str::<Value>(text).is_err());
            assert!(column <= text.len() + 1);
        }
        Err(Malformed::Request { .. }) => assert!(is_json),
    }
    if let Some(inside) = text.strip_prefix('[') {
        match Batch::<()>::parse(text) {
            Ok(mut batch) => {
                assert!(is_json);
                while let Some(request) = batch.next_request() {
                    assert!(serde_json::from_str::<IgnoredAny>(request).is_ok());
                }
            }
            Err(_) => assert!(!is_json || inside.trim_start().starts_with(']')),
        }
    }
}

fn check_members(text: &str, method: &str, params: Option<&str>) {
    // A text that is nested more deeply than a `Value` allows is still a message.
    let Ok(message) = serde_json::from_str::<Value>(text) else {
        assert!(serde_json::from_str::<IgnoredAny>(text).is_ok());
        return;
    };
    assert_eq!(message["method"], method);
    let params = params.map(|params| serde_json::from_str::<Value>(params).expect("JSON"));
    assert_eq!(message.get("params"), params.as_ref());
}

/// The params of every method are read or refused with the path of the invalid field.
pub fn params(data: &[u8]) {
    struct Each<'t>(&'t str);

    impl Visitor for Each<'_> {
        fn visit<M: Method>(&mut self) {
            let Err(error) = params::read::<M::Params>(Some(self.0)) else { return };
            assert_eq!(error.code(), -32602, "{}", M::NAME);
            let data = error.data().expect("data").get();
            let data: Value = serde_json::from_str(data).expect("JSON");
            assert_eq!(data["kind"], "invalid_params", "{}", M::NAME);
            assert!(data["path"].is_string(), "{}: {error:?}", M::NAME);
        }
    }

    let Ok(text) = std::str::from_utf8(data) else { return };
    // The router receives only valid JSON.
    if serde_json::from_str::<IgnoredAny>(text.trim()).is_ok() {
        methods::visit_all(&mut Each(text.trim()));
    }
}

/// A parsed link is written and parsed again as the same link.
pub fn link(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (title, text) = text.split_once('\n').unwrap_or(("", text));
    match WorkroomLink::parse(text) {
        Ok(link) => {
            assert_eq!(WorkroomLink::parse(&link.to_url()).as_ref(), Ok(&link));
            assert_eq!(WorkroomLink::parse(&link.to_markdown(title)).as_ref(), Ok(&link), "with {title:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A parsed reference is also valid as a typed reference, and its address parses as the same reference.
pub fn reference(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let repo = RepoRef { host: None, owner: "example".into(), name: "parser".into() };
    let typed = serde_json::from_str::<ExternalThreadRef>(text).ok().map(external_ref::check);
    for reference in [Some(external_ref::parse(text, Some(&repo))), typed].into_iter().flatten().flatten() {
        assert_eq!(external_ref::check(reference.clone()).as_ref(), Ok(&reference), "checked twice");
        assert!(!external_ref::label(&reference).is_empty());
        assert!(external_ref::same(&reference, &reference));
        // The address of a web page can end like a sentence, and pasting removes the punctuation.
        let Some(url) =
            external_ref::url(&reference).filter(|_| !matches!(reference, ExternalThreadRef::Web { .. }))
        else {
            continue;
        };
        let again = external_ref::parse(&url, None).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(external_ref::key(&again), external_ref::key(&reference), "{url}");
    }
}

/// Redacting twice equals redacting once, JSON stays JSON, and secrets known to the process are removed.
pub fn redactor(data: &[u8]) {
    const KNOWN: &str = "hunter2-hunter2-hunter2";
    thread_local! {
        static REDACTOR: Redactor = {
            let redactor = Redactor::default();
            redactor.learn(KNOWN, "known");
            redactor
        };
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    REDACTOR.with(|redactor| {
        let once = redactor.text(text);
        assert_eq!(redactor.text(&once), once, "redacted twice");
        assert!(!once.contains(KNOWN));
        let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
        let once = redactor.json(text);
        assert!(!once.contains(KNOWN));
        // Input that is not JSON is treated as text. Without its secrets, it can become JSON.
        if is_json {
            assert!(serde_json::from_str::<IgnoredAny>(&once).is_ok(), "no JSON any more: {once}");
            assert_eq!(redactor.json(&once), once, "redacted twice, as JSON");
        }
    });
}

/// A parsed cursor is one that the server could have written; everything else is refused.
pub fn cursor(data: &[u8]) {
    const EPOCH: &str = "0123456789abcdef0123456789abcdef";
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(Some(seq)) = cursor::read(EPOCH, Some(text)) {
        assert_eq!(cursor::read(EPOCH, Some(&cursor::write(EPOCH, seq))).ok().flatten(), Some(seq));
    }
    if let Ok(Some(place)) = cursor::read_place(EPOCH, Some(text)) {
        let again = cursor::read_place(EPOCH, Some(&cursor::write_place(EPOCH, place))).ok().flatten();
        assert_eq!(again.map(|again| (again.upto, again.before)), Some((place.upto, place.before)));
    }
}
