-- Lists the workrooms of the store, and shows every event as it happens.
-- Run it with :luafile docs/editors/neovim.lua
local next_id, waiting, rest = 0, {}, ""

local function on_message(message)
  if message.method == "event/appended" then
    local event = message.params.event
    vim.notify(event.actor.handle .. ": " .. event.kind.event)
  elseif waiting[message.id] then
    waiting[message.id](message.error, message.result)
    waiting[message.id] = nil
  end
end

local job = vim.fn.jobstart({ "workroom", "app-server" }, {
  on_stdout = function(_, lines)
    -- The first and the last entry can be incomplete lines.
    lines[1] = rest .. lines[1]
    rest = table.remove(lines)
    for _, line in ipairs(lines) do
      on_message(vim.fn.json_decode(line))
    end
  end,
})

local function call(method, params, callback)
  next_id = next_id + 1
  waiting[next_id] = callback
  local request = { jsonrpc = "2.0", id = next_id, method = method, params = params }
  vim.fn.chansend(job, vim.fn.json_encode(request) .. "\n")
end

call("workroom/list", { limit = 10 }, function(err, result)
  assert(not err, err and err.message)
  for _, room in ipairs(result.workrooms) do
    print(room.title .. "  " .. room.link)
  end
end)
call("event/subscribe", { kinds = { "message", "needs_human", "failure", "receipt" } }, function() end)
