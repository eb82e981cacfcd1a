-- Adds to a number of up to 64 bits. Lua's own numbers are exact up to 53: here a number is two, the digits before the last
-- ten and these.
local TEN = 10000000000

local function split(number)
  local sign, digits = string.match(number, '^([+-]?)0*(%d+)$')
  if not digits or #digits > 20 then
    return nil, digits
  end
  local one = sign == '-' and -1 or 1
  return one * (tonumber(string.sub(digits, 1, -11)) or 0), one * tonumber(string.sub(digits, -10))
end

local function less(high, low, than_high, than_low)
  return high < than_high or (high == than_high and low < than_low)
end

local version, most_bytes, most_keys, key = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local entry = redis.call('HGET', values, key)
local high, low = split(entry and string.sub(entry, VERSION + 1) or '0')
if not high then
  return { low and 'beyond' or 'no number', {} }
end
local more_high, more_low = split(ARGV[5])
high, low = high + more_high, low + more_low
-- Both parts get one sign, and the lower one no more than ten digits.
if low >= TEN or (high < 0 and low > 0) then
  high, low = high + 1, low - TEN
elseif low <= -TEN or (high > 0 and low < 0) then
  high, low = high - 1, low + TEN
end
local least_high, least_low = split(ARGV[6])
local most_high, most_low = split(ARGV[7])
if less(high, low, least_high, least_low) or less(most_high, most_low, high, low) then
  return { 'beyond', {} }
end
local sum = high == 0 and text(low) or string.format('%.0f%010.0f', high, math.abs(low))
if not put(version, most_bytes, most_keys, { key, sum }) then
  return { 'full', {} }
end
return { 'done', { sum } }
