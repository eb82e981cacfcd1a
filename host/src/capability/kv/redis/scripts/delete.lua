-- Removes keys.
local bytes, gone = total('bytes'), false
for _, key in ipairs(ARGV) do
  local old = length(key)
  if old then
    redis.call('ZREM', order, key)
    redis.call('HDEL', values, key)
    bytes, gone = math.max(bytes - old - #key, 0), true
  end
end
if gone then
  redis.call('HSET', totals, 'bytes', text(bytes))
end
return { 'done', {} }
