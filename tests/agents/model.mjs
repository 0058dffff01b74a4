// A mock model on loopback for real coding agents: it speaks Anthropic's messages, OpenAI's responses and chat
// completions, and Gemini's content, streamed or whole.
//
//   node model.mjs REQUESTS        prints {"port": …}, appends each request to the file REQUESTS, ends when stdin ends
//
// It carries out the instructions in the last prompt of the user, one a request and in their order:
//
//   TOOL:touch a.txt;;             calls the agent's shell tool with this command
//   CALL:Name {"key": "value"};;   calls the tool whose name is Name or ends with it
//   SAY:some words;;               answers with these words
//   HANG;;                         holds the answer back until a line arrives on stdin
//   ERROR 400;;                    fails with this status
//
// Without instructions it greets. When they are carried out, it answers "Done.". It never quotes a prompt or a result,
// so that a test can look for these on the screen or among the requests.
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";

const GREETING = "Hello from the mock model.";
// Agents also ask for titles and summaries. Such requests offer no tools, and must not look like the answer.
const ASIDE = "A mock title";

const INSTRUCTION =
  /TOOL:(?<command>.*?);;|CALL:(?<name>\S+?)\s*(?<input>\{.*?\})?\s*;;|SAY:(?<words>.*?);;|(?<hang>HANG);;|ERROR (?<status>\d{3});;/gs;

/** The names of the shell tools of the agents, the preferred ones first. */
const SHELLS = ["Bash", "bash", "exec_command", "shell_command", "shell", "run_shell_command"];

/** The requests whose answers are held back: how to let each go. */
const held = new Set();
let count = 0;

/** What to answer in a conversation: an error, words, or a call of a tool. */
async function answer({ prompt, results, tools }) {
  // A call is carried out when its result is there. A request that failed or that was held back has no result.
  const instructions = [...prompt.matchAll(INSTRUCTION)].map((match) => match.groups);
  const calls = instructions.filter(({ command, name }) => command !== undefined || name !== undefined);
  const failure = instructions.find(({ status }) => status !== undefined);
  if (failure !== undefined) return { status: Number(failure.status) };
  if (tools.length === 0) return { text: ASIDE };
  if (results === 0 && instructions.some(({ hang }) => hang !== undefined)) {
    await new Promise((release) => held.add(release));
  }
  const call = calls[results];
  if (call !== undefined) {
    const tool = call.command === undefined ? named(tools, call.name) : shell(tools);
    if (tool === undefined) return { text: "There is no such tool." };
    const input = call.command === undefined ? JSON.parse(call.input ?? "{}") : command(tool, call.command.trim());
    return { text: "I call a tool.", tool, input };
  }
  const words = instructions.find(({ words }) => words !== undefined)?.words;
  return { text: words ?? (results > 0 ? "Done." : GREETING) };
}

const named = (tools, name) => tools.find((tool) => tool.name === name) ?? tools.find((tool) => tool.name.endsWith(name));
const shell = (tools) => SHELLS.map((name) => tools.find((tool) => tool.name === name)).find((tool) => tool !== undefined);

/** The input for a shell tool, by its schema. */
function command({ schema }, text) {
  const properties = schema?.properties ?? {};
  const key = "cmd" in properties ? "cmd" : "command";
  const input = { [key]: properties[key]?.type === "array" ? ["bash", "-c", text] : text };
  if ("description" in properties) input.description = "a command of the test";
  // Codex runs what its sandbox allows without asking, so this asks to run outside of it.
  if ("sandbox_permissions" in properties) {
    Object.assign(input, { sandbox_permissions: "require_escalated", justification: "the test asks for it" });
  }
  return input;
}

/** The text of contents in any of the shapes, without what an agent adds to a prompt. */
function flat(content) {
  if (typeof content === "string") return content.trimStart().startsWith("<system-reminder>") ? "" : content;
  if (Array.isArray(content)) return content.map(flat).filter((text) => text !== "").join("\n");
  return content === null || content === undefined ? "" : flat(content.text ?? content.content ?? "");
}

/** The last prompt, and how many results of tools came after it. `items` are prompts (texts) and results (`null`). */
function last(items) {
  const conversation = { prompt: "", results: 0 };
  for (const item of items) {
    if (item === null) conversation.results += 1;
    else if (item !== "") Object.assign(conversation, { prompt: item, results: 0 });
  }
  return conversation;
}

