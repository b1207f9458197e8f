-- A page of entries in the order of their names, as name, version, blob, name, version, blob, …
-- KEYS: the index, the expiries. ARGV: what the entries' keys begin with; first and last name; how many.
local page = {}
local from, left = ARGV[2], tonumber(ARGV[4])
while left > 0 do
  local names = redis.call('ZRANGEBYLEX', KEYS[1], from, ARGV[3], 'LIMIT', 0, math.min(left, 100))
  if #names == 0 then
    break
  end
  for _, name in ipairs(names) do
    local entry = redis.call('HMGET', ARGV[1] .. name, 'v', 'b')
    if entry[1] then
      page[#page + 1], page[#page + 2], page[#page + 3] = name, entry[1], entry[2]
      left = left - 1
    else
      redis.call('ZREM', KEYS[1], name)
      redis.call('ZREM', KEYS[2], name)
    end
  end
  from = '(' .. names[#names]
end
return page
