-- name: schema
-- The log, and a cache of member states. `kind` names the class for what is not an Action.
CREATE TABLE IF NOT EXISTS event (
    seq      INTEGER PRIMARY KEY,  -- place in the log, given inside the committing transaction
    id       TEXT NOT NULL UNIQUE, -- chosen by the sender: a second delivery is ignored
    kind     TEXT NOT NULL,
    profile  TEXT,
    at       INTEGER NOT NULL,     -- ms
    received INTEGER NOT NULL,     -- ms
    title    TEXT,
    value    REAL,
    source   TEXT,
    body     BLOB                  -- the other fields as JSON; of an impression, deflated; NULL where there are none
) STRICT;
CREATE INDEX IF NOT EXISTS event_of_profile ON event (profile, seq) WHERE profile IS NOT NULL;
CREATE INDEX IF NOT EXISTS event_of_catalogue ON event (seq) WHERE kind IN ('title_set', 'title_removed', 'taken_down');
CREATE INDEX IF NOT EXISTS event_of_description ON event (profile) WHERE kind = 'profile_set';
CREATE TABLE IF NOT EXISTS state (
    profile TEXT PRIMARY KEY,
    cursor  INTEGER NOT NULL,      -- the last log row folded into body
    version TEXT NOT NULL,         -- shape of the state
    body    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- name: append
-- One event; a known id is left as it is.
INSERT INTO event (id, kind, profile, at, received, title, value, source, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING

-- name: tail
-- A profile's events after a cursor, in log order.
SELECT seq, id, kind, profile, at, received, title, value, source, body FROM event
WHERE profile = :profile AND seq > :after AND seq <= :until ORDER BY seq

-- name: told
-- What a profile told us after a cursor, in log order: the tail without the pages it was served.
SELECT seq, id, kind, profile, at, received, title, value, source, body FROM event
WHERE profile = :profile AND seq > :after AND seq <= :until AND kind NOT IN ('impression', 'view', 'scrolled_past', 'hover')
ORDER BY seq

-- name: back
-- A profile's events up to a cursor, newest first.
SELECT seq, id, kind, profile, at, received, title, value, source, body FROM event
WHERE profile = :profile AND seq <= :until ORDER BY seq DESC LIMIT :most

-- name: catalogue
-- Title events after a cursor, in log order.
SELECT seq, id, kind, profile, at, received, title, value, source, body FROM event
WHERE kind IN ('title_set', 'title_removed', 'taken_down') AND seq > :after AND seq <= :until ORDER BY seq

-- name: read
-- Every event after a cursor, in log order; the marked place takes a choice of kinds.
SELECT seq, id, kind, profile, at, received, title, value, source, body FROM event
WHERE seq > ? AND seq <= ? /* kinds */ ORDER BY seq LIMIT ?

-- name: find
-- One event by its id.
SELECT seq, id, kind, profile, at, received, title, value, source, body FROM event WHERE id = :id

-- name: first
-- Place of the first event of a kind after a cursor.
SELECT min(seq) FROM event WHERE kind = :kind AND seq > :after AND seq <= :until

-- name: end
-- The last place in the log; 0 for an empty one.
SELECT coalesce(max(seq), 0) FROM event

-- name: profiles
-- Ids of the profiles that were described, in order.
SELECT DISTINCT profile FROM event WHERE kind = 'profile_set' AND profile >= :from ORDER BY profile LIMIT :most

-- name: has_profile
-- Whether any event names this profile.
SELECT EXISTS (SELECT 1 FROM event WHERE profile = :profile)

-- name: counts
-- How many events of each kind.
SELECT kind, count(*), min(at), max(at) FROM event GROUP BY kind ORDER BY kind

-- name: load_state
SELECT cursor, body FROM state WHERE profile = :profile AND version = :version

-- name: save_state
-- A state folded further never gives way to one folded less far.
INSERT INTO state (profile, cursor, version, body) VALUES (?, ?, ?, ?)
ON CONFLICT (profile) DO UPDATE SET cursor = excluded.cursor, version = excluded.version, body = excluded.body
WHERE excluded.cursor > state.cursor OR excluded.version <> state.version
