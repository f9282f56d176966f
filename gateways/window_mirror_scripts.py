"""What Redis does with a window in one step."""

from typing import Final

#: What precedes what was seen in a key, and what says that there was no key.
PRESENT: Final = b"+"
ABSENT: Final = b"-"

#: KEYS: the set of pending expirations, then each window's key.
#: ARGV, for each window: its name, value, place in the set (empty: it is over), milliseconds to live; and one more.
_SHOW: Final = """
local function show(n, at)
  local name, value, place, life = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], tonumber(ARGV[at + 4])
  if place ~= '' and life > 0 then redis.call('SET', KEYS[n], value, 'PX', life) else redis.call('DEL', KEYS[n]) end
  if place ~= '' then redis.call('ZADD', KEYS[1], place, name) else redis.call('ZREM', KEYS[1], name) end
end
"""

#: One more: the version. A newer one stays, for two commits may come here in another order than they were made.
WRITE: Final = (
    _SHOW
    + """
local function is_newer(key, version)
  local known = redis.pcall('GET', key)
  if type(known) ~= 'string' then return false end
  local read, seen = pcall(cjson.decode, known)
  return read and type(seen) == 'table' and type(seen.version) == 'number' and seen.version > version
end
for n = 2, #KEYS do
  local at = (n - 2) * 5
  if not is_newer(KEYS[n], tonumber(ARGV[at + 5])) then show(n, at) end
end
return 0
"""
)

#: One more: what was seen in the key. Another content has come meanwhile, and is newer than what this one is told.
REPAIR: Final = (
    _SHOW
    + """
local done = {}
for n = 2, #KEYS do
  local at = (n - 2) * 5
  local known, holds = redis.pcall('GET', KEYS[n]), '-'
  if type(known) == 'string' then holds = '+' .. known elseif type(known) == 'table' then holds = '+' end
  local same = holds == ARGV[at + 5]
  if same then show(n, at) end
  done[n - 1] = same and 1 or 0
end
return done
"""
)
