use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf, duplex, split,
};
use workroom_protocol::ErrorKind;
use workroom_protocol::approval::ApprovalWaitParams;
use workroom_protocol::event::EventSubscribeParams;
use workroom_protocol::id::ApprovalId;
use workroom_protocol::methods::{ApprovalWait, Discover, EventSubscribe, Shutdown};
use workroom_protocol::server::Empty;

use super::*;

/// The side that answers, line by line, as a test tells it.
struct Other {
    requests: tokio::io::Lines<BufReader<ReadHalf<DuplexStream>>>,
    answers: WriteHalf<DuplexStream>,
}

impl Other {
    async fn request(&mut self) -> Value {
        let line = self.requests.next_line().await.expect("a line").expect("a request");
        serde_json::from_str(&line).expect("JSON")
    }

    async fn send(&mut self, message: Value) {
        self.send_text(&format!("{message}\n")).await;
    }

    async fn send_text(&mut self, text: &str) {
        self.answers.write_all(text.as_bytes()).await.expect("writes");
    }

    async fn answer(&mut self, request: &Value, result: Value) {
        self.send(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).await;
    }

    async fn refuse(&mut self, id: Value, error: Value) {
        self.send(json!({"jsonrpc": "2.0", "id": id, "error": error})).await;
    }

    /// Reads to the end of the requests.
    async fn ended(&mut self) {
        assert_eq!(self.requests.next_line().await.expect("reads"), None);
    }
}

const PIPE_BYTES: usize = 4096;

fn connected() -> (Peer, Other) {
    let (ours, theirs) = duplex(PIPE_BYTES);
    let (input, output) = split(ours);
    let (requests, answers) = split(theirs);
    (Peer::connect(input, output), Other { requests: BufReader::new(requests).lines(), answers })
}

/// An event of `size` bytes and some more.
fn appended(subscription: &str, seq: u64, size: usize) -> Value {
    let event = json!({"seq": seq, "of a newer server": "x".repeat(size)});
    let params = json!({"subscription_id": subscription, "event": event});
    json!({"jsonrpc": "2.0", "method": "event/appended", "params": params})
}

fn begun(subscription: &str) -> Value {
    json!({"subscription_id": subscription, "epoch": "e", "head_seq": 7})
}

fn wait() -> ApprovalWaitParams {
    ApprovalWaitParams { approval_id: ApprovalId("apr_1".into()), timeout_ms: None, as_requester: false }
}

