-- Gives keys after a place in the order, each with its own.
return { 'done', redis.call('ZRANGEBYSCORE', order, '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2]) }
