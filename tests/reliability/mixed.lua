-- Mixed traffic of a labelling team, in wrk's Lua 5.1: bodies and credentials come as arguments.
local requests, count = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local method, path, file = line:match("^(%S+) (%S+) ?(%S*)$")
    local body = nil
    if file ~= "" then body = io.open(file):read("*a") end
    requests[#requests + 1] = { method, path, body }
  end
  wrk.headers["Authorization"] = arguments[2]
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  local method, path, body = unpack(requests[count % #requests + 1])
  return wrk.format(method, path, nil, body)
end
