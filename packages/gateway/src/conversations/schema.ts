/**
 * `frames` is the transcript: a row for each frame, but one for all deltas of a text (`cuts`: their lengths). While a text streams it
 * is a row for each piece that was written; the frame after it joins them. `words` is what search finds, and the whole of
 * what `asked` and `text` say; of other frames `frame` has the JSON as it was sent.
 */
export const schema = `
CREATE TABLE IF NOT EXISTS chats (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  title TEXT,
  agent TEXT NOT NULL,
  session TEXT NOT NULL,
  session_key TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_seq INTEGER NOT NULL DEFAULT 0,
  running INTEGER NOT NULL DEFAULT 0,
  mode TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS chats_by_use ON chats (updated_at, id);
CREATE INDEX IF NOT EXISTS chats_running ON chats (running) WHERE running = 1;
CREATE TABLE IF NOT EXISTS frames (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  chat INTEGER NOT NULL REFERENCES chats (id),
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  frame TEXT,
  words TEXT,
  cuts TEXT,
  found INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS frames_usage ON frames (chat) WHERE type = 'usage';
CREATE UNIQUE INDEX IF NOT EXISTS frames_in_order ON frames (chat, last_seq, first_seq);
CREATE INDEX IF NOT EXISTS frames_said ON frames (chat, last_seq) WHERE words IS NOT NULL;
CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5(
  words, content='frames', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
`