const events = (list) => list.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
const data = (list) => list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

const anthropic = {
  path: /\/messages$/,
  read({ messages = [], tools = [] }) {
    const items = messages.filter(({ role }) => role === "user").flatMap(({ content }) => {
      const parts = Array.isArray(content) ? content : [{ type: "text", text: content }];
      return parts.map((part) => (part.type === "tool_result" ? null : flat(part)));
    });
    return { ...last(items), tools: tools.map(({ name, input_schema }) => ({ name, schema: input_schema })) };
  },
  whole({ text, tool, input }, { model }) {
    const content = [{ type: "text", text }];
    if (tool !== undefined) content.push({ type: "tool_use", id: `toolu_${count}`, name: tool.name, input });
    return {
      id: `msg_${count}`, type: "message", role: "assistant", model, content,
      stop_reason: tool === undefined ? "end_turn" : "tool_use", stop_sequence: null,
      usage: { input_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 20, output_tokens: 30 },
    };
  },
  stream(act, body) {
    const message = anthropic.whole(act, body);
    const blocks = message.content.flatMap((block, index) => {
      const isText = block.type === "text";
      const delta = isText
        ? { type: "text_delta", text: block.text }
        : { type: "input_json_delta", partial_json: JSON.stringify(block.input) };
      return [
        { type: "content_block_start", index, content_block: isText ? { ...block, text: "" } : { ...block, input: {} } },
        { type: "content_block_delta", index, delta },
        { type: "content_block_stop", index },
      ];
    });
    return events([
      { type: "message_start", message: { ...message, content: [], stop_reason: null } },
      ...blocks,
      { type: "message_delta", delta: { stop_reason: message.stop_reason, stop_sequence: null }, usage: message.usage },
      { type: "message_stop" },
    ]);
  },
};

