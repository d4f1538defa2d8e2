-- name: schema 0
-- The first schema: the log, and a cache of member states. `kind` names the class for what is not an Action.
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

-- name: schema 1
-- Editorial events belong to the catalogue's index; erasures have one of their own; and what the file says of itself.
DROP INDEX event_of_catalogue;
CREATE INDEX event_of_catalogue ON event (seq)
WHERE kind IN ('title_set', 'title_removed', 'taken_down', 'editorial_set');
CREATE INDEX event_of_erasure ON event (seq) WHERE kind = 'erased';
CREATE TABLE note (
    name  TEXT PRIMARY KEY,        -- needs: the playbill that can read this file; swept: see `slack.py`
    value ANY
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
-- Title and editorial events after a cursor, in log order.
SELECT seq, id, kind, profile, at, received, title, value, source, body FROM event
WHERE kind IN ('title_set', 'title_removed', 'taken_down', 'editorial_set') AND seq > :after AND seq <= :until
ORDER BY seq

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

-- name: named_profiles
-- Ids of all profiles that any event names, in order.
SELECT DISTINCT profile FROM event WHERE profile IS NOT NULL AND profile >= :from ORDER BY profile LIMIT :most

-- name: has_profile
-- Whether any event names this profile.
SELECT EXISTS (SELECT 1 FROM event WHERE profile = :profile)

-- name: counts
-- How many events of each kind.
SELECT kind, count(*), min(at), max(at) FROM event GROUP BY kind ORDER BY kind

-- name: load_state
SELECT cursor, body FROM state WHERE profile = :profile AND version = :version

-- name: save_state
-- A state folded further never gives way to one folded less far. One folded before the latest erasure may hold what was
-- erased, so it is not kept.
INSERT INTO state (profile, cursor, version, body)
SELECT ?1, ?2, ?3, ?4 WHERE ?2 >= (SELECT coalesce(max(seq), 0) FROM event WHERE kind = 'erased')
ON CONFLICT (profile) DO UPDATE SET cursor = excluded.cursor, version = excluded.version, body = excluded.body
WHERE excluded.cursor > state.cursor OR excluded.version <> state.version

-- name: erase_events
DELETE FROM event WHERE profile = :profile

-- name: erase_state
DELETE FROM state WHERE profile = :profile

-- name: append_at
-- One event at a place of its own, beyond all there ever were.
INSERT INTO event (seq, id, kind, profile, at, received, title, value, source, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: erased
-- Place of the latest erasure; 0 if there is none.
SELECT coalesce(max(seq), 0) FROM event WHERE kind = 'erased'

-- name: note
SELECT value FROM note WHERE name = :name

-- name: set_note
INSERT INTO note (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value
