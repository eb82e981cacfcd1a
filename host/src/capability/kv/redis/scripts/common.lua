-- One bucket: its values by key, each with its version before it; the order in which keys came; and what it comes to.
local values, order, totals = KEYS[1], KEYS[2], KEYS[3]

-- Bytes of a version.
local VERSION = 16

-- The bytes of what is there, without its version.
local function length(key)
  local whole = redis.call('HSTRLEN', values, key)
  return whole > 0 and whole - VERSION or nil
end

-- A number of the bucket's totals.
local function total(name)
  return tonumber(redis.call('HGET', totals, name) or 0)
end

local function text(number)
  return string.format('%.0f', number)
end

local function version_of(key)
  local entry = redis.call('HGET', values, key)
  return entry and string.sub(entry, 1, VERSION)
end

-- Sets keys and values, which take turns in `entries`, unless that is more than may be kept. All is looked at before
-- anything is written: a script that fails half way is not undone.
local function put(version, most_bytes, most_keys, entries)
  local count = redis.call('HLEN', values)
  local bytes = count > 0 and total('bytes') or 0
  local lengths, new = {}, {}
  for at = 1, #entries, 2 do
    local key, value = entries[at], entries[at + 1]
    local old = lengths[key] or length(key)
    if not old then
      count = count + 1
      new[#new + 1] = key
    end
    local before, after = old and old + #key or 0, #value + #key
    bytes = math.max(bytes - before, 0) + after
    -- What is over the limit already, since that was lowered, may still get smaller.
    if (not old and count > most_keys) or (after > before and bytes > most_bytes) then
      return false
    end
    lengths[key] = #value
  end
  -- Places are never given twice: lists go on after the last that they gave.
  local last = total('last')
  for _, key in ipairs(new) do
    last = last + 1
    redis.call('ZADD', order, text(last), key)
  end
  for at = 1, #entries, 2 do
    redis.call('HSET', values, entries[at], version .. entries[at + 1])
  end
  redis.call('HSET', totals, 'bytes', text(bytes), 'last', text(last))
  return true
end
