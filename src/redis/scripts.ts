import { createHash } from 'node:crypto';

/** A Lua script, and the name that Redis gives it. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

/** The answer of a script where a restarted broker may have lost entries, and nobody has said yet that it has not. */
const unsettled = 'unsettled';

/*
 * Lua writes large numbers with an exponent, so numbers become strings by `whole`. INFO may be forbidden to the user of a
 * connection: then nothing is known of restarts, and only what nodes know tells that something was lost.
 */
const common = `
local function whole(number) return string.format('%.0f', number) end

local function time()
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end

-- Another one after a restart, and after a failover.
local function history()
  local info = redis.pcall('INFO', 'replication')
  return type(info) == 'string' and string.match(info, 'master_replid:(%w+)') or ''
end

-- Whether the log has something else where a node has seen an entry.
local function differs(log, offset, known, id)
  if id == '' or known < 1 then return false end
  local found = redis.call('LINDEX', log, known - offset - 1)
  if not found then return false end
  local fine, entry = pcall(cjson.decode, string.match(found, '{.*'))
  return fine and type(entry) == 'table' and entry.id ~= id
end

-- The log's epoch, offset and bytes. ARGV begins with: a new epoch, what the node knows (epoch, offset, id), 1 to settle.
local function open(meta, log, ids0, ids1)
  local epoch, offset, bytes, before = unpack(redis.call('HMGET', meta, 'epoch', 'offset', 'bytes', 'history'))
  local now = history()
  if not epoch then
    -- What takes memory comes first: behind another write Redis would let it pass when there is none.
    redis.call('HSET', meta, 'epoch', ARGV[1], 'offset', 0, 'bytes', 0, 'history', now)
    redis.call('DEL', log, ids0, ids1)
    return ARGV[1], 0, 0
  end
  offset, bytes = tonumber(offset), tonumber(bytes)
  local lost = false
  if ARGV[2] == epoch then
    lost = tonumber(ARGV[3]) > offset or differs(log, offset, tonumber(ARGV[3]), ARGV[4])
  elseif before ~= now then
    if ARGV[5] ~= '1' then return nil end
    lost = true
  end
  if lost then epoch = ARGV[1] end
  if lost or before ~= now then redis.call('HSET', meta, 'epoch', epoch, 'history', now) end
  return epoch, offset, bytes
end

-- Drops the oldest entries until all limits are kept; returns the bytes that are left.
local function trim(log, bytes, now, count, limit, age)
  local length = redis.call('LLEN', log)
  if length == 0 then return 0 end
  local drop, chunk, done = 0, math.max(1, length - count + 1), false
  while drop < length and not done do
    for _, oldest in ipairs(redis.call('LRANGE', log, drop, drop + chunk - 1)) do
      local old = now - tonumber(string.match(oldest, '^%d+')) > age
      done = length - drop <= count and bytes <= limit and not old
      if done then break end
      bytes = bytes - #oldest
      drop = drop + 1
    end
    chunk = math.min(2 * chunk, 1024)
  end
  if drop > 0 then redis.call('LTRIM', log, drop, -1) end
  return bytes
end
`;

/**
 * KEYS: meta, log, two generations of ids. ARGV: as `open` has it, 6 channel, 7 to 9 limits (count, bytes, age), 10 how long
 * meta is kept, then id and JSON of each draft, of at most a thousand: Lua cannot pass on any number of values. Returns the
 * epoch, and the offset of each draft.
 */
export const append = script(`${common}
local meta, log = KEYS[1], KEYS[2]
local epoch, offset, bytes = open(meta, log, KEYS[3], KEYS[4])
if not epoch then return '${unsettled}' end
local now = time()
local count, limit, age = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])

-- Ids of one span of two minutes are in one key, which is gone when its turn comes again.
local span = math.floor(now / 120000)
local young, old = KEYS[3 + span % 2], KEYS[3 + (span + 1) % 2]
local ids = {}
for index = 11, #ARGV, 2 do ids[#ids + 1] = ARGV[index] end
local here, there = redis.call('HMGET', young, unpack(ids)), redis.call('HMGET', old, unpack(ids))

local reply, said, kept, fields, added, first = { epoch }, {}, {}, {}, {}, offset + 1
for index, id in ipairs(ids) do
  local known = here[index] or there[index] or added[id]
  if not known then
    offset = offset + 1
    known = whole(offset)
    added[id] = known
    local json = ARGV[10 + 2 * index]
    said[#said + 1] = json
    kept[#kept + 1] = whole(now) .. ' ' .. json
    fields[#fields + 1] = id
    fields[#fields + 1] = known
  end
  reply[#reply + 1] = known
end
if #said > 0 then
  redis.call('HSET', young, unpack(fields))
  redis.call('PEXPIREAT', young, whole((span + 2) * 120000))
  if redis.call('EXISTS', log) == 0 then bytes = 0 end
  if count > 0 then
    redis.call('RPUSH', log, unpack(kept))
    for _, entry in ipairs(kept) do bytes = bytes + #entry end
  end
  bytes = trim(log, bytes, now, count, limit, age)
  redis.call('HSET', meta, 'offset', whole(offset), 'bytes', whole(bytes))
  redis.call('PEXPIRE', log, ARGV[9])
  redis.call('PUBLISH', ARGV[6], 'e ' .. epoch .. ' ' .. whole(first) .. '\\n' .. table.concat(said, '\\n'))
end
redis.call('PEXPIRE', meta, ARGV[10])
return reply`);

