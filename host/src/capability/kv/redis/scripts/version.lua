-- Gives the version of a key.
return { 'done', { version_of(ARGV[1]) } }
