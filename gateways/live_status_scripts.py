"""What Redis does with a payment's kept status in one step.

A key holds a version, and after a space the status of that version; without one it only says what is stale.
"""

from typing import Final

_KNOWN: Final = """
local function known(key)
  local head = redis.call('GETRANGE', key, 0, 19)
  return tonumber(string.match(head, '^%d+')), string.find(head, ' ', 1, true) ~= nil
end
"""

#: KEYS: those of payments that changed. ARGV: the channel, what is said on it, milliseconds to live, and the versions.
#: What is kept of older versions is forgotten; who has read one and not kept it yet will find that it is stale.
TELL: Final = (
    _KNOWN
    + """
for n, key in ipairs(KEYS) do
  local version, whole = known(key)
  local told = tonumber(ARGV[n + 3])
  if not version or version < told or (version == told and not whole) then
    redis.call('SET', key, ARGV[n + 3], 'PX', ARGV[3])
  end
end
return redis.call('PUBLISH', ARGV[1], ARGV[2])
"""
)

#: KEYS: one payment's. ARGV: the version, its status, milliseconds to live. A newer version stays.
KEEP: Final = (
    _KNOWN
    + """
local version = known(KEYS[1])
if version and version > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
return 1
"""
)
