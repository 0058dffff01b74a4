// Workroom's plugin for opencode. `workroom hooks install opencode` writes it, and `workroom hooks remove opencode` removes it.
//
// It starts Workroom's hook for each event, and passes the answers of people on to opencode. Nothing in it can fail or
// hold up opencode: an error in a plugin would lose a prompt. Without the program, it does nothing.
import { spawn } from "node:child_process";

const COMMAND = ["workroom"];

// A hook writes one line and ends. One that takes longer hangs.
const HOOK_MS = 10_000;
// The prompt waits for new messages of the room, but not for long.
const PROMPT_MS = 2_000;

/** Starts the hook of `event` with `input`. `done` resolves with its answer, or with undefined. It never rejects. */
const start = (event, input, limit) => {
  let child;
  const done = new Promise((resolve) => {
    try {
      child = spawn(COMMAND[0], [...COMMAND.slice(1), event], { stdio: ["pipe", "pipe", "ignore"] });
      const timer = limit && setTimeout(() => child.kill(), limit);
      timer?.unref?.();
      let out = "";
      child.stdout.on("data", (data) => (out += data));
      child.on("error", () => resolve(undefined));
      child.on("close", () => {
        clearTimeout(timer);
        try {
          resolve(JSON.parse(out));
        } catch {
          resolve(undefined);
        }
      });
      child.stdin.on("error", () => {});
      child.stdin.end(JSON.stringify(input));
    } catch {
      resolve(undefined);
    }
  });
  return { done, stop: () => child?.kill() };
};

export const Workroom = async ({ client, directory }) => {
  const parents = new Map(); // session → the session that started it
  const models = new Map(); // session → model
  const replies = new Map(); // session → { message, text } of the agent's last message
  const waiting = new Map(); // request → the hook that waits for its answer
  let queue = Promise.resolve();

  const of = (sessionID, fields) => ({
    sessionID,
    parentID: parents.get(sessionID),
    directory,
    model: models.get(sessionID),
    ...fields,
  });

  // Hooks run one after the other, so that they report the events in their order.
  const report = (event, sessionID, fields) => {
    const input = of(sessionID, fields);
    const answer = queue.then(() => start(event, input, HOOK_MS).done);
    queue = answer.then(() => {});
    return answer;
  };

  const post = (url, body) =>
    client._client.post({ url, body, headers: { "content-type": "application/json" } });

  // The hook of a request runs until a person answers. opencode shows its own dialog meanwhile.
  const ask = (event, request, reply) => {
    const input = of(request.sessionID, request);
    waiting.set(request.id, { stop: () => {} });
    queue = queue.then(() => {
      if (!waiting.has(request.id)) return;
      const hook = start(event, input);
      waiting.set(request.id, hook);
      hook.done
        .then((answer) => waiting.delete(request.id) && answer && reply(answer))
        .catch(() => {});
    });
  };

  // The request was answered in the dialog, or by the hook itself.
  const settle = (event, { requestID, sessionID, reply }) => {
    waiting.get(requestID)?.stop();
    waiting.delete(requestID);
    report(event, sessionID, { requestID, reply });
  };

  const happened = {
    "session.created": ({ info }) => {
      if (info.parentID) parents.set(info.id, info.parentID);
      if (info.model?.id) models.set(info.id, info.model.id);
      report("session.created", info.id, { agent: info.agent });
    },
    "session.deleted": ({ info }) => {
      for (const known of [parents, models, replies]) known.delete(info.id);
    },
    "message.updated": ({ info }) => {
      if (info.role === "assistant" && replies.get(info.sessionID)?.message !== info.id)
        replies.set(info.sessionID, { message: info.id, text: "" });
    },
    "message.part.updated": ({ part }) => {
      const reply = replies.get(part.sessionID);
      if (part.type === "text" && reply?.message === part.messageID) reply.text = part.text;
    },
    "permission.asked": (request) =>
      ask("permission.asked", request, ({ reply, message }) =>
        reply && post(`/permission/${request.id}/reply`, { reply, message })),
    "permission.replied": (answered) => settle("permission.replied", answered),
    "question.asked": (request) =>
      ask("question.asked", request, ({ answers }) =>
        answers && post(`/question/${request.id}/reply`, { answers })),
    "question.replied": (answered) => settle("question.replied", answered),
    "question.rejected": (answered) => settle("question.replied", answered),
    "session.idle": ({ sessionID }) => {
      report("session.idle", sessionID, { text: replies.get(sessionID)?.text });
      replies.delete(sessionID);
    },
    "session.error": ({ sessionID, error }) => report("session.error", sessionID, { error }),
  };

  return {
    event: async ({ event }) => {
      try {
        happened[event.type]?.(event.properties);
      } catch {}
    },
    "chat.message": async ({ sessionID, model }, { message, parts }) => {
      try {
        const used = model?.modelID ?? message.model?.modelID;
        if (used) models.set(sessionID, used);
        const said = parts.filter((part) => part.type === "text" && !part.synthetic).map((part) => part.text);
        const answer = report("chat.message", sessionID, { text: said.join("\n") });
        const late = new Promise((resolve) => setTimeout(resolve, PROMPT_MS).unref?.());
        const context = (await Promise.race([answer, late]))?.context;
        // opencode orders the parts by their ids, and this one comes last.
        const last = parts[parts.length - 1]?.id;
        if (context && last)
          parts.push({ id: `${last}w`, sessionID, messageID: message.id, type: "text", text: context, synthetic: true });
      } catch {}
    },
    "tool.execute.before": async ({ tool, sessionID, callID }, { args }) => {
      try {
        report("tool.execute.before", sessionID, { tool, callID, args });
      } catch {}
    },
    "tool.execute.after": async ({ tool, sessionID, callID, args }, { output, metadata }) => {
      try {
        report("tool.execute.after", sessionID, { tool, callID, args, output, metadata });
      } catch {}
    },
  };
};
