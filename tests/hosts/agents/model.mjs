// A scripted model: a prompt with `CALL tool {…}` makes it call that tool once and report the result. It implements the
// APIs that the agents use: Anthropic's messages, OpenAI's chat completions and responses, and Gemini.
import { createServer } from "node:http";

/** Starts it on loopback; resolves to its address, and how to end it. */
export async function startModel() {
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString() || "{}");
    const api = APIS.find((api) => request.url.includes(api.path));
    if (request.method !== "POST" || api === undefined) return response.writeHead(404).end("{}");
    const { texts, results, tools } = api.read(body);
    const [, suffix, quoted = ""] = texts.join("\n").match(/CALL (\w+) (\{.*?\}) END/s) ?? [];
    // opencode quotes a prompt that contains spaces.
    const args = quoted.replaceAll('\\"', '"');
    const tool = tools.find((name) => suffix !== undefined && name.endsWith(suffix));
    const act = tool !== undefined && results.length === 0
      ? { tool, args }
      : { text: results.length > 0 ? `RESULT ${results.at(-1)}` : "nothing to do" };
    const streamed = body.stream === true || request.url.includes("stream");
    response.writeHead(200, { "content-type": streamed ? "text/event-stream" : "application/json" });
    response.end(streamed ? api.stream(act) : JSON.stringify(api.whole(act)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => new Promise((resolve) => {
    server.closeAllConnections();
    server.close(resolve);
  });
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

const flat = (content) => Array.isArray(content)
  ? content.map((part) => flat(part?.text ?? part?.content ?? part?.output ?? "")).join("\n")
  : typeof content === "string" ? content : "";
const named = (events) => events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
const plain = (events) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

const anthropic = {
  path: "/v1/messages",
  read({ messages = [], tools = [] }) {
    const parts = messages.flatMap(({ role, content }) =>
      (Array.isArray(content) ? content : [{ type: "text", text: content }]).map((part) => ({ role, ...part })));
    return {
      texts: parts.filter((part) => part.role === "user" && part.type === "text").map((part) => part.text),
      results: parts.filter((part) => part.type === "tool_result").map((part) => flat(part.content)),
      tools: tools.map((tool) => tool.name),
    };
  },
  block: ({ tool, args, text }) => tool === undefined
    ? { type: "text", text }
    : { type: "tool_use", id: "call_1", name: tool, input: JSON.parse(args) },
  message(act, content) {
    const usage = { input_tokens: 1, output_tokens: 1 };
    const stop_reason = act.tool === undefined ? "end_turn" : "tool_use";
    return { id: "msg_1", type: "message", role: "assistant", model: "mock", content, stop_reason, stop_sequence: null, usage };
  },
  whole: (act) => anthropic.message(act, [anthropic.block(act)]),
  stream(act) {
    const block = anthropic.block(act);
    const empty = act.tool === undefined ? { ...block, text: "" } : { ...block, input: {} };
    const delta = act.tool === undefined
      ? { type: "text_delta", text: act.text }
      : { type: "input_json_delta", partial_json: act.args };
    const message = anthropic.message(act, []);
    return named([
      { type: "message_start", message: { ...message, stop_reason: null } },
      { type: "content_block_start", index: 0, content_block: empty },
      { type: "content_block_delta", index: 0, delta },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: message.stop_reason, stop_sequence: null }, usage: message.usage },
      { type: "message_stop" },
    ]);
  },
};

const chat = {
  path: "/chat/completions",
  read({ messages = [], tools = [] }) {
    return {
      texts: messages.filter(({ role }) => role === "user").map(({ content }) => flat(content)),
      results: messages.filter(({ role }) => role === "tool").map(({ content }) => flat(content)),
      tools: tools.map((tool) => tool.function?.name ?? ""),
    };
  },
  call: ({ tool, args }) => [{ index: 0, id: "call_1", type: "function", function: { name: tool, arguments: args } }],
  said: (act) => act.tool === undefined
    ? { role: "assistant", content: act.text }
    : { role: "assistant", content: null, tool_calls: chat.call(act) },
  chunk: (object, choice) => ({
    id: "c1", object, created: 1, model: "mock", choices: [{ index: 0, ...choice }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  }),
  reason: (act) => (act.tool === undefined ? "stop" : "tool_calls"),
  whole: (act) => chat.chunk("chat.completion", { message: chat.said(act), finish_reason: chat.reason(act) }),
  stream: (act) => plain([
    chat.chunk("chat.completion.chunk", { delta: chat.said(act), finish_reason: null }),
    chat.chunk("chat.completion.chunk", { delta: {}, finish_reason: chat.reason(act) }),
  ]) + "data: [DONE]\n\n",
};

const responses = {
  path: "/responses",
  read({ input = [], tools = [] }) {
    const of = (tool) => tool.type === "namespace"
      ? tool.tools.map(({ name }) => ({ name, namespace: tool.name }))
      : [{ name: tool.name }];
    responses.namespaces = new Map(tools.flatMap(of).map(({ name, namespace }) => [name, namespace]));
    return {
      texts: input.filter(({ role }) => role === "user").map(({ content }) => flat(content)),
      results: input.filter(({ type }) => type === "function_call_output").map(({ output }) => flat(output)),
      tools: [...responses.namespaces.keys()].filter((name) => name !== undefined),
    };
  },
  item: ({ tool, args, text }) => tool === undefined
    ? { type: "message", id: "m1", role: "assistant", status: "completed", content: [{ type: "output_text", text, annotations: [] }] }
    : { type: "function_call", id: "f1", call_id: "call_1", name: tool, namespace: responses.namespaces.get(tool), arguments: args, status: "completed" },
  whole: (act) => ({
    id: "r1", object: "response", status: "completed", model: "mock", output: [responses.item(act)],
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  }),
  stream(act) {
    const response = responses.whole(act);
    return named([
      { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
      { type: "response.output_item.added", output_index: 0, item: response.output[0] },
      { type: "response.output_item.done", output_index: 0, item: response.output[0] },
      { type: "response.completed", response },
    ]);
  },
};

const gemini = {
  path: "enerateContent",
  read({ contents = [], tools = [] }) {
    const parts = contents.flatMap(({ role, parts = [] }) => parts.map((part) => ({ role, ...part })));
    return {
      texts: parts.filter((part) => part.role === "user" && part.text !== undefined).map((part) => part.text),
      results: parts.filter((part) => part.functionResponse).map((part) => JSON.stringify(part.functionResponse.response)),
      tools: tools.flatMap((tool) => tool.functionDeclarations ?? []).map(({ name }) => name),
    };
  },
  whole(act) {
    const part = act.tool === undefined
      ? { text: act.text }
      : { functionCall: { name: act.tool, args: JSON.parse(act.args) } };
    return {
      candidates: [{ index: 0, content: { role: "model", parts: [part] }, finishReason: "STOP" }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    };
  },
  stream: (act) => plain([gemini.whole(act)]),
};

const APIS = [anthropic, chat, responses, gemini];
