-- Gives the values of keys with their versions, if they are not too many bytes together.
local bytes, found = 0, {}
for at = 2, #ARGV do
  bytes = bytes + (length(ARGV[at]) or 0)
  if bytes > tonumber(ARGV[1]) then
    return { 'too much', {} }
  end
end
for at = 2, #ARGV do
  found[at - 1] = redis.call('HGET', values, ARGV[at])
end
return { 'done', found }