const responses = {
  path: /\/responses$/,
  read({ input = [], tools = [] }) {
    const list = typeof input === "string" ? [{ role: "user", content: input }] : input;
    const items = list
      .filter(({ role, type }) => role === "user" || /_call_output$/.test(type ?? ""))
      .map((item) => (item.role === "user" ? flat(item.content) : null));
    // Codex groups the tools of an MCP server in a namespace, which a call then names.
    const offered = (tool) => tool.type === "namespace"
      ? tool.tools.map((inner) => ({ name: inner.name, schema: inner.parameters, namespace: tool.name }))
      : [{ name: tool.name ?? tool.type, schema: tool.parameters }];
    return { ...last(items), tools: (tools ?? []).flatMap(offered) };
  },
  whole({ text, tool, input }, { model }) {
    const output = [{
      type: "message", id: `msg_${count}`, role: "assistant", status: "completed",
      content: [{ type: "output_text", text, annotations: [] }],
    }];
    if (tool !== undefined) {
      output.push({
        type: "function_call", id: `fc_${count}`, call_id: `call_${count}`, status: "completed",
        name: tool.name, namespace: tool.namespace, arguments: JSON.stringify(input),
      });
    }
    return {
      id: `resp_${count}`, object: "response", created_at: 1, status: "completed", model, output,
      usage: {
        input_tokens: 120, input_tokens_details: { cached_tokens: 20 },
        output_tokens: 30, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 150,
      },
    };
  },
  stream(act, body) {
    const response = responses.whole(act, body);
    const items = response.output.flatMap((item, output_index) => {
      const isText = item.type === "message";
      const begun = { ...item, status: "in_progress", ...(isText ? { content: [] } : { arguments: "" }) };
      const delta = isText
        ? [{ type: "response.output_text.delta", item_id: item.id, output_index, content_index: 0, delta: act.text }]
        : [];
      return [
        { type: "response.output_item.added", output_index, item: begun },
        ...delta,
        { type: "response.output_item.done", output_index, item },
      ];
    });
    return events([
      { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
      ...items,
      { type: "response.completed", response },
    ]);
  },
};

const chat = {
  path: /\/chat\/completions$/,
  read({ messages = [], tools = [] }) {
    const items = messages
      .filter(({ role }) => role === "user" || role === "tool")
      .map(({ role, content }) => (role === "tool" ? null : flat(content)));
    return {
      ...last(items),
      tools: (tools ?? []).map((tool) => ({ name: tool.function?.name ?? "", schema: tool.function?.parameters })),
    };
  },
  body(object, choice, { model }) {
    const usage = { prompt_tokens: 120, completion_tokens: 30, total_tokens: 150 };
    return { id: `chatcmpl-${count}`, object, created: 1, model, choices: [{ index: 0, ...choice }], usage };
  },
  message({ text, tool, input }) {
    if (tool === undefined) return { role: "assistant", content: text };
    const call = { index: 0, id: `call_${count}`, type: "function" };
    return {
      role: "assistant", content: text,
      tool_calls: [{ ...call, function: { name: tool.name, arguments: JSON.stringify(input) } }],
    };
  },
  reason: ({ tool }) => (tool === undefined ? "stop" : "tool_calls"),
  whole: (act, body) =>
    chat.body("chat.completion", { message: chat.message(act), finish_reason: chat.reason(act) }, body),
  stream: (act, body) => data([
    chat.body("chat.completion.chunk", { delta: chat.message(act), finish_reason: null }, body),
    chat.body("chat.completion.chunk", { delta: {}, finish_reason: chat.reason(act) }, body),
  ]) + "data: [DONE]\n\n",
};

const gemini = {
  path: /enerateContent$/,
  read({ contents = [], tools = [] }) {
    const items = contents.flatMap(({ role, parts = [] }) => parts
      .filter((part) => part.functionResponse !== undefined || (role === "user" && part.text !== undefined))
      .map((part) => (part.functionResponse === undefined ? flat(part) : null)));
    const declared = (tools ?? []).flatMap(({ functionDeclarations = [] }) => functionDeclarations);
    return {
      ...last(items),
      tools: declared.map((tool) => ({ name: tool.name, schema: tool.parametersJsonSchema ?? tool.parameters })),
    };
  },
  whole({ text, tool, input }) {
    const parts = [{ text }];
    if (tool !== undefined) parts.push({ functionCall: { id: `call_${count}`, name: tool.name, args: input } });
    return {
      candidates: [{ index: 0, content: { role: "model", parts }, finishReason: "STOP" }],
      usageMetadata: { promptTokenCount: 120, candidatesTokenCount: 30, totalTokenCount: 150 },
    };
  },
  stream: (act) => data([gemini.whole(act)]),
};

const APIS = [anthropic, responses, chat, gemini];
const UNPACK = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync };

function send(response, status, body, type = "application/json") {
  response.writeHead(status, { "content-type": type }).end(typeof body === "string" ? body : JSON.stringify(body));
}

async function serve(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const path = new URL(request.url, "http://model").pathname;
  if (request.method === "HEAD") return response.end();
  if (request.method === "GET" && path.endsWith("/models")) {
    return send(response, 200, { object: "list", data: [{ id: "mock-1", object: "model" }], models: [] });
  }
  if (/count_tokens$|countTokens$/.test(path)) return send(response, 200, { input_tokens: 100, totalTokens: 100 });
  const api = APIS.find((api) => api.path.test(path));
  if (request.method !== "POST" || api === undefined) return send(response, 404, { error: { message: "not found" } });

  const packed = Buffer.concat(chunks);
  const body = JSON.parse((UNPACK[request.headers["content-encoding"]]?.(packed) ?? packed).toString());
  // Before the answer, so that a test that has seen the answer finds the request.
  appendFileSync(process.argv[2], `${JSON.stringify({ path, body })}\n`);
  const act = await answer(api.read(body));
  count += 1;
  if (act.status !== undefined) {
    const error = { type: "invalid_request_error", code: act.status, message: "the mock model fails as told" };
    return send(response, act.status, { type: "error", error });
  }
  const isStream = body.stream === true || path.endsWith("streamGenerateContent");
  if (isStream) send(response, 200, api.stream(act, body), "text/event-stream");
  else send(response, 200, api.whole(act, body));
}

const server = createServer((request, response) => {
  serve(request, response).catch((error) => send(response, 500, { error: { message: String(error) } }));
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));

const lines = createInterface({ input: process.stdin });
lines.on("line", () => {
  held.forEach((release) => release());
  held.clear();
});
// The test has ended.
lines.on("close", () => process.exit());
