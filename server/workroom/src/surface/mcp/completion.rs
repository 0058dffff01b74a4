//! Completes ids and links from titles.

use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};
use workroom_protocol::methods::{ThreadList, WorkroomList};
use workroom_protocol::thread::ThreadListParams;
use workroom_protocol::workroom::WorkroomListParams;

use super::call::Call;
use super::refusal::Refusal;

const MAX_VALUES: u32 = CompletionInfo::MAX_VALUES as u32;
// Only the newest threads are searched for a title; older ones can be found with the search.
const LOOKED_THROUGH: u32 = 200;

/// Returns the values of an argument that match the typed text.
pub(super) async fn complete(
    call: &Call,
    request: &CompleteRequestParams,
) -> Result<CompleteResult, Refusal> {
    let typed = &request.argument.value;
    let of_prompt = matches!(request.r#ref, Reference::Prompt(_));
    let chosen = request.context.as_ref().and_then(|context| context.arguments.as_ref());
    let values = match &*request.argument.name {
        "workroom_id" => rooms(call, typed).await?.into_iter().map(|(id, _)| id).collect(),
        "thread_id" => {
            let room = chosen.and_then(|chosen| chosen.get("workroom_id"));
            threads(call, typed, room).await?.into_iter().map(|(id, _)| id).collect()
        }
        "link" if of_prompt => {
            let mut links: Vec<_> = rooms(call, typed).await?.into_iter().map(|(_, link)| link).collect();
            links.extend(threads(call, typed, None).await?.into_iter().map(|(_, link)| link));
            links
        }
        "thread" if of_prompt => {
            threads(call, typed, None).await?.into_iter().map(|(_, link)| link).collect()
        }
        _ => Vec::new(),
    };
    let has_more = values.len() > CompletionInfo::MAX_VALUES;
    let values: Vec<String> = values.into_iter().take(CompletionInfo::MAX_VALUES).collect();
    let completion = CompletionInfo::with_pagination(values, None, has_more);
    Ok(CompleteResult::new(completion.map_err(Refusal::invalid)?))
}

/// Returns the ids and links of workrooms whose title contains the typed text, or whose id starts with it.
async fn rooms(call: &Call, typed: &str) -> Result<Vec<(String, String)>, Refusal> {
    let is_id = typed.starts_with("wr_");
    let query = (!is_id && !typed.is_empty()).then(|| typed.to_owned());
    let limit = if is_id { LOOKED_THROUGH } else { MAX_VALUES };
    let params = WorkroomListParams { query, limit: Some(limit), ..WorkroomListParams::default() };
    let rooms = call.ask::<WorkroomList>(&params).await?.workrooms.into_iter();
    Ok(rooms
        .filter(|room| !is_id || room.id.0.starts_with(typed))
        .map(|room| (room.id.0, room.link))
        .collect())
}

/// Returns the ids and links of threads whose title contains the typed text, or whose id starts with it, limited to a
/// workroom if one is chosen.
async fn threads(call: &Call, typed: &str, room: Option<&String>) -> Result<Vec<(String, String)>, Refusal> {
    let workroom_id = room.map(|room| super::tools::workroom(room)).transpose()?;
    let params = ThreadListParams { workroom_id, limit: Some(LOOKED_THROUGH), ..ThreadListParams::default() };
    let typed = typed.to_lowercase();
    let threads = call.ask::<ThreadList>(&params).await?.threads.into_iter();
    let goes = |id: &str, title: &str| id.starts_with(&typed) || title.to_lowercase().contains(&typed);
    Ok(threads
        .filter(|thread| goes(&thread.id.0, &thread.title))
        .map(|thread| (thread.id.0, thread.link))
        .collect())
}
