-- Opens the files of S9PK_FILES in Neovim, with `s9pk lsp` attached, waits until each has as many diagnostics as it should have,
-- and writes what Neovim has of all of them. Works from Neovim 0.7 on.
local job = vim.json.decode(table.concat(vim.fn.readfile(vim.env.S9PK_JOB), '\n'))
local client = vim.lsp.start_client({ name = 's9pk', cmd = job.command, root_dir = job.folder })

local buffers = {}
for _, file in ipairs(job.files) do
  local buffer = vim.fn.bufadd(file.path)
  vim.fn.bufload(buffer)
  vim.lsp.buf_attach_client(buffer, client)
  buffers[file.path] = buffer
end

local function is_done()
  for _, file in ipairs(job.files) do
    if #vim.diagnostic.get(buffers[file.path]) < file.expected then return false end
  end
  return true
end
vim.wait(30000, is_done, 50)

local found = { diagnostics = {} }
for path, buffer in pairs(buffers) do
  local list = {}
  for _, item in ipairs(vim.diagnostic.get(buffer)) do
    table.insert(list, {
      code = item.code or item.user_data.lsp.code,
      severity = item.severity,
      message = item.message,
      range = string.format('%d:%d-%d:%d', item.lnum, item.col, item.end_lnum, item.end_col),
    })
  end
  found.diagnostics[path] = #list > 0 and list or vim.empty_dict()
end

-- Typing goes to the server as changes, and comes back as other diagnostics.
local buffer = buffers[job.typing.path]
vim.api.nvim_buf_set_lines(buffer, 0, 0, false, vim.split(job.typing.insert, '\n'))
vim.wait(10000, function()
  for _, item in ipairs(vim.diagnostic.get(buffer)) do
    if item.message:find(job.typing.says, 1, true) then
      found.typed = item.lnum
      return true
    end
  end
  return false
end, 50)

local at = { textDocument = vim.lsp.util.make_text_document_params(buffer), position = job.typing.hover }
for _, answer in pairs(vim.lsp.buf_request_sync(buffer, 'textDocument/hover', at, 5000) or {}) do
  found.hover = answer.result and answer.result.contents.value
end

vim.fn.writefile({ vim.json.encode(found) }, job.answer)
vim.lsp.stop_client(client)
vim.wait(2000, function() return vim.lsp.client_is_stopped(client) end, 20)
vim.cmd('qall!')
