-- Sets several values.
local entries = {}
for at = 4, #ARGV do
  entries[at - 3] = ARGV[at]
end
return { put(ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), entries) and 'done' or 'full', {} }
