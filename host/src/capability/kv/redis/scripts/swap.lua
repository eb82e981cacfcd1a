-- Sets a value whose version is as it is expected, or nothing where nothing is expected.
local now = version_of(ARGV[5])
if (now or '') ~= ARGV[4] then
  return { 'changed', { now } }
end
return { put(ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), { ARGV[5], ARGV[6] }) and 'done' or 'full', {} }
