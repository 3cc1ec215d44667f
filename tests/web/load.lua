-- What each of wrk's threads does. It has one connection (wrk -t N -c N), so it asks, waits for the reply, and asks
-- again; told to come again later, it does. A line for each reply: status, milliseconds, and the timings of an answer.

local ffi = require("ffi")
ffi.cdef("typedef struct { long s, us; } load_time; int gettimeofday(load_time *, void *);")

local threads = {}

local function now() -- in milliseconds
  local time = ffi.new("load_time")
  ffi.C.gettimeofday(time, nil)
  return tonumber(time.s) * 1000 + tonumber(time.us) / 1000
end

function setup(thread)
  local ports = {}
  for port in os.getenv("LOAD_PORTS"):gmatch("%d+") do
    ports[#ports + 1] = port
  end
  thread.addr = wrk.lookup("127.0.0.1", ports[#threads % #ports + 1])[1]
  thread:set("number", #threads)
  threads[#threads + 1] = thread
end

function init()
  bodies = {}
  for line in io.lines(os.getenv("LOAD_QUESTIONS")) do
    bodies[#bodies + 1] = line
  end
  place = number * 37 -- that no two ask the same at once
  pause = 0
end

function delay()
  return pause
end

function request()
  place = place % #bodies + 1
  began = now()
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, bodies[place])
end

function response(status, headers, body)
  local timings = status == 200 and body:match('"timings_ms":(%b{})') or "{}"
  io.write(("reply %d %.1f %s\n"):format(status, now() - began, timings))
  pause = 1000 * (tonumber(headers["retry-after"]) or 0)
  began = nil
end

function done(summary)
  local ended = now()
  for _, thread in ipairs(threads) do
    local since = thread:get("began")
    if since then
      io.write(("unanswered %.1f\n"):format(ended - since))
    end
  end
  local errors = summary.errors
  io.write(("broken %d\n"):format(errors.connect + errors.read + errors.write))
end