fn refused(error: CallError) -> Refused {
    match error {
        CallError::Refused(refused) => refused,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn answers_in_any_order_reach_their_calls() {
    let (peer, mut other) = connected();
    let talk = async {
        let (first, second) = (other.request().await, other.request().await);
        assert_eq!((&first["method"], &second["method"]), (&json!("rpc.discover"), &json!("shutdown")));
        assert_eq!((&first["jsonrpc"], &second["params"]), (&json!("2.0"), &json!({})));
        other.answer(&second, json!({})).await;
        other.answer(&first, json!({"openrpc": "1.3.2"})).await;
    };
    let (found, down, ()) =
        tokio::join!(peer.call::<Discover>(&Empty {}), peer.call::<Shutdown>(&Empty {}), talk);
    assert_eq!(serde_json::to_value(found.expect("found")).expect("JSON"), json!({"openrpc": "1.3.2"}));
    assert_eq!(down.expect("down"), Empty {});
}

#[tokio::test]
async fn texts_go_through_a_raw_call_as_they_are() {
    let (peer, mut other) = connected();
    let params =
        RawValue::from_string("{\"a\":\r\n 1.50,\"b\":12345678901234567890123}".into()).expect("JSON");
    let talk = async {
        let line = other.requests.next_line().await.expect("a line").expect("a request");
        assert!(line.ends_with(r#""params":{"a":   1.50,"b":12345678901234567890123}}"#), "{line}");
        other.send_text("{\"id\":1,\"result\":[1.50,1e400]}\n").await;
        assert_eq!(other.request().await, json!({"jsonrpc": "2.0", "id": 2, "method": "n"}));
        other.send_text("{\"id\":2,\"result\":null}\n").await;
    };
    let calls = async {
        assert_eq!(peer.call_raw("m", Some(&params)).await.expect("a result").get(), "[1.50,1e400]");
        assert_eq!(peer.call_raw("n", None).await.expect("a result").get(), "null");
    };
    tokio::join!(talk, calls);
}

#[tokio::test]
async fn a_call_that_is_cancelled_waits_for_what_the_other_side_says() {
    for was_done in [false, true] {
        let (peer, mut other) = connected();
        let cancel = CancellationToken::new();
        let talk = async {
            let request = other.request().await;
            cancel.cancel();
            let cancelled =
                json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": request["id"]}});
            assert_eq!(other.request().await, cancelled);
            match was_done {
                true => other.answer(&request, json!({})).await,
                false => {
                    let error = json!({"code": 1010, "message": "cancelled", "data": {"kind": "cancelled"}});
                    other.refuse(request["id"].clone(), error).await;
                }
            }
        };
        let (answer, ()) = tokio::join!(peer.call_until::<Shutdown>(&Empty {}, &cancel), talk);
        match was_done {
            true => assert_eq!(answer.expect("a result"), Empty {}),
            false => assert_eq!(*refused(answer.expect_err("cancelled")).kind(), ErrorKind::Cancelled),
        }
    }
}

#[tokio::test]
async fn an_error_has_its_kind_its_message_and_all_that_came_with_it() {
    let (peer, mut other) = connected();
    let objects = [
        (r#"{"code":1001,"message":"no thread","data":{"kind":"not_found"}}"#, "not_found", "no thread"),
        (
            r#"{"code": 2042,"message":"late","data":{"kind":"of_a_newer_server","n":1.50},"more":1}"#,
            "of_a_newer_server",
            "late",
        ),
        (r#"{"code":-32601,"message":"no method"}"#, "method_not_found", "no method"),
        (r#"{"code":7,"message":"what"}"#, "internal", "what"),
        (r#"["no object"]"#, "internal", r#"["no object"]"#),
    ];
    let talk = async {
        for (object, ..) in objects {
            let id = other.request().await["id"].clone();
            other.send_text(&format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{object}}}\n")).await;
        }
    };
    let calls = async {
        for (object, kind, message) in objects {
            let refused = refused(peer.call::<Shutdown>(&Empty {}).await.expect_err("an error"));
            assert_eq!((refused.kind().name(), refused.message()), (kind, message));
            assert_eq!(refused.object().get(), object);
            assert_eq!(refused.kind().known().is_none(), kind == "of_a_newer_server");
        }
    };
    tokio::join!(talk, calls);
}

#[tokio::test]
async fn an_error_without_an_id_is_that_of_the_longest_line() {
    let (peer, mut other) = connected();
    let long = RawValue::from_string(format!("\"{}\"", "x".repeat(100))).expect("JSON");
    let talk = async {
        let (_, short) = (other.request().await, other.request().await);
        let error = json!({"code": 1007, "message": "too long", "data": {"kind": "too_large", "limit": 99}});
        other.refuse(Value::Null, error).await;
        other.answer(&short, json!(1)).await;
    };
    let (long, short, ()) = tokio::join!(peer.call_raw("m", Some(&long)), peer.call_raw("m", None), talk);
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Data {
        limit: u32,
    }
    let refused = refused(long.expect_err("too long"));
    assert_eq!(*refused.kind(), ErrorKind::TooLarge);
    assert_eq!(refused.data::<Data>(), Some(Data { limit: 99 }));
    assert_eq!(short.expect("a result").get(), "1");
}

#[tokio::test]
async fn an_answer_of_another_shape_fails_its_call_and_no_other() {
    let (peer, mut other) = connected();
    let talk = async {
        let request = other.request().await;
        other.answer(&request, json!({"approval_id": 7})).await;
        let request = other.request().await;
        other.send(json!({"jsonrpc": "2.0", "id": request["id"]})).await;
        other.request().await;
        // What is no answer is passed over.
        other.send_text("nonsense\n[]\n{}\n{\"id\":\"3\",\"result\":{}}\n{\"id\":99,\"result\":{}}\n").await;
        other.send_text("{\"id\":3,\"method\":\"ping\"}\n{\"method\":\"news\",\"params\":{}}\n").await;
        other.send_text("{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":null,\"result\":{}}\n").await;
    };
    let calls = async {
        let wrong = peer.call::<ApprovalWait>(&wait()).await.expect_err("another shape");
        assert!(matches!(wrong, CallError::Unreadable(_)), "{wrong:?}");
        assert_eq!(wrong.kind(), ErrorKind::Internal);
        let neither = peer.call::<Shutdown>(&Empty {}).await.expect_err("neither");
        assert!(matches!(neither, CallError::Unreadable(_)), "{neither:?}");
        assert_eq!(peer.call::<Shutdown>(&Empty {}).await.expect("a result"), Empty {});
    };
    tokio::join!(talk, calls);
}

#[tokio::test]
async fn calls_in_flight_and_later_ones_fail_when_the_connection_ends() {
    let (peer, mut other) = connected();
    let end = async move {
        other.request().await;
        other.request().await;
    };
    let params = wait();
    let (one, two, ()) =
        tokio::join!(peer.call::<Shutdown>(&Empty {}), peer.call::<ApprovalWait>(&params), end);
    assert!(matches!(one, Err(CallError::Closed)), "{one:?}");
    assert!(matches!(two, Err(CallError::Closed)), "{two:?}");
    let late = peer.call::<Shutdown>(&Empty {}).await;
    assert!(matches!(late, Err(CallError::Closed)), "{late:?}");
}

#[tokio::test]
async fn a_request_that_cannot_be_written_fails_while_the_answers_are_still_open() {
    let (input, _answers) = duplex(PIPE_BYTES);
    let (output, requests) = duplex(PIPE_BYTES);
    drop(requests);
    let peer = Peer::connect(input, output);
    let unwritten = peer.call::<Shutdown>(&Empty {}).await;
    assert!(matches!(unwritten, Err(CallError::Closed)), "{unwritten:?}");
}

#[tokio::test]
async fn the_last_call_ends_the_input_and_is_answered() {
    let (peer, mut other) = connected();
    let talk = async {
        let request = other.request().await;
        other.ended().await;
        other.answer(&request, json!(1)).await;
    };
    let (answer, ()) = tokio::join!(peer.last_call_raw("m", None), talk);
    assert_eq!(answer.expect("a result").get(), "1");
}

#[tokio::test]
async fn notifications_right_behind_their_answer_are_followed() {
    let (peer, mut other) = connected();
    let talk = async {
        let request = other.request().await;
        let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": begun("sub_1")});
        let foreign = appended("sub_2", 8, 0);
        let ended = json!({"subscription_id": "sub_1", "reason": "not_found"});
        let ended = json!({"jsonrpc": "2.0", "method": "subscription/ended", "params": ended});
        let event = r#"{"method":"event/appended","params":{"subscription_id":"sub_1","event":{"n": 1.50}}}"#;
        // In one write.
        other
            .send_text(&format!("{answer}\n{}\n{foreign}\n{event}\n{ended}\n", appended("sub_1", 7, 0)))
            .await;
    };
    let follow = async {
        let params = EventSubscribeParams::default();
        let (result, mut notes) = peer.subscribe::<EventSubscribe>(&params).await.expect("begins");
        assert_eq!(result.head_seq, 7);
        let first = notes.next().await.expect("reads").expect("an event");
        assert!(first.event.text().starts_with(r#"{"seq":7,"#), "{}", first.event.text());
        let second = notes.next().await.expect("reads").expect("an event");
        assert_eq!(second.event.text(), r#"{"n": 1.50}"#);
        match notes.next().await.expect_err("it has ended") {
            FollowError::Ended(ended) => assert_eq!(ended.reason, ErrorKind::NotFound),
            other => panic!("{other:?}"),
        }
        assert!(notes.next().await.expect("reads").is_none());
    };
    tokio::join!(talk, follow);
}

#[tokio::test]
async fn the_other_side_waits_for_a_slow_reader_and_nothing_is_lost() {
    const EVENTS: u64 = 50;
    let (peer, mut other) = connected();
    let sent = std::cell::Cell::new(0);
    let talk = async {
        let request = other.request().await;
        other.answer(&request, begun("sub_1")).await;
        for seq in 1..=EVENTS {
            other.send(appended("sub_1", seq, PIPE_BYTES)).await;
            sent.set(seq);
        }
    };
    let follow = async {
        let params = EventSubscribeParams::default();
        let (_, mut notes) = peer.subscribe::<EventSubscribe>(&params).await.expect("begins");
        for seq in 1..=EVENTS {
            // As many turns as it takes for everything that can be sent to be sent.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            // One was read before, one waits, one is in hand, and the rest of the stream has room for two more.
            assert!(sent.get() < seq + 5, "{} sent before {seq} was read", sent.get());
            let note = notes.next().await.expect("reads").expect("an event");
            assert!(note.event.text().starts_with(&format!("{{\"seq\":{seq},")), "{seq}");
        }
    };
    tokio::join!(talk, follow);
}

#[tokio::test]
async fn a_watch_keeps_nothing_waiting_and_unsubscribes_when_it_is_dropped() {
    let (peer, mut other) = connected();
    let talk = async {
        let request = other.request().await;
        other.answer(&request, begun("sub_1")).await;
        for seq in 1..=100 {
            other.send(appended("sub_1", seq, 100)).await;
        }
        let request = other.request().await;
        other.answer(&request, json!({})).await;
        let end = other.request().await;
        assert_eq!(end["method"], "event/unsubscribe");
        assert_eq!(end["params"], json!({"subscription_id": "sub_1"}));
        other.ended().await;
    };
    let watch = async {
        let params = EventSubscribeParams::default();
        let mut watch =
            peer.watch::<EventSubscribe>(&params, &CancellationToken::new()).await.expect("begins");
        // Its notifications lie before the answer, and are not read.
        peer.call::<Shutdown>(&Empty {}).await.expect("answered");
        assert!(watch.changed().await);
        drop((watch, peer));
    };
    tokio::join!(talk, watch);
}

#[tokio::test]
async fn a_watch_ends_with_its_subscription_and_with_the_connection() {
    for is_told in [true, false] {
        let (peer, mut other) = connected();
        let talk = async {
            let request = other.request().await;
            other.answer(&request, begun("sub_1")).await;
            if is_told {
                let params = json!({"subscription_id": "sub_1", "reason": "unauthenticated"});
                other.send(json!({"jsonrpc": "2.0", "method": "subscription/ended", "params": params})).await;
                other.request().await;
            }
            drop(other);
        };
        let watch = async {
            let params = EventSubscribeParams::default();
            let cancel = CancellationToken::new();
            let mut watch = peer.watch::<EventSubscribe>(&params, &cancel).await.expect("begins");
            assert!(!watch.changed().await);
        };
        tokio::join!(talk, watch);
    }
}

#[tokio::test]
async fn a_watch_that_is_refused_says_why() {
    let (peer, mut other) = connected();
    let talk = async {
        let id = other.request().await["id"].clone();
        other.refuse(id, json!({"code": 1001, "message": "no room", "data": {"kind": "not_found"}})).await;
    };
    let (params, cancel) = (EventSubscribeParams::default(), CancellationToken::new());
    let (watch, ()) = tokio::join!(peer.watch::<EventSubscribe>(&params, &cancel), talk);
    assert_eq!(watch.expect_err("refused").kind(), ErrorKind::NotFound);
}