/**
 * KEYS: as of append. ARGV: as `open` has it, 6 age, 7 and 8 how long meta is kept, where nothing was ever appended and else,
 * 9 `since` or `latest`, 10 and 11 a position, whose epoch may be empty, 12 how many. Returns epoch, offset, gap, more, the
 * offset of the first entry, and entries, each a time and its JSON.
 */
export const read = script(`${common}
local meta, log = KEYS[1], KEYS[2]
local epoch, offset, bytes = open(meta, log, KEYS[3], KEYS[4])
if not epoch then return '${unsettled}' end
local left = trim(log, bytes, time(), 1e15, 1e15, tonumber(ARGV[6]))
if left ~= bytes then redis.call('HSET', meta, 'bytes', whole(left)) end
redis.call('PEXPIRE', meta, offset == 0 and ARGV[7] or ARGV[8])

local length = redis.call('LLEN', log)
local position = tonumber(ARGV[11])
local start, stop, gap = 0, length, false
if ARGV[9] == 'since' then
  local missing = ARGV[10] == epoch and position <= offset and offset - position or 1e15
  start = math.max(0, length - missing)
  gap = missing > length
else
  if ARGV[10] ~= '' then
    gap = ARGV[10] ~= epoch
    stop = gap and 0 or math.max(0, length - math.max(0, offset - position + 1))
  end
  start = math.max(0, stop - tonumber(ARGV[12]))
end
local more = ARGV[9] ~= 'since' and start > 0
local reply = { epoch, whole(offset), gap and 1 or 0, more and 1 or 0, whole(offset - length + start + 1) }
if stop > start then
  for _, entry in ipairs(redis.call('LRANGE', log, start, stop - 1)) do reply[#reply + 1] = entry end
end
return reply`);

/** KEYS: presence. ARGV: channel, message, how long it is kept, then id and JSON of each connection. */
export const enter = script(`
for index = 4, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PUBLISH', ARGV[1], ARGV[2])`);

/** KEYS: presence. ARGV: channel, message, then the ids of the connections. */
export const leave = script(`
for index = 3, #ARGV do redis.call('HDEL', KEYS[1], ARGV[index]) end
redis.call('PUBLISH', ARGV[1], ARGV[2])`);

/** KEYS: presence, meta. ARGV: how long they are kept, then id and JSON of each connection. */
export const keep = script(`
for index = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
for _, key in ipairs(KEYS) do
  if redis.call('PTTL', key) < tonumber(ARGV[1]) then redis.call('PEXPIRE', key, ARGV[1]) end
end`);

/** KEYS: presence. Returns ids and JSON in turns. */
export const present = script(`return redis.call('HGETALL', KEYS[1])`);

/** KEYS: nodes. ARGV: the node and for how long it lives; without them it only asks. Returns the nodes that live. */
export const touch = script(`${common}
local now = time()
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now))
if ARGV[1] then
  redis.call('ZADD', KEYS[1], whole(now + tonumber(ARGV[2])), ARGV[1])
  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
end
return redis.call('ZRANGE', KEYS[1], 0, -1)`);

/** KEYS: nodes. ARGV: the node that lives no longer. */
export const forget = script(`redis.call('ZREM', KEYS[1], ARGV[1])`);

/** KEYS: any of the room, which tells a cluster where to go. ARGV: channel, message. */
export const publish = script(`redis.call('PUBLISH', ARGV[1], ARGV[2])`);

/** KEYS: a key to write to, so that a broker that takes no writes is found out. ARGV: channel, message. */
export const probe = script(`
redis.call('SET', KEYS[1], ARGV[2], 'PX', 60000)
redis.call('PUBLISH', ARGV[1], ARGV[2])`);

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
