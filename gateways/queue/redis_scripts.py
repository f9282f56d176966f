"""What the Redis broker does in one step on the server, in Lua.

The keys are Dramatiq's own (`dispatch.lua`), so that its producers, workers and tools see the same queues:
`NS:QUEUE` a list of ids · `NS:QUEUE.msgs` a hash of id to message · `NS:__acks__.WORKER.QUEUE` the ids a worker holds ·
`NS:__heartbeats__` workers by when they were heard of · `NS:QUEUE.XQ` what was rejected.
Ours is `NS:__queues__.WORKER`: the queues of a worker that beats every second, and may be missed after seconds.

What differs from Dramatiq, and why:
* `fetch` answers with ids, so that a message that cannot be read can still be acknowledged, and with so many bytes at
  most as a worker has room for, whatever anybody has put there.
* Time is the server's: machines whose clocks differ by seconds do not bury each other.
* A dead worker's messages are looked for where they can be, not with KEYS over the whole database.
"""

from typing import Final

_NAMES: Final = """
local ns, worker, queue = KEYS[1], ARGV[1], ARGV[2]
local list = ns .. ":" .. queue
local msgs = list .. ".msgs"
local acks = ns .. ":__acks__." .. worker .. "." .. queue
"""

ENQUEUE: Final = """
redis.call("hset", KEYS[1] .. ":" .. ARGV[1] .. ".msgs", ARGV[2], ARGV[3])
redis.call("rpush", KEYS[1] .. ":" .. ARGV[1], ARGV[2])
"""

#: ARGV: worker, queue, how many messages at most, and bytes: after so many nothing more is taken, and a message that
#: has more is cut. Answers with id, message, id, message …; an id without a message is passed by. Who takes something
#: before its first beat, or after others have missed it, can be missed all the same.
FETCH: Final = (
    _NAMES
    + """
local found, bytes, most = {}, 0, tonumber(ARGV[4])
for _ = 1, tonumber(ARGV[3]) do
  if bytes >= most then break end
  local id = redis.call("lpop", list)
  if not id then break end
  local message = redis.call("hget", msgs, id)
  if message then
    redis.call("sadd", acks, id)
    found[#found + 1] = id
    found[#found + 1] = string.sub(message, 1, most)
    bytes = bytes + #message
  end
end
if #found > 0 then
  local time = redis.call("time")
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call("zadd", ns .. ":__heartbeats__", "NX", now, worker)
  redis.call("sadd", ns .. ":__queues__." .. worker, queue)
end
return found
"""
)

#: A message that was taken from us is no longer ours to delete.
ACK: Final = (
    _NAMES
    + """
for i = 3, #ARGV do
  if redis.call("srem", acks, ARGV[i]) > 0 then redis.call("hdel", msgs, ARGV[i]) end
end
"""
)

REJECT: Final = (
    _NAMES
    + """
local time = redis.call("time")
for i = 3, #ARGV do
  if redis.call("srem", acks, ARGV[i]) > 0 then
    local message = redis.call("hget", msgs, ARGV[i])
    if message then
      redis.call("zadd", list .. ".XQ", time[1] * 1000, ARGV[i])
      redis.call("hset", list .. ".XQ.msgs", ARGV[i], message)
      redis.call("hdel", msgs, ARGV[i])
    end
  end
end
"""
)

#: Back to the head, so that they keep their turn.
GIVE_BACK: Final = (
    _NAMES
    + """
for i = #ARGV, 3, -1 do
  if redis.call("srem", acks, ARGV[i]) > 0 and redis.call("hexists", msgs, ARGV[i]) > 0 then
    redis.call("lpush", list, ARGV[i])
  end
end
"""
)

#: Gives back what the server believes this worker holds, and it does not: the answer to a fetch was lost on its way.
RECLAIM: Final = (
    _NAMES
    + """
local held = {}
for i = 3, #ARGV do held[ARGV[i]] = true end
local lost = 0
for _, id in ipairs(redis.call("smembers", acks)) do
  if not held[id] then
    redis.call("srem", acks, id)
    if redis.call("hexists", msgs, id) > 0 then redis.call("lpush", list, id); lost = lost + 1 end
  end
end
return lost
"""
)

_BURY: Final = """
local function bury(ns, worker, queues)
  local moved = 0
  for _, queue in ipairs(queues) do
    local list = ns .. ":" .. queue
    local acks = ns .. ":__acks__." .. worker .. "." .. queue
    for _, id in ipairs(redis.call("smembers", acks)) do
      if redis.call("hexists", list .. ".msgs", id) > 0 then
        redis.call("lpush", list, id)
        moved = moved + 1
      end
    end
    redis.call("del", acks)
  end
  return moved
end
"""

#: ARGV: worker, milliseconds after which one of ours is dead, the same for any other, our queues.
#: Who was not heard of for so long itself (the server was away) looks for the dead at its next beat only: all the
#: others were silent as long.
BEAT: Final = (
    _BURY
    + """
local ns, worker, patience, foreign = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local queues = {}
for i = 4, #ARGV do queues[i - 3] = ARGV[i] end
local beats = ns .. ":__heartbeats__"
local time = redis.call("time")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = redis.call("zscore", beats, worker)
redis.call("zadd", beats, now, worker)
redis.call("sadd", ns .. ":__queues__." .. worker, unpack(queues))
if not before or now - before >= patience then return 0 end
local moved = 0
for _, dead in ipairs(redis.call("zrangebyscore", beats, 0, now - patience)) do
  local theirs = redis.call("smembers", ns .. ":__queues__." .. dead)
  if #theirs > 0 then
    moved = moved + bury(ns, dead, theirs)
    redis.call("del", ns .. ":__queues__." .. dead)
    redis.call("zrem", beats, dead)
  elseif redis.call("zscore", beats, dead) + foreign <= now then
    moved = moved + bury(ns, dead, queues)
  end
end
return moved
"""
)

#: A worker that leaves keeps nothing.
LEAVE: Final = (
    _BURY
    + """
local own = KEYS[1] .. ":__queues__." .. ARGV[1]
local moved = bury(KEYS[1], ARGV[1], redis.call("smembers", own))
redis.call("del", own)
redis.call("zrem", KEYS[1] .. ":__heartbeats__", ARGV[1])
return moved
"""
)

#: ARGV: queue, then id and message of each bell. It fills up to as many as are given: one that still waits in the list
#: will be answered after now, so it serves as well as a new one.
RING: Final = """
local list = KEYS[1] .. ":" .. ARGV[1]
for i = 2 + 2 * redis.call("llen", list), #ARGV, 2 do
  redis.call("hset", list .. ".msgs", ARGV[i], ARGV[i + 1])
  redis.call("rpush", list, ARGV[i])
end
"""
