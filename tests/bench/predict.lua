-- Posts the bodies of a file, a line each, to /predict, one after the other.
local bodies, count = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do bodies[#bodies + 1] = line end
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Authorization"] = "Basic bGFiZWxsb29wOmV4YW1wbGUtcGFzc3dvcmQ="
end

function request()
  count = count + 1
  return wrk.format("POST", "/predict", nil, bodies[count % #bodies + 1])
end
