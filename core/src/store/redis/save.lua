-- Writes an entry if it is as expected.
-- KEYS: the entry, the index, the expiries, the version counter.
-- ARGV: the name; the blob; '' for absent or '=' and the version; the life in ms or ''; the deadline in ms.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- The caller has long given up, and may have read that nothing was written.
if now > tonumber(ARGV[5]) then
  return { 'late' }
end

local current = redis.call('HGET', KEYS[1], 'v')
if (current and '=' .. current or '') ~= ARGV[3] then
  return { 'conflict' }
end

-- First, because Redis refuses it when memory is short: later it would leave half a write behind.
-- The time makes versions differ even where Redis lost the counter.
local version = redis.call('INCR', KEYS[4]) .. '-' .. time[1] .. '.' .. time[2]
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'v', version, 'b', ARGV[2])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
if ARGV[4] == '' then
  redis.call('ZREM', KEYS[3], ARGV[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  redis.call('ZADD', KEYS[3], now + ARGV[4], ARGV[1])
end

-- Names of entries that Redis has dropped by now: a few at every write.
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 16)) do
  redis.call('ZREM', KEYS[2], name)
  redis.call('ZREM', KEYS[3], name)
end
return { 'saved', version }
