"""The same turns as in `slots`, shared by all processes: kept in Redis, given by its clock, each in one step."""

from typing import Final, cast

from redis import Redis

from gateways.stripe.slots import Rates, Turn

#: Nothing is reserved or paused further ahead than this: what says so was written before Redis's clock was set back.
HORIZON_SECONDS: Final = 120

#: KEYS: the bucket. ARGV: calls a second in all and on the endpoint, the endpoint, patience in microseconds, and the
#: time in microseconds (empty: by this server's clock).
#: The slots of one second are a string of bytes, one for each; a byte that is not zero is taken. See `slots`.
_TAKE: Final = """
local bucket, total, rate, endpoint = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local patience, horizon = tonumber(ARGV[4]), tonumber(ARGV[6])
local seconds, micros
if ARGV[5] == '' then
  local time = redis.call('TIME')
  seconds, micros = tonumber(time[1]), tonumber(time[2])
else
  seconds = math.floor(tonumber(ARGV[5]) / 1e6)
  micros = tonumber(ARGV[5]) - seconds * 1e6
end
local now = seconds * 1e6 + micros

local function second_of(slot) return math.floor(slot / total) end
local function key_of(second) return string.format('%s:%d:%.0f', bucket, total, second) end
local function is_taken(slot)
  local second = second_of(slot)
  local at = slot - second * total
  local byte = redis.call('GETRANGE', key_of(second), at, at)
  return byte ~= '' and byte ~= '\\0'
end
local function first_free(slot)
  while true do
    local second = second_of(slot)
    local at = slot - second * total
    local taken = redis.call('GETRANGE', key_of(second), at, total - 1)
    local hole = string.find(taken, '\\0', 1, true)
    if hole then return slot + hole - 1 end
    if #taken < total - at then return slot + #taken end
    slot = (second + 1) * total
  end
end
local function slot_from(moment)
  local second = math.floor(moment / 1e6)
  return second * total + math.ceil((moment - second * 1e6) * total / 1e6)
end
local function time_of(slot)
  local second = second_of(slot)
  return second * 1e6 + math.ceil((slot - second * total) * 1e6 / total)
end
local function reserve(slot, place)
  local second = second_of(slot)
  redis.call('SETRANGE', key_of(second), slot - second * total, '\\1')
  redis.call('EXPIRE', key_of(second), second - seconds + 5)
  local places = bucket .. ':places:' .. total .. ':' .. rate
  redis.call('HSET', places, endpoint, string.format('%.0f', place + total))
  redis.call('EXPIRE', places, horizon)
end

local place = tonumber(redis.call('HGET', bucket .. ':places:' .. total .. ':' .. rate, endpoint) or 0)
if place / rate > (seconds + horizon) * total then place = 0 end
local gate = 0
for _, paused in ipairs(redis.call('HMGET', bucket .. ':paused', '', endpoint)) do
  local till = tonumber(paused or 0)
  if till <= now + horizon * 1e6 then gate = math.max(gate, till) end
end
local floor, ceiling = seconds * total + math.floor(micros * total / 1e6), slot_from(now)
local first = math.ceil(place / rate)
if gate <= now and first <= floor and not is_taken(floor) and not is_taken(ceiling) then
  reserve(ceiling, ceiling * rate)
  return {1, 0}
end
local slot = first_free(math.max(ceiling, first, slot_from(gate)))
local wait = time_of(slot) - now
if wait > patience then return {0, wait} end
reserve(slot, math.max(place, (slot - 1) * rate + 1))
return {1, wait}
"""

#: KEYS: the bucket. ARGV: the endpoint (empty: all), microseconds, and the time as above.
_PAUSE: Final = """
local paused, now = KEYS[1] .. ':paused', tonumber(ARGV[3])
if ARGV[3] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1e6 + time[2]
end
local till = now + tonumber(ARGV[2])
local known = tonumber(redis.call('HGET', paused, ARGV[1]) or 0)
if till > known or known > now + ARGV[4] * 1e6 then redis.call('HSET', paused, ARGV[1], string.format('%.0f', till)) end
redis.call('EXPIRE', paused, ARGV[4])
return 0
"""


class SharedSlots:
    """The turns of all processes that name the same bucket. Its methods may be called from any thread.

    Every method raises `redis.RedisError` when Redis is away.

    Args:
        redis: where they are kept. Its timeouts bound how long a call waits to learn that Redis is away.
        rates: per second; all processes must be told the same.
        bucket: begins the names of the keys.
    """

    def __init__(self, redis: "Redis", rates: Rates, *, bucket: str) -> None:
        if rates.period != 1:
            raise ValueError("shared rates are per second")
        self._rates = rates
        # One hash slot for all of them, should this be a cluster.
        self._bucket = f"{{{bucket}}}"
        self._take = redis.register_script(_TAKE)
        self._pause = redis.register_script(_PAUSE)

    def take(self, endpoint: str, *, patience: int, now: int | None = None) -> Turn:
        """Reserve the next turn on an endpoint, unless it is further away than `patience` microseconds.

        `now` stands in for Redis's clock, in microseconds.
        """
        at = "" if now is None else now
        arguments: list[str | int] = [self._rates.total, self._rates.endpoint, endpoint, patience, at, HORIZON_SECONDS]
        granted, wait = cast("list[int]", self._take([self._bucket], arguments))
        return Turn(granted=bool(granted), wait=wait)

    def pause(self, length: int, endpoint: str = "", *, now: int | None = None) -> None:
        """Give no turn for so many microseconds: on one endpoint, or on any."""
        self._pause([self._bucket], [endpoint, length, "" if now is None else now, HORIZON_SECONDS])
