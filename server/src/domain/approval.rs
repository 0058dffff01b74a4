//! What tells the action that an approval is about from others.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use workroom_protocol::approval::ApprovalRisk;
use workroom_protocol::id::ThreadId;

/// The digest of an action: `sha256:` and the SHA-256 of a canonical text of all that whoever decides goes by.
///
/// The text is a JSON object without white space, the members of every object sorted by their names' UTF-8 bytes.
pub fn digest(
    thread_id: &ThreadId,
    tool_name: &str,
    summary: &str,
    arguments: Option<&Value>,
    risk: Option<ApprovalRisk>,
) -> String {
    let action = json!({
        "arguments": arguments.map(sorted),
        "risk": risk,
        "summary": summary,
        "thread_id": thread_id,
        "tool_name": tool_name,
    });
    let digest = Sha256::digest(action.to_string());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_bytes());
            Value::Object(
                members.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect::<Map<_, _>>(),
            )
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: Value) -> String {
        let thread = ThreadId("thr_0".into());
        digest(&thread, "shell", "push", Some(&arguments), Some(ApprovalRisk::High))
    }

    #[test]
    fn it_does_not_depend_on_the_order_of_members() {
        assert_eq!(
            of(json!({"a": [{"c": 1, "d": 2}], "b": 3})),
            of(json!({"b": 3, "a": [{"d": 2, "c": 1}]}))
        );
    }

    #[test]
    fn it_tells_actions_apart() {
        let all = [
            json!(null),
            json!(1),
            json!("1"),
            json!([1, 2]),
            json!([2, 1]),
            json!({"a": 1}),
            json!({"a": 2}),
        ];
        for (index, one) in all.iter().enumerate() {
            for other in &all[index + 1..] {
                assert_ne!(of(one.clone()), of(other.clone()), "{one} {other}");
            }
        }
        let thread = ThreadId("thr_0".into());
        assert_ne!(digest(&thread, "a", "b", None, None), digest(&thread, "ab", "", None, None));
    }

    #[test]
    fn it_is_what_the_documentation_says() {
        let text = r#"{"arguments":{"a":1,"b":["x"]},"risk":"high","summary":"push","thread_id":"thr_0","tool_name":"shell"}"#;
        let hex: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(of(json!({"b": ["x"], "a": 1})), format!("sha256:{hex}"));
    }
}
